//! Why a transaction cannot be built: each reason with its figures, and what to do about it.

use super::{Ripeness, rate};
use bitcoin::absolute::LockTime;
use bitcoin::{Amount, FeeRate, OutPoint, Txid};

/// Why a transaction cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Nobody is paid.
    #[error("there is nobody to pay")]
    Nobody,
    /// Several recipients get what is left.
    #[error("only one recipient can get what is left (max)")]
    Maxes,
    /// What is paid is not one of the usual scripts.
    #[error("recipient {0} has no address: what is paid there could never be spent, or is not relayed")]
    Script(usize),
    /// Too little to be relayed.
    #[error("recipient {number} gets {sum}, but less than {least} is dust, which nodes do not relay")]
    Dust {
        /// Which, from 1.
        number: usize,
        /// How much.
        sum: Amount,
        /// How much it has to be.
        least: Amount,
    },
    /// The coins do not suffice.
    #[error("{} missing: {needed} needed, fee included, and {available} there", missing(.needed, .available))]
    Missing {
        /// What is needed, with the fee.
        needed: Amount,
        /// What the coins that may be taken are worth.
        available: Amount,
    },
    /// There are no coins to take.
    #[error("there is no coin that may be taken")]
    Empty,
    /// More than devices sign.
    #[error("{0} inputs, and devices sign {most} at most: pay less at once, or name the coins", most = super::super::psbt::MOST_PARTS)]
    Inputs(usize),
    /// More than devices sign.
    #[error("{0} outputs, and devices sign {most} at most: pay fewer at once", most = super::super::psbt::MOST_PARTS)]
    Outputs(usize),
    /// A coin that was named is not ours, or nothing is known of it.
    #[error("coin {0} is none of this wallet's: bring the wallet up to date, or check the number")]
    Unknown(OutPoint),
    /// A coin that was named is spent.
    #[error("coin {coin} is spent already by transaction {by}")]
    Spent {
        /// The coin.
        coin: OutPoint,
        /// What spends it.
        by: Txid,
    },
    /// A coin that was named must not be taken.
    #[error("coin {0} is frozen: unfreeze it first")]
    Frozen(OutPoint),
    /// A coin was both named and excluded.
    #[error("coin {0} is both to be taken and not to be taken")]
    Contradiction(OutPoint),
    /// A miner's reward that rests.
    #[error("coin {coin} is a reward for mining that may be spent in {blocks} blocks")]
    Immature {
        /// The coin.
        coin: OutPoint,
        /// How many blocks are left.
        blocks: u32,
    },
    /// A coin that the recovery cannot take yet.
    #[error("coin {coin} cannot be recovered yet: {wait}")]
    Unripe {
        /// The coin; the soonest where none was named.
        coin: OutPoint,
        /// When it can.
        wait: Ripeness,
    },
    /// There is no such recovery, or what it takes is unknown.
    #[error("the wallet has no such way to spend")]
    Way,
    /// The lock time does not suit the recovery's.
    #[error("the lock time {asked} does not reach the recovery's, {needed}")]
    LockTime {
        /// What was asked for.
        asked: LockTime,
        /// What the recovery needs.
        needed: LockTime,
    },
    /// The rate is below what nodes relay at all.
    #[error("a fee rate of {} sat/vB is below the {} that nodes relay", rate::show(*.asked), rate::show(*.least))]
    Low {
        /// What was asked for.
        asked: FeeRate,
        /// What it has to be.
        least: FeeRate,
    },
    /// The fee is above a limit.
    #[error("a fee of {fee} is above the limit of {limit} ({what})")]
    High {
        /// The fee.
        fee: Amount,
        /// The most that this limit allows.
        limit: Amount,
        /// Which limit.
        what: &'static str,
    },
    /// Nothing is known of a transaction, or it does not count any more.
    #[error("transaction {0} does not wait here: it is unknown, or was replaced")]
    NotWaiting(Txid),
    /// The transaction is confirmed already.
    #[error("transaction {txid} is confirmed in block {height}: nothing can replace it or speed it up")]
    Confirmed {
        /// Which.
        txid: Txid,
        /// In which block.
        height: u32,
    },
    /// The transaction does not allow that it is replaced.
    #[error("transaction {0} does not say that it may be replaced (BIP-125): spend from it instead (CPFP)")]
    Final(Txid),
    /// It spends what is not ours.
    #[error("transaction {txid} spends coin {coin}, which is not ours: we cannot sign it anew")]
    Foreign {
        /// Which.
        txid: Txid,
        /// What it spends.
        coin: OutPoint,
    },
    /// A coin that was named for a replacement waits itself.
    #[error("coin {0} is not confirmed, and a replacement may only add coins that are")]
    Waits(OutPoint),
    /// Its fee cannot be known.
    #[error("the fee of transaction {0} is not known, because what it spends is not")]
    FeeUnknown(Txid),
    /// Others have built too much on it.
    #[error("{0} transactions would be replaced, and nodes take 100 at most")]
    Crowd(usize),
    /// The replacement pays too little.
    #[error("a replacement has to pay {least} at least ({} sat/vB), and would pay {fee}", rate::show(*.rate))]
    Increment {
        /// What it would pay.
        fee: Amount,
        /// What it has to pay: what it replaces, and 1 sat/vB for itself.
        least: Amount,
        /// The fee rate which comes to that.
        rate: FeeRate,
    },
    /// None of the transaction's outputs is ours to spend.
    #[error("transaction {0} has no output that is ours and unspent")]
    NoOutput(Txid),
    /// The parents pay that much without help.
    #[error("the transaction and its parents pay {} sat/vB without help", rate::show(*.0))]
    Enough(FeeRate),
    /// What was built is not what was meant. It is never handed out.
    #[error("what was built does not hold: {0}; please report this")]
    Wrong(&'static str),
}

impl BuildError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Nobody => "build-nobody",
            Self::Maxes => "build-several-max",
            Self::Script(_) => "build-script",
            Self::Dust { .. } => "build-dust",
            Self::Missing { .. } => "build-missing",
            Self::Empty => "build-no-coin",
            Self::Inputs(_) => "build-inputs",
            Self::Outputs(_) => "build-outputs",
            Self::Unknown(_) => "build-coin-unknown",
            Self::Spent { .. } => "build-coin-spent",
            Self::Frozen(_) => "build-coin-frozen",
            Self::Contradiction(_) => "build-coin-taken",
            Self::Immature { .. } => "build-coin-immature",
            Self::Unripe { .. } => "build-unripe",
            Self::Way => "build-way",
            Self::LockTime { .. } => "build-lock-time",
            Self::Low { .. } => "build-fee-low",
            Self::High { .. } => "build-fee-high",
            Self::NotWaiting(_) => "build-not-waiting",
            Self::Confirmed { .. } => "build-confirmed",
            Self::Final(_) => "build-final",
            Self::Foreign { .. } => "build-foreign",
            Self::Waits(_) => "build-coin-waits",
            Self::FeeUnknown(_) => "build-fee-unknown",
            Self::Crowd(_) => "build-crowd",
            Self::Increment { .. } => "build-increment",
            Self::NoOutput(_) => "build-no-output",
            Self::Enough(_) => "build-enough",
            Self::Wrong(_) => "build-wrong",
        }
    }
}

fn missing(needed: &Amount, available: &Amount) -> Amount {
    needed.checked_sub(*available).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_code_stands_once_and_is_on_the_page() {
        let (source, page) = (include_str!("error.rs"), include_str!("../../../../docs/treasury.md"));
        let codes = source.lines().filter_map(|line| line.split_once("=> \"build-")?.1.strip_suffix("\","));
        let codes: Vec<&str> = codes.collect();
        assert!(codes.len() > 20);
        for (place, code) in codes.iter().enumerate() {
            assert!(!codes[..place].contains(code), "build-{code} stands for two things");
            assert!(page.contains(&format!("`build-{code}`")), "docs/treasury.md lacks build-{code}");
        }
    }
}
