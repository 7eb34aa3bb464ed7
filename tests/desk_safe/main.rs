//! A desk with a Safe: who signs and how, what is told of its chain and its service, and how a transaction is carried out.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
#[path = "../desk_device/bench.rs"]
mod bench;
#[allow(dead_code)]
#[path = "../chain/web.rs"]
mod web;

mod devices;
mod house;
mod node;
mod service;

use alloy_primitives::U256;
use exchequer::desk::treasury::{Chosen, Draft, Given, Kind, Leaves, Seen, SyncState, Who, Wish};
use exchequer::treasury::ethereum::Proposal as ExchangeFile;
use exchequer::treasury::ethereum::proposal::{ExecutionState, Outcome, SafeEvent, SafeKind};
use exchequer::treasury::ethereum::review::{Facts, reviewed};
use exchequer::treasury::proposal::State;
use exchequer::treasury::verdict::Judgement;
use house::{House, ID, PAYEE, Plan, hash_of, payment, soft, takeover};
use node::AT;

const COIN: u64 = 1_000_000_000_000_000_000;

/// What an event is, in a word.
fn word(event: &SafeEvent) -> &'static str {
    match event {
        SafeEvent::Viewed { .. } => "viewed",
        SafeEvent::Approved { .. } => "approved",
        SafeEvent::Executing { .. } => "executing",
        SafeEvent::Sent { .. } => "sent",
        SafeEvent::Mined { .. } => "mined",
        SafeEvent::SigningFailed { .. } => "failed",
        _ => "",
    }
}

fn words(house: &House) -> Vec<&'static str> {
    house.events().iter().map(word).filter(|word| !word.is_empty()).collect()
}

/// Signed twice, looked at, and sent.
fn sent() -> House {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    house.approve(1, 1);
    house.approve(2, 2);
    assert_eq!(house.shown().row.state, State::Ready);
    let (proposal, sender) = (house.chosen, soft(1).address());
    house.wish(Wish::Estimate { proposal, sender });
    let estimate = |view: &exchequer::desk::treasury::TreasuryView| {
        view.proposal.as_ref().and_then(|shown| shown.safe()?.estimate.clone())
    };
    let view = house.until("the estimate", |view| estimate(view).is_some());
    let told = estimate(&view).unwrap();
    assert_eq!(told.hindered, None);
    assert!(told.most > U256::ZERO && told.told.contains("ETH"), "{told:?}");
    assert!(told.simulated[0].contains("succeed"), "{told:?}");
    let seen = house.seen();
    let passphrase = "sesame".into();
    house.wish(Wish::Execute { proposal, sender, passphrase, seen, most: told.most });
    house.until("that it is sent", |view| {
        view.proposal.as_ref().is_some_and(|shown| shown.row.state == State::Executing)
    });
    house
}

fn executed(house: &mut House) -> ExecutionState {
    let there = |view: &exchequer::desk::treasury::TreasuryView| {
        let tx = view.proposal.as_ref()?.safe()?.executions.first().cloned()?;
        matches!(tx.state, ExecutionState::Mined(_)).then_some(tx.state)
    };
    let view = house.until("that it is in a block", |view| there(view).is_some());
    there(&view).unwrap()
}

#[test]
fn a_safe_stands_in_the_list_and_its_proposal_in_the_queue() {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    let view = house.view().unwrap();
    let safe = &view.safes[0];
    assert_eq!((safe.id, safe.quorum.required, safe.quorum.of, safe.hot), (ID, 2, 3, 2));
    assert_eq!((safe.balance.as_deref(), safe.value), (Some("10 ETH"), None), "no venue tells a price");
    assert_eq!((safe.nonce, safe.sync.height), (U256::from(7), Some(100)));
    let page = view.safe.unwrap();
    assert_eq!(page.owners.iter().map(|owner| owner.hot).collect::<Vec<_>>(), [true, true, false]);
    assert!(!page.pinned, "nobody published this code");
    let shown = house.shown();
    let row = &shown.row;
    assert_eq!((row.number, row.kind, row.signed, row.nonce), (1, Kind::Pay, 0, Some(U256::from(7))));
    assert_eq!(row.leaves, Leaves::Told("1 ETH".into()));
    assert_eq!(*row.to.first.as_ref().unwrap().address, PAYEE.to_checksum(None));
    let tx = shown.safe().unwrap();
    assert_eq!(tx.hashes.safe_tx, hash_of(&payment(7, COIN)));
    let [.., (title, hash)] = tx.spoken();
    assert_eq!(title, "safeTxHash");
    assert_eq!(hash.replace(' ', "").to_lowercase(), tx.hashes.safe_tx.to_string());
    assert_eq!((tx.calls.len(), tx.calls[0].to.address), (1, PAYEE));
    assert!(tx.calls[0].words[0].contains("send 1 ETH"), "{:?}", tx.calls);
    assert_eq!(tx.senders.len(), 2);
    // A chain that fails is said, and what was known stays.
    house.node.chain().broken = Some("out \u{1b}[2Jof order".into());
    let view = house.until("the failure", |view| matches!(view.safes[0].sync.state, SyncState::Failed(_)));
    let SyncState::Failed(why) = &view.safes[0].sync.state else { panic!() };
    assert!(why.contains("out [2Jof order"), "{why}");
    assert_eq!(view.safes[0].balance.as_deref(), Some("10 ETH"));
}

#[test]
fn two_accounts_of_this_machine_sign_and_one_sends_and_the_receipt_says_what_came_of_it() {
    let mut house = sent();
    let before = words(&house);
    assert_eq!(before, ["viewed", "approved", "viewed", "approved", "executing", "sent"]);
    house.node.chain().mine(true);
    let ExecutionState::Mined(mined) = executed(&mut house) else { panic!() };
    assert_eq!((mined.outcome, mined.height), (Outcome::Success, 101));
    let view = house.until("the nonce", |view| view.safes[0].nonce == U256::from(8));
    let row = &view.proposal.unwrap().row;
    assert_eq!((row.state, row.block), (State::Confirmed, Some(101)));
    assert_eq!(house.node.chain().handed, 1);
}

#[test]
fn a_transaction_in_a_block_can_be_one_that_failed() {
    let mut house = sent();
    house.node.chain().mine(false);
    let ExecutionState::Mined(mined) = executed(&mut house) else { panic!() };
    assert_eq!(mined.outcome, Outcome::Failure);
    house.hears("FAILED in block 101");
    assert_ne!(house.shown().row.state, State::Ready, "its nonce is used");
}

#[test]
fn what_a_node_refuses_is_told_and_may_be_sent_again() {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    house.approve(1, 1);
    house.approve(2, 2);
    let (proposal, sender, seen) = (house.chosen, soft(1).address(), house.seen());
    let execute = |house: &House, most: U256| {
        let (passphrase, seen) = ("sesame".into(), seen.clone());
        house.wish(Wish::Execute { proposal, sender, passphrase, seen, most });
    };
    execute(&house, U256::ONE);
    house.hears("by now gas costs up to");
    house.node.chain().reverts = true;
    execute(&house, U256::MAX);
    house.hears("GS013");
    house.node.chain().reverts = false;
    let blind = Seen(vec!["something-else"]);
    house.wish(Wish::Execute { proposal, sender, passphrase: "sesame".into(), seen: blind, most: U256::MAX });
    house.hears("says something else by now");
    assert_eq!(house.node.chain().handed, 0, "nothing was handed to the node");
    assert!(!words(&house).contains(&"executing"));
    house.node.chain().refuses = Some("fee \u{1b}[31mtoo low".into());
    execute(&house, U256::MAX);
    house.hears("refuses it: fee [31mtoo low");
    assert_eq!(house.shown().row.state, State::Failed { retryable: true });
    house.node.chain().refuses = None;
    execute(&house, U256::MAX);
    house.until("that it is sent", |view| {
        view.proposal.as_ref().is_some_and(|shown| shown.row.state == State::Executing)
    });
}

#[test]
fn a_takeover_says_what_it_is_and_nobody_signs_it() {
    let mut house = House::new(Plan::hot(vec![takeover(7)]));
    let shown = house.shown();
    assert_eq!(shown.row.judgement, Judgement::Block);
    assert_eq!(shown.row.stop().as_deref(), Some("DELEGATECALL"));
    let call = &shown.safe().unwrap().calls[0];
    assert!(call.delegate && call.unknown == Some((Some([0xde, 0xad, 0xbe, 0xef]), 4)), "{call:?}");
    let (proposal, seen, seat) = (house.chosen, house.seen(), Who::Owner(soft(1).address()));
    let (passphrase, answers) = ("sesame".into(), vec![]);
    house.wish(Wish::Approve { proposal, seat, passphrase, seen: seen.clone(), answers });
    house.hears("must not be signed: delegatecall");
    house.wish(Wish::SignOnDevice { proposal, seat, seen, answers: vec![] });
    house.wish(Wish::Confirm(proposal));
    house.hears("no transaction service");
    assert!(words(&house).is_empty(), "{:?}", house.events());
}

#[test]
fn what_somebody_saw_is_what_they_sign_and_a_wrong_passphrase_signs_nothing() {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    let (proposal, seat) = (house.chosen, Who::Owner(soft(1).address()));
    let ask = |house: &House, passphrase: &str, seen| {
        house.wish(Wish::Approve { proposal, seat, passphrase: passphrase.into(), seen, answers: vec![] });
    };
    ask(&house, "sesame", Seen(vec![]));
    house.hears("says something else by now");
    assert!(words(&house).is_empty());
    let seen = house.seen();
    ask(&house, "sesami", seen);
    house.hears("passphrase");
    assert_eq!(house.shown().row.signed, 0);
}

#[test]
fn a_quorum_comes_together_in_files_and_a_forged_signature_counts_for_nothing() {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    house.approve(1, 1);
    let path = house.dir.path().join("out.json");
    house.wish(Wish::Export { proposal: house.chosen, path: path.clone() });
    house.hears("written to");
    let mut file = ExchangeFile::read(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(file.confirmations.len(), 1);
    let tx = payment(7, COIN);
    let (_, passed) = reviewed(&AT, &tx, &Facts::default());
    let given = soft(3).sign(&passed.unwrap()).unwrap();
    file.take(given).unwrap();
    let honest = file.json();
    // Somebody else's bytes in the friend's name.
    let theirs = file.confirmations.iter().map(|one| one.bytes().to_string()).collect::<Vec<_>>();
    let forged = honest.replace(&theirs[1], &theirs[0]);
    assert_ne!(forged, honest);
    house.wish(Wish::Import(Given::Text(forged)));
    house.hears("brings no signature that counts");
    assert_eq!(house.shown().row.signed, 1);
    house.wish(Wish::Import(Given::Text(honest)));
    house.until("the friend's", |view| view.proposal.as_ref().is_some_and(|shown| shown.row.state == State::Ready));
    // One that is not known yet begins with its file.
    let other = ExchangeFile::new(AT, payment(8, 5)).json();
    house.wish(Wish::Import(Given::Text(other)));
    house.hears("#2 begins with");
}

#[test]
fn refusals_end_what_can_no_longer_be_signed_and_a_nonce_can_be_used_up() {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    let to = format!("eth:{PAYEE}");
    let draft = |to: &str, amount: &str| Wish::Propose {
        safe: ID,
        draft: Draft::Transfer { to: to.into(), amount: amount.into(), token: None },
        memo: "rent".into(),
    };
    house.wish(draft(&to, "0.25"));
    house.hears("#2 is proposed");
    let rows = house.view().unwrap().proposals;
    assert_eq!((rows[0].nonce, &rows[0].leaves), (Some(U256::from(8)), &Leaves::Told("0.25 ETH".into())));
    house.wish(draft(&format!("gno:{PAYEE}"), "1"));
    house.hears("gno");
    house.wish(Wish::Propose { safe: ID, draft: Draft::Refusal(house.chosen), memo: String::new() });
    house.hears("#3 is proposed");
    let row = house.view().unwrap().proposals.remove(0);
    assert_eq!((row.number, row.kind, row.nonce), (3, Kind::Refusal, Some(U256::from(7))));
    assert!(row.codes.contains(&"nonce-competitor"), "{:?}", row.codes);
    let shown = house.shown();
    assert_eq!(shown.safe().unwrap().competitors.iter().map(|other| other.number).collect::<Vec<_>>(), [Some(3)]);
    assert!(house.events().iter().any(|event| matches!(event, SafeEvent::Proposed { kind: SafeKind::SafeReject, .. })));
    for number in [1, 2] {
        let (proposal, seat) = (house.chosen, Who::Owner(soft(number).address()));
        house.wish(Wish::Reject { proposal, seat, reason: "not what we agreed".into() });
    }
    house.until("that it is over", |view| {
        view.proposal.as_ref().is_some_and(|shown| shown.row.state == State::Rejected)
    });
}

#[test]
fn who_controls_a_safe_is_what_its_chain_says_and_signatures_are_counted_anew() {
    let mut house = House::new(Plan::hot(vec![payment(7, COIN)]));
    house.approve(1, 1);
    house.approve(2, 2);
    {
        let mut chain = house.node.chain();
        chain.height += 1;
        chain.owners = [2, 3, 4].map(|number| soft(number).address()).to_vec();
    }
    house.wish(Wish::Sync(Chosen::Safe(ID)));
    let view = house.until("the owners", |view| {
        view.proposal.as_ref().is_some_and(|shown| shown.row.signed == 1 && shown.row.state == State::Collecting)
    });
    let gone =
        view.proposal.unwrap().seats.iter().find(|seat| seat.id == Who::Owner(soft(1).address())).cloned().unwrap();
    assert_eq!(&*gone.note, "owns the Safe no longer");
    house.hears("says otherwise who controls it: owners");
}
