//! Signing for a Safe with an account that lies here, and refusing in the name of an owner.

use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::consent::{blocked, may_sign};
use crate::desk::treasury::show::safe_challenges;
use crate::desk::treasury::wish::Seen;
use crate::desk::{Operator, Scope};
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::ethereum::review::reviewed;
use crate::treasury::proposal::{ProposalId, Signer};
use alloy_primitives::Address;

impl Clerk {
    /// Signs with an account that lies here.
    pub(in crate::desk::treasury) fn approve_safe(
        &mut self,
        scope: &Scope<Operator>,
        (id, owner): (ProposalId, Address),
        passphrase: &str,
        seen: &Seen,
        answers: &[String],
    ) -> Result<String, String> {
        let (number, proposal, safe) = self.found_safe(id)?;
        let facts = self.facts_of(proposal.safe, Some(&proposal));
        let (review, passed) = reviewed(proposal.at(), proposal.tx(), &facts);
        let digest = may_sign(number, &review.verdict, &safe_challenges(&review), seen, answers)?;
        let passed = passed.ok_or_else(|| blocked(number, &review.verdict))?;
        self.note_safe(scope, SafeEvent::Viewed { proposal: id, owner, digest })?;
        let refused = |reason: String| format!("#{number} is not signed: {reason}");
        let account = self.settings.place.open_account(owner, passphrase).map_err(refused)?;
        let signed = match account.sign(&passed) {
            Ok(signed) => signed,
            Err(error) => {
                let code = error.to_string();
                self.note_safe(scope, SafeEvent::SigningFailed { proposal: id, owner, code })?;
                return Err(refused(error.to_string()));
            }
        };
        let signature = signed.bytes();
        let signer = Signer::Software;
        self.note_safe(scope, SafeEvent::Approved { proposal: id, owner, signer, signature, on_chain: None })?;
        Ok(self.counted_safe(id, &format!("#{number} signed by {}", safe.owner_name(owner))))
    }

    /// Refuses in the name of an owner.
    pub(in crate::desk::treasury) fn reject_safe(
        &mut self,
        scope: &Scope<Operator>,
        (proposal, owner): (ProposalId, Address),
        reason: String,
    ) -> Result<String, String> {
        let (number, found, safe) = self.found_safe(proposal)?;
        let key = self.settings.place.identity()?;
        let identity = key.identity();
        self.identity = Some(identity);
        if !safe.claims.contains_key(&owner) {
            self.note_safe(scope, SafeEvent::OwnerClaimed { safe: found.safe, owner, identity })?;
        }
        let signature = key.refuse_for(proposal, owner, &reason);
        self.note_safe(scope, SafeEvent::Rejected { proposal, owner, reason, identity, signature })?;
        let ended = self.treasury.safe_proposal(proposal).ok().and_then(|proposal| proposal.ended.clone());
        let who = safe.owner_name(owner);
        Ok(ended.map_or_else(|| format!("#{number} refused by {who}"), |ended| format!("#{number} is over: {ended}")))
    }
}
