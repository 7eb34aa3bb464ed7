//! What goes wrong on purpose: lies about transactions, pages that lead astray, and connections that misbehave.

/// A field of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The Safe.
    Safe,
    /// Whom it calls.
    To,
    /// How much goes with it.
    Value,
    /// What it calls.
    Data,
    /// How it calls: a call becomes a delegatecall.
    Operation,
    /// The gas that the call gets.
    SafeTxGas,
    /// Gas that a refund pays for.
    BaseGas,
    /// What a refund pays for it.
    GasPrice,
    /// What a refund is paid in.
    GasToken,
    /// Who gets the refund.
    RefundReceiver,
    /// Its place in the order.
    Nonce,
    /// Its name.
    Hash,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Safe,
        Self::To,
        Self::Value,
        Self::Data,
        Self::Operation,
        Self::SafeTxGas,
        Self::BaseGas,
        Self::GasPrice,
        Self::GasToken,
        Self::RefundReceiver,
        Self::Nonce,
        Self::Hash,
    ];
}

/// What goes wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServiceFault {
    /// A field of every transaction is another one; its name is not changed.
    Forged(Field),
    /// A field of every transaction is another one, and its name is that of what is served: a true row that nobody proposed.
    Invented(Field),
    /// No confirmation is told.
    Hidden,
    /// A stranger's confirmation is added, in the stranger's name.
    Foreign,
    /// A stranger's confirmation is added in the name of every owner.
    Wrong,
    /// The confirmations are told in the name of the next owner each.
    Swapped,
    /// Each signature is the same owner's over another transaction.
    Replayed,
    /// Each confirmation is told three times.
    Repeated,
    /// Every owner is said to have approved on the chain.
    Approved,
    /// Every owner is said to be a contract that has signed.
    Contract,
    /// Each transaction is told twice.
    Doubled,
    /// Transactions of other Safes are put between.
    OtherSafe,
    /// What waits is said to be executed.
    Executed,
    /// The data is said to be a small payment to a friend.
    Decoded,
    /// The Safe is said to have one owner, a stranger, and a threshold of one; no owners are needed for a transaction.
    Owners,
    /// The Safe is said to be of another version.
    Version,
    /// There is nothing.
    Empty,
    /// What is sent is said to be kept, and is not.
    Forgetful,
    /// A page has 20 000 rows, whatever was asked for.
    HugePage,
    /// Every page is the first one, and there is always one more.
    Endless,
    /// The next page is on another origin.
    Elsewhere,
    /// The answer stands elsewhere: a redirect to another origin.
    Redirect,
    /// The answer stands at the same place: a redirect that never ends.
    Circle,
    /// Things that are no transactions stand between the rows.
    Absurd,
    /// Numbers are 2^256.
    Overflow,
    /// Lists in lists, a hundred thousand deep.
    Deep,
    /// Escape sequences in every text that is not checked against anything.
    Escapes,
    /// Everything is refused, with escape sequences in the reasons.
    EscapedRefusal,
    /// It is no JSON.
    Garbage,
    /// It is said to be HTML.
    Kind,
    /// An error of the server, in HTML.
    Broken,
    /// "Too many requests", and to come again in a second.
    Overrun,
    /// "Too many requests", and to come again in a century.
    Banished,
    /// It comes byte after byte, one a second.
    SlowLoris,
    /// It does not come.
    Stall,
    /// The connection ends in the middle of it.
    Cut,
    /// It never ends.
    Flood,
}

impl ServiceFault {
    /// All of them, with forged fields of every kind.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Hidden,
            Self::Foreign,
            Self::Wrong,
            Self::Swapped,
            Self::Replayed,
            Self::Repeated,
            Self::Approved,
            Self::Contract,
            Self::Doubled,
            Self::OtherSafe,
            Self::Executed,
            Self::Decoded,
            Self::Owners,
            Self::Version,
            Self::Empty,
            Self::Forgetful,
            Self::HugePage,
            Self::Endless,
            Self::Elsewhere,
            Self::Redirect,
            Self::Circle,
            Self::Absurd,
            Self::Overflow,
            Self::Deep,
            Self::Escapes,
            Self::EscapedRefusal,
            Self::Garbage,
            Self::Kind,
            Self::Broken,
            Self::Overrun,
            Self::Banished,
            Self::SlowLoris,
            Self::Stall,
            Self::Cut,
            Self::Flood,
        ];
        all.extend(Field::ALL.map(Self::Forged));
        all.extend(Field::ALL.map(Self::Invented));
        all
    }
}
