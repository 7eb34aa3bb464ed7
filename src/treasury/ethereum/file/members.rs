//! The members of a JSON object, each as it stands in the file, to be taken one by one.

use super::{FileError, shown};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// The longest file that is read.
pub const LONGEST: usize = 4 << 20;

/// The most members that an object may have.
const MOST: usize = 256;

/// The members that nobody has taken yet.
pub(in super::super) struct Members<'a>(Vec<(String, &'a RawValue)>);

/// The members in their order, and the one that was one too many.
struct InOrder;

/// Why an object was not taken.
enum Refused {
    Twice(String),
    Many,
}

impl<'de> Visitor<'de> for InOrder {
    type Value = Result<Vec<(String, &'de RawValue)>, Refused>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members: Vec<(String, &RawValue)> = Vec::new();
        let mut refused = None;
        while let Some((name, value)) = map.next_entry::<Cow<'de, str>, &'de RawValue>()? {
            if refused.is_some() {
                continue;
            }
            if members.iter().any(|(other, _)| *other == name) {
                refused = Some(Refused::Twice(shown(&name)));
            } else if members.len() >= MOST {
                refused = Some(Refused::Many);
            } else {
                members.push((name.into_owned(), value));
            }
        }
        Ok(refused.map_or(Ok(members), Err))
    }
}

impl<'a> Members<'a> {
    /// The members of the one object that a file is.
    pub fn read(bytes: &'a [u8]) -> Result<Self, FileError> {
        if bytes.len() > LONGEST {
            return Err(FileError::Long);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| FileError::Json("it is no text".to_owned()))?;
        Self::of(text)
    }

    /// The members of an object inside a file.
    pub fn of(text: &'a str) -> Result<Self, FileError> {
        let bad = |error: serde_json::Error| FileError::Json(shown(&error.to_string()));
        let mut json = serde_json::Deserializer::from_str(text);
        let members = json.deserialize_map(InOrder).map_err(bad)?;
        json.end().map_err(bad)?;
        match members {
            Ok(members) => Ok(Self(members)),
            Err(Refused::Twice(name)) => Err(FileError::Twice(name)),
            Err(Refused::Many) => Err(FileError::Many(MOST)),
        }
    }

    /// Whether a member is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(other, _)| other == name)
    }

    /// Takes a member as it stands.
    pub fn take(&mut self, name: &'static str) -> Result<&'a str, FileError> {
        let place = self.0.iter().position(|(other, _)| other == name).ok_or(FileError::Missing(name))?;
        Ok(self.0.swap_remove(place).1.get())
    }

    /// Takes a text.
    pub fn text(&mut self, name: &'static str) -> Result<String, FileError> {
        self.text_or_null(name)?.ok_or(FileError::Text(name))
    }

    /// Takes a text, or nothing where `null` stands for it.
    pub fn text_or_null(&mut self, name: &'static str) -> Result<Option<String>, FileError> {
        serde_json::from_str(self.take(name)?).map_err(|_| FileError::Text(name))
    }

    /// Takes what has to be a number: the text in quotes, or what stands there without any.
    pub fn number(&mut self, name: &'static str) -> Result<String, FileError> {
        let raw = self.take(name)?;
        match raw.starts_with('"') {
            true => serde_json::from_str(raw).map_err(|_| FileError::Number(name)),
            // 0x is no JSON, so what stands here without quotes is decimal.
            false => Ok(raw.to_owned()),
        }
    }

    /// The names of all that nobody took, to be shown.
    pub fn rest(self) -> impl Iterator<Item = String> {
        let mut names: Vec<String> = self.0.iter().map(|(name, _)| shown(name)).collect();
        names.sort_unstable();
        names.into_iter()
    }
}
