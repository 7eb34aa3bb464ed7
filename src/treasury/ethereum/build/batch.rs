//! A batch: calls in the packed list of a MultiSend contract.
//!
//! - Only the contract that makes no delegatecalls is used, and only where it is published on the Safe's chain: of the
//!   Safe's own version, or else of another. Before 1.3.0 there was none; those Safes run the later ones as well.
//! - Only calls are packed, and what was packed is read back as the contract reads it.

use super::{Ask, BuildError, MOST_CALLS};
use crate::treasury::ethereum::calldata::{Which, multisend, write};
use crate::treasury::ethereum::deployments::{Contract, on_chain};
use crate::treasury::ethereum::{SafeAt, SafeVersion};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, Bytes, U256};

/// Versions in whose lists the zero address is nobody, then the one in which it is the Safe itself.
const OTHERS: [SafeVersion; 3] = [SafeVersion::V1_4_1, SafeVersion::V1_3_0, SafeVersion::V1_5_0];

/// The contract that carries out batches for a Safe.
pub fn batch_contract(at: &SafeAt) -> Result<Address, BuildError> {
    let on = |version| on_chain(at.chain_id, Contract::MultiSendCallOnly, version);
    let mut all = [at.version].into_iter().chain(OTHERS).flat_map(on);
    all.next().map(|(address, _)| address).ok_or(BuildError::NoBatch(at.chain_id))
}

/// The contract, and the calldata that has it make these calls.
pub(super) fn batch(at: &SafeAt, asks: &[Ask]) -> Result<(Address, Bytes), BuildError> {
    if asks.len() > MOST_CALLS {
        return Err(BuildError::Many(asks.len()));
    }
    let mut packed = Vec::new();
    for ask in asks {
        pack(ask, &mut packed);
        if packed.len() > super::LONGEST_DATA {
            return Err(BuildError::Long(packed.len()));
        }
    }
    let packed = Bytes::from(packed);
    let read = multisend::read(&packed, MOST_CALLS);
    let same = |(ask, entry): (&Ask, &multisend::Entry)| {
        !entry.delegate && (entry.to, entry.value, &entry.data) == (ask.to, ask.value, &ask.data)
    };
    let whole = read.flaws.is_empty() && read.calls.len() == asks.len() && asks.iter().zip(&read.calls).all(same);
    if !whole || asks.iter().any(|ask| ask.to.is_zero()) {
        return Err(BuildError::Unlike);
    }
    let data = write(Which::MultiSend, vec![DynSolValue::Bytes(packed.to_vec())])?;
    Ok((batch_contract(at)?, data))
}

/// One entry: operation, address, value, length, data.
fn pack(ask: &Ask, packed: &mut Vec<u8>) {
    packed.push(0);
    packed.extend(ask.to);
    packed.extend(ask.value.to_be_bytes::<32>());
    packed.extend(U256::from(ask.data.len()).to_be_bytes::<32>());
    packed.extend(&ask.data);
}
