//! What a transaction must keep to by itself: the rules of consensus, and those by which nodes pass it on.

use super::ledger::{Coin, Ledger};
use super::pool::Reject;
use bitcoin::consensus::serialize;
use bitcoin::locktime::relative;
use bitcoin::{Amount, Script, Transaction, TxOut, absolute};
use bitcoinconsensus::{Utxo, VERIFY_ALL_PRE_TAPROOT, VERIFY_TAPROOT, verify_with_flags};
use std::collections::HashSet;

/// The heaviest transaction that is passed on.
const HEAVIEST: u64 = 400_000;

/// The smallest, without witnesses.
const SMALLEST: usize = 65;

/// The longest script of an input, and the longest that carries data in an output.
const LONGEST_INPUT: usize = 1_650;
const LONGEST_DATA: usize = 83;

/// Blocks after which a mined coin may be spent.
const MATURE: u32 = 100;

/// What can be said without knowing any coin.
pub fn alone(transaction: &Transaction) -> Result<(), Reject> {
    let said = |words: &str| Err(Reject::rule(words));
    if transaction.input.is_empty() {
        return said("bad-txns-vin-empty");
    }
    if transaction.output.is_empty() {
        return said("bad-txns-vout-empty");
    }
    let mut sum = Amount::ZERO;
    for output in &transaction.output {
        if output.value > Amount::MAX_MONEY {
            return said("bad-txns-vout-toolarge");
        }
        sum = sum.checked_add(output.value).unwrap_or(Amount::MAX);
        if sum > Amount::MAX_MONEY {
            return said("bad-txns-txouttotal-toolarge");
        }
    }
    let mut seen = HashSet::new();
    if !transaction.input.iter().all(|input| seen.insert(input.previous_output)) {
        return said("bad-txns-inputs-duplicate");
    }
    if transaction.is_coinbase() {
        return said("coinbase");
    }
    if transaction.input.iter().any(|input| input.previous_output.is_null()) {
        return said("bad-txns-prevout-null");
    }
    standard(transaction)
}

/// What nodes pass on.
fn standard(transaction: &Transaction) -> Result<(), Reject> {
    let said = |words: &str| Err(Reject::rule(words));
    if !(1..=3).contains(&transaction.version.0) {
        return said("version");
    }
    if transaction.weight().to_wu() > HEAVIEST {
        return said("tx-size");
    }
    for input in &transaction.input {
        if input.script_sig.len() > LONGEST_INPUT {
            return said("scriptsig-size");
        }
        if !input.script_sig.is_push_only() {
            return said("scriptsig-not-pushonly");
        }
    }
    for TxOut { value, script_pubkey: script } in &transaction.output {
        if script.is_op_return() {
            if script.len() > LONGEST_DATA {
                return said("datacarrier");
            }
        } else if !passed_on(script) {
            return said("scriptpubkey");
        } else if *value < script.minimal_non_dust() {
            return said("dust");
        }
    }
    if transaction.base_size() < SMALLEST {
        return said("tx-size-small");
    }
    Ok(())
}

fn passed_on(script: &Script) -> bool {
    let usual = script.is_p2pkh() || script.is_p2sh() || script.is_witness_program() || script.is_p2pk();
    usual || script.is_multisig()
}

/// Whether it may stand in the next block.
pub fn timely(transaction: &Transaction, coins: &[Coin], ledger: &Ledger) -> Result<(), Reject> {
    let (next, now) = (ledger.height().saturating_add(1), ledger.median_time(ledger.height()));
    let past = match transaction.lock_time {
        absolute::LockTime::Blocks(height) => height.to_consensus_u32() < next,
        absolute::LockTime::Seconds(time) => time.to_consensus_u32() < now,
    };
    let free = transaction.lock_time == absolute::LockTime::ZERO;
    if !free && !past && transaction.input.iter().any(|input| !input.sequence.is_final()) {
        return Err(Reject::rule("non-final"));
    }
    for (input, coin) in transaction.input.iter().zip(coins).filter(|_| transaction.version.0 >= 2) {
        let old_enough = match input.sequence.to_relative_lock_time() {
            None => true,
            Some(relative::LockTime::Blocks(blocks)) => coin.height.saturating_add(blocks.value().into()) <= next,
            Some(relative::LockTime::Time(time)) => {
                let born = ledger.median_time(coin.height.saturating_sub(1));
                born.saturating_add(u32::from(time.value()).saturating_mul(512)) <= now
            }
        };
        if !old_enough {
            return Err(Reject::rule("non-BIP68-final"));
        }
    }
    Ok(())
}

/// What it leaves to the miner; an error when that is less than nothing, or a coin is too young.
pub fn fee(transaction: &Transaction, coins: &[Coin], ledger: &Ledger) -> Result<Amount, Reject> {
    let next = ledger.height().saturating_add(1);
    for coin in coins.iter().filter(|coin| coin.mined) {
        let depth = next.saturating_sub(coin.height);
        if depth < MATURE {
            let words = format!("bad-txns-premature-spend-of-coinbase, tried to spend coinbase at depth {depth}");
            return Err(Reject::rule(words));
        }
    }
    let (paid, spent): (Amount, Amount) =
        (coins.iter().map(|coin| coin.output.value).sum(), transaction.output.iter().map(|output| output.value).sum());
    paid.checked_sub(spent).ok_or_else(|| {
        let btc = |amount: Amount| amount.display_in(bitcoin::Denomination::Bitcoin).to_string();
        Reject::rule(format!("bad-txns-in-belowout, value in ({}) < value out ({})", btc(paid), btc(spent)))
    })
}

/// Runs every script, as Bitcoin Core does.
pub fn scripts(transaction: &Transaction, coins: &[Coin]) -> Result<(), Reject> {
    let bytes = serialize(transaction);
    let spent: Vec<Utxo> = coins
        .iter()
        .map(|coin| Utxo {
            script_pubkey: coin.output.script_pubkey.as_bytes().as_ptr(),
            script_pubkey_len: u32::try_from(coin.output.script_pubkey.len()).unwrap_or(u32::MAX),
            value: coin.output.value.to_sat().try_into().unwrap_or(i64::MAX),
        })
        .collect();
    for (place, coin) in coins.iter().enumerate() {
        let (script, value) = (coin.output.script_pubkey.as_bytes(), coin.output.value.to_sat());
        let flags = VERIFY_ALL_PRE_TAPROOT | VERIFY_TAPROOT;
        if verify_with_flags(script, value, &bytes, Some(&spent), place, flags).is_err() {
            let words = format!("mempool-script-verify-flag-failed (script failed), input {place}");
            return Err(Reject::rule(words));
        }
    }
    Ok(())
}
