//! Safes for tests of the console: one that is well, one of old news whose service lies, and a proposal of every kind.

use super::samples::{ago, id, treasury, with_rows};
use crate::console::state::State;
use crate::desk::View;
use crate::desk::treasury::{
    Account, CallView, CompetitorView, ControlView, EffectView, EstimateView, EventView, ExecutionView, HotKey, Kind,
    Leaves, Missing, OwnerView, Payee, PriceView, ProposalRow, ProposalView, QuarantinedView, Recipients, SafePage,
    SafeTxView, SafeView, SeatStanding, SeatView, SenderView, ServiceState, ServiceView, Subject, SyncState, SyncView,
    TokenView, Who,
};
use crate::money::Asset;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::ethereum::proposal::{ExecutionState, MinedAt, Outcome, SafeId, Source};
use crate::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use crate::treasury::proposal::State as Standing;
use crate::treasury::verdict::{Finding, Judgement, Row, Tone, Verdict};
use alloy_primitives::{Address, B256, U256};
use std::sync::Arc;

/// A Safe of the sample.
pub fn safe_id(byte: u8) -> SafeId {
    SafeId { chain_id: U256::from(1), address: Address::repeat_byte(byte) }
}

/// An owner of the sample.
pub fn owner(byte: u8) -> Address {
    Address::repeat_byte(byte)
}

const USDC: [u8; 20] = alloy_primitives::hex!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
const BATCH: [u8; 20] = alloy_primitives::hex!("9641d764fc13c8B624c04430C7356C1C7C8102e2");
const EVIL: [u8; 20] = alloy_primitives::hex!("96221423681A6d52E184D440a8eFCEbB105C7242");

fn account(address: impl Into<Address>, name: &str) -> Account {
    Account { address: address.into(), name: name.into() }
}

fn price() -> PriceView {
    PriceView {
        base: Asset::new("USD").unwrap(),
        price: "3418.44".parse().ok(),
        source: "kraken ETH/USD mid".into(),
        at: Some(ago(2)),
    }
}

fn safes() -> Vec<SafeView> {
    let safe = |byte, name: &str, secs, service| SafeView {
        id: safe_id(byte),
        name: name.into(),
        version: SafeVersion::V1_4_1,
        quorum: Quorum { required: 2, of: 3 },
        hot: 1,
        nonce: U256::from(41),
        balance: Some("612.44 ETH".into()),
        value: "2093589.39".parse().ok(),
        price: price(),
        sync: SyncView {
            state: SyncState::Idle,
            source: "rpc.example".into(),
            at: Some(ago(secs)),
            height: Some(21_204_871),
        },
        service,
    };
    let service = |state, verified, quarantined| ServiceView {
        state,
        source: "api.safe.global".into(),
        at: Some(ago(9)),
        verified,
        quarantined,
    };
    vec![
        safe(0xd9, "Ops safe", 12, service(ServiceState::Fine, 4, 0)),
        SafeView {
            hot: 0,
            balance: None,
            value: None,
            ..safe(0x5c, "Old safe", 90_000, service(ServiceState::Failed("api.safe.global answers 503".into()), 1, 2))
        },
    ]
}

pub fn safe_page(id: SafeId) -> SafePage {
    let owner_of = |byte, name: &str, hot| OwnerView { account: account(owner(byte), name), hot, ours: hot };
    let old = id == safe_id(0x5c);
    SafePage {
        id,
        block: 21_204_871,
        owners: vec![owner_of(0x0a, "Ada", true), owner_of(0x0b, "Bea Ledger", false), owner_of(0x0c, "", false)],
        modules: if old { vec![account(Address::repeat_byte(0x30), "")] } else { vec![] },
        guard: None,
        module_guard: None,
        fallback_handler: Some(account(Address::repeat_byte(0xfd), "CompatibilityFallbackHandler 1.4.1")),
        singleton: account(Address::repeat_byte(0x41), "Safe 1.4.1"),
        pinned: !old,
        changed: old.then(|| "an owner was added".into()),
        tokens: vec![TokenView { token: USDC.into(), amount: "88,400 USDC".into(), value: "88382.32".parse().ok() }],
        quarantined: match old {
            false => vec![],
            true => vec![
                QuarantinedView {
                    name: "0x7f3a… nonce 41, says transfer".into(),
                    why: "its safeTxHash is not that of its fields".into(),
                },
                QuarantinedView {
                    name: "0x11c0… nonce 42".into(),
                    why: "a confirmation is of nobody who owns the Safe".into(),
                },
            ],
        },
    }
}

fn row(number: u8, kind: Kind, told: &str, stage: Standing, signed: usize) -> ProposalRow {
    ProposalRow {
        id: id(number),
        number: number.into(),
        wallet: "Ops safe".into(),
        kind,
        leaves: Leaves::Told(told.into()),
        nonce: Some(U256::from(number) + U256::from(20)),
        value: if told.is_empty() { None } else { "1249.75".parse().ok() },
        to: Recipients {
            first: Some(Payee {
                address: Address::repeat_byte(0x77).to_checksum(None).into(),
                label: "Supplier".into(),
            }),
            others: 0,
        },
        state: stage,
        signed,
        quorum: Quorum { required: 2, of: 3 },
        missing: vec![
            Missing { name: "Ada".into(), hot: true },
            Missing { name: "Bea Ledger".into(), hot: false },
            Missing { name: "0x0C0c…0C0C".into(), hot: false },
        ],
        block: None,
        finished: stage == Standing::Ready,
        created: ago(7_400),
        expires: Some(ago(-78_000)),
        judgement: Judgement::Clean,
        codes: vec![],
    }
}

/// What is proposed: 27 is ready, 26 has failed, 25 is done, 24 changes control, 23 is an attack, 22 a batch, 21 a transfer.
fn rows() -> Vec<ProposalRow> {
    let nobody = || Recipients { first: None, others: 0 };
    vec![
        ProposalRow { missing: vec![], ..row(27, Kind::Pay, "1,250 USDC", Standing::Ready, 2) },
        ProposalRow {
            judgement: Judgement::Warn,
            codes: vec!["control-change"],
            to: nobody(),
            ..row(24, Kind::Control, "", Standing::Proposed, 0)
        },
        ProposalRow {
            judgement: Judgement::Block,
            codes: vec!["delegatecall", "control-change"],
            value: None,
            ..row(23, Kind::Unknown, "", Standing::Proposed, 0)
        },
        ProposalRow {
            judgement: Judgement::Warn,
            codes: vec!["calldata-unknown"],
            value: None,
            ..row(22, Kind::Batch, "1,250 USDC, 2 ETH", Standing::Proposed, 0)
        },
        row(21, Kind::Pay, "1,250 USDC", Standing::Collecting, 1),
        ProposalRow {
            missing: vec![],
            block: Some(21_204_801),
            ..row(26, Kind::Pay, "1,250 USDC", Standing::Failed { retryable: false }, 2)
        },
        ProposalRow {
            missing: vec![],
            block: Some(21_204_700),
            ..row(25, Kind::Pay, "1,250 USDC", Standing::Confirmed, 2)
        },
    ]
}

fn call(index: usize, depth: usize, to: Account, words: &[&str], tone: Tone) -> CallView {
    CallView {
        index,
        depth,
        by: account(owner(0xd9), "Ops safe"),
        to,
        delegate: words.first().is_some_and(|word| word.contains("delegatecall")),
        words: words.iter().map(|word| (*word).into()).collect(),
        unknown: None,
        inner: 0,
        tone,
    }
}

fn calls(number: u64) -> Vec<CallView> {
    let usdc = || account(USDC, "USDC");
    let to = |account: &Account, rest: &str| format!("to {}{rest}", account.address.to_checksum(None));
    let (supplier, payroll) = (account(owner(0x77), "Supplier"), account(owner(0x78), ""));
    let for_supplier = format!("for {} «Supplier»", supplier.address.to_checksum(None));
    let transfer = |index, depth| {
        let words = ["transfer", &to(&usdc(), " «USDC»"), "1,250 USDC", &for_supplier, "1,249 USD"];
        call(index, depth, usdc(), &words, Tone::Leaves)
    };
    match number {
        22 => {
            let batch = account(BATCH, "MultiSendCallOnly 1.4.1");
            let whom = to(&batch, ", MultiSendCallOnly 1.4.1");
            let words = ["delegatecall: batch of 3 calls", whom.as_str()];
            let unknown = account(owner(0x79), "");
            vec![
                CallView { inner: 3, ..call(0, 0, batch, &words, Tone::Plain) },
                transfer(1, 1),
                call(2, 1, payroll.clone(), &["send 2 ETH", &to(&payroll, ""), "6,836 USD"], Tone::Leaves),
                CallView {
                    unknown: Some((Some([0xde, 0xad, 0xbe, 0xef]), 68)),
                    ..call(
                        3,
                        1,
                        unknown.clone(),
                        &[
                            "unknown function 0xdeadbeef, 68 bytes",
                            &to(&unknown, ""),
                            "0xdeadbeef0000000000000000000000000000000000000000000000000000000000000001",
                        ],
                        Tone::Warning,
                    )
                },
            ]
        }
        23 => {
            let evil = account(EVIL, "");
            let words =
                ["delegatecall: transfer", &to(&evil, ""), "argument 0 0xbDd077f651EBe7f7b3cE16fe5F2b025BE2969516"];
            vec![call(0, 0, evil, &words, Tone::Block)]
        }
        24 => {
            let own = account(owner(0xd9), "Ops safe");
            let whom = to(&own, " (this Safe)");
            let words = ["swapOwner", whom.as_str(), "oldOwner 0x0C0c0C0c", "newOwner 0xeEEEeeEe"];
            vec![call(0, 0, own, &words, Tone::Warning)]
        }
        _ => vec![transfer(0, 0)],
    }
}

fn hashes(number: u64) -> (SafeAt, SafeTx) {
    let at = SafeAt { chain_id: U256::from(1), safe: owner(0xd9), version: SafeVersion::V1_4_1 };
    let tx = SafeTx {
        to: USDC.into(),
        value: U256::ZERO,
        data: vec![u8::try_from(number).unwrap(); 68].into(),
        operation: Operation::Call,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::from(number + 20),
    };
    (at, tx)
}

fn execution(outcome: Option<Outcome>) -> ExecutionView {
    let mined = |outcome| {
        ExecutionState::Mined(MinedAt { height: 21_204_801, block: B256::repeat_byte(0xb1), outcome, at: ago(400) })
    };
    ExecutionView {
        tx_hash: B256::repeat_byte(0xe4),
        sender: Some(account(owner(0x0a), "Ada")),
        fees: "nonce 7, 98213 gas, at most 0.0019 ETH".into(),
        at: ago(460),
        answer: "rpc.example took it".into(),
        state: outcome.map_or(ExecutionState::Pending, mined),
    }
}

fn transaction(number: u64) -> SafeTxView {
    let (at, tx) = hashes(number);
    let control = |what, before: &str, after: &str| ControlView { what, before: before.into(), after: after.into() };
    let told = |byte| owner(byte).to_checksum(None);
    SafeTxView {
        safe: safe_id(0xd9),
        version: at.version,
        nonce: tx.nonce,
        hashes: tx.hashes(&at),
        source: Source::Service,
        calls: calls(number),
        control: match number {
            24 => vec![
                control("quorum", "2 of 3", "1 of 3"),
                control("owner", &told(0x0a), &told(0x0a)),
                control("owner", &told(0x0c), ""),
                control("owner", "", &told(0xee)),
                control("guard", "", ""),
            ],
            _ => vec![],
        },
        effects: match number {
            23 | 24 => vec![],
            _ => vec![EffectView {
                what: "total".into(),
                words: ["1,250 USDC", "token 0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", "1,249 USD"]
                    .map(Into::into)
                    .into(),
                tone: Tone::Leaves,
            }],
        },
        competitors: match number {
            22 => vec![CompetitorView { hash: B256::repeat_byte(0xc0), number: Some(19), signed: true }],
            _ => vec![],
        },
        estimate: None,
        executions: match number {
            25 => vec![execution(Some(Outcome::Success))],
            26 => vec![execution(Some(Outcome::Failure))],
            _ => vec![],
        },
        posted: if number == 21 { vec!["api.safe.global: the proposal".into()] } else { vec![] },
        senders: vec![SenderView { account: account(owner(0x0a), "Ada"), told: Some("demo".into()) }],
    }
}

fn verdict(number: u64) -> Verdict {
    let line = |label: &str, parts: &[&str], tone| Row::new(label, tone, parts.iter().map(|part| (*part).to_owned()));
    let tx = hashes(number);
    let hash = tx.1.hashes(&tx.0);
    let what: &[&str] = match number {
        22 => &["3 calls", "1,250 USDC, 2 ETH leaves"],
        23 => &["it cannot be told what this does", "nothing leaves that is known"],
        24 => &["CONTROL CHANGE", "nothing leaves that is known"],
        _ => &["send", "1,250 USDC leaves"],
    };
    let mut verdict = Verdict {
        rows: vec![
            line("what", what, Tone::Plain),
            line("safe", &["eth:0xd9D9d9d9D9d9D9D9d9d9d9d9d9d9D9d9d9d9d9D9", "version 1.4.1"], Tone::Plain),
            line("nonce", &[&tx.1.nonce.to_string(), "the next one"], Tone::Plain),
            line("domain", &[&hash.domain.to_string()], Tone::Plain),
            line("message", &[&hash.message.to_string()], Tone::Plain),
            line("hash", &[&hash.safe_tx.to_string()], Tone::Plain),
            line("gas", &["safeTxGas 1", "baseGas 2"], Tone::Plain),
        ],
        ..Verdict::default()
    };
    match number {
        22 => {
            verdict.warnings.push(Finding::new("calldata-unknown", "call 3: nobody here knows the function 0xdeadbeef"))
        }
        23 => {
            verdict.blocks.push(Finding::new(
                "delegatecall",
                "call 0: a delegatecall to 0x96221423681A6d52E184D440a8eFCEbB105C7242, which Safe did not publish: it can do everything the Safe can",
            ));
            verdict.warnings.push(Finding::new("control-change", "what controls the Safe may be another afterwards"));
        }
        24 => {
            verdict.rows.push(line("control", &["call 0", "an owner is replaced"], Tone::Warning));
            verdict.rows.push(line("owner", &["drawn in the table"], Tone::Warning));
            verdict.warnings.push(Finding::new("control-change", "call 0: an owner is replaced"));
        }
        _ => {}
    }
    verdict
}

fn proposal(row: &ProposalRow) -> ProposalView {
    let seat = |byte, name: &str, hot: bool, standing| SeatView {
        id: Who::Owner(owner(byte)),
        name: name.into(),
        hot: hot.then(|| HotKey { told: Some("demo".into()) }),
        speaks: true,
        standing,
        note: "".into(),
    };
    let event = |secs, who: &str, what: &str| EventView { at: ago(secs), who: who.into(), what: what.into() };
    let signed =
        |place: usize| if row.signed > place { SeatStanding::Approved(ago(600)) } else { SeatStanding::Pending };
    ProposalView {
        row: row.clone(),
        subject: Subject::Safe(transaction(row.number).into()),
        memo: if row.number == 23 { "Routine transfer".into() } else { "invoice 2026-31".into() },
        verdict: verdict(row.number).into(),
        reviewed: ago(1),
        challenges: vec![],
        seats: vec![
            seat(0x0c, "", false, signed(0)),
            seat(0x0b, "Bea Ledger", false, signed(1)),
            seat(0x0a, "Ada", true, SeatStanding::Pending),
        ],
        history: vec![event(7_400, "local", "proposed, from a service")],
        file: Arc::from(b"{\"chainId\":\"1\"}".as_slice()),
    }
}

/// A treasury with Safes.
pub fn safe(state: &State) -> View {
    let mut view = treasury(state);
    let query = crate::console::state::query(state).treasury;
    if let (Some(treasury), Some(query)) = (&mut view.treasury, query) {
        treasury.wallets.truncate(1);
        treasury.safes = safes();
        let chosen = query.wallet.and_then(|chosen| match chosen {
            crate::desk::treasury::Chosen::Safe(id) => Some(id),
            crate::desk::treasury::Chosen::Wallet(_) => None,
        });
        treasury.safe = chosen.map(|id| safe_page(id).into());
        if chosen.is_some() {
            treasury.wallet = None;
        }
        let rows = rows();
        let row = rows.iter().find(|row| Some(row.id) == query.proposal).or(rows.first());
        treasury.proposal = row.map(|row| proposal(row).into());
        treasury.proposals = rows;
    }
    view
}

/// The same, the chosen proposal changed.
pub fn safe_with(state: &State, change: impl FnOnce(&mut ProposalView)) -> View {
    with_rows(safe(state), change)
}

/// The same, where the chain was asked what carrying it out comes to.
pub fn estimated(state: &State) -> View {
    told(state, 1_900_000_000_000_000, None)
}

/// The same at another price.
pub fn dearer(state: &State) -> View {
    told(state, 2_900_000_000_000_000, None)
}

/// The same, where the chain would not take it.
pub fn hindered(state: &State) -> View {
    told(state, 1_900_000_000_000_000, Some("the nonce 40 comes first".into()))
}

fn told(state: &State, most: u64, hindered: Option<Arc<str>>) -> View {
    safe_with(state, |proposal| {
        let Subject::Safe(tx) = &mut proposal.subject else { return };
        Arc::make_mut(tx).estimate = Some(Arc::new(EstimateView {
            at: ago(3),
            block: 21_204_873,
            sender: owner(0x0a),
            gas: 98_213,
            most: U256::from(most),
            told: format!("at most {} ETH, 6.50 USD", most / 100_000_000_000_000).into(),
            simulated: vec!["with the guard: it would go through".into()],
            hindered,
        }));
    })
}
