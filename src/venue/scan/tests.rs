//! What is read, what is passed over, and what is refused.

use super::*;
use crate::market::Change;
use proptest::prelude::*;

fn change(price: &str, quantity: &str) -> Change {
    Change { price: price.parse().unwrap(), quantity: quantity.parse().unwrap() }
}

#[test]
fn members_come_in_any_order_and_unknown_ones_are_passed_over() {
    let text = r#" { "x" : {"a":[1,"]}",{"b":null}]}, "s":"BTC\/USD", "n":"17","f":false , "z" : null } "#;
    let mut scan = Scan::new(text);
    let (mut s, mut n, mut f, mut z) = (String::new(), 0, true, false);
    scan.object(|scan, name| {
        match name {
            "s" => s = scan.string()?.into_owned(),
            "n" => n = scan.whole()?,
            "f" => f = scan.flag()?,
            "z" => z = scan.null(),
            _ => scan.skip()?,
        }
        Ok::<_, Fault>(())
    })
    .unwrap();
    assert_eq!((s.as_str(), n, f, z, scan.end()), ("BTC/USD", 17, false, true, Ok(())));
}

#[test]
fn levels_are_numbers_or_strings_with_anything_behind_them() {
    let text = r#"[["8476.98","415.00","0","13"], [ 1.5 , 2e-3 ],["3","0.0000",{"t":[1]}]]"#;
    assert_eq!(
        Scan::new(text).levels().unwrap(),
        [change("8476.98", "415.00"), change("1.5", "0.002"), change("3", "0.0000")]
    );
    assert_eq!(Scan::new("[]").levels(), Ok(Vec::new()));
}

#[test]
fn what_is_broken_is_a_fault_and_never_read_past() {
    for text in [
        "",
        "[",
        "[[",
        "[[1",
        "[[1,",
        "[[1,2",
        "[[1,2]",
        "[[1]]",
        "[[1,\"2]]",
        "[[\"1x\",\"2\"]]",
        "[[1,2],]",
        "[1]",
        "[[1 2]]",
        "[[--1,2]]",
        "[[1,2]]]",
        "[[1,nan]]",
        "[[1,2,}]]",
        "[[1,2,[}]]]",
    ] {
        let mut scan = Scan::new(text);
        let read = scan.levels().and_then(|_| scan.end());
        assert!(read.is_err(), "{text}");
    }
    let deep = "[".repeat(10_000);
    assert_eq!(Scan::new(&deep).skip().unwrap_err().what, "nested too deep");
    for text in ["\"", "\"\\", "\"a\\\"", "\"a\nb\"", "]", "{]", "x", ":"] {
        assert!(Scan::new(text).skip().is_err(), "{text}");
    }
}

proptest! {
    /// Whatever serde takes for a list of levels, this does too, and with the same numbers.
    #[test]
    fn levels_are_what_serde_reads(
        levels in prop::collection::vec((0u64..1_000_000_000, 0u32..9, 0u64..1_000_000_000, 0u32..9, any::<bool>()), 0..20),
    ) {
        let print = |units: u64, decimals| crate::money::Decimal::new(units as i64, decimals).to_string();
        let text = levels.iter().map(|(p, pd, q, qd, quoted)| {
            let mark = if *quoted { "\"" } else { "" };
            format!("[{mark}{}{mark},{mark}{}{mark}]", print(*p, *pd), print(*q, *qd))
        });
        let text = format!("[{}]", text.collect::<Vec<_>>().join(","));
        let ours = Scan::new(&text).levels().unwrap();
        let theirs: Vec<_> = levels.iter().map(|(p, pd, q, qd, _)| change(&print(*p, *pd), &print(*q, *qd))).collect();
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,200}") {
        let mut scan = Scan::new(&text);
        let fits = scan.skip().and_then(|()| scan.end()).is_ok();
        if serde_json::from_str::<serde_json::Value>(&text).is_ok() {
            prop_assert!(fits, "JSON is always passed over");
        }
    }
}
