//! `exchequer record`: what a venue says, kept in a file that `replay` understands.
//!
//! The file is complete however the recording ends: by its duration, ^C, SIGTERM or SIGHUP.

use super::output::write_stderr;
use super::{Context, Exit, Failure};
use crate::feed::recorder::{Recorder, Recording, RecordingError};
use crate::feed::{Clock, Connection, Settings};
use crate::market::{Channel, Subscription, Symbol, VenueId, printable};
use crate::venue::dialect;
use std::future::Future;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Arguments of `exchequer record`.
#[derive(Debug, clap::Args)]
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

/// A whole number of `ms`, `s`, `m` or `h`.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let millis = units.iter().find_map(|(unit, millis)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*millis)
    });
    millis
        .filter(|millis| *millis > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| "expected a time such as 10s or 5m".into())
}

/// What to record, where, into what.
struct Plan {
    venue: VenueId,
    streams: Vec<Subscription>,
    settings: Settings,
    url: String,
    path: PathBuf,
}

/// Records until the time is over or somebody says stop.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let plan = plan(args, context)?;
    let (venue, path) = (plan.venue, plan.path.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Error, "runtime", format!("cannot start: {error}")))?;
    let duration = args.duration;
    let recording = runtime.block_on(async {
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
    let usage = |message: String, hint: &str| Err(Failure::new(Exit::Usage, "usage", message).hint(hint));
    let config = &context.config;
    let Some(venue) = config.venue else {
        return usage(
            "nobody says where to record".into(),
            "name a venue: exchequer record BTC/USD --venue kraken -o FILE",
        );
    };
    if config.symbols.is_empty() {
        return usage("nobody says what to record".into(), "name symbols: exchequer record BTC/USD -o FILE");
    }
    let manners = dialect(venue).manners();
    let url = args.url.clone().or_else(|| config.urls.get(&venue).cloned());
    let Some(url) = url.or_else(|| (venue != VenueId::Sim).then(|| manners.url.to_owned())) else {
        return usage(
            "a simulated venue has no address of its own".into(),
            "run exchequer sim, and give its address with --url",
        );
    };
    let depth = args.depth.unwrap_or(config.feed.book_depth);
    if !manners.depths.contains(&depth) {
        let depths = manners.depths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        return usage(format!("{venue} has no books of {depth} levels"), &format!("take one of {depths}"));
    }
    let channels = [Channel::Book { depth }, Channel::Trades, Channel::Ticker];
    let of = |symbol: &Symbol| channels.map(|channel| Subscription { symbol: symbol.clone(), channel });
    Ok(Plan {
        venue,
        streams: config.symbols.iter().flat_map(of).collect(),
        settings: Settings {
            url: Some(url.clone()),
            authorities: config.feed.ca_file.clone(),
            stale_after: config.feed.stale_after,
            ..Settings::new(Clock::start())
        },
        url,
        path: args.output.clone(),
    })
}

/// Ends when the time is over or somebody says stop.
fn stop(duration: Option<Duration>) -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Failure::new(Exit::Error, "signals", format!("cannot listen for signals: {error}")))
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = tokio::time::sleep(duration.unwrap_or(Duration::MAX)) => {}
        }
    })
}

/// Records until `stop` ends or the recording fails, and completes the file.
async fn record(
    plan: Plan,
    stop: impl Future<Output = ()>,
    mut progress: impl FnMut(&Recording),
) -> Result<Recording, Failure> {
    let (recorder, mut state) = Recorder::new(plan.path, plan.url, plan.settings.clock);
    let handle = Connection::spawn(plan.settings, dialect(plan.venue), plan.streams, recorder)
        .map_err(|error| Failure::new(Exit::Usage, "settings", error.to_string()))?;
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
    let (exit, key, hint, retryable) = match error {
        RecordingError::Link(_) => (Exit::Network, "not_connected", "exchequer doctor looks into the network", true),
        RecordingError::File { exists: true, .. } => {
            (Exit::Error, "file_exists", "recordings are never written over; choose another name", false)
        }
        RecordingError::File { .. } => (Exit::Error, "file", "what was written before can be replayed", false),
    };
    let failure = Failure::new(exit, key, printable(&error.to_string())).hint(hint);
    if retryable { failure.retryable() } else { failure }
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

    #[test]
    fn durations_have_a_unit_and_a_length() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for text in ["", "10", "0s", "-1s", "s", "99999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_venue_that_is_not_there_leaves_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.jsonl");
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}", closed.local_addr().unwrap());
        drop(closed);
        let settings = Settings { url: Some(url.clone()), ..Settings::new(Clock::start()) };
        let plan = Plan { venue: VenueId::Sim, streams: Vec::new(), settings, url, path: path.clone() };
        let recording = record(plan, std::future::pending(), |_| {}).await.unwrap();
        let failure = failure(&recording.failure.unwrap());
        assert_eq!((failure.exit, failure.retryable), (Exit::Network, true));
        assert!(!path.exists());
    }
}
