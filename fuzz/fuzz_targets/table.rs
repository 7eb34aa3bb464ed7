//! Any bytes as tables of trades and of values: they are read or refused, and what is read can be counted.

#![no_main]

use exchequer::portfolio::basis::Method;
use exchequer::portfolio::performance::{DAYS, Performance};
use exchequer::portfolio::{series, trades};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(points) = series::read(bytes) {
        let _ = Performance::of(&points, DAYS);
    }
    if let Ok(entries) = trades::read(bytes) {
        for method in [Method::Fifo, Method::Lifo, Method::Hifo, Method::Average] {
            let _ = trades::holdings(&entries, method);
        }
    }
});
