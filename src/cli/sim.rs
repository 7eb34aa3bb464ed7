//! `exchequer sim`: a simulated exchange that speaks Kraken's WebSocket v2 protocol, or with `--chain` a simulated Bitcoin
//! chain (regtest) that speaks Esplora's HTTP API.
//!
//! It prints the address that clients connect to as its first line, runs until it is stopped (or for as long as asked), and
//! prints what it sent and which faults it made as its last one.

use super::{Context, Exit, Failure};
use crate::market::{Contract, Symbol, printable};
use crate::sim::{ChainServer, ChainSettings, Fault, MAX_PAIRS, MAX_RATE, Pair, Server, Settings, SimError};
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Arguments of `exchequer sim`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Decides all that happens: the same seed is the same market
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Changes of books and trades a second, over all symbols
    #[arg(long, value_name = "PER SECOND", default_value_t = 40)]
    rate: u32,
    /// What is traded: names with commas between them, or how many
    #[arg(id = "pairs", long = "symbols", value_name = "NAMES", default_value = "5", value_parser = pairs)]
    pairs: Pairs,
    /// What goes wrong, and in what share of the messages; may be repeated
    #[arg(id = "faults", long = "fault", value_name = "KIND@RATE", long_help = FAULTS)]
    faults: Vec<Fault>,
    /// A Bitcoin chain instead of an exchange: regtest, behind the HTTP API of Esplora
    #[arg(long, conflicts_with_all = ["seed", "rate", "pairs", "faults"], long_help = CHAIN)]
    chain: bool,
    /// How often the chain finds a block; by itself it finds none
    #[arg(long, value_name = "SECONDS", requires = "chain", value_parser = clap::value_parser!(u64).range(1..))]
    block_time: Option<u64>,
    /// Stops after so many seconds
    #[arg(long, value_name = "SECONDS")]
    duration: Option<u64>,
    /// Lets other machines connect
    #[arg(long)]
    allow_remote: bool,
}

const FAULTS: &str = "\
What goes wrong, and in what share of the messages; may be repeated:
  drop              one book update is not sent
  gap               five book updates in a row are not sent
  corrupt-checksum  a book update carries a wrong checksum
  stall             nothing is sent for five seconds; then all of it comes late
  disconnect        the connection ends without a word
  garbage           a frame that is no message comes before a message
as in --fault drop@0.01. The same seed makes the same faults.";

const CHAIN: &str = "\
A Bitcoin chain instead of an exchange: regtest, behind the HTTP API of Esplora. Wallets reach it by the address that is
printed. Three requests are its own:
  POST /faucet/ADDRESS/SATOSHI  pays to an address; the payment waits for a block
  POST /mine/COUNT              finds blocks with all that waits
  POST /reorg/DEPTH             replaces the newest blocks by one more empty ones";

/// What is traded.
#[derive(Clone, Debug)]
struct Pairs(Vec<Pair>);

fn pairs(text: &str) -> Result<Pairs, String> {
    let most = || format!("at most {MAX_PAIRS} symbols, and at least one");
    if let Ok(count) = text.parse::<usize>() {
        return (1..=MAX_PAIRS).contains(&count).then(|| Pairs(Pair::many(count))).ok_or_else(most);
    }
    let mut pairs: Vec<Pair> = Vec::new();
    for name in text.split(',').map(str::trim) {
        let symbol = Symbol::new(name).map_err(|error| error.to_string())?;
        if symbol.contract() != Contract::Spot {
            return Err(format!("{symbol} is not a spot pair, and only those are traded here"));
        }
        if pairs.iter().all(|pair| pair.symbol != symbol) {
            pairs.push(Pair::named(&symbol));
        }
    }
    if pairs.len() > MAX_PAIRS { Err(most()) } else { Ok(Pairs(pairs)) }
}

/// Runs the venue.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|error| system("start", &error))?;
    if args.chain { runtime.block_on(serve_chain(args, context)) } else { runtime.block_on(serve(args, context)) }
}

/// Waits until it is stopped, or for as long as asked.
async fn run_its_time(mut terminate: Signal, duration: Option<u64>) {
    let over = async {
        match duration {
            Some(seconds) => tokio::time::sleep(Duration::from_secs(seconds)).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        () = over => {}
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Listens for being stopped: before anybody is told that we run.
fn terminate() -> Result<Signal, Failure> {
    signal(SignalKind::terminate()).map_err(|error| system("listen for signals", &error))
}

async fn serve_chain(args: &Args, context: &Context) -> Result<(), Failure> {
    let block_time = args.block_time.map(Duration::from_secs);
    let settings = ChainSettings { listen: args.listen, block_time, allow_remote: args.allow_remote };
    let terminate = terminate()?;
    let chain = ChainServer::start(settings).await.map_err(|error| refused(&error))?;
    let output = context.output;
    if output.json {
        output.json(&json!({"source": chain.source(), "network": "regtest"}))?;
    } else {
        output.text(&chain.source())?;
    }
    run_its_time(terminate, args.duration).await;
    let (height, hash) = chain.tip();
    if output.json {
        return output.json(&json!({"height": height, "hash": hash.to_string()}));
    }
    output.text(&format!("height {height}, block {hash}"))
}

async fn serve(args: &Args, context: &Context) -> Result<(), Failure> {
    let settings = Settings {
        listen: args.listen,
        seed: args.seed,
        rate: args.rate,
        pairs: args.pairs.0.clone(),
        faults: args.faults.clone(),
        allow_remote: args.allow_remote,
    };
    let terminate = terminate()?;
    let venue = Server::start(settings).await.map_err(|error| refused(&error))?;
    let names: Vec<&Symbol> = args.pairs.0.iter().map(|pair| &pair.symbol).collect();
    let output = context.output;
    if output.json {
        output.json(&json!({"url": venue.url(), "seed": args.seed, "rate": args.rate, "symbols": names}))?;
    } else {
        output.text(&venue.url())?;
    }
    run_its_time(terminate, args.duration).await;
    let (sent, injected) = (venue.sent(), venue.injected());
    let faults: Vec<(String, u64)> = injected.iter().map(|(trouble, count)| (trouble.to_string(), count)).collect();
    if output.json {
        let faults: serde_json::Map<_, _> = faults.into_iter().map(|(name, count)| (name, count.into())).collect();
        return output.json(&json!({"sent": sent, "faults": faults}));
    }
    let faults: String = faults.iter().map(|(name, count)| format!(", {name} {count}")).collect();
    output.text(&format!("sent {sent}{faults}"))
}

fn refused(error: &SimError) -> Failure {
    let message = printable(&error.to_string()).into_owned();
    match error {
        SimError::Remote(_) => Failure::new(Exit::Usage, "sim_remote", message)
            .hint("listen on 127.0.0.1, or add --allow-remote if that is what you want"),
        SimError::Rate(_) => {
            Failure::new(Exit::Usage, "sim_rate", message).hint(format!("--rate from 1 to {MAX_RATE}"))
        }
        SimError::NoPairs => Failure::new(Exit::Usage, "sim_symbols", message).hint("--symbols BTC/USD,ETH/USD"),
        SimError::Listen { .. } => Failure::new(Exit::Network, "sim_listen", message)
            .hint("choose another address with --listen; 127.0.0.1:0 takes a free port"),
    }
}

fn system(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Error, "sim_system", format!("cannot {what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_a_number_or_names() {
        let names =
            |text| pairs(text).map(|Pairs(pairs)| pairs.iter().map(|p| p.symbol.to_string()).collect::<Vec<_>>());
        assert_eq!(names("2").unwrap(), ["BTC/USD", "ETH/USD"]);
        assert_eq!(names("doge/eur, BTC/USD,DOGE/EUR").unwrap(), ["DOGE/EUR", "BTC/USD"]);
        for wrong in ["", "0", "501", "BTC", "BTC/USDT:USDT", "BTC/USD,,"] {
            assert!(names(wrong).is_err(), "{wrong:?}");
        }
    }
}
