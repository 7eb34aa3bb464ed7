//! The link to a Ledger: one command goes out, one answer with its status word comes back.
//!
//! The command's form is that of ISO 7816-4's short APDUs: class, instruction, two parameters, a length in one byte, data.

use crate::device::{DeviceError, Watch};
use std::fmt;

/// The longest data of a command: its length is one byte.
pub const MOST_DATA: usize = 255;

/// The longest answer that is taken. Real ones have 260 bytes at most; nothing is lost by some room.
pub const LONGEST_ANSWER: usize = 4096;

/// The status word of success.
pub const OK: u16 = 0x9000;

/// What came back for a command.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The data, which may be empty.
    pub data: Vec<u8>,
    /// The status word as it came.
    pub status: u16,
}

/// No bytes: whatever prints this may be a log.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Answer({} bytes, {:04x})", self.data.len(), self.status)
    }
}

impl Answer {
    /// Splits data and the status word behind it.
    pub fn of(mut bytes: Vec<u8>) -> Result<Self, DeviceError> {
        if bytes.len() > LONGEST_ANSWER {
            return Err(DeviceError::TooLong(bytes.len()));
        }
        match (bytes.pop(), bytes.pop()) {
            (Some(low), Some(high)) => Ok(Self { data: bytes, status: u16::from_be_bytes([high, low]) }),
            _ => Err(DeviceError::Garbled("it has no status word".to_owned())),
        }
    }
}

/// One command.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class, instruction and both parameters.
    pub head: [u8; 4],
    /// The data.
    pub data: Vec<u8>,
}

/// No data: whatever prints this may be a log.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [class, instruction, p1, p2] = self.head;
        write!(f, "Command({class:02x} {instruction:02x} {p1:02x} {p2:02x}, {} bytes)", self.data.len())
    }
}

impl Command {
    /// A command from its head and data.
    pub fn new(head: [u8; 4], data: impl Into<Vec<u8>>) -> Self {
        Self { head, data: data.into() }
    }

    /// Its bytes; data that its one byte of length cannot count is refused.
    pub fn bytes(&self) -> Result<Vec<u8>, DeviceError> {
        let length = u8::try_from(self.data.len());
        let length = length.map_err(|_| DeviceError::Unfit("this is too long for one command".to_owned()))?;
        Ok(self.head.iter().chain(&[length]).chain(&self.data).copied().collect())
    }
}

/// A way to a Ledger.
pub trait ApduLink: Send {
    /// Sends a command and waits for its answer. After an error that left the answer outstanding the link is busy until it
    /// has come; what comes late is thrown away.
    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError>;
}

impl ApduLink for Box<dyn ApduLink> {
    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
        (**self).exchange(apdu, watch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_word_stands_last() {
        let answer = Answer::of(vec![1, 2, 0x69, 0x85]).unwrap();
        assert_eq!((answer.data, answer.status), (vec![1, 2], 0x6985));
        assert!(matches!(Answer::of(vec![0x90]), Err(DeviceError::Garbled(_))));
        assert_eq!(Answer::of(vec![0; LONGEST_ANSWER + 1]), Err(DeviceError::TooLong(LONGEST_ANSWER + 1)));
    }

    #[test]
    fn a_length_is_one_byte() {
        assert_eq!(Command::new([0xe0, 6, 0, 0], []).bytes().unwrap(), [0xe0, 6, 0, 0, 0]);
        assert_eq!(Command::new([0; 4], [7; 255]).bytes().unwrap().len(), 260);
        assert!(matches!(Command::new([0; 4], [7; 256]).bytes(), Err(DeviceError::Unfit(_))));
    }

    #[test]
    fn nothing_that_goes_over_the_wire_is_printed() {
        assert_eq!(format!("{:?}", Answer { data: vec![0xab; 3], status: OK }), "Answer(3 bytes, 9000)");
        assert_eq!(format!("{:?}", Command::new([0xe0, 8, 0, 1], [0xab; 3])), "Command(e0 08 00 01, 3 bytes)");
    }
}
