//! `exchequer proposal reject` and `cancel` for a Safe.
//!
//! - A rejection is signed by this desk's identity, and tells the others. Only a transaction with the same nonce keeps the
//!   signatures that were given from being used: `exchequer propose safe NAME --reject NONCE` makes it.

use super::told;
use crate::cli::treasury::{Writing, find, keys};
use crate::cli::{Context, Failure};
use crate::treasury::ethereum::proposal::SafeEvent;

/// Refuses in the name of an owner; one that nobody speaks for yet is claimed.
pub fn reject(id: &str, owner: &str, reason: &str, context: &Context) -> Result<(), Failure> {
    let key = keys::identity(context)?;
    let mut writing = Writing::open(context)?;
    let proposal = find::safe_proposal(&writing.treasury, id)?;
    let (id, safe) = (proposal.id, proposal.safe);
    let owner = super::owner(&writing.treasury, safe, owner)?;
    let claimed = writing.treasury.safe(safe)?.claims.contains_key(&owner);
    let (identity, reason) = (key.identity(), reason.to_owned());
    let signature = key.refuse_for(id, owner, &reason);
    if !claimed {
        writing.safe(SafeEvent::OwnerClaimed { safe, owner, identity })?;
    }
    writing.safe(SafeEvent::Rejected { proposal: id, owner, reason, identity, signature })?;
    told(id, &writing, context)
}

/// Withdraws a proposal; where a service has it, that is told, because it goes on collecting signatures there.
pub fn cancel(id: &str, reason: &str, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let proposal = find::safe_proposal(&writing.treasury, id)?;
    let (id, posted) = (proposal.id, proposal.posted.clone());
    writing.safe(SafeEvent::Cancelled { proposal: id, reason: reason.to_owned() })?;
    if let Some((service, _)) = posted.first() {
        context.output.note(&format!(
            "{service} has it still: exchequer proposal confirm {} --delete takes it off its queue",
            id.short()
        ));
    }
    told(id, &writing, context)
}
