//! Journals of ledger-cli and hledger, the simple ones. <https://hledger.org/hledger.html#journal>
//!
//! - Read are dated transactions with postings `Account  AMOUNT COMMODITY [@ PRICE | @@ TOTAL]`, of which one may lack its
//!   amount, comments, and `P` prices. Declarations of accounts, payees, tags and commodities are passed over. Whatever
//!   else there is (other directives, balance assertions, lots, virtual postings, expressions) is refused by its line.
//! - A transaction is one entry: the postings to accounts below a prefix are ours, and the other side says what it is. Fees
//!   are what goes to `Expenses` with `fee` or `commission` in its name; what comes from `Income` is a reward, or a
//!   dividend; what another of the `Assets` has is a transfer; anything else is a deposit or a withdrawal.
//! - A transaction has to come to nothing in every commodity, at its prices; two commodities without a price are a trade.
//! - Numbers have a point for decimals. A comma stands between thousands, and only before a point: what `1,234` is, nobody
//!   knows. A commodity is an asset by its name; a sign such as `$` names none.
//! - The id is made of the transaction as it is written: who changes its text makes another entry of it.

mod amount;
mod transaction;

use super::prints::Prints;
use super::{Item, Sink};
use crate::market::Timestamp;
use crate::money::Price;
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind};
use crate::portfolio::table::{TableError, Trouble};
use std::io::{BufRead, BufReader, Read};
use transaction::Transaction;

/// The longest line, in bytes.
const LONGEST: u64 = 64 << 10;

/// The most lines of one transaction.
const MOST_LINES: usize = 1000;

/// A line and those below it that are indented.
struct Block {
    line: u64,
    head: String,
    below: Vec<(u64, String)>,
}

/// Whether a text begins as a journal does: a line with a date, and an indented one below it.
pub(super) fn begins(text: &str) -> bool {
    let mut dated = false;
    for line in text.lines().take(500) {
        if dated && line.starts_with([' ', '\t']) && !line.trim().is_empty() {
            return true;
        }
        dated = line.split_once([' ', '\t']).is_some_and(|(date, _)| day(date).is_some());
    }
    false
}

pub(super) fn read(source: impl Read, account: &Account, prefix: &str, sink: Sink<'_>) -> Result<(), TableError> {
    let mut source = BufReader::new(source);
    let mut reading = Lines { account, prefix, prints: Prints::default(), block: None, comment: false };
    let (mut line, mut bytes) = (0, Vec::new());
    loop {
        line += 1;
        bytes.clear();
        let end = |trouble| Err(TableError { line, trouble });
        match source.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Err(error) => return end(Trouble::Io(error.to_string())),
            Ok(0) => break,
            Ok(count) if count as u64 == LONGEST => return end(Trouble::TooLong),
            Ok(_) => {}
        }
        match std::str::from_utf8(bytes.strip_prefix(b"\xef\xbb\xbf").filter(|_| line == 1).unwrap_or(&bytes)) {
            Ok(text) => reading.take(line, text.trim_end(), sink),
            Err(_) => {
                reading.block = None;
                sink(Item::Refused(TableError { line, trouble: Trouble::NotText }));
            }
        }
    }
    reading.close(sink);
    Ok(())
}

struct Lines<'a> {
    account: &'a Account,
    prefix: &'a str,
    prints: Prints,
    block: Option<Block>,
    /// Within `comment` and `end comment`.
    comment: bool,
}

impl Lines<'_> {
    fn take(&mut self, line: u64, text: &str, sink: Sink<'_>) {
        if self.comment {
            self.comment = text != "end comment";
            return;
        }
        if text.starts_with([' ', '\t']) {
            match &mut self.block {
                Some(block) if block.below.len() < MOST_LINES => block.below.push((line, text.trim().to_owned())),
                _ => sink(Item::Refused(TableError::refused(line, "an indented line below nothing".to_owned()))),
            }
            return;
        }
        self.close(sink);
        match text.chars().next() {
            None | Some(';' | '#' | '*' | '%' | '|') => {}
            Some(_) if text == "comment" => self.comment = true,
            Some(_) => self.block = Some(Block { line, head: text.to_owned(), below: Vec::new() }),
        }
    }

    /// Says what the lines since the last that was not indented are.
    fn close(&mut self, sink: Sink<'_>) {
        let Some(block) = self.block.take() else { return };
        let (word, rest) = block.head.split_once([' ', '\t']).unwrap_or((&block.head, ""));
        let found = match word {
            "account" | "payee" | "tag" => Ok(Item::Skipped { line: block.line, reason: "a declaration" }),
            "commodity" => commodity(&block, rest),
            "P" => self.price(&block, rest).map(|entry| Item::entry(block.line, entry)),
            _ => match day(word) {
                Some(at) => self.transaction(&block, at, rest),
                None => {
                    let shown: String = crate::market::printable(word).chars().take(40).collect();
                    let reason = format!("{shown:?} begins nothing that is understood here");
                    Err(TableError::refused(block.line, reason))
                }
            },
        };
        sink(found.unwrap_or_else(Item::Refused));
    }

    fn transaction(&mut self, block: &Block, at: Timestamp, rest: &str) -> Result<Item, TableError> {
        let transaction = Transaction::parse(&block.below)?;
        let Some((kind, legs)) = transaction.seen_from(self.prefix, block.line)? else {
            return Ok(Item::Skipped { line: block.line, reason: "no posting to the accounts that are read" });
        };
        let words = rest.split_once(';').map_or(rest, |(words, _)| words).trim_start_matches(['*', '!', ' ']).trim();
        let note = Some(words.chars().take(200).collect()).filter(|note: &String| !note.is_empty());
        let lines = std::iter::once(block.head.as_str()).chain(block.below.iter().map(|(_, text)| text.as_str()));
        let id = self.prints.id(lines);
        self.entry(block.line, &id, at, kind, legs, note).map(|entry| Item::entry(block.line, entry))
    }

    /// `P 2026-01-31 [12:00:00] BTC 50000 EUR`.
    fn price(&mut self, block: &Block, rest: &str) -> Result<Entry, TableError> {
        let wrong = |reason: &str| TableError::refused(block.line, reason.to_owned());
        let no_price = || wrong("a price is a date, a commodity and an amount of another");
        let (date, rest) = rest.trim().split_once([' ', '\t']).ok_or_else(no_price)?;
        let (time, rest) = match rest.trim_start().split_once([' ', '\t']) {
            Some((time, rest)) if time.contains(':') => (Some(time), rest),
            _ => (None, rest),
        };
        let mut at = day(date).ok_or_else(|| wrong("not a date, such as 2026-01-31"))?;
        if let Some(time) = time {
            let moment = format!("{}T{time}Z", at.to_string().trim_end_matches("T00:00:00Z"));
            at = moment.parse().map_err(|_| wrong("not a time, such as 12:00:00"))?;
        }
        let (asset, rest) = amount::commodity(rest.trim()).map_err(|reason| wrong(&reason))?;
        let price = amount::Amount::parse(rest).map_err(|reason| wrong(&reason))?;
        let id = self.prints.id([block.head.as_str()]);
        let kind = Kind::Price { asset, price: Price::new(price.number), currency: price.asset, until: None };
        self.entry(block.line, &id, at, kind, Vec::new(), None)
    }

    fn entry(
        &self,
        line: u64,
        id: &str,
        at: Timestamp,
        kind: Kind,
        legs: Vec<crate::portfolio::ledger::Leg>,
        note: Option<String>,
    ) -> Result<Entry, TableError> {
        let id = EntryId::new(id).map_err(|error| TableError::refused(line, error.to_string()))?;
        Ok(Entry { id, account: self.account.clone(), at, kind, legs, note })
    }
}

/// A declaration of a commodity: harmless while it does not say that numbers look otherwise.
fn commodity(block: &Block, rest: &str) -> Result<Item, TableError> {
    let below = block.below.iter().filter_map(|(line, text)| Some((*line, text.strip_prefix("format")?)));
    for (line, sample) in std::iter::once((block.line, rest)).chain(below) {
        let sample = sample.split(';').next().unwrap_or_default().trim();
        let number: String = sample.chars().filter(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
        if !number.is_empty() && amount::number(number.trim_end_matches('.')).is_err() {
            return Err(TableError::refused(line, "numbers with a comma for decimals are not read".to_owned()));
        }
    }
    Ok(Item::Skipped { line: block.line, reason: "a declaration" })
}

/// The beginning of a day: `2026-01-31`, `2026/1/31` or `2026.01.31`.
fn day(text: &str) -> Option<Timestamp> {
    let sign = text.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = text.split(sign).collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    let date = jiff::civil::Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    let moment = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    i64::try_from(moment.as_nanosecond()).ok().map(Timestamp::from_nanos)
}
