//! What a venue tells the holder of an account who has a key: balances, trades, open positions, and what the key may do.
//!
//! - A [`Private`] dialect has no I/O: it writes a signed request and reads the answer. The time, the nonce and chance come
//!   in with the [`Occasion`].
//! - Nothing here can change an account: every request is one that a read-only key may make.
//! - Amounts are decimals from the venue's own text. What a venue calls by a name of its own comes out under the common one;
//!   a holding that cannot be named is told beside the others and never dropped.
//! - Answers have a size and a count that they may not exceed, and every failure has a name: [`AccountError`].

mod binance;
mod bybit;
mod coinbase;
mod error;
mod key;
mod kraken;
mod okx;
mod read;
mod signing;
#[cfg(test)]
mod tests;
mod told;

pub use error::AccountError;
pub use key::Key;
pub use told::{Balance, Fill, Page, Permissions, Position, Told};

use crate::market::{Symbol, Timestamp, VenueId};
use ring::rand::SecureRandom;
use std::time::Duration;
use zeroize::Zeroizing;

/// The largest answer that is read. A venue's full page takes some hundred kilobytes.
pub const MAX_ANSWER: usize = 8 << 20;

/// The most things that one answer may tell of.
const MOST: usize = 20_000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// What is in the account.
    Balances,
    /// Trades, one page of them.
    Trades,
    /// Open positions.
    Positions,
    /// What the key may do.
    Permissions,
}

/// A question to a venue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What.
    pub what: What,
    /// Of which instrument: Binance has no list of trades across instruments.
    pub symbol: Option<Symbol>,
    /// [`Page::next`] of the page before; the first page without one.
    pub cursor: Option<String>,
}

/// When a request is made, and by which chance.
#[derive(Clone, Copy)]
pub struct Occasion<'a> {
    /// The time.
    pub now: Timestamp,
    /// Larger with every request that is made with a key.
    pub nonce: u64,
    /// Where signatures that need it have their chance from.
    pub chance: &'a dyn SecureRandom,
}

/// How a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// GET.
    Get,
    /// POST, with a form.
    Post,
}

/// A request that can be sent as it is. Whoever has its headers can make this request, and one of OKX's is a passphrase.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// How.
    pub method: Method,
    /// Path and query, to be put behind the base address.
    pub path: String,
    /// Headers.
    pub headers: Vec<(&'static str, Zeroizing<String>)>,
    /// The form of a POST.
    pub body: String,
}

/// A venue's dialect for the holder of an account.
pub trait Private: Send + Sync {
    /// Writes a request.
    fn request(&self, ask: &Ask, key: &Key, occasion: Occasion<'_>) -> Result<Signed, AccountError>;

    /// Reads what came back: the status of HTTP and the body.
    fn answer(&self, ask: &Ask, status: u16, body: &str) -> Result<Page, AccountError>;

    /// Whether trades are listed for one instrument at a time, and not otherwise.
    fn lists_by_symbol(&self) -> bool {
        false
    }

    /// How long to wait between two pages, so that the venue is not asked too much.
    fn pause(&self) -> Duration {
        Duration::from_millis(250)
    }

    /// What an account of the ledger should know of these balances: what they leave out.
    fn leaves_out(&self) -> &'static str;
}

/// The dialect of a venue, where there is one.
pub fn private(venue: VenueId) -> Option<&'static dyn Private> {
    match venue {
        VenueId::Kraken => Some(&kraken::Kraken),
        VenueId::Binance => Some(&binance::Binance),
        VenueId::Coinbase => Some(&coinbase::Coinbase),
        VenueId::Bybit => Some(&bybit::Bybit),
        VenueId::Okx => Some(&okx::Okx),
        _ => None,
    }
}

/// The venues with a dialect.
pub fn venues() -> impl Iterator<Item = VenueId> {
    VenueId::ALL.into_iter().filter(|venue| private(*venue).is_some())
}

/// Reads an answer that has not been looked at: its size and its encoding are checked first.
pub fn answer(dialect: &dyn Private, ask: &Ask, status: u16, body: &[u8]) -> Result<Page, AccountError> {
    if body.len() > MAX_ANSWER {
        return Err(AccountError::TooLarge { size: body.len(), limit: MAX_ANSWER });
    }
    let text = std::str::from_utf8(body).map_err(|_| AccountError::unreadable(&"it is no text"))?;
    let page = dialect.answer(ask, status, text)?;
    match page.told.count() {
        count if count > MOST => Err(AccountError::TooMany { count, limit: MOST }),
        _ => Ok(page),
    }
}

/// The balances of several pages as one list: an asset may stand on more than one.
pub fn together(pages: Vec<Balance>) -> Result<Vec<Balance>, AccountError> {
    Ok(told::Sum::of(pages)?.balances())
}

impl Ask {
    /// A question without an instrument and from the first page.
    pub fn new(what: What) -> Self {
        Self { what, symbol: None, cursor: None }
    }
}

impl Signed {
    /// A GET.
    fn get(path: String, headers: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let headers = headers.into_iter().map(|(name, value)| (name, Zeroizing::new(value))).collect();
        Self { method: Method::Get, path, headers, body: String::new() }
    }
}

impl std::fmt::Debug for Signed {
    /// Without the headers: they are as good as the key for as long as the venue takes them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "Signed({:?} {path}, …)", self.method)
    }
}
