//! The children of a public key, as BIP-32 derives them, many in little time.
//!
//! - A child is its parent plus a multiple of the generator. libsecp256k1 makes that multiple anew each time, by more than
//!   a hundred doublings. Where many children are wanted it is put together of multiples that were made once, by the
//!   library's own additions alone, in less than half of the time.
//! - Both ways give the same key. None of it is secret, so it may take the time that it takes.
//!
//! <https://github.com/bitcoin/bips/blob/master/bip-0032.mediawiki>

use bitcoin::bip32::Xpub;
use bitcoin::hashes::{Hash, HashEngine, Hmac, HmacEngine, sha512};
use bitcoin::secp256k1::constants::{GENERATOR_X, GENERATOR_Y};
use bitcoin::secp256k1::{PublicKey, Secp256k1, SecretKey, VerifyOnly};
use std::sync::OnceLock;

/// How many bits of a number one addition takes care of. One more makes a child cheaper and the table dearer.
const BITS: usize = 6;

/// After how many children the table is worth making: it costs as much as three hundred of them.
const MANY: usize = 256;

static MULTIPLES: OnceLock<Option<Multiples>> = OnceLock::new();

/// A key that others are derived from, with what is the same for each of them.
pub(super) struct Parent {
    key: PublicKey,
    /// The chain code and the key, hashed; only an index is still to come.
    hashed: HmacEngine<sha512::Hash>,
}

impl Parent {
    pub fn of(xpub: &Xpub) -> Self {
        let mut hashed = HmacEngine::new(xpub.chain_code.as_bytes());
        hashed.input(&xpub.public_key.serialize());
        Self { key: xpub.public_key, hashed }
    }

    /// The child at an index, after so many others.
    pub fn child(&self, index: u32, others: usize, secp: &Secp256k1<VerifyOnly>) -> Option<PublicKey> {
        let mut hashed = self.hashed.clone();
        hashed.input(&index.to_be_bytes());
        let hash = Hmac::from_engine(hashed).to_byte_array();
        let tweak = SecretKey::from_slice(hash.first_chunk::<32>()?).ok()?;
        let multiples = if others < MANY { MULTIPLES.get() } else { Some(MULTIPLES.get_or_init(Multiples::new)) };
        match multiples {
            Some(Some(multiples)) => multiples.add(&self.key, &tweak),
            _ => self.key.add_exp_tweak(secp, &tweak.into()).ok(),
        }
    }
}

/// Multiples of the generator: for each digit's place, that digit's every value but zero.
struct Multiples(Vec<Vec<PublicKey>>);

impl Multiples {
    fn new() -> Option<Self> {
        let generator = [&[4], &GENERATOR_X[..], &GENERATOR_Y[..]].concat();
        let mut one = PublicKey::from_slice(&generator).ok()?;
        let mut places = Vec::new();
        for _ in 0..256_usize.div_ceil(BITS) {
            let mut values = vec![one];
            let mut last = one;
            for _ in 2..1_u32 << BITS {
                last = last.combine(&one).ok()?;
                values.push(last);
            }
            one = last.combine(&one).ok()?;
            places.push(values);
        }
        Some(Self(places))
    }

    /// A key plus so many times the generator; none where that is no key.
    fn add(&self, key: &PublicKey, times: &SecretKey) -> Option<PublicKey> {
        let mut bytes = times.secret_bytes();
        bytes.reverse();
        let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
        let places = self.0.iter().zip((0..).step_by(BITS));
        let values = places.filter_map(|(values, bit): (_, usize)| {
            let digit = (u16::from_le_bytes([byte(bit / 8), byte(bit / 8 + 1)]) >> (bit % 8)) & ((1 << BITS) - 1);
            values.get(usize::from(digit).checked_sub(1)?)
        });
        let parts = std::iter::once(key).chain(values).collect::<Vec<_>>();
        PublicKey::combine_keys(&parts).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::Network;
    use bitcoin::bip32::{ChildNumber, Xpriv};
    use bitcoin::secp256k1::constants::CURVE_ORDER;
    use proptest::prelude::*;

    fn number(bytes: [u8; 32]) -> SecretKey {
        SecretKey::from_slice(&bytes).unwrap()
    }

    fn small(last: u8) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes[31] = last;
        bytes
    }

    #[test]
    fn children_are_those_of_the_standard_however_many_there_are() {
        let (secp, all) = (Secp256k1::verification_only(), Secp256k1::new());
        for seed in 1..4 {
            let master = Xpriv::new_master(Network::Testnet, &[seed; 32]).unwrap();
            let xpub = Xpub::from_priv(&all, &master);
            let parent = Parent::of(&xpub);
            for index in [0, 1, 2, 255, 256, 1 << 30, (1 << 31) - 1] {
                let expected = xpub.ckd_pub(&secp, ChildNumber::Normal { index }).unwrap().public_key;
                assert_eq!(parent.child(index, 0, &secp), Some(expected));
                assert_eq!(parent.child(index, MANY, &secp), Some(expected));
            }
        }
    }

    #[test]
    fn the_edges_of_the_sum_are_right() {
        let (secp, multiples) = (Secp256k1::new(), Multiples::new().unwrap());
        let mut last = CURVE_ORDER;
        last[31] -= 1;
        let numbers = [small(1), small(2), small(63), small(64), [0x7f; 32], [1; 32], last];
        for key in numbers.map(|key| number(key).public_key(&secp)) {
            for times in numbers.map(number) {
                let expected = key.add_exp_tweak(&secp, &times.into()).ok();
                assert_eq!(multiples.add(&key, &times), expected, "{times:?}");
            }
        }
        // The generator and minus the generator are no key.
        assert_eq!(multiples.add(&number(last).public_key(&secp), &number(small(1))), None);
    }

    proptest! {
        #[test]
        fn a_sum_of_parts_is_the_sum(key in any::<[u8; 32]>(), times in any::<[u8; 32]>()) {
            let (secp, multiples) = (Secp256k1::new(), MULTIPLES.get_or_init(Multiples::new).as_ref().unwrap());
            let Ok(key) = SecretKey::from_slice(&key) else { return Ok(()) };
            let Ok(times) = SecretKey::from_slice(&times) else { return Ok(()) };
            let key = key.public_key(&secp);
            prop_assert_eq!(multiples.add(&key, &times), key.add_exp_tweak(&secp, &times.into()).ok());
        }
    }
}
