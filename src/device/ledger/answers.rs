//! What a Ledger's answers say. Each reader takes any bytes: what is too short, too long or of another form is named.

use crate::device::ethereum::{Account, Signature};
use crate::device::{App, DeviceError, Version};
use crate::market::printable;
use alloy_primitives::Address;
use bitcoin::secp256k1::PublicKey;

/// The longest name or version of an app.
const LONGEST_TEXT: usize = 64;

fn odd(what: &str) -> DeviceError {
    DeviceError::Garbled(what.to_owned())
}

/// A length in one byte and as many bytes; and what follows.
fn counted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    rest.split_at_checked(usize::from(*length))
}

/// The name and version of the app that is open, or of the system where none is (`BOLOS`).
pub fn app(data: &[u8]) -> Result<App, DeviceError> {
    let bad = || odd("it does not name its app");
    let (1, rest) = data.split_first().map(|(format, rest)| (*format, rest)).ok_or_else(bad)? else {
        return Err(bad());
    };
    let (name, rest) = counted(rest).ok_or_else(bad)?;
    let (version, _) = counted(rest).ok_or_else(bad)?;
    if name.is_empty() || name.len() > LONGEST_TEXT || version.len() > LONGEST_TEXT {
        return Err(bad());
    }
    let text = |bytes: &[u8]| printable(&String::from_utf8_lossy(bytes)).into_owned();
    let version = text(version).parse::<Version>().map_err(|()| bad())?;
    Ok(App { name: text(name), version })
}

/// Whether the Ethereum app signs what it cannot show.
pub fn blind_signing(data: &[u8]) -> Result<bool, DeviceError> {
    match data {
        [flags, _, _, _, ..] => Ok(flags & 1 == 1),
        _ => Err(odd("it does not tell its settings")),
    }
}

/// An Ethereum account: its key, its address, which has to follow from the key, and the chain code where it was asked for.
pub fn account(data: &[u8], with_chain_code: bool) -> Result<Account, DeviceError> {
    let bad = || odd("it does not tell an account");
    let (key, rest) = counted(data).ok_or_else(bad)?;
    let (address, rest) = counted(rest).ok_or_else(bad)?;
    let key = PublicKey::from_slice(key).map_err(|_| bad())?;
    let text = std::str::from_utf8(address).map_err(|_| bad())?;
    let told: Address = text.parse().map_err(|_| bad())?;
    let [_, point @ ..] = key.serialize_uncompressed();
    let address = Address::from_raw_public_key(&point);
    if told != address {
        return Err(DeviceError::Disagrees { shown: told.to_string(), ours: address.to_string() });
    }
    let chain_code = match (with_chain_code, rest) {
        (false, []) => None,
        (true, code) => Some(<[u8; 32]>::try_from(code).map_err(|_| bad())?),
        _ => return Err(bad()),
    };
    Ok(Account { address, public_key: Some(key), chain_code })
}

/// A signature and the byte before it, which tells which of two keys is meant: 0 and 1 are counted from `base`, in a byte
/// that may have overflown.
pub fn signature(data: &[u8], base: u64) -> Result<Signature, DeviceError> {
    let bad = || odd("it is not a signature");
    let (v, rest) = data.split_first().ok_or_else(bad)?;
    let (r, s) = rest.split_at_checked(32).ok_or_else(bad)?;
    let [.., base] = base.to_be_bytes();
    let odd = match v.wrapping_sub(base) {
        parity @ (0 | 1) => parity == 1,
        _ => return Err(bad()),
    };
    Ok(Signature { r: r.try_into().map_err(|_| bad())?, s: s.try_into().map_err(|_| bad())?, odd })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn apps_name_themselves() {
        let app = app(b"\x01\x0cBitcoin Test\x052.4.6\x01\x00").unwrap();
        assert_eq!((app.name.as_str(), app.version), ("Bitcoin Test", Version(2, 4, 6)));
        for bad in [b"".as_slice(), b"\x02\x01a\x051.0.0", b"\x01\x00\x051.0.0", b"\x01\x05ab", b"\x01\x01a\x011"] {
            assert!(matches!(super::app(bad), Err(DeviceError::Garbled(_))));
        }
        let app = super::app(b"\x01\x03a\x1bb\x051.0.0").unwrap();
        assert_eq!(app.name, "ab", "nothing of it is a terminal's command");
    }

    #[test]
    fn a_byte_tells_which_key_is_meant() {
        let with = |v: u8| [&[v], [1_u8; 64].as_slice()].concat();
        assert_eq!(signature(&with(28), 27).map(|s| s.odd), Ok(true));
        assert_eq!(signature(&with(0), 0).map(|s| s.odd), Ok(false));
        // Chain 11155111: 35 + 2 · 11155111 is 22310257, whose low byte is 0x71.
        assert_eq!(signature(&with(0x72), 35 + 2 * 11_155_111).map(|s| s.odd), Ok(true));
        // Chain 110: 255, and one more overflows.
        assert_eq!(signature(&with(0), 255).map(|s| s.odd), Ok(true));
        assert!(signature(&with(29), 27).is_err());
        assert!(signature(&[27; 64], 27).is_err());
        assert!(signature(&[27; 66], 27).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_answer_or_an_error(data in proptest::collection::vec(any::<u8>(), 0..200), base: u64) {
            let _ = app(&data);
            let _ = blind_signing(&data);
            let _ = account(&data, true);
            let _ = account(&data, false);
            let _ = signature(&data, base);
        }
    }
}
