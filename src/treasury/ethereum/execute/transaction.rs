//! The account's own transaction around the call to the Safe (EIP-1559): what is signed, what is sent, what it is known by.
//!
//! - It is made of a transaction that was reviewed, with signatures that the contract takes. A replacement and a cancellation
//!   are made of one that was made so.
//! - It sends no coin along, and has no access list: what it pays is its gas.
//! - What is sent leads back to the account that was to sign it, and is read back from its bytes.

use super::call::{CallError, signed};
use super::fees::{FeeError, Fees, LEAST_GAS};
use crate::treasury::ethereum::review::Reviewed;
use crate::treasury::ethereum::signature::{Confirmation, Known, ONE, SafeFacts, recover};
use alloy_consensus::transaction::{RlpEcdsaDecodableTx, RlpEcdsaEncodableTx};
use alloy_consensus::{SignableTransaction, TxEip1559};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};

/// The longest raw transaction that is read.
const LONGEST: usize = 256 << 10;

/// Half of the curve's order: nodes take no s above it.
const HALF: U256 = U256::from_limbs([0xdfe9_2f46_681b_20a0, 0x5d57_6e73_57a4_501d, u64::MAX, 0x7fff_ffff_ffff_ffff]);

/// Why a transaction is not made, or a signature over it not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// The call cannot be made.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The fees are not taken.
    #[error(transparent)]
    Fees(#[from] FeeError),
    /// No transaction has room for such an id.
    #[error("chain {0} has an id that no transaction has room for")]
    Chain(U256),
    /// A signature that is none.
    #[error("it is no signature of a transaction: r and s in 64 bytes, s in the lower half, and 0, 1, 27 or 28")]
    Form,
    /// It is not by the account that was to sign.
    #[error("the signature leads to {found}, not to {expected}")]
    Signer {
        /// Who was to sign.
        expected: Address,
        /// Whose it is.
        found: Address,
    },
    /// Bytes that are no transaction of this kind.
    #[error("it is no signed transaction of EIP-1559")]
    Raw,
}

impl ExecutionError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::Fees(error) => error.code(),
            Self::Chain(_) => "execute-chain",
            Self::Form => "execute-signature-form",
            Self::Signer { .. } => "execute-signer",
            Self::Raw => "execute-raw",
        }
    }
}

/// A transaction that an account is to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    sender: Address,
    inner: TxEip1559,
}

/// A transaction that an account has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Who signed it.
    pub sender: Address,
    /// What it says.
    pub execution: Execution,
    /// What is handed to a node.
    pub raw: Bytes,
    /// What it is known by.
    pub hash: B256,
}

impl Execution {
    /// What carries a reviewed transaction out: `sender` signs it at his own nonce.
    pub fn new(
        reviewed: &Reviewed<'_>,
        valid: &[Confirmation],
        (facts, known): (&SafeFacts, &Known),
        sender: Address,
        nonce: u64,
        fees: Fees,
    ) -> Result<Self, ExecutionError> {
        let at = reviewed.at();
        let input = signed(at, reviewed.tx(), valid, facts, known, sender)?;
        Self::of(at.chain_id, sender, at.safe, input, nonce, fees)
    }

    fn of(
        chain_id: U256,
        sender: Address,
        to: Address,
        input: Bytes,
        nonce: u64,
        fees: Fees,
    ) -> Result<Self, ExecutionError> {
        let Fees { gas, most, tip } = fees.checked()?;
        let inner = TxEip1559 {
            chain_id: u64::try_from(chain_id).map_err(|_| ExecutionError::Chain(chain_id))?,
            nonce,
            gas_limit: gas,
            max_fee_per_gas: most,
            max_priority_fee_per_gas: tip,
            to: TxKind::Call(to),
            value: U256::ZERO,
            access_list: Default::default(),
            input,
        };
        Ok(Self { sender, inner })
    }

    /// The same with fees that take its place: at the same nonce, both at least a tenth higher.
    pub fn replaced(&self, fees: Fees) -> Result<Self, ExecutionError> {
        fees.replaces(&self.fees())?;
        Self::of(U256::from(self.inner.chain_id), self.sender, self.to(), self.inner.input.clone(), self.nonce(), fees)
    }

    /// What takes its place and does nothing: the account calls itself with nothing.
    pub fn cancelled(&self, most: u128, tip: u128) -> Result<Self, ExecutionError> {
        let fees = Fees { gas: LEAST_GAS, most, tip };
        fees.replaces(&self.fees())?;
        Self::of(U256::from(self.inner.chain_id), self.sender, self.sender, Bytes::new(), self.nonce(), fees)
    }

    /// Who is to sign it.
    pub fn sender(&self) -> Address {
        self.sender
    }

    /// The chain that it is for.
    pub fn chain_id(&self) -> u64 {
        self.inner.chain_id
    }

    /// The account's nonce that it takes.
    pub fn nonce(&self) -> u64 {
        self.inner.nonce
    }

    /// Whom it calls: the Safe.
    pub fn to(&self) -> Address {
        self.inner.to.to().copied().unwrap_or_default()
    }

    /// What it calls.
    pub fn input(&self) -> &Bytes {
        &self.inner.input
    }

    /// What it offers for its gas.
    pub fn fees(&self) -> Fees {
        let inner = &self.inner;
        Fees { gas: inner.gas_limit, most: inner.max_fee_per_gas, tip: inner.max_priority_fee_per_gas }
    }

    /// As devices take it.
    pub fn inner(&self) -> &TxEip1559 {
        &self.inner
    }

    /// What is signed.
    pub fn hash(&self) -> B256 {
        self.inner.signature_hash()
    }

    /// The transaction with its signature: r, s and 0, 1, 27 or 28, as accounts and devices give it. It has to be the
    /// sender's.
    pub fn signed(&self, signature: &[u8; ONE]) -> Result<Sent, ExecutionError> {
        let (r, rest) = signature.split_first_chunk::<32>().ok_or(ExecutionError::Form)?;
        let (s, rest) = rest.split_first_chunk::<32>().ok_or(ExecutionError::Form)?;
        let odd = match rest {
            [0 | 27] => false,
            [1 | 28] => true,
            _ => return Err(ExecutionError::Form),
        };
        let signature = Signature::new(U256::from_be_bytes(*r), U256::from_be_bytes(*s), odd);
        let sent = Sent::of(self.inner.clone(), &signature)?;
        match sent.sender == self.sender {
            true => Ok(sent),
            false => Err(ExecutionError::Signer { expected: self.sender, found: sent.sender }),
        }
    }
}

impl Sent {
    /// Reads a raw transaction, and finds who signed it.
    pub fn read(raw: &[u8]) -> Result<Self, ExecutionError> {
        let mut rest = raw;
        if raw.len() > LONGEST {
            return Err(ExecutionError::Raw);
        }
        let decoded = TxEip1559::eip2718_decode(&mut rest).map_err(|_| ExecutionError::Raw)?;
        let (tx, signature) = (decoded.tx().clone(), *decoded.signature());
        let sent = Self::of(tx, &signature)?;
        let plain = sent.execution.inner.to.is_call()
            && sent.execution.inner.value.is_zero()
            && sent.execution.inner.access_list.is_empty();
        match rest.is_empty() && *sent.raw == *raw && plain {
            true => Ok(sent),
            false => Err(ExecutionError::Raw),
        }
    }

    fn of(inner: TxEip1559, signature: &Signature) -> Result<Self, ExecutionError> {
        if signature.s() > HALF {
            return Err(ExecutionError::Form);
        }
        let (r, s) = (B256::from(signature.r()), B256::from(signature.s()));
        let v = 27_u8.saturating_add(u8::from(signature.v()));
        let sender = recover(&inner.signature_hash(), &r, &s, v).ok_or(ExecutionError::Form)?;
        let mut raw = Vec::new();
        inner.eip2718_encode(signature, &mut raw);
        let hash = inner.tx_hash(signature);
        Ok(Self { sender, execution: Execution { sender, inner }, raw: raw.into(), hash })
    }
}
