//! What a device gave back, until it was held against what was asked (T26).
//!
//! - [`Unverified`] has no way out but the checks: of signatures in a transaction here, of Ethereum's in
//!   [`super::ethereum`].

use super::DeviceError;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::proposal::{InputSignature, brought, put};
use bitcoin::bip32::Fingerprint;

/// Something that came from a device and was not checked yet.
#[derive(Clone, Debug)]
#[must_use]
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    /// What a device said.
    pub(super) fn new(said: T) -> Self {
        Self(said)
    }

    pub(super) fn open(self) -> T {
        self.0
    }
}

impl Unverified<Vec<InputSignature>> {
    /// The reviewed packet with the signatures in it, when each of them is one of the expected seed's keys over our own
    /// sighash, and when they cover every input that those keys can sign.
    pub fn of(self, expected: Fingerprint, reviewed: &Reviewed<'_>) -> Result<Packet, DeviceError> {
        let signatures = self.open();
        let bad = |what: String| DeviceError::BadSignature(what);
        let mut signed = reviewed.packet().clone();
        put(&mut signed.psbt, &signatures).map_err(|input| bad(format!("input {input}: it is no signature")))?;
        let by_seat = brought(reviewed.packet(), &signed, reviewed.wallet()).map_err(|error| bad(error.to_string()))?;
        let cosigners = reviewed.wallet().policy().cosigners();
        for place in by_seat.keys() {
            match cosigners.get(*place).map(|cosigner| cosigner.fingerprint) {
                Some(fingerprint) if fingerprint == expected => {}
                Some(other) => return Err(bad(format!("it is of {other}, not of {expected}"))),
                None => return Err(bad("it is of nobody in the wallet".to_owned())),
            }
        }
        let counted: usize = by_seat.values().map(Vec::len).sum();
        if counted != signatures.len() {
            return Err(bad(format!("{counted} of {} signatures count", signatures.len())));
        }
        Ok(signed)
    }
}
