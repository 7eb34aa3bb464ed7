//! One entry of the ledger: what happened in one account.
//!
//! An entry has legs, each an asset and a signed amount: what came in is positive, what went out negative, fees among
//! them. A transfer between two accounts is an entry in each. [`Entry::check`] sees that the legs suit the kind, so that a
//! purchase without a price in it or a deposit that takes away never gets into a ledger.

use super::written::Written;
use crate::market::{Timestamp, printable};
use crate::money::{Asset, Price, Quantity};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The longest id or account name, in bytes.
const LONGEST: usize = 128;

/// The most legs of an entry.
const MOST_LEGS: usize = 16;

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes a name that is printable, has no blank at its ends and is not too long.
            pub fn new(text: &str) -> Result<Self, EntryError> {
                let fits = !text.is_empty() && text.len() <= LONGEST && text.trim() == text && printable(text) == text;
                if fits { Ok(Self(text.into())) } else { Err(EntryError::Name(printable(text).chars().take(40).collect())) }
            }

            /// As text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = EntryError;

            fn try_from(text: String) -> Result<Self, EntryError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.as_ref().to_owned()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name!(
    /// Where assets are held: `kraken`, `treasury/cold`.
    Account
);

name!(
    /// What the source of an entry calls it; the same in every export.
    EntryId
);

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One asset was given for another.
    Trade,
    /// An asset came from outside.
    Deposit,
    /// An asset went outside.
    Withdrawal,
    /// An asset came from, or went to, another account of the desk.
    Transfer,
    /// Something was paid for a service.
    Fee,
    /// Something was earned: staking, interest, an airdrop.
    Reward,
    /// A share in a profit was paid out.
    Dividend,
    /// An asset was borrowed; it is owed from now on.
    Borrow,
    /// What was borrowed was given back.
    Repay,
    /// A position was settled, with a profit or a loss.
    Settlement,
    /// Money came into a fund, which gave units for it.
    Subscription {
        /// How many units there are more.
        units: Quantity,
    },
    /// A fund took units back and paid for them.
    Redemption {
        /// How many units there are less.
        units: Quantity,
    },
    /// Somebody says what an asset is worth, where no market does. Moves nothing.
    Price {
        /// What.
        asset: Asset,
        /// What one is worth.
        price: Price,
        /// In what.
        currency: Asset,
        /// When that ends; never when it is not said.
        until: Option<Timestamp>,
    },
    /// An earlier entry said something wrong; the legs are the difference.
    Correction {
        /// The entry that is corrected.
        of: EntryId,
    },
}

/// What came in or went out of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// What.
    pub asset: Asset,
    /// How much; negative for what went out.
    pub amount: Quantity,
    /// Whether it is a fee, paid with whatever else the entry says.
    pub fee: bool,
}

/// What happened in one account at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What its source calls it.
    pub id: EntryId,
    /// Where.
    pub account: Account,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub kind: Kind,
    /// What came in and what went out.
    pub legs: Vec<Leg>,
    /// Words of the source. Text from outside: make it printable before it is shown.
    pub note: Option<String>,
}

/// Why something is no entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A name that cannot be one.
    #[error("{0:?} cannot name an account or an entry: up to {LONGEST} printable characters, no blank at the ends")]
    Name(String),
    /// Legs that do not suit the kind.
    #[error("a {kind} {rule}")]
    Legs {
        /// The kind.
        kind: &'static str,
        /// What it must have.
        rule: &'static str,
    },
}

impl Kind {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trade => "trade",
            Self::Deposit => "deposit",
            Self::Withdrawal => "withdrawal",
            Self::Transfer => "transfer",
            Self::Fee => "fee",
            Self::Reward => "reward",
            Self::Dividend => "dividend",
            Self::Borrow => "borrow",
            Self::Repay => "repay",
            Self::Settlement => "settlement",
            Self::Subscription { .. } => "subscription",
            Self::Redemption { .. } => "redemption",
            Self::Price { .. } => "price",
            Self::Correction { .. } => "correction",
        }
    }
}

impl Serialize for Entry {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Written::deserialize(deserializer)?.try_into().map_err(serde::de::Error::custom)
    }
}

impl Entry {
    /// Sees that the legs suit the kind.
    pub fn check(&self) -> Result<(), EntryError> {
        let rule = |rule| Err(EntryError::Legs { kind: self.kind.name(), rule });
        let own = || self.legs.iter().filter(|leg| !leg.fee);
        let (into, out) =
            (own().filter(|leg| leg.amount > Quantity::ZERO), own().filter(|leg| leg.amount < Quantity::ZERO));
        let (into, out) = (into.count(), out.count());
        if let Kind::Price { asset, price, currency, .. } = &self.kind {
            return match () {
                () if !self.legs.is_empty() => rule("moves nothing and has no legs"),
                () if *price < Price::ZERO => rule("is zero or more"),
                () if asset == currency => rule("names another currency than the asset itself"),
                () => Ok(()),
            };
        }
        if self.legs.is_empty() || self.legs.len() > MOST_LEGS {
            return rule("has one to sixteen legs");
        }
        if self.legs.iter().any(|leg| leg.amount.is_zero()) {
            return rule("moves nothing with an amount of zero");
        }
        match &self.kind {
            // A venue that gives fees back pays them in.
            Kind::Fee if into + out > 0 => rule("has fees and nothing else"),
            Kind::Correction { .. } | Kind::Fee => Ok(()),
            Kind::Trade if (into, out) != (1, 1) => rule("has one asset that comes in and one that goes out"),
            Kind::Deposit | Kind::Reward | Kind::Dividend | Kind::Borrow if (into, out) != (1, 0) => {
                rule("has one asset, which comes in")
            }
            Kind::Subscription { units } | Kind::Redemption { units } if *units <= Quantity::ZERO => {
                rule("is of more than zero units")
            }
            Kind::Subscription { .. } if (into, out) != (1, 0) => rule("has one asset, which comes in"),
            Kind::Redemption { .. } if (into, out) != (0, 1) => rule("has one asset, which goes out"),
            Kind::Withdrawal | Kind::Repay if (into, out) != (0, 1) => rule("has one asset, which goes out"),
            Kind::Transfer | Kind::Settlement if into + out != 1 => rule("has one asset, which comes in or goes out"),
            _ => Ok(()),
        }
    }
}
