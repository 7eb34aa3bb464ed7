//! `exchequer proposal approve` and `combine`: signatures become approvals.
//!
//! - Signing is review, consent, signature, verification, entry, in this order.
//! - From a file only new signatures of the wallet's own keys are taken, each verified; everything else has to be equal.

use super::safe::approve::{self as safe, Signing};
use super::safe::{carry, is_of_safe};
use super::{digest, reviewed};
use crate::cli::device::{At, ask, sign};
use crate::cli::treasury::consent::{self, Consent};
use crate::cli::treasury::{Writing, files, find, keys, shown};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{self, Facts};
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::proposal::{Event, ProposalId, Refusal, SeatId, Signer, brought};
use bitcoin::bip32::{DerivationPath, Fingerprint};
use std::path::PathBuf;

/// Arguments of `exchequer proposal approve`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// With which HOT key: its fingerprint or its name; without it a device is asked
    #[arg(long, value_name = "KEY", conflicts_with = "device")]
    hot: Option<String>,
    /// For a Safe: in the name of this Safe, which owns it, by the HOT accounts of --hot (several with commas)
    #[arg(long = "as", value_name = "SAFE", requires = "hot")]
    child: Option<String>,
    #[command(flatten)]
    at: At,
    /// For a Safe: the key on the device
    #[arg(long, value_name = "PATH", default_value = "m/44'/60'/0'/0/0")]
    path: DerivationPath,
    /// For a Safe: the device gets two hashes instead of every field
    #[arg(long)]
    hashes: bool,
    /// For a Safe: asks no chain, and reviews by what is known
    #[arg(long)]
    offline: bool,
    /// Where the PSBT, or a Safe's file, goes with all signatures; - for the pipe
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
    /// The PSBTs, or a Safe's files, that came back; - for the pipe
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// Signs with a key of this machine or with a device.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if is_of_safe(&args.id, context)? {
        let Args { id, hot, child, at, path, hashes, offline, output, consent } = args;
        let (hot, child, output) = (hot.as_deref(), child.as_deref(), output.as_ref());
        let signing = Signing { id, hot, child, at, path, hashes: *hashes, offline: *offline, output, consent };
        return safe::run(&signing, context);
    }
    match &args.hot {
        Some(name) => hot(name, args, context),
        None => device(args, context),
    }
}

fn hot(name: &str, args: &Args, context: &Context) -> Result<(), Failure> {
    // Before the journal is held: a passphrase takes its time, and so does opening a sealed key.
    let signer = keys::named(name, &crate::cli::treasury::read(context)?, context)?;
    let mut writing = Writing::open(context)?;
    let (id, seat) = seat(&writing, &args.id, signer.fingerprint())?;
    consented(&writing, id, args, context)?;
    let question = format!("Sign {} with the HOT key {seat}?", id.short());
    consent::ask(&question, &args.consent)?;
    let (wallet, packet, facts) = given(&writing, id, context)?;
    // Reviewed once more as the very value that is signed: there is no other way to a signature.
    let (found, passed) = review::reviewed(&packet, &wallet, &facts);
    let passed = passed.ok_or_else(|| sign::blocked(&found))?;
    writing.write(Event::Viewed { proposal: id, seat, digest: digest(&found) })?;
    let signed = signer.sign(&passed)?;
    drop(signer);
    enter(&mut writing, id, &signed, Signer::Software, Some(seat))?;
    finish(&writing, id, args.output.as_deref(), context)
}

/// The journal is not held while somebody reads and presses buttons: it is written before the device is asked, and again
/// when it has answered. A device that goes away leaves the seat waiting for it.
fn device(args: &Args, context: &Context) -> Result<(), Failure> {
    let mut asked = ask::open(&args.at, context)?;
    let mut writing = Writing::open(context)?;
    let wallet = writing.treasury.vault(find::proposal(&writing.treasury, &args.id)?.wallet)?.wallet.clone();
    let holder = crate::device::seat::seat(asked.device.as_mut(), &wallet)?;
    let (id, seat) = seat(&writing, &args.id, holder)?;
    consented(&writing, id, args, context)?;
    let (wallet, packet, facts) = given(&writing, id, context)?;
    let (found, passed) = review::reviewed(&packet, &wallet, &facts);
    let passed = passed.ok_or_else(|| sign::blocked(&found))?;
    writing.write(Event::Viewed { proposal: id, seat, digest: digest(&found) })?;
    writing.write(Event::AwaitingDevice { proposal: id, seat })?;
    let chosen = ask::Chosen::of(writing.treasury.clone(), wallet.clone());
    drop(writing);
    let answer = sign::signed(&mut asked, &chosen, &found, &passed, context);
    let mut writing = Writing::open(context)?;
    match answer {
        Ok((_, signed)) => {
            enter(&mut writing, id, &signed, Signer::Device, Some(seat))?;
            finish(&writing, id, args.output.as_deref(), context)
        }
        Err(error) => {
            if !error.waits() {
                writing.write(Event::SigningFailed { proposal: id, seat, code: error.code().to_owned() })?;
            }
            Err(error.into())
        }
    }
}

/// The seat that a seed has in a proposal, when it has not signed yet.
fn seat(writing: &Writing, id: &str, seed: Fingerprint) -> Result<(ProposalId, SeatId), Failure> {
    let proposal = find::proposal(&writing.treasury, id)?;
    let seat = proposal.seats.iter().map(|seat| seat.id).find(|seat| seat.fingerprint == seed);
    let seat = seat.ok_or_else(|| {
        let message = format!("the key {seed} is none of those that can sign this");
        Failure::new(Exit::Usage, "no-seat", message)
    })?;
    match proposal.approved().any(|approved| approved.id == seat) {
        true => Err(Refusal::Already(seat).into()),
        false => Ok((proposal.id, seat)),
    }
}

/// Shows the review to whoever is there, and weighs it.
fn consented(writing: &Writing, id: ProposalId, args: &Args, context: &Context) -> Result<(), Failure> {
    let (found, _) = reviewed(writing, writing.treasury.proposal(id)?, context)?;
    consent::weigh(&found.verdict, "sign", &args.consent, context)?;
    if !context.output.json && !args.consent.yes {
        crate::cli::output::write_stderr(&super::super::review::printed(&found, false));
    }
    Ok(())
}

/// What a proposal's review is made of.
fn given(writing: &Writing, id: ProposalId, context: &Context) -> Result<(Wallet, Packet, Facts), Failure> {
    let proposal = writing.treasury.proposal(id)?;
    let vault = writing.treasury.vault(proposal.wallet)?;
    let facts = crate::cli::treasury::facts::of(&writing.treasury, vault, Some(id), writing.now(), context)?;
    Ok((vault.wallet.clone(), proposal.signed(), facts))
}

/// Takes new signatures out of files.
pub fn combine(args: &Combine, context: &Context) -> Result<(), Failure> {
    if is_of_safe(&args.id, context)? {
        return carry::combine(&args.id, &args.files, context);
    }
    let packets = args.files.iter().map(|file| files::packet(file)).collect::<Result<Vec<_>, _>>()?;
    let mut writing = Writing::open(context)?;
    let id = find::proposal(&writing.treasury, &args.id)?.id;
    let proposal = writing.treasury.proposal(id)?;
    let (found, _) = reviewed(&writing, proposal, context)?;
    consent::unblocked(&found.verdict, "approve")?;
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
    consent::unblocked(&found.verdict, "approve")?;
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
