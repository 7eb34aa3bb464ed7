//! A Safe transaction, tried before anybody pays for it: what a node says would come of it, with the guard and without.
//!
//! - It is one node's word at one moment. Where it is not success, that is a warning to be weighed; success says nothing.

use crate::chain::ethereum::{Call, Node, Override, Seen, Tried};
use crate::cli::Failure;
use crate::cli::treasury::chains::failed;
use crate::treasury::ethereum::execute::simulate::{Answer, Simulation};
use crate::treasury::ethereum::execute::{Probe, Simulated};
use crate::treasury::ethereum::proposal::SafeProposal;
use crate::treasury::verdict::Finding;
use alloy_primitives::Address;
use std::collections::BTreeMap;

/// What would come of it, as the node says: a warning where it is not success.
pub fn tried(proposal: &SafeProposal, seen: &Seen, sender: Address, node: &Node) -> Result<Vec<Finding>, Failure> {
    let Ok(probe) = Probe::new(proposal.at(), proposal.tx(), &seen.facts(), sender) else { return Ok(Vec::new()) };
    let ask = |probe: &Probe| -> Result<Simulated, Failure> {
        let call = Call { from: probe.from, to: probe.to, value: probe.value, data: probe.data.clone(), gas: None };
        let over = |slots: &BTreeMap<_, _>| Override { slots: slots.clone(), ..Override::default() };
        let overrides = probe.storage.iter().map(|(address, slots)| (*address, over(slots))).collect();
        let tried = node.try_call(&call, &overrides, &seen.block).map_err(|error| failed(&error))?;
        Ok(Simulated::read(&match tried {
            Tried::Returned(bytes) => Answer::Returned(bytes),
            Tried::Reverted(_, Some(bytes)) => Answer::Reverted(bytes),
            Tried::Reverted(words, None) => Answer::Refused(words),
        }))
    };
    let whole = match ask(&probe) {
        Ok(whole) => whole,
        // A node that takes no other state keeps nobody from executing.
        Err(failure) => return Ok(vec![Finding::new("simulation-none", failure.message)]),
    };
    let unguarded = Probe::has_guard(&seen.state).then(|| ask(&probe.unguarded())).transpose()?;
    let simulation = Simulation { whole, unguarded };
    let found = match &simulation.whole {
        Simulated::Succeeds => return Ok(Vec::new()),
        _ if simulation.guard_refuses() => Finding::new("simulation-guard", "only the Safe's guard would refuse it"),
        other => Finding::new("simulation", other.to_string()),
    };
    Ok(vec![found])
}
