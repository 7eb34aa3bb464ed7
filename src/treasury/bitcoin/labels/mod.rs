//! Labels of transactions, addresses, keys and coins, as wallets hand them to each other: BIP-329.
//!
//! - A label is kept exactly as it came and shown printable: [`Label::text`] is the way to its words, and
//!   [`Label::line`] writes back what was read, fields that nobody here knows included.
//! - What is left out of a record changes nothing: a record without `label` keeps the label, one without `spendable`
//!   keeps a coin frozen that is.
//! - A line that cannot be read is refused alone and counted; a type that is not known is counted and passed over, as
//!   the format asks for.

mod line;
mod origin;

#[cfg(test)]
mod tests;

pub use line::{About, Label, LabelError};
pub use origin::{fits, origin};

use bitcoin::OutPoint;
use std::collections::BTreeMap;

/// The longest file that is read, in bytes.
pub const LONGEST_FILE: usize = 16 << 20;

/// The longest line that is read, in bytes.
pub const LONGEST_LINE: usize = 16 << 10;

/// The most lines of a file.
pub const MOST_LABELS: usize = 100_000;

/// The most refused lines that are told one by one; those beyond are counted.
pub const MOST_REFUSED: usize = 100;

/// What a file of labels held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The labels, in the file's order.
    pub labels: Vec<Label>,
    /// How many records were of a type that is not known here.
    pub unknown: usize,
    /// How many lines could not be read.
    pub refused: usize,
    /// The first of those: the line, from 1, and why.
    pub refusals: Vec<(usize, LabelError)>,
}

/// Why a file of labels cannot be read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelsError {
    /// More than [`LONGEST_FILE`] bytes.
    #[error("the file is longer than {} MiB", LONGEST_FILE >> 20)]
    Long,
    /// More than [`MOST_LABELS`] lines.
    #[error("the file has more than {MOST_LABELS} lines")]
    Many,
    /// Not UTF-8.
    #[error("the file is not UTF-8")]
    Text,
}

/// Reads a file of labels: a record of JSON a line.
pub fn read(bytes: &[u8]) -> Result<Told, LabelsError> {
    if bytes.len() > LONGEST_FILE {
        return Err(LabelsError::Long);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| LabelsError::Text)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut told = Told::default();
    for (number, line) in text.lines().enumerate() {
        if number >= MOST_LABELS {
            return Err(LabelsError::Many);
        }
        if line.trim().is_empty() {
            continue;
        }
        match Label::read(line) {
            Ok(Some(label)) => told.labels.push(label),
            Ok(None) => told.unknown = told.unknown.saturating_add(1),
            Err(error) => {
                told.refused = told.refused.saturating_add(1);
                if told.refusals.len() < MOST_REFUSED {
                    told.refusals.push((number.saturating_add(1), error));
                }
            }
        }
    }
    Ok(told)
}

/// Labels as a wallet has them: one of each thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    all: BTreeMap<About, Label>,
}

impl Labels {
    /// Takes in a label: what it leaves out stays as it is. Tells whether anything changed.
    pub fn apply(&mut self, label: Label) -> bool {
        match self.all.get_mut(label.about()) {
            Some(known) => known.take_in(label),
            None => {
                self.all.insert(label.about().clone(), label);
                true
            }
        }
    }

    /// What is said about a thing.
    pub fn of(&self, about: &About) -> Option<&Label> {
        self.all.get(about)
    }

    /// Whether a coin must not be spent.
    pub fn frozen(&self, coin: &OutPoint) -> bool {
        self.of(&About::Output(*coin)).is_some_and(|label| label.spendable() == Some(false))
    }

    /// Every label, by kind and thing.
    pub fn iter(&self) -> impl Iterator<Item = &Label> + '_ {
        self.all.values()
    }

    /// How many things have a label.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether nothing has.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The file for another wallet: a record a line.
    pub fn write(&self) -> String {
        self.iter().fold(String::new(), |mut file, label| {
            file.push_str(&label.line());
            file.push('\n');
            file
        })
    }
}

impl FromIterator<Label> for Labels {
    fn from_iter<T: IntoIterator<Item = Label>>(labels: T) -> Self {
        let mut all = Self::default();
        for label in labels {
            all.apply(label);
        }
        all
    }
}
