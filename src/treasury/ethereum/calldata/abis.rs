//! ABIs that the user gave, for contracts that nobody here knows.
//!
//! - They name what the bundled list does not know, and never override it: an ABI from somewhere could call a selector of
//!   ours by a harmless name.
//! - A file is JSON: a list of entries, or an object that holds such a list under `abi`. Functions whose types cannot be
//!   decoded here are left out; two functions with one selector are refused, because either could be meant.
//!
//! <https://docs.soliditylang.org/en/latest/abi-spec.html#json>

use super::bundled::known;
use super::function::{Function, Parameter, Selector};
use alloy_dyn_abi::DynSolType;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::Arc;

/// The longest file that is read.
pub const LONGEST_ABI: usize = 1 << 20;

/// The most functions that are kept.
const MOST: usize = 4_096;

/// The most arguments of a function, and members of a tuple.
const ARGUMENTS: usize = 64;

/// The longest name.
const NAME: usize = 96;

/// How deeply tuples are nested.
const DEEPEST: usize = 8;

/// Functions that the user's ABIs name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Abis {
    functions: HashMap<Selector, Arc<Function>>,
}

/// Why an ABI is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AbiError {
    /// It is too long.
    #[error("the ABI has more than {LONGEST_ABI} bytes")]
    Long,
    /// It is not an ABI in JSON.
    #[error("it is not an ABI in JSON: {0}")]
    Form(String),
    /// A name that no compiler gives.
    #[error("{0} is not a name of a function or an argument")]
    Name(String),
    /// It has too many functions, or a function too many arguments.
    #[error("it has more than {MOST} functions, or one has more than {ARGUMENTS} arguments")]
    Many,
    /// Two functions have one selector.
    #[error("{0} and {1} have the same selector")]
    Ambiguous(String, String),
}

impl AbiError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Long => "abi-long",
            Self::Form(_) => "abi-form",
            Self::Name(_) => "abi-name",
            Self::Many => "abi-many",
            Self::Ambiguous(..) => "abi-ambiguous",
        }
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum File {
    List(Vec<Entry>),
    Artifact { abi: Vec<Entry> },
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    #[serde(default)]
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    components: Vec<Input>,
}

impl Abis {
    /// Takes the functions of one more ABI; nothing is taken of one that is refused. How many are known here already and
    /// were left out is told.
    pub fn add(&mut self, bytes: &[u8]) -> Result<usize, AbiError> {
        if bytes.len() > LONGEST_ABI {
            return Err(AbiError::Long);
        }
        let file: File = serde_json::from_slice(bytes).map_err(|error| {
            AbiError::Form(crate::market::printable(&error.to_string()).chars().take(200).collect())
        })?;
        let (File::List(entries) | File::Artifact { abi: entries }) = file;
        let (mut taken, mut ours) = (self.functions.clone(), 0_usize);
        // An entry without a type is a function, as the format has it.
        for entry in entries.iter().filter(|entry| matches!(entry.kind.as_str(), "" | "function")) {
            let Some(function) = function(entry)? else { continue };
            if known(function.selector()).is_some() {
                ours = ours.saturating_add(1);
                continue;
            }
            let selector = function.selector();
            match taken.get(&selector) {
                Some(other) if other.signature() != function.signature() => {
                    return Err(AbiError::Ambiguous(other.signature().into(), function.signature().into()));
                }
                Some(_) => {}
                None if taken.len() >= MOST => return Err(AbiError::Many),
                None => drop(taken.insert(selector, Arc::new(function))),
            }
        }
        self.functions = taken;
        Ok(ours)
    }

    /// The functions that have a name or a whole signature (`pay(address,uint256)`), in the order of their signatures.
    pub fn named(&self, name: &str) -> Vec<&Arc<Function>> {
        let fits = |function: &&Arc<Function>| function.name() == name || function.signature() == name;
        let mut found: Vec<_> = self.functions.values().filter(fits).collect();
        found.sort_by_key(|function| function.signature());
        found
    }

    /// The function that a selector stands for.
    pub(super) fn known(&self, selector: Selector) -> Option<&Arc<Function>> {
        self.functions.get(&selector)
    }
}

fn function(entry: &Entry) -> Result<Option<Function>, AbiError> {
    named(&entry.name)?;
    if entry.inputs.len() > ARGUMENTS {
        return Err(AbiError::Many);
    }
    let mut parameters = Vec::new();
    for input in &entry.inputs {
        if !input.name.is_empty() {
            named(&input.name)?;
        }
        let Some(kind) = kind(input, 0)? else { return Ok(None) };
        parameters.push(Parameter { name: input.name.clone(), kind });
    }
    Ok(Function::new(&entry.name, parameters, None))
}

/// A name as compilers give it. It is shown beside our own, so it must not look like anything else.
fn named(name: &str) -> Result<(), AbiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    match !name.is_empty() && name.len() <= NAME && name.chars().all(plain) {
        true => Ok(()),
        false => Err(AbiError::Name(crate::market::printable(name).chars().take(NAME).collect())),
    }
}

/// The type of an argument; none for one that cannot be decoded here.
fn kind(input: &Input, depth: usize) -> Result<Option<DynSolType>, AbiError> {
    if depth > DEEPEST || input.components.len() > ARGUMENTS || input.kind.len() > NAME {
        return Err(AbiError::Many);
    }
    let Some(arrays) = input.kind.strip_prefix("tuple") else { return Ok(DynSolType::parse(&input.kind).ok()) };
    let mut members = Vec::new();
    for member in &input.components {
        let Some(kind) = kind(member, depth.saturating_add(1))? else { return Ok(None) };
        members.push(kind);
    }
    // The parser reads the brackets behind a stand-in, which then gives way to the tuple.
    let Ok(shape) = DynSolType::parse(&format!("bool{arrays}")) else { return Ok(None) };
    Ok(Some(filled(shape, &DynSolType::Tuple(members))))
}

fn filled(shape: DynSolType, tuple: &DynSolType) -> DynSolType {
    match shape {
        DynSolType::Array(inner) => DynSolType::Array(Box::new(filled(*inner, tuple))),
        DynSolType::FixedArray(inner, count) => DynSolType::FixedArray(Box::new(filled(*inner, tuple)), count),
        _ => tuple.clone(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::treasury::ethereum::calldata::{Meaning, read};

    #[test]
    fn a_users_abi_names_what_is_unknown_and_never_what_is_ours() {
        let mut abis = Abis::default();
        let abi = br#"{"abi":[
            {"type":"function","name":"many_msg_babbage","inputs":[{"type":"bytes1"}]},
            {"type":"event","name":"Transfer","inputs":[]},
            {"type":"function","name":"pay","inputs":[{"name":"orders","type":"tuple[2]","components":[
                {"name":"to","type":"address"},{"name":"amount","type":"uint256"}]}]},
            {"type":"function","name":"odd","inputs":[{"type":"function"}]}]}"#;
        assert_eq!(abis.add(abi), Ok(1), "many_msg_babbage has the selector of transfer");
        assert_eq!(abis.functions.len(), 1);
        let mine = abis.functions.values().next().unwrap().clone();
        assert_eq!(mine.signature(), "pay((address,uint256)[2])");
        let mut data = mine.selector().to_vec();
        data.extend([0; 128]);
        let meaning = read(&data, &abis);
        assert_eq!(meaning.decoded().map(|decoded| (decoded.exact, decoded.which())), Some((true, None)));
        let transfer = [&[0xa9, 0x05, 0x9c, 0xbb][..], &[0; 64]].concat();
        let Meaning::Decoded(decoded) = read(&transfer, &abis) else { panic!() };
        assert_eq!(decoded.function.name(), "transfer");
    }

    #[test]
    fn a_hostile_abi_is_refused_by_name() {
        let refused = |text: &str| Abis::default().add(text.as_bytes()).unwrap_err().code();
        assert_eq!(refused("nonsense"), "abi-form");
        assert_eq!(refused(&" ".repeat(LONGEST_ABI + 1)), "abi-long");
        assert_eq!(refused(r#"[{"type":"function","name":"a\u001b[2J","inputs":[]}]"#), "abi-name");
        assert_eq!(
            refused(r#"[{"type":"function","name":"a","inputs":[{"name":"\u202e","type":"bool"}]}]"#),
            "abi-name"
        );
        let many = vec![r#"{"type":"bool"}"#; 65].join(",");
        assert_eq!(refused(&format!(r#"[{{"name":"a","inputs":[{many}]}}]"#)), "abi-many");
        let deep = r#"{"type":"tuple","components":["#.repeat(20) + "]}".repeat(20).as_str();
        assert_eq!(refused(&format!(r#"[{{"name":"a","inputs":[{deep}]}}]"#)), "abi-many");
        // Two texts with one selector, as anybody can find them.
        let twins = r#"[{"name":"sign_szabo_bytecode","inputs":[{"type":"bytes16"},{"type":"uint128"}]}]"#;
        assert_eq!(Abis::default().add(twins.as_bytes()), Ok(1));
        let twins = r#"[{"name":"collate_propagate_storage","inputs":[{"type":"bytes16"}]},
            {"name":"burn","inputs":[{"type":"uint256"}]}]"#;
        assert_eq!(refused(twins), "abi-ambiguous");
    }
}
