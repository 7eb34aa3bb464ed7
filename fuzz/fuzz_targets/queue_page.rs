//! Any bytes as a page of a transaction service: rows come out only with the hash of their own fields, and all that is told
//! of the others is printable.

#![no_main]

use alloy_primitives::{U256, address};
use exchequer::market::printable;
use exchequer::treasury::ethereum::queue::{Queue, Row, Wanted};
use exchequer::treasury::ethereum::signature::{Known, SafeFacts};
use exchequer::treasury::ethereum::{SafeAt, SafeVersion};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let safe = address!("F71902B32C9854DB8d6f70Afa6Dcf685F7df8d79");
    let owner = address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
    let at = SafeAt { chain_id: U256::from(31337), safe, version: SafeVersion::V1_4_1 };
    let facts = SafeFacts { at, owners: vec![owner], threshold: 1, handler: None };
    let known = Known::default();
    let wanted = Wanted { facts: &facts, known: &known, least: None };
    let queue = Queue::read([bytes, bytes], &wanted);
    for row in &queue.rows {
        assert_eq!(row.hashes, row.tx.hashes(&at));
        assert!(row.checked.valid.iter().all(|one| one.owner == owner && one.hash() == row.hashes.safe_tx));
        let origin = row.claims.origin.clone().unwrap_or_default();
        assert_eq!(printable(&origin), origin);
    }
    for one in &queue.quarantined {
        let words = format!("{} {}", one.why, one.claimed.clone().unwrap_or_default());
        assert_eq!(printable(&words), words);
    }
    let _ = Row::read(bytes, &wanted);
});
