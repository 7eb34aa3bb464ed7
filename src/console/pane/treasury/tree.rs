//! The calls of a Safe's transaction as a tree: who calls whom, and what that does.
//!
//! - A call stands below the one that makes it, joined by lines; the order is that in which they are made.
//! - Nothing is left out and nothing is cut: what does not fit goes on below, beside the line of its call.

use super::Ink;
use super::page::{Line, flow, push_hung, toned};
use crate::console::glyphs::Glyphs;
use crate::console::text::columns;
use crate::desk::treasury::{Account, CallView};
use alloy_primitives::Address;

/// Deeper calls are drawn at this depth, so that there is room for what they do.
const DEEPEST: usize = 8;

/// Draws the calls of a transaction of `safe`.
pub fn lines(lines: &mut Vec<Line>, ink: &Ink<'_>, safe: Address, calls: &[CallView], width: usize) {
    for (call, trunk) in calls.iter().zip(trunks(calls)) {
        let role = toned(call.tone);
        let (first, below) = trunk.drawn(ink.glyphs, call.inner > 0);
        let mut words = call.words.iter().map(|word| word.to_string());
        let what = words.next().unwrap_or_default();
        let how = if call.delegate && !what.contains("delegatecall") { "DELEGATECALL " } else { "" };
        let head = format!("{first}{} ", call.index);
        push_hung(lines, (&head, &below), &format!("{how}{what}"), width, role);
        let whom = format!("{} {} {}", by(safe, &call.by), "→", named(safe, &call.to));
        // Whom it calls stands in words of the review, too; here once with who does.
        let address = call.to.address.to_checksum(None);
        let rest: Vec<String> = words.filter(|word| !word.starts_with(&format!("to {address}"))).collect();
        let published =
            call.words.iter().find_map(|word| Some(word.strip_prefix(&format!("to {address}"))?.to_owned()));
        let published = published.filter(|rest| rest.starts_with(',')).unwrap_or_default();
        push_hung(lines, (&below, &below), &format!("{whom}{published}"), width, role);
        for text in flow(&rest, ink.glyphs.separator, width.saturating_sub(columns(&below)).max(8)) {
            push_hung(lines, (&below, &below), &text, width, role);
        }
    }
}

/// In whose name.
fn by(safe: Address, account: &Account) -> String {
    if account.address == safe { "the Safe".to_owned() } else { named(safe, account) }
}

/// An address in full, with its name.
fn named(safe: Address, account: &Account) -> String {
    let address = account.address.to_checksum(None);
    match &*account.name {
        _ if account.address == safe => format!("{address} (this Safe)"),
        "" => address,
        name => format!("{address} «{name}»"),
    }
}

/// Where a call hangs: for each depth above it whether the line goes on below, and whether it does at its own.
struct Trunk {
    above: Vec<bool>,
    goes_on: bool,
}

impl Trunk {
    /// What stands before a call, and before the lines that follow it.
    fn drawn(&self, glyphs: &Glyphs, has_inner: bool) -> (String, String) {
        let inner = if has_inner { glyphs.trunk } else { " " };
        let Some((_, above)) = self.above.split_first() else { return (String::new(), format!("{inner}  ")) };
        let bar = |goes_on: &bool| format!("{}  ", if *goes_on { glyphs.trunk } else { " " });
        let mut start: String = above.iter().map(bar).collect();
        let mut below = start.clone();
        let branch = if self.goes_on { glyphs.branch } else { glyphs.last_branch };
        start.push_str(&format!("{branch}{} ", glyphs.horizontal));
        below.push_str(&bar(&self.goes_on));
        below.push_str(&format!("{inner}  "));
        (start, below)
    }
}

/// How every call hangs, from one look from the last to the first.
fn trunks(calls: &[CallView]) -> Vec<Trunk> {
    let mut open = [false; DEEPEST + 1];
    let mut trunks: Vec<Trunk> = Vec::with_capacity(calls.len());
    for call in calls.iter().rev() {
        let depth = call.depth.min(DEEPEST);
        let goes_on = open.get(depth).copied().unwrap_or(false);
        trunks.push(Trunk { above: open.iter().take(depth).copied().collect(), goes_on });
        for (place, level) in open.iter_mut().enumerate() {
            *level = place == depth || (*level && place < depth);
        }
    }
    trunks.reverse();
    trunks
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::console::glyphs::{ASCII, UNICODE};
    use crate::treasury::verdict::Tone;

    fn call(index: usize, depth: usize, inner: usize) -> CallView {
        let account = |byte| Account { address: Address::repeat_byte(byte), name: "".into() };
        CallView {
            index,
            depth,
            by: account(1),
            to: account(2),
            delegate: false,
            words: vec!["x".into()],
            unknown: None,
            inner,
            tone: Tone::Plain,
        }
    }

    fn starts(depths: &[(usize, usize)], glyphs: &Glyphs) -> Vec<String> {
        let calls: Vec<_> = depths.iter().enumerate().map(|(at, (depth, inner))| call(at, *depth, *inner)).collect();
        trunks(&calls).iter().zip(&calls).map(|(trunk, call)| trunk.drawn(glyphs, call.inner > 0).0).collect()
    }

    #[test]
    fn calls_hang_where_they_are_made() {
        let tree = [(0, 2), (1, 2), (2, 0), (2, 0), (1, 0)];
        assert_eq!(starts(&tree, &UNICODE), ["", "├─ ", "│  ├─ ", "│  └─ ", "└─ "]);
        assert_eq!(starts(&tree, &ASCII), ["", "+- ", "|  +- ", "|  `- ", "`- "]);
        assert_eq!(starts(&[(0, 1), (1, 1), (2, 0)], &UNICODE), ["", "└─ ", "   └─ "]);
    }

    #[test]
    fn what_is_very_deep_still_has_room() {
        let deep: Vec<_> = (0..40).map(|depth| (depth, 1)).collect();
        assert!(starts(&deep, &UNICODE).iter().all(|start| columns(start) <= 3 * DEEPEST));
    }
}
