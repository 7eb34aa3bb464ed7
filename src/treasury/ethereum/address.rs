//! Addresses as people write and compare them: with a checksum in their letters, with a chain in front, in groups of four.
//!
//! - Letters of both cases carry a checksum (EIP-55), and a wrong one is refused. Letters of one case carry none: the
//!   address is taken, and whoever shows it says so.
//! - A chain in front (EIP-3770) is a claim that is compared where the short name is known, and told where it is not.
//!
//! <https://eips.ethereum.org/EIPS/eip-55>, <https://eips.ethereum.org/EIPS/eip-3770>, <https://github.com/ethereum-lists/chains>

use crate::market::printable;
use alloy_primitives::{Address, U256, hex};

/// The longest text that is looked at.
const LONGEST: usize = 96;

/// Chains by their short names; where two name one chain, the one that is written comes first.
const CHAINS: [(&str, u64); 43] = [
    ("eth", 1),
    ("gor", 5),
    ("oeth", 10),
    ("bnb", 56),
    ("gno", 100),
    ("unichain", 130),
    ("pol", 137),
    ("matic", 137),
    ("sonic", 146),
    ("okb", 196),
    ("obnb", 204),
    ("lens", 232),
    ("ftm", 250),
    ("zksync", 324),
    ("wc", 480),
    ("metis-andromeda", 1088),
    ("zkevm", 1101),
    ("mbeam", 1284),
    ("mriver", 1285),
    ("mantle", 5000),
    ("base", 8453),
    ("plasma", 9745),
    ("chi", 10200),
    ("holesky", 17000),
    ("mode", 34443),
    ("arb1", 42161),
    ("celo", 42220),
    ("hemi", 43111),
    ("fuji", 43113),
    ("avax", 43114),
    ("ink", 57073),
    ("linea-sepolia", 59141),
    ("linea", 59144),
    ("polygonamoy", 80002),
    ("berachain", 80094),
    ("blastmainnet", 81457),
    ("basesep", 84532),
    ("arb-sep", 421614),
    ("scr", 534352),
    ("katana", 747474),
    ("sep", 11155111),
    ("opsep", 11155420),
    ("aurora", 1313161554),
];

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// It has another form.
    #[error("{0} is no address: 0x and 40 hex digits are wanted")]
    Form(String),
    /// The letters' cases are not as the digits ask for: something was mistyped, or changed.
    #[error("{0} has a wrong checksum: it is not the address that somebody copied")]
    Checksum(String),
}

/// An address as somebody wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The address.
    pub address: Address,
    /// Whether its letters carried a checksum, which was right.
    pub checked: bool,
    /// The short name of the chain that stood in front. Printable.
    pub prefix: Option<String>,
}

/// Reads an address.
pub fn read(text: &str) -> Result<Written, AddressError> {
    let told = || printable(&text.chars().take(LONGEST).collect::<String>()).into_owned();
    let digits =
        text.strip_prefix("0x").filter(|digits| digits.len() == 40).ok_or_else(|| AddressError::Form(told()))?;
    let mut address = Address::ZERO;
    hex::decode_to_slice(digits, address.as_mut_slice()).map_err(|_| AddressError::Form(told()))?;
    let checked = address.to_checksum(None) == text;
    let lower = digits.bytes().any(|byte| byte.is_ascii_lowercase());
    let upper = digits.bytes().any(|byte| byte.is_ascii_uppercase());
    match checked || !(lower && upper) {
        true => Ok(Written { address, checked, prefix: None }),
        false => Err(AddressError::Checksum(told())),
    }
}

/// Reads an address that may have its chain in front: `eth:0x…`.
pub fn read_prefixed(text: &str) -> Result<Written, AddressError> {
    let Some((prefix, bare)) = text.split_once(':') else { return read(text) };
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if prefix.is_empty() || prefix.len() > 32 || !prefix.chars().all(fits) {
        return Err(AddressError::Form(printable(&text.chars().take(LONGEST).collect::<String>()).into_owned()));
    }
    Ok(Written { prefix: Some(prefix.to_owned()), ..read(bare)? })
}

/// The chain of a short name.
pub fn chain(short: &str) -> Option<U256> {
    CHAINS.iter().find(|(name, _)| *name == short).map(|(_, id)| U256::from(*id))
}

/// The short name of a chain.
pub fn short_name(chain_id: U256) -> Option<&'static str> {
    CHAINS.iter().find(|(_, id)| U256::from(*id) == chain_id).map(|(name, _)| *name)
}

/// An address to be read aloud: `0x d9Db 270c …`.
pub fn grouped(address: &Address) -> String {
    let text = address.to_checksum(None);
    let mut grouped = String::with_capacity(52);
    for (place, letter) in text.chars().enumerate() {
        if place >= 2 && place % 4 == 2 {
            grouped.push(' ');
        }
        grouped.push(letter);
    }
    grouped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const SAFE: &str = "0xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552";

    #[test]
    fn a_checksum_is_checked_where_there_is_one() {
        assert!(read(SAFE).unwrap().checked);
        for unchecked in [SAFE.to_ascii_lowercase(), SAFE.to_ascii_uppercase().replacen('X', "x", 1)] {
            let written = read(&unchecked).unwrap();
            assert_eq!((written.address, written.checked), (read(SAFE).unwrap().address, false));
        }
        assert!(read("0x0000000000000000000000000000000000000000").unwrap().checked);
        let wrong = SAFE.replace("d9Db", "D9Db");
        assert_eq!(read(&wrong), Err(AddressError::Checksum(wrong.clone())));
        let long = format!("{SAFE}00");
        let bare = SAFE.trim_start_matches("0x");
        for text in ["", "0x", bare, &long, "0Xd9Db270c1B5E3Bd161E8c8503c55cEABeE709552", "0xgg", " 0x", "\u{1b}]0;x"] {
            assert!(matches!(read(text), Err(AddressError::Form(_))), "{text}");
        }
        assert_eq!(read("\u{1b}[2J"), Err(AddressError::Form("[2J".to_owned())));
        let wide = format!("0x{}", "é".repeat(20));
        assert!(matches!(read(&wide), Err(AddressError::Form(_))));
    }

    #[test]
    fn t20_a_chain_in_front_is_read_and_known_or_not() {
        let written = read_prefixed(&format!("sep:{SAFE}")).unwrap();
        assert_eq!(written.prefix.as_deref().and_then(chain), Some(U256::from(11155111)));
        assert_eq!(read_prefixed(&format!("nowhere:{SAFE}")).unwrap().prefix.as_deref().map(chain), Some(None));
        assert_eq!(read_prefixed(SAFE).unwrap().prefix, None);
        let bad = [format!(":{SAFE}"), format!("e\u{1b}h:{SAFE}"), format!("eth:eth:{SAFE}"), "eth:".to_owned()];
        assert!(bad.iter().all(|text| read_prefixed(text).is_err()));
        assert_eq!(short_name(U256::from(137)), Some("pol"));
        assert_eq!(chain("matic"), chain("pol"));
        assert_eq!(short_name(U256::MAX), None);
        assert!(CHAINS.is_sorted_by_key(|(_, id)| *id));
        assert_eq!(CHAINS.iter().map(|(name, _)| name).collect::<HashSet<_>>().len(), CHAINS.len());
    }

    #[test]
    fn an_address_is_read_aloud_in_fours() {
        let shown = grouped(&read(SAFE).unwrap().address);
        assert_eq!(shown, "0x d9Db 270c 1B5E 3Bd1 61E8 c850 3c55 cEAB eE70 9552");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back_and_a_changed_case_is_seen(bytes in any::<[u8; 20]>(), at in 2usize..42) {
            let address = Address::from(bytes);
            let text = address.to_checksum(None);
            prop_assert_eq!(read(&text), Ok(Written { address, checked: true, prefix: None }));
            prop_assert_eq!(grouped(&address).replace(' ', ""), text.clone());
            let other: String = text.chars().enumerate().map(|(place, c)| match (place == at, c.is_ascii_lowercase()) {
                (true, true) => c.to_ascii_uppercase(),
                (true, false) => c.to_ascii_lowercase(),
                _ => c,
            }).collect();
            prop_assert!(other == text || read(&other).is_err() || read(&other).is_ok_and(|written| !written.checked));
        }

        #[test]
        fn nothing_panics(text in "\\PC{0,60}") {
            let _ = (read(&text), read_prefixed(&text), read_prefixed(&format!("eth:0x{text}")));
        }
    }
}
