//! Whose device it is: a device is told by the seed that it holds, never by where it was found (T27).

use super::{Device, DeviceError};
use crate::treasury::bitcoin::wallet::Wallet;
use alloy_primitives::Address;
use bitcoin::Network;
use bitcoin::bip32::{DerivationPath, Fingerprint};

/// That the device holds the seed which is needed; where it holds another, both are told.
pub fn holds(device: &mut dyn Device, network: Network, expected: Fingerprint) -> Result<(), DeviceError> {
    match device.fingerprint(network)? {
        found if found == expected => Ok(()),
        found => Err(DeviceError::WrongDevice { expected, found }),
    }
}

/// Which of the wallet's seeds the device holds.
pub fn seat(device: &mut dyn Device, wallet: &Wallet) -> Result<Fingerprint, DeviceError> {
    let found = device.fingerprint(wallet.network())?;
    let seats: Vec<Fingerprint> = wallet.policy().cosigners().iter().map(|cosigner| cosigner.fingerprint).collect();
    if seats.contains(&found) {
        return Ok(found);
    }
    let seats = seats.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(DeviceError::NoSeat { found, seats })
}

/// How many accounts of each of the two usual kinds are looked at.
const ACCOUNTS: u32 = 5;

/// Where an account of Ethereum lies on a device: under the paths that wallets use, `m/44'/60'/0'/0/n` and `m/44'/60'/n'/0/0`.
/// A device that has it under none of them is not the one (T27).
pub fn account(device: &mut dyn Device, wanted: Address) -> Result<DerivationPath, DeviceError> {
    let by_index = (0..ACCOUNTS).map(|index| (0, index));
    let by_account = (1..ACCOUNTS).map(|account| (account, 0));
    let mut first = None;
    for (account, index) in by_index.chain(by_account) {
        let path = format!("44'/60'/{account}'/0/{index}");
        let path: DerivationPath = path.parse().map_err(|_| DeviceError::Unfit(path.clone()))?;
        let found = device.eth_address(&path, false)?.address;
        if found == wanted {
            return Ok(path);
        }
        first = first.or(Some(found));
    }
    let told = |address: Address| address.to_checksum(None);
    Err(DeviceError::WrongAccount { expected: told(wanted), found: first.map(told).unwrap_or_default() })
}
