//! `exchequer proposal export`: the PSBT, for whoever signs elsewhere.

use crate::cli::treasury::files::{Form, write, written};
use crate::cli::treasury::shown::light_on_dark;
use crate::cli::treasury::{find, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::psbt::Version;
use crate::treasury::exchange::{ExchangeError, bbqr, qr, ur};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

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

/// In which kind of QR codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Series {
    /// BBQr.
    Bbqr,
    /// Uniform Resources.
    Ur,
}

/// How long one code of a series stands.
const STANDS: Duration = Duration::from_millis(350);

/// The window that is assumed where there is none.
const WINDOW: (usize, usize) = (80, 46);

fn version(text: &str) -> Result<Version, String> {
    match text {
        "0" => Ok(Version::V0),
        "2" => Ok(Version::V2),
        _ => Err("0 or 2".to_owned()),
    }
}

/// Writes the PSBT.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let proposal = find::proposal(&treasury, &args.id)?;
    let packet = if args.bare { proposal.packet().clone() } else { proposal.signed() };
    let version = args.psbt_version.unwrap_or(packet.version);
    if let Some(series) = args.qr {
        return codes(&packet.bytes(version), series, context);
    }
    write(&args.output, &written(&packet, args.form, version), false)
}

/// Draws a series of codes: one after the other, or over and over where somebody looks at a terminal.
fn codes(psbt: &[u8], series: Series, context: &Context) -> Result<(), Failure> {
    let wrong = |error: ExchangeError| Failure::new(Exit::Error, error.code(), error.to_string());
    let terminal = std::io::stdout().is_terminal();
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    let (columns, rows) = size.map_or(WINDOW, |size| (size.ws_col.into(), size.ws_row.into()));
    let largest = qr::fitting(columns, rows.saturating_sub(2)).ok_or_else(|| {
        Failure::new(Exit::Error, "qr-window", "the window is too small for a QR code")
            .hint("make it at least 25 by 15")
    })?;
    let longest = qr::letters(largest);
    let parts = match series {
        Series::Bbqr => bbqr::split(psbt, bbqr::Kind::Psbt, longest).map_err(wrong)?,
        Series::Ur => ur::split(psbt, longest).map_err(wrong)?,
    };
    if context.output.json {
        return context.output.json(&serde_json::json!({ "parts": parts }));
    }
    let drawn: Option<Vec<String>> = match parts.as_slice() {
        [only] => qr::draw(only).map(|code| vec![light_on_dark(&code)]),
        parts => parts.iter().map(|part| qr::draw_as(part, largest).map(|code| light_on_dark(&code))).collect(),
    };
    let drawn = drawn.ok_or_else(|| Failure::new(Exit::Error, "qr", "it makes no QR code of this size"))?;
    if !terminal || drawn.len() == 1 {
        return context.output.text(&drawn.concat());
    }
    // Until somebody ends it with Ctrl-C, as any program that goes on.
    for (number, code) in drawn.iter().enumerate().cycle() {
        let place = number.saturating_add(1);
        context.output.text(&format!("\x1b[H\x1b[2J{code}{place} of {}, Ctrl-C ends", drawn.len()))?;
        std::thread::sleep(STANDS);
    }
    Ok(())
}
