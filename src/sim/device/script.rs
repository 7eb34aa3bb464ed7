//! Amounts and paths as devices write them.

use bitcoin::{Address, Amount, Denomination, Network, Script};

/// The bit of a hardened step.
pub const HARDENED: u32 = 1 << 31;

/// A path such as `48'/1'/0'/2'`.
pub fn path(steps: &[u32]) -> String {
    let steps = steps.iter().map(|step| match step & HARDENED {
        0 => step.to_string(),
        _ => format!("{}'", step ^ HARDENED),
    });
    steps.collect::<Vec<_>>().join("/")
}

/// An amount such as `0.0015 TEST`.
pub fn coins(amount: Amount, unit: &str) -> String {
    let digits = amount.to_string_in(Denomination::Bitcoin);
    let digits = if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { &digits };
    format!("{digits} {unit}")
}

/// Whom a script pays, as a device writes it; none where it has no words for it.
pub fn payee(script: &Script, network: Network) -> Option<String> {
    if let Ok(address) = Address::from_script(script, network) {
        return Some(address.to_string());
    }
    let data = script.as_bytes().get(1..).filter(|data| script.is_op_return() && data.len() <= 83)?;
    let data = match data {
        [] => data,
        [0x4c, _, rest @ ..] | [_, rest @ ..] => rest,
    };
    Some(format!("OP_RETURN 0x{}", bitcoin::hex::DisplayHex::to_lower_hex_string(data)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::ScriptBuf;

    #[test]
    fn paths_amounts_and_payees_are_written_as_devices_write_them() {
        assert_eq!(path(&[48 | HARDENED, 1 | HARDENED, 7]), "48'/1'/7");
        assert_eq!(coins(Amount::from_sat(150_000), "TEST"), "0.0015 TEST");
        assert_eq!(coins(Amount::from_sat(12_000_000_000), "BTC"), "120 BTC");
        let data = ScriptBuf::from_hex("6a0401020304").unwrap();
        assert_eq!(payee(&data, Network::Testnet).unwrap(), "OP_RETURN 0x01020304");
        assert_eq!(payee(&ScriptBuf::from_hex("51").unwrap(), Network::Testnet), None);
    }
}
