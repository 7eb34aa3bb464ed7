//! A recorded Ledger: it plays a transcript (`.apdu`) and takes nothing but what was recorded, byte for byte.
//!
//! - A transcript has two lines for each exchange, `=> command` and `<= data and status word`, in hex; lines that start with
//!   `#` are comments.
//! - The question for the app's version (B0 01) is answered at any time where a comment `# app: NAME VERSION` tells it, as
//!   nobody asks a device for anything without it.
//! - A deviation is told by exchange, line and offset; no byte of either side is in the message.

use super::apdu::{Answer, ApduLink, LONGEST_ANSWER};
use crate::device::{DeviceError, Watch};
use bitcoin::hex::FromHex;
use std::collections::BTreeMap;

/// The most exchanges of a transcript. Signing for two inputs takes some 450.
const MOST_EXCHANGES: usize = 1 << 20;

/// The question for the app's version.
pub const VERSION_QUESTION: [u8; 5] = [0xb0, 1, 0, 0, 0];

/// One exchange, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Exchange {
    line: usize,
    command: Vec<u8>,
    answer: Answer,
}

/// What a transcript tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    exchanges: Vec<Exchange>,
    version: Option<Answer>,
}

impl Transcript {
    /// Reads a transcript.
    pub fn read(text: &str) -> Result<Self, DeviceError> {
        let mut read = Self::default();
        let mut command: Option<Vec<u8>> = None;
        for (at, line) in text.lines().enumerate() {
            let (line, number) = (line.trim(), at.saturating_add(1));
            let bad = |what: &str| DeviceError::Garbled(format!("line {number} of the transcript {what}"));
            if let Some(comment) = line.strip_prefix('#') {
                read.version = read.version.or_else(|| version(comment.trim()));
                continue;
            }
            if line.is_empty() {
                continue;
            }
            let (side, hex) = line.split_once(' ').ok_or_else(|| bad("has no bytes"))?;
            if hex.len() > 2 * LONGEST_ANSWER {
                return Err(bad("is longer than any exchange"));
            }
            let bytes = Vec::<u8>::from_hex(hex.trim()).map_err(|_| bad("is not hex"))?;
            match (side, command.take()) {
                ("=>", None) if bytes.len() >= 4 => command = Some(bytes),
                ("<=", Some(command)) if read.exchanges.len() < MOST_EXCHANGES => {
                    let answer = Answer::of(bytes).map_err(|_| bad("has no status word"))?;
                    read.exchanges.push(Exchange { line: number.saturating_sub(1), command, answer });
                }
                _ => return Err(bad("is not the next of an exchange")),
            }
        }
        match command {
            None if !read.exchanges.is_empty() => Ok(read),
            _ => Err(DeviceError::Garbled("the transcript ends too early".to_owned())),
        }
    }

    /// How many exchanges it has.
    pub fn len(&self) -> usize {
        self.exchanges.len()
    }

    /// Whether it has none: never, where it was read.
    pub fn is_empty(&self) -> bool {
        self.exchanges.is_empty()
    }

    /// What the host sent first.
    pub fn first(&self) -> &[u8] {
        self.exchanges.first().map_or(&[], |exchange| &exchange.command)
    }
}

/// The answer of an app that a comment names: `app: Bitcoin Test 2.4.6 (…)`.
fn version(comment: &str) -> Option<Answer> {
    let app = comment.strip_prefix("app:")?.split('(').next()?.trim();
    let (name, version) = app.rsplit_once(' ')?;
    version.parse::<crate::device::Version>().ok()?;
    let mut data = vec![1];
    for text in [name.trim(), version] {
        data.push(u8::try_from(text.len()).ok()?);
        data.extend(text.bytes());
    }
    data.extend([1, 0]);
    Some(Answer { data, status: super::apdu::OK })
}

/// A link to a transcript.
#[derive(Debug)]
pub struct Player {
    transcript: Transcript,
    at: usize,
    also: BTreeMap<Vec<u8>, Answer>,
}

impl Player {
    /// Plays a transcript.
    pub fn new(transcript: Transcript) -> Self {
        let version = transcript.version.clone();
        let also = version.into_iter().map(|answer| (VERSION_QUESTION.to_vec(), answer)).collect();
        Self { transcript, at: 0, also }
    }

    /// Answers the questions of another transcript at any time.
    #[must_use]
    pub fn also(mut self, other: &Transcript) -> Self {
        self.also.extend(other.exchanges.iter().map(|exchange| (exchange.command.clone(), exchange.answer.clone())));
        self
    }

    /// How many exchanges are still to come.
    pub fn left(&self) -> usize {
        self.transcript.len().saturating_sub(self.at)
    }
}

impl ApduLink for Player {
    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
        watch.check()?;
        let next = self.transcript.exchanges.get(self.at);
        if let Some(next) = next.filter(|next| next.command == apdu) {
            self.at = self.at.saturating_add(1);
            return Ok(next.answer.clone());
        }
        if let Some(answer) = self.also.get(apdu) {
            return Ok(answer.clone());
        }
        let number = self.at.saturating_add(1);
        Err(DeviceError::Garbled(match next {
            Some(Exchange { line, command, .. }) => {
                format!("exchange {number} of the recording (line {line}): {}", difference(command, apdu))
            }
            None => format!("the recording ends with exchange {}, and {} follows", self.at, head(apdu)),
        }))
    }
}

/// How two commands differ, without a byte of their data.
fn difference(recorded: &[u8], sent: &[u8]) -> String {
    if recorded.get(..4) != sent.get(..4) {
        return format!("recorded {}, sent {}", head(recorded), head(sent));
    }
    let offset = recorded.iter().zip(sent).take_while(|(a, b)| a == b).count();
    let (recorded_len, sent_len) = (recorded.len(), sent.len());
    format!("{}: byte {offset} differs; recorded {recorded_len} bytes, sent {sent_len}", head(recorded))
}

fn head(apdu: &[u8]) -> String {
    match apdu {
        [class, instruction, p1, p2, ..] => format!("{class:02x} {instruction:02x} {p1:02x} {p2:02x}"),
        _ => format!("{} bytes", apdu.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const TEXT: &str =
        "# a: b\n# app: Bitcoin Test 2.4.6 (somewhere)\n=> e105000000\n<= f5acc2fd9000\n\n=> e1000001020304\n<= 6985\n";

    fn watch() -> Watch {
        Watch::new(Duration::from_secs(9))
    }

    #[test]
    fn only_what_was_recorded_is_taken() {
        let mut player = Player::new(Transcript::read(TEXT).unwrap());
        let version = player.exchange(&VERSION_QUESTION, &watch()).unwrap();
        assert_eq!(version.data, b"\x01\x0cBitcoin Test\x052.4.6\x01\x00");
        assert_eq!(player.left(), 2);
        assert_eq!(player.exchange(&[0xe1, 5, 0, 0, 0], &watch()).unwrap().data, [0xf5, 0xac, 0xc2, 0xfd]);
        let error = player.exchange(&[0xe1, 0, 0, 1, 2, 3, 9], &watch()).unwrap_err();
        assert_eq!(
            error,
            DeviceError::Garbled(
                "exchange 2 of the recording (line 6): e1 00 00 01: byte 6 differs; recorded 7 bytes, sent 7".into()
            )
        );
        assert_eq!(player.exchange(&[0xe1, 0, 0, 1, 2, 3, 4], &watch()).unwrap().status, 0x6985);
        assert!(player.exchange(&VERSION_QUESTION, &watch()).is_ok());
        let error = player.exchange(&[0xe1, 0, 0, 1], &watch()).unwrap_err();
        assert_eq!(error, DeviceError::Garbled("the recording ends with exchange 2, and e1 00 00 01 follows".into()));
    }

    #[test]
    fn what_is_no_transcript_is_not_read() {
        for odd in [
            "",
            "# nothing\n",
            "=> e105000000\n",
            "<= 9000\n",
            "=> e1\n<= 9000\n",
            "=> e10500zz\n<= 9000",
            "=> e1050000\n<= 90\n",
        ] {
            assert!(matches!(Transcript::read(odd), Err(DeviceError::Garbled(_))), "{odd}");
        }
        let twice = "=> e1050000\n=> e1050000\n<= 9000\n";
        assert!(Transcript::read(twice).is_err());
    }
}
