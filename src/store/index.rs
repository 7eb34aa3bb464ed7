//! An index of the journal: where an entry stands, and which one is the last of a kind.
//!
//! - It lives in the cache and can be rebuilt at will; the journal works without it, and so does the desk when the cache
//!   is off: then nothing is found here, and a [`Reader`] finds it.
//! - What it says is checked: the line that it points to must be whole and have the number asked for.
//! - It remembers the last entry it saw. A journal that no longer has that entry was cut or replaced, which the chain
//!   itself cannot show: [`Index::catch_up`] says so once.

use std::path::Path;

use super::journal::{Entry, Hash, Link, Position, Reader, read_at};
use super::{Cache, Notice};

/// Entries written to the cache at once.
const BATCH: u64 = 1_000;

const LAST: &[u8] = b"last";

/// The index of the journal in one directory, kept in one cache.
#[derive(Clone, Copy, Debug)]
pub struct Index<'a> {
    cache: &'a Cache,
    dir: &'a Path,
}

/// The last entry indexed and where its line starts.
#[derive(Clone, Copy)]
struct Last {
    link: Link,
    start: Position,
}

impl<'a> Index<'a> {
    /// The index in `cache` of the journal in `dir`.
    pub fn new(cache: &'a Cache, dir: &'a Path) -> Self {
        Self { cache, dir }
    }

    /// Indexes what the journal has gained; everything, when it is not the journal of last time. Stops in front of damage,
    /// which opening the journal reports.
    pub fn catch_up(&self) -> Result<(), Notice> {
        if !self.cache.is_on() {
            return Ok(());
        }
        let Some(last) = self.last()? else { return self.rebuild() };
        let resumed = read_at(self.dir, last.start).and_then(|(entry, end)| {
            let found = Link { seq: entry.seq, hash: entry.hash };
            Reader::resume(self.dir, end, found).map(|reader| (found, reader))
        });
        match resumed {
            Ok((found, reader)) if found == last.link => self.index(reader),
            _ => {
                self.rebuild()?;
                Err(Notice::JournalNotAsRemembered { remembered: last.link })
            }
        }
    }

    /// Forgets everything and indexes the journal from its first entry.
    pub fn rebuild(&self) -> Result<(), Notice> {
        self.cache.run(|trees| trees.journal.clear())?;
        match Reader::open(self.dir) {
            Ok(reader) => self.index(reader),
            Err(_) => Ok(()),
        }
    }

    /// Where the entry of this number stands.
    pub fn position(&self, seq: u64) -> Result<Option<Position>, Notice> {
        let found = self.cache.run(|trees| trees.journal.get(seq_key(seq)))?;
        Ok(found.flatten().and_then(|bytes| Some(read_position(&bytes)?.0)))
    }

    /// The number of the last entry of this kind.
    pub fn latest(&self, kind: &str) -> Result<Option<u64>, Notice> {
        let found = self.cache.run(|trees| trees.journal.get(kind_key(kind)))?;
        Ok(found.flatten().and_then(|bytes| Some(u64::from_be_bytes(bytes.as_ref().try_into().ok()?))))
    }

    /// Reads the entry of this number from the journal; `None` when the index does not have it.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, Notice> {
        let Some(position) = self.position(seq)? else { return Ok(None) };
        Ok(read_at(self.dir, position).ok().map(|(entry, _)| entry).filter(|entry| entry.seq == seq))
    }

    fn last(&self) -> Result<Option<Last>, Notice> {
        let found = self.cache.run(|trees| trees.journal.get(LAST))?.flatten();
        Ok(found.and_then(|bytes| {
            let (start, rest) = read_position(&bytes)?;
            let (seq, hash) = rest.split_first_chunk()?;
            let hash = Hash::from_bytes(hash.try_into().ok()?);
            Some(Last { link: Link { seq: u64::from_be_bytes(*seq), hash }, start })
        }))
    }

    fn index(&self, mut reader: Reader) -> Result<(), Notice> {
        loop {
            let mut batch = sled::Batch::default();
            let mut entries = 0;
            let more = loop {
                match reader.next() {
                    Ok(Some(found)) => {
                        let (seq, position) = (found.entry.seq, write_position(found.position));
                        batch.insert(seq_key(seq), position.clone());
                        batch.insert(kind_key(found.entry.body.kind()), &seq.to_be_bytes());
                        let hash = found.entry.hash.bytes();
                        batch.insert(LAST, [&position[..], &seq.to_be_bytes(), &hash].concat());
                        entries += 1;
                    }
                    Ok(None) | Err(_) => break false,
                }
                if entries == BATCH {
                    break true;
                }
            };
            if entries > 0 {
                self.cache.run(|trees| trees.journal.apply_batch(batch))?;
            }
            if !more {
                return Ok(());
            }
        }
    }
}

fn seq_key(seq: u64) -> Vec<u8> {
    [b"s".as_slice(), &seq.to_be_bytes()].concat()
}

fn kind_key(kind: &str) -> Vec<u8> {
    [b"kind ", kind.as_bytes()].concat()
}

fn write_position(position: Position) -> Vec<u8> {
    [position.segment.to_be_bytes().as_slice(), &position.offset.to_be_bytes()].concat()
}

fn read_position(bytes: &[u8]) -> Option<(Position, &[u8])> {
    let (segment, rest) = bytes.split_first_chunk()?;
    let (offset, rest) = rest.split_first_chunk()?;
    Some((Position { segment: u32::from_be_bytes(*segment), offset: u64::from_be_bytes(*offset) }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Timestamp;
    use crate::store::journal::{Body, Journal, Start, Stop, Who, seal};

    const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

    fn append(journal: &mut Journal, entries: u32) {
        for pid in 0..entries {
            let start = Body::Start(Start { version: "1".into(), pid });
            journal.append(NOW, Who::LOCAL, &start).unwrap();
        }
        journal.append(NOW, Who::LOCAL, &Body::Stop(Stop { reason: "quit".into() })).unwrap();
    }

    #[test]
    fn entries_are_found_by_number_and_kind() {
        let dir = tempfile::tempdir().unwrap();
        let (at, cache) = (dir.path().join("journal"), Cache::open(&dir.path().join("cache"), NOW).0);
        let (mut journal, _) = Journal::open_with(&at, 2_000);
        let index = Index::new(&cache, &at);
        index.catch_up().unwrap();
        assert_eq!(index.entry(1), Ok(None));
        for round in 1..=3 {
            append(&mut journal, 9);
            index.catch_up().unwrap();
            assert_eq!(index.latest("stop"), Ok(Some(round * 10)));
            assert_eq!(index.latest("start"), Ok(Some(round * 10 - 1)));
        }
        for seq in 1..=30 {
            assert_eq!(index.entry(seq).unwrap().unwrap().seq, seq);
        }
        assert_eq!(index.entry(31), Ok(None));
        let before = index.position(17);
        index.rebuild().unwrap();
        assert_eq!(index.position(17), before);
    }

    /// Another journal with the bodies of `text`, chained anew.
    fn rewrite(path: &Path, text: &str) {
        let mut prev = Hash::ZERO;
        let lines = text.lines().map(|line| {
            let (fields, _) = line.split_once("\"prev\"").unwrap();
            let mut line = format!("{fields}\"prev\":\"{prev}\"").into_bytes();
            prev = seal(&mut line);
            String::from_utf8(line).unwrap() + "\n"
        });
        std::fs::write(path, lines.collect::<String>()).unwrap();
    }

    #[test]
    fn a_journal_that_was_cut_or_replaced_is_noticed_once() {
        let dir = tempfile::tempdir().unwrap();
        let (at, cache) = (dir.path().join("journal"), Cache::open(&dir.path().join("cache"), NOW).0);
        let (mut journal, _) = Journal::open(&at);
        append(&mut journal, 9);
        let remembered = journal.link();
        let index = Index::new(&cache, &at);
        index.catch_up().unwrap();
        drop(journal);
        let path = at.join("journal-000001.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, text.lines().take(7).map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        assert_eq!(Journal::open(&at).1, [], "the chain alone cannot show it");
        assert_eq!(index.catch_up(), Err(Notice::JournalNotAsRemembered { remembered }));
        assert_eq!(index.catch_up(), Ok(()));
        assert_eq!((index.entry(8), index.entry(7).unwrap().unwrap().seq), (Ok(None), 7));
        append(&mut Journal::open(&at).0, 2);
        index.catch_up().unwrap();
        let other = text.replace("\"1\"", "\"2\"");
        rewrite(&path, &other);
        assert!(matches!(index.catch_up(), Err(Notice::JournalNotAsRemembered { .. })), "same places, other entries");
        std::fs::remove_dir_all(&at).unwrap();
        assert!(matches!(index.catch_up(), Err(Notice::JournalNotAsRemembered { .. })));
    }

    #[test]
    fn without_a_cache_nothing_is_found_and_nothing_fails() {
        let dir = tempfile::tempdir().unwrap();
        let at = dir.path().join("journal");
        append(&mut Journal::open(&at).0, 2);
        let _first = Cache::open(&dir.path().join("cache"), NOW);
        let second = Cache::open(&dir.path().join("cache"), NOW).0;
        let index = Index::new(&second, &at);
        assert_eq!((index.catch_up(), index.entry(1), index.latest("stop")), (Ok(()), Ok(None), Ok(None)));
    }
}
