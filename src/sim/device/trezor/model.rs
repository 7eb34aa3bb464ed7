//! The models, what they say of themselves, and how a device is set up.

use crate::sim::device::seed::DEMO_TREZOR;
use protobuf::EnumOrUnknown;
use trezor_client::protos::{self, features};

/// Which model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrezorModel {
    /// Trezor One, firmware 1.14.1.
    One,
    /// Trezor Model T, firmware 2.11.2.
    T,
}

/// How a device is set up.
#[derive(Clone, Debug)]
pub struct TrezorSettings {
    /// Which model.
    pub model: TrezorModel,
    /// The words of its seed; none for a device that was never set up.
    pub words: Option<String>,
    /// Its name.
    pub label: String,
    /// Its PIN, digits from 1 to 9.
    pub pin: Option<String>,
    /// The digits of a One's keypad, from its upper left. A real one shuffles them; this one is to say the same twice.
    pub keypad: [u8; 9],
    /// Whether it asks for a passphrase.
    pub passphrase: bool,
}

impl Default for TrezorSettings {
    /// The demo's device: words that are no secret, and no PIN.
    fn default() -> Self {
        Self {
            model: TrezorModel::T,
            words: Some(DEMO_TREZOR.to_owned()),
            label: "DEMO keys, no real money".to_owned(),
            pin: None,
            keypad: [1, 2, 3, 4, 5, 6, 7, 8, 9],
            passphrase: false,
        }
    }
}

impl TrezorSettings {
    /// What it says of itself. A locked Model T says less than an open one.
    pub fn features(&self, locked: bool, session: Option<[u8; 32]>) -> protos::Features {
        let one = self.model == TrezorModel::One;
        let (major, minor, patch) = if one { (1, 14, 1) } else { (2, 11, 2) };
        let capabilities: &[i32] = match self.model {
            TrezorModel::One => &[1, 2, 5, 7, 10, 12, 14],
            TrezorModel::T => &[1, 2, 3, 4, 5, 7, 9, 11, 12, 13, 24, 14, 15, 16, 17, 18, 19, 10, 6, 20],
        };
        let mut it = protos::Features::new();
        it.set_vendor("trezor.io".to_owned());
        it.set_major_version(major);
        it.set_minor_version(minor);
        it.set_patch_version(patch);
        it.set_device_id("DEMODEMODEMODEMODEMODEMO".to_owned());
        it.set_pin_protection(self.pin.is_some());
        it.set_language("en-US".to_owned());
        if self.words.is_some() {
            it.set_label(self.label.clone());
        }
        it.set_initialized(self.words.is_some());
        it.set_unlocked(!locked);
        it.set_model(if one { "1" } else { "T" }.to_owned());
        it.set_fw_vendor("EMULATOR".to_owned());
        it.capabilities = capabilities.iter().map(|number| EnumOrUnknown::from_i32(*number)).collect();
        it.session_id = session.map(Vec::from);
        it.set_busy(false);
        let open = !locked;
        if one || open {
            it.set_passphrase_protection(self.passphrase);
            it.set_backup_availability(features::BackupAvailability::NotAvailable);
            it.set_unfinished_backup(false);
            it.set_no_backup(false);
            it.safety_checks = Some(EnumOrUnknown::from_i32(0));
        }
        if open {
            it.set_wipe_code_protection(false);
            it.set_auto_lock_delay_ms(600_000);
        }
        if one {
            it.set_revision(Vec::new());
            it.set_bootloader_hash(Vec::new());
            return it;
        }
        it.set_revision(vec![0; 20]);
        it.set_sd_card_present(true);
        it.homescreen_format = Some(EnumOrUnknown::from_i32(2));
        it.set_internal_model("T2T1".to_owned());
        it.set_homescreen_width(240);
        it.set_homescreen_height(240);
        it.set_language_version_matches(true);
        it.set_build_version(0);
        if open {
            it.set_flags(0);
            it.set_recovery_status(features::RecoveryStatus::Nothing);
            it.backup_type = Some(EnumOrUnknown::from_i32(0));
            it.set_sd_protection(false);
            it.set_passphrase_always_on_device(false);
            it.display_rotation = Some(EnumOrUnknown::from_i32(0));
            it.set_experimental_features(false);
            it.set_hide_passphrase_from_host(false);
        }
        it
    }
}
