//! Typed data (EIP-712) as a device hashes it: from the types that it was told, and from values as they come, one by one.
//!
//! - Nothing is kept but what came. Whoever hashes runs from the start each time, until a value is not there yet
//!   ([`Stop::Wanted`]), and runs again with it.
//! - What does not fit its type is wrong, and everything has a limit.
//!
//! <https://eips.ethereum.org/EIPS/eip-712>

use crate::market::printable;
use alloy_primitives::{Address, I256, U256, keccak256};
use std::collections::BTreeSet;

/// What the domain's type is called.
pub const DOMAIN: &str = "EIP712Domain";

/// The most types, the most members of one, and the most values.
const MOST: usize = 256;

/// The deepest that structs and arrays may stand in each other.
const DEEPEST: usize = 8;

/// What a value is, without the arrays around it. Numbers tell how many bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    Uint(usize),
    Int(usize),
    Address,
    Bool,
    Text,
    Fixed(usize),
    Bytes,
    Struct(String),
}

impl Kind {
    fn name(&self) -> String {
        match self {
            Self::Uint(size) => format!("uint{}", size.saturating_mul(8)),
            Self::Int(size) => format!("int{}", size.saturating_mul(8)),
            Self::Address => "address".to_owned(),
            Self::Bool => "bool".to_owned(),
            Self::Text => "string".to_owned(),
            Self::Fixed(size) => format!("bytes{size}"),
            Self::Bytes => "bytes".to_owned(),
            Self::Struct(name) => name.clone(),
        }
    }
}

/// A member of a type: its arrays, the innermost first, with how many there are where that is fixed.
#[derive(Clone, Debug)]
pub struct Member {
    pub name: String,
    pub kind: Kind,
    pub arrays: Vec<Option<u16>>,
}

impl Member {
    /// Its type as it is hashed.
    fn type_name(&self) -> String {
        let arrays = self.arrays.iter().map(|size| size.map_or_else(|| "[]".to_owned(), |size| format!("[{size}]")));
        arrays.fold(self.kind.name(), |name, array| name + &array)
    }
}

/// The types that a device was told.
#[derive(Default)]
pub struct Types(Vec<(String, Vec<Member>)>);

impl Types {
    /// Another type; none where there is one of the name.
    pub fn begin(&mut self, name: String) -> Option<()> {
        let new = self.0.len() < MOST && !name.is_empty() && self.get(&name).is_none();
        new.then(|| self.0.push((name, Vec::new())))
    }

    /// Another member of the last type.
    pub fn member(&mut self, member: Member) -> Option<()> {
        let (_, members) = self.0.last_mut()?;
        (members.len() < MOST && member.arrays.len() <= DEEPEST).then(|| members.push(member))
    }

    /// The members of a type.
    pub fn get(&self, name: &str) -> Option<&[Member]> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, members)| members.as_slice())
    }

    /// The first type that a type needs and that was not told yet.
    pub fn missing(&self, name: &str) -> Option<String> {
        let mut needed = BTreeSet::new();
        self.needs(name, &mut needed).err()
    }

    /// Every type that a type is made of, itself too.
    fn needs<'a>(&'a self, name: &'a str, needed: &mut BTreeSet<&'a str>) -> Result<(), String> {
        let members = self.get(name).ok_or_else(|| name.to_owned())?;
        if needed.insert(name) {
            for member in members {
                if let Kind::Struct(inner) = &member.kind {
                    self.needs(inner, needed)?;
                }
            }
        }
        Ok(())
    }

    /// A type as it is hashed: itself, and what it needs by name.
    fn signature(&self, name: &str) -> Option<String> {
        let mut needed = BTreeSet::new();
        self.needs(name, &mut needed).ok()?;
        let one = |name: &str| {
            let members = self.get(name)?.iter().map(|member| format!("{} {}", member.type_name(), member.name));
            Some(format!("{name}({})", members.collect::<Vec<_>>().join(",")))
        };
        needed.remove(name);
        std::iter::once(name).chain(needed).map(one).collect()
    }
}

/// What came: how many elements an array has, or a value.
pub enum Given {
    Count(u16),
    Value(Vec<u8>),
}

/// Why a hash is not there yet.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// Something is to come: where it is, and whether it is an array's count.
    Wanted { path: Vec<u32>, count: bool },
    /// What came does not fit.
    Wrong,
}

/// A value as it is shown.
pub struct Shown {
    /// Of which struct it is.
    pub of: String,
    pub name: String,
    pub value: Text,
}

/// The text of a value, which makers write bytes of in ways of their own.
pub enum Text {
    Plain(String),
    Bytes(Vec<u8>),
}

/// One run through a struct.
pub struct Run<'a> {
    types: &'a Types,
    given: &'a [Given],
    /// Whether numbers come with all their bytes.
    whole: bool,
    path: Vec<u32>,
    /// What it came by.
    pub shown: Vec<Shown>,
}

impl<'a> Run<'a> {
    /// Hashes a struct, whose own place is `root`, of what was given. What is left over is wrong.
    pub fn hash(
        types: &'a Types,
        name: &str,
        given: &'a [Given],
        root: u32,
        whole: bool,
    ) -> Result<([u8; 32], Vec<Shown>), Stop> {
        let mut run = Self { types, given, whole, path: vec![root], shown: Vec::new() };
        let hash = run.structure(name)?;
        if run.given.is_empty() { Ok((hash, run.shown)) } else { Err(Stop::Wrong) }
    }

    fn structure(&mut self, name: &str) -> Result<[u8; 32], Stop> {
        let types = self.types;
        let (members, signature) = types.get(name).zip(types.signature(name)).ok_or(Stop::Wrong)?;
        if self.path.len() > DEEPEST {
            return Err(Stop::Wrong);
        }
        let mut all = keccak256(signature).to_vec();
        for (place, member) in (0..).zip(members) {
            self.path.push(place);
            all.extend(self.value(name, member, &member.arrays)?);
            self.path.pop();
        }
        Ok(keccak256(all).0)
    }

    fn value(&mut self, of: &str, member: &Member, arrays: &[Option<u16>]) -> Result<[u8; 32], Stop> {
        if let Some((size, inner)) = arrays.split_last() {
            let Given::Count(count) = self.next(true)? else { return Err(Stop::Wrong) };
            if size.is_some_and(|size| size != *count) || usize::from(*count) > MOST {
                return Err(Stop::Wrong);
            }
            let mut all = Vec::new();
            for place in 0..u32::from(*count) {
                self.path.push(place);
                all.extend(self.value(of, member, inner)?);
                self.path.pop();
            }
            return Ok(keccak256(all).0);
        }
        if let Kind::Struct(name) = &member.kind {
            return self.structure(name);
        }
        let Given::Value(bytes) = self.next(false)? else { return Err(Stop::Wrong) };
        let (word, value) = read(&member.kind, bytes, self.whole).ok_or(Stop::Wrong)?;
        let (of, name) = (of.to_owned(), member.name.clone());
        self.shown.push(Shown { of, name, value });
        Ok(word)
    }

    fn next(&mut self, count: bool) -> Result<&'a Given, Stop> {
        if self.shown.len() > MOST {
            return Err(Stop::Wrong);
        }
        let Some((next, rest)) = self.given.split_first() else {
            return Err(Stop::Wanted { path: self.path.clone(), count });
        };
        self.given = rest;
        Ok(next)
    }
}

/// A value as it is hashed, and as it is shown.
fn read(kind: &Kind, bytes: &[u8], whole: bool) -> Option<([u8; 32], Text)> {
    let fits = |size: usize| (1..=32).contains(&size) && if whole { bytes.len() == size } else { bytes.len() <= size };
    let right = |fill: u8| {
        let mut word = [fill; 32];
        word.iter_mut().rev().zip(bytes.iter().rev()).for_each(|(to, from)| *to = *from);
        word
    };
    let plain = |word, text| Some((word, Text::Plain(text)));
    match kind {
        Kind::Uint(size) if fits(*size) => plain(right(0), U256::from_be_bytes(right(0)).to_string()),
        Kind::Int(size) if fits(*size) => {
            // Less than all bytes are those of a number that is not negative.
            let negative = bytes.len() == *size && bytes.first().is_some_and(|first| first & 0x80 != 0);
            let word = right(if negative { 0xff } else { 0 });
            plain(word, I256::from_raw(U256::from_be_bytes(word)).to_string())
        }
        Kind::Address if bytes.len() == 20 => plain(right(0), Address::from_slice(bytes).to_checksum(None)),
        Kind::Bool => match bytes {
            [yes @ (0 | 1)] => plain(right(0), (*yes == 1).to_string()),
            _ => None,
        },
        Kind::Fixed(size) if bytes.len() == *size && *size <= 32 => {
            let mut word = [0; 32];
            word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            Some((word, Text::Bytes(bytes.to_vec())))
        }
        Kind::Bytes => Some((keccak256(bytes).0, Text::Bytes(bytes.to_vec()))),
        Kind::Text => {
            let text = printable(std::str::from_utf8(bytes).ok()?).into_owned();
            plain(keccak256(bytes).0, text)
        }
        _ => None,
    }
}

/// What is signed of a domain and a message.
pub fn digest(domain: [u8; 32], message: [u8; 32]) -> [u8; 32] {
    keccak256([b"\x19\x01", domain.as_slice(), &message].concat()).0
}
