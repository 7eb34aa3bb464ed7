//! What is written reads back as the same wallet, or is refused by name.

use super::{ExportError, Format, write};
use crate::treasury::bitcoin::import;
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Network, NetworkKind};
use proptest::prelude::*;
use std::str::FromStr;

/// The key of a seed of our own as descriptors have it, without a path.
fn key(number: usize, network: Network, script: u32) -> String {
    let seed = sha256::Hash::hash(format!("exchequer export {number}").as_bytes());
    let secp = Secp256k1::new();
    let root = Xpriv::new_master(NetworkKind::from(network), seed.as_byte_array()).unwrap();
    let coin = u32::from(network != Network::Bitcoin);
    let path = DerivationPath::from_str(&format!("48'/{coin}'/0'/{script}'")).unwrap();
    let xpub = Xpub::from_priv(&secp, &root.derive_priv(&secp, &path).unwrap());
    format!("[{}/{path}]{xpub}", root.fingerprint(&secp))
}

/// Kinds of wallet, with `{}` for a quorum's number and keys.
const SHAPES: [&str; 11] = [
    "wsh(sortedmulti({k},{keys}))",
    "sh(wsh(sortedmulti({k},{keys})))",
    "sh(sortedmulti({k},{keys}))",
    "wsh(multi({k},{keys}))",
    "sh(wsh(multi({k},{keys})))",
    "tr(50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0,multi_a({k},{keys}))",
    "wpkh({one})",
    "sh(wpkh({one}))",
    "pkh({one})",
    "tr({one})",
    "wsh(or_d(multi({k},{keys}),and_v(v:pkh({late}),older(4032))))",
];

fn wallet(shape: usize, k: usize, n: usize, network: Network, tail: &str) -> Wallet {
    let keys: Vec<String> = (0..n).map(|number| key(number, network, 2) + tail).collect();
    let text = SHAPES[shape]
        .replace("{k}", &k.to_string())
        .replace("{keys}", &keys.join(","))
        .replace("{one}", &keys[0])
        .replace("{late}", &(key(n, network, 2) + tail));
    Wallet::new("Round trip", network, &[&text]).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Writes a wallet in every format and reads it back; tells in which it can be said.
fn round(wallet: &Wallet) -> Vec<Format> {
    let mut said = Vec::new();
    for format in Format::ALL {
        let file = match write(wallet, format) {
            Ok(file) => file,
            Err(error) => {
                assert!(error.code().starts_with("export-") && !error.to_string().is_empty());
                continue;
            }
        };
        assert!(file.ends_with('\n') && file.is_ascii());
        let imported = import::read(file.as_bytes(), Some(wallet.network()))
            .unwrap_or_else(|error| panic!("{format}: {error}\n{file}"));
        assert_eq!(imported.wallet("W").unwrap().id(), wallet.id(), "{format}\n{file}");
        if matches!(format, Format::Coldcard | Format::Caravan) {
            assert_eq!(imported.name.as_deref(), Some("Round trip"));
        }
        said.push(format);
    }
    said
}

const NETWORKS: [Network; 5] =
    [Network::Bitcoin, Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn every_wallet_reads_back_as_itself(
        shape in 0..SHAPES.len(), n in 1_usize..=9, k in any::<prop::sample::Index>(),
        network in prop::sample::select(&NETWORKS[..]),
        tail in prop::sample::select(&["/<0;1>/*", "/<2;3>/*", "/*", "/0/*", "/7/<0;1>/*"][..]),
    ) {
        let wallet = wallet(shape, k.index(n) + 1, n, network, tail);
        let said = round(&wallet);
        prop_assert!(said.contains(&Format::Pair) && said.contains(&Format::Core));
        prop_assert_eq!(said.contains(&Format::Descriptor), true);
        prop_assert_eq!(said.contains(&Format::Sparrow), wallet.has_change());
        let usual = tail == "/<0;1>/*";
        prop_assert_eq!(said.contains(&Format::Bsms), usual || !wallet.has_change());
        prop_assert_eq!(said.contains(&Format::Coldcard), usual && shape < 3);
        prop_assert_eq!(said.contains(&Format::Caravan), usual && shape < 3 && network != Network::Testnet4);
    }
}

#[test]
fn the_quorums_of_companies_go_through_every_format() {
    for (k, n) in [(2, 3), (3, 5), (1, 1), (15, 15)] {
        for shape in 0..2 {
            assert_eq!(round(&wallet(shape, k, n, Network::Bitcoin, "/<0;1>/*")), Format::ALL);
        }
    }
}

#[test]
fn what_a_format_cannot_say_is_refused_by_name() {
    let refused = |wallet: &Wallet, format| write(wallet, format).unwrap_err();
    let plain = wallet(3, 2, 3, Network::Testnet, "/<0;1>/*");
    for format in [Format::Coldcard, Format::Caravan] {
        assert_eq!(refused(&plain, format), ExportError::Script { format, kind: "wsh with unsorted keys".into() });
        let other = wallet(0, 2, 3, Network::Testnet, "/<2;3>/*");
        assert_eq!(refused(&other, format), ExportError::Paths(format));
        let text = wallet(0, 2, 3, Network::Testnet, "/<0;1>/*").descriptors().remove(0);
        let (start, rest) = text.split_once('[').unwrap();
        let (_, rest) = rest.split_once(']').unwrap();
        let bare = format!("{start}{}", rest.split('#').next().unwrap());
        let bare = Wallet::new("W", Network::Testnet, &[&bare]).unwrap();
        assert_eq!(refused(&bare, format).code(), "export-origin");
    }
    let late = wallet(10, 2, 3, Network::Testnet, "/<0;1>/*");
    assert_eq!(refused(&late, Format::Coldcard).code(), "export-script");
    let four = wallet(0, 2, 3, Network::Testnet4, "/<0;1>/*");
    assert_eq!(refused(&four, Format::Caravan).code(), "export-network");
    let far = [key(0, Network::Testnet, 2) + "/0/0/*", key(0, Network::Testnet, 2) + "/1/1/*"];
    let far: Vec<String> = far.iter().map(|key| format!("wpkh({key})")).collect();
    let far = Wallet::new("W", Network::Testnet, &[&far[0], &far[1]]).unwrap();
    for format in [Format::Descriptor, Format::Bsms, Format::Sparrow] {
        assert_eq!(refused(&far, format), ExportError::Rows(format));
    }
    assert_eq!(round(&far), [Format::Pair, Format::Core]);
}

#[test]
fn t03_what_is_written_for_cosigners_tells_the_first_address() {
    let wallet = wallet(0, 2, 3, Network::Bitcoin, "/<0;1>/*");
    let file = write(&wallet, Format::Bsms).unwrap();
    let lines: Vec<&str> = file.lines().collect();
    assert_eq!((lines[0], lines[2]), ("BSMS 1.0", "/0/*,/1/*"));
    assert!(lines[1].contains("/**,") && !lines[1].contains('#'));
    let imported = import::read(file.as_bytes(), None).unwrap();
    assert_eq!(imported.first_address.as_deref(), Some(lines[3]));
}

#[test]
fn a_name_that_coldcard_cannot_hold_is_cut() {
    let long = wallet(0, 2, 3, Network::Bitcoin, "/<0;1>/*").named("The cold wallet of the company").unwrap();
    let file = write(&long, Format::Coldcard).unwrap();
    assert!(file.starts_with("Name: The cold wallet of t\nPolicy: 2 of 3\nFormat: P2WSH\n"), "{file}");
}

#[test]
fn every_format_has_a_word_of_its_own() {
    for format in Format::ALL {
        assert_eq!(Format::from_word(format.word()), Some(format));
        assert!(["txt", "json", "bsms"].contains(&format.extension()));
    }
    assert_eq!(Format::from_word("pdf"), None);
}
