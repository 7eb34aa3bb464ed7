//! A desk with one Safe of three owners, the first of which is HOT here; its chain, and its service where there is one.

use crate::node::{AT, Node, SAFE};
use alloy_primitives::{Address, B256, U256, hex, keccak256};
use exchequer::desk::treasury::{
    Chosen, Devices, Place as Folders, ProposalView, Seen, TreasuryQuery, TreasurySettings, TreasuryView, Way, Ways,
    Who, Wish,
};
use exchequer::desk::{Command, Desk, Handle, Operator, Query, Scope, Settings};
use exchequer::device::Place;
use exchequer::feed::Clock;
use exchequer::market::{Interval, Timestamp};
use exchequer::money::Asset;
use exchequer::store::Journal;
use exchequer::store::journal::{Body, Reader, Who as Writer};
use exchequer::treasury::bitcoin::hot::Cost;
use exchequer::treasury::ethereum::hot::Account;
use exchequer::treasury::ethereum::proposal::{SafeEvent, SafeId, SafeKind, Source, Stand};
use exchequer::treasury::ethereum::{Operation, SafeTx, SafeVersion};
use exchequer::treasury::proposal::{Event, ProposalId, Treasury};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

pub const ID: SafeId = SafeId { chain_id: U256::ONE, address: SAFE };

/// Whom the proposals pay.
pub const PAYEE: Address = Address::repeat_byte(0xcc);

/// A software account; the same number gives the same.
pub fn soft(number: u8) -> Account {
    Account::from_hex(&hex::encode([number; 32])).unwrap()
}

/// A payment of so many wei.
pub fn payment(nonce: u64, wei: u64) -> SafeTx {
    SafeTx {
        to: PAYEE,
        value: U256::from(wei),
        data: Default::default(),
        operation: Operation::Call,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::from(nonce),
    }
}

/// The same, whose code would run as the Safe.
pub fn takeover(nonce: u64) -> SafeTx {
    SafeTx { operation: Operation::DelegateCall, data: vec![0xde, 0xad, 0xbe, 0xef].into(), ..payment(nonce, 0) }
}

/// A desk, what it was started with, and what it is asked about.
pub struct House {
    desk: Option<Desk>,
    pub handle: Handle<Operator>,
    pub node: Node,
    pub chosen: ProposalId,
    journal: PathBuf,
    pub dir: tempfile::TempDir,
    runtime: Option<Runtime>,
}

/// What a desk is started with.
pub struct Plan {
    pub owners: Vec<Address>,
    pub threshold: u64,
    pub txs: Vec<SafeTx>,
    pub devices: Vec<Place>,
    pub service: Option<String>,
}

impl Plan {
    /// Two of three, of which the first two are HOT here.
    pub fn hot(txs: Vec<SafeTx>) -> Self {
        let owners = [1, 2, 3].map(|number| soft(number).address()).to_vec();
        Self { owners, threshold: 2, txs, devices: vec![], service: None }
    }
}

impl House {
    pub fn new(plan: Plan) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let under = |name: &str| dir.path().join(name);
        let node = Node::new(plan.owners.clone(), plan.threshold);
        let place = Folders { journal: None, folder: under("treasury"), cache: under("cache") };
        for number in [1, 2] {
            place.seal_account(&soft(number), "sesame", Cost { memory: 256, passes: 1, lanes: 1 }).unwrap();
        }
        let service = plan.service.as_deref().map(Way::to);
        let ways = Ways { rpc: Way::to(&node.url()), second: None, service };
        place.set_ways(&BTreeMap::from([(U256::ONE, ways)])).unwrap();
        let proposals = written(&under("journal"), &plan);
        let treasury = TreasurySettings {
            place,
            prepare: None,
            base: Asset::new("USD").unwrap(),
            told: None,
            pretends: false,
            sync_every: Duration::from_millis(300),
            authorities: None,
            service_key: None,
            devices: Devices {
                ways: plan.devices,
                plugged: false,
                locks: under("devices"),
                patience: PATIENCE,
                bench: None,
            },
        };
        let settings = Settings {
            watch: vec![],
            book_depth: 10,
            stale_after: PATIENCE,
            urls: [].into(),
            rest_urls: [].into(),
            fees: [].into(),
            authorities: None,
            journal: Some(under("journal")),
            cache: None,
            portfolio: None,
            treasury: Some(treasury),
            saved: None,
            alerts: Default::default(),
            capture: None,
        };
        let runtime = Runtime::new().unwrap();
        let desk = runtime.block_on(async { Desk::start(settings).unwrap() });
        let handle = desk.handle(Scope::local());
        let chosen = proposals.first().copied().unwrap_or(ProposalId([0; 32]));
        let (desk, runtime, journal) = (Some(desk), Some(runtime), under("journal"));
        let mut house = Self { desk, handle, node, chosen, journal, dir, runtime };
        house.until("the chain", |view| view.safes.first().is_some_and(|safe| safe.balance.is_some()));
        house
    }

    fn query(&self) -> Query {
        Query {
            focus: None,
            levels: 1,
            group: None,
            trades: 0,
            interval: Interval::Minute1,
            candles: 0,
            across: None,
            portfolio: None,
            treasury: Some(TreasuryQuery { wallet: Some(Chosen::Safe(ID)), proposal: Some(self.chosen) }),
        }
    }

    /// What the desk shows now.
    pub fn view(&mut self) -> Option<TreasuryView> {
        let query = self.query();
        self.handle.view(&query).treasury
    }

    /// What the desk has said last.
    pub fn said(&mut self) -> String {
        let query = self.query();
        format!("{:?}", self.handle.view(&query).notices)
    }

    /// The first view in which this is so.
    pub fn until(&mut self, what: &str, there: impl Fn(&TreasuryView) -> bool) -> TreasuryView {
        let end = Instant::now() + PATIENCE;
        loop {
            let view = self.view();
            if let Some(view) = view.clone().filter(|view| there(view)) {
                return view;
            }
            let told = view.map(|view| {
                let proposal =
                    view.proposal.map(|shown| (shown.row.clone(), shown.seats.clone(), shown.history.clone()));
                (view.safes, view.signing, proposal)
            });
            assert!(Instant::now() < end, "{what} did not come: {}\n{told:#?}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until a notice has these words.
    pub fn hears(&mut self, words: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.said().contains(words) {
            assert!(Instant::now() < end, "nobody says {words}: {}", self.said());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn shown(&mut self) -> ProposalView {
        let chosen = self.chosen;
        let view =
            self.until("the proposal", |view| view.proposal.as_ref().is_some_and(|proposal| proposal.row.id == chosen));
        ProposalView::clone(&view.proposal.unwrap())
    }

    pub fn wish(&self, wish: Wish) {
        self.handle.command(Command::Treasury(wish));
    }

    pub fn seen(&mut self) -> Seen {
        Seen(self.shown().row.codes.clone())
    }

    /// Signs with a HOT account, and waits until so many have.
    pub fn approve(&mut self, number: u8, signed: usize) {
        let (proposal, seen) = (self.chosen, self.seen());
        let seat = Who::Owner(soft(number).address());
        self.wish(Wish::Approve { proposal, seat, passphrase: "sesame".into(), seen, answers: vec![] });
        self.until("the signature", |view| view.proposal.as_ref().is_some_and(|shown| shown.row.signed == signed));
    }

    /// The events of the journal about Safes.
    pub fn events(&self) -> Vec<SafeEvent> {
        let mut reader = Reader::open(&self.journal).unwrap();
        let mut events = Vec::new();
        while let Some(found) = reader.next().unwrap() {
            if let Body::Treasury(event) = found.entry.body
                && let Event::Safe(event) = *event.0
            {
                events.push(*event);
            }
        }
        events
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let (Some(desk), Some(runtime)) = (self.desk.take(), self.runtime.take()) {
            runtime.block_on(desk.stop("the test is over"));
        }
    }
}

/// A journal with the Safe as the node has it, and its proposals.
fn written(dir: &std::path::Path, plan: &Plan) -> Vec<ProposalId> {
    let (mut journal, clock, mut treasury) = (Journal::open(dir).0, Clock::start(), Treasury::default());
    let mut write = |event: SafeEvent| {
        let (at, event): (Timestamp, _) = (clock.now(), Event::Safe(Box::new(event)));
        treasury.apply(&event, at).unwrap();
        journal.append(at, Writer::LOCAL, &Body::Treasury(event.into())).unwrap();
    };
    for number in [1, 2] {
        write(SafeEvent::HotAccount { address: soft(number).address(), name: format!("desk {number}") });
    }
    let stand = Stand {
        block: 90,
        version: SafeVersion::V1_4_1,
        owners: plan.owners.clone(),
        threshold: U256::from(plan.threshold),
        nonce: U256::from(7),
        modules: vec![],
        guard: Address::ZERO,
        module_guard: Address::ZERO,
        fallback_handler: Address::ZERO,
        singleton: Address::repeat_byte(0x51),
        proxy_code: keccak256([1]),
        singleton_code: keccak256([2]),
    };
    write(SafeEvent::Added { safe: ID, name: "Treasury Safe".into(), stand });
    let mut ids = Vec::new();
    for tx in &plan.txs {
        let proposal = ProposalId::of_safe(&AT, tx, 1);
        ids.push(proposal);
        let expires_at = clock.now().plus(Duration::from_secs(86_400));
        write(SafeEvent::Proposed {
            proposal,
            safe: ID,
            policy: 1,
            kind: SafeKind::SafeTx,
            tx: tx.clone(),
            created_by: "ada".into(),
            memo: "rent".into(),
            expires_at,
            source: Source::Own,
            refund_overridden: false,
        });
    }
    ids
}

pub fn hash_of(tx: &SafeTx) -> B256 {
    tx.hashes(&AT).safe_tx
}
