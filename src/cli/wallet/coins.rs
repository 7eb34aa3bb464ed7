//! `exchequer wallet coins`: what the wallet owns, as far as the chain was asked, and which coins are set aside.

use crate::cli::output::{Cell, Column, Tone};
use crate::cli::treasury::shown::btc;
use crate::cli::treasury::{Writing, chains, find, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::labels::{About, Label};
use crate::treasury::proposal::Event;
use bitcoin::OutPoint;

/// Arguments of `exchequer wallet coins`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// Sets a coin aside (TXID:NUMBER); may be repeated
    #[arg(long, value_name = "COIN")]
    freeze: Vec<OutPoint>,
    /// Lets a coin be spent again; may be repeated
    #[arg(long, value_name = "COIN")]
    thaw: Vec<OutPoint>,
    /// Labels one coin
    #[arg(long, value_names = ["COIN", "LABEL"], num_args = 2)]
    label: Vec<String>,
}

/// Lists coins, after what was asked has been written down.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = if args.freeze.is_empty() && args.thaw.is_empty() && args.label.is_empty() {
        read(context)?
    } else {
        let mut writing = Writing::open(context)?;
        let wallet = find::wallet(&writing.treasury, &args.wallet)?.wallet.id();
        for coin in &args.freeze {
            writing.write(Event::CoinFrozen { wallet, coin: *coin })?;
        }
        for coin in &args.thaw {
            writing.write(Event::CoinThawed { wallet, coin: *coin })?;
        }
        if let [coin, text] = args.label.as_slice() {
            let wrong = |error: String| Failure::new(Exit::Usage, "label", error);
            let coin: OutPoint = coin.parse().map_err(|error| wrong(format!("not a coin (TXID:NUMBER): {error}")))?;
            let label = Label::new(About::Output(coin), Some(text.clone()), None);
            let record = label.map_err(|error| wrong(error.to_string()))?.line();
            writing.write(Event::LabelSet { wallet, record })?;
        }
        writing.treasury
    };
    let vault = find::wallet(&treasury, &args.wallet)?;
    let holdings = chains::state(&vault.wallet, context)?.holdings(&vault.marks());
    if context.output.json {
        return context.output.json(&holdings);
    }
    if holdings.tip.is_none() {
        context.output.note("the chain was never asked: exchequer wallet sync does");
    }
    let rows: Vec<Vec<Cell>> = holdings
        .coins
        .iter()
        .map(|coin| {
            let height = coin.confirmed.map_or_else(|| "waits".to_owned(), |confirmed| confirmed.height.to_string());
            let frozen = if coin.frozen { Cell::toned("frozen", Tone::Warn) } else { "".into() };
            let label = coin.label.as_deref().unwrap_or_default();
            vec![
                coin.outpoint.to_string().into(),
                btc(coin.value).into(),
                height.into(),
                coin.spot.to_string().into(),
                frozen,
                label.into(),
            ]
        })
        .collect();
    let columns = [
        Column::Left("coin"),
        Column::Right("value"),
        Column::Right("height"),
        Column::Left("at"),
        Column::Left(""),
        Column::Left("label"),
    ];
    context.output.table(&columns, &rows)?;
    let balance = holdings.balance;
    context.output.text(&format!(
        "{} confirmed, {} incoming, {} outgoing, {} can be spent",
        btc(balance.confirmed),
        btc(balance.incoming),
        btc(balance.outgoing),
        btc(balance.spendable)
    ))
}
