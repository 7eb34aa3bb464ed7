//! `exchequer hot`: keys that lie on this machine. They are for tests, the demo and small sums: whoever has the machine
//! and the passphrase has them.

mod ethereum;

use super::output::{Cell, Column, Tone};
use super::treasury::{Writing, files, keys, read};
use super::{Context, Exit, Failure};
use crate::treasury::bitcoin::hot::{Signer, Standard};
use crate::treasury::proposal::Event;
use bitcoin::Network;
use std::path::PathBuf;
use zeroize::Zeroizing;

const EXAMPLES: &str = "\
Examples:
  exchequer hot create till --network signet           a new key; its words go to paper
  exchequer hot create alice --ethereum                an account for Safes
  exchequer hot import till --words words.txt --network signet
  exchequer hot show till --standard wsh               its public key, for a descriptor
  exchequer hot list --json                            the HOT keys of this machine, for a script";

/// Arguments of `exchequer hot`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Makes a key and shows its words once
    #[command(alias = "new")]
    Create(Create),
    /// Takes in a key by its words (BIP-39) or as an extended private key
    Import(Import),
    /// Lists the keys
    List,
    /// Shows a key's public part, for a descriptor
    Show(Show),
}

#[derive(Debug, clap::Args)]
struct Create {
    /// What to call it
    name: String,
    /// For which network: bitcoin, testnet, testnet4, signet, regtest
    #[arg(long, value_name = "NETWORK", required_unless_present = "ethereum")]
    network: Option<Network>,
    /// An account on Ethereum, for Safes
    #[arg(long, conflicts_with = "network")]
    ethereum: bool,
    /// Writes the words to a new file for this user alone, instead of showing them
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
struct Import {
    /// What to call it
    name: String,
    /// For which network: bitcoin, testnet, testnet4, signet, regtest
    #[arg(long, value_name = "NETWORK", required_unless_present = "ethereum")]
    network: Option<Network>,
    /// An account on Ethereum, for Safes
    #[arg(long, conflicts_with = "network")]
    ethereum: bool,
    /// Which of the accounts of its words, on Ethereum
    #[arg(long, value_name = "NUMBER", default_value_t = 0, requires = "ethereum")]
    index: u32,
    /// The file with its words, or with its extended private key; on Ethereum, with the private key in hex
    #[arg(long, value_name = "FILE")]
    words: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// Its name or its fingerprint
    key: String,
    /// Of which kind of wallet: wsh, sh-wsh, sh, wpkh, tr
    #[arg(long, value_name = "KIND", value_parser = standard, default_value = "wsh")]
    standard: Standard,
    /// Which account
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    account: u32,
}

fn standard(text: &str) -> Result<Standard, String> {
    match text {
        "wsh" => Ok(Standard::Wsh),
        "sh-wsh" => Ok(Standard::ShWsh),
        "sh" => Ok(Standard::Sh),
        "wpkh" => Ok(Standard::Wpkh),
        "tr" => Ok(Standard::Tr),
        _ => Err("wsh, sh-wsh, sh, wpkh or tr".to_owned()),
    }
}

/// Runs the command on the keys of this context.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Create(args) => create(args, context),
        Command::Import(args) => import(args, context),
        Command::List => list(context),
        Command::Show(args) => show(args, context),
    }
}

fn create(args: &Create, context: &Context) -> Result<(), Failure> {
    if args.ethereum {
        return ethereum::create(&args.name, args.words.as_deref(), context);
    }
    let signer = Signer::new(keys::random::<32>()?, network(args.network)?)?;
    free(&signer, &args.name, context)?;
    let passphrase = keys::passphrase(true)?;
    let words = signer.words().unwrap_or_default();
    // On paper, or at least in a file, before anything can depend on it.
    if let Some(path) = &args.words {
        let text = Zeroizing::new(format!("{}\n", words.as_str()));
        files::write(path, text.as_bytes(), true)?;
    }
    keep(&signer, &args.name, &passphrase, context)?;
    if args.words.is_none() && !context.output.json {
        context.output.text(&format!("Write these words down; they are shown this once:\n\n{}\n", words.as_str()))?;
    }
    told(&signer, &args.name, context)
}

fn import(args: &Import, context: &Context) -> Result<(), Failure> {
    let bytes = Zeroizing::new(files::bytes(&args.words, 1 << 10)?);
    let wrong = || Failure::new(Exit::Usage, "hot-key", format!("{} is no text", files::shown(&args.words)));
    let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?.trim();
    if args.ethereum {
        return ethereum::import(&args.name, text, args.index, context);
    }
    let network = network(args.network)?;
    let signer = match text.contains(char::is_whitespace) {
        true => Signer::from_words(text, "", network),
        false => Signer::from_xprv(text, network),
    };
    let signer = signer?;
    free(&signer, &args.name, context)?;
    let lies = keys::file(&signer.fingerprint().to_string(), context)?.is_file();
    if lies {
        // Only who can open it may go on with it; what was imported before is not sealed anew.
        keys::open(&signer.fingerprint().to_string(), context)?;
        note(&signer, &args.name, context)?;
    } else {
        keep(&signer, &args.name, &keys::passphrase(true)?, context)?;
    }
    told(&signer, &args.name, context)
}

fn network(given: Option<Network>) -> Result<Network, Failure> {
    given.ok_or_else(|| Failure::new(Exit::Usage, "usage", "--network or --ethereum says where it is for"))
}

/// A name means one key.
fn free(signer: &Signer, name: &str, context: &Context) -> Result<(), Failure> {
    match read(context)?.hot().iter().find(|(_, known)| *known == name) {
        Some((key, _)) if *key != signer.fingerprint() => {
            Err(Failure::new(Exit::Usage, "name-taken", format!("the HOT key {key} has this name already"))
                .hint("exchequer hot list shows the names that are taken"))
        }
        _ => Ok(()),
    }
}

/// Seals a key, then says in the journal that it lies here: a key without an entry is not used, and either without the
/// other is mended by importing it again.
fn keep(signer: &Signer, name: &str, passphrase: &str, context: &Context) -> Result<(), Failure> {
    keys::seal(signer, passphrase, context)?;
    note(signer, name, context)
}

/// Writes down that a key lies here, unless that stands there already.
fn note(signer: &Signer, name: &str, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    if writing.treasury.hot().get(&signer.fingerprint()).is_some_and(|known| known == name) {
        return Ok(());
    }
    writing.write(Event::HotKey { fingerprint: signer.fingerprint(), name: name.to_owned() })
}

fn told(signer: &Signer, name: &str, context: &Context) -> Result<(), Failure> {
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "fingerprint": signer.fingerprint(), "name": name, "network": signer.network().to_string(), "hot": true,
        }));
    }
    context.output.text(&format!(
        "{} ({name}) is a HOT key: whoever has this machine and its passphrase has it",
        signer.fingerprint()
    ))
}

fn list(context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let here = |key: &str| keys::file(key, context).is_ok_and(|path| path.is_file());
    if context.output.json {
        let all: Vec<_> = treasury
            .hot()
            .iter()
            .map(|(key, name)| serde_json::json!({ "fingerprint": key, "name": name, "here": here(&key.to_string()), "hot": true }))
            .collect();
        let accounts = ethereum::listed(&treasury, context);
        return context.output.json(&serde_json::json!({ "keys": all, "accounts": accounts }));
    }
    if treasury.hot().is_empty() && treasury.safes().hot_accounts().is_empty() {
        context.output.note("no key lies on this machine: exchequer hot create NAME --network NETWORK makes one");
    }
    let mut rows: Vec<Vec<Cell>> = treasury
        .hot()
        .iter()
        .map(|(key, name)| {
            let there = if here(&key.to_string()) { "" } else { "its file is not here" };
            vec![Cell::toned("HOT", Tone::Bad), key.to_string().into(), name.into(), there.into()]
        })
        .collect();
    rows.extend(ethereum::rows(&treasury, context));
    context.output.table(&["", "key", "name", ""].map(Column::Left), &rows)
}

fn show(args: &Show, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    if let Some((address, name)) = ethereum::find(&treasury, &args.key) {
        return ethereum::show(address, &name, context);
    }
    let named = treasury.hot().iter().find(|(_, name)| **name == args.key).map(|(key, _)| key.to_string());
    let signer = keys::open(&named.unwrap_or_else(|| args.key.clone()), context)?;
    let key = signer.account(args.standard, args.account)?;
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "fingerprint": signer.fingerprint(), "network": signer.network().to_string(), "key": key, "hot": true,
        }));
    }
    context.output.text(&key)
}
