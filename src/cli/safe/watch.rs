//! `exchequer safe watch`: an account whose balances are looked at.

use super::add::safe_id;
use super::reach::{connect, funds, tokens};
use super::show::owned;
use super::shown::balances;
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::{self, Named};
use crate::cli::treasury::{Writing, read};
use crate::cli::{Context, Failure};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId};
use serde_json::json;

/// Arguments of `exchequer safe watch`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The chain and the address, such as eth:0x…
    #[arg(value_name = "CHAIN:ADDRESS")]
    account: String,
    /// What to call it; nothing ends the watching
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    ways: Named,
}

/// Watches an account.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let id = safe_id(&args.account)?;
    let SafeId { chain_id: chain, address } = id;
    let name = args.name.trim().to_owned();
    if name.is_empty() {
        return Writing::open(context)?.safe(SafeEvent::Watched { chain, address, name });
    }
    let treasury = read(context)?;
    let (node, _) = connect(chain, &args.ways, context)?;
    let block = node.newest(&()).map_err(|error| failed(&error))?;
    let found = funds(&node, chain, address, &tokens(&treasury, chain), &block, context)?;
    let mut writing = Writing::open(context)?;
    writing.safe(SafeEvent::Watched { chain, address, name: name.clone() })?;
    ways::remember(chain, &args.ways, context)?;
    if context.output.json {
        return context
            .output
            .json(&json!({ "id": id, "name": name, "balances": balances(&writing.treasury, chain, &found) }));
    }
    let lines = owned(&writing.treasury, chain, &found).join("\n  ");
    context.output.text(&format!("{} is watched; at block {} it had:\n  {lines}", id, block.number))
}
