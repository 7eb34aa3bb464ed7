//! Entries in columns: each is a few numbers, its texts lie one behind another, and so do its legs.
//!
//! Names of accounts and assets are kept once and have numbers. What few entries have (a note, the units of a fund, what is
//! corrected) lies beside the columns.

use super::{Account, Entry, EntryId, Kind, Leg};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, Quantity};
use hashbrown::{DefaultHashBuilder, HashMap, HashTable};
use std::hash::{BuildHasher, Hash};

/// The kinds that say nothing more than their name.
const PLAIN: [Kind; 10] = [
    Kind::Trade,
    Kind::Deposit,
    Kind::Withdrawal,
    Kind::Transfer,
    Kind::Fee,
    Kind::Reward,
    Kind::Dividend,
    Kind::Borrow,
    Kind::Repay,
    Kind::Settlement,
];

/// One entry as it lies in the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// What its source calls it.
    pub id: &'a str,
    /// The number of its account.
    pub account: usize,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: &'a Kind,
    /// What came in and went out.
    pub legs: &'a [LegRow],
}

/// A leg as it lies in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegRow {
    /// How much; negative for what went out.
    pub amount: Decimal,
    asset: u32,
}

/// Marks a leg that is a fee, in the number of its asset.
const FEE: u32 = 1 << 31;

impl LegRow {
    /// The number of its asset.
    pub fn asset(&self) -> usize {
        usize::try_from(self.asset & !FEE).unwrap_or_default()
    }

    /// Whether it is a fee.
    pub fn fee(&self) -> bool {
        self.asset & FEE != 0
    }
}

/// The columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    heads: Vec<Head>,
    legs: Vec<LegRow>,
    /// The ids, one behind another.
    ids: String,
    notes: HashMap<u32, Box<str>>,
    kinds: HashMap<u32, Kind>,
    pub accounts: Names<Account>,
    pub assets: Names<Asset>,
    /// Places by account and id, each with a fingerprint of them.
    places: HashTable<(u32, u32)>,
    hasher: DefaultHashBuilder,
}

/// The fixed part of an entry.
#[derive(Clone, Copy, Debug)]
struct Head {
    at: Timestamp,
    /// Where its id ends in `ids`, and its legs in `legs`: they begin where those of the entry before end.
    id_end: u32,
    legs_end: u32,
    account: u16,
    /// Its place in [`PLAIN`], or beyond that: the kind lies in `kinds`.
    kind: u8,
}

impl Rows {
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// The number of an entry's account, and its legs; `None` when there are too many names.
    pub fn intern(&mut self, entry: &Entry) -> Option<(usize, Vec<LegRow>)> {
        let account = self.accounts.intern(&entry.account);
        u16::try_from(account).ok()?;
        let leg = |leg: &Leg| {
            let number = u32::try_from(self.assets.intern(&leg.asset)).ok().filter(|number| number & FEE == 0)?;
            Some(LegRow { amount: leg.amount.get(), asset: if leg.fee { number | FEE } else { number } })
        };
        Some((account, entry.legs.iter().map(leg).collect::<Option<_>>()?))
    }

    /// Adds an entry; `false`, and nothing has changed, when there is no room for it.
    pub fn push(&mut self, entry: &Entry, account: usize, legs: Vec<LegRow>) -> bool {
        let ends = (
            u32::try_from(self.heads.len()),
            u32::try_from(self.ids.len() + entry.id.as_str().len()),
            u32::try_from(self.legs.len() + legs.len()),
            u16::try_from(account),
        );
        let (Ok(place), Ok(id_end), Ok(legs_end), Ok(account)) = ends else { return false };
        let kind = PLAIN.iter().position(|kind| *kind == entry.kind).unwrap_or(PLAIN.len());
        if kind == PLAIN.len() {
            self.kinds.insert(place, entry.kind.clone());
        }
        if let Some(note) = &entry.note {
            self.notes.insert(place, note.as_str().into());
        }
        self.legs.extend(legs);
        self.ids.push_str(entry.id.as_str());
        self.heads.push(Head { at: entry.at, id_end, legs_end, account, kind: u8::try_from(kind).unwrap_or(u8::MAX) });
        let print = self.print(account, entry.id.as_str());
        self.places.insert_unique(spread(print), (print, place), |(print, _)| spread(*print));
        true
    }

    /// A fingerprint of a key, kept with its place: a table that grows then need not look at the keys again.
    fn print(&self, account: u16, id: &str) -> u32 {
        let hash = self.hasher.hash_one((account, id));
        u32::try_from(hash >> 32).unwrap_or_default()
    }

    /// The place of the entry of that id in that account.
    pub fn find(&self, account: &Account, id: &EntryId) -> Option<usize> {
        let account = u16::try_from(self.accounts.number(account)?).ok()?;
        let (wanted, print) = ((account, id.as_str()), self.print(account, id.as_str()));
        let is = |(known, place): &(u32, u32)| {
            *known == print
                && usize::try_from(*place).ok().and_then(|place| key(&self.heads, &self.ids, place)) == Some(wanted)
        };
        self.places.find(spread(print), is).and_then(|(_, place)| usize::try_from(*place).ok())
    }

    pub fn row(&self, place: usize) -> Option<Row<'_>> {
        let head = self.heads.get(place)?;
        let start = before(&self.heads, place).map_or(0, |head| head.legs_end);
        let legs = self.legs.get(usize::try_from(start).ok()?..usize::try_from(head.legs_end).ok()?)?;
        let kind = match PLAIN.get(usize::from(head.kind)) {
            Some(kind) => kind,
            None => self.kinds.get(&u32::try_from(place).ok()?)?,
        };
        Some(Row { id: key(&self.heads, &self.ids, place)?.1, account: head.account.into(), at: head.at, kind, legs })
    }

    pub fn entry(&self, place: usize) -> Option<Entry> {
        let Row { id, account, at, kind, legs } = self.row(place)?;
        let leg = |leg: &LegRow| {
            let asset = self.assets.get(leg.asset())?.clone();
            Some(Leg { asset, amount: Quantity::new(leg.amount), fee: leg.fee() })
        };
        Some(Entry {
            id: EntryId::new(id).ok()?,
            account: self.accounts.get(account)?.clone(),
            at,
            kind: kind.clone(),
            legs: legs.iter().map(leg).collect::<Option<_>>()?,
            note: self.notes.get(&u32::try_from(place).ok()?).map(|note| note.as_ref().to_owned()),
        })
    }

    pub fn by_time(&self) -> Vec<u32> {
        let at = |place: u32| usize::try_from(place).ok().and_then(|place| self.heads.get(place)).map(|head| head.at);
        let mut places: Vec<u32> = (0..).take(self.heads.len()).collect();
        places.sort_by_key(|place| at(*place));
        places
    }
}

/// A hash of a fingerprint: the table takes its upper bits as well as its lower ones.
fn spread(print: u32) -> u64 {
    u64::from(print).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn before(heads: &[Head], place: usize) -> Option<&Head> {
    heads.get(place.checked_sub(1)?)
}

/// The number of an entry's account, and its id.
fn key<'a>(heads: &[Head], ids: &'a str, place: usize) -> Option<(u16, &'a str)> {
    let head = heads.get(place)?;
    let start = before(heads, place).map_or(0, |head| head.id_end);
    Some((head.account, ids.get(usize::try_from(start).ok()?..usize::try_from(head.id_end).ok()?)?))
}

/// Names that are kept once and have numbers from 0 in the order in which they came.
#[derive(Clone, Debug)]
pub(super) struct Names<T> {
    names: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T> Default for Names<T> {
    fn default() -> Self {
        Self { names: Vec::new(), numbers: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hash> Names<T> {
    pub fn number(&self, name: &T) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    pub fn get(&self, number: usize) -> Option<&T> {
        self.names.get(number)
    }

    pub fn all(&self) -> &[T] {
        &self.names
    }

    fn intern(&mut self, name: &T) -> usize {
        if let Some(number) = self.number(name) {
            return number;
        }
        let number = self.names.len();
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        number
    }
}
