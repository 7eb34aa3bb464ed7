//! `exchequer wallet sync`: what the chain says of a wallet, and of its proposals that are on their way.

use crate::chain::{Chain, Progress, Scan, Source, Status, Watch};
use crate::cli::treasury::shown::btc;
use crate::cli::treasury::{Writing, chains, find, read};
use crate::cli::{Context, Failure};
use crate::feed::Clock;
use crate::treasury::bitcoin::finalize::finalize;
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::proposal::{Event, ProposalId, State};
use std::io::IsTerminal;

/// Arguments of `exchequer wallet sync`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// How to reach the chain, from now on: esplora:URL, electrum:ssl://HOST:PORT, bitcoind:URL?cookie=FILE
    #[arg(long, value_name = "SOURCE")]
    chain: Option<Source>,
    /// Looks at every address again
    #[arg(long)]
    full: bool,
    /// How many unused addresses in a row end the search
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    gap: u32,
    /// The wallet has no coins from before this block
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    birthday: u32,
}

/// Tells how far it has come, for whoever looks at a terminal.
struct Told(bool);

impl Watch for Told {
    fn progress(&self, progress: Progress) {
        if self.0 && progress.done.is_multiple_of(100) && progress.done > 0 {
            let of = progress.of.map(|of| format!(" of {of}")).unwrap_or_default();
            crate::cli::output::write_stderr(&format!("\r{}{of} looked at, {} found", progress.done, progress.found));
        }
    }
}

/// Asks the chain.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let vault = find::wallet(&treasury, &args.wallet)?;
    let wallet = vault.wallet.clone();
    let (chain, host) = chains::open(args.chain.as_ref(), &wallet, context)?;
    if let Some(source) = &args.chain {
        chains::remember(source, wallet.id(), context)?;
    }
    let mut state = chains::state(&wallet, context)?;
    let watch = Told(!context.output.json && std::io::stderr().is_terminal());
    let now = u64::try_from(Clock::start().now().secs()).unwrap_or_default();
    let update = if args.full || state.tip().is_none() {
        let scan = Scan { gap: args.gap, birthday: args.birthday };
        chain.full_scan(state.full_scan(now).build(), scan, &watch)
    } else {
        chain.sync(state.sync(now).build(), &watch)
    };
    if watch.0 {
        crate::cli::output::write_stderr("\r\x1b[K");
    }
    let applied = state.apply(update.map_err(|error| chains::failed(&error))?);
    applied.map_err(|error| Failure::new(crate::cli::Exit::Error, "wallet-state", error.to_string()))?;
    chains::keep(&mut state, context)?;
    let moved = follow(wallet.id(), chain.as_ref(), context)?;
    let holdings = state.holdings(&vault.marks());
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "wallet": wallet.name(), "server": host, "tip": holdings.tip, "balance": holdings.balance,
            "coins": holdings.coins.len(), "proposals": moved,
        }));
    }
    let tip = holdings.tip.map(|tip| tip.height.to_string()).unwrap_or_default();
    let mut lines = vec![format!(
        "{} at block {tip} by {host}: {} in {} coins",
        wallet.name(),
        btc(holdings.balance.confirmed),
        holdings.coins.len()
    )];
    lines.extend(moved.iter().map(|(id, state)| format!("proposal {}: {state}", id.short())));
    context.output.text(&lines.join("\n"))
}

/// Writes down what has become of the wallet's proposals on the chain: confirmed, in a block no more, or in conflict with
/// another transaction. Only those whose fate has changed are told.
pub fn follow(
    wallet: WalletId,
    chain: &dyn Chain,
    context: &Context,
) -> Result<Vec<(ProposalId, &'static str)>, Failure> {
    let watched = |state: State| state.is_live() || matches!(state, State::Confirmed);
    let treasury = read(context)?;
    let mut found = Vec::new();
    for proposal in treasury.proposals().filter(|p| p.wallet == wallet && watched(p.state())) {
        let Some(txid) = proposal.finalised.or_else(|| proposal.txid()) else { continue };
        // The signed one where there is one: in old inputs signatures are a part of the id.
        let made = treasury.vault(wallet).ok().and_then(|vault| finalize(&proposal.signed(), &vault.wallet).ok());
        let transaction = made.map_or_else(|| proposal.unsigned().clone(), |made| made.tx);
        let status = chain.status(&transaction).map_err(|error| chains::failed(&error))?;
        let id = proposal.id;
        match (status, proposal.mined) {
            (Status::Confirmed(block), mined) if mined.is_none_or(|mined| mined.block != block.hash) => {
                found.extend(mined.map(|mined| Event::Reorged { proposal: id, block: mined.block }));
                found.push(Event::Confirmed { proposal: id, txid, height: block.height, block: block.hash });
            }
            (Status::Unconfirmed | Status::Unknown, Some(mined)) => {
                found.push(Event::Reorged { proposal: id, block: mined.block });
            }
            // What this one is to replace still waits: that is no conflict.
            (Status::Replaced { by, .. }, None)
                if proposal.replaces.and_then(|before| treasury.proposal(before).ok()?.finalised) == Some(by) => {}
            (Status::Replaced { by, .. }, mined) => {
                found.extend(mined.map(|mined| Event::Reorged { proposal: id, block: mined.block }));
                let other = treasury.proposals().find(|other| other.finalised == Some(by) && other.id != id);
                let spender = chain.transaction(by).map_err(|error| chains::failed(&error))?;
                let coin = spender.and_then(|spender| {
                    proposal.coins().find(|coin| spender.input.iter().any(|input| input.previous_output == *coin))
                });
                match (other, coin) {
                    (Some(other), _) => found.push(Event::Superseded { proposal: id, by: other.id }),
                    (None, Some(coin)) => found.push(Event::Conflicted { proposal: id, coin }),
                    (None, None) => {}
                }
            }
            _ => {}
        }
    }
    let mut moved = Vec::new();
    if !found.is_empty() {
        let mut writing = Writing::open(context)?;
        for event in found {
            // Somebody may have written it down meanwhile: then there is nothing to add.
            if writing.treasury.check(&event, writing.now()).is_ok() {
                writing.write(event)?;
            }
        }
        let before = |id| treasury.proposal(id).map(|p| p.state().name()).ok();
        moved.extend(writing.treasury.proposals().map(|p| (p.id, p.state().name())));
        moved.retain(|(id, state)| before(*id) != Some(*state));
    }
    Ok(moved)
}
