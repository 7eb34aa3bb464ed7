//! What the answers of every venue are read with.

use super::AccountError;
use crate::market::Timestamp;
use crate::money::Decimal;
use crate::venue::wire::Number;
use serde::Deserialize;
use serde::de::{Error, MapAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

/// Reads a whole answer as one kind.
pub fn whole<'a, T: Deserialize<'a>>(body: &'a str) -> Result<T, AccountError> {
    serde_json::from_str(body).map_err(|error| AccountError::unreadable(&error))
}

/// An exact decimal. What is left empty is not zero, and refused.
pub fn decimal(number: &Number<'_>, field: &'static str) -> Result<Decimal, AccountError> {
    crate::money::parse_decimal(number.text()).map_err(|error| AccountError::field(field, number.text(), &error))
}

/// A moment in milliseconds since 1970.
pub fn moment(number: &Number<'_>, field: &'static str) -> Result<Timestamp, AccountError> {
    Ok(crate::venue::wire::moment(number, field)?)
}

/// The members of an object whose names are data. A name that stands there twice says two things, and is refused.
#[derive(Debug)]
pub struct Rows<T>(pub Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Rows<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Rows<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let (mut rows, mut names) = (Vec::new(), HashSet::new());
                while let Some((name, value)) = map.next_entry::<String, T>()? {
                    if !names.insert(name.clone()) {
                        return Err(A::Error::custom("a name stands there twice"));
                    }
                    rows.push((name, value));
                }
                Ok(Rows(rows))
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// A text as part of a query or a form (RFC 3986, section 2.3).
pub fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// Parameters as a query or a form.
pub fn query(parameters: &[(&str, String)]) -> String {
    parameters.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}
