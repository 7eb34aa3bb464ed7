//! The life of a proposal by commands in processes of their own, each desk with its own folder, against a simulated chain.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

#[allow(dead_code)]
#[path = "devices/bench.rs"]
mod bench;

mod treasury {
    mod agent;
    mod choose;
    mod devices;
    mod fees;
    mod forms;
    mod keys;
    mod labels;
    pub mod office;
    mod recover;
}

#[allow(dead_code)]
#[path = "console/pty.rs"]
mod pty;

use treasury::office::{Office, STRANGER, bytes};

#[test]
fn two_of_three_pay_by_files_that_go_from_desk_to_desk() {
    let office = Office::new(2, 3);
    office.fund(&[1_000_000, 2_000_000]);
    let [first, second, third] = office.desks.as_slice() else { unreachable!() };
    // Proposed at the first desk, which signs.
    let made = first.json(&format!("propose pay Cold --to {STRANGER}=150000sat --fee-rate 5 --memo rent"));
    let id = made["proposal"]["id"].as_str().unwrap().to_owned();
    assert_eq!((&made["proposal"]["state"], &made["review"]["verdict"]), (&"proposed".into(), &"warn".into()));
    assert_eq!(made["review"]["warnings"][0]["code"], "first-payment");
    let approved = first.json(&format!("proposal approve {id} --hot key0 --yes --accept-warnings"));
    assert_eq!((&approved["state"], &approved["collected"]), (&"collecting".into(), &1.into()));
    assert_eq!(
        first.refused(&format!("proposal approve {id} --hot key0 --yes --accept-warnings")),
        (1, "already-approved".into())
    );
    // It goes out as a file; the second desk has never heard of it, and its wallet is not armed there.
    first.does(&format!("proposal export {id} -o payment.psbt"));
    office.carry(0, 1, "payment.psbt");
    assert_eq!(second.refused("proposal import payment.psbt --wallet Cold"), (1, "not-armed".into()));
    office.arm(1);
    let there = second.json("proposal import payment.psbt --wallet Cold");
    assert_eq!(there["proposal"]["id"], id.as_str(), "the same bytes for the same wallet are the same proposal");
    assert_eq!(there["proposal"]["collected"], 1);
    second.does(&format!("proposal approve {id} --hot key1 --yes --accept-warnings -o signed.psbt"));
    office.carry(1, 0, "signed.psbt");
    let ready = first.json(&format!("proposal combine {id} signed.psbt"));
    assert_eq!((&ready["state"], &ready["collected"]), (&"ready".into(), &2.into()));
    // The same file again brings nothing new.
    assert_eq!(first.refused(&format!("proposal combine {id} signed.psbt")), (6, "combine-nothing".into()));
    let made = first.json(&format!("proposal finalize {id}"));
    let txid = made["txid"].as_str().unwrap().to_owned();
    assert!(office.chain.waiting().is_empty(), "nothing is broadcast by itself");
    assert_eq!(first.refused(&format!("proposal broadcast {id} --accept-warnings")), (2, "not-confirmed".into()));
    assert!(office.chain.waiting().is_empty());
    let sent = first.json(&format!("proposal broadcast {id} --yes --accept-warnings"));
    assert_eq!((&sent["state"], &sent["broadcast"]["answer"]), (&"executing".into(), &"accepted".into()));
    assert_eq!(office.chain.waiting().first().unwrap().to_string(), txid);
    // Again is safe.
    let again = first.json(&format!("proposal broadcast {id} --yes --accept-warnings"));
    assert_eq!(again["state"], "executing");
    office.chain.mine(1);
    let synced = first.json("wallet sync Cold");
    assert_eq!(synced["proposals"][0][1], "confirmed");
    assert_eq!(first.state(&id), "confirmed");
    // The block is undone, and mined again.
    office.chain.reorg(1);
    first.does("wallet sync Cold");
    assert_eq!(first.state(&id), "executing");
    office.chain.mine(1);
    first.does("wallet sync Cold");
    assert_eq!(first.state(&id), "confirmed");
    for desk in [first, second, third] {
        desk.verified();
    }
}

#[test]
fn a_bump_takes_the_place_of_what_waits() {
    let office = Office::new(1, 2);
    office.fund(&[1_000_000]);
    let desk = &office.desks[0];
    let id = |made: &serde_json::Value| made["proposal"]["id"].as_str().unwrap().to_owned();
    let first = id(&desk.json(&format!("propose pay Cold --to {STRANGER}=0.0015 --fee-rate 2")));
    desk.does(&format!("proposal approve {first} --hot key0 --yes --accept-warnings"));
    desk.does(&format!("proposal broadcast {first} --yes --accept-warnings"));
    desk.does("wallet sync Cold");
    let bump = id(&desk.json(&format!("propose bump {first} --fee-rate 20")));
    assert_eq!(desk.json(&format!("proposal show {bump}"))["proposal"]["competitors"][0]["id"], first.as_str());
    desk.does(&format!("proposal approve {bump} --hot key0 --yes --accept-warnings"));
    desk.does(&format!("proposal broadcast {bump} --yes --accept-warnings"));
    assert_eq!((desk.state(&first).as_str(), desk.state(&bump).as_str()), ("superseded", "executing"));
    office.chain.mine(1);
    desk.does("wallet sync Cold");
    assert_eq!((desk.state(&first).as_str(), desk.state(&bump).as_str()), ("superseded", "confirmed"));
}

#[test]
fn what_must_be_refused_is_refused_and_changes_nothing() {
    let office = Office::new(2, 3);
    office.fund(&[1_000_000]);
    let desk = &office.desks[0];
    let journal = || desk.json("journal verify")["entries"].as_u64().unwrap();
    let before = journal();
    let refused = |arguments: &str, exit: i32, key: &str| {
        assert_eq!(desk.refused(arguments), (exit, key.to_owned()), "{arguments}");
        assert_eq!(journal(), before, "{arguments} wrote something");
    };
    refused("wallet import wallet.txt --name Other --network regtest", 1, "wallet-known");
    refused("wallet show Nothing", 2, "no-wallet");
    refused(&format!("wallet confirm Cold --seat {} --address {STRANGER}", office.keys[1]), 6, "first-address");
    refused(&format!("wallet confirm Cold --seat 00000000 --address {STRANGER}"), 2, "no-seat");
    refused("proposal show 12345678", 2, "no-proposal");
    refused(
        "propose pay Cold --to bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt081=1000sat --fee-rate 5",
        2,
        "recipient-checksum",
    );
    refused(&format!("propose pay Cold --to {STRANGER}=2 --fee-rate 5"), 1, "build-missing");
    refused(&format!("propose pay Cold --to {STRANGER}=0.002 --fee-rate 3000"), 1, "build-fee-high");
    std::fs::write(desk.path("nonsense.psbt"), "nonsense").unwrap();
    refused("proposal import nonsense.psbt --wallet Cold", 1, "psbt-not");
    let made = desk.json(&format!("propose pay Cold --to {STRANGER}=150000sat --fee-rate 5"));
    let id = made["proposal"]["id"].as_str().unwrap().to_owned();
    let before = journal();
    let refused = |arguments: String, exit: i32, key: &str| {
        assert_eq!(desk.refused(&arguments), (exit, key.to_owned()), "{arguments}");
        assert_eq!(journal(), before, "{arguments} wrote something");
    };
    refused(format!("proposal approve {id} --hot nobody --yes"), 3, "no-hot-key");
    refused(format!("proposal approve {id} --hot key0 --yes"), 6, "review-warnings");
    refused(format!("proposal approve {id} --hot key0 --accept-warnings"), 2, "not-confirmed");
    refused(format!("proposal finalize {id}"), 6, "final-quorum");
    refused(format!("proposal broadcast {id} --yes --accept-warnings"), 6, "final-quorum");
    std::fs::write(desk.path("passphrase"), "wrong\n").unwrap();
    refused(format!("proposal approve {id} --hot key0 --yes"), 3, "passphrase");
    std::fs::write(desk.path("passphrase"), "correct horse\n").unwrap();
    // Another transaction, and this one with a byte changed.
    let other = desk.json(&format!("propose pay Cold --to {STRANGER}=150001sat --fee-rate 5 --coin {}", coin(desk)));
    let other = other["proposal"]["id"].as_str().unwrap().to_owned();
    desk.does(&format!("proposal export {other} -o other.psbt"));
    assert_eq!(desk.refused(&format!("proposal combine {id} other.psbt")), (6, "combine-transaction".into()));
    assert_eq!(desk.json(&format!("proposal show {id}"))["proposal"]["competitors"][0]["id"], other.as_str());
    // Two who refuse are one too many for two of three.
    let rejected = desk.json(&format!("proposal reject {id} --seat {} --reason unknown", office.keys[1]));
    assert_eq!(rejected["state"], "proposed");
    let rejected = desk.json(&format!("proposal reject {id} --seat {} --reason unknown", office.keys[2]));
    assert_eq!(rejected["state"], "rejected");
    assert_eq!(
        desk.refused(&format!("proposal approve {id} --hot key0 --yes --accept-warnings")),
        (1, "illegal-move".into())
    );
    desk.does(&format!("proposal cancel {other} --reason over"));
    desk.does("wallet archive Cold --reason rotated");
    assert_eq!(desk.refused("wallet address Cold"), (1, "archived".into()));
    desk.verified();
}

/// The one coin of the wallet.
fn coin(desk: &treasury::office::Desk) -> String {
    desk.json("wallet coins Cold")["coins"][0]["outpoint"].as_str().unwrap().to_owned()
}

#[test]
fn t03_an_unarmed_wallet_hands_out_nothing_unless_that_is_written_down() {
    let office = Office::new(2, 3);
    let desk = &office.desks[2];
    assert_eq!(desk.refused("wallet address Cold"), (1, "not-armed".into()));
    let given = desk.json("wallet address Cold --unarmed");
    assert_eq!(given["armed"], false);
    assert!(desk.does("journal show --kind treasury").contains("handed out, though it is not armed"));
    office.fund(&[1_000_000]);
    desk.does(&format!("wallet sync Cold --chain {}", office.chain.source()));
    let pay = format!("propose pay Cold --to {STRANGER}=150000sat --fee-rate 5");
    assert_eq!(desk.refused(&pay), (1, "not-armed".into()));
    let tried = desk.json(&format!("{pay} --dry-run"));
    assert_eq!(tried["review"]["blocks"][0]["code"], "wallet-unarmed");
    assert_eq!(desk.json(&format!("{pay} --unarmed"))["proposal"]["unarmed"], true);
}

#[test]
fn t33_secrets_and_psbts_stand_in_no_log() {
    let office = Office::new(1, 1);
    office.fund(&[1_000_000]);
    let desk = &office.desks[0];
    let made = desk.json(&format!("-v -v propose pay Cold --to {STRANGER}=150000sat --fee-rate 5 -o payment.psbt"));
    let id = made["proposal"]["id"].as_str().unwrap().to_owned();
    desk.does(&format!("-v -v proposal approve {id} --hot key0 --yes --accept-warnings"));
    desk.does(&format!("-v -v proposal broadcast {id} --yes --accept-warnings"));
    let words = String::from_utf8(bytes(&desk.path("words.txt"))).unwrap();
    let psbt = String::from_utf8(bytes(&desk.path("payment.psbt"))).unwrap();
    let log = String::from_utf8_lossy(&bytes(&desk.data().join("state/exchequer.log"))).into_owned();
    let journal = String::from_utf8_lossy(&bytes(&desk.data().join("journal/journal-000001.jsonl"))).into_owned();
    let first: String = words.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
    for secret in [first.as_str(), "correct horse"] {
        assert!(!log.contains(secret) && !journal.contains(secret), "{secret}");
    }
    for private in [&psbt[..40], "tpub", STRANGER] {
        assert!(!log.contains(private), "{private} stands in the log");
    }
    use std::os::unix::fs::PermissionsExt;
    let folder = desk.data().join("treasury");
    let key = folder.join("hot").join(format!("{}.json", office.keys[0]));
    assert_eq!(std::fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!String::from_utf8_lossy(&bytes(&key)).contains(&first));
}

#[test]
fn a_command_waits_for_another_and_names_who_holds_the_journal_for_long() {
    let office = Office::new(1, 1);
    let desk = &office.desks[0];
    let name =
        || desk.command("wallet name Cold --seat").arg(&office.keys[0]).args(["--name", "till"]).spawn().unwrap();
    let (mut one, mut other) = (name(), name());
    assert!(one.wait().unwrap().success() && other.wait().unwrap().success(), "one waits for the other");
    let (journal, _) = exchequer::store::Journal::open(&desk.data().join("journal"));
    let output = desk.run(&format!("wallet name Cold --seat {} --name till --json", office.keys[0]));
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(
        told.contains("journal_not_written") && told.contains(&format!("the process {}", std::process::id())),
        "{told}"
    );
    drop(journal);
}
