//! Files of JSON: whose it is follows from the names of its members.
//!
//! What is not asked for is passed over without being kept, nesting is limited, and a member that is there twice is
//! refused: two programs might take it for two things.

use super::error::ImportError;
use super::{Draft, Format, caravan, core, electrum, liana, sparrow, specter};
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use std::collections::BTreeSet;
use std::fmt;

/// The most members at the top of a file.
const MOST_MEMBERS: usize = 10_000;

/// Finds out whose file it is, and reads it.
pub(super) fn recognise(text: &str) -> Result<Draft, ImportError> {
    if text.starts_with('[') {
        return core::read_requests(text);
    }
    let members = members(text)?;
    let has = |name: &str| members.contains(name);
    if has("wallet_type") {
        electrum::read(text)
    } else if has("quorum") || has("extendedPublicKeys") {
        caravan::read(text)
    } else if has("descriptors") {
        core::read(text)
    } else if has("accounts") {
        liana::read(text)
    } else if has("keystores") && has("policyType") {
        sparrow::read(text)
    } else if has("recv_descriptor") || has("descriptor") {
        specter::read(text)
    } else {
        Err(ImportError::Unknown)
    }
}

/// The names of the members of an object.
struct Names(BTreeSet<String>);

impl<'de> serde::Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = BTreeSet::new();
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if names.len() >= MOST_MEMBERS {
                        return Err(serde::de::Error::custom("it has too many members"));
                    }
                    if let Some(twice) = names.replace(name) {
                        return Err(serde::de::Error::custom(format!("{twice} is there twice")));
                    }
                }
                Ok(Names(names))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

/// The names of the members of an object that may be followed by more.
fn members(text: &str) -> Result<BTreeSet<String>, ImportError> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Names>();
    match values.next() {
        Some(Ok(Names(names))) => Ok(names),
        // Electrum appends its changes to the file; whether they may follow is for its reader to say.
        Some(Err(error)) => Err(ImportError::Shape {
            format: Format::Descriptor,
            reason: super::error::quote(&format!("the file begins as JSON and is none: {error}")),
        }),
        None => Err(ImportError::Unknown),
    }
}

/// The text as a file of a format.
pub(super) fn parse<T: DeserializeOwned>(text: &str, format: Format) -> Result<T, ImportError> {
    serde_json::from_str(text).map_err(|error| ImportError::shape(format, error.to_string()))
}
