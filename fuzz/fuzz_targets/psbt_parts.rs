//! Any lines as what a camera brings of QR codes: they come together or are refused, and what is whole is split again.

#![no_main]

use exchequer::treasury::exchange::{Progress, Scan, bbqr, qr, ur};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut scan = Scan::default();
    for line in text.lines() {
        let Ok(Progress::Whole(data)) = scan.take(line) else { continue };
        let parts = bbqr::split(&data, bbqr::Kind::Psbt, 1_000).expect("what came in codes goes into codes");
        let mut join = bbqr::Join::default();
        parts.iter().for_each(|part| join.take(part).expect("our own part"));
        assert_eq!(join.whole(), Ok(Some((bbqr::Kind::Psbt, data.clone()))));
        if let Ok(parts) = ur::split(&data, 1_000) {
            let mut join = ur::Join::default();
            parts.iter().for_each(|part| join.take(part).expect("our own part"));
            assert_eq!(join.whole(), Ok(Some(data)));
        }
        break;
    }
    // A long text would leave no time for anything else.
    if text.len() <= 100
        && let Some(code) = qr::draw(text)
    {
        assert!(code.rows.iter().all(|row| row.chars().count() == code.columns()));
    }
});
