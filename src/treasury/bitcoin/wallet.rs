//! A wallet: a descriptor that somebody checked, the network it is for, and the addresses that follow from them.
//!
//! - A [`Wallet`] cannot exist with a private key, a key of another network, a key twice in one quorum, or a descriptor
//!   that derives nothing: [`Wallet::new`] refuses them by name.
//! - What is ours is only what a descriptor derives: [`Wallet::script`] is the one source of that truth, and no path
//!   that a file claims is believed without it.
//!
//! Descriptors are those of BIP-380 to BIP-389, as the `miniscript` crate reads them.

use super::policy::{Policy, PolicyError};
use bitcoin::hashes::{Hash, HashEngine, sha256};
use bitcoin::{Address, Network, NetworkKind, ScriptBuf};
use miniscript::descriptor::{DefiniteDescriptorKey, DescriptorPublicKey};
use miniscript::{Descriptor, ForEachKey};
use std::fmt;
use std::str::FromStr;

/// The longest descriptor that is read: fifteen keys with origins take some 2 500 bytes.
pub const LONGEST_DESCRIPTOR: usize = 32 << 10;

/// The longest name of a wallet, in characters.
pub const LONGEST_NAME: usize = 64;

/// How far beyond the last used address a wallet looks for its own, as is the custom since BIP-44.
pub const GAP: u32 = 20;

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
    /// The rule of who may sign is not one that can be watched.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}

impl Wallet {
    /// A wallet from what stands in a descriptor, or in two: the first to receive, the second for change.
    ///
    /// A checksum that is there has to be right. Private keys, keys of another network, duplicate keys and descriptors
    /// that derive nothing are refused.
    pub fn new(name: &str, network: Network, descriptors: &[&str]) -> Result<Self, WalletError> {
        let fits = name.len() <= LONGEST_NAME && name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if name.is_empty() || !fits || name.trim() != name {
            return Err(WalletError::Name);
        }
        let mut rows = Vec::with_capacity(2);
        for text in descriptors {
            let descriptor = read(text)?;
            if descriptor.is_multipath() {
                let split = descriptor.into_single_descriptors();
                rows.extend(split.map_err(|error| WalletError::Descriptor(error.to_string()))?);
            } else {
                rows.push(descriptor);
            }
        }
        let mut rows = rows.into_iter();
        let (receive, change) = match (rows.next(), rows.next(), rows.len()) {
            (Some(receive), change, 0) => (receive, change),
            (None, ..) => return Err(WalletError::Rows(0)),
            (.., more) => return Err(WalletError::Rows(more.saturating_add(2))),
        };
        let policy = Policy::of(&receive)?;
        for row in [Some(&receive), change.as_ref()].into_iter().flatten() {
            row.sanity_check().map_err(|error| WalletError::Descriptor(error.to_string()))?;
            check_keys(row, network)?;
        }
        if let Some(change) = &change
            && !Policy::of(change)?.same_seats(&policy)
        {
            return Err(PolicyError::Rows.into());
        }
        let id = identify(network, &receive, change.as_ref());
        Ok(Self { name: name.to_owned(), network, receive, change, policy, id })
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
}

/// One descriptor, checked for its length and for keys that have no business here.
fn read(text: &str) -> Result<Descriptor<DescriptorPublicKey>, WalletError> {
    let text = text.trim();
    if text.len() > LONGEST_DESCRIPTOR {
        return Err(WalletError::Long);
    }
    if ["xprv", "tprv", "yprv", "zprv", "uprv", "vprv", "Yprv", "Zprv", "Uprv", "Vprv"].iter().any(|p| text.contains(p))
    {
        return Err(WalletError::Private);
    }
    let descriptor = Descriptor::<DescriptorPublicKey>::from_str(text)
        .map_err(|error| WalletError::Descriptor(error.to_string()))?;
    if !descriptor.has_wildcard() || !descriptor.for_each_key(DescriptorPublicKey::has_wildcard) {
        return Err(WalletError::Single);
    }
    Ok(descriptor)
}

/// Every key is an extended public key of the wallet's network that derives without a secret.
fn check_keys(row: &Descriptor<DescriptorPublicKey>, network: Network) -> Result<(), WalletError> {
    let mut wrong = None;
    let mut number = 0_usize;
    row.for_each_key(|key| {
        number = number.saturating_add(1);
        if let DescriptorPublicKey::XPub(xpub) = key
            && xpub.xkey.network != NetworkKind::from(network)
        {
            let found = if xpub.xkey.network.is_mainnet() { "bitcoin" } else { "a test network" };
            wrong.get_or_insert(WalletError::Network { key: number, found, network });
        }
        true
    });
    wrong.map_or(Ok(()), Err)?;
    row.at_derivation_index(0).map_err(|error| WalletError::Descriptor(error.to_string()))?;
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::super::policy::Lock;
    use super::*;
    use miniscript::RelLockTime;

    /// Keys of the seeds `abandon … about` and `legal winner …`, m/48'/1'/0'/2', and one more.
    const A: &str = "[73c5da0a/48'/1'/0'/2']tpubDFH9dgzveyD8zTbPUFuLrGmCydNvxehyNdUXKJAQN8x4aZ4j6UZqGfnqFrD4NqyaTVGKbvEW54tsvPTK2UoSbCC1PJY8iCNiwTL3RWZEheQ";
    const B: &str = "[f5acc2fd/48'/1'/0'/2']tpubDCwYjpDhUdPGP5rS3wgNg13mTrrjBuG8V9VpWbyptX6TRPbNoZVXsoVUSkCjmQ8jJycjuDKBb9eataSymXakTTaGifxR6kmVsfFehH1ZgJT";

    fn wallet(text: &str) -> Result<Wallet, WalletError> {
        Wallet::new("Cold", Network::Testnet, &[text])
    }

    #[test]
    fn a_quorum_is_read_from_what_the_descriptor_means() {
        let plain = wallet(&format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
        assert_eq!(plain.policy().quorum().to_string(), "2-of-2");
        assert_eq!(
            plain.policy().seats().map(|seat| seat.fingerprint.to_string()).collect::<Vec<_>>(),
            ["73c5da0a", "f5acc2fd"]
        );
        let either = wallet(&format!("wsh(multi(1,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
        assert_eq!(either.policy().quorum().to_string(), "1-of-2");
        let nested = wallet(&format!("sh(wsh(and_v(v:pk({A}/<0;1>/*),pk({B}/<0;1>/*))))")).unwrap();
        assert_eq!(nested.policy().quorum().to_string(), "2-of-2");
    }

    #[test]
    fn a_recovery_is_a_way_that_opens_later() {
        let text = format!("wsh(or_d(pk({A}/<0;1>/*),and_v(v:pkh({B}/<0;1>/*),older(4032))))");
        let wallet = wallet(&text).unwrap();
        assert_eq!(wallet.policy().quorum().to_string(), "1-of-1");
        let [way] = wallet.policy().recovery() else { panic!("one way: {:?}", wallet.policy()) };
        assert_eq!(
            (way.lock, way.required, way.seats.as_slice()),
            (Lock::Older(RelLockTime::from_height(4032)), 1, &[1][..])
        );
    }

    #[test]
    fn what_cannot_be_a_wallet_is_refused_by_name() {
        let said = |text: String| wallet(&text).unwrap_err();
        assert_eq!(said(format!("wsh(sortedmulti(2,{A}/0/1,{B}/0/1))")), WalletError::Single);
        assert_eq!(said(format!("wsh(sortedmulti(2,{A}/<0;1;2>/*,{B}/<0;1;2>/*))")), WalletError::Rows(3));
        assert!(matches!(
            said(format!("wsh(sortedmulti(2,{A}/<0;1>/*,{A}/<0;1>/*))")),
            WalletError::Policy(PolicyError::Twice(_)) | WalletError::Descriptor(_)
        ));
        assert!(matches!(
            said(format!("wsh(sortedmulti(2,{A}/<0;1>/*,{A}/<2;3>/*))")),
            WalletError::Policy(PolicyError::Twice(_))
        ));
        assert!(matches!(
            said(format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))#aaaaaaaa")),
            WalletError::Descriptor(_)
        ));
        assert_eq!(said("wpkh(tprv8ZgxMBicQKsPd/0/*)".into()), WalletError::Private);
        let text = format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))");
        let main = Wallet::new("Cold", Network::Bitcoin, &[&text]).unwrap_err();
        assert_eq!(main, WalletError::Network { key: 1, found: "a test network", network: Network::Bitcoin });
        for name in ["", " x", "x ", "tab\t", "ü", &"x".repeat(65)] {
            assert_eq!(Wallet::new(name, Network::Testnet, &[&text]).unwrap_err(), WalletError::Name);
        }
    }

    #[test]
    fn change_under_another_rule_is_refused() {
        let receive = format!("wsh(sortedmulti(2,{A}/0/*,{B}/0/*))");
        let change = format!("wsh(sortedmulti(1,{A}/1/*,{B}/1/*))");
        let mixed = Wallet::new("Cold", Network::Testnet, &[&receive, &change]).unwrap_err();
        assert_eq!(mixed, WalletError::Policy(PolicyError::Rows));
    }

    #[test]
    fn two_descriptors_and_one_with_two_rows_derive_the_same() {
        let (receive, change) =
            (format!("wsh(sortedmulti(2,{A}/0/*,{B}/0/*))"), format!("wsh(sortedmulti(2,{A}/1/*,{B}/1/*))"));
        let two = Wallet::new("Cold", Network::Testnet, &[&receive, &change]).unwrap();
        let one = wallet(&format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
        assert_eq!(one.id(), two.id());
        for chain in Chain::ALL {
            assert_eq!(one.script(Spot { chain, index: 7 }), two.script(Spot { chain, index: 7 }));
        }
        assert_eq!(one.script(Spot { chain: Chain::Receive, index: 1 << 31 }), None);
    }
}
