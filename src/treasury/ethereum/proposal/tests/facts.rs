//! What is known when a Safe transaction is reviewed.

use super::bench::*;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::ethereum::review::facts::Queued;
use crate::treasury::ethereum::review::{Facts, code, review};
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};

fn cached() -> Cached {
    let balances = [(id(), (U256::from(10), BTreeMap::new()))].into();
    Cached { chain_id: Some(U256::from(1)), balances, ..Cached::default() }
}

fn known(bench: &Bench, cached: &Cached) -> Facts {
    facts(bench.treasury.safes(), id(), None, cached, &BTreeSet::from([account(0)]), at(5))
}

#[test]
fn what_nobody_looked_at_is_not_known() {
    let bench = Bench::new(1, 2);
    let facts = known(&bench, &Cached::default());
    assert_eq!((facts.safe, facts.queue, facts.chain_id), (None, None, None));
    let facts = known(&bench, &cached());
    let state = facts.safe.unwrap();
    assert_eq!((state.balance, state.version, state.owners.len()), (U256::from(10), SafeVersion::V1_4_1, 2));
    assert_eq!(facts.code[&state.singleton], bench.safe().stand.singleton_code);
    let again = Stand::of(&state, B256::ZERO, bench.safe().stand.singleton_code);
    assert_eq!(again, bench.safe().stand);
}

#[test]
fn t21_whatever_waits_for_a_nonce_is_told_with_who_has_signed_it() {
    let mut bench = Bench::new(2, 2);
    let (mine, rival) = (bench.propose(&payment(1, 7)), bench.propose(&payment(2, 7)));
    bench.approve(rival, 0).unwrap();
    let hash = bench.proposal(rival).hashes().safe_tx;
    let row = |hash| Queued { hash, nonce: U256::from(7), name: "row".into(), signed: false, vouched: true };
    let cached = Cached { queue: Some(vec![row(hash), row(B256::ZERO)]), ..cached() };
    let safes = bench.treasury.safes();
    let reader = BTreeSet::from([account(0)]);
    let facts = facts(safes, id(), Some(bench.proposal(mine)), &cached, &reader, at(5));
    let queue = facts.queue.clone().unwrap();
    assert_eq!(queue.iter().map(|one| (one.hash, one.signed)).collect::<Vec<_>>(), [(hash, true), (B256::ZERO, false)]);
    let review = review(bench.proposal(mine).at(), bench.proposal(mine).tx(), &facts);
    let told: Vec<_> = review.verdict.warnings.iter().filter(|one| one.code == code::NONCE_COMPETITOR.word).collect();
    assert!(told.iter().any(|one| one.message.contains("which you have signed")), "{told:?}");
}

#[test]
fn t16_who_was_paid_is_who_a_block_says() {
    let mut bench = Bench::new(1, 2);
    let paid = bench.ready(&payment(1, 7), 1);
    assert!(known(&bench, &cached()).paid.unwrap().is_empty());
    bench.does(mined(paid, 1, Outcome::Success), 4).unwrap();
    assert_eq!(known(&bench, &cached()).paid.unwrap(), BTreeSet::from([FRIEND]));
    let mut failed = Bench::new(1, 2);
    let id = failed.ready(&payment(1, 7), 1);
    failed.does(mined(id, 1, Outcome::Failure), 4).unwrap();
    assert!(known(&failed, &cached()).paid.unwrap().is_empty());
}

#[test]
fn t21_what_was_carried_out_is_read_as_its_signers_read_it_and_what_lost_its_nonce_is_not() {
    let mut bench = Bench::new(1, 2);
    let (paid, late) = (bench.ready(&payment(1, 7), 1), bench.propose(&payment(2, 7)));
    bench.does(mined(paid, 1, Outcome::Success), 4).unwrap();
    bench.sees(|stand| stand.nonce = U256::from(9)).unwrap();
    let blocks = |id_of| {
        let proposal = bench.proposal(id_of);
        let facts = facts(bench.treasury.safes(), id(), Some(proposal), &cached(), &BTreeSet::new(), at(5));
        let blocks = review(proposal.at(), proposal.tx(), &facts).verdict.blocks;
        blocks.iter().map(|one| one.code).collect::<Vec<_>>()
    };
    assert!(!blocks(paid).contains(&code::NONCE_USED.word));
    assert!(blocks(late).contains(&code::NONCE_USED.word));
}

#[test]
fn names_and_tokens_are_those_of_the_chain() {
    let mut bench = Bench::new(1, 2);
    let (one, ten) = (U256::from(1), U256::from(10));
    for (chain, name) in [(one, "Friend"), (ten, "Stranger")] {
        bench.does(SafeEvent::Named { chain, address: FRIEND, name: name.into() }, 1).unwrap();
    }
    let pinned = |chain, symbol: &str| SafeEvent::TokenPinned {
        chain,
        token: SENDER,
        symbol: symbol.into(),
        decimals: 6,
        trusted: chain == one,
    };
    bench.does(pinned(one, "USDC"), 1).unwrap();
    bench.does(pinned(ten, "FAKE"), 1).unwrap();
    bench.does(SafeEvent::HotAccount { address: FRIEND, name: "bot".into() }, 1).unwrap();
    let facts = known(&bench, &cached());
    let names: Vec<(&str, Address)> = facts.recipients.iter().map(|one| (one.name.as_str(), one.address)).collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&("Friend", FRIEND)) && names.contains(&("Ops", SAFE)));
    let token = &facts.tokens.unwrap()[&SENDER];
    assert_eq!((token.symbol.as_str(), token.decimals, token.trusted), ("USDC", Some(6), true));
}

#[test]
fn t19_what_waits_for_other_safes_is_known_and_so_is_who_answers_for_a_refund() {
    let mut bench = Bench::new(1, 2);
    let mine = bench.propose(&payment(1, 7));
    let other = SafeId { address: SENDER, ..id() };
    bench.does(SafeEvent::Added { safe: other, name: "Owner".into(), stand: stand(1, &[account(3)]) }, 1).unwrap();
    let cached = cached();
    let facts = facts(bench.treasury.safes(), other, None, &cached, &BTreeSet::new(), at(5));
    let nested = &facts.nested[0];
    assert_eq!((nested.at.safe, &nested.tx), (SAFE, &payment(1, 7)));
    assert_eq!(nested.state.as_ref().unwrap().balance, U256::from(10));
    let safes = bench.treasury.safes();
    let refund = |proposal: &SafeProposal| {
        super::super::facts(safes, id(), Some(proposal), &cached, &BTreeSet::new(), at(5)).refund_overridden
    };
    let mut answered = bench.proposal(mine).clone();
    assert!(!refund(&answered));
    answered.refund_overridden = true;
    assert!(refund(&answered));
}

#[test]
fn a_safe_on_published_code_is_known_by_the_hashes_of_the_codes() {
    let mut bench = Bench::new(1, 2);
    assert!(!bench.safe().is_pinned(), "no proxy has this code");
    let list = include_str!("../../../../../data/safe/deployments.txt");
    let proxy = list.lines().find_map(|line| line.strip_prefix("proxy ")).unwrap();
    let proxy: B256 = proxy.split(' ').find_map(|word| word.parse().ok()).unwrap();
    bench.sees(|stand| stand.proxy_code = proxy).unwrap();
    assert!(bench.safe().is_pinned());
    bench.sees(|stand| stand.singleton_code = B256::ZERO).unwrap();
    assert!(!bench.safe().is_pinned());
}
