//! What a person looks at of portfolios: which one, told in what, and which of its holdings in what order.
//!
//! - The chosen holding is remembered by its asset, so that the cursor stays on it when values change places.
//! - What is not known is sorted last, whichever way round.

mod act;
#[cfg(test)]
mod behaviour;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod snapshots;

pub use act::{act, click, travel};

use super::layout::{Arrangement, Pane, inside};
use super::pane::portfolio::{entries, holdings};
use crate::desk::View;
use crate::desk::portfolio::{HoldingView, PortfolioQuery, PortfolioView};
use crate::money::{Asset, Decimal};
use crate::portfolio::basis::Method;
use holdings::{Column, Kind};
use std::cmp::Ordering;

/// The session's part of the Portfolio workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Which portfolio, by its place; 0 is all accounts together.
    pub shown: usize,
    /// The currency; the desk's own when `None`.
    pub base: Option<Asset>,
    /// Which purchases a sale uses up.
    pub method: Method,
    /// What is told of the holdings.
    pub kind: Kind,
    /// By what they are sorted.
    pub by: Column,
    /// Whether the other way round than is usual for that column.
    pub turned: bool,
    /// The text that asset or account must contain.
    pub filter: String,
    /// The holding that the cursor is on, and whether it is owed; the first when `None`.
    pub chosen: Option<(Asset, bool)>,
    /// The entries of the ledger that are passed over.
    pub passed: usize,
}

impl Default for Holder {
    fn default() -> Self {
        Self {
            shown: 0,
            base: None,
            method: Method::Fifo,
            kind: Kind::Worth,
            by: Column::Value,
            turned: false,
            filter: String::new(),
            chosen: None,
            passed: 0,
        }
    }
}

impl Holder {
    /// What the desk must tell for these panes; nothing while none of them is about a portfolio.
    pub fn query(&self, arrangement: &Arrangement) -> Option<PortfolioQuery> {
        let wanted = arrangement.panes.iter().any(|(pane, _)| Pane::PORTFOLIO.contains(pane));
        let ledger = arrangement.of(Pane::Ledger).map_or(0, |area| entries::room(inside(area)));
        let entries = (if ledger == 0 { 0 } else { self.passed }, ledger);
        wanted.then(|| PortfolioQuery { shown: self.shown, base: self.base.clone(), method: self.method, entries })
    }

    /// The holdings that match, in their order.
    pub fn rows<'a>(&self, portfolio: &'a PortfolioView) -> Vec<&'a HoldingView> {
        let text = self.filter.to_lowercase();
        let contains = |name: &str| name.to_lowercase().contains(&text);
        let matches = |holding: &HoldingView| {
            contains(holding.asset.as_str()) || holding.parts.iter().any(|part| contains(&part.account))
        };
        let mut rows: Vec<_> = portfolio.holdings.iter().filter(|holding| matches(holding)).collect();
        rows.sort_by(|a, b| self.compare(a, b));
        rows
    }

    fn compare(&self, a: &HoldingView, b: &HoldingView) -> Ordering {
        let names = a.asset.cmp(&b.asset).then(a.owed.cmp(&b.owed));
        let turned = |order: Ordering| if self.turned { order.reverse() } else { order };
        let known = |a: Option<Decimal>, b: Option<Decimal>| match (a, b) {
            (Some(a), Some(b)) => turned(b.cmp(&a)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let ages = || match (a.age, b.age) {
            (Some(a), Some(b)) => turned(b.cmp(&a)),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        let order = match self.by {
            Column::Asset => turned(names),
            Column::Quantity => known(Some(a.quantity), Some(b.quantity)),
            Column::Price => known(a.price, b.price),
            Column::Age => ages(),
            Column::Value => known(a.value, b.value),
            Column::Share => known(a.share, b.share),
            Column::Day => known(a.day, b.day),
            Column::Gain => known(a.unrealised, b.unrealised),
            Column::Realised => known(a.realised, b.realised),
            Column::Cost => known(a.cost, b.cost),
            Column::Source | Column::Accounts => Ordering::Equal,
        };
        order.then(names)
    }

    /// The place of the chosen holding among the rows; the first when it is not among them.
    pub fn position(&self, rows: &[&HoldingView]) -> usize {
        let is = |holding: &&HoldingView| {
            self.chosen.as_ref().is_some_and(|(asset, owed)| *asset == holding.asset && *owed == holding.owed)
        };
        rows.iter().position(is).unwrap_or(0)
    }

    /// The chosen holding.
    pub fn holding<'a>(&self, view: &'a View) -> Option<&'a HoldingView> {
        let rows = self.rows(view.portfolio.as_ref()?);
        rows.get(self.position(&rows)).copied()
    }
}
