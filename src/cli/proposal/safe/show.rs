//! `exchequer proposal show` for a Safe: the review first, since it is what one signs; then who has signed, and what happened.

use crate::cli::review::laid_out;
use crate::cli::safe::reach::Known;
use crate::cli::safe::show::age;
use crate::cli::safe::shown::{self, hex};
use crate::cli::treasury::{find, read};
use crate::cli::{Context, Failure};
use crate::feed::Clock;
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::{ExecutionState, SafeProposal};
use crate::treasury::ethereum::review::review;
use crate::treasury::proposal::{SeatState, Treasury};
use serde_json::{Value, json};

/// Shows one proposal; asks nobody.
pub fn run(id: &str, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let now = Clock::start().now();
    let proposal = find::safe_proposal(&treasury, id)?;
    let safe = treasury.safe(proposal.safe)?;
    let facts = Known::kept(safe, context).facts(&treasury, safe.id, Some(proposal), now);
    let review = review(proposal.at(), proposal.tx(), &facts);
    let history = super::super::show::history(proposal.id, context)?;
    if context.output.json {
        let history: Vec<Value> =
            history.iter().map(|(at, what)| json!({ "at": at.to_string(), "what": what })).collect();
        return context.output.json(&json!({
            "proposal": shown::proposal(&treasury, proposal, now), "review": review.json(), "history": history,
        }));
    }
    let mut text = laid_out(&review.verdict, context.output.colored());
    text.push_str(&format!(
        "\n{}\n{}, {} of {} signatures, {}\nnonce {}, and the Safe is at {} (block {}, {})\n",
        proposal.id,
        safe.name,
        proposal.approved().count(),
        proposal.quorum.required,
        proposal.state_at(now),
        proposal.tx().nonce,
        safe.stand.nonce,
        safe.stand.block,
        age(safe.seen_at, now),
    ));
    text.extend(proposal.ended.as_ref().map(|ended| format!("{ended}\n")));
    for line in seats(&treasury, proposal) {
        text.push_str(&format!("  {line}\n"));
    }
    for other in treasury.safes().competitors(proposal) {
        let state = other.state_at(now);
        text.push_str(&format!("competes with {} ({}) for the nonce\n", other.id.short(), state.name()));
    }
    for line in executions(proposal) {
        text.push_str(&format!("{line}\n"));
    }
    for (service, what) in &proposal.posted {
        text.push_str(&format!("{service} was told {}\n", what.told()));
    }
    text.extend(proposal.warning(now).map(|warning| format!("{warning}\n")));
    for (at, what) in history {
        text.push_str(&format!("{at}  {what}\n"));
    }
    context.output.text(&text)
}

fn seats(treasury: &Treasury, proposal: &SafeProposal) -> Vec<String> {
    let safe = treasury.safe(proposal.safe).ok();
    let seat = |seat: &crate::treasury::ethereum::proposal::OwnerSeat| {
        let name = safe.and_then(|safe| safe.names.get(&seat.owner)).map_or("", String::as_str);
        let hot = if treasury.safes().is_hot_account(seat.owner) { " HOT" } else { "" };
        let left = if seat.owns { "" } else { " (no owner any more)" };
        let said = match &seat.state {
            SeatState::Approved { signer, at } if seat.counts => format!("approved ({}) {at}", signer.name()),
            SeatState::Approved { signer, at } => format!("approved ({}) {at}, which does not count", signer.name()),
            SeatState::Rejected { reason, at } => format!("rejected {at}: {reason}"),
            SeatState::Failed { code, at } => format!("failed {at}: {code}"),
            other => other.name().to_owned(),
        };
        format!("{} {name}{hot}{left}  {said}", hex(seat.owner))
    };
    proposal.seats.iter().map(seat).collect()
}

/// The executions of a proposal, a line each.
pub fn executions(proposal: &SafeProposal) -> Vec<String> {
    let line = |execution: &crate::treasury::ethereum::proposal::Execution| {
        let state = match &execution.state {
            ExecutionState::Pending if execution.answer.is_none() => {
                "sent, and nobody knows whether the node has it: execute it again, which is safe".to_owned()
            }
            ExecutionState::Pending => "on its way".to_owned(),
            ExecutionState::Refused { .. } => "refused".to_owned(),
            ExecutionState::Dropped => "dropped: no node knows it".to_owned(),
            ExecutionState::Replaced(by) => format!("replaced by {by}"),
            ExecutionState::Mined(mined) => format!("in block {}: {}", mined.height, mined.outcome.name()),
        };
        format!("execution {} {}: {state}", execution.tx_hash, told(execution.at))
    };
    proposal.executions.iter().map(line).collect()
}

fn told(at: Timestamp) -> String {
    format!("({at})")
}
