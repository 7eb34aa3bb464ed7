//! What has to be known beside the bytes of a signature, and what only the chain can answer.

use crate::treasury::ethereum::{Hashes, SafeAt, SafeMessage, SafeVersion};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use std::collections::HashMap;

/// What a Safe is asked to check signatures over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which Safe is asked.
    pub at: SafeAt,
    /// The hash that its owners sign.
    pub hash: B256,
    /// What it hands on to owners that are contracts, where it asks them by bytes.
    pub data: Bytes,
}

impl Asked {
    /// For a transaction.
    pub fn of(at: &SafeAt, hashes: &Hashes) -> Self {
        Self { at: *at, hash: hashes.safe_tx, data: hashes.preimage().to_vec().into() }
    }

    /// What is put to an owner that is a contract.
    pub(super) fn subject(&self) -> Subject {
        match self.at.version.asks_by_hash() {
            true => Subject::Hash(self.hash),
            false => Subject::Bytes(self.data.clone()),
        }
    }
}

/// What the chain says of a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafeFacts {
    /// Which Safe.
    pub at: SafeAt,
    /// Who owns it.
    pub owners: Vec<Address>,
    /// How many of them it takes.
    pub threshold: usize,
    /// The version of the published handler that answers for its signatures (`CompatibilityFallbackHandler`). Without one
    /// it is not known how it answers, but before 1.3.0, where the Safe answers itself.
    pub handler: Option<SafeVersion>,
}

impl SafeFacts {
    /// Whether this is an owner. The contract never takes 0 and 1 for one.
    pub fn owns(&self, address: &Address) -> bool {
        let sentinel = U256::from_be_bytes(address.into_word().0) <= U256::from(1);
        !sentinel && self.owners.contains(address)
    }

    /// What this Safe checks when another asks it about this subject, and who is its caller then; nothing when it is not
    /// known, or it has no answer.
    pub(in crate::treasury::ethereum) fn asked(&self, parent: &Asked) -> Answers {
        let subject = parent.subject();
        let bytes = match &subject {
            Subject::Bytes(bytes) => bytes.clone(),
            Subject::Hash(hash) => hash.to_vec().into(),
        };
        let by_hash = matches!(subject, Subject::Hash(_));
        let (version, oldest) = (self.at.version, SafeVersion::V0_1_0);
        if version == oldest || parent.at.version == oldest {
            return Answers::Unknown;
        }
        let hashes = SafeMessage(bytes.clone()).hashes(&self.at);
        let asked = |data: Bytes| Asked { at: self.at, hash: hashes.safe_tx, data };
        let preimage = || hashes.preimage().to_vec().into();
        match self.handler {
            // The Safe answers itself, and knows only one of the two questions.
            _ if version < SafeVersion::V1_3_0 && by_hash => Answers::Never,
            _ if version < SafeVersion::V1_3_0 => Answers::Checks(asked(bytes), Some(parent.at.safe)),
            None => Answers::Unknown,
            Some(handler) if handler < SafeVersion::V1_3_0 => Answers::Never,
            Some(SafeVersion::V1_3_0) => Answers::Checks(asked(bytes), None),
            Some(SafeVersion::V1_4_1) => Answers::Checks(asked(preimage()), None),
            // It asks the Safe in a way that older ones do not know, and knows only one question itself.
            Some(_) if by_hash && version >= SafeVersion::V1_5_0 => Answers::Checks(asked(preimage()), None),
            Some(_) => Answers::Never,
        }
    }
}

/// How a Safe answers another.
pub(in crate::treasury::ethereum) enum Answers {
    /// It checks the signatures of its own owners, called by this one.
    Checks(Asked, Option<Address>),
    /// It has no such function.
    Never,
    /// It is not known.
    Unknown,
}

/// What a contract is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Bytes: `isValidSignature(bytes,bytes)`, up to 1.4.1.
    Bytes(Bytes),
    /// Their hash: `isValidSignature(bytes32,bytes)`, from 1.5.0 on.
    Hash(B256),
}

/// What only the chain can answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// Whether an owner has approved a hash in a Safe.
    Approved {
        /// The Safe.
        safe: Address,
        /// The owner.
        owner: Address,
        /// The hash.
        hash: B256,
    },
    /// Whether a contract takes a signature for its own.
    Valid {
        /// The contract.
        contract: Address,
        /// What it is asked about.
        subject: Subject,
        /// The signature.
        signature: Bytes,
    },
}

impl Question {
    /// The call that answers it: whom, and with what.
    pub fn call(&self) -> (Address, Bytes) {
        let number = |number: usize| B256::from(U256::from(number));
        let padded = |bytes: &Bytes| {
            let zeros = bytes.len().next_multiple_of(32).saturating_sub(bytes.len());
            [number(bytes.len()).as_slice(), bytes, &vec![0; zeros]].concat()
        };
        let of = |signature: &str| keccak256(signature).iter().take(4).copied().collect::<Vec<u8>>();
        match self {
            Self::Approved { safe, owner, hash } => {
                let call = [of("approvedHashes(address,bytes32)"), owner.into_word().to_vec(), hash.to_vec()];
                (*safe, call.concat().into())
            }
            Self::Valid { contract, subject: Subject::Hash(hash), signature } => {
                let call =
                    [of("isValidSignature(bytes32,bytes)"), hash.to_vec(), number(64).to_vec(), padded(signature)];
                (*contract, call.concat().into())
            }
            Self::Valid { contract, subject: Subject::Bytes(bytes), signature } => {
                let data = padded(bytes);
                let second = number(data.len().saturating_add(64)).to_vec();
                let head = [of("isValidSignature(bytes,bytes)"), number(64).to_vec(), second];
                (*contract, [head.concat(), data, padded(signature)].concat().into())
            }
        }
    }

    /// Whether what came back says yes. A call that failed says no.
    pub fn answered(&self, returned: &[u8]) -> bool {
        let Some(word) = returned.first_chunk::<32>() else { return false };
        match self {
            Self::Approved { .. } => *word != [0; 32],
            Self::Valid { subject, .. } => {
                let magic = match subject {
                    Subject::Bytes(_) => [0x20, 0xc1, 0x3b, 0x0b],
                    Subject::Hash(_) => [0x16, 0x26, 0xba, 0x7e],
                };
                word.starts_with(&magic) && word.iter().skip(4).all(|byte| *byte == 0)
            }
        }
    }
}

/// What is known beside the signatures.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Owners that are Safes themselves.
    pub safes: HashMap<Address, SafeFacts>,
    /// What the chain has answered.
    pub answers: HashMap<Question, bool>,
}
