//! Signatures in one piece, as `execTransaction` takes them, and back.
//!
//! The plain 65 bytes come first, in the order of the owners as numbers; after them what contracts take, each with its
//! length in front, and nothing between.

use super::confirmation::length;
use super::{Asked, Confirmation, Kind, LONGEST_PACKED, MOST, ONE, Part, SignatureError, judge};
use alloy_primitives::Bytes;

/// Packs exactly as many as the Safe wants: the first ones in the order of their owners.
pub fn pack(confirmations: &[Confirmation], threshold: usize) -> Result<Bytes, SignatureError> {
    if threshold > MOST || confirmations.len() > MOST {
        return Err(SignatureError::Many);
    }
    let mut sorted: Vec<&Confirmation> = confirmations.iter().collect();
    sorted.sort_by_key(|confirmation| confirmation.owner);
    for (one, next) in sorted.iter().zip(sorted.iter().skip(1)) {
        if one.owner == next.owner {
            return Err(SignatureError::Twice(one.owner));
        }
        if one.hash() != next.hash() {
            return Err(SignatureError::Hash(next.hash()));
        }
    }
    if threshold == 0 || sorted.len() < threshold {
        return Err(SignatureError::Few { have: sorted.len(), need: threshold.max(1) });
    }
    sorted.truncate(threshold);
    let mut packed = Vec::new();
    let mut tails: Vec<u8> = Vec::new();
    for confirmation in sorted {
        let start = threshold.saturating_mul(ONE).saturating_add(tails.len());
        packed.extend(confirmation.plain(start));
        if let Kind::Contract { signature } = &confirmation.kind {
            tails.extend(length(signature));
            tails.extend(signature);
        }
    }
    packed.extend(tails);
    match packed.len() > LONGEST_PACKED {
        true => Err(SignatureError::Long(LONGEST_PACKED)),
        false => Ok(packed.into()),
    }
}

/// The first `threshold` signatures of packed ones, each read or refused by itself. Whether the contract takes them
/// together is for [`judge`](super::judge()) to say.
pub fn unpack(
    packed: &[u8],
    threshold: usize,
    asked: &Asked,
) -> Result<Vec<Result<Confirmation, SignatureError>>, SignatureError> {
    if packed.len() > LONGEST_PACKED {
        return Err(SignatureError::Long(LONGEST_PACKED));
    }
    if threshold > MOST {
        return Err(SignatureError::Many);
    }
    let plain = threshold.saturating_mul(ONE);
    let have = packed.len() / ONE;
    if have < threshold {
        return Err(SignatureError::Few { have, need: threshold });
    }
    let read = |part: Part| {
        let contract = match part.v {
            0 => Some(judge::tail(packed, &part.s, plain).map_err(|_| SignatureError::Offset)?),
            _ => None,
        };
        Confirmation::of(part, contract, asked)
    };
    Ok(packed.chunks_exact(ONE).take(threshold).filter_map(Part::of).map(read).collect())
}
