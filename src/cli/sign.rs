//! `exchequer sign`: the signer's own machine, with a device or a HOT key and nothing stored: a PSBT comes as a file, as
//! codes or as a paste, is reviewed, signed, and goes back the same way.
//!
//! - What is asked is printed first, with everything that the review found; a HOT key signs after a typed `yes`, a device
//!   after its own buttons.

use super::device::{At, Which, ask, sign};
use super::output::write_stderr;
use super::treasury::codes::{self, Series};
use super::treasury::consent::{self, Consent};
use super::treasury::files::{self, Form};
use super::treasury::keys;
use super::{Context, Exit, Failure, review};
use crate::treasury::bitcoin::review::reviewed;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer sign payment.psbt --wallet cold.txt -o signed.psbt      with the device that is plugged in
  exchequer sign --wallet cold.txt --qr bbqr                        scan the codes or paste; the answer comes as codes
  exchequer sign payment.psbt --wallet Cold --hot till -o signed.psbt";

/// Arguments of `exchequer sign`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// The PSBT, or the texts of its QR codes; without it they are scanned or pasted here
    file: Option<PathBuf>,
    /// Where the signed one goes; - for the pipe
    #[arg(short, long, value_name = "FILE", required_unless_present = "qr")]
    output: Option<PathBuf>,
    /// In which form: base64, hex, binary
    #[arg(long, value_enum, value_name = "FORM", default_value_t = Form::Base64, hide_possible_values = true)]
    form: Form,
    /// As QR codes in the terminal: bbqr (Coldcard, Sparrow) or ur (Keystone, Jade, Passport)
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true, conflicts_with_all = ["output", "form"])]
    qr: Option<Series>,
    /// With a HOT key of this machine instead of a device: its fingerprint or its name
    #[arg(long, value_name = "KEY", conflicts_with = "device")]
    hot: Option<String>,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    consent: Consent,
}

/// Takes, reviews, signs, gives back.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let chosen = ask::wallet(&args.which, context)?;
    if let Some(output) = &args.output {
        files::free(output)?;
    }
    let packet = match &args.file {
        Some(file) => files::packet(file)?,
        None => codes::take(context)?,
    };
    let facts = chosen.facts(&packet, context)?;
    let (found, passed) = reviewed(&packet, &chosen.wallet, &facts);
    if !context.output.json {
        write_stderr(&review::printed(&found, false));
    }
    let passed = passed.ok_or_else(|| sign::blocked(&found))?;
    consent::weigh(&found.verdict, "sign", &args.consent, context)?;
    let (signer, signed) = match &args.hot {
        Some(name) => {
            let key = keys::named(name, &super::treasury::read(context)?, context)?;
            consent::ask(&format!("Sign with the HOT key {}?", key.fingerprint()), &args.consent)?;
            (key.fingerprint(), key.sign(&passed)?)
        }
        None => sign::signed(&mut ask::open(&args.at, context)?, &chosen, &found, &passed, context)?,
    };
    match (&args.output, args.qr) {
        (_, Some(series)) => codes::show(&signed.bytes(packet.version), codes::What::Psbt, series, context),
        (Some(output), None) => sign::hand_out(output, args.form, &passed, (signer, &signed), context),
        (None, None) => Err(Failure::new(Exit::Usage, "usage", "-o FILE or --qr KIND says where it goes")),
    }
}
