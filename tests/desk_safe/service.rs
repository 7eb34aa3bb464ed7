//! The transaction service at the desk: an honest one brings proposals and signatures, a hostile one changes no verdict.

use crate::house::{House, ID, Plan, payment, soft, takeover};
use crate::node::AT;
use alloy_primitives::U256;
use exchequer::desk::treasury::{Chosen, ProposalRow, ServiceState, Wish};
use exchequer::sim::{Field, KnownSafe, ServiceFault, ServiceServer, ServiceSettings};
use exchequer::treasury::ethereum::proposal::{SafeEvent, Source};
use exchequer::treasury::proposal::State;
use exchequer::treasury::verdict::Judgement;
use tokio::runtime::Runtime;

fn service() -> (Runtime, ServiceServer) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(ServiceServer::start(ServiceSettings::default())).unwrap();
    let owners = [1, 2, 3].map(|number| soft(number).address()).to_vec();
    server.world(|world| world.learn(KnownSafe { nonce: U256::from(7), ..KnownSafe::new(AT, owners, 2) }));
    (runtime, server)
}

fn plan(server: &ServiceServer, txs: Vec<exchequer::treasury::ethereum::SafeTx>) -> Plan {
    Plan { service: Some(server.url()), ..Plan::hot(txs) }
}

#[test]
fn what_one_desk_tells_the_service_another_finds_there_with_its_signatures() {
    let (_runtime, server) = service();
    let mut house = House::new(plan(&server, vec![payment(7, 5)]));
    house.wish(Wish::Confirm(house.chosen));
    house.hears("nobody has signed it yet");
    house.approve(1, 1);
    house.wish(Wish::Confirm(house.chosen));
    house.hears("has it, with 1 signature more");
    assert_eq!(server.world(|world| world.hashes().len()), 1);
    house.approve(2, 2);
    house.wish(Wish::Confirm(house.chosen));
    house.until("that both are told", |view| {
        view.proposal.as_ref().is_some_and(|shown| shown.safe().is_some_and(|tx| tx.posted.len() == 3))
    });
    house.wish(Wish::Confirm(house.chosen));
    house.hears("was told all of it before");
    let chosen = house.chosen;
    let mut other = House::new(plan(&server, vec![]));
    other.chosen = chosen;
    let row =
        other.until("the proposal", |view| view.proposal.as_ref().is_some_and(|shown| shown.row.state == State::Ready));
    let safe = &row.safes[0];
    assert_eq!((&safe.service.state, safe.service.verified, safe.service.quarantined), (&ServiceState::Fine, 1, 0));
    let sources = other.events().into_iter();
    let sources =
        sources.filter_map(|event| if let SafeEvent::Proposed { source, .. } = event { Some(source) } else { None });
    assert_eq!(sources.collect::<Vec<_>>(), [Source::Service]);
    drop(house);
}

/// All that a verdict says of a row.
fn verdicts(rows: &[ProposalRow]) -> Vec<(u64, Judgement, usize, Vec<&'static str>)> {
    rows.iter().map(|row| (row.number, row.judgement, row.signed, row.codes.clone())).collect()
}

#[test]
fn a_hostile_service_makes_no_verdict_better_and_signs_for_nobody() {
    let (_runtime, server) = service();
    let mut house = House::new(plan(&server, vec![payment(7, 5)]));
    house.approve(1, 1);
    house.wish(Wish::Confirm(house.chosen));
    house.hears("has it, with 1 signature more");
    let chosen = house.chosen;
    drop(house);
    let mut house = House::new(plan(&server, vec![takeover(7), payment(7, 5)]));
    house.chosen = chosen;
    house.until("the service", |view| view.safes[0].service.state == ServiceState::Fine);
    house.until("the signature", |view| view.proposal.as_ref().is_some_and(|shown| shown.row.signed == 1));
    let before = house.view().unwrap().proposals;
    let faults = [
        ServiceFault::Forged(Field::To),
        ServiceFault::Forged(Field::Value),
        ServiceFault::Forged(Field::Operation),
        ServiceFault::Foreign,
        ServiceFault::Wrong,
        ServiceFault::Swapped,
        ServiceFault::Replayed,
        ServiceFault::Approved,
        ServiceFault::Contract,
        ServiceFault::Owners,
        ServiceFault::Version,
        ServiceFault::Decoded,
        ServiceFault::Absurd,
        ServiceFault::Escapes,
        ServiceFault::EscapedRefusal,
        ServiceFault::Garbage,
        ServiceFault::Redirect,
        ServiceFault::Cut,
        ServiceFault::Hidden,
        ServiceFault::Empty,
    ];
    for fault in faults {
        let heard = house.view().unwrap().safes[0].service.clone();
        server.fault(fault, 1_000);
        house.wish(Wish::Sync(Chosen::Safe(ID)));
        let view = house.until("an answer", |view| {
            let service = &view.safes[0].service;
            service.at != heard.at || service.state != heard.state
        });
        let rows: Vec<ProposalRow> = view.proposals.iter().filter(|row| row.number <= 2).cloned().collect();
        assert_eq!(verdicts(&rows), verdicts(&before), "{fault:?}");
        assert!(view.proposals.iter().all(|row| row.number <= 2), "{fault:?}: {:?}", view.proposals);
        let told = format!("{:?}{:?}", view.safes, view.safe);
        assert!(!told.contains("\\u{1b}") && !told.contains('\u{1b}'), "{fault:?}: {told}");
        server.heal();
        house.wish(Wish::Sync(Chosen::Safe(ID)));
        house.until("that it is well again", |view| {
            view.safes[0].service.state == ServiceState::Fine && view.safes[0].service.quarantined == 0
        });
    }
    server.fault(ServiceFault::Forged(Field::To), 1_000);
    let view = house.until("what is set aside", |view| view.safes[0].service.quarantined > 0);
    assert_eq!(view.safe.unwrap().quarantined.len(), view.safes[0].service.quarantined);
    assert_eq!(view.safes[0].service.verified, 0);
}
