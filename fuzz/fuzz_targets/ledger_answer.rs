//! Any answers as a Ledger's: whatever is asked of it ends, in what was asked for or in an error with a name.

#![no_main]

use bitcoin::Network;
use exchequer::device::ledger::{Ledger, answers};
use exchequer::device::link::player::{Transcript, VERSION_QUESTION};
use exchequer::device::link::{Answer, ApduLink};
use exchequer::device::{Device, DeviceError, Held, Hmac, Model, Watch};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use std::time::Duration;

/// The 2-of-3 that is asked for.
const WALLET: &str = "wsh(sortedmulti(2,[f5acc2fd/48'/1'/0'/2']tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK/<0;1>/*,[7f332d1f/48'/1'/0'/2']tpubDF8zwYdkDjTpAxhk8D7kjsKFS3Ep2wYAJkYw5q48oGHYDLejtyuSWDwdjoPjHmANCSZyxsBCFwTNTVYyLdqRZx1gGKpFohggzajhUN9n5sL/<0;1>/*))";

/// Names an app; the rest is cut from the bytes: a length, a status, data.
struct Cut {
    app: &'static [u8],
    rest: Vec<u8>,
}

impl ApduLink for Cut {
    fn exchange(&mut self, apdu: &[u8], _: &Watch) -> Result<Answer, DeviceError> {
        if apdu == VERSION_QUESTION {
            return Ok(Answer { data: self.app.to_vec(), status: 0x9000 });
        }
        let gone = || DeviceError::Disconnected("no more bytes".to_owned());
        let (head, rest) = self.rest.split_first_chunk::<2>().ok_or_else(gone)?;
        let status = [0x9000, 0xe000, 0xe000, 0x6a80, 0x6985, 0x5515, 0xb008, 0x1234][usize::from(head[1] % 8)];
        let (data, rest) = rest.split_at(usize::from(head[0]).min(rest.len()));
        let answer = Answer { data: data.to_vec(), status };
        self.rest = rest.to_vec();
        Ok(answer)
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = answers::app(bytes);
    let _ = answers::blind_signing(bytes);
    let _ = answers::account(bytes, bytes.len().is_multiple_of(2));
    let _ = answers::signature(bytes, 27);
    let _ = std::str::from_utf8(bytes).map(Transcript::read);
    let wallet = Wallet::new("Treasury", Network::Testnet, &[WALLET]).expect("a wallet");
    let held = Held { wallet: &wallet, name: "Treasury", hmac: Some(Hmac([7; 32])) };
    let path = "m/44'/60'/0'/0/0".parse().expect("a path");
    let spot = Spot { chain: Chain::Receive, index: 0 };
    let ledger = |app: &'static [u8]| {
        let link = Cut { app, rest: bytes.to_vec() };
        Ledger::new(Box::new(link), Model::Ledger, Watch::new(Duration::from_secs(60)))
    };
    let bitcoin = || ledger(b"\x01\x0cBitcoin Test\x052.4.6\x01\x00");
    let _ = bitcoin().register(&held);
    let _ = bitcoin().address(&held, spot, false);
    let _ = bitcoin().sign_message(Network::Testnet, &path, "hello");
    let _ = ledger(b"\x01\x08Ethereum\x061.22.0\x01\x00").account(&path, true, true);
});
