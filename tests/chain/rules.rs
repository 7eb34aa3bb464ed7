//! The simulated chain refuses what a node refuses, in its words.

use super::esplora::Bench;
use super::purse::Purse;
use bdk_wallet::bitcoin::absolute::LockTime;
use bdk_wallet::bitcoin::{Amount, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, transaction};
use exchequer::sim::ChainServer;

/// A script that anybody can spend, as the simulation's faucet pays to one.
fn anybody() -> ScriptBuf {
    ScriptBuf::from_bytes(vec![0x51])
}

/// A coin that anybody can spend, confirmed.
fn coin(sim: &ChainServer, amount: Amount) -> TxIn {
    let txid = sim.faucet(anybody().to_p2wsh(), amount).unwrap();
    sim.mine(1);
    let transaction = sim.transaction(txid).unwrap();
    let vout = transaction.output.iter().position(|output| output.value == amount).unwrap();
    let previous_output = bdk_wallet::bitcoin::OutPoint::new(txid, vout.try_into().unwrap());
    let witness = Witness::from_slice(&[anybody().into_bytes()]);
    TxIn { previous_output, sequence: Sequence::ENABLE_RBF_NO_LOCKTIME, witness, ..TxIn::default() }
}

fn spend(inputs: &[TxIn], outputs: &[(u64, ScriptBuf)]) -> Transaction {
    let output = |(value, script_pubkey): &(u64, ScriptBuf)| TxOut {
        value: Amount::from_sat(*value),
        script_pubkey: script_pubkey.clone(),
    };
    Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: inputs.to_vec(),
        output: outputs.iter().map(output).collect(),
    }
}

#[test]
fn each_rule_has_its_words() {
    let bench = Bench::new();
    let sim = &bench.sim;
    let coin = coin(sim, Amount::from_sat(100_000));
    let to = Purse::new(1).script(0);
    let said = |transaction: Transaction| sim.submit(transaction).unwrap_err().message;
    let pays = |value: u64| spend(std::slice::from_ref(&coin), &[(value, to.clone())]);

    assert_eq!(said(spend(&[], &[(1_000, to.clone())])), "bad-txns-vin-empty");
    assert_eq!(said(spend(std::slice::from_ref(&coin), &[])), "bad-txns-vout-empty");
    assert_eq!(said(spend(&[coin.clone(), coin.clone()], &[(1_000, to.clone())])), "bad-txns-inputs-duplicate");
    assert_eq!(said(pays(2_100_000_000_000_001)), "bad-txns-vout-toolarge");
    assert!(said(pays(100_001)).starts_with("bad-txns-in-belowout, value in (0.001"));
    assert_eq!(said(pays(300)), "dust");
    assert!(said(pays(99_990)).starts_with("min relay fee not met, 10 < "));
    let nothing = ScriptBuf::from_bytes(vec![0x6a]);
    assert_eq!(said(spend(std::slice::from_ref(&coin), &[(0, nothing)])), "tx-size-small");
    let odd = [(50_000, to.clone()), (40_000, anybody())];
    assert_eq!(said(spend(std::slice::from_ref(&coin), &odd)), "scriptpubkey");
    let mut old = pays(90_000);
    old.version = transaction::Version(4);
    assert_eq!(said(old), "version");
    let mut missing = pays(90_000);
    missing.input[0].previous_output.vout = 77;
    assert_eq!(said(missing), "bad-txns-inputs-missingorspent");
    let mut unproved = pays(90_000);
    unproved.input[0].witness = Witness::from_slice(&[vec![0x52]]);
    assert!(said(unproved).starts_with("mempool-script-verify-flag-failed"));
    let rich = super::esplora::Bench::new();
    let whole = self::coin(&rich.sim, Amount::from_sat(500_000_000));
    let wasteful = spend(std::slice::from_ref(&whole), &[(1_000, to.clone())]);
    assert!(rich.sim.submit(wasteful).unwrap_err().message.starts_with("Fee exceeds maximum"));

    sim.submit(pays(90_000)).unwrap();
    assert_eq!(said(pays(90_000)), "txn-already-in-mempool");
    assert!(said(pays(90_050)).contains("new feerate is not higher"));
    assert!(said(pays(89_950)).contains("not enough additional fees to relay; 50 < "));
    let better = sim.submit(pays(80_000)).unwrap();
    assert_eq!(sim.waiting(), [better]);
    sim.mine(1);
    assert_eq!(said(pays(80_000)), "Transaction outputs already in utxo set");
    assert_eq!(said(pays(70_000)), "bad-txns-inputs-missingorspent");
}

#[test]
fn locks_are_kept() {
    let bench = Bench::new();
    let sim = &bench.sim;
    let to = Purse::new(1).script(0);
    let coin = coin(sim, Amount::from_sat(100_000));
    let next = sim.tip().0 + 1;
    let mut absolute = spend(std::slice::from_ref(&coin), &[(90_000, to.clone())]);
    absolute.lock_time = LockTime::from_height(next).unwrap();
    assert_eq!(sim.submit(absolute.clone()).unwrap_err().message, "non-final");
    let mut relative = spend(std::slice::from_ref(&coin), &[(90_000, to)]);
    // The coin stands in the newest block: with two blocks of patience it can be spent in the one after the next.
    relative.input[0].sequence = Sequence::from_height(2);
    assert_eq!(sim.submit(relative.clone()).unwrap_err().message, "non-BIP68-final");
    sim.mine(1);
    sim.submit(relative).unwrap();
}

#[test]
fn a_replacement_takes_those_that_wait_for_it_along() {
    let bench = Bench::new();
    let sim = &bench.sim;
    let own = anybody().to_p2wsh();
    let coin = coin(sim, Amount::from_sat(100_000));
    let parent = spend(std::slice::from_ref(&coin), &[(95_000, own.clone())]);
    let next = TxIn { previous_output: bdk_wallet::bitcoin::OutPoint::new(parent.compute_txid(), 0), ..coin.clone() };
    let child = spend(&[next], &[(90_000, own.clone())]);
    sim.submit(parent).unwrap();
    sim.submit(child).unwrap();
    assert_eq!(sim.waiting().len(), 2);
    let less = spend(std::slice::from_ref(&coin), &[(94_000, own.clone())]);
    assert!(sim.submit(less).unwrap_err().message.contains("less fees than conflicting txs; 6000 < 10000"));
    let more = sim.submit(spend(&[coin], &[(80_000, own)])).unwrap();
    assert_eq!(sim.waiting(), [more]);
}
