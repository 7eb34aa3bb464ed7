//! `exchequer wallet import`: a wallet out of another program's file.

use crate::cli::treasury::{Writing, files, shown};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::import::{LONGEST_FILE, read};
use crate::treasury::bitcoin::labels::Label;
use crate::treasury::proposal::{Event, SeatId};
use bitcoin::Network;
use std::path::PathBuf;

/// Arguments of `exchequer wallet import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The file; - for the pipe
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What to call it; as the file does when it is not said
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The network, where the file does not tell: bitcoin, testnet, testnet4, signet, regtest
    #[arg(long, value_name = "NETWORK")]
    network: Option<Network>,
    /// Only says what it is
    #[arg(long)]
    dry_run: bool,
}

/// Reads the file and watches its wallet.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let bytes = files::bytes(&args.file, LONGEST_FILE)?;
    let imported = read(&bytes, args.network)
        .map_err(|error| Failure::new(Exit::Error, error.code(), format!("{}: {error}", files::shown(&args.file))))?;
    let name = args.name.clone().or_else(|| imported.name.clone()).ok_or_else(|| {
        Failure::new(Exit::Usage, "no-name", "the file does not say what the wallet is called")
            .hint("name it: --name Cold")
    })?;
    let wallet = imported.wallet(&name).map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))?;
    let notes: Vec<String> = imported.notes.iter().map(|note| format!("{}: {}", note.code, note.message)).collect();
    let mut writing = (!args.dry_run).then(|| Writing::open(context)).transpose()?;
    if let Some(writing) = &mut writing {
        // One entry for all of it: a wallet is there with its names and labels, or it is not there.
        let called = |seat: SeatId| imported.cosigners.iter().find(|nick| nick.fingerprint == seat.fingerprint);
        let names = SeatId::all(wallet.policy()).filter_map(|(seat, _)| Some((seat, called(seat)?.name.clone())));
        writing.write(Event::WalletAdded {
            wallet: wallet.id(),
            name: name.clone(),
            network: imported.network,
            descriptors: imported.descriptors.clone(),
            format: imported.format.word().to_owned(),
            notes: notes.clone(),
            names: names.collect(),
            labels: imported.labels.iter().map(Label::line).collect(),
        })?;
    }
    if context.output.json {
        let told = match &writing {
            Some(writing) => {
                writing.treasury.vault(wallet.id()).ok().map(|vault| shown::vault(&writing.treasury, vault))
            }
            None => None,
        };
        return context.output.json(&serde_json::json!({
            "added": writing.is_some(), "format": imported.format.word(), "network_assumed": imported.network_assumed,
            "notes": imported.notes, "id": wallet.id(), "wallet": told,
        }));
    }
    let did = if writing.is_some() { "is watched" } else { "could be watched" };
    let mut lines = vec![format!(
        "{name}: a {} wallet on {} from {} {did}; id {}",
        wallet.policy().quorum(),
        imported.network,
        imported.format,
        wallet.id()
    )];
    lines.extend(notes);
    if let Some(writing) = &writing
        && let Ok(vault) = writing.treasury.vault(wallet.id())
        && !writing.treasury.is_armed(vault)
    {
        lines.push(format!(
            "it is not armed: let every cosigner compare the first address on a device of their own\n  {}\nand write it down: exchequer wallet confirm {name} --seat KEY --address TEXT",
            vault.first_address().unwrap_or_default()
        ));
    }
    context.output.text(&lines.join("\n"))
}
