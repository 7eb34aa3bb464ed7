//! The treasury of a desk without a terminal and without a chain: what each step makes of its view.

use super::clerk::Clerk;
use super::device::Devices;
use super::follow::Found;
use super::place::{Place, TreasurySettings};
use super::view::{Chosen, ProposalView, SeatStanding, SyncState, TreasuryQuery, TreasuryView, Who};
use super::wish::{Given, Seen, Wish};
use crate::chain::{ChainError, Progress, Status, Watch};
use crate::desk::chronicle::Chronicle;
use crate::desk::shared::Shared;
use crate::desk::state::State;
use crate::desk::{Health, Mode, Operator, Scope};
use crate::feed::Clock;
use crate::market::{BookUpdate, Change, Event as Told, Symbol, Timestamp, VenueId};
use crate::money::{Asset, Fixed};
use crate::store::Journal;
use crate::store::journal::{Body, Who as Writer};
use crate::treasury::bitcoin::build::{Payment, Sum, Terms, pay};
use crate::treasury::bitcoin::coins::Marks;
use crate::treasury::bitcoin::coins::bench::Bench;
use crate::treasury::bitcoin::hot::Cost;
use crate::treasury::bitcoin::wallet::{Chain, Spot, WalletId};
use crate::treasury::proposal::{Event, Kind, PackedPacket, ProposalId, SeatId, State as Standing, Treasury};
use bdk_wallet::Update;
use bdk_wallet::chain::BlockId;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, FeeRate, ScriptBuf, WScriptHash};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Whoever writes the journal beside the desk: the command line, in another process.
struct Pen {
    journal: Journal,
    treasury: Treasury,
    clock: Clock,
}

impl Pen {
    fn write(&mut self, event: Event) {
        let at = self.clock.now();
        self.treasury.apply(&event, at).unwrap();
        self.journal.append(at, Writer::LOCAL, &Body::Treasury(event.into())).unwrap();
    }
}

/// A 2-of-3 whose first two keys lie here, with two coins; a journal that says so.
struct House {
    dir: tempfile::TempDir,
    bench: Bench,
    scope: Scope<Operator>,
}

impl House {
    fn new() -> (Self, Pen) {
        let dir = tempfile::tempdir().unwrap();
        let mut bench = Bench::multi("wsh", 2, 3);
        bench.fund(Chain::Receive, 0, 1_000_000, 900);
        bench.fund(Chain::Receive, 1, 500_000, 901);
        let mut house = Self { dir, bench, scope: Scope::local() };
        let place = house.place();
        for key in &house.bench.signers[..2] {
            place.seal_key(key, "sesame", Cost { memory: 256, passes: 1, lanes: 1 }).unwrap();
        }
        place.keep(&mut house.bench.state).unwrap();
        let clock = Clock::start();
        let journal = Journal::open(&house.journal()).0;
        let mut pen = Pen { journal, treasury: Treasury::default(), clock };
        for key in &house.bench.signers[..2] {
            pen.write(Event::HotKey { fingerprint: key.fingerprint(), name: "desk".into() });
        }
        let wallet = house.bench.state.wallet().clone();
        pen.write(Event::WalletAdded {
            wallet: wallet.id(),
            name: wallet.name().to_owned(),
            network: wallet.network(),
            descriptors: wallet.descriptors(),
            format: "descriptor".into(),
            notes: vec![],
            names: vec![],
            labels: vec![],
        });
        let address = wallet.address(Spot { chain: Chain::Receive, index: 0 }).unwrap().to_string();
        for (seat, _) in SeatId::all(wallet.policy()) {
            let (wallet, address) = (wallet.id(), address.clone());
            pen.write(Event::AddressConfirmed { wallet, seat, address });
        }
        (house, pen)
    }

    fn journal(&self) -> PathBuf {
        self.dir.path().join("journal")
    }

    fn place(&self) -> Place {
        let under = |name: &str| self.dir.path().join(name);
        Place { journal: None, folder: under("treasury"), cache: under("cache") }
    }

    fn wallet(&self) -> WalletId {
        self.bench.state.wallet().id()
    }

    /// Somebody proposes a payment of so much.
    fn propose(&self, pen: &mut Pen, sat: u64) -> ProposalId {
        let script = ScriptBuf::new_p2wsh(&WScriptHash::hash(&sat.to_be_bytes()));
        let payment = Payment { script, sum: Sum::Exactly(Amount::from_sat(sat)) };
        let terms = Terms::at(FeeRate::from_sat_per_kwu(1_250));
        let built = pay(&self.bench.state, &Marks::default(), &[payment], &terms).unwrap();
        let proposal = ProposalId::of(&built.packet.psbt.unsigned_tx, self.wallet(), 1);
        pen.write(Event::Proposed {
            proposal,
            wallet: self.wallet(),
            policy: 1,
            kind: Kind::BtcSpend,
            created_by: "ada".into(),
            memo: "rent".into(),
            expires_at: pen.clock.now().plus(Duration::from_secs(86_400)),
            replaces: None,
            recovery: None,
            unarmed: false,
            packet: PackedPacket::pack(&built.packet),
        });
        proposal
    }

    /// A desk starts here.
    fn open(&self) -> Clerk {
        let settings = TreasurySettings {
            place: self.place(),
            prepare: None,
            base: Asset::new("USD").unwrap(),
            told: None,
            pretends: true,
            sync_every: Duration::from_secs(60),
            authorities: None,
            service_key: None,
            devices: Devices {
                ways: Vec::new(),
                plugged: false,
                locks: self.dir.path().join("devices"),
                patience: Duration::from_secs(60),
                bench: None,
            },
        };
        let state = State::new(Mode::Live, vec![], Duration::from_secs(30));
        let shared = Arc::new(Shared::new(state, Clock::start()));
        let chronicle = Chronicle::open(&self.journal(), &shared);
        Clerk::open(settings, shared, Some(Arc::new(Mutex::new(chronicle))), Some(&self.journal()), Arc::default())
    }

    /// A signed with key `n`, as the view asks for it.
    fn approve(&self, clerk: &mut Clerk, id: ProposalId, n: usize, passphrase: &str) -> Result<String, String> {
        let view = proposal(clerk, id);
        let fingerprint = self.bench.signers[n].fingerprint();
        let seat = view.seats.iter().find(|seat| is(seat.id, fingerprint)).unwrap().id;
        let seen = Seen(view.row.codes.clone());
        let passphrase = passphrase.into();
        clerk.carry_out(&self.scope, Wish::Approve { proposal: id, seat, passphrase, seen, answers: vec![] })
    }

    /// What a chain answered.
    fn heard(&self, clerk: &mut Clerk, became: &[(ProposalId, Status)]) -> Result<(), String> {
        let update = Ok(Box::new(Update::default()));
        clerk.take(&self.scope, Found { wallet: self.wallet(), update, became: became.to_vec() })
    }
}

fn is(seat: Who, fingerprint: bitcoin::bip32::Fingerprint) -> bool {
    matches!(seat, Who::Seat(seat) if seat.fingerprint == fingerprint)
}

fn view(clerk: &mut Clerk, proposal: Option<ProposalId>) -> TreasuryView {
    clerk.show(None);
    let shown = clerk.shared.state().treasury.clone().unwrap();
    shown.view(&TreasuryQuery { wallet: None, proposal }).unwrap()
}

fn proposal(clerk: &mut Clerk, id: ProposalId) -> ProposalView {
    let shown = view(clerk, Some(id)).proposal.unwrap();
    assert_eq!(shown.row.id, id);
    ProposalView::clone(&shown)
}

/// All that the view says, but for ages.
fn said(clerk: &mut Clerk, id: ProposalId) -> String {
    let mut shown = proposal(clerk, id);
    shown.reviewed = Timestamp::from_secs(0);
    format!("{shown:?}")
}

fn block(height: u32) -> BlockId {
    Bench::block(height)
}

#[test]
fn approvals_are_counted_as_they_come_and_nobody_is_missing_once_there_are_enough() {
    let (house, mut pen) = House::new();
    let id = house.propose(&mut pen, 200_000);
    drop(pen);
    let mut clerk = house.open();
    let before = proposal(&mut clerk, id).row;
    assert_eq!((before.number, before.signed, before.state), (1, 0, Standing::Proposed));
    let hot: Vec<bool> = before.missing.iter().map(|missing| missing.hot).collect();
    assert_eq!(hot.iter().filter(|hot| **hot).count(), 2, "two of the three keys lie here: {hot:?}");
    assert!(house.approve(&mut clerk, id, 0, "sesame").unwrap().contains("1 of 2"));
    let row = proposal(&mut clerk, id).row;
    assert_eq!((row.signed, row.missing.len(), row.state), (1, 2, Standing::Collecting));
    assert!(house.approve(&mut clerk, id, 1, "sesame").unwrap().contains("it can be finished"));
    let shown = proposal(&mut clerk, id);
    assert_eq!((shown.row.signed, shown.row.missing.len(), shown.row.state), (2, 0, Standing::Ready));
    assert_eq!(shown.seats.iter().filter(|seat| matches!(seat.standing, SeatStanding::Approved(_))).count(), 2);
    assert!(!shown.row.finished);
    let before = view(&mut clerk, None).journal;
    clerk.carry_out(&house.scope, Wish::Finalise(id)).unwrap();
    assert!(proposal(&mut clerk, id).row.finished);
    let after = view(&mut clerk, None).journal;
    assert!(after.entries == before.entries + 1 && after.head != before.head, "{before:?} {after:?}");
    let waiting = clerk.shared.state().treasury.as_ref().unwrap().waiting().unwrap();
    assert_eq!((waiting.collecting, waiting.ready), (0, 1));
}

#[test]
fn what_is_refused_changes_nothing() {
    let (house, mut pen) = House::new();
    let id = house.propose(&mut pen, 200_000);
    drop(pen);
    let mut clerk = house.open();
    let (before, entries) = (said(&mut clerk, id), clerk.shared.state().store.entries);
    let view = proposal(&mut clerk, id);
    let seat = view.seats[0].id;
    let blind = Seen(vec!["something-else"]);
    let (passphrase, answers) = ("sesame".into(), vec![]);
    let refused = [
        Wish::Approve { proposal: id, seat, passphrase, seen: blind.clone(), answers },
        Wish::Finalise(id),
        Wish::Broadcast { proposal: id, seen: blind },
        Wish::Import(Given::Text("cHNidP8=".into())),
        Wish::Import(Given::File(house.dir.path().join("nothing"))),
        Wish::Sync(Chosen::Wallet(house.wallet())),
    ];
    for wish in refused {
        let told = format!("{wish:?}");
        clerk.carry_out(&house.scope, wish).expect_err(&told);
        assert_eq!(said(&mut clerk, id), before, "{told}");
    }
    assert_eq!(clerk.shared.state().store.entries, entries, "nothing was written");
    // A wrong passphrase is written down as that: the review was shown.
    assert!(house.approve(&mut clerk, id, 0, "sesami").unwrap_err().contains("passphrase"));
    assert_eq!(proposal(&mut clerk, id).row.signed, 0);
    let path = house.dir.path().join("out.psbt");
    clerk.carry_out(&house.scope, Wish::Export { proposal: id, path: path.clone() }).unwrap();
    assert!(clerk.carry_out(&house.scope, Wish::Export { proposal: id, path }).is_err(), "nothing is overwritten");
}

/// A book of BTC/USD that the desk heard so long ago.
fn price(clerk: &Clerk, ago: u64) {
    let level = |price| vec![Change { price: Fixed::new(price, 0), quantity: Fixed::new(1, 0) }];
    let update = BookUpdate {
        snapshot: true,
        depth: None,
        bids: level(99_999),
        asks: level(100_001),
        sequence: None,
        checksum: None,
        exchange_time: None,
    };
    let symbol: Symbol = "BTC/USD".parse().unwrap();
    let now = clerk.shared.now().nanos() - i64::try_from(ago).unwrap() * 1_000_000_000;
    let told = Told::Book { symbol, update };
    clerk.shared.state().market.apply(VenueId::Kraken, told, Timestamp::from_nanos(now));
}

#[test]
fn what_things_are_worth_is_told_with_the_age_of_the_price() {
    let (house, mut pen) = House::new();
    let id = house.propose(&mut pen, 200_000);
    drop(pen);
    let mut clerk = house.open();
    assert_eq!(proposal(&mut clerk, id).row.value, None, "no venue tells one");
    price(&clerk, 7);
    let shown = proposal(&mut clerk, id);
    assert_eq!(shown.row.value, "200".parse().ok());
    let paid = shown.verdict.rows.iter().find(|row| row.parts.iter().any(|part| part.starts_with("payment"))).unwrap();
    let age = paid.parts.iter().find(|part| part.contains("200") && part.contains("USD")).unwrap();
    assert!(age.contains("(7.") && age.ends_with("s)"), "{age}");
    let told = view(&mut clerk, None).price.unwrap();
    assert!(told.at.unwrap().age(clerk.shared.now()) >= Duration::from_secs(7));
}

#[test]
fn what_is_confirmed_stays_among_what_waits_for_a_day_with_its_block() {
    let (house, mut pen) = House::new();
    let older = house.propose(&mut pen, 100_000);
    let id = house.propose(&mut pen, 200_000);
    drop(pen);
    let mut clerk = house.open();
    house.approve(&mut clerk, id, 0, "sesame").unwrap();
    house.approve(&mut clerk, id, 1, "sesame").unwrap();
    house.heard(&mut clerk, &[(id, Status::Confirmed(block(1_002)))]).unwrap();
    let rows = view(&mut clerk, None).proposals;
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [id, older], "it keeps its place");
    assert_eq!((rows[0].state, rows[0].block), (Standing::Confirmed, Some(1_002)));
    let events = proposal(&mut clerk, id).history.len();
    house.heard(&mut clerk, &[(id, Status::Confirmed(block(1_002)))]).unwrap();
    assert_eq!(proposal(&mut clerk, id).history.len(), events, "the same news is told once");
    // Also after another start.
    drop(clerk);
    let mut clerk = house.open();
    assert_eq!(view(&mut clerk, None).proposals[0].block, Some(1_002));
    house.heard(&mut clerk, &[(id, Status::Unknown)]).unwrap();
    let row = proposal(&mut clerk, id).row;
    assert_eq!((row.state, row.block), (Standing::Executing, None), "its block has gone");
}

#[test]
fn a_chain_that_fails_is_said_and_what_was_known_stays() {
    let (house, mut pen) = House::new();
    house.propose(&mut pen, 200_000);
    drop(pen);
    let mut clerk = house.open();
    let before = view(&mut clerk, None).wallets[0].balance;
    assert_eq!(before.unwrap().confirmed, Amount::from_sat(1_500_000));
    let silent = ChainError::Unreachable { host: "example.org".into(), reason: "silence".into() };
    let found = Found { wallet: house.wallet(), update: Err(silent), became: vec![] };
    clerk.take(&house.scope, found).unwrap_err();
    let wallet = view(&mut clerk, None).wallets.remove(0);
    assert!(matches!(&wallet.sync.state, SyncState::Failed(reason) if reason.contains("silence")), "{:?}", wallet.sync);
    assert_eq!(wallet.balance, before);
    // How far a look has come is seen while it is under way.
    let followed = clerk.followed.get_mut(&house.wallet()).unwrap();
    followed.sync.state = followed.steps.state();
    followed.steps.progress(Progress { done: 30, of: Some(40), found: 1 });
    assert_eq!(view(&mut clerk, None).wallets[0].sync.state, SyncState::Running { done: 30, of: Some(40) });
    house.heard(&mut clerk, &[]).unwrap();
    let wallet = view(&mut clerk, None).wallets.remove(0);
    assert!(wallet.sync.state == SyncState::Idle && wallet.sync.at.is_some());
}

#[test]
fn a_desk_that_only_reads_sees_what_another_process_writes() {
    let (house, mut pen) = House::new();
    let mut clerk = house.open();
    assert!(clerk.read_only.is_some(), "the pen has the lock");
    assert!(view(&mut clerk, None).proposals.is_empty());
    let id = house.propose(&mut pen, 200_000);
    clerk.catch_up();
    let shown = view(&mut clerk, None);
    assert_eq!(shown.proposals[0].id, id);
    assert_eq!(shown.proposal.unwrap().history.len(), 1);
    let store = clerk.shared.state().store.clone();
    assert!(matches!(store.journal, Health::ReadOnly(_)));
    let end = pen.journal.link();
    assert_eq!((store.entries, store.head.to_string()), (end.seq, end.hash.to_string()));
    assert_eq!((shown.journal.entries, shown.journal.head), (store.entries, store.head));
    clerk.catch_up();
    assert_eq!(view(&mut clerk, None).proposals.len(), 1, "nothing is taken in twice");
    // It writes nothing itself, whatever the chain says and whatever is wished.
    house.heard(&mut clerk, &[(id, Status::Confirmed(block(1_002)))]).unwrap();
    assert!(house.approve(&mut clerk, id, 0, "sesame").unwrap_err().contains("nothing is changed"));
    assert_eq!(view(&mut clerk, None).proposals[0].state, Standing::Proposed);
    pen.write(Event::Cancelled { proposal: id, reason: "a mistake".into() });
    clerk.catch_up();
    assert_eq!(view(&mut clerk, None).proposals[0].state, Standing::Cancelled);
}

#[test]
fn what_cannot_have_happened_is_not_shown_in_part() {
    let (house, mut pen) = House::new();
    let id = house.propose(&mut pen, 200_000);
    let mut clerk = house.open();
    assert_eq!(view(&mut clerk, None).proposals.len(), 1);
    let never = Event::Reorged { proposal: id, block: bitcoin::BlockHash::all_zeros() };
    pen.journal.append(pen.clock.now(), Writer::LOCAL, &Body::Treasury(never.into())).unwrap();
    clerk.catch_up();
    clerk.show(None);
    let shown = clerk.shared.state().treasury.clone().unwrap();
    let shown = shown.view(&TreasuryQuery::default()).unwrap();
    assert!(shown.proposals.is_empty() && shown.wallets.is_empty());
    assert!(shown.read_only.unwrap().contains("cannot have happened"));
}

#[test]
fn a_wish_for_the_chain_waits_in_line_and_holds_up_nobody() {
    let (house, pen) = House::new();
    drop(pen);
    let mut clerk = house.open();
    let wish = || Wish::Sync(Chosen::Wallet(house.wallet()));
    assert!(clerk.carry_out(&house.scope, wish()).unwrap_err().contains("has no chain"));
    assert!(clerk.wanted.is_empty());
    // Nothing listens there, and nobody asks yet.
    let source = "esplora:http://127.0.0.1:1".parse().unwrap();
    house.place().set_sources(&[(house.wallet(), source)].into()).unwrap();
    clerk.follow_wallets();
    clerk.carry_out(&house.scope, wish()).unwrap();
    assert_eq!(clerk.wanted, [Chosen::Wallet(house.wallet())]);
}
