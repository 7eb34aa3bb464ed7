//! The types of a PSBT's fields: their numbers and what people call them.
//!
//! Numbers are those of BIP-174, BIP-370 and BIP-371; the list of all is
//! <https://github.com/bitcoin/bips/blob/master/bip-0174.mediawiki>.

use super::Place;

/// Types of the global map.
pub(super) mod global {
    pub const UNSIGNED_TX: u64 = 0x00;
    pub const XPUB: u64 = 0x01;
    pub const TX_VERSION: u64 = 0x02;
    pub const FALLBACK_LOCK_TIME: u64 = 0x03;
    pub const INPUT_COUNT: u64 = 0x04;
    pub const OUTPUT_COUNT: u64 = 0x05;
    pub const MODIFIABLE: u64 = 0x06;
    pub const VERSION: u64 = 0xfb;
}

/// Types of an input's map.
pub(super) mod input {
    pub const PREVIOUS_TX: u64 = 0x00;
    pub const WITNESS_COIN: u64 = 0x01;
    pub const SIGNATURE: u64 = 0x02;
    pub const SIGHASH: u64 = 0x03;
    pub const REDEEM_SCRIPT: u64 = 0x04;
    pub const WITNESS_SCRIPT: u64 = 0x05;
    pub const DERIVATION: u64 = 0x06;
    pub const FINAL_SCRIPT: u64 = 0x07;
    pub const FINAL_WITNESS: u64 = 0x08;
    pub const RIPEMD160: u64 = 0x0a;
    pub const SHA256: u64 = 0x0b;
    pub const HASH160: u64 = 0x0c;
    pub const HASH256: u64 = 0x0d;
    pub const PREVIOUS_TXID: u64 = 0x0e;
    pub const OUTPUT_INDEX: u64 = 0x0f;
    pub const SEQUENCE: u64 = 0x10;
    pub const LOCK_TIME: u64 = 0x11;
    pub const LOCK_HEIGHT: u64 = 0x12;
    pub const TAP_KEY_SIGNATURE: u64 = 0x13;
    pub const TAP_SCRIPT_SIGNATURE: u64 = 0x14;
    pub const TAP_LEAF: u64 = 0x15;
    pub const TAP_DERIVATION: u64 = 0x16;
    pub const TAP_INTERNAL_KEY: u64 = 0x17;
    pub const TAP_MERKLE_ROOT: u64 = 0x18;
}

/// Types of an output's map.
pub(super) mod output {
    pub const REDEEM_SCRIPT: u64 = 0x00;
    pub const WITNESS_SCRIPT: u64 = 0x01;
    pub const DERIVATION: u64 = 0x02;
    pub const AMOUNT: u64 = 0x03;
    pub const SCRIPT: u64 = 0x04;
    pub const TAP_INTERNAL_KEY: u64 = 0x05;
    pub const TAP_TREE: u64 = 0x06;
    pub const TAP_DERIVATION: u64 = 0x07;
}

/// What people call a type of field.
pub fn name(place: Place, kind: u64) -> &'static str {
    match (place, kind) {
        (_, 0xfc) => "proprietary field",
        (Place::Global, kind) => in_global(kind),
        (Place::Input(_), kind) => in_input(kind),
        (Place::Output(_), kind) => in_output(kind),
    }
}

fn in_global(kind: u64) -> &'static str {
    match kind {
        global::UNSIGNED_TX => "unsigned transaction",
        global::XPUB => "xpub",
        global::TX_VERSION => "transaction version",
        global::FALLBACK_LOCK_TIME => "fallback lock time",
        global::INPUT_COUNT => "input count",
        global::OUTPUT_COUNT => "output count",
        global::MODIFIABLE => "modifiable flags",
        0x07 => "silent payment share",
        0x08 => "silent payment proof",
        0x09 => "generic signed message",
        global::VERSION => "version",
        _ => "unknown field",
    }
}

fn in_input(kind: u64) -> &'static str {
    match kind {
        input::PREVIOUS_TX => "previous transaction",
        input::WITNESS_COIN => "witness UTXO",
        input::SIGNATURE => "signature",
        input::SIGHASH => "sighash type",
        input::REDEEM_SCRIPT => "redeem script",
        input::WITNESS_SCRIPT => "witness script",
        input::DERIVATION => "key derivation",
        input::FINAL_SCRIPT => "final script",
        input::FINAL_WITNESS => "final witness",
        0x09 => "proof of reserves",
        input::RIPEMD160 | input::SHA256 | input::HASH160 | input::HASH256 => "hash preimage",
        input::PREVIOUS_TXID => "previous txid",
        input::OUTPUT_INDEX => "spent output index",
        input::SEQUENCE => "sequence",
        input::LOCK_TIME => "required lock time",
        input::LOCK_HEIGHT => "required lock height",
        input::TAP_KEY_SIGNATURE => "taproot key signature",
        input::TAP_SCRIPT_SIGNATURE => "taproot script signature",
        input::TAP_LEAF => "taproot leaf script",
        input::TAP_DERIVATION => "taproot key derivation",
        input::TAP_INTERNAL_KEY => "taproot internal key",
        input::TAP_MERKLE_ROOT => "taproot merkle root",
        0x1a => "MuSig2 participants",
        0x1b => "MuSig2 nonce",
        0x1c => "MuSig2 partial signature",
        0x1d => "silent payment share",
        0x1e => "silent payment proof",
        _ => "unknown field",
    }
}

fn in_output(kind: u64) -> &'static str {
    match kind {
        output::REDEEM_SCRIPT => "redeem script",
        output::WITNESS_SCRIPT => "witness script",
        output::DERIVATION => "key derivation",
        output::AMOUNT => "amount",
        output::SCRIPT => "script",
        output::TAP_INTERNAL_KEY => "taproot internal key",
        output::TAP_TREE => "taproot tree",
        output::TAP_DERIVATION => "taproot key derivation",
        0x08 => "MuSig2 participants",
        0x09 => "silent payment keys",
        0x0a => "silent payment label",
        0x35 => "DNSSEC proof",
        _ => "unknown field",
    }
}
