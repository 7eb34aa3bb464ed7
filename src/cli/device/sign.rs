//! `exchequer device sign`: a PSBT and a wallet in, the PSBT with the device's signatures out; no stored state is needed.

use super::{At, Which, ask};
use crate::cli::treasury::files::{self, Form};
use crate::cli::{Context, Exit, Failure};
use crate::device::{DeviceError, pages};
use crate::treasury::bitcoin::review::{Facts, reviewed};
use crate::treasury::proposal::brought;
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
    if args.accept_unproven {
        tracing::warn!("values that no previous transaction proves are accepted for a signature");
    }
    let facts = Facts { previous_overridden: args.accept_unproven, ..chosen.facts(&packet, context)? };
    let (review, passed) = reviewed(&packet, &chosen.wallet, &facts);
    if !context.output.json {
        crate::cli::output::write_stderr(&crate::cli::review::printed(&review, false));
    }
    let Some(passed) = passed else {
        let codes: Vec<&str> = review.verdict.blocks.iter().map(|block| block.code).collect();
        let message = format!("the review does not let anybody sign this: {}", codes.join(", "));
        let hint = "exchequer review says why, block by block";
        return Err(Failure::new(Exit::Verification, "review-blocked", message).hint(hint));
    };
    let mut asked = ask::open(&args.at, context)?;
    let holder = chosen.holder(asked.device.as_mut())?;
    let held = chosen.held(holder);
    let model = asked.device.about()?.model;
    ask::foretell(&pages::signing(model, &held, &review, packet.psbt.unsigned_tx.lock_time), &context.output);
    let (signer, signed) = asked.device.sign(&held, &passed)?.whose(&passed)?;
    if let Some(seat) = holder.filter(|seat| *seat != signer) {
        return Err(DeviceError::WrongDevice { expected: seat, found: signer }.into());
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
