//! Numbers, ages and times as the ledger shows them.
//!
//! - A price is never rounded. A quantity is cut, not rounded, to the decimals of its column, because a book must not
//!   promise more than there is; what is not zero never looks like zero.
//! - The decimals of a column depend on the magnitude of its largest number in steps of a thousand, so that a column
//!   keeps its shape while its numbers move.

use crate::market::Timestamp;
use crate::money::{Decimal, Notional, Price, Quantity, grouped};
use jiff::tz::TimeZone;
use rust_decimal::RoundingStrategy;
use std::time::Duration;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// What stands between thousands, if anything.
    pub separator: Option<char>,
}

/// How the numbers of one column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Columns of the screen.
    pub width: u16,
    /// Decimals of each number.
    pub decimals: u32,
}

impl Figures {
    /// A decimal with all of its digits.
    pub fn exact(self, value: Decimal) -> String {
        match self.separator {
            Some(separator) => grouped(value, separator),
            None => value.to_string(),
        }
    }

    /// A price with an instrument's decimals, or more where it has more.
    pub fn price(self, price: Price, decimals: u8) -> String {
        let mut value = price.get().normalize();
        let decimals = u32::from(decimals).max(value.scale());
        value.rescale(decimals);
        self.exact(value)
    }

    /// A column of `width` whose largest number is `largest`, with at most `decimals`.
    pub fn column(self, width: u16, largest: Decimal, decimals: u32) -> Column {
        let whole = largest.abs().trunc().to_string().len();
        let groups = whole.div_ceil(3).max(1);
        let whole = groups * 3 + if self.separator.is_some() { groups - 1 } else { 0 };
        let room = usize::from(width).saturating_sub(whole + 1);
        Column { width, decimals: u32::try_from(room).unwrap_or(0).min(decimals) }
    }

    /// A quantity in its column.
    pub fn quantity(self, quantity: Quantity, column: Column) -> String {
        let value = quantity.get();
        let mut cut = value.round_dp_with_strategy(column.decimals, RoundingStrategy::ToZero);
        if cut.is_zero() && !value.is_zero() {
            return format!("<{}", Decimal::new(1, column.decimals));
        }
        cut.rescale(column.decimals);
        let text = self.exact(cut);
        if text.len() <= usize::from(column.width) { text } else { self.short(value) }
    }

    /// A number in about five digits: `1,204`, `38.2k`, `1.21M`.
    pub fn short(self, value: Decimal) -> String {
        let size = value.abs();
        for (exponent, unit) in [(12, "T"), (9, "G"), (6, "M"), (3, "k")] {
            let scaled = value.checked_mul(Decimal::new(1, exponent));
            if let (true, Some(scaled)) = (size >= Decimal::from(10_u64.pow(exponent)), scaled) {
                let scaled = scaled.round_dp_with_strategy(5, RoundingStrategy::ToZero);
                let decimals = 3_usize.saturating_sub(scaled.abs().trunc().to_string().len());
                let decimals = u32::try_from(decimals).unwrap_or(0);
                return format!("{}{unit}", scaled.round_dp_with_strategy(decimals, RoundingStrategy::ToZero));
            }
        }
        self.exact(value.round_dp_with_strategy(3, RoundingStrategy::ToZero))
    }

    /// A notional in whole units of its asset, with two decimals where it is small.
    pub fn notional(self, notional: Notional) -> String {
        let value = notional.get();
        let decimals = if value.abs() < Decimal::from(1_000) { 2 } else { 0 };
        let mut cut = value.round_dp_with_strategy(decimals, RoundingStrategy::ToZero);
        cut.rescale(decimals);
        self.exact(cut)
    }
}

/// An age in whole units: `14s`, `3m`, `2h`, `5d`; nothing below a second.
pub fn age(age: Duration) -> Option<String> {
    let seconds = age.as_secs();
    match seconds {
        0 => None,
        1..60 => Some(format!("{seconds}s")),
        60..3_600 => Some(format!("{}m", seconds / 60)),
        3_600..86_400 => Some(format!("{}h", seconds / 3_600)),
        _ => Some(format!("{}d", seconds / 86_400)),
    }
}

/// A delay, in two digits.
pub fn delay(delay: Duration) -> String {
    match delay.as_millis() {
        0 => "<1 ms".to_owned(),
        ms @ 1..1_000 => format!("{} ms", two_digits(ms)),
        _ => format!("{} s", delay.as_secs()),
    }
}

/// A count a second in two digits, because the third changes all the time and says nothing.
pub fn rate(count: u64) -> String {
    two_digits(u128::from(count)).to_string()
}

fn two_digits(value: u128) -> u128 {
    let mut unit = 1;
    while value / unit >= 100 {
        unit *= 10;
    }
    value / unit * unit
}

/// The time of day, `12:04:31`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(at.nanos())) {
        Ok(at) => {
            let local = zone.to_datetime(at);
            format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second())
        }
        Err(_) => "--:--:--".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIGURES: Figures = Figures { separator: Some(',') };

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn prices_are_exact() {
        let shown = |text: &str, decimals| FIGURES.price(text.parse().unwrap(), decimals);
        assert_eq!(shown("97412.1", 1), "97,412.1");
        assert_eq!(shown("97412", 1), "97,412.0");
        assert_eq!(shown("97412.7500", 1), "97,412.75", "more digits than the instrument has are not hidden");
        assert_eq!(Figures { separator: None }.price(Price::new(number("1000")), 2), "1000.00");
    }

    #[test]
    fn quantities_are_cut_and_never_look_like_zero() {
        let column = FIGURES.column(8, number("12.5"), 4);
        assert_eq!(column, Column { width: 8, decimals: 4 });
        let shown = |text: &str| FIGURES.quantity(text.parse().unwrap(), column);
        assert_eq!(shown("1.20049"), "1.2004");
        assert_eq!(shown("0.00001"), "<0.0001");
        assert_eq!(shown("0"), "0.0000");
        assert_eq!(shown("123456789"), "123M");
    }

    #[test]
    fn columns_keep_their_shape_within_a_thousand() {
        let decimals = |largest: &str| FIGURES.column(9, number(largest), 8).decimals;
        assert_eq!(decimals("0.1"), decimals("999.9"));
        assert_eq!((decimals("999"), decimals("1000"), decimals("1000000")), (5, 1, 0));
    }

    #[test]
    fn large_numbers_are_short() {
        let shown = |text: &str| FIGURES.short(number(text));
        assert_eq!(
            [shown("999.1234"), shown("38204"), shown("1210000"), shown("-999999999")],
            ["999.123", "38.2k", "1.21M", "-999M"]
        );
    }

    #[test]
    fn ages_have_one_unit_and_calm_digits() {
        let of = |seconds| age(Duration::from_secs(seconds));
        assert_eq!(age(Duration::from_millis(999)), None);
        assert_eq!(of(14).as_deref(), Some("14s"));
        assert_eq!([of(60), of(7_300), of(200_000)].map(Option::unwrap), ["1m", "2h", "2d"]);
        assert_eq!([38, 1_238, 0].map(|ms| delay(Duration::from_millis(ms))), ["38 ms", "1 s", "<1 ms"]);
        assert_eq!([rate(41), rate(412), rate(10_512)], ["41", "410", "10000"]);
    }

    #[test]
    fn times_are_told_in_a_zone() {
        let at = Timestamp::from_secs(12 * 3_600 + 4 * 60 + 31);
        assert_eq!(clock(at, &TimeZone::UTC), "12:04:31");
        assert_eq!(clock(at, &TimeZone::fixed(jiff::tz::offset(2))), "14:04:31");
        assert_eq!(clock(Timestamp::from_nanos(i64::MIN), &TimeZone::UTC).len(), 8);
    }
}
