//! A treasury for tests: two wallets and a queue whose every number is known, and changes to it.

use crate::console::samples::{NOW, view_for};
use crate::console::state::{State, query};
use crate::desk::View;
use crate::desk::treasury::{
    AddressView, Balance, Challenge, Chosen, CoinView, EventView, HotKey, JournalView, KeyView, Kind, Leaves, Missing,
    Payee, PriceView, ProposalRow, ProposalView, Recipients, SeatStanding, SeatView, Subject, SyncState, SyncView,
    TreasuryView, Waiting, WalletPage, WalletView,
};
use crate::market::Timestamp;
use crate::money::Asset;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::bitcoin::wallet::{Chain, Spot, WalletId};
use crate::treasury::proposal::{ProposalId, SeatId, State as Standing};
use crate::treasury::verdict::{Finding, Row, Tone, Verdict};
use bitcoin::hashes::Hash;
use bitcoin::{Amount, Network, OutPoint, Txid};
use std::sync::Arc;

pub const OTC: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const LIKE: &str = "bc1qw508d6qejdtdg4y5r3zarvaryvaxxpcsv8f3t4";
const OURS: &str = "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3";

pub fn ago(secs: i64) -> Timestamp {
    Timestamp::from_secs(NOW - secs)
}

/// The seats of the sample, by the fingerprints of their seeds.
pub fn finger(text: &str) -> SeatId {
    let place = ["73c5da0a", "f5acc2fd", "0f056943"].iter().position(|known| *known == text).unwrap();
    SeatId { place: u8::try_from(place).unwrap(), fingerprint: text.parse().unwrap() }
}

pub fn wallet_id(byte: u8) -> WalletId {
    WalletId([byte; 32])
}

pub fn id(number: u8) -> ProposalId {
    ProposalId([number; 32])
}

pub fn outpoint(byte: u8) -> OutPoint {
    OutPoint { txid: Txid::from_byte_array([byte; 32]), vout: u32::from(byte) % 3 }
}

fn price() -> PriceView {
    PriceView {
        base: Asset::new("USD").unwrap(),
        price: "97412.1".parse().ok(),
        source: "kraken BTC/USD mid".into(),
        at: Some(ago(2)),
    }
}

fn wallets() -> Vec<WalletView> {
    let sync = |state, secs| SyncView {
        state,
        source: "esplora 127.0.0.1:3002".into(),
        at: Some(ago(secs)),
        height: Some(871_204),
    };
    let balance = |confirmed, pending, frozen| {
        let sats = |text: &str| Amount::from_str_in(text, bitcoin::Denomination::Bitcoin).unwrap();
        Some(Balance { confirmed: sats(confirmed), pending: sats(pending).to_signed().unwrap(), frozen: sats(frozen) })
    };
    vec![
        WalletView {
            id: wallet_id(1),
            name: "BTC cold".into(),
            network: Network::Bitcoin,
            quorum: Quorum { required: 2, of: 3 },
            hot: 0,
            confirmed: (3, 3),
            balance: balance("41.20930018", "0.5", "0"),
            value: "4014284.71006378".parse().ok(),
            sync: sync(SyncState::Idle, 12),
        },
        WalletView {
            id: wallet_id(2),
            name: "BTC ops".into(),
            network: Network::Bitcoin,
            quorum: Quorum { required: 3, of: 5 },
            hot: 2,
            confirmed: (3, 5),
            balance: balance("2.5", "0", "0.01"),
            value: "243530.25".parse().ok(),
            sync: sync(SyncState::Failed("esplora 127.0.0.1:3002 does not answer".into()), 7_300),
        },
        WalletView {
            id: wallet_id(3),
            name: "Rehearsal".into(),
            network: Network::Signet,
            quorum: Quorum { required: 2, of: 2 },
            hot: 2,
            confirmed: (2, 2),
            balance: None,
            value: None,
            sync: SyncView { state: SyncState::Off, source: "".into(), at: None, height: None },
        },
    ]
}

fn coins() -> Vec<CoinView> {
    let coin = |byte: u8, sat: u64, chain, confirmations, label: &str| CoinView {
        outpoint: outpoint(byte),
        spot: Spot { chain, index: u32::from(byte) },
        address: OURS.into(),
        amount: Amount::from_sat(sat),
        confirmations,
        label: label.into(),
        frozen: false,
        spent_by: None,
    };
    vec![
        CoinView { spent_by: Some(14), ..coin(37, 3_500_000_000, Chain::Receive, 1_204, "sale of the mill") },
        coin(4, 570_000_000, Chain::Change, 210, ""),
        CoinView { frozen: true, ..coin(9, 50_930_018, Chain::Receive, 9, "dust of unknown origin") },
        coin(12, 50_000_000, Chain::Receive, 0, "OTC desk, second half"),
    ]
}

pub fn wallet_page(id: WalletId) -> WalletPage {
    let address = |index, label: &str| AddressView {
        spot: Spot { chain: Chain::Receive, index },
        address: OURS.into(),
        label: label.into(),
    };
    let key =
        |seat: &str, name: &str, hot, confirmed| KeyView { seat: finger(seat), name: name.into(), hot, confirmed };
    WalletPage {
        id,
        coins: coins(),
        count: 4,
        first: address(0, ""),
        next: Some(address(38, "")),
        keys: vec![
            key("73c5da0a", "Ada, Ledger", false, true),
            key("f5acc2fd", "Bea", true, id == wallet_id(1)),
            key("0f056943", "safe in the bank", false, id == wallet_id(1)),
        ],
    }
}

fn missing(name: &str, hot: bool) -> Missing {
    Missing { name: name.into(), hot }
}

fn row(number: u8, kind: Kind, sat: u64, stage: Standing, signed: usize) -> ProposalRow {
    ProposalRow {
        id: id(number),
        number: number.into(),
        wallet: "BTC cold".into(),
        kind,
        leaves: Leaves::Coins { sent: Amount::from_sat(sat), fee: Some(Amount::from_sat(1_500)) },
        nonce: None,
        value: price().value(Amount::from_sat(sat)),
        to: Recipients { first: Some(Payee { address: OTC.into(), label: "OTC".into() }), others: 0 },
        state: stage,
        signed,
        quorum: Quorum { required: 2, of: 3 },
        missing: vec![missing("Bea", true), missing("safe in the bank", false)],
        block: None,
        finished: false,
        created: ago(7_400),
        expires: Some(ago(-78_000)),
        judgement: crate::treasury::verdict::Judgement::Clean,
        codes: vec![],
    }
}

fn rows() -> Vec<ProposalRow> {
    use crate::treasury::verdict::Judgement;
    let payee = |address: &str, label: &str| Some(Payee { address: address.into(), label: label.into() });
    vec![
        ProposalRow {
            judgement: Judgement::Warn,
            codes: vec!["first-payment"],
            ..row(14, Kind::Pay, 150_000_000, Standing::Collecting, 1)
        },
        ProposalRow {
            judgement: Judgement::Block,
            codes: vec!["change-foreign", "fee-share"],
            to: Recipients { first: payee(LIKE, ""), others: 2 },
            ..row(13, Kind::Unknown, 90_000_000, Standing::Proposed, 0)
        },
        ProposalRow {
            leaves: Leaves::Coins { sent: Amount::ZERO, fee: Some(Amount::from_sat(3_600)) },
            to: Recipients::default(),
            value: None,
            ..row(12, Kind::Bump, 0, Standing::Proposed, 0)
        },
        ProposalRow { missing: vec![], ..row(11, Kind::Pay, 20_000_000, Standing::Ready, 2) },
        ProposalRow {
            missing: vec![],
            block: Some(871_199),
            ..row(10, Kind::Sweep, 4_120_930_018, Standing::Confirmed, 2)
        },
        ProposalRow { ..row(9, Kind::Pay, 1_000, Standing::Rejected, 1) },
    ]
}

fn verdict(number: u64) -> Verdict {
    let line = |label: &str, parts: &[&str], tone| Row {
        label: label.to_owned(),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        tone,
    };
    let mut rows = vec![
        line(
            "out 0",
            &[
                "1.50000000 BTC",
                "146,118 USD",
                "payment",
                "bc1q w508 d6qe jxtd g4y5 r3za rvar y0c5 xw7k v8f3 t4",
                "OTC",
            ],
            Tone::Leaves,
        ),
        line("out 1", &["33.49998500 BTC", "change, ours at 1/37", "derived again and equal"], Tone::Ours),
        line("in 0", &["35.00000000 BTC", "ours at 0/37", "sale of the mill"], Tone::Ours),
        line("fee", &["0.00001500 BTC", "7.1 sat/vB", "0.001 % of what is sent"], Tone::Plain),
        line("rest", &["lock time 0", "may be replaced", "sighash ALL"], Tone::Plain),
    ];
    let mut verdict = Verdict::default();
    match number {
        14 => verdict.warnings.push(Finding::new("first-payment", "the first payment to this address from here")),
        13 => {
            rows[1] = line("out 1", &["33.49998500 BTC", "claims to be change and is not ours"], Tone::Block);
            verdict.blocks.push(Finding::new(
                "change-foreign",
                "output 1 says that it is change at 1/37, but the wallet derives another script there: 33.49998500 BTC would be gone",
            ));
            verdict.warnings.push(Finding::new("fee-share", "the fee is 12 % of what is paid"));
        }
        _ => {}
    }
    verdict.rows = rows;
    verdict
}

fn proposal(row: &ProposalRow) -> ProposalView {
    let seat = |finger_: &str, name: &str, hot: bool, standing| SeatView {
        id: finger(finger_).into(),
        name: name.into(),
        hot: hot.then(|| HotKey { told: Some("demo".into()) }),
        speaks: true,
        standing,
        note: "".into(),
    };
    let second = if row.signed > 1 { SeatStanding::Approved(ago(300)) } else { SeatStanding::Pending };
    let third = match row.state {
        Standing::Rejected => SeatStanding::Rejected(ago(40), "not what we agreed on".into()),
        _ => SeatStanding::Pending,
    };
    let first = if row.signed > 0 { SeatStanding::Approved(ago(600)) } else { SeatStanding::Pending };
    let event = |secs, who: &str, what: &str| EventView { at: ago(secs), who: who.into(), what: what.into() };
    ProposalView {
        row: row.clone(),
        subject: Subject::Bitcoin(outpoint(u8::try_from(row.number).unwrap()).txid),
        memo: "invoice 2024-118".into(),
        verdict: verdict(row.number).into(),
        reviewed: ago(1),
        challenges: vec![],
        seats: vec![
            seat("73c5da0a", "Ada, Ledger", false, first),
            seat("f5acc2fd", "Bea", true, second),
            seat("0f056943", "safe in the bank", true, third),
        ],
        history: vec![event(600, "Ada, Ledger", "signed, verified here"), event(7_400, "local", "proposed")],
        file: Arc::from([b"psbt\xff".as_slice(), &[7; 900]].concat()),
    }
}

/// What a desk with a treasury shows to this session.
pub fn treasury(state: &State) -> View {
    let mut view = view_for(state);
    view.waiting = Some(Waiting { collecting: 3, ready: 1 });
    let journal = JournalView { entries: view.store.entries, head: view.store.head.clone() };
    view.treasury = query(state).treasury.map(|query| {
        let (rows, wallets) = (rows(), wallets());
        let chosen = rows.iter().find(|row| Some(row.id) == query.proposal).or(rows.first());
        let wallet = wallets.iter().find(|wallet| Some(Chosen::Wallet(wallet.id)) == query.wallet).or(wallets.first());
        TreasuryView {
            price: Some(price()),
            wallet: wallet.map(|wallet| wallet_page(wallet.id).into()),
            proposal: chosen.map(|row| proposal(row).into()),
            wallets,
            safes: vec![],
            safe: None,
            proposals: rows,
            journal,
            at_work: None,
            signing: None,
            simulated: Arc::default(),
            read_only: None,
        }
    });
    view
}

/// The same, the chosen proposal changed.
pub fn with(state: &State, change: impl FnOnce(&mut ProposalView)) -> View {
    with_rows(treasury(state), change)
}

/// A view, its chosen proposal changed, in the queue too.
pub fn with_rows(mut view: View, change: impl FnOnce(&mut ProposalView)) -> View {
    if let Some(treasury) = &mut view.treasury
        && let Some(proposal) = &mut treasury.proposal
    {
        change(Arc::make_mut(proposal));
        let row = proposal.row.clone();
        treasury.proposals.iter_mut().filter(|known| known.id == row.id).for_each(|known| *known = row.clone());
    }
    view
}

/// The same with an address that resembles another.
pub fn poisoned(state: &State) -> View {
    with(state, |proposal| {
        proposal.challenges = vec![Challenge { address: LIKE.into(), like: OTC.into(), from: 10, count: 6 }];
    })
}

/// The same with a transaction that is finished.
pub fn finished(state: &State) -> View {
    with(state, |proposal| proposal.row.finished = true)
}

/// A treasury without anything in it.
pub fn bare(state: &State) -> View {
    let mut view = treasury(state);
    if let Some(treasury) = &mut view.treasury {
        *treasury = TreasuryView {
            price: None,
            wallets: vec![],
            safes: vec![],
            safe: None,
            wallet: None,
            proposals: vec![],
            proposal: None,
            journal: JournalView::default(),
            at_work: None,
            signing: None,
            simulated: Arc::default(),
            read_only: None,
        };
    }
    view.waiting = Some(Waiting::default());
    view
}
