//! What is known when a command reviews a transaction.

use super::super::{Context, Failure};
use super::chains;
use crate::market::Timestamp;
use crate::treasury::bitcoin::review::Facts;
use crate::treasury::proposal::{ProposalId, Treasury, Vault, facts};

/// The facts for a proposal, or for a packet that may become one.
pub fn of(
    treasury: &Treasury,
    vault: &Vault,
    proposal: Option<ProposalId>,
    now: Timestamp,
    context: &Context,
) -> Result<Facts, Failure> {
    let state = chains::state(&vault.wallet, context)?;
    let mine = proposal.and_then(|id| treasury.proposal(id).ok());
    Ok(facts(treasury, vault, Some(&state), mine, now))
}
