//! Owners that are Safes (T19): what a child's own owners sign so that it confirms a transaction of its parent.
//!
//! - They sign a message in the child's name: the bytes that are hashed last where the parent is 1.4.1 or older, their hash
//!   where it is 1.5.0. How the child answers when it is asked hangs on its own version and its fallback handler, and one
//!   that is not known to answer is not signed for.
//! - An errand is made of a reviewed transaction of the parent: what the child signs is what was reviewed.
//! - The signature that comes of it is judged as the parent's contract judges it before it is handed out.
//! - The other way is to approve the hash on the chain, by a transaction of the child ([`approval`](super::build::approval)).

use super::review::Reviewed;
use super::signature::{Answers, Asked, Confirmation, Known, SafeFacts, SignatureError, pack};
use super::{SafeAt, SafeMessage};
use alloy_primitives::{Address, Bytes};
use serde_json::Value;

/// Why a child cannot confirm in this way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NestedError {
    /// They are on different chains.
    #[error("the Safe {0} is on another chain")]
    Chain(Address),
    /// A Safe cannot own itself.
    #[error("the Safe {0} cannot own itself")]
    Itself(Address),
    /// The child has no answer to what the parent asks.
    #[error("the Safe {0} does not answer what its parent asks: approve the hash on the chain instead")]
    Never(Address),
    /// It is not known how the child answers.
    #[error("it is not known how the Safe {0} answers its parent: approve the hash on the chain instead")]
    Unknown(Address),
    /// The signatures of the child's owners are not good.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl NestedError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Chain(_) => "nested-chain",
            Self::Itself(_) => "nested-itself",
            Self::Never(_) => "nested-never",
            Self::Unknown(_) => "nested-unknown",
            Self::Signature(error) => error.code(),
        }
    }
}

/// What a child is asked to sign for its parent.
#[derive(Clone, Debug)]
pub struct Errand<'a> {
    parent: Asked,
    child: &'a SafeFacts,
    message: SafeMessage,
    /// What the child's owners sign, and what the child hands on to owners of its own that are contracts.
    asked: Asked,
    /// Who calls the child when it is asked; some handlers ask in their own name.
    caller: Option<Address>,
}

impl<'a> Errand<'a> {
    /// What the owners of `child` sign, for a transaction of its parent that was reviewed.
    pub fn new(parent: &Reviewed<'_>, child: &'a SafeFacts) -> Result<Self, NestedError> {
        Self::of(
            Asked::of(parent.at(), parent.hashes()),
            SafeMessage::of_child(parent.at().version, parent.hashes()),
            child,
        )
    }

    fn of(parent: Asked, message: SafeMessage, child: &'a SafeFacts) -> Result<Self, NestedError> {
        let safe = child.at.safe;
        if child.at.chain_id != parent.at.chain_id {
            return Err(NestedError::Chain(safe));
        }
        if safe == parent.at.safe {
            return Err(NestedError::Itself(safe));
        }
        match child.asked(&parent) {
            Answers::Checks(asked, caller) => Ok(Self { parent, child, message, asked, caller }),
            Answers::Never => Err(NestedError::Never(safe)),
            Answers::Unknown => Err(NestedError::Unknown(safe)),
        }
    }

    /// What the child's owners sign, as signatures are read and checked against.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Which Safe's owners sign.
    pub fn child(&self) -> &SafeAt {
        &self.child.at
    }

    /// The message.
    pub fn message(&self) -> &SafeMessage {
        &self.message
    }

    /// As typed data, for a device that shows every field.
    pub fn typed_data(&self) -> Value {
        self.message.typed_data(&self.child.at)
    }

    /// The child's confirmation of the parent's transaction, made of those of its owners.
    pub fn confirmation(&self, valid: &[Confirmation], known: &Known) -> Result<Confirmation, NestedError> {
        for one in valid {
            let open = one.check(&self.asked, self.child, known)?;
            // An approval counts without the chain's word only where the child would be asked by that owner himself.
            if !open.is_empty() && self.caller != Some(one.owner) {
                return Err(SignatureError::NotApproved(one.owner).into());
            }
        }
        let packed: Bytes = pack(valid, self.child.threshold)?;
        let confirmation = Confirmation::contract(self.child.at.safe, packed, &self.parent)?;
        let mut known = known.clone();
        known.safes.insert(self.child.at.safe, self.child.clone());
        let owner = self.child.at.safe;
        let parent = SafeFacts { at: self.parent.at, owners: vec![owner], threshold: 1, handler: None };
        match confirmation.check(&self.parent, &parent, &known)?.is_empty() {
            true => Ok(confirmation),
            false => Err(NestedError::Unknown(owner)),
        }
    }
}

#[cfg(test)]
mod tests;
