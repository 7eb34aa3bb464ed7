//! `exchequer device sign`: a PSBT and a wallet in, the PSBT with the device's signatures out; no stored state is needed.

use super::{At, Which, ask, refused};
use crate::cli::treasury::files::{self, Form};
use crate::cli::treasury::read;
use crate::cli::{Context, Exit, Failure};
use crate::device::{DeviceError, Place, pages, seat};
use crate::treasury::bitcoin::review::{Facts, reviewed};
use crate::treasury::proposal::{brought, original};
use crate::treasury::verdict::Judgement;
use bitcoin::hex::DisplayHex;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `exchequer device sign`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The PSBT: binary, base64 or hex, version 0 or 2; - is standard input
    file: PathBuf,
    /// Where the signed one goes; - for the pipe
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// In which form
    #[arg(long, value_enum, default_value_t = Form::Base64)]
    form: Form,
    /// Answers for values that no previous transaction proves; the device warns about them too
    #[arg(long)]
    accept_unproven: bool,
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
}

/// Reviews, signs, verifies, writes.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let chosen = ask::wallet(&args.which, context)?;
    let packet = files::packet(&args.file)?;
    // Nobody presses buttons for a file that cannot be written then.
    if !files::is_pipe(&args.output) && args.output.exists() {
        let message = format!("cannot write {}: it is there already", files::shown(&args.output));
        return Err(Failure::new(Exit::Error, "output", message).hint("name another file with -o"));
    }
    let facts = Facts { previous_overridden: args.accept_unproven, ..Facts::default() };
    let (review, passed) = reviewed(&packet, &chosen.wallet, &facts);
    if !context.output.json {
        crate::cli::output::write_stderr(&crate::cli::review::printed(&review, false));
    }
    let Some(passed) = passed.filter(|_| review.verdict.judgement() != Judgement::Block) else {
        let codes: Vec<&str> = review.verdict.blocks.iter().map(|block| block.code).collect();
        let message = format!("the review does not let anybody sign this: {}", codes.join(", "));
        let hint = "exchequer review says why, block by block";
        return Err(Failure::new(Exit::Verification, "review-blocked", message).hint(hint));
    };
    // A Trezor shows only what is different from a transaction that it signed before.
    let original = match &chosen.vault {
        Some(_) => original(&read(context)?, &packet),
        None => None,
    };
    let passed = original.as_ref().map_or(passed, |original| passed.replacing(original));
    let mut asked = ask::open(&args.at, context)?;
    // A wallet that is watched is signed for by one of its keys' devices and no other; a file may be anybody's, and what
    // comes back tells whose it was.
    let holder = match &chosen.vault {
        Some(_) => Some(seat::seat(asked.device.as_mut(), &chosen.wallet).map_err(|error| refused(&error))?),
        None => None,
    };
    let held = chosen.held(holder);
    let model = asked.device.about().map_err(|error| refused(&error))?.model;
    if original.is_none() || model.is_ledger() || matches!(asked.place, Place::Agent(_)) {
        ask::foretell(&pages::signing(model, &held, &review, packet.psbt.unsigned_tx.lock_time), &context.output);
    }
    let answer = asked.device.sign(&held, &passed).and_then(|signed| signed.whose(&passed));
    let (signer, signed) = answer.map_err(|error| refused(&error))?;
    if let Some(seat) = holder.filter(|seat| *seat != signer) {
        return Err(refused(&DeviceError::WrongDevice { expected: seat, found: signer }));
    }
    files::write(&args.output, &files::written(&signed, args.form, packet.version), false)?;
    let new = brought(&packet, &signed, &chosen.wallet).unwrap_or_default();
    let signatures: Vec<_> = new.into_values().flatten().collect();
    if context.output.json {
        let listed: Vec<_> = signatures
            .iter()
            .map(
                |one| json!({ "input": one.input, "slot": one.slot, "signature": one.signature.to_lower_hex_string() }),
            )
            .collect();
        return context.output.json(&json!({
            "fingerprint": signer, "txid": review.txid, "signatures": listed, "output": files::shown(&args.output),
        }));
    }
    context.output.note(&format!("{signer} has signed {} inputs: {}", signatures.len(), files::shown(&args.output)));
    Ok(())
}
