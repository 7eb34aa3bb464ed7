//! What a place holds for Safes: the ways to their chains, the HOT accounts of this machine, and what chains told of balances.
//!
//! - The ways may hold keys, so they are in a file of their own for this user alone (`safes.json`), not in the journal.
//! - What a chain told is a cache: when it is damaged or of another version, it is asked anew.

use super::{LONGEST, LONGEST_KEY, Place, create, on, random, read, replace};
use crate::chain::{ChainError, Endpoint};
use crate::market::{Timestamp, printable};
use crate::treasury::bitcoin::hot::Cost;
use crate::treasury::ethereum::hot::{self, Account};
use alloy_primitives::{Address, U256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The file with the ways.
const WAYS: &str = "safes.json";

/// The version of what is kept of balances.
const KEPT: u32 = 1;

/// How a server is reached: its address, which may hold a key, and a key that is sent with each question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// Its address.
    pub url: Zeroizing<String>,
    /// What is sent as a bearer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Zeroizing<String>>,
    /// Whether somebody has chosen to reach it without TLS, on a network that they trust.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unprotected: bool,
}

impl Way {
    /// A server by its address alone.
    pub fn to(url: &str) -> Self {
        Self { url: Zeroizing::new(url.to_owned()), key: None, unprotected: false }
    }
}

impl Way {
    /// The same, to be asked.
    pub fn endpoint(&self) -> Result<Endpoint, ChainError> {
        match self.unprotected {
            true => Endpoint::unprotected(&self.url),
            false => Endpoint::new(&self.url, self.key.as_ref().map(|key| key.as_str())),
        }
    }
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Way")
    }
}

/// The key of a transaction service, for whoever runs it and for nobody else.
#[derive(Clone)]
pub struct ServiceKey {
    /// Whose key it is.
    pub server: Endpoint,
    /// The key.
    pub key: Zeroizing<String>,
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceKey({})", self.server)
    }
}

impl ServiceKey {
    /// The way to a service, with the key where that is the one that the key is for.
    pub fn with(&self, way: &Way) -> Way {
        let same = way.endpoint().is_ok_and(|endpoint| endpoint.same_server(&self.server));
        let bare = way.key.is_none() && !way.unprotected;
        Way { key: if same && bare { Some(self.key.clone()) } else { way.key.clone() }, ..way.clone() }
    }
}

/// The ways to a chain that has Safes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// A server that speaks Ethereum's JSON-RPC.
    pub rpc: Way,
    /// A second one, which has to agree with the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<Way>,
    /// A Safe Transaction Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Way>,
}

/// What a Safe or an account had at a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funds {
    /// The block.
    pub block: u64,
    /// When that was told.
    pub at: Timestamp,
    /// The chain's own coin, in wei.
    pub wei: U256,
    /// Tokens, in their smallest units.
    pub tokens: BTreeMap<Address, U256>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    version: u32,
    funds: Funds,
}

impl Place {
    /// The ways to chains that have Safes, by the chains' numbers.
    pub fn ways(&self) -> Result<BTreeMap<U256, Ways>, String> {
        let path = self.folder.join(WAYS);
        let Some(text) = read(&path, LONGEST)? else { return Ok(BTreeMap::new()) };
        let wrong = || format!("{}: not what was written", printable(&path.display().to_string()));
        let all: BTreeMap<String, Ways> = serde_json::from_slice(&text).map_err(|_| wrong())?;
        all.into_iter()
            .map(|(chain, ways)| Ok((U256::from_str_radix(&chain, 10).map_err(|_| wrong())?, ways)))
            .collect()
    }

    /// Remembers the ways to chains.
    pub fn set_ways(&self, ways: &BTreeMap<U256, Ways>) -> Result<(), String> {
        let all: BTreeMap<String, &Ways> = ways.iter().map(|(chain, ways)| (chain.to_string(), ways)).collect();
        let text = Zeroizing::new(serde_json::to_vec(&all).map_err(|error| error.to_string())?);
        replace(&self.folder("")?.join(WAYS), &text)
    }

    fn account(&self, address: Address) -> PathBuf {
        self.folder.join("hot").join(format!("{}.json", address.to_checksum(None)))
    }

    /// Whether the key of an account lies here.
    pub fn has_account(&self, address: Address) -> bool {
        self.account(address).is_file()
    }

    /// Opens an account that lies here.
    pub fn open_account(&self, address: Address, passphrase: &str) -> Result<Account, String> {
        let told = address.to_checksum(None);
        let bytes = read(&self.account(address), LONGEST_KEY)?;
        let bytes = bytes.ok_or_else(|| format!("the HOT account {told} does not lie here"))?;
        let account = hot::open(&bytes, passphrase).map_err(|error| error.to_string())?;
        match account.address() == address {
            true => Ok(account),
            false => Err(format!("the file of the account {told} holds {}", account.address().to_checksum(None))),
        }
    }

    /// Seals an account into a file.
    pub fn seal_account(&self, account: &Account, passphrase: &str, cost: Cost) -> Result<(), String> {
        let (salt, nonce) = (random::<16>()?, random::<12>()?);
        let sealed = hot::seal(account, passphrase, cost, *salt, *nonce);
        self.folder("hot")?;
        create(&self.account(account.address()), &sealed.map_err(|error| error.to_string())?)
    }

    fn funds_of(&self, chain: U256, address: Address) -> PathBuf {
        self.cache.join("safes").join(format!("{chain}-{}", address.to_checksum(None)))
    }

    /// What was kept of what a Safe or an account has; nothing when that cannot be read.
    pub fn funds(&self, chain: U256, address: Address) -> Option<Funds> {
        let bytes = read(&self.funds_of(chain, address), LONGEST).ok().flatten()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        (kept.version == KEPT).then_some(kept.funds)
    }

    /// Keeps what a chain told.
    pub fn keep_funds(&self, chain: U256, address: Address, funds: &Funds) -> Result<(), String> {
        let path = self.funds_of(chain, address);
        let folder = self.cache.join("safes");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(on(&folder))?;
        let kept = Kept { version: KEPT, funds: funds.clone() };
        replace(&path, &serde_json::to_vec(&kept).map_err(|error| error.to_string())?)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn place(dir: &std::path::Path) -> Place {
        Place { journal: None, folder: dir.join("treasury"), cache: dir.join("cache") }
    }

    #[test]
    fn t33_a_services_key_goes_to_that_service_alone() {
        let server = Endpoint::new("https://service.example/eth", None).unwrap();
        let key = ServiceKey { server, key: Zeroizing::new("secret".to_owned()) };
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(key.with(&Way::to("https://service.example/gno")).key, Some(key.key.clone()));
        let own = Way { key: Some(Zeroizing::new("own".to_owned())), ..Way::to("https://service.example") };
        assert_eq!(key.with(&own), own);
        for other in ["https://other.example/eth", "https://service.example:8443/eth", "https://service.example.org"] {
            assert_eq!(key.with(&Way::to(other)).key, None, "{other}");
        }
        let plain = Way { unprotected: true, ..Way::to("http://service.example/eth") };
        assert_eq!(key.with(&plain).key, None);
    }

    #[test]
    fn ways_accounts_and_funds_are_read_as_they_were_written() {
        let dir = tempfile::tempdir().unwrap();
        let place = place(dir.path());
        assert!(place.ways().unwrap().is_empty());
        let key = Some(Zeroizing::new("a secret".to_owned()));
        let service = Way { key, ..Way::to("https://service.example") };
        let ways = Ways { rpc: Way::to("http://127.0.0.1:8545"), second: None, service: Some(service) };
        assert!(!format!("{ways:?}").contains("secret"));
        let all = BTreeMap::from([(U256::from(1), ways)]);
        place.set_ways(&all).unwrap();
        assert_eq!(place.ways().unwrap(), all);
        let account = Account::new(Zeroizing::new([3; 32])).unwrap();
        let address = account.address();
        assert!(!place.has_account(address) && place.open_account(address, "sesame").is_err());
        let cost = Cost { memory: 256, passes: 1, lanes: 1 };
        place.seal_account(&account, "sesame", cost).unwrap();
        assert!(place.has_account(address) && place.open_account(address, "sesami").is_err());
        assert_eq!(place.open_account(address, "sesame").map(|account| account.address()), Ok(address));
        let chain = U256::from(31_337);
        assert_eq!(place.funds(chain, address), None);
        let tokens = BTreeMap::from([(Address::repeat_byte(9), U256::MAX)]);
        let funds = Funds { block: 12, at: Timestamp::from_secs(5), wei: U256::from(10), tokens };
        place.keep_funds(chain, address, &funds).unwrap();
        assert_eq!(place.funds(chain, address), Some(funds));
        std::fs::write(place.funds_of(chain, address), "{}").unwrap();
        assert_eq!(place.funds(chain, address), None, "what is damaged is asked anew");
    }
}
