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
mod child;
mod pay;
pub mod rate;
mod sweep;

pub use bump::bump;
pub use cancel::cancel;
pub use child::child;
pub use pay::pay;
pub use sweep::{Ripeness, ripeness, sweep};

use super::policy::Lock;
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
    /// Those of `Policy::recovery()` at this place, once its lock has ended.
    Recovery(usize),
}

/// What a fee may come to at most. Whatever is beyond is refused, when a transaction is built and again in its review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most in all.
    pub fee: Amount,
    /// The most for its size.
    pub rate: FeeRate,
    /// The most in percent of what the coins are worth.
    pub percent: u64,
}

/// On which terms a transaction is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// What is paid for its size.
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
    /// Which transactions of ours it takes the place of.
    pub replaces: Vec<Txid>,
}

/// Why a transaction cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Nobody is paid.
    #[error("there is nobody to pay")]
    Nobody,
}
