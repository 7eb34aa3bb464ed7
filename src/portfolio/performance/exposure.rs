//! What a portfolio hangs on: by asset, by venue, by currency, and how much of it on how little.
//!
//! | figure | formula |
//! |---|---|
//! | net | Σ vᵢ of a group; what is owed or sold short is negative |
//! | gross | Σ \|vᵢ\| of a group |
//! | share | the group's gross / the gross of all |
//! | Herfindahl–Hirschman index | Σ shareᵢ², from 1/n (spread evenly) to 1 (all on one) (Hirschman 1964; as a fraction, not in points of 10 000) |
//! | effective number | 1 / the index |
//! | largest share | the greatest share |
//!
//! Shares are of the gross value, so that a position sold short concentrates as much as one held. They are of a moment
//! and nothing about them is annualised. Where there is no value at all there are no shares.

use crate::money::Decimal;
use std::collections::BTreeMap;

/// What a portfolio has in one group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    /// The value.
    pub net: Decimal,
    /// The value, short positions counted like long ones.
    pub gross: Decimal,
    /// Of the gross value of all groups; `None` where that is zero.
    pub share: Option<Decimal>,
}

/// How much of a portfolio hangs on how little.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concentration<K> {
    /// The Herfindahl–Hirschman index.
    pub herfindahl: Decimal,
    /// So many groups of equal size would be as concentrated.
    pub effective: Decimal,
    /// The group with the greatest share; the first of several.
    pub largest: K,
    /// Its share.
    pub largest_share: Decimal,
}

/// Sums values up by group, be it an asset, a venue or a currency. `None` when a sum does not fit a decimal.
pub fn exposures<K: Ord>(values: impl IntoIterator<Item = (K, Decimal)>) -> Option<BTreeMap<K, Exposure>> {
    let mut groups: BTreeMap<K, Exposure> = BTreeMap::new();
    let mut all = Decimal::ZERO;
    for (key, value) in values {
        let group = groups.entry(key).or_default();
        group.net = group.net.checked_add(value)?;
        group.gross = group.gross.checked_add(value.abs())?;
        all = all.checked_add(value.abs())?;
    }
    for group in groups.values_mut() {
        group.share = group.gross.checked_div(all);
    }
    Some(groups)
}

/// The concentration of groups; `None` where there are no shares.
pub fn concentration<K: Ord + Clone>(groups: &BTreeMap<K, Exposure>) -> Option<Concentration<K>> {
    let mut herfindahl = Decimal::ZERO;
    let mut largest: Option<(&K, Decimal)> = None;
    for (key, group) in groups {
        let share = group.share?;
        herfindahl = herfindahl.checked_add(share.checked_mul(share)?)?;
        if largest.is_none_or(|(_, most)| share > most) {
            largest = Some((key, share));
        }
    }
    let (key, largest_share) = largest?;
    let effective = Decimal::ONE.checked_div(herfindahl)?;
    Some(Concentration { herfindahl, effective, largest: key.clone(), largest_share })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    /// The example of the U.S. Department of Justice's page on the Herfindahl–Hirschman index: four firms with 30, 30, 20
    /// and 20 per cent come to 2 600 points.
    #[test]
    fn a_published_market_has_its_index() {
        let groups =
            exposures([("a", decimal("30")), ("b", decimal("30")), ("c", decimal("20")), ("d", decimal("20"))]);
        let found = concentration(&groups.unwrap()).unwrap();
        assert_eq!((found.herfindahl, found.largest, found.largest_share), (decimal("0.26"), "a", decimal("0.3")));
    }

    #[test]
    fn what_is_short_concentrates_too() {
        let groups = exposures([("BTC", decimal("60")), ("BTC", decimal("-10")), ("ETH", decimal("-30"))]).unwrap();
        let of = |net: &str, gross: &str, share: &str| Exposure {
            net: decimal(net),
            gross: decimal(gross),
            share: Some(decimal(share)),
        };
        assert_eq!(groups, BTreeMap::from([("BTC", of("50", "70", "0.7")), ("ETH", of("-30", "30", "0.3"))]));
        let found = concentration(&groups).unwrap();
        assert_eq!(found.herfindahl, decimal("0.58"));
    }

    #[test]
    fn nothing_has_no_shares() {
        assert_eq!(concentration(&exposures::<&str>([]).unwrap()), None);
        let groups = exposures([("a", Decimal::ZERO)]).unwrap();
        assert_eq!((groups["a"].share, concentration(&groups)), (None, None));
        assert_eq!(exposures([("a", Decimal::MAX), ("b", Decimal::MAX)]), None);
    }

    proptest! {
        #[test]
        fn shares_sum_up_to_one_and_the_index_has_its_limits(values in prop::collection::vec((0u8..20, -1_000_000i64..1_000_000), 1..50)) {
            let groups = exposures(values.iter().map(|(key, value)| (*key, Decimal::new(*value, 3)))).unwrap();
            if let Some(found) = concentration(&groups) {
                let sum: Decimal = groups.values().filter_map(|group| group.share).sum();
                let small = Decimal::new(1, 18);
                prop_assert!((sum - Decimal::ONE).abs() < small);
                prop_assert!(found.herfindahl <= Decimal::ONE + small);
                prop_assert!(found.herfindahl * Decimal::from(groups.len()) >= Decimal::ONE - small);
                prop_assert!(found.largest_share >= found.herfindahl - small);
            }
        }
    }
}
