//! Findings as they are collected: each under its code's weight, in the order of weight, and never more than a person reads.

use super::code::{Code, Weight};
use crate::treasury::verdict::Finding;

/// How many findings of one code are told one by one; a hostile file cannot make a verdict longer than this allows.
const MOST: usize = 8;

/// What was found so far.
#[derive(Debug)]
pub(in crate::treasury) struct Findings {
    all: &'static [&'static Code],
    found: Vec<(usize, Finding)>,
    counts: Vec<usize>,
}

impl Findings {
    /// None yet, of those on a list.
    pub fn new(all: &'static [&'static Code]) -> Self {
        Self { all, found: Vec::new(), counts: vec![0; all.len()] }
    }

    /// Takes down a finding.
    pub fn say(&mut self, code: &'static Code, message: impl AsRef<str>) {
        let at = self.all.iter().position(|known| known.word == code.word).unwrap_or(0);
        let Some(count) = self.counts.get_mut(at) else { return };
        *count = count.saturating_add(1);
        if *count <= MOST {
            self.found.push((at, Finding::new(code.word, message)));
        }
    }

    /// The warnings and the blocks, the gravest first.
    pub fn told(self) -> (Vec<Finding>, Vec<Finding>) {
        let (mut warnings, mut blocks) = (Vec::new(), Vec::new());
        for (at, code) in self.all.iter().enumerate() {
            let told = match code.weight {
                Weight::Block => &mut blocks,
                Weight::Warning => &mut warnings,
            };
            told.extend(self.found.iter().filter(|(of, _)| *of == at).map(|(_, finding)| finding.clone()));
            let more = self.counts.get(at).copied().unwrap_or(0).saturating_sub(MOST);
            if more > 0 {
                told.push(Finding::new(code.word, format!("and {more} more: {}", code.meaning)));
            }
        }
        (warnings, blocks)
    }
}
