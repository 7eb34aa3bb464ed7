//! Any bytes as a table of payments: they are read or refused, and what is read can be built or is refused by name.

#![no_main]

use alloy_primitives::{Address, U256};
use exchequer::treasury::ethereum::build::airdrop::Airdrop;
use exchequer::treasury::ethereum::build::{amount, recipient, transaction};
use exchequer::treasury::ethereum::review::{Facts, review};
use exchequer::treasury::ethereum::{SafeAt, SafeVersion};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let at = SafeAt { chain_id: U256::from(1), safe: Address::repeat_byte(0x5a), version: SafeVersion::V1_4_1 };
    let text = String::from_utf8_lossy(bytes);
    let _ = (amount(&text, 18), recipient(&text, at.chain_id));
    let table = match Airdrop::read(bytes, at.chain_id) {
        Ok(table) => table,
        Err(error) => {
            assert!(!error.to_string().chars().any(char::is_control));
            return;
        }
    };
    let decimals = table.tokens().into_iter().map(|token| (token, 6)).collect();
    let Ok(payments) = table.payments(&decimals) else { return };
    let asks: Result<Vec<_>, _> = payments.iter().map(|payment| payment.ask(at.safe)).collect();
    if let Ok(tx) = asks.and_then(|asks| transaction(&at, U256::ZERO, &asks)) {
        let told = review(&at, &tx, &Facts::default());
        assert_eq!(told.effects.moves.values().flatten().count(), payments.len());
    }
});
