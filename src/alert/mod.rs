//! Alerts: rules about one instrument, and when each of them fires.
//!
//! A rule is a line of text, and that text in its printed form is its name everywhere: in the rule file, in the journal,
//! on the command line. The grammar:
//!
//! ```text
//! rule      = symbol [ "@" venue ] condition [ "once" | "every" span ] [ "note" quoted ]
//! condition = [ "mid" | "last" ] than number            the price: half way between bid and ask, or of the last trade
//!           | "spread" than number "bps"                best ask minus best bid, in basis points of the mid
//!           | "imbalance(" levels ")" than number       (bids − asks) / (bids + asks), −1 to 1
//!           | "move" span than number "%"               from the lowest or the highest price of so long, the farther
//!           | "volume" span than number                 what changed hands in so long
//!           | "funding" than number "%"                 of a perpetual, at its next payment
//!           | "stale" ">" span                          for how long the feed of the book has been silent
//!           | "book." field than number                 what `exchequer book --json` prints
//!           | "book.standing" "=" word                  live, stale, resync or waiting
//! field     = ( "bids." | "asks." ) row "." ( "price" | "quantity" )
//!           | "spread" | "spread_bps" | "mid" | "sequence" | "checksums.checked" | "checksums.failed"
//! than      = ">" | "<"
//! span      = whole number ( "s" | "m" | "h" | "d" )
//! quoted    = '"' text '"'                              with \" and \\ for those two signs
//! ```
//!
//! - A rule fires when its condition is known to hold; also the first time that it is looked at, because a crossing
//!   that happened while nobody looked is worse to miss than to be told of. It fires again only after it was known not
//!   to hold, `once` not even then; `every` tells again after so long while it holds, and never more often.
//! - What is not known neither fires nor arms: no price is taken from a book that is stale, out of step or crossed.
//! - No rule fires twice within [`Watch::GAP`].
//! - Pure: the market is looked at, the time comes in, memory is bounded whatever the window.

#![deny(clippy::float_arithmetic)]

mod file;
mod gauge;
mod limit;
mod read;
mod rule;
#[cfg(test)]
mod tests;
mod watch;
mod window;

pub use file::{FileError, read_file};
pub use gauge::{Unknown, Value};
pub use limit::Limit;
pub use read::RuleError;
pub use rule::{Column, Condition, Field, Gauge, Note, Repeat, Rule, Span, Standing, Than};
pub use watch::{Firing, Outcome, Phase, Watch};
