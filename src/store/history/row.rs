//! Rows and the tables that they are kept in.

use std::sync::Arc;

use crc32fast::Hasher;
use polars::prelude::*;

use super::column::{self, LONGEST_TEXT};
use crate::market::printable;
use crate::money::Decimal;
use crate::portfolio::snapshot::{Kept, Mark, Snapshot};

/// A row of a file.
pub(super) trait Row: Kept + Clone {
    /// With texts that may stand in a file.
    fn cleaned(&self) -> Self;

    fn table(rows: &[Self]) -> PolarsResult<DataFrame>;

    /// Reads all rows; columns that are not known are passed over.
    fn read(table: &DataFrame) -> PolarsResult<Vec<Self>>;

    /// Adds all that the row says to a checksum.
    fn sum(&self, sum: &mut Hasher);
}

impl Row for Snapshot {
    fn cleaned(&self) -> Self {
        Self { portfolio: cleaned(&self.portfolio).into(), ..self.clone() }
    }

    fn table(rows: &[Self]) -> PolarsResult<DataFrame> {
        let columns = vec![
            column::moments("at", rows.iter().map(|row| row.at)),
            column::texts("portfolio", rows.iter().map(|row| row.portfolio.as_ref())),
            column::texts("base", rows.iter().map(|row| row.base.as_str())),
            column::decimals("nav", rows.iter().map(|row| Some(row.nav)))?,
            column::decimals("invested", rows.iter().map(|row| row.invested))?,
            column::decimals("units", rows.iter().map(|row| row.units))?,
            column::decimals("complete", rows.iter().map(|row| Some(row.complete)))?,
            column::counts("unpriced", rows.iter().map(|row| row.unpriced)),
        ];
        DataFrame::new(rows.len(), columns)
    }

    fn read(table: &DataFrame) -> PolarsResult<Vec<Self>> {
        let names = column::read_texts(table, "portfolio", |text| Some(Arc::from(text)))?;
        let rows = column::read_moments(table, "at")?
            .into_iter()
            .zip(names)
            .zip(column::read_assets(table, "base")?)
            .zip(column::read_decimals(table, "nav")?)
            .zip(column::read_optional_decimals(table, "invested")?)
            .zip(column::read_optional_decimals(table, "units")?)
            .zip(column::read_decimals(table, "complete")?)
            .zip(column::read_counts(table, "unpriced")?);
        let row = |(((((((at, portfolio), base), nav), invested), units), complete), unpriced)| Self {
            at,
            portfolio,
            base,
            nav,
            invested,
            units,
            complete,
            unpriced,
        };
        Ok(rows.map(row).collect())
    }

    fn sum(&self, sum: &mut Hasher) {
        sum.update(&self.at.nanos().to_le_bytes());
        text(sum, &self.portfolio);
        text(sum, self.base.as_str());
        decimal(sum, self.nav);
        sum.update(&[u8::from(self.invested.is_some())]);
        decimal(sum, self.invested.unwrap_or_default());
        sum.update(&[u8::from(self.units.is_some())]);
        decimal(sum, self.units.unwrap_or_default());
        decimal(sum, self.complete);
        sum.update(&self.unpriced.to_le_bytes());
    }
}

impl Row for Mark {
    fn cleaned(&self) -> Self {
        Self { source: cleaned(&self.source), ..self.clone() }
    }

    fn table(rows: &[Self]) -> PolarsResult<DataFrame> {
        let columns = vec![
            column::moments("at", rows.iter().map(|row| row.at)),
            column::texts("asset", rows.iter().map(|row| row.asset.as_str())),
            column::texts("currency", rows.iter().map(|row| row.currency.as_str())),
            column::decimals("price", rows.iter().map(|row| Some(row.price)))?,
            column::moments("priced_at", rows.iter().map(|row| row.priced_at)),
            column::texts("source", rows.iter().map(|row| row.source.as_str())),
        ];
        DataFrame::new(rows.len(), columns)
    }

    fn read(table: &DataFrame) -> PolarsResult<Vec<Self>> {
        let rows = column::read_moments(table, "at")?
            .into_iter()
            .zip(column::read_assets(table, "asset")?)
            .zip(column::read_assets(table, "currency")?)
            .zip(column::read_decimals(table, "price")?)
            .zip(column::read_moments(table, "priced_at")?)
            .zip(column::read_texts(table, "source", |text| Some(text.to_owned()))?);
        let row = |(((((at, asset), currency), price), priced_at), source)| Self {
            at,
            asset,
            currency,
            price,
            priced_at,
            source,
        };
        Ok(rows.map(row).collect())
    }

    fn sum(&self, sum: &mut Hasher) {
        sum.update(&self.at.nanos().to_le_bytes());
        text(sum, self.asset.as_str());
        text(sum, self.currency.as_str());
        decimal(sum, self.price);
        sum.update(&self.priced_at.nanos().to_le_bytes());
        text(sum, &self.source);
    }
}

/// The checksum of rows, whatever form they are kept in.
pub(super) fn checksum<R: Row>(rows: &[R]) -> u32 {
    let mut sum = Hasher::new();
    rows.iter().for_each(|row| row.sum(&mut sum));
    sum.finalize()
}

/// With its length, so that no two rows run into one another.
fn text(sum: &mut Hasher, text: &str) {
    sum.update(&(text.len() as u64).to_le_bytes());
    sum.update(text.as_bytes());
}

/// By its value: trailing zeros are not kept.
fn decimal(sum: &mut Hasher, value: Decimal) {
    sum.update(&value.normalize().serialize());
}

/// Printable, and cut where it is too long.
fn cleaned(text: &str) -> String {
    let text = printable(text);
    let fits = text.char_indices().take_while(|(at, c)| at + c.len_utf8() <= LONGEST_TEXT);
    // A cut may leave a mark without what it stood on.
    printable(&fits.map(|(_, c)| c).collect::<String>()).into_owned()
}
