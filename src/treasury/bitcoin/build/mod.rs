//! Making transactions: payments, sweeps, replacements, children that pay for their parents, and recoveries.
//!
//! - What is built is a [`Built`]: a PSBT that carries the whole previous transaction of every input, the scripts, and
//!   where each key comes from, for the inputs and for what comes back to us; and nothing else unless it is asked for.
//! - Coins are chosen by BDK's algorithms; weights are those of the dearest signatures that can come, so that the fee
//!   rate is never below what was asked.
//! - Nothing here is random: outputs and inputs stand in the order of BIP-69, so that where the change stands says
//!   nothing, and two people who build the same get the same bytes.
//! - What was built is checked again from its bytes before it is handed out.

mod bump;
mod cancel;
mod check;
mod child;
mod choose;
mod error;
mod packet;
mod pay;
pub mod rate;
mod recovery;
mod spend;
mod sweep;
#[cfg(test)]
mod tests;
mod waiting;
mod weigh;

pub use super::review::facts::Limits;
pub use bump::bump;
pub use cancel::cancel;
pub use child::child;
pub use error::BuildError;
pub use pay::pay;
pub use recovery::{Ripeness, ripeness};
pub use sweep::sweep;

use super::psbt::Packet;
use super::wallet::Spot;
use bitcoin::absolute::LockTime;
use bitcoin::{Amount, FeeRate, OutPoint, ScriptBuf, Txid, Weight};
use std::collections::BTreeSet;

/// How much somebody gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// So much.
    Exactly(Amount),
    /// All that the coins are worth after the others and the fee. Nothing comes back.
    Max,
}

/// A recipient, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Whom: `Address::script_pubkey`, once the network was checked.
    pub script: ScriptBuf,
    /// How much.
    pub sum: Sum,
}

/// Which coins may be taken. Frozen ones never are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// All of these, and no others.
    pub only: Option<BTreeSet<OutPoint>>,
    /// None of these.
    pub never: BTreeSet<OutPoint>,
}

/// From when on a transaction may be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// From the next block on, so that nobody gains by replacing the last one.
    Tip,
    /// From a height or a time on.
    At(LockTime),
}

/// Who signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The quorum that may always sign.
    Quorum,
    /// Those who may sign once a lock has ended.
    Recovery {
        /// Which: a place in `Policy::recovery()`.
        place: usize,
        /// What time it is, in seconds since 1970: for locks that end at a time.
        now: u64,
    },
}

/// On which terms a transaction is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What is paid for its size; for a child, for its own size and that of the parents that wait with it.
    pub rate: FeeRate,
    /// Of which coins.
    pub choice: Choice,
    /// Whether it says that it may be replaced (BIP-125).
    pub replaceable: bool,
    /// From when on it may be confirmed.
    pub start: Start,
    /// Who signs.
    pub way: Way,
    /// What the fee may come to.
    pub limits: Limits,
    /// Whether the PSBT names the wallet's extended keys, for devices that have never heard of it.
    pub xpubs: bool,
}

impl Terms {
    /// The usual ones: any coins, replaceable, from the next block on, signed by the quorum.
    pub fn at(rate: FeeRate) -> Self {
        Self {
            rate,
            choice: Choice::default(),
            replaceable: true,
            start: Start::Tip,
            way: Way::Quorum,
            limits: Limits::default(),
            xpubs: false,
        }
    }
}

/// A transaction to be signed, and what it comes to.
#[derive(Clone, Debug, PartialEq)]
pub struct Built {
    /// The PSBT.
    pub packet: Packet,
    /// The fee.
    pub fee: Amount,
    /// What it will weigh at most.
    pub weight: Weight,
    /// Which output comes back to us as change, and where it lies.
    pub change: Option<(usize, Spot)>,
    /// Which transactions that wait it takes the place of: the one that was asked for, then those that spend from it.
    pub replaces: Vec<Txid>,
}
