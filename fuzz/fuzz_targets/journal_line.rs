//! Any bytes as a line of the journal, as they are and with a right hash, so that the parser behind it is reached too.

#![no_main]

use exchequer::store::journal::{Link, check_line, seal};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = check_line(&Link::START, bytes);
    let mut sealed = bytes.to_vec();
    let hash = seal(&mut sealed);
    if let Ok(entry) = check_line(&Link::START, &sealed) {
        assert_eq!((entry.seq, entry.hash), (1, hash));
        assert!(sealed.iter().all(|b| matches!(b, b' '..=b'~')));
        assert!(entry.body.json().is_ok());
    }
});
