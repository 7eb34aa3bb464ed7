#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::signature::Question;
use crate::treasury::ethereum::{SafeAt, SafeVersion};
use alloy_primitives::address;
use serde_json::Value;
use std::path::{Path, PathBuf};

mod flips;
mod hostile;
mod recorded;

/// A recorded answer of a real service.
pub(super) struct Recording {
    pub name: String,
    pub body: String,
    pub json: Value,
}

/// Recordings: those of the project, and all others where they are there.
pub(super) fn recordings() -> Vec<Recording> {
    #[derive(Deserialize)]
    struct Whole<'a> {
        status: u16,
        #[serde(borrow)]
        response: &'a RawValue,
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = root.join("../shared/safe/tx-service");
    let own = root.join("tests/fixtures/safe/tx-service");
    let directory = if all.is_dir() {
        all
    } else {
        println!("only the project's own recordings: ../shared/safe/tx-service is not there");
        own
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let Ok(whole) = serde_json::from_str::<Whole<'_>>(&text) else { continue };
        if whole.status == 200 {
            let body = whole.response.get().to_owned();
            let json = serde_json::from_str(&body).unwrap();
            found.push(Recording { name: file.file_stem().unwrap().to_string_lossy().into_owned(), body, json });
        }
    }
    assert!(found.len() > 12);
    found
}

/// The Safe that most recordings are of.
pub(super) const SAFE: Address = address!("F71902B32C9854DB8d6f70Afa6Dcf685F7df8d79");

const OWNERS: [Address; 5] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
];

/// Owners that are Safes of one owner.
const CHILD: Address = address!("aFeA6423239b408661430104aDF298BD364Af8Ce");

/// A Safe as the chain had it when it was recorded.
pub(super) fn facts(safe: Address) -> SafeFacts {
    let version = match safe {
        safe if safe == address!("85Bee50A336143c74Aa0D6c2503Cd7F64093c39C") => SafeVersion::V1_3_0,
        safe if safe == address!("B0684A12E971942E51dA35fB039b6a3a040fE923") => SafeVersion::V1_5_0,
        safe if safe == address!("34487bDDec1464ba409EE97A3149eF5E180B67c0") => SafeVersion::V1_1_1,
        _ => SafeVersion::V1_4_1,
    };
    let owners = match safe {
        CHILD => vec![OWNERS[3]],
        safe if safe == address!("c40c2f911F600e333A663C16cA4748199FD915f8") => vec![OWNERS[0], OWNERS[1], CHILD],
        safe if safe == address!("5C488ecd60661478fE7FC7832f5A809690A61e62") => OWNERS.to_vec(),
        _ => OWNERS[..3].to_vec(),
    };
    let at = SafeAt { chain_id: U256::from(31337), safe, version };
    let threshold = if safe == CHILD { 1 } else { 2 };
    SafeFacts { at, owners, threshold, handler: Some(SafeVersion::V1_4_1) }
}

/// What is known beside: the Safe that owns another.
pub(super) fn known() -> Known {
    Known { safes: [(CHILD, facts(CHILD))].into_iter().collect(), ..Known::default() }
}

/// The Safe of a row or of a page's first row.
pub(super) fn safe_of(json: &Value) -> Option<Address> {
    json["results"].as_array().map_or(Some(json), |list| list.first())?["safe"].as_str()?.parse().ok()
}

/// Reads one page of the recorded Safe.
pub(super) fn read(body: &str) -> Queue {
    let (facts, known) = (facts(SAFE), known());
    Queue::read([body.as_bytes()], &Wanted { facts: &facts, known: &known, least: None })
}

/// The queue as v2 gives it.
pub(super) fn page() -> Recording {
    recordings().into_iter().find(|recording| recording.name == "099-queue-v2").unwrap()
}

/// A page with these rows.
pub(super) fn page_of(rows: &[String]) -> String {
    format!("{{\"count\":{},\"next\":null,\"previous\":null,\"results\":[{}]}}", rows.len(), rows.join(","))
}
