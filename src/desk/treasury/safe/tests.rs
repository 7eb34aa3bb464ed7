//! Safes of a desk without a terminal, a chain or a service: what they are worth, and what an event makes of the view.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use crate::desk::chronicle::Chronicle;
use crate::desk::portfolio::bookkeeping::Bookkeeping;
use crate::desk::portfolio::{HoldingView, Part, PortfolioQuery, PortfolioSettings};
use crate::desk::shared::Shared;
use crate::desk::state::State;
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::device::Devices;
use crate::desk::treasury::place::{Funds, Place, TreasurySettings, Way, Ways};
use crate::desk::treasury::view::{Chosen, ProposalView, ServiceState, SyncState, TreasuryQuery, TreasuryView};
use crate::desk::treasury::wish::Wish;
use crate::desk::{Mode, Owning, Scope};
use crate::feed::Clock;
use crate::market::{BookUpdate, Change, Event as Told, Timestamp, VenueId};
use crate::money::{Asset, Fixed};
use crate::portfolio::basis::Method;
use crate::portfolio::valuation::Limits;
use crate::store::Journal;
use crate::store::journal::{Body, Who};
use crate::treasury::ethereum::build::{Control, Payment, What, controls, transaction};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId, SafeKind, Source, Stand};
use crate::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use crate::treasury::proposal::{Event, ProposalId, Treasury};
use alloy_primitives::{Address, B256, U256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

const TOKEN: Address = Address::repeat_byte(0x70);
const ODD: Address = Address::repeat_byte(0x71);
const SAFE: SafeId = SafeId { chain_id: U256::ONE, address: Address::repeat_byte(0x5a) };

fn at() -> SafeAt {
    SAFE.at(SafeVersion::V1_4_1)
}

fn stand() -> Stand {
    Stand {
        block: 90,
        version: SafeVersion::V1_4_1,
        owners: [1, 2, 3].map(Address::repeat_byte).to_vec(),
        threshold: U256::from(2),
        nonce: U256::ZERO,
        modules: vec![],
        guard: Address::ZERO,
        module_guard: Address::ZERO,
        fallback_handler: Address::ZERO,
        singleton: Address::repeat_byte(0x51),
        proxy_code: B256::repeat_byte(1),
        singleton_code: B256::repeat_byte(2),
    }
}

fn pays(nonce: u64, what: What) -> SafeTx {
    let ask = Payment { what, to: Address::repeat_byte(0xcc) }.ask(SAFE.address).unwrap();
    transaction(&at(), U256::from(nonce), &[ask]).unwrap()
}

/// A desk whose Safe has two coins and two tokens, of which somebody vouches for one.
fn desk(dir: &std::path::Path, txs: &[SafeTx]) -> (Clerk, Vec<ProposalId>) {
    let place = Place { journal: None, folder: dir.join("treasury"), cache: dir.join("cache") };
    let (mut journal, clock, mut treasury) =
        (Journal::open(&dir.join("journal")).0, Clock::start(), Treasury::default());
    let mut write = |event: SafeEvent| {
        let (at, event) = (clock.now(), Event::Safe(Box::new(event)));
        treasury.apply(&event, at).unwrap();
        journal.append(at, Who::LOCAL, &Body::Treasury(event.into())).unwrap();
    };
    write(SafeEvent::Added { safe: SAFE, name: "Treasury Safe".into(), stand: stand() });
    for (token, symbol, trusted) in [(TOKEN, "WBTC", true), (ODD, "WBTC", false)] {
        let (chain, symbol) = (SAFE.chain_id, symbol.to_owned());
        write(SafeEvent::TokenPinned { chain, token, symbol, decimals: 8, trusted });
    }
    let mut ids = Vec::new();
    for tx in txs {
        let proposal = ProposalId::of_safe(&at(), tx, 1);
        ids.push(proposal);
        write(SafeEvent::Proposed {
            proposal,
            safe: SAFE,
            policy: 1,
            kind: SafeKind::SafeTx,
            tx: tx.clone(),
            created_by: "ada".into(),
            memo: "rent".into(),
            expires_at: clock.now().plus(Duration::from_secs(86_400)),
            source: Source::Own,
            refund_overridden: false,
        });
    }
    drop(journal);
    let wei = U256::from(2_000_000_000_000_000_000_u64);
    let tokens = BTreeMap::from([(TOKEN, U256::from(50_000_000)), (ODD, U256::from(50_000_000))]);
    let funds = Funds { block: 90, at: Timestamp::from_secs(5), wei, tokens };
    place.keep_funds(SAFE.chain_id, SAFE.address, &funds).unwrap();
    let settings = TreasurySettings {
        place,
        prepare: None,
        base: Asset::new("USD").unwrap(),
        told: None,
        pretends: false,
        sync_every: Duration::from_secs(60),
        authorities: None,
        service_key: None,
        devices: Devices {
            ways: Vec::new(),
            plugged: false,
            locks: dir.join("devices"),
            patience: Duration::from_secs(60),
            bench: None,
        },
    };
    let shared = Arc::new(Shared::new(State::new(Mode::Live, vec![], Duration::from_secs(30)), Clock::start()));
    let chronicle = Chronicle::open(&dir.join("journal"), &shared);
    let chronicle = Some(Arc::new(Mutex::new(chronicle)));
    (Clerk::open(settings, shared, chronicle, Some(&dir.join("journal")), Arc::default()), ids)
}

/// A book of a coin that the desk heard so long ago.
fn price(clerk: &Clerk, symbol: &str, price: i64, ago: u64) {
    let level = |price| vec![Change { price: Fixed::new(price, 0), quantity: Fixed::new(1, 0) }];
    let update = BookUpdate {
        snapshot: true,
        depth: None,
        bids: level(price - 1),
        asks: level(price + 1),
        sequence: None,
        checksum: None,
        exchange_time: None,
    };
    let now = clerk.shared.now().nanos() - i64::try_from(ago).unwrap() * 1_000_000_000;
    let told = Told::Book { symbol: symbol.parse().unwrap(), update };
    clerk.shared.state().market.apply(VenueId::Kraken, told, Timestamp::from_nanos(now));
}

fn view(clerk: &mut Clerk, proposal: Option<ProposalId>) -> TreasuryView {
    clerk.show(None);
    let shown = clerk.shared.state().treasury.clone().unwrap();
    shown.view(&TreasuryQuery { wallet: Some(Chosen::Safe(SAFE)), proposal }).unwrap()
}

fn proposal(clerk: &mut Clerk, id: ProposalId) -> ProposalView {
    ProposalView::clone(&view(clerk, Some(id)).proposal.unwrap())
}

#[test]
fn t30_values_are_of_the_desks_books_with_their_age_and_of_trusted_symbols_alone() {
    let dir = tempfile::tempdir().unwrap();
    let coin = pays(0, What::Coin { amount: U256::from(1_000_000_000_000_000_000_u64) });
    let token = pays(1, What::Token { token: TOKEN, amount: U256::from(25_000_000) });
    let odd = pays(2, What::Token { token: ODD, amount: U256::from(25_000_000) });
    let (mut clerk, ids) = desk(dir.path(), &[coin, token, odd]);
    let values = |clerk: &mut Clerk| {
        let of = |clerk: &mut Clerk, id| proposal(clerk, id).row.value.map(|value| value.normalize().to_string());
        let all: Vec<_> = ids.iter().map(|id| of(clerk, *id)).collect();
        let view = view(clerk, None);
        (all, view.safes[0].value.map(|value| value.normalize().to_string()))
    };
    assert_eq!(values(&mut clerk), (vec![None, None, None], None), "no venue tells a price");
    price(&clerk, "ETH/USD", 3_000, 7);
    price(&clerk, "WBTC/USD", 100_000, 3);
    let told = |text: &str| Some(text.to_owned());
    let (all, safe) = values(&mut clerk);
    assert_eq!(all, [told("3000"), told("25000"), None], "nobody vouches for the last one's symbol");
    assert_eq!(safe, told("6000"));
    let shown = view(&mut clerk, None);
    let price = &shown.safes[0].price;
    assert!(price.at.unwrap().age(clerk.shared.now()) >= Duration::from_secs(7));
    let page = shown.safe.unwrap();
    let tokens: Vec<_> = page.tokens.iter().map(|token| (&*token.amount, token.value.is_some())).collect();
    assert_eq!(tokens, [("0.5 WBTC", true), ("0.5 «WBTC»", false)]);
    let rows = proposal(&mut clerk, ids[0]).verdict.rows.clone();
    let total = rows.iter().find(|row| row.label == "total").unwrap();
    assert!(total.parts.iter().any(|part| part.contains("3,000.00 USD (7.")), "{total:?}");
}

#[tokio::test]
async fn what_the_chain_last_said_is_in_the_desks_portfolio() {
    let dir = tempfile::tempdir().unwrap();
    let (mut clerk, _) = desk(dir.path(), &[]);
    let (watched, usd) = (Address::repeat_byte(0xa1), Asset::new("USD").unwrap());
    let event = SafeEvent::Watched { chain: SAFE.chain_id, address: watched, name: "Gas".into() };
    clerk.record(&Scope::local(), Event::Safe(Box::new(event))).unwrap();
    let wei = U256::from(500_000_000_000_000_000_u64);
    let funds = Funds { block: 91, at: clerk.shared.now(), wei, tokens: BTreeMap::new() };
    clerk.settings.place.keep_funds(SAFE.chain_id, watched, &funds).unwrap();
    let limits = Limits { stale: Duration::from_secs(30), expired: Duration::from_secs(300) };
    let settings = PortfolioSettings { base: usd, limits, benchmark: None, basis: BTreeMap::new() };
    let owning = Owning { settings, given: Some(Arc::default()), history: None };
    let mut books = Bookkeeping::begin(owning, None, None, Arc::clone(&clerk.shared));
    while clerk.shared.state().portfolios.is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut held = |clerk: &mut Clerk| {
        clerk.read_watched();
        clerk.show(None);
        books.follow();
        let query = PortfolioQuery { shown: 0, base: None, method: Method::Fifo, entries: (0, 9) };
        let mut state = clerk.shared.state();
        let view = state.portfolios.as_mut().unwrap().view(&query, clerk.shared.now())?;
        let part = |holding: &HoldingView, part: &Part| {
            let standing = part.look.unwrap().standing;
            format!("{} {} {}: {standing:?}", part.account, part.quantity, holding.asset)
        };
        let parts = view.holdings.iter().flat_map(|holding| holding.parts.iter().map(move |one| part(holding, one)));
        Some((parts.collect::<Vec<_>>(), view.total.nav(), view.entry_count))
    };
    price(&clerk, "ETH/USD", 3_000, 0);
    let entries = view(&mut clerk, None).journal.entries;
    let (parts, nav, count) = held(&mut clerk).unwrap();
    // The look at the Safe was long ago; nobody vouches for the other token.
    let all = ["safe/Gas 0.5 ETH: Fresh", "safe/Treasury Safe 2 ETH: Stale", "safe/Treasury Safe 0.5 WBTC: Stale"];
    assert_eq!((parts, nav, count), (all.map(str::to_owned).to_vec(), 7_500.into(), 0));
    let safe = clerk.safes.get_mut(&SAFE).unwrap();
    safe.funds = Some(Funds { block: 92, wei, ..funds });
    let (parts, nav, _) = held(&mut clerk).unwrap();
    assert_eq!(
        (parts, nav),
        (["safe/Gas 0.5 ETH: Fresh", "safe/Treasury Safe 0.5 ETH: Fresh"].map(str::to_owned).to_vec(), 3_000.into())
    );
    assert_eq!(view(&mut clerk, None).journal.entries, entries, "nothing was written");
    // In the demo they are there to be seen, and what the demo owns is told apart.
    let shared = Arc::clone(&clerk.shared);
    let mut state = shared.state();
    (state.mode, state.balances) = (Mode::Demo, None);
    drop(state);
    clerk.show(None);
    assert!(clerk.shared.state().balances.is_none());
}

#[test]
fn a_safe_without_ways_is_off_and_cannot_be_asked() {
    let dir = tempfile::tempdir().unwrap();
    let (mut clerk, ids) = desk(dir.path(), &[pays(0, What::Coin { amount: U256::from(5) })]);
    let shown = view(&mut clerk, None);
    let safe = &shown.safes[0];
    assert_eq!((&safe.sync.state, &safe.service.state), (&SyncState::Off, &ServiceState::Off));
    assert_eq!(safe.balance.as_deref(), Some("2 ETH"), "what was kept from before");
    let scope = Scope::local();
    let entries = shown.journal.entries;
    let wishes = [
        Wish::Sync(Chosen::Safe(SAFE)),
        Wish::Confirm(ids[0]),
        Wish::Estimate { proposal: ids[0], sender: Address::repeat_byte(1) },
    ];
    for wish in wishes {
        let told = format!("{wish:?}");
        assert!(clerk.carry_out(&scope, wish).unwrap_err().contains("nobody has said how"), "{told}");
    }
    assert_eq!(view(&mut clerk, None).journal.entries, entries, "nothing was written");
    // The number counts proposals of wallets and Safes together, and stays.
    assert_eq!(proposal(&mut clerk, ids[0]).row.number, 1);
}

#[test]
fn the_table_of_control_tells_before_and_after() {
    let dir = tempfile::tempdir().unwrap();
    let before = stand().state(U256::ZERO, BTreeMap::new());
    let asks = controls(&at(), &before, &[Control::Threshold(U256::from(3))]).unwrap();
    let change = transaction(&at(), U256::ZERO, &asks).unwrap();
    let (mut clerk, ids) = desk(dir.path(), &[]);
    assert!(ids.is_empty());
    let safe = clerk.treasury.safe(SAFE).unwrap().clone();
    let scope = Scope::local();
    let id = clerk.begin_safe(&scope, &safe, change, Source::Own, (String::new(), Duration::from_secs(60))).unwrap();
    let shown = proposal(&mut clerk, id);
    let table = &shown.safe().unwrap().control;
    let quorum = table.iter().find(|line| line.what == "quorum").unwrap();
    assert_eq!((&*quorum.before, &*quorum.after, quorum.changes()), ("2 of 3", "3 of 3", true));
    assert_eq!(table.iter().filter(|line| line.changes()).count(), 1, "{table:?}");
    assert_eq!(shown.row.kind, crate::desk::treasury::Kind::Control);
}

#[test]
fn of_whatever_is_new_the_chain_is_asked_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let (mut clerk, _) = desk(dir.path(), &[pays(0, What::Coin { amount: U256::from(5) })]);
    // Nothing listens there, and nobody asks yet.
    let ways = Ways { rpc: Way::to("http://127.0.0.1:1"), second: None, service: None };
    clerk.settings.place.set_ways(&[(SAFE.chain_id, ways)].into()).unwrap();
    clerk.follow_wallets();
    assert!(clerk.unasked.contains(&SAFE), "as the journal has it");
    drop(clerk.safe_question(SAFE).unwrap());
    assert!(clerk.unasked.is_empty());
    let safe = clerk.treasury.safe(SAFE).unwrap().clone();
    let (tx, memo) = (pays(1, What::Coin { amount: U256::from(6) }), (String::new(), Duration::from_secs(60)));
    clerk.begin_safe(&Scope::local(), &safe, tx, Source::File, memo).unwrap();
    assert!(clerk.unasked.contains(&SAFE), "what came by file calls what nobody has looked at");
}
