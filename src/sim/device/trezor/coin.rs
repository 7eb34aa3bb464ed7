//! The coins that the firmware knows, and the paths that it lets a host use with them.

use crate::sim::device::script::HARDENED;
use bitcoin::Network;
use trezor_client::protos::{InputScriptType, OutputScriptType};

/// The highest account.
const MAX_ACCOUNT: u32 = 100;

/// The highest address of an account.
const MAX_INDEX: u32 = 1_000_000;

/// A coin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coin {
    pub network: Network,
    /// Its number in paths.
    pub number: u32,
    /// How amounts are written.
    pub unit: &'static str,
    /// The most that a thousand bytes may cost before the user is warned, in satoshis.
    pub max_fee: u64,
}

/// The coin of a name: "Signet" is none, as on the real ones.
pub fn named(name: &str) -> Option<Coin> {
    let (network, number, unit, max_fee) = match name {
        "Bitcoin" => (Network::Bitcoin, 0, "BTC", 2_000_000),
        "Testnet" => (Network::Testnet, 1, "TEST", 10_000_000),
        "Regtest" => (Network::Regtest, 1, "REGTEST", 10_000_000),
        _ => return None,
    };
    Some(Coin { network, number, unit, max_fee })
}

/// What kind of script an input, an output or an address has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `pkh`, or `sh` with several keys.
    Legacy,
    /// `wpkh`, or `wsh` with several keys.
    Witness,
    /// `sh(wpkh)`, or `sh(wsh)` with several keys.
    Nested,
    /// `tr`.
    Taproot,
}

impl Kind {
    /// The kind of an input; none for what is somebody else's.
    pub fn of_input(kind: InputScriptType) -> Option<Self> {
        match kind {
            InputScriptType::SPENDADDRESS | InputScriptType::SPENDMULTISIG => Some(Self::Legacy),
            InputScriptType::SPENDWITNESS => Some(Self::Witness),
            InputScriptType::SPENDP2SHWITNESS => Some(Self::Nested),
            InputScriptType::SPENDTAPROOT => Some(Self::Taproot),
            InputScriptType::EXTERNAL => None,
        }
    }

    /// The kind of an output of ours.
    pub fn of_output(kind: OutputScriptType) -> Option<Self> {
        match kind {
            OutputScriptType::PAYTOADDRESS | OutputScriptType::PAYTOMULTISIG => Some(Self::Legacy),
            OutputScriptType::PAYTOWITNESS => Some(Self::Witness),
            OutputScriptType::PAYTOP2SHWITNESS => Some(Self::Nested),
            OutputScriptType::PAYTOTAPROOT => Some(Self::Taproot),
            OutputScriptType::PAYTOSCRIPTHASH | OutputScriptType::PAYTOOPRETURN => None,
        }
    }
}

/// The account of a path of the coin's, below which its addresses lie: purpose, and the kind of script under purpose 48.
fn account(path: &[u32], coin: Coin) -> Option<(u32, u32, &[u32])> {
    let hard = |step: &u32| (step & HARDENED != 0).then_some(step ^ HARDENED);
    let (purpose, rest) = path.split_first().and_then(|(first, rest)| Some((hard(first)?, rest)))?;
    let (coin_there, account, kind, below) = match (purpose, rest) {
        (44 | 49 | 84 | 86, [coin, account, below @ ..]) => (hard(coin)?, hard(account)?, 0, below),
        (48, [coin, account, kind, below @ ..]) => (hard(coin)?, hard(account)?, hard(kind)?, below),
        _ => return None,
    };
    (coin_there == coin.number && account <= MAX_ACCOUNT && kind <= 2).then_some((purpose, kind, below))
}

/// Whether a path of an address is one of the coin's at all: the others are forbidden.
pub fn allowed(path: &[u32], coin: Coin) -> bool {
    let below = account(path, coin).map(|(_, _, below)| below);
    below.is_some_and(|below| matches!(below, [0 | 1, index] if *index <= MAX_INDEX))
}

/// Whether a path, of an account or of an address, is where scripts of a kind belong: the others are warned about.
pub fn fitting(path: &[u32], coin: Coin, kind: Kind, several: bool) -> bool {
    let Some((purpose, under, below)) = account(path, coin) else { return false };
    let below = match below {
        [] => true,
        [0 | 1, index] => *index <= MAX_INDEX,
        _ => false,
    };
    let belongs = match (kind, several) {
        (Kind::Legacy, false) => purpose == 44,
        (Kind::Nested, false) => purpose == 49,
        (Kind::Witness, false) => purpose == 84,
        (Kind::Taproot, false) => purpose == 86,
        (Kind::Legacy, true) => purpose == 48 && under == 0,
        (Kind::Nested, true) => purpose == 48 && under == 1,
        (Kind::Witness, true) => purpose == 48 && under == 2,
        (Kind::Taproot, true) => false,
    };
    below && belongs
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::bip32::DerivationPath;

    #[test]
    fn paths_of_another_coin_or_of_nothing_known_are_forbidden() {
        let testnet = named("Testnet").unwrap();
        let steps = |text: &str| {
            let path: DerivationPath = text.parse().unwrap();
            path.into_iter().map(|step| u32::from(*step)).collect::<Vec<_>>()
        };
        let is = |text| allowed(&steps(text), testnet);
        assert!(is("84'/1'/0'/0/0") && is("48'/1'/0'/2'/1/9") && is("86'/1'/3'/0/1000000"));
        for other in
            ["84'/0'/0'/0/0", "84'/1'/0'", "84'/1'/0'/2/0", "84'/1'/0'/0/0/0", "1'/1'/0'/0/0", "84/1'/0'/0/0", "m"]
        {
            assert!(!is(other), "{other}");
        }
        let fits = |text, kind, several| fitting(&steps(text), testnet, kind, several);
        assert!(fits("84'/1'/0'/0/0", Kind::Witness, false) && fits("48'/1'/0'/2'", Kind::Witness, true));
        assert!(!fits("48'/1'/0'/2'", Kind::Witness, false) && !fits("48'/1'/0'/2'", Kind::Nested, true));
        assert!(named("Signet").is_none());
    }
}
