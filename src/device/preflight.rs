//! What is asked before the user touches a device: is it the right one, and can it do this at all.

use super::capabilities::{Task, check};
use super::{Device, DeviceError, Held};
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::Network;
use bitcoin::bip32::Fingerprint;
use miniscript::descriptor::DescriptorType;

/// What a wallet asks of a device.
pub fn task(wallet: &Wallet) -> Task {
    let policy = wallet.policy();
    let several = policy.cosigners().len() > 1;
    if !policy.recovery().is_empty() && policy.kind() != DescriptorType::Tr {
        return Task::Miniscript;
    }
    match (policy.kind(), several) {
        (DescriptorType::Tr, false) => Task::TaprootKey,
        (DescriptorType::Tr, true) => Task::TaprootScript,
        (DescriptorType::Wpkh, _) => Task::Wpkh,
        (DescriptorType::ShWpkh, _) => Task::ShWpkh,
        (DescriptorType::Pkh, _) => Task::Pkh,
        (DescriptorType::ShWsh | DescriptorType::ShWshSortedMulti, _) => Task::MultisigShWsh,
        (DescriptorType::Sh | DescriptorType::ShSortedMulti, _) => Task::MultisigSh,
        _ => Task::MultisigWsh,
    }
}

/// Whether the device can sign for the wallet, as it is now.
pub fn sign(device: &mut dyn Device, wallet: &Held<'_>) -> Result<(), DeviceError> {
    check(&device.about()?, task(wallet.wallet), wallet.wallet.network() != Network::Bitcoin)
}

/// Which of the wallet's seeds the device holds (T27).
pub fn seat(device: &mut dyn Device, wallet: &Wallet) -> Result<Fingerprint, DeviceError> {
    let found = device.fingerprint(wallet.network())?;
    let seats: Vec<Fingerprint> = wallet.policy().cosigners().iter().map(|cosigner| cosigner.fingerprint).collect();
    if seats.contains(&found) {
        return Ok(found);
    }
    let seats = seats.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Err(DeviceError::NoSeat { found, seats })
}
