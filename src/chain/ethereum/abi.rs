//! The few calls that are made to contracts, and the words that come back.
//!
//! - Every call here has arguments of one word each but one of bytes at most; nothing more is needed.
//! - What comes back is from a contract that may say anything: every offset and length is checked against what is there.

use alloy_primitives::{Address, B256, U256, keccak256};

/// The most addresses in one list.
const MOST: usize = 1_024;

/// The longest text that is looked at.
const LONGEST_TEXT: usize = 1 << 16;

/// An argument of one word.
pub(super) fn number(number: U256) -> B256 {
    B256::from(number)
}

/// A call: the selector of its signature, and words.
pub(super) fn call(signature: &str, words: &[B256]) -> Vec<u8> {
    let selector = keccak256(signature);
    let mut data = selector.iter().take(4).copied().collect::<Vec<u8>>();
    data.extend(words.iter().flatten());
    data
}

/// Bytes as the last thing of a call: their length, and they with zeros up to a whole word.
pub(super) fn tail(bytes: &[u8]) -> Vec<u8> {
    let mut tail = number(U256::from(bytes.len())).to_vec();
    tail.extend_from_slice(bytes);
    tail.resize(tail.len().next_multiple_of(32), 0);
    tail
}

/// The word at a place.
pub(super) fn word(data: &[u8], place: usize) -> Option<B256> {
    data.get(place.checked_mul(32)?..)?.first_chunk::<32>().map(|word| B256::from(*word))
}

/// The number at a place.
pub(super) fn uint(data: &[u8], place: usize) -> Option<U256> {
    word(data, place).map(|word| U256::from_be_bytes(word.0))
}

/// The address at a place; what stands before it has to be zero.
pub(super) fn address(data: &[u8], place: usize) -> Option<Address> {
    let word = word(data, place)?;
    word.iter().take(12).all(|byte| *byte == 0).then(|| Address::from_word(word))
}

/// What an offset at a place leads to: a length, and all that follows.
fn pointed(data: &[u8], place: usize) -> Option<(usize, &[u8])> {
    let offset = usize::try_from(uint(data, place)?).ok()?;
    let rest = data.get(offset..)?;
    let length = usize::try_from(uint(rest, 0)?).ok()?;
    Some((length, rest.get(32..)?))
}

/// The list of addresses that the word at a place leads to.
pub(super) fn addresses(data: &[u8], place: usize) -> Option<Vec<Address>> {
    let (length, rest) = pointed(data, place)?;
    if length > MOST {
        return None;
    }
    (0..length).map(|place| address(rest, place)).collect()
}

/// The bytes that the word at a place leads to.
pub(super) fn bytes(data: &[u8], place: usize) -> Option<&[u8]> {
    let (length, rest) = pointed(data, place)?;
    rest.get(..length).filter(|bytes| bytes.len() <= LONGEST_TEXT)
}

/// The text that a call gave back.
pub(super) fn text(data: &[u8]) -> Option<String> {
    String::from_utf8(bytes(data, 0)?.to_vec()).ok()
}

/// What a revert says: the text of `Error(string)`, or the code of `Panic(uint256)`.
pub(super) fn reason(data: &[u8]) -> Option<String> {
    let (selector, rest) = data.split_first_chunk::<4>()?;
    match *selector {
        [0x08, 0xc3, 0x79, 0xa0] => text(rest),
        [0x4e, 0x48, 0x7b, 0x71] => uint(rest, 0).map(|code| format!("panic {code}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn words(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| number(U256::from(*word)).0).collect()
    }

    #[test]
    fn lists_and_texts_are_read_within_what_is_there() {
        assert_eq!(addresses(&words(&[32, 2, 7, 8]), 0).unwrap().len(), 2);
        for bad in [&[32, 3, 7, 8][..], &[64, 2, 7, 8], &[96, 1, 7, 8], &[32, u64::MAX, 7], &[32], &[]] {
            assert_eq!(addresses(&words(bad), 0), None, "{bad:?}");
        }
        let mut dirty = words(&[32, 1, 7]);
        dirty[64] = 1;
        assert_eq!(addresses(&dirty, 0), None);
        let told = [words(&[32]), tail(b"1.4.1")].concat();
        assert_eq!(text(&told).as_deref(), Some("1.4.1"));
        assert_eq!(text(&told[..told.len() - 28]), None);
        let revert = [call("Error(string)", &[]), told].concat();
        assert_eq!(reason(&revert).as_deref(), Some("1.4.1"));
        assert_eq!(reason(&call("Panic(uint256)", &[number(U256::from(17))])).as_deref(), Some("panic 17"));
    }

    proptest! {
        #[test]
        fn nothing_panics(data in proptest::collection::vec(any::<u8>(), 0..200), place in 0usize..8) {
            let _ = (addresses(&data, place), bytes(&data, place), text(&data), reason(&data), address(&data, place));
        }
    }
}
