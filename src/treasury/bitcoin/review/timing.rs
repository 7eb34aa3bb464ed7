//! When it can be confirmed, and which way of the wallet's rule it takes: the quorum's, or one that opened with time.

use super::code;
use super::facts::Facts;
use super::inputs::Input;
use crate::market::Timestamp;
use crate::treasury::bitcoin::policy::{Lock, Recovery};
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::findings::Findings;
use bitcoin::absolute::LockTime;
use bitcoin::{Network, Psbt, Sequence, Transaction};
use miniscript::RelLockTime;

/// When the ways that open later are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opens {
    /// For all coins of this transaction.
    Now,
    /// After so many blocks for the youngest of them.
    Blocks(u32),
    /// After so many seconds at least.
    Seconds(u32),
    /// It is not known how old the coins are.
    Unknown,
}

/// A way to spend that opens later, for the coins of this transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// The way.
    pub way: Recovery,
    /// When.
    pub opens: Opens,
    /// Whether this transaction is made for it.
    pub taken: bool,
}

/// What there is to say about time, and the ways that open later.
pub(super) fn read(
    psbt: &Psbt,
    wallet: &Wallet,
    facts: &Facts,
    inputs: &[Input],
    findings: &mut Findings,
) -> Vec<Later> {
    let transaction = &psbt.unsigned_tx;
    locks(transaction, wallet, facts, findings);
    let mut taken = false;
    let mut ways = Vec::new();
    for way in wallet.policy().recovery() {
        let takes = !taken && takes(way, transaction, inputs);
        taken |= takes;
        ways.push(Later { way: way.clone(), opens: opens(way, facts, inputs), taken: takes });
    }
    if let Some(way) = ways.iter().find(|way| way.taken) {
        match way.opens {
            Opens::Now => {}
            Opens::Blocks(left) => {
                findings.say(code::COIN_IMMATURE, format!("the recovery way opens in {left} blocks, not before"));
            }
            Opens::Seconds(left) => {
                let days = left.div_ceil(86_400);
                findings.say(code::COIN_IMMATURE, format!("the recovery way opens in {days} days at the earliest"));
            }
            Opens::Unknown => {
                findings.say(code::MATURITY_UNKNOWN, "it takes the recovery way; whether it is open yet is not known");
            }
        }
    }
    for (at, input) in inputs.iter().enumerate() {
        if let Some(lock) = input.sequence.to_relative_lock_time()
            && transaction.version.0 >= 2
            && !(taken && input.ours())
            && input.sequence != Sequence::ZERO
        {
            findings.say(code::SEQUENCE_LOCK, format!("input {at} waits until its coin is old enough: {lock}"));
        }
    }
    ways
}

fn locks(transaction: &Transaction, wallet: &Wallet, facts: &Facts, findings: &mut Findings) {
    if !(1..=3).contains(&transaction.version.0) {
        findings.say(code::VERSION, format!("version {} is not one that nodes pass on", transaction.version.0));
    }
    if transaction.lock_time == LockTime::ZERO {
        return;
    }
    if transaction.input.iter().all(|input| input.sequence.is_final()) {
        findings.say(code::LOCK_IDLE, format!("its lock time, {}, has no effect", transaction.lock_time));
        return;
    }
    let open = match (facts.tip, transaction.lock_time) {
        (Some(tip), LockTime::Blocks(height)) => height.to_consensus_u32() <= tip.height,
        (Some(tip), LockTime::Seconds(time)) => time.to_consensus_u32() < tip.median_time,
        (None, lock) => facts.now.is_none_or(|now| reached(lock, wallet.network(), now)),
    };
    if !open {
        findings.say(code::LOCK_FUTURE, format!("it cannot be confirmed before {}", transaction.lock_time));
    }
}

/// Whether a chain that nobody has asked may have come to a lock by now. Its own time is never ahead of the clock by more
/// than two hours. Its height is known for the main chain alone, and roughly: since 2009 there were a few percent more
/// blocks than one every ten minutes.
fn reached(lock: LockTime, network: Network, now: Timestamp) -> bool {
    const GENESIS: i64 = 1_231_006_505;
    let seconds = now.secs();
    match lock {
        LockTime::Seconds(time) => i64::from(time.to_consensus_u32()) < seconds.saturating_add(7_200),
        LockTime::Blocks(height) => {
            let most = seconds.saturating_sub(GENESIS).saturating_mul(106) / (600 * 100);
            network != Network::Bitcoin || i64::from(height.to_consensus_u32()) <= most
        }
    }
}

/// Whether a transaction is made for a way: only then its inputs wait, or its lock time is that of the way.
fn takes(way: &Recovery, transaction: &Transaction, inputs: &[Input]) -> bool {
    let mut own = inputs.iter().filter(|input| input.ours()).peekable();
    if own.peek().is_none() {
        return false;
    }
    match way.lock {
        Lock::Older(lock) => {
            transaction.version.0 >= 2
                && own.all(|input| {
                    input
                        .sequence
                        .to_relative_lock_time()
                        .is_some_and(|waits| bitcoin::relative::LockTime::from(lock).is_implied_by(waits))
                })
        }
        // A later lock time says nothing: ordinary transactions carry the height of their day.
        Lock::After(lock) => {
            LockTime::from(lock) == transaction.lock_time && own.all(|input| !input.sequence.is_final())
        }
    }
}

/// When a way is open for the coins of this transaction.
fn opens(way: &Recovery, facts: &Facts, inputs: &[Input]) -> Opens {
    let Some(tip) = facts.tip else { return Opens::Unknown };
    match way.lock {
        Lock::After(lock) => match LockTime::from(lock) {
            LockTime::Blocks(height) => blocks(height.to_consensus_u32().saturating_sub(tip.height)),
            LockTime::Seconds(time) => match time.to_consensus_u32().saturating_sub(tip.median_time) {
                0 => Opens::Now,
                left => Opens::Seconds(left),
            },
        },
        Lock::Older(lock) => older(lock, tip.height, facts, inputs),
    }
}

fn older(lock: RelLockTime, tip: u32, facts: &Facts, inputs: &[Input]) -> Opens {
    let bitcoin::relative::LockTime::Blocks(wait) = lock.into() else { return Opens::Unknown };
    let coins = facts.coins.as_ref();
    let own = inputs.iter().filter(|input| input.ours());
    let left = own.map(|input| {
        let coin = coins?.get(&input.outpoint)?;
        // The next block has to be `wait` above the coin's; a coin that is not confirmed waits for all of them.
        let age = coin.height.map_or(0, |height| tip.saturating_add(1).saturating_sub(height));
        Some(u32::from(wait.value()).saturating_sub(age))
    });
    left.collect::<Option<Vec<u32>>>().map_or(Opens::Unknown, |left| blocks(left.into_iter().max().unwrap_or(0)))
}

fn blocks(left: u32) -> Opens {
    if left == 0 { Opens::Now } else { Opens::Blocks(left) }
}
