//! A value in words: numbers in full, addresses with their checksums, bytes in hex, text printable.

use crate::market::printable;
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::hex;

/// A value in words.
pub(super) fn told(value: &DynSolValue) -> String {
    let list = |values: &[DynSolValue]| values.iter().map(told).collect::<Vec<_>>().join(", ");
    match value {
        DynSolValue::Bool(flag) => flag.to_string(),
        DynSolValue::Int(number, _) => number.to_string(),
        DynSolValue::Uint(number, _) => number.to_string(),
        DynSolValue::Address(address) => address.to_checksum(None),
        DynSolValue::FixedBytes(word, size) => hex::encode_prefixed(word.get(..*size).unwrap_or_default()),
        DynSolValue::Function(function) => hex::encode_prefixed(function),
        DynSolValue::Bytes(bytes) => hex::encode_prefixed(bytes),
        DynSolValue::String(text) => printable(text).into_owned(),
        DynSolValue::Array(values) | DynSolValue::FixedArray(values) => format!("[{}]", list(values)),
        DynSolValue::Tuple(values) | DynSolValue::CustomStruct { tuple: values, .. } => format!("({})", list(values)),
    }
}
