//! What a person has to have read, and typed, before anything is signed or sent in their name.
//!
//! - A wish says what its owner saw. When the review says something else by now, nothing is done: it is shown again first.

use super::view::Challenge;
use super::wish::Seen;
use crate::treasury::verdict::Verdict;
use sha2::{Digest as _, Sha256};

/// That something must not be signed, and why.
pub(super) fn blocked(number: u64, verdict: &Verdict) -> String {
    let codes: Vec<&str> = verdict.blocks.iter().map(|finding| finding.code).collect();
    format!("#{number} must not be signed: {}", codes.join(", "))
}

/// What the person saw is what the review says now.
pub(super) fn as_seen(number: u64, verdict: &Verdict, seen: &Seen) -> Result<(), String> {
    let codes = verdict.blocks.iter().chain(&verdict.warnings).map(|finding| finding.code);
    match codes.eq(seen.0.iter().copied()) {
        true => Ok(()),
        false => Err(format!("#{number}: the review says something else by now; read it again")),
    }
}

/// Whether a review is what its signer saw and answered, and blocks nothing; the digest of it.
pub(super) fn may_sign(
    number: u64,
    verdict: &Verdict,
    asked: &[Challenge],
    seen: &Seen,
    answers: &[String],
) -> Result<String, String> {
    as_seen(number, verdict, seen)?;
    if !verdict.blocks.is_empty() {
        return Err(blocked(number, verdict));
    }
    let met = asked.iter().zip(answers).all(|(challenge, answer)| challenge.met(answer));
    if !met || asked.len() != answers.len() {
        return Err(format!("#{number}: what was typed is not what stands in the address; nothing was signed"));
    }
    Ok(digest(verdict))
}

/// The digest of what was shown to a signer.
fn digest(verdict: &Verdict) -> String {
    let mut hash = Sha256::new();
    let mut take = |text: &str| {
        hash.update(text.as_bytes());
        hash.update(b"\n");
    };
    for row in &verdict.rows {
        take(&row.label);
        row.parts.iter().for_each(|part| take(part));
    }
    for finding in verdict.blocks.iter().chain(&verdict.warnings) {
        take(finding.code);
        take(&finding.message);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
