//! The packed list of a MultiSend contract, read exactly as the contract's own loop reads it.
//!
//! - An entry is operation (1 byte), address (20), value (32), length (32), data; nothing is padded. The loop ends when 32 or
//!   fewer bytes remain, and whatever it reads beyond the list is zero. So up to 32 bytes at the end are ignored, 33 or more
//!   are one more call, and a truncated entry is carried out with zeros.
//! - Every call that the contract would make is here, also when the list is not one that an honest encoder writes; then it
//!   has flaws besides ([`Flaw`]), and nobody should sign it.
//! - Data is shared with the list and not copied. Only zeros that are missing at the end are added, up to a limit.
//!
//! <https://github.com/safe-global/safe-smart-account/blob/main/contracts/libraries/MultiSend.sol>

use alloy_primitives::{Address, Bytes, U256};

/// The bytes of an entry before its data.
const HEAD: usize = 85;

/// The loop does not begin an entry when this many bytes or fewer are left.
const IGNORED: usize = 32;

/// The most zeros that are added to truncated data.
const MOST_ZEROS: usize = 1 << 16;

/// The most calls of a list that are read.
pub const MOST_CALLS: usize = 2_048;

/// One call of a list, as the contract makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whether it is a delegatecall: its operation is 1.
    pub delegate: bool,
    /// Whom it calls, as the list says it.
    pub to: Address,
    /// The value that goes with it; a delegatecall takes none.
    pub value: U256,
    /// What it calls.
    pub data: Bytes,
}

/// What no honest list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// There is nothing in it that would be carried out.
    #[error("the list is empty: nothing would be carried out")]
    Empty,
    /// Bytes at its end, which the contract ignores.
    #[error("{0} bytes at the end of the list are ignored by the contract")]
    Trailing(usize),
    /// The last entry is cut in its head; the contract reads zeros instead.
    #[error(
        "the last call of the list is cut off: {0} bytes of its head are missing, and the contract reads zeros there"
    )]
    Head(usize),
    /// The last entry is cut in its data; the contract reads zeros instead.
    #[error("the data of the last call is cut off: {0} bytes are missing, and the contract reads zeros there")]
    Data(usize),
    /// The length of an entry's data is beyond what any block has room for.
    #[error("the data of a call is said to have {0} bytes: the contract runs out of gas")]
    Length(U256),
    /// An operation that is neither a call nor a delegatecall.
    #[error("the operation of a call is {0}: the contract gives up there, and nothing is carried out")]
    Operation(u8),
    /// There are more calls than are read here.
    #[error("the list has more than {MOST_CALLS} calls")]
    Many,
}

/// A list that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The calls that the contract makes, in order.
    pub calls: Vec<Entry>,
    /// What is wrong with the list; empty for one that an encoder wrote.
    pub flaws: Vec<Flaw>,
}

/// Reads a list, at most `most` calls of it.
pub fn read(packed: &Bytes, most: usize) -> List {
    let mut list = List::default();
    let mut at = 0_usize;
    while packed.len().saturating_sub(at) > IGNORED {
        if list.calls.len() >= most.min(MOST_CALLS) {
            list.flaws.push(Flaw::Many);
            return list;
        }
        match entry(packed, at, &mut list) {
            Some(next) => at = next,
            None => return list,
        }
    }
    if packed.len() > at {
        list.flaws.push(Flaw::Trailing(packed.len().saturating_sub(at)));
    }
    if list.calls.is_empty() {
        list.flaws.push(Flaw::Empty);
    }
    list
}

/// Reads the entry at a place, and says where the next begins; none where the contract stops.
fn entry(packed: &Bytes, at: usize, list: &mut List) -> Option<usize> {
    let rest = packed.get(at..)?;
    let mut head = [0; HEAD];
    head.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
    let (operation, fields) = head.split_first()?;
    let (to, numbers) = fields.split_first_chunk::<20>()?;
    let (value, length) = numbers.split_first_chunk::<32>()?;
    let length = U256::from_be_slice(length);
    if *operation > 1 {
        list.flaws.push(Flaw::Operation(*operation));
        return None;
    }
    let missing = HEAD.saturating_sub(rest.len());
    if missing > 0 {
        list.flaws.push(Flaw::Head(missing));
    }
    let start = at.saturating_add(HEAD).min(packed.len());
    let there = packed.len().saturating_sub(start);
    let wanted = usize::try_from(length).ok().filter(|wanted| wanted.saturating_sub(there) <= MOST_ZEROS);
    let Some(wanted) = wanted else {
        list.flaws.push(Flaw::Length(length));
        return None;
    };
    let data = match wanted.checked_sub(there) {
        None | Some(0) => packed.slice(start..start.saturating_add(wanted)),
        Some(zeros) => {
            // What is missing of the head is told already, and all of the data is missing then too.
            if missing == 0 {
                list.flaws.push(Flaw::Data(zeros));
            }
            let mut data = packed.slice(start..).to_vec();
            data.resize(wanted, 0);
            data.into()
        }
    };
    let value = U256::from_be_bytes(*value);
    list.calls.push(Entry { delegate: *operation == 1, to: Address::new(*to), value, data });
    Some(at.saturating_add(HEAD).saturating_add(wanted))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn packed(calls: &[Entry]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for call in calls {
            bytes.push(u8::from(call.delegate));
            bytes.extend(call.to);
            bytes.extend(call.value.to_be_bytes::<32>());
            bytes.extend(U256::from(call.data.len()).to_be_bytes::<32>());
            bytes.extend(&call.data);
        }
        bytes
    }

    fn an_entry() -> impl Strategy<Value = Entry> {
        (any::<bool>(), any::<[u8; 20]>(), any::<[u8; 32]>(), prop::collection::vec(any::<u8>(), 0..80)).prop_map(
            |(delegate, to, value, data)| Entry {
                delegate,
                to: to.into(),
                value: U256::from_be_bytes(value),
                data: data.into(),
            },
        )
    }

    /// The contract's loop as its assembly has it: a cursor from 0x20, memory that is zero beyond the list.
    fn loop_of_the_contract(list: &[u8]) -> Option<Vec<Entry>> {
        let mut memory = list.to_vec();
        memory.resize(list.len() + 100_000, 0);
        let load = |at: usize| U256::from_be_slice(&memory[at..at + 32]);
        let (mut calls, mut i) = (Vec::new(), 0x20);
        while i < list.len() {
            let p = i - 0x20;
            let length: usize = load(p + 0x35).try_into().ok().filter(|length| *length < 50_000)?;
            let delegate = match load(p).byte(31) {
                0 => false,
                1 => true,
                _ => return None,
            };
            let data = memory[p + 0x55..p + 0x55 + length].to_vec().into();
            let to = Address::from_slice(&memory[p + 1..p + 21]);
            calls.push(Entry { delegate, to, value: load(p + 0x15), data });
            i += 0x55 + length;
        }
        Some(calls)
    }

    proptest! {
        #[test]
        fn a_list_that_was_packed_is_read_back(calls in prop::collection::vec(an_entry(), 1..8)) {
            prop_assert_eq!(read(&packed(&calls).into(), MOST_CALLS), List { calls, flaws: vec![] });
        }

        /// Cut anywhere or with anything behind it: what is read is what the contract carries out, and it is never called good.
        #[test]
        fn a_damaged_list_is_read_as_the_contract_does(
            calls in prop::collection::vec(an_entry(), 1..5),
            cut in any::<prop::sample::Index>(),
            tail in prop::collection::vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 0..120),
        ) {
            let whole = packed(&calls);
            let mut bytes = whole[..=cut.index(whole.len())].to_vec();
            bytes.extend(tail);
            let list = read(&bytes.clone().into(), MOST_CALLS);
            match loop_of_the_contract(&bytes) {
                Some(calls) => {
                    prop_assert_eq!(&list.calls, &calls);
                    prop_assert_eq!(list.flaws.is_empty(), packed(&calls) == bytes);
                }
                None => prop_assert!(!list.flaws.is_empty()),
            }
        }
    }

    #[test]
    fn memory_is_bounded_whatever_a_length_says() {
        let mut bytes = packed(&[Entry { delegate: false, to: Address::ZERO, value: U256::ZERO, data: Bytes::new() }]);
        for length in [U256::from(MOST_ZEROS + 1), U256::from(u64::MAX), U256::MAX - U256::from(84)] {
            bytes[53..].copy_from_slice(&length.to_be_bytes::<32>());
            let list = read(&bytes.clone().into(), MOST_CALLS);
            assert_eq!((list.calls.len(), list.flaws), (0, vec![Flaw::Length(length)]));
        }
        let many = vec![0; HEAD * (MOST_CALLS + 1)];
        let list = read(&many.into(), MOST_CALLS);
        assert_eq!((list.calls.len(), list.flaws), (MOST_CALLS, vec![Flaw::Many]));
    }
}
