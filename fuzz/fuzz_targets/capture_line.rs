//! A line of a capture, read from anything; what is read can be written and read again.

#![no_main]

use exchequer::feed::capture::{parse_line, write_line};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let Ok(record) = parse_line(line) else { return };
    let mut written = Vec::new();
    assert!(write_line(&record, &mut written).is_ok());
    assert_eq!(written.pop(), Some(b'\n'));
    assert_eq!(parse_line(&written).as_ref(), Ok(&record));
});
