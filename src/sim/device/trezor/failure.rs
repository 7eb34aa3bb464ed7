//! Refusals, with the codes of the real ones.

use super::model::TrezorModel;
use trezor_client::protos::failure::FailureType;

/// A refusal: its code, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    pub code: FailureType,
    pub text: &'static str,
}

impl Failed {
    pub fn data(text: &'static str) -> Self {
        Self { code: FailureType::Failure_DataError, text }
    }

    /// What is wrong in what was computed: the One takes it for wrong data.
    pub fn process(model: TrezorModel, text: &'static str) -> Self {
        let one = model == TrezorModel::One;
        let code = if one { FailureType::Failure_DataError } else { FailureType::Failure_ProcessError };
        Self { code, text }
    }

    pub fn unexpected(model: TrezorModel) -> Self {
        let text = if model == TrezorModel::One { "Unknown message" } else { "Unexpected message" };
        Self { code: FailureType::Failure_UnexpectedMessage, text }
    }

    pub fn cancelled(model: TrezorModel) -> Self {
        let text = if model == TrezorModel::One { "Action cancelled by user" } else { "Cancelled" };
        Self { code: FailureType::Failure_ActionCancelled, text }
    }

    pub fn forbidden_path() -> Self {
        Self::data("Forbidden key path")
    }

    pub fn not_initialized() -> Self {
        Self { code: FailureType::Failure_NotInitialized, text: "Device not initialized" }
    }

    pub fn wrong_pin() -> Self {
        Self { code: FailureType::Failure_PinInvalid, text: "PIN invalid" }
    }

    pub fn no_pin(model: TrezorModel) -> Self {
        match model {
            TrezorModel::One => Self { code: FailureType::Failure_PinCancelled, text: "PIN cancelled" },
            TrezorModel::T => Self::cancelled(model),
        }
    }

    pub fn not_enough() -> Self {
        Self { code: FailureType::Failure_NotEnoughFunds, text: "Not enough funds" }
    }
}
