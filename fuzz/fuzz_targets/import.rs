//! Any bytes as an export in every format: they are read or refused, and what is read can be exported and read again.

#![no_main]

use exchequer::market::Timestamp;
use exchequer::portfolio::export::csv;
use exchequer::portfolio::import::{Format, Item, Mapping, Reading, read};
use exchequer::portfolio::ledger::{Account, Entry, Ledger};

fn entries(format: Format, account: Option<&Account>, bytes: &[u8]) -> Vec<Entry> {
    let now = Timestamp::from_secs(4_000_000_000);
    let reading = Reading { format, account, now, mapping: None, accounts: "Assets" };
    let mut entries = Vec::new();
    let _ = read(&reading, bytes, &mut |item| {
        if let Item::Entry { entry, .. } = item {
            entries.push(*entry);
        }
    });
    entries
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(account) = Account::new("a") else { return };
    let _ = Format::of(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = Mapping::parse(text, |_| None);
    }
    for format in Format::ALL {
        let mut ledger = Ledger::default();
        for entry in entries(format, Some(&account), bytes) {
            let _ = ledger.add(entry);
        }
        let kept: Vec<Entry> = ledger.entries().collect();
        let mut table = Vec::new();
        if csv(&kept, &mut table).is_ok() {
            assert_eq!(entries(Format::Generic, None, &table), kept);
        }
    }
});
