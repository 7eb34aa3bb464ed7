//! What calldata says: the function that it calls and with what, or just its bytes.
//!
//! - Names come from [`bundled`] and, for what is not known there, from ABIs that the user gave ([`Abis`]). A name never comes
//!   from whoever sent the calldata.
//! - Decoded means that the very same bytes come out again. What a contract would read although no encoder writes it so is
//!   told as that ([`Decoded::exact`]), and what it could not read is told as bytes.

pub mod abis;
pub mod bundled;
pub mod function;
pub mod multisend;

mod arguments;
mod words;
mod write;

pub use abis::{AbiError, Abis};
pub use bundled::Which;
pub use function::{Function, Parameter, Selector};
pub use write::{WriteError, write};

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, Bytes, U256};
use std::sync::Arc;

/// What calldata says.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// There is none: what is called is the contract's own way to receive, or nothing at all.
    Nothing,
    /// It is shorter than a selector, or its selector is unknown.
    Unknown(Option<Selector>),
    /// The function is known, and its arguments cannot be read.
    Unreadable(Arc<Function>),
    /// A function with its arguments.
    Decoded(Decoded),
}

/// A function with its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// The function.
    pub function: Arc<Function>,
    /// Its arguments.
    pub values: Vec<DynSolValue>,
    /// Whether they encode to the very bytes that they were read from. Where they do not, it is what a contract would read
    /// that reads loosely, and others refuse.
    pub exact: bool,
}

/// Reads calldata.
pub fn read(data: &[u8], abis: &Abis) -> Meaning {
    if data.is_empty() {
        return Meaning::Nothing;
    }
    let Some((selector, rest)) = data.split_first_chunk::<4>() else { return Meaning::Unknown(None) };
    let Some(function) = bundled::known(*selector).or_else(|| abis.known(*selector)) else {
        return Meaning::Unknown(Some(*selector));
    };
    match arguments::read(function.parameters(), rest) {
        Some(read) => Meaning::Decoded(Decoded { function: function.clone(), values: read.values, exact: read.exact }),
        None => Meaning::Unreadable(function.clone()),
    }
}

impl Meaning {
    /// The function with its arguments, where they could be read.
    pub fn decoded(&self) -> Option<&Decoded> {
        match self {
            Self::Decoded(decoded) => Some(decoded),
            _ => None,
        }
    }

    /// Which of the functions known here it calls, whether or not its arguments can be read.
    pub fn which(&self) -> Option<Which> {
        match self {
            Self::Decoded(decoded) => decoded.function.which(),
            Self::Unreadable(function) => function.which(),
            Self::Nothing | Self::Unknown(_) => None,
        }
    }
}

impl Decoded {
    /// Which of the functions known here; none when a user's ABI names it.
    pub fn which(&self) -> Option<Which> {
        self.function.which()
    }

    /// An argument that is an address.
    pub fn address(&self, at: usize) -> Option<Address> {
        self.values.get(at)?.as_address()
    }

    /// An argument that is a number.
    pub fn number(&self, at: usize) -> Option<U256> {
        Some(self.values.get(at)?.as_uint()?.0)
    }

    /// An argument that is yes or no.
    pub fn flag(&self, at: usize) -> Option<bool> {
        self.values.get(at)?.as_bool()
    }

    /// An argument that is a hash.
    pub fn word(&self, at: usize) -> Option<B256> {
        self.values.get(at)?.as_word()
    }

    /// An argument that is bytes.
    pub fn bytes(&self, at: usize) -> Option<Bytes> {
        Some(self.values.get(at)?.as_bytes()?.to_vec().into())
    }

    /// An argument that is a list.
    pub fn list(&self, at: usize) -> Option<&[DynSolValue]> {
        self.values.get(at)?.as_array()
    }

    /// The arguments in words: name, type and value.
    pub fn told(&self) -> impl Iterator<Item = (&str, String, String)> {
        let parameters = self.function.parameters().iter().zip(&self.values);
        parameters.map(|(parameter, value)| (parameter.name.as_str(), parameter.kind.to_string(), words::told(value)))
    }
}

#[cfg(test)]
mod tests;
