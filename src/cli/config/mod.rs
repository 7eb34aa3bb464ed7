//! The configuration: what the person chose, and where each choice came from.
//!
//! - A flag beats the environment, the environment beats the file, the file beats the default.
//! - Every key is one row of [`KEYS`]; the file, the environment, the flags, `config show` and `docs/configuration.md`
//!   all follow that table.
//! - What is wrong is refused with its place; nothing wrong is replaced by a default.

mod file;
mod flag;
mod keys;
mod layers;
mod page;
mod read;
pub mod show;
mod venues;

pub use flag::{Flag, Shape, Takes};
pub use keys::{COMMON, KEYS, Key};
pub use layers::{Flags, Origin, Setting};
pub use page::page;
pub use venues::OF_VENUES;

use crate::console::ring::Ring;
use crate::desk::portfolio::PriceBasis;
use crate::device::Place;
use crate::market::{Fee, Symbol, VenueId};
use crate::money::Asset;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of this run.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The venue to open; none means the demo desk.
    pub venue: Option<VenueId>,
    /// The symbols to watch.
    pub symbols: Vec<Wanted>,
    /// How the console looks and behaves.
    pub console: Console,
    /// How markets are received.
    pub feed: Feed,
    /// Addresses that replace the venues' own, by venue.
    pub urls: BTreeMap<VenueId, String>,
    /// Addresses that replace those that the venues are asked at, by venue.
    pub rest_urls: BTreeMap<VenueId, String>,
    /// What the venues take from those who take.
    pub fees: BTreeMap<VenueId, Fee>,
    /// How much is logged.
    pub log_level: Level,
    /// The cache of what can be fetched again.
    pub cache: Cache,
    /// Alerts, and how they are told.
    pub alerts: Alerts,
    /// Where hardware wallets are looked for, besides what is plugged in.
    pub devices: Vec<Place>,
    /// The transaction service of Safes that name none; `{chain}` in it stands for the chain's short name.
    pub safe_service: Option<String>,
    /// How portfolios are valued.
    pub portfolio: Portfolio,
    /// Every key with its value as text and its origin, in the order of [`KEYS`].
    pub settings: Vec<Setting>,
}

/// A symbol to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What.
    pub symbol: Symbol,
    /// Where, if not at the venue of this run.
    pub venue: Option<VenueId>,
}

/// How the console looks and behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Console {
    /// The name of a theme.
    pub theme: String,
    /// The name of a keymap.
    pub keymap: String,
    /// The most frames a second; none leaves it to the line: 30 locally, 10 over SSH, 2 with low bandwidth.
    pub fps: Option<u16>,
    /// Whether the mouse is used.
    pub mouse: bool,
    /// Whether a slow line is spared.
    pub low_bandwidth: bool,
    /// The zone that times are shown in.
    pub time: Zone,
    /// Whether frames are sent as synchronized updates.
    pub sync: Sync,
    /// What stands between thousands, if anything.
    pub thousands: Option<char>,
}

/// Alerts, and how they are told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// The rule file; none means `alerts.txt` beside the configuration file, where there is one.
    pub file: Option<PathBuf>,
    /// What the terminal is sent.
    pub terminal: Vec<Ring>,
    /// Whether the desktop is told.
    pub desktop: bool,
    /// What the webhook takes.
    pub webhook: Webhook,
    /// The file that holds the webhook's address.
    pub webhook_file: Option<PathBuf>,
    /// The chat that Telegram's bot writes to.
    pub telegram_chat: Option<String>,
}

/// How portfolios are valued.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Portfolio {
    /// The currency that everything is told in.
    pub base: Option<Asset>,
    /// A price that is older is stale.
    pub stale_after: Duration,
    /// A price that is older does not count.
    pub unknown_after: Duration,
    /// What performance is compared with.
    pub benchmark: Option<Asset>,
    /// Instruments whose price is taken from one thing only.
    pub prices: BTreeMap<(Symbol, Option<VenueId>), PriceBasis>,
}

/// What a webhook takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Webhook {
    /// There is none.
    #[default]
    Off,
    /// JSON of our own.
    Json,
    /// Slack's.
    Slack,
    /// Telegram's.
    Telegram,
}

/// The zone that times are shown in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Zone {
    /// The system's.
    #[default]
    Local,
    /// UTC.
    Utc,
}

/// Whether frames are sent as synchronized updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// When the terminal says that it knows them.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// How markets are received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Feed {
    /// Levels a side that a book is subscribed with.
    pub book_depth: usize,
    /// A book that said nothing for this long is stale.
    pub stale_after: Duration,
    /// Certificates, in PEM, that are trusted besides the built-in authorities.
    pub ca_file: Option<PathBuf>,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    Off,
    /// What failed.
    Error,
    /// And what looks wrong.
    Warn,
    /// And what happened.
    #[default]
    Info,
    /// And how.
    Debug,
    /// Everything.
    Trace,
}

/// The cache of what can be fetched again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cache {
    /// Whether there is one.
    pub enabled: bool,
    /// The size in bytes that it is kept under.
    pub limit: u64,
}
