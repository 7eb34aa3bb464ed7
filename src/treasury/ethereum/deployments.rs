//! Published contracts of Safe, pinned by address and by the hash of their code (T17).
//!
//! - An address counts on the chains that are listed for it. Elsewhere the same address may hold the same code, or none:
//!   that is its own answer ([`Standing::Unlisted`]), and only the code's hash settles it.
//! - Addresses of ZKsync chains come about otherwise and mean nothing elsewhere.
//! - The list is `data/safe/deployments.txt`, made from `@safe-global/safe-deployments` 1.37.63. It has nothing on 0.1.0.
//! - Proxies are known by the hash of their code alone. Those of 1.0.0 and before are not: the published package does not
//!   hold the code that was deployed. ZKsync's proxies are other code and not listed.
//!
//! <https://github.com/safe-global/safe-deployments>

use super::SafeVersion;
use alloy_primitives::{Address, B256, U256};
use std::collections::HashMap;
use std::sync::LazyLock;

const LIST: &str = include_str!("../../../data/safe/deployments.txt");

/// What a published contract is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contract {
    /// The code of a Safe.
    Safe,
    /// The same with more events.
    SafeL2,
    /// Makes proxies.
    SafeProxyFactory,
    /// Runs a batch, delegatecalls in it included.
    MultiSend,
    /// Runs a batch of calls.
    MultiSendCallOnly,
    /// Makes contracts in the Safe's name.
    CreateCall,
    /// Signs a message in the Safe's name.
    SignMessageLib,
    /// Tells what a transaction would do.
    SimulateTxAccessor,
    /// Adds modules when a Safe is made.
    CreateAndAddModules,
    /// Answers token transfers, before 1.3.0.
    DefaultCallbackHandler,
    /// Answers questions about signatures, and token transfers.
    CompatibilityFallbackHandler,
    /// Hands questions on to what the Safe has set.
    ExtensibleFallbackHandler,
    /// Answers token transfers.
    TokenCallbackHandler,
    /// Puts a Safe on the code of this version.
    SafeMigration,
    /// Puts a Safe on the code with more events.
    SafeToL2Migration,
    /// Chooses the code with more events when a Safe is made.
    SafeToL2Setup,
}

impl Contract {
    /// Every one of them.
    pub const ALL: [Self; 16] = [
        Self::Safe,
        Self::SafeL2,
        Self::SafeProxyFactory,
        Self::MultiSend,
        Self::MultiSendCallOnly,
        Self::CreateCall,
        Self::SignMessageLib,
        Self::SimulateTxAccessor,
        Self::CreateAndAddModules,
        Self::DefaultCallbackHandler,
        Self::CompatibilityFallbackHandler,
        Self::ExtensibleFallbackHandler,
        Self::TokenCallbackHandler,
        Self::SafeMigration,
        Self::SafeToL2Migration,
        Self::SafeToL2Setup,
    ];

    /// What it is called; the older names that it had are read too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "Safe",
            Self::SafeL2 => "SafeL2",
            Self::SafeProxyFactory => "SafeProxyFactory",
            Self::MultiSend => "MultiSend",
            Self::MultiSendCallOnly => "MultiSendCallOnly",
            Self::CreateCall => "CreateCall",
            Self::SignMessageLib => "SignMessageLib",
            Self::SimulateTxAccessor => "SimulateTxAccessor",
            Self::CreateAndAddModules => "CreateAndAddModules",
            Self::DefaultCallbackHandler => "DefaultCallbackHandler",
            Self::CompatibilityFallbackHandler => "CompatibilityFallbackHandler",
            Self::ExtensibleFallbackHandler => "ExtensibleFallbackHandler",
            Self::TokenCallbackHandler => "TokenCallbackHandler",
            Self::SafeMigration => "SafeMigration",
            Self::SafeToL2Migration => "SafeToL2Migration",
            Self::SafeToL2Setup => "SafeToL2Setup",
        }
    }

    /// Whether it is what a Safe's proxy points at.
    pub fn is_singleton(self) -> bool {
        matches!(self, Self::Safe | Self::SafeL2)
    }

    /// Whether it runs a batch when a Safe delegatecalls it.
    pub fn is_batch(self) -> bool {
        matches!(self, Self::MultiSend | Self::MultiSendCallOnly)
    }

    /// Whether it may stand as a Safe's fallback handler.
    pub fn is_handler(self) -> bool {
        matches!(
            self,
            Self::DefaultCallbackHandler
                | Self::CompatibilityFallbackHandler
                | Self::ExtensibleFallbackHandler
                | Self::TokenCallbackHandler
        )
    }

    fn of(name: &str) -> Option<Self> {
        let now = match name {
            "GnosisSafe" => "Safe",
            "GnosisSafeL2" => "SafeL2",
            "ProxyFactory" | "GnosisSafeProxyFactory" => "SafeProxyFactory",
            name => name,
        };
        Self::ALL.into_iter().find(|contract| contract.name() == now)
    }
}

/// How a contract came to its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Deployment {
    /// The usual way.
    Canonical,
    /// Through the factory of Safe, on chains that take no transaction without their id.
    Eip155,
    /// On ZKsync chains, where the code is another.
    Zksync,
}

impl Deployment {
    fn of(name: &str) -> Option<Self> {
        match name {
            "canonical" => Some(Self::Canonical),
            "eip155" => Some(Self::Eip155),
            "zksync" => Some(Self::Zksync),
            _ => None,
        }
    }
}

/// A published contract at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pinned {
    /// Which contract.
    pub contract: Contract,
    /// Of which version.
    pub version: SafeVersion,
    /// How it came there.
    pub deployment: Deployment,
    /// What the chain has to say of its code (`EXTCODEHASH`).
    pub code_hash: B256,
}

/// What is known of an address on a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The contract is published at this address of this chain.
    Listed(Pinned),
    /// It is published at this address, but not on this chain.
    Unlisted(Pinned),
}

/// The list, as it is looked up.
#[derive(Default)]
struct List {
    chains: HashMap<&'static str, Vec<u64>>,
    contracts: HashMap<Address, (Pinned, &'static str)>,
    proxies: HashMap<B256, SafeVersion>,
}

static PARSED: LazyLock<List> = LazyLock::new(|| {
    let mut list = List::default();
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        // A line that says nothing pins nothing; the tests see to it that there is none.
        let _ = list.take(line);
    }
    list
});

impl List {
    /// Takes a line of the list.
    fn take(&mut self, line: &'static str) -> Option<()> {
        let mut words = line.split(' ');
        match words.next()? {
            "chains" => {
                let chains = self.chains.entry(words.next()?).or_default();
                for word in words {
                    chains.push(word.parse().ok()?);
                }
            }
            "proxy" => {
                let version = words.next()?.parse().ok()?;
                self.proxies.insert(words.next()?.parse().ok()?, version);
            }
            version => {
                let version = version.parse().ok()?;
                let deployment = Deployment::of(words.next()?)?;
                let chains = words.next()?;
                let contract = Contract::of(words.next()?)?;
                let address = words.next()?.parse().ok()?;
                let code_hash = words.next()?.parse().ok()?;
                let pinned = Pinned { contract, version, deployment, code_hash };
                self.contracts.insert(address, (pinned, chains)).is_none().then_some(())?;
            }
        }
        Some(())
    }

    fn has(&self, chains: &str, chain_id: U256) -> bool {
        let chain = u64::try_from(chain_id).ok();
        chain.zip(self.chains.get(chains)).is_some_and(|(chain, chains)| chains.binary_search(&chain).is_ok())
    }
}

/// What is known of this address on this chain, if anything is.
pub fn standing(chain_id: U256, address: Address) -> Option<Standing> {
    let (pinned, chains) = PARSED.contracts.get(&address)?;
    match pinned.deployment {
        _ if PARSED.has(chains, chain_id) => Some(Standing::Listed(*pinned)),
        Deployment::Canonical | Deployment::Eip155 => Some(Standing::Unlisted(*pinned)),
        Deployment::Zksync => None,
    }
}

/// The contract that is published at this address of this chain.
pub fn pinned(chain_id: U256, address: Address) -> Option<Pinned> {
    match standing(chain_id, address)? {
        Standing::Listed(pinned) => Some(pinned),
        Standing::Unlisted(_) => None,
    }
}

/// Where a contract stands on a chain, the usual deployment first.
pub fn on_chain(chain_id: U256, contract: Contract, version: SafeVersion) -> Vec<(Address, Pinned)> {
    let listed = PARSED.contracts.iter().filter(|(_, (pinned, chains))| {
        pinned.contract == contract && pinned.version == version && PARSED.has(chains, chain_id)
    });
    let mut found: Vec<_> = listed.map(|(address, (pinned, _))| (*address, *pinned)).collect();
    found.sort_by_key(|(_, pinned)| pinned.deployment);
    found
}

/// Of which version's factory the proxy with this code is.
pub fn proxy(code_hash: B256) -> Option<SafeVersion> {
    PARSED.proxies.get(&code_hash).copied()
}

#[cfg(test)]
mod tests;
