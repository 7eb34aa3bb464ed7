//! The money-weighted return: the yearly rate at which what went in and what came out are worth the same.
//!
//! Every flow is discounted by (1 + rate)^(days / 365) from the first day, as spreadsheets do in XIRR. Where more than one
//! rate fits, which takes flows that change their sign more than once, the one nearest to zero is given.

use jiff::civil::Date;

/// Rates are looked for between these.
const LOWEST: f64 = -0.999_999_9;
const HIGHEST: f64 = 1e9;

/// How many halvings narrow a rate down to what an `f64` can hold.
const HALVINGS: u32 = 200;

/// The rate of dated flows: negative for what was paid in, positive for what came back. `None` when no rate fits, as when
/// all flows go one way.
pub fn money_weighted(flows: &[(Date, f64)]) -> Option<f64> {
    let (first, _) = flows.first()?;
    let years: Vec<(f64, f64)> = flows
        .iter()
        .map(|(date, flow)| Some((f64::from(first.until(*date).ok()?.get_days()) / 365.0, *flow)))
        .collect::<Option<_>>()?;
    let worth = |rate: f64| years.iter().map(|(time, flow)| flow * (1.0 + rate).powf(-time)).sum::<f64>();
    if years.iter().all(|(time, _)| *time == 0.0) {
        return None;
    }
    // Away from zero on both sides, in steps of a hundredth of what one unit has become: where the sign changes is a rate.
    let step = |rate: f64, factor: f64| ((1.0 + rate) * factor - 1.0).clamp(LOWEST, HIGHEST);
    let (mut up, mut down) = (0.0, 0.0);
    while up < HIGHEST || down > LOWEST {
        for (rate, factor) in [(&mut up, 1.01), (&mut down, 1.0 / 1.01)] {
            let next = step(*rate, factor);
            let (here, there) = (worth(*rate), worth(next));
            if here == 0.0 {
                return Some(*rate);
            }
            if here.is_finite() && there.is_finite() && here.signum() != there.signum() {
                return Some(narrowed(&worth, *rate, next));
            }
            *rate = next;
        }
    }
    None
}

/// The rate between two of different sign.
fn narrowed(worth: &impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    let sign = worth(low).signum();
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        if middle == low || middle == high {
            break;
        }
        if worth(middle).signum() == sign {
            low = middle;
        } else {
            high = middle;
        }
    }
    low + (high - low) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    #[test]
    fn irregular_dates_give_what_a_spreadsheet_gives() {
        // The example in the documentation of Excel's XIRR, whose result is 0.373362535.
        let flows = [
            (date(2008, 1, 1), -10_000.0),
            (date(2008, 3, 1), 2_750.0),
            (date(2008, 10, 30), 4_250.0),
            (date(2009, 2, 15), 3_250.0),
            (date(2009, 4, 1), 2_750.0),
        ];
        let rate = money_weighted(&flows).unwrap();
        assert!((rate - 0.373_362_535).abs() < 1e-8, "{rate}");
    }

    #[test]
    fn flows_that_all_go_one_way_have_no_rate() {
        assert_eq!(money_weighted(&[]), None);
        assert_eq!(money_weighted(&[(date(2026, 1, 1), -1.0), (date(2026, 2, 1), -1.0)]), None);
        assert_eq!(money_weighted(&[(date(2026, 1, 1), -1.0), (date(2026, 1, 1), 2.0)]), None, "no time has passed");
        let lost = money_weighted(&[(date(2025, 1, 1), -100.0), (date(2026, 1, 1), 0.0)]);
        assert_eq!(lost, None, "nothing came back");
    }

    proptest! {
        #[test]
        fn a_sum_that_grew_for_days_has_the_rate_it_grew_by(percent in -90i32..1_000, days in 1i32..2_000) {
            let rate = f64::from(percent) / 100.0;
            let end = date(2020, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let grown = (1.0 + rate).powf(f64::from(days) / 365.0);
            let found = money_weighted(&[(date(2020, 1, 1), -1.0), (end, grown)]).unwrap();
            prop_assert!((found - rate).abs() < 1e-6 * (1.0 + rate.abs()), "{} instead of {}", found, rate);
        }
    }
}
