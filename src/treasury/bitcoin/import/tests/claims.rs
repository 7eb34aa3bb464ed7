//! What a file says beside its keys is held against them.

use super::super::{ImportError, read};
use super::{LIANA, file, import, refused, refused_for};
use bitcoin::Network;

#[test]
fn letters_that_contradict_the_script_are_refused() {
    // SLIP-132 says that a Vpub is for wsh with several keys.
    let vpub = file("sparrow-wallet.json");
    assert_eq!(refused(&vpub.replace("\"P2WSH\"", "\"P2SH_P2WSH\"")), "import-prefix");
    assert_eq!(refused(&vpub.replace("\"P2WSH\"", "\"P2SH\"")), "import-prefix");
    let coldcard = file("coldcard-paths.txt");
    assert_eq!(refused(&coldcard.replace("p2wsh", "p2sh-p2wsh")), "import-prefix");
    let error = read(coldcard.replace("p2wsh", "p2sh").as_bytes(), None).unwrap_err();
    assert_eq!(error.to_string(), "key 1 is a Vpub, which is for several keys, wsh, and the wallet is sh");
    // Letters of one key in a wallet of several.
    let zpub = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs";
    assert_eq!(refused(&format!("wsh(pk({zpub}/<0;1>/*))")), "import-prefix");
    import(&format!("wpkh({zpub}/<0;1>/*)"));
}

#[test]
fn a_file_for_another_network_is_refused() {
    for name in ["caravan.json", "sparrow-wallet.json", "bsms.bsms"] {
        assert_eq!(refused_for(file(name), Network::Bitcoin), "import-network", "{name}");
        assert_eq!(refused_for(file(name), Network::Regtest), "import-network", "{name}");
    }
    assert_eq!(refused_for(LIANA, Network::Testnet), "import-network");
    // Keys alone look alike on every test network, and on mainnet they do not.
    for network in [Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest] {
        let imported = read(file("coldcard.txt").as_bytes(), Some(network)).unwrap();
        assert_eq!((imported.network, imported.network_assumed), (network, false));
    }
    assert_eq!(refused_for(file("coldcard.txt"), Network::Bitcoin), "import-network");
    // A file that contradicts its own keys.
    assert_eq!(refused(&file("caravan.json").replace("testnet", "mainnet")), "wallet-network");
}

#[test]
fn a_network_that_nobody_told_is_assumed_and_said() {
    let told = |name: &str| import(file(name));
    let assumed = told("coldcard.txt");
    assert_eq!((assumed.network, assumed.network_assumed), (Network::Testnet, true));
    assert!(assumed.notes.iter().any(|note| note.code == "network-assumed"));
    assert!(!told("sparrow-wallet.json").network_assumed);
    // `testnet` in Caravan's file may be either of two.
    assert!(told("caravan.json").network_assumed);
    assert!(!import(LIANA).network_assumed);
}

#[test]
fn how_many_keys_there_are_said_to_be_has_to_be_true() {
    assert_eq!(refused(&file("coldcard.txt").replace("2 of 3", "2 of 4")), "import-count");
    assert_eq!(refused(&file("caravan.json").replace("\"totalSigners\": 3", "\"totalSigners\": 2")), "import-count");
    assert_eq!(refused(&file("electrum.json").replace("2of3", "2of2")), "import-count");
    assert_eq!(refused(&file("electrum.json").replace("\"x3/\"", "\"x4/\"")), "import-count");
}

#[test]
fn a_checksum_that_is_wrong_is_refused_in_every_format_that_has_one() {
    for name in [
        "descriptor-multipath.txt",
        "descriptor-two-lines.txt",
        "sparrow-descriptor.txt",
        "core.json",
        "core-import.json",
        "specter-devices.json",
    ] {
        // A threshold of one, the checksums left as they were.
        assert_eq!(refused(&file(name).replace("multi(2", "multi(1")), "import-checksum", "{name}");
    }
    assert_eq!(refused(&LIANA.replace("older(26352)", "older(2)")), "import-checksum");
    let error = read(file("descriptor-multipath.txt").replace('#', "#x").as_bytes(), None).unwrap_err();
    assert!(matches!(error, ImportError::Checksum { .. }), "{error}");
}

#[test]
fn both_rows_together_and_on_their_own_have_to_agree() {
    let text = file("sparrow-descriptor.txt");
    let one = text.lines().find(|line| line.contains("/1/*")).unwrap();
    let other = one.split('#').next().unwrap().replace("/1/*", "/2/*");
    assert_eq!(refused(&text.replace(one, &other)), "import-shape");
}

#[test]
fn what_is_worth_a_look_is_noted() {
    let codes = |text: &str| {
        import(text)
            .notes
            .into_iter()
            .map(|note| note.code)
            .filter(|code| *code != "network-assumed")
            .collect::<Vec<_>>()
    };
    assert_eq!(codes(file("coldcard.txt")), [""; 0]);
    let text = file("descriptor-plain.txt").trim();
    assert_eq!(codes(&text.replace("/<0;1>/*", "/*")), ["no-change-row"]);
    assert_eq!(codes(&file("coldcard.txt").replace("Treasury", "Trésor \u{202e}x")), ["name-changed"]);
}

#[test]
fn t05_paths_that_devices_may_refuse_are_noted_when_a_wallet_comes_in() {
    let codes = |from: &str, to: &str| {
        let text = file("descriptor-plain.txt").trim().replacen(from, to, 1);
        let notes = import(&text).notes.into_iter().map(|note| note.code);
        notes.filter(|code| *code != "network-assumed").collect::<Vec<_>>()
    };
    let origin = "[f5acc2fd/48'/1'/0'/2']";
    assert_eq!(codes(origin, ""), ["no-origin"]);
    assert_eq!(codes(origin, "[f5acc2fd/45'/1'/0'/2']"), [""; 0]);
    for odd in ["[f5acc2fd/0'/1'/0'/2']", "[f5acc2fd/48/1'/0'/2']", "[f5acc2fd/2147483647'/1'/0'/2']"] {
        assert_eq!(codes(origin, odd), ["unusual-path"], "{odd}");
    }
    assert_eq!(codes(origin, "[f5acc2fd/48'/0'/0'/2']"), ["coin-type"]);
    assert_eq!(codes("/<0;1>/*", "/<2;3>/*"), ["uneven-paths"]);
}

#[test]
fn t04_keys_of_one_seed_are_noted_and_one_key_twice_is_refused() {
    let text = file("descriptor-plain.txt");
    // Fingerprints are only claimed: two different keys under one are odd, and may be two accounts of one person.
    let same = import(&text.replace("7f332d1f", "f5acc2fd"));
    let note = same.notes.iter().find(|note| note.code == "same-seed").unwrap();
    assert_eq!(note.message, "2 keys of the quorum come from one seed, f5acc2fd: one person may hold them");
    for name in ["coldcard.txt", "caravan.json", "electrum.json", "descriptor-plain.txt", "specter.json"] {
        let text = file(name);
        let (first, second) = (
            "tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK",
            "tpubDF8zwYdkDjTpAxhk8D7kjsKFS3Ep2wYAJkYw5q48oGHYDLejtyuSWDwdjoPjHmANCSZyxsBCFwTNTVYyLdqRZx1gGKpFohggzajhUN9n5sL",
        );
        let twice = text.replace(second, first);
        if twice != text {
            let code = refused(&twice);
            assert!(["wallet-key-twice", "wallet-descriptor"].contains(&code), "{name}: {code}");
        }
    }
}
