//! An amount as journals write it: `10 EUR`, `EUR 10`, `-0.5 "1INCH"`, `1,234.50 USD`.

use crate::money::{Asset, Decimal, parse_decimal};
use crate::portfolio::table::ungrouped;

/// So much of a commodity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    pub number: Decimal,
    pub asset: Asset,
}

impl Amount {
    /// Reads an amount and nothing behind it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (sign, rest) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest.trim_start()));
        let (number_text, asset) = if rest.starts_with(|c: char| c.is_ascii_digit()) {
            let end = rest.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | ','))).unwrap_or(rest.len());
            let (number, name) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let (asset, behind) = commodity(name.trim())?;
            if !behind.is_empty() {
                return Err(format!("{behind:?} behind an amount is not understood"));
            }
            (number.to_owned(), asset)
        } else {
            let (asset, number) = commodity(rest)?;
            (number.trim().to_owned(), asset)
        };
        let signed = match (sign, number_text.strip_prefix('-')) {
            ("-", Some(_)) => return Err("two signs".to_owned()),
            (_, Some(number)) => -self::number(number)?,
            ("-", None) => -self::number(&number_text)?,
            (_, None) => self::number(&number_text)?,
        };
        Ok(Self { number: signed, asset })
    }
}

/// A commodity, and what stands behind it.
pub fn commodity(text: &str) -> Result<(Asset, &str), String> {
    let (name, rest) = match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').ok_or("a quote without an end")?,
        None => {
            let end = text.find(|c: char| !(c.is_ascii_alphabetic() || c == '_')).unwrap_or(text.len());
            text.split_at_checked(end).unwrap_or((text, ""))
        }
    };
    match name {
        "" if text.is_empty() => Err("an amount without a commodity".to_owned()),
        "" => {
            let shown: String = text.chars().take(20).collect();
            Err(format!("{shown:?} is not an amount of something with a name, such as 10 EUR"))
        }
        name => Asset::new(name).map(|asset| (asset, rest.trim())).map_err(|error| error.to_string()),
    }
}

/// A number with a point for decimals; commas stand between thousands where a point is behind them.
pub fn number(text: &str) -> Result<Decimal, String> {
    let wrong = || {
        let shown: String = text.chars().take(40).collect();
        format!("{shown:?} is not a decimal number, such as 1234.56 or 1,234.56")
    };
    if text.contains(',') && !text.contains('.') {
        return Err(format!("{text:?}: whether the comma is for decimals or thousands cannot be told; write 1234.56"));
    }
    let plain = ungrouped(text, '.', Some(',')).ok_or_else(wrong)?;
    parse_decimal(&plain).map_err(|_| wrong())
}
