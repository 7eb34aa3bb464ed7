//! Any bytes as any program's wallet file: they are refused, or what is read makes the same wallet again, in every
//! format that can say it.

#![no_main]

use exchequer::market::printable;
use exchequer::treasury::bitcoin::{export, import, wallet::Wallet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match import::read(bytes, None) {
        Ok(imported) => {
            let parts: Vec<&str> = imported.descriptors.iter().map(String::as_str).collect();
            let again = Wallet::new("W", imported.network, &parts).expect("a wallet of its own parts");
            let wallet = imported.wallet(imported.name.as_deref().unwrap_or("W")).expect("a name that may be used");
            assert_eq!(again.id(), wallet.id());
            for format in export::Format::ALL {
                let Ok(file) = export::write(&wallet, format) else { continue };
                let back = import::read(file.as_bytes(), Some(wallet.network())).expect("what was written is read");
                assert_eq!(back.wallet("W").map(|wallet| wallet.id()), Ok(wallet.id()));
            }
            let shown = imported.notes.iter().map(|note| &note.message);
            for text in shown.chain(imported.cosigners.iter().map(|cosigner| &cosigner.name)) {
                assert_eq!(&printable(text), text);
            }
        }
        Err(error) => {
            let words = error.to_string();
            assert_eq!(printable(&words), words);
        }
    }
});
