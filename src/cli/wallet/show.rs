//! `exchequer wallet list`, `show`, `export`, `archive` and `bump`.

use crate::cli::output::{Cell, Column, Tone};
use crate::cli::treasury::{Writing, files, find, read, shown};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::export::{Format, write};
use crate::treasury::proposal::{Event, SeatId, Treasury, Vault};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::PathBuf;

/// Arguments of `exchequer wallet show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wallet's name, or how its id begins
    wallet: String,
}

/// Arguments of `exchequer wallet export`.
#[derive(Debug, clap::Args)]
pub struct Export {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// For which program: descriptor, descriptors, core, bsms, coldcard, caravan, sparrow
    #[arg(long, value_name = "FORMAT", default_value = "descriptor", value_parser = formats(), hide_possible_values = true)]
    format: Format,
    /// The file to write, which must not be there yet
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
}

/// Arguments of `exchequer wallet archive`.
#[derive(Debug, clap::Args)]
pub struct Archive {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Arguments of `exchequer wallet bump`.
#[derive(Debug, clap::Args)]
pub struct Bump {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// What has changed
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

fn formats() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::word))
        .try_map(|word| Format::from_word(&word).ok_or("no format of this name"))
}

/// Lists the wallets.
pub fn list(context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    if context.output.json {
        let wallets: Vec<_> = treasury.vaults().map(|vault| shown::vault(&treasury, vault)).collect();
        return context.output.json(&serde_json::json!({ "wallets": wallets }));
    }
    if treasury.vaults().next().is_none() {
        context.output.note("no wallet is watched yet: exchequer wallet import FILE brings one");
    }
    let rows: Vec<Vec<Cell>> = treasury
        .vaults()
        .map(|vault| {
            let (state, tone) = standing(&treasury, vault);
            let id: String = vault.wallet.id().to_string().chars().take(8).collect();
            let quorum = vault.wallet.policy().quorum().to_string();
            let network = vault.wallet.network().to_string();
            vec![vault.wallet.name().into(), quorum.into(), network.into(), Cell::toned(&state, tone), id.into()]
        })
        .collect();
    let columns = ["wallet", "quorum", "network", "state", "id"].map(Column::Left);
    context.output.table(&columns, &rows)
}

/// Whether a wallet can be used, in a word or two.
fn standing(treasury: &Treasury, vault: &Vault) -> (String, Tone) {
    let hot = SeatId::all(vault.wallet.policy()).any(|(seat, _)| treasury.is_hot(seat.fingerprint));
    let hot = if hot { ", HOT" } else { "" };
    if vault.archived.is_some() {
        ("archived".to_owned(), Tone::Plain)
    } else if treasury.is_armed(vault) {
        (format!("armed{hot}"), if hot.is_empty() { Tone::Good } else { Tone::Warn })
    } else {
        let (all, left) = (vault.wallet.policy().cosigners().len(), vault.unconfirmed().len());
        (format!("not armed, {} of {all} confirmed{hot}", all.saturating_sub(left)), Tone::Warn)
    }
}

/// Shows one wallet.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let vault = find::wallet(&treasury, &args.wallet)?;
    if context.output.json {
        return context.output.json(&shown::vault(&treasury, vault));
    }
    let (state, _) = standing(&treasury, vault);
    let mut text = format!(
        "{}: {} on {}, {state}\nid {}\nfirst address {}\n",
        vault.wallet.name(),
        vault.wallet.policy().quorum(),
        vault.wallet.network(),
        vault.wallet.id(),
        vault.first_address().unwrap_or_default()
    );
    for way in vault.wallet.policy().recovery() {
        text.push_str(&format!("recovery: {} of {} keys {}\n", way.required, way.seats.len(), shown::opens(way.lock)));
    }
    for note in &vault.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    context.output.text(&text)?;
    let rows: Vec<Vec<Cell>> = SeatId::all(vault.wallet.policy())
        .map(|(seat, key)| {
            let hot = if treasury.is_hot(seat.fingerprint) { Cell::toned("HOT", Tone::Bad) } else { "".into() };
            let confirmed = vault.confirmed.get(&seat).map_or_else(|| "no".to_owned(), ToString::to_string);
            let name = vault.names.get(&seat).map_or("", String::as_str);
            vec![
                format!("{seat}.{}", seat.place).into(),
                name.into(),
                format!("m/{}", key.path).into(),
                confirmed.into(),
                hot,
            ]
        })
        .collect();
    context.output.table(&["key", "name", "path", "first address confirmed", ""].map(Column::Left), &rows)
}

/// Writes the wallet for another program.
pub fn export(args: &Export, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let vault = find::wallet(&treasury, &args.wallet)?;
    let text = write(&vault.wallet, args.format)
        .map_err(|error| Failure::new(Exit::Error, error.code(), error.to_string()))?;
    files::write(&args.output, text.as_bytes(), false)
}

/// Keeps a wallet only to be looked at.
pub fn archive(args: &Archive, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let wallet = find::wallet(&writing.treasury, &args.wallet)?.wallet.id();
    writing.write(Event::WalletArchived { wallet, reason: args.reason.clone() })?;
    told(wallet, &writing, context)
}

/// Makes void what is being approved.
pub fn bump(args: &Bump, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let vault = find::wallet(&writing.treasury, &args.wallet)?;
    let (wallet, version) = (vault.wallet.id(), vault.policy.saturating_add(1));
    writing.write(Event::PolicyBumped { wallet, version, reason: args.reason.clone() })?;
    told(wallet, &writing, context)
}

/// The wallet as it is now, for scripts.
pub fn told(
    wallet: crate::treasury::bitcoin::wallet::WalletId,
    writing: &Writing,
    context: &Context,
) -> Result<(), Failure> {
    let vault = writing.treasury.vault(wallet)?;
    if context.output.json { context.output.json(&shown::vault(&writing.treasury, vault)) } else { Ok(()) }
}
