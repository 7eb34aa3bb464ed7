//! A Ledger with its Bitcoin or its Ethereum app open, as its host sees it.
//!
//! - Commands are APDUs; those that need more than fits ask the host for it (`E000`) and go on with its CONTINUE. While a page
//!   is shown there is no answer at all, as with a real one.
//! - Another command in the middle of one ends it; a CONTINUE that nobody asked for is refused.
//! - One that has another app installed offers to open it when a host has asked which is open, and left for that reason.
//!
//! Protocol: <https://github.com/LedgerHQ/app-bitcoin-new/blob/develop/doc/bitcoin.md>

mod ethereum;
mod host;
mod job;
mod path;
mod policy;
mod sent;
mod sign;
mod status;
mod typed;

#[cfg(test)]
mod tests;

use super::screen::{Buttons, Press, Screen};
use super::seed::{DEMO_LEDGER, Keys};
use super::{Simulated, mark};
use bitcoin::Network;
use ethereum::Heard;
use host::{Host, Stop};
use job::{Desk, Job, Step};
use status::{Status, done, interrupted};

/// Which app is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerApp {
    /// `Bitcoin`.
    Bitcoin,
    /// `Bitcoin Test`.
    BitcoinTest,
    /// `Ethereum`.
    Ethereum,
    /// None: the device's own menu.
    Dashboard,
}

impl LedgerApp {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bitcoin => "Bitcoin",
            Self::BitcoinTest => "Bitcoin Test",
            Self::Ethereum => "Ethereum",
            Self::Dashboard => "BOLOS",
        }
    }

    fn network(self) -> Network {
        if self == Self::BitcoinTest { Network::Testnet } else { Network::Bitcoin }
    }

    /// The class of its own commands.
    fn class(self) -> Option<u8> {
        match self {
            Self::Bitcoin | Self::BitcoinTest => Some(0xe1),
            Self::Ethereum => Some(0xe0),
            Self::Dashboard => None,
        }
    }
}

/// How a device is set up.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// The words of its seed.
    pub words: String,
    /// The app that is open.
    pub app: LedgerApp,
    /// The app's version.
    pub version: String,
    /// Another app that is installed, with its version.
    pub other: Option<(LedgerApp, String)>,
    /// Whether it waits for its PIN.
    pub locked: bool,
    /// Whether the Ethereum app signs what it cannot show.
    pub blind_signing: bool,
    /// Whether the Ethereum app shows every field of typed data.
    pub raw_messages: bool,
}

impl Default for LedgerSettings {
    /// The demo's device: words that are no secret, the test network's app.
    fn default() -> Self {
        let (app, version) = (LedgerApp::BitcoinTest, "2.4.6".to_owned());
        Self {
            words: DEMO_LEDGER.to_owned(),
            app,
            version,
            other: None,
            locked: false,
            blind_signing: false,
            raw_messages: false,
        }
    }
}

/// A command at work.
struct Work {
    job: Job,
    host: Host,
    approved: bool,
    /// Whether the host has something to keep, and is to say that it has.
    yielding: bool,
}

enum State {
    Idle,
    /// The host has been asked.
    Asking(Work),
    /// Something for Ethereum comes in pieces.
    Gathering(ethereum::Gathering),
    /// The user looks at a page; the pages after it.
    Showing(Work, std::vec::IntoIter<Screen>),
}

/// A Ledger.
pub struct Ledger {
    settings: LedgerSettings,
    keys: Keys,
    state: State,
    screen: Screen,
    /// Whether the last that the host wanted was to know which app is open.
    asked_app: bool,
}

impl Ledger {
    /// A device with some settings; none for words that make no key.
    pub fn new(settings: LedgerSettings) -> Option<Self> {
        let keys = Keys::new(&settings.words, "")?;
        let mut ledger = Self { settings, keys, state: State::Idle, screen: Screen::said("", ""), asked_app: false };
        ledger.screen = ledger.resting();
        Some(ledger)
    }

    /// Locks it, or opens it.
    pub fn lock(&mut self, locked: bool) {
        self.settings.locked = locked;
        self.unplugged();
    }

    fn resting(&self) -> Screen {
        let text = self.mark();
        if self.settings.locked {
            return Screen::said("Device is locked", text);
        }
        Screen::said(format!("{} is ready", self.settings.app.name()), text)
    }

    /// One command: the answer, unless the user has to be asked first.
    fn command(&mut self, apdu: &[u8]) -> Option<Vec<u8>> {
        let (head, data) = match apdu {
            [cla, ins, p1, p2] => ([*cla, *ins, *p1, *p2], &[][..]),
            [cla, ins, p1, p2, length, data @ ..] if usize::from(*length) == data.len() => {
                ([*cla, *ins, *p1, *p2], data)
            }
            _ => return Some(Status::WRONG_LENGTH.answer()),
        };
        if self.settings.locked {
            return Some(Status::LOCKED.answer());
        }
        if matches!(self.state, State::Showing(..)) {
            // A real one does not listen while its user looks at a page.
            return Some(Status::BAD_STATE.answer());
        }
        let before = std::mem::replace(&mut self.state, State::Idle);
        self.asked_app = matches!(head, [0xb0, 0x01, ..]);
        match (head, before) {
            ([0xf8, 0x01, ..], State::Asking(work)) => self.go_on(work, data),
            ([0xf8, 0x01, ..], _) if self.settings.app.class() == Some(0xe1) => Some(Status::BAD_STATE.answer()),
            ([0xb0, 0x01, ..], _) => Some(self.version()),
            ([cla, ..], _) if self.settings.app.class().is_none_or(|class| class != cla) => {
                let known = cla == 0xb0;
                Some(if known { Status::UNKNOWN_INS } else { Status::UNKNOWN_CLA }.answer())
            }
            ([0xe0, ins, p1, p2], before) => self.ethereum(ins, [p1, p2], data, before),
            ([_, ins, p1, p2], _) => {
                if p1 != 0 || p2 > 1 {
                    return Some(Status::WRONG_P1P2.answer());
                }
                if ins == 0x05 {
                    return Some(done(self.keys.fingerprint().to_bytes().to_vec()));
                }
                self.screen = self.resting();
                self.begin(Job::read(ins, data))
            }
        }
    }

    fn begin(&mut self, job: Result<Job, Status>) -> Option<Vec<u8>> {
        match job {
            Ok(job) => self.run(Work { job, host: Host::default(), approved: false, yielding: false }),
            Err(status) => Some(status.answer()),
        }
    }

    /// A command of the Ethereum app.
    fn ethereum(&mut self, ins: u8, how: [u8; 2], data: &[u8], before: State) -> Option<Vec<u8>> {
        self.screen = self.resting();
        let before = match before {
            State::Gathering(before) => Some(before),
            _ => None,
        };
        match ethereum::command(ins, how, data, before, &self.settings) {
            Ok(Heard::Say(answer)) => Some(done(answer)),
            Ok(Heard::Work(job)) => self.begin(Ok(job)),
            Ok(Heard::More(gathering)) => {
                self.state = State::Gathering(gathering);
                Some(done(Vec::new()))
            }
            Ok(Heard::Off) => {
                self.screen = Screen::said("Blind signing must", "be enabled in settings");
                Some(Status::INCORRECT.answer())
            }
            Err(status) => Some(status.answer()),
        }
    }

    /// The answer to GET_VERSION.
    fn version(&self) -> Vec<u8> {
        let mut answer = vec![1];
        for text in [self.settings.app.name(), &self.settings.version] {
            answer.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
            answer.extend(text.bytes().take(usize::from(u8::MAX)));
        }
        answer.extend([1, 0]);
        done(answer)
    }

    fn go_on(&mut self, mut work: Work, data: &[u8]) -> Option<Vec<u8>> {
        if !std::mem::take(&mut work.yielding) {
            match work.host.answer(data) {
                Ok(()) => {}
                Err(Stop::Ask(question)) => {
                    self.state = State::Asking(work);
                    return Some(interrupted(question));
                }
                Err(Stop::Refuse(status)) => return Some(self.end(status)),
            }
        }
        self.run(work)
    }

    fn end(&mut self, status: Status) -> Vec<u8> {
        self.screen = self.resting();
        status.answer()
    }

    fn run(&mut self, mut work: Work) -> Option<Vec<u8>> {
        let network = self.settings.app.network();
        let mut desk = Desk { keys: &self.keys, network, host: &mut work.host, approved: work.approved };
        match work.job.run(&mut desk) {
            Ok(Step::Show(pages)) => {
                let mut pages = pages.into_iter();
                self.screen = pages.next()?;
                self.state = State::Showing(work, pages);
                None
            }
            Ok(Step::Yield(what)) => {
                self.screen = Screen::said("Signing transaction", "");
                work.yielding = true;
                self.state = State::Asking(work);
                Some(interrupted(what))
            }
            Ok(Step::Done(answer, page)) => {
                self.screen = page.unwrap_or_else(|| self.resting());
                Some(done(answer))
            }
            Err(Stop::Ask(question)) => {
                if let (Job::Sign(_), false) = (&work.job, work.approved) {
                    self.screen = Screen::said("Loading transaction", "");
                }
                self.state = State::Asking(work);
                Some(interrupted(question))
            }
            Err(Stop::Refuse(status)) => Some(self.end(status)),
        }
    }

    /// What stands on the screen of a device that was left: the other app, where that seems to be wanted.
    fn left(&self) -> Screen {
        match &self.settings.other {
            Some((other, _)) if self.asked_app && !self.settings.locked => {
                Screen::open(format!("{} is ready", self.settings.app.name()), format!("Open {}?", other.name()))
            }
            _ => self.resting(),
        }
    }

    /// Opens the other app.
    fn switch(&mut self) {
        if let Some((other, version)) = &mut self.settings.other {
            std::mem::swap(&mut self.settings.app, other);
            std::mem::swap(&mut self.settings.version, version);
        }
        self.asked_app = false;
        self.screen = self.resting();
    }

    fn pressed(&mut self, press: Press) -> Option<Vec<u8>> {
        if self.screen.buttons == Buttons::Open {
            self.screen = self.resting();
            if press == Press::Yes {
                self.switch();
            }
            return None;
        }
        let State::Showing(mut work, mut pages) = std::mem::replace(&mut self.state, State::Idle) else { return None };
        match (press, self.screen.buttons) {
            (Press::No, _) => {
                self.screen = work.job.refused();
                return Some(Status::DENIED.answer());
            }
            (Press::Yes, Buttons::Next) => {
                if let Some(page) = pages.next() {
                    self.screen = page;
                    self.state = State::Showing(work, pages);
                    return None;
                }
            }
            (Press::Yes, _) => {}
        }
        work.approved = true;
        self.run(work)
    }
}

impl Simulated for Ledger {
    fn feed(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        self.command(packet).into_iter().collect()
    }

    fn press(&mut self, press: Press) -> Vec<Vec<u8>> {
        self.pressed(press).into_iter().collect()
    }

    fn screen(&self) -> Screen {
        self.screen.clone()
    }

    fn mark(&self) -> &'static str {
        mark(Some(&self.settings.words))
    }

    fn unplugged(&mut self) {
        self.state = State::Idle;
        self.screen = self.left();
    }
}
