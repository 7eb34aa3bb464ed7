//! Who may sign: the quorum that can always spend, and those who can once a time lock has ended.
//!
//! The rule is read from what the descriptor *means* (its lifted policy), so `multi`, `sortedmulti`, `multi_a` and
//! miniscript give the same answer where they say the same.
//!
//! - A seat is a key of the descriptor. One person may hold several seats; no key holds two of the same quorum.
//! - A key that nobody can know (the point of BIP-341 without a discrete logarithm) is no seat.

mod ways;

use super::import::error::quote;
use bitcoin::bip32::{ChildNumber, DerivationPath, Fingerprint, Xpub};
use miniscript::descriptor::{DescriptorPublicKey, DescriptorType, SinglePubKey};
use miniscript::policy::Liftable;
use miniscript::{AbsLockTime, Descriptor, ForEachKey, RelLockTime};

/// The most keys in a wallet: what every device takes.
pub const MOST_KEYS: usize = 15;

/// The x coordinate of the point that BIP-341 proposes for a key path that nobody can use.
pub(super) const NOBODY: [u8; 32] = [
    0x50, 0x92, 0x9b, 0x74, 0xc1, 0xa0, 0x49, 0x54, 0xb7, 0x8b, 0x4b, 0x60, 0x35, 0xe9, 0x7a, 0x5e, 0x07, 0x8a, 0x5a,
    0x0f, 0x28, 0xec, 0x96, 0xd5, 0x47, 0xbf, 0xee, 0x9a, 0xce, 0x80, 0x3a, 0xc0,
];

/// How many of how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// Signatures that are needed.
    pub required: usize,
    /// Keys that can give one.
    pub of: usize,
}

impl std::fmt::Display for Quorum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-of-{}", self.required, self.of)
    }
}

/// A seat: one key of a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosigner {
    /// The fingerprint of the seed that the key comes from; of the key itself where its origin is not told.
    pub fingerprint: Fingerprint,
    /// The path from the seed to the key.
    pub path: DerivationPath,
    /// The key.
    pub xpub: Xpub,
    /// Whether the descriptor tells where the key comes from.
    pub origin_known: bool,
}

/// When somebody else may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lock {
    /// So many blocks, or 512 seconds' steps, after a coin was confirmed (BIP-68).
    Older(RelLockTime),
    /// From a height or a time on (BIP-65).
    After(AbsLockTime),
}

/// A way to spend that opens later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// When.
    pub lock: Lock,
    /// How many of its keys it needs.
    pub required: usize,
    /// Whose keys: places in [`Policy::cosigners`].
    pub seats: Vec<usize>,
}

/// Who may sign for a wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    kind: DescriptorType,
    quorum: Quorum,
    cosigners: Vec<Cosigner>,
    /// Those of the quorum: places in `cosigners`.
    seats: Vec<usize>,
    recovery: Vec<Recovery>,
}

/// Why a rule cannot be watched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The descriptor's kind of script is not one of a wallet.
    #[error("a wallet is wsh, sh(wsh), sh, wpkh, sh(wpkh), pkh or tr, not {0}")]
    Kind(String),
    /// A key without a way to derive addresses from it.
    #[error("key {0} is a single key: a wallet needs extended public keys (xpub)")]
    SingleKey(usize),
    /// Too many keys.
    #[error("the wallet has {0} keys, and at most {MOST_KEYS} can be signed for")]
    Keys(usize),
    /// A key twice in one quorum.
    #[error("the key {0} stands twice in the quorum: one person could sign for two")]
    Twice(Fingerprint),
    /// Nobody can spend now, or the rule is of another form than so-many-of-these-keys.
    #[error("the wallet's rule is not of the form m of n keys, with others after a time lock: {0}")]
    Form(String),
    /// Change is under other rules than what is received.
    #[error("change is under another rule than the addresses to receive: whoever made this could take the change")]
    Rows,
}

impl PolicyError {
    /// The code that scripts see. Stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Kind(_) => "wallet-kind",
            Self::SingleKey(_) => "wallet-single-key",
            Self::Keys(_) => "wallet-keys",
            Self::Twice(_) => "wallet-key-twice",
            Self::Form(_) => "wallet-form",
            Self::Rows => "wallet-mixed-rows",
        }
    }
}

impl Policy {
    /// Reads the rule of one row.
    pub fn of(descriptor: &Descriptor<DescriptorPublicKey>) -> Result<Self, PolicyError> {
        let kind = descriptor.desc_type();
        if kind == DescriptorType::Bare {
            return Err(PolicyError::Kind(format!("{kind:?}")));
        }
        let (cosigners, keys) = cosigners(descriptor)?;
        let meaning = descriptor.lift().map_err(|error| PolicyError::Form(quote(&error.to_string())))?;
        let (mut now, mut recovery) = (Vec::new(), Vec::new());
        for way in ways::ways(&meaning.normalized(), &keys)? {
            match *way.locks.as_slice() {
                [] => now.push(way),
                [lock] => recovery.push(Recovery { lock, required: way.required, seats: way.seats }),
                _ => return Err(PolicyError::Form("a way to spend has several time locks".into())),
            }
        }
        let ways::Way { required, seats, .. } = ways::together(now)?;
        for way in std::iter::once(&seats).chain(recovery.iter().map(|way| &way.seats)) {
            once(way, &cosigners)?;
        }
        recovery.sort_by_key(|way| way.lock);
        let quorum = Quorum { required, of: seats.len() };
        Ok(Self { kind, quorum, cosigners, seats, recovery })
    }

    /// The kind of script.
    pub fn kind(&self) -> DescriptorType {
        self.kind
    }

    /// How many signatures of how many keys it takes at any time.
    pub fn quorum(&self) -> Quorum {
        self.quorum
    }

    /// Every key, in the descriptor's order.
    pub fn cosigners(&self) -> &[Cosigner] {
        &self.cosigners
    }

    /// The keys of the quorum, in the descriptor's order.
    pub fn seats(&self) -> impl Iterator<Item = &Cosigner> + '_ {
        self.seats.iter().filter_map(|seat| self.cosigners.get(*seat))
    }

    /// Where the keys of the quorum stand in [`Policy::cosigners`].
    pub fn seat_places(&self) -> &[usize] {
        &self.seats
    }

    /// The ways to spend that open later, the soonest first.
    pub fn recovery(&self) -> &[Recovery] {
        &self.recovery
    }

    /// Whether it is the same rule for the same keys; where their paths go from there may differ.
    pub fn same_seats(&self, other: &Self) -> bool {
        self == other
    }
}

/// As which seat each key of a descriptor counts.
type Keys = Vec<(DescriptorPublicKey, usize)>;

/// The keys of a descriptor without those that nobody can know, and as which seat each of its keys counts.
fn cosigners(descriptor: &Descriptor<DescriptorPublicKey>) -> Result<(Vec<Cosigner>, Keys), PolicyError> {
    let (mut cosigners, mut keys): (Vec<Cosigner>, Keys) = (Vec::new(), Vec::new());
    let mut single = None;
    let mut number = 0_usize;
    descriptor.for_each_key(|key| {
        number = number.saturating_add(1);
        if nobody(key) {
            return true;
        }
        let DescriptorPublicKey::XPub(xpub) = key else {
            single.get_or_insert(PolicyError::SingleKey(number));
            return true;
        };
        let (fingerprint, path) = xpub.origin.clone().unwrap_or((xpub.xkey.fingerprint(), DerivationPath::master()));
        let cosigner = Cosigner { fingerprint, path, xpub: xpub.xkey, origin_known: xpub.origin.is_some() };
        keys.push((key.clone(), cosigners.len()));
        cosigners.push(cosigner);
        true
    });
    match single {
        Some(error) => Err(error),
        None if cosigners.len() > MOST_KEYS => Err(PolicyError::Keys(cosigners.len())),
        None => Ok((cosigners, keys)),
    }
}

/// Whether a key is the one that nobody can know.
pub(super) fn nobody(key: &DescriptorPublicKey) -> bool {
    let point = match key {
        DescriptorPublicKey::XPub(xpub) => xpub.xkey.public_key.x_only_public_key().0,
        DescriptorPublicKey::MultiXPub(xpub) => xpub.xkey.public_key.x_only_public_key().0,
        DescriptorPublicKey::Single(single) => match single.key {
            SinglePubKey::XOnly(key) => key,
            SinglePubKey::FullKey(key) => key.inner.x_only_public_key().0,
        },
    };
    point.serialize() == NOBODY
}

/// Whoever holds a seat holds one: no key stands twice, under whatever name, and none follows from another.
fn once(seats: &[usize], cosigners: &[Cosigner]) -> Result<(), PolicyError> {
    let held: Vec<&Cosigner> = seats.iter().filter_map(|seat| cosigners.get(*seat)).collect();
    for (place, one) in held.iter().enumerate() {
        for other in held.iter().skip(place.saturating_add(1)) {
            // The same point with another chain code, depth or sign is the same secret.
            let same = one.xpub.public_key.x_only_public_key().0 == other.xpub.public_key.x_only_public_key().0;
            if same || child(&one.xpub, &other.xpub) || child(&other.xpub, &one.xpub) {
                return Err(PolicyError::Twice(one.fingerprint));
            }
        }
    }
    Ok(())
}

/// Whether a key can be derived from another without a secret, in one step.
fn child(child: &Xpub, parent: &Xpub) -> bool {
    matches!(child.child_number, ChildNumber::Normal { .. })
        && child.parent_fingerprint == parent.fingerprint()
        && child.depth == parent.depth.saturating_add(1)
}
