//! What the device will show, page by page, so that the signer can compare line by line.
//!
//! - Written from the review, never from what a file says; in the device's order and under its own titles. What a small
//!   screen cuts into pieces (`Address (1/2)`) stands here in one.
//! - Only what was seen on real devices is foretold: Ledger's Bitcoin app 2.4 and Ethereum app 1.22 on a Nano, and Trezor's core
//!   firmware 2.11. For others there are no pages, and the review's own rows have to do.

mod ethereum;

#[cfg(test)]
mod tests;

pub use ethereum::{eth_address, eth_signing};

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
    /// Whether only those see it who ask the device for more.
    pub on_demand: bool,
}

impl Page {
    fn new(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), on_demand: false }
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
