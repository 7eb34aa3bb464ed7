//! `exchequer device sign`: a PSBT and a wallet in, the PSBT with the device's signatures out; no stored state is needed.

use super::{At, Which, ask};
use crate::cli::treasury::files::{self, Form};
use crate::cli::{Context, Exit, Failure};
use crate::device::{DeviceError, Place, pages};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Facts, Review, Reviewed, reviewed};
use crate::treasury::proposal::brought;
use bitcoin::bip32::Fingerprint;
use bitcoin::hex::DisplayHex;
use serde_json::json;
use std::path::{Path, PathBuf};

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
    files::free(&args.output)?;
    if args.accept_unproven {
        tracing::warn!("values that no previous transaction proves are accepted for a signature");
    }
    let facts = Facts { previous_overridden: args.accept_unproven, ..chosen.facts(&packet, context)? };
    let (review, passed) = reviewed(&packet, &chosen.wallet, &facts);
    if !context.output.json {
        crate::cli::output::write_stderr(&crate::cli::review::printed(&review, false));
    }
    let passed = passed.ok_or_else(|| blocked(&review))?;
    let mut asked = ask::open(&args.at, context)?;
    let (signer, signed) = signed(&mut asked, &chosen, &review, &passed, context)?;
    hand_out(&args.output, args.form, &passed, (signer, &signed), context)
}

/// Writes what was signed, and says what is new in it.
pub fn hand_out(
    output: &Path,
    form: Form,
    passed: &Reviewed<'_>,
    (signer, signed): (Fingerprint, &Packet),
    context: &Context,
) -> Result<(), Failure> {
    let before = passed.packet();
    files::write(output, &files::written(signed, form, before.version), false)?;
    let new = brought(before, signed, passed.wallet()).unwrap_or_default();
    let signatures: Vec<_> = new.into_values().flatten().collect();
    if context.output.json {
        let listed: Vec<_> = signatures
            .iter()
            .map(
                |one| json!({ "input": one.input, "slot": one.slot, "signature": one.signature.to_lower_hex_string() }),
            )
            .collect();
        let txid = before.psbt.unsigned_tx.compute_txid();
        return context.output.json(&json!({
            "fingerprint": signer, "txid": txid, "signatures": listed, "output": files::shown(output),
        }));
    }
    context.output.note(&format!("{signer} has signed {} inputs: {}", signatures.len(), files::shown(output)));
    Ok(())
}

/// Nobody signs what is blocked.
pub fn blocked(review: &Review) -> Failure {
    let codes: Vec<&str> = review.verdict.blocks.iter().map(|block| block.code).collect();
    let message = format!("the review does not let anybody sign this: {}", codes.join(", "));
    let hint = "exchequer review says why, block by block";
    Failure::new(Exit::Verification, "review-blocked", message).hint(hint)
}

/// Prints the pages that the device will show, and lets it sign. The seed that has signed, and the packet with its
/// signatures, verified.
pub fn signed(
    asked: &mut ask::Asked,
    chosen: &ask::Chosen,
    review: &Review,
    passed: &Reviewed<'_>,
    context: &Context,
) -> Result<(Fingerprint, Packet), DeviceError> {
    let forwarded = matches!(asked.place, Place::Agent(_));
    let device = asked.device.as_mut();
    let holder = chosen.holder(device)?;
    let held = chosen.held(holder);
    let model = device.about()?.model;
    // A Trezor shows only what is different from a transaction that it signed before; an agent is not told which.
    let original = chosen.original(passed.packet());
    let passed = original.as_ref().map_or(*passed, |original| passed.replacing(original));
    if original.is_none() || model.is_ledger() || forwarded {
        let locked = passed.packet().psbt.unsigned_tx.lock_time;
        ask::foretell(&pages::signing(model, &held, review, locked), &context.output);
    }
    let (signer, signed) = device.sign(&held, &passed)?.whose(&passed)?;
    match holder.filter(|expected| *expected != signer) {
        Some(expected) => Err(DeviceError::WrongDevice { expected, found: signer }),
        None => Ok((signer, signed)),
    }
}
