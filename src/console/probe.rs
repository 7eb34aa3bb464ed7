//! Asking the terminal whether it knows synchronized updates, and reading its answer among what is typed.
//!
//! Pure: bytes in, findings out. The question ends with one that every terminal answers, so that silence about the first
//! is known as soon as the second is answered. A terminal that answers neither is treated as one that ignores modes it
//! does not know, as terminals do.

use super::chord::{Chord, Key};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// DECRQM for mode 2026, then DA1.
pub const QUESTION: &[u8] = b"\x1b[?2026$p\x1b[c";

/// How long to wait for the answer; nothing else waits meanwhile.
pub const fn patience(ssh: bool) -> Duration {
    if ssh { Duration::from_millis(250) } else { Duration::from_millis(50) }
}

/// The setting for synchronized updates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncChoice {
    /// What the terminal answers.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

/// A text that is no setting for synchronized updates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no setting for synchronized updates; there are auto, on and off")]
pub struct SyncChoiceError(pub String);

impl FromStr for SyncChoice {
    type Err = SyncChoiceError;

    fn from_str(text: &str) -> Result<Self, SyncChoiceError> {
        match text {
            "auto" => Ok(Self::Auto),
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(SyncChoiceError(text.chars().take(40).collect())),
        }
    }
}

/// What the terminal said about synchronized updates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It knows them.
    Known,
    /// It does not, or never turns them on.
    Unknown,
    /// It did not say.
    Silence,
}

impl SyncChoice {
    /// Whether to use synchronized updates.
    pub const fn decide(self, answer: Answer) -> bool {
        match self {
            Self::On => true,
            Self::Off => false,
            Self::Auto => !matches!(answer, Answer::Unknown),
        }
    }
}

impl fmt::Display for SyncChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::On => "on",
            Self::Off => "off",
        })
    }
}

/// What was found in the bytes read so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Findings {
    /// The answer, so far.
    pub answer: Answer,
    /// Whether there is nothing more to wait for.
    pub complete: bool,
    /// Whether the bytes end within a sequence.
    pub cut: bool,
    /// Plain keys typed meanwhile, in order; arrows and the like are not among them.
    pub typed: Vec<Chord>,
}

/// Reads what came since the [`QUESTION`].
pub fn read(bytes: &[u8]) -> Findings {
    let mut found = Findings { answer: Answer::Silence, complete: false, cut: false, typed: Vec::new() };
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        if *first == 0x1b && after.first() == Some(&b'[') {
            let Some(end) = after.iter().skip(1).position(|b| (0x40..=0x7e).contains(b)) else {
                found.cut = true;
                break;
            };
            match after.get(1..end + 2).unwrap_or_default() {
                [b'?', b'2', b'0', b'2', b'6', b';', mode, b'$', b'y'] => {
                    found.answer = if matches!(mode, b'0' | b'4') { Answer::Unknown } else { Answer::Known };
                }
                [b'?', .., b'c'] => found.complete = true,
                _ => {}
            }
            rest = after.get(end + 2..).unwrap_or_default();
        } else {
            let length = rest.utf8_chunks().next().and_then(|c| c.valid().chars().next()).map_or(1, char::len_utf8);
            let (head, tail) = rest.split_at_checked(length).unwrap_or((rest, &[]));
            found.typed.extend(std::str::from_utf8(head).ok().and_then(|c| c.chars().next()).and_then(key));
            rest = tail;
        }
    }
    found
}

fn key(c: char) -> Option<Chord> {
    Some(match c {
        '\r' => Chord::key(Key::Enter),
        '\t' => Chord::key(Key::Tab),
        '\u{1b}' => Chord::key(Key::Esc),
        '\u{7f}' => Chord::key(Key::Backspace),
        '\u{1}'..='\u{1a}' => {
            let letter = char::from_u32(u32::from(c) + u32::from('a') - 1)?;
            Chord::new(Key::Char(letter), true, false, false)
        }
        c if c.is_control() => return None,
        c => Chord::key(Key::Char(c)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_told_apart() {
        assert_eq!(read(b"\x1b[?2026;2$y\x1b[?62;22c").answer, Answer::Known);
        assert_eq!(read(b"\x1b[?2026;1$y\x1b[?62;22c").answer, Answer::Known);
        assert_eq!(read(b"\x1b[?2026;0$y\x1b[?62;22c").answer, Answer::Unknown);
        assert_eq!(read(b"\x1b[?2026;4$y\x1b[?62;22c").answer, Answer::Unknown);
        let silent = read(b"\x1b[?6c");
        assert_eq!((silent.answer, silent.complete), (Answer::Silence, true));
        assert!(!read(b"\x1b[?2026;2$y").complete);
    }

    #[test]
    fn the_setting_decides_and_silence_means_on() {
        assert!(SyncChoice::Auto.decide(Answer::Silence));
        assert!(!SyncChoice::Auto.decide(Answer::Unknown));
        assert!(SyncChoice::On.decide(Answer::Unknown));
        assert!(!SyncChoice::Off.decide(Answer::Known));
        for text in ["auto", "on", "off"] {
            assert_eq!(text.parse::<SyncChoice>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_typed_meanwhile_is_kept() {
        let found = read("q\x1b[?2026;2$y\r\x03é\x1b[A/\x1b[?62c".as_bytes());
        let typed: Vec<_> = found.typed.iter().map(Chord::to_string).collect();
        assert_eq!(typed, ["q", "enter", "ctrl+c", "é", "/"]);
        assert!(found.complete && !found.cut);
    }

    #[test]
    fn an_answer_cut_in_two_is_waited_for() {
        let whole = b"\x1b[?2026;2$y\x1b[?62;22c";
        assert!(read(&whole[..7]).cut);
        assert!(read(&whole[..13]).cut);
        assert!(!read(&whole[..11]).cut);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..60)) {
            prop_assert!(read(&bytes).typed.len() <= bytes.len());
        }
    }
}
