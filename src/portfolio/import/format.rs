//! Whose export a file is: by name, or by what it begins with.

use super::{binance, binance_trades, bybit, coinbase, generic, kraken, kraken_trades, ledger};
use crate::market::printable;

/// How much of a file is looked at.
pub const HEAD: usize = 64 << 10;

/// How many rows may stand before a header.
const PREAMBLE: usize = 10;

/// Whose export it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A table that a person made, or this program.
    Generic,
    /// Binance's statement, "Transaction History".
    Binance,
    /// Binance's "Trade History".
    BinanceTrades,
    /// Bybit's transaction log of the unified trading account.
    Bybit,
    /// Coinbase's "Transaction history".
    Coinbase,
    /// Kraken's "Ledgers".
    KrakenLedgers,
    /// Kraken's "Trades".
    KrakenTrades,
    /// A journal of ledger-cli or hledger.
    Ledger,
}

/// Why nobody can say whose export it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatError {
    /// No format has such a header.
    #[error("no format begins like this: {found}")]
    Unknown {
        /// What stands there.
        found: String,
    },
    /// More than one has.
    #[error("it could be {first} and it could be {second}")]
    Ambiguous {
        /// One.
        first: &'static str,
        /// Another.
        second: &'static str,
    },
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Generic,
        Self::Binance,
        Self::BinanceTrades,
        Self::Bybit,
        Self::Coinbase,
        Self::KrakenLedgers,
        Self::KrakenTrades,
        Self::Ledger,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generic => "generic",
            Self::Binance => "binance",
            Self::BinanceTrades => "binance-trades",
            Self::Bybit => "bybit",
            Self::Coinbase => "coinbase",
            Self::KrakenLedgers => "kraken-ledgers",
            Self::KrakenTrades => "kraken-trades",
            Self::Ledger => "ledger",
        }
    }

    /// The format of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// The format of a file that begins with these bytes.
    pub fn of(head: &[u8]) -> Result<Self, FormatError> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(head);
        let mut first = None;
        for record in reader.byte_records().take(PREAMBLE).flatten() {
            let names: Vec<String> =
                record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
            let has = |column: &&str| names.iter().any(|name| name.eq_ignore_ascii_case(column));
            let mut fitting = Self::ALL.into_iter().filter(|format| {
                let columns = format.columns();
                !columns.is_empty() && columns.iter().all(has)
            });
            match (fitting.next(), fitting.next()) {
                (Some(format), None) => return Ok(format),
                (Some(one), Some(other)) => {
                    return Err(FormatError::Ambiguous { first: one.name(), second: other.name() });
                }
                (None, _) => first = first.or(Some(names.join(", "))),
            }
        }
        if ledger::begins(&String::from_utf8_lossy(head)) {
            return Ok(Self::Ledger);
        }
        let found: String = first.unwrap_or_default().chars().take(200).collect();
        Err(FormatError::Unknown {
            found: if found.is_empty() { "nothing".to_owned() } else { printable(&found).into() },
        })
    }

    /// The columns that its header must have.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Generic => &generic::WANTED,
            Self::Binance => &binance::WANTED,
            Self::BinanceTrades => &binance_trades::WANTED,
            Self::Bybit => &bybit::WANTED,
            Self::Coinbase => &coinbase::WANTED,
            Self::KrakenLedgers => &kraken::WANTED,
            Self::KrakenTrades => &kraken_trades::WANTED,
            Self::Ledger => &[],
        }
    }
}
