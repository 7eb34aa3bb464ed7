//! Any text as a rule: what is read prints in a form that is printable and is read as the same rule.

#![no_main]

use exchequer::alert::{Rule, read_file};
use exchequer::market::printable;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(rule) = text.parse::<Rule>() {
        let printed = rule.to_string();
        assert_eq!(printable(&printed), printed.as_str());
        assert_eq!(printed.parse::<Rule>(), Ok(rule));
    }
    let _ = read_file(text);
});
