//! `exchequer proposal approve` for a Safe: an owner's signature by a HOT account or by a device.
//!
//! - Signing is review, consent, signature, verification, entry, in this order. The journal is not held while somebody
//!   reads and presses buttons, nor while a chain is asked.
//! - A device is shown every field, and two hashes only where somebody asks for that. What it will show is foretold.
//! - In the name of a Safe that is an owner, its own owners sign, each once; the last one makes its confirmation.

use super::{blocked, digest, nested, reviewed, told};
use crate::cli::device::{At, ask};
use crate::cli::proposal::safe::carry::exchanged;
use crate::cli::review::laid_out;
use crate::cli::safe::reach::{Known, known};
use crate::cli::safe::shown::hex;
use crate::cli::treasury::consent::{self, Consent};
use crate::cli::treasury::{Writing, files, find, keys, read};
use crate::cli::{Context, Exit, Failure};
use crate::device::ethereum::{Mode, Signable, TypedData};
use crate::device::{DeviceError, pages};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeProposal};
use crate::treasury::ethereum::review::{Facts, reviewed as passed};
use crate::treasury::ethereum::signature::{Asked, Confirmation};
use crate::treasury::proposal::{ProposalId, Signer, State};
use alloy_primitives::Address;
use bitcoin::bip32::DerivationPath;
use std::path::PathBuf;

/// Who signs a Safe's proposal, and how.
#[derive(Debug)]
pub struct Signing<'a> {
    /// The proposal.
    pub id: &'a str,
    /// The HOT account, where it is one.
    pub hot: Option<&'a str>,
    /// The Safe in whose name its own owners sign, where that is meant.
    pub child: Option<&'a str>,
    /// The device, where it is one.
    pub at: &'a At,
    /// The key on the device.
    pub path: &'a DerivationPath,
    /// Whether the device gets two hashes instead of every field.
    pub hashes: bool,
    /// Whether no chain is asked.
    pub offline: bool,
    /// Where the file goes.
    pub output: Option<&'a PathBuf>,
    /// What was accepted already.
    pub consent: &'a Consent,
}

/// Signs.
pub fn run(signing: &Signing<'_>, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let proposal = find::safe_proposal(&treasury, signing.id)?;
    let safe = treasury.safe(proposal.safe)?;
    let known = known(&treasury, safe, proposal.at(), proposal.tx(), signing.offline, context)?;
    let id = match (signing.hot, signing.child) {
        (Some(names), Some(child)) => nested::run(child, names, signing, &known, context)?,
        (Some(name), None) => hot(name, signing, &known, context)?,
        (None, _) => device(signing, &known, context)?,
    };
    let writing = Writing::open(context)?;
    if let Some(path) = signing.output {
        let file = exchanged(writing.treasury.safe_proposal(id)?, false).json();
        files::write(path, format!("{file}\n").as_bytes(), false)?;
        if files::is_pipe(path) {
            return Ok(());
        }
    }
    told(id, &writing, context)
}

fn hot(name: &str, signing: &Signing<'_>, known: &Known, context: &Context) -> Result<ProposalId, Failure> {
    // Before the journal is held: a passphrase takes its time, and so does opening a sealed key.
    let account = keys::account(name, &read(context)?, context)?;
    let mut writing = Writing::open(context)?;
    let (id, owner) = seat(&mut writing, signing.id, account.address())?;
    consented(&writing, id, known, signing, context)?;
    consent::ask(&format!("Sign {} with the HOT account {}?", id.short(), hex(owner)), signing.consent)?;
    let proposal = writing.treasury.safe_proposal(id)?.clone();
    let facts = facts(&writing, &proposal, known);
    // Reviewed once more as the very value that is signed: there is no other way to a signature.
    let (found, let_through) = passed(proposal.at(), proposal.tx(), &facts);
    let let_through = let_through.ok_or_else(|| blocked(&found.verdict.blocks))?;
    writing.safe(SafeEvent::Viewed { proposal: id, owner, digest: digest(&found) })?;
    let confirmation = account.sign(&let_through)?;
    drop(account);
    approved(&mut writing, id, &confirmation, Signer::Software)?;
    Ok(id)
}

/// A device that goes away leaves the owner waiting for it.
fn device(signing: &Signing<'_>, known: &Known, context: &Context) -> Result<ProposalId, Failure> {
    let mut asked = ask::open(signing.at, context)?;
    let account = asked.device.eth_address(signing.path, false)?.address;
    let mut writing = Writing::open(context)?;
    let (id, owner) = seat(&mut writing, signing.id, account)?;
    consented(&writing, id, known, signing, context)?;
    let proposal = writing.treasury.safe_proposal(id)?.clone();
    let facts = facts(&writing, &proposal, known);
    let (found, let_through) = passed(proposal.at(), proposal.tx(), &facts);
    let let_through = let_through.ok_or_else(|| blocked(&found.verdict.blocks))?;
    let data = let_through.tx().typed_data(let_through.at()).to_string();
    let data = TypedData::read(&data).map_err(|error| {
        Failure::new(Exit::Error, "eth-unread", format!("the transaction is no typed data: {error}"))
    })?;
    let mode = if signing.hashes { Mode::Hashes } else { Mode::Full };
    let what = Signable::TypedData(Box::new(data), mode);
    // What the device hashes has to be what was reviewed.
    if what.hash()? != let_through.hashes().safe_tx {
        return Err(Failure::new(Exit::Verification, "other-hash", "the typed data has another hash than the review"));
    }
    writing.safe(SafeEvent::Viewed { proposal: id, owner, digest: digest(&found) })?;
    writing.safe(SafeEvent::AwaitingDevice { proposal: id, owner })?;
    drop(writing);
    let about = asked.device.known()?;
    ask::foretell(&pages::eth_signing(&about, &owner, &what), &context.output);
    let answer = sign(&mut asked, signing.path, owner, &what, &proposal.asked());
    let mut writing = Writing::open(context)?;
    match answer {
        Ok(confirmation) => {
            approved(&mut writing, id, &confirmation, Signer::Device)?;
            Ok(id)
        }
        Err(error) => {
            if !error.waits() {
                writing.safe(SafeEvent::SigningFailed { proposal: id, owner, code: error.code().to_owned() })?;
            }
            Err(error.into())
        }
    }
}

/// What the device gives back, held against our own hash and the owner.
fn sign(
    device: &mut ask::Asked,
    path: &DerivationPath,
    owner: Address,
    what: &Signable,
    asked: &Asked,
) -> Result<Confirmation, DeviceError> {
    let signature = device.device.eth_sign(path, what)?.of(owner, what)?;
    let bad = |reason: String| DeviceError::BadSignature(reason);
    let confirmation = Confirmation::from_device(&signature.bytes(), asked).map_err(|error| bad(error.to_string()))?;
    confirmation.by(owner).map_err(|error| bad(error.to_string()))
}

/// What is known for the review that comes before the signature.
pub fn facts(writing: &Writing, proposal: &SafeProposal, known: &Known) -> Facts {
    known.facts(&writing.treasury, proposal.safe, Some(proposal), writing.now())
}

/// The seat of an account, when it has not signed yet.
pub fn seat(writing: &mut Writing, id: &str, account: Address) -> Result<(ProposalId, Address), Failure> {
    let proposal = find::safe_proposal(&writing.treasury, id)?;
    let id = proposal.id;
    let Some(seat) = proposal.seat(account).filter(|seat| seat.owns) else {
        let message = format!("{} does not own this Safe", hex(account));
        return Err(Failure::new(Exit::Usage, "no-seat", message));
    };
    if seat.counts {
        return Err(Failure::new(Exit::Error, "already-approved", format!("{} has approved already", hex(account))));
    }
    let state = proposal.state();
    if !state.is_open() && state != (State::Failed { retryable: true }) {
        let message = format!("it is {}, and cannot be approved any more", state.name());
        return Err(Failure::new(Exit::Error, "illegal-move", message));
    }
    super::expired(writing, id)?;
    Ok((id, account))
}

/// Shows the review to whoever is there, and weighs it.
pub fn consented(
    writing: &Writing,
    id: ProposalId,
    known: &Known,
    signing: &Signing<'_>,
    context: &Context,
) -> Result<(), Failure> {
    let found = reviewed(writing, writing.treasury.safe_proposal(id)?, known);
    if !context.output.json && !signing.consent.yes {
        crate::cli::output::write_stderr(&laid_out(&found.verdict, false));
    }
    consent::weigh(&found.verdict, "sign", signing.consent, context)
}

/// Writes an approval; the fold verifies it once more.
pub fn approved(
    writing: &mut Writing,
    id: ProposalId,
    confirmation: &Confirmation,
    signer: Signer,
) -> Result<(), Failure> {
    let (owner, signature) = (confirmation.owner, confirmation.bytes());
    writing.safe(SafeEvent::Approved { proposal: id, owner, signer, signature, on_chain: None })
}
