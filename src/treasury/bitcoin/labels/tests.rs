//! The vectors of BIP-329, what other programs write, and what nobody should.

use super::*;
use crate::market::printable;
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::Network;
use proptest::prelude::*;
use std::str::FromStr;

/// The export of the standard. Its output says `"spendable": false`; one of its versions said `"false"`.
const VECTORS: &str = r#"{ "type": "tx", "ref": "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd", "label": "Transaction", "origin": "wpkh([d34db33f/84'/0'/0'])" }
{ "type": "addr", "ref": "bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c", "label": "Address" }
{ "type": "pubkey", "ref": "0283409659355b6d1cc3c32decd5d561abaac86c37a353b52895a5e6c196d6f448", "label": "Public Key" }
{ "type": "input", "ref": "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:0", "label": "Input" }
{ "type": "output", "ref": "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1", "label": "Output", "spendable": false }
{ "type": "xpub", "ref": "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8", "label": "Extended Public Key" }
{ "type": "tx", "ref": "f546156d9044844e02b181026a1a407abfca62e7ea1159f87bbeaa77b4286c74", "label": "Account #1 Transaction", "origin": "wpkh([d34db33f/84'/0'/1'])" }
"#;

const COIN: &str = "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1";

fn coin() -> OutPoint {
    OutPoint::from_str(COIN).unwrap()
}

fn one(line: &str) -> Label {
    Label::read(line).unwrap().unwrap()
}

fn same(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    value(one) == value(other)
}

#[test]
fn vectors_of_the_standard_are_read_and_written_as_they_were() {
    for text in [VECTORS.to_owned(), VECTORS.replace("\": false", "\" : \"false\"")] {
        let told = read(text.as_bytes()).unwrap();
        assert_eq!((told.labels.len(), told.unknown, told.refused), (7, 0, 0));
        let kinds: Vec<&str> = told.labels.iter().map(|label| label.about().kind()).collect();
        assert_eq!(kinds, ["tx", "addr", "pubkey", "input", "output", "xpub", "tx"]);
        assert_eq!(told.labels[4].spendable(), Some(false));
        for (label, line) in told.labels.iter().zip(VECTORS.lines()) {
            assert!(same(&label.line(), line), "{}", label.line());
        }
    }
}

#[test]
fn another_reader_of_the_format_reads_what_is_written() {
    let all: Labels = read(VECTORS.as_bytes()).unwrap().labels.into_iter().collect();
    let theirs = bip329::Labels::try_from_str(&all.write()).unwrap();
    assert_eq!(theirs.len(), 7);
    let again = theirs.export().unwrap();
    assert_eq!(read(again.as_bytes()).unwrap().labels.into_iter().collect::<Labels>(), all);
}

#[test]
fn members_that_are_not_known_come_through_with_every_digit() {
    let line = r#"{"type":"tx","ref":"f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd","label":"x","fee":1000,"fmv":{"USD":1233.45000000000000000001},"heights":[1,2],"keypath":"/1/123","rate":{"USD":105620.00},"value":-90071992547409931234}"#;
    let label = one(line);
    assert_eq!(label.line(), line);
    assert_eq!(one(&label.line()), label);
}

#[test]
fn what_a_record_leaves_out_stays_as_it_was() {
    let mut all = Labels::default();
    assert!(all.apply(one(&format!(r#"{{"type":"output","ref":"{COIN}","spendable":false}}"#))));
    assert!(all.frozen(&coin()));
    assert!(all.apply(one(&format!(r#"{{"type":"output","ref":"{COIN}","label":"dust"}}"#))));
    assert!(all.frozen(&coin()) && all.len() == 1);
    let label = all.of(&About::Output(coin())).unwrap();
    assert_eq!(label.text().as_deref(), Some("dust"));
    assert!(!all.apply(one(&format!(r#"{{"type":"output","ref":"{COIN}","label":"dust"}}"#))));
    assert!(all.apply(one(&format!(r#"{{"type":"output","ref":"{COIN}","spendable":true}}"#))));
    assert!(!all.frozen(&coin()));
    assert!(!all.frozen(&OutPoint { vout: 2, ..coin() }));
}

#[test]
fn lines_that_cannot_be_read_are_refused_alone_and_counted() {
    let file = format!(
        "\u{feff}{}\n\nnonsense\n{}\r\n{}\n{}\n{}\n{}\n{}\n{}",
        r#"{"type":"output","ref":"f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1","label":"kept"}"#,
        r#"{"type":"tx","ref":"f91d"}"#,
        r#"{"type":"addr","ref":"bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7d","label":"wrong checksum"}"#,
        r#"{"type":"tx","ref":"f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd","spendable":true}"#,
        r#"{"type":"output","ref":"f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1","spendable":"no"}"#,
        r#"{"type":"output","ref":"f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1","label":7}"#,
        r#"{"type":"payee","ref":"somebody","label":"a type of the future"}"#,
        r#"{"ref":"x"}"#,
    );
    let told = read(file.as_bytes()).unwrap();
    assert_eq!((told.labels.len(), told.unknown, told.refused), (1, 1, 7));
    let lines: Vec<usize> = told.refusals.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 10]);
    assert_eq!(told.refusals[3].1, LabelError::Spendable);
}

#[test]
fn t13_files_beyond_every_measure_are_refused() {
    assert_eq!(read(&vec![b'\n'; LONGEST_FILE + 1]), Err(LabelsError::Long));
    assert_eq!(read("{}\n".repeat(MOST_LABELS + 1).as_bytes()), Err(LabelsError::Many));
    assert_eq!(read(&[0xff]), Err(LabelsError::Text));
    let told = read("{}\n".repeat(MOST_LABELS).as_bytes()).unwrap();
    assert_eq!((told.refused, told.refusals.len()), (MOST_LABELS, MOST_REFUSED));
    let long = format!(r#"{{"type":"output","ref":"{COIN}","label":"{}"}}"#, "x".repeat(LONGEST_LINE));
    assert_eq!(read(long.as_bytes()).unwrap().refusals[0].1, LabelError::Long);
    let deep = format!(r#"{{"type":"output","ref":"{COIN}","x":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert_eq!(read(deep.as_bytes()).unwrap().refused, 1);
    assert_eq!(Label::new(About::Output(coin()), Some("x".repeat(LONGEST_LINE)), None), Err(LabelError::Long));
    let key = About::Key(String::new());
    assert_eq!(Label::new(key, None, Some(true)), Err(LabelError::Spendable));
}

#[test]
fn t14_words_are_kept_exactly_and_shown_printable() {
    let words = "a\u{1b}[2J\u{202e}b\u{9b}\u{200b}\u{e0041}é\n";
    let label = Label::new(About::Output(coin()), Some(words.into()), None).unwrap();
    assert_eq!(label.text().as_deref(), Some("a[2Jbé "));
    let line = label.line();
    assert!(!line.contains(char::is_control) && printable(&line) == line, "{line}");
    // The same words come back.
    assert_eq!(one(&line), label);
    let member =
        one(&format!("{{\"type\":\"output\",\"ref\":\"{COIN}\",\"note\\u001b\":\"\u{202e}\u{9b}x\", \"n\":\t1}}"));
    assert!(printable(&member.line()) == member.line(), "{}", member.line());
    assert!(same(
        &member.line(),
        &format!("{{\"type\":\"output\",\"ref\":\"{COIN}\",\"note\\u001b\":\"\u{202e}\u{9b}x\",\"n\":1}}")
    ));
}

#[test]
fn a_label_is_of_the_wallet_that_it_names() {
    let a = "[f5acc2fd/48'/1'/0'/2']tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK/<0;1>/*";
    let b = "[7f332d1f/48'/1'/0'/2']tpubDF8zwYdkDjTpAxhk8D7kjsKFS3Ep2wYAJkYw5q48oGHYDLejtyuSWDwdjoPjHmANCSZyxsBCFwTNTVYyLdqRZx1gGKpFohggzajhUN9n5sL/<0;1>/*";
    let wallet = Wallet::new("W", Network::Testnet, &[&format!("wsh(sortedmulti(2,{a},{b}))")]).unwrap();
    let own = "wsh(sortedmulti(2,[f5acc2fd/48'/1'/0'/2'],[7f332d1f/48'/1'/0'/2']))";
    assert_eq!(origin(&wallet).as_deref(), Some(own));
    let of = |text: &str| Label::new(About::Output(coin()), None, Some(false)).unwrap().of_wallet(Some(text.into()));
    assert!(fits(&of(own), &wallet));
    assert!(fits(&of(&own.replace('\'', "h")), &wallet));
    assert!(fits(&one(&format!(r#"{{"type":"output","ref":"{COIN}"}}"#)), &wallet));
    assert!(!fits(&of("wpkh([d34db33f/84'/0'/0'])"), &wallet));
    assert!(!fits(&of(&own.replace("multi(2", "multi(1")), &wallet));
    let bare = Wallet::new("W", Network::Testnet, &[&format!("wpkh({})", a.split(']').nth(1).unwrap())]).unwrap();
    assert_eq!(origin(&bare), None);
    assert!(!fits(&of(own), &bare));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_words_come_through(words in any::<String>(), frozen in any::<Option<bool>>()) {
        let label = Label::new(About::Output(coin()), Some(words), frozen).unwrap();
        let line = label.line();
        prop_assert!(!line.contains(char::is_control));
        prop_assert_eq!(one(&line), label);
    }

    #[test]
    fn any_line_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>()) {
        let _ = read(&bytes);
        let mut vectors = VECTORS.as_bytes().to_vec();
        let at = at.index(vectors.len());
        for byte in bytes {
            vectors[at] = byte;
            let Ok(told) = read(&vectors) else { continue };
            for label in &told.labels {
                prop_assert_eq!(&one(&label.line()), label);
            }
        }
    }
}
