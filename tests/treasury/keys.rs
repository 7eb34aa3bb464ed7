//! Keys of this machine: brought, made and used, with what is typed at a real terminal.

use crate::pty::Pty;
use crate::treasury::office::{Desk, Office, STRANGER};
use portable_pty::CommandBuilder;

/// The words of the tests of BIP-39, whose keys are public.
const WORDS: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

#[test]
fn a_key_is_brought_by_its_words_or_as_an_extended_key_and_is_the_same() {
    let desk = Desk::new();
    std::fs::write(desk.path("words.txt"), format!("{}\n", WORDS.replace(' ', "\n"))).unwrap();
    let told = desk.json("hot import till --words words.txt --network testnet");
    assert_eq!((&told["fingerprint"], &told["hot"]), (&"73c5da0a".into(), &true.into()));
    let key = |desk: &Desk, kind: &str| {
        desk.json(&format!("hot show till --standard {kind}"))["key"].as_str().unwrap().to_owned()
    };
    // As BIP-84 and BIP-48 derive them from these words.
    assert!(key(&desk, "wpkh").starts_with("[73c5da0a/84'/1'/0']tpub"));
    assert!(key(&desk, "wsh").starts_with("[73c5da0a/48'/1'/0'/2']tpub"));
    assert!(key(&desk, "sh-wsh").starts_with("[73c5da0a/48'/1'/0'/1']tpub"));
    // The same again is no mistake, and no entry; another key cannot take its name.
    let before = desk.entries();
    desk.json("hot import till --words words.txt --network testnet");
    assert_eq!(desk.entries(), before);
    assert_eq!(desk.refused("hot create till --network testnet --words new.txt"), (2, "name-taken".into()));
    assert!(!desk.path("new.txt").exists(), "no words of a key that is not there");
    // What was killed between the key's file and its entry is finished by importing it again, by whoever can open it.
    let torn = Desk::new();
    let place = "treasury/hot/73c5da0a.json";
    std::fs::create_dir_all(torn.data().join("treasury/hot")).unwrap();
    std::fs::copy(desk.data().join(place), torn.data().join(place)).unwrap();
    std::fs::write(torn.path("words.txt"), WORDS).unwrap();
    std::fs::write(torn.path("passphrase"), "wrong\n").unwrap();
    assert_eq!(torn.refused("hot import till --words words.txt --network testnet"), (3, "passphrase".into()));
    std::fs::write(torn.path("passphrase"), "correct horse\n").unwrap();
    torn.json("hot import till --words words.txt --network testnet");
    assert_eq!(torn.json("hot list")["keys"][0]["name"], "till");

    let other = Desk::new();
    let root = bitcoin::bip32::Xpriv::new_master(
        bitcoin::Network::Testnet,
        &bip39::Mnemonic::parse(WORDS).unwrap().to_seed(""),
    );
    std::fs::write(other.path("key.txt"), format!("{}\n", root.unwrap())).unwrap();
    other.json("hot import till --words key.txt --network testnet");
    assert_eq!(key(&other, "tr"), key(&desk, "tr"));
}

#[test]
fn what_is_no_key_is_refused_and_leaves_nothing() {
    let desk = Desk::new();
    for (text, exit, code) in [
        (WORDS.replace("about", "abandon"), 1, "hot-key"),
        (WORDS.replace("about", "bitcoins"), 1, "hot-key"),
        ("xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8".into(), 1, "hot-key"),
        (String::new(), 1, "hot-key"),
    ] {
        std::fs::write(desk.path("words.txt"), &text).unwrap();
        assert_eq!(desk.refused("hot import till --words words.txt --network testnet"), (exit, code.into()), "{text}");
    }
    assert!(desk.json("hot list")["keys"].as_array().unwrap().is_empty());
    assert_eq!(desk.refused("hot show till"), (3, "no-hot-key".into()));
}

/// A command of a desk at a terminal, where nothing names a passphrase.
fn typing(desk: &Desk, arguments: &str) -> Pty {
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_exchequer"));
    command.arg("--data-dir");
    command.arg(desk.data());
    command.args(arguments.split_whitespace());
    command.env_remove("EXCHEQUER_HOT_PASSPHRASE_FILE");
    command.cwd(desk.path(""));
    Pty::start(command, (80, 24))
}

#[test]
fn a_passphrase_is_typed_twice_and_never_shown() {
    let desk = Desk::new();
    let mut pty = typing(&desk, "hot create till --network regtest --words words.txt");
    pty.wait_for("Passphrase of the HOT key:");
    pty.press("open sesame\r");
    pty.wait_for("The same again:");
    pty.press("open sesam\r");
    pty.wait_for("the two are not the same");
    assert_eq!(pty.over().exit_code(), 2);
    assert!(!pty.shows("sesam") && !desk.path("words.txt").exists());
    let mut pty = typing(&desk, "hot create till --network regtest");
    pty.wait_for("Passphrase of the HOT key:");
    pty.press("open sesame\r");
    pty.wait_for("The same again:");
    pty.press("open sesame\r");
    pty.wait_for("is a HOT key");
    assert_eq!(pty.over().exit_code(), 0);
    assert!(pty.shows("Write these words down") && !pty.shows("sesame"));
    // From a pipe it is the first line, and asked for without a word.
    let mut command = desk.command("hot show till");
    command.env_remove("EXCHEQUER_HOT_PASSPHRASE_FILE").stdin(std::process::Stdio::piped());
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"open sesame\nmore\n").unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
}

#[test]
fn signing_and_broadcasting_ask_and_only_yes_goes_on() {
    let office = Office::new(1, 1);
    office.fund(&[1_000_000]);
    let desk = &office.desks[0];
    let id = desk.proposed(&format!("propose pay Cold --to {STRANGER}=150000sat --fee-rate 5"));
    let sign = format!("proposal approve {id} --hot key0");
    for answer in ["y\r", "\r", "YES\r", "\u{4}"] {
        let before = desk.entries();
        let mut pty = typing(desk, &sign);
        pty.wait_for("Passphrase of the HOT key:");
        pty.press("correct horse\r");
        // That nothing was paid there before is a warning; it is accepted by itself.
        pty.wait_for("Go on and sign in spite of them? Type yes:");
        pty.press(answer);
        pty.wait_for("it was not confirmed");
        assert_eq!((pty.over().exit_code(), desk.entries()), (5, before), "{answer:?}");
    }
    let mut pty = typing(desk, &sign);
    pty.wait_for("Passphrase of the HOT key:");
    pty.press("correct horse\r");
    pty.wait_for("in spite of them? Type yes:");
    pty.press("yes\r");
    // The whole review is read before the last question.
    pty.wait_for("Type yes: yes");
    pty.wait_for("with the HOT key");
    pty.wait_for("warnings: look at each");
    pty.press("yes\r");
    pty.wait_for("1 of 1 signatures, ready");
    assert_eq!(pty.over().exit_code(), 0);
    assert!(!pty.shows("correct horse"));

    let send = format!("proposal broadcast {id} --accept-warnings");
    let mut pty = typing(desk, &send);
    pty.wait_for("This cannot be taken back. Type yes:");
    pty.press("no\r");
    assert_eq!(pty.over().exit_code(), 5);
    assert!(office.chain.waiting().is_empty());
    assert_eq!(desk.state(&id), "ready");
    let mut pty = typing(desk, &send);
    pty.wait_for("This cannot be taken back. Type yes:");
    pty.press("yes\r");
    pty.wait_for("took it");
    assert_eq!((pty.over().exit_code(), office.chain.waiting().len()), (0, 1));
}

#[test]
fn a_large_psbt_is_turned_over_as_codes_until_it_is_ended() {
    let office = Office::new(1, 1);
    office.fund(&[400_000, 300_000]);
    let desk = &office.desks[0];
    let id = desk.proposed(&format!("propose sweep Cold --to {STRANGER} --fee-rate 5"));
    for kind in ["bbqr", "ur"] {
        let mut pty = typing(desk, &format!("proposal export {id} --qr {kind}"));
        pty.wait_for("1 of ");
        pty.wait_for("2 of ");
        pty.wait_for("Ctrl-C ends");
        pty.press("\u{3}");
        assert!(!pty.over().success());
    }
}
