//! Which paths a Trezor signs for, and what coin it calls them.
//!
//! - A Trezor with its safety checks on refuses a path that is not customary ("Forbidden key path"), in the middle of
//!   signing. So it is said before.
//! - Public keys are given at any path.
//! - Neither firmware knows Signet. Its addresses and keys are written as Testnet's, so it is asked for as Testnet.
//!
//! The customs: BIP-44, BIP-45, BIP-48, BIP-49, BIP-84 and BIP-86, and for Ethereum SEP-5 and Ledger's older paths.

use crate::device::DeviceError;
use bitcoin::Network;
use bitcoin::bip32::{ChildNumber, DerivationPath};
use trezor_client::protos::InputScriptType;

/// The highest account and, in BIP-45, cosigner.
const HIGHEST_ACCOUNT: u32 = 100;

/// The highest index of an address.
pub(super) const HIGHEST_INDEX: u32 = 1_000_000;

const HARD: u32 = 1 << 31;

/// The coin that a Trezor knows a network by.
pub(super) fn coin(network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "Bitcoin",
        Network::Regtest => "Regtest",
        _ => "Testnet",
    }
}

/// The number of the coin in paths (SLIP-44).
pub(super) fn coin_type(network: Network) -> u32 {
    u32::from(network != Network::Bitcoin)
}

/// A path as the wire has it.
pub(super) fn numbers(path: &DerivationPath) -> Vec<u32> {
    path.into_iter().map(|step| u32::from(*step)).collect()
}

/// The script type that a path is customary for: what its public key is written as.
pub(super) fn customary(path: &DerivationPath) -> InputScriptType {
    let numbers = numbers(path);
    let hard = |place: usize| numbers.get(place).and_then(|number| number.checked_sub(HARD));
    match (hard(0), hard(3)) {
        (Some(49), _) | (Some(48), Some(1)) => InputScriptType::SPENDP2SHWITNESS,
        (Some(84), _) | (Some(48), Some(2)) => InputScriptType::SPENDWITNESS,
        (Some(86), _) => InputScriptType::SPENDTAPROOT,
        _ => InputScriptType::SPENDADDRESS,
    }
}

/// Refuses a path of an address that a Trezor would refuse. One that is customary for another kind of script is only
/// warned of on its screen.
pub(super) fn check(path: &[u32], kind: InputScriptType, multisig: bool, network: Network) -> Result<(), DeviceError> {
    let coin = coin_type(network);
    let hard = |number: u32| number.checked_sub(HARD);
    let account = |number: u32| hard(number).is_some_and(|number| number <= HIGHEST_ACCOUNT);
    let spot = |change: u32, index: u32| change <= 1 && index <= HIGHEST_INDEX;
    let known = match *path {
        [purpose, c, a, change, index] => {
            let plain = matches!(hard(purpose), Some(44 | 49 | 84 | 86)) && hard(c) == Some(coin) && account(a);
            // Casa's: the account is not hardened, nor is the coin.
            let casa = (purpose == 49 || hard(purpose) == Some(45)) && c == coin && a <= HIGHEST_ACCOUNT;
            (plain || casa) && spot(change, index)
        }
        [purpose, c, a, script, change, index] if hard(purpose) == Some(48) => {
            let script = matches!(hard(script), Some(0..=2));
            hard(c) == Some(coin) && account(a) && script && spot(change, index)
        }
        // Unchained's.
        [purpose, c, a, cosigner, change, index] if hard(purpose) == Some(45) => {
            let whole = (hard(c) == Some(coin) && account(a)) || (c == coin && a <= HIGHEST_ACCOUNT);
            whole && cosigner <= HIGHEST_INDEX && spot(change, index)
        }
        // Paths that name no coin are Bitcoin's.
        [purpose, cosigner, change, index] if hard(purpose) == Some(45) => {
            coin == 0 && cosigner <= HIGHEST_ACCOUNT && spot(change, index)
        }
        // GreenAddress's.
        [purpose, sub, 1 | 4, index] if hard(purpose) == Some(3) => {
            coin == 0 && hard(sub).is_some_and(|sub| (1..=100).contains(&sub)) && index <= HIGHEST_INDEX
        }
        [1 | 4, index] => coin == 0 && index <= HIGHEST_INDEX,
        _ => false,
    };
    if known { Ok(()) } else { Err(DeviceError::Unfit(refusal(path, kind, multisig, coin))) }
}

fn refusal(path: &[u32], kind: InputScriptType, multisig: bool, coin: u32) -> String {
    let customs = match (kind, multisig) {
        (InputScriptType::SPENDP2SHWITNESS, true) => format!("m/48'/{coin}'/0'/1'/*/*"),
        (InputScriptType::SPENDWITNESS, true) => format!("m/48'/{coin}'/0'/2'/*/*"),
        (_, true) => format!("m/48'/{coin}'/0'/0'/*/* or m/45'/*/*/*"),
        (InputScriptType::SPENDP2SHWITNESS, false) => format!("m/49'/{coin}'/0'/*/*"),
        (InputScriptType::SPENDWITNESS, false) => format!("m/84'/{coin}'/0'/*/*"),
        (InputScriptType::SPENDTAPROOT, false) => format!("m/86'/{coin}'/0'/*/*"),
        (_, false) => format!("m/44'/{coin}'/0'/*/*"),
    };
    let path: DerivationPath = path.iter().map(|number| ChildNumber::from(*number)).collect();
    format!(
        "a Trezor refuses m/{path}; for this kind of address it takes {customs}, with accounts up to {HIGHEST_ACCOUNT} \
         and indexes up to {HIGHEST_INDEX}, unless its safety checks are off"
    )
}

/// Refuses a path that a Trezor would refuse for Ethereum.
pub(super) fn check_ethereum(path: &[u32]) -> Result<(), DeviceError> {
    let hard = |number: u32| number.checked_sub(HARD);
    // Test networks have a number of their own.
    let coin = |number: u32| matches!(hard(number), Some(1 | 60));
    let account = |number: u32| hard(number).is_some_and(|number| number <= HIGHEST_ACCOUNT);
    let known = match *path {
        [purpose, c, a] => hard(purpose) == Some(44) && coin(c) && account(a),
        [purpose, c, a, index] => {
            hard(purpose) == Some(44) && coin(c) && hard(a) == Some(0) && index <= HIGHEST_ACCOUNT
        }
        [purpose, c, a, change, index] if hard(purpose) == Some(44) => {
            coin(c) && account(a) && change <= 1 && index <= HIGHEST_INDEX
        }
        [purpose, 1 | 60, a, change, index] if hard(purpose) == Some(45) => {
            a <= HIGHEST_ACCOUNT && change <= 1 && index <= HIGHEST_INDEX
        }
        _ => false,
    };
    if known {
        return Ok(());
    }
    let path: DerivationPath = path.iter().map(|number| ChildNumber::from(*number)).collect();
    Err(DeviceError::Unfit(format!(
        "a Trezor refuses m/{path} for Ethereum; it takes m/44'/60'/0'/0/*, m/44'/60'/*'/0/0 and m/44'/60'/0'/*"
    )))
}
