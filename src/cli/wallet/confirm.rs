//! `exchequer wallet confirm` and `name`: what cosigners say about themselves (T3).

use super::show::told;
use crate::cli::treasury::{Writing, find};
use crate::cli::{Context, Failure};
use crate::treasury::proposal::Event;

/// Arguments of `exchequer wallet confirm`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// Whose device: a cosigner's fingerprint or name
    #[arg(long, value_name = "KEY")]
    seat: String,
    /// The wallet's first address as that device shows it
    #[arg(long, value_name = "ADDRESS")]
    address: String,
}

/// Arguments of `exchequer wallet name`.
#[derive(Debug, clap::Args)]
pub struct Name {
    /// The wallet's name, or how its id begins
    wallet: String,
    /// Which key: its fingerprint or its name until now
    #[arg(long, value_name = "KEY")]
    seat: String,
    /// Whose it is; nothing takes the name away
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Writes down that a device shows the first address. Addresses are shown in groups, so blanks count for nothing.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let vault = find::wallet(&writing.treasury, &args.wallet)?;
    let (wallet, seat) = (vault.wallet.id(), find::seat(vault, &args.seat)?);
    let address = args.address.split_whitespace().collect::<String>();
    writing.write(Event::AddressConfirmed { wallet, seat, address })?;
    if !context.output.json
        && let Ok(vault) = writing.treasury.vault(wallet)
    {
        let left = vault.unconfirmed().len();
        return context.output.text(&match left {
            0 => format!("{} is armed", vault.wallet.name()),
            left => format!("{} confirmed; {left} of its cosigners have not", vault.seat_name(seat)),
        });
    }
    told(wallet, &writing, context)
}

/// Gives a cosigner a name.
pub fn name(args: &Name, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let vault = find::wallet(&writing.treasury, &args.wallet)?;
    let (wallet, seat) = (vault.wallet.id(), find::seat(vault, &args.seat)?);
    writing.write(Event::CosignerNamed { wallet, seat, name: args.name.clone() })?;
    told(wallet, &writing, context)
}
