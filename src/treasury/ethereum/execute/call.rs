//! The call that carries a Safe transaction out: `execTransaction` with its ten fields less the nonce, and the signatures.
//!
//! - The signatures are exactly as many as the threshold, in the order of the owners. An owner who sends the transaction
//!   need not have signed: that he sends it says that he approves (v = 1).
//! - What is made is read back, and what is read has to be what an encoder writes.

use crate::treasury::ethereum::calldata::{self, Abis, Which, WriteError, write};
use crate::treasury::ethereum::signature::{Asked, Confirmation, Known, Outcome, Refusal, SafeFacts, judge};
use crate::treasury::ethereum::signature::{SignatureError, pack};
use crate::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, Bytes, U256};

/// The longest calldata that is read back.
const LONGEST: usize = 1 << 20;

/// Why a transaction cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The contract is too old: it is read, and not carried out here.
    #[error("Safe {0} is not carried out here")]
    Version(SafeVersion),
    /// The facts are of another Safe.
    #[error("the facts are of another Safe, chain or version")]
    Facts,
    /// There are not enough signatures, or some that do not go together.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The contract would not take the signatures.
    #[error("the contract would refuse the signatures: {0}")]
    Refused(Refusal),
    /// It hangs on what the chain answers whether it would.
    #[error("the chain has not said yet whether {0} of the signatures hold")]
    Open(usize),
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl CallError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Version(_) => "execute-version",
            Self::Facts => "execute-facts",
            Self::Signature(error) => error.code(),
            Self::Refused(_) => "execute-signatures",
            Self::Open(_) => "execute-signatures-open",
            Self::Write(error) => error.code(),
        }
    }
}

/// The calldata of `execTransaction` with signatures that are packed already.
pub fn calldata(tx: &SafeTx, packed: &Bytes) -> Result<Bytes, WriteError> {
    let number = |number| DynSolValue::Uint(number, 256);
    let values = vec![
        DynSolValue::Address(tx.to),
        number(tx.value),
        DynSolValue::Bytes(tx.data.to_vec()),
        DynSolValue::Uint(U256::from(tx.operation.number()), 8),
        number(tx.safe_tx_gas),
        number(tx.base_gas),
        number(tx.gas_price),
        DynSolValue::Address(tx.gas_token),
        DynSolValue::Address(tx.refund_receiver),
        DynSolValue::Bytes(packed.to_vec()),
    ];
    write(Which::ExecTransaction, values)
}

/// The calldata with which `sender` carries a transaction out: of the signatures that count, those that the contract looks
/// at, and his own approval where he is an owner and has not signed.
pub fn signed(
    at: &SafeAt,
    tx: &SafeTx,
    valid: &[Confirmation],
    facts: &SafeFacts,
    known: &Known,
    sender: Address,
) -> Result<Bytes, CallError> {
    if at.version < SafeVersion::V1_0_0 {
        return Err(CallError::Version(at.version));
    }
    if facts.at != *at {
        return Err(CallError::Facts);
    }
    let asked = Asked::of(at, &tx.hashes(at));
    let mut all = valid.to_vec();
    if facts.owns(&sender) && all.len() < facts.threshold && !all.iter().any(|one| one.owner == sender) {
        all.push(Confirmation::approval(sender, &asked));
    }
    if let Some(other) = all.iter().find(|one| one.hash() != asked.hash) {
        return Err(SignatureError::Hash(other.hash()).into());
    }
    let packed = pack(&all, facts.threshold)?;
    match judge(&asked, facts, &packed, Some(sender), known) {
        Outcome::Accepted(_) => Ok(calldata(tx, &packed)?),
        Outcome::Refused(refusal) => Err(CallError::Refused(refusal)),
        Outcome::Open(questions) => Err(CallError::Open(questions.len())),
    }
}

/// What calldata carries out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The transaction, but for the nonce, which the Safe adds.
    pub tx: SafeTx,
    /// The signatures, packed.
    pub signatures: Bytes,
}

impl Call {
    /// Reads calldata of `execTransaction`, and which transaction it carries out at this nonce; nothing when it is not what
    /// an encoder writes.
    pub fn read(data: &[u8], nonce: U256) -> Option<Self> {
        if data.len() > LONGEST {
            return None;
        }
        let meaning = calldata::read(data, &Abis::default());
        let decoded = meaning.decoded().filter(|read| read.exact && read.which() == Some(Which::ExecTransaction))?;
        let tx = SafeTx {
            to: decoded.address(0)?,
            value: decoded.number(1)?,
            data: decoded.bytes(2)?,
            operation: decoded.number(3).and_then(|number| u8::try_from(number).ok()).and_then(Operation::of)?,
            safe_tx_gas: decoded.number(4)?,
            base_gas: decoded.number(5)?,
            gas_price: decoded.number(6)?,
            gas_token: decoded.address(7)?,
            refund_receiver: decoded.address(8)?,
            nonce,
        };
        Some(Self { tx, signatures: decoded.bytes(9)? })
    }
}
