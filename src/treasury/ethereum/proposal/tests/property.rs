//! Random sequences of events: whatever happens in whatever order, the rules hold.

use super::bench::*;
use crate::treasury::ethereum::SafeTx;
use crate::treasury::ethereum::proposal::*;
use crate::treasury::proposal::{Answer, Event, ProposalId, SeatState, State};
use alloy_primitives::{B256, Bytes, U256, keccak256};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// One thing that somebody tries; most are out of place when they come.
#[derive(Clone, Debug)]
enum Try {
    Propose(usize),
    Approve(usize, u8),
    Replay(usize, usize, u8),
    Reject(usize, u8),
    View(usize, u8),
    Cancel(usize),
    Expire(usize),
    Execute(usize, u8),
    Answer(usize, u8, u8),
    Mine(usize, u8, u8),
    Drop(usize, u8),
    Reorg(usize, u8),
    Owners(u8),
    Threshold(u64),
    Nonce(u64),
    Wait(i64),
}

const KEYS: u8 = 4;

/// Three with one nonce, a rejection of it, and two later ones.
fn payments() -> Vec<SafeTx> {
    vec![payment(1, 7), payment(2, 7), rejection(7), payment(3, 8), payment(4, 8)]
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let (p, k, n) = (0..5_usize, 0..KEYS, 0..3_u8);
    let one = prop_oneof![
        4 => p.clone().prop_map(Try::Propose),
        8 => (p.clone(), k.clone()).prop_map(|(p, k)| Try::Approve(p, k)),
        1 => (p.clone(), p.clone(), k.clone()).prop_map(|(p, q, k)| Try::Replay(p, q, k)),
        2 => (p.clone(), k.clone()).prop_map(|(p, k)| Try::Reject(p, k)),
        1 => (p.clone(), k).prop_map(|(p, k)| Try::View(p, k)),
        1 => p.clone().prop_map(Try::Cancel),
        1 => p.clone().prop_map(Try::Expire),
        4 => (p.clone(), n.clone()).prop_map(|(p, n)| Try::Execute(p, n)),
        2 => (p.clone(), n.clone(), n.clone()).prop_map(|(p, n, a)| Try::Answer(p, n, a)),
        3 => (p.clone(), n.clone(), n.clone()).prop_map(|(p, n, o)| Try::Mine(p, n, o)),
        1 => (p.clone(), n.clone()).prop_map(|(p, n)| Try::Drop(p, n)),
        1 => (p, n).prop_map(|(p, n)| Try::Reorg(p, n)),
        1 => (1..16_u8).prop_map(Try::Owners),
        1 => (1..4_u64).prop_map(Try::Threshold),
        1 => (6..10_u64).prop_map(Try::Nonce),
        1 => (0..DAY).prop_map(Try::Wait),
    ];
    proptest::collection::vec(one, 1..70)
}

/// Every key's signature over each payment: made once, signing is slow.
fn signatures() -> &'static Vec<Vec<Bytes>> {
    static MADE: OnceLock<Vec<Vec<Bytes>>> = OnceLock::new();
    MADE.get_or_init(|| {
        let at = Bench::new(2, 3).safe().at();
        let all = payments();
        all.iter().map(|tx| (0..KEYS).map(|n| sign(n, tx.hashes(&at).safe_tx)).collect()).collect()
    })
}

/// The newest proposal of a payment.
fn newest(bench: &Bench, n: usize) -> ProposalId {
    let tx = &payments()[n];
    let found = bench.treasury.safes().proposals().rev().find(|one| one.tx() == tx);
    found.map_or(ProposalId([0; 32]), |one| one.id)
}

/// The bytes of an execution of a payment.
fn bytes(p: usize, n: u8) -> Bytes {
    vec![2, u8::try_from(p).unwrap(), n].into()
}

/// The event of a try, as somebody would write it now.
fn event(bench: &Bench, what: &Try) -> Option<SafeEvent> {
    let proposal = |p: usize| newest(bench, p);
    let approved = |p: usize, of: usize, n: u8| {
        let mut event = SafeEvent::Approved {
            proposal: proposal(p),
            owner: account(n),
            signer: crate::treasury::proposal::Signer::File,
            signature: Bytes::new(),
            on_chain: None,
        };
        if let SafeEvent::Approved { signature, .. } = &mut event {
            *signature = signatures()[of][usize::from(n)].clone();
        }
        event
    };
    let seen = |change: &dyn Fn(&mut Stand)| {
        let mut stand = bench.safe().stand.clone();
        stand.block += 1;
        change(&mut stand);
        SafeEvent::Seen { safe: id(), stand }
    };
    Some(match *what {
        Try::Propose(p) => bench.proposed(&payments()[p]),
        Try::Approve(p, n) => approved(p, p, n),
        Try::Replay(p, of, n) => approved(p, of, n),
        Try::Reject(p, n) => rejected(proposal(p), n),
        Try::View(p, n) => SafeEvent::Viewed { proposal: proposal(p), owner: account(n), digest: "d".into() },
        Try::Cancel(p) => SafeEvent::Cancelled { proposal: proposal(p), reason: "no".into() },
        Try::Expire(p) => SafeEvent::Expired { proposal: proposal(p) },
        Try::Execute(p, n) => {
            let SafeEvent::Executing { sender, account_nonce, fees, .. } = executing(proposal(p), n) else {
                unreachable!()
            };
            let raw = bytes(p, n);
            SafeEvent::Executing { proposal: proposal(p), tx_hash: keccak256(&raw), sender, account_nonce, fees, raw }
        }
        Try::Answer(p, n, answer) => {
            let answer = match answer {
                0 => Answer::Accepted,
                1 => Answer::Refused { reason: "no".into(), retryable: true },
                _ => Answer::Refused { reason: "no".into(), retryable: false },
            };
            SafeEvent::Sent { proposal: proposal(p), tx_hash: keccak256(bytes(p, n)), node: "n".into(), answer }
        }
        Try::Mine(p, n, outcome) => SafeEvent::Mined {
            proposal: proposal(p),
            tx_hash: keccak256(bytes(p, n)),
            height: 1,
            block: B256::repeat_byte(n),
            outcome: [Outcome::Success, Outcome::Failure, Outcome::Reverted][usize::from(outcome)],
        },
        Try::Drop(p, n) => SafeEvent::Dropped { proposal: proposal(p), tx_hash: keccak256(bytes(p, n)) },
        Try::Reorg(p, n) => SafeEvent::Reorged { proposal: proposal(p), block: B256::repeat_byte(n) },
        Try::Owners(bits) => seen(&|stand| {
            stand.owners = (0..KEYS).filter(|n| bits & (1 << n) != 0).map(account).collect();
            stand.threshold = stand.threshold.min(U256::from(stand.owners.len()));
        }),
        Try::Threshold(threshold) => seen(&|stand| stand.threshold = U256::from(threshold)),
        Try::Nonce(nonce) => seen(&|stand| stand.nonce = U256::from(nonce)),
        Try::Wait(_) => return None,
    })
}

/// What has to hold of a proposal, whatever has happened.
fn holds(bench: &Bench, proposal: &SafeProposal) -> Result<(), TestCaseError> {
    let safe = bench.safe();
    let name = proposal.state().name();
    if proposal.mined().is_some() {
        prop_assert!(matches!(proposal.state(), State::Confirmed | State::Failed { retryable: false }), "{}", name);
        return Ok(());
    }
    // Counted from signatures that verify, by those who own the Safe, whatever any entry says.
    let asked = proposal.asked();
    let valid: BTreeSet<_> = proposal.confirmations().iter().map(|one| one.owner).collect();
    for one in proposal.confirmations() {
        prop_assert!(one.check(&asked, &safe.facts(), &Default::default()).unwrap().is_empty());
    }
    prop_assert_eq!(valid.len(), proposal.approved().count());
    prop_assert!(valid.iter().all(|owner| safe.owns(owner)));
    prop_assert_eq!(proposal.owners().count(), safe.stand.owners.len());
    let given = proposal.owners().filter(|seat| matches!(seat.state, SeatState::Approved { .. }));
    prop_assert_eq!(given.count(), valid.len(), "an owner's valid signature counts");
    let enough = valid.len() >= safe.stand.required();
    match proposal.state() {
        State::Ready => prop_assert!(enough),
        State::Collecting => prop_assert!(!enough && !valid.is_empty() && !proposal.is_hopeless()),
        State::Proposed => prop_assert!(valid.is_empty() && !proposal.is_hopeless()),
        State::Executing => prop_assert!(proposal.pending().count() > 0),
        State::Conflicted(_) => prop_assert!(proposal.tx().nonce < safe.stand.nonce),
        State::Confirmed => prop_assert!(false, "without a block"),
        _ => {}
    }
    if proposal.state().is_open() {
        prop_assert!(proposal.tx().nonce >= safe.stand.nonce && proposal.pending().count() == 0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn whatever_happens_the_rules_hold(tries in tries()) {
        let mut bench = Bench::new(2, 3);
        let start = bench.clone();
        let (mut now, mut log) = (1, Vec::new());
        for what in &tries {
            let Some(event) = event(&bench, what) else {
                if let Try::Wait(seconds) = what {
                    now += seconds / 20;
                }
                continue;
            };
            let before = bench.clone();
            if bench.does(event.clone(), now).is_err() {
                prop_assert_eq!(format!("{:?}", before.treasury), format!("{:?}", bench.treasury), "refused, and changed");
                continue;
            }
            log.push((Event::Safe(Box::new(event.clone())), at(now)));
            let safes = bench.treasury.safes();
            for proposal in safes.proposals() {
                holds(&bench, proposal)?;
            }
            // An execution begins with a quorum, at the Safe's own nonce.
            if let SafeEvent::Executing { proposal, .. } = &event {
                let found = bench.proposal(*proposal);
                prop_assert!(found.has_quorum() && found.tx().nonce == bench.safe().stand.nonce);
            }
            // A nonce is used once, and what else wanted it is over.
            let used: Vec<_> = safes.proposals().filter(|one| one.mined().is_some()).collect();
            let nonces: BTreeSet<_> = used.iter().map(|one| one.tx().nonce).collect();
            prop_assert_eq!(nonces.len(), used.len());
            for winner in used {
                prop_assert!(safes.competitors(winner).is_empty());
            }
        }
        // The fold is a function of its entries, as they come back from text.
        let mut again = start.treasury;
        for (event, at) in &log {
            let read: Event = serde_json::from_str(&serde_json::to_string(event).unwrap()).unwrap();
            prop_assert_eq!(&read, event);
            again.apply(&read, *at).unwrap();
        }
        prop_assert_eq!(format!("{:?}", again), format!("{:?}", bench.treasury));
    }

    #[test]
    fn the_order_of_approvals_does_not_matter(order in Just(vec![0_u8, 1, 2]).prop_shuffle(), upto in 0_usize..4) {
        let fold = |keys: &[u8]| {
            let mut bench = Bench::new(2, 3);
            let id = bench.propose(&payment(1, 7));
            keys.iter().for_each(|n| bench.approve(id, *n).unwrap());
            format!("{:?}", bench.treasury)
        };
        let keys = &order[..upto];
        let mut sorted = keys.to_vec();
        sorted.sort_unstable();
        prop_assert_eq!(fold(keys), fold(&sorted));
    }
}
