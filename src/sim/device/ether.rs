//! Amounts of Ethereum as devices write them.

use alloy_primitives::U256;
use alloy_primitives::utils::format_ether;

/// A number of a host's; none where it is longer than any.
pub fn number(bytes: &[u8]) -> Option<U256> {
    (bytes.len() <= 32).then(|| U256::from_be_slice(bytes))
}

/// An amount such as `0.123 ETH`.
pub fn ether(wei: U256) -> String {
    let digits = format_ether(wei);
    format!("{} ETH", digits.trim_end_matches('0').trim_end_matches('.'))
}
