//! What the desk shows of portfolios: plain values, everything with its age and its source.

use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::basis::Method;
use crate::portfolio::performance::Performance;
use crate::portfolio::valuation::Total;
use jiff::civil::Date;
use std::sync::Arc;
use std::time::Duration;

/// What a reader wants to see of portfolios.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortfolioQuery {
    /// Which one, by its place in [`PortfolioView::names`]; 0 is all accounts together.
    pub shown: usize,
    /// The currency to tell it in; the desk's own when `None`.
    pub base: Option<Asset>,
    /// Which purchases a sale uses up.
    pub method: Method,
    /// Entries of the ledger, newest first: how many to pass over, and how many to tell.
    pub entries: (usize, usize),
}

/// The net asset value of all accounts, for wherever there is little room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NavView {
    /// The base currency.
    pub base: Asset,
    /// What the lines come to.
    pub total: Total,
    /// Since midnight UTC.
    pub day: Option<Change>,
}

/// How NAV has changed since a moment, what came in and went out left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The gain in the base currency.
    pub gain: Decimal,
    /// The same in percent of what was there (Modified Dietz); `None` when nothing was.
    pub percent: Option<Decimal>,
}

/// A portfolio.
#[derive(Clone, Debug, PartialEq)]
pub struct PortfolioView {
    /// All portfolios; the first is all accounts together.
    pub names: Arc<[Arc<str>]>,
    /// Which of them this is.
    pub shown: usize,
    /// The base currency.
    pub base: Asset,
    /// The currencies that it can be told in.
    pub bases: Arc<[Asset]>,
    /// What the lines come to.
    pub total: Total,
    /// The oldest price that counts: its age, and where it is from.
    pub oldest: Option<(Duration, Arc<str>)>,
    /// Since midnight UTC, 7 days, 30 days and the beginning of the year; `None` where it is not known.
    pub changes: [Option<Change>; 4],
    /// What is held, an asset a row, those that are owed on rows of their own; the largest value first.
    pub holdings: Vec<HoldingView>,
    /// The past and what it comes to; `None` while it is being counted.
    pub past: Option<Arc<Course>>,
    /// Of a fund.
    pub unit: Option<UnitView>,
    /// Entries of the ledger as asked for, newest first.
    pub entries: Vec<EntryView>,
    /// How many entries there are in all.
    pub entry_count: usize,
}

/// How much a price can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// The price is fresh.
    Fresh,
    /// It is old, and still counts.
    Stale,
    /// It is too old: what the holding is worth is not known.
    Expired,
    /// There is none.
    Never,
}

/// What is held of an asset.
#[derive(Clone, Debug, PartialEq)]
pub struct HoldingView {
    /// What.
    pub asset: Asset,
    /// Whether it is owed.
    pub owed: bool,
    /// How much; below zero when it is owed.
    pub quantity: Decimal,
    /// What one is worth, however old that is.
    pub price: Option<Decimal>,
    /// The age of the oldest price on the way to the base currency; none for the base currency itself.
    pub age: Option<Duration>,
    /// Whether that price counts; stale also where a look at a chain that says how much there is is old.
    pub standing: Standing,
    /// What all of it is worth; `None` when that is not known.
    pub value: Option<Decimal>,
    /// The share of all assets that have a price, in percent.
    pub share: Option<Decimal>,
    /// How the price has changed since midnight UTC, in percent.
    pub day: Option<Decimal>,
    /// What a sale of all of it now would realise.
    pub unrealised: Option<Decimal>,
    /// What sales of it have realised, and what was earned with it.
    pub realised: Option<Decimal>,
    /// What it cost, fees included.
    pub cost: Option<Decimal>,
    /// The accounts that it is in.
    pub parts: Vec<Part>,
    /// The way from it to the base currency, price by price.
    pub path: Vec<PriceStep>,
}

impl HoldingView {
    /// Whether this is the base currency, which has neither a price of others nor a profit.
    pub fn is_base(&self) -> bool {
        self.price.is_some() && self.path.is_empty()
    }
}

/// What an account holds of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The account, printable.
    pub account: Arc<str>,
    /// What kind of account that is: venue, wallet, manual, fund.
    pub kind: &'static str,
    /// How much.
    pub quantity: Decimal,
    /// When a chain was asked; `None` where the ledger says it.
    pub look: Option<Look>,
}

/// A look at what an account has on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The block.
    pub block: u64,
    /// How long ago it was looked.
    pub age: Duration,
    /// Whether that is old.
    pub standing: Standing,
}

/// A price on the way to the base currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceStep {
    /// Who says it: `kraken BTC/USD mid`.
    pub source: Arc<str>,
    /// The price as it was said.
    pub price: Decimal,
    /// Whether it is taken the other way round.
    pub inverted: bool,
    /// How old it is.
    pub age: Duration,
    /// Whether it counts.
    pub standing: Standing,
}

/// A price at the end of a day.
pub type Close = (Date, Decimal);

/// The past of a portfolio, a day a point, and what it comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// The end of each day, and what all was worth then; days on which that is not known are missing.
    pub days: Vec<(Date, Decimal)>,
    /// What one unit of money of the first day has become by the end of each day, what came in and went out left aside.
    pub index: Vec<(Date, f64)>,
    /// The benchmark that it is compared with: its name and its prices on the same days.
    pub benchmark: Option<(Arc<str>, Vec<Close>)>,
    /// Figures of the last 30 days, of this year, of the last 365 days, and of all days.
    pub figures: [Option<Figures>; 4],
}

/// What a time comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Returns, risk and drawdown.
    pub performance: Performance,
    /// Against the benchmark.
    pub beta: Option<f64>,
    /// Against the benchmark.
    pub correlation: Option<f64>,
}

/// Units of a fund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitView {
    /// How many are out.
    pub units: Decimal,
    /// What one is worth; `None` while NAV is not complete.
    pub nav: Option<Decimal>,
    /// The most that one has been worth at the end of a day.
    pub high_water: Option<Decimal>,
}

/// An entry of the ledger, printable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryView {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub account: Arc<str>,
    /// What happened.
    pub kind: &'static str,
    /// What came in and went out: asset, amount, whether it is a fee.
    pub legs: Vec<(Asset, Decimal, bool)>,
}
