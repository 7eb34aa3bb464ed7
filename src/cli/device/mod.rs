//! `exchequer device`: hardware wallets, one question at a time.
//!
//! - The device is named (`--device`, or the agent's variable) or the only one that is plugged in, never picked because it
//!   was found first; another process that has it is named.
//! - What is signed was reviewed, here and now, and printed before the device shows it; what comes back is verified before
//!   it is written anywhere.
//! - A refusal on the device exits with 5, trouble with the device with 3, a signature or an address that is not what it
//!   should be with 6.

mod agent;
pub mod ask;
mod bitcoin;
mod ethereum;
mod list;
mod register;
pub mod sign;
pub(in crate::cli) mod simulated;

use super::{Context, Exit, Failure};
use crate::device::{DeviceError, Place};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer device list                                                    what is plugged in, and what it waits for
  exchequer device info --device ledger:hid                                model, app, versions
  exchequer device xpub m/48h/0h/0h/2h --device trezor:usb                 a key for a descriptor
  exchequer device register --wallet Cold --device ledger:hid              the device takes the wallet's policy
  exchequer device address --wallet Cold --index 0 --device ledger:hid     the device shows the first address
  exchequer device sign --wallet Cold payment.psbt -o signed.psbt --device trezor:usb
  exchequer device eth-sign --typed-data safe.json --device ledger:hid
  exchequer device rules                                                   what lets you open devices on Linux";

/// Arguments of `exchequer device`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Lists what is plugged in
    List,
    /// Says what a device is, and what it waits for
    Info(Info),
    /// Gives the extended public key at a path
    Xpub(bitcoin::Xpub),
    /// Gives an address of a wallet, and lets the device show it
    Address(bitcoin::Address),
    /// Lets the device take a wallet's policy
    Register(register::Args),
    /// Reviews a PSBT and lets the device sign it
    Sign(sign::Args),
    /// Signs a text with a Bitcoin key
    SignMessage(bitcoin::Message),
    /// Prints the udev rules that let people at this machine use their devices
    Rules,
    /// Serves this machine's device to a console on another one
    Agent(agent::Args),
    /// Gives an Ethereum address
    EthAddress(ethereum::Address),
    /// Signs a text, a transaction or typed data for Ethereum
    EthSign(ethereum::Sign),
}

/// Which device, and for how long it is waited for.
#[derive(Clone, Debug, clap::Args)]
pub struct At {
    /// The way to it: ledger:hid, ledger:tcp:HOST:PORT, trezor:usb, trezor:udp:HOST:PORT, agent:PATH, replay:FILE, or
    /// simulated:ledger, simulated:trezor, simulated:trezor-one with the demo's keys; without it the agent that
    /// EXCHEQUER_DEVICE_SOCK names, or else the only device that is plugged in
    #[arg(long, value_name = "DEVICE")]
    device: Option<Place>,
    /// How long an answer is waited for, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    wait: u64,
    /// Presses yes on a simulated device; a real one is answered by its user alone
    #[arg(long, requires = "device")]
    press_yes: bool,
}

/// Which wallet, and how the device has it.
#[derive(Clone, Debug, clap::Args)]
pub struct Which {
    /// The wallet: a file with its descriptor, or the name of one that is watched
    #[arg(long, value_name = "WALLET")]
    wallet: PathBuf,
    /// The proof of registration, when it is not in the journal
    #[arg(long, value_name = "HEX")]
    hmac: Option<crate::device::Hmac>,
    /// The name that the device has the wallet under, when it is another
    #[arg(long, value_name = "NAME")]
    policy_name: Option<String>,
    /// For a wallet in a file: bitcoin, testnet, testnet4, signet, regtest; keys of test networks look alike
    #[arg(long, value_name = "NETWORK")]
    network: Option<::bitcoin::Network>,
}

#[derive(Debug, clap::Args)]
struct Info {
    #[command(flatten)]
    at: At,
}

/// Asks a device.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::List => list::run(context),
        Command::Info(args) => list::info(&args.at, context),
        Command::Xpub(args) => bitcoin::xpub(args, context),
        Command::Address(args) => bitcoin::address(args, context),
        Command::Register(args) => register::run(args, context),
        Command::Sign(args) => sign::run(args, context),
        Command::SignMessage(args) => bitcoin::message(args, context),
        Command::Rules => list::rules(context),
        Command::Agent(args) => agent::run(args, context),
        Command::EthAddress(args) => ethereum::address(args, context),
        Command::EthSign(args) => ethereum::sign(args, context),
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        let exit = match error {
            DeviceError::RefusedByUser => Exit::Refused,
            DeviceError::Blocked(_) | DeviceError::BadSignature(_) | DeviceError::Disagrees { .. } => {
                Exit::Verification
            }
            _ => Exit::Device,
        };
        let failure = Self::new(exit, error.code(), error.to_string());
        match error.next() {
            Some(next) => failure.hint(next),
            None => failure,
        }
    }
}
