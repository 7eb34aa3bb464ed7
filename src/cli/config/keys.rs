//! The table of every setting.

use super::read::{
    asset, bases, benchmark, chat, choice, devices, file, level, number, rings, service, size, span, switch, symbols,
    venue, webhook, word,
};
use super::venues::VENUES;
use super::{Config, Flag, Shape, Sync, Takes, Zone};

/// One setting: its names, its meaning, and how its text becomes a value.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its path in the file: `console.theme`.
    pub name: &'static str,
    /// Its environment variable.
    pub variable: &'static str,
    /// Its flag, where a command takes one.
    pub flag: Option<Flag>,
    /// Its type in the file.
    pub shape: Shape,
    /// The values it takes, in words.
    pub values: &'static str,
    /// Its value when nobody sets it; none leaves it unset.
    pub default: Option<&'static str>,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// Reads the text into the configuration, or says what was expected.
    pub set: fn(&mut Config, &str) -> Result<(), String>,
}

const fn flag(id: &'static str, shown: &'static str, takes: Takes) -> Option<Flag> {
    Some(Flag { id, shown, takes })
}

/// Every setting.
pub static KEYS: [Key; COMMON.len() + VENUES.len()] = {
    let [first, ..] = COMMON;
    let mut all = [first; COMMON.len() + VENUES.len()];
    let (common, venues) = all.split_at_mut(COMMON.len());
    common.copy_from_slice(&COMMON);
    venues.copy_from_slice(&VENUES);
    all
};

/// The settings that are not of a venue, in the order of the documentation.
pub const COMMON: [Key; 29] = [
    Key {
        name: "venue",
        variable: "EXCHEQUER_VENUE",
        flag: flag("venue", "--venue", Takes::Values),
        shape: Shape::Text,
        values: "the name of a venue; `exchequer venues` lists them",
        default: None,
        about: "The venue to open. Unset, the console opens the demo desk on the simulated venue.",
        set: |config, text| venue(text).map(|value| config.venue = Some(value)),
    },
    Key {
        name: "symbols",
        variable: "EXCHEQUER_SYMBOLS",
        flag: flag("symbols", "SYMBOL…", Takes::Values),
        shape: Shape::List,
        values: "unified symbols, such as `BTC/USD`, or `BTC/USD@kraken` for another venue than `venue`",
        default: None,
        about: "The symbols to watch.",
        set: |config, text| symbols(text).map(|value| config.symbols = value),
    },
    Key {
        name: "console.theme",
        variable: "EXCHEQUER_THEME",
        flag: flag("theme", "--theme", Takes::Values),
        shape: Shape::Text,
        values: "the name of a theme",
        default: Some("dark"),
        about: "The colours.",
        set: |config, text| word(text).map(|value| config.console.theme = value),
    },
    Key {
        name: "console.keymap",
        variable: "EXCHEQUER_KEYMAP",
        flag: flag("keymap", "--keymap", Takes::Values),
        shape: Shape::Text,
        values: "the name of a keymap",
        default: Some("default"),
        about: "The keys.",
        set: |config, text| word(text).map(|value| config.console.keymap = value),
    },
    Key {
        name: "console.fps",
        variable: "EXCHEQUER_FPS",
        flag: flag("fps", "--fps", Takes::Values),
        shape: Shape::Number,
        values: "1 to 60",
        default: None,
        about: "The most frames a second. Unset, 30 locally, 10 over SSH, 2 with low bandwidth.",
        set: |config, text| number(text, 1..=60).map(|value| config.console.fps = Some(value)),
    },
    Key {
        name: "console.mouse",
        variable: "EXCHEQUER_MOUSE",
        flag: flag("no_mouse", "--no-mouse", Takes::Nothing("false")),
        shape: Shape::Switch,
        values: "`true` or `false`",
        default: Some("true"),
        about: "Whether the mouse is used. It is never needed.",
        set: |config, text| switch(text).map(|value| config.console.mouse = value),
    },
    Key {
        name: "console.low_bandwidth",
        variable: "EXCHEQUER_LOW_BANDWIDTH",
        flag: flag("low_bandwidth", "--low-bandwidth", Takes::Nothing("true")),
        shape: Shape::Switch,
        values: "`true` or `false`",
        default: Some("false"),
        about: "Spares a slow line: few frames, no animation, no mouse.",
        set: |config, text| switch(text).map(|value| config.console.low_bandwidth = value),
    },
    Key {
        name: "console.time",
        variable: "EXCHEQUER_TIME",
        flag: None,
        shape: Shape::Text,
        values: "`local` or `utc`",
        default: Some("local"),
        about: "The zone that times are shown in.",
        set: |config, text| {
            choice(text, &[("local", Zone::Local), ("utc", Zone::Utc)]).map(|value| config.console.time = value)
        },
    },
    Key {
        name: "console.sync",
        variable: "EXCHEQUER_SYNC",
        flag: None,
        shape: Shape::Text,
        values: "`auto`, `on` or `off`",
        default: Some("auto"),
        about: "Whether frames are sent as synchronized updates. `auto` asks the terminal.",
        set: |config, text| {
            let choices = [("auto", Sync::Auto), ("on", Sync::On), ("off", Sync::Off)];
            choice(text, &choices).map(|value| config.console.sync = value)
        },
    },
    Key {
        name: "console.thousands",
        variable: "EXCHEQUER_THOUSANDS",
        flag: None,
        shape: Shape::Text,
        values: "`comma`, `space`, `apostrophe`, `underscore` or `none`",
        default: Some("comma"),
        about: "What stands between thousands. The decimal sign is always a point.",
        set: |config, text| {
            let choices = [
                ("comma", Some(',')),
                ("space", Some(' ')),
                ("apostrophe", Some('\'')),
                ("underscore", Some('_')),
                ("none", None),
            ];
            choice(text, &choices).map(|value| config.console.thousands = value)
        },
    },
    Key {
        name: "feed.book_depth",
        variable: "EXCHEQUER_BOOK_DEPTH",
        flag: None,
        shape: Shape::Number,
        values: "10, 25, 100, 500 or 1000",
        default: Some("25"),
        about: "Levels a side that books are subscribed with.",
        set: |config, text| {
            let choices = [("10", 10), ("25", 25), ("100", 100), ("500", 500), ("1000", 1000)];
            choice(text, &choices).map(|value| config.feed.book_depth = value)
        },
    },
    Key {
        name: "feed.stale_after",
        variable: "EXCHEQUER_STALE_AFTER",
        flag: None,
        shape: Shape::Text,
        values: "a duration from `100ms` to `1h`, such as `500ms`, `5s` or `2m`",
        default: Some("5s"),
        about: "A book that said nothing for this long is shown as stale.",
        set: |config, text| span(text).map(|value| config.feed.stale_after = value),
    },
    Key {
        name: "feed.ca_file",
        variable: "EXCHEQUER_CA_FILE",
        flag: None,
        shape: Shape::Text,
        values: "an absolute path",
        default: None,
        about: "Certificates, in PEM, that are trusted besides the built-in authorities.",
        set: |config, text| file(text).map(|value| config.feed.ca_file = Some(value)),
    },
    Key {
        name: "alerts.file",
        variable: "EXCHEQUER_ALERTS_FILE",
        flag: None,
        shape: Shape::Text,
        values: "an absolute path",
        default: None,
        about: "A file of alerts, one rule a line. Unset, `alerts.txt` beside the configuration file, if there is one.",
        set: |config, text| file(text).map(|value| config.alerts.file = Some(value)),
    },
    Key {
        name: "alerts.terminal",
        variable: "EXCHEQUER_ALERTS_TERMINAL",
        flag: None,
        shape: Shape::List,
        values: "any of `bell`, `osc9` and `osc777`",
        default: Some("bell"),
        about: "What the terminal is sent when an alert fires. OSC 9 and OSC 777 are notifications of terminals.",
        set: |config, text| rings(text).map(|value| config.alerts.terminal = value),
    },
    Key {
        name: "alerts.desktop",
        variable: "EXCHEQUER_ALERTS_DESKTOP",
        flag: None,
        shape: Shape::Switch,
        values: "`true` or `false`",
        default: Some("false"),
        about: "Whether alerts are notifications of the desktop, by `notify-send` or `osascript`.",
        set: |config, text| switch(text).map(|value| config.alerts.desktop = value),
    },
    Key {
        name: "alerts.webhook",
        variable: "EXCHEQUER_ALERTS_WEBHOOK",
        flag: None,
        shape: Shape::Text,
        values: "`off`, `json`, `slack` or `telegram`",
        default: Some("off"),
        about: "What the webhook that alerts are posted to takes. Its address is a secret, see Files.",
        set: |config, text| webhook(text).map(|value| config.alerts.webhook = value),
    },
    Key {
        name: "alerts.webhook_file",
        variable: "EXCHEQUER_ALERTS_WEBHOOK_FILE",
        flag: None,
        shape: Shape::Text,
        values: "an absolute path",
        default: None,
        about: "The file that holds the webhook's address. Only its owner may be able to read it (`chmod 600`).",
        set: |config, text| file(text).map(|value| config.alerts.webhook_file = Some(value)),
    },
    Key {
        name: "alerts.telegram_chat",
        variable: "EXCHEQUER_ALERTS_TELEGRAM_CHAT",
        flag: None,
        shape: Shape::Text,
        values: "the number of a chat, or `@` and the name of a channel",
        default: None,
        about: "The chat that Telegram's bot writes to.",
        set: |config, text| chat(text).map(|value| config.alerts.telegram_chat = Some(value)),
    },
    Key {
        name: "treasury.devices",
        variable: "EXCHEQUER_DEVICES",
        flag: None,
        shape: Shape::List,
        values: "ways to hardware wallets, such as `ledger:tcp:127.0.0.1:9999` or `agent:/tmp/exchequer.sock`",
        default: None,
        about: "Where the console looks for hardware wallets besides what is plugged in.",
        set: |config, text| devices(text).map(|value| config.devices = value),
    },
    Key {
        name: "treasury.safe_service",
        variable: "EXCHEQUER_SAFE_SERVICE",
        flag: None,
        shape: Shape::Text,
        values: "an address, such as `https://api.safe.global/tx-service/{chain}`; `{chain}` stands for `eth`, `base`, …",
        default: None,
        about: "The Safe Transaction Service of Safes that name none, and the only one that is sent the key. Unset, none is asked.",
        set: |config, text| service(text).map(|value| config.safe_service = Some(value)),
    },
    Key {
        name: "portfolio.base",
        variable: "EXCHEQUER_BASE",
        flag: flag("base", "--base", Takes::Values),
        shape: Shape::Text,
        values: "an asset such as `USD`, `EUR` or `BTC`",
        default: Some("USD"),
        about: "The currency that portfolios are valued in.",
        set: |config, text| asset(text).map(|value| config.portfolio.base = Some(value)),
    },
    Key {
        name: "portfolio.stale_after",
        variable: "EXCHEQUER_PRICE_STALE_AFTER",
        flag: None,
        shape: Shape::Text,
        values: "a duration from `100ms` to `1h`, such as `30s`",
        default: Some("30s"),
        about: "A price that is older is shown as old; it still counts.",
        set: |config, text| span(text).map(|value| config.portfolio.stale_after = value),
    },
    Key {
        name: "portfolio.unknown_after",
        variable: "EXCHEQUER_PRICE_UNKNOWN_AFTER",
        flag: None,
        shape: Shape::Text,
        values: "a duration from `100ms` to `1h`, such as `5m`",
        default: Some("5m"),
        about: "A price that is older does not count: what it prices is unknown, and NAV is not complete.",
        set: |config, text| span(text).map(|value| config.portfolio.unknown_after = value),
    },
    Key {
        name: "portfolio.prices",
        variable: "EXCHEQUER_PRICES",
        flag: None,
        shape: Shape::List,
        values: "symbols and `mid`, `last` or `mark`, such as `ETH/USD@kraken=last`",
        default: None,
        about: "What the price of an instrument is taken from. Unset, the middle of its book, or its last trade while that is fresher.",
        set: |config, text| bases(text).map(|value| config.portfolio.prices = value),
    },
    Key {
        name: "portfolio.benchmark",
        variable: "EXCHEQUER_BENCHMARK",
        flag: flag("benchmark", "--benchmark", Takes::Values),
        shape: Shape::Text,
        values: "an asset such as `BTC`, or `BTC/USD`",
        default: Some("BTC"),
        about: "What the performance of portfolios is compared with.",
        set: |config, text| benchmark(text).map(|value| config.portfolio.benchmark = Some(value)),
    },
    Key {
        name: "log.level",
        variable: "EXCHEQUER_LOG",
        flag: flag("verbose", "-v", Takes::Count("debug", "trace")),
        shape: Shape::Text,
        values: "`off`, `error`, `warn`, `info`, `debug` or `trace`",
        default: Some("info"),
        about: "How much is logged. `-v` means `debug`, `-vv` means `trace`.",
        set: |config, text| level(text).map(|value| config.log_level = value),
    },
    Key {
        name: "cache.enabled",
        variable: "EXCHEQUER_CACHE",
        flag: None,
        shape: Shape::Switch,
        values: "`true` or `false`",
        default: Some("true"),
        about: "Whether the last known data is kept on disk.",
        set: |config, text| switch(text).map(|value| config.cache.enabled = value),
    },
    Key {
        name: "cache.limit",
        variable: "EXCHEQUER_CACHE_LIMIT",
        flag: None,
        shape: Shape::Text,
        values: "a size from `1MiB` to `1TiB`, such as `512MiB` or `2GiB`",
        default: Some("512MiB"),
        about: "The size that the cache is kept under.",
        set: |config, text| size(text).map(|value| config.cache.limit = value),
    },
];
