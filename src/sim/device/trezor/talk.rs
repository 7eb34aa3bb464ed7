//! What takes several turns for Ethereum: transactions and typed data.

use super::dialog::Dialog;
use super::failure::Failed;
use super::sent::Sent;
use super::typed::Typed;
use super::wire::Frame;
use crate::sim::device::seed::Keys;

/// A question in the middle of its turns.
pub enum Talk {
    Sent(Box<Sent>),
    Typed(Box<Typed>),
}

/// What comes next.
pub enum Turn {
    /// Pages for the user.
    Dialogs(Vec<Dialog>),
    /// Something that the host is to send.
    Ask(Frame),
    /// The answer.
    Done(Frame),
}

impl Talk {
    /// Takes what the host sent.
    pub fn take(&mut self, came: &Frame, keys: &Keys) -> Result<Turn, Failed> {
        match self {
            Self::Sent(sent) => sent.take(came, keys),
            Self::Typed(typed) => typed.take(came, keys),
        }
    }

    /// Goes on after the pages.
    pub fn approved(&mut self, keys: &Keys) -> Result<Turn, Failed> {
        match self {
            Self::Sent(sent) => sent.next(keys),
            Self::Typed(typed) => typed.next(keys),
        }
    }
}
