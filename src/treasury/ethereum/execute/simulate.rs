//! Trying a Safe transaction before anybody has signed it: what a node is asked (`eth_call`), and how its answer is read.
//!
//! - The very call is tried that will be sent, but for the signatures: the node is told to take it that the owners have
//!   approved the hash (`approvedHashes`), and that the Safe's nonce has come to it. Owners, threshold and balances are as
//!   they are. Every version since 1.0.0 keeps these in the same places.
//! - It is tried with the guard and without, where there is one: what only the guard refuses is told as that.
//! - Nothing hangs on the answer. Whoever gives it may lie, and a contract may act otherwise when it is only asked.
//!
//! <https://docs.safe.global/reference-smart-account/transactions/execTransaction>

use super::call::{CallError, calldata};
use super::revert::Revert;
use crate::treasury::ethereum::review::facts::State;
use crate::treasury::ethereum::signature::{Asked, Confirmation, SafeFacts, pack};
use crate::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use std::collections::BTreeMap;
use std::fmt;

/// Where a Safe keeps its nonce.
const NONCE: u64 = 5;

/// Where a Safe keeps who has approved what.
const APPROVED: u64 = 8;

/// Where a Safe keeps its guard: `keccak256("guard_manager.guard.address")`.
pub const GUARD: B256 = b256!("4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8");

/// What a node is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Who is said to send it.
    pub from: Address,
    /// Whom it calls.
    pub to: Address,
    /// How much goes with it, in wei.
    pub value: U256,
    /// What it calls.
    pub data: Bytes,
    /// What the node is to take for granted: storage of contracts (`stateDiff`).
    pub storage: BTreeMap<Address, BTreeMap<B256, B256>>,
}

/// What a node answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The call returned this.
    Returned(Bytes),
    /// The call was refused with this.
    Reverted(Bytes),
    /// The call was refused, and the node tells the reason only in its own words.
    Refused(String),
}

/// What trying it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Simulated {
    /// The Safe would carry it out.
    Succeeds,
    /// The Safe's call would fail, and use up the nonce.
    Fails,
    /// It would be refused as a whole.
    Reverts(Revert),
    /// The answer says nothing: another contract, or none, is where the Safe should be.
    Unread,
}

/// What trying it with and without the guard came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulation {
    /// As the Safe stands.
    pub whole: Simulated,
    /// As it would be without its guard; none where it has none.
    pub unguarded: Option<Simulated>,
}

impl Probe {
    /// What to ask about a transaction that `sender` would carry out.
    pub fn new(at: &SafeAt, tx: &SafeTx, facts: &SafeFacts, sender: Address) -> Result<Self, CallError> {
        if at.version < SafeVersion::V1_0_0 {
            return Err(CallError::Version(at.version));
        }
        if facts.at != *at {
            return Err(CallError::Facts);
        }
        let asked = Asked::of(at, &tx.hashes(at));
        let mut approvals: Vec<_> = facts.owners.iter().map(|owner| Confirmation::approval(*owner, &asked)).collect();
        approvals.sort_by_key(|approval| approval.owner);
        let packed = pack(&approvals, facts.threshold)?;
        let one = B256::from(U256::ONE);
        let approvals = approvals.iter().take(facts.threshold);
        let mut slots: BTreeMap<B256, B256> =
            approvals.map(|approval| (approved(approval.owner, asked.hash), one)).collect();
        slots.insert(B256::from(U256::from(NONCE)), B256::from(tx.nonce));
        let data = calldata(tx, &packed)?;
        Ok(Self { from: sender, to: at.safe, value: U256::ZERO, data, storage: [(at.safe, slots)].into() })
    }

    /// The same as if the Safe had no guard.
    pub fn unguarded(&self) -> Self {
        let mut probe = self.clone();
        probe.storage.entry(self.to).or_default().insert(GUARD, B256::ZERO);
        probe
    }

    /// The Safe's own call alone, made by the Safe: where the whole fails without a reason, this one may tell it. A
    /// delegatecall cannot be asked so.
    pub fn inner(at: &SafeAt, tx: &SafeTx) -> Option<Self> {
        let call = tx.operation == Operation::Call;
        let storage = BTreeMap::new();
        call.then(|| Self { from: at.safe, to: tx.to, value: tx.value, data: tx.data.clone(), storage })
    }

    /// Whether it makes sense to ask without the guard.
    pub fn has_guard(state: &State) -> bool {
        state.version >= SafeVersion::V1_3_0 && !state.guard.is_zero()
    }
}

/// Where a Safe keeps whether an owner has approved a hash.
fn approved(owner: Address, hash: B256) -> B256 {
    let map = keccak256([owner.into_word().0, B256::from(U256::from(APPROVED)).0].as_flattened());
    keccak256([hash.0, map.0].as_flattened())
}

impl Simulated {
    /// Reads the answer.
    pub fn read(answer: &Answer) -> Self {
        match answer {
            Answer::Returned(bytes) => match <[u8; 32]>::try_from(bytes.as_ref()).map(U256::from_be_bytes) {
                Ok(U256::ONE) => Self::Succeeds,
                Ok(U256::ZERO) => Self::Fails,
                _ => Self::Unread,
            },
            Answer::Reverted(bytes) => Self::Reverts(Revert::read(bytes)),
            Answer::Refused(text) => {
                // Nodes put their own words before the contract's.
                let text = text.trim();
                let bare = text.strip_prefix("execution reverted").unwrap_or(text).trim_start_matches([':', ' ']);
                Self::Reverts(if bare.is_empty() { Revert::Bare } else { Revert::text(bare) })
            }
        }
    }

    /// The word for scripts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Succeeds => "succeeds",
            Self::Fails => "fails",
            Self::Reverts(_) => "reverts",
            Self::Unread => "unread",
        }
    }
}

impl fmt::Display for Simulated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Succeeds => f.write_str("the node says that it would succeed"),
            Self::Fails => f.write_str("the node says that the Safe's call would fail and use up the nonce"),
            Self::Reverts(why) => write!(f, "the node says that it would be refused: {why}"),
            Self::Unread => f.write_str("the node's answer is none that a Safe gives"),
        }
    }
}

impl Simulation {
    /// Whether only the guard stands in its way.
    pub fn guard_refuses(&self) -> bool {
        self.whole != Simulated::Succeeds && self.unguarded == Some(Simulated::Succeeds)
    }
}
