//! Packed signatures as the service reads them: one after the other until a contract's own bytes begin.
//!
//! - v decides: 0 a contract's, 1 an approval on the chain, above 30 `eth_sign`, all else a key's. What leads to no key
//!   leads to the zero address, which is no owner.

use super::row::Given;
use super::world::World;
use crate::market::Timestamp;
use crate::treasury::ethereum::signature::{Asked, Confirmation, ONE, recover};
use alloy_primitives::{Address, B256, Bytes, U256, eip191_hash_message, hex};

/// A signature that was taken out of packed ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// Whose it says it is, or whose it is.
    pub owner: Address,
    /// What the service calls its kind.
    pub kind: &'static str,
    part: Bytes,
    /// By itself, as the service keeps it.
    bytes: Bytes,
}

/// Takes packed signatures apart.
pub fn parse(packed: &[u8], asked: &Asked) -> Vec<Signed> {
    let mut all = Vec::new();
    // Where the bytes of contracts begin.
    let mut end = packed.len();
    for (place, part) in packed.chunks_exact(ONE).enumerate() {
        if place.saturating_mul(ONE) >= end {
            break;
        }
        let Some((r, s, v)) = split(part) else { break };
        let (owner, kind, tail) = match v {
            0 => {
                let offset = usize::try_from(U256::from_be_bytes(s.0)).unwrap_or(usize::MAX);
                end = end.min(offset);
                (Address::from_word(r), "CONTRACT_SIGNATURE", contract(packed, offset))
            }
            1 => (Address::from_word(r), "APPROVED_HASH", None),
            31.. => {
                let message = eip191_hash_message(asked.hash);
                (recover(&message, &r, &s, v.saturating_sub(4)).unwrap_or_default(), "ETH_SIGN", None)
            }
            _ => (recover(&asked.hash, &r, &s, v).unwrap_or_default(), "EOA", None),
        };
        let part = Bytes::copy_from_slice(part);
        let bytes = tail.map_or_else(|| part.clone(), |tail| alone(r, &tail));
        all.push(Signed { owner, kind, part, bytes });
    }
    all
}

fn split(part: &[u8]) -> Option<(B256, B256, u8)> {
    let (r, rest) = part.split_first_chunk::<32>()?;
    let (s, rest) = rest.split_first_chunk::<32>()?;
    Some((B256::from(*r), B256::from(*s), *rest.first()?))
}

/// A contract's own bytes, as far as they are there.
fn contract(packed: &[u8], offset: usize) -> Option<Vec<u8>> {
    let (length, rest) = packed.get(offset..)?.split_first_chunk::<32>()?;
    let length = usize::try_from(U256::from_be_bytes(*length)).unwrap_or(usize::MAX);
    Some(rest.iter().take(length).copied().collect())
}

/// A contract's signature by itself: its own bytes follow at once.
fn alone(r: B256, tail: &[u8]) -> Bytes {
    let number = |number: usize| B256::from(U256::from(number));
    [r.as_slice(), number(ONE).as_slice(), &[0], number(tail.len()).as_slice(), tail].concat().into()
}

impl Signed {
    /// Whether it holds, as far as the service knows the chain. A key's holds by what it is.
    pub fn holds(&self, asked: &Asked, world: &World) -> bool {
        match self.kind {
            "EOA" | "ETH_SIGN" => true,
            _ => {
                let Some(facts) = world.facts(&asked.at.safe) else { return false };
                let read = Confirmation::read(&self.bytes, asked);
                read.and_then(|read| read.check(asked, &facts, world.known())).is_ok_and(|open| open.is_empty())
            }
        }
    }

    /// Its 65 bytes, as the service repeats them.
    pub fn text(&self) -> String {
        hex::encode_prefixed(&self.part)
    }

    /// As the service keeps it.
    pub fn given(self, at: Timestamp) -> Given {
        let Self { owner, kind, bytes: signature, .. } = self;
        Given { owner, signature, kind, at, transaction: None }
    }
}
