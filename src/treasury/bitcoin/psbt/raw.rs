//! The key-value maps that a PSBT is made of, read in place: nothing is copied, and nothing reserved for a length that
//! only claims to be there.
//!
//! - A key is unique in its map, and lengths and types are in their shortest form (BIP-174).
//! - How many fields there may be is limited for the whole, so that a map can be gathered before it is understood.

use super::{MOST_FIELDS, PacketError, Place};

/// One field of a map, in the bytes that it was read from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field<'a> {
    /// Type and data of the key.
    pub whole: &'a [u8],
    /// The type.
    pub kind: u64,
    /// What follows the type in the key.
    pub key: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

/// Reads maps off bytes, one after another.
pub(super) struct Maps<'a> {
    left: &'a [u8],
    fields: usize,
}

impl<'a> Maps<'a> {
    /// Of what follows the magic bytes.
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { left: bytes, fields: 0 }
    }

    /// The next map, in its order.
    pub fn next(&mut self, place: Place) -> Result<Vec<Field<'a>>, PacketError> {
        let mut map = Vec::new();
        loop {
            let length = compact(&mut self.left, place)?;
            if length == 0 {
                break;
            }
            let whole = take(&mut self.left, length, place)?;
            let mut key = whole;
            let kind = compact(&mut key, place)?;
            let length = compact(&mut self.left, place)?;
            let value = take(&mut self.left, length, place)?;
            self.fields = self.fields.saturating_add(1);
            if self.fields > MOST_FIELDS {
                return Err(PacketError::Fields);
            }
            map.push(Field { whole, kind, key, value });
        }
        let mut keys = map.iter().map(|field| (field.whole, field.kind)).collect::<Vec<_>>();
        keys.sort_unstable();
        let mut pairs = keys.iter().zip(keys.iter().skip(1));
        match pairs.find(|(one, other)| one.0 == other.0) {
            Some(((_, kind), _)) => Err(PacketError::Twice { place, kind: *kind }),
            None => Ok(map),
        }
    }

    /// Nothing may follow the last map.
    pub fn end(self) -> Result<(), PacketError> {
        if self.left.is_empty() { Ok(()) } else { Err(PacketError::Trailing(self.left.len())) }
    }
}

/// So many bytes off the front, if they are there.
pub(super) fn take<'a>(left: &mut &'a [u8], length: u64, place: Place) -> Result<&'a [u8], PacketError> {
    let short = PacketError::Short(place);
    let (taken, rest) = usize::try_from(length).ok().and_then(|length| left.split_at_checked(length)).ok_or(short)?;
    *left = rest;
    Ok(taken)
}

/// A compact size off the front, in its shortest form.
pub(super) fn compact(left: &mut &[u8], place: Place) -> Result<u64, PacketError> {
    let short = PacketError::Short(place);
    let (first, rest) = left.split_first().ok_or(short)?;
    let (size, least): (u64, u64) = match first {
        0xfd => (2, 0xfd),
        0xfe => (4, 0x1_0000),
        0xff => (8, 0x1_0000_0000),
        small => {
            *left = rest;
            return Ok(u64::from(*small));
        }
    };
    *left = rest;
    let number = take(left, size, place)?.iter().rev().fold(0, |number, byte| (number << 8) | u64::from(*byte));
    if number < least { Err(PacketError::Size(place)) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Place = Place::Global;

    #[test]
    fn a_compact_size_is_read_in_its_shortest_form_only() {
        let read = |mut bytes: &[u8]| compact(&mut bytes, AT);
        assert_eq!(read(&[0xfc]), Ok(0xfc));
        assert_eq!(read(&[0xfd, 0xfd, 0]), Ok(0xfd));
        assert_eq!(read(&[0xfd, 0xff, 0xff]), Ok(0xffff));
        assert_eq!(read(&[0xfe, 0, 0, 1, 0]), Ok(0x1_0000));
        assert_eq!(read(&[0xff, 0, 0, 0, 0, 1, 0, 0, 0]), Ok(0x1_0000_0000));
        for long in [&[0xfd, 0xfc, 0][..], &[0xfe, 0xff, 0xff, 0, 0], &[0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]] {
            assert_eq!(read(long), Err(PacketError::Size(AT)));
        }
        for short in [&[][..], &[0xfd, 1], &[0xfe, 1, 1, 1], &[0xff; 8]] {
            assert_eq!(read(short), Err(PacketError::Short(AT)));
        }
    }

    #[test]
    fn t13_a_length_that_lies_reserves_nothing() {
        let mut maps = Maps::of(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
        assert_eq!(maps.next(AT).unwrap_err(), PacketError::Short(AT));
        let mut maps = Maps::of(&[1, 0, 0xfe, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(maps.next(AT).unwrap_err(), PacketError::Short(AT));
    }

    #[test]
    fn t12_a_key_is_in_its_map_once() {
        let mut maps = Maps::of(&[2, 6, 9, 0, 1, 1, 0, 2, 6, 9, 1, 7, 0]);
        assert_eq!(maps.next(AT).unwrap_err(), PacketError::Twice { place: AT, kind: 6 });
        let mut maps = Maps::of(&[2, 6, 9, 0, 2, 6, 8, 0, 0, 2, 6, 9, 0, 0]);
        assert_eq!(maps.next(AT).unwrap().len(), 2);
        assert_eq!(maps.next(AT).unwrap().len(), 1);
        assert_eq!(maps.end(), Ok(()));
    }
}
