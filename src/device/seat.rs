//! Whose device it is: a device is told by the seed that it holds, never by where it was found (T27).

use super::{Device, DeviceError};
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::Network;
use bitcoin::bip32::Fingerprint;

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
