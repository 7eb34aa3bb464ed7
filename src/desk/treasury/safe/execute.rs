//! Carrying a Safe's transaction out: a fresh look at the chain, a simulation, fees, and the account that pays for them.
//!
//! - Everything is looked at anew before anything is signed: what somebody agreed to is what they get, or nothing is sent.
//! - The journal has the signed bytes before a node has them, so that what was sent can be asked about, and given again.
//! - What a node says of a simulation is told and believed by nobody: it stops an execution, and lets none pass that the
//!   review does not.

use crate::chain::ethereum::{Call, Node, Override, Sent, Tried};
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::consent::{as_seen, blocked};
use crate::desk::treasury::view::EstimateView;
use crate::desk::treasury::wish::Seen;
use crate::desk::{Operator, Scope};
use crate::market::printable;
use crate::treasury::ethereum::execute::call::signed;
use crate::treasury::ethereum::execute::simulate::{Answer as Said, Simulation};
use crate::treasury::ethereum::execute::{Execution, Fees, Probe, Simulated};
use crate::treasury::ethereum::proposal::{Fees as Offered, Safe, SafeEvent, SafeProposal};
use crate::treasury::ethereum::review::{Amounts, Asset, reviewed};
use crate::treasury::ethereum::signature::{Known, SafeFacts};
use crate::treasury::proposal::{Answer, ProposalId, State};
use alloy_primitives::{Address, B256, Bytes, U256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What was looked at for one execution.
struct Look {
    node: Node,
    block: u64,
    number: u64,
    proposal: SafeProposal,
    safe: Safe,
    facts: SafeFacts,
    known: Known,
    /// The sender's nonce, and what it has.
    nonce: u64,
    balance: U256,
    /// Why it cannot be carried out, or what is offered for it.
    fees: Result<Fees, String>,
    simulated: Vec<String>,
}

impl Look {
    /// Why it cannot be carried out now.
    fn hindered(&self) -> Option<String> {
        match &self.fees {
            Err(why) => Some(why.clone()),
            Ok(fees) if fees.cost() > self.balance => Some("the sender cannot pay for the gas".to_owned()),
            Ok(_) => None,
        }
    }
}

impl Clerk {
    /// Looks what carrying a transaction out would come to.
    pub(in crate::desk::treasury) fn estimate(
        &mut self,
        scope: &Scope<Operator>,
        id: ProposalId,
        sender: Address,
    ) -> Result<String, String> {
        let look = self.look_at(scope, id, sender)?;
        let facts = self.facts_of(look.proposal.safe, Some(&look.proposal));
        let amounts = Amounts::new(&facts, look.safe.id.chain_id);
        let (gas, most) = look.fees.as_ref().map_or((0, U256::ZERO), |fees| (fees.gas, fees.cost()));
        let worth = amounts.worth(Asset::Coin, most);
        let told = match &look.fees {
            Ok(_) => format!("at most {} {worth}", amounts.told(Asset::Coin, most)).trim_end().to_owned(),
            Err(_) => String::new(),
        };
        let words = |text: &str| -> Arc<str> { printable(text).into() };
        let view = EstimateView {
            at: self.shared.now(),
            block: look.block,
            sender,
            gas,
            most,
            told: words(&told),
            simulated: look.simulated.iter().map(|text| words(text)).collect(),
            hindered: look.hindered().as_deref().map(words),
        };
        let number = look.number;
        self.estimates.insert(id, Arc::new(view));
        match look.hindered() {
            Some(why) => Err(format!("#{number} cannot be executed now: {}", printable(&why))),
            None => Ok(format!("#{number} can be executed: gas costs {told}")),
        }
    }

    /// Carries a transaction out.
    pub(in crate::desk::treasury) fn execute(
        &mut self,
        scope: &Scope<Operator>,
        id: ProposalId,
        (sender, passphrase): (Address, &str),
        seen: &Seen,
        most: U256,
    ) -> Result<String, String> {
        if let Some(reason) = &self.read_only {
            return Err(format!("nothing is changed: {reason}"));
        }
        let look = self.look_at(scope, id, sender)?;
        let number = look.number;
        let refused = |why: String| format!("#{number} is not executed: {}", printable(&why));
        let facts = self.facts_of(look.proposal.safe, Some(&look.proposal));
        let (review, passed) = reviewed(look.proposal.at(), look.proposal.tx(), &facts);
        as_seen(number, &review.verdict, seen)?;
        let passed = passed.ok_or_else(|| blocked(number, &review.verdict))?;
        if let Some(why) = look.hindered() {
            return Err(refused(why));
        }
        let fees = look.fees.clone().map_err(refused)?;
        if fees.cost() > most {
            let amounts = Amounts::new(&facts, look.safe.id.chain_id);
            let told = amounts.told(Asset::Coin, fees.cost());
            return Err(format!("#{number}: by now gas costs up to {told}; look at it again"));
        }
        let account = self.settings.place.open_account(sender, passphrase).map_err(refused)?;
        let valid = look.proposal.confirmations();
        let with = (&look.facts, &look.known);
        let execution = Execution::new(&passed, &valid, with, sender, look.nonce, fees);
        let execution = execution.map_err(|error| refused(error.to_string()))?;
        let sent = account.sign_execution(&execution).map_err(|error| refused(error.to_string()))?;
        let event = SafeEvent::Executing {
            proposal: id,
            tx_hash: sent.hash,
            sender,
            account_nonce: look.nonce,
            fees: Offered {
                gas_limit: fees.gas,
                max_fee_per_gas: U256::from(fees.most),
                max_priority_fee_per_gas: U256::from(fees.tip),
            },
            raw: sent.raw.clone(),
        };
        self.note_safe(scope, event)?;
        self.estimates.remove(&id);
        let said = self.give(scope, id, &look.node, (sent.hash, &sent.raw))?;
        Ok(format!("#{number}: {said}"))
    }

    /// Gives a node what is on its way already: it may have forgotten it.
    pub(in crate::desk::treasury) fn send_again(
        &mut self,
        scope: &Scope<Operator>,
        id: ProposalId,
    ) -> Result<String, String> {
        let (number, proposal, _) = self.found_safe(id)?;
        let newest = proposal.pending().filter_map(|one| Some((one.tx_hash, one.raw.clone()?))).next_back();
        let (hash, raw) =
            newest.ok_or_else(|| format!("#{number} was not sent from here, or is on its way no longer"))?;
        let node = self.node(proposal.safe)?;
        let said = self.give(scope, id, &node, (hash, &raw))?;
        Ok(format!("#{number}: {said}"))
    }

    /// Hands over signed bytes, and writes down what the node says.
    fn give(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        node: &Node,
        (tx_hash, raw): (B256, &Bytes),
    ) -> Result<String, String> {
        let host = node.host().to_owned();
        let answer = match node.send(raw) {
            Ok((found, _)) if found != tx_hash => {
                return Err(format!("{host} speaks of another transaction, {found}: look at it before anything else"));
            }
            Ok((_, Sent::Accepted)) => Answer::Accepted,
            Ok((_, Sent::Known)) => Answer::Known,
            Ok((_, Sent::NonceLow(reason))) => {
                Answer::Refused { reason: format!("the sender's nonce is used: {reason}"), retryable: true }
            }
            Ok((_, Sent::Underpriced(reason) | Sent::Funds(reason) | Sent::Refused(reason))) => {
                Answer::Refused { reason, retryable: true }
            }
            // Nobody knows whether it got there; the chain is asked at the next look.
            Err(error) => {
                return Err(printable(&format!("it is not known whether {host} has it: {error}")).into_owned());
            }
        };
        let said = match &answer {
            Answer::Refused { reason, .. } => Err(printable(&format!("{host} refuses it: {reason}")).into_owned()),
            _ => Ok(format!("{host} took it; it waits for a block")),
        };
        self.note_safe(scope, SafeEvent::Sent { proposal, tx_hash, node: host, answer })?;
        if let Ok(found) = self.treasury.safe_proposal(proposal) {
            self.wanted.push_back(crate::desk::treasury::view::Chosen::Safe(found.safe));
        }
        said
    }

    /// Looks at everything that an execution hangs on.
    fn look_at(&mut self, scope: &Scope<Operator>, id: ProposalId, sender: Address) -> Result<Look, String> {
        let (number, proposal, _) = self.found_safe(id)?;
        let failed = |why: String| format!("#{number} is not executed: {}", printable(&why));
        // How the Safe stands now; whatever a service says is of no use for this.
        let mut question = self.safe_question(proposal.safe)?;
        question.leave_service_out();
        self.take_safe(scope, question.ask()).map_err(failed)?;
        let (_, proposal, safe) = self.found_safe(id)?;
        let now = self.shared.now();
        match proposal.state_at(now) {
            State::Ready | State::Failed { retryable: true } => {}
            State::Executing => return Err(format!("#{number} is on its way already")),
            state => return Err(format!("#{number} cannot be executed: it is {state}")),
        }
        let node = self.node(proposal.safe)?;
        let (facts, known) = (safe.facts(), self.known_of(&proposal));
        let failed =
            |error: crate::chain::ChainError| format!("#{number} is not executed: {}", printable(&error.to_string()));
        let block = node.newest(&()).map_err(failed)?;
        let account = node.account(sender).map_err(failed)?;
        let simulated = simulation(&node, &proposal, &facts, sender, &block);
        let data = signed(proposal.at(), proposal.tx(), &proposal.confirmations(), &facts, &known, sender);
        let fees = match data {
            Err(error) => Err(error.to_string()),
            Ok(data) => offered(&node, safe.id.address, sender, data),
        };
        Ok(Look {
            node,
            block: block.number,
            number,
            proposal,
            safe,
            facts,
            known,
            nonce: account.pending,
            balance: account.balance,
            fees,
            simulated,
        })
    }

    /// A Safe's chain, connected.
    fn node(&self, safe: crate::treasury::ethereum::proposal::SafeId) -> Result<Node, String> {
        let ways = self.ways(safe)?;
        let told = |error: crate::chain::ChainError| printable(&error.to_string()).into_owned();
        let rpc = ways.rpc.endpoint().map_err(told)?;
        let second = ways.second.as_ref().map(|way| way.endpoint()).transpose().map_err(told)?;
        Node::connect(&rpc, second.as_ref(), safe.chain_id, &self.reach()).map_err(told)
    }

    /// What is known of approvals that only the chain affirms, and of owners that are Safes.
    fn known_of(&self, proposal: &SafeProposal) -> Known {
        let mut known = super::look::known(self, proposal.safe);
        for (_, owner, question) in super::look::affirmed(proposal) {
            let yes = proposal.seat(owner).and_then(|seat| seat.on_chain).is_some_and(|on_chain| on_chain.yes);
            known.answers.insert(question, yes);
        }
        known
    }
}

/// What is to be offered for carrying it out; why that fails, where it does.
fn offered(node: &Node, safe: Address, sender: Address, data: Bytes) -> Result<Fees, String> {
    let told = |error: crate::chain::ChainError| error.to_string();
    let gas = node.gas(&Call { from: sender, to: safe, value: U256::ZERO, data, gas: None }).map_err(told)?;
    let fees = node.fees().map_err(told)?;
    let [_, tip, _] = fees.tips;
    Fees { gas: gas.limit, most: fees.most(tip), tip }.checked().map_err(|error| error.to_string())
}

/// What a node says would come of it, with the Safe's guard and without.
fn simulation(
    node: &Node,
    proposal: &SafeProposal,
    facts: &SafeFacts,
    sender: Address,
    block: &crate::chain::ethereum::Block,
) -> Vec<String> {
    let probe = match Probe::new(proposal.at(), proposal.tx(), facts, sender) {
        Ok(probe) => probe,
        Err(error) => return vec![format!("it is not simulated: {error}")],
    };
    let ask = |probe: &Probe| -> Result<Simulated, String> {
        let call = Call { from: probe.from, to: probe.to, value: probe.value, data: probe.data.clone(), gas: None };
        let slots = |slots: &BTreeMap<B256, B256>| Override { slots: slots.clone(), ..Override::default() };
        let overrides = probe.storage.iter().map(|(address, stored)| (*address, slots(stored))).collect();
        let said = match node.try_call(&call, &overrides, block).map_err(|error| error.to_string())? {
            Tried::Returned(bytes) => Said::Returned(bytes),
            Tried::Reverted(_, Some(bytes)) => Said::Reverted(bytes),
            Tried::Reverted(text, None) => Said::Refused(text),
        };
        Ok(Simulated::read(&said))
    };
    let (whole, unguarded) = match (ask(&probe), ask(&probe.unguarded())) {
        (Ok(whole), unguarded) => (whole, unguarded.ok()),
        (Err(error), _) => return vec![format!("it is not simulated: {error}")],
    };
    let simulation = Simulation { unguarded: unguarded.filter(|other| *other != whole), whole };
    let mut told = vec![simulation.whole.to_string()];
    if let Some(unguarded) = &simulation.unguarded {
        told.push(format!("without the Safe's guard: {unguarded}"));
    }
    told
}
