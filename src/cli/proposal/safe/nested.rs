//! `exchequer proposal approve --as`: an owner that is a Safe confirms by the signatures of its own owners.
//!
//! - What they sign is made of the parent's transaction, reviewed here; enough of them have to sign at one time. Owners who
//!   are elsewhere approve on the chain instead, by `propose safe CHILD --approve`.

use super::approve::{Signing, approved, consented, facts, seat};
use super::{blocked, digest};
use crate::cli::safe::reach::Known;
use crate::cli::safe::shown::hex;
use crate::cli::treasury::{Writing, consent, find, keys, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::nested::{Errand, NestedError};
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::ethereum::review::reviewed as passed;
use crate::treasury::ethereum::signature;
use crate::treasury::proposal::{ProposalId, Signer};

fn refused(error: &NestedError) -> Failure {
    Failure::new(Exit::Verification, error.code(), error.to_string())
}

/// Signs in the name of a Safe with HOT accounts that own it: their names or addresses, separated by commas.
pub fn run(
    child: &str,
    names: &str,
    signing: &Signing<'_>,
    known: &Known,
    context: &Context,
) -> Result<ProposalId, Failure> {
    let treasury = read(context)?;
    let child = find::safe(&treasury, child)?;
    let child_facts = child.facts();
    let mut accounts = Vec::new();
    for name in names.split(',').filter(|name| !name.is_empty()) {
        let account = keys::account(name, &treasury, context)?;
        if !child.owns(&account.address()) {
            let message = format!("{} does not own {}", hex(account.address()), child.name);
            return Err(Failure::new(Exit::Usage, "no-seat", message));
        }
        accounts.push(account);
    }
    let mut writing = Writing::open(context)?;
    let (id, owner) = seat(&mut writing, signing.id, child.id.address)?;
    consented(&writing, id, known, signing, context)?;
    consent::ask(&format!("Sign {} in the name of {} ({})?", id.short(), child.name, hex(owner)), signing.consent)?;
    let proposal = writing.treasury.safe_proposal(id)?.clone();
    let facts = facts(&writing, &proposal, known);
    let (found, let_through) = passed(proposal.at(), proposal.tx(), &facts);
    let let_through = let_through.ok_or_else(|| blocked(&found.verdict.blocks))?;
    writing.safe(SafeEvent::Viewed { proposal: id, owner, digest: digest(&found) })?;
    let errand = Errand::new(&let_through, &child_facts).map_err(|error| refused(&error))?;
    let mut signed = Vec::new();
    for account in &accounts {
        signed.push(account.sign_errand(&errand)?);
    }
    signed.sort_by_key(|one| one.owner);
    let confirmation = errand.confirmation(&signed, &signature::Known::default()).map_err(|error| refused(&error))?;
    approved(&mut writing, id, &confirmation, Signer::Software)?;
    Ok(id)
}
