//! What is shown of a Safe's transaction beside its review: the hashes, the tree of its calls, who controls the Safe before
//! and after, what else has its nonce, and how it was carried out.
//!
//! - All of it is made of the one review and of what the journal and the chain say; nothing a service says is in it.

use super::Account;
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::{ExecutionState, SafeId, Source};
use crate::treasury::ethereum::{Hashes, SafeVersion};
use crate::treasury::verdict::Tone;
use alloy_primitives::{Address, B256, U256};
use std::sync::Arc;

/// A Safe's transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct SafeTxView {
    /// Of which Safe.
    pub safe: SafeId,
    /// The version of its contract, which decides the hashes.
    pub version: SafeVersion,
    /// Its place in the order of the Safe's transactions.
    pub nonce: U256,
    /// What is signed, and the two halves of it that devices show.
    pub hashes: Hashes,
    /// Where the proposal comes from.
    pub source: Source,
    /// Its calls, in the order in which they are made, the transaction's own first.
    pub calls: Vec<CallView>,
    /// Who and what controls the Safe before and after, where it changes; only where it is known how the Safe stands.
    pub control: Vec<ControlView>,
    /// What leaves, and what others may take from then on.
    pub effects: Vec<EffectView>,
    /// Other transactions with this nonce.
    pub competitors: Vec<CompetitorView>,
    /// What carrying it out would come to now, where somebody asked.
    pub estimate: Option<Arc<EstimateView>>,
    /// How it was carried out, the newest first.
    pub executions: Vec<ExecutionView>,
    /// What services were told. Printable.
    pub posted: Vec<Arc<str>>,
    /// Accounts on this machine that could send it.
    pub senders: Vec<SenderView>,
}

impl SafeTxView {
    /// The hashes with their titles, as devices have them: what is compared by voice.
    pub fn spoken(&self) -> [(&'static str, String); 3] {
        let hashes = &self.hashes;
        [
            ("domain hash", grouped(&hashes.domain)),
            ("message hash", grouped(&hashes.message)),
            ("safeTxHash", grouped(&hashes.safe_tx)),
        ]
    }
}

/// A hash in fours, to be read aloud: `0x 47E7 9534 …`, in capitals as a Ledger shows it.
pub fn grouped(hash: &B256) -> String {
    let mut text = String::from("0x");
    for pair in hash.chunks(2) {
        text.push(' ');
        pair.iter().for_each(|byte| text.push_str(&format!("{byte:02X}")));
    }
    text
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallView {
    /// Its place in the order of all calls.
    pub index: usize,
    /// How many calls it stands within.
    pub depth: usize,
    /// In whose name it is made.
    pub by: Account,
    /// Whom it calls.
    pub to: Account,
    /// Whether that one's code runs in the name of whoever calls.
    pub delegate: bool,
    /// What it does: the words of the review, the most telling first. Printable.
    pub words: Vec<Arc<str>>,
    /// The function's selector where nobody knows the function, and how many bytes there are.
    pub unknown: Option<(Option<[u8; 4]>, usize)>,
    /// How many calls it makes in turn.
    pub inner: usize,
    /// How to look at it.
    pub tone: Tone,
}

/// One line of who and what controls a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControlView {
    /// What it is about: `owner`, `module`, `guard`.
    pub what: &'static str,
    /// Before; empty for nothing.
    pub before: Arc<str>,
    /// After; empty for nothing.
    pub after: Arc<str>,
}

impl ControlView {
    /// Whether it is another afterwards.
    pub fn changes(&self) -> bool {
        self.before != self.after
    }
}

/// What leaves a Safe, or what others may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectView {
    /// What kind: `total`, `allows`, `refund`.
    pub what: Arc<str>,
    /// The words of the review. Printable.
    pub words: Vec<Arc<str>>,
    /// How to look at it.
    pub tone: Tone,
}

/// Another transaction with the same nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompetitorView {
    /// Its safeTxHash, as computed here.
    pub hash: B256,
    /// Its number, where it is a proposal of this journal.
    pub number: Option<u64>,
    /// Whether a key of this machine has signed it.
    pub signed: bool,
}

/// An account that could send an execution, and pays for its gas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderView {
    /// Which.
    pub account: Account,
    /// Its passphrase, where that is no secret: in the demo.
    pub told: Option<Arc<str>>,
}

/// What carrying it out would come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EstimateView {
    /// When that was looked at.
    pub at: Timestamp,
    /// At which block.
    pub block: u64,
    /// Who would send it.
    pub sender: Address,
    /// The most gas that it may use.
    pub gas: u64,
    /// What the gas costs at most, in wei: what somebody agrees to.
    pub most: U256,
    /// The same in words, with its value in the base currency where that is known. Printable.
    pub told: Arc<str>,
    /// What the chain says would come of it, with the Safe's guard and without. Printable; never a reason to trust it.
    pub simulated: Vec<Arc<str>>,
    /// Why it cannot be carried out now, where that is so. Printable.
    pub hindered: Option<Arc<str>>,
}

/// A transaction that carries it out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionView {
    /// Its hash.
    pub tx_hash: B256,
    /// Who sends it; none where it is somebody else's.
    pub sender: Option<Account>,
    /// The sender's nonce and the most that is paid, in words. Printable; may be empty.
    pub fees: Arc<str>,
    /// When it was about to be sent, or was first heard of.
    pub at: Timestamp,
    /// What the node said. Printable; may be empty.
    pub answer: Arc<str>,
    /// Where it stands: in a block, also what came of it, which can be a Safe transaction that failed.
    pub state: ExecutionState,
}
