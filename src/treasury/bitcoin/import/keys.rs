//! Extended keys as files write them: SLIP-132's letters become plain xpub and tpub, and what they claim is kept to be
//! held against the wallet.
//!
//! The letters: <https://github.com/satoshilabs/slips/blob/master/slip-0132.md>.

use super::Format;
use super::error::{ImportError, quote};
use bitcoin::NetworkKind;
use bitcoin::base58;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpub};
use miniscript::descriptor::DescriptorType;
use std::fmt::Write;
use std::str::FromStr;

/// The characters of an extended key in base58.
const LENGTHS: std::ops::RangeInclusive<usize> = 107..=112;

/// A kind of extended key by its version bytes: its letters, the network, and for which scripts it is.
struct Version {
    bytes: [u8; 4],
    prefix: &'static str,
    kind: NetworkKind,
    script: Option<Script>,
}

/// A kind of script that a file may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// `pkh`.
    Pkh,
    /// `sh(wpkh)`.
    ShWpkh,
    /// `wpkh`.
    Wpkh,
    /// `tr`.
    Tr,
    /// `sh`.
    Sh,
    /// `sh(wsh)`.
    ShWsh,
    /// `wsh`.
    Wsh,
}

impl Script {
    /// The words of people.
    fn says(self) -> &'static str {
        match self {
            Self::Pkh => "one key, pkh",
            Self::ShWpkh => "one key, sh(wpkh)",
            Self::Wpkh => "one key, wpkh",
            Self::Tr => "one key, tr",
            Self::Sh => "several keys, sh",
            Self::ShWsh => "several keys, sh(wsh)",
            Self::Wsh => "several keys, wsh",
        }
    }

    fn fits(self, kind: DescriptorType) -> bool {
        match self {
            Self::Pkh => kind == DescriptorType::Pkh,
            Self::ShWpkh => kind == DescriptorType::ShWpkh,
            Self::Wpkh => kind == DescriptorType::Wpkh,
            Self::Tr => kind == DescriptorType::Tr,
            Self::Sh => matches!(kind, DescriptorType::Sh | DescriptorType::ShSortedMulti),
            Self::ShWsh => matches!(kind, DescriptorType::ShWsh | DescriptorType::ShWshSortedMulti),
            Self::Wsh => matches!(kind, DescriptorType::Wsh | DescriptorType::WshSortedMulti),
        }
    }
}

const fn version(bytes: u32, prefix: &'static str, kind: NetworkKind, script: Option<Script>) -> Version {
    Version { bytes: bytes.to_be_bytes(), prefix, kind, script }
}

const VERSIONS: [Version; 10] = [
    version(0x0488_b21e, "xpub", NetworkKind::Main, None),
    version(0x049d_7cb2, "ypub", NetworkKind::Main, Some(Script::ShWpkh)),
    version(0x04b2_4746, "zpub", NetworkKind::Main, Some(Script::Wpkh)),
    version(0x0295_b43f, "Ypub", NetworkKind::Main, Some(Script::ShWsh)),
    version(0x02aa_7ed3, "Zpub", NetworkKind::Main, Some(Script::Wsh)),
    version(0x0435_87cf, "tpub", NetworkKind::Test, None),
    version(0x044a_5262, "upub", NetworkKind::Test, Some(Script::ShWpkh)),
    version(0x045f_1cf6, "vpub", NetworkKind::Test, Some(Script::Wpkh)),
    version(0x0242_89ef, "Upub", NetworkKind::Test, Some(Script::ShWsh)),
    version(0x0257_5483, "Vpub", NetworkKind::Test, Some(Script::Wsh)),
];

/// What a key's letters claim.
pub(super) struct Claim {
    key: usize,
    prefix: &'static str,
    script: Script,
}

impl Claim {
    /// Holds the claim against the wallet's kind of script.
    pub(super) fn check(&self, kind: DescriptorType) -> Result<(), ImportError> {
        if self.script.fits(kind) {
            return Ok(());
        }
        let wallet = super::super::wallet::kind_name(kind).to_owned();
        Err(ImportError::Prefix { key: self.key, prefix: self.prefix, says: self.script.says(), wallet })
    }
}

/// What was found among the keys of a descriptor.
#[derive(Default)]
pub(super) struct Found {
    /// How many extended keys there are.
    pub(super) keys: usize,
    /// What their letters claim.
    pub(super) claims: Vec<Claim>,
    /// The kind of network of the first.
    pub(super) kind: Option<NetworkKind>,
}

/// A key that was read.
pub(super) struct Read {
    /// The key.
    pub(super) xpub: Xpub,
    /// The kind of script that its letters stand for.
    pub(super) script: Option<Script>,
    prefix: &'static str,
}

/// Reads an extended key with whatever letters; `number` names it in an error.
pub(super) fn read(text: &str, number: usize) -> Result<Read, ImportError> {
    if private(text) {
        return Err(ImportError::Private);
    }
    let wrong = |reason: String| ImportError::Key(number, quote(&reason));
    if !LENGTHS.contains(&text.len()) {
        return Err(wrong(format!("it has {} characters", text.len())));
    }
    let mut bytes = base58::decode_check(text).map_err(|error| wrong(error.to_string()))?;
    let Some(version) = VERSIONS.iter().find(|version| bytes.starts_with(&version.bytes)) else {
        return Err(wrong("its first letters stand for no kind of key that is known".into()));
    };
    let plain: u32 = if version.kind.is_mainnet() { 0x0488_b21e } else { 0x0435_87cf };
    if let Some(start) = bytes.get_mut(..4) {
        start.copy_from_slice(&plain.to_be_bytes());
    }
    let xpub = Xpub::decode(&bytes).map_err(|error| wrong(error.to_string()))?;
    Ok(Read { xpub, script: version.script, prefix: version.prefix })
}

/// Whether a text begins as an extended private key does.
fn private(text: &str) -> bool {
    text.get(1..4) == Some("prv") && text.starts_with(['x', 't', 'y', 'z', 'u', 'v', 'Y', 'Z', 'U', 'V'])
}

/// A descriptor with every extended key as xpub or tpub; `first` is the number of its first key.
pub(super) fn plain(descriptor: &str, first: usize) -> Result<(String, Found), ImportError> {
    let (mut plain, mut found) = (String::with_capacity(descriptor.len()), Found::default());
    let mut rest = descriptor;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.get(1..4) == Some("pub") || private(word) {
            let number = first.saturating_add(found.keys);
            let read = read(word, number)?;
            let _ = write!(plain, "{}", read.xpub);
            found.keys = found.keys.saturating_add(1);
            found.kind.get_or_insert(read.xpub.network);
            found.claims.extend(read.script.map(|script| Claim { key: number, prefix: read.prefix, script }));
        } else {
            plain.push_str(word);
        }
        let between = after.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (signs, next) = after.split_at(between);
        plain.push_str(signs);
        rest = next;
    }
    Ok((plain, found))
}

/// A key as a file lists it.
#[derive(Clone, Debug, Default)]
pub(super) struct Listed {
    /// The fingerprint of its seed, in hex.
    pub(super) fingerprint: Option<String>,
    /// The path from the seed, with or without `m/`.
    pub(super) path: Option<String>,
    /// The key.
    pub(super) key: String,
    /// What it is called.
    pub(super) name: Option<String>,
}

impl Listed {
    /// The fingerprint of its seed.
    pub(super) fn seed(&self, format: Format) -> Result<Option<Fingerprint>, ImportError> {
        let Some(text) = &self.fingerprint else { return Ok(None) };
        let read = Fingerprint::from_str(text.trim());
        read.map(Some).map_err(|_| ImportError::shape(format, format!("{text} is no fingerprint")))
    }

    /// It as a descriptor has it, with both rows.
    fn expression(&self, format: Format) -> Result<String, ImportError> {
        let key = self.key.trim();
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(ImportError::shape(format, format!("{key} is no extended public key")));
        }
        let Some(seed) = self.seed(format)? else { return Ok(format!("{key}/<0;1>/*")) };
        let path = self.path.as_deref().unwrap_or_default().trim();
        let path = DerivationPath::from_str(path.trim_end_matches('/'))
            .map_err(|_| ImportError::shape(format, format!("{path} is no path")))?;
        let slash = if path.is_empty() { "" } else { "/" };
        Ok(format!("[{seed}{slash}{path}]{key}/<0;1>/*"))
    }
}

/// The descriptor of so many of these keys, or of the one; keys are sorted (BIP-67), as all these formats have it.
pub(super) fn assemble(
    format: Format,
    script: Script,
    required: usize,
    keys: &[Listed],
) -> Result<String, ImportError> {
    let mut list = String::new();
    for key in keys {
        let _ = write!(list, "{}{}", if list.is_empty() { "" } else { "," }, key.expression(format)?);
    }
    Ok(match script {
        Script::Pkh => format!("pkh({list})"),
        Script::ShWpkh => format!("sh(wpkh({list}))"),
        Script::Wpkh => format!("wpkh({list})"),
        Script::Tr => format!("tr({list})"),
        Script::Sh => format!("sh(sortedmulti({required},{list}))"),
        Script::ShWsh => format!("sh(wsh(sortedmulti({required},{list})))"),
        Script::Wsh => format!("wsh(sortedmulti({required},{list}))"),
    })
}

/// Refuses a quorum that nobody means, before a script is made of it.
pub(super) fn quorum(format: Format, required: usize, of: usize, found: usize) -> Result<(), ImportError> {
    if of != found {
        return Err(ImportError::Count { said: of, found });
    }
    if required == 0 || required > of {
        return Err(ImportError::shape(format, format!("{required} of {of} keys cannot be required")));
    }
    if of > super::super::policy::MOST_KEYS {
        return Err(super::super::wallet::WalletError::from(super::super::policy::PolicyError::Keys(of)).into());
    }
    Ok(())
}
