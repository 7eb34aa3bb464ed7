//! Reading JSON straight off the frame: the few messages that make up nearly all of a market's traffic.
//!
//! A general parser first makes a tree, a struct or a float of what it reads. Books need none of those: a [`Scan`] walks
//! the text once, hands out what is asked for in the order in which it stands there, and turns levels into fixed-point
//! numbers on the way. Everything rarer is read with serde (see [`super::wire`]).
//!
//! - Members may come in any order and unknown ones are skipped, however deep, up to [`MAX_DEPTH`].
//! - A text that is not JSON is an error where that matters: nothing is read past a fault, and [`Scan::end`] sees that
//!   nothing follows. Inside of what is skipped only the structure is looked at.

mod levels;

#[cfg(test)]
mod tests;

use super::FrameError;
use crate::money::Fixed;
use std::borrow::Cow;

/// How deep a skipped value may be nested.
const MAX_DEPTH: usize = 64;

/// What is wrong with a text, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {at}")]
pub struct Fault {
    /// What was expected, or what was found.
    pub what: &'static str,
    /// Where, in bytes from the beginning.
    pub at: usize,
}

impl Fault {
    /// The fault as one of a kind of message.
    pub fn of(self, kind: &'static str) -> FrameError {
        FrameError::malformed(kind, &self)
    }
}

/// A place in a JSON text.
#[derive(Clone, Debug)]
pub struct Scan<'a> {
    text: &'a str,
    at: usize,
}

/// What stands between two quotes.
struct Inside<'a> {
    text: &'a str,
    escaped: bool,
}

impl<'a> Scan<'a> {
    /// The beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Reads an object. `member` is called with each name and must read its value.
    #[inline]
    pub fn object<E: From<Fault>>(
        &mut self,
        mut member: impl FnMut(&mut Self, &'a str) -> Result<(), E>,
    ) -> Result<(), E> {
        self.expect(b'{', "an object expected")?;
        if self.accept(b'}') {
            return Ok(());
        }
        loop {
            let name = self.plain_string()?;
            self.expect(b':', "a colon expected")?;
            member(self, name)?;
            if !self.accept(b',') {
                return Ok(self.expect(b'}', "the end of an object expected")?);
            }
        }
    }

    /// Reads a list. `element` is called for each element and must read it.
    #[inline]
    pub fn list<E: From<Fault>>(&mut self, mut element: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.expect(b'[', "a list expected")?;
        if self.accept(b']') {
            return Ok(());
        }
        loop {
            element(self)?;
            if !self.accept(b',') {
                return Ok(self.expect(b']', "the end of a list expected")?);
            }
        }
    }

    /// Reads a string. It is borrowed unless it holds escapes.
    pub fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        let begin = self.place();
        let inside = self.raw_string()?;
        if !inside.escaped {
            return Ok(Cow::Borrowed(inside.text));
        }
        let quoted = self.text.get(begin..self.at).unwrap_or_default();
        serde_json::from_str(quoted)
            .map(Cow::Owned)
            .map_err(|_| Fault { what: "an escape that means nothing", at: begin })
    }

    /// Reads a string as it stands there, if that is what comes next.
    #[inline]
    pub fn word_in_quotes(&mut self) -> Result<Option<&'a str>, Fault> {
        self.place();
        if self.peek() == Some(b'"') { Ok(Some(self.raw_string()?.text)) } else { Ok(None) }
    }

    /// Passes over exactly this text; `None`, and nothing is passed over, when something else comes.
    #[inline(always)]
    pub fn pass(&mut self, text: &str) -> Option<()> {
        self.rest().strip_prefix(text.as_bytes())?;
        self.at += text.len();
        Some(())
    }

    /// Reads a string that comes right here and has no escapes.
    #[inline]
    pub fn plain(&mut self) -> Option<&'a str> {
        self.raw_string().ok().filter(|inside| !inside.escaped).map(|inside| inside.text)
    }

    /// Reads a number, or a string that holds one and nothing else.
    #[inline]
    pub fn fixed(&mut self) -> Result<Fixed, Fault> {
        let quoted = self.accept(b'"');
        let begin = self.at;
        let fixed = match Fixed::prefix(self.rest()) {
            Some((fixed, length)) => {
                self.at += length;
                fixed
            }
            None => self.unusual_number()?,
        };
        if quoted && self.next() != Some(b'"') {
            return Err(Fault { what: "a number expected", at: begin });
        }
        Ok(fixed)
    }

    /// Reads a whole number that is not negative, or a string that holds one.
    #[inline]
    pub fn whole(&mut self) -> Result<u64, Fault> {
        let at = self.place();
        let fixed = self.fixed()?;
        let whole = fixed.rescaled(0).and_then(|units| u64::try_from(units).ok());
        whole.ok_or(Fault { what: "a whole number expected", at })
    }

    /// Reads `true` or `false`.
    pub fn flag(&mut self) -> Result<bool, Fault> {
        match self.value()? {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(Fault { what: "true or false expected", at: self.at }),
        }
    }

    /// Passes over `null` if that is what comes next.
    pub fn null(&mut self) -> bool {
        let place = self.place();
        let null = self.text.get(place..).is_some_and(|rest| rest.starts_with("null"));
        if null {
            self.at += "null".len();
        }
        null
    }

    /// Passes over a value and gives its text.
    pub fn value(&mut self) -> Result<&'a str, Fault> {
        let begin = self.place();
        self.skip()?;
        Ok(self.text.get(begin..self.at).unwrap_or_default())
    }

    /// Passes over a value.
    #[inline]
    pub fn skip(&mut self) -> Result<(), Fault> {
        match self.word_in_quotes()? {
            Some(_) => Ok(()),
            None => self.skip_nested(),
        }
    }

    fn skip_nested(&mut self) -> Result<(), Fault> {
        let mut open = [0u8; MAX_DEPTH];
        let mut depth = 0usize;
        loop {
            self.place();
            match self.peek() {
                Some(b'"') => _ = self.raw_string()?,
                Some(bracket @ (b'{' | b'[')) => {
                    let place = open.get_mut(depth).ok_or(Fault { what: "nested too deep", at: self.at })?;
                    *place = bracket + 2;
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(bracket @ (b'}' | b']')) => {
                    let matching = depth.checked_sub(1).and_then(|last| open.get(last)) == Some(&bracket);
                    if !matching {
                        return Err(self.fault("a bracket that was not opened"));
                    }
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') if depth > 0 => {
                    self.at += 1;
                    continue;
                }
                Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => self.word(),
                _ => return Err(self.fault("a value expected")),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    /// Sees that nothing follows.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.place();
        if self.at == self.text.len() { Ok(()) } else { Err(self.fault("something follows the message")) }
    }

    /// Takes this byte, or says what was expected instead.
    #[inline]
    pub fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Fault> {
        if self.accept(byte) { Ok(()) } else { Err(self.fault(what)) }
    }

    /// Takes this byte if it comes next.
    #[inline]
    pub fn accept(&mut self, byte: u8) -> bool {
        // Venues print without spaces: the byte is nearly always right here.
        if self.peek() != Some(byte) {
            self.place();
        }
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// The name of a member, as it stands there: the names that we look for hold no escapes.
    #[inline]
    fn plain_string(&mut self) -> Result<&'a str, Fault> {
        if self.peek() != Some(b'"') {
            self.place();
        }
        Ok(self.raw_string()?.text)
    }

    /// What stands between two quotes, escapes and all.
    #[inline]
    fn raw_string(&mut self) -> Result<Inside<'a>, Fault> {
        let (open, mut escaped) = (self.at, false);
        if self.next() != Some(b'"') {
            return Err(Fault { what: "a string expected", at: open });
        }
        let begin = self.at;
        loop {
            self.pass_plain();
            match self.next() {
                Some(b'"') => {
                    return Ok(Inside { text: self.text.get(begin..self.at - 1).unwrap_or_default(), escaped });
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                }
                Some(0..b' ') | None => return Err(Fault { what: "a string without an end", at: open }),
                Some(_) => {}
            }
        }
    }

    /// Passes over whole words of eight bytes in which a string cannot end.
    #[inline]
    fn pass_plain(&mut self) {
        const ONES: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        while let Some(word) = self.rest().first_chunk::<8>() {
            let word = u64::from_le_bytes(*word);
            // A byte of `x` is zero where its high bit is set here; see Hacker's Delight, 6-1.
            let zero = |x: u64| x.wrapping_sub(ONES) & !x & HIGH;
            let control = word.wrapping_sub(ONES * 0x20) & !word & HIGH;
            let stop = zero(word ^ (ONES * u64::from(b'"'))) | zero(word ^ (ONES * u64::from(b'\\'))) | control;
            if stop != 0 {
                // Borrows can only set bits behind the first true one.
                self.at += (stop.trailing_zeros() / 8) as usize;
                return;
            }
            self.at += 8;
        }
    }

    /// A number with an exponent, or with more digits than usual.
    #[cold]
    fn unusual_number(&mut self) -> Result<Fixed, Fault> {
        let begin = self.at;
        self.word();
        let text = self.text.get(begin..self.at).unwrap_or_default();
        text.parse().map_err(|_| Fault { what: "a number expected", at: begin })
    }

    /// Passes over what numbers and words are made of.
    fn word(&mut self) {
        while matches!(self.peek(), Some(b'-' | b'+' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E')) {
            self.at += 1;
        }
    }

    /// Passes over blanks; gives where the next thing begins.
    fn place(&mut self) -> usize {
        while matches!(self.peek(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.at
    }

    /// What has not been read.
    #[inline]
    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += usize::from(byte.is_some());
        byte
    }

    /// A fault at this place.
    pub fn fault(&self, what: &'static str) -> Fault {
        Fault { what, at: self.at }
    }
}
