//! `exchequer safe name`, `know`, `token` and `archive`: what people say of Safes, owners, recipients and tokens.

use super::add::safe_id;
use super::reach::connect;
use super::shown::{self, hex};
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::Named;
use crate::cli::treasury::{Writing, find};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId};
use serde_json::json;

/// Arguments of `exchequer safe name`.
#[derive(Debug, clap::Args)]
pub struct Name {
    /// The Safe's name, or its chain and address
    safe: String,
    /// The owner's address
    owner: String,
    /// What to call them
    name: String,
}

/// Arguments of `exchequer safe know`.
#[derive(Debug, clap::Args)]
pub struct Know {
    /// The chain and the address, such as eth:0x…
    #[arg(value_name = "CHAIN:ADDRESS")]
    address: String,
    /// What to call it; nothing takes the name away
    name: String,
}

/// Arguments of `exchequer safe token`.
#[derive(Debug, clap::Args)]
pub struct Token {
    /// The chain and the token's contract, such as eth:0x…
    #[arg(value_name = "CHAIN:ADDRESS")]
    token: String,
    /// Its symbol, where the chain is not to be asked
    #[arg(long, value_name = "TEXT", requires = "decimals")]
    symbol: Option<String>,
    /// Its decimals, where the chain is not to be asked
    #[arg(long, value_name = "NUMBER", requires = "symbol")]
    decimals: Option<u8>,
    /// You vouch for it: only then does its symbol mean something
    #[arg(long)]
    trusted: bool,
    #[command(flatten)]
    ways: Named,
}

/// Arguments of `exchequer safe archive`.
#[derive(Debug, clap::Args)]
pub struct Archive {
    /// The Safe's name, or its chain and address
    safe: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Names an owner.
pub fn name(args: &Name, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let id = find::safe(&writing.treasury, &args.safe)?.id;
    let owner = find::address(&writing.treasury, id.chain_id, &args.owner)?;
    writing.safe(SafeEvent::OwnerNamed { safe: id, owner, name: args.name.clone() })?;
    told(id, &writing, context)
}

/// Archives a Safe.
pub fn archive(args: &Archive, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let id = find::safe(&writing.treasury, &args.safe)?.id;
    writing.safe(SafeEvent::Archived { safe: id, reason: args.reason.clone() })?;
    told(id, &writing, context)
}

/// The Safe as it is now, for scripts.
fn told(id: SafeId, writing: &Writing, context: &Context) -> Result<(), Failure> {
    if !context.output.json {
        return Ok(());
    }
    let funds = super::reach::kept(id.chain_id, id.address, context);
    context.output.json(&shown::safe(&writing.treasury, writing.treasury.safe(id)?, funds.as_ref()))
}

/// Names an address.
pub fn know(args: &Know, context: &Context) -> Result<(), Failure> {
    let id = safe_id(&args.address)?;
    let (chain, address) = (id.chain_id, id.address);
    let mut writing = Writing::open(context)?;
    writing.safe(SafeEvent::Named { chain, address, name: args.name.clone() })?;
    let name = writing.treasury.safes().book().get(&(chain, address));
    match context.output.json {
        true => context.output.json(&json!({ "id": id, "name": name })),
        false => Ok(()),
    }
}

/// Pins a token.
pub fn token(args: &Token, context: &Context) -> Result<(), Failure> {
    let id = safe_id(&args.token)?;
    let (chain, token) = (id.chain_id, id.address);
    let told = match args.symbol.clone().zip(args.decimals) {
        Some((symbol, decimals)) => (symbol, Some(decimals)),
        None => {
            let (node, _) = connect(chain, &args.ways, context)?;
            let block = node.newest(&()).map_err(|error| failed(&error))?;
            let described = node.describe(&[token], &block).map_err(|error| failed(&error))?.remove(&token);
            let described = described.unwrap_or_default();
            (described.symbol.unwrap_or_default(), described.decimals)
        }
    };
    let (symbol, Some(decimals)) = told else {
        let message = format!("{} does not tell how many decimals it has", hex(token));
        return Err(Failure::new(Exit::Network, "no-token", message).hint("--symbol TEXT --decimals NUMBER say it"));
    };
    let mut writing = Writing::open(context)?;
    writing.safe(SafeEvent::TokenPinned { chain, token, symbol, decimals, trusted: args.trusted })?;
    let pinned = writing.treasury.safes().tokens().get(&(chain, token));
    let (symbol, decimals) = pinned.map(|pinned| (pinned.symbol.clone(), pinned.decimals)).unwrap_or_default();
    if context.output.json {
        let trusted = pinned.is_some_and(|pinned| pinned.trusted);
        return context.output.json(&json!({ "id": id, "symbol": symbol, "decimals": decimals, "trusted": trusted }));
    }
    let doubt = if args.trusted { "" } else { "; nobody vouches for its name yet: --trusted does" };
    context.output.text(&format!("{}: {symbol}, {decimals} decimals, pinned{doubt}", hex(token)))
}
