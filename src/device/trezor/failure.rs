//! What a Trezor's failure means: told by its number and by what was asked, never by its text.

use crate::device::{DeviceError, Model};
use crate::market::printable;
use trezor_client::protos::Failure;

/// The most of a device's own words that is shown.
const MOST_WORDS: usize = 160;

/// The error for a failure; the model where it is known yet.
pub(super) fn error(failure: &Failure, model: Option<Model>) -> DeviceError {
    // Numbers that the list of names does not have yet are told too.
    let code = failure.code.map_or(0, |code| code.value());
    let name = match code {
        1 => "UnexpectedMessage",
        2 => "ButtonExpected",
        3 => "DataError",
        4 => return DeviceError::RefusedByUser,
        5 | 6 => return DeviceError::PinNeeded,
        7 | 12 => return DeviceError::WrongPin,
        8 => "InvalidSignature",
        9 => "ProcessError",
        10 => "NotEnoughFunds",
        11 => return DeviceError::NotInitialised,
        14 => "InvalidSession",
        15 | 19 => return DeviceError::Busy("another request".to_owned()),
        17 => {
            let what = "be asked in protocol v1: it speaks THP only, which is not spoken here".to_owned();
            return DeviceError::Unsupported { model: model.unwrap_or(Model::Safe7), what };
        }
        99 => "FirmwareError",
        _ => "an unknown failure",
    };
    let words: String = printable(failure.message()).chars().take(MOST_WORDS).collect();
    let reason = if words.is_empty() { "without a reason".to_owned() } else { words };
    DeviceError::RefusedByDevice { reason, code: format!("{code} {name}") }
}
