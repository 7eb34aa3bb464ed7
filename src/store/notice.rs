//! What the user should know about the files of the desk.

use super::journal::{Damage, Link};

/// Something that happened on disk, in words for the person at the desk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Notice {
    /// Another process writes the journal.
    #[error(
        "another exchequer writes the journal in {dir}: this one only reads it; close the other to make changes here"
    )]
    JournalLocked {
        /// The journal's directory.
        dir: String,
    },
    /// The journal is not what was written.
    #[error(
        "the journal is damaged and opened read-only: {damage}; nothing was changed, see `exchequer journal verify`"
    )]
    JournalDamaged {
        /// Where and how.
        damage: Damage,
    },
    /// The system does not let the journal be read or written.
    #[error("the journal in {dir} cannot be written and is read-only: {reason}")]
    JournalUnavailable {
        /// The journal's directory.
        dir: String,
        /// The system's words.
        reason: String,
    },
    /// A crash cut a line that had not been acknowledged; it was kept aside.
    #[error(
        "a crash cut the last line of {segment}: its {bytes} bytes were never acknowledged and are kept in {kept_as}"
    )]
    JournalTorn {
        /// The segment's file name.
        segment: String,
        /// The length of the torn line.
        bytes: usize,
        /// The file that has it now.
        kept_as: String,
    },
    /// The last entry lacked its line feed, which was added.
    #[error("the last line of {segment} lacked its line feed, which was added; the entry itself is whole")]
    JournalUnterminated {
        /// The segment's file name.
        segment: String,
    },
    /// The index remembers an entry that the journal no longer has.
    #[error(
        "the journal is not the one of last time: entry {} was {}, now it is not there; the journal was cut, replaced or \
         restored from an older copy", remembered.seq, remembered.hash
    )]
    JournalNotAsRemembered {
        /// The last entry that the index knew.
        remembered: Link,
    },
    /// Another process has the cache.
    #[error("another exchequer has the cache in {dir}: this one keeps nothing for its next start")]
    CacheLocked {
        /// The cache's directory.
        dir: String,
    },
    /// The cache could not be used; it was kept aside and a new one begun.
    #[error("the cache was set aside as {kept_as} and a new one begun: {reason}")]
    CacheSetAside {
        /// The directory that has it now.
        kept_as: String,
        /// Why.
        reason: String,
    },
    /// The cache had grown too large and a new one was begun.
    #[error("the cache had grown to {size} bytes (limit {limit}): it was dropped and a new one begun")]
    CacheDropped {
        /// The size found on disk.
        size: u64,
        /// The size allowed.
        limit: u64,
    },
    /// The cache works no more; the desk goes on without it.
    #[error("the cache is off, nothing is kept for the next start: {reason}")]
    CacheOff {
        /// Why.
        reason: String,
    },
    /// A record was not cached.
    #[error("not cached: {reason}")]
    NotCached {
        /// Why.
        reason: String,
    },
    /// Another process writes the history.
    #[error("another exchequer writes the history in {dir}: this one only reads it")]
    HistoryLocked {
        /// The history's directory.
        dir: String,
    },
    /// The system does not let the history be written.
    #[error("the history in {dir} cannot be written and is only read: {reason}")]
    HistoryUnavailable {
        /// The history's directory.
        dir: String,
        /// The system's words.
        reason: String,
    },
    /// A file of the history could not be used; it was kept aside.
    #[error("{file} of the history was set aside as {kept_as}, and what it had is missing: {reason}")]
    HistorySetAside {
        /// The file.
        file: String,
        /// The file that has it now.
        kept_as: String,
        /// Why.
        reason: String,
    },
    /// A file of the history could not be read and was left where it is.
    #[error("{file} of the history cannot be read, and what it has is missing: {reason}")]
    HistoryUnreadable {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A file of the history could not be written; the old one stands.
    #[error("{file} of the history was not written: {reason}")]
    HistoryNotWritten {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
}
