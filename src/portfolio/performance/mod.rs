//! How a series of values did: returns, risk, drawdown.
//!
//! A series has one row a day: the value at the end of the day, and what flowed in (positive) or out (negative) at the end
//! of that day, which the value holds already. The return of a day is (value − flow) / value of the day before − 1.
//!
//! | figure | formula |
//! |---|---|
//! | time-weighted return | Π(1 + r) − 1 (GIPS 2020, "time-weighted rate of return") |
//! | compound annual growth | (1 + twr)^(Y / n) − 1 |
//! | volatility | s·√Y, s the sample standard deviation (n − 1) |
//! | Sharpe ratio | mean / s · √Y, risk-free rate 0 (Sharpe 1994) |
//! | Sortino ratio | mean · Y / (√(mean of min(r, 0)²) · √Y) (Sortino and Price 1994, target 0) |
//! | maximum drawdown | the least index / highest index before − 1 |
//! | Calmar ratio | compound annual growth / |maximum drawdown| (Young 1991, here over the whole series) |
//! | value at risk, 95 % | 5th percentile of the returns, linear between neighbours (Hyndman and Fan 1996, type 7) |
//! | expected shortfall, 95 % | the mean of the returns that are not above it |
//! | money-weighted return | the rate at which all flows are worth nothing, actual/365 (see [`rate`]) |
//! | modified Dietz return, contribution by asset | see [`dietz`] |
//! | beta, correlation | see [`benchmark`] |
//! | exposure, concentration | see [`exposure`] |
//!
//! n is the number of returns and Y the periods of a year, 365 unless said otherwise. The index is Π(1 + r), 1 at first, so
//! that a drawdown is never made or hidden by money that came or went. Statistics are floating point; each return is
//! made of exact decimals first. A figure that is not defined is [`None`], never 0.

pub mod benchmark;
pub mod dietz;
pub mod exposure;
pub mod rate;

use crate::money::Decimal;
use jiff::civil::Date;
use rust_decimal::prelude::ToPrimitive;

/// The periods of a year, when days are counted.
pub const DAYS: f64 = 365.0;

/// Rises that are only rounding do not end a drawdown.
const ROUNDING: f64 = 1e-12;

/// One day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The day.
    pub date: Date,
    /// The value at its end, after the flow.
    pub value: Decimal,
    /// What came in at its end; negative for what went out.
    pub flow: Decimal,
}

/// Why nothing can be said of a series.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SeriesError {
    /// Days that do not follow one another.
    #[error("{after} comes behind {before}; days must go up, one row a day")]
    Order {
        /// The day before.
        before: Date,
        /// The day that should come later.
        after: Date,
    },
    /// A day whose return is not defined.
    #[error("the value before {0} is not above zero, so that day has no return")]
    NoReturn(Date),
    /// A number that does not fit.
    #[error("the return of {0} is out of range")]
    OutOfRange(Date),
}

/// The deepest fall of the index.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drawdown {
    /// How deep, as a share of the peak; negative.
    pub depth: f64,
    /// The day of the peak.
    pub peak: Date,
    /// The day of the lowest point.
    pub trough: Date,
    /// The day on which the peak was reached again, if it was.
    pub recovery: Option<Date>,
}

/// How a series did. What is `None` is not defined for it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Performance {
    /// The number of returns.
    pub periods: usize,
    /// Time-weighted return.
    pub twr: Option<f64>,
    /// Compound annual growth rate.
    pub cagr: Option<f64>,
    /// Volatility a year; needs two returns.
    pub volatility: Option<f64>,
    /// Sharpe ratio; needs returns that differ.
    pub sharpe: Option<f64>,
    /// Sortino ratio; needs a loss.
    pub sortino: Option<f64>,
    /// The deepest fall; `None` when there was none.
    pub max_drawdown: Option<Drawdown>,
    /// Calmar ratio; needs a fall.
    pub calmar: Option<f64>,
    /// The return that one period in twenty falls short of.
    pub var_95: Option<f64>,
    /// The mean of the returns at or below that.
    pub es_95: Option<f64>,
    /// Money-weighted return a year.
    pub mwr: Option<f64>,
}

impl Performance {
    /// Computes every figure.
    pub fn of(series: &[Point], periods_per_year: f64) -> Result<Self, SeriesError> {
        let returns = returns(series)?;
        let Some((first, last)) = series.first().zip(series.last()).filter(|_| !returns.is_empty()) else {
            return Ok(Self::default());
        };
        let (count, year) = (returns.len() as f64, periods_per_year);
        let index = index(first.date, &returns);
        let twr = index.last().map(|(_, index)| index - 1.0);
        let cagr = twr.map(|twr| (1.0 + twr).powf(year / count) - 1.0);
        let values: Vec<f64> = returns.iter().map(|(_, value)| *value).collect();
        let mean = values.iter().sum::<f64>() / count;
        let deviation = deviation(&values, mean);
        let downside = (values.iter().map(|value| value.min(0.0).powi(2)).sum::<f64>() / count).sqrt();
        let max_drawdown = drawdown(&index);
        let var_95 = percentile(&values, 0.05);
        // What was there at first came in then; what is there at last could go out.
        let mut flows = vec![(first.date, -first.value.to_f64().unwrap_or(f64::NAN))];
        flows.extend(series.iter().skip(1).map(|point| (point.date, -point.flow.to_f64().unwrap_or(f64::NAN))));
        flows.push((last.date, last.value.to_f64().unwrap_or(f64::NAN)));
        Ok(Self {
            periods: returns.len(),
            twr: finite(twr),
            cagr: finite(cagr),
            volatility: finite(deviation.map(|deviation| deviation * year.sqrt())),
            sharpe: finite(deviation.filter(|it| *it > 0.0).map(|deviation| mean / deviation * year.sqrt())),
            sortino: finite((downside > 0.0).then(|| mean * year / (downside * year.sqrt()))),
            max_drawdown,
            calmar: finite(cagr.zip(max_drawdown).map(|(cagr, fall)| cagr / fall.depth.abs())),
            var_95,
            es_95: var_95.map(|limit| average(values.iter().copied().filter(|value| *value <= limit))),
            mwr: rate::money_weighted(&flows),
        })
    }
}

/// Each day's return, from the second day on.
pub fn returns(series: &[Point]) -> Result<Vec<(Date, f64)>, SeriesError> {
    let pairs = series.iter().zip(series.iter().skip(1));
    pairs
        .map(|(before, day)| {
            if day.date <= before.date {
                return Err(SeriesError::Order { before: before.date, after: day.date });
            }
            if before.value <= Decimal::ZERO {
                return Err(SeriesError::NoReturn(day.date));
            }
            let earned = day.value.checked_sub(day.flow).and_then(|own| own.checked_sub(before.value));
            let share = earned.and_then(|earned| earned.checked_div(before.value)).and_then(|share| share.to_f64());
            Ok((day.date, share.ok_or(SeriesError::OutOfRange(day.date))?))
        })
        .collect()
}

/// What one unit of the first day became, day by day.
pub fn index(first: Date, returns: &[(Date, f64)]) -> Vec<(Date, f64)> {
    let grown = returns.iter().scan(1.0, |index, (date, value)| {
        *index *= 1.0 + value;
        Some((*date, *index))
    });
    std::iter::once((first, 1.0)).chain(grown).collect()
}

fn drawdown(index: &[(Date, f64)]) -> Option<Drawdown> {
    let mut peak = *index.first()?;
    let mut deepest: Option<(Drawdown, f64)> = None;
    for (date, value) in index {
        if *value > peak.1 {
            peak = (*date, *value);
        }
        let depth = value / peak.1 - 1.0;
        if depth < -ROUNDING && deepest.is_none_or(|(fall, _)| depth < fall.depth) {
            deepest = Some((Drawdown { depth, peak: peak.0, trough: *date, recovery: None }, peak.1));
        }
    }
    let (fall, height) = deepest?;
    let after = index.iter().skip_while(|(date, _)| *date <= fall.trough);
    let recovery = after.filter(|(_, value)| *value >= height * (1.0 - ROUNDING)).map(|(date, _)| *date).next();
    Some(Drawdown { recovery, ..fall })
}

/// The sample standard deviation.
fn deviation(values: &[f64], mean: f64) -> Option<f64> {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// Between the two neighbours of the place that `share` falls on.
fn percentile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = share * (sorted.len().checked_sub(1)?) as f64;
    let below = *sorted.get(place.floor() as usize)?;
    let above = *sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

fn average(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests;
