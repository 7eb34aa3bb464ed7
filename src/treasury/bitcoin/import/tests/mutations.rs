//! Files with bytes exchanged, lost, doubled and mixed: whatever comes of it is refused, or a wallet like any other.

use super::super::read;
use super::{LIANA, ONE_WALLET};
use crate::market::printable;
use crate::treasury::bitcoin::wallet::Wallet;
use proptest::prelude::*;

/// Reads bytes, and holds what must be true of everything that is read.
fn anything(bytes: &[u8]) {
    match read(bytes, None) {
        Err(error) => {
            let words = error.to_string();
            assert_eq!(printable(&words), words);
            assert!(words.len() < 2000);
        }
        Ok(imported) => {
            let parts: Vec<&str> = imported.descriptors.iter().map(String::as_str).collect();
            let again = Wallet::new("W", imported.network, &parts).expect("what was read makes a wallet");
            assert_eq!(again.id(), imported.wallet("W").unwrap().id());
            assert!(imported.name.iter().all(|name| imported.wallet(name).is_ok()));
            assert!(imported.cosigners.iter().all(|cosigner| printable(&cosigner.name) == cosigner.name));
        }
    }
}

fn files() -> impl Strategy<Value = Vec<u8>> {
    let all: Vec<&str> = ONE_WALLET.iter().map(|(_, text)| *text).chain([LIANA]).collect();
    prop::sample::select(all).prop_map(|text| text.as_bytes().to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_byte_may_be_another(mut bytes in files(), at in any::<prop::sample::Index>(), to in any::<u8>()) {
        let at = at.index(bytes.len());
        bytes[at] = to;
        anything(&bytes);
    }

    #[test]
    fn any_part_may_be_lost_doubled_or_from_elsewhere(
        bytes in files(), other in files(), from in any::<prop::sample::Index>(), to in any::<prop::sample::Index>(),
        into in any::<prop::sample::Index>(),
    ) {
        let (a, b) = (from.index(bytes.len()), to.index(bytes.len()));
        let (a, b) = (a.min(b), a.max(b));
        anything(&[&bytes[..a], &bytes[b..]].concat());
        anything(&[&bytes[..b], &bytes[a..]].concat());
        let at = into.index(other.len());
        anything(&[&other[..at], &bytes[a..b], &other[at..]].concat());
    }

    #[test]
    fn any_digit_may_be_another(bytes in files(), which in any::<prop::sample::Index>(), to in 0_u8..10) {
        let mut bytes = bytes;
        let digits: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit()).collect();
        bytes[digits[which.index(digits.len())]] = b'0' + to;
        anything(&bytes);
    }

    #[test]
    fn any_bytes_at_all(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        anything(&bytes);
    }
}
