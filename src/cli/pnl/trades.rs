//! What a table of trades has realised, what is held, and what that cost.

use super::Args;
use crate::cli::nav::shown::cents;
use crate::cli::output::{Cell, Column};
use crate::cli::{Context, Exit, Failure, read};
use crate::money::{Asset, Decimal, plain};
use crate::portfolio::basis::Holding;
use crate::portfolio::trades;
use std::collections::BTreeMap;
use std::path::Path;

/// Reads the trades and prints what they come to.
pub fn run(file: &Path, args: &Args, context: &Context) -> Result<(), Failure> {
    let wrong = |error| read::wrong(file, &error);
    let entries = trades::read(read::open(file)?).map_err(wrong)?;
    let holdings = trades::holdings(&entries, args.method).map_err(wrong)?;
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
