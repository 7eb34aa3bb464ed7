//! `exchequer safe sync`: how Safes stand on their chains now, what they have, and what became of their proposals.
//!
//! - Who or what controls a Safe may have changed: that is written down and told, and what was approved is counted anew.

use super::reach::{connect, funds, stand, tokens};
use super::show::owned;
use crate::cli::proposal::follow;
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::{self, Named};
use crate::cli::treasury::{Writing, find, read};
use crate::cli::{Context, Failure};
use crate::desk::treasury::Funds;
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId};
use crate::treasury::proposal::{Event, ProposalId, Treasury};
use serde_json::{Value, json};

/// Arguments of `exchequer safe sync`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Safe's name, or its chain and address; all Safes and accounts when it is not said
    safe: Option<String>,
    #[command(flatten)]
    ways: Named,
}

/// What came of asking about one Safe.
#[derive(Debug)]
pub struct Synced {
    /// Who said so.
    pub server: String,
    /// At which block.
    pub block: u64,
    /// What it has.
    pub funds: Funds,
    /// What has changed in who or what controls it.
    pub changed: Option<String>,
    /// The proposals that went to another state.
    pub moved: Vec<(ProposalId, &'static str)>,
}

/// Asks the chain.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let all: Vec<SafeId> = match &args.safe {
        Some(name) => vec![find::safe(&treasury, name)?.id],
        None => treasury.safes().all().filter(|safe| safe.archived.is_none()).map(|safe| safe.id).collect(),
    };
    let (mut told, mut text) = (Vec::new(), String::new());
    for id in &all {
        let synced = one(*id, &args.ways, context)?;
        ways::remember(id.chain_id, &args.ways, context)?;
        let treasury = read(context)?;
        let name = treasury.safe(*id)?.name.clone();
        text.push_str(&format!("{name} at block {} by {}\n", synced.block, synced.server));
        text.extend(owned(&treasury, id.chain_id, &synced.funds).iter().map(|line| format!("  {line}\n")));
        text.extend(synced.changed.as_ref().map(|changed| format!("  changed: {changed}\n")));
        text.extend(synced.moved.iter().map(|(id, state)| format!("  proposal {}: {state}\n", id.short())));
        told.push(json!({
            "safe": name, "id": id, "server": synced.server, "block": synced.block, "changed": synced.changed,
            "balances": super::shown::balances(&treasury, id.chain_id, &synced.funds), "proposals": synced.moved,
        }));
    }
    let accounts = if args.safe.is_none() { accounts(&treasury, &args.ways, context)? } else { Vec::new() };
    if context.output.json {
        return context.output.json(&json!({ "safes": told, "accounts": accounts }));
    }
    if all.is_empty() && accounts.is_empty() {
        context.output.note("no Safe is watched yet: exchequer safe add CHAIN:ADDRESS --rpc URL brings one");
    }
    text.push_str(&accounts.iter().map(line).collect::<String>());
    if text.is_empty() { Ok(()) } else { context.output.text(&text) }
}

fn line(account: &Value) -> String {
    let text = |name: &str| account.get(name).and_then(Value::as_str).unwrap_or_default();
    format!("{} ({}): looked at\n", text("name"), text("id"))
}

/// The balances of watched accounts.
fn accounts(treasury: &Treasury, named: &Named, context: &Context) -> Result<Vec<Value>, Failure> {
    let mut told = Vec::new();
    for ((chain, address), name) in treasury.safes().watched() {
        let (node, _) = connect(*chain, named, context)?;
        let block = node.newest(&()).map_err(|error| failed(&error))?;
        let funds = funds(&node, *chain, *address, &tokens(treasury, *chain), &block, context)?;
        told.push(json!({
            "id": SafeId { chain_id: *chain, address: *address }, "name": name, "server": node.host(),
            "balances": super::shown::balances(treasury, *chain, &funds),
        }));
    }
    Ok(told)
}

/// Asks about one Safe, and writes down what has changed.
pub fn one(id: SafeId, named: &Named, context: &Context) -> Result<Synced, Failure> {
    let (node, _) = connect(id.chain_id, named, context)?;
    let before = read(context)?;
    let seen = node.safe(id.address, &()).map_err(|error| failed(&error))?;
    let funds = funds(&node, id.chain_id, id.address, &tokens(&before, id.chain_id), &seen.block, context)?;
    let events = follow::all(before.safes(), &seen, &node)?;
    let mut writing = Writing::open(context)?;
    let policy = writing.treasury.safe(id)?.policy;
    enter(&mut writing, events)?;
    // After what was executed: the Safe's nonce then says nothing that is not known.
    let standing = stand(&seen);
    if writing.treasury.safe(id)?.stand.block < standing.block {
        writing.safe(SafeEvent::Seen { safe: id, stand: standing })?;
    }
    let now = writing.treasury.safe(id)?;
    let changed = (now.policy != policy).then(|| now.changed.clone().unwrap_or_default());
    let state = |treasury: &Treasury, id| treasury.safe_proposal(id).map(|one| one.state().name()).ok();
    let mut moved: Vec<_> = writing.treasury.safes().of(id).map(|one| (one.id, one.state().name())).collect();
    moved.retain(|(id, now)| state(&before, *id) != Some(*now));
    Ok(Synced { server: node.host().to_owned(), block: seen.block.number, funds, changed, moved })
}

/// Writes what the chain has said. Somebody may have written it down meanwhile: then there is nothing to add.
pub fn enter(writing: &mut Writing, events: Vec<SafeEvent>) -> Result<(), Failure> {
    for event in events {
        let event = Event::Safe(Box::new(event));
        if writing.treasury.check(&event, writing.now()).is_ok() {
            writing.write(event)?;
        }
    }
    Ok(())
}
