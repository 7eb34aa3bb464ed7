//! Between Ledger's own client of the Bitcoin app and a link: keeps status words, and keeps out what the client would stumble over.
//!
//! - The client asks on while the app interrupts (E000); a device may do that without end, and so the exchanges of one command
//!   are counted, and the pieces of its answer too.
//! - The client knows some status words only: what is not success becomes a [`DeviceError`] here, where the word is whole.
//!
//! <https://github.com/LedgerHQ/app-bitcoin-new/blob/master/doc/bitcoin.md>

use super::status::{Asked, refusal};
use crate::device::link::apdu::{Command, OK};
use crate::device::link::{Answer, ApduLink};
use crate::device::{DeviceError, Watch};
use crate::market::printable;
use ledger_bitcoin_client::Transport;
use ledger_bitcoin_client::apdu::{APDUCommand, StatusWord};
use ledger_bitcoin_client::error::BitcoinClientError;
use std::cell::RefCell;

/// The most exchanges of one command: some 200 for each input and its previous transaction's 250 bytes, and inputs at most
/// 512.
const MOST_EXCHANGES: usize = 1 << 20;

/// The most signatures that one command gives.
const MOST_YIELDS: usize = 1 << 14;

/// The app goes on when it has its answer.
const INTERRUPTED: u16 = 0xe000;

/// The client command by which the app gives a piece of its answer.
const YIELD: u8 = 0x10;

/// The length of a signed message's answer.
const MESSAGE_SIGNATURE: usize = 65;

/// One command through a link.
pub struct Bridge<'a>(RefCell<State<'a>>);

struct State<'a> {
    link: &'a mut dyn ApduLink,
    watch: &'a Watch,
    asked: Asked,
    needed: &'static str,
    exchanges: usize,
    yields: usize,
    last: Vec<u8>,
}

/// Why an exchange was none.
#[derive(Debug)]
pub struct Fault(DeviceError);

impl<'a> Bridge<'a> {
    /// A bridge for one command to the app that is needed.
    pub fn new(link: &'a mut dyn ApduLink, watch: &'a Watch, asked: Asked, needed: &'static str) -> Self {
        let last = Vec::new();
        Self(RefCell::new(State { link, watch, asked, needed, exchanges: 0, yields: 0, last }))
    }

    /// The last answer as text, such as an address.
    pub fn said(&self) -> String {
        printable(&String::from_utf8_lossy(&self.0.borrow().last)).chars().take(128).collect()
    }

    /// What the client's error means.
    pub fn error(&self, error: BitcoinClientError<Fault>, ours: impl FnOnce() -> String) -> DeviceError {
        match error {
            BitcoinClientError::Transport(Fault(error)) => error,
            BitcoinClientError::ClientError(why) => DeviceError::Unfit(printable(&why).into_owned()),
            BitcoinClientError::InvalidPsbt => {
                DeviceError::Unfit("the transaction has fields of both versions of PSBT".to_owned())
            }
            // The client holds addresses against the policy.
            BitcoinClientError::InvalidResponse(_) => DeviceError::Disagrees { shown: self.said(), ours: ours() },
            BitcoinClientError::Interpreter(error) => {
                DeviceError::Garbled(format!("it asks for what there is not ({error:?})"))
            }
            BitcoinClientError::UnexpectedResult { command, .. } | BitcoinClientError::Device { command, .. } => {
                DeviceError::Garbled(format!("its answer to {command:02x} has another form"))
            }
            BitcoinClientError::UnsupportedAppVersion => {
                DeviceError::Garbled("its app speaks another version of the protocol".to_owned())
            }
        }
    }
}

impl State<'_> {
    fn exchange(&mut self, command: &APDUCommand) -> Result<(StatusWord, Vec<u8>), DeviceError> {
        self.exchanges = self.exchanges.saturating_add(1);
        if self.exchanges > MOST_EXCHANGES {
            return Err(DeviceError::Garbled("it asks without end".to_owned()));
        }
        let head = [command.cla, command.ins, command.p1, command.p2];
        let command = Command::new(head, command.data.as_slice()).bytes()?;
        // Each question of the app's has the whole time: its user may look at the screen between any two.
        let answer = self.link.exchange(&command, &self.watch.again())?;
        self.take(answer)
    }

    fn take(&mut self, answer: Answer) -> Result<(StatusWord, Vec<u8>), DeviceError> {
        match answer.status {
            INTERRUPTED => {
                if answer.data.first() == Some(&YIELD) {
                    self.yields = self.yields.saturating_add(1);
                }
                if self.yields > MOST_YIELDS {
                    return Err(DeviceError::Garbled("it gives signatures without end".to_owned()));
                }
                Ok((StatusWord::InterruptedExecution, answer.data))
            }
            // The client reads the first byte of a message's signature whether there is one or not.
            OK if self.asked == Asked::Message && answer.data.len() != MESSAGE_SIGNATURE => {
                Err(DeviceError::Garbled("a message's signature has 65 bytes".to_owned()))
            }
            OK => {
                self.last.clone_from(&answer.data);
                Ok((StatusWord::OK, answer.data))
            }
            _ => Err(refusal(self.asked, self.needed, &answer)),
        }
    }
}

impl Transport for &Bridge<'_> {
    type Error = Fault;

    fn exchange(&self, command: &APDUCommand) -> Result<(StatusWord, Vec<u8>), Fault> {
        self.0.borrow_mut().exchange(command).map_err(Fault)
    }
}
