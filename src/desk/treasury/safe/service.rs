//! A Safe's transaction service: what it lists, and what it is told.
//!
//! - Of a row nothing is taken but the transaction whose hash was computed here, and signatures that lead to owners. What
//!   it says beside is a claim, and stands as one.
//! - Only what an owner has signed becomes a proposal by itself; anybody can leave the rest there.

use super::look::{Listed, ServiceFound};
use crate::chain::service::{Draft, Service};
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::view::{QuarantinedView, ServiceState};
use crate::desk::{Operator, Scope};
use crate::market::printable;
use crate::treasury::ethereum::proposal::{OnChain, Posted, SafeEvent, SafeId, SafeKind, Source};
use crate::treasury::ethereum::queue::{Quarantined, Row};
use crate::treasury::ethereum::review::facts::Queued;
use crate::treasury::ethereum::review::review;
use crate::treasury::proposal::{ProposalId, Signer};
use alloy_primitives::{Address, B256};
use std::time::Duration;

/// How long what a service lists waits for signatures here.
const MONTH: Duration = Duration::from_secs(30 * 86_400);

/// Rows that become proposals at one look.
const MOST_TAKEN: usize = 50;

/// Rows whose reasons are kept.
const MOST_ASIDE: usize = 200;

/// Rows that are held against a proposal for its nonce.
const MOST_WAITING: usize = 1_000;

impl Clerk {
    /// Takes in what a service answered about a Safe.
    pub(in crate::desk::treasury) fn take_service(
        &mut self,
        scope: &Scope<Operator>,
        found: ServiceFound,
    ) -> Result<(), String> {
        match found.listed {
            Ok(listed) => self.take_listed(scope, found.safe, &listed),
            Err(error) => {
                let error = printable(&error.to_string()).into_owned();
                if let Some(followed) = self.safes.get_mut(&found.safe) {
                    // What was listed before is no longer known to wait.
                    followed.waiting = None;
                    followed.service.state = ServiceState::Failed(error.as_str().into());
                }
                Err(error)
            }
        }
    }

    fn take_listed(&mut self, scope: &Scope<Operator>, safe: SafeId, listed: &Listed) -> Result<(), String> {
        let queue = &listed.queue;
        let vouched: Vec<&Row> = queue.rows.iter().filter(|row| row.is_vouched()).collect();
        if self.read_only.is_none() {
            let mut begun = 0;
            for row in &vouched {
                let known = self.waiting_for(safe, row.hashes.safe_tx);
                let id = match known {
                    Some(id) => id,
                    None if begun >= MOST_TAKEN => continue,
                    None => match self.begin_row(scope, safe, row)? {
                        Some(id) => id,
                        None => continue,
                    },
                };
                begun += usize::from(known.is_none());
                self.take_signatures(scope, id, row, listed)?;
            }
            if begun > 0 {
                let name = self.treasury.safe(safe).map(|safe| safe.name.clone()).unwrap_or_default();
                self.shared.notice(false, format!("{name}: {begun} new at its service, verified and listed"));
            }
        }
        let now = self.shared.now();
        let queued = |row: &&Row| Queued {
            hash: row.hashes.safe_tx,
            nonce: row.tx.nonce,
            name: "at the service".to_owned(),
            signed: false,
            vouched: true,
        };
        let Some(followed) = self.safes.get_mut(&safe) else { return Ok(()) };
        let service = &mut followed.service;
        (service.verified, service.quarantined) = (queue.rows.len(), queue.counts.quarantined);
        service.at = Some(now);
        service.state = match listed.cut {
            true => ServiceState::Failed("it lists more than is read".into()),
            false => ServiceState::Fine,
        };
        followed.waiting = Some(vouched.iter().take(MOST_WAITING).map(queued).collect());
        followed.quarantined = queue.quarantined.iter().take(MOST_ASIDE).map(aside).collect();
        Ok(())
    }

    /// The proposal of ours with this hash, where one is known.
    fn waiting_for(&self, safe: SafeId, hash: B256) -> Option<ProposalId> {
        let all = self.treasury.safes().of(safe);
        all.filter(|one| one.hashes().safe_tx == hash).map(|one| one.id).last()
    }

    fn begin_row(&mut self, scope: &Scope<Operator>, safe: SafeId, row: &Row) -> Result<Option<ProposalId>, String> {
        let known = self.treasury.safe(safe).map_err(|refusal| refusal.to_string())?;
        let (at, policy) = (known.at(), known.policy);
        // What another version of the contract would hash otherwise is not this Safe's.
        if row.tx.hashes(&at) != row.hashes {
            return Ok(None);
        }
        let proposal = ProposalId::of_safe(&at, &row.tx, policy);
        let kind = SafeKind::of(&review(&at, &row.tx, &self.facts_of(safe, None)));
        let memo = row.claims.origin.as_deref().map(|origin| format!("it says: {origin}")).unwrap_or_default();
        let event = SafeEvent::Proposed {
            proposal,
            safe,
            policy,
            kind,
            tx: row.tx.clone(),
            created_by: "service".to_owned(),
            memo,
            expires_at: self.shared.now().plus(MONTH),
            source: Source::Service,
            refund_overridden: false,
        };
        self.heard(scope, event)?;
        Ok(self.treasury.safe_proposal(proposal).ok().map(|_| proposal))
    }

    fn take_signatures(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        row: &Row,
        listed: &Listed,
    ) -> Result<(), String> {
        let has = |clerk: &Self, owner: Address| {
            let seat =
                clerk.treasury.safe_proposal(proposal).ok().and_then(|one| one.seat(owner).map(|seat| seat.counts));
            seat.unwrap_or(true)
        };
        let signer = Signer::File;
        for one in row.checked.valid.iter().filter(|one| !has(self, one.owner)).cloned().collect::<Vec<_>>() {
            let (owner, signature) = (one.owner, one.bytes());
            self.heard(scope, SafeEvent::Approved { proposal, owner, signer, signature, on_chain: None })?;
        }
        for (one, questions) in &row.checked.open {
            let affirmed =
                !questions.is_empty() && questions.iter().all(|asked| listed.answers.get(asked) == Some(&true));
            if !affirmed || has(self, one.owner) {
                continue;
            }
            let (owner, signature) = (one.owner, one.bytes());
            let on_chain = Some(OnChain { block: listed.block, yes: true });
            self.heard(scope, SafeEvent::Approved { proposal, owner, signer, signature, on_chain })?;
        }
        Ok(())
    }

    /// Tells the Safe's service a proposal, and the signatures that it has not been told yet.
    pub(in crate::desk::treasury) fn confirm(
        &mut self,
        scope: &Scope<Operator>,
        id: ProposalId,
    ) -> Result<String, String> {
        let (number, proposal, _) = self.found_safe(id)?;
        if let Some(reason) = &self.read_only {
            return Err(format!("nothing is changed: {reason}"));
        }
        let way = self.keyed_ways(proposal.safe)?.service;
        let way = way.ok_or_else(|| format!("#{number}: the Safe has no transaction service"))?;
        let failed = |error: String| format!("#{number} is not told to the service: {}", printable(&error));
        let endpoint = way.endpoint().map_err(|error| failed(error.to_string()))?;
        let service = Service::new(&endpoint, proposal.safe.chain_id, &self.reach());
        let service = service.map_err(|error| failed(error.to_string()))?;
        let host = service.host().to_owned();
        let confirmations = proposal.confirmations();
        let listed = proposal.source == Source::Service || proposal.was_posted(&host, Posted::Proposal);
        let first = confirmations.first().ok_or_else(|| format!("#{number}: nobody has signed it yet"))?;
        let mut told = 0_usize;
        if !listed {
            let draft = Draft {
                at: proposal.at(),
                tx: proposal.tx(),
                sender: first.owner,
                signature: Some(first),
                origin: None,
            };
            service.propose(&draft).map_err(|error| failed(error.to_string()))?;
            let posted = [Posted::Proposal, Posted::Confirmation { owner: first.owner }];
            for posted in posted {
                self.note_safe(scope, SafeEvent::Posted { proposal: id, service: host.clone(), posted })?;
            }
            told = 1;
        }
        for confirmation in &confirmations {
            let posted = Posted::Confirmation { owner: confirmation.owner };
            let known = self.treasury.safe_proposal(id).is_ok_and(|one| one.was_posted(&host, posted));
            if known {
                continue;
            }
            service.confirm(confirmation).map_err(|error| failed(error.to_string()))?;
            self.note_safe(scope, SafeEvent::Posted { proposal: id, service: host.clone(), posted })?;
            told = told.saturating_add(1);
        }
        match told {
            0 => Ok(format!("#{number}: {host} was told all of it before")),
            1 => Ok(format!("#{number}: {host} has it, with 1 signature more")),
            told => Ok(format!("#{number}: {host} has it, with {told} signatures more")),
        }
    }
}

/// A row that was set aside.
fn aside(row: &Quarantined) -> QuarantinedView {
    let place = match row.place {
        Some(place) => format!("row {place} of page {}", row.page),
        None => format!("page {}", row.page),
    };
    let name = row.claimed.clone().unwrap_or(place);
    QuarantinedView { name: printable(&name).into(), why: printable(&row.why.to_string()).into() }
}
