//! Random sequences of events: whatever happens in whatever order, the rules hold.

use super::bench::*;
use crate::treasury::bitcoin::signature;
use crate::treasury::proposal::*;
use bitcoin::BlockHash;
use bitcoin::hashes::Hash;
use proptest::prelude::*;
use std::sync::OnceLock;

/// One thing that somebody tries; most are out of place when they come.
#[derive(Clone, Debug)]
enum Try {
    Propose(usize),
    Approve(usize, usize),
    Replay(usize, usize, usize),
    Reject(usize, usize),
    View(usize, usize),
    Cancel(usize),
    Expire(usize),
    Finalise(usize),
    Broadcasting(usize),
    Answer(usize, u8),
    Confirm(usize),
    Reorg(usize),
    Bump,
    Wait(i64),
}

const PAYMENTS: usize = 4;

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let p = 0..PAYMENTS;
    let s = 0..3_usize;
    let one = prop_oneof![
        3 => p.clone().prop_map(Try::Propose),
        6 => (p.clone(), s.clone()).prop_map(|(p, s)| Try::Approve(p, s)),
        1 => (p.clone(), p.clone(), s.clone()).prop_map(|(p, q, s)| Try::Replay(p, q, s)),
        2 => (p.clone(), s.clone()).prop_map(|(p, s)| Try::Reject(p, s)),
        1 => (p.clone(), s).prop_map(|(p, s)| Try::View(p, s)),
        1 => p.clone().prop_map(Try::Cancel),
        1 => p.clone().prop_map(Try::Expire),
        3 => p.clone().prop_map(Try::Finalise),
        3 => p.clone().prop_map(Try::Broadcasting),
        2 => (p.clone(), 0..3_u8).prop_map(|(p, a)| Try::Answer(p, a)),
        1 => p.clone().prop_map(Try::Confirm),
        1 => p.prop_map(Try::Reorg),
        1 => Just(Try::Bump),
        1 => (0..DAY).prop_map(Try::Wait),
    ];
    proptest::collection::vec(one, 1..60)
}

/// The bench, the payments, and every seat's signatures over each: made once, signing is slow.
struct Stock {
    bench: Bench,
    payments: Vec<bitcoin::Psbt>,
    signatures: Vec<Vec<Vec<InputSignature>>>,
}

fn stock() -> &'static Stock {
    static STOCK: OnceLock<Stock> = OnceLock::new();
    STOCK.get_or_init(|| {
        let bench = Bench::new(2, 3);
        let coins: [&[u8]; PAYMENTS] = [&[0], &[0, 1], &[1], &[2]];
        let payments: Vec<_> = coins.iter().map(|coins| bench.payment(coins, 40_000)).collect();
        let signatures =
            payments.iter().map(|psbt| (0..3).map(|seat| bench.signatures(psbt, seat)).collect()).collect();
        Stock { bench, payments, signatures }
    })
}

/// The event of a try, as somebody would write it now.
fn event(stock: &Stock, treasury: &Treasury, what: &Try) -> Option<Event> {
    let wallet = stock.bench.wallet.id();
    let policy = treasury.vault(wallet).unwrap().policy;
    let id = |n: usize| ProposalId::of(&stock.payments[n].unsigned_tx, wallet, policy);
    let txid = |n: usize| stock.payments[n].unsigned_tx.compute_txid();
    let (seats, block) = (stock.bench.seats(), BlockHash::all_zeros());
    let approved = |n: usize, of: usize, seat: usize| Event::Approved {
        proposal: id(n),
        seat: seats[seat],
        signer: Signer::File,
        signatures: stock.signatures[of][seat].clone(),
    };
    Some(match *what {
        Try::Propose(n) => {
            // The last payment is proposed as what replaces the first.
            let replaces = (n == 1).then(|| id(0)).filter(|id| treasury.proposal(*id).is_ok());
            let mut bench = stock.bench.clone();
            bench.treasury = treasury.clone();
            bench.proposed_with(&stock.payments[n], replaces)
        }
        Try::Approve(n, seat) => approved(n, n, seat),
        Try::Replay(n, of, seat) => approved(n, of, seat),
        Try::Reject(n, seat) => {
            let (key, reason) = (stock.bench.identity(seats[seat]), "no".to_owned());
            let signature = key.refuse(id(n), seats[seat], &reason);
            Event::Rejected { proposal: id(n), seat: seats[seat], reason, identity: key.identity(), signature }
        }
        Try::View(n, seat) => Event::Viewed { proposal: id(n), seat: seats[seat], digest: "d".into() },
        Try::Cancel(n) => Event::Cancelled { proposal: id(n), reason: "no".into() },
        Try::Expire(n) => Event::Expired { proposal: id(n) },
        Try::Finalise(n) => Event::Finalised { proposal: id(n), txid: txid(n) },
        Try::Broadcasting(n) => Event::Broadcasting { proposal: id(n), txid: txid(n) },
        Try::Answer(n, answer) => {
            let refused = |retryable| Answer::Refused { reason: "no".into(), retryable };
            let answer = match answer {
                0 => Answer::Accepted,
                1 => refused(true),
                _ => refused(false),
            };
            Event::Broadcast { proposal: id(n), txid: txid(n), node: "n".into(), answer }
        }
        Try::Confirm(n) => Event::Confirmed { proposal: id(n), txid: txid(n), height: 1, block },
        Try::Reorg(n) => Event::Reorged { proposal: id(n), block },
        Try::Bump => Event::PolicyBumped { wallet, version: policy + 1, reason: "x".into() },
        Try::Wait(_) => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_happens_the_rules_hold(tries in tries()) {
        let stock = stock();
        let mut treasury = stock.bench.treasury.clone();
        let (mut now, mut log) = (1, Vec::new());
        for what in &tries {
            let Some(event) = event(stock, &treasury, what) else {
                if let Try::Wait(seconds) = what {
                    now += seconds / 20;
                }
                continue;
            };
            let before = treasury.clone();
            let done = treasury.apply(&event, at(now));
            if done.is_err() {
                prop_assert_eq!(format!("{:?}", before), format!("{:?}", treasury), "refused, and changed");
                continue;
            }
            log.push((event.clone(), at(now)));
            for proposal in treasury.proposals() {
                // Counted from signatures that verify, whatever any entry says.
                let verified = signature::verify(&proposal.signed(), &stock.bench.wallet);
                prop_assert_eq!(verified.complete().count(), proposal.approved().count());
                prop_assert!(verified.strays.is_empty());
                prop_assert!(proposal.packet().psbt.inputs.iter().all(|input| input.partial_sigs.is_empty()));
                let past_quorum = matches!(proposal.state(), State::Ready | State::Executing | State::Failed { .. });
                let mined_elsewhere = log.iter().any(|(event, _)| matches!(event, Event::Confirmed { .. }));
                if past_quorum && !mined_elsewhere {
                    prop_assert!(verified.enough());
                }
                if matches!(proposal.state(), State::Proposed | State::Collecting) {
                    prop_assert!(!verified.enough() && !proposal.is_hopeless());
                }
                // No state is skipped: what moved, moved by moves that exist.
                if let Ok(earlier) = before.proposal(proposal.id) {
                    let (from, to) = (earlier.state(), proposal.state());
                    let by_way_of = |mid: State| from.may_become(mid) && mid.may_become(to);
                    prop_assert!(
                        from == to || from.may_become(to) || by_way_of(State::Collecting),
                        "{} became {}", from.name(), to.name()
                    );
                } else {
                    prop_assert_eq!(proposal.state(), State::Proposed);
                }
            }
            // Two that spend one coin are never both on their way, but a replacement and what it replaces.
            let away: Vec<_> = treasury.proposals().filter(|p| p.state() == State::Executing).collect();
            for one in &away {
                for other in &away {
                    let related = one.replaces == Some(other.id) || other.replaces == Some(one.id);
                    let reorged = log.iter().any(|(event, _)| matches!(event, Event::Reorged { .. }));
                    prop_assert!(one.id == other.id || related || reorged || one.shares(other).is_none());
                }
            }
        }
        // The fold is a function of its entries, as they come back from text.
        let mut again = stock.bench.treasury.clone();
        for (event, at) in &log {
            let text = serde_json::to_string(event).unwrap();
            let read: Event = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&read, event);
            again.apply(&read, *at).unwrap();
        }
        prop_assert_eq!(format!("{:?}", again), format!("{:?}", treasury));
    }

    #[test]
    fn the_order_of_approvals_does_not_matter(order in Just(vec![0_usize, 1, 2]).prop_shuffle(), upto in 0_usize..4) {
        let stock = stock();
        let fold = |seats: &[usize]| {
            let mut treasury = stock.bench.treasury.clone();
            treasury.apply(&event(stock, &treasury, &Try::Propose(1)).unwrap(), at(1)).unwrap();
            for seat in seats {
                treasury.apply(&event(stock, &treasury, &Try::Approve(1, *seat)).unwrap(), at(2)).unwrap();
            }
            format!("{:?}", treasury)
        };
        let seats = &order[..upto];
        let mut sorted = seats.to_vec();
        sorted.sort_unstable();
        prop_assert_eq!(fold(seats), fold(&sorted));
    }
}
