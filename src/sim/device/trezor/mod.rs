//! A Trezor One or a Trezor Model T, as its host sees it.
//!
//! - Messages come and go in reports. Before each page the host is told (ButtonRequest) and has to say that it knows
//!   (ButtonAck); only then can the user press. PIN and passphrase are asked for when a key is first needed.
//! - What a device says of itself is marked: its name, its number and its screen say DEMO.
//!
//! Messages: <https://github.com/trezor/trezor-firmware/tree/main/common/protob>

mod ask;
mod coin;
mod dialog;
mod ethereum;
mod failure;
mod model;
mod payment;
mod sent;
mod sign;
mod talk;
mod typed;
mod wire;

#[cfg(test)]
mod tests;

pub use model::{TrezorModel, TrezorSettings};

use super::screen::{Buttons, Press, Screen};
use super::seed::{Keys, mac};
use super::{Simulated, mark};
use ask::{Ask, Outcome, frame};
use dialog::{Dialog, Shown};
use failure::Failed;
use protobuf::Message;
use sign::{Next, Signing};
use std::collections::VecDeque;
use talk::{Talk, Turn};
use trezor_client::protos::{self, MessageType};
use wire::{Assembly, Came, Frame};

/// The longest passphrase.
const MAX_PASSPHRASE: usize = 50;

/// What comes after pages were approved.
enum Then {
    /// An answer.
    Say(Frame),
    /// The next question about a transaction.
    Sign(Box<Signing>),
    /// The next turn of something that takes several.
    Talk(Talk),
    /// The PIN was entered: what needed it.
    Unlock(Ask),
    /// The passphrase was confirmed: what needed it.
    Open(Box<Keys>, Ask),
}

enum State {
    Idle,
    /// Pages, the first of which is shown; whether the host knows of it.
    Showing {
        pages: VecDeque<Dialog>,
        known: bool,
        then: Then,
    },
    /// The One waits for its PIN.
    Pin(Ask),
    /// The host is to send the passphrase.
    Passphrase(Ask),
    /// The host is to send a piece of a transaction.
    Signing(Box<Signing>),
    /// The host is to send a piece of something for Ethereum.
    Talking(Talk),
}

/// A host's session: its number, and the keys with the passphrase that was entered in it.
struct Session {
    id: [u8; 32],
    keys: Option<Keys>,
}

/// A Trezor.
pub struct Trezor {
    settings: TrezorSettings,
    locked: bool,
    sessions: u64,
    session: Session,
    assembly: Assembly,
    state: State,
    screen: Screen,
}

impl Trezor {
    /// A device with some settings; none for words that make no key.
    pub fn new(settings: TrezorSettings) -> Option<Self> {
        if let Some(words) = &settings.words {
            Keys::new(words, "")?;
        }
        let locked = settings.pin.is_some();
        let session = Session { id: [0; 32], keys: None };
        let (assembly, state, screen) = (Assembly::default(), State::Idle, Screen::said("", ""));
        let mut trezor = Self { settings, locked, sessions: 0, session, assembly, state, screen };
        trezor.rest();
        Some(trezor)
    }

    /// Back to the screen that a device shows when nothing goes on.
    fn rest(&mut self) {
        self.state = State::Idle;
        self.screen = Screen::said(&self.settings.label, self.mark());
    }

    fn fail(&mut self, failed: &Failed) -> Vec<Frame> {
        self.rest();
        let mut failure = protos::Failure::new();
        failure.set_code(failed.code);
        failure.set_message(failed.text.to_owned());
        vec![frame(MessageType::MessageType_Failure, &failure)]
    }

    fn say(&mut self, said: Frame) -> Vec<Frame> {
        self.rest();
        vec![said]
    }

    /// One whole message.
    fn message(&mut self, came: &Frame) -> Vec<Frame> {
        let state = std::mem::replace(&mut self.state, State::Idle);
        let model = self.settings.model;
        match (came.kind, state) {
            (0, _) => self.initialize(came),
            (55, State::Idle) => self.features(None),
            (83, State::Idle) => {
                self.session.keys = None;
                self.say(frame(MessageType::MessageType_Success, &protos::Success::new()))
            }
            (24, State::Idle) => {
                self.locked = self.settings.pin.is_some();
                self.say(frame(MessageType::MessageType_Success, &protos::Success::new()))
            }
            (1, State::Idle) => match protos::Ping::parse_from_bytes(&came.body) {
                Ok(ping) => {
                    let mut success = protos::Success::new();
                    success.set_message(ping.message().to_owned());
                    self.say(frame(MessageType::MessageType_Success, &success))
                }
                Err(_) => self.fail(&Failed::data("Failed to decode message")),
            },
            (20, State::Pin(_)) => self.fail(&Failed::no_pin(model)),
            (20, _) => self.fail(&Failed::cancelled(model)),
            (27, State::Showing { pages, known: false, then }) => {
                if let Some(page) = pages.front() {
                    self.screen = page.screen.clone();
                }
                self.state = State::Showing { pages, known: true, then };
                Vec::new()
            }
            (19, State::Pin(ask)) => self.pin(came, ask),
            (42, State::Passphrase(ask)) => self.passphrase(came, ask),
            (22, State::Signing(signing)) => self.piece(came, signing),
            (60 | 466 | 468, State::Talking(talk)) => self.turn(talk, |talk, keys| talk.take(came, keys)),
            (_, state) => match Ask::read(came, model) {
                // A question takes the place of what went on only where nothing does.
                Some(ask) if matches!(state, State::Idle) => match ask {
                    Ok(ask) => self.begin(ask),
                    Err(failed) => self.fail(&failed),
                },
                _ => self.fail(&Failed::unexpected(model)),
            },
        }
    }

    fn initialize(&mut self, came: &Frame) -> Vec<Frame> {
        let Ok(told) = protos::Initialize::parse_from_bytes(&came.body) else {
            return self.fail(&Failed::data("Failed to decode message"));
        };
        if self.sessions == 0 || told.session_id() != self.session.id {
            self.sessions = self.sessions.wrapping_add(1);
            let id = mac(&[0; 32], &[b"a simulated session", &self.sessions.to_be_bytes()]);
            self.session = Session { id, keys: None };
        }
        self.features(Some(self.session.id))
    }

    fn features(&mut self, session: Option<[u8; 32]>) -> Vec<Frame> {
        let features = self.settings.features(self.locked, session);
        self.say(frame(MessageType::MessageType_Features, &features))
    }

    /// A question that needs the seed: PIN first, then the passphrase.
    fn begin(&mut self, ask: Ask) -> Vec<Frame> {
        let Some(words) = &self.settings.words else { return self.fail(&Failed::not_initialized()) };
        if self.locked {
            return match self.settings.model {
                TrezorModel::One => {
                    let digits: String = self.settings.keypad.iter().map(u8::to_string).collect();
                    self.screen = Screen::said("Please enter your PIN", digits);
                    self.state = State::Pin(ask);
                    let mut request = protos::PinMatrixRequest::new();
                    request.set_type(protos::pin_matrix_request::PinMatrixRequestType::PinMatrixRequestType_Current);
                    vec![frame(MessageType::MessageType_PinMatrixRequest, &request)]
                }
                TrezorModel::T => {
                    let page = Dialog::new(Shown::Pin, "Enter PIN", "on the device").with(Buttons::Pin);
                    self.show(VecDeque::from([page]), Then::Unlock(ask))
                }
            };
        }
        if self.session.keys.is_none() {
            if self.settings.passphrase {
                self.screen = Screen::said("Passphrase", "Please enter it on your computer.");
                self.state = State::Passphrase(ask);
                return vec![frame(MessageType::MessageType_PassphraseRequest, &protos::PassphraseRequest::new())];
            }
            self.session.keys = Keys::new(words, "");
        }
        self.run(ask)
    }

    fn run(&mut self, ask: Ask) -> Vec<Frame> {
        let Some(keys) = &self.session.keys else { return self.fail(&Failed::not_initialized()) };
        match ask.run(self.settings.model, keys) {
            Ok(Outcome::Answer(pages, answer)) if pages.is_empty() => self.say(answer),
            Ok(Outcome::Answer(pages, answer)) => self.show(pages.into(), Then::Say(answer)),
            Ok(Outcome::Signing(signing, request)) => {
                self.state = State::Signing(signing);
                vec![request]
            }
            Ok(Outcome::Talk(talk, turn)) => self.said(talk, turn),
            Err(failed) => self.fail(&failed),
        }
    }

    fn pin(&mut self, came: &Frame, ask: Ask) -> Vec<Frame> {
        let told = protos::PinMatrixAck::parse_from_bytes(&came.body).unwrap_or_default();
        let digit = |position: char| {
            let place = usize::try_from(position.to_digit(10)?.checked_sub(1)?).ok()?;
            self.settings.keypad.get(place).copied()
        };
        let digits: Option<String> = told.pin().chars().map(|at| digit(at).map(|digit| digit.to_string())).collect();
        if digits.is_none() || digits != self.settings.pin {
            return self.fail(&Failed::wrong_pin());
        }
        self.locked = false;
        self.begin(ask)
    }

    fn passphrase(&mut self, came: &Frame, ask: Ask) -> Vec<Frame> {
        let Ok(told) = protos::PassphraseAck::parse_from_bytes(&came.body) else {
            return self.fail(&Failed::data("Failed to decode message"));
        };
        let one = self.settings.model == TrezorModel::One;
        if told.on_device() && one {
            return self.fail(&Failed::data("This device does not support passphrases on the device"));
        }
        let text = if told.on_device() { "" } else { told.passphrase() };
        if text.len() > MAX_PASSPHRASE {
            return self.fail(&Failed::data("Maximum passphrase length is 50 bytes"));
        }
        let keys = self.settings.words.as_ref().and_then(|words| Keys::new(words, text));
        let Some(keys) = keys else { return self.fail(&Failed::not_initialized()) };
        if text.is_empty() {
            self.session.keys = Some(keys);
            return self.begin(ask);
        }
        let ahead = "The next screen shows your passphrase.";
        let pages = [
            Dialog::new(Shown::PassphraseAhead, "Passphrase wallet", ahead),
            Dialog::new(Shown::Passphrase, "Confirm passphrase", text),
        ];
        self.show(pages.into(), Then::Open(Box::new(keys), ask))
    }

    fn piece(&mut self, came: &Frame, mut signing: Box<Signing>) -> Vec<Frame> {
        let told = match protos::TxAck::parse_from_bytes(&came.body) {
            Ok(told) => told.tx.into_option().unwrap_or_default(),
            Err(_) => return self.fail(&Failed::data("Failed to decode message")),
        };
        let Some(keys) = &self.session.keys else { return self.fail(&Failed::not_initialized()) };
        match signing.take(told, keys) {
            Ok(next) => self.next(signing, next),
            Err(failed) => self.fail(&failed),
        }
    }

    /// One turn of something that takes several.
    fn turn(&mut self, mut talk: Talk, turn: impl Fn(&mut Talk, &Keys) -> Result<Turn, Failed>) -> Vec<Frame> {
        let Some(keys) = &self.session.keys else { return self.fail(&Failed::not_initialized()) };
        match turn(&mut talk, keys) {
            Ok(turn) => self.said(talk, turn),
            Err(failed) => self.fail(&failed),
        }
    }

    fn said(&mut self, talk: Talk, turn: Turn) -> Vec<Frame> {
        match turn {
            Turn::Dialogs(pages) => self.show(pages.into(), Then::Talk(talk)),
            Turn::Ask(request) => {
                self.screen = Screen::said("Please wait", "");
                self.state = State::Talking(talk);
                vec![request]
            }
            Turn::Done(answer) => self.say(answer),
        }
    }

    fn next(&mut self, signing: Box<Signing>, next: Next) -> Vec<Frame> {
        match next {
            Next::Dialogs(pages) => self.show(pages.into(), Then::Sign(signing)),
            Next::Request(request, last) => {
                let request = frame(MessageType::MessageType_TxRequest, &*request);
                if last {
                    return self.say(request);
                }
                self.screen = Screen::said("Please wait", "");
                self.state = State::Signing(signing);
                vec![request]
            }
        }
    }

    /// Tells the host of the next page; with none left, goes on.
    fn show(&mut self, pages: VecDeque<Dialog>, then: Then) -> Vec<Frame> {
        if let Some(page) = pages.front() {
            let request = frame(MessageType::MessageType_ButtonRequest, &page.request(self.settings.model));
            self.screen = Screen { buttons: Buttons::None, ..page.screen.clone() };
            self.state = State::Showing { pages, known: false, then };
            return vec![request];
        }
        match then {
            Then::Say(answer) => self.say(answer),
            Then::Sign(mut signing) => {
                let next = signing.approved();
                self.next(signing, next)
            }
            Then::Talk(talk) => self.turn(talk, Talk::approved),
            Then::Unlock(ask) => {
                self.locked = false;
                self.begin(ask)
            }
            Then::Open(keys, ask) => {
                self.session.keys = Some(*keys);
                self.begin(ask)
            }
        }
    }

    fn pressed(&mut self, press: Press) -> Vec<Frame> {
        match std::mem::replace(&mut self.state, State::Idle) {
            State::Showing { mut pages, known: true, then } => {
                let page = pages.pop_front();
                let turns = page.as_ref().is_some_and(|page| page.screen.buttons == Buttons::Turn);
                match press {
                    Press::Yes => self.show(pages, then),
                    Press::No if turns => {
                        pages.extend(page);
                        self.show(pages, then)
                    }
                    Press::No => self.fail(&Failed::cancelled(self.settings.model)),
                }
            }
            state => {
                self.state = state;
                Vec::new()
            }
        }
    }
}

impl Simulated for Trezor {
    fn feed(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        let answers = match self.assembly.take(packet) {
            Came::Nothing => Vec::new(),
            Came::TooLong => self.fail(&Failed::data("Message too long")),
            Came::Whole(came) => self.message(&came),
        };
        answers.iter().flat_map(Frame::reports).collect()
    }

    fn press(&mut self, press: Press) -> Vec<Vec<u8>> {
        self.pressed(press).iter().flat_map(Frame::reports).collect()
    }

    fn screen(&self) -> Screen {
        self.screen.clone()
    }

    fn mark(&self) -> &'static str {
        mark(self.settings.words.as_deref())
    }

    fn unplugged(&mut self) {
        self.assembly = Assembly::default();
        self.rest();
    }
}
