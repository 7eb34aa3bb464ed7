//! Proposals of Safes under the same words as Bitcoin's: shown, signed, carried between desks, confirmed at a service,
//! rejected, withdrawn, executed.
//!
//! - Everything goes through the one review; what is signed is the very value that it let through.
//! - No chain, service or device is waited for while the journal is held.

pub mod approve;
pub mod carry;
pub mod confirm;
pub mod execute;
pub mod fees;
pub mod follow;
mod nested;
pub mod refuse;
pub mod show;
mod tried;

use crate::cli::safe::reach::Known;
use crate::cli::safe::shown;
use crate::cli::treasury::{Writing, find, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::proposal::{SafeId, SafeProposal};
use crate::treasury::ethereum::review::Review;
use crate::treasury::proposal::{Listed, ProposalId, State, Treasury};
use crate::treasury::verdict::Finding;
use alloy_primitives::Address;

/// Whether an id is one of a Safe's proposals.
pub fn is_of_safe(id: &str, context: &Context) -> Result<bool, Failure> {
    Ok(matches!(find::any(&read(context)?, id)?, Listed::Safe(_)))
}

/// What an owner was shown: a digest of the review as scripts read it, which two people can compare.
fn digest(review: &Review) -> String {
    let text = serde_json::to_string(&review.json()).unwrap_or_default();
    crate::store::journal::Hash::of(text.as_bytes()).to_string()
}

/// The review of a proposal as it stands now.
fn reviewed(writing: &Writing, proposal: &SafeProposal, known: &Known) -> Review {
    let facts = known.facts(&writing.treasury, proposal.safe, Some(proposal), writing.now());
    crate::treasury::ethereum::review::review(proposal.at(), proposal.tx(), &facts)
}

/// Nobody signs what is blocked.
fn blocked(blocks: &[Finding]) -> Failure {
    let codes: Vec<&str> = blocks.iter().map(|block| block.code).collect();
    let message = format!("the review does not let anybody sign this: {}", codes.join(", "));
    let hint = "exchequer proposal show says why, block by block";
    Failure::new(Exit::Verification, "review-blocked", message).hint(hint)
}

/// Writes down that a proposal's time is over, and says so.
fn expired(writing: &mut Writing, id: ProposalId) -> Result<(), Failure> {
    let proposal = writing.treasury.safe_proposal(id)?;
    if !proposal.state().is_open() || proposal.state_at(writing.now()) != State::Expired {
        return Ok(());
    }
    let message = format!("the proposal has expired at {}", proposal.expires_at);
    writing.safe(crate::treasury::ethereum::proposal::SafeEvent::Expired { proposal: id })?;
    let warning = writing.treasury.safe_proposal(id)?.warning(writing.now()).unwrap_or_default();
    Err(Failure::new(Exit::Error, "expired", message).hint(warning))
}

/// Says where a proposal stands.
fn told(id: ProposalId, writing: &Writing, context: &Context) -> Result<(), Failure> {
    let proposal = writing.treasury.safe_proposal(id)?;
    if context.output.json {
        return context.output.json(&shown::proposal(&writing.treasury, proposal, writing.now()));
    }
    let mut text = format!(
        "{}: {} of {} signatures, {}\n",
        id.short(),
        proposal.approved().count(),
        proposal.quorum.required,
        proposal.state_at(writing.now()).name()
    );
    text.extend(proposal.warning(writing.now()).map(|warning| format!("{warning}\n")));
    context.output.text(&text)
}

/// An owner of a Safe by the name that people gave them, or by address.
fn owner(treasury: &Treasury, safe: SafeId, text: &str) -> Result<Address, Failure> {
    let named = treasury.safe(safe)?.names.iter().find(|(_, name)| *name == text).map(|(owner, _)| *owner);
    match named {
        Some(owner) => Ok(owner),
        None => find::address(treasury, safe.chain_id, text),
    }
}
