//! The simulated chain refuses what a real node refuses, and in its words.

use super::real::Twins;
use crate::purse::Purse;
use bdk_wallet::bitcoin::absolute::LockTime;
use bdk_wallet::bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, transaction};
use exchequer::chain::ChainError;

fn anybody() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}

#[test]
#[ignore = "needs real nodes: make test-nodes"]
fn both_refuse_the_same_in_the_same_words() {
    let twins = Twins::start();
    let (simulated, real) = (twins.simulated(), twins.node.chain());
    let value = Amount::from_sat(100_000);
    let paid = twins.sim.faucet(anybody().to_p2wsh(), value).unwrap();
    twins.sim.mine(1);
    twins.mirror();
    let vout = twins.sim.transaction(paid).unwrap().output.iter().position(|output| output.value == value).unwrap();
    let coin = TxIn {
        previous_output: OutPoint::new(paid, vout.try_into().unwrap()),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::from_slice(&[anybody().into_bytes()]),
        ..TxIn::default()
    };
    let to = Purse::new(1).script(0);
    let pays = |satoshi: u64| Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![coin.clone()],
        output: vec![TxOut { value: Amount::from_sat(satoshi), script_pubkey: to.clone() }],
    };
    let with = |change: &dyn Fn(&mut Transaction)| {
        let mut transaction = pays(90_000);
        change(&mut transaction);
        transaction
    };
    // Up to the first figure, hash or explanation: those differ between releases.
    let kind = |error: ChainError| match error {
        ChainError::Refused { reason, .. } => reason.split([',', '(']).next().unwrap().trim().to_owned(),
        other => panic!("{other}"),
    };
    let both = |what: &str, transaction: &Transaction| {
        let (simulated, real) = (simulated.broadcast(transaction), real.broadcast(transaction));
        let (simulated, real) = (kind(simulated.expect_err(what)), kind(real.expect_err(what)));
        assert_eq!(simulated, real, "{what}");
    };
    let (height, nothing) = (twins.sim.tip().0, ScriptBuf::from_bytes(vec![0x6a]));
    both("a coin that there is not", &with(&|tx| tx.input[0].previous_output.vout = 77));
    both("more out than in", &pays(100_001));
    both("dust", &pays(300));
    both("a fee of nothing", &pays(100_000));
    both("an unknown version", &with(&|tx| tx.version = transaction::Version(4)));
    both(
        "a script that nobody can spend",
        &with(&|tx| tx.output.push(TxOut { value: tx.output[0].value / 100, script_pubkey: anybody() })),
    );
    both("too early", &with(&|tx| tx.lock_time = LockTime::from_height(height + 1).unwrap()));
    both("too young", &with(&|tx| tx.input[0].sequence = Sequence::from_height(2)));
    both("a coin twice", &with(&|tx| tx.input.push(tx.input[0].clone())));
    both("more than there is", &pays(2_100_000_000_000_001));
    both("burnt", &with(&|tx| tx.output[0].script_pubkey = nothing.clone()));
    both("too small", &with(&|tx| tx.output[0] = TxOut { value: Amount::ZERO, script_pubkey: nothing.clone() }));

    // Taken by both, and what may take its place.
    let first = pays(90_000);
    simulated.broadcast(&first).unwrap();
    real.broadcast(&first).unwrap();
    both("a replacement that pays less", &pays(95_000));
    let second = pays(80_000);
    simulated.broadcast(&second).unwrap();
    real.broadcast(&second).unwrap();
    twins.sim.mine(1);
    twins.mirror();
    both("a coin that was spent", &pays(70_000));
    both("what is confirmed", &second);
}
