//! `exchequer proposal approve` and `combine`: signatures become approvals.
//!
//! - Signing is review, consent, signature, verification, entry; in this order and in one hold of the journal.
//! - From a file only new signatures of the wallet's own keys are taken, each verified; everything else has to be equal.

use super::{digest, reviewed};
use crate::cli::treasury::consent::{self, Consent};
use crate::cli::treasury::{Writing, files, find, keys, shown};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review;
use crate::treasury::proposal::{Event, ProposalId, Refusal, SeatId, Signer, brought};
use std::path::PathBuf;

/// Arguments of `exchequer proposal approve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// With which HOT key: its fingerprint or its name
    #[arg(long, value_name = "KEY")]
    hot: String,
    /// Where the PSBT goes with all signatures; - for the pipe
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    consent: Consent,
}

/// Arguments of `exchequer proposal combine`.
#[derive(Debug, clap::Args)]
pub struct Combine {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// The PSBTs that came back; - for the pipe
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Goes on though the review has warnings
    #[arg(long)]
    accept_warnings: bool,
}

/// Signs with a key of this machine.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    // Before the journal is held: a passphrase takes its time, and so does opening a sealed key.
    let treasury = crate::cli::treasury::read(context)?;
    let named = treasury.hot().iter().find(|(_, name)| **name == args.hot).map(|(key, _)| key.to_string());
    let signer = keys::open(&named.unwrap_or_else(|| args.hot.clone()), context)?;
    let mut writing = Writing::open(context)?;
    let proposal = find::proposal(&writing.treasury, &args.id)?.clone();
    let vault = writing.treasury.vault(proposal.wallet)?;
    let wallet = vault.wallet.clone();
    let seat = proposal.seats.iter().map(|seat| seat.id).find(|seat| seat.fingerprint == signer.fingerprint());
    let seat = seat.ok_or_else(|| {
        let message = format!("the HOT key {} is none of those that can sign this", signer.fingerprint());
        Failure::new(Exit::Usage, "no-seat", message)
    })?;
    if proposal.approved().any(|approved| approved.id == seat) {
        return Err(Refusal::Already(seat).into());
    }
    let (found, packet) = reviewed(&writing, &proposal, context)?;
    consent::weigh(&found, "sign", &args.consent, context)?;
    if !context.output.json && !args.consent.yes {
        crate::cli::output::write_stderr(&super::super::review::printed(&found, false));
    }
    let question = format!("Sign {} with the HOT key {seat}?", proposal.id.short());
    consent::ask(&question, &args.consent)?;
    let vault = writing.treasury.vault(proposal.wallet)?;
    let facts = crate::cli::treasury::facts::of(&writing.treasury, vault, Some(proposal.id), writing.now(), context)?;
    // Reviewed once more as the very value that is signed: there is no other way to a signature.
    let (again, passed) = review::reviewed(&packet, &wallet, &facts);
    consent::weigh(&again, "sign", &Consent { accept_warnings: true, yes: true }, context)?;
    let passed = passed.ok_or_else(|| Failure::new(Exit::Verification, "review-blocked", "the review blocks this"))?;
    writing.write(Event::Viewed { proposal: proposal.id, seat, digest: digest(&found) })?;
    let signed = signer.sign(&passed)?;
    drop(signer);
    enter(&mut writing, proposal.id, &signed, Signer::Software, Some(seat))?;
    finish(&writing, proposal.id, args.output.as_deref(), context)
}

/// Takes new signatures out of files.
pub fn combine(args: &Combine, context: &Context) -> Result<(), Failure> {
    let packets = args.files.iter().map(|file| files::packet(file)).collect::<Result<Vec<_>, _>>()?;
    let mut writing = Writing::open(context)?;
    let id = find::proposal(&writing.treasury, &args.id)?.id;
    let proposal = writing.treasury.proposal(id)?;
    let (found, _) = reviewed(&writing, proposal, context)?;
    let consent = Consent { yes: true, accept_warnings: args.accept_warnings };
    consent::weigh(&found, "approve", &consent, context)?;
    for packet in &packets {
        take_in(&mut writing, id, packet, context)?;
    }
    finish(&writing, id, None, context)
}

/// The new signatures of a packet as approvals; gives the seats that have approved by it.
pub fn take_in(
    writing: &mut Writing,
    id: ProposalId,
    packet: &Packet,
    context: &Context,
) -> Result<Vec<String>, Failure> {
    let proposal = writing.treasury.proposal(id)?;
    let (found, _) = reviewed(writing, proposal, context)?;
    // What must not be signed is not helped along, whoever has signed it.
    let consent = Consent { yes: true, accept_warnings: true };
    consent::weigh(&found, "approve", &consent, context)?;
    enter(writing, id, packet, Signer::File, None)
}

/// Verifies what is new in a packet, and writes an approval for each seat that has signed every input.
fn enter(
    writing: &mut Writing,
    id: ProposalId,
    packet: &Packet,
    signer: Signer,
    only: Option<SeatId>,
) -> Result<Vec<String>, Failure> {
    let proposal = writing.treasury.proposal(id)?;
    let vault = writing.treasury.vault(proposal.wallet)?;
    let new = brought(&proposal.signed(), packet, &vault.wallet)
        .map_err(|error| Failure::new(Exit::Verification, error.code(), error.to_string()))?;
    let seats: Vec<SeatId> = proposal.seats.iter().map(|seat| seat.id).collect();
    let mut approved = Vec::new();
    for (place, signatures) in new {
        // Keys that could only sign by another way than this proposal goes count for nothing here.
        let Some(seat) = seats.iter().find(|seat| usize::from(seat.place) == place).copied() else { continue };
        if only.is_none_or(|only| only == seat) {
            writing.write(Event::Approved { proposal: id, seat, signer, signatures })?;
            approved.push(seat.to_string());
        }
    }
    Ok(approved)
}

/// Says where the proposal stands, and hands the PSBT on.
fn finish(
    writing: &Writing,
    id: ProposalId,
    output: Option<&std::path::Path>,
    context: &Context,
) -> Result<(), Failure> {
    let proposal = writing.treasury.proposal(id)?;
    if let Some(path) = output {
        let packet = proposal.signed();
        files::write(path, &files::written(&packet, files::Form::Base64, packet.version), false)?;
        if files::is_pipe(path) {
            return Ok(());
        }
    }
    if context.output.json {
        return context.output.json(&shown::proposal(&writing.treasury, proposal, writing.now()));
    }
    context.output.text(&format!(
        "{}: {} of {} signatures, {}",
        proposal.id.short(),
        proposal.approved().count(),
        proposal.quorum.required,
        proposal.state_at(writing.now()).name()
    ))
}
