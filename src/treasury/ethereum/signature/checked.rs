//! All that is said to be signatures over one transaction, told apart: what counts, what is open, and what is refused.

use super::{Asked, Confirmation, Kind, Known, MOST, Question, SafeFacts, SignatureError};
use alloy_primitives::Address;
use std::collections::HashSet;

/// Signatures, told apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Those that count, one of each owner, in the order of the owners: ready to be packed.
    pub valid: Vec<Confirmation>,
    /// Those that hang on what the chain answers, of owners who have none that counts.
    pub open: Vec<(Confirmation, Vec<Question>)>,
    /// Those that do not count, with who is said to have made them.
    pub refused: Vec<(Address, SignatureError)>,
}

impl Checked {
    /// Tells signatures apart that were read already.
    pub fn of(
        claims: impl IntoIterator<Item = (Address, Result<Confirmation, SignatureError>)>,
        asked: &Asked,
        facts: &SafeFacts,
        known: &Known,
    ) -> Self {
        let mut all = Self::default();
        for (claimed, read) in claims {
            if all.count() >= MOST {
                all.refused.push((claimed, SignatureError::Many));
                break;
            }
            let checked = read.and_then(|read| read.by(claimed)).and_then(|read| {
                let questions = read.check(asked, facts, known)?;
                Ok((read, questions))
            });
            match checked {
                Ok((read, questions)) if questions.is_empty() => all.valid.push(read),
                Ok(open) => all.open.push(open),
                Err(error) => all.refused.push((claimed, error)),
            }
        }
        // What was proved without the chain comes first, and one of each owner is enough.
        all.valid.sort_by_key(|one| (one.owner, one.kind.weight()));
        all.valid.dedup_by_key(|one| one.owner);
        let valid: HashSet<Address> = all.valid.iter().map(|one| one.owner).collect();
        all.open.retain(|(one, _)| !valid.contains(&one.owner));
        all
    }

    /// Reads signatures as somebody serves them, each with its owner as claimed, and tells them apart: beside the hashes
    /// this is all that the verification of a row costs.
    pub fn read<'a>(
        claims: impl IntoIterator<Item = (Address, &'a [u8])>,
        asked: &Asked,
        facts: &SafeFacts,
        known: &Known,
    ) -> Self {
        let read = claims.into_iter().map(|(claimed, bytes)| (claimed, Confirmation::read(bytes, asked)));
        Self::of(read, asked, facts, known)
    }

    /// How many there are in all.
    pub fn count(&self) -> usize {
        self.valid.len().saturating_add(self.open.len()).saturating_add(self.refused.len())
    }
}

impl Kind {
    /// The less the chain has to say to it, the less it weighs.
    pub(in super::super) fn weight(&self) -> u8 {
        match self {
            Self::Eoa => 0,
            Self::EthSign => 1,
            Self::Contract { .. } => 2,
            Self::ApprovedHash => 3,
        }
    }
}
