//! UR: a PSBT as texts of the type `crypto-psbt`, or other bytes of the type `bytes`: one text alone, or a stream from which
//! any sufficient part will do.
//!
//! - The content is a byte string in CBOR, written in bytewords with a checksum.
//! - In a stream the first parts are the pieces themselves, those after them mixtures: a camera that missed some needs
//!   no second round of the same.
//!
//! The formats: <https://github.com/BlockchainCommons/Research/blob/master/papers/bcr-2020-005-ur.md> and
//! `bcr-2020-006-urtypes.md`.

use super::{ExchangeError, LONGEST_CODE};
use crate::treasury::bitcoin::psbt::LONGEST;
use ur::ur::Kind;
use ur::{Decoder, Encoder, Type};

/// The type of what is sent; `psbt` is its later name.
const TYPE: &str = "crypto-psbt";

/// The type of what is no PSBT.
const BYTES: &str = "bytes";

/// The types that are taken.
const TYPES: [&str; 3] = [TYPE, "psbt", BYTES];

/// The most pieces of a stream.
const MOST_PIECES: usize = 1_024;

/// How many parts of a stream are looked at for each piece before it is given up.
const MOST_EACH: usize = 8;

/// Letters around the pieces: `UR:CRYPTO-PSBT/1024-1024/`, and CBOR and a checksum in bytewords.
const AROUND: usize = 80;

/// A PSBT in texts of at most so many letters, in capitals as codes hold them best: one text, or the pieces of a stream
/// and then as many mixtures of them.
pub fn split(psbt: &[u8], longest: usize) -> Result<Vec<String>, ExchangeError> {
    texts(psbt, TYPE, longest)
}

/// The same with what is no PSBT, such as a Safe's transaction as JSON.
pub fn split_bytes(bytes: &[u8], longest: usize) -> Result<Vec<String>, ExchangeError> {
    texts(bytes, BYTES, longest)
}

fn texts(bytes: &[u8], kind: &'static str, longest: usize) -> Result<Vec<String>, ExchangeError> {
    let content = cbor(bytes);
    let single = ur::ur::try_encode(&content, &Type::Custom(kind)).map_err(|_| ExchangeError::Whole)?;
    let longest = longest.min(LONGEST_CODE);
    if single.len() <= longest {
        return Ok(vec![single.to_ascii_uppercase()]);
    }
    // A byte takes two letters.
    let piece = longest.checked_sub(AROUND).map_or(0, |letters| letters / 2);
    if piece < 10 {
        return Err(ExchangeError::Small(longest));
    }
    if content.len().div_ceil(piece) > MOST_PIECES {
        return Err(ExchangeError::Much);
    }
    let mut encoder = Encoder::new(&content, piece, kind).map_err(|_| ExchangeError::Whole)?;
    let count = encoder.fragment_count();
    let parts = (0..count.saturating_mul(2)).map(|_| encoder.next_part());
    let parts = parts.collect::<Result<Vec<_>, _>>().map_err(|_| ExchangeError::Whole)?;
    Ok(parts.into_iter().map(|part| part.to_ascii_uppercase()).collect())
}

/// Puts a stream together.
#[derive(Default)]
pub struct Join {
    decoder: Decoder,
    single: Option<Vec<u8>>,
    seen: usize,
}

impl Join {
    /// Takes the text of one code.
    pub fn take(&mut self, text: &str) -> Result<(), ExchangeError> {
        if text.len() > LONGEST_CODE {
            return Err(ExchangeError::Long);
        }
        let text = text.to_ascii_lowercase();
        let path = text.strip_prefix("ur:").ok_or(ExchangeError::Header)?;
        let (kind, rest) = path.split_once('/').ok_or(ExchangeError::Header)?;
        if !TYPES.contains(&kind) {
            return Err(ExchangeError::Kind);
        }
        let Some((part, _)) = rest.split_once('/') else {
            return match ur::ur::decode(&text) {
                Ok((Kind::SinglePart, content)) => {
                    self.single = Some(content);
                    Ok(())
                }
                _ => Err(ExchangeError::Body),
            };
        };
        let (_, count) = part.split_once('-').ok_or(ExchangeError::Header)?;
        // Checked before the decoder sees it, because that reserves as much as is claimed.
        let count = count.parse::<usize>().map_err(|_| ExchangeError::Header)?;
        if count > MOST_PIECES {
            return Err(ExchangeError::Much);
        }
        self.seen = self.seen.saturating_add(1);
        if self.seen > count.saturating_mul(MOST_EACH).saturating_add(MOST_EACH) {
            return Err(ExchangeError::Whole);
        }
        let known = self.decoder.fragment_count();
        match self.decoder.receive(&text) {
            Ok(()) => Ok(()),
            Err(_) if known != 0 && known != count => Err(ExchangeError::Other),
            Err(ur::ur::Error::UnexpectedType | ur::ur::Error::Fountain(ur::fountain::Error::InconsistentPart)) => {
                Err(ExchangeError::Other)
            }
            Err(_) => Err(ExchangeError::Body),
        }
    }

    /// How many pieces are known, and how many there are; nothing is known before the first.
    pub fn progress(&self) -> (usize, usize) {
        match &self.single {
            Some(_) => (1, 1),
            None => (self.decoder.resolved_fragment_count().unwrap_or(0), self.decoder.fragment_count()),
        }
    }

    /// The content, once it is known.
    pub fn whole(&self) -> Result<Option<Vec<u8>>, ExchangeError> {
        let content = match &self.single {
            Some(content) => Some(content.clone()),
            None => self.decoder.message().map_err(|_| ExchangeError::Whole)?,
        };
        content.map(|content| from_cbor(&content).map(<[u8]>::to_vec).ok_or(ExchangeError::Whole)).transpose()
    }
}

/// A byte string in CBOR.
fn cbor(bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len();
    let head = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 24 => vec![0x40 | short],
        (Ok(length), _) => vec![0x58, length],
        (_, Ok(length)) => [&[0x59][..], &length.to_be_bytes()].concat(),
        _ => [&[0x5a][..], &u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()].concat(),
    };
    [head.as_slice(), bytes].concat()
}

/// The byte string that is all of it; a tag before it (310, later 40310) says only what the type said.
fn from_cbor(content: &[u8]) -> Option<&[u8]> {
    let content = [&[0xd9, 0x01, 0x36][..], &[0xd9, 0x9d, 0x76]]
        .into_iter()
        .find_map(|tag| content.strip_prefix(tag))
        .unwrap_or(content);
    let (first, rest) = content.split_first()?;
    let size = match first {
        0x40..=0x57 => 0,
        0x58 => 1,
        0x59 => 2,
        0x5a => 4,
        _ => return None,
    };
    let (size, bytes) = rest.split_at_checked(size)?;
    let told = size.iter().fold(0_usize, |length, byte| (length << 8) | usize::from(*byte));
    let told = if size.is_empty() { usize::from(first & 0x1f) } else { told };
    if bytes.len() == told && told <= LONGEST { Some(bytes) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::treasury::bitcoin::example::devices;
    use crate::treasury::bitcoin::psbt::Version;
    use bitcoin::hex::FromHex;

    /// Of `bcr-2020-006-urtypes.md`, the example of `crypto-psbt`.
    const EXAMPLE: (&str, &str) = (
        "70736274ff01009a020000000258e87a21b56daf0c23be8e7070456c336f7cbaa5c8757924f545887bb2abdd750000000000ffffffff838d0427d0ec650a68aa46bb0b098aea4422c071b2ca78352a077959d07cea1d0100000000ffffffff0270aaf00800000000160014d85c2b71d0060b09c9886aeb815e50991dda124d00e1f5050000000016001400aea9a2e5f0f876a588df5546e8742d1d87008f000000000000000000",
        "ur:crypto-psbt/hdosjojkidjyzmadaenyaoaeaeaeaohdvsknclrejnpebncnrnmnjojofejzeojlkerdonspkpkkdkykfelokgprpyutkpaeaeaeaeaezmzmzmzmlslgaaditiwpihbkispkfgrkbdaslewdfycprtjsprsgksecdratkkhktikewdcaadaeaeaeaezmzmzmzmaojopkwtayaeaeaeaecmaebbtphhdnjstiambdassoloimwmlyhygdnlcatnbggtaevyykahaeaeaeaecmaebbaeplptoevwwtyakoonlourgofgvsjydpcaltaemyaeaeaeaeaeaeaeaeaebkgdcarh",
    );

    fn join<'a>(parts: impl IntoIterator<Item = &'a String>) -> Result<Option<Vec<u8>>, ExchangeError> {
        let mut join = Join::default();
        parts.into_iter().try_for_each(|part| join.take(part))?;
        join.whole()
    }

    #[test]
    fn the_published_example_is_written_and_read() {
        let psbt = Vec::<u8>::from_hex(EXAMPLE.0).unwrap();
        assert_eq!(split(&psbt, 1_000).unwrap(), [EXAMPLE.1.to_uppercase()]);
        assert_eq!(join([&EXAMPLE.1.to_owned()]), Ok(Some(psbt)));
    }

    #[test]
    fn a_stream_comes_together_from_any_sufficient_part_of_it() {
        for device in devices() {
            let psbt = device.signed().bytes(Version::V0);
            for longest in [120, 500, 2_000] {
                let parts = split(&psbt, longest).unwrap();
                assert!(parts.iter().all(|part| part.len() <= longest), "{}", device.name);
                assert_eq!(join(&parts), Ok(Some(psbt.clone())));
                assert_eq!(join(parts.iter().rev()), Ok(Some(psbt.clone())), "{}", device.name);
            }
            let parts = split(&psbt, 200).unwrap();
            let pieces = parts.len() / 2;
            let mut missed = parts.clone();
            missed.remove(pieces / 2);
            assert_eq!(join(&missed), Ok(Some(psbt.clone())), "{}", device.name);
            assert_eq!(join(&parts[..pieces / 2]), Ok(None));
        }
    }

    #[test]
    fn t13_hostile_parts_are_refused() {
        let take = |text: &str| Join::default().take(text);
        assert_eq!(take("ur:"), Err(ExchangeError::Header));
        assert_eq!(take("ur:crypto-seed/aeae"), Err(ExchangeError::Kind));
        assert_eq!(take("ur:crypto-psbt/zzzz"), Err(ExchangeError::Body));
        assert_eq!(take(&EXAMPLE.1.replace("hdos", "hdot")), Err(ExchangeError::Body));
        assert_eq!(take("ur:crypto-psbt/1/ae"), Err(ExchangeError::Header));
        assert_eq!(take("ur:crypto-psbt/1-4294967295/ae"), Err(ExchangeError::Much));
        assert_eq!(take("ur:crypto-psbt/0-0/ae"), Err(ExchangeError::Body));
        assert_eq!(take(&"u".repeat(5_000)), Err(ExchangeError::Long));
        // A part that says one count and holds another never comes to the decoder.
        let parts = split(&[7; 500], 200).unwrap();
        let lying = parts[0].replacen("1-", "1-9", 1);
        assert_eq!(take(&lying), Err(ExchangeError::Body));
        let others = split(&[8; 500], 200).unwrap();
        let mut both = Join::default();
        both.take(&parts[0]).unwrap();
        assert_eq!(both.take(&others[1]), Err(ExchangeError::Other));
        for _ in 0..MOST_EACH * parts.len() {
            let _ = both.take(&parts[0]);
        }
        assert_eq!(both.take(&parts[1]), Err(ExchangeError::Whole));
    }

    #[test]
    fn only_one_whole_byte_string_is_a_psbt() {
        for length in [0, 23, 24, 255, 256, 65_535, 65_536] {
            let bytes = vec![1; length];
            assert_eq!(from_cbor(&cbor(&bytes)), Some(bytes.as_slice()));
            assert_eq!(from_cbor(&[cbor(&bytes), vec![0]].concat()), None);
            let tagged = [vec![0xd9, 0x01, 0x36], cbor(&bytes)].concat();
            assert_eq!(from_cbor(&tagged), Some(bytes.as_slice()));
        }
        assert_eq!(from_cbor(&[0x5b, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(from_cbor(&[0x5a, 0xff, 0xff, 0xff, 0xff]), None);
        assert_eq!(from_cbor(&[]), None);
    }

    #[test]
    fn what_does_not_fit_is_said() {
        assert_eq!(split(&[0; 500], 90), Err(ExchangeError::Small(90)));
        assert_eq!(split(&vec![0; 2 << 20], 2_000), Err(ExchangeError::Much));
    }
}
