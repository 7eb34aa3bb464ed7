//! x
pub struct Trezor;
pub struct TrezorModel;
pub struct TrezorSettings;
