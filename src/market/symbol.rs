//! Names of instruments, in the unified form that the ecosystem knows from ccxt.
//!
//! `BASE/QUOTE` is a spot pair; `BASE/QUOTE:SETTLE` a perpetual settled in `SETTLE`; `BASE/QUOTE:SETTLE-YYMMDD` a future;
//! `BASE/QUOTE:SETTLE-YYMMDD-STRIKE-C` (or `-P`) an option.

use crate::money::{Asset, AssetError};
use std::fmt;
use std::sync::Arc;

/// A unified symbol, such as `BTC/USD` or `BTC/USDT:USDT`. Cheap to clone, safe to print.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol(Arc<str>);

/// What kind of contract a symbol names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contract {
    /// The assets themselves.
    Spot,
    /// A perpetual that settles in its quote asset.
    Linear,
    /// A perpetual that settles in its base asset.
    Inverse,
    /// A future with an expiry date.
    Future,
    /// An option.
    Option,
}

/// Why a text is not a unified symbol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SymbolError {
    /// There is no `/` between base and quote.
    #[error("{0:?} is not a symbol: write BASE/QUOTE, such as BTC/USD")]
    NoQuote(String),
    /// One of the assets is not an asset code.
    #[error("in the symbol {symbol:?}: {error}")]
    Asset {
        /// The symbol as given.
        symbol: String,
        /// What is wrong with the asset.
        error: AssetError,
    },
}

impl Symbol {
    /// Checks a symbol and keeps it in upper case as the ecosystem writes it.
    pub fn new(text: &str) -> Result<Self, SymbolError> {
        let shown = || crate::market::printable(text).chars().take(60).collect::<String>();
        let (base, rest) = text.split_once('/').ok_or_else(|| SymbolError::NoQuote(shown()))?;
        let (quote, settle) = rest.split_once(':').map_or((rest, None), |(q, s)| (q, Some(s)));
        for part in [Some(base), Some(quote), settle].into_iter().flatten() {
            Asset::new(part).map_err(|error| SymbolError::Asset { symbol: shown(), error })?;
        }
        Ok(Self(text.to_ascii_uppercase().into()))
    }

    /// The whole symbol.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The asset that is bought and sold.
    pub fn base(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// The asset that prices are in.
    pub fn quote(&self) -> &str {
        self.0.split(['/', ':']).nth(1).unwrap_or_default()
    }

    /// What the symbol names.
    pub fn contract(&self) -> Contract {
        let Some((_, settle)) = self.0.split_once(':') else { return Contract::Spot };
        match settle.split('-').count() {
            1 if settle == self.base() => Contract::Inverse,
            1 => Contract::Linear,
            2 => Contract::Future,
            _ => Contract::Option,
        }
    }
}

impl std::str::FromStr for Symbol {
    type Err = SymbolError;

    fn from_str(text: &str) -> Result<Self, SymbolError> {
        Self::new(text)
    }
}

impl fmt::Display for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for Symbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for Symbol {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for Symbol {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<str> as serde::Deserialize>::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_symbol() {
        let of = |text: &str| Symbol::new(text).unwrap();
        assert_eq!(of("btc/usd").as_str(), "BTC/USD");
        assert_eq!((of("BTC/USDT:USDT").base(), of("BTC/USDT:USDT").quote()), ("BTC", "USDT"));
        assert_eq!(of("BTC/USD").contract(), Contract::Spot);
        assert_eq!(of("BTC/USDT:USDT").contract(), Contract::Linear);
        assert_eq!(of("BTC/USD:BTC").contract(), Contract::Inverse);
        assert_eq!(of("BTC/USD:BTC-241227").contract(), Contract::Future);
        assert_eq!(of("BTC/USD:BTC-241227-50000-C").contract(), Contract::Option);
    }

    #[test]
    fn what_is_not_a_symbol_is_refused_by_name() {
        assert_eq!(Symbol::new("BTCUSD"), Err(SymbolError::NoQuote("BTCUSD".into())));
        assert!(matches!(Symbol::new("BTC/"), Err(SymbolError::Asset { error: AssetError::Empty, .. })));
        assert!(matches!(Symbol::new("BTC/US\x1bD"), Err(SymbolError::Asset { .. })));
        assert!(matches!(Symbol::new("A/B/C"), Err(SymbolError::Asset { .. })));
    }
}
