//! What is shown of the treasury: made on the clerk's thread, so that a view of it is a few copies of what is there.

mod safe;
mod safe_proposal;

pub(super) use safe_proposal::challenges as safe_challenges;

use super::clerk::{Clerk, Followed};
use super::device::Hatch;
use super::price::{leaves, shown as price_shown};
use super::view::{
    AddressView, Balance, Challenge, Chosen, CoinView, HotKey, JournalView, KeyView, Kind, Leaves, Missing, Payee,
    PriceView, ProposalRow, ProposalView, Recipients, SafePage, SafeView, SeatStanding, SeatView, Subject, SyncState,
    SyncView, TreasuryQuery, TreasuryView, Waiting, WalletPage, WalletView, collects, sendable,
};
use crate::market::{Timestamp, printable};
use crate::treasury::bitcoin::coins::Holdings;
use crate::treasury::bitcoin::psbt::Version;
use crate::treasury::bitcoin::review::facts::Quote;
use crate::treasury::bitcoin::review::{Kind as Found, Review};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet, WalletId};
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::proposal::{Listed, Proposal, ProposalId, Seat, SeatId, SeatState, State, Vault};
use bitcoin::{Amount, Network, OutPoint, SignedAmount};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// Proposals that are told: those that are open before those that are done with.
const MOST_PROPOSALS: usize = 200;

/// Coins of a wallet that are told.
const MOST_COINS: usize = 500;

/// How long a confirmation is news.
const NEWS: Duration = Duration::from_secs(86_400);

/// Characters of an address that have to be typed when it resembles another.
const TYPED: usize = 8;

/// All that can be asked for.
#[derive(Clone, Debug)]
pub(in crate::desk) struct Shown {
    price: Option<PriceView>,
    wallets: Vec<WalletView>,
    pages: BTreeMap<WalletId, Arc<WalletPage>>,
    safes: Vec<SafeView>,
    safe_pages: BTreeMap<SafeId, Arc<SafePage>>,
    rows: Vec<ProposalRow>,
    proposals: BTreeMap<ProposalId, Arc<ProposalView>>,
    journal: JournalView,
    at_work: Option<Arc<str>>,
    read_only: Option<Arc<str>>,
    hatch: Arc<Hatch>,
}

impl Shown {
    /// What waits; nothing where there is no wallet.
    pub fn waiting(&self) -> Option<Waiting> {
        let count = |what: fn(&ProposalRow) -> bool| self.rows.iter().filter(|row| what(row)).count();
        let waiting = Waiting { collecting: count(|row| collects(row.state)), ready: count(|row| sendable(row.state)) };
        (!self.is_empty()).then_some(waiting)
    }

    fn is_empty(&self) -> bool {
        self.wallets.is_empty() && self.safes.is_empty()
    }

    /// The page that a query asks for; the first one where it asks for none that is here.
    fn page(&self, wanted: Option<Chosen>) -> (Option<Arc<WalletPage>>, Option<Arc<SafePage>>) {
        let wallet = |id| self.pages.get(&id).cloned();
        let safe = |id| self.safe_pages.get(&id).cloned();
        let found = match wanted {
            Some(Chosen::Wallet(id)) => (wallet(id), None),
            Some(Chosen::Safe(id)) => (None, safe(id)),
            None => (None, None),
        };
        match (found, self.wallets.first(), self.safes.first()) {
            ((None, None), Some(first), _) => (wallet(first.id), None),
            ((None, None), None, Some(first)) => (None, safe(first.id)),
            (found, ..) => found,
        }
    }

    /// What a query asks for; nothing where there is no wallet and nothing to say.
    pub fn view(&self, query: &TreasuryQuery) -> Option<TreasuryView> {
        if self.is_empty() && self.read_only.is_none() && self.at_work.is_none() {
            return None;
        }
        let (wallet, safe) = self.page(query.wallet);
        let proposal = query.proposal.and_then(|id| self.proposals.get(&id));
        let proposal = proposal.or_else(|| self.proposals.get(&self.rows.first()?.id)).cloned();
        Some(TreasuryView {
            price: self.price.clone(),
            wallets: self.wallets.clone(),
            safes: self.safes.clone(),
            wallet,
            safe,
            proposals: self.rows.clone(),
            proposal,
            journal: self.journal.clone(),
            at_work: self.at_work.clone(),
            // As they are now: a device does not wait for the rest to be made anew.
            signing: self.hatch.signing(),
            simulated: self.hatch.simulated(),
            read_only: self.read_only.clone(),
        })
    }
}

/// Makes all that can be asked for.
pub(super) fn shown(clerk: &mut Clerk, at_work: Option<&str>) -> Shown {
    let (now, quotes) = (clerk.shared.now(), clerk.quotes());
    let price = price_shown(&quotes, &clerk.settings.base, now);
    let spends = spends(clerk, now);
    let mut wallets = Vec::new();
    let mut pages = BTreeMap::new();
    for vault in clerk.treasury.vaults().filter(|vault| vault.archived.is_none()) {
        let followed = clerk.followed.get(&vault.wallet.id());
        let holdings = followed.map(|followed| followed.state.holdings(&vault.marks()));
        let holdings = holdings.filter(|holdings| holdings.tip.is_some());
        wallets.push(wallet(clerk, vault, followed, holdings.as_ref(), &price));
        pages.insert(vault.wallet.id(), Arc::new(page(clerk, vault, followed, holdings.as_ref(), &spends)));
    }
    wallets.sort_by(|a, b| a.name.cmp(&b.name));
    let (safes, safe_pages) = safe::shown(clerk, now);
    let numbered: Vec<(u64, ProposalId)> = (1..).zip(clerk.treasury.queue().map(Listed::id)).collect();
    let mut newest: Vec<_> = numbered.into_iter().rev().collect();
    let stays = |id: ProposalId| clerk.treasury.listed(id).is_ok_and(|proposal| keeps_its_place(proposal, now));
    newest.sort_by_key(|(_, id)| !stays(*id));
    newest.truncate(MOST_PROPOSALS);
    let (mut rows, mut proposals) = (Vec::new(), BTreeMap::new());
    for (number, id) in newest {
        if let Ok(proposal) = clerk.treasury.safe_proposal(id).cloned() {
            let Some(view) = safe_proposal::shown(clerk, &proposal, number, now) else { continue };
            rows.push(view.row.clone());
            proposals.insert(id, Arc::new(view));
            continue;
        }
        let Some((review, lives)) = reviewed(clerk, id, &quotes, now) else { continue };
        let Ok(proposal) = clerk.treasury.proposal(id) else { continue };
        let Ok(vault) = clerk.treasury.vault(proposal.wallet) else { continue };
        let view = proposal_view(clerk, vault, proposal, number, &review, &price);
        if !lives {
            clerk.done.insert(id, review);
        }
        rows.push(view.row.clone());
        proposals.insert(id, Arc::new(view));
    }
    Shown {
        price: Some(price),
        wallets,
        pages,
        safes,
        safe_pages,
        rows,
        proposals,
        journal: clerk.end(),
        at_work: at_work.map(Into::into),
        read_only: clerk.read_only.as_deref().map(|reason| printable(reason).into()),
        hatch: Arc::clone(&clerk.hatch),
    }
}

/// Whether a proposal stands among those that wait: one that is confirmed stays there for a day, so that whoever sent it
/// sees what has become of it.
fn keeps_its_place(proposal: Listed<'_>, now: Timestamp) -> bool {
    let mined = match proposal {
        Listed::Bitcoin(proposal) => proposal.mined.map(|mined| mined.at),
        Listed::Safe(proposal) => proposal.mined().map(|(_, mined)| mined.at),
    };
    let news = mined.is_some_and(|at| at.age(now) < NEWS);
    proposal.state_at(now).is_live() || (proposal.state() == State::Confirmed && news)
}

/// The review of a proposal, and whether another moment may change it.
fn reviewed(clerk: &Clerk, id: ProposalId, quotes: &[Quote], now: Timestamp) -> Option<(Arc<Review>, bool)> {
    let proposal = clerk.treasury.proposal(id).ok()?;
    let lives = proposal.state_at(now).is_live();
    if let Some(known) = clerk.done.get(&id).filter(|_| !lives) {
        return Some((Arc::clone(known), lives));
    }
    let vault = clerk.treasury.vault(proposal.wallet).ok()?;
    Some((Arc::new(clerk.review(vault, proposal, quotes)), lives))
}

/// Which open proposal spends which coin.
fn spends(clerk: &Clerk, now: Timestamp) -> HashMap<OutPoint, u64> {
    let open = clerk.treasury.proposals().filter(|proposal| proposal.state_at(now).is_live());
    let spent = open.flat_map(|proposal| {
        let number = clerk.number(proposal.id);
        proposal.coins().map(move |coin| (coin, number)).collect::<Vec<_>>()
    });
    spent.collect()
}

fn seat_name(vault: &Vault, seat: SeatId) -> Arc<str> {
    vault.seat_name(seat).into()
}

fn is_hot(clerk: &Clerk, seat: SeatId) -> bool {
    clerk.treasury.is_hot(seat.fingerprint)
}

fn wallet(
    clerk: &Clerk,
    vault: &Vault,
    followed: Option<&Followed>,
    holdings: Option<&Holdings>,
    price: &PriceView,
) -> WalletView {
    let policy = vault.wallet.policy();
    let seats: Vec<SeatId> = SeatId::all(policy).map(|(seat, _)| seat).collect();
    let balance = holdings.map(|holdings| {
        let signed = |amount: Amount| amount.to_signed().unwrap_or(SignedAmount::ZERO);
        let balance = holdings.balance;
        Balance {
            confirmed: balance.confirmed,
            pending: signed(balance.incoming) - signed(balance.outgoing),
            frozen: balance.frozen,
        }
    });
    let worth = vault.wallet.network() == Network::Bitcoin || clerk.settings.pretends;
    let armed = clerk.treasury.is_armed(vault);
    let unconfirmed = if armed { 0 } else { vault.unconfirmed().len() };
    let off = SyncView { state: SyncState::Off, source: "".into(), at: None, height: None };
    WalletView {
        id: vault.wallet.id(),
        name: vault.wallet.name().into(),
        network: vault.wallet.network(),
        quorum: policy.quorum(),
        hot: seats.iter().filter(|seat| is_hot(clerk, **seat)).count(),
        confirmed: (seats.len().saturating_sub(unconfirmed), seats.len()),
        value: balance.filter(|_| worth).and_then(|balance| price.value(balance.confirmed)),
        balance,
        sync: followed.map_or(off, Followed::sync),
    }
}

fn page(
    clerk: &Clerk,
    vault: &Vault,
    followed: Option<&Followed>,
    holdings: Option<&Holdings>,
    spends: &HashMap<OutPoint, u64>,
) -> WalletPage {
    let tip = holdings.and_then(|holdings| holdings.tip).map_or(0, |tip| tip.height);
    let address = |spot| address(&vault.wallet, spot);
    let coin = |coin: &crate::treasury::bitcoin::coins::Coin| CoinView {
        outpoint: coin.outpoint,
        spot: coin.spot,
        address: address(coin.spot).address,
        amount: coin.value,
        confirmations: coin.confirmed.map_or(0, |confirmed| (tip + 1).saturating_sub(confirmed.height)),
        label: printable(coin.label.as_deref().unwrap_or_default()).into(),
        frozen: coin.frozen,
        spent_by: spends.get(&coin.outpoint).copied(),
    };
    let mut coins: Vec<CoinView> = holdings.into_iter().flat_map(|holdings| &holdings.coins).map(coin).collect();
    coins.sort_by_key(|coin| (std::cmp::Reverse(coin.amount), coin.outpoint));
    let count = coins.len();
    coins.truncate(MOST_COINS);
    let next = followed.map(|followed| {
        // What was handed out is not handed out again, though nobody has paid there yet.
        let unused = followed.state.next(Chain::Receive).index;
        let after = vault.given.map_or(0, |given| given.saturating_add(1));
        address(Spot { chain: Chain::Receive, index: unused.max(after) })
    });
    let key = |seat: SeatId| KeyView {
        seat,
        name: vault.names.get(&seat).map(|name| printable(name).into()).unwrap_or_default(),
        hot: is_hot(clerk, seat),
        confirmed: vault.confirmed.contains_key(&seat),
    };
    WalletPage {
        id: vault.wallet.id(),
        coins,
        count,
        first: address(Spot { chain: Chain::Receive, index: 0 }),
        next: next.filter(|_| clerk.treasury.is_armed(vault)),
        keys: SeatId::all(vault.wallet.policy()).map(|(seat, _)| key(seat)).collect(),
    }
}

fn address(wallet: &Wallet, spot: Spot) -> AddressView {
    let address = wallet.address(spot).map(|address| address.to_string()).unwrap_or_default();
    AddressView { spot, address: address.into(), label: "".into() }
}

fn proposal_view(
    clerk: &Clerk,
    vault: &Vault,
    proposal: &Proposal,
    number: u64,
    review: &Review,
    price: &PriceView,
) -> ProposalView {
    let now = clerk.shared.now();
    let (sent, others) = leaves(&review.outputs);
    let payee = |output: &&crate::treasury::bitcoin::review::Output| Payee {
        address: output.address.as_ref().map_or_else(|| output.script.to_hex_string(), ToString::to_string).into(),
        label: printable(output.name.as_deref().unwrap_or_default()).into(),
    };
    let worth = vault.wallet.network() == Network::Bitcoin || clerk.settings.pretends;
    let verdict = &review.verdict;
    let state = proposal.state_at(now);
    let missing = |seat: &Seat| Missing { name: seat_name(vault, seat.id), hot: is_hot(clerk, seat.id) };
    let row = ProposalRow {
        id: proposal.id,
        number,
        wallet: vault.wallet.name().into(),
        kind: kind(review.kind),
        leaves: Leaves::Coins { sent, fee: review.fee.map(|fee| fee.amount) },
        nonce: None,
        value: price.value(sent).filter(|_| worth),
        to: Recipients { first: others.first().map(payee), others: others.len().saturating_sub(1) },
        state,
        signed: proposal.approved().count(),
        quorum: proposal.quorum,
        // Once there are enough, nobody is waited for.
        missing: proposal.missing().filter(|_| collects(state)).map(missing).collect(),
        block: proposal.mined.map(|mined| mined.height.into()),
        finished: proposal.finalised.is_some(),
        created: proposal.created_at,
        expires: Some(proposal.expires_at),
        judgement: verdict.judgement(),
        codes: verdict.blocks.iter().chain(&verdict.warnings).map(|finding| finding.code).collect(),
    };
    let seat = |seat: &Seat| SeatView {
        id: seat.id.into(),
        name: vault.names.get(&seat.id).map(|name| printable(name).into()).unwrap_or_default(),
        hot: (is_hot(clerk, seat.id) && clerk.settings.place.has_key(seat.id.fingerprint))
            .then(|| HotKey { told: clerk.settings.told.clone() }),
        speaks: vault.claims.get(&seat.id).is_none_or(|claimed| Some(*claimed) == clerk.identity),
        standing: standing(&seat.state),
        note: "".into(),
    };
    ProposalView {
        subject: Subject::Bitcoin(proposal.txid().unwrap_or(review.txid)),
        memo: proposal.memo.as_str().into(),
        verdict: Arc::new(verdict.clone()),
        reviewed: now,
        challenges: challenges(review),
        seats: proposal.seats.iter().map(seat).collect(),
        history: clerk.events(proposal.id),
        file: proposal.signed().bytes(Version::V0).into(),
        row,
    }
}

/// What has to be typed: of each address that is like a known one, characters in which they differ (T16).
pub(super) fn challenges(review: &Review) -> Vec<Challenge> {
    let of = |output: &crate::treasury::bitcoin::review::Output| {
        let (like, address) = (output.like.as_ref()?, output.address.as_ref()?.to_string());
        // Addresses are ASCII, so that a byte is a character.
        let from = address.find(&like.middle)?;
        let count = like.middle.chars().count().clamp(1, TYPED);
        Some(Challenge { address: address.into(), like: like.known.to_string().into(), from, count })
    };
    review.outputs.iter().filter_map(of).collect()
}

const fn kind(found: Found) -> Kind {
    match found {
        Found::Payment => Kind::Pay,
        Found::Sweep => Kind::Sweep,
        Found::Own => Kind::Own,
        Found::Bump => Kind::Bump,
        Found::Recovery => Kind::Recovery,
        Found::Unknown => Kind::Unknown,
    }
}

pub(super) fn standing(state: &SeatState) -> SeatStanding {
    let text = |text: &str| -> Arc<str> { printable(text).into() };
    match state {
        SeatState::Pending => SeatStanding::Pending,
        SeatState::AwaitingDevice { since } => SeatStanding::Awaiting(*since),
        SeatState::Viewed { at, .. } => SeatStanding::Viewed(*at),
        SeatState::Approved { at, .. } => SeatStanding::Approved(*at),
        SeatState::Rejected { reason, at } => SeatStanding::Rejected(*at, text(reason)),
        SeatState::Failed { code, at } => SeatStanding::Failed(*at, text(code)),
    }
}
