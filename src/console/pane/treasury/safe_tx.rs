//! What the page of a Safe's transaction has beside every other: its calls as a tree, what leaves in sum, who controls the Safe
//! before and after, the hashes as devices show them, and how it was carried out.
//!
//! - All of it is the one review; rows of it that are not drawn in a way of their own stand as they are.
//! - Hashes are in fours and capitals, so that they can be compared by voice.

use super::page::{Line, parts, push_wrapped, rows, toned};
use super::{Ink, tree};
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::treasury::{ControlView, EstimateView, ExecutionView, ProposalRow, SafeTxView};
use crate::treasury::ethereum::proposal::{ExecutionState, Outcome};
use crate::treasury::verdict::{Judgement, Row};

/// Rows that stand before the calls.
const HEAD: [&str; 4] = ["what", "safe", "stands", "nonce"];

/// Rows that are drawn in fours instead.
const HASHES: [&str; 3] = ["domain", "message", "hash"];

/// Rows that the sums are drawn of.
const SUMS: [&str; 3] = ["total", "allows", "refund"];

/// Rows that the table of control is drawn of.
const CONTROL: [&str; 7] = ["quorum", "owner", "module", "guard", "m. guard", "fallback", "code"];

/// Why it must not be signed, in a line; none where it may be.
pub fn stop(row: &ProposalRow) -> Option<String> {
    let first = row.codes.first().filter(|_| row.judgement == Judgement::Block)?;
    let why = match *first {
        "delegatecall" => "a takeover: a delegatecall to code that nobody knows",
        "delegatecall-inner" => "a takeover: a delegatecall inside of a batch",
        "code-differs" => "a takeover: other code than was published stands at this address",
        "singleton-foreign" => "a takeover: the Safe's own code would be replaced",
        "refund" => "the Safe would pay somebody for gas, as much as they say",
        "nonce-used" => "the nonce is used: it can never be carried out",
        _ => return row.stop(),
    };
    Some(why.to_owned())
}

/// The transaction: what it is, its calls, what leaves, who controls the Safe, and the hashes.
pub fn body(lines: &mut Vec<Line>, ink: &Ink<'_>, all: &[Row], tx: &SafeTxView, width: usize) {
    let of = |row: &Row, labels: &[&str]| labels.contains(&row.label.as_str());
    let chosen = |keep: &dyn Fn(&Row) -> bool| all.iter().filter(|row| keep(row)).cloned().collect::<Vec<_>>();
    // A tree has only so many branches; the rows of calls beyond stand as they are.
    let in_tree = |row: &Row| {
        let index = row.label.strip_prefix("call ").and_then(|index| index.parse::<usize>().ok());
        index.is_some_and(|index| tx.calls.iter().any(|call| call.index == index))
    };
    rows(lines, ink, &chosen(&|row| of(row, &HEAD)), width);
    lines.push(Line::new("calls", Role::Strong));
    tree::lines(lines, ink, tx.safe.address, &tx.calls, width);
    if !tx.effects.is_empty() {
        lines.push(Line::new("in sum", Role::Strong));
    }
    for effect in &tx.effects {
        let words: Vec<String> = effect.words.iter().map(|word| word.to_string()).collect();
        parts(lines, ink, &format!("  {:<8}", &*effect.what), &words, width, toned(effect.tone));
    }
    let summed = !tx.effects.is_empty();
    let tabled = !tx.control.is_empty();
    let rest = |row: &Row| {
        let drawn = of(row, &HEAD) || of(row, &HASHES) || in_tree(row);
        !(drawn || summed && of(row, &SUMS) || tabled && of(row, &CONTROL))
    };
    rows(lines, ink, &chosen(&rest), width);
    if tabled {
        table(lines, ink, &tx.control, width);
    }
    lines.push(Line::new("hashes, as devices show them", Role::Strong));
    for (title, hash) in tx.spoken() {
        push_wrapped(lines, &format!("  {title:<13}"), &hash, width, Role::Text);
    }
}

/// Who and what controls the Safe, before and after: side by side where there is room.
fn table(lines: &mut Vec<Line>, ink: &Ink<'_>, all: &[ControlView], width: usize) {
    let missing = ink.glyphs.missing;
    let shown = |text: &str| if text.is_empty() { missing.to_owned() } else { text.to_owned() };
    let title = 2 + all.iter().map(|line| columns(line.what)).max().unwrap_or(0) + 2;
    let widest = all.iter().map(|line| columns(&line.before).max(6)).max().unwrap_or(6);
    let after = all.iter().map(|line| columns(&line.after).max(5)).max().unwrap_or(5);
    let beside = title + widest + 5 + after <= width;
    lines.push(Line::new("control", Role::Strong));
    let (before, arrow) = ("before", "→");
    match beside {
        true => lines.push(Line::new(format!("{:title$}{before:<widest$}     after", ""), Role::Dim)),
        false => lines.push(Line::new(format!("{:title$}before, and below it after", ""), Role::Dim)),
    }
    for line in all {
        let (was, is) = (shown(&line.before), shown(&line.after));
        let what = format!("  {:<1$}", line.what, title - 2);
        if !line.changes() {
            push_wrapped(lines, &what, &format!("{was} stays"), width, Role::Dim);
        } else if beside {
            let pad = " ".repeat(widest.saturating_sub(columns(&was)));
            lines.push(Line::new(format!("{what}{was}{pad}  {arrow}  {is}"), Role::Warning));
        } else {
            push_wrapped(lines, &what, &was, width, Role::Warning);
            push_wrapped(lines, &format!("{:title$}{arrow} ", ""), &is, width, Role::Warning);
        }
    }
}

/// What stands outside of what is signed: who else has the nonce, what carrying it out costs, how that went, and what a service
/// was told.
pub fn outside(lines: &mut Vec<Line>, ink: &Ink<'_>, tx: &SafeTxView, width: usize) {
    if !tx.competitors.is_empty() {
        lines.push(Line::new(format!("others with the nonce {}", tx.nonce), Role::Strong));
    }
    for other in &tx.competitors {
        let number = other.number.map(|number| format!("#{number} ")).unwrap_or_default();
        let signed = if other.signed { ", signed by a key that lies here" } else { "" };
        push_wrapped(lines, "  ", &format!("{number}{}{signed}", other.hash), width, Role::Warning);
    }
    if let Some(estimate) = &tx.estimate {
        cost(lines, ink, estimate, width);
    }
    if !tx.executions.is_empty() {
        lines.push(Line::new("executions", Role::Strong));
    }
    for execution in &tx.executions {
        executed(lines, ink, execution, width);
    }
    if !tx.posted.is_empty() {
        lines.push(Line::new("service", Role::Strong));
    }
    for told in &tx.posted {
        push_wrapped(lines, "  ", told, width, Role::Dim);
    }
}

/// What carrying it out would come to.
pub fn cost(lines: &mut Vec<Line>, ink: &Ink<'_>, estimate: &EstimateView, width: usize) {
    lines.push(Line::new("to carry it out", Role::Strong));
    if let Some(hindered) = &estimate.hindered {
        push_wrapped(lines, "!! ", hindered, width, Role::Error);
    }
    let told = if ink.hidden { ink.told(&estimate.told) } else { estimate.told.to_string() };
    push_wrapped(lines, "  ", &told, width, Role::Text);
    let gas = format!(
        "gas at most {}, at block {}, {} ago",
        ink.number(estimate.gas),
        ink.number(estimate.block),
        ink.since(estimate.at)
    );
    push_wrapped(lines, "  ", &gas, width, Role::Dim);
    push_wrapped(lines, "  ", &format!("sent by {}", estimate.sender.to_checksum(None)), width, Role::Dim);
    for told in &estimate.simulated {
        push_wrapped(lines, "  simulated: ", told, width, Role::Dim);
    }
}

fn executed(lines: &mut Vec<Line>, ink: &Ink<'_>, execution: &ExecutionView, width: usize) {
    let (text, role) = match &execution.state {
        ExecutionState::Pending => ("waits for a block".to_owned(), Role::Accent),
        ExecutionState::Refused { retryable: true, why } => {
            (format!("not taken; it can be tried again: {why}"), Role::Warning)
        }
        ExecutionState::Refused { retryable: false, why } => (format!("not taken: {why}"), Role::Error),
        ExecutionState::Dropped => ("no node knows it any more".to_owned(), Role::Warning),
        ExecutionState::Replaced(by) => (format!("its place was taken by {by}"), Role::Warning),
        ExecutionState::Mined(mined) => {
            let block = ink.number(mined.height);
            match mined.outcome {
                Outcome::Success => (format!("carried out in block {block}: the Safe tells of success"), Role::Live),
                Outcome::Failure => (
                    format!("FAILED in block {block}: the Safe has undone the calls, and the nonce is used"),
                    Role::Error,
                ),
                Outcome::Reverted => {
                    (format!("REVERTED in block {block}: nothing was done, and the nonce is kept"), Role::Error)
                }
            }
        }
    };
    push_wrapped(lines, "  ", &text, width, role);
    let sender = execution.sender.as_ref().map(|sender| match &*sender.name {
        "" => sender.address.to_checksum(None),
        name => format!("{} «{name}»", sender.address.to_checksum(None)),
    });
    let sender = sender.unwrap_or_else(|| "somebody else".to_owned());
    push_wrapped(
        lines,
        "    ",
        &format!("{} by {sender}, {} ago", execution.tx_hash, ink.since(execution.at)),
        width,
        Role::Dim,
    );
    for said in [&execution.fees, &execution.answer].into_iter().filter(|said| !said.is_empty()) {
        push_wrapped(lines, "    ", said, width, Role::Dim);
    }
}
