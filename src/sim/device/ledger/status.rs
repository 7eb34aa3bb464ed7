//! Status words: how an app says what it thinks.

/// A refusal: a status word, and what newer apps put in front of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    word: u16,
    extended: Option<u16>,
}

impl Status {
    /// Refused by the user.
    pub const DENIED: Self = Self::plain(0x6985);
    /// The data are wrong.
    pub const INCORRECT: Self = Self::plain(0x6a80);
    /// Not supported, or not on this network.
    pub const UNSUPPORTED: Self = Self::plain(0x6a82);
    /// P1 or P2.
    pub const WRONG_P1P2: Self = Self::plain(0x6a86);
    /// The length.
    pub const WRONG_LENGTH: Self = Self::plain(0x6a87);
    /// An unknown instruction.
    pub const UNKNOWN_INS: Self = Self::plain(0x6d00);
    /// An unknown class: the wrong app.
    pub const UNKNOWN_CLA: Self = Self::plain(0x6e00);
    /// Not now.
    pub const BAD_STATE: Self = Self::plain(0xb007);
    /// A proof of registration that is none.
    pub const BAD_PROOF: Self = Self::plain(0xb008);
    /// The device is locked.
    pub const LOCKED: Self = Self::plain(0x5515);
    /// A policy without a key of this device.
    pub const NO_OWN_KEY: Self = Self { word: 0x6a80, extended: Some(0x0002) };

    const fn plain(word: u16) -> Self {
        Self { word, extended: None }
    }

    /// The answer that says it.
    pub fn answer(self) -> Vec<u8> {
        let extended = self.extended.map(u16::to_be_bytes);
        extended.into_iter().chain([self.word.to_be_bytes()]).flatten().collect()
    }
}

/// Data, with the status word that all is well.
pub fn done(mut data: Vec<u8>) -> Vec<u8> {
    data.extend([0x90, 0x00]);
    data
}

/// Data, with the status word that asks the host for something.
pub fn interrupted(mut data: Vec<u8>) -> Vec<u8> {
    data.extend([0xe0, 0x00]);
    data
}
