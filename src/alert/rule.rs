//! What a rule is, and its printed form.

use super::read::RuleError;
use crate::market::{Side, Symbol, VenueId, printable};
use crate::money::{Decimal, plain};
use std::fmt;
use std::time::Duration;

/// One alert. Its printed form is its name: two rules are the same when they print the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// About which instrument.
    pub symbol: Symbol,
    /// Where; the first place where it is watched when `None`, a simulated one excepted.
    pub venue: Option<VenueId>,
    /// When it fires.
    pub condition: Condition,
    /// How often.
    pub repeat: Repeat,
    /// What the person wants to be reminded of.
    pub note: Option<Note>,
}

/// What has to hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A number is above or below a limit; equal is neither.
    Number {
        /// Which number.
        gauge: Gauge,
        /// On which side of the limit.
        than: Than,
        /// The limit, in the gauge's unit.
        limit: Decimal,
    },
    /// The feed has been silent for longer.
    Stale(Span),
    /// The book stands like this.
    Standing(Standing),
}

/// A number of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// Half way between best bid and best ask.
    Mid,
    /// The price of the last trade.
    Last,
    /// The spread in basis points of the mid.
    Spread,
    /// The imbalance of so many levels a side.
    Imbalance(u16),
    /// The distance, in percent, from the lowest or the highest mid of so long, whichever is farther.
    Move(Span),
    /// What changed hands in so long.
    Volume(Span),
    /// The next funding, in percent.
    Funding,
    /// Something that `exchequer book --json` prints.
    Field(Field),
}

/// A number that `exchequer book --json` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named as they are printed")]
pub enum Field {
    Level(Side, u16, Column),
    Spread,
    SpreadBps,
    Mid,
    Sequence,
    Checked,
    Failed,
}

/// A number of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are named as they are printed")]
pub enum Column {
    Price,
    Quantity,
}

/// How a book stands, as `exchequer book --json` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In step.
    Live,
    /// In step, but silent.
    Stale,
    /// Out of step.
    Resync,
    /// Not there yet.
    Waiting,
}

/// On which side of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Than {
    /// Larger.
    Above,
    /// Smaller.
    Below,
}

/// How often a rule fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// Each time that it holds after it did not.
    Crossing,
    /// Once and never again.
    Once,
    /// Again and again while it holds, and not more often than this.
    Every(Span),
}

/// A length of time in whole seconds, from one second to seven days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u32);

/// Printable text of at most [`Note::LONGEST`] characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note(Box<str>);

impl Rule {
    /// Whether the rule is about this place. A rule that names no venue never means the simulated one, so that a demo
    /// does not use up what waits for the market.
    pub fn means(&self, venue: VenueId, symbol: &Symbol) -> bool {
        self.symbol == *symbol && self.venue.map_or(venue != VenueId::Sim, |named| named == venue)
    }
}

impl Than {
    /// Whether `value` is on this side of `limit`.
    pub fn holds(self, value: Decimal, limit: Decimal) -> bool {
        match self {
            Self::Above => value > limit,
            Self::Below => value < limit,
        }
    }
}

impl Gauge {
    /// What stands behind its numbers.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Spread => "bps",
            Self::Move(_) | Self::Funding => "%",
            _ => "",
        }
    }
}

impl Span {
    /// The longest.
    pub const LONGEST: Self = Self(7 * 86_400);

    /// So many seconds; `None` when that is not a length that a rule may have.
    pub const fn from_secs(secs: u32) -> Option<Self> {
        if secs > 0 && secs <= Self::LONGEST.0 { Some(Self(secs)) } else { None }
    }

    /// The length.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }
}

impl Note {
    /// The most characters.
    pub const LONGEST: usize = 100;

    /// Keeps a note that is not empty, not too long and printable as it is.
    pub fn new(text: &str) -> Result<Self, RuleError> {
        let count = text.chars().count();
        if count == 0 || count > Self::LONGEST || text.trim() != text || printable(text) != text {
            return Err(RuleError::Note);
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.symbol)?;
        if let Some(venue) = self.venue {
            write!(f, "@{venue}")?;
        }
        write!(f, " {}", self.condition)?;
        match self.repeat {
            Repeat::Crossing => {}
            Repeat::Once => f.write_str(" once")?,
            Repeat::Every(span) => write!(f, " every {span}")?,
        }
        match &self.note {
            Some(note) => write!(f, " note \"{}\"", note.as_str().replace('\\', "\\\\").replace('"', "\\\"")),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { gauge: Gauge::Mid, than, limit } => write!(f, "{than} {}", plain(*limit)),
            Self::Number { gauge, than, limit } => write!(f, "{gauge} {than} {}{}", plain(*limit), gauge.unit()),
            Self::Stale(span) => write!(f, "stale > {span}"),
            Self::Standing(standing) => write!(f, "book.standing = {standing}"),
        }
    }
}

impl fmt::Display for Gauge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mid => f.write_str("mid"),
            Self::Last => f.write_str("last"),
            Self::Spread => f.write_str("spread"),
            Self::Imbalance(levels) => write!(f, "imbalance({levels})"),
            Self::Move(span) => write!(f, "move {span}"),
            Self::Volume(span) => write!(f, "volume {span}"),
            Self::Funding => f.write_str("funding"),
            Self::Field(field) => write!(f, "book.{field}"),
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(side, row, column) => {
                let side = if *side == Side::Bid { "bids" } else { "asks" };
                write!(f, "{side}.{row}.{}", if *column == Column::Price { "price" } else { "quantity" })
            }
            Self::Spread => f.write_str("spread"),
            Self::SpreadBps => f.write_str("spread_bps"),
            Self::Mid => f.write_str("mid"),
            Self::Sequence => f.write_str("sequence"),
            Self::Checked => f.write_str("checksums.checked"),
            Self::Failed => f.write_str("checksums.failed"),
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Live => "live",
            Self::Stale => "stale",
            Self::Resync => "resync",
            Self::Waiting => "waiting",
        })
    }
}

impl fmt::Display for Than {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Above { ">" } else { "<" })
    }
}

impl fmt::Display for Span {
    /// In the largest unit that it is a whole number of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
        match units.into_iter().find(|(secs, _)| self.0.is_multiple_of(*secs)) {
            Some((secs, unit)) => write!(f, "{}{unit}", self.0 / secs),
            None => write!(f, "{}s", self.0),
        }
    }
}
