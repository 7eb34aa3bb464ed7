//! `exchequer device xpub`, `address` and `sign-message`.

use super::{At, Which, ask};
use crate::cli::{Context, Failure};
use crate::device::pages;
use crate::treasury::bitcoin::wallet::{Chain, Spot};
use bitcoin::Network;
use bitcoin::bip32::{ChildNumber, DerivationPath};
use serde_json::json;

/// Arguments of `exchequer device xpub`.
#[derive(Debug, clap::Args)]
pub struct Xpub {
    /// The path, such as m/48'/0'/0'/2'
    path: DerivationPath,
    /// Lets the device show it
    #[arg(long)]
    show: bool,
    /// Which network: bitcoin, testnet, testnet4, signet, regtest; without it the path's second step says main or test
    #[arg(long, value_name = "NETWORK")]
    network: Option<Network>,
    #[command(flatten)]
    at: At,
}

/// Arguments of `exchequer device address`.
#[derive(Debug, clap::Args)]
pub struct Address {
    /// Which one, from 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    index: u32,
    /// Of those for change
    #[arg(long)]
    change: bool,
    /// Asks the device without letting it show the address
    #[arg(long)]
    quiet: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
}

/// Arguments of `exchequer device sign-message`.
#[derive(Debug, clap::Args)]
pub struct Message {
    /// The path of the key, such as m/84'/0'/0'/0/0
    path: DerivationPath,
    /// The text
    text: String,
    #[command(flatten)]
    at: At,
}

/// The network that a path is for, as far as it says: coin type 0 is the main one, everything else a test network.
fn network_of(path: &DerivationPath) -> Network {
    match path.into_iter().nth(1) {
        Some(ChildNumber::Hardened { index: 1.. } | ChildNumber::Normal { index: 1.. }) => Network::Testnet,
        _ => Network::Bitcoin,
    }
}

/// Gives a key.
pub fn xpub(args: &Xpub, context: &Context) -> Result<(), Failure> {
    let network = args.network.unwrap_or_else(|| network_of(&args.path));
    let mut asked = ask::open(&args.at, context)?;
    let xpub = asked.device.xpub(network, &args.path, args.show)?;
    if context.output.json {
        return context.output.json(&json!({ "path": format!("m/{}", args.path), "xpub": xpub, "shown": args.show }));
    }
    context.output.text(&xpub.to_string())
}

/// Gives an address, which is compared with our own.
pub fn address(args: &Address, context: &Context) -> Result<(), Failure> {
    let chosen = ask::wallet(&args.which, context)?;
    let mut asked = ask::open(&args.at, context)?;
    let device = asked.device.as_mut();
    let holder = chosen.holder(device)?;
    let spot = Spot { chain: if args.change { Chain::Change } else { Chain::Receive }, index: args.index };
    let held = chosen.held(holder);
    if !args.quiet
        && let Some(ours) = chosen.wallet.address(spot)
    {
        context.output.note(&format!("the device has to show {ours}"));
        let model = device.about()?.model;
        ask::foretell(&pages::address(model, &held, &ours), &context.output);
    }
    let address = device.address(&held, spot, !args.quiet)?;
    if context.output.json {
        return context.output.json(&json!({
            "address": address.to_string(), "chain": spot.chain.number(), "index": spot.index, "shown": !args.quiet,
        }));
    }
    context.output.text(&address.to_string())
}

/// Signs a text.
pub fn message(args: &Message, context: &Context) -> Result<(), Failure> {
    use base64::Engine;
    let network = network_of(&args.path);
    let mut asked = ask::open(&args.at, context)?;
    let (key, signature) = asked.device.sign_message(network, &args.path, &args.text)?.whose(&args.text)?;
    let text = base64::engine::general_purpose::STANDARD.encode(signature);
    if context.output.json {
        return context.output.json(&json!({ "signature": text, "public_key": key.to_string() }));
    }
    context.output.text(&text)
}
