//! `exchequer` without a subcommand: the console, on the demo desk, on venues, or on a capture.

mod treasury;

use super::config::{Origin, Sync, Wanted, Zone};
use super::nav::owned::owning;
use super::{Context, Exit, Failure, output};
use crate::console::capabilities::{Capabilities, ColourChoice, Environment, Unusable};
use crate::console::colour::ColourDepth;
use crate::console::effect::{LAYOUT, THEME};
use crate::console::keymap::{Keymap, Preset};
use crate::console::layout::Layout;
use crate::console::probe::SyncChoice;
use crate::console::theme::Themes;
use crate::console::{self, EntryError, run as terminal, state, terminal as tty};
use crate::desk::{self, CacheSettings, Capture, Desk, DeskError, Place, Scope, Speed};
use crate::feed::SettingsError;
use crate::market::{Interval, Symbol, VenueId};
use crate::money::{Decimal, parse_decimal};
use crate::sim;
use crate::store::{self, Saved};
use rust_decimal::prelude::ToPrimitive;
use std::path::{Path, PathBuf};

/// Watches of the demo desk; the simulated venue has them all.
const DEMO: [&str; 5] = ["BTC/USD", "ETH/USD", "SOL/USD", "ETH/BTC", "USDT/USD"];

/// What a venue is opened with when no symbol is named.
const USUAL: [&str; 2] = ["BTC/USD", "ETH/USD"];

/// The theme that needs no colours.
const MONO: &str = "mono";

/// Opens the console.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What to watch, such as BTC/USD, or BTC/USD@kraken for another venue than --venue
    #[arg(value_name = "SYMBOL")]
    symbols: Vec<String>,
    /// The venue to watch it on; without one, the demo desk
    #[arg(long, value_name = "VENUE")]
    venue: Option<String>,
    /// A capture to replay instead
    #[arg(long, value_name = "FILE", conflicts_with = "symbols")]
    replay: Option<PathBuf>,
    /// How fast to replay: 1, 4, 0.5, max
    #[arg(long, value_name = "X", requires = "replay", default_value = "1", value_parser = speed)]
    speed: Speed,
    /// Spares a slow line: two frames a second, nothing animated
    #[arg(long)]
    low_bandwidth: bool,
    /// The most frames a second
    #[arg(long, value_name = "N")]
    fps: Option<String>,
    /// A theme: dark, light, deuteranopia, tritanopia, mono, ansi16, or one of your own
    #[arg(long, value_name = "NAME")]
    theme: Option<String>,
    /// A keymap: default, vim, emacs, or one of your own
    #[arg(long, value_name = "NAME")]
    keymap: Option<String>,
    /// Leaves the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
}

/// Opens the console and stays until the person leaves.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let colour = match context.output.color {
        output::Color::Auto => ColourChoice::Auto,
        output::Color::Always => ColourChoice::Always,
        output::Color::Never => ColourChoice::Never,
    };
    let capabilities = Capabilities::detect(&environment, colour, tty::is_terminal()).map_err(unusable)?;
    let (saved, unreadable) = Saved::load(&context.paths.state.join("saved.json"));
    if let Some(error) = unreadable {
        tracing::warn!("the saved layout and theme cannot be read and start anew: {error}");
    }
    let themes = themes(context)?;
    let setup = terminal::Setup {
        settings: settings(context, &saved, &themes, capabilities.depth)?,
        themes,
        capabilities,
        environment,
        sync: match context.config.console.sync {
            Sync::Auto => SyncChoice::Auto,
            Sync::On => SyncChoice::On,
            Sync::Off => SyncChoice::Off,
        },
        low_bandwidth: context.config.console.low_bandwidth,
        fps: context.config.console.fps,
        rings: context.config.alerts.terminal.clone(),
        contained: store::cache::containing,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Error, "runtime", format!("no runtime: {error}")))?;
    let ended = runtime.block_on(open(args, context, setup));
    // Reads of a terminal or a disk that hang must not hold up the way out.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    ended
}

async fn open(args: &Args, context: &Context, setup: terminal::Setup) -> Result<(), Failure> {
    let mut settings = desk_settings(args, context)?;
    let _demo = demo(&mut settings).await?;
    let _treasury = match settings.capture {
        Some(_) => None,
        None => {
            let simulated = settings.watch.iter().any(|place| place.venue == VenueId::Sim);
            treasury::open(&mut settings, context, simulated).await?
        }
    };
    let desk = Desk::start(settings).map_err(no_desk)?;
    let ended = terminal::run(desk.handle(Scope::local()), setup).await;
    let reason = match &ended {
        Ok(terminal::Ended::Quit) => "left".to_owned(),
        Ok(terminal::Ended::Told(cause)) => cause.to_string(),
        Err(error) => error.to_string(),
    };
    desk.stop(&reason).await;
    match ended {
        Ok(_) => Ok(()),
        Err(error @ console::run::ConsoleError::NoTheme(_)) => {
            Err(Failure::new(Exit::Usage, "theme", error.to_string()).hint("exchequer config show"))
        }
        Err(error) => Err(Failure::new(Exit::Error, "console", error.to_string())),
    }
}

/// Starts the simulated venue where it is watched and no other address is given. It lives as long as what is returned.
pub(super) async fn demo(settings: &mut desk::Settings) -> Result<Option<sim::Server>, Failure> {
    let wanted = settings.watch.iter().any(|place| place.venue == VenueId::Sim);
    if !wanted || settings.urls.contains_key(&VenueId::Sim) {
        return Ok(None);
    }
    let started = sim::Server::start(sim::Settings::default()).await;
    let server = started
        .map_err(|error| Failure::new(Exit::Error, "demo", format!("the simulated venue did not start: {error}")))?;
    settings.urls.insert(VenueId::Sim, server.url());
    Ok(Some(server))
}

fn desk_settings(args: &Args, context: &Context) -> Result<desk::Settings, Failure> {
    let config = &context.config;
    let venue = config.venue.or((!config.symbols.is_empty()).then_some(VenueId::Kraken));
    // Whose capture it is, is told by the capture or the flag, never by what is configured for live markets.
    let recorded_at = args.venue.as_ref().and(config.venue);
    let capture = args.replay.clone().map(|file| Capture { file, venue: recorded_at, speed: args.speed });
    let venue = venue.unwrap_or(VenueId::Sim);
    let usual: &[&str] = if venue == VenueId::Sim { &DEMO } else { &USUAL };
    let watch: Vec<Place> = if capture.is_some() {
        Vec::new()
    } else if config.symbols.is_empty() {
        let symbols = usual.iter().filter_map(|symbol| Symbol::new(symbol).ok());
        symbols.map(|symbol| Place { venue, symbol }).collect()
    } else {
        let wanted = config.symbols.iter().cloned();
        wanted.map(|Wanted { symbol, venue: at }| Place { venue: at.unwrap_or(venue), symbol }).collect()
    };
    desk_of(context, watch, capture)
}

/// What a desk that watches these places is started with.
pub(super) fn desk_of(
    context: &Context,
    watch: Vec<Place>,
    capture: Option<Capture>,
) -> Result<desk::Settings, Failure> {
    let config = &context.config;
    let simulated = watch.iter().any(|place| place.venue == VenueId::Sim);
    // What a simulated venue or a capture shows is not what the market last was: it is not remembered.
    let cache = (config.cache.enabled && watch.iter().any(|place| place.venue != VenueId::Sim))
        .then(|| CacheSettings { dir: context.paths.cache.clone(), limit: config.cache.limit });
    Ok(desk::Settings {
        watch,
        book_depth: config.feed.book_depth,
        stale_after: config.feed.stale_after,
        urls: config.urls.clone(),
        rest_urls: config.rest_urls.clone(),
        fees: config.fees.clone(),
        authorities: config.feed.ca_file.clone(),
        journal: Some(context.paths.journal.clone()),
        cache,
        saved: Some(context.paths.state.join("saved.json")),
        portfolio: capture.is_none().then(|| owning(context, simulated)).transpose()?,
        treasury: None,
        alerts: super::alert::settings(context)?,
        capture,
    })
}

fn settings(context: &Context, saved: &Saved, themes: &Themes, depth: ColourDepth) -> Result<state::Settings, Failure> {
    let console = &context.config.console;
    // Without colours, most themes do not show what is selected.
    let mono = depth == ColourDepth::Mono;
    let layout = saved.get(LAYOUT).and_then(|text| toml::from_str::<Layout>(text).ok());
    Ok(state::Settings {
        keymap: keymap(context)?,
        themes: themes.names().filter(|name| !mono || *name == MONO).map(str::to_owned).collect(),
        theme: if mono { MONO.to_owned() } else { theme(context, saved, themes) },
        separator: console.thousands,
        zone: match console.time {
            Zone::Local => jiff::tz::TimeZone::system(),
            Zone::Utc => jiff::tz::TimeZone::UTC,
        },
        mouse: console.mouse && !console.low_bandwidth,
        layout: layout.unwrap_or_default(),
        interval: Interval::Minute1,
    })
}

/// The theme that is configured; else the one that was chosen last, if there still is one of that name.
fn theme(context: &Context, saved: &Saved, themes: &Themes) -> String {
    let set = context.config.settings.iter().any(|s| s.key.name == THEME && s.origin != Origin::Default);
    let last = saved.get(THEME).filter(|name| !set && themes.get(name).is_some());
    last.unwrap_or(&context.config.console.theme).to_owned()
}

/// The folder beside the configuration file in which a person's own keymaps and themes lie.
fn own(context: &Context, kind: &str) -> PathBuf {
    context.paths.config.parent().unwrap_or(Path::new(".")).join(kind)
}

fn keymap(context: &Context) -> Result<Keymap, Failure> {
    let name = &context.config.console.keymap;
    let file = own(context, "keymaps").join(format!("{name}.toml"));
    match name.parse::<Preset>() {
        Ok(preset) => Keymap::preset(preset).map_err(wrong_file),
        Err(unknown) => {
            let text = std::fs::read_to_string(&file).map_err(|error| {
                let message = format!("{unknown}, and {} cannot be read: {error}", file.display());
                Failure::new(Exit::Usage, "keymap", message)
            })?;
            let mut keymap = Keymap::preset(Preset::Default).map_err(wrong_file)?;
            keymap.layer(&file.to_string_lossy(), &text).map_err(wrong_file)?;
            Ok(keymap)
        }
    }
}

fn themes(context: &Context) -> Result<Themes, Failure> {
    let mut themes = Themes::built_in().map_err(wrong_file)?;
    let mut files: Vec<PathBuf> = std::fs::read_dir(own(context, "themes"))
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    for file in files {
        let Some(name) = file.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let text = std::fs::read_to_string(&file).map_err(|error| {
            Failure::new(Exit::Usage, "theme", format!("{} cannot be read: {error}", file.display()))
        })?;
        themes.add(name, &file.to_string_lossy(), &text).map_err(wrong_file)?;
    }
    Ok(themes)
}

fn wrong_file(error: EntryError) -> Failure {
    Failure::new(Exit::Usage, "entry_invalid", error.to_string())
}

fn unusable(error: Unusable) -> Failure {
    Failure::new(Exit::Usage, "no_terminal", error.to_string())
}

pub(super) fn no_desk(error: DeskError) -> Failure {
    match error {
        DeskError::Feed(SettingsError::Authorities { .. }) => {
            Failure::new(Exit::Usage, "ca_file", error.to_string()).hint("mend feed.ca_file, see exchequer config show")
        }
        DeskError::Mixed => Failure::new(Exit::Usage, "mixed", error.to_string())
            .hint("name other venues than sim, or no venue at all for the demo"),
        error => Failure::new(Exit::Error, "desk", error.to_string()),
    }
}

/// `max`, or how many times the speed of the recording, to the hundredth.
fn speed(text: &str) -> Result<Speed, String> {
    if text == "max" {
        return Ok(Speed::Max);
    }
    let times = parse_decimal(text).ok().and_then(|times| times.checked_mul(Decimal::ONE_HUNDRED));
    let percent = times.filter(|percent| percent.fract().is_zero()).and_then(|percent| percent.to_u32());
    percent
        .filter(|percent| (1..=100_000).contains(percent))
        .map(Speed::Percent)
        .ok_or_else(|| "expected max, or a factor from 0.01 to 1000 such as 1, 4 or 0.5".to_owned())
}
