//! Worked examples, and what must hold of every series.

use super::*;
use proptest::prelude::*;

fn series(rows: &[(&str, &str, &str)]) -> Vec<Point> {
    let point = |(date, value, flow): &(&str, &str, &str)| Point {
        date: date.parse().unwrap(),
        value: value.parse().unwrap(),
        flow: flow.parse().unwrap(),
    };
    rows.iter().map(point).collect()
}

fn near(ours: Option<f64>, theirs: f64) {
    assert!(ours.is_some_and(|ours| (ours - theirs).abs() < 1e-9), "{ours:?} instead of {theirs}");
}

/// +10 %, then a deposit that doubles the money, −10 %, +10 %: what flowed is no return.
#[test]
fn flows_are_no_returns() {
    let points = series(&[
        ("2026-01-01", "1000", "0"),
        ("2026-01-02", "2200", "1100"),
        ("2026-01-03", "1980", "0"),
        ("2026-01-04", "2178", "0"),
    ]);
    let found = Performance::of(&points, DAYS).unwrap();
    assert_eq!(found.periods, 3);
    near(found.twr, 1.1 * 0.9 * 1.1 - 1.0);
    near(found.cagr, (1.1f64 * 0.9 * 1.1).powf(365.0 / 3.0) - 1.0);
    // Mean 1/30; deviations 1/15, −2/15, 1/15: squares 6/225, halved.
    let deviation = (6.0f64 / 225.0 / 2.0).sqrt();
    near(found.volatility, deviation * 365f64.sqrt());
    near(found.sharpe, (1.0 / 30.0) / deviation * 365f64.sqrt());
    near(found.sortino, (365.0 / 30.0) / ((0.01f64 / 3.0).sqrt() * 365f64.sqrt()));
    // Sorted −0.1, 0.1, 0.1; place 0.1: a tenth of the way from −0.1 to 0.1.
    near(found.var_95, -0.08);
    near(found.es_95, -0.1);
    let fall = found.max_drawdown.unwrap();
    near(Some(fall.depth), -0.1);
    let day = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!((fall.peak, fall.trough, fall.recovery), (day("2026-01-02"), day("2026-01-03"), None));
}

/// An example of CFA study texts, worked out in <https://www.analystforum.com/t/question/13698>: a share bought at 100, another
/// at 120 a year later, both sold at 130 after two years, 2 a share paid out at the end of each year. Time-weighted
/// √(1.22 · 1.10) − 1, which is 15.84 % a year; money-weighted 13.86 %.
#[test]
fn a_published_time_weighted_return_with_flows() {
    let points = series(&[
        ("2021-12-31", "100", "0"),
        // 120 and a dividend of 2, which is paid out; then another share for 120.
        ("2022-12-31", "240", "118"),
        ("2023-12-31", "264", "0"),
    ]);
    let found = Performance::of(&points, 1.0).unwrap();
    near(found.twr, 1.22 * 1.1 - 1.0);
    assert!((found.cagr.unwrap() - 0.1584).abs() < 5e-5, "{:?}", found.cagr);
    assert!((found.mwr.unwrap() - 0.1386).abs() < 5e-5, "{:?}", found.mwr);
}

/// A series that starts at 100 and has these returns, in per cent.
fn returning(percents: &[&str]) -> Vec<Point> {
    let mut value = Decimal::ONE_HUNDRED;
    let start: Date = "2000-12-31".parse().unwrap();
    let mut points = vec![Point { date: start, value, flow: Decimal::ZERO }];
    for (year, percent) in (1i64..).zip(percents) {
        let percent: Decimal = percent.parse().unwrap();
        value += value * percent / Decimal::ONE_HUNDRED;
        let date = start.checked_add(jiff::Span::new().years(year)).unwrap();
        points.push(Point { date, value, flow: Decimal::ZERO });
    }
    points
}

/// Rollinger and Hoffman, "Sortino: A 'Sharper' Ratio" (Red Rock Capital): eight annual returns whose mean is 10 %, whose
/// target downside deviation is 2.264 % at a target of 0, and whose Sortino ratio is 4.417.
#[test]
fn a_published_sortino_ratio() {
    let found = Performance::of(&returning(&["17", "15", "23", "-5", "12", "9", "13", "-4"]), 1.0).unwrap();
    assert!((found.sortino.unwrap() - 4.417).abs() < 5e-4, "{:?}", found.sortino);
    assert!((found.max_drawdown.unwrap().depth - -0.05).abs() < 1e-12);
}

/// Anscombe 1973, "Graphs in Statistical Analysis", the second variable of the first set taken as returns in per cent: its
/// published mean is 7.50 and its published standard deviation 2.03, so that mean / s is 3.69.
#[test]
fn a_sharpe_ratio_of_published_statistics() {
    let y = ["8.04", "6.95", "7.58", "8.81", "8.33", "9.96", "7.24", "4.26", "10.84", "4.82", "5.68"];
    let found = Performance::of(&returning(&y), 1.0).unwrap();
    assert!((found.volatility.unwrap() - 0.0203).abs() < 5e-5, "{:?}", found.volatility);
    assert!((found.sharpe.unwrap() - 3.69).abs() < 5e-3, "{:?}", found.sharpe);
}

/// <http://howigrowmywealth.com/glossary/drawdown/>: from 1 000 down to 800 is 20 %; back to 1 100 and down to 700 is 36.4 %,
/// which is the maximum drawdown.
#[test]
fn a_published_drawdown() {
    let values = ["1000", "800", "1100", "700"];
    let dates = ["2026-06-01", "2026-07-01", "2026-09-01", "2026-10-01"];
    let rows: Vec<_> = dates.into_iter().zip(values).map(|(date, value)| (date, value, "0")).collect();
    let fall = Performance::of(&series(&rows), DAYS).unwrap().max_drawdown.unwrap();
    assert!((fall.depth - -0.364).abs() < 5e-4, "{fall:?}");
    let day = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!((fall.peak, fall.trough, fall.recovery), (day(dates[2]), day(dates[3]), None));
}

#[test]
fn a_drawdown_has_its_dates() {
    let points = series(&[
        ("2026-01-01", "100", "0"),
        ("2026-01-02", "120", "0"),
        ("2026-01-03", "90", "0"),
        ("2026-01-04", "110", "0"),
        ("2026-01-05", "80", "-20"),
        ("2026-01-06", "96", "0"),
        ("2026-01-07", "200", "0"),
    ]);
    let fall = Performance::of(&points, DAYS).unwrap().max_drawdown.unwrap();
    near(Some(fall.depth), -0.25);
    let day = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!(
        (fall.peak, fall.trough, fall.recovery),
        (day("2026-01-02"), day("2026-01-03"), Some(day("2026-01-06")))
    );
}

#[test]
fn what_is_not_defined_is_said() {
    assert_eq!(Performance::of(&[], DAYS), Ok(Performance::default()));
    assert_eq!(Performance::of(&series(&[("2026-01-01", "1", "0")]), DAYS), Ok(Performance::default()));
    let rising = series(&[("2026-01-01", "100", "0"), ("2026-01-02", "110", "0"), ("2026-01-03", "121", "0")]);
    let found = Performance::of(&rising, DAYS).unwrap();
    assert_eq!((found.sortino, found.max_drawdown, found.calmar), (None, None, None));
    let once = Performance::of(&rising[..2], DAYS).unwrap();
    assert_eq!((once.volatility, once.sharpe), (None, None), "one return has no deviation");
    near(once.twr, 0.1);
}

#[test]
fn days_must_go_up_and_money_must_be_there() {
    let back = series(&[("2026-01-02", "1", "0"), ("2026-01-02", "1", "0")]);
    assert!(matches!(Performance::of(&back, DAYS), Err(SeriesError::Order { .. })));
    let gone = series(&[("2026-01-01", "0", "0"), ("2026-01-02", "1", "0")]);
    assert!(matches!(Performance::of(&gone, DAYS), Err(SeriesError::NoReturn(_))));
}

proptest! {
    /// Money that comes and goes at the end of a day changes no return.
    #[test]
    fn returns_do_not_depend_on_flows(steps in prop::collection::vec((-50i64..100, 1i64..1_000_000), 1..40)) {
        let start: Date = "2026-01-01".parse().unwrap();
        let (mut plain, mut flowing) = (vec![], vec![]);
        let (mut one, mut other) = (Decimal::ONE_HUNDRED, Decimal::ONE_HUNDRED);
        let mut push = |day: usize, one: Decimal, other: Decimal, flow: Decimal| {
            let date = start.checked_add(jiff::Span::new().days(day as i64)).unwrap();
            plain.push(Point { date, value: one, flow: Decimal::ZERO });
            flowing.push(Point { date, value: other, flow });
        };
        push(0, one, other, Decimal::ZERO);
        for (day, (percent, target)) in steps.iter().enumerate() {
            let factor = Decimal::new(100 + percent, 2);
            one = (one * factor).round_dp(12).max(Decimal::new(1, 6));
            other *= factor;
            let flow = Decimal::from(*target) - other;
            other += flow;
            push(day + 1, one, other, flow);
        }
        let (plain, flowing) = (returns(&plain).unwrap(), returns(&flowing).unwrap());
        for (one, other) in plain.iter().zip(&flowing) {
            prop_assert!((one.1 - other.1).abs() < 1e-4, "{:?} {:?}", one, other);
        }
    }

    #[test]
    fn the_tail_is_below_its_limit_and_a_fall_is_no_rise(values in prop::collection::vec(1i64..1_000_000, 2..60)) {
        let start: Date = "2026-01-01".parse().unwrap();
        let points: Vec<Point> = values
            .iter()
            .enumerate()
            .map(|(day, value)| Point {
                date: start.checked_add(jiff::Span::new().days(day as i64)).unwrap(),
                value: Decimal::from(*value),
                flow: Decimal::ZERO,
            })
            .collect();
        let found = Performance::of(&points, DAYS).unwrap();
        prop_assert!(found.es_95.unwrap() <= found.var_95.unwrap());
        if let Some(fall) = found.max_drawdown {
            prop_assert!(fall.depth < 0.0 && fall.peak < fall.trough);
            prop_assert!(fall.recovery.is_none_or(|day| day > fall.trough));
        }
        let whole = *values.last().unwrap() as f64 / values[0] as f64 - 1.0;
        prop_assert!((found.twr.unwrap() - whole).abs() < 1e-9 * (1.0 + whole.abs()));
    }
}
