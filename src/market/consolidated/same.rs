//! Which symbols name one instrument.
//!
//! Only the name of the base may differ: another quote, such as USDT for USD, has a price of its own, and a perpetual is
//! not what it is a perpetual of. Such symbols cannot be put into one set.

use crate::market::Symbol;

/// Symbols that are regarded as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Same {
    first: Symbol,
    others: Vec<Symbol>,
}

/// Two symbols that must never be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{first} and {other} are not the same: what stands behind the / differs")]
pub struct NotTheSame {
    first: Symbol,
    other: Symbol,
}

impl From<Symbol> for Same {
    /// This symbol alone.
    fn from(first: Symbol) -> Self {
        Self { first, others: Vec::new() }
    }
}

impl Same {
    /// Regards another symbol as the same, too.
    pub fn and(mut self, other: Symbol) -> Result<Self, NotTheSame> {
        let terms = |symbol: &Symbol| symbol.as_str().split_once('/').map(|(_, terms)| terms.to_owned());
        if terms(&self.first) != terms(&other) {
            return Err(NotTheSame { first: self.first, other });
        }
        self.others.push(other);
        Ok(self)
    }

    /// Whether `symbol` is one of them.
    pub fn has(&self, symbol: &Symbol) -> bool {
        self.first == *symbol || self.others.contains(symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_quotes_and_contracts_are_never_the_same() {
        let of = |text: &str| text.parse::<Symbol>().unwrap();
        let bitcoin = Same::from(of("BTC/USD")).and(of("XBT/USD")).unwrap();
        assert!(bitcoin.has(&of("XBT/USD")) && bitcoin.has(&of("BTC/USD")) && !bitcoin.has(&of("ETH/USD")));
        for other in ["BTC/USDT", "BTC/USDC", "BTC/USD:USD", "BTC/USD:BTC", "BTC/USD:USD-241227"] {
            assert!(bitcoin.clone().and(of(other)).is_err(), "{other}");
            assert!(!bitcoin.has(&of(other)));
        }
    }
}
