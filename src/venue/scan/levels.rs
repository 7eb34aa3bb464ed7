//! Levels of books, in the shapes in which venues write them.

use super::{Fault, Scan};
use crate::market::Change;
use crate::money::Fixed;

/// About so many bytes of a frame make a level, over both sides.
const BYTES_PER_LEVEL: usize = 48;

/// Few changes have more levels a side. A frame that is full of short lists shall not make us reserve more for each.
const USUAL: usize = 32;

impl Scan<'_> {
    /// Reads a list of levels, each a list of price, quantity and whatever else a venue puts behind them.
    #[inline]
    pub fn levels(&mut self) -> Result<Vec<Change>, Fault> {
        let mut levels = Vec::new();
        self.list(|scan| {
            let change = match usual(scan.rest()) {
                Some((change, length)) => {
                    scan.at += length;
                    change
                }
                None => scan.level()?,
            };
            while scan.accept(b',') {
                scan.skip()?;
            }
            scan.expect(b']', "the end of a level expected")?;
            scan.make_room(&mut levels);
            levels.push(change);
            Ok::<_, Fault>(())
        })?;
        Ok(levels)
    }

    /// Reads the beginning of a level, as far as price and quantity go.
    fn level(&mut self) -> Result<Change, Fault> {
        self.expect(b'[', "a level expected")?;
        let price = self.fixed()?;
        self.expect(b',', "a quantity expected")?;
        Ok(Change { price, quantity: self.fixed()? })
    }

    /// Reads a list of levels, each an object with a price and a quantity under these names.
    #[inline]
    pub fn named_levels(&mut self, price: &str, quantity: &str) -> Result<Vec<Change>, Fault> {
        let mut levels = Vec::new();
        self.list(|scan| {
            let change = match usual_named(scan.rest(), price, quantity) {
                Some((change, length)) => {
                    scan.at += length;
                    change
                }
                None => scan.named_level(price, quantity)?,
            };
            scan.make_room(&mut levels);
            levels.push(change);
            Ok::<_, Fault>(())
        })?;
        Ok(levels)
    }

    fn named_level(&mut self, price: &str, quantity: &str) -> Result<Change, Fault> {
        let (mut at, mut offered) = (None, None);
        self.object(|scan, name| {
            match name {
                name if name == price => at = Some(scan.fixed()?),
                name if name == quantity => offered = Some(scan.fixed()?),
                _ => scan.skip()?,
            }
            Ok::<_, Fault>(())
        })?;
        match (at, offered) {
            (Some(price), Some(quantity)) => Ok(Change { price, quantity }),
            _ => Err(self.fault("a level without price or quantity")),
        }
    }

    /// Makes room for the levels that are probably to come, once there is one.
    #[inline]
    fn make_room(&self, levels: &mut Vec<Change>) {
        if levels.is_empty() {
            levels.reserve((self.rest().len() / BYTES_PER_LEVEL).min(USUAL) + 1);
        }
    }
}

/// The beginning of the list that nearly all levels are, two numbers in quotes without a blank, and how long it is.
#[inline]
fn usual(text: &[u8]) -> Option<(Change, usize)> {
    let (price, behind) = number(text.strip_prefix(b"[")?)?;
    let (quantity, behind) = number(behind.strip_prefix(b",")?)?;
    Some((Change { price, quantity }, text.len() - behind.len()))
}

/// The object that nearly all levels are, a price and a quantity without a blank, and how long it is.
#[inline(always)]
fn usual_named(text: &[u8], price: &str, quantity: &str) -> Option<(Change, usize)> {
    let (price, behind) = number(named(text.strip_prefix(b"{")?, price)?)?;
    let (quantity, behind) = number(named(behind.strip_prefix(b",")?, quantity)?)?;
    let behind = behind.strip_prefix(b"}")?;
    Some((Change { price, quantity }, text.len() - behind.len()))
}

/// What follows the name of a member.
#[inline(always)]
fn named<'a>(text: &'a [u8], name: &str) -> Option<&'a [u8]> {
    text.strip_prefix(b"\"")?.strip_prefix(name.as_bytes())?.strip_prefix(b"\":")
}

/// A number, in quotes or not, and what follows.
#[inline]
fn number(text: &[u8]) -> Option<(Fixed, &[u8])> {
    match text.strip_prefix(b"\"") {
        None => {
            let (number, length) = Fixed::prefix(text)?;
            Some((number, text.get(length..)?))
        }
        Some(text) => {
            let (number, length) = Fixed::prefix(text)?;
            Some((number, text.get(length..)?.strip_prefix(b"\"")?))
        }
    }
}
