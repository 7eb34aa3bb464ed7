//! Any bytes as a file of labels: what is read is shown printable, and is written and read again as it was.

#![no_main]

use exchequer::market::printable;
use exchequer::treasury::bitcoin::labels::{Label, Labels, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(told) = read(bytes) else { return };
    for (_, error) in &told.refusals {
        let words = error.to_string();
        assert_eq!(printable(&words), words);
    }
    for label in &told.labels {
        let text = label.text().unwrap_or_default();
        assert_eq!(printable(&text), text);
        let line = label.line();
        assert!(!line.contains(char::is_control));
        assert_eq!(Label::read(&line), Ok(Some(label.clone())));
    }
    let all: Labels = told.labels.into_iter().collect();
    let again: Labels = read(all.write().as_bytes()).expect("its own file").labels.into_iter().collect();
    assert_eq!(again, all);
});
