//! `exchequer pnl`: what was realised and earned, what is held, and what that cost; of the ledger, or of a table of trades.

mod ledger;
mod trades;

use super::nav::Which;
use super::{Context, Failure};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, parse_decimal};
use crate::portfolio::basis::Method;
use crate::portfolio::ledger::Account;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer pnl                                                   of the ledger
  exchequer pnl --since 2026-01-01 --method average --base EUR
  exchequer pnl --account kraken --json                           what happened in one account
  exchequer pnl --trades trades.csv                               of a table: the oldest purchases are sold first
  exchequer pnl --trades trades.csv --price BTC=97412.10 --price ETH=3418";

/// Arguments of `exchequer pnl`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// A CSV file with the columns date, type (buy or sell), asset, quantity, price and perhaps fee; instead of the ledger
    #[arg(long, value_name = "FILE", conflicts_with_all = ["portfolio", "account", "since", "until"])]
    trades: Option<PathBuf>,
    /// Which purchases a sale uses up: fifo (the oldest), lifo (the newest), hifo (the dearest), average (all in proportion)
    #[arg(long, value_name = "METHOD", default_value = "fifo", value_parser = methods(), hide_possible_values = true)]
    method: Method,
    /// What one is worth now, for what is not realised yet; may be repeated
    #[arg(long = "price", value_name = "ASSET=PRICE", value_parser = price)]
    prices: Vec<(Asset, Decimal)>,
    #[command(flatten)]
    which: Which,
    /// Only what happened in this account
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::new)]
    account: Option<Account>,
    /// Only what was realised, earned and spent after this day's end
    #[arg(long, value_name = "DATE", value_parser = super::nav::moment)]
    since: Option<Timestamp>,
    /// Nothing after this day's end
    #[arg(long, value_name = "DATE", value_parser = super::nav::moment)]
    until: Option<Timestamp>,
}

/// Prints what trades come to.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.trades {
        Some(file) => trades::run(file, args, context),
        None => ledger::run(args, context),
    }
}

fn methods() -> impl TypedValueParser<Value = Method> {
    PossibleValuesParser::new(Method::ALL.map(Method::as_str))
        .try_map(|name| Method::ALL.into_iter().find(|method| method.as_str() == name).ok_or("no method of this name"))
}

fn price(text: &str) -> Result<(Asset, Decimal), String> {
    let example = "write an asset and its price, such as BTC=97412.10";
    let (asset, price) = text.split_once('=').ok_or(example)?;
    let asset = Asset::new(asset).map_err(|error| error.to_string())?;
    let price = parse_decimal(price).ok().filter(|price| *price >= Decimal::ZERO);
    Ok((asset, price.ok_or(example)?))
}
