//! The return of one period with flows inside it, without a valuation at each flow, and which asset brought how much of it.
//!
//! The modified Dietz method (Dietz 1966, "Pension Funds: Measuring Investment Performance"; GIPS allows it within a month):
//! R = (E − B − F) / (B + Σ wᵢ·Fᵢ), with B the value at the begin, E at the end, F = Σ Fᵢ the net flows and wᵢ = (T − tᵢ) / T
//! the share of the period that a flow was there. A flow counts from the end of its day, as everywhere here. It is the return
//! of the period and is not made a yearly one.
//!
//! The contribution of an asset is what it gained over the same average capital, cᵢ = (Eᵢ − Bᵢ − Fᵢ) / (B + Σ w·F), where
//! what is bought of an asset is a flow into it, and what is sold a flow out (Bacon 2008, "Practical Portfolio Performance
//! Measurement and Attribution", chapter 5, for one period). What flows between assets sums up to what came from outside, so
//! contributions sum up to the return.
//!
//! All of it is exact decimals, but for the one division at the end. Where the average capital is not above zero there is
//! no return, and no contribution either.

use crate::money::{Asset, Decimal};
use jiff::civil::Date;

/// Money that came (positive) or went (negative) at the end of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The day.
    pub date: Date,
    /// How much.
    pub amount: Decimal,
}

/// One period: from the end of its first day to the end of its last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The day at whose end it begins.
    pub first: Date,
    /// The day at whose end it ends.
    pub last: Date,
}

/// What a portfolio, or one asset in it, did in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding<'a> {
    /// What it was worth at the begin.
    pub begin: Decimal,
    /// What it was worth at the end, flows within.
    pub end: Decimal,
    /// What came and went between.
    pub flows: &'a [Flow],
}

impl Period {
    /// The modified Dietz return of what is held; `None` when a flow lies outside, or the average capital is not above zero.
    pub fn modified_dietz(self, held: &Holding<'_>) -> Option<Decimal> {
        held.gain()?.checked_div(self.capital(held)?)
    }

    /// What each asset brought of the return of the whole portfolio. The parts are the portfolio's: what they were worth
    /// and what flowed into them sums up to what the portfolio was worth and what came to it.
    pub fn contributions(self, whole: &Holding<'_>, parts: &[(Asset, Holding<'_>)]) -> Option<Vec<(Asset, Decimal)>> {
        let capital = self.capital(whole)?;
        let share = |(asset, part): &(Asset, Holding<'_>)| Some((asset.clone(), part.gain()?.checked_div(capital)?));
        parts.iter().map(share).collect()
    }

    /// The average capital: what was there at first, and what came, for as long as it was there.
    fn capital(self, held: &Holding<'_>) -> Option<Decimal> {
        let days = |from: Date, to: Date| Some(Decimal::from(from.until(to).ok()?.get_days()));
        let whole = days(self.first, self.last).filter(|days| *days > Decimal::ZERO)?;
        // In money days, so that nothing is rounded before the end.
        let mut capital = held.begin.checked_mul(whole)?;
        for flow in held.flows {
            let there = days(flow.date, self.last).filter(|there| (Decimal::ZERO..=whole).contains(there))?;
            capital = capital.checked_add(flow.amount.checked_mul(there)?)?;
        }
        capital.checked_div(whole).filter(|capital| *capital > Decimal::ZERO)
    }
}

impl Holding<'_> {
    fn gain(&self) -> Option<Decimal> {
        let start = self.end.checked_sub(self.begin)?;
        self.flows.iter().try_fold(start, |gain, flow| gain.checked_sub(flow.amount))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rate::money_weighted;
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    const TWO_YEARS: Period = Period { first: date(2021, 12, 31), last: date(2023, 12, 31) };

    /// Wikipedia, "Modified Dietz method", Example: 100 grows to 300 in two years of equal length, with 50 coming between
    /// them: 150 / 125 = 120 %, while the internal rate of return is 50 % a year.
    #[test]
    fn a_flow_in_the_middle_counts_half() {
        let flows = [Flow { date: date(2022, 12, 31), amount: decimal("50") }];
        let held = Holding { begin: decimal("100"), end: decimal("300"), flows: &flows };
        assert_eq!(TWO_YEARS.modified_dietz(&held), Some(decimal("1.2")));
        let flows = [(TWO_YEARS.first, -100.0), (date(2022, 12, 31), -50.0), (TWO_YEARS.last, 300.0)];
        assert!((money_weighted(&flows).unwrap() - 0.5).abs() < 1e-9);
    }

    /// 90 come at the end of the tenth of thirty days and are there for two thirds of them: 106 / (1000 + 60).
    #[test]
    fn an_early_flow_counts_for_longer() {
        let month = Period { first: date(2026, 5, 31), last: date(2026, 6, 30) };
        let flows = [Flow { date: date(2026, 6, 10), amount: decimal("90") }];
        let held = Holding { begin: decimal("1000"), end: decimal("1196"), flows: &flows };
        assert_eq!(month.modified_dietz(&held), Some(decimal("0.1")));
    }

    #[test]
    fn what_is_bought_of_one_asset_is_sold_of_another() {
        let day = date(2022, 12, 31);
        let flow = |amount: &str| [Flow { date: day, amount: decimal(amount) }];
        let (outside, coin, cash) = (flow("50"), flow("80"), flow("-30"));
        let whole = Holding { begin: decimal("100"), end: decimal("300"), flows: &outside };
        let parts = [
            (Asset::new("BTC").unwrap(), Holding { begin: decimal("60"), end: decimal("285"), flows: &coin }),
            (Asset::new("USD").unwrap(), Holding { begin: decimal("40"), end: decimal("15"), flows: &cash }),
        ];
        let found = TWO_YEARS.contributions(&whole, &parts).unwrap();
        // 145 and 5 of the 150 that were gained, over an average capital of 125.
        assert_eq!(found.iter().map(|(_, share)| *share).collect::<Vec<_>>(), [decimal("1.16"), decimal("0.04")]);
    }

    #[test]
    fn without_capital_there_is_no_return() {
        let none = Holding { begin: Decimal::ZERO, end: decimal("10"), flows: &[] };
        assert_eq!(TWO_YEARS.modified_dietz(&none), None);
        let gone = [Flow { date: TWO_YEARS.first, amount: decimal("-200") }];
        let negative = Holding { begin: decimal("100"), end: decimal("-90"), flows: &gone };
        assert_eq!(TWO_YEARS.modified_dietz(&negative), None);
        let early = [Flow { date: date(2021, 12, 30), amount: Decimal::ONE }];
        assert_eq!(
            TWO_YEARS.modified_dietz(&Holding { flows: &early, ..none.clone() }),
            None,
            "a flow before the begin"
        );
        let held = Holding { begin: Decimal::ONE, ..none };
        assert_eq!(Period { first: TWO_YEARS.last, last: TWO_YEARS.last }.modified_dietz(&held), None, "no time");
        assert_eq!(Period { first: TWO_YEARS.last, last: TWO_YEARS.first }.modified_dietz(&held), None);
    }

    proptest! {
        #[test]
        fn contributions_sum_up_to_the_return(
            rows in prop::collection::vec((1i64..1_000_000, 0i64..2_000_000, -500i64..500, 0i32..730), 1..12)
        ) {
            let flows: Vec<[Flow; 1]> = rows
                .iter()
                .map(|(.., amount, day)| {
                    let date = TWO_YEARS.first.checked_add(jiff::Span::new().days(*day)).unwrap();
                    [Flow { date, amount: Decimal::new(*amount, 2) }]
                })
                .collect();
            let all: Vec<Flow> = flows.iter().flatten().copied().collect();
            let sum = |pick: fn(&(i64, i64, i64, i32)) -> i64| Decimal::new(rows.iter().map(pick).sum(), 2);
            let whole = Holding { begin: sum(|row| row.0), end: sum(|row| row.1), flows: &all };
            let part = |(n, row): (usize, &(i64, i64, i64, i32))| {
                let held = Holding { begin: Decimal::new(row.0, 2), end: Decimal::new(row.1, 2), flows: &flows[n] };
                (Asset::new(&format!("A{n}")).unwrap(), held)
            };
            let parts: Vec<_> = rows.iter().enumerate().map(part).collect();
            let found = TWO_YEARS.modified_dietz(&whole);
            let shares = TWO_YEARS.contributions(&whole, &parts);
            prop_assert_eq!(found.is_some(), shares.is_some());
            if let Some((found, shares)) = found.zip(shares) {
                let sum: Decimal = shares.iter().map(|(_, share)| *share).sum();
                prop_assert!((sum - found).abs() < Decimal::new(1, 18), "{} {}", sum, found);
            }
        }
    }
}
