//! What can be asked of the treasury.

use super::view::{Chosen, Who};
use super::{Reply, Secret};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::proposal::{ProposalId, SeatId};
use alloy_primitives::{Address, U256};
use bitcoin::OutPoint;
use std::path::PathBuf;

/// A wish about the treasury. What came of it is a notice, and shows in the next view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Sign with a key that is kept here. The review is made anew first.
    Approve {
        /// What.
        proposal: ProposalId,
        /// With which key.
        seat: Who,
        /// What opens it.
        passphrase: Secret,
        /// What the review said when this was asked for.
        seen: Seen,
        /// What was typed for each of the review's challenges, in their order.
        answers: Vec<String>,
    },
    /// Let the device of a seat sign. The review is made anew first; how far it has come shows in the next views.
    SignOnDevice {
        /// What.
        proposal: ProposalId,
        /// Whose device.
        seat: Who,
        /// What the review said when this was asked for.
        seen: Seen,
        /// What was typed for each of the review's challenges, in their order.
        answers: Vec<String>,
    },
    /// Answer what is asked while a device is.
    Device(Reply),
    /// Press a button of a simulated device.
    Press {
        /// Its place among them.
        device: usize,
        /// Yes or no.
        yes: bool,
    },
    /// Refuse in the name of a seat. It is signed by this desk's own identity, which moves no money.
    Reject {
        /// What.
        proposal: ProposalId,
        /// For which key.
        seat: Who,
        /// Why; may be empty.
        reason: String,
    },
    /// Write the PSBT, or the exchange file of a Safe's transaction, to a file that does not exist yet.
    Export {
        /// Whose.
        proposal: ProposalId,
        /// Where.
        path: PathBuf,
    },
    /// Take new signatures from another file or text, or begin a proposal with it, of a wallet or of a Safe.
    Import(Given),
    /// Make a transaction of a proposal that has enough signatures, and check it by Bitcoin Core's rules.
    Finalise(ProposalId),
    /// Hand a transaction to the chain, after a review and a look at the chain of this moment. Of a Safe's proposal: give
    /// the node again what is on its way already.
    Broadcast {
        /// Which.
        proposal: ProposalId,
        /// What the review said when this was asked for.
        seen: Seen,
    },
    /// Propose a transaction of a Safe.
    Propose {
        /// Of which Safe.
        safe: SafeId,
        /// What.
        draft: Draft,
        /// What for; may be empty.
        memo: String,
    },
    /// Tell the Safe's transaction service the proposal, and the signatures that it has not been told yet.
    Confirm(ProposalId),
    /// Look what carrying a Safe's transaction out would come to: the chain of this moment, a simulation, and fees.
    Estimate {
        /// Which.
        proposal: ProposalId,
        /// Who would send it.
        sender: Address,
    },
    /// Carry a Safe's transaction out, after a review and a look at the chain of this moment.
    Execute {
        /// Which.
        proposal: ProposalId,
        /// Which account on this machine sends it, and pays for its gas.
        sender: Address,
        /// What opens that account.
        passphrase: Secret,
        /// What the review said when this was asked for.
        seen: Seen,
        /// The most that the gas may cost, in wei, as it was told.
        most: U256,
    },
    /// Name something; an empty text takes the name away.
    Label {
        /// What.
        of: Marked,
        /// How.
        text: String,
    },
    /// Keep a coin from being spent, or let it be spent again.
    Freeze {
        /// Of which wallet.
        wallet: WalletId,
        /// Which coin.
        coin: OutPoint,
        /// Whether it is kept.
        frozen: bool,
    },
    /// Ask the chain about a wallet or a Safe; of a Safe also its transaction service.
    Sync(Chosen),
    /// Hand out an address, so that it is not handed out again.
    Receive {
        /// Of which wallet.
        wallet: WalletId,
        /// Its number in the row to receive.
        index: u32,
    },
    /// A cosigner has seen the wallet's first address on a device of their own.
    ConfirmAddress {
        /// Which wallet.
        wallet: WalletId,
        /// Whose device.
        seat: SeatId,
        /// The address as the device shows it.
        shown: String,
    },
}

/// What the person saw when they asked: warnings and blocks by their codes. A review that says something else by now is
/// shown again before anything is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(pub Vec<&'static str>);

/// A transaction of a Safe that somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Draft {
    /// Pays somebody.
    Transfer {
        /// Whom, as it was typed: an address, with the chain in front or not.
        to: String,
        /// How much, as it was typed: in whole coins, or whole tokens.
        amount: String,
        /// Of which token; the chain's own coin when `None`.
        token: Option<Address>,
    },
    /// Uses up the nonce of another proposal and does nothing, so that it can never be carried out.
    Refusal(ProposalId),
}

/// What is imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A file.
    File(PathBuf),
    /// Text that was typed or pasted: a PSBT in base64 or hex, an exchange file of a Safe's transaction, or the parts of a
    /// QR sequence, one a line.
    Text(String),
}

/// What can have a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// A coin of a wallet.
    Coin(WalletId, OutPoint),
}
