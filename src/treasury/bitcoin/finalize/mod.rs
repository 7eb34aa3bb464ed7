//! Makes a transaction of a PSBT that the quorum has signed, and holds it to the rules before anybody sends it.
//!
//! - Witnesses are made anew from the wallet's descriptor and from signatures that were verified here; what a file calls
//!   final is not taken as such.
//! - It is checked with Bitcoin Core's own code for scripts, every rule of consensus on, and with what nodes relay.
//! - Without a quorum, or with a signature that counts for nobody, there is no transaction.
//!
//! Whether its fee is sane is for the review to say.

use super::psbt::{Coin, CoinError, Packet};
use super::signature::{Derived, How, Own, Signed, StrayReason, Valid, inspect};
use super::wallet::Wallet;
use bitcoin::consensus::serialize;
use bitcoin::taproot::{self, TapLeafHash};
use bitcoin::transaction::Version;
use bitcoin::{
    Amount, PublicKey, Script, Sequence, Transaction, TxOut, Txid, Weight, XOnlyPublicKey, absolute, ecdsa, relative,
};
use miniscript::{Satisfier, ToPublicKey};

/// The heaviest transaction that nodes relay.
const MOST_WEIGHT: Weight = Weight::from_wu(400_000);

/// The longest script of an input that nodes relay.
const LONGEST_SCRIPT_SIG: usize = 1_650;

/// The smallest transaction that nodes relay, without its witnesses.
const SMALLEST: usize = 65;

/// A transaction that can be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Final {
    /// The transaction.
    pub tx: Transaction,
    /// Its name.
    pub txid: Txid,
    /// Its size as fees count it, in vbytes.
    pub vsize: u64,
    /// What it pays to be mined.
    pub fee: Amount,
}

/// Why no transaction can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FinalizeError {
    /// A signature counts for nobody.
    #[error("input {input}: the signature under {key} does not count: {reason}")]
    Stray {
        /// At which input.
        input: usize,
        /// Under which key.
        key: String,
        /// Why.
        reason: StrayReason,
    },
    /// An input is not the wallet's.
    #[error("input {0} is not a coin of this wallet")]
    Foreign(usize),
    /// It is not known what an input spends.
    #[error("input {input}: {reason}")]
    Coin {
        /// Which.
        input: usize,
        /// Why not.
        reason: CoinError,
    },
    /// The value of an input is claimed and not proved.
    #[error("input {0}: its previous transaction is missing, without which its value is not certain")]
    Unproved(usize),
    /// Too few have signed.
    #[error("{have} of {required} needed cosigners have signed every input")]
    Quorum {
        /// How many have.
        have: usize,
        /// How many it takes.
        required: usize,
    },
    /// The signatures do not open the script: most often a time lock has not ended.
    #[error("input {0}: its signatures are not enough for its script, or its time lock has not ended")]
    Unsatisfied(usize),
    /// Bitcoin Core's code says no.
    #[error("input {0} does not pass the rules of consensus")]
    Consensus(usize),
    /// It gives out more than it has.
    #[error("its outputs are worth more than its inputs")]
    Overspent,
    /// Nodes would not relay it.
    #[error("nodes would not relay it: {0}")]
    Policy(Relay),
}

/// What nodes do not relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Relay {
    /// Its version.
    #[error("its version is not 1, 2 or 3")]
    Version,
    /// Its weight.
    #[error("it weighs {0}, more than {MOST_WEIGHT}")]
    Weight(Weight),
    /// It is too small.
    #[error("it has fewer than {SMALLEST} bytes")]
    Small,
    /// An output that costs more to spend than it is worth.
    #[error("output {0} is dust")]
    Dust(usize),
    /// An output with a script of no usual kind.
    #[error("output {0} pays to a script of no usual kind")]
    Script(usize),
    /// An input with a script that is too long.
    #[error("the script of input {0} is longer than {LONGEST_SCRIPT_SIG} bytes")]
    ScriptSig(usize),
}

impl FinalizeError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stray { .. } => "final-signature",
            Self::Foreign(_) => "final-foreign",
            Self::Coin { .. } | Self::Unproved(_) => "final-coin",
            Self::Quorum { .. } => "final-quorum",
            Self::Unsatisfied(_) => "final-script",
            Self::Consensus(_) => "final-consensus",
            Self::Overspent => "final-overspent",
            Self::Policy(_) => "final-relay",
        }
    }
}

/// The transaction of a PSBT that the quorum, or those whose time lock has ended, have signed.
pub fn finalize(packet: &Packet, wallet: &Wallet) -> Result<Final, FinalizeError> {
    let mut derived = Derived::of(wallet);
    let (signatures, valid) = inspect(packet, &mut derived);
    if let Some(stray) = signatures.strays.first().cloned() {
        return Err(FinalizeError::Stray { input: stray.input, key: stray.key, reason: stray.reason });
    }
    let coin = |input| packet.coin(input).map_err(|reason| FinalizeError::Coin { input, reason });
    let coins = (0..packet.psbt.inputs.len()).map(coin).collect::<Result<Vec<_>, _>>()?;
    let owns = signatures.spots.iter().map(|spot| spot.and_then(|spot| derived.known(spot)));
    let owns = owns.enumerate().map(|(input, own)| own.ok_or(FinalizeError::Foreign(input)));
    let owns = owns.collect::<Result<Vec<_>, _>>()?;
    let later = wallet.policy().recovery().iter().any(|way| signatures.enough_later(way));
    if !signatures.enough() && !later {
        let have = signatures.complete().count();
        return Err(FinalizeError::Quorum { have, required: signatures.required });
    }
    assemble(packet, &coins, &owns, &valid)
}

/// The transaction of what was verified.
fn assemble(packet: &Packet, coins: &[Coin<'_>], owns: &[&Own], valid: &[Valid]) -> Result<Final, FinalizeError> {
    let mut tx = packet.psbt.unsigned_tx.clone();
    let (version, lock_time) = (tx.version, tx.lock_time);
    for (number, ((input, own), coin)) in tx.input.iter_mut().zip(owns).zip(coins).enumerate() {
        // The old sighash says nothing of a value, so that only the previous transaction can.
        if matches!((&own.how, coin), (How::Legacy(_), Coin::Told(_))) {
            return Err(FinalizeError::Unproved(number));
        }
        let known = Known { input: number, valid, version, lock_time, sequence: input.sequence };
        own.definite.satisfy(input, known).map_err(|_| FinalizeError::Unsatisfied(number))?;
    }
    let coins = coins.iter().map(|coin| coin.output()).collect::<Vec<_>>();
    consensus(&tx, &coins)?;
    relayed(&tx).map_err(FinalizeError::Policy)?;
    let fee = sum(coins).zip(sum(&tx.output)).and_then(|(has, gives)| has.checked_sub(gives));
    let fee = fee.ok_or(FinalizeError::Overspent)?;
    let vsize = tx.weight().to_vbytes_ceil();
    Ok(Final { txid: tx.compute_txid(), vsize, fee, tx })
}

fn sum<'a>(outputs: impl IntoIterator<Item = &'a TxOut>) -> Option<Amount> {
    outputs.into_iter().try_fold(Amount::ZERO, |sum, output| sum.checked_add(output.value))
}

/// Every input holds by Bitcoin Core's code.
fn consensus(tx: &Transaction, coins: &[&TxOut]) -> Result<(), FinalizeError> {
    let bytes = serialize(tx);
    let flags = bitcoinconsensus::VERIFY_ALL_PRE_TAPROOT | bitcoinconsensus::VERIFY_TAPROOT;
    let spent = coins.iter().map(|coin| {
        Some(bitcoinconsensus::Utxo {
            script_pubkey: coin.script_pubkey.as_bytes().as_ptr(),
            script_pubkey_len: u32::try_from(coin.script_pubkey.len()).ok()?,
            value: i64::try_from(coin.value.to_sat()).ok()?,
        })
    });
    let spent = spent.collect::<Option<Vec<_>>>().ok_or(FinalizeError::Overspent)?;
    for (number, coin) in coins.iter().enumerate() {
        let (script, value) = (coin.script_pubkey.as_bytes(), coin.value.to_sat());
        bitcoinconsensus::verify_with_flags(script, value, &bytes, Some(&spent), number, flags)
            .map_err(|_| FinalizeError::Consensus(number))?;
    }
    Ok(())
}

/// Nodes relay it. Of their limits, that of signature operations is out of reach within the limit of weight.
fn relayed(tx: &Transaction) -> Result<(), Relay> {
    if !(1..=3).contains(&tx.version.0) {
        return Err(Relay::Version);
    }
    if tx.weight() > MOST_WEIGHT {
        return Err(Relay::Weight(tx.weight()));
    }
    if tx.base_size() < SMALLEST {
        return Err(Relay::Small);
    }
    if let Some(long) = tx.input.iter().position(|input| input.script_sig.len() > LONGEST_SCRIPT_SIG) {
        return Err(Relay::ScriptSig(long));
    }
    for (number, output) in tx.output.iter().enumerate() {
        let script = &output.script_pubkey;
        if !usual(script) {
            return Err(Relay::Script(number));
        }
        if output.value < script.minimal_non_dust() {
            return Err(Relay::Dust(number));
        }
    }
    Ok(())
}

fn usual(script: &Script) -> bool {
    script.is_p2pkh() || script.is_p2sh() || script.is_witness_program() || script.is_p2pk() || script.is_op_return()
}

/// What was verified for an input, as miniscript asks for it.
struct Known<'a> {
    input: usize,
    valid: &'a [Valid],
    version: Version,
    lock_time: absolute::LockTime,
    sequence: Sequence,
}

impl Known<'_> {
    fn find<T>(&self, wanted: impl Fn(&Signed) -> Option<T>) -> Option<T> {
        self.valid.iter().filter(|valid| valid.input == self.input).find_map(|valid| wanted(&valid.signature))
    }
}

impl Satisfier<PublicKey> for Known<'_> {
    fn lookup_ecdsa_sig(&self, key: &PublicKey) -> Option<ecdsa::Signature> {
        self.find(|signed| match signed {
            Signed::Ecdsa(of, signature) if of == key => Some(*signature),
            _ => None,
        })
    }

    fn lookup_tap_key_spend_sig(&self) -> Option<taproot::Signature> {
        self.find(|signed| match signed {
            Signed::Output(signature) => Some(*signature),
            _ => None,
        })
    }

    fn lookup_tap_leaf_script_sig(&self, key: &PublicKey, leaf: &TapLeafHash) -> Option<taproot::Signature> {
        let key: XOnlyPublicKey = key.to_x_only_pubkey();
        self.find(|signed| match signed {
            Signed::Leaf(of, at, signature) if (of, at) == (&key, leaf) => Some(*signature),
            _ => None,
        })
    }

    fn check_older(&self, lock: relative::LockTime) -> bool {
        let waited = self.sequence.to_relative_lock_time();
        self.version.0 >= 2 && waited.is_some_and(|waited| lock.is_implied_by(waited))
    }

    fn check_after(&self, lock: absolute::LockTime) -> bool {
        self.sequence.enables_absolute_lock_time() && lock.is_implied_by(self.lock_time)
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;
