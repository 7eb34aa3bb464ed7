//! Calldata written: a function with its arguments, as values or as people type them.
//!
//! - What is written is read back here before it is handed out, and has to say exactly what was asked.
//! - A function of a user's ABI is written from texts. What does not fit a type is refused; nothing is cut to fit.

use super::function::Function;
use super::{Which, arguments, bundled};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::Bytes;

/// The longest text of an argument.
const LONGEST: usize = 1 << 16;

/// Why calldata is not written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// There are more or fewer arguments than the function takes.
    #[error("{function} takes {takes} arguments, not {given}")]
    Count {
        /// The function.
        function: String,
        /// How many it takes.
        takes: usize,
        /// How many there are.
        given: usize,
    },
    /// An argument does not fit its type.
    #[error("argument {place} of {function} is no {kind}")]
    Argument {
        /// The function.
        function: String,
        /// Which one, from 1.
        place: usize,
        /// The type.
        kind: String,
    },
    /// What was written says something else. It is not handed out.
    #[error("{0} cannot be written as it was asked")]
    Unlike(String),
}

impl WriteError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Count { .. } => "call-arguments",
            Self::Argument { .. } => "call-argument",
            Self::Unlike(_) => "call-unlike",
        }
    }
}

/// The calldata of a function that is known here.
pub fn write(which: Which, values: Vec<DynSolValue>) -> Result<Bytes, WriteError> {
    let function = bundled::of(which).ok_or_else(|| WriteError::Unlike(format!("{which:?}")))?;
    function.write(values)
}

impl Function {
    /// The calldata that calls it with these values.
    pub fn write(&self, values: Vec<DynSolValue>) -> Result<Bytes, WriteError> {
        let (takes, given) = (self.parameters().len(), values.len());
        if takes != given {
            return Err(WriteError::Count { function: self.signature().to_owned(), takes, given });
        }
        for (place, (parameter, value)) in self.parameters().iter().zip(&values).enumerate() {
            if !value.matches(&parameter.kind) {
                return Err(self.unfit(place));
            }
        }
        let whole = DynSolValue::Tuple(values);
        let body = whole.abi_encode_params();
        let back = arguments::read(self.parameters(), &body).filter(|read| read.exact);
        match (back, whole) {
            (Some(read), DynSolValue::Tuple(values)) if read.values == values => {
                Ok([self.selector().as_slice(), &body].concat().into())
            }
            _ => Err(WriteError::Unlike(self.signature().to_owned())),
        }
    }

    /// The same from texts: decimal numbers, addresses and bytes in hex, lists in brackets.
    pub fn write_texts(&self, texts: &[String]) -> Result<Bytes, WriteError> {
        let (takes, given) = (self.parameters().len(), texts.len());
        if takes != given {
            return Err(WriteError::Count { function: self.signature().to_owned(), takes, given });
        }
        let pairs = self.parameters().iter().zip(texts).enumerate();
        let values = pairs.map(|(place, (parameter, text))| {
            let fits = text.len() <= LONGEST;
            fits.then(|| parameter.kind.coerce_str(text).ok()).flatten().ok_or_else(|| self.unfit(place))
        });
        self.write(values.collect::<Result<_, _>>()?)
    }

    fn unfit(&self, place: usize) -> WriteError {
        let kind = self.parameters().get(place).map(|parameter| parameter.kind.to_string()).unwrap_or_default();
        WriteError::Argument { function: self.signature().to_owned(), place: place.saturating_add(1), kind }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::treasury::ethereum::calldata::{Abis, read};
    use alloy_primitives::{Address, U256};

    #[test]
    fn what_is_written_is_read_back_and_what_does_not_fit_is_refused() {
        let to = DynSolValue::Address(Address::repeat_byte(5));
        let amount = DynSolValue::Uint(U256::MAX, 256);
        let data = write(Which::Transfer, vec![to.clone(), amount.clone()]).unwrap();
        let meaning = read(&data, &Abis::default());
        let decoded = meaning.decoded().unwrap();
        assert_eq!((decoded.exact, decoded.which()), (true, Some(Which::Transfer)));
        assert_eq!(decoded.values, vec![to.clone(), amount.clone()]);
        assert_eq!(write(Which::Transfer, vec![to.clone()]).unwrap_err().code(), "call-arguments");
        assert_eq!(write(Which::Transfer, vec![amount, to]).unwrap_err().code(), "call-argument");
    }

    #[test]
    fn a_users_function_is_written_from_texts() {
        let mut abis = Abis::default();
        let abi = br#"[{"name":"pay","inputs":[{"name":"to","type":"address"},{"name":"n","type":"uint8[]"},{"name":"b","type":"bytes"}]}]"#;
        abis.add(abi).unwrap();
        let found = abis.named("pay");
        assert_eq!(found, abis.named("pay(address,uint8[],bytes)"));
        assert!(abis.named("other").is_empty());
        let texts = |texts: [&str; 3]| texts.map(str::to_owned);
        let to = "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f";
        let data = found[0].write_texts(&texts([to, "[1, 255]", "0xabcd"])).unwrap();
        let told: Vec<_> = read(&data, &abis).decoded().unwrap().told().map(|(_, _, value)| value).collect();
        assert_eq!(told, [to, "[1, 255]", "0xabcd"]);
        for wrong in [[to, "[256]", "0x"], ["0x12", "[]", "0x"], [to, "[]", "0xabc"], [to, "[-1]", "0x"]] {
            assert_eq!(found[0].write_texts(&texts(wrong)).unwrap_err().code(), "call-argument", "{wrong:?}");
        }
        assert_eq!(found[0].write_texts(&[to.to_owned()]).unwrap_err().code(), "call-arguments");
    }
}
