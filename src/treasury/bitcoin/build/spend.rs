//! A transaction out of coins and outputs: fee, change, order, lock time.
//!
//! - The fee is what the rate asks for the weight that was counted, rounded up to a satoshi, and never below `floor`.
//! - Change that would be dust is not made: it goes to the fee, which is how the fee can be above the rate.

use super::choose::{Source, Sources, choose};
use super::weigh::weight;
use super::{BuildError, Built, Start, Terms, check, packet, rate, recovery};
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::policy::Lock;
use crate::treasury::bitcoin::psbt::MOST_PARTS;
use crate::treasury::bitcoin::wallet::{Chain, LAST_INDEX, Spot};
use bitcoin::absolute::LockTime;
use bitcoin::hashes::Hash;
use bitcoin::{Amount, FeeRate, OutPoint, ScriptBuf, Transaction, TxIn, TxOut, Txid, Weight, Witness, transaction};

/// Who gets what is left.
#[derive(Clone, Debug)]
pub(super) enum Rest {
    /// We do, and it may be nothing.
    Change(Spot),
    /// Somebody does, and it has to be something; all coins are taken.
    All(ScriptBuf),
}

/// Fees that others have paid, or have to be paid for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Besides {
    /// What has to be paid at least, whatever the rate asks: for what is replaced.
    pub(super) replaced: Option<Amount>,
    /// What parents that wait weigh.
    pub(super) weight: Weight,
    /// What they pay.
    pub(super) fee: Amount,
}

impl Besides {
    /// Nothing of the kind.
    pub(super) const NONE: Self = Self { replaced: None, weight: Weight::ZERO, fee: Amount::ZERO };
}

/// A transaction about to be.
pub(super) struct Spend<'a> {
    pub(super) state: &'a State,
    pub(super) terms: &'a Terms,
    pub(super) sources: Sources,
    pub(super) fixed: Vec<TxOut>,
    pub(super) rest: Rest,
    pub(super) besides: Besides,
    pub(super) replaces: Vec<Txid>,
}

/// Inputs and outputs that come to a fee.
struct Draft {
    sources: Vec<Source>,
    transaction: Transaction,
    weight: Weight,
    fee: Amount,
}

impl Spend<'_> {
    /// Builds and checks it.
    pub(super) fn build(mut self) -> Result<Built, BuildError> {
        let asked = self.terms.rate;
        if asked < rate::RELAYED && self.besides.weight == Weight::ZERO {
            return Err(BuildError::Low { asked, least: rate::RELAYED });
        }
        let mut draft = match self.rest.clone() {
            Rest::All(script) => self.everything(script)?,
            Rest::Change(spot) => self.with_change(spot)?,
        };
        draft.transaction.output.sort_by(|a, b| (a.value, &a.script_pubkey).cmp(&(b.value, &b.script_pubkey)));
        if draft.transaction.output.len() > MOST_PARTS {
            return Err(BuildError::Outputs(draft.transaction.output.len()));
        }
        let (rest, spot) = match self.rest {
            Rest::Change(spot) => (self.state.wallet().script(spot).unwrap_or_default(), Some(spot)),
            Rest::All(script) => (script, None),
        };
        let mut outputs = draft.transaction.output.iter();
        let change = spot.and_then(|spot| Some((outputs.position(|output| output.script_pubkey == rest)?, spot)));
        let Draft { sources, transaction, weight, fee } = draft;
        let packet = packet::packet(self.state, &sources, transaction, self.terms.xpubs)?;
        let built = Built { packet, fee, weight, change, replaces: self.replaces };
        check::limits(&built, self.terms, &self.besides)?;
        check::holds(&built, self.state, &self.fixed, &rest)?;
        Ok(built)
    }

    /// Every coin goes to one.
    fn everything(&mut self, script: ScriptBuf) -> Result<Draft, BuildError> {
        let mut sources = std::mem::take(&mut self.sources.required);
        sources.append(&mut self.sources.optional);
        if sources.is_empty() {
            return Err(BuildError::Empty);
        }
        if sources.len() > MOST_PARTS {
            return Err(BuildError::Inputs(sources.len()));
        }
        let least = script.minimal_non_dust();
        let draft = self.draft(sources, Some(TxOut { value: least, script_pubkey: script }))?;
        let available = draft.coins();
        let needed = add(self.paid()?, add(self.fee(draft.weight), least)?)?;
        let rest = available.checked_sub(needed).ok_or(BuildError::Missing { needed, available })?;
        let fee = self.fee(draft.weight);
        Ok(draft.with_rest(add(least, rest)?, fee))
    }

    /// As many coins as it takes; what is left comes back.
    fn with_change(&mut self, spot: Spot) -> Result<Draft, BuildError> {
        let script = self.state.wallet().script(spot).ok_or(BuildError::Wrong("there is no place for change"))?;
        let paid = self.paid()?;
        let least = script.minimal_non_dust();
        let empty = self.draft(Vec::new(), None)?.weight;
        // BDK counts a fee from weights; a fee that is asked for besides is part of what has to be reached.
        let base = |weight: Weight| self.terms.rate.fee_wu(weight).unwrap_or(Amount::MAX_MONEY);
        let mut short = Amount::ZERO;
        // Each round asks for what the round before lacked, which is little: lengths of counts, and fees besides.
        for _ in 0..=MOST_PARTS {
            let target = add(add(paid, base(empty))?, short)?;
            let sources = choose(&self.sources, self.terms.rate, target, &script)?;
            if sources.is_empty() {
                return Err(BuildError::Empty);
            }
            let change = TxOut { value: least, script_pubkey: script.clone() };
            let with = self.draft(sources.clone(), Some(change))?;
            let available = with.coins();
            let fee = self.fee(with.weight);
            if let Some(rest) = available.checked_sub(add(paid, fee)?)
                && rest >= least
            {
                return Ok(with.with_rest(rest, fee));
            }
            let mut without = self.draft(sources, None)?;
            let needed = add(paid, self.fee(without.weight))?;
            // Without any output there is no transaction: then a little more has to be taken, so that something comes back.
            let needed = if self.fixed.is_empty() { add(add(paid, fee)?, least)? } else { needed };
            match available.checked_sub(needed) {
                Some(_) => {
                    without.fee = available.checked_sub(paid).unwrap_or_default();
                    return Ok(without);
                }
                None => {
                    let lacks = needed.checked_sub(available).unwrap_or_default();
                    short = add(short, lacks.max(Amount::ONE_SAT))?;
                    if self.sources.optional.is_empty() {
                        return Err(BuildError::Missing { needed, available });
                    }
                }
            }
        }
        Err(BuildError::Wrong("the coins never suffice for their own fee"))
    }

    /// What is paid to others.
    fn paid(&self) -> Result<Amount, BuildError> {
        self.fixed.iter().try_fold(Amount::ZERO, |sum, output| add(sum, output.value))
    }

    /// What a transaction of that weight has to pay.
    fn fee(&self, weight: Weight) -> Amount {
        fee(self.terms.rate, weight, &self.besides)
    }

    fn draft(&self, mut sources: Vec<Source>, last: Option<TxOut>) -> Result<Draft, BuildError> {
        let lock = recovery::lock(self.state, self.terms.way)?.map(|(lock, _)| lock);
        sources.sort_by_key(|source| bip69(source.outpoint));
        let input = sources.iter().map(|source| TxIn {
            previous_output: source.outpoint,
            script_sig: ScriptBuf::new(),
            sequence: recovery::sequence(lock, self.terms.replaceable),
            witness: Witness::new(),
        });
        let mut output = self.fixed.clone();
        output.extend(last);
        let transaction = Transaction {
            version: transaction::Version::TWO,
            lock_time: lock_time(self.state, self.terms, lock)?,
            input: input.collect(),
            output,
        };
        let weight = weight(&transaction, sources.iter().map(|source| &source.load));
        Ok(Draft { sources, transaction, weight, fee: Amount::ZERO })
    }
}

impl Draft {
    fn coins(&self) -> Amount {
        let values = self.sources.iter().map(|source| source.output.value);
        values.fold(Amount::ZERO, |sum, value| sum.checked_add(value).unwrap_or(Amount::MAX_MONEY))
    }

    /// With what is left in the last output, which stood for it with another value: that changes no weight.
    fn with_rest(mut self, rest: Amount, fee: Amount) -> Self {
        self.fee = fee;
        if let Some(last) = self.transaction.output.last_mut() {
            last.value = rest;
        }
        self
    }
}

/// What a transaction of that weight has to pay: what the rate asks for it and for parents that wait, less what those
/// pay; and what it replaces, with as much for its own size as nodes ask for being moved once more (BIP-125, rule 4).
pub(super) fn fee(rate: FeeRate, weight: Weight, besides: &Besides) -> Amount {
    let of = |rate: FeeRate, weight: Weight| rate.fee_wu(weight).unwrap_or(Amount::MAX_MONEY);
    let all = of(rate, weight.checked_add(besides.weight).unwrap_or(Weight::MAX));
    let own = all.checked_sub(besides.fee).unwrap_or_default();
    // Whole virtual bytes are what nodes count.
    let size = Weight::from_vb(weight.to_vbytes_ceil()).unwrap_or(Weight::MAX);
    let relayed = of(rate::RELAYED, size);
    let floor = besides.replaced.map_or(relayed, |replaced| replaced.checked_add(relayed).unwrap_or(Amount::MAX_MONEY));
    own.max(floor)
}

/// A sum; beyond all bitcoin there is none.
pub(super) fn add(a: Amount, b: Amount) -> Result<Amount, BuildError> {
    let sum = a.checked_add(b).filter(|sum| *sum <= Amount::MAX_MONEY);
    sum.ok_or(BuildError::Missing { needed: Amount::MAX_MONEY, available: Amount::ZERO })
}

/// The next place for change that nobody is paid at: the lowest one that was never used.
pub(super) fn change(state: &State, paid: &[TxOut]) -> Result<Spot, BuildError> {
    let first = state.next(Chain::Change);
    let spots = (first.index..LAST_INDEX).take(MOST_PARTS.saturating_add(1)).map(|index| Spot { index, ..first });
    let free = |spot: &Spot| {
        let script = state.wallet().script(*spot);
        !state.used(*spot) && script.is_some_and(|script| paid.iter().all(|output| output.script_pubkey != script))
    };
    spots.into_iter().find(free).ok_or(BuildError::Wrong("there is no place for change"))
}

/// From when on it may be confirmed: as asked, and not before a recovery's own lock.
fn lock_time(state: &State, terms: &Terms, lock: Option<Lock>) -> Result<LockTime, BuildError> {
    let tip = LockTime::from_height(state.tip().map_or(0, |tip| tip.height)).unwrap_or(LockTime::ZERO);
    let Some(Lock::After(needed)) = lock else {
        return Ok(match terms.start {
            Start::Tip => tip,
            Start::At(time) => time,
        });
    };
    let needed = LockTime::from(needed);
    match terms.start {
        Start::Tip if needed.is_implied_by(tip) => Ok(tip),
        Start::Tip => Ok(needed),
        Start::At(asked) if needed.is_implied_by(asked) => Ok(asked),
        Start::At(asked) => Err(BuildError::LockTime { asked, needed }),
    }
}

/// The order of BIP-69: by the number that people see, then by the place.
fn bip69(outpoint: OutPoint) -> ([u8; 32], u32) {
    let mut txid = outpoint.txid.to_byte_array();
    txid.reverse();
    (txid, outpoint.vout)
}
