//! Signing a reviewed transaction: the device asks for its parts, and tells its signatures in between.
//!
//! - One pass signs every input with the key of one seat; a device that holds several seats takes a pass for each.
//! - Signatures come without their sighash byte and without their key. They are put under the key that our own
//!   derivation gives for the seat and the spot; whether they are valid there is for
//!   [`Unverified::of`](crate::device::Unverified) to say.

use super::Trezor;
use super::shape::Shape;
use super::sheet::Sheet;
use crate::device::DeviceError;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::proposal::{InputSignature, Slot};
use bitcoin::EcdsaSighashType;
use std::collections::BTreeMap;
use trezor_client::protos::tx_request::TxRequestSerializedType;
use trezor_client::protos::{InputScriptType, TxRequest};

/// The longest signature: DER.
const LONGEST_SIGNATURE: usize = 72;

impl Trezor {
    /// Signs with every seat that is the device's.
    pub(super) fn sign_reviewed(&mut self, reviewed: &Reviewed<'_>) -> Result<Vec<InputSignature>, DeviceError> {
        let wallet = reviewed.wallet();
        let shape = Shape::of(wallet, self.session.model()?)?;
        let about = self.able(shape.task, wallet.network())?;
        let sheet = Sheet::of(reviewed, &shape, &about)?;
        let seats = self.seats(wallet)?;
        if self.session.strict() {
            seats.iter().try_for_each(|seat| sheet.check_paths(*seat))?;
        }
        let inputs = 0..sheet.inputs.len();
        let mut signatures = Vec::new();
        for seat in seats {
            if inputs.clone().any(|input| sheet.open(seat, input)) {
                signatures.extend(self.sign_seat(&sheet, seat)?);
            }
        }
        if signatures.is_empty() {
            return Err(DeviceError::Unfit("there is nothing left for this device to sign".to_owned()));
        }
        Ok(signatures)
    }

    /// Signs with one seat's key.
    pub(super) fn sign_seat(&mut self, sheet: &Sheet<'_>, seat: usize) -> Result<Vec<InputSignature>, DeviceError> {
        let mut given = BTreeMap::new();
        let mut request: TxRequest = self.session.ask(&sheet.begin())?;
        for _ in 0..sheet.most_requests() {
            let next = keep(&request.serialized, sheet.inputs.len(), &mut given);
            match next.and_then(|()| sheet.answer(seat, &request)) {
                Ok(Some(part)) => request = self.session.ask(&part)?,
                Ok(None) => return signatures(sheet, seat, given),
                Err(error) => return Err(self.session.stop(error)),
            }
        }
        Err(self.session.stop(DeviceError::Garbled("it asks for the transaction without end".to_owned())))
    }
}

/// Keeps a signature that came with a request.
fn keep(
    came: &TxRequestSerializedType,
    inputs: usize,
    given: &mut BTreeMap<usize, Vec<u8>>,
) -> Result<(), DeviceError> {
    let Some(input) = came.signature_index else { return Ok(()) };
    let input = usize::try_from(input).unwrap_or(usize::MAX);
    let signature = came.signature();
    if input >= inputs || signature.is_empty() || signature.len() > LONGEST_SIGNATURE {
        return Err(DeviceError::Garbled("a signature that is none, or of no input".to_owned()));
    }
    match given.insert(input, signature.to_vec()) {
        Some(before) if before != signature => Err(DeviceError::Garbled(format!("two signatures of input {input}"))),
        _ => Ok(()),
    }
}

/// The signatures as a PSBT has them.
fn signatures(
    sheet: &Sheet<'_>,
    seat: usize,
    mut given: BTreeMap<usize, Vec<u8>>,
) -> Result<Vec<InputSignature>, DeviceError> {
    let mut signatures = Vec::with_capacity(given.len());
    for input in 0..sheet.inputs.len() {
        let missing = || DeviceError::Garbled(format!("no signature of input {input}"));
        let mut signature = given.remove(&input).ok_or_else(missing)?;
        let slot = if sheet.shape.input == InputScriptType::SPENDTAPROOT {
            Slot::TaprootKey
        } else {
            signature.extend(u8::try_from(EcdsaSighashType::All.to_u32()));
            Slot::Key(sheet.key(seat, input).ok_or_else(missing)?)
        };
        if sheet.open(seat, input) {
            signatures.push(InputSignature { input, slot, signature });
        }
    }
    Ok(signatures)
}
