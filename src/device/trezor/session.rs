//! A conversation with a Trezor: one request, what the device asks meanwhile, and one answer.
//!
//! - It begins with Initialize: the device forgets whatever an earlier program was in the middle of.
//! - While it works on a request the device may want a button pressed, a PIN or a passphrase. All three are answered in
//!   one place ([`Session::ask`]), for every request alike.
//! - Whoever stops waiting says Cancel to the device, and hears out the failure that follows, so that the next request
//!   does not read the answer to this one.
//! - Reading is the only thing that waits, and it waits under the watch; each question to the device has its whole
//!   time.

use super::wire::{Message, Reader};
use super::{failure, features};
use crate::device::link::report::Reports;
use crate::device::{About, Attendant, DeviceError, Model, Passphrase, Watch};
use bip39::Mnemonic;
use std::borrow::Cow;
use std::time::Duration;
use trezor_client::TrezorMessage;
use trezor_client::protos::{
    ButtonAck, ButtonRequest, Cancel, Failure, Features, GetFeatures, Initialize, PassphraseAck, PassphraseRequest,
    PinMatrixAck, PinMatrixRequest,
};
use zeroize::{Zeroize, Zeroizing};

/// How long a device may take to say that it has stopped.
const STOPPING: Duration = Duration::from_millis(500);

/// The most that a device may ask for while it works on one request: every page of a large transaction.
const MOST_TURNS: usize = 4_096;

/// How often a One is asked to show an address or a key before it counts as refused. It has no button for no: the left
/// one turns to the next page, and after the text and its code begins again.
const ONE_PAGES: usize = 2;

/// The longest passphrase that any model takes, in bytes.
const LONGEST_PASSPHRASE: usize = 50;

/// Codes of button requests: an address is shown, a key is shown.
const SHOWS: [i32; 2] = [10, 11];

/// An open conversation.
pub(super) struct Session {
    link: Box<dyn Reports>,
    reader: Reader,
    watch: Watch,
    attendant: Box<dyn Attendant>,
    features: Features,
    about: Option<About>,
    /// How often a passphrase was given: after each the device may hold another wallet.
    pub passphrases: u32,
}

impl Session {
    /// Greets the device.
    pub fn open(link: Box<dyn Reports>, attendant: Box<dyn Attendant>, watch: Watch) -> Result<Self, DeviceError> {
        let (reader, features) = (Reader::default(), Features::new());
        let mut session = Self { link, reader, watch, attendant, features, about: None, passphrases: 0 };
        let features = session.ask(&Initialize::new())?;
        session.learn(features)?;
        Ok(session)
    }

    /// What it said of itself when it was greeted.
    pub fn about(&self) -> Result<&About, DeviceError> {
        self.about.as_ref().ok_or_else(|| DeviceError::Disconnected("it was never greeted".to_owned()))
    }

    /// Which model it is.
    pub fn model(&self) -> Result<Model, DeviceError> {
        Ok(self.about()?.model)
    }

    /// Whether it refuses unusual paths outright.
    pub fn strict(&self) -> bool {
        features::strict(&self.features)
    }

    /// Asks again what it is.
    pub fn refresh(&mut self) -> Result<About, DeviceError> {
        let features = self.ask(&GetFeatures::new())?;
        self.learn(features)?;
        self.about().cloned()
    }

    fn learn(&mut self, features: Features) -> Result<(), DeviceError> {
        self.about = Some(features::about(&features)?);
        self.features = features;
        Ok(())
    }

    /// Asks something that has one kind of answer.
    pub fn ask<Q: TrezorMessage, A: TrezorMessage>(&mut self, question: &Q) -> Result<A, DeviceError> {
        let answer = self.exchange(question)?;
        // Whatever it is in the middle of, it is not what was asked.
        answer.read().map_err(|error| self.stop(error))
    }

    /// Asks something; gives whatever is neither a failure nor a question about the user.
    pub fn exchange<Q: TrezorMessage>(&mut self, question: &Q) -> Result<Message, DeviceError> {
        let mut say = Message::pack(question)?;
        let mut pages = 0_usize;
        for _ in 0..MOST_TURNS {
            self.send(&say)?;
            let answer = match self.receive() {
                Ok(answer) => answer,
                Err(error @ DeviceError::Disconnected(_)) => return Err(error),
                Err(error) => return Err(self.stop(error)),
            };
            say = if answer.is::<ButtonRequest>() {
                let request: ButtonRequest = answer.read()?;
                if self.turned(&request, &mut pages) {
                    return Err(self.stop(DeviceError::RefusedByUser));
                }
                self.attendant.look();
                Message::pack(&ButtonAck::new())?
            } else if answer.is::<PinMatrixRequest>() {
                match self.pin() {
                    Ok(pin) => pin,
                    Err(error) => return Err(self.stop(error)),
                }
            } else if answer.is::<PassphraseRequest>() {
                match self.passphrase() {
                    Ok(passphrase) => passphrase,
                    Err(error) => return Err(self.stop(error)),
                }
            } else if answer.is::<Failure>() {
                let model = self.about.as_ref().map(|about| about.model);
                return Err(failure::error(&answer.read()?, model));
            } else {
                return Ok(answer);
            };
        }
        Err(self.stop(DeviceError::Garbled("it asks for its buttons without end".to_owned())))
    }

    /// Whether a One was made to show everything once and again.
    fn turned(&self, request: &ButtonRequest, pages: &mut usize) -> bool {
        let shows = request.code.is_some_and(|code| SHOWS.contains(&code.value()));
        let one = self.about.as_ref().is_some_and(|about| about.model == Model::TrezorOne);
        if one && shows {
            *pages = pages.saturating_add(1);
        }
        *pages > ONE_PAGES
    }

    fn pin(&mut self) -> Result<Message, DeviceError> {
        let places = self.attendant.pin().ok_or(DeviceError::PinNeeded)?;
        if places.is_empty() || !places.bytes().all(|place| matches!(place, b'1'..=b'9')) {
            return Err(DeviceError::Unfit("the places of a PIN are digits from 1 to 9".to_owned()));
        }
        let mut answer = PinMatrixAck { pin: Some(places.to_string()), ..Default::default() };
        let packed = Message::pack(&answer);
        answer.pin.zeroize();
        packed
    }

    fn passphrase(&mut self) -> Result<Message, DeviceError> {
        let mut answer = PassphraseAck::new();
        match self.attendant.passphrase().ok_or(DeviceError::PassphraseNeeded)? {
            Passphrase::OnDevice => {
                let model = self.model()?;
                if model == Model::TrezorOne {
                    let what = "take a passphrase on its own screen: type it here".to_owned();
                    return Err(DeviceError::Unsupported { model, what });
                }
                answer.set_on_device(true);
            }
            Passphrase::Typed(text) => {
                let text = normal(text);
                if text.len() > LONGEST_PASSPHRASE {
                    let message = format!("a passphrase has at most {LONGEST_PASSPHRASE} bytes on a Trezor");
                    return Err(DeviceError::Unfit(message));
                }
                answer.passphrase = Some(text.to_string());
            }
        }
        self.passphrases = self.passphrases.saturating_add(1);
        let packed = Message::pack(&answer);
        answer.passphrase.zeroize();
        packed
    }

    /// Tells the device to stop, and hears it out. Gives back why.
    pub fn stop(&mut self, why: DeviceError) -> DeviceError {
        let patience = Watch::new(STOPPING);
        let told = Message::pack(&Cancel::new()).and_then(|cancel| self.send(&cancel));
        if told.is_ok() {
            // An answer may have been on its way when it was told.
            while matches!(self.read(&patience), Ok(message) if !message.is::<Failure>()) {}
        }
        why
    }

    fn send(&mut self, message: &Message) -> Result<(), DeviceError> {
        message.reports()?.iter().try_for_each(|report| self.link.put(report))
    }

    fn receive(&mut self) -> Result<Message, DeviceError> {
        let watch = self.watch.again();
        self.read(&watch)
    }

    fn read(&mut self, watch: &Watch) -> Result<Message, DeviceError> {
        loop {
            let report = self.link.take(watch)?;
            if let Some(message) = self.reader.take(&report)? {
                return Ok(message);
            }
        }
    }
}

/// A passphrase as BIP-39 has it, in NFKD.
fn normal(text: Zeroizing<String>) -> Zeroizing<String> {
    let mut normal = Cow::Borrowed(text.as_str());
    Mnemonic::normalize_utf8_cow(&mut normal);
    let changed = match normal {
        Cow::Owned(changed) => Some(Zeroizing::new(changed)),
        Cow::Borrowed(_) => None,
    };
    changed.unwrap_or(text)
}
