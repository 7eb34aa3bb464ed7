//! What holds for any coins and any payments.

use super::*;
use proptest::prelude::*;

const KINDS: [&str; 5] = [
    "wsh(sortedmulti(2,{0}/<0;1>/*,{1}/<0;1>/*,{2}/<0;1>/*))",
    "sh(multi(1,{0}/<0;1>/*,{1}/<0;1>/*))",
    "tr({0}/<0;1>/*)",
    "wpkh({0}/*)",
    "wsh(or_d(pk({0}/<0;1>/*),and_v(v:pkh({1}/<0;1>/*),older(100))))",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn amounts_add_up_and_all_of_ours_is_proved(
        kind in 0..KINDS.len(),
        coins in proptest::collection::vec((any::<bool>(), 0_u32..30, 300_u64..2_000_000), 1..24),
        payments in proptest::collection::vec(300_u64..3_000_000, 1..6),
        units in 250_u64..50_000,
        everything in any::<bool>(),
        recover in any::<bool>(),
    ) {
        let mut bench = Bench::new(KINDS[kind], 3);
        bench.state.reserve(Spot { chain: Chain::Receive, index: 30 });
        bench.state.reserve(Spot { chain: Chain::Change, index: 30 });
        for (change, index, sat) in &coins {
            bench.fund(if *change { Chain::Change } else { Chain::Receive }, *index, *sat, 900);
        }
        let mut payments: Vec<Payment> =
            (0..).zip(&payments).map(|(n, sum)| exactly(stranger(n), *sum)).collect();
        if everything {
            payments.push(max(stranger(99)));
        }
        let rate = FeeRate::from_sat_per_kwu(units);
        let way = if recover && kind == 4 { Way::Recovery { place: 0, now: 0 } } else { Way::Quorum };
        let limits = Limits { percent: 100, ..Limits::default() };
        let terms = Terms { limits, way, ..Terms::at(rate) };
        let built = match pay(&bench.state, &bench.marks, &payments, &terms) {
            Ok(built) => built,
            Err(BuildError::Missing { needed, available }) => {
                prop_assert!(needed > available);
                return Ok(());
            }
            Err(BuildError::Dust { sum, least, .. }) => {
                prop_assert!(sum < least);
                return Ok(());
            }
            // A high fee or no coin worth its fee: the figures are told.
            Err(BuildError::High { fee, limit, .. }) => {
                prop_assert!(fee > limit);
                return Ok(());
            }
            Err(BuildError::Empty) => return Ok(()),
            Err(other) => return Err(TestCaseError::fail(other.to_string())),
        };
        let (spent, paid) = sums(&built);
        prop_assert_eq!(spent, paid + built.fee);
        prop_assert!(built.fee <= limits.absolute);
        let psbt = &built.packet.psbt;
        let signers: Vec<usize> = match (kind, way) {
            (0, _) => vec![0, 2],
            (4, Way::Recovery { .. }) => vec![1],
            _ => vec![0],
        };
        let signed = bench.complete(&built.packet, &signers);
        prop_assert!(signed.weight() <= built.weight);
        let asked = rate.fee_wu(built.weight).unwrap();
        match built.change {
            Some((place, spot)) => {
                let change = &psbt.unsigned_tx.output[place];
                prop_assert_eq!(built.fee, asked);
                prop_assert!(change.value >= change.script_pubkey.minimal_non_dust());
                prop_assert_eq!(Some(change.script_pubkey.clone()), bench.state.wallet().script(spot));
                let told = &psbt.outputs[place];
                prop_assert!(!told.bip32_derivation.is_empty() || !told.tap_key_origins.is_empty());
            }
            None if everything => prop_assert_eq!(built.fee, asked),
            None => {
                // What is not worth an output of its own: dust, and what the output would have cost.
                let script = bench.script(Chain::Change, 0);
                let output = bitcoin::TxOut { value: sat(0), script_pubkey: script.clone() };
                let least = asked + rate.fee_wu(output.weight()).unwrap() + script.minimal_non_dust() + sat(1);
                prop_assert!(asked <= built.fee && built.fee <= least, "{} {}", asked, built.fee);
            }
        }
        for (input, told) in psbt.unsigned_tx.input.iter().zip(&psbt.inputs) {
            let previous = told.non_witness_utxo.as_ref().unwrap();
            prop_assert_eq!(previous.compute_txid(), input.previous_output.txid);
            let output = &previous.output[input.previous_output.vout as usize];
            prop_assert!(bench.state.spot(&output.script_pubkey).is_some());
        }
        for payment in &payments {
            let Sum::Exactly(sum) = payment.sum else { continue };
            let there = |output: &bitcoin::TxOut| output.script_pubkey == payment.script && output.value == sum;
            prop_assert!(psbt.unsigned_tx.output.iter().any(there));
        }
    }
}
