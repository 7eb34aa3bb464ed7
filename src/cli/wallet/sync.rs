//! `exchequer wallet sync`: what the chain says of a wallet, and of its proposals that are on their way.

use crate::chain::{Chain, Progress, Scan, Source, Watch};
use crate::cli::treasury::shown::btc;
use crate::cli::treasury::{Writing, chains, find, read};
use crate::cli::{Context, Failure};
use crate::feed::Clock;
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::proposal::{ProposalId, became, unsettled};
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
    let height = state.tip().map_or(0, |tip| tip.height);
    let moved = follow(wallet.id(), (chain.as_ref(), &host), height, context)?;
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

/// Writes down what has become of the wallet's proposals on the chain. Only those whose fate has changed are told.
pub fn follow(
    wallet: WalletId,
    (chain, host): (&dyn Chain, &str),
    height: u32,
    context: &Context,
) -> Result<Vec<(ProposalId, &'static str)>, Failure> {
    let treasury = read(context)?;
    let mut found = Vec::new();
    for (id, transaction) in unsettled(&treasury, wallet, height) {
        let status = chain.status(&transaction).map_err(|error| chains::failed(&error))?;
        found.extend(became(&treasury, id, status, host));
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
