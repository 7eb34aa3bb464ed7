//! `exchequer pnl`: what a table of trades has realised, what is held, and what that cost.

use super::output::{Cell, Column};
use super::{Context, Exit, Failure, read};
use crate::money::{Asset, Decimal, parse_decimal, plain};
use crate::portfolio::basis::{Holding, Method};
use crate::portfolio::trades;
use rust_decimal::RoundingStrategy;
use std::collections::BTreeMap;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer pnl --trades trades.csv                               the oldest purchases are sold first
  exchequer pnl --trades trades.csv --method average --json       for a script
  exchequer pnl --trades trades.csv --price BTC=97412.10 --price ETH=3418";

/// Arguments of `exchequer pnl`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// A CSV file with the columns date, type (buy or sell), asset, quantity, price and perhaps fee
    #[arg(long, value_name = "FILE")]
    trades: PathBuf,
    /// Which purchases a sale uses up: the oldest, the newest, the dearest, or all at their average cost
    #[arg(long, value_name = "METHOD", default_value = "fifo", value_enum)]
    method: Choice,
    /// What one is worth now, for what is not realised yet; may be repeated
    #[arg(long = "price", value_name = "ASSET=PRICE", value_parser = price)]
    prices: Vec<(Asset, Decimal)>,
}

/// The methods by name.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Choice {
    Fifo,
    Lifo,
    Hifo,
    Average,
}

/// Reads the trades and prints what they come to.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let wrong = |error| read::wrong(&args.trades, &error);
    let method = match args.method {
        Choice::Fifo => Method::Fifo,
        Choice::Lifo => Method::Lifo,
        Choice::Hifo => Method::Hifo,
        Choice::Average => Method::Average,
    };
    let entries = trades::read(read::open(&args.trades)?).map_err(wrong)?;
    let holdings = trades::holdings(&entries, method).map_err(wrong)?;
    let mut lines = Vec::new();
    for (asset, holding) in &holdings {
        lines.push((asset, Line::of(holding, args.prices.iter().rfind(|(priced, _)| priced == asset))?));
    }
    if context.output.json {
        let assets: BTreeMap<&str, _> = lines.iter().map(|(asset, line)| (asset.as_str(), line.json())).collect();
        return context.output.json(&serde_json::json!({ "assets": assets }));
    }
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|(asset, line)| {
            let unrealised = line.unrealised.as_deref().unwrap_or("–");
            [asset.as_str(), &line.quantity, &line.cost, &line.realised, unrealised].map(Cell::from).to_vec()
        })
        .collect();
    let columns = ["quantity", "cost", "realised", "unrealised"].map(Column::Right);
    context.output.table(&[&[Column::Left("asset")], columns.as_slice()].concat(), &rows)
}

/// What is printed of an asset. Money is rounded here, and nowhere before.
struct Line {
    quantity: String,
    cost: String,
    realised: String,
    unrealised: Option<String>,
}

impl Line {
    fn of(holding: &Holding, price: Option<&(Asset, Decimal)>) -> Result<Self, Failure> {
        let unrealised = match price {
            None => None,
            Some((asset, price)) => Some(holding.unrealised(*price).ok_or_else(|| {
                Failure::new(Exit::Usage, "price", format!("{asset} at {price} is worth more than can be counted"))
            })?),
        };
        Ok(Self {
            quantity: plain(holding.quantity()),
            cost: cents(holding.cost()),
            realised: cents(holding.realised()),
            unrealised: unrealised.map(cents),
        })
    }

    fn json(&self) -> serde_json::Value {
        let mut line = serde_json::json!({ "realised": self.realised, "quantity": self.quantity, "cost": self.cost });
        if let (Some(unrealised), Some(line)) = (&self.unrealised, line.as_object_mut()) {
            line.insert("unrealised".to_owned(), unrealised.as_str().into());
        }
        line
    }
}

/// Two decimals, half to even.
fn cents(value: Decimal) -> String {
    let mut rounded = value.round_dp_with_strategy(2, RoundingStrategy::MidpointNearestEven);
    rounded.rescale(2);
    if rounded.is_zero() { "0.00".to_owned() } else { rounded.to_string() }
}

fn price(text: &str) -> Result<(Asset, Decimal), String> {
    let example = "write an asset and its price, such as BTC=97412.10";
    let (asset, price) = text.split_once('=').ok_or(example)?;
    let asset = Asset::new(asset).map_err(|error| error.to_string())?;
    let price = parse_decimal(price).ok().filter(|price| *price >= Decimal::ZERO);
    Ok((asset, price.ok_or(example)?))
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
    }
}
