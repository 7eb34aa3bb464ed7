//! Trezor's protocol v1: messages cut into reports, and put together again.
//!
//! - The first report of a message is `?##`, its kind (u16), its length (u32) and 55 bytes of it; each further one is
//!   `?` and 63 bytes; the last is filled up with zeros. Numbers are big-endian. There are no sequence numbers.
//! - [`Reader`] takes reports one at a time and never more bytes than [`LONGEST`]; what is no report of the message
//!   that it is in the middle of is an error, and it starts afresh.
//! - A message is only handed to protobuf when every length in it fits ([`Message::read`]), so that no answer can ask
//!   for more memory than it brings.
//!
//! The protocol: <https://docs.trezor.io/trezor-firmware/common/communication/>.

use crate::device::DeviceError;
use crate::device::link::report::{LENGTH, Report};
use trezor_client::TrezorMessage;
use zeroize::Zeroizing;

/// The longest message that is taken: no answer has more than a few kilobytes.
pub const LONGEST: usize = 64 << 10;

const MAGIC: u8 = b'?';
const START: [u8; 2] = *b"##";

/// A message: what kind it is, and its protobuf.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its kind, as numbered in `MessageType`.
    pub kind: u16,
    /// Its body.
    pub body: Zeroizing<Vec<u8>>,
}

/// Only the kind and the length: bodies are never told (T33).
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "message {} of {} bytes", self.kind, self.body.len())
    }
}

/// The number of a kind of message.
pub fn kind<M: TrezorMessage>() -> u16 {
    u16::try_from(M::MESSAGE_TYPE as i32).unwrap_or(u16::MAX)
}

impl Message {
    /// Packs a message.
    pub fn pack<M: TrezorMessage>(message: &M) -> Result<Self, DeviceError> {
        let body = message.write_to_bytes().map_err(|_| DeviceError::Unfit("the request cannot be written".into()))?;
        Ok(Self { kind: kind::<M>(), body: Zeroizing::new(body) })
    }

    /// Whether it is of a kind.
    pub fn is<M: TrezorMessage>(&self) -> bool {
        self.kind == kind::<M>()
    }

    /// Reads it as the kind that it has to be.
    pub fn read<M: TrezorMessage>(&self) -> Result<M, DeviceError> {
        if !self.is::<M>() {
            let asked = kind::<M>();
            return Err(DeviceError::Garbled(format!("a message of kind {} instead of {asked}", self.kind)));
        }
        if !sound(&self.body) {
            return Err(DeviceError::Garbled(format!("a message of kind {} that is cut off", self.kind)));
        }
        M::parse_from_bytes(&self.body)
            .map_err(|_| DeviceError::Garbled(format!("a message of kind {} that is no protobuf", self.kind)))
    }

    /// The reports that it goes in.
    pub fn reports(&self) -> Result<Vec<Report>, DeviceError> {
        let length = u32::try_from(self.body.len()).map_err(|_| DeviceError::TooLong(self.body.len()))?;
        let head = START.into_iter().chain(self.kind.to_be_bytes()).chain(length.to_be_bytes());
        let mut bytes = head.chain(self.body.iter().copied()).peekable();
        let mut reports = Vec::with_capacity(self.body.len().div_ceil(LENGTH - 1).saturating_add(1));
        while bytes.peek().is_some() {
            let mut report = Zeroizing::new([0; LENGTH]);
            let (first, rest) = report.split_at_mut(1);
            first.fill(MAGIC);
            rest.iter_mut().zip(&mut bytes).for_each(|(to, from)| *to = from);
            reports.push(report);
        }
        Ok(reports)
    }
}

/// Puts reports together.
#[derive(Default)]
pub struct Reader {
    begun: Option<Begun>,
}

struct Begun {
    kind: u16,
    length: usize,
    body: Zeroizing<Vec<u8>>,
}

impl Reader {
    /// Takes one report; gives the message when that was its last.
    pub fn take(&mut self, report: &Report) -> Result<Option<Message>, DeviceError> {
        let begun = self.begun.take();
        let odd = |what: &str| Err(DeviceError::Garbled(what.to_owned()));
        let (mut begun, part) = match (begun, report.as_slice()) {
            (Some(begun), [MAGIC, rest @ ..]) => (begun, rest),
            (None, [MAGIC, b'#', b'#', k1, k2, l1, l2, l3, l4, rest @ ..]) => {
                let kind = u16::from_be_bytes([*k1, *k2]);
                let length = u32::from_be_bytes([*l1, *l2, *l3, *l4]);
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if length > LONGEST {
                    return Err(DeviceError::TooLong(length));
                }
                // Room for the whole at once: bytes that are copied to a larger place would stay behind in the first.
                (Begun { kind, length, body: Zeroizing::new(Vec::with_capacity(length)) }, rest)
            }
            (None, [MAGIC, ..]) => return odd("a report in the middle of no message"),
            _ => return odd("a report that does not begin like one"),
        };
        let left = begun.length.saturating_sub(begun.body.len());
        begun.body.extend(part.iter().take(left));
        if begun.body.len() < begun.length {
            self.begun = Some(begun);
            return Ok(None);
        }
        Ok(Some(Message { kind: begun.kind, body: begun.body }))
    }
}

/// Whether every field of a protobuf lies within it.
fn sound(mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        let Some(key) = varint(&mut bytes) else { return false };
        let skip = match key & 7 {
            0 => match varint(&mut bytes) {
                Some(_) => 0,
                None => return false,
            },
            1 => 8,
            2 => match varint(&mut bytes).map(usize::try_from) {
                Some(Ok(length)) => length,
                _ => return false,
            },
            5 => 4,
            _ => return false,
        };
        match bytes.get(skip..) {
            Some(rest) => bytes = rest,
            None => return false,
        }
    }
    true
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
#[path = "tests/wire.rs"]
mod tests;
