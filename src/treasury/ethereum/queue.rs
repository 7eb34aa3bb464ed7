//! What a transaction service lists for a Safe: each row verified, or set aside with the reason.
//!
//! - A row counts when the hash computed from its ten fields is the one that it claims, for the very Safe that was asked
//!   about, on the pinned chain and in the version that the chain tells. Its signatures are recovered and checked against
//!   the owners that the chain tells.
//! - `dataDecoded`, `trusted`, `isExecuted`, `confirmationsRequired`, a confirmation's `signatureType` and all else that the
//!   service says of a row are never read. Where a row is from and who proposed it is a claim, and named so.
//! - One row that cannot be read does not keep the others from being read; a page that is none is set aside whole.
//! - The same transaction may be listed again: it is one row, with the signatures of all its listings.

use super::exchange::entries;
use super::file::{FileError, Members, bytes, transaction, written};
use super::signature::{Asked, Checked, Known, SafeFacts};
use super::{Hashes, SafeTx, address};
use crate::market::printable;
use alloy_primitives::{Address, B256, U256};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashMap;

mod error;
mod row;

pub use error::RowError;
pub use row::{Claims, Row};

/// The longest page that is read.
pub const LONGEST: usize = 16 << 20;

/// The most rows that are read.
pub const MOST: usize = 20_000;

/// The most that is kept of what was set aside; the rest is counted.
pub const MOST_ASIDE: usize = 1_000;

/// The longest text of a claim.
const LONGEST_CLAIM: usize = 200;

/// What rows are held against.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The Safe, as the chain tells it.
    pub facts: &'a SafeFacts,
    /// What is known beside.
    pub known: &'a Known,
    /// The Safe's nonce, where only what waits was asked for: what has a lower one can never be executed.
    pub least: Option<U256>,
}

/// A row or a page that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Which page it was, from 0.
    pub page: usize,
    /// Which row of the page, from 0; none where the page itself is not taken.
    pub place: Option<usize>,
    /// The hash that it claims to have. Printable, and not to be believed.
    pub claimed: Option<String>,
    /// Why.
    pub why: RowError,
}

/// How many there were of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that were listed.
    pub listed: usize,
    /// Of those, rows that were listed before.
    pub repeated: usize,
    /// Of those, rows that are not taken, and pages.
    pub quarantined: usize,
    /// Signatures that hold.
    pub valid: usize,
    /// Signatures that hang on what the chain answers.
    pub open: usize,
    /// What was said to be a signature and does not count.
    pub refused: usize,
}

/// A list, verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// Rows whose hash is right, in the order in which they were first listed.
    pub rows: Vec<Row>,
    /// What was set aside, as far as it is kept.
    pub quarantined: Vec<Quarantined>,
    /// How many there were of what.
    pub counts: Counts,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    results: Vec<&'a RawValue>,
}

impl Queue {
    /// Reads pages as the service has given them.
    pub fn read<'a>(pages: impl IntoIterator<Item = &'a [u8]>, wanted: &Wanted<'_>) -> Self {
        let mut queue = Self::default();
        let reader = Reader { wanted, domain: wanted.facts.at.domain() };
        // Where a transaction stands, and the text of its first listing.
        let mut places: HashMap<B256, (usize, &str)> = HashMap::new();
        for (page, body) in pages.into_iter().enumerate() {
            let results = match list(body) {
                Ok(results) => results,
                Err(why) => {
                    queue.aside(Quarantined { page, place: None, claimed: None, why });
                    continue;
                }
            };
            for (place, text) in results.into_iter().map(RawValue::get).enumerate() {
                if queue.counts.listed >= MOST {
                    queue.aside(Quarantined { page, place: None, claimed: None, why: RowError::Many });
                    return queue.counted();
                }
                queue.counts.listed = queue.counts.listed.saturating_add(1);
                let (claimed, fields) = match reader.fields(text) {
                    Ok(fields) => fields,
                    Err((claimed, why)) => {
                        queue.aside(Quarantined { page, place: Some(place), claimed, why });
                        continue;
                    }
                };
                let known = places.get(&fields.hashes.safe_tx).copied();
                if known.is_some_and(|(_, first)| first == text) {
                    queue.counts.repeated = queue.counts.repeated.saturating_add(1);
                    continue;
                }
                match (reader.row(fields), known) {
                    (Err(why), _) => {
                        queue.aside(Quarantined { page, place: Some(place), claimed: Some(claimed.to_string()), why });
                    }
                    (Ok(row), None) => {
                        places.insert(claimed, (queue.rows.len(), text));
                        queue.rows.push(row);
                    }
                    (Ok(row), Some((at, _))) => {
                        queue.counts.repeated = queue.counts.repeated.saturating_add(1);
                        if let Some(first) = queue.rows.get_mut(at) {
                            first.join(row);
                        }
                    }
                }
            }
        }
        queue.counted()
    }

    fn aside(&mut self, one: Quarantined) {
        self.counts.quarantined = self.counts.quarantined.saturating_add(1);
        if self.quarantined.len() < MOST_ASIDE {
            self.quarantined.push(one);
        }
    }

    fn counted(mut self) -> Self {
        for row in &self.rows {
            let checked = &row.checked;
            self.counts.valid = self.counts.valid.saturating_add(checked.valid.len());
            self.counts.open = self.counts.open.saturating_add(checked.open.len());
            let refused = checked.refused.len().saturating_add(row.unread.len());
            self.counts.refused = self.counts.refused.saturating_add(refused);
        }
        self
    }
}

impl Row {
    /// Reads one transaction, as the service gives it alone.
    pub fn read(body: &[u8], wanted: &Wanted<'_>) -> Result<Self, RowError> {
        if body.len() > LONGEST {
            return Err(RowError::Long);
        }
        let text = std::str::from_utf8(body).map_err(|_| RowError::Page("it is no text".to_owned()))?;
        let reader = Reader { wanted, domain: wanted.facts.at.domain() };
        let (_, fields) = reader.fields(text).map_err(|(_, why)| why)?;
        reader.row(fields)
    }
}

/// The rows of a page, as they stand there.
fn list(body: &[u8]) -> Result<Vec<&RawValue>, RowError> {
    if body.len() > LONGEST {
        return Err(RowError::Long);
    }
    let page: Result<Page<'_>, _> = serde_json::from_slice(body);
    page.map(|page| page.results).map_err(|error| RowError::Page(cut(&error.to_string())))
}

/// Text from a service, to be shown.
fn cut(text: &str) -> String {
    printable(&text.chars().take(LONGEST_CLAIM).collect::<String>()).into_owned()
}

/// The fields of a row whose hash is right.
struct Fields<'a> {
    tx: SafeTx,
    hashes: Hashes,
    rest: Members<'a>,
}

struct Reader<'a> {
    wanted: &'a Wanted<'a>,
    domain: B256,
}

impl Reader<'_> {
    /// Reads a row's fields and computes its hash; the hash that it claims is right, or told with the reason.
    fn fields<'t>(&self, text: &'t str) -> Result<(B256, Fields<'t>), (Option<String>, RowError)> {
        let mut members = Members::of(text).map_err(|error| (None, error.into()))?;
        let claimed = members.text("safeTxHash").map_err(|error| (None, RowError::from(error)))?;
        self.hashed(&claimed, members).map_err(|why| (Some(cut(&claimed)), why))
    }

    fn hashed<'t>(&self, claimed: &str, mut members: Members<'t>) -> Result<(B256, Fields<'t>), RowError> {
        let at = &self.wanted.facts.at;
        let safe = written(&mut members, "safe", address::read)?.address;
        if safe != at.safe {
            return Err(RowError::Safe(safe));
        }
        let tx = transaction(&mut members, at.version, &mut Vec::new())?;
        let hashes = tx.hashes_in(self.domain, at.version);
        let said = bytes(claimed).and_then(|bytes| B256::try_from(bytes.as_ref()).ok());
        let said = said.ok_or(FileError::Hex("safeTxHash"))?;
        if said != hashes.safe_tx {
            return Err(RowError::Hash { said, ours: hashes.safe_tx });
        }
        if let Some(least) = self.wanted.least.filter(|least| tx.nonce < *least) {
            return Err(RowError::Stale { nonce: tx.nonce, least });
        }
        Ok((said, Fields { tx, hashes, rest: members }))
    }

    /// Checks a row's signatures.
    fn row(&self, fields: Fields<'_>) -> Result<Row, RowError> {
        let Fields { tx, hashes, rest: mut members } = fields;
        let listed = match members.has("confirmations") {
            true => members.take("confirmations")?,
            false => "null",
        };
        let listed = match listed {
            "null" => Vec::new(),
            list => entries(list).map_err(|_| RowError::Confirmations)?,
        };
        let (mut claims, mut unread) = (Vec::with_capacity(listed.len()), Vec::new());
        for entry in listed {
            match confirmation(entry.get()) {
                Ok(claim) => claims.push(claim),
                Err(why) => unread.push(why),
            }
        }
        let asked = Asked::of(&self.wanted.facts.at, &hashes);
        let read = claims.iter().map(|(owner, signature)| (*owner, signature.as_ref()));
        let checked = Checked::read(read, &asked, self.wanted.facts, self.wanted.known);
        let text = |members: &mut Members<'_>, name| match members.has(name) {
            true => members.text_or_null(name).ok().flatten(),
            false => None,
        };
        let origin = text(&mut members, "origin").map(|text| cut(&text)).filter(|text| !text.is_empty());
        let proposer = text(&mut members, "proposer").and_then(|text| address::read(&text).ok());
        let claims = Claims { origin, proposer: proposer.map(|written| written.address) };
        Ok(Row { tx, hashes, checked, unread, claims })
    }
}

/// Who is said to have signed, and the signature's bytes.
fn confirmation(text: &str) -> Result<(Address, alloy_primitives::Bytes), FileError> {
    let mut entry = Members::of(text)?;
    let owner = written(&mut entry, "owner", address::read)?.address;
    Ok((owner, bytes(&entry.text("signature")?).ok_or(FileError::Hex("signature"))?))
}

#[cfg(test)]
mod tests;
