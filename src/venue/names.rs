//! What a venue calls its instruments, in both directions, as far as a connection has spoken of them.

use super::FrameError;
use crate::market::{Symbol, Timestamp};
use std::collections::HashMap;

/// Names remembered at most; the largest venues list a few thousand.
const MAX_NAMES: usize = 20_000;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

/// Names of one connection.
#[derive(Clone, Debug)]
pub struct Names {
    /// The rule that most of the venue's names follow.
    unify: fn(&str) -> Option<Symbol>,
    symbols: HashMap<Box<str>, Symbol>,
    native: HashMap<Symbol, Box<str>>,
}

impl Names {
    /// No names yet; those that nobody has told follow the rule `unify`.
    pub fn new(unify: fn(&str) -> Option<Symbol>) -> Self {
        Self { unify, symbols: HashMap::new(), native: HashMap::new() }
    }

    /// The unified symbol of what the venue calls `name`.
    pub fn symbol(&mut self, name: &str) -> Result<Symbol, FrameError> {
        if let Some(symbol) = self.symbols.get(name) {
            return Ok(symbol.clone());
        }
        let symbol =
            (self.unify)(name).ok_or_else(|| FrameError::field("symbol", name, &"not a name of an instrument"))?;
        self.learn(name, &symbol);
        Ok(symbol)
    }

    /// What the venue calls an instrument, where it was told or spoken of.
    pub fn native(&self, symbol: &Symbol) -> Option<&str> {
        self.native.get(symbol).map(AsRef::as_ref)
    }

    /// Takes a pair of names from the venue's own list, or from a subscription of ours.
    pub fn learn(&mut self, name: &str, symbol: &Symbol) {
        if self.symbols.len() < MAX_NAMES {
            self.symbols.insert(name.into(), symbol.clone());
            self.native.insert(symbol.clone(), name.into());
        }
    }
}

/// Base and quote of a name in which nothing separates them: the first of `quotes` that it ends with, so longer ones
/// stand first.
pub fn split<'a>(name: &'a str, quotes: &[&str]) -> Option<(&'a str, &'a str)> {
    let quote = quotes.iter().find(|quote| {
        let start = name.len().checked_sub(quote.len()).filter(|start| *start > 0);
        start.and_then(|start| name.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(quote))
    })?;
    name.split_at_checked(name.len() - quote.len())
}

/// A venue's `26SEP25` as `250926`.
pub fn date(text: &str) -> Option<String> {
    let letter = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (day, rest) = text.split_at_checked(letter)?;
    let (month, year) = rest.split_at_checked(3)?;
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))? + 1;
    let day: u8 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let year: u8 = year.parse().ok().filter(|year| *year < 100)?;
    Some(format!("{year:02}{month:02}{day:02}"))
}

/// `250926` as a venue's `26SEP25`; the day has no leading zero.
pub fn venue_date(date: &str) -> Option<String> {
    let (year, rest) = date.split_at_checked(2)?;
    let (month, day) = rest.split_at_checked(2)?;
    let month = MONTHS.get(month.parse::<usize>().ok()?.checked_sub(1)?)?;
    Some(format!("{}{month}{year}", day.parse::<u8>().ok()?))
}

/// The day of a moment in milliseconds since the epoch, as `250926`.
pub fn day(millis: u64) -> Option<String> {
    let text = Timestamp::from_millis(i64::try_from(millis).ok()?).to_string();
    let (date, _) = text.split_once('T')?;
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{}{month}{day}", year.get(2..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_without_a_separator_are_split_at_a_known_quote() {
        let quotes = ["USDT", "USD", "BTC"];
        assert_eq!(split("BNBBTC", &quotes), Some(("BNB", "BTC")));
        assert_eq!(split("ethusdt", &quotes), Some(("eth", "usdt")));
        assert_eq!(split("BTC", &quotes), None, "a quote alone is no pair");
        assert_eq!(split("ΩBTC", &quotes), Some(("Ω", "BTC")));
        assert_eq!(split("ABCXYZ", &quotes), None);
    }

    #[test]
    fn dates_go_both_ways() {
        for (venue, ours) in [("26SEP25", "250926"), ("5JAN24", "240105"), ("24JUN22", "220624")] {
            assert_eq!((date(venue).as_deref(), venue_date(ours).as_deref()), (Some(ours), Some(venue)));
        }
        for wrong in ["", "SEP25", "40SEP25", "26SEX25", "26SEP", "26SEP2025"] {
            assert_eq!(date(wrong), None, "{wrong}");
        }
        assert_eq!(day(1_727_424_000_000).as_deref(), Some("240927"));
    }

    #[test]
    fn what_was_told_goes_before_the_rule() {
        let mut names = Names::new(|name| Symbol::new(&name.replace('-', "/")).ok());
        let odd = Symbol::new("BTC/USD").unwrap();
        names.learn("XX-YY", &odd);
        assert_eq!(names.symbol("XX-YY"), Ok(odd.clone()));
        assert_eq!(names.symbol("ETH-USD").unwrap().as_str(), "ETH/USD");
        assert_eq!(names.native(&odd), Some("XX-YY"));
        assert!(names.symbol("\u{1b}[2J").is_err());
    }
}
