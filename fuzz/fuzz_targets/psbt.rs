//! Any bytes as a PSBT: they are read or refused, and what is read is the same after it was written in either version.

#![no_main]

use exchequer::treasury::bitcoin::psbt::{Packet, Version};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(packet) = Packet::read(bytes) else { return };
    for version in [Version::V0, Version::V2] {
        let again = Packet::read(&packet.bytes(version)).expect("what was written is read");
        assert_eq!(again.psbt, packet.psbt);
        assert!(again.unknown.is_empty());
    }
    let text = packet.base64(Version::V0);
    assert_eq!(Packet::read(text.as_bytes()).expect("its text is read").psbt, packet.psbt);
    let bare = packet.bare();
    assert_eq!(bare.psbt.unsigned_tx, packet.psbt.unsigned_tx);
    for input in 0..packet.psbt.inputs.len() {
        assert_eq!(packet.coin(input), bare.coin(input));
    }
});
