//! Proposing for a Safe: a payment, or what uses up the nonce of another proposal.

use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::wish::Draft;
use crate::desk::{Operator, Scope};
use crate::treasury::ethereum::SafeTx;
use crate::treasury::ethereum::build::{Payment, What, amount, recipient, rejection, transaction};
use crate::treasury::ethereum::proposal::{Safe, SafeEvent, SafeId, SafeKind, Source};
use crate::treasury::ethereum::review::review;
use crate::treasury::proposal::ProposalId;
use alloy_primitives::{Address, U256};
use std::time::Duration;

/// How long a proposal waits for signatures.
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// The digits of every chain's own coin behind the point.
const COIN: u8 = 18;

impl Clerk {
    /// Proposes a transaction.
    pub(in crate::desk::treasury) fn propose(
        &mut self,
        scope: &Scope<Operator>,
        id: SafeId,
        draft: &Draft,
        memo: &str,
    ) -> Result<String, String> {
        let safe = self.treasury.safe(id).map_err(|refusal| refusal.to_string())?.clone();
        let tx = match draft {
            Draft::Transfer { to, amount, token } => self.transfer(&safe, to.trim(), amount.trim(), *token)?,
            Draft::Refusal(of) => {
                let (number, proposal, _) = self.found_safe(*of)?;
                if proposal.safe != id {
                    return Err(format!("#{number} is of another Safe"));
                }
                rejection(&safe.at(), proposal.tx().nonce)
            }
        };
        let proposal = self.begin_safe(scope, &safe, tx, Source::Own, (memo.to_owned(), WEEK))?;
        Ok(format!("#{} is proposed: read it, then sign", self.number(proposal)))
    }

    fn transfer(&self, safe: &Safe, to: &str, many: &str, token: Option<Address>) -> Result<SafeTx, String> {
        let chain_id = safe.id.chain_id;
        let to = recipient(to, chain_id).map_err(|error| error.to_string())?.address;
        let decimals = match token {
            None => COIN,
            Some(token) => {
                let known = self.treasury.safes().tokens().get(&(chain_id, token));
                known.ok_or("nobody here knows how many digits the token's amounts have")?.decimals
            }
        };
        let amount = amount(many, decimals).map_err(|error| error.to_string())?;
        let what = match token {
            None => What::Coin { amount },
            Some(token) => What::Token { token, amount },
        };
        let ask = Payment { what, to }.ask(safe.id.address).map_err(|error| error.to_string())?;
        let nonce = self.next_nonce(safe)?;
        transaction(&safe.at(), nonce, &[ask]).map_err(|error| error.to_string())
    }

    /// The first nonce that nothing waits for, here or at the service.
    fn next_nonce(&self, safe: &Safe) -> Result<U256, String> {
        let mut next = self.treasury.safes().next_nonce(safe.id).map_err(|refusal| refusal.to_string())?;
        let waiting = self.safes.get(&safe.id).and_then(|followed| followed.waiting.as_deref()).unwrap_or_default();
        while waiting.iter().any(|other| other.nonce == next) {
            next = next.saturating_add(U256::ONE);
        }
        Ok(next)
    }

    /// Writes a proposal down, as its own review says what kind it is.
    pub(super) fn begin_safe(
        &mut self,
        scope: &Scope<Operator>,
        safe: &Safe,
        tx: SafeTx,
        source: Source,
        (memo, waits): (String, Duration),
    ) -> Result<ProposalId, String> {
        let (at, policy) = (safe.at(), safe.policy);
        let proposal = ProposalId::of_safe(&at, &tx, policy);
        let kind = SafeKind::of(&review(&at, &tx, &self.facts_of(safe.id, None)));
        let event = SafeEvent::Proposed {
            proposal,
            safe: safe.id,
            policy,
            kind,
            tx,
            created_by: scope.actor().to_owned(),
            memo,
            expires_at: self.shared.now().plus(waits),
            source,
            refund_overridden: false,
        };
        self.note_safe(scope, event)?;
        Ok(proposal)
    }
}
