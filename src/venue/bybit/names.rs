//! What Bybit calls its instruments: `BTCUSDT` on spot and as a linear perpetual, `BTCPERP` when it settles in USDC,
//! `BTC-27DEC24` and `BTCUSDT-27DEC24` for linear futures, `BTCUSD` and `BTCUSDZ24` for inverse contracts.

use crate::market::{Contract, Symbol};
use crate::venue::names::split;

/// What is traded against on spot. Longer names stand before those that they end with.
const QUOTES: [&str; 18] = [
    "USDT", "USDC", "USDE", "USDQ", "USDR", "USD1", "EURQ", "BRZ", "BRL", "EUR", "PLN", "TRY", "DAI", "MNT", "BTC",
    "ETH", "SOL", "BIT",
];

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// The letters of the months in which inverse futures end.
const QUARTERS: [(char, u32); 4] = [('H', 3), ('M', 6), ('U', 9), ('Z', 12)];

/// What is traded at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Category {
    Spot,
    Linear,
    Inverse,
}

impl Category {
    /// What is traded where a stream is.
    pub fn at(stream: &str) -> Self {
        let path = stream.split(['?', '#']).next().unwrap_or_default();
        match path.rsplit('/').next() {
            Some("linear" | "realtime_public") => Self::Linear,
            // The old protocol began with inverse contracts.
            Some("inverse" | "realtime") => Self::Inverse,
            _ => Self::Spot,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spot => "spot",
            Self::Linear => "linear",
            Self::Inverse => "inverse",
        }
    }

    /// The rule by which the names are unified.
    pub fn rule(self) -> fn(&str) -> Option<Symbol> {
        match self {
            Self::Spot => spot,
            Self::Linear => linear,
            Self::Inverse => inverse,
        }
    }
}

fn spot(name: &str) -> Option<Symbol> {
    let (base, quote) = split(name, &QUOTES)?;
    Symbol::new(&format!("{base}/{quote}")).ok()
}

fn linear(name: &str) -> Option<Symbol> {
    let (pair, expiry) = match name.split_once('-') {
        Some((pair, date)) => (pair, format!("-{}", numeric(date)?)),
        None => (name, String::new()),
    };
    let (base, settle) = match split(pair, &["USDT", "USDC", "PERP"]) {
        Some((base, "PERP")) => (base, "USDC"),
        Some(pair) => pair,
        None if expiry.is_empty() => return None,
        None => (pair, "USDC"),
    };
    Symbol::new(&format!("{base}/{settle}:{settle}{expiry}")).ok()
}

fn inverse(name: &str) -> Option<Symbol> {
    if let Some(base) = name.strip_suffix("USD") {
        return Symbol::new(&format!("{base}/USD:{base}")).ok();
    }
    let (pair, code) = name.split_at_checked(name.len().checked_sub(3)?)?;
    let base = pair.strip_suffix("USD")?;
    let (letter, year) = code.split_at_checked(1)?;
    let month = QUARTERS.iter().find(|(known, _)| letter.starts_with(*known))?.1;
    let day = last_friday(year.parse().ok()?, month);
    Symbol::new(&format!("{base}/USD:{base}-{year}{month:02}{day:02}")).ok()
}

/// `27DEC24` as `241227`.
fn numeric(date: &str) -> Option<String> {
    let (rest, year) = date.split_at_checked(date.len().checked_sub(2)?)?;
    let (day, month) = rest.split_at_checked(rest.len().checked_sub(3)?)?;
    let month = MONTHS.iter().position(|known| *known == month)? + 1;
    let (day, year): (u32, u32) = (day.parse().ok()?, year.parse().ok()?);
    Some(format!("{year:02}{month:02}{day:02}"))
}

/// The day on which the last Friday of a quarter's last month falls, in the year 2000 + `year`.
fn last_friday(year: u32, month: u32) -> u32 {
    let length = if matches!(month, 6 | 9) { 30 } else { 31 };
    // Days since the first of March 2000, which was a Wednesday.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year.saturating_sub(1), month + 9) };
    let days = years * 365 + years / 4 + (months * 153 + 2) / 5 + length - 1;
    // A Friday is two days after a Wednesday.
    length - (days + 5) % 7
}

/// What Bybit calls an instrument of which it has not spoken yet.
pub(super) fn native(symbol: &Symbol) -> String {
    let (base, quote) = (symbol.base(), symbol.quote());
    let mut parts = symbol.as_str().split(':').nth(1).unwrap_or_default().split('-');
    let (settle, expiry) = (parts.next().unwrap_or_default(), parts.next());
    let date = expiry.and_then(|expiry| {
        let (year, rest) = expiry.split_at_checked(2)?;
        let (month, day) = rest.split_at_checked(2)?;
        Some((year, month.parse::<usize>().ok()?, day.parse::<u32>().ok()?))
    });
    match (symbol.contract(), date) {
        (Contract::Linear, _) if settle == "USDC" => format!("{base}PERP"),
        (Contract::Future, Some((year, month, _))) if settle == base => {
            let letter = QUARTERS.iter().find(|(_, quarter)| *quarter as usize == month).map(|(letter, _)| *letter);
            format!("{base}{quote}{}{year}", letter.map(String::from).unwrap_or_default())
        }
        (Contract::Future, Some((year, month, day))) => {
            let month = month.checked_sub(1).and_then(|at| MONTHS.get(at)).copied().unwrap_or_default();
            let pair = if settle == "USDC" { base.to_owned() } else { format!("{base}{quote}") };
            format!("{pair}-{day}{month}{year}")
        }
        _ => format!("{base}{quote}"),
    }
}
