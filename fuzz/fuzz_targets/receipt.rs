//! Any bytes as what a node answers: events, what a refused call gave, a raw transaction, calldata. They are read or passed
//! over, and what is told of them is printable.

#![no_main]

use alloy_primitives::{Address, B256, U256};
use exchequer::treasury::ethereum::SafeVersion;
use exchequer::treasury::ethereum::execute::receipt::{FAILED, FAILURE, SUCCESS};
use exchequer::treasury::ethereum::execute::simulate::Answer;
use exchequer::treasury::ethereum::execute::{Call, Log, Receipt, Revert, Sent, Simulated, Told, calldata, receipt};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (safe, hash) = (Address::repeat_byte(0x5a), B256::repeat_byte(0x77));
    let (kind, rest) = bytes.split_first().map_or((0, bytes), |(kind, rest)| (*kind, rest));
    let first = [SUCCESS, FAILURE, FAILED, hash][usize::from(kind % 4)];
    let topics = if kind & 4 == 0 { vec![first] } else { vec![first, hash] };
    let log = Log { address: safe, topics, data: rest.to_vec().into() };
    let receipt = Receipt { succeeded: true, logs: vec![log] };
    for version in SafeVersion::ALL {
        let told = receipt::told(version, safe, hash, &receipt);
        assert_ne!(told, Told::Reverted);
        assert!(!matches!(
            receipt::told(version, Address::ZERO, hash, &receipt),
            Told::Success { .. } | Told::Failure { .. }
        ));
    }
    let text = String::from_utf8_lossy(bytes).into_owned();
    let answers =
        [Answer::Returned(bytes.to_vec().into()), Answer::Reverted(bytes.to_vec().into()), Answer::Refused(text)];
    for answer in &answers {
        assert!(!Simulated::read(answer).to_string().chars().any(char::is_control));
    }
    assert!(!Revert::read(bytes).to_string().chars().any(char::is_control));
    if let Ok(sent) = Sent::read(bytes) {
        assert_eq!(*sent.raw, *bytes);
    }
    if let Some(call) = Call::read(bytes, U256::ZERO) {
        assert_eq!(*calldata(&call.tx, &call.signatures).expect("what was read is written"), *bytes);
    }
});
