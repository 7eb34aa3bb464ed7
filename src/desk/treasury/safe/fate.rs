//! Taking in what a chain told of a Safe: how it stands, what it has, and what has become of what was sent.
//!
//! - An entry is written where something is news; a block that changed nothing is none.
//! - A transaction in a block is not the end: what the Safe told there says whether its call came about, and a block that
//!   is no longer part of the chain says nothing.

use super::look::{SafeFound, Sent, Told};
use crate::chain::ethereum::{Executed, Fate, Receipt};
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::place::Funds;
use crate::desk::treasury::view::SyncState;
use crate::desk::{Operator, Scope};
use crate::market::printable;
use crate::treasury::ethereum::execute::receipt::{self, Log, Told as Events};
use crate::treasury::ethereum::proposal::{OnChain, Outcome, SafeEvent, SafeId, Stand};
use crate::treasury::proposal::{Event, ProposalId};
use alloy_primitives::{Address, B256};
use std::time::Duration;

/// How long a node may not know what it was given before that counts as lost.
const GRACE: Duration = Duration::from_secs(120);

impl Clerk {
    /// Takes in what a chain answered about a Safe.
    pub(in crate::desk::treasury) fn take_safe(
        &mut self,
        scope: &Scope<Operator>,
        found: SafeFound,
    ) -> Result<(), String> {
        let SafeFound { safe, chain, .. } = found;
        let told = match chain {
            Ok(told) => told,
            Err(error) => {
                let error = printable(&error.to_string()).into_owned();
                if let Some(followed) = self.safes.get_mut(&safe) {
                    followed.sync.state = SyncState::Failed(error.as_str().into());
                }
                return Err(error);
            }
        };
        self.take_funds(safe, &told);
        // Where another process writes the journal, it looks at the chain too and writes it down.
        if self.read_only.is_none() {
            self.take_told(scope, safe, &told)?;
        }
        Ok(())
    }

    fn take_funds(&mut self, safe: SafeId, told: &Told) {
        let at = self.shared.now();
        let funds = Funds { block: told.seen.block.number, at, wei: told.wei, tokens: told.tokens.clone() };
        if let Err(error) = self.settings.place.keep_funds(safe.chain_id, safe.address, &funds) {
            self.shared.notice(true, format!("what the chain told is not kept: {error}"));
        }
        let Some(followed) = self.safes.get_mut(&safe) else { return };
        followed.funds = Some(funds);
        followed.chain_id = Some(told.seen.at.chain_id);
        followed.code = told.code.clone();
        followed.sync.state = SyncState::Idle;
        followed.sync.at = Some(at);
        followed.sync.height = Some(told.seen.block.number);
    }

    fn take_told(&mut self, scope: &Scope<Operator>, safe: SafeId, told: &Told) -> Result<(), String> {
        for (token, symbol, decimals) in &told.described {
            let (chain, token, symbol, decimals) = (safe.chain_id, *token, symbol.clone(), *decimals);
            self.heard(scope, SafeEvent::TokenPinned { chain, token, symbol, decimals, trusted: false })?;
        }
        for (sent, fate) in &told.fates {
            self.take_fate(scope, safe, sent, fate)?;
        }
        for (proposal, executed) in &told.found {
            self.take_executed(scope, *proposal, executed)?;
        }
        for (proposal, owner, yes) in &told.approvals {
            self.take_approval(scope, *proposal, *owner, OnChain { block: told.seen.block.number, yes: *yes })?;
        }
        let known = self.treasury.safe(safe).map_err(|refusal| refusal.to_string())?;
        let stand = Stand::of(&told.seen.state, told.seen.proxy_code, told.seen.singleton_code);
        let same = Stand { block: stand.block, ..known.stand.clone() } == stand;
        if same || stand.block < known.stand.block {
            return Ok(());
        }
        let differs = known.stand.control_differs(&stand);
        let name = known.name.clone();
        self.heard(scope, SafeEvent::Seen { safe, stand })?;
        if !differs.is_empty() {
            let text = format!("{name}: the chain says otherwise who controls it: {}", differs.join(", "));
            self.shared.notice(true, text);
        }
        Ok(())
    }

    /// Writes down what is news. Somebody may have written it meanwhile: then there is nothing to add.
    pub(super) fn heard(&mut self, scope: &Scope<Operator>, event: SafeEvent) -> Result<(), String> {
        let event = Event::Safe(Box::new(event));
        match self.treasury.check(&event, self.shared.now()) {
            Ok(()) => self.record(scope, event),
            Err(refusal) => {
                tracing::debug!("not written down: {refusal}");
                Ok(())
            }
        }
    }

    fn take_fate(&mut self, scope: &Scope<Operator>, safe: SafeId, sent: &Sent, fate: &Fate) -> Result<(), String> {
        let (proposal, tx_hash) = (sent.proposal, sent.tx_hash);
        let called = self.called(proposal);
        let mined = match fate {
            Fate::Mined(receipt) if receipt.canonical => Some(receipt),
            _ => None,
        };
        if let Some(block) = sent.mined {
            if mined.is_some_and(|receipt| receipt.block == block) {
                return Ok(());
            }
            self.heard(scope, SafeEvent::Reorged { proposal, block })?;
            self.shared.notice(true, format!("{called} has left its block, which is no longer part of the chain"));
        }
        if let Some(receipt) = mined {
            return self.take_receipt(scope, safe, proposal, receipt);
        }
        match fate {
            Fate::Replaced => {
                let text = format!("{called}: its sender has used its nonce for another transaction");
                self.shared.notice(true, text);
                match self.same_place(proposal, sent) {
                    Some(by) => self.heard(scope, SafeEvent::Replaced { proposal, tx_hash, by }),
                    None => self.heard(scope, SafeEvent::Dropped { proposal, tx_hash }),
                }
            }
            Fate::Gone if self.is_overdue(proposal, tx_hash) => {
                self.shared.notice(true, format!("{called} is known to the node no longer; it can be sent again"));
                self.heard(scope, SafeEvent::Dropped { proposal, tx_hash })
            }
            _ => Ok(()),
        }
    }

    /// Another execution of ours with the same sender and nonce.
    fn same_place(&self, proposal: ProposalId, sent: &Sent) -> Option<B256> {
        let all = self.treasury.safes().proposals();
        let executions = all.flat_map(|one| &one.executions);
        let place = |(sender, nonce): (Address, u64)| sent.sender == Some((sender, nonce));
        let same = executions.filter(|one| {
            one.tx_hash != sent.tx_hash
                && one.sender.as_ref().is_some_and(|(sender, nonce, _)| place((*sender, *nonce)))
        });
        let found = same.map(|one| one.tx_hash).last();
        found.filter(|_| self.treasury.safe_proposal(proposal).is_ok())
    }

    fn is_overdue(&self, proposal: ProposalId, tx_hash: B256) -> bool {
        let Ok(proposal) = self.treasury.safe_proposal(proposal) else { return false };
        let sent = proposal.executions.iter().find(|one| one.tx_hash == tx_hash);
        sent.is_some_and(|one| one.at.age(self.shared.now()) >= GRACE)
    }

    fn take_receipt(
        &mut self,
        scope: &Scope<Operator>,
        safe: SafeId,
        id: ProposalId,
        receipt: &Receipt,
    ) -> Result<(), String> {
        let Ok(proposal) = self.treasury.safe_proposal(id) else { return Ok(()) };
        let log = |log: &alloy_primitives::Log| Log {
            address: log.address,
            topics: log.data.topics().to_vec(),
            data: log.data.data.clone(),
        };
        let read = receipt::Receipt { succeeded: receipt.success, logs: receipt.logs.iter().map(log).collect() };
        let outcome = match receipt::told(proposal.at().version, safe.address, proposal.hashes().safe_tx, &read) {
            // The oldest contracts tell nothing of success; what was sent is this very transaction.
            Events::Success { .. } | Events::Silent => Outcome::Success,
            Events::Failure { .. } => Outcome::Failure,
            Events::Reverted => Outcome::Reverted,
            Events::Unrelated => {
                let text = format!("{}: its receipt does not speak of it: look at {}", self.called(id), receipt.hash);
                self.shared.notice(true, text);
                return Ok(());
            }
        };
        let (tx_hash, height, block) = (receipt.hash, receipt.number, receipt.block);
        self.heard(scope, SafeEvent::Mined { proposal: id, tx_hash, height, block, outcome })?;
        self.shared.notice(outcome != Outcome::Success, format!("{} {}", self.called(id), became(outcome, height)));
        Ok(())
    }

    fn take_executed(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        executed: &Executed,
    ) -> Result<(), String> {
        let known = self.treasury.safe_proposal(proposal).is_ok_and(|one| one.mined().is_some());
        if known {
            return Ok(());
        }
        let outcome = if executed.success { Outcome::Success } else { Outcome::Failure };
        let (tx_hash, height, block) = (executed.tx, executed.number, executed.block);
        self.heard(scope, SafeEvent::Mined { proposal, tx_hash, height, block, outcome })?;
        let text = format!("{} was sent by somebody else and {}", self.called(proposal), became(outcome, height));
        self.shared.notice(!executed.success, text);
        Ok(())
    }

    fn take_approval(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        owner: Address,
        on_chain: OnChain,
    ) -> Result<(), String> {
        let Ok(found) = self.treasury.safe_proposal(proposal) else { return Ok(()) };
        let known = found.seat(owner).and_then(|seat| seat.on_chain);
        if known.is_some_and(|known| known.yes == on_chain.yes) {
            return Ok(());
        }
        self.heard(scope, SafeEvent::Asked { proposal, owner, on_chain })
    }
}

/// What a block made of a proposal, in words.
fn became(outcome: Outcome, height: u64) -> String {
    match outcome {
        Outcome::Success => format!("is executed, in block {height}"),
        Outcome::Failure => format!("FAILED in block {height}: its calls were undone, and its nonce is used"),
        Outcome::Reverted => format!("was refused by the Safe in block {height}: nothing was done"),
    }
}
