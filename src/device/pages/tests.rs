//! What is foretold is held against what real devices showed.

use super::*;
use crate::device::Hmac;
use crate::device::ethereum::{Mode, Signable, Transaction, TypedData};
use crate::device::{About, Version};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, review};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use serde_json::Value;
use std::collections::BTreeMap;

/// The recordings of a folder whose names begin in a way: the project's own, and the whole set where it is.
fn recordings(folder: &str, begins: &str) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for place in ["tests/fixtures/device", "../shared"] {
        let dir = format!("{}/{place}/{folder}", env!("CARGO_MANIFEST_DIR"));
        let Ok(files) = std::fs::read_dir(&dir) else {
            println!("SKIPPED: there are no recordings of devices at {dir}");
            continue;
        };
        for path in
            files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|it| it == "json"))
        {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if name.starts_with(begins) {
                all.insert(name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap());
            }
        }
    }
    all
}

/// A Ledger's pages: parts of one put together, and what only moves from page to page left out.
fn ledger(recording: &Value) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for line in recording["screens"].as_array().unwrap() {
        let line = line.as_str().unwrap().replace("  [both buttons]", "");
        let (title, text) = line.split_once(" | ").unwrap_or((&line, ""));
        let text = if title.starts_with("To") || title.starts_with("Address (") || title == "Address" {
            text.replace(" | ", "")
        } else {
            text.replace(" | ", " ").replace("  ", " ")
        };
        let (title, more) = match title.split_once(" (") {
            Some((title, part)) => (title, !part.starts_with('1')),
            None => (title, false),
        };
        let page = Page::new(title, text);
        match pages.last_mut() {
            Some(last) if more => last.text.push_str(&page.text),
            Some(last) if *last == page => {}
            _ => pages.push(page),
        }
    }
    let ends = ["Sign transaction", "Confirm"];
    let end = pages.iter().position(|page| ends.contains(&page.title.as_str())).unwrap();
    pages.truncate(end + 1);
    pages.retain(|page| !matches!(page.title.as_str(), "Loading transaction" | "Continue anyway"));
    pages.retain(|page| page.title != "Security risk" || !page.text.is_empty());
    pages
}

fn trezor(recording: &Value) -> Vec<Page> {
    let page = |screen: &Value| {
        let (title, text) = (screen["title"].as_str().unwrap(), screen["text"].as_str().unwrap());
        let address = title.starts_with("Recipient") || title.starts_with("Receive");
        Page::new(title.replace('\n', " "), text.replace('\n', if address { "" } else { " " }))
    };
    let pages = recording["screens"].as_array().unwrap().iter().map(page);
    pages.filter(|page| !page.text.starts_with("Address mismatch?")).collect()
}

fn wallet(recording: &Value) -> Wallet {
    let policy = &recording["policy"];
    let text = policy["descriptor_multipath"].as_str().or(recording["descriptor"].as_str()).unwrap();
    Wallet::new("w", Network::Testnet, &[text]).unwrap()
}

#[test]
fn transactions_are_foretold_as_real_devices_showed_them() {
    let mut seen = 0;
    let ledgers = recordings("ledger", "btc-").into_iter().map(|(name, it)| (name, Model::Ledger, it));
    let trezors = recordings("trezor/T2T1", "sign-").into_iter().map(|(name, it)| (name, Model::TrezorT, it));
    for (name, model, recording) in ledgers.chain(trezors) {
        let Some(psbt) = recording["psbt_v0_base64"].as_str() else { continue };
        if recording["screens"].as_array().is_none_or(Vec::is_empty) || recording["outcome"] == "failure" {
            continue;
        }
        let (wallet, packet) = (wallet(&recording), Packet::read(psbt.as_bytes()).unwrap());
        let name_there = recording["policy"]["name"].as_str().unwrap_or_default();
        let hmac = recording["wallet_hmac"].as_str().map(|text| text.parse::<Hmac>().unwrap());
        let held = Held { wallet: &wallet, name: name_there, hmac };
        let review = review(&packet, &wallet, &Facts::default());
        let foretold = signing(model, &held, &review, packet.psbt.unsigned_tx.lock_time);
        let shown = if model == Model::Ledger { ledger(&recording) } else { trezor(&recording) };
        assert_eq!(foretold, shown, "{name}");
        seen += 1;
    }
    assert!(seen >= 5, "{seen} recordings");
}

#[test]
fn addresses_are_foretold_as_real_devices_showed_them() {
    let mut seen = 0;
    let ledgers = recordings("ledger", "btc-address").into_iter().map(|(name, it)| (name, Model::Ledger, it));
    let trezors = recordings("trezor/T2T1", "address-2of3").into_iter().map(|(name, it)| (name, Model::TrezorT, it));
    for (name, model, recording) in ledgers.chain(trezors) {
        if recording["screens"].as_array().is_none_or(Vec::is_empty) || recording["outcome"] != "ok" {
            continue;
        }
        let wallet = wallet(&recording);
        let name_there = recording["policy"]["name"].as_str().unwrap_or_default();
        let hmac = recording["wallet_hmac"].as_str().map(|text| text.parse::<Hmac>().unwrap());
        let held = Held { wallet: &wallet, name: name_there, hmac };
        let index = u32::try_from(recording["index"].as_u64().unwrap()).unwrap();
        let ours = wallet.address(Spot { chain: Chain::Receive, index }).unwrap();
        let shown = if model == Model::Ledger { ledger(&recording) } else { trezor(&recording) };
        assert_eq!(address(model, &held, &ours), shown, "{name}");
        seen += 1;
    }
    assert!(seen >= 3, "{seen} recordings");
}

#[test]
fn amounts_are_written_as_devices_write_them() {
    let text = |sat| coins(Amount::from_sat(sat), unit(Model::Ledger, Network::Bitcoin));
    assert_eq!(text(150_000), "0.0015 BTC");
    assert_eq!(text(100_000_000), "1 BTC");
    assert_eq!(text(1), "0.00000001 BTC");
    assert_eq!(text(12_000_000_000), "120 BTC");
}

/// Titles and letters of Ethereum's pages: where a small screen breaks a line, blanks are lost.
fn letters(pages: &[Page]) -> Vec<(String, String)> {
    let only = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    pages.iter().map(|page| (page.title.clone(), only(&page.text))).collect()
}

/// What a Ledger showed: parts of a page put together, and what only moves on left out.
fn ledger_ethereum(recording: &Value) -> Vec<Page> {
    let mut pages: Vec<Page> = Vec::new();
    for line in recording["screens"].as_array().unwrap() {
        let line = line.as_str().unwrap().replace("  [both buttons]", "");
        let mut parts = line.split(" | ");
        let title = parts.next().unwrap().trim();
        let text = parts.collect::<String>();
        let (title, part) = title.rsplit_once(" (").unwrap_or((title, "1/1)"));
        match pages.last_mut() {
            Some(last) if !part.starts_with("1/") => last.text.push_str(&text),
            _ => pages.push(Page::new(title, text)),
        }
    }
    pages.retain(|page| !page.title.starts_with("Press right button"));
    pages
}

/// What a Trezor showed: parts of a page put together.
fn trezor_ethereum(recording: &Value) -> Vec<Page> {
    let mut pages: Vec<(u64, Page)> = Vec::new();
    for screen in recording["screens"].as_array().unwrap() {
        let text = |key: &str| screen[key].as_str().unwrap().replace('\n', " ");
        let button = screen["button"].as_u64().unwrap();
        match pages.last_mut() {
            Some((last, page)) if *last == button && !text("title").is_empty() => {
                let whole = page.text.trim_end_matches("...").to_owned() + text("text").trim_start_matches("...");
                page.text = whole;
            }
            // The question whether an address is another one than the host's.
            Some((last, _)) if *last == button => {}
            _ => pages.push((button, Page::new(text("title"), text("text")))),
        }
    }
    pages.into_iter().map(|(_, page)| page).collect()
}

/// What was to be signed; none for an address.
fn signable(name: &str, recording: &Value) -> Option<Signable> {
    if recording["typed_data"].is_object() {
        let data = TypedData::read(&recording["typed_data"].to_string()).unwrap();
        let mode = if name.contains("hash") && !name.contains("no-hash") { Mode::Hashes } else { Mode::Full };
        return Some(Signable::TypedData(Box::new(data), mode));
    }
    if let Some(rlp) = recording["unsigned_rlp"].as_str() {
        let bytes = alloy_primitives::hex::decode(rlp).unwrap();
        return Some(Signable::Transaction(Box::new(Transaction::decode(&bytes).unwrap())));
    }
    recording["message"].as_str().map(|text| Signable::Message(text.as_bytes().to_vec()))
}

#[test]
fn ethereum_is_foretold_as_real_devices_showed_it() {
    let (mut seen, mut whole) = (0, 0);
    let ledgers = recordings("ledger", "eth-").into_iter().map(|(name, it)| (name, Model::Ledger, it));
    let trezors = recordings("trezor/T2T1", "eth-").into_iter().map(|(name, it)| (name, Model::TrezorT, it));
    for (name, model, recording) in ledgers.chain(trezors) {
        // With a setting that is off nothing is shown but that.
        if recording["screens"].as_array().is_none_or(Vec::is_empty) || recording["final_status_word"] == "6a80" {
            continue;
        }
        let about = About {
            model,
            firmware: (!model.is_ledger()).then_some(Version(2, 11, 2)),
            app: None,
            label: None,
            initialised: Some(true),
            locked: Some(false),
            passphrase: None,
            blind_signing: recording["settings"]["Blind signing"].as_bool(),
        };
        let account =
            recording["expected_address"].as_str().or(recording["address"].as_str()).unwrap().parse().unwrap();
        let mut foretold = match signable(&name, &recording) {
            Some(what) => eth_signing(&about, &account, &what),
            None => eth_address(model, &account),
        };
        foretold.retain(|page| !page.on_demand || name.ends_with("fields-shown"));
        // Some host did not say which hash there should be; ours always does.
        foretold.retain(|page| page.title != "Confirm message hash" || !name.ends_with("no-hash"));
        let shown = if model.is_ledger() { ledger_ethereum(&recording) } else { trezor_ethereum(&recording) };
        let (foretold, mut shown) = (letters(&foretold), letters(&shown));
        // Who refuses sees a part of it, and then that.
        let ends = |title: &str| title.starts_with("Reject") || title == "Cancel";
        let refused = recording["outcome"] != "ok";
        let end = if refused { shown.iter().position(|(title, _)| ends(title)) } else { None };
        shown.truncate(end.unwrap_or(shown.len()));
        assert!(!foretold.is_empty(), "{name}");
        for ((title, text), (title_there, there)) in foretold.iter().zip(&shown) {
            assert_eq!(title, title_there, "{name}");
            match there.strip_suffix("...") {
                Some(begins) => assert!(text.starts_with(begins), "{name} {title}: {text} {there}"),
                None => assert_eq!(text, there, "{name} {title}"),
            }
        }
        if refused {
            assert!(shown.len() <= foretold.len(), "{name}");
        } else {
            // After the last page a Ledger says that it is done.
            let after: Vec<&str> = shown.iter().skip(foretold.len()).map(|(title, _)| title.as_str()).collect();
            let done = |title: &&str| {
                title.ends_with("signed")
                    || title.ends_with("verified")
                    || title.ends_with(" info")
                    || title.starts_with("Quit")
            };
            assert!(shown.len() >= foretold.len() && after.iter().all(done), "{name}: {after:?}");
            whole += 1;
        }
        seen += 1;
    }
    assert!(seen >= 12 && whole >= 9, "{seen} recordings, {whole} to the end");
}

#[test]
fn what_was_never_seen_is_not_foretold() {
    let about = |model| About {
        model,
        firmware: Some(Version(2, 11, 2)),
        app: None,
        label: None,
        initialised: Some(true),
        locked: Some(false),
        passphrase: None,
        blind_signing: Some(false),
    };
    let account = alloy_primitives::Address::ZERO;
    let pays = |change: &dyn Fn(&mut alloy_consensus::TxEip1559)| {
        let mut transaction = alloy_consensus::TxEip1559 {
            chain_id: 1,
            gas_limit: 21_000,
            max_fee_per_gas: 7,
            value: alloy_primitives::U256::from(1_500_000_000),
            ..Default::default()
        };
        transaction.to = alloy_primitives::TxKind::Call(account);
        change(&mut transaction);
        Signable::Transaction(Box::new(Transaction::Eip1559(transaction)))
    };
    let known = |model, what: &Signable| !eth_signing(&about(model), &account, what).is_empty();
    for model in [Model::NanoX, Model::Safe3] {
        assert!(known(model, &pays(&|_| {})) && known(model, &Signable::Message(b"a text".to_vec())));
        assert!(!known(model, &pays(&|it| it.chain_id = 137)), "amounts have other names there");
        assert!(!known(model, &pays(&|it| it.to = alloy_primitives::TxKind::Create)));
        assert!(!known(model, &Signable::Message("é".into())) && !known(model, &Signable::Message(vec![b'a'; 600])));
        assert!(!known(model, &pays(&|it| it.input = vec![0xa9, 0x05, 0x9c, 0xbb].into())));
    }
    assert!(!known(Model::TrezorOne, &pays(&|_| {})) && eth_address(Model::Safe7, &account).is_empty());
    let amounts = &eth_signing(&about(Model::TrezorT), &account, &pays(&|_| {}))[1].text;
    assert_eq!(amounts, "Amount: 0.0000000015 ETH Maximum fee: 147000 Wei ETH");
}
