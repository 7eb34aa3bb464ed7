//! What a software account signs.

use super::{Account, AccountError};
use crate::treasury::ethereum::Hashes;
use crate::treasury::ethereum::execute::{Execution, Sent};
use crate::treasury::ethereum::hash::Request;
use crate::treasury::ethereum::nested::Errand;
use crate::treasury::ethereum::review::Reviewed;
use crate::treasury::ethereum::signature::{Asked, Confirmation, ONE, recover};
use alloy_primitives::{B256, eip191_hash_message};
use bitcoin::secp256k1::{Message, Secp256k1};

impl Account {
    /// The owner's confirmation of a Safe transaction.
    pub fn sign(&self, reviewed: &Reviewed<'_>) -> Result<Confirmation, AccountError> {
        self.confirm(&Asked::of(reviewed.at(), reviewed.hashes()))
    }

    /// The same of an owner of a Safe that owns the one that the transaction is for.
    pub fn sign_errand(&self, errand: &Errand<'_>) -> Result<Confirmation, AccountError> {
        self.confirm(errand.asked())
    }

    /// The account's own transaction, ready to be sent.
    pub fn sign_execution(&self, execution: &Execution) -> Result<Sent, AccountError> {
        let wanted = execution.sender();
        if wanted != self.address {
            return Err(AccountError::Other { here: self.address, wanted });
        }
        let signature = self.signature(execution.hash())?;
        execution.signed(&signature).map_err(|_| AccountError::Fault)
    }

    /// What a transaction service asks for: to forget a proposal, to name a delegate. It moves nothing.
    pub fn sign_request(&self, request: &Request) -> Result<[u8; ONE], AccountError> {
        let Hashes { safe_tx, .. } = request.hashes();
        self.signature(safe_tx)
    }

    /// A text (EIP-191), to show whose the account is. What is signed is no transaction, whatever the text says.
    pub fn sign_text(&self, text: &str) -> Result<[u8; ONE], AccountError> {
        self.signature(eip191_hash_message(text))
    }

    fn confirm(&self, asked: &Asked) -> Result<Confirmation, AccountError> {
        let signature = self.signature(asked.hash)?;
        let confirmation = Confirmation::read(&signature, asked).map_err(|_| AccountError::Fault)?;
        confirmation.by(self.address).map_err(|_| AccountError::Fault)
    }

    /// r, s, and 27 or 28.
    fn signature(&self, hash: B256) -> Result<[u8; ONE], AccountError> {
        let key = self.private()?;
        let made = Secp256k1::new().sign_ecdsa_recoverable(&Message::from_digest(hash.0), &key.0);
        let (id, compact) = made.serialize_compact();
        let v = u8::try_from(id.to_i32()).ok().filter(|id| *id < 2).ok_or(AccountError::Fault)?.saturating_add(27);
        let mut signature = [0; ONE];
        signature.iter_mut().zip(compact.iter().chain([&v])).for_each(|(to, from)| *to = *from);
        let (r, s) = compact.split_at(32);
        match recover(&hash, &B256::from_slice(r), &B256::from_slice(s), v) == Some(self.address) {
            true => Ok(signature),
            false => Err(AccountError::Fault),
        }
    }
}
