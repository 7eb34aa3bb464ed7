//! What the contracts of the stand-in's chain answer when they are only asked: Safes 1.5.0 and tokens.

use crate::node::{FAILED, World, address};
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use exchequer::treasury::ethereum::execute::Call;
use exchequer::treasury::ethereum::{Operation, SafeTx};
use serde_json::Value;

impl World {
    /// The answer to a call.
    pub fn call(&mut self, params: &Value) -> Result<Bytes, String> {
        let to = address(params[0]["to"].as_str().unwrap());
        let data: Bytes = serde_json::from_value(params[0]["data"].clone()).unwrap();
        let is = |name: &str| data.get(..4) == Some(&keccak256(name)[..4]);
        let word = |at: usize| U256::from_be_slice(&data[4 + 32 * at..36 + 32 * at]);
        let who = |at: usize| Address::from_word(B256::from(word(at)));
        let one = |value: U256| Ok(Bytes::from(value.to_be_bytes_vec()));
        let list = |all: &[Address], more: &[U256]| {
            let mut words = vec![U256::from(32 * (1 + more.len()))];
            words.extend_from_slice(more);
            words.push(U256::from(all.len()));
            words.extend(all.iter().map(|one| U256::from_be_bytes(one.into_word().0)));
            Ok(Bytes::from(words.iter().flat_map(|word| word.to_be_bytes_vec()).collect::<Vec<u8>>()))
        };
        let text = |text: &[u8]| {
            let mut told = [U256::from(32), U256::from(text.len())].map(|word| word.to_be_bytes_vec()).concat();
            told.extend_from_slice(text);
            told.resize(told.len().next_multiple_of(32), 0);
            Ok(Bytes::from(told))
        };
        if let Some(token) = self.tokens.get(&to) {
            return match () {
                () if is("symbol()") => text(&token.symbol),
                () if is("decimals()") => one(U256::from(token.decimals)),
                () if is("balanceOf(address)") => one(token.balances.get(&who(0)).copied().unwrap_or_default()),
                () => Err(FAILED.to_owned()),
            };
        }
        let Some(safe) = self.safes.get(&to).cloned() else { return Ok(Bytes::new()) };
        match () {
            () if is("VERSION()") => text(b"1.5.0"),
            () if is("getOwners()") => list(&safe.owners, &[]),
            () if is("getThreshold()") => one(U256::from(safe.threshold)),
            () if is("nonce()") => one(U256::from(safe.nonce)),
            () if is("getModulesPaginated(address,uint256)") => {
                let mut all = vec![U256::from(64), U256::from(1), U256::from(safe.modules.len())];
                all.extend(safe.modules.iter().map(|one| U256::from_be_bytes(one.into_word().0)));
                Ok(Bytes::from(all.iter().flat_map(|word| word.to_be_bytes_vec()).collect::<Vec<u8>>()))
            }
            () if is("approvedHashes(address,bytes32)") => {
                let yes = safe.approved.contains(&(who(0), B256::from(word(1))));
                one(U256::from(u8::from(yes)))
            }
            () if is(
                "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)",
            ) =>
            {
                let start = 4 + usize::try_from(word(2)).unwrap();
                let length = usize::try_from(U256::from_be_slice(&data[start..start + 32])).unwrap();
                let tx = SafeTx {
                    to: who(0),
                    value: word(1),
                    data: data[start + 32..start + 32 + length].to_vec().into(),
                    operation: Operation::of(u8::try_from(word(3)).unwrap()).unwrap(),
                    safe_tx_gas: word(4),
                    base_gas: word(5),
                    gas_price: word(6),
                    gas_token: who(7),
                    refund_receiver: who(8),
                    nonce: word(9),
                };
                Ok(Bytes::from(tx.hashes(&self.at(to)).safe_tx.to_vec()))
            }
            // Trying it, with approvals that are only assumed.
            () => match Call::read(&data, U256::from(safe.nonce)) {
                Some(call) => {
                    let mut other = self.fork();
                    let fails = other.failing || other.inner(to, &call.tx).is_err();
                    if fails { Err(format!("{FAILED}: GS013")) } else { one(U256::from(1)) }
                }
                None => Err(FAILED.to_owned()),
            },
        }
    }
}
