//! `exchequer wallet address`: an address to be paid at, with where it comes from and as a QR code.

use crate::cli::treasury::{Writing, chains, find, shown};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::review::recipient::fours;
use crate::treasury::bitcoin::wallet::{Chain, GAP, Spot};
use crate::treasury::exchange::qr;
use crate::treasury::proposal::Event;

/// Arguments of `exchequer wallet address`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// The address of this number instead of the next that was never used
    #[arg(long, value_name = "NUMBER")]
    index: Option<u32>,
    /// As a QR code too
    #[arg(long)]
    qr: bool,
    /// Goes on though the wallet is not armed; that is written down
    #[arg(long)]
    unarmed: bool,
}

/// Hands out an address.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let vault = find::wallet(&writing.treasury, &args.wallet)?;
    let wallet = vault.wallet.clone();
    let state = chains::state(&wallet, context)?;
    let last_paid = state.holdings(&vault.marks()).last_received;
    let next = vault.given.max(last_paid).map_or(0, |last| last.saturating_add(1));
    let spot = Spot { chain: Chain::Receive, index: args.index.unwrap_or(next) };
    let armed = writing.treasury.is_armed(vault);
    let address = wallet.address(spot).ok_or_else(|| {
        Failure::new(Exit::Usage, "no-address", format!("the wallet has no address number {}", spot.index))
    })?;
    if !armed && args.unarmed {
        context.output.note("the wallet is not armed: if one of its keys was swapped, what is paid here is lost");
    }
    let given = Event::AddressGiven { wallet: wallet.id(), index: spot.index, unarmed: args.unarmed && !armed };
    writing.write(given)?;
    let beyond = last_paid.map_or(spot.index, |last| spot.index.saturating_sub(last)) > GAP;
    if beyond {
        context.output.note("it is so far beyond the last paid address that other programs may not find it");
    }
    let uri = format!("bitcoin:{address}");
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "wallet": wallet.name(), "address": address.to_string(), "uri": uri, "derivation": spot.to_string(),
            "armed": armed, "beyond_gap": beyond,
        }));
    }
    let mut text = format!("{}\n{spot}\n", fours(&address.to_string()));
    if args.qr {
        let code = qr::draw(&address.to_qr_uri());
        let code = code.ok_or_else(|| Failure::new(Exit::Error, "qr", "the address makes no QR code"))?;
        text.push_str(&shown::light_on_dark(&code));
    }
    context.output.text(&text)
}
