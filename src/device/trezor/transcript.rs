//! A recorded conversation with a Trezor, played as a device.
//!
//! - Each line is a message: `=>` from the host or `<=` from the device, the number of its kind, its name, and its body
//!   in hex (`-` for none). Lines that begin with `#` are remarks.
//! - Strict: what is asked has to mean what was asked then, in that order. Before the first request that is not a
//!   greeting, greetings are answered as often as they come; and questions recorded for any time ([`Transcript::also`])
//!   are answered at any time.

use super::meaning::same;
use super::wire::{Message, Reader, kind};
use crate::device::link::report::{Report, Reports};
use crate::device::{DeviceError, Watch};
use crate::market::printable;
use bitcoin::hex::FromHex;
use std::collections::VecDeque;
use trezor_client::protos::{Cancel, EndSession, Failure, Features, GetFeatures, Initialize, Success};
use zeroize::Zeroizing;

/// The longest recording that is read, in bytes: a signature over a hundred large inputs has some megabytes.
pub const LONGEST: usize = 64 << 20;

/// A recording, and how far it was played.
pub struct Transcript {
    lines: Vec<Line>,
    next: usize,
    features: Vec<(u16, Message)>,
    also: Vec<(Message, Message)>,
    reader: Reader,
    waiting: VecDeque<Report>,
}

struct Line {
    from_host: bool,
    name: String,
    message: Message,
}

/// Why something is no recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranscriptError {
    /// It is too long.
    #[error("a recording has at most {LONGEST} bytes")]
    Long,
    /// A line is none.
    #[error("line {0} of the recording is no message")]
    Line(usize),
    /// It does not begin with a request.
    #[error("the recording does not begin with a request")]
    Begin,
    /// It is not one question and one answer.
    #[error("what may be asked at any time is one question and one answer")]
    Also,
}

impl Transcript {
    /// Reads a recording.
    pub fn read(text: &str) -> Result<Self, TranscriptError> {
        let mut lines = lines(text)?;
        let mut features = Vec::new();
        // The greeting is played as often as somebody greets.
        let mut greeting = 0;
        while let [ask, answer, ..] = lines.get(greeting..).unwrap_or_default()
            && ask.from_host
            && is_greeting(&ask.message)
            && !answer.from_host
            && (answer.message.is::<Features>() || answer.message.is::<Success>())
        {
            if answer.message.is::<Features>() {
                features.push((ask.message.kind, answer.message.clone()));
            }
            greeting = greeting.saturating_add(2);
        }
        lines.drain(..greeting);
        let (also, reader, waiting) = (Vec::new(), Reader::default(), VecDeque::new());
        Ok(Self { lines, next: 0, features, also, reader, waiting })
    }

    /// Adds a recorded question that may come at any time.
    pub fn also(mut self, text: &str) -> Result<Self, TranscriptError> {
        let mut other = Self::read(text)?.lines.into_iter();
        match (other.next(), other.next(), other.next()) {
            (Some(ask), Some(answer), None) if ask.from_host && !answer.from_host => {
                self.also.push((ask.message, answer.message));
                Ok(self)
            }
            _ => Err(TranscriptError::Also),
        }
    }

    /// Whether all of it was played.
    pub fn finished(&self) -> bool {
        self.next == self.lines.len()
    }

    fn heard(&mut self, ask: &Message) -> Result<(), DeviceError> {
        if self.next == 0
            && let Some(answer) = self.greeted(ask)?
        {
            return self.say(&answer);
        }
        let place = self.next;
        let expected = self.lines.get(place);
        if expected.is_some_and(|line| line.from_host && means(&line.message, ask)) {
            self.next = place.saturating_add(1);
            while let Some(line) = self.lines.get(self.next).filter(|line| !line.from_host) {
                let answer = line.message.clone();
                self.say(&answer)?;
                self.next = self.next.saturating_add(1);
            }
            return Ok(());
        }
        if let Some((_, answer)) = self.also.iter().find(|(question, _)| means(question, ask)) {
            let answer = answer.clone();
            return self.say(&answer);
        }
        let expected = expected.map_or_else(|| "nothing more".to_owned(), |line| line.name.clone());
        let message = format!("message {place} of the recording is {expected}, and {ask:?} means something else");
        Err(DeviceError::Garbled(message))
    }

    /// What is said to a greeting.
    fn greeted(&self, ask: &Message) -> Result<Option<Message>, DeviceError> {
        if self.lines.first().is_some_and(|line| means(&line.message, ask)) {
            return Ok(None);
        }
        if ask.is::<Initialize>() || ask.is::<GetFeatures>() {
            let exact = self.features.iter().find(|(kind, _)| *kind == ask.kind);
            return Ok(exact.or(self.features.first()).map(|(_, answer)| answer.clone()));
        }
        if ask.is::<EndSession>() {
            return Message::pack(&Success::default()).map(Some);
        }
        if ask.is::<Cancel>() {
            let mut failure = Failure::new();
            failure.set_code(trezor_client::protos::failure::FailureType::Failure_ActionCancelled);
            return Message::pack(&failure).map(Some);
        }
        Ok(None)
    }

    fn say(&mut self, answer: &Message) -> Result<(), DeviceError> {
        self.waiting.extend(answer.reports()?);
        Ok(())
    }
}

impl Reports for Transcript {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        match self.reader.take(report)? {
            Some(ask) => self.heard(&ask),
            None => Ok(()),
        }
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        watch.check()?;
        self.waiting.pop_front().ok_or_else(|| DeviceError::Disconnected("the recording says no more".to_owned()))
    }
}

fn is_greeting(message: &Message) -> bool {
    [kind::<Initialize>(), kind::<GetFeatures>(), kind::<EndSession>()].contains(&message.kind)
}

fn means(recorded: &Message, asked: &Message) -> bool {
    recorded.kind == asked.kind && same(recorded.kind, &recorded.body, &asked.body)
}

fn lines(text: &str) -> Result<Vec<Line>, TranscriptError> {
    if text.len() > LONGEST {
        return Err(TranscriptError::Long);
    }
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let read = read(line).ok_or(TranscriptError::Line(number.saturating_add(1)))?;
        lines.push(read);
    }
    if lines.first().is_some_and(|line| line.from_host) { Ok(lines) } else { Err(TranscriptError::Begin) }
}

fn read(line: &str) -> Option<Line> {
    let mut words = line.split_ascii_whitespace();
    let from_host = match words.next()? {
        "=>" => true,
        "<=" => false,
        _ => return None,
    };
    let (kind, name, body) = (words.next()?.parse().ok()?, words.next()?, words.next().unwrap_or("-"));
    let body = if body == "-" { Vec::new() } else { Vec::from_hex(body).ok()? };
    let message = Message { kind, body: Zeroizing::new(body) };
    words.next().is_none().then(|| Line { from_host, name: printable(name).into_owned(), message })
}
