//! A function of a contract: its name, its arguments, and the four bytes that call it.

use super::bundled::Which;
use alloy_dyn_abi::DynSolType;
use alloy_primitives::keccak256;

/// The first four bytes of calldata.
pub type Selector = [u8; 4];

/// How deeply the types of an argument may be nested.
const DEEPEST: usize = 8;

/// One argument of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name; empty where nobody gave it one.
    pub name: String,
    /// Its type.
    pub kind: DynSolType,
}

/// A function of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    name: String,
    signature: String,
    selector: Selector,
    parameters: Vec<Parameter>,
    which: Option<Which>,
}

impl Function {
    /// A function by its name and arguments; none when a type among them cannot be decoded here.
    pub(super) fn new(name: &str, parameters: Vec<Parameter>, which: Option<Which>) -> Option<Self> {
        let readable = |parameter: &Parameter| parameter.kind.nesting_depth() <= DEEPEST && readable(&parameter.kind);
        if !parameters.iter().all(readable) {
            return None;
        }
        let kinds: Vec<String> = parameters.iter().map(|parameter| parameter.kind.to_string()).collect();
        let signature = format!("{name}({})", kinds.join(","));
        let selector = *keccak256(&signature).first_chunk()?;
        Some(Self { name: name.to_owned(), signature, selector, parameters, which })
    }

    /// A function of the list, by its text.
    pub(super) fn bundled(which: Which, text: &str) -> Option<Self> {
        let (name, arguments) = text.strip_suffix(')')?.split_once('(')?;
        let mut parameters = Vec::new();
        for argument in top_level(arguments) {
            let (kind, name) = argument.rsplit_once(' ')?;
            parameters.push(Parameter { name: name.to_owned(), kind: DynSolType::parse(kind).ok()? });
        }
        Self::new(name, parameters, Some(which))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name and the types of its arguments: what the selector is made of.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// The four bytes that call it.
    pub fn selector(&self) -> Selector {
        self.selector
    }

    /// Its arguments.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// Which of those known here; none when a user's ABI names it.
    pub fn which(&self) -> Option<Which> {
        self.which
    }
}

/// The parts between commas that stand in no brackets.
fn top_level(text: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = text.split(|c: char| {
        match c {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.filter(|part| !part.is_empty()).collect()
}

/// Whether values of a type are decoded here: all but those that no contract takes as an argument.
fn readable(kind: &DynSolType) -> bool {
    match kind {
        DynSolType::Function | DynSolType::CustomStruct { .. } => false,
        DynSolType::Array(inner) | DynSolType::FixedArray(inner, _) => readable(inner),
        DynSolType::Tuple(inner) => inner.iter().all(readable),
        _ => true,
    }
}
