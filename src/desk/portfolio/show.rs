//! What a reader sees of a portfolio, copied out of the valuation and of what its past came to.

use super::live::Live;
use super::view::{
    Change, EntryView, HoldingView, NavView, Part, PortfolioQuery, PortfolioView, PriceStep, Standing, UnitView,
};
use super::{Portfolios, Reckoning, Wanted};
use crate::market::{Timestamp, printable};
use crate::money::{Asset, Decimal};
use crate::portfolio::course::Day;
use crate::portfolio::estate::AccountKind;
use crate::portfolio::gains::Gains;
use crate::portfolio::ledger::{Account, Kind, Row};
use crate::portfolio::performance::dietz::{Flow, Holding as Dietz, Period};
use crate::portfolio::unit::high_water;
use crate::portfolio::valuation::{Age, Line, Total, Worth};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;

const DAY: i64 = 86_400;

impl Portfolios {
    /// NAV of all accounts in the desk's own currency.
    pub fn nav(&mut self, now: Timestamp) -> Option<NavView> {
        if self.is_empty() {
            return None;
        }
        let base = self.settings.base.clone();
        let live = self.live.get(&base)?;
        let (total, kept) = (live.valuation.total(0), self.kept(live, 0));
        let wanted = Wanted { known: self.known(live), ..Wanted::new(base.clone(), now) };
        self.wanted.insert(wanted.clone());
        let past = self.reckoned.get(&wanted).cloned();
        let day = past.and_then(|past| self.change(&wanted, &past, kept, now, today(now)?));
        Some(NavView { base, total, day })
    }

    /// A portfolio, as it is asked for.
    pub fn view(&mut self, query: &PortfolioQuery, now: Timestamp) -> Option<PortfolioView> {
        if self.is_empty() {
            return None;
        }
        let shown = query.shown.min(self.names.len() - 1);
        let base = query.base.clone().or_else(|| self.own_base(shown)).unwrap_or_else(|| self.settings.base.clone());
        self.look_at(base.clone(), now);
        let known = self.known(self.live.get(&base)?);
        let wanted = Wanted { shown, method: query.method, known, ..Wanted::new(base.clone(), now) };
        self.wanted.insert(wanted.clone());
        let past = self.reckoned.get(&wanted).cloned();
        let live = self.live.get(&base)?;
        let (total, kept) = (live.valuation.total(shown), self.kept(live, shown));
        let gains = past.as_ref().and_then(|past| past.gains.as_ref().ok());
        let holdings = self.holdings(live, shown, gains, now);
        let oldest = holdings.iter().filter(|holding| holding.value.is_some()).filter_map(|holding| {
            let step = holding.path.iter().max_by_key(|step| step.age)?;
            Some((step.age, Arc::clone(&step.source)))
        });
        let changes = past.as_ref().map(|past| since(now).map(|from| self.change(&wanted, past, kept, now, from?)));
        Some(PortfolioView {
            names: Arc::clone(&self.names),
            shown,
            bases: self.bases(now),
            total,
            oldest: oldest.max_by_key(|(age, _)| *age),
            changes: changes.unwrap_or_default(),
            holdings,
            unit: past.as_ref().filter(|_| self.owned.is_fund(shown)).and_then(|past| unit(&past.days, total)),
            past: past.map(|past| Arc::clone(&past.course)),
            entries: self.entries(shown, query.entries),
            entry_count: self.counts.get(shown).copied().unwrap_or_default(),
            base,
        })
    }

    /// The currency that a portfolio is told in, where that is not the desk's.
    fn own_base(&self, shown: usize) -> Option<Asset> {
        self.owned.estate.portfolios().values().nth(shown.checked_sub(1)?)?.base.clone()
    }

    fn holdings(&self, live: &Live, shown: usize, gains: Option<&Gains>, now: Timestamp) -> Vec<HoldingView> {
        let valuation = &live.valuation;
        let mut rows: BTreeMap<(&Asset, bool), Vec<&Line>> = BTreeMap::new();
        for line in valuation.of(shown).filter(|line| !line.quantity.is_zero()) {
            rows.entry((&line.asset, line.owed || line.quantity < Decimal::ZERO)).or_default().push(line);
        }
        let assets = valuation.total(shown).assets;
        let midnight = Timestamp::from_secs(now.secs().div_euclid(DAY) * DAY);
        let row = |((asset, owed), lines): ((&Asset, bool), Vec<&Line>)| {
            let quantity: Decimal = lines.iter().map(|line| line.quantity).sum();
            let known = |line: &&Line| match line.worth {
                Worth::Known { value, .. } => Some(value),
                Worth::Unknown { .. } | Worth::Never => None,
            };
            let value = lines.iter().map(known).sum::<Option<Decimal>>();
            let price = valuation.price(asset);
            let age = valuation.age(asset);
            let standing = match (price, age) {
                (None, _) => Standing::Never,
                (_, Some((_, age))) => standing(age),
                (Some(_), None) => Standing::Fresh,
            };
            let parts: Vec<Part> = lines.iter().map(|line| self.part(line, now)).collect();
            let looks = parts.iter().filter_map(|part| part.look.map(|look| look.standing));
            let standing = looks.fold(standing, Standing::max);
            // What the whole desk holds is one lot to the methods: a portfolio has its share of what that cost.
            let number = self.owned.ledger.assets().iter().position(|known| known == asset);
            let held = gains.zip(number).and_then(|(gains, number)| gains.held.get(&number));
            // Of a debt, what was borrowed is what it cost to owe it: that is what came in for it.
            let pool = held.filter(|held| owed || held.uncosted.is_zero());
            let pool = pool.map(|held| if owed { (-held.owed, -held.borrowed) } else { (held.quantity, held.cost) });
            // Nobody knows what it cost where a chain says that it is there.
            let pool = pool.filter(|_| parts.iter().all(|part| part.look.is_none()));
            let cost = pool.and_then(|(whole, cost)| cost.checked_mul(quantity)?.checked_div(whole));
            let realised = gains.zip(number).filter(|_| !owed).map(|(gains, number)| {
                let of =
                    gains.happened.iter().filter(|((account, of), _)| *of == number && self.holds(shown, *account));
                of.map(|(_, happened)| happened.realised + happened.income).sum()
            });
            HoldingView {
                asset: asset.clone(),
                owed,
                quantity,
                price,
                age: age.map(|(at, _)| at.age(now)),
                standing,
                value,
                share: value.filter(|_| !owed).and_then(|value| percent(value, assets)),
                day: price.zip(self.owned.past.price(asset, valuation.base(), midnight)).and_then(|(now, then)| {
                    (age.is_some() && standing <= Standing::Stale).then(|| percent(now - then, then)).flatten()
                }),
                unrealised: value.zip(cost).map(|(value, cost)| value - cost).filter(|_| asset != valuation.base()),
                realised: realised.filter(|_| asset != valuation.base()),
                cost: cost.filter(|_| asset != valuation.base()),
                parts,
                path: path(live, asset, now),
            }
        };
        let mut holdings: Vec<HoldingView> = rows.into_iter().map(row).collect();
        holdings.sort_by(|a, b| (a.owed, b.value).cmp(&(b.owed, a.value)));
        holdings
    }

    /// How a portfolio has changed since the end of a day: what of it is in the ledger, which comes to `total`.
    fn change(&self, wanted: &Wanted, past: &Reckoning, total: Total, now: Timestamp, from: Date) -> Option<Change> {
        // What is unknown now was known then.
        if total.unpriced > total.never {
            return None;
        }
        let place = past.days.iter().position(|day| day.date == from)?;
        let (begin, later) = past.days.get(place..)?.split_first()?;
        let whole = |day: &Day| day.unpriced == 0;
        let mut flows = vec![Flow { date: day_of(now)?, amount: self.flow_today(wanted, now)? }];
        for day in later {
            if day.unknown_flows > 0 {
                return None;
            }
            flows.push(Flow { date: day.date, amount: day.flow });
        }
        let period = Period { first: from, last: day_of(now)? };
        let held = Dietz { begin: whole(begin).then_some(begin.value)?, end: total.nav(), flows: &flows };
        let flowed: Decimal = flows.iter().map(|flow| flow.amount).sum();
        let percent = period.modified_dietz(&held).map(|share| share * Decimal::ONE_HUNDRED);
        Some(Change { gain: total.nav() - begin.value - flowed, percent })
    }

    /// What came from outside today less what went there, at today's prices; `None` when a part has none.
    pub(super) fn flow_today(&self, wanted: &Wanted, now: Timestamp) -> Option<Decimal> {
        let midnight = Timestamp::from_secs(now.secs().div_euclid(DAY) * DAY);
        let valuation = &self.live.get(&wanted.base)?.valuation;
        let ledger = &self.owned.ledger;
        let mut sum = Decimal::ZERO;
        // Not in the order in which entries came: an old export may have been brought in today.
        let latest = self.by_time.iter().rev().filter_map(|place| ledger.row(usize::try_from(*place).ok()?));
        for row in latest.take_while(|row| row.at >= midnight) {
            let outside = matches!(
                row.kind,
                Kind::Deposit
                    | Kind::Withdrawal
                    | Kind::Transfer
                    | Kind::Subscription { .. }
                    | Kind::Redemption { .. }
                    | Kind::Correction { .. }
            );
            if !outside || row.at > now || !self.holds(wanted.shown, row.account) {
                continue;
            }
            for leg in row.legs.iter().filter(|leg| !leg.fee()) {
                let price = valuation.price(ledger.assets().get(leg.asset())?)?;
                sum = sum.checked_add(leg.amount.checked_mul(price)?)?;
            }
        }
        Some(sum)
    }

    fn part(&self, line: &Line, now: Timestamp) -> Part {
        let look = self.look(line, now);
        let kind = if look.is_some() { AccountKind::Wallet } else { self.owned.estate.kind(&line.account) };
        Part { account: printable(line.account.as_str()).into(), kind: kind.as_str(), quantity: line.quantity, look }
    }

    /// Whether an account, by its number, is in a portfolio.
    fn holds(&self, shown: usize, account: usize) -> bool {
        let Some(place) = shown.checked_sub(1) else { return true };
        let name = self.owned.ledger.accounts().get(account);
        let portfolio = self.owned.estate.portfolios().values().nth(place);
        name.zip(portfolio).is_some_and(|(name, portfolio)| portfolio.accounts.contains(name))
    }

    /// How many entries a portfolio has.
    pub(super) fn count(&self, shown: usize) -> usize {
        (0..self.owned.ledger.len()).filter(|place| self.concerns(shown, *place)).count()
    }

    fn concerns(&self, shown: usize, place: usize) -> bool {
        shown == 0 || self.owned.ledger.row(place).is_some_and(|row| self.holds(shown, row.account))
    }

    fn entries(&self, shown: usize, (passed, wanted): (usize, usize)) -> Vec<EntryView> {
        if wanted == 0 {
            return Vec::new();
        }
        let ledger = &self.owned.ledger;
        let show = |row: Row<'_>| {
            let leg = |leg: &crate::portfolio::ledger::LegRow| {
                Some((ledger.assets().get(leg.asset())?.clone(), leg.amount, leg.fee()))
            };
            let account = ledger.accounts().get(row.account).map(Account::as_str).unwrap_or_default();
            let (at, kind, legs) = (row.at, row.kind.name(), row.legs.iter().filter_map(leg).collect());
            EntryView { at, account: printable(account).into(), kind, legs }
        };
        let newest = self.by_time.iter().rev().filter_map(|place| usize::try_from(*place).ok());
        let newest = newest.filter(|place| self.concerns(shown, *place)).skip(passed).take(wanted);
        newest.filter_map(|place| ledger.row(place)).map(show).collect()
    }
}

fn standing(age: Age) -> Standing {
    match age {
        Age::Fresh => Standing::Fresh,
        Age::Stale => Standing::Stale,
        Age::Expired => Standing::Expired,
    }
}

fn percent(part: Decimal, whole: Decimal) -> Option<Decimal> {
    part.checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole)
}

fn path(live: &Live, asset: &Asset, now: Timestamp) -> Vec<PriceStep> {
    let step = |step: crate::portfolio::valuation::Step<'_>| PriceStep {
        source: Arc::clone(&step.quote.source),
        price: step.tick.price,
        inverted: step.inverted,
        age: step.tick.at.age(now),
        standing: standing(step.age),
    };
    live.valuation.path(asset).into_iter().map(step).collect()
}

/// The units of a fund, as far as the ledger has any.
fn unit(days: &[Day], total: Total) -> Option<UnitView> {
    let units = days.last().map(|day| day.units).filter(|units| *units > Decimal::ZERO)?;
    let worth = |day: &Day| Some((day.date, day.value.checked_div(day.units).filter(|_| day.unpriced == 0)?));
    let series: Vec<(Date, Decimal)> = days.iter().filter_map(worth).collect();
    Some(UnitView {
        units,
        nav: (total.unpriced == total.never).then(|| total.nav().checked_div(units)).flatten(),
        high_water: high_water(&series).last().map(|mark| mark.nav_per_unit),
    })
}

fn day_of(at: Timestamp) -> Option<Date> {
    Some(jiff::Timestamp::from_second(at.secs()).ok()?.to_zoned(TimeZone::UTC).date())
}

/// The day that has ended at midnight.
fn today(now: Timestamp) -> Option<Date> {
    day_of(now)?.yesterday().ok()
}

/// The days at whose end the changes that are shown begin.
fn since(now: Timestamp) -> [Option<Date>; 4] {
    let before = |days: i64| today(now)?.checked_sub(jiff::Span::new().days(days)).ok();
    let year = day_of(now).and_then(|today| Date::new(today.year() - 1, 12, 31).ok());
    [today(now), before(6), before(29), year]
}
