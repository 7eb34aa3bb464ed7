//! How portfolios are printed.

use crate::desk::portfolio::{Change, Look, PortfolioView, Standing};
use crate::market::Timestamp;
use crate::money::{Decimal, plain};
use crate::portfolio::performance::exposure::{concentration, exposures};
use rust_decimal::RoundingStrategy;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Two decimals, half to even.
pub fn cents(value: Decimal) -> String {
    let mut rounded = value.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    rounded.rescale(2);
    if rounded.is_zero() { "0.00".to_owned() } else { rounded.to_string() }
}

/// The same, with a sign.
pub fn signed(value: Decimal) -> String {
    let text = cents(value);
    if value > Decimal::ZERO { format!("+{text}") } else { text }
}

/// A price: as it is, or eight digits where it is the product of others.
pub fn price(value: Decimal) -> String {
    let short = if value.scale() > 8 { value.round_sf(8).unwrap_or(value) } else { value };
    plain(short)
}

/// How old something is.
pub fn age(age: Duration) -> String {
    match age.as_secs() {
        0..60 => format!("{}.{} s", age.as_secs(), age.subsec_millis() / 100),
        60..3_600 => format!("{} m", age.as_secs() / 60),
        3_600..172_800 => format!("{} h", age.as_secs() / 3_600),
        days => format!("{} d", days / 86_400),
    }
}

/// How complete NAV is, in words.
pub fn complete(view: &PortfolioView) -> String {
    let oldest =
        view.oldest.as_ref().map_or(String::new(), |(old, source)| format!(", oldest price {} ({source})", age(*old)));
    let total = &view.total;
    if total.unpriced == 0 {
        return format!("complete{oldest}");
    }
    let mut words = Vec::new();
    let unknown = total.unpriced - total.never;
    if let (Some(share), 1..) = (total.complete(), unknown) {
        let percent = (share * Decimal::ONE_HUNDRED).round_dp_with_strategy(1, RoundingStrategy::ToZero);
        // What never had a price has no weight, so the share is the most that it can be.
        let most = if total.never > 0 { "at most " } else { "" };
        words.push(format!("complete to {most}{percent:.1} %, {unknown} with too old a price"));
    } else {
        words.push("not complete".to_owned());
    }
    if total.never > 0 {
        words.push(format!("{} never had a price", total.never));
    }
    format!("{}{oldest}", words.join(", "))
}

/// Which accounts were looked at long ago, a line for each.
pub fn old(view: &PortfolioView) -> Vec<String> {
    let parts = view.holdings.iter().flat_map(|holding| &holding.parts);
    let looks = parts.filter_map(|part| part.look.map(|look| (&part.account, look)));
    let old: BTreeMap<_, _> = looks.filter(|(_, look)| look.standing == Standing::Stale).collect();
    let line = |(account, look): (&Arc<str>, Look)| {
        format!("{account}: OLD, looked at {} ago, at block {}: exchequer safe sync", age(look.age), look.block)
    };
    old.into_iter().map(line).collect()
}

/// For scripts: decimals are strings, what is not known is null.
pub fn json(view: &PortfolioView, as_of: Option<Timestamp>) -> Value {
    let number = |value: Option<Decimal>| value.map(plain);
    let change = |change: Option<Change>| {
        change.map(|change| json!({ "gain": plain(change.gain), "percent": number(change.percent.map(short)) }))
    };
    let [day, week, month, year] = view.changes.map(change);
    let holdings: Vec<Value> = view
        .holdings
        .iter()
        .map(|holding| {
            json!({
                "asset": holding.asset,
                "owed": holding.owed,
                "quantity": plain(holding.quantity),
                "price": number(holding.price),
                "standing": standing(holding.standing),
                "age_ms": holding.age.map(|age| age.as_millis()),
                "value": number(holding.value),
                "share": number(holding.share.map(short)),
                "day": number(holding.day.map(short)),
                "cost": number(holding.cost),
                "unrealised": number(holding.unrealised),
                "realised": number(holding.realised),
                "accounts": holding.parts.iter().map(|part| json!({
                    "account": &*part.account,
                    "kind": part.kind,
                    "quantity": plain(part.quantity),
                    "look": part.look.map(|look| json!({
                        "block": look.block, "age_ms": look.age.as_millis(), "standing": standing(look.standing),
                    })),
                })).collect::<Vec<_>>(),
                "path": holding.path.iter().map(|step| json!({
                    "source": &*step.source,
                    "price": plain(step.price),
                    "inverted": step.inverted,
                    "age_ms": step.age.as_millis(),
                    "standing": standing(step.standing),
                })).collect::<Vec<_>>(),
            })
        })
        .collect();
    let known = || view.holdings.iter().filter_map(|holding| Some((holding, holding.value?)));
    let groups = exposures(known().map(|(holding, value)| (holding.asset.as_str(), value)));
    let concentrated = groups.as_ref().and_then(concentration);
    json!({
        "portfolio": view.names.get(view.shown).map(AsRef::as_ref),
        "base": view.base,
        "as_of": as_of.map(|at| at.to_string()),
        "nav": plain(view.total.nav()),
        "assets": plain(view.total.assets),
        "liabilities": plain(view.total.liabilities),
        "lines": view.total.lines,
        "unpriced": view.total.unpriced,
        "never_priced": view.total.never,
        "stale": view.total.stale,
        "complete": number(view.total.complete().map(short)),
        "oldest": view.oldest.as_ref().map(|(age, source)| json!({ "age_ms": age.as_millis(), "source": &**source })),
        "change": { "day": day, "7d": week, "30d": month, "ytd": year },
        "unit": view.unit.map(|unit| json!({
            "units": plain(unit.units), "nav": number(unit.nav), "high_water": number(unit.high_water),
        })),
        "concentration": concentrated.map(|found| json!({
            "herfindahl": plain(short(found.herfindahl)),
            "largest": found.largest,
            "largest_share": plain(short(found.largest_share)),
        })),
        "holdings": holdings,
    })
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Fresh => "fresh",
        Standing::Stale => "stale",
        Standing::Expired => "expired",
        Standing::Never => "never",
    }
}

/// Shares have eight digits behind the point: more would be noise.
fn short(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(8, RoundingStrategy::MidpointNearestEven)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_rounded_half_to_even_and_keeps_its_cents() {
        let shown = |text: &str| cents(text.parse().unwrap());
        for (exact, rounded) in
            [("1.005", "1.00"), ("1.015", "1.02"), ("-1.005", "-1.00"), ("-0.001", "0.00"), ("7", "7.00")]
        {
            assert_eq!(shown(exact), rounded);
        }
        assert_eq!([signed("5".parse().unwrap()), signed("-5".parse().unwrap())], ["+5.00", "-5.00"]);
    }

    #[test]
    fn ages_have_one_unit() {
        let texts = [0, 59, 60, 7_200, 200_000].map(|secs| age(Duration::from_secs(secs)));
        assert_eq!(texts, ["0.0 s", "59.0 s", "1 m", "2 h", "2 d"]);
    }
}
