//! What a device's thread does: it finds the device of the seat, lets it take the wallet's policy where it does not know it,
//! lets it sign what the review let through, and verifies that.

use super::Devices;
use super::hatch::Reply;
use super::post::Post;
use super::search::{Found, Search};
use crate::desk::treasury::view::Stage;
use crate::device::capabilities::signs_for;
use crate::device::{About, Device, DeviceError, Held, Hmac, Registered, Watch, pages, seat};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, reviewed};
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::ethereum::signature::Confirmation;
use crate::treasury::proposal::{InputSignature, Registration, SeatId, brought};
use bitcoin::Transaction;
use std::sync::mpsc::Sender;

/// All that it takes to ask a device for a signature.
pub(super) struct Job {
    pub seat: SeatId,
    pub packet: Packet,
    /// The transaction whose place it takes, where that is known.
    pub original: Option<Transaction>,
    pub wallet: Wallet,
    pub facts: Facts,
    /// How the device had the wallet, when it was asked the last time.
    pub known: Option<Registration>,
    pub devices: Devices,
    pub post: Post,
    pub watch: Watch,
}

/// What a device's thread has to say.
pub(super) enum Said {
    /// The device has taken the wallet's policy under a name.
    Registered(String, Registered),
    /// It has signed all that it was to sign, verifiably; or it came to nothing.
    Ended(Result<Given, DeviceError>),
}

/// What a device has signed.
pub(super) enum Given {
    /// Every input of a transaction of Bitcoin.
    Inputs(Vec<InputSignature>),
    /// A Safe's transaction.
    Owner(Box<Confirmation>),
}

impl Job {
    /// Does all of it. Whoever asked may have gone meanwhile: then nobody is told.
    pub fn run(self, back: &Sender<Said>) {
        let signed = self.sign(back).map(Given::Inputs);
        end(signed, &self.watch, back);
    }

    fn sign(&self, back: &Sender<Said>) -> Result<Vec<InputSignature>, DeviceError> {
        let (review, passed) = reviewed(&self.packet, &self.wallet, &self.facts);
        let passed = passed.ok_or_else(|| DeviceError::Unfit("the review lets nobody sign this".to_owned()))?;
        // A Trezor shows only what is different from a transaction that it signed before.
        let passed = self.original.as_ref().map_or(passed, |original| passed.replacing(original));
        let fits = |device: &mut dyn Device, about: &About| {
            signs_for(about, &self.wallet)?;
            seat::holds(device, self.wallet.network(), self.seat.fingerprint)
        };
        let search = Search { devices: &self.devices, post: &self.post, watch: &self.watch };
        let (mut found, ()) = search.find(&fits)?;
        let name = self.known.as_ref().map_or_else(|| self.wallet.name(), |known| known.name.as_str());
        let proof = self.known.as_ref().and_then(|known| known.hmac.parse::<Hmac>().ok());
        let mut held = Held { wallet: &self.wallet, name, hmac: proof };
        let lock = self.packet.psbt.unsigned_tx.lock_time;
        let ask = |found: &mut Found, held: &Held<'_>| {
            let whole = self.original.is_none() || found.about.model.is_ledger() || found.forwarded;
            self.post.foretell(if whole { pages::signing(found.about.model, held, &review, lock) } else { Vec::new() });
            self.post.turn(Stage::Signing);
            found.device.sign(held, &passed)
        };
        let given = match ask(&mut found, &held) {
            Err(DeviceError::NotRegistered | DeviceError::BadProof) => {
                held.hmac = Some(self.register(&mut found, &held, back)?);
                ask(&mut found, &held)?
            }
            given => given?,
        };
        let signed = given.of(self.seat.fingerprint, &passed)?;
        let new = brought(&self.packet, &signed, &self.wallet);
        let new =
            new.map_err(|error| DeviceError::BadSignature(error.to_string()))?.remove(&usize::from(self.seat.place));
        new.ok_or_else(|| DeviceError::BadSignature("it is of another seat".to_owned()))
    }

    /// Lets the device take the wallet's policy, once a person here agrees.
    fn register(&self, found: &mut Found, held: &Held<'_>, back: &Sender<Said>) -> Result<Hmac, DeviceError> {
        self.post.foretell(pages::registering(found.about.model, held, self.seat.fingerprint));
        let patience = self.watch.again();
        while self.post.ask(&patience, Stage::Agree)? != Reply::Agreed {}
        self.post.turn(Stage::Registering);
        let taken = found.device.register(held)?.ok_or(DeviceError::NotRegistered)?;
        let _ = back.send(Said::Registered(held.name.to_owned(), taken));
        Ok(taken.hmac)
    }
}

/// Says how it ended. Whatever a device says to being stopped, it was stopped.
pub(super) fn end(signed: Result<Given, DeviceError>, watch: &Watch, back: &Sender<Said>) {
    let signed = match watch.again().check() {
        Err(cancelled) if signed.is_err() => Err(cancelled),
        _ => signed,
    };
    let _ = back.send(Said::Ended(signed));
}
