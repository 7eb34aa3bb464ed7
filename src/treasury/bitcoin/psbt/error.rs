//! Why bytes are no PSBT: one variant a rule, each with a code for scripts and a sentence that says where.

use super::fields::name;
use super::{LONGEST, MOST_FIELDS, MOST_LEAVES, MOST_PARTS, MOST_POINTS, Place, Version};
use bitcoin::OutPoint;

/// Why bytes are no PSBT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PacketError {
    /// More than [`LONGEST`] bytes.
    #[error("the file is longer than a PSBT may be, {LONGEST} bytes")]
    Long,
    /// It is neither a PSBT in binary nor its text in base64 or hex.
    #[error("not a PSBT: it begins neither as one in binary nor as its text in base64 or hex")]
    NotPsbt,
    /// It begins as a PSBT's text and does not go on as one.
    #[error("not a PSBT: its text breaks the rules of {0}")]
    Text(&'static str),
    /// It ends before it is complete, or a length in it is longer than what is left.
    #[error("the PSBT is cut off, or a length in it is wrong: {0} is not complete")]
    Short(Place),
    /// Bytes follow its end.
    #[error("{0} bytes follow the end of the PSBT")]
    Trailing(usize),
    /// A length or a type is not in its shortest form.
    #[error("{0}: a length or a type is not in its shortest form")]
    Size(Place),
    /// A version that nobody here knows.
    #[error("it is a PSBT of version {0}; versions 0 and 2 can be read")]
    Version(u32),
    /// A field twice.
    #[error("{place}: the field {} ({kind:#04x}) is there twice", name(*place, *kind))]
    Twice {
        /// Where.
        place: Place,
        /// Its type.
        kind: u64,
    },
    /// A field whose key has data that it must not have, or lacks what it must have.
    #[error("{place}: the key of {} ({kind:#04x}) is not as it has to be", name(*place, *kind))]
    Key {
        /// Where.
        place: Place,
        /// Its type.
        kind: u64,
    },
    /// A field whose value is none.
    #[error("{place}: {} ({kind:#04x}) {why}", name(*place, *kind))]
    Value {
        /// Where.
        place: Place,
        /// Its type.
        kind: u64,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A field that belongs to the other version of the format.
    #[error("{place}: {} ({kind:#04x}) does not belong into a PSBT of version {version}", name(*place, *kind))]
    Misplaced {
        /// Where.
        place: Place,
        /// Its type.
        kind: u64,
        /// The version that the PSBT says it is.
        version: Version,
    },
    /// A field that its version wants is not there.
    #[error("{place}: {} ({kind:#04x}) is missing", name(*place, *kind))]
    Missing {
        /// Where.
        place: Place,
        /// Its type.
        kind: u64,
    },
    /// The transaction that is to be signed has a signature, or something in a place of one.
    #[error("the unsigned transaction is not unsigned: its input {0} has a script")]
    Signed(usize),
    /// Too many inputs.
    #[error("it has {0} inputs, and at most {MOST_PARTS} can be signed")]
    Inputs(u64),
    /// Too many outputs.
    #[error("it has {0} outputs, and at most {MOST_PARTS} can be signed")]
    Outputs(u64),
    /// Too many fields.
    #[error("it has more than {MOST_FIELDS} fields")]
    Fields,
    /// Too many keys.
    #[error("it has more than {MOST_POINTS} different public keys")]
    Points,
    /// Too many leaves of script trees.
    #[error("its outputs tell of more than {MOST_LEAVES} scripts in trees")]
    Leaves,
    /// A coin is spent twice.
    #[error("it spends the coin {0} twice")]
    SpentTwice(OutPoint),
    /// An output of more bitcoin than there can be.
    #[error("{0}: the amount is more than all bitcoin that there will be")]
    Money(Place),
    /// Inputs that cannot be in one transaction.
    #[error("its inputs want lock times of both kinds, heights and times, which one transaction cannot have")]
    LockTimes,
}

impl PacketError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Long => "psbt-long",
            Self::NotPsbt => "psbt-not",
            Self::Text(_) => "psbt-text",
            Self::Short(_) => "psbt-short",
            Self::Trailing(_) => "psbt-trailing",
            Self::Size(_) => "psbt-size",
            Self::Version(_) => "psbt-version",
            Self::Twice { .. } => "psbt-field-twice",
            Self::Key { .. } => "psbt-field-key",
            Self::Value { .. } => "psbt-field-value",
            Self::Misplaced { .. } => "psbt-field-version",
            Self::Missing { .. } => "psbt-field-missing",
            Self::Signed(_) => "psbt-not-unsigned",
            Self::Inputs(_) => "psbt-inputs",
            Self::Outputs(_) => "psbt-outputs",
            Self::Fields | Self::Points | Self::Leaves => "psbt-crowded",
            Self::SpentTwice(_) => "psbt-spent-twice",
            Self::Money(_) => "psbt-amount",
            Self::LockTimes => "psbt-lock-times",
        }
    }
}
