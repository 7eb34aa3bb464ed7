//! Files as the programs write them, of keys of our own, and files that nobody should write.

mod bsms;
mod claims;
mod files;
mod hostile;
mod mutations;

use super::{Imported, read};
use bitcoin::Network;

/// The files of one wallet, the 2-of-3 of `../shared/ledger`, by their names.
pub(super) const ONE_WALLET: [(&str, &str); 16] = [
    ("descriptor-multipath.txt", include_str!("../../../../../tests/fixtures/wallets/descriptor-multipath.txt")),
    ("descriptor-plain.txt", include_str!("../../../../../tests/fixtures/wallets/descriptor-plain.txt")),
    ("descriptor-two-lines.txt", include_str!("../../../../../tests/fixtures/wallets/descriptor-two-lines.txt")),
    (
        "descriptor-external-internal.txt",
        include_str!("../../../../../tests/fixtures/wallets/descriptor-external-internal.txt"),
    ),
    ("bsms.bsms", include_str!("../../../../../tests/fixtures/wallets/bsms.bsms")),
    ("sparrow-descriptor.txt", include_str!("../../../../../tests/fixtures/wallets/sparrow-descriptor.txt")),
    ("sparrow-wallet.json", include_str!("../../../../../tests/fixtures/wallets/sparrow-wallet.json")),
    ("coldcard.txt", include_str!("../../../../../tests/fixtures/wallets/coldcard.txt")),
    ("coldcard-paths.txt", include_str!("../../../../../tests/fixtures/wallets/coldcard-paths.txt")),
    ("caravan.json", include_str!("../../../../../tests/fixtures/wallets/caravan.json")),
    ("specter.json", include_str!("../../../../../tests/fixtures/wallets/specter.json")),
    ("specter-devices.json", include_str!("../../../../../tests/fixtures/wallets/specter-devices.json")),
    ("specter-diy.txt", include_str!("../../../../../tests/fixtures/wallets/specter-diy.txt")),
    ("electrum.json", include_str!("../../../../../tests/fixtures/wallets/electrum.json")),
    ("core.json", include_str!("../../../../../tests/fixtures/wallets/core.json")),
    ("core-import.json", include_str!("../../../../../tests/fixtures/wallets/core-import.json")),
];

/// A wallet with recovery, as Liana backs it up.
pub(super) const LIANA: &str = include_str!("../../../../../tests/fixtures/wallets/liana-backup.json");

/// The file of [`ONE_WALLET`] of that name.
fn file(name: &str) -> &'static str {
    ONE_WALLET.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).expect("a known file")
}

fn import(text: &str) -> Imported {
    read(text.as_bytes(), None).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// The code of the reason for which a text is refused.
fn refused(text: &str) -> &'static str {
    match read(text.as_bytes(), None) {
        Ok(imported) => panic!("it was read: {}", imported.descriptors[0].chars().take(200).collect::<String>()),
        Err(error) => {
            let words = error.to_string();
            assert_eq!(crate::market::printable(&words), words);
            assert!(words.len() < 600, "{words}");
            error.code()
        }
    }
}

/// The same for a network.
fn refused_for(text: &str, network: Network) -> &'static str {
    read(text.as_bytes(), Some(network)).map(|imported| imported.descriptors).expect_err("a refusal").code()
}
