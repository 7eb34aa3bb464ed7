//! `exchequer safe add`: a Safe is read on its chain, judged, and watched from now on.
//!
//! - What is odd about it is said before anything is written, and somebody has to accept it.
//! - Its contract computes a hash, which has to be ours: a version that lies would change every hash (T20).

use super::reach::{connect, funds, stand, tokens};
use super::shown::{hex, published};
use crate::chain::ethereum::Seen;
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::consent::{self, Consent};
use crate::cli::treasury::ways::{self, Named};
use crate::cli::treasury::{Writing, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::address::short_name;
use crate::treasury::ethereum::build::rejection;
use crate::treasury::ethereum::deployments::{self, Standing};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId};
use crate::treasury::verdict::{Finding, Verdict};
use alloy_primitives::U256;

/// Arguments of `exchequer safe add`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The chain and the address, such as eth:0x…; a chain without a short name by its number
    #[arg(value_name = "CHAIN:ADDRESS")]
    safe: String,
    /// What to call it; its chain and the ends of its address when it is not said
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    ways: Named,
    #[command(flatten)]
    consent: Consent,
}

/// Reads a Safe's chain and address.
pub fn safe_id(text: &str) -> Result<SafeId, Failure> {
    text.parse::<SafeId>().map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))
}

/// Adds a Safe.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let id = safe_id(&args.safe)?;
    let treasury = read(context)?;
    let (node, _) = connect(id.chain_id, &args.ways, context)?;
    let seen = node.safe(id.address, &()).map_err(|error| failed(&error))?;
    let tried = rejection(&seen.at, seen.state.nonce);
    node.same_hash(&seen.at, &tried, &seen.block).map_err(|error| failed(&error))?;
    let found = odd(&seen);
    let verdict = Verdict { rows: Vec::new(), warnings: found.clone(), blocks: Vec::new() };
    consent::weigh(&verdict, "watch", &args.consent, context)?;
    let balances = funds(&node, id.chain_id, id.address, &tokens(&treasury, id.chain_id), &seen.block, context)?;
    let name = args.name.clone().unwrap_or_else(|| id.short());
    let mut writing = Writing::open(context)?;
    writing.safe(SafeEvent::Added { safe: id, name, stand: stand(&seen) })?;
    ways::remember(id.chain_id, &args.ways, context)?;
    let safe = writing.treasury.safe(id)?;
    if context.output.json {
        let told = super::shown::safe(&writing.treasury, safe, Some(&balances));
        return context.output.json(&serde_json::json!({ "safe": told, "findings": found }));
    }
    super::show::told(&writing.treasury, safe, Some(&balances), writing.now(), context)?;
    let lines: String = found.iter().map(|one| format!("{}: {}\n", one.code, one.message)).collect();
    context.output.text(&format!("{lines}{} is watched from now on", safe.name))
}

/// What is unusual about a Safe, in the order in which it matters.
pub fn odd(seen: &Seen) -> Vec<Finding> {
    let (chain, state) = (seen.at.chain_id, &seen.state);
    let mut found = Vec::new();
    let mut say = |code, message: String| found.push(Finding::new(code, message));
    match deployments::standing(chain, state.singleton) {
        Some(Standing::Listed(pinned) | Standing::Unlisted(pinned)) if !pinned.contract.is_singleton() => {
            say("singleton-foreign", format!("it runs the code of {}, which is no Safe", pinned.contract.name()));
        }
        Some(Standing::Listed(pinned) | Standing::Unlisted(pinned)) if pinned.code_hash != seen.singleton_code => {
            say("singleton-code", format!("the code at {} is not the published one", hex(state.singleton)));
        }
        Some(Standing::Listed(pinned) | Standing::Unlisted(pinned)) if pinned.version != seen.at.version => {
            let message = format!("it calls itself {}, and runs the code of {}", seen.at.version, pinned.version);
            say("singleton-version", message);
        }
        Some(Standing::Listed(_)) => {}
        Some(Standing::Unlisted(_)) => {
            say("singleton-unlisted", "its code is a published Safe, though no list has it on this chain".to_owned());
        }
        None => say("singleton-foreign", format!("it runs code that Safe did not publish: {}", hex(state.singleton))),
    }
    if deployments::proxy(seen.proxy_code).is_none() {
        say("proxy-foreign", "the code at its own address is none of Safe's proxies".to_owned());
    }
    if short_name(chain).is_none() {
        say("chain-unknown", format!("the chain {chain} has no name here: compare its number"));
    }
    for module in &state.modules {
        say("module", format!("the module {} can do everything without a signature", hex(*module)));
    }
    if !state.guard.is_zero() {
        say("guard", format!("the guard {} is asked before each transaction, and can stop it", hex(state.guard)));
    }
    if !state.module_guard.is_zero() {
        say("module-guard", format!("the module guard {} is asked before what a module does", hex(state.module_guard)));
    }
    let handler = state.fallback_handler;
    let known = deployments::standing(chain, handler).is_some_and(|standing| match standing {
        Standing::Listed(pinned) | Standing::Unlisted(pinned) => {
            pinned.contract.is_handler() && seen.handler_code == Some(pinned.code_hash)
        }
    });
    if !handler.is_zero() && !known {
        let what = published(chain, handler).unwrap_or_else(|| hex(handler));
        say("fallback-foreign", format!("calls that the Safe has no function for go to {what}"));
    }
    if state.threshold == U256::from(1) && state.owners.len() > 1 {
        say("threshold-one", format!("any one of its {} owners can do everything alone", state.owners.len()));
    }
    found
}
