//! Arguments as a contract reads them out of calldata, and whether the calldata is what an encoder would have written.
//!
//! - Contracts read loosely: offsets may lead anywhere, bytes may stand behind the last argument, and older ones ignore the
//!   upper bytes of an address. So does this reader; what it gives says whether the same bytes come out when it is encoded
//!   again. Only then is it called exact.
//! - No byte is read twice: arguments that overlap, by which a short input could grow without bound, are not read at all.
//!   So the cost is linear in the length of the calldata.
//!
//! <https://docs.soliditylang.org/en/latest/abi-spec.html>

use super::function::Parameter;
use alloy_dyn_abi::{DynSolType, DynSolValue};
use alloy_primitives::{Address, B256, I256, U256};

/// The length of a word.
const WORD: usize = 32;

/// Arguments that were read.
#[derive(Clone, Debug, PartialEq)]
pub struct Arguments {
    /// Their values, in order.
    pub values: Vec<DynSolValue>,
    /// Whether they encode to the very bytes that they were read from.
    pub exact: bool,
}

/// Reads arguments; none when a contract could not either, or when parts overlap.
pub fn read(parameters: &[Parameter], data: &[u8]) -> Option<Arguments> {
    let mut reader = Reader { data, left: data.len() };
    let values = reader.sequence(parameters.iter().map(|parameter| &parameter.kind), 0)?;
    let whole = DynSolValue::Tuple(values);
    let exact = whole.abi_encode_params() == data;
    let DynSolValue::Tuple(values) = whole else { return None };
    Some(Arguments { values, exact })
}

struct Reader<'a> {
    data: &'a [u8],
    /// How many bytes may still be read.
    left: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(length)?;
        self.data.get(at..at.checked_add(length)?)
    }

    fn word(&mut self, at: usize) -> Option<B256> {
        self.take(at, WORD).map(B256::from_slice)
    }

    fn size(&mut self, at: usize) -> Option<usize> {
        U256::from_be_bytes(self.word(at)?.0).try_into().ok()
    }

    fn sequence<'t>(&mut self, kinds: impl Iterator<Item = &'t DynSolType>, base: usize) -> Option<Vec<DynSolValue>> {
        let mut values = Vec::new();
        let mut at = base;
        for kind in kinds {
            if dynamic(kind) {
                let start = base.checked_add(self.size(at)?)?;
                values.push(self.behind(kind, start)?);
            } else {
                values.push(self.here(kind, at)?);
            }
            at = at.checked_add(head(kind)?)?;
        }
        Some(values)
    }

    /// A value of a length that its type tells.
    fn here(&mut self, kind: &DynSolType, at: usize) -> Option<DynSolValue> {
        Some(match kind {
            DynSolType::Tuple(kinds) => {
                self.nothing(kinds.len())?;
                DynSolValue::Tuple(self.sequence(kinds.iter(), at)?)
            }
            DynSolType::FixedArray(kind, count) => {
                self.nothing(*count)?;
                DynSolValue::FixedArray(self.sequence(std::iter::repeat_n(&**kind, *count), at)?)
            }
            simple => value(simple, self.word(at)?)?,
        })
    }

    /// A value that says itself how long it is, or that holds such.
    fn behind(&mut self, kind: &DynSolType, start: usize) -> Option<DynSolValue> {
        Some(match kind {
            DynSolType::Bytes => DynSolValue::Bytes(self.bytes(start)?.to_vec()),
            DynSolType::String => DynSolValue::String(String::from_utf8_lossy(self.bytes(start)?).into_owned()),
            DynSolType::Array(kind) => {
                let count = self.size(start)?;
                // No element is shorter than a byte, so this holds for any array that can be read at all.
                if count > self.left {
                    return None;
                }
                DynSolValue::Array(self.elements(kind, count, start.checked_add(WORD)?)?)
            }
            DynSolType::FixedArray(kind, count) => DynSolValue::FixedArray(self.elements(kind, *count, start)?),
            DynSolType::Tuple(kinds) => DynSolValue::Tuple(self.sequence(kinds.iter(), start)?),
            _ => return None,
        })
    }

    fn elements(&mut self, kind: &DynSolType, count: usize, base: usize) -> Option<Vec<DynSolValue>> {
        self.sequence(std::iter::repeat_n(kind, count), base)
    }

    fn bytes(&mut self, start: usize) -> Option<&'a [u8]> {
        let length = self.size(start)?;
        self.take(start.checked_add(WORD)?, length)
    }

    /// A value without parts has no length, and is paid for like a word: there could be any number of them.
    fn nothing(&mut self, parts: usize) -> Option<()> {
        if parts == 0 {
            self.left = self.left.checked_sub(WORD)?;
        }
        Some(())
    }
}

/// Whether a value stands elsewhere than among the heads.
fn dynamic(kind: &DynSolType) -> bool {
    match kind {
        DynSolType::Bytes | DynSolType::String | DynSolType::Array(_) => true,
        DynSolType::FixedArray(kind, _) => dynamic(kind),
        DynSolType::Tuple(kinds) => kinds.iter().any(dynamic),
        _ => false,
    }
}

/// How long a value is among the heads.
fn head(kind: &DynSolType) -> Option<usize> {
    match kind {
        kind if dynamic(kind) => Some(WORD),
        DynSolType::FixedArray(kind, count) => head(kind)?.checked_mul(*count),
        DynSolType::Tuple(kinds) => {
            kinds.iter().try_fold(0_usize, |sum, kind| head(kind).and_then(|head| sum.checked_add(head)))
        }
        _ => Some(WORD),
    }
}

/// A value of one word; bits that its type has no room for are dropped, as older contracts do.
fn value(kind: &DynSolType, word: B256) -> Option<DynSolValue> {
    let number = U256::from_be_bytes(word.0);
    let spare = |bits: usize| 256_usize.checked_sub(bits);
    Some(match kind {
        DynSolType::Bool => DynSolValue::Bool(!number.is_zero()),
        DynSolType::Address => DynSolValue::Address(Address::from_word(word)),
        DynSolType::Uint(bits) => {
            let spare = spare(*bits)?;
            DynSolValue::Uint(number.wrapping_shl(spare).wrapping_shr(spare), *bits)
        }
        DynSolType::Int(bits) => {
            let spare = spare(*bits)?;
            DynSolValue::Int(I256::from_raw(number.wrapping_shl(spare)).asr(spare), *bits)
        }
        DynSolType::FixedBytes(size) => {
            let mut kept = [0; WORD];
            kept.get_mut(..*size)?.copy_from_slice(word.get(..*size)?);
            DynSolValue::FixedBytes(B256::new(kept), *size)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn parameters(kinds: &str) -> Vec<Parameter> {
        let DynSolType::Tuple(kinds) = DynSolType::parse(kinds).unwrap() else { return Vec::new() };
        kinds.into_iter().map(|kind| Parameter { name: String::new(), kind }).collect()
    }

    const KINDS: [&str; 9] = [
        "(address,uint256)",
        "(bytes)",
        "(bytes,address,bytes)",
        "(uint256[],(address,bytes)[],bool)",
        "((address,uint160,uint48,uint48),address,uint256)",
        "(bytes4[],int24,bytes32[2])",
        "(string[2],uint8)",
        "((bytes,uint256[3])[2],address[])",
        "()",
    ];

    proptest! {
        /// Whatever the bytes are: nothing is ever called exact that the encoder would not have written, what is exact is what
        /// the encoder's own reader reads, and what is read has no more bytes than there were.
        #[test]
        fn what_is_exact_is_what_was_encoded(
            mut data in prop::collection::vec(prop_oneof![4 => Just(0_u8), 1 => any::<u8>()], 0..700),
            steps in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..=224), 0..6),
        ) {
            let words = data.len() / WORD;
            for (at, step) in steps {
                if words > 0 {
                    data[at.index(words) * WORD + 31] = step & 0xe0;
                }
            }
            for kinds in KINDS {
                if let Some(read) = read(&parameters(kinds), &data) {
                    let again = DynSolValue::Tuple(read.values.clone()).abi_encode_params();
                    prop_assert_eq!(read.exact, again == data);
                    if read.exact {
                        let theirs = DynSolType::parse(kinds).unwrap().abi_decode_params(&data);
                        prop_assert_eq!(theirs.ok(), Some(DynSolValue::Tuple(read.values)));
                    }
                }
            }
        }

        #[test]
        fn what_an_encoder_wrote_is_read_exactly(to in any::<[u8; 20]>(), n in any::<[u8; 32]>(), bytes in any::<Vec<u8>>(), flag: bool) {
            let to = DynSolValue::Address(to.into());
            let number = DynSolValue::Uint(U256::from_be_bytes(n), 256);
            let bytes = DynSolValue::Bytes(bytes);
            let pair = DynSolValue::Tuple(vec![to.clone(), bytes.clone()]);
            let values = vec![
                DynSolValue::Array(vec![number.clone(), number]),
                DynSolValue::Array(vec![pair.clone(), pair]),
                DynSolValue::Bool(flag),
            ];
            let data = DynSolValue::Tuple(values.clone()).abi_encode_params();
            let kinds = parameters("(uint256[],(address,bytes)[],bool)");
            prop_assert_eq!(read(&kinds, &data), Some(Arguments { values, exact: true }));
        }
    }

    #[test]
    fn a_short_input_never_grows() {
        // 1 000 elements that all point at the same 30 000 bytes.
        let mut data = vec![0; WORD * 2];
        data[31] = 32;
        data[62..64].copy_from_slice(&1_000_u16.to_be_bytes());
        for _ in 0..1_000 {
            let mut word = [0; WORD];
            word[30..].copy_from_slice(&32_000_u16.to_be_bytes());
            data.extend(word);
        }
        let mut long = [0; WORD];
        long[30..].copy_from_slice(&30_000_u16.to_be_bytes());
        data.extend(long);
        data.extend(vec![7; 30_000]);
        assert_eq!(read(&parameters("(bytes[])"), &data), None);
        // Any number of nothings.
        let mut data = vec![0; WORD * 2];
        data[31] = 32;
        data[56..64].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(read(&parameters("(()[])"), &data), None);
        assert_eq!(read(&parameters("(uint256[4294967295][4294967295])"), &data), None);
    }
}
