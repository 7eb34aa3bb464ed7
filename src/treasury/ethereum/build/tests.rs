//! What is built, against the review that reads it and against a model of the contract's lists.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::review::facts::State;
use crate::treasury::ethereum::review::tests::workshop::{FRIEND, OWNERS, SAFE, STRANGER, TOKEN, at, known_of, state};
use crate::treasury::ethereum::review::{Asset, Facts, Kind, Move, review};
use crate::treasury::verdict::Judgement;
use alloy_primitives::{B256, hex};
use proptest::prelude::*;
use std::collections::HashMap;

const SENTINEL: Address = Address::with_last_byte(1);

fn payment() -> impl Strategy<Value = Payment> {
    let place = || prop::sample::select((0x10..0x40_u8).map(Address::repeat_byte).collect::<Vec<_>>());
    let what = (0..4_u8, prop::sample::select((0x80..0x90_u8).map(Address::repeat_byte).collect::<Vec<_>>()));
    (what, place(), 1..u64::MAX, any::<[u8; 32]>()).prop_map(|((kind, token), to, amount, id)| {
        let (amount, id) = (U256::from(amount), U256::from_be_bytes(id));
        let what = match kind {
            0 => What::Coin { amount },
            1 => What::Token { token, amount },
            2 => What::Item { token, id },
            _ => What::Items { token, id, amount },
        };
        Payment { what, to }
    })
}

/// What the review has to say of a payment.
fn moved(payment: &Payment) -> Move {
    let (asset, item, amount) = match payment.what {
        What::Coin { amount } => (Asset::Coin, None, amount),
        What::Token { token, amount } => (Asset::Token(token), None, amount),
        What::Item { token, id } => (Asset::Items(token), Some(id), U256::ONE),
        What::Items { token, id, amount } => (Asset::Items(token), Some(id), amount),
    };
    Move { asset, item, from: SAFE, to: payment.to, amount }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Up to 200 mixed calls: the review reads back exactly what was asked, in order, and nothing blocks.
    #[test]
    fn what_is_built_is_what_the_review_reads(
        payments in prop::collection::vec(payment(), 1..=150),
        plain in prop::collection::vec((0x10..0x40_u8, prop::collection::vec(any::<u8>(), 0..90)), 0..=50),
        nonce: u64,
    ) {
        for version in [SafeVersion::V1_0_0, SafeVersion::V1_1_1, SafeVersion::V1_3_0, SafeVersion::V1_4_1, SafeVersion::V1_5_0] {
            let at = at(version);
            let mut asks: Vec<_> = payments.iter().map(|payment| payment.ask(SAFE).unwrap()).collect();
            asks.extend(plain.iter().map(|(to, data)| {
                let data = [&[1, 2, 3, 4][..], data].concat();
                Ask::new(Address::repeat_byte(*to), U256::ZERO, data.into()).unwrap()
            }));
            let tx = transaction(&at, U256::from(nonce), &asks).unwrap();
            prop_assert_eq!(tx.operation == Operation::Call, asks.len() == 1);
            let zeros = [tx.safe_tx_gas, tx.base_gas, tx.gas_price];
            prop_assert_eq!((zeros, tx.gas_token, tx.refund_receiver), ([U256::ZERO; 3], Address::ZERO, Address::ZERO));
            let found = review(&at, &tx, &Facts::default());
            prop_assert!(found.verdict.blocks.is_empty(), "{:?}", found.verdict.blocks);
            let expected: Vec<_> = payments.iter().map(moved).collect();
            let moves: Vec<_> = found.effects.moves.values().flatten().copied().collect();
            prop_assert_eq!(moves, expected);
            let calls: Vec<_> = found.calls.all().into_iter().skip(usize::from(asks.len() > 1)).collect();
            prop_assert_eq!(calls.len(), asks.len());
            for (call, ask) in calls.iter().zip(&asks) {
                prop_assert_eq!((call.to, call.value, &call.data, call.by), (ask.to, ask.value, &ask.data, SAFE));
                prop_assert_eq!(call.operation, Operation::Call);
            }
            prop_assert!(found.calls.root.batch.as_ref().is_none_or(|batch| batch.exact && batch.flaws.is_empty()));
        }
    }

    /// Any changes that are built, carried out on the contract's own list: the owners come out as they were wished for.
    #[test]
    fn changes_of_control_do_what_was_asked(steps in prop::collection::vec((0u8..6, 0u8..12, 0u8..12, 0u64..8), 1..24)) {
        let at = at(SafeVersion::V1_4_1);
        let who = |number: u8| Address::repeat_byte(number + 0x20);
        let mut state = State { owners: (0..4).map(who).collect(), threshold: U256::from(2), ..state() };
        let mut owners = Chain::of(&state.owners);
        let mut modules = Chain::of(&state.modules);
        for (kind, one, two, number) in steps {
            let threshold = Some(U256::from(number)).filter(|number| !number.is_zero());
            let change = match kind {
                0 => Control::AddOwner { owner: who(one), threshold },
                1 => Control::RemoveOwner { owner: who(one), threshold },
                2 => Control::SwapOwner { old: who(one), new: who(two) },
                3 => Control::Threshold(U256::from(number)),
                4 => Control::EnableModule(who(one)),
                _ => Control::DisableModule(who(one)),
            };
            let Ok(asks) = controls(&at, &state, &[change]) else { continue };
            let mut wanted = state.clone();
            match change {
                Control::AddOwner { owner, .. } => wanted.owners.insert(0, owner),
                Control::RemoveOwner { owner, .. } => wanted.owners.retain(|known| *known != owner),
                Control::SwapOwner { old, new } => {
                    let at = wanted.owners.iter().position(|known| *known == old).unwrap();
                    wanted.owners[at] = new;
                }
                Control::EnableModule(module) => wanted.modules.insert(0, module),
                Control::DisableModule(module) => wanted.modules.retain(|known| *known != module),
                _ => {}
            }
            let set = match change {
                Control::AddOwner { threshold, .. } | Control::RemoveOwner { threshold, .. } => threshold,
                Control::Threshold(threshold) => Some(threshold),
                _ => None,
            };
            wanted.threshold = set.unwrap_or(state.threshold);
            prop_assert!(!wanted.threshold.is_zero() && wanted.threshold <= U256::from(wanted.owners.len()));
            // The contract's own list, by the arguments that it would get.
            let arguments: Vec<Address> = asks[0].data[4..].chunks(32).map(|word| Address::from_word(B256::from_slice(word))).collect();
            match change {
                Control::AddOwner { .. } => owners.add(arguments[0]),
                Control::RemoveOwner { .. } => owners.remove(arguments[0], arguments[1]),
                Control::SwapOwner { .. } => owners.swap(arguments[0], arguments[1], arguments[2]),
                Control::EnableModule(_) => modules.add(arguments[0]),
                Control::DisableModule(_) => modules.remove(arguments[0], arguments[1]),
                _ => {}
            }
            prop_assert_eq!((owners.all(), modules.all()), (wanted.owners.clone(), wanted.modules.clone()));
            // The review follows it to the same end.
            let tx = transaction(&at, state.nonce, &asks).unwrap();
            let facts = Facts { safe: Some(state.clone()), ..Facts::default() };
            let (before, after) = review(&at, &tx, &facts).control.unwrap();
            prop_assert_eq!((&before, &after), (&state, &wanted));
            state = wanted;
        }
    }
}

/// The list as the contract keeps it: each entry leads to the next.
struct Chain(HashMap<Address, Address>);

impl Chain {
    fn of(list: &[Address]) -> Self {
        let mut chain = Self([(SENTINEL, SENTINEL)].into());
        list.iter().rev().for_each(|entry| chain.add(*entry));
        chain
    }

    fn add(&mut self, entry: Address) {
        assert!(!self.0.contains_key(&entry));
        let first = self.0.insert(SENTINEL, entry).unwrap();
        self.0.insert(entry, first);
    }

    fn remove(&mut self, before: Address, entry: Address) {
        assert_eq!(self.0[&before], entry);
        let next = self.0.remove(&entry).unwrap();
        self.0.insert(before, next);
    }

    fn swap(&mut self, before: Address, old: Address, new: Address) {
        assert!(self.0[&before] == old && !self.0.contains_key(&new));
        let next = self.0.remove(&old).unwrap();
        self.0.insert(new, next);
        self.0.insert(before, new);
    }

    fn all(&self) -> Vec<Address> {
        let step = |entry: &Address| Some(self.0[entry]).filter(|next| *next != SENTINEL);
        std::iter::successors(step(&SENTINEL), step).collect()
    }
}

#[test]
fn what_is_built_is_clean_to_whoever_knows_all() {
    for version in [SafeVersion::V1_3_0, SafeVersion::V1_4_1, SafeVersion::V1_5_0] {
        let (at, facts) = (at(version), known_of(version));
        let coin = Payment { what: What::Coin { amount: U256::from(5) }, to: FRIEND }.ask(SAFE).unwrap();
        let token = Payment { what: What::Token { token: TOKEN, amount: U256::from(7) }, to: FRIEND };
        let token = token.ask(SAFE).unwrap();
        let nonce = facts.safe.as_ref().unwrap().nonce;
        for (asks, kind) in [
            (vec![coin.clone()], Kind::Transfer),
            (vec![token.clone()], Kind::Transfer),
            (vec![coin, token], Kind::Batch),
        ] {
            let found = review(&at, &transaction(&at, nonce, &asks).unwrap(), &facts);
            assert_eq!((found.verdict.judgement(), found.kind), (Judgement::Clean, kind), "{:?}", found.verdict);
        }
        assert_eq!(review(&at, &rejection(&at, nonce), &facts).kind, Kind::Rejection);
    }
}

#[test]
fn what_would_be_lost_or_refused_is_not_built() {
    let code = |what, to| Payment { what, to }.ask(SAFE).map_or_else(|error| error.code(), |_| "fine");
    let (coin, token) = (|amount| What::Coin { amount }, |token| What::Token { token, amount: U256::ONE });
    assert_eq!(code(coin(U256::ONE), FRIEND), "fine");
    assert_eq!(code(coin(U256::ZERO), FRIEND), "build-nothing");
    assert_eq!(code(coin(U256::ONE), Address::ZERO), "build-nobody");
    assert_eq!(code(coin(U256::ONE), SAFE), "build-itself");
    assert_eq!(code(token(TOKEN), TOKEN), "build-token-itself");
    assert_eq!(code(token(Address::ZERO), FRIEND), "build-nobody");
    let at = at(SafeVersion::V1_4_1);
    assert_eq!(transaction(&at, U256::ZERO, &[]).unwrap_err().code(), "build-empty");
    let ask = Ask::new(FRIEND, U256::ONE, Bytes::new()).unwrap();
    assert_eq!(transaction(&at, U256::ZERO, &vec![ask.clone(); MOST_CALLS + 1]).unwrap_err().code(), "build-many");
    assert!(transaction(&at, U256::ZERO, &vec![ask.clone(); MOST_CALLS]).is_ok());
    let long = Ask { data: vec![1; LONGEST_DATA + 1].into(), ..ask.clone() };
    assert_eq!(transaction(&at, U256::ZERO, std::slice::from_ref(&long)).unwrap_err().code(), "build-long");
    assert_eq!(transaction(&at, U256::ZERO, &[long, ask.clone()]).unwrap_err().code(), "build-long");
    let elsewhere = SafeAt { chain_id: U256::from(31_337), ..at };
    assert_eq!(transaction(&elsewhere, U256::ZERO, &[ask.clone(), ask.clone()]).unwrap_err().code(), "build-no-batch");
    assert!(transaction(&elsewhere, U256::ZERO, std::slice::from_ref(&ask)).is_ok());
    let nobody = Ask { to: Address::ZERO, ..ask.clone() };
    assert_eq!(transaction(&at, U256::ZERO, &[nobody, ask]).unwrap_err().code(), "build-unlike");
}

#[test]
fn t18_no_change_is_built_that_the_contract_would_refuse() {
    let code = |change| controls(&at(SafeVersion::V1_4_1), &state(), &[change]).map_or_else(|e| e.code(), |_| "fine");
    let add = |owner, threshold: u64| Control::AddOwner { owner, threshold: Some(U256::from(threshold)) };
    let remove = |owner, threshold: u64| Control::RemoveOwner { owner, threshold: Some(U256::from(threshold)) };
    assert_eq!(
        (code(add(STRANGER, 4)), code(add(STRANGER, 5)), code(add(STRANGER, 0))),
        ("fine", "build-threshold", "build-threshold")
    );
    for unfit in [Address::ZERO, SENTINEL, SAFE] {
        assert_eq!(code(add(unfit, 1)), "build-unfit");
        assert_eq!(code(Control::SwapOwner { old: OWNERS[0], new: unfit }), "build-unfit");
        assert_eq!(code(Control::EnableModule(unfit)), "build-unfit");
    }
    assert_eq!(code(add(OWNERS[2], 1)), "build-already");
    assert_eq!(code(Control::SwapOwner { old: OWNERS[0], new: OWNERS[1] }), "build-already");
    assert_eq!(code(Control::SwapOwner { old: STRANGER, new: FRIEND }), "build-absent");
    assert_eq!(
        (code(remove(OWNERS[1], 2)), code(remove(OWNERS[1], 3)), code(remove(STRANGER, 1))),
        ("fine", "build-threshold", "build-absent")
    );
    let all = [remove(OWNERS[0], 1), remove(OWNERS[1], 1), remove(OWNERS[2], 1)];
    assert_eq!(controls(&at(SafeVersion::V1_4_1), &state(), &all).unwrap_err().code(), "build-threshold");
    assert_eq!(
        (code(Control::Threshold(U256::from(3))), code(Control::Threshold(U256::from(2)))),
        ("fine", "build-same-threshold")
    );
    assert_eq!(
        (code(Control::Threshold(U256::from(4))), code(Control::Threshold(U256::ZERO))),
        ("build-threshold", "build-threshold")
    );
    assert_eq!(code(Control::DisableModule(STRANGER)), "build-absent");
    assert_eq!((code(Control::Guard(Address::ZERO)), code(Control::FallbackHandler(SAFE))), ("fine", "build-unfit"));
    let old = controls(&at(SafeVersion::V1_2_0), &state(), &[Control::Guard(STRANGER)]);
    assert_eq!(old.unwrap_err().code(), "build-version");
}

#[test]
fn changes_are_written_as_others_write_them() {
    let swap = controls(&at(SafeVersion::V1_4_1), &state(), &[Control::SwapOwner { old: OWNERS[1], new: STRANGER }]);
    // admin-02 of the vectors.
    let expected = "e318b52b000000000000000000000000f39fd6e51aad88f6f4ce6ab8827279cfffb92266\
        00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8000000000000000000000000976ea74026e726554db657fa54763abd0c3a0aa9";
    assert_eq!(hex::encode(&swap.unwrap()[0].data), expected);
    // Two that hang on each other: the second finds the list as the first leaves it.
    let both = [
        Control::RemoveOwner { owner: OWNERS[0], threshold: Some(U256::ONE) },
        Control::SwapOwner { old: OWNERS[1], new: STRANGER },
    ];
    let at = at(SafeVersion::V1_4_1);
    let asks = controls(&at, &state(), &both).unwrap();
    let before = |ask: &Ask| Address::from_word(B256::from_slice(&ask.data[4..36]));
    assert_eq!((before(&asks[0]), before(&asks[1])), (SENTINEL, SENTINEL));
    let found = review(&at, &transaction(&at, state().nonce, &asks).unwrap(), &known_of(SafeVersion::V1_4_1));
    let (_, after) = found.control.unwrap();
    assert_eq!((after.owners, after.threshold), (vec![STRANGER, OWNERS[2]], U256::ONE));
    let hash = B256::repeat_byte(7);
    let approve = approval(STRANGER, hash).unwrap();
    assert_eq!(hex::encode(&approve.data), format!("d4d9bdcd{}", "07".repeat(32)));
}

#[test]
fn t20_an_address_of_another_chain_is_not_taken() {
    let text = FRIEND.to_checksum(None);
    let read = |prefix: &str, chain: u64| recipient(&format!("{prefix}{text}"), U256::from(chain)).map(|w| w.address);
    for (prefix, chain) in [("", 5), ("eth:", 1), ("matic:", 137), ("pol:", 137), ("31337:", 31_337), ("1:", 1)] {
        assert_eq!(read(prefix, chain), Ok(FRIEND), "{prefix}");
    }
    for (prefix, chain) in [("eth:", 137), ("nowhere:", 1), ("31337:", 1), ("eth:eth:", 1), (":", 1)] {
        assert!(read(prefix, chain).is_err(), "{prefix}");
    }
    assert_eq!(recipient(&format!("sep:{text}"), U256::ONE).unwrap_err().code(), "address-chain");
    assert_eq!(recipient(&text.to_ascii_lowercase(), U256::ONE).map(|w| w.checked), Ok(false));
    let wrong: String = text.chars().map(|c| if c == 'E' { 'e' } else { c }).collect();
    assert_eq!(recipient(&wrong, U256::ONE).unwrap_err().code(), "address-checksum");
}
