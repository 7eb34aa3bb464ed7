//! Typed data for a Ledger, field by field: the types, then the values in the order of the types, so that the device makes
//! the hash itself and can show everything that is in it.
//!
//! - Types are sent as they were written, those that are not used too.
//! - A value is two bytes of length and as many of the value; numbers without the zeros before them, negative ones in two's
//!   complement over the whole of their type.
//! - What does not fit the protocol's bytes (an array of more than 255, a value of more than 65 535 bytes) is refused before
//!   the first command.
//!
//! <https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc>

use crate::device::DeviceError;
use crate::device::ethereum::TypedData;
use crate::device::ethereum::typed_data::{DOMAIN, Field, no_sense};
use crate::device::link::apdu::{Command, MOST_DATA};
use crate::market::printable;
use alloy_dyn_abi::DynSolValue;

const CLASS: u8 = 0xe0;
const DEFINITION: u8 = 0x1a;
const VALUE: u8 = 0x1c;

/// What a command is about, in its second parameter.
const STRUCT: u8 = 0x00;
const ARRAY: u8 = 0x0f;
const FIELD: u8 = 0xff;

/// Whether more of a value follows, in the first parameter.
const COMPLETE: u8 = 0x00;
const PARTIAL: u8 = 0x01;

/// Bits of a type's first byte.
const IS_ARRAY: u8 = 0x80;
const HAS_SIZE: u8 = 0x40;

/// A command, and whether the values of the domain begin behind it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The command.
    pub command: Command,
    /// Whether it opens the domain.
    pub opens_domain: bool,
}

/// A type without its array levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    Custom(&'a str),
    /// With its size in bytes.
    Int(u8),
    /// With its size in bytes.
    Uint(u8),
    Address,
    Bool,
    String,
    /// With its size in bytes.
    FixedBytes(u8),
    Bytes,
}

/// A field's type: what it is made of, and how many of it where that is fixed; the innermost array first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Type<'a> {
    kind: Kind<'a>,
    levels: Vec<Option<u8>>,
}

fn unfit(what: &str, name: &str) -> DeviceError {
    DeviceError::Unfit(format!("a Ledger cannot be told {what}: {}", printable(name)))
}

impl<'a> Type<'a> {
    fn read(text: &'a str) -> Result<Self, DeviceError> {
        let (base, mut rest) = text.split_at(text.find('[').unwrap_or(text.len()));
        let mut levels = Vec::new();
        while !rest.is_empty() {
            let inner = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            let (size, after) = inner.ok_or_else(|| unfit("this type", text))?;
            levels.push(match size {
                "" => None,
                size => Some(size.parse().map_err(|_| unfit("arrays of this size", text))?),
            });
            rest = after;
        }
        Ok(Self { kind: Kind::read(base)?, levels })
    }
}

impl<'a> Kind<'a> {
    fn read(text: &'a str) -> Result<Self, DeviceError> {
        let sized = |prefix: &str| text.strip_prefix(prefix).filter(|size| size.bytes().all(|b| b.is_ascii_digit()));
        let bits = |size: &str| {
            let bits = size.parse().ok().filter(|bits: &u16| (8..=256).contains(bits) && bits.is_multiple_of(8));
            bits.and_then(|bits| u8::try_from(bits / 8).ok()).ok_or_else(|| unfit("numbers without a size", text))
        };
        Ok(match text {
            "address" => Self::Address,
            "bool" => Self::Bool,
            "string" => Self::String,
            "bytes" => Self::Bytes,
            _ => match (sized("bytes"), sized("uint"), sized("int")) {
                (Some(size), ..) => {
                    let size = size.parse().ok().filter(|size| (1..=32).contains(size));
                    Self::FixedBytes(size.ok_or_else(|| unfit("this type", text))?)
                }
                (_, Some(size), _) => Self::Uint(bits(size)?),
                (.., Some(size)) => Self::Int(bits(size)?),
                _ => Self::Custom(text),
            },
        })
    }

    /// Its number, and its size where it has one.
    fn number(self) -> (u8, Option<u8>) {
        match self {
            Self::Custom(_) => (0, None),
            Self::Int(size) => (1, Some(size)),
            Self::Uint(size) => (2, Some(size)),
            Self::Address => (3, None),
            Self::Bool => (4, None),
            Self::String => (5, None),
            Self::FixedBytes(size) => (6, Some(size)),
            Self::Bytes => (7, None),
        }
    }
}

/// A text with its length in one byte before it.
fn counted(text: &str) -> Result<Vec<u8>, DeviceError> {
    let length = u8::try_from(text.len()).map_err(|_| unfit("names this long", "more than 255 bytes"))?;
    Ok(std::iter::once(length).chain(text.bytes()).collect())
}

/// Every command for typed data but the last, which names the path and asks for the signature.
pub fn steps(data: &TypedData) -> Result<Vec<Step>, DeviceError> {
    let mut all = Steps { data, steps: Vec::new() };
    for (name, fields) in data.types() {
        all.push([DEFINITION, COMPLETE, STRUCT], name.as_bytes())?;
        for field in fields {
            all.push([DEFINITION, COMPLETE, FIELD], &definition(data, field)?)?;
        }
    }
    all.push([VALUE, COMPLETE, STRUCT], DOMAIN.as_bytes())?;
    if let Some(last) = all.steps.last_mut() {
        last.opens_domain = true;
    }
    all.domain()?;
    let value = data.coerce().map_err(|error| no_sense(&error.to_string()))?;
    all.push([VALUE, COMPLETE, STRUCT], data.primary_type.as_bytes())?;
    all.structure(&data.primary_type, &value)?;
    Ok(all.steps)
}

fn definition(data: &TypedData, field: &Field) -> Result<Vec<u8>, DeviceError> {
    let Type { kind, levels } = Type::read(&field.kind)?;
    let (number, size) = kind.number();
    let is_array = if levels.is_empty() { 0 } else { IS_ARRAY };
    let has_size = if size.is_some() { HAS_SIZE } else { 0 };
    let mut bytes = vec![number | is_array | has_size];
    if let Kind::Custom(name) = kind {
        if data.fields(name).is_none() {
            return Err(no_sense(&format!("there is no type {name}")));
        }
        bytes.extend(counted(name)?);
    }
    bytes.extend(size);
    if !levels.is_empty() {
        bytes.push(u8::try_from(levels.len()).map_err(|_| unfit("arrays this deep", &field.kind))?);
        for level in &levels {
            match level {
                None => bytes.push(0),
                Some(size) => bytes.extend([1, *size]),
            }
        }
    }
    bytes.extend(counted(&field.name)?);
    Ok(bytes)
}

struct Steps<'a> {
    data: &'a TypedData,
    steps: Vec<Step>,
}

impl Steps<'_> {
    fn push(&mut self, [instruction, p1, p2]: [u8; 3], data: &[u8]) -> Result<(), DeviceError> {
        if data.len() > MOST_DATA {
            return Err(unfit("names this long", "more than 255 bytes"));
        }
        let command = Command::new([CLASS, instruction, p1, p2], data);
        self.steps.push(Step { command, opens_domain: false });
        Ok(())
    }

    /// The bytes of one value, in as many pieces as they take.
    fn bytes(&mut self, value: &[u8]) -> Result<(), DeviceError> {
        let length = u16::try_from(value.len());
        let length = length.map_err(|_| unfit("values this long", "more than 65535 bytes"))?;
        let payload: Vec<u8> = length.to_be_bytes().iter().chain(value).copied().collect();
        let mut pieces = payload.chunks(MOST_DATA).peekable();
        while let Some(piece) = pieces.next() {
            let p1 = if pieces.peek().is_some() { PARTIAL } else { COMPLETE };
            self.push([VALUE, p1, FIELD], piece)?;
        }
        Ok(())
    }

    /// The domain's values, of which there are five at most.
    fn domain(&mut self) -> Result<(), DeviceError> {
        let domain = &self.data.domain;
        let values = [
            domain.name.as_ref().map(|name| name.as_bytes().to_vec()),
            domain.version.as_ref().map(|version| version.as_bytes().to_vec()),
            domain.chain_id.map(|chain| trimmed(&chain.to_be_bytes::<32>())),
            domain.verifying_contract.map(|contract| contract.to_vec()),
            domain.salt.map(|salt| salt.to_vec()),
        ];
        values.iter().flatten().try_for_each(|value| self.bytes(value))
    }

    fn structure(&mut self, name: &str, value: &DynSolValue) -> Result<(), DeviceError> {
        let data = self.data;
        let fields = data.fields(name).ok_or_else(|| no_sense(&format!("there is no type {name}")))?;
        let DynSolValue::CustomStruct { tuple, .. } = value else {
            return Err(no_sense(&format!("what should be a {name} is none")));
        };
        if tuple.len() != fields.len() {
            return Err(no_sense(&format!("a {name} has other fields")));
        }
        for (field, value) in fields.iter().zip(tuple) {
            let Type { kind, levels } = Type::read(&field.kind)?;
            self.value(kind, &levels, value)?;
        }
        Ok(())
    }

    /// A value whose type has so many levels of arrays left, the outermost of which is the last.
    fn value(&mut self, kind: Kind<'_>, levels: &[Option<u8>], value: &DynSolValue) -> Result<(), DeviceError> {
        if let Some((_, inner)) = levels.split_last() {
            let (DynSolValue::Array(items) | DynSolValue::FixedArray(items)) = value else {
                return Err(no_sense("what should be an array is none"));
            };
            let count = u8::try_from(items.len()).map_err(|_| unfit("arrays of more than 255", "an array"))?;
            self.push([VALUE, COMPLETE, ARRAY], &[count])?;
            return items.iter().try_for_each(|item| self.value(kind, inner, item));
        }
        match (kind, value) {
            (Kind::Custom(name), value) => self.structure(name, value),
            (Kind::Uint(_), DynSolValue::Uint(number, _)) => self.bytes(&trimmed(&number.to_be_bytes::<32>())),
            (Kind::Int(size), DynSolValue::Int(number, _)) => {
                let whole = number.to_be_bytes::<32>();
                let (_, own) = whole.split_at(whole.len().saturating_sub(usize::from(size)));
                self.bytes(&trimmed(own))
            }
            (Kind::Address, DynSolValue::Address(address)) => self.bytes(address.as_slice()),
            (Kind::Bool, DynSolValue::Bool(yes)) => self.bytes(&[u8::from(*yes)]),
            (Kind::String, DynSolValue::String(text)) => self.bytes(text.as_bytes()),
            (Kind::FixedBytes(size), DynSolValue::FixedBytes(word, _)) => {
                self.bytes(word.get(..usize::from(size)).unwrap_or_default())
            }
            (Kind::Bytes, DynSolValue::Bytes(bytes)) => self.bytes(bytes),
            _ => Err(no_sense("a value is not of its type")),
        }
    }
}

/// A number without the zeros before it; zero is one of them.
fn trimmed(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let kept = zeros.min(number.len().saturating_sub(1));
    number.get(kept..).unwrap_or_default().to_vec()
}
