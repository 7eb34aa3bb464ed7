//! A proposal and its signatures in one file, so that a quorum comes together without any service.
//!
//! - The fields are those of a transaction's file, and `signatures`: a list of `{"owner", "signature"}`.
//! - What is read is verified: a signature that does not lead to its owner is set aside with the reason, and the rest is
//!   good. Whether the owners own the Safe is known once its facts are ([`Proposal::checked`]).
//! - Approvals and contracts' signatures prove nothing by themselves: several may stand for one owner, so that no false
//!   one takes the place of the right one.

use super::file::{Fields, FileError, Members, Note, SafeFile, bytes};
use super::signature::{Asked, Checked, Confirmation, Known, MOST, SafeFacts, SignatureError};
use super::{SafeAt, SafeTx, address};
use serde::Serialize;
use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A proposal with its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The transaction, and which Safe it is for.
    pub file: SafeFile,
    /// Signatures that lead to who is said to have made them, in the order of the owners.
    pub confirmations: Vec<Confirmation>,
    /// What was set aside, in the order in which it stood.
    pub aside: Vec<Aside>,
}

/// What was said to be a signature and is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Which one of the file it was, from 0.
    pub place: usize,
    /// Why.
    pub why: Doubt,
}

/// Why an entry is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// It is not written as it has to be.
    #[error(transparent)]
    Form(#[from] FileError),
    /// It is not valid.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Why two files are not one proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// They are for different Safes, chains or versions.
    #[error("the files are for different Safes")]
    Safe,
    /// They hold different transactions.
    #[error("the files hold different transactions")]
    Transaction,
    /// Together they have too many signatures.
    #[error("together the files have more than {MOST} signatures")]
    Many,
}

impl Proposal {
    /// Reads a file; one without signatures is a proposal that nobody has signed.
    pub fn read(json: &[u8]) -> Result<Self, FileError> {
        let mut members = Members::read(json)?;
        let list = match members.has("signatures") {
            true => entries(members.take("signatures")?)?,
            false => Vec::new(),
        };
        let mut proposal = Self { file: SafeFile::of(members)?, confirmations: Vec::new(), aside: Vec::new() };
        let asked = proposal.asked();
        for (place, entry) in list.into_iter().enumerate() {
            match entry_of(entry.get(), &asked, &mut proposal.file.notes) {
                Ok(confirmation) => proposal.add(confirmation),
                Err(why) => proposal.aside.push(Aside { place, why }),
            }
        }
        Ok(proposal)
    }

    /// A proposal that nobody has signed.
    pub fn new(at: SafeAt, tx: SafeTx) -> Self {
        Self { file: SafeFile { at, tx, notes: Vec::new() }, confirmations: Vec::new(), aside: Vec::new() }
    }

    /// What its signatures are over.
    pub fn asked(&self) -> Asked {
        Asked::of(&self.file.at, &self.file.tx.hashes(&self.file.at))
    }

    /// Takes one more signature over it; one that is there already is taken once.
    pub fn take(&mut self, confirmation: Confirmation) -> Result<(), SignatureError> {
        if confirmation.hash() != self.asked().hash {
            return Err(SignatureError::Hash(confirmation.hash()));
        }
        if self.confirmations.len() >= MOST {
            return Err(SignatureError::Many);
        }
        self.add(confirmation);
        Ok(())
    }

    fn add(&mut self, confirmation: Confirmation) {
        if !self.confirmations.contains(&confirmation) {
            let key = |one: &Confirmation| (one.owner, one.kind.weight());
            let place = self.confirmations.partition_point(|one| key(one) <= key(&confirmation));
            self.confirmations.insert(place, confirmation);
        }
    }

    /// Puts the signatures of both files into one. What either has set aside stays aside.
    pub fn merge(mut self, other: Self) -> Result<Self, MergeError> {
        if self.file.at != other.file.at {
            return Err(MergeError::Safe);
        }
        if self.file.tx != other.file.tx {
            return Err(MergeError::Transaction);
        }
        for confirmation in other.confirmations {
            self.add(confirmation);
        }
        if self.confirmations.len() > MOST {
            return Err(MergeError::Many);
        }
        for aside in other.aside {
            if self.aside.len() < MOST && !self.aside.contains(&aside) {
                self.aside.push(aside);
            }
        }
        for note in other.file.notes {
            if self.file.notes.len() < MOST && !self.file.notes.contains(&note) {
                self.file.notes.push(note);
            }
        }
        Ok(self)
    }

    /// What its signatures are worth to a Safe of which the facts are known.
    pub fn checked(&self, facts: &SafeFacts, known: &Known) -> Checked {
        // The version that the chain tells decides: where it changes the hash, none of them holds.
        let asked = Asked::of(&facts.at, &self.file.tx.hashes(&facts.at));
        let read = self.confirmations.iter().map(|one| (one.owner, Ok(one.clone())));
        Checked::of(read, &asked, facts, known)
    }

    /// The file: every field, and the signatures that were taken.
    pub fn json(&self) -> String {
        #[derive(Serialize)]
        struct Entry {
            owner: String,
            signature: String,
        }
        #[derive(Serialize)]
        struct Whole {
            #[serde(flatten)]
            fields: Fields,
            signatures: Vec<Entry>,
        }
        let entry =
            |one: &Confirmation| Entry { owner: one.owner.to_checksum(None), signature: one.bytes().to_string() };
        let signatures = self.confirmations.iter().map(entry).collect();
        let whole = Whole { fields: Fields::of(&self.file.at, &self.file.tx), signatures };
        serde_json::to_string_pretty(&whole).unwrap_or_default()
    }
}

/// Reads one entry of the list.
fn entry_of(text: &str, asked: &Asked, notes: &mut Vec<Note>) -> Result<Confirmation, Doubt> {
    let mut entry = Members::of(text)?;
    let owner = address::read(&entry.text("owner")?).map_err(|error| FileError::Address("owner", error))?;
    let signature = bytes(&entry.text("signature")?).ok_or(FileError::Hex("signature"))?;
    for name in entry.rest() {
        let note = Note::Unknown(name);
        if notes.len() < MOST && !notes.contains(&note) {
            notes.push(note);
        }
    }
    Ok(Confirmation::read(&signature, asked)?.by(owner.address)?)
}

/// The entries of the list, each as it stands.
pub(super) fn entries(text: &str) -> Result<Vec<&RawValue>, FileError> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = Option<Vec<&'de RawValue>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut entries = Vec::new();
            while entries.len() < MOST {
                match list.next_element::<&RawValue>()? {
                    Some(entry) => entries.push(entry),
                    None => return Ok(Some(entries)),
                }
            }
            let mut more = false;
            while list.next_element::<IgnoredAny>()?.is_some() {
                more = true;
            }
            Ok((!more).then_some(entries))
        }
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let entries = json.deserialize_seq(Entries).map_err(|_| FileError::List("signatures"))?;
    entries.ok_or(FileError::Many(MOST))
}

#[cfg(test)]
mod tests;
