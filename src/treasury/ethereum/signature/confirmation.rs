//! One owner's signature over a Safe transaction, read by itself and checked.
//!
//! - Read alone, a contract's signature stands right after its 65 bytes, as the service serves it. Zeros behind a
//!   signature are dropped; anything else is refused, because it is not known what it was meant for.
//! - The owner is found from the signature. Who is said to have signed is compared, never believed.

use super::judge;
use super::{Asked, Known, LONGEST, ONE, Part, Question, SafeFacts, SignatureError};
use alloy_primitives::{Address, B256, Bytes, U256};

/// What a signature is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A key's, over the hash.
    Eoa,
    /// A key's, over the hash as a message.
    EthSign,
    /// An approval on the chain.
    ApprovedHash,
    /// A contract's: what it takes for a signature, such as the packed ones of a Safe's own owners.
    Contract {
        /// Its bytes.
        signature: Bytes,
    },
}

impl Kind {
    /// The word that people read.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Eoa => "signature",
            Self::EthSign => "eth_sign",
            Self::ApprovedHash => "approved hash",
            Self::Contract { .. } => "contract",
        }
    }
}

/// An owner's signature over one hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Whose it is.
    pub owner: Address,
    /// What it is.
    pub kind: Kind,
    /// Whether its s is in the upper half: valid for the contract, but nothing that a device makes.
    pub high_s: bool,
    hash: B256,
    part: [u8; ONE],
}

impl Confirmation {
    /// Reads a signature over what is asked, and finds whose it is.
    pub fn read(bytes: &[u8], asked: &Asked) -> Result<Self, SignatureError> {
        let part = Part::of(bytes).ok_or(SignatureError::Short(bytes.len()))?;
        if let (0 | 1, false) = (part.v, starts_with_zeros(&part.r)) {
            return Err(SignatureError::NoAddress(part.v));
        }
        let contract = match part.v {
            0 => contract_bytes(bytes, &part.s)?,
            _ => None,
        };
        let end = contract.map_or(ONE, |signature| ONE.saturating_add(32).saturating_add(signature.len()));
        let behind = bytes.get(end..).unwrap_or_default();
        if behind.len() > LONGEST {
            return Err(SignatureError::Long(LONGEST));
        }
        if behind.iter().any(|byte| *byte != 0) {
            return Err(SignatureError::Trailing(behind.len()));
        }
        Self::of(part, contract, asked)
    }

    /// Reads what a device gave: 27 and 28, or the bare recovery id, 0 and 1.
    pub fn from_device(bytes: &[u8; ONE], asked: &Asked) -> Result<Self, SignatureError> {
        let part = Part::of(bytes).ok_or(SignatureError::Short(bytes.len()))?;
        match part.v {
            v @ (0 | 1) => Self::of(Part { v: v.saturating_add(27), ..part }, None, asked),
            27 | 28 => Self::of(part, None, asked),
            v => Err(SignatureError::V(v)),
        }
    }

    /// The approval of an owner, which the chain has to know of.
    pub fn approval(owner: Address, asked: &Asked) -> Self {
        let part = Part { r: owner.into_word(), s: B256::ZERO, v: 1 };
        Self { owner, kind: Kind::ApprovedHash, high_s: false, hash: asked.hash, part: part.bytes() }
    }

    /// The signature of an owner that is a contract, made of what it takes: for a Safe, the packed ones of its owners.
    pub fn contract(owner: Address, signature: Bytes, asked: &Asked) -> Result<Self, SignatureError> {
        let part = Part { r: owner.into_word(), s: B256::ZERO, v: 0 };
        Self::of(part, Some(&signature), asked)
    }

    /// One of 65 bytes, and what a contract's own are.
    pub(super) fn of(part: Part, contract: Option<&[u8]>, asked: &Asked) -> Result<Self, SignatureError> {
        if let (0 | 1, false) = (part.v, starts_with_zeros(&part.r)) {
            return Err(SignatureError::NoAddress(part.v));
        }
        let plain = |owner: Option<Address>, kind: Kind| {
            let owner = owner.ok_or(SignatureError::NoKey)?;
            Ok(Self { owner, kind, high_s: part.high_s(), hash: asked.hash, part: part.bytes() })
        };
        match part.v {
            0 => {
                let signature = contract.ok_or(SignatureError::Offset)?;
                if signature.len() > LONGEST {
                    return Err(SignatureError::Long(LONGEST));
                }
                // Alone, its own bytes follow at once.
                let part = Part { s: B256::from(U256::from(ONE)), ..part };
                let kind = Kind::Contract { signature: signature.to_vec().into() };
                Ok(Self { owner: part.address(), kind, high_s: false, hash: asked.hash, part: part.bytes() })
            }
            // What s says there counts for nobody.
            1 => Ok(Self::approval(part.address(), asked)),
            27 | 28 => plain(part.signer(&asked.hash), Kind::Eoa),
            31 | 32 if asked.at.version.takes_eth_sign() => plain(part.eth_signer(&asked.hash), Kind::EthSign),
            31 | 32 => Err(SignatureError::EthSign(asked.at.version)),
            v => Err(SignatureError::V(v)),
        }
    }

    /// Compares with who is said to have signed.
    pub fn by(self, claimed: Address) -> Result<Self, SignatureError> {
        match self.owner == claimed {
            true => Ok(self),
            false => Err(SignatureError::Other { claimed, found: self.owner }),
        }
    }

    /// Whether it counts for this Safe: what the chain has still to answer, or why it does not.
    pub fn check(&self, asked: &Asked, facts: &SafeFacts, known: &Known) -> Result<Vec<Question>, SignatureError> {
        if self.hash != asked.hash {
            return Err(SignatureError::Hash(self.hash));
        }
        if !facts.owns(&self.owner) {
            return Err(SignatureError::NotOwner(self.owner));
        }
        match &self.kind {
            Kind::Eoa | Kind::EthSign => Ok(Vec::new()),
            Kind::ApprovedHash => {
                let question = Question::Approved { safe: asked.at.safe, owner: self.owner, hash: asked.hash };
                match known.answers.get(&question) {
                    Some(true) => Ok(Vec::new()),
                    Some(false) => Err(SignatureError::NotApproved(self.owner)),
                    None => Ok(vec![question]),
                }
            }
            Kind::Contract { signature } => judge::contract(asked, self.owner, signature, known)
                .map_err(|refusal| SignatureError::Contract { owner: self.owner, refusal }),
        }
    }

    /// The hash that it is over.
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// Its bytes alone, as the service takes and serves them.
    pub fn bytes(&self) -> Bytes {
        match &self.kind {
            Kind::Contract { signature } => [&self.part, length(signature).as_slice(), signature].concat().into(),
            _ => self.part.to_vec().into(),
        }
    }

    /// The 65 bytes, with where a contract's own start.
    pub(super) fn plain(&self, start: usize) -> [u8; ONE] {
        match (&self.kind, Part::of(&self.part)) {
            (Kind::Contract { .. }, Some(part)) => Part { s: B256::from(U256::from(start)), ..part }.bytes(),
            _ => self.part,
        }
    }
}

/// The word that stands before a contract's signature.
pub(super) fn length(signature: &[u8]) -> B256 {
    B256::from(U256::from(signature.len()))
}

fn starts_with_zeros(word: &B256) -> bool {
    word.iter().take(12).all(|byte| *byte == 0)
}

/// A contract's own bytes, right after the 65.
fn contract_bytes<'a>(bytes: &'a [u8], s: &B256) -> Result<Option<&'a [u8]>, SignatureError> {
    if *s != B256::from(U256::from(ONE)) {
        return Err(SignatureError::Offset);
    }
    judge::tail(bytes, s, ONE).map(Some).map_err(|_| SignatureError::Offset)
}
