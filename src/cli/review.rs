//! `exchequer review`: what a PSBT does to a wallet, or a Safe transaction to a Safe, before anybody signs it; without stored
//! state and without a network.
//!
//! - It is the review that the console shows and that every signer's way goes through, with nothing known besides the
//!   files: what only the chain or the journal could tell is not looked at.
//! - A file that begins as a JSON object is a Safe transaction; no PSBT does.
//! - It exits with 6 when the transaction must not be signed, and with 1 when a file cannot be read; with `--json` the
//!   reason is on stdout too.
//! - Nothing of it is logged: a transaction tells who pays whom.

mod safe;

use super::output::Output;
use super::{Exit, Failure};
use crate::feed::Clock;
use crate::market::printable;
use crate::treasury::bitcoin::import::{self, LONGEST_FILE};
use crate::treasury::bitcoin::psbt::{LONGEST_TEXT, Packet, PacketError};
use crate::treasury::bitcoin::review::{Facts, Review, code, review};
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::verdict::{Finding, Judgement, Row, Tone, Verdict};
use bitcoin::Network;
use serde_json::json;
use std::io::Read;
use std::path::{Path, PathBuf};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const EXAMPLES: &str = "\
Examples:
  exchequer review payment.psbt --wallet treasury.txt           what it does, line by line
  exchequer review payment.psbt --wallet treasury.txt --json    for a script; exit code 6 means: do not sign
  exchequer review - --wallet coldcard.txt --network signet     from standard input
  exchequer review safetx.json --json                           a Safe transaction: needs no wallet";

/// How wide the printed review is.
const WIDTH: usize = 80;

/// How wide its labels are.
const LABEL: usize = 9;

/// Arguments of `exchequer review`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    /// The PSBT: binary, base64 or hex, version 0 or 2; or a Safe transaction as JSON; - is standard input
    file: PathBuf,
    /// The wallet that a PSBT is for: descriptors, or any file that `wallet import` reads
    #[arg(long, value_name = "DESCRIPTOR_FILE")]
    wallet: Option<PathBuf>,
    /// For a Safe transaction: an ABI that names functions which are not known here
    #[arg(long, value_name = "ABI_FILE")]
    abi: Vec<PathBuf>,
    /// Which network's addresses are shown: bitcoin, testnet, testnet4, signet, regtest; keys of test networks look alike
    #[arg(long, value_name = "NETWORK", value_parser = network)]
    network: Option<Network>,
}

fn network(text: &str) -> Result<Network, String> {
    text.parse().map_err(|_| "it is one of bitcoin, testnet, testnet4, signet, regtest".to_owned())
}

/// Why there is no review: a code for scripts and a sentence.
struct Unread {
    code: &'static str,
    reason: String,
}

/// Reviews a file.
pub fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let file = match bytes(&args.file, LONGEST_TEXT) {
        Ok(file) => file,
        Err(unread) => return Err(failed(output, &args.file, &unread)),
    };
    if safe::begins(&file) {
        return safe::run(args, &file, output);
    }
    let Some(path) = &args.wallet else {
        let message = "a PSBT is reviewed for a wallet, and none is named";
        return Err(Failure::new(Exit::Usage, "wallet_missing", message).hint("--wallet DESCRIPTOR_FILE"));
    };
    let wallet = match wallet(path, args.network) {
        Ok(wallet) => wallet,
        Err(unread) => return Err(failed(output, path, &unread)),
    };
    let packet = match packet(&file, &wallet, output)? {
        Ok(packet) => packet,
        Err(unread) => return Err(failed(output, &args.file, &unread)),
    };
    // The clock is no state and no network, and tells a lock time that is years away.
    let review = review(&packet, &wallet, &Facts { now: Some(Clock::start().now()), ..Facts::default() });
    if output.json {
        output.json(&review.json())?;
    } else {
        output.text(&printed(&review, output.colored()))?;
    }
    judged(&review.verdict)
}

/// How the command ends.
fn judged(verdict: &Verdict) -> Result<(), Failure> {
    match verdict.judgement() {
        Judgement::Block => Err(blocked()),
        Judgement::Warn | Judgement::Clean => Ok(()),
    }
}

/// The wallet that the transaction is held against.
fn wallet(path: &Path, network: Option<Network>) -> Result<Wallet, Unread> {
    let bytes = bytes(path, LONGEST_FILE)?;
    let unread = |error: &import::ImportError| Unread { code: error.code(), reason: error.to_string() };
    let imported = import::read(&bytes, network).map_err(|error| unread(&error))?;
    let name = imported.name.clone().unwrap_or_else(|| "the wallet".into());
    imported.wallet(&name).map_err(|error| unread(&error.into()))
}

/// The transaction. One that can be read and that no wallet could ever sign is blocked rather than unread.
fn packet(file: &[u8], wallet: &Wallet, output: Output) -> Result<Result<Packet, Unread>, Failure> {
    let error = match Packet::read(file) {
        Ok(packet) => return Ok(Ok(packet)),
        Err(error) => error,
    };
    let block = match error {
        PacketError::SpentTwice(_) => code::INPUT_TWICE,
        PacketError::Money(_) => code::AMOUNT_RANGE,
        PacketError::Inputs(_) | PacketError::Outputs(_) => code::TOO_MANY,
        _ => return Ok(Err(Unread { code: error.code(), reason: error.to_string() })),
    };
    let finding = Finding::new(block.word, error.to_string());
    if output.json {
        output.json(&json!({
            "verdict": Judgement::Block, "kind": "unknown", "txid": null, "inputs": [], "outputs": [],
            "fee": { "sat": null, "rate": null },
            "signatures": { "required": wallet.policy().quorum().required, "valid": 0, "by": [] },
            "warnings": [], "blocks": [finding], "code": error.code(), "reason": error.to_string(),
        }))?;
    } else {
        output.text(&told("BLOCK", &finding, Tone::Block, output.colored()))?;
    }
    Err(blocked())
}

fn blocked() -> Failure {
    Failure::new(Exit::Verification, "review_blocked", "this transaction must not be signed")
        .hint("each block says why; ask whoever made the file, on another way than it came")
}

/// The bytes of a file or of standard input, up to a limit.
fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, Unread> {
    let cannot = |error: &std::io::Error| Unread { code: "file", reason: error.to_string() };
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    } else {
        let file = std::fs::File::open(path).map_err(|error| cannot(&error))?;
        file.take(limit).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    }
    Ok(bytes)
}

/// Says why there is no review, for scripts on stdout too.
fn failed(output: Output, path: &Path, unread: &Unread) -> Failure {
    let reason = printable(&unread.reason).into_owned();
    if output.json
        && let Err(failure) = output.json(&json!({ "verdict": null, "code": unread.code, "reason": reason }))
    {
        return failure;
    }
    let name = printable(&path.display().to_string()).into_owned();
    Failure::new(Exit::Error, unread.code, format!("{name} cannot be read: {reason}"))
}

/// The review for people, at most [`WIDTH`] wide.
pub(in crate::cli) fn printed(review: &Review, color: bool) -> String {
    laid_out(&review.verdict, color)
}

/// A verdict for people: its rows, what blocks, what is to be weighed, and the sum.
pub(in crate::cli) fn laid_out(verdict: &Verdict, color: bool) -> String {
    let mut text: String = verdict.rows.iter().map(|row| laid(row, color)).collect();
    text.push('\n');
    for block in &verdict.blocks {
        text.push_str(&told("BLOCK", block, Tone::Block, color));
    }
    for warning in &verdict.warnings {
        text.push_str(&told("warning", warning, Tone::Warning, color));
    }
    let sum = match verdict.judgement() {
        Judgement::Clean => painted("clean: nothing speaks against it", Tone::Ours, color),
        Judgement::Warn => painted("warnings: look at each before you sign", Tone::Warning, color),
        Judgement::Block => painted("blocked: do not sign this", Tone::Block, color),
    };
    text.push_str(&sum);
    text.push('\n');
    text
}

/// A row: its label, and its parts beside it, wrapped between parts and then between words.
fn laid(row: &Row, color: bool) -> String {
    let mut lines: Vec<String> = Vec::new();
    for part in &row.parts {
        match lines.last_mut() {
            Some(line) if line.width().saturating_add(part.width()) <= WIDTH - LABEL - 2 => {
                line.push_str("  ");
                line.push_str(part);
            }
            _ => lines.extend(wrapped(part, WIDTH - LABEL)),
        }
    }
    beside(&row.label, &lines, row.tone, color)
}

/// A finding: its code, and its sentence below.
fn told(label: &str, finding: &Finding, tone: Tone, color: bool) -> String {
    let mut lines = vec![finding.code.to_owned()];
    lines.extend(wrapped(&finding.message, WIDTH - LABEL));
    beside(label, &lines, tone, color)
}

fn beside(label: &str, lines: &[String], tone: Tone, color: bool) -> String {
    let mut text = String::new();
    for (at, line) in lines.iter().enumerate() {
        let label = if at == 0 { label } else { "" };
        text.push_str(&format!("{label:<LABEL$}{}\n", painted(line, tone, color)));
    }
    text
}

fn painted(text: &str, tone: Tone, color: bool) -> String {
    let code = match tone {
        Tone::Plain | Tone::Leaves => return text.to_owned(),
        Tone::Ours => "32",
        Tone::Warning => "33",
        Tone::Block => "31",
    };
    if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// Text in lines of at most `width` columns, broken between words, and within one only when it is longer than a line.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let fits = lines.last().is_some_and(|line| {
            line.is_empty() || line.width().saturating_add(1).saturating_add(word.width()) <= width
        });
        if !fits {
            lines.push(String::new());
        } else if let Some(line) = lines.last_mut().filter(|line| !line.is_empty()) {
            line.push(' ');
        }
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if lines.last().is_some_and(|line| line.width().saturating_add(wide) > width) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push(character);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_fits_the_screen_however_long_its_parts_are() {
        let parts = vec!["0.5".into(), "x".repeat(200), "tb1q ".repeat(20), "«漢字»".repeat(30), "end".into()];
        let text = laid(&Row { label: "out 511".into(), parts, tone: Tone::Plain }, false);
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        assert!(text.starts_with("out 511  0.5\n         xxx") && text.ends_with("end\n"), "{text}");
        let short = Row { label: "fee".into(), parts: vec!["1500 sat".into(), "6 sat/vB".into()], tone: Tone::Block };
        assert_eq!(laid(&short, false), "fee      1500 sat  6 sat/vB\n");
        assert_eq!(laid(&short, true), "fee      \x1b[31m1500 sat  6 sat/vB\x1b[0m\n");
    }
}
