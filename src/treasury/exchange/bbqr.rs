//! BBQr: data as a series of QR codes, each with a header of eight letters, in any order.
//!
//! - `B$`, the encoding, the kind of file, how many parts (two digits in base 36) and which one this is, then the body.
//! - Out goes what is shortest: compressed and in base 32, or in base 32 alone. Receivers may look back no further than
//!   1 024 bytes when they inflate, so every 1 024 bytes are compressed apart.
//!
//! The protocol: <https://bbqr.org/BBQr.html>.

use super::{ExchangeError, LONGEST_CODE};
use crate::treasury::bitcoin::psbt::LONGEST;
use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress};
use std::io::Read;

/// The length of the header.
const HEADER: usize = 8;

/// The most parts that two digits in base 36 can count.
pub const MOST_PARTS: usize = 36 * 36 - 1;

/// How far back a receiver can look when it inflates.
const WINDOW: usize = 1 << 10;

/// The letters of base 32 (RFC 4648).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What a series holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A PSBT.
    Psbt,
    /// A transaction that is ready to be sent.
    Transaction,
    /// Text, such as a descriptor.
    Text,
    /// JSON, such as a Safe's transaction with its signatures.
    Json,
}

impl Kind {
    fn letter(self) -> u8 {
        match self {
            Self::Psbt => b'P',
            Self::Transaction => b'T',
            Self::Text => b'U',
            Self::Json => b'J',
        }
    }

    fn of(letter: u8) -> Result<Self, ExchangeError> {
        [Self::Psbt, Self::Transaction, Self::Text, Self::Json]
            .into_iter()
            .find(|kind| kind.letter() == letter)
            .ok_or(ExchangeError::Kind)
    }
}

/// How the body of a part is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Hex,
    Base32,
    /// Compressed (raw deflate), then as base 32.
    Compressed,
}

/// Splits data into texts of at most so many letters, all of one length but the last.
pub fn split(data: &[u8], kind: Kind, longest: usize) -> Result<Vec<String>, ExchangeError> {
    let small = ExchangeError::Small(longest);
    // Eight letters of base 32 are five bytes: a part has to decode on its own.
    let groups = longest.min(LONGEST_CODE).checked_sub(HEADER).ok_or(small)? / 8;
    let compressed = compress(data).filter(|compressed| compressed.len() < data.len());
    let (encoding, body) = match &compressed {
        Some(compressed) => (b'Z', compressed.as_slice()),
        None => (b'2', data),
    };
    let most = groups.saturating_mul(5);
    if most == 0 {
        return Err(small);
    }
    let count = body.len().div_ceil(most).max(1);
    if count > MOST_PARTS {
        return Err(ExchangeError::Much);
    }
    // As even as whole groups allow, so that the last one is not much smaller.
    let each = body.len().div_ceil(count).div_ceil(5).saturating_mul(5).max(5);
    let count = body.len().div_ceil(each).max(1);
    let mut parts = body.chunks(each).collect::<Vec<_>>();
    if parts.is_empty() {
        parts.push(&[]);
    }
    let head = |number: usize| {
        let letters = [encoding, kind.letter()].map(char::from);
        format!("B${}{}{}{}", letters[0], letters[1], base36(count), base36(number))
    };
    Ok(parts.into_iter().enumerate().map(|(number, part)| head(number) + &to_base32(part)).collect())
}

/// Puts a series together, whatever the order of its parts.
#[derive(Clone, Debug, Default)]
pub struct Join {
    head: Option<(Encoding, Kind)>,
    parts: Vec<Option<Vec<u8>>>,
    /// The length of all that came.
    length: usize,
}

impl Join {
    /// Takes the text of one code. One that came before is taken again without harm.
    pub fn take(&mut self, text: &str) -> Result<(), ExchangeError> {
        if text.len() > LONGEST_CODE {
            return Err(ExchangeError::Long);
        }
        let (head, body) = text.as_bytes().split_first_chunk::<HEADER>().ok_or(ExchangeError::Header)?;
        let [b'B', b'$', encoding, kind, count @ .., high, low] = *head else { return Err(ExchangeError::Header) };
        let encoding = match encoding {
            b'H' => Encoding::Hex,
            b'2' => Encoding::Base32,
            b'Z' => Encoding::Compressed,
            _ => return Err(ExchangeError::Header),
        };
        let kind = Kind::of(kind)?;
        let (count, number) = (from_base36(count)?, from_base36([high, low])?);
        if number >= count {
            return Err(ExchangeError::Header);
        }
        if self.head.is_some_and(|head| head != (encoding, kind) || self.parts.len() != count) {
            return Err(ExchangeError::Other);
        }
        let body = match encoding {
            Encoding::Hex => from_hex(body),
            Encoding::Base32 | Encoding::Compressed => from_base32(body),
        };
        let body = body.ok_or(ExchangeError::Body)?;
        if self.head.is_none() {
            self.head = Some((encoding, kind));
            self.parts = vec![None; count];
        }
        let place = self.parts.get_mut(number).ok_or(ExchangeError::Header)?;
        match place {
            Some(known) if *known != body => return Err(ExchangeError::Other),
            Some(_) => return Ok(()),
            None => {}
        }
        let length = self.length.saturating_add(body.len());
        if length > LONGEST {
            return Err(ExchangeError::Much);
        }
        (*place, self.length) = (Some(body), length);
        Ok(())
    }

    /// How many parts came, and how many there are; nothing is known before the first.
    pub fn progress(&self) -> (usize, usize) {
        (self.parts.iter().flatten().count(), self.parts.len())
    }

    /// What the series holds, once every part is there.
    pub fn whole(&self) -> Result<Option<(Kind, Vec<u8>)>, ExchangeError> {
        let (Some((encoding, kind)), Some(parts)) = (self.head, self.parts.iter().cloned().collect::<Option<Vec<_>>>())
        else {
            return Ok(None);
        };
        let data = parts.concat();
        let data = if encoding == Encoding::Compressed { inflate(&data)? } else { data };
        Ok(Some((kind, data)))
    }
}

/// Raw deflate, no part of which looks back further than a receiver can.
fn compress(data: &[u8]) -> Option<Vec<u8>> {
    let mut compress = Compress::new(Compression::best(), false);
    // Worse than stored it never gets by more than its blocks' headers.
    let mut out = Vec::with_capacity(data.len().saturating_add(data.len() / 64).saturating_add(256));
    let chunks = data.chunks(WINDOW);
    let last = chunks.len().saturating_sub(1);
    for (number, chunk) in chunks.enumerate() {
        let flush = if number == last { FlushCompress::Finish } else { FlushCompress::Full };
        let before = compress.total_in();
        compress.compress_vec(chunk, &mut out, flush).ok()?;
        let read = compress.total_in().saturating_sub(before);
        // What does not fit is not worth its compression.
        if read != u64::try_from(chunk.len()).ok()? || out.len() == out.capacity() {
            return None;
        }
    }
    if data.is_empty() { None } else { Some(out) }
}

/// Inflates within the limit, and wants nothing after the end.
fn inflate(data: &[u8]) -> Result<Vec<u8>, ExchangeError> {
    let mut out = Vec::new();
    let limit = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    let mut decoder = DeflateDecoder::new(data).take(limit);
    decoder.read_to_end(&mut out).map_err(|_| ExchangeError::Whole)?;
    if out.len() > LONGEST {
        return Err(ExchangeError::Much);
    }
    let read = usize::try_from(decoder.get_ref().total_in()).unwrap_or(usize::MAX);
    if read == data.len() { Ok(out) } else { Err(ExchangeError::Whole) }
}

/// Two digits.
fn base36(number: usize) -> String {
    let digit = |digit: usize| u32::try_from(digit % 36).ok().and_then(|digit| char::from_digit(digit, 36));
    [digit(number / 36), digit(number)].into_iter().flatten().map(|digit| digit.to_ascii_uppercase()).collect()
}

fn from_base36(digits: [u8; 2]) -> Result<usize, ExchangeError> {
    let digit = |digit: u8| char::from(digit).to_digit(36).filter(|_| !digit.is_ascii_lowercase());
    let [high, low] = digits.map(digit);
    let number = high.zip(low).map(|(high, low)| high * 36 + low).ok_or(ExchangeError::Header)?;
    usize::try_from(number).map_err(|_| ExchangeError::Header)
}

fn to_base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(8).div_ceil(5));
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut put = |bits: u32| text.extend(BASE32.get((bits & 31) as usize).copied().map(char::from));
    for byte in bytes {
        bits = ((bits << 8) | u32::from(*byte)) & 0xffff;
        held += 8;
        while held >= 5 {
            held -= 5;
            put(bits >> held);
        }
    }
    if held > 0 {
        put(bits << (5 - held));
    }
    text
}

/// Bytes of base 32 without padding; letters that no encoder leaves over are refused.
fn from_base32(letters: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(letters.len().saturating_mul(5) / 8);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for letter in letters {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'2'..=b'7' => letter - b'2' + 26,
            _ => return None,
        };
        bits = ((bits << 5) | u32::from(value)) & 0xfff;
        held += 5;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    let rest = bits & ((1 << held) - 1);
    if held < 5 && rest == 0 { Some(bytes) } else { None }
}

fn from_hex(letters: &[u8]) -> Option<Vec<u8>> {
    let digit = |letter: u8| char::from(letter).to_digit(16).filter(|_| !letter.is_ascii_lowercase());
    let (pairs, rest) = letters.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| u8::try_from(digit(*high)? * 16 + digit(*low)?).ok();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treasury::bitcoin::example::devices;
    use crate::treasury::bitcoin::psbt::{Packet, Version};

    fn join(parts: impl IntoIterator<Item = String>) -> Result<Option<(Kind, Vec<u8>)>, ExchangeError> {
        let mut join = Join::default();
        parts.into_iter().try_for_each(|part| join.take(&part))?;
        join.whole()
    }

    #[test]
    fn what_is_split_comes_together_in_any_order() {
        for device in devices() {
            let data = device.signed().bytes(Version::V0);
            for longest in [40, 114, 500, 4_296] {
                let mut parts = split(&data, Kind::Psbt, longest).unwrap();
                assert!(parts.iter().all(|part| part.len() <= longest), "{}", device.name);
                assert!(parts.iter().rev().skip(1).all(|part| part.len() == parts[0].len()));
                let half = parts.len() / 2;
                parts.rotate_left(half);
                parts.reverse();
                parts.push(parts[0].clone());
                let (kind, joined) = join(parts).unwrap().unwrap();
                assert_eq!((kind, &joined), (Kind::Psbt, &data));
                assert_eq!(Packet::read(&joined).unwrap(), device.signed());
            }
        }
        for length in [0, 1, 4, 5, 6, 1_023, 1_024, 1_025, 5_000] {
            let data = (0..length).map(|n| (n * 7 % 251) as u8).collect::<Vec<_>>();
            assert_eq!(join(split(&data, Kind::Text, 100).unwrap()), Ok(Some((Kind::Text, data))), "{length}");
        }
    }

    /// Made with zlib (`wbits=-10`) and split as Coinkite's own tool does.
    #[test]
    fn every_encoding_of_others_is_read() {
        let made: serde_json::Value =
            serde_json::from_str(include_str!("../../../tests/fixtures/bitcoin/bbqr.json")).unwrap();
        let data = devices()[0].packet().psbt;
        for encoding in ["H", "2", "Z"] {
            let parts = made[encoding].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned());
            let parts = parts.rev().collect::<Vec<_>>();
            assert!(parts.len() > 2 && parts[0].starts_with(&format!("B${encoding}P")));
            let (kind, joined) = join(parts).unwrap().unwrap();
            assert_eq!((kind, Packet::read(&joined).unwrap().psbt), (Kind::Psbt, data.clone()), "{encoding}");
        }
    }

    /// Small receivers keep no more than 1 024 bytes of what they inflated.
    #[test]
    fn no_part_looks_back_further_than_small_receivers_can() {
        let block = (0..=255_u8).cycle().map(|n| n.wrapping_mul(167)).take(WINDOW).collect::<Vec<_>>();
        let data = [block.clone(), block.clone(), block].concat();
        let compressed = compress(&data).unwrap();
        let mut small = flate2::Decompress::new(false);
        let mut out = Vec::with_capacity(data.len() + 1);
        small.decompress_vec(&compressed, &mut out, flate2::FlushDecompress::Finish).unwrap();
        assert_eq!(out, data);
        // Were it to look back, the second and third block would take nearly nothing.
        assert!(compressed.len() > 2 * compress(&data[..WINDOW]).unwrap().len());
    }

    #[test]
    fn t13_hostile_parts_are_refused() {
        let take = |text: &str| Join::default().take(text);
        assert_eq!(take(""), Err(ExchangeError::Header));
        assert_eq!(take("B$2P010"), Err(ExchangeError::Header));
        assert_eq!(take("C$2P0100"), Err(ExchangeError::Header));
        assert_eq!(take("B$9P0100"), Err(ExchangeError::Header));
        assert_eq!(take("B$2X0100"), Err(ExchangeError::Kind));
        assert_eq!(take("B$2P0000"), Err(ExchangeError::Header));
        assert_eq!(take("B$2P0101"), Err(ExchangeError::Header));
        assert_eq!(take("B$2P0z00"), Err(ExchangeError::Header));
        assert_eq!(take("B$2P0100a"), Err(ExchangeError::Body));
        assert_eq!(take("B$2P0100A"), Err(ExchangeError::Body));
        assert_eq!(take("B$2P0100AB"), Err(ExchangeError::Body));
        assert_eq!(take("B$2P0100AA"), Ok(()));
        assert_eq!(take("B$HP0100ABC"), Err(ExchangeError::Body));
        assert_eq!(take(&format!("B$HP0100{}", "0".repeat(4_290))), Err(ExchangeError::Long));
        let mut two = Join::default();
        two.take("B$HP020000").unwrap();
        for other in ["B$HP030100", "B$2P0201AA", "B$HT020100", "B$HP020001"] {
            assert_eq!(two.take(other), Err(ExchangeError::Other), "{other}");
        }
        assert_eq!((two.progress(), two.whole()), ((1, 2), Ok(None)));
        assert_eq!(join(["B$ZP0100AAAA".to_owned()]), Err(ExchangeError::Whole));
    }

    #[test]
    fn t13_what_inflates_beyond_the_limit_is_refused() {
        let bomb = |length: usize| {
            let mut parts = split(&vec![0; length], Kind::Psbt, 4_296).unwrap();
            assert!(parts.iter().all(|part| part.starts_with("B$Z")));
            join(std::mem::take(&mut parts))
        };
        assert!(bomb(LONGEST).unwrap().is_some());
        assert_eq!(bomb(LONGEST + 1), Err(ExchangeError::Much));
        let mut after = compress(&[0; 100]).unwrap();
        after.push(0);
        assert_eq!(inflate(&after), Err(ExchangeError::Whole));
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(split(&[0; 10], Kind::Psbt, 7), Err(ExchangeError::Small(7)));
        assert_eq!(split(&[0; 10], Kind::Psbt, 15), Err(ExchangeError::Small(15)));
        let mut state = 1_u64;
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        });
        let random = random.take(7_000).collect::<Vec<_>>();
        assert_eq!(split(&random, Kind::Psbt, 16), Err(ExchangeError::Much));
    }
}
