//! How a PSBT, or a Safe's transaction as JSON, crosses a gap of air: as the text of QR codes, one or a series of them,
//! and back.
//!
//! - Out: [`bbqr`] (Coldcard, Sparrow) or [`ur`] (Keystone, Jade, Passport and others), and [`qr`] draws a text as a
//!   code of half-block characters.
//! - In: a [`Scan`] takes texts one by one, in any order and of any of these forms, and says what is still missing.
//! - Whatever comes in is hostile: lengths and counts have limits, and what is joined is read as any other file.

pub mod bbqr;
pub mod qr;
mod scan;
pub mod ur;

pub use scan::{Progress, Scan};

/// The longest text of one code: what the largest one holds of letters and digits.
pub const LONGEST_CODE: usize = 4_296;

/// Why a text of a code is not taken, or data cannot be put into codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// It is longer than a code can be.
    #[error("the text is longer than a QR code holds, {LONGEST_CODE} letters")]
    Long,
    /// It is of no form that is known.
    #[error("the code is neither BBQr, nor a UR of a PSBT or of bytes, nor a PSBT or JSON itself")]
    Unknown,
    /// Its header is not as it has to be.
    #[error("the code's header is damaged")]
    Header,
    /// Its body is not as it has to be.
    #[error("the code's content is damaged")]
    Body,
    /// It is for something else than a PSBT, a transaction or JSON.
    #[error("the code is for something else than a PSBT, a transaction or JSON")]
    Kind,
    /// It is of another series than those before.
    #[error("the code belongs to another series than the ones before")]
    Other,
    /// There is too much of it.
    #[error("the series is longer than a PSBT may be")]
    Much,
    /// The parts, put together, make no whole.
    #[error("the codes do not fit together")]
    Whole,
    /// Codes of that size are too small for a header and something after it.
    #[error("codes of {0} letters are too small for this")]
    Small(usize),
}

impl ExchangeError {
    /// The code that scripts see.
    pub fn code(self) -> &'static str {
        match self {
            Self::Long => "qr-long",
            Self::Unknown => "qr-unknown",
            Self::Header => "qr-header",
            Self::Body => "qr-body",
            Self::Kind => "qr-kind",
            Self::Other => "qr-other-series",
            Self::Much => "qr-much",
            Self::Whole => "qr-whole",
            Self::Small(_) => "qr-small",
        }
    }
}
