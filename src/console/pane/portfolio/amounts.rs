//! How amounts, prices and percentages of a portfolio are written.
//!
//! - Amounts are cut, never rounded up, and what is not zero never looks like zero.
//! - When amounts are hidden, all of them look the same; percentages, prices and ages stay.

use crate::console::canvas::Canvas;
use crate::console::figures::Figures;
use crate::console::glyphs::Glyphs;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::Standing;
use crate::money::Decimal;
use rust_decimal::RoundingStrategy;

/// The most decimals of an amount.
const FINEST: u32 = 8;

/// How amounts are written on this screen.
#[derive(Clone, Copy, Debug)]
pub struct Amounts<'a> {
    figures: Figures,
    glyphs: &'a Glyphs,
    hidden: bool,
}

impl<'a> Amounts<'a> {
    /// As `canvas` writes numbers and signs.
    pub fn new(canvas: &Canvas<'a>, hidden: bool) -> Self {
        Self::with(canvas.figures, canvas.glyphs, hidden)
    }

    /// As these figures and signs write.
    pub fn with(figures: Figures, glyphs: &'a Glyphs, hidden: bool) -> Self {
        Self { figures, glyphs, hidden }
    }

    /// What stands for an amount that is hidden.
    fn veil(&self) -> String {
        self.glyphs.veil.repeat(3)
    }

    /// What something is worth, in at most `width` columns.
    pub fn money(&self, value: Decimal, decimals: u32, width: usize) -> String {
        self.written(value, decimals, width, "")
    }

    /// The same with a plus where it is more than zero.
    pub fn gain(&self, value: Decimal, decimals: u32, width: usize) -> String {
        self.written(value, decimals, width, self.glyphs.plus)
    }

    /// The size of a gain, without its sign.
    pub fn size(&self, value: Decimal, decimals: u32) -> String {
        self.written(value.abs(), decimals, usize::MAX, "")
    }

    /// How much there is of something: all of its digits that fit, at least two decimals.
    pub fn quantity(&self, value: Decimal, width: usize) -> String {
        self.written(value, self.digits(value, width), width, "")
    }

    /// A quantity that came in or went out.
    pub fn change(&self, value: Decimal) -> String {
        self.written(value, self.digits(value, usize::MAX), usize::MAX, self.glyphs.plus)
    }

    fn digits(&self, value: Decimal, width: usize) -> u32 {
        let own = value.normalize().scale().clamp(2, FINEST);
        let sign = usize::from(value.is_sign_negative());
        let width = u16::try_from(width.saturating_sub(sign)).unwrap_or(u16::MAX);
        self.figures.column(width, value, own).decimals
    }

    fn written(&self, value: Decimal, decimals: u32, width: usize, plus: &str) -> String {
        if self.hidden {
            return self.veil();
        }
        let size = value.abs();
        let mut cut = size.round_dp_with_strategy(decimals, RoundingStrategy::ToZero);
        let sign = match (value.is_zero(), value.is_sign_negative()) {
            (true, _) => "",
            (false, true) => self.glyphs.minus,
            (false, false) => plus,
        };
        if cut.is_zero() && !size.is_zero() {
            return format!("{sign}<{}", Decimal::new(1, decimals));
        }
        cut.rescale(decimals);
        let text = format!("{sign}{}", self.figures.exact(cut));
        match columns(&text) <= width {
            true => text,
            false if decimals > 0 && size >= Decimal::ONE_THOUSAND => self.written(value, 0, width, plus),
            false => format!("{sign}{}", self.figures.short(size)),
        }
    }

    /// A price in about seven digits: it may be the product of several.
    pub fn price(&self, price: Decimal, width: usize) -> String {
        let size = price.abs();
        let decimals = match size {
            size if size >= Decimal::ONE_THOUSAND => 2,
            size if size >= Decimal::ONE => 4,
            size => {
                let zeros = size.scale().saturating_sub(u32::try_from(size.mantissa().to_string().len()).unwrap_or(0));
                zeros + 5
            }
        };
        let mut cut = size.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven).normalize();
        cut.rescale(cut.scale().max(2));
        let sign = if price.is_sign_negative() { self.glyphs.minus } else { "" };
        let text = format!("{sign}{}", self.figures.exact(cut));
        if columns(&text) <= width { text } else { format!("{sign}{}", self.figures.short(size)) }
    }

    /// A share of 0 to 100 with one decimal: what is not all never looks like all, and a part never like none.
    pub fn share(&self, percent: Decimal) -> String {
        let rounded = percent.round_dp_with_strategy(1, RoundingStrategy::MidpointNearestEven);
        if rounded.is_zero() && !percent.is_zero() {
            return "<0.1".to_owned();
        }
        if rounded >= Decimal::ONE_HUNDRED { self.cut_share(percent) } else { format!("{rounded:.1}") }
    }

    /// The same cut, where more than there is must not be promised.
    pub fn cut_share(&self, percent: Decimal) -> String {
        let cut = percent.round_dp_with_strategy(1, RoundingStrategy::ToZero);
        if percent == Decimal::ONE_HUNDRED { "100".to_owned() } else { format!("{cut:.1}") }
    }

    /// A return, such as `+4.1 %`.
    pub fn ratio(&self, share: Option<f64>, plus: bool) -> String {
        let Some(percent) = share.map(|share| share * 100.0).filter(|percent| percent.is_finite()) else {
            return self.glyphs.missing.to_owned();
        };
        let size = percent.abs();
        let text = match size {
            ..100.0 => format!("{size:.1}"),
            ..1e9 => format!("{size:.0}"),
            _ => format!("{size:.1e}"),
        };
        let sign = match text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
            false => "",
            true if percent < 0.0 => self.glyphs.minus,
            true if plus => self.glyphs.plus,
            true => "",
        };
        format!("{sign}{text} %")
    }

    /// A figure without a unit, such as a Sharpe ratio.
    pub fn figure(&self, value: Option<f64>) -> String {
        match value.filter(|value| value.is_finite()) {
            Some(value) if value < 0.0 => format!("{}{:.2}", self.glyphs.minus, -value),
            Some(value) => format!("{value:.2}"),
            None => self.glyphs.missing.to_owned(),
        }
    }
}

/// The decimals of amounts in a currency of which `largest` is the most that there is.
pub fn decimals(largest: Decimal) -> u32 {
    match largest.abs() {
        size if size.is_zero() || size >= Decimal::ONE_THOUSAND => 2,
        size if size >= Decimal::ONE => 4,
        _ => FINEST,
    }
}

/// The sign behind the age of a price, and how the price looks.
pub fn standing(glyphs: &Glyphs, standing: Standing) -> (&'static str, Role) {
    match standing {
        Standing::Fresh => ("", Role::Text),
        Standing::Stale => (glyphs.stale, Role::Stale),
        Standing::Expired => (glyphs.hatch, Role::Stale),
        Standing::Never => ("", Role::Stale),
    }
}

/// An age in whole units; `<1s` when it is less than that.
pub fn age(age: std::time::Duration) -> String {
    crate::console::figures::age(age).unwrap_or_else(|| "<1s".to_owned())
}
