//! Any text as a descriptor: it is refused, or a wallet that derives, names itself and is made again of its own parts.

#![no_main]

use exchequer::market::printable;
use exchequer::treasury::bitcoin::wallet::{Chain, LAST_INDEX, Spot, Wallet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines: Vec<&str> = text.lines().collect();
    for network in [bitcoin::Network::Bitcoin, bitcoin::Network::Testnet] {
        match Wallet::new("W", network, &lines) {
            Ok(wallet) => {
                for chain in Chain::ALL {
                    for index in [0, 1, LAST_INDEX] {
                        let script = wallet.script(Spot { chain, index }).expect("a script at every index");
                        assert!(wallet.address(Spot { chain, index }).is_some());
                        assert!(index > 1 || wallet.find(&script, 1).is_some());
                    }
                }
                let parts = wallet.descriptors();
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                let again = Wallet::new("W", network, &parts).expect("a wallet is made again of its parts");
                assert_eq!(again.id(), wallet.id());
                let quorum = wallet.policy().quorum();
                assert!(quorum.required >= 1 && quorum.required <= quorum.of);
            }
            Err(error) => {
                let words = error.to_string();
                assert_eq!(printable(&words), words);
            }
        }
    }
});
