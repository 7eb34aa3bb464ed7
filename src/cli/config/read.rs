//! From the text of a setting to its value; an error says what was expected, as the end of "expected …".

use super::{Level, Wanted, Webhook};
use crate::console::ring::Ring;
use crate::desk::portfolio::PriceBasis;
use crate::device::Place;
use crate::market::{Fee, Symbol, VenueId};
use crate::money::Asset;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

/// One of several words, each with its value.
pub fn choice<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    let found = choices.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
        format!("one of {}", words.join(", "))
    })
}

/// A venue.
pub fn venue(text: &str) -> Result<VenueId, String> {
    let venues = VenueId::ALL.map(|venue| (venue.as_str(), venue));
    choice(text, &venues)
}

/// How much is logged.
pub fn level(text: &str) -> Result<Level, String> {
    let choices = [
        ("off", Level::Off),
        ("error", Level::Error),
        ("warn", Level::Warn),
        ("info", Level::Info),
        ("debug", Level::Debug),
        ("trace", Level::Trace),
    ];
    choice(text, &choices)
}

/// What a webhook takes.
pub fn webhook(text: &str) -> Result<Webhook, String> {
    let choices =
        [("off", Webhook::Off), ("json", Webhook::Json), ("slack", Webhook::Slack), ("telegram", Webhook::Telegram)];
    choice(text, &choices)
}

/// One word, such as a theme's name.
pub fn word(text: &str) -> Result<String, String> {
    let sound = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if sound { Ok(text.to_owned()) } else { Err("a name of letters, digits, -, _ and .".to_owned()) }
}

/// A chat of Telegram.
pub fn chat(text: &str) -> Result<String, String> {
    let name = text.strip_prefix('@').is_some_and(|name| word(name).is_ok());
    if name || text.parse::<i64>().is_ok() {
        return Ok(text.to_owned());
    }
    Err("the number of a chat such as -1001234, or a channel such as @desk".to_owned())
}

/// What a terminal is sent; nothing when there is no word.
pub fn rings(text: &str) -> Result<Vec<Ring>, String> {
    let choices = [("bell", Ring::Bell), ("osc9", Ring::Osc9), ("osc777", Ring::Osc777)];
    words(text).map(|word| choice(word, &choices)).collect()
}

/// Words between spaces or commas.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',']).filter(|word| !word.is_empty())
}

/// Unified symbols, some with a venue behind them.
pub fn symbols(text: &str) -> Result<Vec<Wanted>, String> {
    let wanted = |word: &str| {
        let (symbol, at) = word.split_once('@').map_or((word, None), |(symbol, at)| (symbol, Some(at)));
        let symbol = Symbol::new(symbol).map_err(|_| "symbols, such as BTC/USD or BTC/USD@kraken".to_owned())?;
        Ok(Wanted { symbol, venue: at.map(venue).transpose()? })
    };
    words(text).map(wanted).collect()
}

/// Ways to hardware wallets. Simulated ones belong to the demo, which has them anyway.
pub fn devices(text: &str) -> Result<Vec<Place>, String> {
    let way = |word: &str| match word.parse() {
        Ok(Place::Simulated(_)) => Err("devices, and no simulated ones".to_owned()),
        read => read.map_err(|_| "ways to devices, such as ledger:hid or trezor:udp:127.0.0.1:21324".to_owned()),
    };
    words(text).map(way).collect()
}

/// The address of a transaction service. That it holds no name and password is seen to when it is asked.
pub fn service(text: &str) -> Result<String, String> {
    let plain = text.chars().all(|c| c.is_ascii_graphic()) && !text.contains('@');
    match plain && (text.starts_with("https://") || text.starts_with("http://")) {
        true => Ok(text.to_owned()),
        false => Err("an address such as https://api.safe.global/tx-service/{chain}".to_owned()),
    }
}

/// Symbols, each with what its price is taken from.
pub fn bases(text: &str) -> Result<BTreeMap<(Symbol, Option<VenueId>), PriceBasis>, String> {
    let basis = |word: &str| {
        let (place, basis) = word.split_once('=').ok_or("symbols and what counts, such as ETH/USD@kraken=last")?;
        let Wanted { symbol, venue } = symbols(place)?.pop().ok_or("a symbol before =")?;
        let basis = choice(basis, &PriceBasis::ALL.map(|basis| (basis.as_str(), basis)))?;
        Ok(((symbol, venue), basis))
    };
    words(text).map(basis).collect()
}

/// What performance is compared with: an asset, or an instrument whose base asset it is.
pub fn benchmark(text: &str) -> Result<Asset, String> {
    asset(text.split_once('/').map_or(text, |(base, _)| base))
}

/// An asset.
pub fn asset(text: &str) -> Result<Asset, String> {
    Asset::new(text).map_err(|_| "an asset such as USD, EUR or BTC".to_owned())
}

/// A whole number in a range.
pub fn number(text: &str, range: RangeInclusive<u16>) -> Result<u16, String> {
    let read = text.parse().ok().filter(|number| range.contains(number));
    read.ok_or_else(|| format!("a whole number from {} to {}", range.start(), range.end()))
}

/// `true` or `false`.
pub fn switch(text: &str) -> Result<bool, String> {
    choice(text, &[("true", true), ("false", false)])
}

/// A duration from 100 milliseconds to an hour: a whole number and `ms`, `s`, `m` or `h`.
pub fn span(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    measured(text, &units, 100..=3_600_000)
        .map(Duration::from_millis)
        .ok_or_else(|| "a duration from 100ms to 1h, such as 500ms, 5s or 2m".to_owned())
}

/// A size in bytes from one MiB to one TiB: a whole number and `MiB`, `GiB` or `TiB`.
pub fn size(text: &str) -> Result<u64, String> {
    let units = [("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40)];
    measured(text, &units, 1 << 20..=1 << 40)
        .ok_or_else(|| "a size from 1MiB to 1TiB, such as 512MiB or 2GiB".to_owned())
}

/// An absolute path.
pub fn file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("an absolute path".to_owned()) }
}

/// The address of a WebSocket.
pub fn url(text: &str) -> Result<String, String> {
    address(text, ["ws://", "wss://"])
}

/// The address of a server that is asked by HTTP.
pub fn rest(text: &str) -> Result<String, String> {
    address(text, ["http://", "https://"])
}

fn address(text: &str, schemes: [&str; 2]) -> Result<String, String> {
    let host = schemes.iter().find_map(|scheme| text.strip_prefix(scheme));
    let sound = host.is_some_and(|host| !host.is_empty() && text.chars().all(|c| c.is_ascii_graphic()));
    if sound { Ok(text.to_owned()) } else { Err(format!("an address that starts with {}", schemes.join(" or "))) }
}

/// A fee in percent.
pub fn fee(text: &str) -> Result<Fee, String> {
    text.parse().map_err(|_| "percent from -10 to 10 with at most four decimals, such as 0.26".to_owned())
}

fn measured(text: &str, units: &[(&str, u64)], range: RangeInclusive<u64>) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(digits)?;
    let (_, factor) = units.iter().find(|(name, _)| *name == unit)?;
    count.parse::<u64>().ok()?.checked_mul(*factor).filter(|value| range.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_limits() {
        assert_eq!(span("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(span("2m"), Ok(Duration::from_secs(120)));
        for wrong in ["", "5", "s", "-5s", "5.5s", "5 s", "99ms", "2h", "99999999999999999999s", "５s"] {
            assert!(span(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn sizes_have_a_unit_and_limits() {
        assert_eq!(size("512MiB"), Ok(512 << 20));
        assert_eq!(size("1TiB"), Ok(1 << 40));
        for wrong in ["512", "512MB", "0MiB", "2TiB", "18446744073709551615GiB"] {
            assert!(size(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_has_a_scheme_and_no_spaces() {
        assert!(url("wss://ws.kraken.com/v2").is_ok());
        for wrong in ["ws://", "http://a", "ws://a b", "ws://a\n"] {
            assert!(url(wrong).is_err(), "{wrong:?}");
        }
        assert!(rest("https://api.kraken.com").is_ok());
        assert_eq!(rest("ws://a"), Err("an address that starts with http:// or https://".to_owned()));
    }

    #[test]
    fn a_choice_names_all_others() {
        assert_eq!(venue("x"), Err(format!("one of {}", VenueId::ALL.map(VenueId::as_str).join(", "))));
        assert!(symbols("BTC/USD BTC").is_err() && word("../theme").is_err() && word("").is_err());
        assert_eq!(number("61", 1..=60), Err("a whole number from 1 to 60".to_owned()));
        let read = symbols("BTC/USD, ETH/USDT@binance").unwrap();
        assert_eq!(read.iter().map(|wanted| wanted.venue).collect::<Vec<_>>(), [None, Some(VenueId::Binance)]);
        assert_eq!(symbols("BTC/USD@x"), Err(venue("x").unwrap_err()));
        assert_eq!(devices("ledger:hid, agent:/tmp/a").map(|ways| ways.len()), Ok(2));
        assert!(devices("usb").is_err() && devices("simulated:ledger").is_err());
    }
}
