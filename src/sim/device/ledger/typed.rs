//! Typed data (EIP-712): by its two hashes, or field by field: types, then values in their order, then the signature.
//!
//! - By its hashes it is signed with blind signing on. Field by field it needs raw messages, and every field is shown, or
//!   blind signing, and the domain and a hash are.

use super::LedgerSettings;
use super::ethereum::MAX_STEPS;
use super::host::{Bytes, Stop};
use super::job::{Desk, Job, Step};
use super::status::Status;
use crate::sim::device::screen::Screen;
use crate::sim::device::typed::{self, DOMAIN, Given, Kind, Member, Run, Shown, Text, Types};
use alloy_primitives::hex;

/// The longest value.
const MAX_VALUE: usize = 1 << 14;

/// Typed data on its way.
#[derive(Default)]
pub struct Typed {
    types: Types,
    /// The domain, then the message: the name of its type, and what came of it.
    roots: Vec<(String, Vec<Given>)>,
    /// A value of which only a part has come, and how long it is.
    part: Option<(usize, Vec<u8>)>,
}

/// What is signed, and what is shown of it.
pub struct Signed {
    path: Vec<u32>,
    digest: [u8; 32],
    pages: Vec<(String, String)>,
}

/// The page before whatever the app cannot show in full.
pub fn risk() -> Screen {
    Screen::next("Blind signing ahead", "To accept risk, press both buttons")
}

fn loud(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode_upper(bytes))
}

fn name(data: &[u8]) -> Result<String, Status> {
    String::from_utf8(data.to_vec()).map_err(|_| Status::INCORRECT)
}

/// Typed data by its hashes.
pub fn hashes(data: &[u8]) -> Result<Signed, Status> {
    let mut bytes = Bytes(data);
    let parts = (bytes.path(MAX_STEPS), bytes.hash(), bytes.hash(), bytes.0.is_empty());
    let (Some(path), Some(domain), Some(message), true) = parts else { return Err(Status::INCORRECT) };
    let pages = vec![("Domain hash".to_owned(), loud(&domain)), ("Message hash".to_owned(), loud(&message))];
    Ok(Signed { path, digest: typed::digest(domain, message), pages })
}

/// The definition of a field.
fn member(data: &[u8]) -> Option<Member> {
    let mut bytes = Bytes(data);
    let text = |bytes: &mut Bytes<'_>| {
        let length = usize::from(bytes.byte()?);
        name(bytes.take(length)?).ok()
    };
    let what = bytes.byte()?;
    let custom = if what & 0x0f == 0 { Some(text(&mut bytes)?) } else { None };
    let size = if what & 0x40 == 0 { None } else { Some(usize::from(bytes.byte()?)) };
    let mut arrays = Vec::new();
    if what & 0x80 != 0 {
        for _ in 0..bytes.byte()? {
            arrays.push(match bytes.byte()? {
                0 => None,
                1 => Some(u16::from(bytes.byte()?)),
                _ => return None,
            });
        }
    }
    let kind = match (what & 0x0f, custom, size) {
        (0, Some(name), None) => Kind::Struct(name),
        (1, None, Some(size)) => Kind::Int(size),
        (2, None, Some(size)) => Kind::Uint(size),
        (3, None, None) => Kind::Address,
        (4, None, None) => Kind::Bool,
        (5, None, None) => Kind::Text,
        (6, None, Some(size)) => Kind::Fixed(size),
        (7, None, None) => Kind::Bytes,
        _ => return None,
    };
    let name = text(&mut bytes)?;
    bytes.0.is_empty().then_some(Member { name, kind, arrays })
}

impl Typed {
    /// A type's name, or a field of it.
    pub fn define(&mut self, is_field: bool, data: &[u8]) -> Result<(), Status> {
        let known = if is_field {
            member(data).and_then(|member| self.types.member(member))
        } else {
            self.types.begin(name(data)?)
        };
        known.filter(|()| self.roots.is_empty()).ok_or(Status::INCORRECT)
    }

    /// What the values that follow are of: the domain first, then the message.
    pub fn root(&mut self, data: &[u8]) -> Result<(), Status> {
        let name = name(data)?;
        let place = self.roots.len();
        let next = match place {
            0 => name == DOMAIN,
            1 => self.hash(0).is_ok(),
            _ => false,
        };
        if !next || self.types.missing(&name).is_some() {
            return Err(Status::INCORRECT);
        }
        self.roots.push((name, Vec::new()));
        Ok(())
    }

    /// How many elements an array has.
    pub fn count(&mut self, data: &[u8]) -> Result<(), Status> {
        match data {
            [count] if self.part.is_none() => self.take(Given::Count(u16::from(*count))),
            _ => Err(Status::INCORRECT),
        }
    }

    /// A value, or a part of one.
    pub fn value(&mut self, more: bool, data: &[u8]) -> Result<(), Status> {
        let (length, mut got, rest) = match (self.part.take(), data) {
            (Some((length, got)), rest) => (length, got, rest),
            (None, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), Vec::new(), rest),
            _ => return Err(Status::INCORRECT),
        };
        got.extend(rest);
        if got.len() > length || length > MAX_VALUE || more == (got.len() == length) {
            return Err(Status::INCORRECT);
        }
        if more {
            self.part = Some((length, got));
            return Ok(());
        }
        self.take(Given::Value(got))
    }

    fn take(&mut self, given: Given) -> Result<(), Status> {
        let place = self.roots.len().checked_sub(1).ok_or(Status::INCORRECT)?;
        self.roots.last_mut().ok_or(Status::INCORRECT)?.1.push(given);
        match self.hash(place) {
            Err(typed::Stop::Wrong) => Err(Status::INCORRECT),
            _ => Ok(()),
        }
    }

    fn hash(&self, place: usize) -> Result<([u8; 32], Vec<Shown>), typed::Stop> {
        let (name, given) = self.roots.get(place).ok_or(typed::Stop::Wrong)?;
        Run::hash(&self.types, name, given, 0, false)
    }

    /// All of it has come.
    pub fn sign(&self, data: &[u8], settings: &LedgerSettings) -> Result<Signed, Status> {
        let mut bytes = Bytes(data);
        let path = bytes.path(MAX_STEPS).filter(|_| bytes.0.is_empty()).ok_or(Status::INCORRECT)?;
        let incorrect = |_| Status::INCORRECT;
        let ((domain, fields), (message, more)) = (self.hash(0).map_err(incorrect)?, self.hash(1).map_err(incorrect)?);
        let mut pages = Vec::new();
        let mut before = None;
        let more = settings.raw_messages.then_some(more).into_iter().flatten();
        for Shown { of, name, value, .. } in fields.into_iter().chain(more) {
            if settings.raw_messages && before.as_ref() != Some(&of) {
                pages.push(("Review struct".to_owned(), of.clone()));
            }
            before = Some(of);
            let text = match value {
                Text::Plain(text) => text,
                Text::Bytes(bytes) => loud(&bytes),
            };
            pages.push((name, text));
        }
        if !settings.raw_messages {
            pages.push(("Message hash".to_owned(), loud(&message)));
        }
        Ok(Signed { path, digest: typed::digest(domain, message), pages })
    }
}

impl Signed {
    pub fn run(&self, desk: &Desk<'_>) -> Result<Step, Stop> {
        if !desk.approved {
            let mut pages = vec![risk(), Screen::next("Review typed", "message")];
            pages.extend(self.pages.iter().map(|(title, text)| Screen::next(title, text)));
            pages.push(Screen::decide("Sign message", ""));
            return Ok(Step::Show(pages));
        }
        let (number, signature) = desk.keys.recoverable(&self.path, self.digest).ok_or(Status::INCORRECT)?;
        let answer = [&[number.wrapping_add(27)], signature.as_slice()].concat();
        Ok(Step::Done(answer, Some(Screen::said("Message signed", ""))))
    }
}

impl From<Signed> for Job {
    fn from(signed: Signed) -> Self {
        Self::EthereumTyped(Box::new(signed))
    }
}
