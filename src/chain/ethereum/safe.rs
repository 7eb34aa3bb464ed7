//! A Safe as it stands at one block, and its contract's own word on the hash of a transaction.
//!
//! - The version is what the contract says of itself; it decides the hash. Where it lies, its own `getTransactionHash` tells.
//! - Guards, the fallback handler and the singleton are read where the contract stores them: older ones have no function
//!   for them, and a foreign one could give anything.
//! - What no Safe can be (no owners, a threshold above them, an owner twice) is no Safe.

use super::abi::{address, addresses, call, number, tail, text, uint};
use super::node::{Block, Node};
use super::rpc::{Question, Said};
use crate::chain::error::{ChainError, words};
use crate::chain::watch::Watch;
use crate::treasury::ethereum::deployments::{self, Contract};
use crate::treasury::ethereum::review::facts::State;
use crate::treasury::ethereum::signature::SafeFacts;
use crate::treasury::ethereum::{SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, B256, Bytes, U256, b256, keccak256};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashSet};

/// Where a proxy stores whose code it runs.
const SINGLETON: B256 = B256::ZERO;

/// `fallback_manager.handler.address`
const HANDLER: B256 = b256!("6c9a6c4a39284e37ed1cf53d337577d14212a4870fb976a4366c693b939918d5");

/// `guard_manager.guard.address`
const GUARD: B256 = b256!("4a204f620c8c5ccdca3fd54d003badd85ba500436a431f0cbda4f558c93c34c8");

/// `module_manager.module_guard.address`
const MODULE_GUARD: B256 = b256!("b104e0b93118902c651344349b610029d694cfdec91c589c91ebafbcd0289947");

/// What stands before and after a list in the contract.
const SENTINEL: Address = Address::with_last_byte(1);

/// Modules asked for at one time, and how often.
const PAGE: (u64, u32) = (50, 20);

/// A Safe as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which Safe, and of which version by its own word.
    pub at: SafeAt,
    /// At which block.
    pub block: Block,
    /// How it stands; of tokens nothing is known.
    pub state: State,
    /// The hash of its own code, which is a proxy's.
    pub proxy_code: B256,
    /// The hash of the code that it runs.
    pub singleton_code: B256,
    /// The hash of the code of its fallback handler, where it has one.
    pub handler_code: Option<B256>,
}

impl Seen {
    /// What its signatures are checked against.
    pub fn facts(&self) -> SafeFacts {
        SafeFacts {
            at: self.at,
            owners: self.state.owners.clone(),
            // More than there are owners is refused when a Safe is read.
            threshold: usize::try_from(self.state.threshold).unwrap_or(usize::MAX),
            handler: self.handler(),
        }
    }

    /// The version of the published handler that answers for its signatures, by address and code.
    fn handler(&self) -> Option<SafeVersion> {
        let pinned = match deployments::standing(self.at.chain_id, self.state.fallback_handler)? {
            deployments::Standing::Listed(pinned) | deployments::Standing::Unlisted(pinned) => pinned,
        };
        let known = pinned.contract == Contract::CompatibilityFallbackHandler;
        (known && self.handler_code == Some(pinned.code_hash)).then_some(pinned.version)
    }
}

impl Node {
    /// Reads a Safe at the newest block.
    pub fn safe(&self, safe: Address, watch: &dyn Watch) -> Result<Seen, ChainError> {
        self.at_one_block(watch, |block| self.safe_at(safe, block, watch))
    }

    /// Reads a Safe at a block.
    pub fn safe_at(&self, safe: Address, block: &Block, watch: &dyn Watch) -> Result<Seen, ChainError> {
        let none = |reason: &str| ChainError::NoSafe { safe, reason: words(&reason) };
        let ask = |data: Vec<u8>| called(safe, data.into(), block);
        let stored = |slot: B256| ("eth_getStorageAt", json!([safe, slot, block.tag()]));
        let plain = |signature: &str| ask(call(signature, &[]));
        let questions = [
            ("eth_getCode", json!([safe, block.tag()])),
            ("eth_getBalance", json!([safe, block.tag()])),
            plain("VERSION()"),
            plain("getOwners()"),
            plain("getThreshold()"),
            plain("nonce()"),
            stored(SINGLETON),
            stored(HANDLER),
            stored(GUARD),
            stored(MODULE_GUARD),
        ];
        let said = self.agreed(&questions, watch)?;
        let mut said = said.into_iter();
        let rpc = self.rpc();
        let mut next = || said.next().ok_or_else(|| rpc.blame().malformed("it left out answers"));
        let code = rpc.bytes(&*rpc.told(next()?)?, "code")?;
        let balance = rpc.number(&*rpc.told(next()?)?, "a balance")?;
        if code.is_empty() {
            return Err(none("there is no contract"));
        }
        let mut answer = || self.returned(next()?)?.ok_or_else(|| none("it does not answer as a Safe does"));
        let version = text(&answer()?).ok_or_else(|| none("it tells no version"))?;
        let owners = addresses(&answer()?, 0).ok_or_else(|| none("it tells no owners"))?;
        let threshold = uint(&answer()?, 0).ok_or_else(|| none("it tells no threshold"))?;
        let nonce = uint(&answer()?, 0).ok_or_else(|| none("it tells no nonce"))?;
        let mut slot = || Ok::<_, ChainError>(Address::from_word(rpc.word(&*rpc.told(next()?)?, "a slot")?));
        let (singleton, fallback_handler, guard, module_guard) = (slot()?, slot()?, slot()?, slot()?);
        let version: SafeVersion = version
            .parse()
            .map_err(|unknown: crate::treasury::ethereum::version::UnknownVersion| none(&unknown.to_string()))?;
        possible(&owners, threshold).map_err(none)?;
        let modules = self.modules(safe, version, block, watch)?;
        let handler = (fallback_handler != Address::ZERO).then_some(fallback_handler);
        let others: Vec<Address> = std::iter::once(singleton).chain(handler).collect();
        let codes = self.code_hashes(&others, block)?;
        let at = SafeAt { chain_id: self.chain_id(), safe, version };
        let state = State {
            block: block.number,
            version,
            owners,
            threshold,
            nonce,
            modules,
            guard,
            module_guard,
            fallback_handler,
            singleton,
            balance,
            tokens: BTreeMap::new(),
        };
        Ok(Seen {
            at,
            block: *block,
            state,
            proxy_code: keccak256(&code),
            singleton_code: codes.get(&singleton).copied().unwrap_or_default(),
            handler_code: handler.and_then(|handler| codes.get(&handler).copied()),
        })
    }

    /// The modules of a Safe, page by page. Each page begins after the last module of the one before: the `next` that some
    /// versions give would leave one out.
    fn modules(
        &self,
        safe: Address,
        version: SafeVersion,
        block: &Block,
        watch: &dyn Watch,
    ) -> Result<Vec<Address>, ChainError> {
        let bad = |reason: &str| self.rpc().blame().malformed(format!("the modules of {safe}: {reason}"));
        let ask = |data: Vec<u8>| -> Result<Bytes, ChainError> {
            let said = self.agreed(&[called(safe, data.into(), block)], watch)?.pop();
            let said = said.ok_or_else(|| bad("no answer"))?;
            self.returned(said)?.ok_or_else(|| bad("the contract does not tell them"))
        };
        if version < SafeVersion::V1_1_1 {
            return addresses(&ask(call("getModules()", &[]))?, 0).ok_or_else(|| bad("they are no list"));
        }
        let (size, pages) = PAGE;
        let (mut all, mut seen, mut start) = (Vec::new(), HashSet::new(), SENTINEL);
        for _ in 0..pages {
            let words = [start.into_word(), number(U256::from(size))];
            let page = ask(call("getModulesPaginated(address,uint256)", &words))?;
            let list = addresses(&page, 0).ok_or_else(|| bad("they are no list"))?;
            let next = address(&page, 1).ok_or_else(|| bad("they have no end"))?;
            for module in &list {
                if *module == Address::ZERO || *module == SENTINEL || !seen.insert(*module) {
                    return Err(bad("one is there twice, or is none"));
                }
            }
            let last = list.last().copied();
            all.extend(list);
            match last {
                Some(last) if next != SENTINEL && next != Address::ZERO => start = last,
                _ => return Ok(all),
            }
        }
        Err(self.rpc().blame().too_large(format!("{} modules", u64::from(pages).saturating_mul(size))))
    }

    /// Holds our hash of a transaction against the one that the Safe's contract computes.
    pub fn same_hash(&self, at: &SafeAt, tx: &SafeTx, block: &Block) -> Result<(), ChainError> {
        let ours = tx.hashes(at).safe_tx;
        let said = self.agreed(&[called(at.safe, hash_call(tx).into(), block)], &())?.pop();
        let said = said.ok_or_else(|| self.rpc().blame().malformed("no answer"))?;
        let none = || ChainError::NoSafe { safe: at.safe, reason: "it computes no hash".to_owned() };
        let theirs = super::abi::word(&self.returned(said)?.ok_or_else(none)?, 0).ok_or_else(none)?;
        match theirs == ours {
            true => Ok(()),
            false => Err(ChainError::OtherHash { safe: at.safe, theirs, ours }),
        }
    }

    /// What a call gave back; nothing when it failed.
    pub(super) fn returned(&self, said: Said) -> Result<Option<Bytes>, ChainError> {
        match said {
            Ok(said) => self.rpc().bytes(&said, "what a contract answers").map(Some),
            Err(fault) if fault.reverted() => Ok(None),
            Err(fault) => self.rpc().told(Err(fault)).map(|_: Box<RawValue>| None),
        }
    }
}

/// A call that only asks.
pub(super) fn called(to: Address, data: Bytes, block: &Block) -> Question {
    ("eth_call", json!([{"to": to, "data": data}, block.tag()]))
}

/// Whether a Safe can be owned so.
fn possible(owners: &[Address], threshold: U256) -> Result<(), &'static str> {
    let distinct: HashSet<&Address> = owners.iter().collect();
    match () {
        () if owners.is_empty() => Err("nobody owns it: it was never set up"),
        () if threshold.is_zero() => Err("it has no threshold: it was never set up"),
        () if threshold > U256::from(owners.len()) => Err("it wants more signatures than it has owners"),
        () if distinct.len() != owners.len() => Err("it names an owner twice"),
        () if distinct.contains(&Address::ZERO) || distinct.contains(&SENTINEL) => {
            Err("it names an owner that is none")
        }
        () => Ok(()),
    }
}

/// The call of the contract's own `getTransactionHash`.
fn hash_call(tx: &SafeTx) -> Vec<u8> {
    let signature = "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)";
    let mut data = call(
        signature,
        &[
            tx.to.into_word(),
            number(tx.value),
            number(U256::from(320)),
            number(U256::from(tx.operation.number())),
            number(tx.safe_tx_gas),
            number(tx.base_gas),
            number(tx.gas_price),
            tx.gas_token.into_word(),
            tx.refund_receiver.into_word(),
            number(tx.nonce),
        ],
    );
    data.extend(tail(&tx.data));
    data
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use crate::treasury::ethereum::calldata::{self, Abis};

    #[test]
    fn the_slots_are_the_hashes_of_their_names() {
        for (slot, name) in [
            (HANDLER, "fallback_manager.handler.address"),
            (GUARD, "guard_manager.guard.address"),
            (MODULE_GUARD, "module_manager.module_guard.address"),
        ] {
            assert_eq!(slot, keccak256(name), "{name}");
        }
    }

    #[test]
    fn what_no_safe_can_be_is_none() {
        let owners = [Address::repeat_byte(1), Address::repeat_byte(2)];
        assert_eq!(possible(&owners, U256::from(2)), Ok(()));
        for (owners, threshold) in [
            (&owners[..0], 1),
            (&owners[..], 0),
            (&owners[..], 3),
            (&[owners[0], owners[0]][..], 1),
            (&[owners[0], SENTINEL][..], 1),
            (&[Address::ZERO][..], 1),
        ] {
            assert!(possible(owners, U256::from(threshold)).is_err(), "{owners:?} {threshold}");
        }
    }

    #[test]
    fn the_call_of_a_hash_is_what_the_abi_says() {
        let vector = &crate::treasury::ethereum::example::transactions()[3];
        let tx = crate::treasury::ethereum::example::transaction(vector);
        let mut abis = Abis::default();
        let abi = br#"[{"type":"function","name":"getTransactionHash","inputs":[{"name":"to","type":"address"},
            {"name":"value","type":"uint256"},{"name":"data","type":"bytes"},{"name":"operation","type":"uint8"},
            {"name":"safeTxGas","type":"uint256"},{"name":"baseGas","type":"uint256"},
            {"name":"gasPrice","type":"uint256"},{"name":"gasToken","type":"address"},
            {"name":"refundReceiver","type":"address"},{"name":"_nonce","type":"uint256"}],"outputs":[]}]"#;
        abis.add(abi).unwrap();
        let calldata::Meaning::Decoded(decoded) = calldata::read(&hash_call(&tx), &abis) else { unreachable!() };
        assert!(decoded.exact);
        assert_eq!((decoded.address(0), decoded.number(1)), (Some(tx.to), Some(tx.value)));
        assert_eq!((decoded.bytes(2), decoded.number(9)), (Some(tx.data.clone()), Some(tx.nonce)));
    }
}
