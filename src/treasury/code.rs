//! What kinds of things a review can find: a word each, its weight, the threat, and what it means.
//!
//! - A word never changes its meaning, and its weight is the same wherever it is found.
//! - Each review has its own list, written with [`codes`]; its order is that in which findings are told.

/// What a finding does to a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing may be signed.
    Block,
    /// Somebody has to look.
    Warning,
}

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Its stable word.
    pub word: &'static str,
    /// What it does to the verdict.
    pub weight: Weight,
    /// The threat that it guards against, by its number in the threat model; none for plain sense.
    pub threat: Option<u8>,
    /// What it means.
    pub meaning: &'static str,
}

/// Writes the list of a review's codes.
macro_rules! codes {
    ($($weight:ident $name:ident $word:literal $threat:expr, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: &$crate::treasury::code::Code = &$crate::treasury::code::Code {
            word: $word,
            weight: $crate::treasury::code::Weight::$weight,
            threat: $threat,
            meaning: $meaning,
        };)*
        /// Every code, the gravest first.
        pub const ALL: &[&$crate::treasury::code::Code] = &[$($name),*];
    };
}

pub(in crate::treasury) use codes;

#[cfg(test)]
pub(in crate::treasury) mod check {
    //! What holds for every list of codes.

    use super::{Code, Weight};

    /// That every word is stable in form and stands once, blocks first.
    pub fn words(all: &[&Code]) {
        for (at, code) in all.iter().enumerate() {
            assert!(code.word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{}", code.word);
            assert!(!all.iter().skip(at + 1).any(|other| other.word == code.word), "{} twice", code.word);
        }
        assert!(all.is_sorted_by_key(|code| code.weight == Weight::Warning), "blocks come first");
    }

    /// That `docs/treasury.md` has the list as a table.
    pub fn page(all: &[&Code]) {
        let page = include_str!("../../docs/treasury.md");
        let told: Vec<&str> = page.lines().filter(|line| line.starts_with("| `")).collect();
        for code in all {
            let weight = if code.weight == Weight::Block { "block" } else { "warning" };
            let threat = code.threat.map_or_else(String::new, |threat| format!("T{threat}"));
            let line = format!("| `{}` | {weight} | {threat} | {} |", code.word, code.meaning);
            assert!(told.contains(&line.as_str()), "docs/treasury.md lacks\n{line}");
        }
    }
}
