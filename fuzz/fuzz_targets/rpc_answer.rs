//! Any bytes as a node's answer to one question and to several: as many answers as questions, or none.

#![no_main]

use exchequer::chain::ethereum::answers;
use exchequer::market::printable;

libfuzzer_sys::fuzz_target!(|input: (u8, u8, &[u8])| {
    let (first, count, bytes) = input;
    let count = usize::from(count % 8).max(1);
    let Ok(Some(said)) = answers(bytes, u64::from(first), count) else { return };
    for fault in said.iter().filter_map(|said| said.as_ref().err()) {
        assert_eq!(printable(&fault.message), fault.message);
        let _ = (fault.reverted(), fault.reason());
    }
});
