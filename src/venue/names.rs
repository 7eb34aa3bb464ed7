//! What a venue calls its instruments, in both directions, as far as a connection has spoken of them.

use super::FrameError;
use crate::market::Symbol;
use std::collections::HashMap;

/// Names remembered at most; the largest venues list a few thousand.
const MAX_NAMES: usize = 20_000;

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
