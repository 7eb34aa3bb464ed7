//! What goes wrong on purpose: slowness, refusals, and lies.

/// What goes wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainFault {
    /// It does not come.
    Stall,
    /// The connection ends instead.
    Cut,
    /// "Too many requests" comes instead, with the wish to be left alone for no time at all.
    Overrun,
    /// An error of the server comes instead.
    Broken,
    /// It never ends.
    Flood,
    /// It is no JSON.
    Garbage,
    /// Amounts in transactions are raised, their names are not changed.
    Richer,
    /// Transactions are given under other names.
    Renamed,
    /// A foreign transaction is added to every history.
    Foreign,
    /// What waits is called confirmed.
    Hurried,
    /// Proofs lead elsewhere.
    Unproved,
    /// The first block is that of another network.
    Elsewhere,
    /// Each page of a history is given again and again.
    Endless,
    /// The newest blocks do not follow each other.
    Unlinked,
    /// A transaction is said to be taken under another name.
    Mistaken,
}
