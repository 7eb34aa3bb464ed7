//! Typed data (EIP-712) as somebody wrote it: what it hashes to, and its types in the order in which they were written.
//!
//! - Devices are told the types one after the other, and so the order counts; what reads the JSON for its hash sorts them.
//! - Numbers that fit no machine word are taken as they stand, digit by digit.
//! - The domain has to be what its own definition says, field by field: a device hashes by the definition.
//!
//! <https://eips.ethereum.org/EIPS/eip-712>

use crate::device::DeviceError;
use crate::market::printable;
use alloy_dyn_abi::TypedData as Hashed;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;
use std::ops::Deref;

/// The longest text of typed data that is read.
pub const LONGEST: usize = 1 << 20;

/// What the domain's type is called.
pub const DOMAIN: &str = "EIP712Domain";

/// From how many digits on a number may not fit a machine word.
const DIGITS: usize = 18;

/// A field of a type.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, as written.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Types in the order in which they stand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Types(Vec<(String, Vec<Field>)>);

impl<'de> Deserialize<'de> for Types {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Types;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("types by their names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Types, A::Error> {
                let mut types: Vec<(String, Vec<Field>)> = Vec::new();
                while let Some((name, fields)) = map.next_entry::<String, Vec<Field>>()? {
                    if types.iter().any(|(other, _)| *other == name) {
                        return Err(serde::de::Error::custom(format!("the type {name} stands there twice")));
                    }
                    types.push((name, fields));
                }
                Ok(Types(types))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// Typed data.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedData {
    data: Hashed,
    types: Types,
}

impl TypedData {
    /// Reads its JSON.
    pub fn read(json: &str) -> Result<Self, DeviceError> {
        #[derive(Deserialize)]
        struct Ordered {
            types: Types,
        }
        if json.len() > LONGEST {
            return Err(DeviceError::Unfit(format!("the typed data has more than {LONGEST} bytes")));
        }
        let json = numbers_as_text(json);
        let bad = |error: serde_json::Error| no_sense(&error.to_string());
        let Ordered { mut types } = serde_json::from_str(&json).map_err(bad)?;
        let data: Hashed = serde_json::from_str(&json).map_err(bad)?;
        let domain = data.domain.encode_type();
        match types.0.iter().find(|(name, _)| name == DOMAIN) {
            Some((name, fields)) if signature(name, fields) == domain => {}
            Some(_) => return Err(no_sense("the domain is not what its type says")),
            None => types.0.insert(0, (DOMAIN.to_owned(), fields(&domain))),
        }
        if data.primary_type == DOMAIN {
            return Err(no_sense("it has a domain and no message"));
        }
        Ok(Self { data, types })
    }

    /// Its types, in the order in which they were written.
    pub fn types(&self) -> &[(String, Vec<Field>)] {
        &self.types.0
    }

    /// The fields of a type.
    pub fn fields(&self, name: &str) -> Option<&[Field]> {
        self.types.0.iter().find(|(other, _)| other == name).map(|(_, fields)| fields.as_slice())
    }
}

/// What it hashes to.
impl Deref for TypedData {
    type Target = Hashed;

    fn deref(&self) -> &Hashed {
        &self.data
    }
}

/// Typed data that cannot be signed.
pub(in crate::device) fn no_sense(why: &str) -> DeviceError {
    DeviceError::Unfit(format!("the typed data makes no sense: {}", printable(why)))
}

fn signature(name: &str, fields: &[Field]) -> String {
    let fields: Vec<String> = fields.iter().map(|field| format!("{} {}", field.kind, field.name)).collect();
    format!("{name}({})", fields.join(","))
}

/// The fields of a type that is written as it is hashed.
fn fields(signature: &str) -> Vec<Field> {
    let inner = signature.split_once('(').map_or("", |(_, rest)| rest.trim_end_matches(')'));
    let fields = inner.split(',').filter_map(|field| field.split_once(' '));
    fields.map(|(kind, name)| Field { name: name.to_owned(), kind: kind.to_owned() }).collect()
}

/// The same JSON with long whole numbers in quotes, which no reader then cuts short.
fn numbers_as_text(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    let mut rest = json;
    while let Some(next) = rest.chars().next() {
        let number = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
        let length = match next {
            '-' | '0'..='9' if !quoted => rest.find(|c| !number(c)).unwrap_or(rest.len()),
            _ => next.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        let digits = token.strip_prefix('-').unwrap_or(token);
        if !quoted && digits.len() > DIGITS && digits.bytes().all(|b| b.is_ascii_digit()) {
            text.extend(["\"", token, "\""]);
        } else {
            text.push_str(token);
        }
        (quoted, escaped) = match next {
            '"' if !escaped => (!quoted, false),
            '\\' if quoted => (quoted, !escaped),
            _ => (quoted, false),
        };
        rest = after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = r#"{
        "types": {
            "EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],
            "Person": [{"name": "wallet", "type": "address"}],
            "Mail": [{"name": "from", "type": "Person"}, {"name": "amount", "type": "uint256"}]
        },
        "primaryType": "Mail",
        "domain": {"name": "Ether Mail", "chainId": 1},
        "message": {"from": {"wallet": "0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826"}, "amount": 123000000000000000000}
    }"#;

    #[test]
    fn types_keep_their_order_and_numbers_their_digits() {
        let data = TypedData::read(MAIL).unwrap();
        let names: Vec<&str> = data.types().iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, [DOMAIN, "Person", "Mail"]);
        let quoted = TypedData::read(&MAIL.replace("123000000000000000000", "\"123000000000000000000\"")).unwrap();
        assert_eq!(data.eip712_signing_hash(), quoted.eip712_signing_hash());
        let other = TypedData::read(&MAIL.replace("123000000000000000000", "123000000000000000001")).unwrap();
        assert_ne!(data.eip712_signing_hash(), other.eip712_signing_hash());
    }

    #[test]
    fn a_domain_is_what_its_type_says() {
        for (from, to) in [
            (r#""name": "Ether Mail", "#, ""),
            (r#""chainId": 1"#, r#""chainId": 1, "version": "1""#),
            (r#"{"name": "chainId", "type": "uint256"}"#, r#"{"name": "chainId", "type": "uint64"}"#),
        ] {
            let odd = MAIL.replace(from, to);
            assert!(matches!(TypedData::read(&odd), Err(DeviceError::Unfit(_))), "{odd}");
        }
        let without = MAIL.replace(
            r#""EIP712Domain": [{"name": "name", "type": "string"}, {"name": "chainId", "type": "uint256"}],"#,
            "",
        );
        assert_eq!(TypedData::read(&without).unwrap().types(), TypedData::read(MAIL).unwrap().types());
    }

    #[test]
    fn only_whole_numbers_outside_of_text_are_quoted() {
        let long = "1234567890123456789";
        assert_eq!(numbers_as_text(&format!("[{long}, -{long},1]")), format!("[\"{long}\", \"-{long}\",1]"));
        for same in [
            format!("[\"a {long}\"]"),
            format!("[\"\\\"{long}\"]"),
            format!("[{long}.5, {long}e1]"),
            "\"é\\\\\"".into(),
        ] {
            assert_eq!(numbers_as_text(&same), same);
        }
    }

    #[test]
    fn what_is_no_typed_data_is_refused() {
        let long = " ".repeat(LONGEST + 1);
        let twice = MAIL.replace("\"Person\": [", "\"Mail\": [");
        for odd in [
            "",
            "{}",
            "[]",
            long.as_str(),
            twice.as_str(),
            "{\"types\":{},\"primaryType\":\"A\",\"domain\":{},\"message\":{}",
        ] {
            assert!(matches!(TypedData::read(odd), Err(DeviceError::Unfit(_))));
        }
    }
}
