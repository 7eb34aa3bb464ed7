//! A PSBT or a Safe's transaction across a gap of air at the terminal: drawn as QR codes, and taken from a scanner that types or from a paste.

use crate::cli::treasury::shown::light_on_dark;
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::psbt::{LONGEST_TEXT, Packet};
use crate::treasury::exchange::{ExchangeError, Progress, Scan, bbqr, qr, ur};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{BufRead, IsTerminal, Read};
use std::time::Duration;

/// In which kind of QR codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Series {
    /// BBQr.
    Bbqr,
    /// Uniform Resources.
    Ur,
}

/// What the codes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A PSBT.
    Psbt,
    /// A Safe's transaction, as JSON.
    Json,
}

/// How long one code of a series stands.
const STANDS: Duration = Duration::from_millis(350);

/// The window that is assumed where there is none.
const WINDOW: (usize, usize) = (80, 46);

/// Draws a series of codes: one after the other, or over and over where somebody looks at a terminal.
pub fn show(bytes: &[u8], what: What, series: Series, context: &Context) -> Result<(), Failure> {
    let wrong = |error: ExchangeError| Failure::new(Exit::Error, error.code(), error.to_string());
    let terminal = std::io::stdout().is_terminal();
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
    let (columns, rows) = size.map_or(WINDOW, |size| (size.ws_col.into(), size.ws_row.into()));
    let largest = qr::fitting(columns, rows.saturating_sub(2)).ok_or_else(|| {
        Failure::new(Exit::Error, "qr-window", "the window is too small for a QR code")
            .hint("make it at least 25 by 15")
    })?;
    let longest = qr::letters(largest);
    let parts = match (series, what) {
        (Series::Bbqr, What::Psbt) => bbqr::split(bytes, bbqr::Kind::Psbt, longest),
        (Series::Bbqr, What::Json) => bbqr::split(bytes, bbqr::Kind::Json, longest),
        (Series::Ur, What::Psbt) => ur::split(bytes, longest),
        (Series::Ur, What::Json) => ur::split_bytes(bytes, longest),
    };
    let parts = parts.map_err(wrong)?;
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

/// Takes a PSBT from whoever types or scans at the terminal, code by code and line by line, until it is whole.
pub fn take(context: &Context) -> Result<Packet, Failure> {
    let wrong = |key, message: String| Failure::new(Exit::Error, key, message);
    let _long = Long::lines();
    let mut from = std::io::stdin().lock();
    let mut scan = Scan::default();
    context.output.note("scan the codes or paste the PSBT; Ctrl-D on an empty line gives up");
    loop {
        let mut line = Vec::new();
        let read = from.by_ref().take(LONGEST_TEXT as u64).read_until(b'\n', &mut line);
        read.map_err(|error| wrong("file", error.to_string()))?;
        if line.first().is_none_or(|first| *first == END) {
            return Err(wrong("qr-whole", "it ended before the PSBT was whole".to_owned()));
        }
        let text = String::from_utf8_lossy(&line);
        if text.trim().is_empty() {
            continue;
        }
        match scan.take(&text) {
            Ok(Progress::Whole(bytes)) => {
                return Packet::read(&bytes).map_err(|error| wrong(error.code(), error.to_string()));
            }
            Ok(Progress::Part { have, of }) => context.output.note(&format!("{have} of {of}")),
            // A scanner may misread: what is known stays known.
            Err(error) => context.output.note(&error.to_string()),
        }
    }
}

/// What a terminal sends for Ctrl-D while it does not gather lines.
const END: u8 = 4;

/// A terminal that gives long lines whole: one that gathers lines itself cuts them at 4 095 letters.
struct Long(Option<Termios>);

impl Long {
    fn lines() -> Self {
        let stdin = std::io::stdin();
        let before = tcgetattr(&stdin).ok();
        if let Some(before) = &before {
            let mut long = before.clone();
            long.local_modes.remove(LocalModes::ICANON);
            let _ = tcsetattr(&stdin, OptionalActions::Now, &long);
        }
        Self(before)
    }
}

impl Drop for Long {
    fn drop(&mut self) {
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}
