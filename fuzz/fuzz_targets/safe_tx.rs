//! Any bytes as a Safe transaction: as its file, as a proposal with signatures, as its calldata, as an ABI. They are read or
//! refused, a review of them ends, and what is read is the same after it was written.

#![no_main]

use alloy_primitives::{Address, U256, address};
use exchequer::treasury::ethereum::calldata::Abis;
use exchequer::treasury::ethereum::exchange::Proposal;
use exchequer::treasury::ethereum::file::SafeFile;
use exchequer::treasury::ethereum::review::{Facts, review};
use exchequer::treasury::ethereum::signature::{Asked, Confirmation, unpack};
use exchequer::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};

/// The published contract that runs batches on the main chain.
const BATCH: Address = address!("9641d764fc13c8B624c04430C7356C1C7C8102e2");

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(file) = SafeFile::read(bytes) {
        let again = SafeFile::read(file.json().as_bytes()).expect("what was written is read");
        assert_eq!((again.at, &again.tx), (file.at, &file.tx));
        let _ = review(&file.at, &file.tx, &Facts::default()).json();
    }
    let _ = Proposal::read(bytes);
    let mut abis = Abis::default();
    let _ = abis.add(bytes);
    let at = SafeAt { chain_id: U256::from(1), safe: Address::repeat_byte(0x5a), version: SafeVersion::V1_4_1 };
    for (to, operation) in [(BATCH, Operation::DelegateCall), (at.safe, Operation::Call)] {
        let tx = SafeTx {
            to,
            value: U256::ZERO,
            data: bytes.to_vec().into(),
            operation,
            safe_tx_gas: U256::ZERO,
            base_gas: U256::ZERO,
            gas_price: U256::ZERO,
            gas_token: Address::ZERO,
            refund_receiver: Address::ZERO,
            nonce: U256::ZERO,
        };
        let facts = Facts { abis: abis.clone(), ..Facts::default() };
        let _ = review(&at, &tx, &facts).json();
        let asked = Asked::of(&at, &tx.hashes(&at));
        let _ = Confirmation::read(bytes, &asked);
        let _ = unpack(bytes, 2, &asked);
    }
});
