//! A window of the treasury: what is to be done in it, what is asked now, and what was typed so far.
//!
//! What is pasted is put into the field, never submitted; where a PSBT is asked for, it is kept as it came.

use crate::console::chord::{Chord, Key};
use crate::console::field::Field;
use crate::console::overlay::window;
use crate::desk::treasury::{AddressView, Marked, Secret, Seen, Who};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::proposal::{ProposalId, SeatId};
use alloy_primitives::{Address, U256};
use ratatui::layout::Rect;

/// The most that is taken of what is pasted: a PSBT of 4 MiB in hex, with line ends.
const LONGEST_PASTE: usize = 9 << 20;

/// A window and how far one has come in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// What is to be done.
    pub task: Task,
    /// What is asked now.
    pub step: Step,
    /// The first line shown of what is read.
    pub scroll: usize,
    /// What was typed.
    pub field: Field,
    /// What was typed and is not shown.
    pub secret: Secret,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Sign.
    Approve {
        /// What.
        proposal: ProposalId,
        /// With which key.
        seat: Who,
        /// What the review said when the window opened.
        seen: Seen,
        /// What was typed for its challenges so far.
        answers: Vec<String>,
    },
    /// Let a hardware wallet sign.
    Device {
        /// What.
        proposal: ProposalId,
        /// Whose.
        seat: Who,
        /// What the review said when the window opened.
        seen: Seen,
        /// What was typed for its challenges so far.
        answers: Vec<String>,
    },
    /// Refuse.
    Reject {
        /// What.
        proposal: ProposalId,
        /// For which key.
        seat: Who,
    },
    /// Send.
    Broadcast {
        /// What.
        proposal: ProposalId,
        /// What the review said when the window opened.
        seen: Seen,
    },
    /// Carry out a Safe's transaction.
    Execute {
        /// What.
        proposal: ProposalId,
        /// Which account sends it, and pays for its gas.
        sender: Address,
        /// What the review said when the window opened.
        seen: Seen,
        /// The most that the gas may cost, in wei, as it was read; none before that.
        most: Option<U256>,
    },
    /// Tell a Safe's service.
    Post {
        /// What.
        proposal: ProposalId,
    },
    /// Propose a payment out of a Safe.
    Propose {
        /// Out of which.
        safe: SafeId,
        /// What was typed so far: whom, how much, which token, what for.
        typed: Vec<String>,
    },
    /// Propose to use up a nonce.
    Supplant {
        /// Whose.
        proposal: ProposalId,
        /// Of which Safe.
        safe: SafeId,
    },
    /// Write to a file.
    Export {
        /// What.
        proposal: ProposalId,
    },
    /// Show as QR codes.
    Qr {
        /// What.
        proposal: ProposalId,
        /// Which of them.
        frame: usize,
        /// Whether they are parts of UR; else of BBQr.
        ur: bool,
    },
    /// Read from a file, or from what was pasted.
    Import {
        /// What was pasted.
        pasted: Option<String>,
    },
    /// Name.
    Label {
        /// What.
        of: Marked,
    },
    /// Show where to be paid.
    Receive {
        /// The address that was handed out.
        address: AddressView,
    },
    /// Compare the first address.
    Confirm {
        /// Of which wallet.
        wallet: WalletId,
        /// With whose device.
        seat: SeatId,
    },
}

/// What is asked now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// That it is read.
    Read,
    /// The characters of this challenge.
    Answer(usize),
    /// A text.
    Text,
    /// The passphrase of a key.
    Passphrase,
    /// What the desk says of the device that it asks.
    Device,
}

impl Task {
    /// The proposal that it is about.
    pub fn proposal(&self) -> Option<ProposalId> {
        match self {
            Self::Approve { proposal, .. }
            | Self::Device { proposal, .. }
            | Self::Reject { proposal, .. }
            | Self::Broadcast { proposal, .. }
            | Self::Execute { proposal, .. }
            | Self::Post { proposal }
            | Self::Supplant { proposal, .. }
            | Self::Export { proposal }
            | Self::Qr { proposal, .. } => Some(*proposal),
            Self::Propose { .. }
            | Self::Import { .. }
            | Self::Label { .. }
            | Self::Receive { .. }
            | Self::Confirm { .. } => None,
        }
    }

    /// Whether all of the review is read in it before anything else.
    pub fn reads(&self) -> bool {
        matches!(self, Self::Approve { .. } | Self::Device { .. } | Self::Broadcast { .. } | Self::Execute { .. })
    }
}

impl Window {
    /// A window that is read first.
    pub fn reading(task: Task) -> Self {
        Self { task, step: Step::Read, scroll: 0, field: Field::default(), secret: Secret::default() }
    }

    /// A window that asks for a text, with this one in it.
    pub fn text(task: Task, text: &str) -> Self {
        Self { step: Step::Text, field: Field::holding(text), ..Self::reading(task) }
    }

    /// A window that tells of a device.
    pub fn device(task: Task) -> Self {
        Self { step: Step::Device, ..Self::reading(task) }
    }

    /// Whether characters are text now.
    pub fn types(&self) -> bool {
        self.step != Step::Read
    }

    /// Whether it moves by itself.
    pub fn moves(&self) -> bool {
        matches!(self.task, Task::Qr { .. })
    }

    /// The field that is typed into, unless what is typed is not shown.
    pub fn field(&mut self) -> Option<&mut Field> {
        matches!(self.step, Step::Text | Step::Answer(_)).then_some(&mut self.field)
    }

    /// A key that is no action: into the field, or into the passphrase.
    pub fn press(&mut self, chord: Chord) {
        match (self.step, chord.typed(), chord.key) {
            (Step::Passphrase | Step::Device, Some(c), _) => _ = self.secret.push(c),
            (Step::Passphrase | Step::Device, None, Key::Backspace) => self.secret.pop(),
            (Step::Passphrase | Step::Device, None, Key::Char('u')) if chord.ctrl => self.secret.clear(),
            (Step::Text | Step::Answer(_), ..) => _ = self.field.press(chord),
            _ => {}
        }
    }

    /// What was pasted. It never submits anything (T29).
    pub fn paste(&mut self, text: &str) {
        match (&mut self.task, self.step) {
            (Task::Import { pasted }, _) if is_packet(text) => {
                *pasted = Some(text.chars().filter(|c| matches!(c, ' '..='~' | '\n')).take(LONGEST_PASTE).collect());
                self.field = Field::default();
            }
            (_, Step::Text | Step::Answer(_)) => self.field.insert(text.trim()),
            (_, Step::Passphrase | Step::Device) => {
                text.trim_end_matches(['\r', '\n']).chars().for_each(|c| _ = self.secret.push(c));
            }
            (_, Step::Read) => {}
        }
    }
}

/// Whether a text is a PSBT, a Safe's exchange file or a part of one, and not the name of a file.
pub fn is_packet(text: &str) -> bool {
    let text = text.trim_start();
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    text.starts_with("cHNid")
        || begins("70736274ff")
        || begins("ur:")
        || text.starts_with("B$")
        || text.starts_with('{')
}

/// Where the window stands: those in which much is read take nearly the whole screen.
pub fn area(screen: Rect, task: &Task) -> Rect {
    match task {
        // Where columns are few a review has all of them, as on its page.
        task if task.reads() && screen.width < 100 => screen,
        task if task.reads() => window(screen, 100, screen.height),
        Task::Qr { .. } | Task::Receive { .. } => screen,
        Task::Confirm { .. } => window(screen, 76, 16),
        _ => window(screen, 76, 9),
    }
}
