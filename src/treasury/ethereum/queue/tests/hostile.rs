//! Pages that no honest service gives.

use super::*;
use proptest::prelude::*;

/// The recorded rows, each as text.
fn rows() -> Vec<String> {
    page().json["results"].as_array().unwrap().iter().map(Value::to_string).collect()
}

fn code(row: &str) -> &'static str {
    let queue = read(&page_of(&[row.to_owned()]));
    assert!(queue.rows.is_empty(), "{row}");
    queue.quarantined[0].why.code()
}

#[test]
fn one_absurd_row_does_not_break_a_page() {
    let good = rows();
    let absurd = [
        "1e400".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "\"\"".to_owned(),
        good[0].replace("\"nonce\":\"0\"", "\"nonce\":-1"),
        good[0].replace("\"nonce\":\"0\"", "\"nonce\":1e3"),
        good[0].replace("\"nonce\":\"0\"", &format!("\"nonce\":{}", "9".repeat(10_000))),
        format!("{}1{}", "[".repeat(100), "]".repeat(100)),
    ];
    let mut all = good.clone();
    for (place, row) in absurd.iter().enumerate() {
        all.insert(place * 2, row.clone());
    }
    let queue = read(&page_of(&all));
    assert_eq!(queue.rows, read(&page_of(&good)).rows);
    assert_eq!(queue.quarantined.len(), absurd.len(), "{:?}", queue.quarantined);
    assert_eq!(queue.counts.listed, all.len());
}

#[test]
fn every_lie_about_a_row_has_its_code() {
    let row = &rows()[0];
    assert_eq!(code(&row.replace("\"value\":\"100000000000000000\"", "\"value\":\"1\"")), "row-hash");
    assert_eq!(code(&row.replace("\"operation\":0", "\"operation\":1")), "row-hash");
    assert_eq!(code(&row.replace("\"operation\":0", "\"operation\":2")), "row-operation");
    assert_eq!(code(&row.replace("\"data\":null", "\"data\":\"0x0\"")), "row-hex");
    assert_eq!(code(&row.replace("\"nonce\":\"0\"", "\"nonce\":null")), "row-number");
    let twice = row.replacen('{', "{\"to\":\"0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f\",", 1);
    assert_eq!(code(&twice), "row-twice");
    let lower = SAFE.to_string().to_ascii_lowercase().replace('f', "F");
    assert_eq!(code(&row.replace(&SAFE.to_string(), &lower)), "row-checksum");
    assert_eq!(code(&row.replace("\"safe\":\"0xF719", "\"safe\":\"0xZ719")), "row-address");
    let other = "0x5C488ecd60661478fE7FC7832f5A809690A61e62";
    assert_eq!(code(&row.replacen(&format!("\"safe\":\"{SAFE}\""), &format!("\"safe\":\"{other}\""), 1)), "row-safe");
    assert_eq!(code(&row.replace("\"safeTxHash\":\"0x9d", "\"safeTxHash\":\"0x9e")), "row-hash");
    assert_eq!(code(&row.replace("\"safeTxHash\":\"0x9d", "\"safeTxHash\":\"")), "row-hex");
    let many = format!("\"confirmations\":[{}]", vec!["{}"; 300].join(","));
    assert_eq!(code(&row.replace("\"confirmations\":[", &format!("{many},\"old\":["))), "row-confirmations");
    assert_eq!(code(&row.replace("\"confirmations\":[", "\"confirmations\":7,\"old\":[")), "row-confirmations");
}

#[test]
fn a_signature_of_another_transaction_or_of_a_stranger_does_not_count() {
    let all = rows();
    let (first, second): (Value, Value) =
        (serde_json::from_str(&all[0]).unwrap(), serde_json::from_str(&all[1]).unwrap());
    // Replayed from another row.
    let mut replayed = second.clone();
    replayed["confirmations"] = first["confirmations"].clone();
    let queue = read(&page_of(&[replayed.to_string()]));
    assert!(!queue.rows[0].is_vouched() && queue.rows[0].checked.refused.len() == 2, "{queue:?}");
    // Twice is once.
    let mut doubled = first.clone();
    let again = first["confirmations"][0].clone();
    doubled["confirmations"].as_array_mut().unwrap().push(again);
    let queue = read(&page_of(&[doubled.to_string()]));
    assert_eq!(queue.rows[0].checked.valid.len(), 2);
    // An owner who is none any more.
    let (mut facts, known) = (facts(SAFE), known());
    facts.owners.remove(0);
    let wanted = Wanted { facts: &facts, known: &known, least: None };
    let row = Row::read(all[0].as_bytes(), &wanted).unwrap();
    assert_eq!(row.checked.valid.len(), 1);
    assert_eq!(row.checked.refused[0].1.code(), "signature-not-owner");
    // Another version or chain gives another hash.
    let mut elsewhere = super::facts(SAFE);
    elsewhere.at.chain_id = U256::from(1);
    let wanted = Wanted { facts: &elsewhere, known: &known, least: None };
    assert_eq!(Row::read(all[0].as_bytes(), &wanted).unwrap_err().code(), "row-hash");
}

#[test]
fn a_transaction_that_is_listed_again_is_one_row_with_all_its_signatures() {
    let all = rows();
    let whole: Value = serde_json::from_str(&all[0]).unwrap();
    let part = |keep: usize| {
        let mut row = whole.clone();
        let one = row["confirmations"][keep].clone();
        row["confirmations"] = Value::Array(vec![one]);
        row.to_string()
    };
    // Each page hides one of the signatures.
    let (first, second) = (page_of(&[part(0), part(0)]), page_of(&[part(1), all[1].clone()]));
    let (facts, known) = (facts(SAFE), known());
    let wanted = Wanted { facts: &facts, known: &known, least: None };
    let queue = Queue::read([first.as_bytes(), second.as_bytes()], &wanted);
    assert_eq!((queue.rows.len(), queue.counts.repeated, queue.counts.listed), (2, 2, 4));
    assert_eq!(queue.rows[0].checked.valid, read(&page_of(&all)).rows[0].checked.valid);
}

#[test]
fn pages_that_are_none_are_set_aside_whole_and_floods_end() {
    for (page, code) in [
        ("", "page-json"),
        ("<html>", "page-json"),
        ("[]", "page-json"),
        ("{\"results\":7}", "page-json"),
        ("{}", "page-json"),
        ("{\"results\":[],\"results\":[]}", "page-json"),
        (&"[".repeat(200_000), "page-json"),
        (&" ".repeat(LONGEST + 1), "page-long"),
    ] {
        let queue = read(page);
        assert_eq!((queue.rows.len(), queue.quarantined[0].why.code()), (0, code));
    }
    let flood = format!("{{\"results\":[{}]}}", vec!["{}"; MOST + 5].join(","));
    let queue = read(&flood);
    assert_eq!((queue.counts.listed, queue.quarantined.len()), (MOST, MOST_ASIDE));
    assert_eq!(queue.counts.quarantined, MOST + 1, "every row, and that there were more");
}

#[test]
fn escape_sequences_come_out_of_nothing() {
    let evil = ["\\u001b[2J", "\\u001b]0;x\\u0007", "\\u202ecba", "\\u0000", "\\u200b", "\\r\\n", "\\u009b31m"];
    let row = &rows()[0];
    let mut seen = 0;
    for text in evil {
        for (from, to) in [
            ("\"origin\":\"rig\"", format!("\"origin\":\"{text}\"")),
            ("\"safeTxHash\":\"0x9d", format!("\"safeTxHash\":\"{text}0x9d")),
            ("\"to\":\"0x23", format!("\"to\":\"{text}0x23")),
            ("\"nonce\":\"0\"", format!("\"nonce\":\"{text}\"")),
            ("{\"", format!("{{\"{text}\":1,\"{text}\":1,\"")),
            ("\"owner\":\"0x", format!("\"owner\":\"{text}0x")),
        ] {
            let changed = row.replacen(from, &to, 1);
            assert_ne!(&changed, row, "{from}");
            let queue = read(&page_of(&[changed]));
            let mut told: Vec<String> = queue.quarantined.iter().map(|one| one.why.to_string()).collect();
            told.extend(queue.quarantined.iter().filter_map(|one| one.claimed.clone()));
            told.extend(queue.rows.iter().filter_map(|row| row.claims.origin.clone()));
            told.extend(queue.rows.iter().flat_map(|row| row.unread.iter().map(ToString::to_string)));
            seen += told.len();
            for text in told {
                let bad = |c: char| c.is_control() || matches!(c, '\u{202e}' | '\u{200b}');
                assert!(!text.chars().any(bad), "{text:?}");
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn mutated_pages_never_panic_and_only_true_rows_come_out(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20), cut in any::<bool>(),
    ) {
        let body = page_of(&rows()[..3]);
        let honest = read(&body);
        let mut bytes = body.into_bytes();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if cut {
            bytes.truncate(changes[0].0.index(bytes.len()));
        }
        let (facts, known) = (facts(SAFE), known());
        let queue = Queue::read([bytes.as_slice()], &Wanted { facts: &facts, known: &known, least: None });
        for row in &queue.rows {
            let same = honest.rows.iter().find(|one| one.hashes == row.hashes);
            prop_assert!(same.is_some_and(|one| one.tx == row.tx && row.checked.valid.len() <= one.checked.valid.len()));
        }
    }

    #[test]
    fn any_bytes_are_read_or_set_aside(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (facts, known) = (facts(SAFE), known());
        let wanted = Wanted { facts: &facts, known: &known, least: None };
        let _ = (Queue::read([bytes.as_slice()], &wanted), Row::read(&bytes, &wanted));
    }
}
