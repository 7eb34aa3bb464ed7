//! What has become of one transaction, at a server that knows scripts.
//!
//! No server is asked about a transaction by its name: what it says of a script's history can be checked, and also tells
//! which other transaction has spent a coin.

use super::walk::{Dialect, Listed, Walk};
use super::{ChainError, Status};
use bdk_wallet::chain::BlockId;
use bitcoin::{OutPoint, Transaction};

impl<D: Dialect> Walk<'_, D> {
    /// What has become of it.
    pub fn status(self, transaction: &Transaction) -> Result<Status, ChainError> {
        let txid = transaction.compute_txid();
        // A server lists everything but outputs that nobody can spend.
        if let Some(output) = transaction.output.iter().find(|output| !output.script_pubkey.is_op_return()) {
            let history = self.histories(std::slice::from_ref(&output.script_pubkey))?;
            if let Some(line) = history.iter().flatten().find(|line| line.txid == txid) {
                return self.standing(line);
            }
        }
        for input in &transaction.input {
            let OutPoint { txid: parent, vout } = input.previous_output;
            let Some(parent) = self.transactions(&[parent])?.pop().flatten() else { continue };
            let Some(coin) = usize::try_from(vout).ok().and_then(|vout| parent.output.get(vout)) else { continue };
            for line in self.histories(std::slice::from_ref(&coin.script_pubkey))?.iter().flatten() {
                if line.txid == txid {
                    return self.standing(line);
                }
                if self.spends(line, input.previous_output)? {
                    let confirmed = matches!(self.standing(line)?, Status::Confirmed(_));
                    return Ok(Status::Replaced { by: line.txid, coin: input.previous_output, confirmed });
                }
            }
        }
        Ok(Status::Unknown)
    }

    fn standing(&self, line: &Listed) -> Result<Status, ChainError> {
        let Some(height) = line.height else { return Ok(Status::Unconfirmed) };
        let header = self.header(height)?;
        self.prove(&[(line.txid, height, header)])?;
        Ok(Status::Confirmed(BlockId { height, hash: header.block_hash() }))
    }

    /// Whether a transaction of a history spends a coin.
    fn spends(&self, line: &Listed, coin: OutPoint) -> Result<bool, ChainError> {
        let spends = |other: &Transaction| other.input.iter().any(|input| input.previous_output == coin);
        match &line.transaction {
            Some(other) if other.compute_txid() == line.txid => Ok(spends(other)),
            Some(_) => Err(self.other_bytes(line.txid)),
            None => Ok(self.transactions(&[line.txid])?.pop().flatten().is_some_and(|other| spends(&other))),
        }
    }
}
