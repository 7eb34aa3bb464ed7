//! `exchequer proposal export`: the PSBT, for whoever signs elsewhere.

use super::safe::{carry, is_of_safe};
use crate::cli::treasury::codes::{self, Series};
use crate::cli::treasury::files::{Form, write, written};
use crate::cli::treasury::{find, read};
use crate::cli::{Context, Failure};
use crate::treasury::bitcoin::psbt::Version;
use std::path::PathBuf;

/// Arguments of `exchequer proposal export`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// The file to write, which must not be there yet
    #[arg(short, long, value_name = "FILE", default_value = "-")]
    output: PathBuf,
    /// In which form: base64, hex, binary
    #[arg(long, value_enum, value_name = "FORM", default_value = "base64", hide_possible_values = true)]
    form: Form,
    /// In which version of the format, 0 or 2; as it came when it is not said
    #[arg(long, value_name = "VERSION", value_parser = version)]
    psbt_version: Option<Version>,
    /// Without the signatures that there are
    #[arg(long)]
    bare: bool,
    /// As QR codes in the terminal: bbqr (Coldcard, Sparrow) or ur (Keystone, Jade, Passport); large ones are animated
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true, conflicts_with_all = ["output", "form"])]
    qr: Option<Series>,
}

fn version(text: &str) -> Result<Version, String> {
    match text {
        "0" => Ok(Version::V0),
        "2" => Ok(Version::V2),
        _ => Err("0 or 2".to_owned()),
    }
}

/// Writes the PSBT.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if is_of_safe(&args.id, context)? {
        return carry::export(&args.id, &args.output, args.bare, args.qr, context);
    }
    let treasury = read(context)?;
    let proposal = find::proposal(&treasury, &args.id)?;
    let packet = if args.bare { proposal.packet().clone() } else { proposal.signed() };
    let version = args.psbt_version.unwrap_or(packet.version);
    if let Some(series) = args.qr {
        return codes::show(&packet.bytes(version), codes::What::Psbt, series, context);
    }
    write(&args.output, &written(&packet, args.form, version), false)
}
