//! The laptop's end: it decodes what is asked, shows it, asks for a yes, and only then the device.

use super::message::{Answer, Ask, Described, read, write};
use crate::device::{Device, DeviceError, Held};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, Review, reviewed};
use crate::treasury::bitcoin::wallet::{Spot, Wallet};
use std::io::{self, Read, Write};

/// The person at this end. Each is told what is asked, before the device is.
pub trait Guard {
    /// Something was asked that gives nothing away but public keys; the words say what.
    fn told(&mut self, what: &str);

    /// Something blocks a signature: it was refused already.
    fn blocked(&mut self, wallet: &Wallet, review: &Review);

    /// Whether a policy is to be taken.
    fn may_register(&mut self, wallet: &Wallet) -> bool;

    /// Whether a transaction is to be signed.
    fn may_sign(&mut self, wallet: &Wallet, review: &Review) -> bool;
}

/// Answers one connection until it ends. What is not understood ends it: there is nothing to be said to it.
pub fn serve(
    mut from: impl Read,
    mut to: impl Write,
    device: &mut dyn Device,
    guard: &mut dyn Guard,
) -> io::Result<()> {
    while let Some(ask) = read::<Ask>(&mut from)? {
        let answer = answer(&ask, device, guard).unwrap_or_else(Answer::Refused);
        write(&mut to, &answer)?;
    }
    Ok(())
}

fn answer(ask: &Ask, device: &mut dyn Device, guard: &mut dyn Guard) -> Result<Answer, DeviceError> {
    match ask {
        Ask::About => device.about().map(Answer::About),
        Ask::Fingerprint { network } => {
            guard.told("which seed the device holds");
            device.fingerprint(*network).map(Answer::Fingerprint)
        }
        Ask::Xpub { network, path, show } => {
            guard.told(&format!("the public key at m/{path}"));
            device.xpub(*network, path, *show).map(Answer::Xpub)
        }
        Ask::Register { wallet } => {
            let made = made(wallet)?;
            if !guard.may_register(&made) {
                return Err(DeviceError::RefusedByUser);
            }
            let held = Held { wallet: &made, name: &wallet.name, hmac: wallet.hmac };
            device.register(&held).map(Answer::Registered)
        }
        Ask::Address { wallet, change, index, show } => {
            let made = made(wallet)?;
            let spot: Spot = Ask::spot(*change, *index);
            guard.told(&format!("address {index} of {}", made.name()));
            let held = Held { wallet: &made, name: &wallet.name, hmac: wallet.hmac };
            device.address(&held, spot, *show).map(|address| Answer::Address(address.to_string()))
        }
        Ask::Sign { wallet, psbt } => sign(&made(wallet)?, wallet, psbt, device, guard),
    }
}

fn made(wallet: &Described) -> Result<Wallet, DeviceError> {
    wallet.wallet().map_err(|error| DeviceError::Unfit(format!("the wallet is refused here: {error}")))
}

fn sign(
    wallet: &Wallet,
    described: &Described,
    psbt: &str,
    device: &mut dyn Device,
    guard: &mut dyn Guard,
) -> Result<Answer, DeviceError> {
    let packet = Packet::read(psbt.as_bytes())
        .map_err(|error| DeviceError::Unfit(format!("the transaction cannot be read: {error}")))?;
    // What the other end knows of the chain and of prices is not believed: this review rests on the two files alone.
    let (review, passed) = reviewed(&packet, wallet, &Facts::default());
    let Some(passed) = passed else {
        guard.blocked(wallet, &review);
        return Ok(Answer::Blocked(review.verdict.blocks.iter().map(|block| block.code.to_owned()).collect()));
    };
    let held = Held { wallet, name: &described.name, hmac: described.hmac };
    if !guard.may_sign(wallet, &review) {
        return Err(DeviceError::RefusedByUser);
    }
    let signatures = device.sign(&held, &passed)?.open();
    Ok(Answer::Signed(signatures))
}
