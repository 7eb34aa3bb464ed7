//! `exchequer record`: what a venue says, kept in a file that `replay` understands.
//!
//! The file is complete however the recording ends: by its duration, ^C, SIGTERM or SIGHUP.

use super::config::Wanted;
use super::link::{Target, duration, runtime, stop, unreachable, unsettled, usage};
use super::output::write_stderr;
use super::{Context, Exit, Failure};
use crate::feed::Connection;
use crate::feed::recorder::{Recorder, Recording, RecordingError};
use crate::market::{Channel, Subscription, Symbol, VenueId, printable};
use crate::venue::dialect;
use std::future::Future;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

const EXAMPLES: &str = "\
Examples:
  exchequer record BTC/USD ETH/USD --venue kraken -o today.jsonl.gz
  exchequer record BTC/USD --venue kraken --depth 100 --duration 10m -o ten.jsonl.zst";

/// Arguments of `exchequer record`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    // The names of the settings: their values are read from there.
    #[command(flatten)]
    _settings: OfSettings,
    /// The new file; its name says how it is compressed: .gz, .zst, or not
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Levels a side of the books
    #[arg(long, value_name = "N")]
    depth: Option<usize>,
    /// Stop after so long, such as 10s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
    /// Another address than the venue's own
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

#[derive(Debug, clap::Args)]
struct OfSettings {
    /// The symbols, such as BTC/USD
    #[arg(value_name = "SYMBOL")]
    symbols: Vec<Symbol>,
    /// Where they are traded
    #[arg(long, value_name = "VENUE")]
    venue: Option<VenueId>,
}

/// What to record, where, into what.
struct Plan {
    target: Target,
    streams: Vec<Subscription>,
    path: PathBuf,
}

/// Records until the time is over or somebody says stop.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let plan = plan(args, context)?;
    let (venue, path) = (plan.target.venue, plan.path.clone());
    let duration = args.duration;
    let recording = runtime()?.block_on(async {
        let stop = stop(duration)?;
        record(plan, stop, |state| progress(state, &path)).await
    })?;
    if std::io::stderr().is_terminal() {
        write_stderr("\r\x1b[K");
    }
    if let Some(refusal) = recording.refusal {
        context.output.note(&format!("{venue} refused: {refusal}"));
    }
    if let Some(error) = recording.failure {
        return Err(failure(&error));
    }
    let (file, figures) = (path.display().to_string(), recording.figures);
    if context.output.json {
        let result = serde_json::json!({
            "file": printable(&file), "venue": venue, "frames": figures.frames, "bytes": figures.bytes,
            "malformed": figures.malformed, "resyncs": figures.resyncs, "reconnects": figures.reconnects,
        });
        return context.output.json(&result);
    }
    context.output.text(&format!("{} frames of {venue} in {}", figures.frames, printable(&file)))
}

fn plan(args: &Args, context: &Context) -> Result<Plan, Failure> {
    let example = "exchequer record BTC/USD --venue kraken -o FILE";
    let target = Target::find(context, args.url.as_deref(), example)?;
    let wanted = &context.config.symbols;
    if wanted.is_empty() {
        return Err(usage("nobody says what to record", format!("name symbols: {example}")));
    }
    if wanted.iter().any(|wanted| wanted.venue.is_some_and(|venue| venue != target.venue)) {
        return Err(usage("a recording has one venue", format!("name one: {example}")));
    }
    let depth = target.depth(args.depth.unwrap_or(context.config.feed.book_depth))?;
    let channels = [Channel::Book { depth }, Channel::Trades, Channel::Ticker];
    let of = |wanted: &Wanted| channels.map(|channel| Subscription { symbol: wanted.symbol.clone(), channel });
    Ok(Plan { target, streams: wanted.iter().flat_map(of).collect(), path: args.output.clone() })
}

/// Records until `stop` ends or the recording fails, and completes the file.
async fn record(
    plan: Plan,
    stop: impl Future<Output = ()>,
    mut progress: impl FnMut(&Recording),
) -> Result<Recording, Failure> {
    let Plan { target, streams, path } = plan;
    let address = target.settings.address.clone();
    let (recorder, mut state) = Recorder::new(path, address.stream.clone(), target.settings.clock);
    let handle = Connection::spawn(target.settings, dialect(target.venue, &address), streams, recorder)
        .map_err(|error| unsettled(&error))?;
    tokio::select! {
        () = stop => {}
        () = failed(&mut state, &mut progress) => {}
    }
    handle.close().await;
    let last = state.borrow().clone();
    Ok(last)
}

async fn failed(state: &mut watch::Receiver<Recording>, progress: &mut impl FnMut(&Recording)) {
    while state.changed().await.is_ok() {
        let now = state.borrow_and_update();
        progress(&now);
        if now.failure.is_some() {
            return;
        }
    }
}

fn failure(error: &RecordingError) -> Failure {
    let (key, hint) = match error {
        RecordingError::Link(reason) => return Failure { message: error.to_string(), ..unreachable(reason) },
        RecordingError::File { exists: true, .. } => {
            ("file_exists", "recordings are never written over; choose another name")
        }
        RecordingError::File { .. } => ("file", "what was written before can be replayed"),
    };
    Failure::new(Exit::Error, key, printable(&error.to_string())).hint(hint)
}

/// One line that is written over, for a person who watches.
fn progress(state: &Recording, path: &Path) {
    if std::io::stderr().is_terminal() {
        let Recording { link, figures, .. } = state;
        let link = link.as_ref().map_or("…".into(), |link| format!("{link:?}").to_lowercase());
        let link = link.split(' ').next().unwrap_or_default();
        let file = path.display().to_string();
        let line = format!("{} · {link} · {} frames · {}/s", printable(&file), figures.frames, figures.rate);
        write_stderr(&format!("\r\x1b[K{line}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::{Clock, Settings};
    use crate::venue::Address;

    #[tokio::test]
    async fn a_venue_that_is_not_there_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.jsonl");
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", closed.local_addr().unwrap());
        drop(closed);
        let address = Address { stream: url, rest: String::new() };
        let target = Target { venue: VenueId::Sim, settings: Settings::new(address, Clock::start()) };
        let plan = Plan { target, streams: Vec::new(), path: path.clone() };
        let recording = record(plan, std::future::pending(), |_| {}).await.unwrap();
        let failure = failure(&recording.failure.unwrap());
        assert_eq!((failure.exit, failure.retryable), (Exit::Network, true));
        assert!(!path.exists());
    }
}
