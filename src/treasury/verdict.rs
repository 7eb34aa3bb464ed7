//! What a review found: rows to read, warnings to weigh, and blocks that nothing passes.
//!
//! - A finding has a code that scripts may rely on and that never changes its meaning, and a sentence for people.
//! - Whatever text comes from outside is printable by the time it stands here.

use crate::market::printable;
use serde::Serialize;

/// One thing that a review found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// Which kind of thing: lowercase words joined by hyphens, such as `fee-rate`. Stable.
    pub code: &'static str,
    /// What was found, with its figures, and what to do about it. Printable.
    pub message: String,
}

impl Finding {
    /// A finding; its sentence is made printable.
    pub fn new(code: &'static str, message: impl AsRef<str>) -> Self {
        Self { code, message: printable(message.as_ref()).into_owned() }
    }
}

/// How a row is to be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tone {
    /// Nothing special.
    Plain,
    /// Proved to be ours.
    Ours,
    /// Leaves the wallet.
    Leaves,
    /// Worth a second look.
    Warning,
    /// Must not be signed.
    Block,
}

/// One line of a review for people: `out 0 | 1.50000000 BTC | payment to bc1q …`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What the line is about: `in 0`, `out 1`, `fee`. Never shortened.
    pub label: String,
    /// What there is to say, in the order in which parts may be left out of a narrow screen from the back.
    pub parts: Vec<String>,
    /// How to look at it.
    pub tone: Tone,
}

impl Row {
    /// A row; its parts are made printable, and empty ones left out.
    pub fn new(label: impl Into<String>, tone: Tone, parts: impl IntoIterator<Item = String>) -> Self {
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        Self { label: label.into(), parts: parts.map(|part| printable(&part).into_owned()).collect(), tone }
    }
}

/// The sum of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Judgement {
    /// Nothing to say against it.
    Clean,
    /// Somebody has to look at the warnings.
    Warn,
    /// It must not be signed, and no device is given it.
    Block,
}

/// What a review found. The console, `--json` and every signer read this same value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The transaction line by line, as a signer should read it.
    pub rows: Vec<Row>,
    /// What to weigh, in the order of weight.
    pub warnings: Vec<Finding>,
    /// Why it must not be signed.
    pub blocks: Vec<Finding>,
}

impl Verdict {
    /// The sum of it.
    pub fn judgement(&self) -> Judgement {
        match (self.blocks.as_slice(), self.warnings.as_slice()) {
            ([_, ..], _) => Judgement::Block,
            ([], [_, ..]) => Judgement::Warn,
            ([], []) => Judgement::Clean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t14_rows_and_findings_are_printable_whatever_they_are_made_of() {
        let row = Row::new("in 0", Tone::Plain, ["\u{1b}[2Jours".to_owned(), String::new(), "a\nb\u{202e}".to_owned()]);
        assert_eq!(row.parts, ["[2Jours", "a b"]);
        assert_eq!(Finding::new("x", "\u{9b}31m\u{7}told").message, "31mtold");
    }

    #[test]
    fn one_block_outweighs_any_number_of_warnings() {
        let found = |count| vec![Finding::new("x", "y"); count];
        let judged =
            |warnings, blocks| Verdict { rows: vec![], warnings: found(warnings), blocks: found(blocks) }.judgement();
        assert_eq!([judged(0, 0), judged(9, 0), judged(9, 1)], [Judgement::Clean, Judgement::Warn, Judgement::Block]);
    }
}
