//! `exchequer device eth-address` and `eth-sign`.
//!
//! - The signature has to lead back to the account at the path: as `--account` says, or as the device itself tells.

use super::{At, ask};
use crate::cli::output::write_stderr;
use crate::cli::treasury::files;
use crate::cli::{Context, Exit, Failure};
use crate::device::ethereum::{Mode, Signable, Transaction, TypedData};
use crate::device::{DeviceError, pages};
use crate::market::printable;
use alloy_primitives::hex;
use bitcoin::bip32::DerivationPath;
use serde_json::json;
use std::path::PathBuf;

/// The longest file that is read: typed data and transactions are far shorter.
const LONGEST: usize = 1 << 20;

/// Arguments of `exchequer device eth-address`.
#[derive(Debug, clap::Args)]
pub struct Address {
    #[command(flatten)]
    key: Key,
    /// Lets the device show it
    #[arg(long)]
    show: bool,
    /// Which it has to be
    #[arg(long, value_name = "ADDRESS")]
    account: Option<alloy_primitives::Address>,
    #[command(flatten)]
    at: At,
}

/// Which key.
#[derive(Debug, clap::Args)]
struct Key {
    /// The path of the key
    #[arg(long, value_name = "PATH", default_value = "m/44'/60'/0'/0/0")]
    path: DerivationPath,
}

/// Arguments of `exchequer device eth-sign`.
#[derive(Debug, clap::Args)]
pub struct Sign {
    #[command(flatten)]
    what: What,
    /// How typed data comes to the device: with every field, or as two hashes
    #[arg(long, value_name = "MODE", value_enum, default_value_t = How::Full)]
    mode: How,
    /// Whose signature it has to be
    #[arg(long, value_name = "ADDRESS")]
    account: Option<alloy_primitives::Address>,
    #[command(flatten)]
    key: Key,
    #[command(flatten)]
    at: At,
}

/// What is to be signed: one of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct What {
    /// Typed data (EIP-712) as JSON
    #[arg(long, value_name = "FILE")]
    typed_data: Option<PathBuf>,
    /// A transaction, unsigned: its RLP in hex
    #[arg(long, value_name = "FILE")]
    transaction: Option<PathBuf>,
    /// A text (EIP-191)
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Bytes in hex (EIP-191)
    #[arg(long, value_name = "HEX")]
    bytes: Option<String>,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum How {
    /// Every field, so that the device shows it
    Full,
    /// Two hashes
    Hashes,
}

/// Gives an address.
pub fn address(args: &Address, context: &Context) -> Result<(), Failure> {
    let mut asked = ask::open(&args.at, context)?;
    if let Some(expected) = args.account.filter(|_| args.show) {
        let model = asked.device.known()?.model;
        ask::foretell(&pages::eth_address(model, &expected), &context.output);
    }
    let account = asked.device.eth_address(&args.key.path, args.show)?;
    if let Some(expected) = args.account.filter(|expected| *expected != account.address) {
        let (expected, found) = (expected.to_string(), account.address.to_string());
        return Err(DeviceError::WrongAccount { expected, found }.into());
    }
    if context.output.json {
        return context.output.json(&json!({
            "path": format!("m/{}", args.key.path), "address": account.address.to_string(), "shown": args.show,
            "public_key": account.public_key.map(|key| key.to_string()),
            "chain_code": account.chain_code.map(hex::encode),
        }));
    }
    context.output.text(&account.address.to_string())
}

/// Signs.
pub fn sign(args: &Sign, context: &Context) -> Result<(), Failure> {
    let what = signable(args)?;
    let hash = what.hash()?;
    let mut asked = ask::open(&args.at, context)?;
    let device = asked.device.as_mut();
    let expected = match args.account {
        Some(account) => account,
        None => device.eth_address(&args.key.path, false)?.address,
    };
    if !context.output.json {
        write_stderr(&shown(&what));
        let about = device.known()?;
        ask::foretell(&pages::eth_signing(&about, &expected, &what), &context.output);
    }
    let signature = device.eth_sign(&args.key.path, &what)?.of(expected, &what)?;
    if context.output.json {
        return context.output.json(&json!({
            "hash": hash.to_string(), "account": expected.to_string(), "signature": hex::encode_prefixed(signature.bytes()),
            "r": hex::encode(signature.r), "s": hex::encode(signature.s), "odd": signature.odd,
        }));
    }
    context.output.text(&hex::encode_prefixed(signature.bytes()))
}

/// What is asked for, so that it can be compared with what the device shows.
fn shown(what: &Signable) -> String {
    let mut rows: Vec<(&str, String)> = Vec::new();
    match what {
        Signable::Message(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => rows.push(("message", printable(text).into_owned())),
            Err(_) => rows.push(("message", hex::encode_prefixed(bytes))),
        },
        Signable::Transaction(transaction) => {
            let (chain, nonce, to, value, input) = match transaction.as_ref() {
                Transaction::Legacy(it) => (it.chain_id, it.nonce, it.to, it.value, &it.input),
                Transaction::Eip1559(it) => (Some(it.chain_id), it.nonce, it.to, it.value, &it.input),
            };
            rows.push(("to", to.to().map_or_else(|| "a new contract".to_owned(), ToString::to_string)));
            rows.push(("value", format!("{value} wei")));
            rows.push(("chain", chain.map_or_else(|| "any".to_owned(), |chain| chain.to_string())));
            rows.push(("nonce", nonce.to_string()));
            if !input.is_empty() {
                rows.push(("data", format!("{} bytes: {}", input.len(), hex::encode_prefixed(input))));
            }
        }
        Signable::TypedData(data, _) => {
            rows.push(("type", printable(&data.primary_type).into_owned()));
            rows.push(("domain hash", data.domain.separator().to_string()));
            if let Ok(hash) = data.hash_struct() {
                rows.push(("message hash", hash.to_string()));
            }
            for (name, value) in data.message.as_object().into_iter().flatten() {
                rows.push(("field", format!("{} = {}", printable(name), printable(&value.to_string()))));
            }
        }
    }
    if let Ok(hash) = what.hash() {
        rows.push(("hash", hash.to_string()));
    }
    rows.iter().map(|(name, value)| format!("  {name:<14} {value}\n")).collect()
}

fn signable(args: &Sign) -> Result<Signable, Failure> {
    let unread = |what: &str, error: &dyn std::fmt::Display| {
        let message = format!("{what} cannot be read: {}", printable(&error.to_string()));
        Failure::new(Exit::Error, "eth-unread", message)
    };
    let What { typed_data, transaction, message, bytes } = &args.what;
    if let Some(path) = typed_data {
        let bytes = files::bytes(path, LONGEST)?;
        let text = String::from_utf8_lossy(&bytes);
        let data = TypedData::read(&text).map_err(|error| unread(&files::shown(path), &error))?;
        let mode = match args.mode {
            How::Full => Mode::Full,
            How::Hashes => Mode::Hashes,
        };
        return Ok(Signable::TypedData(Box::new(data), mode));
    }
    if let Some(path) = transaction {
        let bytes = files::bytes(path, LONGEST)?;
        let text = String::from_utf8_lossy(&bytes);
        let bytes = hex::decode(text.trim()).map_err(|error| unread(&files::shown(path), &error))?;
        let transaction = Transaction::decode(&bytes).map_err(|error| unread(&files::shown(path), &error))?;
        return Ok(Signable::Transaction(Box::new(transaction)));
    }
    match (message, bytes) {
        (Some(text), _) => Ok(Signable::Message(text.clone().into_bytes())),
        (_, Some(text)) => Ok(Signable::Message(hex::decode(text).map_err(|error| unread("--bytes", &error))?)),
        _ => Err(Failure::new(Exit::Usage, "usage", "there is nothing to sign")),
    }
}
