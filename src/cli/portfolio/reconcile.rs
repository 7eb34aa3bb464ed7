//! `exchequer portfolio reconcile`: what the ledger says of an account against what the venue says of it.
//!
//! - Every asset that either of them knows is told, with both amounts and the difference, exact to the last digit.
//! - A difference stays one: nothing is booked to make it go away, nothing is rounded, and what only one side has differs.
//! - With `--trades` the venue's trades come into the ledger first, under the venue's ids, as an import would bring them.

use super::ledger;
use super::trades::{Brought, bring};
use crate::cli::account::{Account as Venue, Where, name, position, refused};
use crate::cli::link::runtime;
use crate::cli::output::{Cell, Column, Tone};
use crate::cli::{Context, Exit, Failure};
use crate::market::Symbol;
use crate::money::{Decimal, exact_sum, plain};
use crate::portfolio::ledger::{Account, Ledger};
use crate::venue::account::{Balance, Position};
use std::collections::BTreeMap;

/// Arguments of `exchequer portfolio reconcile`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The account of the ledger, such as kraken
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::new)]
    account: Account,
    #[command(flatten)]
    place: Where,
    /// Brings trades into the ledger that it does not have yet, as far back as the venue tells
    #[arg(long)]
    trades: bool,
    /// With --trades: of these instruments alone; Binance tells of no others
    #[arg(long, value_name = "SYMBOL", requires = "trades", value_parser = Symbol::new)]
    symbol: Vec<Symbol>,
    /// With --trades: says what would be added, and adds nothing
    #[arg(long, requires = "trades")]
    dry_run: bool,
}

/// One asset, as each side has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pair {
    ledger: Option<Decimal>,
    venue: Option<Decimal>,
}

impl Pair {
    /// What the venue has more than the ledger; none when it has too many digits to be told.
    fn difference(self) -> Option<Decimal> {
        exact_sum(self.venue.unwrap_or_default(), -self.ledger.unwrap_or_default())
    }

    fn equal(self) -> bool {
        self.difference().is_some_and(|difference| difference.is_zero())
    }
}

/// Asks the venue and compares.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let before = ledger(context)?;
    if !args.trades && !before.balances().contains_key(&args.account) {
        return Err(unknown(&args.account, &before));
    }
    let mut venue = Venue::find(&args.place, context)?;
    let runtime = runtime()?;
    let brought = match args.trades {
        true => Some(bring(&mut venue, &runtime, &args.account, &args.symbol, args.dry_run, context)?),
        false => None,
    };
    let told = runtime.block_on(async {
        let balances = venue.holder.balances().await?;
        Ok((balances, venue.holder.positions().await?))
    });
    let (balances, positions) = told.map_err(|error| refused(&error))?;
    let after = if brought.as_ref().is_some_and(|brought| brought.changed) { ledger(context)? } else { before };
    let pairs = pairs(&after, &args.account, &balances);
    tell(args, context, &venue, &pairs, positions.as_deref(), brought.as_ref())?;
    match pairs.values().filter(|pair| !pair.equal()).count() {
        0 => Ok(()),
        differ => {
            let message =
                format!("{differ} of {} assets differ between {} and {}", pairs.len(), args.account, venue.venue);
            Err(Failure::new(Exit::Verification, "differs", message)
                .hint("import what is missing, or write a correction that says why"))
        }
    }
}

fn unknown(account: &Account, ledger: &Ledger) -> Failure {
    let known: Vec<&str> = ledger.accounts().iter().map(Account::as_str).collect();
    let hint = match known.is_empty() {
        true => "the ledger is empty: exchequer portfolio import brings exports into it".to_owned(),
        false => format!("it has {}", known.join(", ")),
    };
    Failure::new(Exit::Usage, "account_unknown", format!("the ledger has no account {account}")).hint(hint)
}

fn pairs<'a>(ledger: &'a Ledger, account: &Account, balances: &'a [Balance]) -> BTreeMap<&'a str, Pair> {
    let mut pairs: BTreeMap<&str, Pair> = BTreeMap::new();
    for (asset, amount) in ledger.balances().get(account).into_iter().flatten() {
        pairs.entry(asset.as_str()).or_default().ledger = Some(*amount);
    }
    for balance in balances {
        pairs.entry(name(balance)).or_default().venue = Some(balance.amount);
    }
    pairs
}

fn tell(
    args: &Args,
    context: &Context,
    venue: &Venue,
    pairs: &BTreeMap<&str, Pair>,
    positions: Option<&[Position]>,
    brought: Option<&Brought>,
) -> Result<(), Failure> {
    let leaves_out = venue.holder.leaves_out();
    let equal = pairs.values().all(|pair| pair.equal());
    if context.output.json {
        let assets: Vec<_> = pairs
            .iter()
            .map(|(asset, pair)| {
                serde_json::json!({
                    "asset": asset, "ledger": pair.ledger.map(plain), "venue": pair.venue.map(plain),
                    "difference": pair.difference().map(plain), "equal": pair.equal(),
                })
            })
            .collect();
        return context.output.json(&serde_json::json!({
            "account": args.account, "venue": venue.venue, "equal": equal, "assets": assets,
            "positions": positions.map(|list| list.iter().map(position).collect::<Vec<_>>()), "leaves_out": leaves_out,
            "trades": brought.map(Brought::value),
        }));
    }
    let amount = |amount: Option<Decimal>| Cell::from(amount.map_or("–".into(), plain));
    let rows: Vec<Vec<Cell>> = pairs
        .iter()
        .map(|(asset, pair)| {
            let (word, tone) = if pair.equal() { ("equal", Tone::Good) } else { ("DIFFERS", Tone::Bad) };
            let difference = pair.difference().map_or("too many digits".into(), plain);
            let difference = Cell::toned(&difference, if pair.equal() { Tone::Plain } else { Tone::Bad });
            vec![(*asset).into(), amount(pair.ledger), amount(pair.venue), difference, Cell::toned(word, tone)]
        })
        .collect();
    let [ledger, there, more] = ["ledger", "venue", "difference"].map(Column::Right);
    context.output.table(&[Column::Left("asset"), ledger, there, more, Column::Left("is")], &rows)?;
    let mut lines = vec![format!("not compared: {leaves_out}")];
    match positions {
        None => lines.push("the venue tells this key of no positions".to_owned()),
        Some([]) => {}
        Some(open) => lines.push(format!("open positions, whose value is not compared: {}", open.len())),
    }
    lines.extend(brought.map(Brought::line));
    context.output.text(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_exact_or_there_is_none_and_neither_is_equal() {
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let pair = |ledger, venue| Pair { ledger, venue };
        assert!(pair(number("1.50"), number("1.5")).equal());
        assert!(pair(number("0.00"), None).equal(), "what is gone need not be told");
        let dust = pair(number("1"), number("1.0000000000000000000000000001"));
        assert!(!dust.equal() && dust.difference() == number("0.0000000000000000000000000001"));
        let wide = pair(number("79228162514264337593543950335"), number("0.1"));
        assert!(!wide.equal() && wide.difference().is_none());
        assert_eq!(pair(number("2"), None).difference(), number("-2"));
    }
}
