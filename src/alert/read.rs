//! Reading a rule, as the grammar in the room's documentation says.

use super::rule::{Column, Condition, Field, Gauge, Note, Repeat, Rule, Span, Standing, Than};
use crate::market::{Side, Symbol, SymbolError, UnknownVenue, printable};
use crate::money::{Decimal, parse_decimal};
use std::str::FromStr;

/// No rule is longer; every rule that can be read prints shorter.
const LONGEST: usize = 1024;

/// Levels that no subscription goes beyond.
const DEEPEST: u16 = 1_000;

/// Why a text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// The symbol is none.
    #[error(transparent)]
    Symbol(#[from] SymbolError),
    /// The venue is none.
    #[error(transparent)]
    Venue(#[from] UnknownVenue),
    /// Something else should stand there.
    #[error("expected {expected}, not {}", if found.is_empty() { "the end" } else { found })]
    Expected {
        /// What should.
        expected: &'static str,
        /// What does, printable and cut.
        found: String,
    },
    /// The note cannot be kept.
    #[error("a note has one to {} printable characters and no space at its ends", Note::LONGEST)]
    Note,
    /// More text than any rule has.
    #[error("a rule has at most {LONGEST} bytes")]
    TooLong,
}

fn expected<T>(expected: &'static str, found: &str) -> Result<T, RuleError> {
    let found = printable(found).chars().take(40).collect();
    Err(RuleError::Expected { expected, found })
}

impl FromStr for Rule {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        if text.len() > LONGEST {
            return Err(RuleError::TooLong);
        }
        let mut words = Words { rest: text };
        let subject = words.next();
        let (symbol, venue) = subject.split_once('@').map_or((subject, None), |(s, v)| (s, Some(v)));
        let symbol = Symbol::new(symbol)?;
        let venue = venue.map(str::parse).transpose()?;
        let condition = condition(&mut words)?;
        let repeat = match words.peek() {
            "once" => {
                words.next();
                Repeat::Once
            }
            "every" => {
                words.next();
                Repeat::Every(words.next().parse()?)
            }
            _ => Repeat::Crossing,
        };
        let note = match words.peek() {
            "note" => {
                words.next();
                Some(words.quoted()?)
            }
            _ => None,
        };
        match words.peek() {
            "" => Ok(Self { symbol, venue, condition, repeat, note }),
            more => expected("the end, once, every or note", more),
        }
    }
}

fn condition(words: &mut Words<'_>) -> Result<Condition, RuleError> {
    let word = match words.peek() {
        ">" | "<" => "mid",
        _ => words.next(),
    };
    let gauge = match word {
        "mid" => Gauge::Mid,
        "last" => Gauge::Last,
        "spread" => Gauge::Spread,
        "move" => Gauge::Move(words.next().parse()?),
        "volume" => Gauge::Volume(words.next().parse()?),
        "funding" => Gauge::Funding,
        "stale" => {
            return match words.next() {
                ">" => Ok(Condition::Stale(words.next().parse()?)),
                other => expected(">", other),
            };
        }
        "book.standing" => {
            return match words.next() {
                "=" => Ok(Condition::Standing(words.next().parse()?)),
                other => expected("=", other),
            };
        }
        _ => match (word.strip_prefix("book."), word.strip_prefix("imbalance(")) {
            (Some(field), _) => Gauge::Field(field.parse()?),
            (_, Some(levels)) => match levels.strip_suffix(')').and_then(|levels| index(levels, 1)) {
                Some(levels) => Gauge::Imbalance(levels),
                None => return expected("imbalance(10), with a number of levels from 1 to 1000", word),
            },
            _ => {
                let known =
                    "> or <, mid, last, spread, imbalance(10), move 5m, volume 1m, stale, funding or book.FIELD";
                return expected(known, word);
            }
        },
    };
    let than = match words.next() {
        ">" => Than::Above,
        "<" => Than::Below,
        other => return expected("> or <", other),
    };
    let limit = limit(words.next(), gauge.unit())?;
    Ok(Condition::Number { gauge, than, limit })
}

fn limit(word: &str, unit: &'static str) -> Result<Decimal, RuleError> {
    let number = word.strip_suffix(unit).and_then(|number| parse_decimal(number).ok());
    match (number, unit) {
        (Some(number), _) => Ok(number),
        (None, "bps") => expected("a number of basis points, such as 5bps", word),
        (None, "%") => expected("a number of percent, such as 2%", word),
        (None, _) => expected("a number, such as 100000 or 0.5", word),
    }
}

/// A whole number from `least` up to [`DEEPEST`], written in one way only.
fn index(text: &str, least: u16) -> Option<u16> {
    let number = text.parse::<u16>().ok().filter(|number| (least..=DEEPEST).contains(number))?;
    (number.to_string() == text).then_some(number)
}

impl FromStr for Field {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let level = |side, rest: &str| {
            let (row, column) = rest.split_once('.')?;
            let column = match column {
                "price" => Column::Price,
                "quantity" => Column::Quantity,
                _ => return None,
            };
            Some(Self::Level(side, index(row, 0)?, column))
        };
        let field = match (text, text.strip_prefix("bids."), text.strip_prefix("asks.")) {
            (_, Some(rest), _) => level(Side::Bid, rest),
            (_, _, Some(rest)) => level(Side::Ask, rest),
            ("spread", ..) => Some(Self::Spread),
            ("spread_bps", ..) => Some(Self::SpreadBps),
            ("mid", ..) => Some(Self::Mid),
            ("sequence", ..) => Some(Self::Sequence),
            ("checksums.checked", ..) => Some(Self::Checked),
            ("checksums.failed", ..) => Some(Self::Failed),
            _ => None,
        };
        let known = "book.asks.0.price, book.bids.0.quantity, book.spread, book.spread_bps, book.mid, book.sequence, \
                     book.checksums.checked, book.checksums.failed or book.standing";
        field.map_or_else(|| expected(known, text), Ok)
    }
}

impl FromStr for Standing {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        match text {
            "live" => Ok(Self::Live),
            "stale" => Ok(Self::Stale),
            "resync" => Ok(Self::Resync),
            "waiting" => Ok(Self::Waiting),
            other => expected("live, stale, resync or waiting", other),
        }
    }
}

impl FromStr for Span {
    type Err = RuleError;

    fn from_str(text: &str) -> Result<Self, RuleError> {
        let units = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)];
        let read = units.into_iter().find_map(|(unit, secs)| {
            let count = text.strip_suffix(unit).filter(|count| count.bytes().all(|b| b.is_ascii_digit()))?;
            Self::from_secs(count.parse::<u32>().ok()?.checked_mul(secs)?)
        });
        read.map_or_else(|| expected("a time from 1s to 7d, such as 10s, 5m or 1h", text), Ok)
    }
}

/// What is still to be read, word by word; `<`, `>` and `=` are words wherever they stand.
struct Words<'a> {
    rest: &'a str,
}

impl<'a> Words<'a> {
    /// The next word; empty at the end.
    fn peek(&self) -> &'a str {
        let rest = self.rest.trim_start();
        let sign = |c: char| matches!(c, '<' | '>' | '=');
        let end = match rest.find(|c: char| c.is_whitespace() || sign(c)) {
            Some(0) => 1,
            Some(end) => end,
            None => rest.len(),
        };
        rest.get(..end).unwrap_or(rest)
    }

    fn next(&mut self) -> &'a str {
        let word = self.peek();
        let rest = self.rest.trim_start();
        self.rest = rest.get(word.len()..).unwrap_or_default();
        word
    }

    /// Text between quotation marks.
    fn quoted(&mut self) -> Result<Note, RuleError> {
        let Some(inside) = self.rest.trim_start().strip_prefix('"') else {
            return expected("a text in quotation marks", self.peek());
        };
        let mut text = String::new();
        let mut signs = inside.char_indices();
        while let Some((at, sign)) = signs.next() {
            match sign {
                '"' => {
                    self.rest = inside.get(at + 1..).unwrap_or_default();
                    return Note::new(&text);
                }
                '\\' => match signs.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    _ => return expected("\\\" or \\\\ in the note", "another \\"),
                },
                other => text.push(other),
            }
        }
        expected("a quotation mark at the end of the note", "")
    }
}
