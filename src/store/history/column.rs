//! Columns of a table: moments, texts, counts and decimals, written and read back exactly.
//!
//! A polars decimal has up to 38 digits, and one scale for the whole column; ours has up to 29, and a scale of its own. So a
//! column takes the least scale that all of its values have, which leaves at least ten digits before the point. Where
//! that is too few, which takes values that are more than 10^10 apart from others with 28 decimals, the column is text
//! instead: exactness comes first. Readers take either.

use polars::prelude::*;

use crate::market::{Timestamp, printable};
use crate::money::{Asset, Decimal, parse_decimal};

/// The digits of a decimal column.
const DIGITS: usize = 38;

/// The longest text of a row, in bytes.
pub(super) const LONGEST_TEXT: usize = 128;

pub(super) fn moments(name: &str, values: impl Iterator<Item = Timestamp>) -> Column {
    let nanos = Int64Chunked::from_iter_values(name.into(), values.map(Timestamp::nanos));
    nanos.into_datetime(TimeUnit::Nanoseconds, None).into_column()
}

pub(super) fn texts<'a>(name: &str, values: impl Iterator<Item = &'a str>) -> Column {
    StringChunked::from_iter_values(name.into(), values).into_column()
}

pub(super) fn counts(name: &str, values: impl Iterator<Item = u32>) -> Column {
    UInt32Chunked::from_iter_values(name.into(), values).into_column()
}

pub(super) fn decimals(name: &str, values: impl Iterator<Item = Option<Decimal>>) -> PolarsResult<Column> {
    let values: Vec<Option<Decimal>> = values.map(|value| value.map(|value| value.normalize())).collect();
    let scale = values.iter().flatten().map(Decimal::scale).max().unwrap_or_default();
    let scaled: Option<Vec<Option<i128>>> = values
        .iter()
        .map(|value| match value {
            Some(value) => integer(value, scale).map(Some),
            None => Some(None),
        })
        .collect();
    match scaled {
        Some(scaled) => {
            let integers = Int128Chunked::from_iter_options(name.into(), scaled.into_iter());
            Ok(integers.into_decimal(DIGITS, scale as usize)?.into_column())
        }
        None => {
            let texts = values.iter().map(|value| value.map(|value| value.to_string()));
            Ok(StringChunked::from_iter_options(name.into(), texts).into_column())
        }
    }
}

/// The value in units of the last digit of `scale`, if that has few enough digits.
fn integer(value: &Decimal, scale: u32) -> Option<i128> {
    let factor = 10i128.checked_pow(scale.checked_sub(value.scale())?)?;
    let scaled = value.mantissa().checked_mul(factor)?;
    (scaled.unsigned_abs() < 10u128.pow(DIGITS as u32)).then_some(scaled)
}

pub(super) fn read_moments(table: &DataFrame, name: &str) -> PolarsResult<Vec<Timestamp>> {
    let column = table.column(name)?.datetime()?;
    polars_ensure!(column.time_unit() == TimeUnit::Nanoseconds, SchemaMismatch: "{name} is not in nanoseconds");
    column.physical().iter().map(|nanos| there(nanos.map(Timestamp::from_nanos), name)).collect()
}

pub(super) fn read_texts<T>(table: &DataFrame, name: &str, make: impl Fn(&str) -> Option<T>) -> PolarsResult<Vec<T>> {
    let read = |text: Option<&str>| there(text.filter(|text| fits(text)).and_then(&make), name);
    table.column(name)?.str()?.iter().map(read).collect()
}

pub(super) fn read_assets(table: &DataFrame, name: &str) -> PolarsResult<Vec<Asset>> {
    read_texts(table, name, |text| Asset::new(text).ok())
}

pub(super) fn read_counts(table: &DataFrame, name: &str) -> PolarsResult<Vec<u32>> {
    table.column(name)?.u32()?.iter().map(|count| there(count, name)).collect()
}

/// Decimals of which each must be there.
pub(super) fn read_decimals(table: &DataFrame, name: &str) -> PolarsResult<Vec<Decimal>> {
    read_optional_decimals(table, name)?.into_iter().map(|value| there(value, name)).collect()
}

pub(super) fn read_optional_decimals(table: &DataFrame, name: &str) -> PolarsResult<Vec<Option<Decimal>>> {
    let column = table.column(name)?;
    if let Ok(texts) = column.str() {
        let read = |text: Option<&str>| match text {
            Some(text) => there(parse_decimal(text).ok(), name).map(Some),
            None => Ok(None),
        };
        return texts.iter().map(read).collect();
    }
    let column = column.decimal()?;
    let scale = column.scale() as u32;
    let read = |integer: Option<i128>| match integer {
        Some(integer) => there(decimal(integer, scale), name).map(Some),
        None => Ok(None),
    };
    column.physical().iter().map(read).collect()
}

/// What [`integer`] was made of.
fn decimal(mut integer: i128, mut scale: u32) -> Option<Decimal> {
    while scale > 0 && integer % 10 == 0 {
        integer /= 10;
        scale -= 1;
    }
    Decimal::try_from_i128_with_scale(integer, scale).ok()
}

/// Whether a text may stand in a row: it moves no cursor and is not too long.
fn fits(text: &str) -> bool {
    text.len() <= LONGEST_TEXT && printable(text) == text
}

fn there<T>(value: Option<T>, name: &str) -> PolarsResult<T> {
    value.ok_or_else(|| polars_err!(SchemaMismatch: "{name} has a row with nothing in it, or what cannot stand there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(values: &[Option<Decimal>]) -> (DataType, Vec<Option<Decimal>>) {
        let column = decimals("n", values.iter().copied()).unwrap();
        let kind = column.dtype().clone();
        let table = DataFrame::new(values.len(), vec![column]).unwrap();
        (kind, read_optional_decimals(&table, "n").unwrap())
    }

    #[test]
    fn a_column_takes_the_least_scale_or_becomes_text() {
        let some = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let money = [some("97412.10"), None, some("-0.00000001"), some("1000000000000")];
        assert_eq!(written(&money), (DataType::Decimal(38, 8), money.to_vec()));
        let apart = [some("79228162514264337593543950335"), some("0.0000000000000000000000000001")];
        assert_eq!(written(&apart), (DataType::String, apart.to_vec()));
        assert_eq!(written(&[]), (DataType::Decimal(38, 0), vec![]));
        assert_eq!(written(&[None]), (DataType::Decimal(38, 0), vec![None]));
    }

    proptest! {
        #[test]
        fn decimals_come_back_exactly(values in prop::collection::vec(prop::option::of((any::<i128>(), 0u32..=28)), 0..30)) {
            let decimal = |(mantissa, scale): (i128, u32)| {
                Decimal::from_i128_with_scale(mantissa % 79_228_162_514_264_337_593_543_950_335, scale)
            };
            let values: Vec<Option<Decimal>> = values.into_iter().map(|value| value.map(decimal)).collect();
            prop_assert_eq!(written(&values).1, values);
        }
    }
}
