//! How a series moved with another one: beta and correlation.
//!
//! | figure | formula |
//! |---|---|
//! | beta | cov(r, b) / var(b) (Sharpe 1964; the slope of the least-squares line) |
//! | correlation | cov(r, b) / (s(r)·s(b)) (Pearson 1895) |
//!
//! r are the returns of the series and b those of the benchmark, sample statistics (n − 1) both, no risk-free rate taken off.
//! Neither is annualised: both are ratios in which the length of a period cancels out.
//!
//! The two are joined by date, and returns are taken between days that both have: where one of them has no row, the
//! returns of both run over the gap. Fewer than three common returns say nothing, because two points lie on a line
//! whatever they are; then, and where a side never moves, a figure is [`None`].

use super::{Point, SeriesError, returns};
use crate::money::Decimal;
use std::collections::BTreeMap;

/// The fewest common returns of which something is said.
pub const FEWEST: usize = 3;

/// How a series moved with a benchmark.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Comparison {
    /// How many returns both have.
    pub common: usize,
    /// By how much the series moves when the benchmark moves by one.
    pub beta: Option<f64>,
    /// From −1 to 1, how much they move together.
    pub correlation: Option<f64>,
}

impl Comparison {
    /// Compares `series` with `benchmark`.
    pub fn of(series: &[Point], benchmark: &[Point]) -> Result<Self, SeriesError> {
        let (ours, theirs) = (grown(series)?, grown(benchmark)?);
        let common: Vec<(f64, f64)> = ours.iter().filter_map(|(day, own)| Some((*own, *theirs.get(day)?))).collect();
        let steps = common.iter().zip(common.iter().skip(1));
        let pairs: Vec<(f64, f64)> = steps
            .map(|((own, other), (own_next, other_next))| (own_next / own - 1.0, other_next / other - 1.0))
            .collect();
        let (beta, correlation) = slope(&pairs).unwrap_or_default();
        Ok(Self { common: pairs.len(), beta, correlation })
    }
}

/// What one unit of the first day became, by day: without flows, so that a gap can be bridged.
fn grown(series: &[Point]) -> Result<BTreeMap<jiff::civil::Date, f64>, SeriesError> {
    let Some(first) = series.first().filter(|first| first.value > Decimal::ZERO) else { return Ok(BTreeMap::new()) };
    Ok(super::index(first.date, &returns(series)?).into_iter().collect())
}

/// Beta and correlation of pairs of a return and the benchmark's.
fn slope(pairs: &[(f64, f64)]) -> Option<(Option<f64>, Option<f64>)> {
    // A return that is not a number follows a total loss, after which nothing can be compared.
    if pairs.len() < FEWEST || pairs.iter().any(|(own, other)| !own.is_finite() || !other.is_finite()) {
        return None;
    }
    let count = pairs.len() as f64;
    let mean = |pick: fn(&(f64, f64)) -> f64| pairs.iter().map(pick).sum::<f64>() / count;
    let (own, other) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let sum = |f: &dyn Fn(f64, f64) -> f64| pairs.iter().map(|(a, b)| f(a - own, b - other)).sum::<f64>();
    let (both, left, right) = (sum(&|a, b| a * b), sum(&|a, _| a * a), sum(&|_, b| b * b));
    // Sums of squares that are only rounding of the means are no movement.
    let moves = |squares: f64, mean: f64| squares > count * (mean.abs() + 1.0).powi(2) * 1e-30;
    let beta = moves(right, other).then(|| both / right);
    let correlation =
        (moves(left, own) && moves(right, other)).then(|| (both / (left * right).sqrt()).clamp(-1.0, 1.0));
    Some((beta, correlation))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{Date, date};
    use proptest::prelude::*;

    fn day(n: usize) -> Date {
        date(2026, 1, 1).checked_add(jiff::Span::new().days(n as i64)).unwrap()
    }

    /// A series that has these returns, in hundredths.
    fn series(percents: &[&str]) -> Vec<Point> {
        let mut value = Decimal::ONE_HUNDRED;
        let mut points = vec![Point { date: day(0), value, flow: Decimal::ZERO }];
        for (n, percent) in percents.iter().enumerate() {
            let percent: Decimal = percent.parse().unwrap();
            value = (value * (Decimal::ONE + percent / Decimal::ONE_HUNDRED)).round_dp(18);
            points.push(Point { date: day(n + 1), value, flow: Decimal::ZERO });
        }
        points
    }

    /// Anscombe 1973, "Graphs in Statistical Analysis" (The American Statistician 27), first data set, taken as returns in
    /// per cent: the published line has the slope 0.500, and the published correlation is 0.816.
    #[test]
    fn a_published_line_has_its_slope() {
        let x = ["10", "8", "13", "9", "11", "14", "6", "4", "12", "7", "5"];
        let y = ["8.04", "6.95", "7.58", "8.81", "8.33", "9.96", "7.24", "4.26", "10.84", "4.82", "5.68"];
        let found = Comparison::of(&series(&y), &series(&x)).unwrap();
        assert_eq!(found.common, 11);
        assert!((found.beta.unwrap() - 0.5).abs() < 5e-4, "{found:?}");
        assert!((found.correlation.unwrap() - 0.816).abs() < 5e-4, "{found:?}");
    }

    #[test]
    fn days_that_one_lacks_are_bridged() {
        let all = series(&["1", "2", "-3", "4", "-1", "2"]);
        let mut fewer = all.clone();
        fewer.remove(3);
        let found = Comparison::of(&fewer, &all).unwrap();
        assert_eq!(found.common, 5);
        assert!((found.beta.unwrap() - 1.0).abs() < 1e-9 && (found.correlation.unwrap() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn too_little_says_nothing() {
        let (short, flat) = (series(&["1", "2"]), series(&["0", "0", "0", "0"]));
        let moving = series(&["1", "2", "-3", "4"]);
        assert_eq!(Comparison::of(&short, &short).unwrap(), Comparison { common: 2, beta: None, correlation: None });
        assert_eq!(Comparison::of(&moving, &flat).unwrap(), Comparison { common: 4, beta: None, correlation: None });
        let still = Comparison::of(&flat, &moving).unwrap();
        assert_eq!((still.beta, still.correlation), (Some(0.0), None));
        assert_eq!(Comparison::of(&[], &moving).unwrap(), Comparison::default());
        let elsewhere: Vec<Point> = moving
            .iter()
            .map(|p| Point { date: p.date.checked_add(jiff::Span::new().years(1)).unwrap(), ..*p })
            .collect();
        assert_eq!(Comparison::of(&moving, &elsewhere).unwrap(), Comparison::default());
    }

    proptest! {
        #[test]
        fn a_correlation_has_its_limits_and_beta_its_sign(values in prop::collection::vec((1i64..10_000, 1i64..10_000), 4..60)) {
            let points = |pick: fn(&(i64, i64)) -> i64| -> Vec<Point> {
                let point = |(n, pair): (usize, &(i64, i64))| Point { date: day(n), value: Decimal::from(pick(pair)), flow: Decimal::ZERO };
                values.iter().enumerate().map(point).collect()
            };
            let found = Comparison::of(&points(|pair| pair.0), &points(|pair| pair.1)).unwrap();
            if let Some((beta, correlation)) = found.beta.zip(found.correlation) {
                prop_assert!((-1.0..=1.0).contains(&correlation));
                prop_assert!(beta * correlation >= 0.0);
            }
        }
    }
}
