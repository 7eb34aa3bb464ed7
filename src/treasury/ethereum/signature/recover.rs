//! Who signed a hash: the contract's `ecrecover`.

use super::Part;
use alloy_primitives::{Address, B256, b256, eip191_hash_message};
use bitcoin::secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use bitcoin::secp256k1::{Message, Secp256k1, VerifyOnly};
use std::sync::LazyLock;

/// Half of the curve's order: an s above it has a twin below.
const HALF: B256 = b256!("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

static CURVE: LazyLock<Secp256k1<VerifyOnly>> = LazyLock::new(Secp256k1::verification_only);

/// Who signed this hash, when r, s and v (27 or 28) lead to anybody. This is all that a check of a plain signature costs.
pub fn recover(hash: &B256, r: &B256, s: &B256, v: u8) -> Option<Address> {
    let id = match v {
        27 | 28 => RecoveryId::from_i32(i32::from(v) - 27).ok()?,
        _ => return None,
    };
    let mut compact = [0; 64];
    compact.iter_mut().zip(r.iter().chain(s)).for_each(|(to, from)| *to = *from);
    let signature = RecoverableSignature::from_compact(&compact, id).ok()?;
    let key = CURVE.recover_ecdsa(&Message::from_digest(hash.0), &signature).ok()?;
    let [_, point @ ..] = key.serialize_uncompressed();
    Some(Address::from_raw_public_key(&point))
}

impl Part {
    /// Who signed this hash with v as it is.
    pub(super) fn signer(&self, hash: &B256) -> Option<Address> {
        recover(hash, &self.r, &self.s, self.v)
    }

    /// Who signed this hash as a message, v being raised by 4.
    pub(super) fn eth_signer(&self, hash: &B256) -> Option<Address> {
        recover(&eip191_hash_message(hash), &self.r, &self.s, self.v.checked_sub(4)?)
    }

    /// Whether s is in the upper half.
    pub(super) fn high_s(&self) -> bool {
        self.s > HALF
    }
}
