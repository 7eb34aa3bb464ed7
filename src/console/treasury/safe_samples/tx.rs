//! What Safes are asked to do, in tests: a transfer, a batch, an attack, a change of control.

use super::{account, owner, safe_id};
use crate::console::treasury::samples::ago;
use crate::desk::treasury::{
    Account, CallView, CompetitorView, ControlView, EffectView, ExecutionView, SafeTxView, SenderView,
};
use crate::treasury::ethereum::proposal::{ExecutionState, MinedAt, Outcome, Source};
use crate::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use crate::treasury::verdict::{Finding, Row, Tone, Verdict};
use alloy_primitives::{Address, B256, U256};

pub const USDC: [u8; 20] = alloy_primitives::hex!("A0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48");
const BATCH: [u8; 20] = alloy_primitives::hex!("9641d764fc13c8B624c04430C7356C1C7C8102e2");
const EVIL: [u8; 20] = alloy_primitives::hex!("96221423681A6d52E184D440a8eFCEbB105C7242");

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

pub fn transaction(number: u64) -> SafeTxView {
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

pub fn verdict(number: u64) -> Verdict {
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
