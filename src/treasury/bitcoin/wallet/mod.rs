//! A wallet: a descriptor that somebody checked, the network it is for, and the addresses that follow from them.
//!
//! - A [`Wallet`] cannot exist with a private key, a key of another network, a key twice in one quorum, a key whose
//!   origin is not its own, or a descriptor that derives nothing: [`Wallet::new`] refuses them by name.
//! - What is ours is only what a descriptor derives: [`Wallet::script`] is the one source of that truth, and no path
//!   that a file claims is believed without it.
//!
//! Descriptors are those of BIP-380 to BIP-389, as the `miniscript` crate reads them.

mod check;
mod rows;

#[cfg(test)]
mod tests;

use super::policy::{Policy, PolicyError};
use bitcoin::hashes::{Hash, HashEngine, sha256};
use bitcoin::{Address, Network, Script, ScriptBuf};
use miniscript::Descriptor;
use miniscript::descriptor::{DefiniteDescriptorKey, DescriptorPublicKey, DescriptorType};
use std::fmt;

/// The longest descriptor that is read: fifteen keys with origins take some 2 500 bytes.
pub const LONGEST_DESCRIPTOR: usize = 32 << 10;

/// The longest name of a wallet, in characters.
pub const LONGEST_NAME: usize = 64;

/// How far beyond the last used address a wallet looks for its own, as is the custom since BIP-44.
pub const GAP: u32 = 20;

/// The most steps from a key to its addresses; each is a derivation for every address.
pub const MOST_STEPS: usize = 16;

/// The last index that is not hardened.
pub const LAST_INDEX: u32 = (1 << 31) - 1;

/// Which of a wallet's two rows of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    /// Handed out to be paid.
    Receive,
    /// Given to nobody: where what is left of a coin comes back.
    Change,
}

impl Chain {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Receive, Self::Change];

    /// The number that stands for it in a path.
    pub fn number(self) -> u32 {
        match self {
            Self::Receive => 0,
            Self::Change => 1,
        }
    }
}

/// Where in a wallet an address is; written as signers know it: `0/5` is the sixth address to receive, `1/0` the first change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// In which row.
    pub chain: Chain,
    /// Its number, from 0.
    pub index: u32,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.chain.number(), self.index)
    }
}

/// What a wallet is known by: SHA-256 over its network and its descriptors. Eight hex digits of it are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WalletId(pub [u8; 32]);

impl fmt::Display for WalletId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for WalletId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WalletId({self})")
    }
}

/// A wallet that the treasury watches.
#[derive(Clone, Debug)]
pub struct Wallet {
    name: String,
    network: Network,
    receive: Descriptor<DescriptorPublicKey>,
    change: Option<Descriptor<DescriptorPublicKey>>,
    policy: Policy,
    id: WalletId,
}

/// Why something is no wallet.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WalletError {
    /// The name is empty, too long, or has characters that not every device shows.
    #[error("a wallet's name has 1 to {LONGEST_NAME} characters from space to ~ and no space at its ends")]
    Name,
    /// The descriptor is too long.
    #[error("the descriptor has more than {LONGEST_DESCRIPTOR} bytes")]
    Long,
    /// The descriptor cannot be read, its checksum included.
    #[error("not a descriptor: {0}")]
    Descriptor(String),
    /// It holds a private key.
    #[error("the descriptor holds a private key: a watched wallet is made of public keys only")]
    Private,
    /// It has no place for an index.
    #[error("the descriptor derives no addresses: its keys have to end in /* or /<0;1>/*")]
    Single,
    /// It has more or fewer than two rows.
    #[error("the descriptor has {0} rows of addresses; it takes one to receive and one for change, such as <0;1>")]
    Rows(usize),
    /// A key is of another network.
    #[error("key {key} is for {found}, the wallet for {network}")]
    Network {
        /// Which key, from 1.
        key: usize,
        /// For what it is.
        found: &'static str,
        /// The wallet's network.
        network: Network,
    },
    /// What a key says of where it comes from contradicts the key.
    #[error("the origin of key {key} is not its own: {reason}")]
    Origin {
        /// Which key, from 1.
        key: usize,
        /// How they disagree.
        reason: String,
    },
    /// A key is far from its addresses.
    #[error("key {key} goes on for {steps} steps: at most {MOST_STEPS} are taken, and 255 from its seed")]
    Path {
        /// Which key, from 1.
        key: usize,
        /// Its steps.
        steps: usize,
    },
    /// A key is derived in a way that takes its secret.
    #[error("key {0} goes on by hardened steps, which take its private key")]
    Hardened(usize),
    /// Change goes to the addresses that are handed out, though a row of its own is named.
    #[error("both rows of addresses are the same")]
    SameRows,
    /// The rule of who may sign is not one that can be watched.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl WalletError {
    /// The code that scripts see. Stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name => "wallet-name",
            Self::Long => "wallet-long",
            Self::Descriptor(_) => "wallet-descriptor",
            Self::Private => "wallet-private",
            Self::Single => "wallet-single",
            Self::Rows(_) => "wallet-rows",
            Self::Network { .. } => "wallet-network",
            Self::Origin { .. } => "wallet-origin",
            Self::Path { .. } => "wallet-path",
            Self::Hardened(_) => "wallet-hardened",
            Self::SameRows => "wallet-same-rows",
            Self::Policy(error) => error.code(),
        }
    }
}

impl Wallet {
    /// A wallet from what stands in a descriptor, or in two: the first to receive, the second for change.
    ///
    /// A checksum that is there has to be right. Private keys, keys of another network, duplicate keys and descriptors
    /// that derive nothing are refused.
    pub fn new(name: &str, network: Network, descriptors: &[&str]) -> Result<Self, WalletError> {
        check::name(name)?;
        let mut rows = Vec::with_capacity(2);
        for text in descriptors {
            rows.extend(check::rows(text)?);
        }
        let mut rows = rows.into_iter();
        let (receive, change) = match (rows.next(), rows.next(), rows.len()) {
            (Some(receive), change, 0) => (receive, change),
            (None, ..) => return Err(WalletError::Rows(0)),
            (.., more) => return Err(WalletError::Rows(more.saturating_add(2))),
        };
        for row in [Some(&receive), change.as_ref()].into_iter().flatten() {
            check::paths(row)?;
        }
        let policy = Policy::of(&receive)?;
        for row in [Some(&receive), change.as_ref()].into_iter().flatten() {
            check::row(row, network)?;
        }
        if let Some(change) = &change {
            if *change == receive {
                return Err(WalletError::SameRows);
            }
            if !Policy::of(change)?.same_seats(&policy) || !rows::same_rule(&receive, change) {
                return Err(PolicyError::Rows.into());
            }
        }
        let id = identify(network, &receive, change.as_ref());
        Ok(Self { name: name.to_owned(), network, receive, change, policy, id })
    }

    /// The same wallet under another name.
    pub fn named(self, name: &str) -> Result<Self, WalletError> {
        check::name(name)?;
        Ok(Self { name: name.to_owned(), ..self })
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The network it is for.
    pub fn network(&self) -> Network {
        self.network
    }

    /// What it is known by.
    pub fn id(&self) -> WalletId {
        self.id
    }

    /// Who may sign.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The descriptor of a row; a wallet without a row for change gives its change back to the row it receives on.
    pub fn descriptor(&self, chain: Chain) -> &Descriptor<DescriptorPublicKey> {
        match chain {
            Chain::Receive => &self.receive,
            Chain::Change => self.change.as_ref().unwrap_or(&self.receive),
        }
    }

    /// Whether change has a row of its own.
    pub fn has_change(&self) -> bool {
        self.change.is_some()
    }

    /// The descriptor at one spot; none beyond [`LAST_INDEX`].
    pub fn at(&self, spot: Spot) -> Option<Descriptor<DefiniteDescriptorKey>> {
        self.descriptor(spot.chain).at_derivation_index(spot.index).ok()
    }

    /// The script that is ours at one spot.
    pub fn script(&self, spot: Spot) -> Option<ScriptBuf> {
        Some(self.at(spot)?.script_pubkey())
    }

    /// The address at one spot.
    pub fn address(&self, spot: Spot) -> Option<Address> {
        self.at(spot)?.address(self.network).ok()
    }

    /// Where a script is ours, looking at both rows from their start up to an index, that one included.
    pub fn find(&self, script: &Script, up_to_index: u32) -> Option<Spot> {
        let like = |own: &ScriptBuf| own.len() == script.len() && own.as_bytes().first() == script.as_bytes().first();
        if !self.script(Spot { chain: Chain::Receive, index: 0 }).is_some_and(|own| like(&own)) {
            return None;
        }
        let chains = if self.has_change() { Chain::ALL.as_slice() } else { &[Chain::Receive] };
        let spots = (0..=up_to_index).flat_map(|index| chains.iter().map(move |chain| Spot { chain: *chain, index }));
        spots.map_while(|spot| Some((spot, self.script(spot)?))).find(|(_, own)| **own == *script).map(|(spot, _)| spot)
    }

    /// What the wallet is made of, each with its checksum: one descriptor with both rows where it can be written so, or
    /// the row to receive and that for change. [`Wallet::new`] makes the same wallet of it.
    pub fn descriptors(&self) -> Vec<String> {
        match self.multipath() {
            Some(both) => vec![both],
            None => {
                [Some(&self.receive), self.change.as_ref()].into_iter().flatten().map(ToString::to_string).collect()
            }
        }
    }

    /// Both rows as one descriptor (BIP-389), with its checksum; none where there is one row only, or where the rows
    /// differ in more than a step of each path.
    pub fn multipath(&self) -> Option<String> {
        Some(rows::together(&self.receive, self.change.as_ref()?)?.to_string())
    }

    /// Whether every key goes on by the same path.
    pub fn level(&self) -> bool {
        [Some(&self.receive), self.change.as_ref()].into_iter().flatten().all(rows::level)
    }
}

/// A kind of script as descriptors write it.
pub fn kind_name(kind: DescriptorType) -> &'static str {
    match kind {
        DescriptorType::Bare => "bare",
        DescriptorType::Pkh => "pkh",
        DescriptorType::Sh | DescriptorType::ShSortedMulti => "sh",
        DescriptorType::ShWpkh => "sh(wpkh)",
        DescriptorType::ShWsh | DescriptorType::ShWshSortedMulti => "sh(wsh)",
        DescriptorType::Wpkh => "wpkh",
        DescriptorType::Wsh | DescriptorType::WshSortedMulti => "wsh",
        DescriptorType::Tr => "tr",
    }
}

fn identify(
    network: Network,
    receive: &Descriptor<DescriptorPublicKey>,
    change: Option<&Descriptor<DescriptorPublicKey>>,
) -> WalletId {
    let mut engine = sha256::Hash::engine();
    engine.input(format!("exchequer wallet\n{network}\n{receive}\n").as_bytes());
    if let Some(change) = change {
        engine.input(format!("{change}\n").as_bytes());
    }
    WalletId(sha256::Hash::from_engine(engine).to_byte_array())
}
