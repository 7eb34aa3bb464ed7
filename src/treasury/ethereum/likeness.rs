//! Addresses that are made to be taken for another: the ends are alike, and the middle is not read (T16).

use crate::market::printable;
use crate::treasury::likeness::{END, differing};
use alloy_primitives::Address;
use std::collections::HashMap;

/// How many bytes people compare at an end.
const BYTES: usize = END / 2;

/// Some bytes of an address, and whether they are its last.
type End = (bool, [u8; BYTES]);

/// The addresses that are known, by what people see of them.
#[derive(Clone, Debug, Default)]
pub struct Known {
    names: HashMap<Address, Option<String>>,
    by_end: HashMap<End, Vec<Address>>,
}

/// A known address that another is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Like {
    /// The known one.
    pub known: Address,
    /// Its name, where it has one. Printable.
    pub name: Option<String>,
    /// The characters of the other address that differ from the known one's, to be typed.
    pub middle: String,
}

impl Known {
    /// Known addresses with their names; the first name counts. The zero address is nobody's.
    pub fn new<'a>(known: impl IntoIterator<Item = (Address, Option<&'a str>)>) -> Self {
        let mut all = Self::default();
        for (address, name) in known.into_iter().filter(|(address, _)| !address.is_zero()) {
            let name = name.map(|name| printable(name).into_owned());
            match all.names.get_mut(&address) {
                Some(named) => *named = named.take().or(name),
                None => {
                    all.names.insert(address, name);
                    for end in ends(&address) {
                        all.by_end.entry(end).or_default().push(address);
                    }
                }
            }
        }
        all
    }

    /// The name of a known address.
    pub fn name(&self, address: &Address) -> Option<&str> {
        self.names.get(address)?.as_deref()
    }

    /// Whether an address is known.
    pub fn has(&self, address: &Address) -> bool {
        self.names.contains_key(address)
    }

    /// A known address that this one is like, without being known itself.
    pub fn like(&self, address: &Address) -> Option<Like> {
        if self.has(address) || address.is_zero() {
            return None;
        }
        let known = ends(address).into_iter().find_map(|end| self.by_end.get(&end)?.first())?;
        let middle = differing(&address.to_checksum(None), &known.to_checksum(None));
        Some(Like { known: *known, name: self.name(known).map(str::to_owned), middle })
    }
}

/// Whether two addresses look alike at an end without being one.
pub fn alike(one: &Address, other: &Address) -> bool {
    one != other && ends(one).into_iter().zip(ends(other)).any(|(one, other)| one == other)
}

/// What people see at both ends.
fn ends(address: &Address) -> [End; 2] {
    let first = address.first_chunk().copied().unwrap_or_default();
    let last = address.last_chunk().copied().unwrap_or_default();
    [(false, first), (true, last)]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use alloy_primitives::address;

    const PAID: Address = address!("d9Db270c1B5E3Bd161E8c8503c55cEABeE709552");

    #[test]
    fn t16_an_address_with_the_ends_of_a_known_one_is_told_and_the_known_one_is_not() {
        let known = Known::new([(PAID, None), (PAID, Some("Ops\u{202e}")), (Address::ZERO, Some("burn"))]);
        assert_eq!((known.name(&PAID), known.like(&PAID)), (Some("Ops"), None));
        let first = address!("d9Db000000000000000000000000000000000001");
        let last = address!("0000000000000000000000000000000000019552");
        for poisoned in [first, last] {
            let like = known.like(&poisoned).unwrap();
            assert_eq!((like.known, like.name.as_deref()), (PAID, Some("Ops")));
            assert!(poisoned.to_checksum(None).contains(&like.middle) && like.middle.len() >= 30, "{}", like.middle);
            assert!(alike(&poisoned, &PAID) && alike(&PAID, &poisoned));
        }
        let middle = address!("0000270c1B5E3Bd161E8c8503c55cEABeE700000");
        assert_eq!(known.like(&middle), None);
        assert!(!alike(&middle, &PAID) && !alike(&PAID, &PAID));
        // Nobody's address makes nobody look alike.
        assert_eq!(known.like(&address!("0000000000000000000000000000000000000001")), None);
    }

    #[test]
    fn t16_one_digit_in_the_middle_is_what_has_to_be_typed() {
        let mut near = PAID;
        near.0[10] ^= 0x10;
        let like = Known::new([(PAID, None)]).like(&near).unwrap();
        assert!(!like.middle.is_empty() && near.to_checksum(None).contains(&like.middle));
    }
}
