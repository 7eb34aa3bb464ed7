//! What has become of a Safe's proposals on the chain: their executions, and approvals that only the chain knows of.
//!
//! - Only what has changed is written. What a block says is written with the block, and looked at again: a block may go.
//! - An execution by somebody else counts too. It is looked for where the Safe's nonce has gone past a proposal.

use crate::chain::ethereum::{Fate, Node, Receipt, Search, Seen};
use crate::cli::treasury::chains::failed;
use crate::cli::{Exit, Failure};
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::execute::{self, Told, receipt};
use crate::treasury::ethereum::proposal::{
    Execution, ExecutionState, OnChain, Outcome, SafeEvent, SafeProposal, Safes,
};
use crate::treasury::ethereum::signature::{Confirmation, Question};
use crate::treasury::proposal::Signer;
use alloy_primitives::B256;

/// How many blocks back an execution by somebody else is looked for.
const BACK: u64 = 200_000;

/// What a receipt means for a proposal; nothing where it says nothing about it.
pub fn mined(proposal: &SafeProposal, found: &Receipt) -> Option<SafeEvent> {
    let logs = found.logs.iter().map(|log| execute::Log {
        address: log.address,
        topics: log.data.topics().to_vec(),
        data: log.data.data.clone(),
    });
    let told = execute::Receipt { succeeded: found.success, logs: logs.collect() };
    let at = proposal.at();
    let outcome = match receipt::told(at.version, at.safe, proposal.hashes().safe_tx, &told) {
        Told::Success { .. } => Outcome::Success,
        Told::Failure { .. } => Outcome::Failure,
        Told::Reverted => Outcome::Reverted,
        // 1.0.0 tells of failures alone; what was sent is ours, so it is this one.
        Told::Silent => Outcome::Success,
        Told::Unrelated => return None,
    };
    let (height, block) = (found.number, found.block);
    Some(SafeEvent::Mined { proposal: proposal.id, tx_hash: found.hash, height, block, outcome })
}

/// What has become of one execution; nothing where it waits still.
pub fn execution(
    safes: &Safes,
    proposal: &SafeProposal,
    one: &Execution,
    node: &Node,
) -> Result<Option<SafeEvent>, Failure> {
    let (id, tx_hash) = (proposal.id, one.tx_hash);
    let Some((sender, nonce, _)) = one.sender else { return Ok(None) };
    match node.fate(tx_hash, sender, nonce).map_err(|error| failed(&error))? {
        Fate::Waiting => Ok(None),
        Fate::Mined(found) if !found.canonical => Ok(None),
        Fate::Mined(found) => match mined(proposal, &found) {
            Some(event) => Ok(Some(event)),
            None => {
                let message = format!("{tx_hash} is in a block, and its receipt does not speak of this transaction");
                Err(Failure::new(Exit::Verification, "execution-unrelated", message))
            }
        },
        // By which one is known where it is ours too; whatever it was, this one is gone.
        Fate::Replaced => Ok(Some(match rival(safes, proposal, one) {
            Some(by) => SafeEvent::Replaced { proposal: id, tx_hash, by },
            None => SafeEvent::Dropped { proposal: id, tx_hash },
        })),
        Fate::Gone => Ok(Some(SafeEvent::Dropped { proposal: id, tx_hash })),
    }
}

/// Another execution of ours, by the same account at the same nonce, that came into a block.
fn rival(safes: &Safes, proposal: &SafeProposal, one: &Execution) -> Option<B256> {
    let (sender, nonce, _) = one.sender?;
    let same = |other: &&Execution| {
        other.tx_hash != one.tx_hash && other.sender.is_some_and(|(who, at, _)| who == sender && at == nonce)
    };
    let all = safes.of(proposal.safe).flat_map(|other| &other.executions);
    all.filter(same).find(|other| other.mined().is_some()).map(|other| other.tx_hash)
}

/// What the chain says of a Safe's proposals, beyond how the Safe stands.
pub fn all(safes: &Safes, seen: &Seen, node: &Node) -> Result<Vec<SafeEvent>, Failure> {
    let safe = crate::treasury::ethereum::proposal::SafeId::of(&seen.at);
    let mut events = Vec::new();
    for proposal in safes.of(safe) {
        for one in &proposal.executions {
            match &one.state {
                ExecutionState::Pending => events.extend(execution(safes, proposal, one, node)?),
                ExecutionState::Mined(mined) if seen.block.number.saturating_sub(mined.height) <= 64 => {
                    events.extend(reorged(proposal, one, mined.block, node)?);
                }
                _ => {}
            }
        }
        let open = proposal.state().is_live();
        if open && proposal.tx().nonce < seen.state.nonce && proposal.mined().is_none() {
            events.extend(elsewhere(proposal, seen, node)?);
        }
        if open && proposal.tx().nonce >= seen.state.nonce {
            events.extend(approvals(proposal, seen, node)?);
        }
    }
    Ok(events)
}

/// Whether the block that it was in is gone.
fn reorged(proposal: &SafeProposal, one: &Execution, block: B256, node: &Node) -> Result<Option<SafeEvent>, Failure> {
    let found = node.receipt(one.tx_hash).map_err(|error| failed(&error))?;
    let stands = found.is_some_and(|found| found.canonical && found.block == block);
    Ok((!stands).then_some(SafeEvent::Reorged { proposal: proposal.id, block }))
}

/// The execution of a proposal by somebody else.
fn elsewhere(proposal: &SafeProposal, seen: &Seen, node: &Node) -> Result<Option<SafeEvent>, Failure> {
    if proposal.at().version < SafeVersion::V1_1_1 {
        return Ok(None);
    }
    let since = seen.block.number.saturating_sub(BACK);
    let hash = proposal.hashes().safe_tx;
    let search = node.executed(seen.at.safe, hash, since, &seen.block, &()).map_err(|error| failed(&error))?;
    let Search::Found(found) = search else { return Ok(None) };
    let outcome = if found.success { Outcome::Success } else { Outcome::Failure };
    Ok(Some(SafeEvent::Mined {
        proposal: proposal.id,
        tx_hash: found.tx,
        height: found.number,
        block: found.block,
        outcome,
    }))
}

/// Owners who have approved on the chain, and those of whom that was said before.
fn approvals(proposal: &SafeProposal, seen: &Seen, node: &Node) -> Result<Vec<SafeEvent>, Failure> {
    let (id, hash, safe) = (proposal.id, proposal.hashes().safe_tx, seen.at.safe);
    let open = proposal.owners().filter(|seat| !seat.counts || seat.on_chain.is_some());
    let questions: Vec<Question> = open.map(|seat| Question::Approved { safe, owner: seat.owner, hash }).collect();
    let answers = node.answers(safe, &questions, &seen.block, &()).map_err(|error| failed(&error))?;
    let mut events = Vec::new();
    for seat in proposal.owners() {
        let Some(yes) = answers.get(&Question::Approved { safe, owner: seat.owner, hash }).copied() else { continue };
        let on_chain = OnChain { block: seen.block.number, yes };
        match seat.on_chain {
            Some(known) if known.yes != yes => {
                events.push(SafeEvent::Asked { proposal: id, owner: seat.owner, on_chain });
            }
            None if yes => {
                let signature = Confirmation::approval(seat.owner, &proposal.asked()).bytes();
                events.push(SafeEvent::Approved {
                    proposal: id,
                    owner: seat.owner,
                    signer: Signer::File,
                    signature,
                    on_chain: Some(on_chain),
                });
            }
            _ => {}
        }
    }
    Ok(events)
}
