//! The confirmations that a real service served.

use super::*;
use crate::treasury::ethereum::{Operation, SafeTx};
use std::path::Path;

/// Every transaction with confirmations in what a service answered.
fn served() -> Vec<Value> {
    fn collect(value: &Value, found: &mut Vec<Value>) {
        match value {
            Value::Object(members) if members.contains_key("safeTxHash") && value["confirmations"].is_array() => {
                found.push(value.clone());
            }
            Value::Object(members) => members.values().for_each(|member| collect(member, found)),
            Value::Array(list) => list.iter().for_each(|member| collect(member, found)),
            _ => {}
        }
    }
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/safe/tx-service");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).into_iter().flatten() {
        let recording: Value = serde_json::from_slice(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        collect(&recording["response"], &mut found);
    }
    found
}

/// The Safe's versions, by whose hash is the one that is served.
fn asked_of(row: &Value) -> Option<Asked> {
    let number = |name: &str| match &row[name] {
        Value::String(text) => text.parse().unwrap(),
        number => U256::from(number.as_u64().unwrap_or(u64::MAX)),
    };
    let tx = SafeTx {
        to: address(row, "to"),
        value: number("value"),
        data: row["data"].as_str().unwrap_or("0x").parse().unwrap(),
        operation: Operation::of(u8::try_from(row["operation"].as_u64().unwrap()).unwrap()).unwrap(),
        safe_tx_gas: number("safeTxGas"),
        base_gas: number("baseGas"),
        gas_price: number("gasPrice"),
        gas_token: address(row, "gasToken"),
        refund_receiver: address(row, "refundReceiver"),
        nonce: number("nonce"),
    };
    [SafeVersion::V1_4_1, SafeVersion::V1_1_1].into_iter().find_map(|version| {
        let at = SafeAt { chain_id: U256::from(31337), safe: address(row, "safe"), version };
        let hashes = tx.hashes(&at);
        (hashes.safe_tx.to_string() == text(row, "safeTxHash")).then(|| Asked::of(&at, &hashes))
    })
}

#[test]
fn every_confirmation_that_the_service_served_is_read_and_leads_to_its_owner() {
    let rows = served();
    if rows.is_empty() {
        println!("skipped: ../shared/safe/tx-service is not there");
        return;
    }
    let (mut seen, mut kinds) = (0, std::collections::HashSet::new());
    // Numbers above 64 bits are bare in some answers; what reads those is another's concern.
    for (row, asked) in rows.iter().filter_map(|row| Some((row, asked_of(row)?))) {
        for confirmation in row["confirmations"].as_array().unwrap() {
            let bytes: Bytes = text(confirmation, "signature").parse().unwrap();
            let read = Confirmation::read(&bytes, &asked).and_then(|read| read.by(address(confirmation, "owner")));
            let read = read.unwrap_or_else(|error| panic!("{error}: {confirmation}"));
            let kind = match &read.kind {
                Kind::Eoa => "EOA",
                Kind::EthSign => "ETH_SIGN",
                Kind::ApprovedHash => "APPROVED_HASH",
                Kind::Contract { .. } => "CONTRACT_SIGNATURE",
            };
            assert_eq!(kind, text(confirmation, "signatureType"));
            assert_eq!(read.bytes(), bytes);
            kinds.insert(kind);
            seen += 1;
        }
    }
    assert!(seen > 30 && kinds.len() == 4, "{seen} {kinds:?}");
}

/// What the verification of a row costs beside what cannot be saved. Says the figures; the bench judges them.
#[test]
fn a_row_costs_little_more_than_its_hashes_and_recoveries() {
    let case = cases().into_iter().find(|case| case.id == "sig-1.4.1-00").unwrap();
    let vector = signatures().into_iter().find(|vector| text(vector, "id") == case.id).unwrap();
    let (at, tx) = (safe(&vector), transaction(&vector));
    let claims: Vec<(Address, Vec<u8>)> = case
        .signatures
        .iter()
        .map(|signature| (address(signature, "owner"), text(signature, "signature").parse::<Bytes>().unwrap().to_vec()))
        .collect();
    // The best of many: whatever else runs here only takes time.
    let time = |run: &dyn Fn()| {
        let once = || {
            let start = std::time::Instant::now();
            run();
            start.elapsed()
        };
        (0..300).map(|_| once()).min().unwrap()
    };
    let raw = time(&|| {
        // Data, domain, message and the hash of both; then a recovery and the hash of the key for each.
        let hash = tx.hashes(&at).safe_tx;
        for (_, bytes) in &claims {
            let part = Part::of(bytes).unwrap();
            assert!(recover(&hash, &part.r, &part.s, part.v).is_some());
        }
    });
    let row = time(&|| {
        let asked = Asked::of(&at, &tx.hashes(&at));
        let read = claims.iter().map(|(owner, bytes)| (*owner, bytes.as_slice()));
        assert_eq!(Checked::read(read, &asked, &case.facts, &case.known).valid.len(), 2);
    });
    println!("a row of two signatures: {row:?}, its hashes and recoveries alone {raw:?}");
    assert!(row < raw * 3, "{row:?} {raw:?}");
}
