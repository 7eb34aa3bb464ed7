//! `exchequer proposal export`, `import` and `combine` for a Safe: a quorum without any service, by files and QR codes.
//!
//! - A file is the transaction and signatures; each signature is recovered, and held against the owners as the chain last
//!   told. What does not count is told with the reason, and does not keep the rest from counting.
//! - A file for another Safe, chain or version, or with another transaction, is none for this proposal.

use super::{reviewed, told};
use crate::cli::propose::propose;
use crate::cli::review::laid_out;
use crate::cli::safe::reach::Known;
use crate::cli::safe::shown::{self, hex};
use crate::cli::treasury::codes::{self, Series};
use crate::cli::treasury::{Writing, consent, files, find, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::exchange::{Doubt, MergeError, Proposal as Exchanged};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId, SafeKind, SafeProposal, Source};
use crate::treasury::ethereum::signature::Confirmation;
use crate::treasury::proposal::{ProposalId, Signer};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest file, or text of codes.
const LONGEST: usize = 4 << 20;

/// The file of a proposal, with the signatures that there are.
pub fn exchanged(proposal: &SafeProposal, bare: bool) -> Exchanged {
    let mut file = Exchanged::new(*proposal.at(), proposal.tx().clone());
    for confirmation in proposal.seats.iter().filter_map(|seat| seat.confirmation()).filter(|_| !bare) {
        // One that is over another hash, of a version before, is none any more.
        let _ = file.take(confirmation.clone());
    }
    file
}

/// Writes the file, or draws it as codes.
pub fn export(id: &str, output: &Path, bare: bool, qr: Option<Series>, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let file = exchanged(find::safe_proposal(&treasury, id)?, bare).json();
    match qr {
        Some(series) => codes::show(file.as_bytes(), codes::What::Json, series, context),
        None => files::write(output, format!("{file}\n").as_bytes(), false),
    }
}

/// Whether what was handed in is a Safe's transaction: an object of JSON, by itself or in codes.
pub fn is_one(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

/// Reads a file, or what a scanner typed.
pub fn handed_in(path: &Path) -> Result<Vec<u8>, Failure> {
    files::scanned(path, LONGEST)
}

fn file(bytes: &[u8], path: &Path) -> Result<Exchanged, Failure> {
    Exchanged::read(bytes)
        .map_err(|error| Failure::new(Exit::Error, error.code(), format!("{}: {error}", files::shown(path))))
}

/// Takes a file in as a proposal; one that is there already is no second one.
pub fn import(bytes: &[u8], path: &Path, memo: &str, expires: Duration, context: &Context) -> Result<(), Failure> {
    let file = file(bytes, path)?;
    let mut writing = Writing::open(context)?;
    let id = SafeId::of(&file.file.at);
    let safe = find::safe(&writing.treasury, &id.to_string())?.clone();
    if safe.at() != file.file.at {
        return Err(other(MergeError::Safe, &safe.id.to_string()));
    }
    let tx = &file.file.tx;
    let proposal = ProposalId::of_safe(&safe.at(), tx, safe.policy);
    let there = writing.treasury.safes().of(safe.id).find(|one| one.tx() == tx).map(|one| one.id);
    let id = match there {
        Some(id) => id,
        None => {
            let known = Known::kept(&safe, context);
            let facts = known.facts(&writing.treasury, safe.id, None, writing.now());
            let review = crate::treasury::ethereum::review::review(&safe.at(), tx, &facts);
            propose(&mut writing, &safe, tx, Source::File, memo, expires, SafeKind::of(&review))?
        }
    };
    let known = there.is_some() || proposal != id;
    let taken = take_in(&mut writing, id, &file, context)?;
    let proposal = writing.treasury.safe_proposal(id)?;
    let review = reviewed(&writing, proposal, &Known::kept(&safe, context));
    if context.output.json {
        return context.output.json(&json!({
            "known": known, "approved": taken.approved, "refused": taken.refused, "notes": notes(&file),
            "proposal": shown::proposal(&writing.treasury, proposal, writing.now()), "review": review.json(),
        }));
    }
    let mut text = laid_out(&review.verdict, context.output.colored());
    for owner in &taken.approved {
        text.push_str(&format!("approved by {owner}\n"));
    }
    for line in taken.lines() {
        text.push_str(&format!("{line}\n"));
    }
    let was = if known { "was there already" } else { "is proposed" };
    text.push_str(&format!("{} {was}: {}\n", id.short(), proposal.state_at(writing.now()).name()));
    context.output.text(&text)
}

fn notes(file: &Exchanged) -> usize {
    file.file.notes.len()
}

fn other(error: MergeError, whose: &str) -> Failure {
    let key = match error {
        MergeError::Safe => "combine-safe",
        MergeError::Transaction => "combine-transaction",
        MergeError::Many => "combine-many",
    };
    Failure::new(Exit::Verification, key, format!("{error}: it is not for {whose}"))
}

/// What came of signatures that were handed in.
#[derive(Debug, Default)]
pub struct Taken {
    /// Owners who have approved by them.
    pub approved: Vec<String>,
    /// What does not count, with the reasons.
    pub refused: Vec<serde_json::Value>,
}

impl Taken {
    /// What does not count, a line each.
    pub fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.refused.iter().map(|one| {
            let text = |name: &str| one.get(name).and_then(serde_json::Value::as_str).unwrap_or_default();
            format!("a signature does not count: {} ({})", text("reason"), text("code"))
        })
    }

    fn refuse(&mut self, owner: Option<String>, code: &str, reason: &str) {
        let reason = crate::market::printable(reason);
        self.refused.push(json!({ "owner": owner, "code": code, "reason": reason }));
    }
}

/// The new signatures of a file as approvals.
pub fn take_in(writing: &mut Writing, id: ProposalId, file: &Exchanged, context: &Context) -> Result<Taken, Failure> {
    let proposal = writing.treasury.safe_proposal(id)?;
    let short = id.short();
    if proposal.at() != &file.file.at {
        return Err(other(MergeError::Safe, &short));
    }
    if proposal.tx() != &file.file.tx {
        return Err(other(MergeError::Transaction, &short));
    }
    // What must not be signed is not helped along, whoever has signed it.
    let safe = writing.treasury.safe(proposal.safe)?.clone();
    let review = reviewed(writing, proposal, &Known::kept(&safe, context));
    if !file.confirmations.is_empty() {
        consent::unblocked(&review.verdict, "approve")?;
    }
    let mut taken = Taken::default();
    for aside in &file.aside {
        let code = match &aside.why {
            Doubt::Form(error) => error.code(),
            Doubt::Signature(error) => error.code(),
        };
        taken.refuse(None, code, &aside.why.to_string());
    }
    let confirmations: Vec<Confirmation> = file.confirmations.clone();
    for confirmation in confirmations {
        enter(writing, id, &confirmation, Signer::File, &mut taken)?;
    }
    Ok(taken)
}

/// Writes one signature as an approval, unless it says nothing new or does not count.
pub fn enter(
    writing: &mut Writing,
    id: ProposalId,
    confirmation: &Confirmation,
    signer: Signer,
    taken: &mut Taken,
) -> Result<(), Failure> {
    let owner = confirmation.owner;
    let proposal = writing.treasury.safe_proposal(id)?;
    if proposal.seat(owner).is_some_and(|seat| seat.counts) {
        return Ok(());
    }
    let signature = confirmation.bytes();
    let event = SafeEvent::Approved { proposal: id, owner, signer, signature, on_chain: None };
    let checked =
        writing.treasury.check(&crate::treasury::proposal::Event::Safe(Box::new(event.clone())), writing.now());
    match checked {
        Ok(()) => {
            writing.safe(event)?;
            taken.approved.push(hex(owner));
        }
        Err(refusal) => taken.refuse(Some(hex(owner)), refusal.code(), &refusal.to_string()),
    }
    Ok(())
}

/// Takes new signatures out of files.
pub fn combine(id: &str, paths: &[PathBuf], context: &Context) -> Result<(), Failure> {
    let mut all = Vec::new();
    for path in paths {
        all.push(file(&handed_in(path)?, path)?);
    }
    let mut writing = Writing::open(context)?;
    let id = find::safe_proposal(&writing.treasury, id)?.id;
    let (mut approved, mut last) = (0_usize, None);
    for file in &all {
        let taken = take_in(&mut writing, id, file, context)?;
        approved = approved.saturating_add(taken.approved.len());
        for line in taken.lines() {
            context.output.note(&line);
        }
        last = taken.refused.into_iter().next_back().or(last);
    }
    if approved == 0 {
        let reason = last.as_ref().and_then(|one| one.get("reason")).and_then(serde_json::Value::as_str);
        let message = reason.map_or_else(
            || "the files hold no signature that is not here already".to_owned(),
            |reason| format!("no signature counts: {reason}"),
        );
        return Err(Failure::new(Exit::Verification, "combine-nothing", message));
    }
    told(id, &writing, context)
}
