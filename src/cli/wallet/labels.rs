//! `exchequer wallet labels`: reads and writes labels as other programs do (BIP-329).

use crate::cli::treasury::{Writing, files, find, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::labels::{self, LONGEST_FILE, fits};
use crate::treasury::proposal::Event;
use std::path::PathBuf;

/// Arguments of `exchequer wallet labels`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// Takes in the labels of a file; - for the pipe
    #[arg(long, value_name = "FILE")]
    import: Option<PathBuf>,
    /// Writes the labels to a file, which must not be there yet; - for the pipe
    #[arg(long, value_name = "FILE", conflicts_with = "import", default_value = "-")]
    export: PathBuf,
}

/// Reads or writes labels.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let Some(file) = &args.import else {
        let treasury = read(context)?;
        let vault = find::wallet(&treasury, &args.wallet)?;
        return files::write(&args.export, vault.labels.write().as_bytes(), false);
    };
    let told = labels::read(&files::bytes(file, LONGEST_FILE)?)
        .map_err(|error| Failure::new(Exit::Error, "labels", format!("{}: {error}", files::shown(file))))?;
    let mut writing = Writing::open(context)?;
    let (mut new, mut known, mut foreign) = (0_usize, 0_usize, 0_usize);
    for label in &told.labels {
        let vault = find::wallet(&writing.treasury, &args.wallet)?;
        let wallet = vault.wallet.id();
        let counted = if !fits(label, &vault.wallet) {
            &mut foreign
        } else if !vault.labels.clone().apply(label.clone()) {
            &mut known
        } else {
            writing.write(Event::LabelSet { wallet, record: label.line() })?;
            &mut new
        };
        *counted = counted.saturating_add(1);
    }
    if context.output.json {
        let refusals: Vec<_> = told
            .refusals
            .iter()
            .map(|(line, error)| serde_json::json!({ "line": line, "reason": error.to_string() }))
            .collect();
        return context.output.json(&serde_json::json!({
            "new": new, "known": known, "of_other_wallets": foreign, "of_unknown_types": told.unknown,
            "refused": told.refused, "refusals": refusals,
        }));
    }
    let mut lines: Vec<String> =
        told.refusals.iter().map(|(line, error)| format!("line {line} refused: {error}")).collect();
    lines.push(format!(
        "{new} labels are new, {known} were known, {foreign} are of other wallets, {} refused",
        told.refused
    ));
    context.output.text(&lines.join("\n"))
}
