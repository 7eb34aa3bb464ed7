//! Profit and loss of the ledger, by asset and by account.

use super::Args;
use crate::cli::nav::shown::cents;
use crate::cli::output::{Cell, Column};
use crate::cli::{Context, Exit, Failure};
use crate::feed::Clock;
use crate::money::{Asset, Decimal, plain};
use crate::portfolio::gains::{Gains, Happened, Held, Question, gains};
use crate::portfolio::ledger::Account;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Goes through the ledger and prints what it comes to.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let (owned, place, base) = args.which.find(context)?;
    let until = args.until.unwrap_or_else(|| Clock::start().now());
    let (ledger, past) = (&owned.ledger, &owned.past);
    let question = Question { base: &base, method: args.method, since: args.since, until };
    let mut price = |asset: usize, at| past.price(ledger.assets().get(asset)?, &base, at);
    let found = gains(ledger, &question, &mut price)
        .map_err(|error| Failure::new(Exit::Verification, "gains", error.to_string()))?;
    let portfolio = place.checked_sub(1).and_then(|place| owned.estate.portfolios().values().nth(place));
    let counts = |account: &Account| {
        args.account.as_ref().is_none_or(|only| only == account)
            && portfolio.is_none_or(|portfolio| portfolio.accounts.contains(account))
    };
    let wanted: BTreeSet<usize> =
        ledger.accounts().iter().enumerate().filter(|(_, account)| counts(account)).map(|(number, _)| number).collect();
    // What is held is told of the whole desk: lots belong to no account.
    let whole = args.account.is_none() && portfolio.is_none();
    let price_now = |asset: &Asset| {
        let named = args.prices.iter().rfind(|(priced, _)| priced == asset).map(|(_, price)| *price);
        named.or_else(|| past.price(asset, &base, until))
    };
    let lines: Vec<Line> = ledger
        .assets()
        .iter()
        .enumerate()
        .filter(|(_, asset)| **asset != base)
        .filter_map(|(number, asset)| Line::of(&found, number, asset, &wanted, whole.then(|| price_now(asset))))
        .collect();
    if context.output.json {
        let assets: BTreeMap<&str, Value> = lines.iter().map(|line| (line.asset.as_str(), line.json())).collect();
        let mut accounts: BTreeMap<&str, Happened> = BTreeMap::new();
        for ((account, _), happened) in found.happened.iter().filter(|((account, _), _)| wanted.contains(account)) {
            let Some(name) = ledger.accounts().get(*account) else { continue };
            accounts.entry(name.as_str()).or_default().add(happened);
        }
        let accounts: BTreeMap<&str, Value> = accounts.iter().map(|(name, happened)| (*name, told(happened))).collect();
        return context.output.json(&json!({
            "base": base, "method": args.method.as_str(), "assets": assets, "accounts": accounts,
        }));
    }
    let columns = ["quantity", "cost", "realised", "income", "fees", "unrealised"].map(Column::Right);
    let rows: Vec<Vec<Cell>> = lines.iter().map(Line::row).collect();
    context.output.table(&[&[Column::Left("asset")], columns.as_slice(), &[Column::Left("")]].concat(), &rows)
}

/// What is told of an asset.
struct Line {
    asset: Asset,
    happened: Happened,
    /// What the whole desk holds, where that was asked for.
    held: Option<Held>,
    unrealised: Option<Decimal>,
}

impl Line {
    fn of(
        found: &Gains,
        number: usize,
        asset: &Asset,
        wanted: &BTreeSet<usize>,
        price: Option<Option<Decimal>>,
    ) -> Option<Self> {
        let mut happened = Happened::default();
        let mut any = false;
        for ((_, _), of) in found.happened.iter().filter(|((at, of), _)| *of == number && wanted.contains(at)) {
            happened.add(of);
            any = true;
        }
        let held = price.and_then(|_| found.held.get(&number)).cloned();
        let unrealised = held.as_ref().zip(price.flatten()).and_then(|(held, price)| held.unrealised(price));
        (any || held.is_some()).then(|| Self { asset: asset.clone(), happened, held, unrealised })
    }

    fn json(&self) -> Value {
        let mut line = told(&self.happened);
        if let (Some(held), Some(line)) = (&self.held, line.as_object_mut()) {
            line.insert("quantity".to_owned(), plain(held.quantity).into());
            line.insert("cost".to_owned(), cents(held.cost).into());
            line.insert("uncosted".to_owned(), plain(held.uncosted).into());
            line.insert("owed".to_owned(), plain(held.owed).into());
            if let Some(unrealised) = self.unrealised {
                line.insert("unrealised".to_owned(), cents(unrealised).into());
            }
        }
        line
    }

    fn row(&self) -> Vec<Cell> {
        let held = |text: fn(&Held) -> String| self.held.as_ref().map_or("–".to_owned(), text);
        let unrealised = self.unrealised.map_or("–".to_owned(), cents);
        let Happened { realised, income, fees, .. } = self.happened;
        let texts = [held(|held| plain(held.quantity)), held(|held| cents(held.cost)), cents(realised)];
        let texts = texts.into_iter().chain([cents(income), cents(fees), unrealised, self.warning()]);
        std::iter::once(self.asset.to_string()).chain(texts).map(Cell::from).collect()
    }

    /// What is not known of it, in words.
    fn warning(&self) -> String {
        let mut words = Vec::new();
        if let Some(held) = self.held.as_ref().filter(|held| !held.uncosted.is_zero()) {
            words.push(format!("{} at unknown cost", plain(held.uncosted)));
        }
        if !self.happened.unmatched.is_zero() {
            words.push(format!("{} brought by what had no known cost", cents(self.happened.unmatched)));
        }
        if self.happened.unvalued > 0 {
            words.push(format!("{} entries without a price", self.happened.unvalued));
        }
        words.join("; ")
    }
}

fn told(happened: &Happened) -> Value {
    json!({
        "realised": cents(happened.realised),
        "income": cents(happened.income),
        "fees": cents(happened.fees),
        "unmatched": cents(happened.unmatched),
        "unvalued": happened.unvalued,
    })
}
