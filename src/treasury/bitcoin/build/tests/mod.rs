//! Transactions are built, signed by software signers and verified by Bitcoin Core's consensus code; what cannot be built
//! says why.

mod pays;
mod properties;
mod recovers;
mod replaces;

use super::*;
use crate::treasury::bitcoin::coins::bench::Bench;
use crate::treasury::bitcoin::wallet::Chain;
use bitcoin::Transaction;

/// A script that is nobody's here.
fn stranger(n: u8) -> ScriptBuf {
    use bitcoin::hashes::Hash;
    ScriptBuf::new_p2wsh(&bitcoin::WScriptHash::hash(&[n]))
}

fn sat(amount: u64) -> Amount {
    Amount::from_sat(amount)
}

/// So many satoshi for a virtual byte.
fn at(rate: u64) -> Terms {
    Terms::at(FeeRate::from_sat_per_vb(rate).unwrap())
}

fn exactly(script: ScriptBuf, amount: u64) -> Payment {
    Payment { script, sum: Sum::Exactly(sat(amount)) }
}

fn max(script: ScriptBuf) -> Payment {
    Payment { script, sum: Sum::Max }
}

/// What a transaction spends, what it pays, and the difference.
fn sums(built: &Built) -> (Amount, Amount) {
    let spent = built.packet.psbt.iter_funding_utxos().map(|output| output.unwrap().value).sum();
    (spent, built.packet.psbt.unsigned_tx.output.iter().map(|output| output.value).sum())
}

/// Signed and broadcast: the wallet sees it wait.
fn broadcast(bench: &mut Bench, built: &Built, signers: &[usize]) -> Transaction {
    let transaction = bench.complete(&built.packet, signers);
    bench.wait_later(&transaction);
    transaction
}
