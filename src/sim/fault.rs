//! Faults that are made on purpose, so that whoever watches the venue can prove that it notices.
//!
//! - Faults are drawn from the seed and the number of the connection: the same messages meet the same faults.
//! - A fault hits messages of channels, never answers to requests.

use super::dice::Dice;
use super::frame::Frame;
use crate::money::{Decimal, parse_decimal};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How long a stalled connection stays silent. Nothing is lost: all of it comes late.
pub const STALL: Duration = Duration::from_secs(5);

/// How many book updates in a row are lost in a gap.
pub const GAP: u32 = 5;

/// Chances are counted in millionths.
const MILLION: i64 = 1_000_000;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trouble {
    /// One book update is not sent.
    Drop,
    /// Five book updates in a row are not sent.
    Gap,
    /// A book update carries a wrong checksum.
    CorruptChecksum,
    /// Nothing is sent for five seconds, while the connection lives.
    Stall,
    /// The connection ends without a word.
    Disconnect,
    /// A frame that is not a message comes before the message.
    Garbage,
}

impl Trouble {
    /// All of them, with their names.
    pub const ALL: [(&'static str, Self); 6] = [
        ("drop", Self::Drop),
        ("gap", Self::Gap),
        ("corrupt-checksum", Self::CorruptChecksum),
        ("stall", Self::Stall),
        ("disconnect", Self::Disconnect),
        ("garbage", Self::Garbage),
    ];
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(_, trouble)| trouble == self).map(|(name, _)| *name);
        f.pad(name.unwrap_or_default())
    }
}

/// Something that goes wrong, and how likely that is with each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub trouble: Trouble,
    /// How many times in a million messages.
    pub per_million: i64,
}

/// Why a text names no fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// There is no rate.
    #[error("{0:?} has no rate: write KIND@RATE, such as drop@0.01 for one message in a hundred")]
    NoRate(String),
    /// No such kind.
    #[error("there is no fault {0:?}; known are: drop, gap, corrupt-checksum, stall, disconnect, garbage")]
    Unknown(String),
    /// The rate is no probability.
    #[error("{0:?} is no rate: write a number from 0.000001 to 1")]
    Rate(String),
}

impl FromStr for Fault {
    type Err = FaultError;

    /// Reads `drop@0.01`.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let shown = |text: &str| crate::market::printable(text).chars().take(60).collect::<String>();
        let (name, rate) = text.split_once('@').ok_or_else(|| FaultError::NoRate(shown(text)))?;
        let known = Trouble::ALL.into_iter().find(|(known, _)| *known == name);
        let (_, trouble) = known.ok_or_else(|| FaultError::Unknown(shown(name)))?;
        let share = parse_decimal(rate).ok().and_then(|share| share.checked_mul(Decimal::from(MILLION)));
        let per_million = share.and_then(|share| i64::try_from(share).ok());
        let per_million = per_million.filter(|chances| (1..=MILLION).contains(chances));
        Ok(Self { trouble, per_million: per_million.ok_or_else(|| FaultError::Rate(shown(rate)))? })
    }
}

/// What goes out to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// A frame.
    Frame(Frame),
    /// Silence, so long.
    Stall(Duration),
    /// The end, without a word.
    Cut,
}

/// How often each kind of trouble was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Injected {
    counts: [u64; Trouble::ALL.len()],
}

impl Injected {
    /// How often this was made.
    pub fn count(&self, trouble: Trouble) -> u64 {
        let place = Trouble::ALL.iter().position(|(_, known)| *known == trouble);
        place.and_then(|place| self.counts.get(place)).copied().unwrap_or(0)
    }

    /// Kinds with their counts, those that happened only.
    pub fn iter(&self) -> impl Iterator<Item = (Trouble, u64)> {
        Trouble::ALL.into_iter().zip(self.counts).map(|((_, trouble), count)| (trouble, count)).filter(|(_, n)| *n > 0)
    }

    fn add(&mut self, trouble: Trouble) {
        for ((_, known), count) in Trouble::ALL.into_iter().zip(&mut self.counts) {
            *count += u64::from(known == trouble);
        }
    }
}

/// Makes the faults of one connection.
#[derive(Clone, Debug)]
pub struct Injector {
    faults: Vec<Fault>,
    dice: Dice,
    gap: u32,
}

impl Injector {
    /// For the connection of this number.
    pub fn new(faults: &[Fault], seed: u64, connection: u64) -> Self {
        Self { faults: faults.to_vec(), dice: Dice::new(!seed, connection), gap: 0 }
    }

    /// Sends a message, or what becomes of it. `update` tells that it changes a book.
    pub fn send(&mut self, frame: &Frame, update: bool, out: &mut Vec<Outgoing>, injected: &mut Injected) {
        let mut frame = frame.clone();
        let mut lost = update && self.gap > 0;
        self.gap -= u32::from(lost);
        for fault in &self.faults {
            if lost || !self.dice.happens(fault.per_million, MILLION) {
                continue;
            }
            match fault.trouble {
                Trouble::Drop if update => lost = true,
                Trouble::Gap if update => (lost, self.gap) = (true, GAP - 1),
                Trouble::CorruptChecksum if update => frame = corrupted(&frame),
                Trouble::Drop | Trouble::Gap | Trouble::CorruptChecksum => continue,
                Trouble::Stall => out.push(Outgoing::Stall(STALL)),
                Trouble::Disconnect => out.push(Outgoing::Cut),
                Trouble::Garbage => out.push(Outgoing::Frame(garbage(&frame, &mut self.dice))),
            }
            injected.add(fault.trouble);
        }
        if !lost {
            out.push(Outgoing::Frame(frame));
        }
    }
}

/// The same book with another checksum.
fn corrupted(frame: &str) -> Frame {
    let Some((before, after)) = frame.rsplit_once(r#""checksum":"#) else { return frame.into() };
    let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    let (number, rest) = after.split_at(end);
    let wrong = number.parse::<u32>().map_or(0, |checksum| !checksum);
    format!(r#"{before}"checksum":{wrong}{rest}"#).into()
}

/// Frames that no client can understand: cut off, not JSON, or with something else where a number belongs.
fn garbage(frame: &str, dice: &mut Dice) -> Frame {
    let length = i64::try_from(frame.len()).unwrap_or(0);
    match dice.below(4) {
        0 => frame.chars().take(usize::try_from(1 + dice.below(length - 1)).unwrap_or(1)).collect::<String>().into(),
        1 => (0..40).filter_map(|_| u8::try_from(33 + dice.below(94)).ok()).map(char::from).collect::<String>().into(),
        2 => r#"{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":"#.into(),
        _ => r#"{"channel":"trade","type":"update","data":[{"symbol":7,"price":"\u001b[2J"}]}"#.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOOK: &str = r#"{"channel":"book","type":"update","data":[{"checksum":17,"timestamp":"t"}]}"#;

    fn run(faults: &[&str], messages: usize, update: bool) -> (Vec<Outgoing>, Injected) {
        let faults: Vec<Fault> = faults.iter().map(|text| text.parse().unwrap()).collect();
        let mut injector = Injector::new(&faults, 3, 1);
        let (mut out, mut injected) = (Vec::new(), Injected::default());
        for _ in 0..messages {
            injector.send(&BOOK.into(), update, &mut out, &mut injected);
        }
        (out, injected)
    }

    #[test]
    fn faults_are_named_with_a_rate() {
        let fault = |text: &str| text.parse::<Fault>();
        assert_eq!(fault("gap@0.25"), Ok(Fault { trouble: Trouble::Gap, per_million: 250_000 }));
        assert_eq!(fault("stall@1"), Ok(Fault { trouble: Trouble::Stall, per_million: 1_000_000 }));
        assert!(matches!(fault("gap"), Err(FaultError::NoRate(_))));
        assert!(matches!(fault("gasp@1"), Err(FaultError::Unknown(_))));
        for rate in ["", "0", "1.1", "-1", "0.0000001", "often"] {
            assert!(matches!(fault(&format!("drop@{rate}")), Err(FaultError::Rate(_))), "{rate}");
        }
        for (name, trouble) in Trouble::ALL {
            assert_eq!(trouble.to_string(), name);
        }
    }

    #[test]
    fn without_faults_every_message_arrives_as_it_is() {
        let (out, injected) = run(&[], 10, true);
        assert_eq!(out, vec![Outgoing::Frame(BOOK.into()); 10]);
        assert_eq!(injected.iter().count(), 0);
    }

    #[test]
    fn as_often_as_asked_and_the_same_every_time() {
        let (out, injected) = run(&["drop@0.1"], 10_000, true);
        let lost = injected.count(Trouble::Drop);
        assert!((800..1_200).contains(&lost), "{lost}");
        assert_eq!(out.len() as u64, 10_000 - lost);
        assert_eq!((out, injected), run(&["drop@0.1"], 10_000, true));
        let (out, injected) = run(&["gap@0.001"], 10_000, true);
        assert_eq!(out.len() as u64, 10_000 - u64::from(GAP) * injected.count(Trouble::Gap));
    }

    #[test]
    fn only_book_updates_are_lost_or_changed() {
        let (out, injected) = run(&["drop@1", "gap@1", "corrupt-checksum@1"], 5, false);
        assert_eq!((out.len(), injected.iter().count()), (5, 0));
        let (out, _) = run(&["corrupt-checksum@1"], 1, true);
        assert_eq!(out, [Outgoing::Frame(BOOK.replace("17", "4294967278").into())]);
    }

    #[test]
    fn the_other_faults_stand_before_the_message() {
        let frame = Outgoing::Frame(BOOK.into());
        assert_eq!(run(&["stall@1"], 1, false).0, [Outgoing::Stall(STALL), frame.clone()]);
        assert_eq!(run(&["disconnect@1"], 1, false).0, [Outgoing::Cut, frame]);
        for out in run(&["garbage@1"], 200, true).0.chunks(2) {
            let [Outgoing::Frame(garbage), Outgoing::Frame(_)] = out else { panic!("{out:?}") };
            let kraken = &mut crate::venue::kraken::Kraken::new(crate::market::VenueId::Sim);
            let at = crate::market::Timestamp::from_secs(1);
            assert!(crate::venue::Dialect::receive(kraken, garbage, at, &mut Vec::new()).is_err(), "{garbage}");
        }
    }
}
