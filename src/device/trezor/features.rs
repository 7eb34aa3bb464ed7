//! What a Trezor says it is.

use crate::device::{About, DeviceError, Model, Version};
use crate::market::printable;
use trezor_client::protos::{Features, SafetyCheckLevel};

/// The longest label that is shown; the device takes 32 bytes.
const LONGEST_LABEL: usize = 64;

/// What its features say.
pub(super) fn about(features: &Features) -> Result<About, DeviceError> {
    if features.bootloader_mode() {
        return Err(DeviceError::Unfit("the Trezor is in its bootloader: plug it in again".to_owned()));
    }
    let part = |part: Option<u32>| part.and_then(|part| u16::try_from(part).ok());
    let firmware = match (part(features.major_version), part(features.minor_version), part(features.patch_version)) {
        (Some(major), Some(minor), Some(patch)) => Some(Version(major, minor, patch)),
        _ => None,
    };
    let label = printable(features.label());
    let label: String = label.chars().take(LONGEST_LABEL).collect();
    Ok(About {
        model: model(features)?,
        firmware,
        app: None,
        label: Some(label).filter(|label| !label.is_empty()),
        initialised: features.initialized,
        locked: features.unlocked.map(|unlocked| !unlocked),
        passphrase: features.passphrase_protection,
        blind_signing: None,
    })
}

fn model(features: &Features) -> Result<Model, DeviceError> {
    // Firmwares of before 2023 tell only the name that people use.
    Ok(match (features.internal_model(), features.model()) {
        ("T1B1", _) | ("", "1") => Model::TrezorOne,
        ("T2T1", _) | ("", "T") => Model::TrezorT,
        ("T2B1" | "T3B1", _) | ("", "Safe 3") => Model::Safe3,
        ("T3T1", _) | ("", "Safe 5") => Model::Safe5,
        ("T3W1", _) | ("", "Safe 7") => Model::Safe7,
        (internal, name) => {
            let name = if internal.is_empty() { name } else { internal };
            let name: String = printable(name).chars().take(LONGEST_LABEL).collect();
            return Err(DeviceError::Unfit(format!("a Trezor of a model that is not known here: {name}")));
        }
    })
}

/// Whether it refuses unusual paths outright: its owner may have told it to ask instead.
pub(super) fn strict(features: &Features) -> bool {
    features.safety_checks() == SafetyCheckLevel::Strict
}
