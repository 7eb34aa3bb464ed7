//! Which coin an input spends, as far as its PSBT proves it.
//!
//! - A previous transaction proves its outputs, because the input names its hash. An output that is only told
//!   (`witness UTXO`) proves nothing; a signature of BIP-341 commits to it, one of BIP-143 to that of its own input only.
//! - Where both are there, they have to say the same.

use super::Packet;
use bitcoin::TxOut;

/// The coin that an input spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coin<'a> {
    /// As its transaction proves.
    Proved(&'a TxOut),
    /// As the file says.
    Told(&'a TxOut),
}

impl<'a> Coin<'a> {
    /// Its value and script.
    pub fn output(self) -> &'a TxOut {
        match self {
            Self::Proved(output) | Self::Told(output) => output,
        }
    }
}

/// Why it is not known what an input spends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoinError {
    /// There is no such input.
    #[error("there is no such input")]
    NoInput,
    /// The file does not tell it.
    #[error("neither the previous transaction nor the output that it spends is in the file")]
    Absent,
    /// The previous transaction is another one.
    #[error("the previous transaction is not the one that the input spends from")]
    Transaction,
    /// The previous transaction has no such output.
    #[error("the previous transaction has no output of the number that the input spends")]
    Output,
    /// The two things that are told of it differ.
    #[error("the witness UTXO differs from what the previous transaction says")]
    Differs,
}

impl Packet {
    /// The coin that an input spends. This hashes the previous transaction.
    pub fn coin(&self, input: usize) -> Result<Coin<'_>, CoinError> {
        let spends = self.psbt.unsigned_tx.input.get(input).ok_or(CoinError::NoInput)?.previous_output;
        let told = self.psbt.inputs.get(input).ok_or(CoinError::NoInput)?;
        let Some(previous) = &told.non_witness_utxo else {
            return told.witness_utxo.as_ref().map(Coin::Told).ok_or(CoinError::Absent);
        };
        if previous.compute_txid() != spends.txid {
            return Err(CoinError::Transaction);
        }
        let number = usize::try_from(spends.vout).map_err(|_| CoinError::Output)?;
        let proved = previous.output.get(number).ok_or(CoinError::Output)?;
        match &told.witness_utxo {
            Some(told) if told != proved => Err(CoinError::Differs),
            _ => Ok(Coin::Proved(proved)),
        }
    }
}
