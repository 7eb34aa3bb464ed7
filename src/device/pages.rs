//! What the device will show, page by page, so that the signer can compare line by line.
//!
//! - Written from the review, never from what a file says; in the device's order and under its own titles. What a small
//!   screen cuts into pieces (`Address (1/2)`) stands here in one.
//! - Only what was seen on real devices is foretold: Ledger's Bitcoin app 2.4 on a Nano, and Trezor's core firmware 2.11.
//!   For others there are no pages, and the review's own rows have to do.

use super::ledger::policy::Policy;
use super::{Held, Model};
use crate::treasury::bitcoin::review::{Output, Review, Role};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::Fingerprint;
use bitcoin::{Address, Amount, Network};

/// A page of a device's screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Its first line.
    pub title: String,
    /// What stands below, without the line ends of a small screen.
    pub text: String,
}

impl Page {
    fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into() }
    }
}

/// How a model calls the coins of a network.
fn unit(model: Model, network: Network) -> &'static str {
    match network {
        Network::Bitcoin => "BTC",
        Network::Regtest if !model.is_ledger() => "REGTEST",
        _ => "TEST",
    }
}

/// The network whose addresses a model writes: Ledger's app for tests knows one of them.
fn written(model: Model, network: Network) -> Network {
    if model.is_ledger() && network != Network::Bitcoin { Network::Testnet } else { network }
}

/// An amount as devices write it.
fn coins(amount: Amount, unit: &str) -> String {
    let digits = amount.to_string_in(bitcoin::Denomination::Bitcoin);
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits} {unit}")
}

/// Whom the device shows as paid: everybody but our own change.
fn paid(review: &Review, network: Network) -> impl Iterator<Item = (&Output, String)> {
    let outputs = review.outputs.iter().filter(|output| output.role != Role::Change);
    outputs.map(move |output| {
        let address = Address::from_script(&output.script, network);
        (output, address.map_or_else(|_| output.script.to_hex_string(), |address| address.to_string()))
    })
}

/// The pages before a wallet's policy is taken by the device that holds `own`; none where they are not known.
pub fn registering(model: Model, held: &Held<'_>, own: Fingerprint) -> Vec<Page> {
    let Some(policy) = Policy::of(held.wallet).ok().filter(|_| model.is_ledger()) else { return Vec::new() };
    let policy = policy.named(held.name);
    let mut pages = vec![
        Page::new("Review account", "to register"),
        Page::new("Account name", held.name),
        Page::new("Wallet policy", &*policy.descriptor_template),
        Page::new("Review co-signer", "public keys"),
    ];
    for (number, key) in policy.keys.iter().enumerate() {
        let ours = key.source.as_ref().is_some_and(|(seed, _)| *seed == own);
        pages.push(Page::new(format!("{} key@{number}", if ours { "Our" } else { "Their" }), key.to_string()));
    }
    pages.push(Page::new("Register account", ""));
    pages
}

/// The pages before a transaction is signed; none where they are not known.
pub fn signing(model: Model, held: &Held<'_>, review: &Review, lock: LockTime) -> Vec<Page> {
    let network = held.wallet.network();
    let (unit, network) = (unit(model, network), written(model, network));
    let Some(fee) = review.fee else { return Vec::new() };
    if model.is_ledger() {
        let mut pages = Vec::new();
        if review.inputs.iter().any(|input| !input.proved) {
            pages.push(Page::new("Security risk", "Unverified inputs Update your wallet software"));
        }
        pages.push(Page::new("Review transaction", "to send bitcoin"));
        if held.hmac.is_some() {
            pages.push(Page::new("From", held.name));
        }
        for (output, address) in paid(review, network) {
            pages.push(Page::new("Amount", coins(output.value, unit)));
            pages.push(Page::new("To", address));
        }
        pages.push(Page::new("Fees", coins(fee.amount, unit)));
        pages.push(Page::new("Sign transaction", ""));
        return pages;
    }
    if !matches!(model, Model::TrezorT | Model::Safe3 | Model::Safe5) {
        return Vec::new();
    }
    let mut pages = Vec::new();
    for (number, (output, address)) in (1_u32..).zip(paid(review, network)) {
        pages.push(Page::new(format!("Recipient #{number}"), address));
        pages.push(Page::new(format!("Amount #{number}"), coins(output.value, unit)));
    }
    match lock {
        LockTime::Blocks(height) if height.to_consensus_u32() > 0 => {
            pages.push(Page::new("Confirm Locktime", format!("Locktime set to blockheight: {height}")));
        }
        _ => {}
    }
    let leaves: Option<Amount> =
        paid(review, network).map(|(output, _)| output.value).try_fold(fee.amount, Amount::checked_add);
    if let Some(total) = leaves {
        let (total, fee) = (coins(total, unit), coins(fee.amount, unit));
        pages.push(Page::new("Summary", format!("Total amount: {total} Including fee: {fee}")));
    }
    pages
}

/// The pages of an address.
pub fn address(model: Model, held: &Held<'_>, address: &Address) -> Vec<Page> {
    let network = written(model, held.wallet.network());
    let address = Address::from_script(&address.script_pubkey(), network).unwrap_or_else(|_| address.clone());
    let several = held.wallet.policy().cosigners().len() > 1;
    if model.is_ledger() {
        let mut pages = vec![Page::new("Verify bitcoin", "address"), Page::new("Address", address.to_string())];
        if held.hmac.is_some() {
            pages.push(Page::new("Account name", held.name));
        }
        pages.push(Page::new("Confirm", ""));
        return pages;
    }
    match (model, several) {
        (Model::TrezorT | Model::Safe3 | Model::Safe5, true) => vec![
            Page::new("", "Receiving to a multisig address. Continue anyway?"),
            Page::new("Receive address (MULTISIG)", address.to_string()),
        ],
        (Model::TrezorT | Model::Safe3 | Model::Safe5, false) => {
            vec![Page::new("Receive address", address.to_string())]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Hmac;
    use crate::treasury::bitcoin::psbt::Packet;
    use crate::treasury::bitcoin::review::{Facts, review};
    use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
    use serde_json::Value;

    fn recordings(folder: &str, begins: &str) -> Vec<(String, Value)> {
        let dir = format!("{}/../shared/{folder}", env!("CARGO_MANIFEST_DIR"));
        let Ok(files) = std::fs::read_dir(&dir) else {
            println!("SKIPPED: there are no recordings of devices at {dir}");
            return Vec::new();
        };
        let names = files.map(|file| file.unwrap().path());
        names
            .filter(|path| path.extension().is_some_and(|kind| kind == "json"))
            .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
            .filter(|(name, _)| name.starts_with(begins))
            .map(|(name, path)| (name, serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()))
            .collect()
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
        println!("{seen} recordings");
    }

    #[test]
    fn addresses_are_foretold_as_real_devices_showed_them() {
        let ledgers = recordings("ledger", "btc-address").into_iter().map(|(name, it)| (name, Model::Ledger, it));
        let trezors =
            recordings("trezor/T2T1", "address-2of3").into_iter().map(|(name, it)| (name, Model::TrezorT, it));
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
        }
    }

    #[test]
    fn amounts_are_written_as_devices_write_them() {
        let text = |sat| coins(Amount::from_sat(sat), unit(Model::Ledger, Network::Bitcoin));
        assert_eq!(text(150_000), "0.0015 BTC");
        assert_eq!(text(100_000_000), "1 BTC");
        assert_eq!(text(1), "0.00000001 BTC");
        assert_eq!(text(12_000_000_000), "120 BTC");
    }
}
