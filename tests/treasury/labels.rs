//! Labels as other programs write them (BIP-329), and a wallet that comes with names and labels of its own.

use crate::treasury::office::{Desk, Office, STRANGER, bytes};

#[test]
fn labels_go_from_desk_to_desk_and_freeze_coins_there() {
    let office = Office::new(2, 2);
    office.fund(&[300_000, 500_000]);
    let [first, second] = office.desks.as_slice() else { unreachable!() };
    let coins = first.json("wallet coins Cold")["coins"].clone();
    let (one, two) = (coins[0]["outpoint"].as_str().unwrap(), coins[1]["outpoint"].as_str().unwrap());
    first.does(&format!("wallet coins Cold --label {one} payroll --freeze {two}"));
    first.does("wallet labels Cold --export labels.jsonl");
    let file = String::from_utf8(bytes(&first.path("labels.jsonl"))).unwrap();
    assert!(file.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{file}");
    assert!(file.contains("\"spendable\":false") && file.contains("payroll"), "{file}");
    assert_eq!(first.does("wallet labels Cold"), file, "the pipe has the same");
    // Something of another wallet, of a later kind, and what is none, among what is taken.
    let more = format!(
        "{file}{}\n{}\nnonsense\n{}\n",
        r#"{"type":"tx","ref":"f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd","label":"theirs","origin":"wpkh([d34db33f/84'/0'/0'])"}"#,
        r#"{"type":"payee","ref":"somebody","label":"later"}"#,
        format_args!(r#"{{"type":"addr","ref":"{STRANGER}","label":"rent"}}"#),
    );
    std::fs::write(second.path("more.jsonl"), more).unwrap();
    let told = second.json("wallet labels Cold --import more.jsonl");
    let counted =
        ["new", "known", "of_other_wallets", "of_unknown_types", "refused"].map(|key| told[key].as_u64().unwrap());
    assert_eq!(counted, [3, 0, 1, 1, 1], "{told}");
    // Again is nothing new, and no entry.
    let before = second.entries();
    let told = second.json("wallet labels Cold --import more.jsonl");
    assert_eq!((&told["new"], &told["known"], second.entries()), (&0.into(), &3.into(), before));
    second.does(&format!("wallet sync Cold --chain {}", office.chain.source()));
    let coins = second.json("wallet coins Cold");
    assert_eq!(
        (&coins["coins"][0]["label"], &coins["balance"]["frozen_sat"]),
        (&"payroll".into(), &coins["coins"][1]["sat"])
    );
    // A name for an address is a recipient's: the review knows it.
    office.arm(1);
    let text = second.does(&format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3 --dry-run"));
    assert!(text.contains("rent"), "{text}");
}

#[test]
fn a_wallet_is_imported_with_its_names_and_labels_in_one_entry() {
    let backup = include_str!("../fixtures/wallets/liana-backup.json");
    let desk = Desk::new();
    std::fs::write(desk.path("backup.json"), backup).unwrap();
    let told = desk.json("wallet import backup.json --name Vault");
    // The entry says all of it, so that no moment has the wallet without its names.
    assert_eq!(desk.json("journal verify")["entries"], 1);
    let named = told["wallet"]["cosigners"].as_array().unwrap().iter().filter(|seat| seat["name"].is_string()).count();
    assert!(named > 0, "{told}");
    let labels = desk.does("wallet labels Vault");
    assert!(labels.lines().count() > 0, "the backup has labels");
    assert_eq!(desk.json("wallet show Vault")["cosigners"], told["wallet"]["cosigners"]);
    assert_eq!(desk.refused("wallet import backup.json --name Other"), (1, "wallet-known".into()));
    desk.verified();
}
