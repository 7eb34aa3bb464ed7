//! What is known besides the file and the wallet, pinned when the review begins.
//!
//! - Whatever is not known is left out (`None`, or empty), never guessed: a review says what it could not check.
//! - The same packet, wallet and facts give the same review, so that it can be repeated and signed for.

use super::super::wallet::{Chain, GAP, Spot};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use bitcoin::bip32::Fingerprint;
use bitcoin::{Amount, FeeRate, OutPoint, ScriptBuf, Txid};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What is known.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The time of the review.
    pub now: Option<Timestamp>,
    /// The end of the chain.
    pub tip: Option<Tip>,
    /// Which addresses have been used.
    pub used: Option<Used>,
    /// How far beyond the last used address the wallet looks.
    pub gap: u32,
    /// Where the wallet's own index says that a script is: a hint, which is proved like any other.
    pub spots: BTreeMap<ScriptBuf, Spot>,
    /// What one bitcoin is worth.
    pub prices: Prices,
    /// The wallet's unspent coins.
    pub coins: Option<BTreeMap<OutPoint, Coin>>,
    /// What other open proposals spend.
    pub rivals: Vec<Rival>,
    /// Recipients on the wallet's list.
    pub recipients: Vec<Known>,
    /// Scripts that were paid before; none where the past is not known.
    pub paid: Option<BTreeSet<ScriptBuf>>,
    /// Limits for the fee.
    pub limits: Limits,
    /// Whether every cosigner has confirmed the wallet's first address.
    pub armed: Option<bool>,
    /// What this transaction is meant to replace.
    pub replaces: Option<Replaced>,
    /// The seat of whoever reads the review.
    pub me: Option<Fingerprint>,
    /// Somebody answers for the values of inputs whose previous transactions are missing; whoever sets this has to have
    /// written it to the journal.
    pub previous_overridden: bool,
}

impl Default for Facts {
    fn default() -> Self {
        Self {
            now: None,
            tip: None,
            used: None,
            gap: GAP,
            spots: BTreeMap::new(),
            prices: Prices::default(),
            coins: None,
            rivals: Vec::new(),
            recipients: Vec::new(),
            paid: None,
            limits: Limits::default(),
            armed: None,
            replaces: None,
            me: None,
            previous_overridden: false,
        }
    }
}

/// The end of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Its height.
    pub height: u32,
    /// The median time of the last eleven blocks, in seconds since the epoch: the chain's own clock (BIP-113).
    pub median_time: u32,
}

/// The last used index of each row; `None` where no address of it was used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Of the addresses to receive.
    pub receive: Option<u32>,
    /// Of those for change.
    pub change: Option<u32>,
}

impl Used {
    /// Of one row.
    pub fn of(self, chain: Chain) -> Option<u32> {
        match chain {
            Chain::Receive => self.receive,
            Chain::Change => self.change,
        }
    }
}

/// A coin of the wallet, as the chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Its value.
    pub value: Amount,
    /// Its script.
    pub script: ScriptBuf,
    /// The height of the block that it is in; none while it waits.
    pub height: Option<u32>,
    /// Whether a miner made it, so that it rests for a hundred blocks.
    pub coinbase: bool,
    /// Whether somebody said that it shall not be spent.
    pub frozen: bool,
    /// What people call it.
    pub label: Option<String>,
}

/// Another open proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rival {
    /// What it is known by.
    pub name: String,
    /// What it spends.
    pub spends: BTreeSet<OutPoint>,
}

/// A recipient with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The name.
    pub name: String,
    /// What is paid.
    pub script: ScriptBuf,
}

/// A transaction that waits to be confirmed and is to be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Its id.
    pub txid: Txid,
    /// What it spends.
    pub spends: BTreeSet<OutPoint>,
    /// Its fee.
    pub fee: Amount,
    /// Its rate.
    pub rate: FeeRate,
}

/// Three limits for a fee; each alone blocks, when a transaction is built and again in every review of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For the fee itself.
    pub absolute: Amount,
    /// For its rate.
    pub rate: FeeRate,
    /// For its share of what is spent, in percent.
    pub percent: u64,
    /// A fee up to this is never blocked for its share: little coins have large shares.
    pub small: Amount,
}

impl Default for Limits {
    /// A twentieth of a bitcoin, 1 000 sat/vB, and a tenth of what is spent from 10 000 sat on.
    fn default() -> Self {
        Self {
            absolute: Amount::from_sat(5_000_000),
            rate: FeeRate::from_sat_per_vb_u32(1_000),
            percent: 10,
            small: Amount::from_sat(10_000),
        }
    }
}

/// What is said about prices, and when it is believed.
#[derive(Clone, Debug)]
pub struct Prices {
    /// What one bitcoin is worth, by source, in one currency.
    pub quotes: Vec<Quote>,
    /// The age from which a price is not believed.
    pub oldest: Duration,
    /// The difference between sources from which none is believed, in thousandths of the lower.
    pub apart: u32,
}

impl Default for Prices {
    fn default() -> Self {
        Self { quotes: Vec::new(), oldest: Duration::from_secs(60), apart: 20 }
    }
}

/// What one bitcoin is worth, as one source says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// The price.
    pub price: Decimal,
    /// In what.
    pub currency: Asset,
    /// Since when.
    pub at: Timestamp,
    /// Who says so.
    pub source: String,
}
