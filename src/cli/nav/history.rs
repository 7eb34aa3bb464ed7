//! `exchequer nav history`: what a portfolio was worth at the end of every day.
//!
//! The days are made of the ledger and the stored prices, so that a late import or a correction is in them; what was recorded
//! while a desk ran is told as it was.

use super::Which;
use crate::cli::nav::owned;
use crate::cli::output::{Cell, Column};
use crate::cli::{Context, Exit, Failure};
use crate::desk::portfolio::{Wanted, reckon};
use crate::feed::Clock;
use crate::market::Timestamp;
use crate::money::{Decimal, plain};
use crate::portfolio::estate::CONSOLIDATED;
use crate::portfolio::snapshot::Snapshot;
use crate::store::history::export;
use std::path::PathBuf;

/// Arguments of `exchequer nav history`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    /// From the end of this day on
    #[arg(long, value_name = "DATE", value_parser = super::moment)]
    since: Option<Timestamp>,
    /// What was recorded while a desk ran: minutes of today, hours of a month, days
    #[arg(long)]
    recorded: bool,
    /// Writes a file instead: .parquet, .csv or .json
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
}

/// Prints or exports the history.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let (snapshots, left_out) = if args.recorded { (recorded(args, context)?, 0) } else { days(args, context)? };
    if left_out > 0 {
        context.output.note(&format!("{left_out} days are left out: something held had no price"));
    }
    if let Some(file) = &args.export {
        return export(file, &snapshots).map_err(|error| Failure::new(Exit::Usage, "export", error.to_string()));
    }
    if context.output.json {
        let rows: Vec<_> = snapshots.iter().map(json).collect();
        return context.output.json(&rows);
    }
    let columns = ["at", "NAV", "invested", "units", "a unit"].map(Column::Right);
    let row = |row: &Snapshot| {
        let unit = row.units.and_then(|units| row.nav.checked_div(units));
        let texts = [
            row.at.to_string(),
            super::shown::cents(row.nav),
            row.invested.map(super::shown::cents).unwrap_or_default(),
            row.units.map(plain).unwrap_or_default(),
            unit.map(|unit| format!("{unit:.4}")).unwrap_or_default(),
        ];
        texts.map(Cell::from).to_vec()
    };
    context.output.table(&columns, &snapshots.iter().map(row).collect::<Vec<_>>())
}

/// The days of the ledger at the stored prices, and how many of them are not complete.
fn days(args: &Args, context: &Context) -> Result<(Vec<Snapshot>, usize), Failure> {
    let (owned, shown, base) = args.which.find(context)?;
    let now = Clock::start().now();
    let wanted = Wanted { shown, ..Wanted::new(base.clone(), now) };
    let name = args.which.portfolio.as_deref().unwrap_or(CONSOLIDATED);
    let (mut invested, mut rows, mut left_out) = (Some(Decimal::ZERO), Vec::new(), 0);
    for day in reckon(&owned, &wanted, None, now).days {
        invested = invested.filter(|_| day.unknown_flows == 0).map(|invested| invested + day.flow);
        if args.since.is_some_and(|since| day.end < since) {
            continue;
        }
        if day.unpriced > 0 || day.unknown_flows > 0 {
            left_out += 1;
            continue;
        }
        rows.push(Snapshot {
            at: day.end,
            portfolio: name.into(),
            base: base.clone(),
            nav: day.value,
            invested,
            units: owned.is_fund(shown).then_some(day.units),
            complete: Decimal::ONE,
            unpriced: 0,
        });
    }
    Ok((rows, left_out))
}

fn recorded(args: &Args, context: &Context) -> Result<Vec<Snapshot>, Failure> {
    let name = args.which.portfolio.as_deref().unwrap_or("Consolidated");
    let since = args.since.unwrap_or(Timestamp::from_nanos(0));
    Ok(owned::history(context).snapshots(name, since, Clock::start().now()))
}

fn json(row: &Snapshot) -> serde_json::Value {
    serde_json::json!({
        "at": row.at.to_string(),
        "portfolio": &*row.portfolio,
        "base": row.base,
        "nav": plain(row.nav),
        "invested": row.invested.map(plain),
        "units": row.units.map(plain),
        "complete": plain(row.complete),
        "unpriced": row.unpriced,
    })
}
