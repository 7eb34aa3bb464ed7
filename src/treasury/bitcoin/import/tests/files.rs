//! Each program's files are recognised and read.

use super::super::{Format, read};
use super::{LIANA, ONE_WALLET, file, import};
use crate::treasury::bitcoin::policy::Lock;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet, WalletId};
use bitcoin::{Network, OutPoint};
use std::str::FromStr;

#[test]
fn files_of_one_wallet_make_one_wallet() {
    let ids: Vec<(&str, WalletId)> =
        ONE_WALLET.iter().map(|(name, text)| (*name, import(text).wallet("W").unwrap().id())).collect();
    for (name, id) in &ids {
        assert_eq!(*id, ids[0].1, "{name}");
    }
    // The address that the Ledger showed for this wallet, 0/0.
    let wallet = import(file("coldcard.txt")).wallet("W").unwrap();
    let first = wallet.address(Spot { chain: Chain::Receive, index: 0 }).unwrap().to_string();
    assert_eq!(first, "tb1qva30ex2fd573w5sm6jqx44848ys9qnjkqyw0c0qv60gtaty6kx5q67ama7");
}

#[test]
fn the_content_tells_whose_file_it_is() {
    for (name, text) in ONE_WALLET {
        let whose = import(text).format;
        let says = name.split(['-', '.']).next().unwrap();
        assert_eq!(whose.word(), says, "{name}");
    }
    assert_eq!(import(LIANA).format, Format::Liana);
    let words: std::collections::BTreeSet<_> = Format::ALL.iter().map(|format| format.word()).collect();
    assert_eq!(words.len(), Format::ALL.len());
}

#[test]
fn the_names_of_wallet_and_cosigners_are_kept() {
    let named = |name: &str| {
        let imported = import(file(name));
        let cosigners: Vec<_> =
            imported.cosigners.iter().map(|cosigner| format!("{} {}", cosigner.fingerprint, cosigner.name)).collect();
        (imported.name.unwrap_or_default(), cosigners.join(", "))
    };
    let wallet = || "Treasury 2of3".to_owned();
    let seeds = |a: &str, b: &str, c: &str| format!("f5acc2fd {a}, 7f332d1f {b}, 4fb3a4d8 {c}");
    assert_eq!(named("caravan.json"), (wallet(), seeds("Mercury", "Venus", "Earth")));
    assert_eq!(named("sparrow-wallet.json"), (wallet(), seeds("ledger", "trezor", "paper")));
    assert_eq!(named("electrum.json"), (String::new(), "f5acc2fd Ada, 4fb3a4d8 Coldcard".into()));
    for name in ["coldcard.txt", "specter.json", "specter-diy.txt", "core.json"] {
        assert_eq!(named(name).0, "Treasury 2of3", "{name}");
    }
}

#[test]
fn what_is_imported_makes_the_same_wallet_again() {
    for text in ONE_WALLET.iter().map(|(_, text)| *text).chain([LIANA]) {
        let imported = import(text);
        let parts: Vec<&str> = imported.descriptors.iter().map(String::as_str).collect();
        let again = Wallet::new("W", imported.network, &parts).unwrap();
        assert_eq!(again.id(), imported.wallet("W").unwrap().id());
        assert_eq!(parts.len(), 1, "both rows of these are one descriptor");
    }
}

#[test]
fn a_backup_of_liana_brings_recovery_names_and_labels() {
    let imported = import(LIANA);
    assert_eq!(imported.network, Network::Signet);
    let wallet = imported.wallet("W").unwrap();
    assert_eq!(wallet.policy().quorum().to_string(), "2-of-3");
    let [way] = wallet.policy().recovery() else { panic!("one way") };
    assert_eq!((way.required, way.seats.len()), (2, 3));
    assert!(matches!(way.lock, Lock::Older(time) if time.to_consensus_u32() == 26352));
    assert!(imported.cosigners.iter().any(|cosigner| cosigner.name == "Notary"));
    let coin = "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd:1";
    assert!(imported.labels.frozen(&OutPoint::from_str(coin).unwrap()));
    assert_eq!(imported.labels.len(), 2);
    let text = include_str!("../../../../../tests/fixtures/wallets/liana-descriptor.txt");
    assert_eq!(read(text.as_bytes(), Some(Network::Signet)).unwrap().wallet("W").unwrap().id(), wallet.id());
}

#[test]
fn a_wallet_of_core_with_several_of_ours_names_them() {
    let text = include_str!("../../../../../tests/fixtures/wallets/core-several.json");
    let error = read(text.as_bytes(), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the file holds 4 wallets (wpkh( pkh( sh(wpkh( tr( …): keep the descriptors of the one to import"
    );
}

#[test]
fn an_electrum_wallet_of_one_key_goes_by_its_letters() {
    // The zpub of BIP-84's own example, at m/84'/0'/0'.
    let zpub = "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGutZYs";
    let text = format!(
        "{{\"wallet_type\":\"standard\",\"keystore\":{{\"type\":\"bip32\",\"xpub\":\"{zpub}\",\"derivation\":\"m/84'/0'/0'\",\"root_fingerprint\":\"73c5da0a\"}}}}"
    );
    let wallet = import(&text).wallet("W").unwrap();
    let first = wallet.address(Spot { chain: Chain::Receive, index: 0 }).unwrap().to_string();
    assert_eq!(first, "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu");
}
