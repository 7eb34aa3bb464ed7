//! How each chain that has Safes is reached, and which transaction service is told of their proposals.
//!
//! - The ways lie where the console finds them too ([`Place::ways`]): an address may hold a key, so their file is for this
//!   user alone, and the journal has none of it.
//! - A key stands in no argument. An address that holds one comes from a file (`@FILE`); the key of a transaction service
//!   comes from the environment, a file or the keyring, and is sent to the service that the configuration names and to no
//!   other.

use super::super::keys::token;
use super::super::{Context, Exit, Failure};
use super::{chains, files};
use crate::chain::{Endpoint, Reach};
use crate::desk::treasury::{Place, ServiceKey, Way, Ways};
use crate::treasury::ethereum::address::short_name;
use alloy_primitives::U256;
use std::path::Path;
use zeroize::Zeroizing;

/// What stands for no second way, and for no service.
const NONE: &str = "none";

/// The longest file with an address.
const LONGEST: usize = 4 << 10;

/// Whose key the usual one is, where the configuration does not say.
const HOSTED: &str = "https://api.safe.global";

/// The ways that a command names; they are remembered for the chain.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Named {
    /// How to reach the chain: https://HOST/PATH, or @FILE with it
    #[arg(long, value_name = "URL")]
    pub rpc: Option<String>,
    /// A second way, which has to say the same as the first; or none
    #[arg(long, value_name = "URL")]
    pub second_rpc: Option<String>,
    /// The Safe Transaction Service of the chain; or none
    #[arg(long, value_name = "URL")]
    pub service: Option<String>,
}

/// The servers of a chain.
#[derive(Clone, Debug)]
pub struct Servers {
    /// Where the chain is asked.
    pub rpc: Endpoint,
    /// A second server, which has to say the same.
    pub second: Option<Endpoint>,
    /// The transaction service.
    pub service: Option<Endpoint>,
}

/// How servers are reached.
pub fn reach(context: &Context) -> Reach {
    Reach { authorities: context.config.feed.ca_file.clone(), ..Reach::default() }
}

/// Where the treasury's files lie.
pub fn place(context: &Context) -> Place {
    Place { journal: None, folder: context.paths.treasury.clone(), cache: context.paths.cache.clone() }
}

/// A chain as people call it.
pub fn chain_name(chain: U256) -> String {
    short_name(chain).map_or_else(|| chain.to_string(), str::to_owned)
}

/// The servers of a chain: those that are named now, or else those that were named before.
pub fn of(chain: U256, named: &Named, context: &Context) -> Result<Servers, Failure> {
    servers(chain, &ways(chain, named, context)?, context)
}

/// Remembers what is named now.
pub fn remember(chain: U256, named: &Named, context: &Context) -> Result<(), Failure> {
    if named.rpc.is_none() && named.second_rpc.is_none() && named.service.is_none() {
        return Ok(());
    }
    let ways = ways(chain, named, context)?;
    let place = place(context);
    let mut all = place.ways().map_err(unusable)?;
    all.insert(chain, ways);
    place.set_ways(&all).map_err(unusable)
}

fn unusable(reason: String) -> Failure {
    Failure::new(Exit::Error, "file", reason)
}

fn ways(chain: U256, named: &Named, context: &Context) -> Result<Ways, Failure> {
    let known = place(context).ways().map_err(unusable)?.remove(&chain);
    let rpc = match (&named.rpc, &known) {
        (Some(text), _) => way(text)?,
        (None, Some(known)) => known.rpc.clone(),
        (None, None) => {
            let message = format!("nobody has said how the chain {} is reached", chain_name(chain));
            return Err(Failure::new(Exit::Usage, "no-rpc", message)
                .hint("--rpc https://HOST/PATH, or @FILE where the address holds a key; it is remembered"));
        }
    };
    let other = |text: &Option<String>, before: Option<Way>| match text.as_deref() {
        Some(NONE) => Ok(None),
        Some(text) => way(text).map(Some),
        None => Ok(before),
    };
    let (second, service) = match known {
        Some(known) => (known.second, known.service),
        // A chain that is new: the service that the configuration names for all.
        None => (None, usual(chain, context).map(|url| Way::to(&url))),
    };
    Ok(Ways { rpc, second: other(&named.second_rpc, second)?, service: other(&named.service, service)? })
}

fn way(text: &str) -> Result<Way, Failure> {
    let url = match text.strip_prefix('@') {
        Some(path) => Zeroizing::new(files::bytes(Path::new(path), LONGEST)?),
        None => Zeroizing::new(text.as_bytes().to_vec()),
    };
    let url = std::str::from_utf8(&url).map(|url| Way::to(url.trim()));
    url.map_err(|_| Failure::new(Exit::Usage, "chain-source", "the address of a server is no text"))
}

fn usual(chain: U256, context: &Context) -> Option<String> {
    context.config.safe_service.as_ref().map(|text| text.replace("{chain}", &chain_name(chain)))
}

fn servers(chain: U256, ways: &Ways, context: &Context) -> Result<Servers, Failure> {
    let (rpc, second) = (endpoint(&ways.rpc, None)?, ways.second.as_ref().map(|way| endpoint(way, None)).transpose()?);
    if second.as_ref().is_some_and(|second| second.same_server(&rpc)) {
        let message = "the second way has to lead to another server: one alone always agrees with itself";
        return Err(Failure::new(Exit::Usage, "same-server", message));
    }
    let service = ways.service.as_ref().map(|way| keyed(chain, way, context)).transpose()?;
    Ok(Servers { rpc, second, service })
}

fn endpoint(way: &Way, key: Option<&str>) -> Result<Endpoint, Failure> {
    let key = key.or(way.key.as_deref().map(String::as_str));
    let endpoint = match way.unprotected {
        true => Endpoint::unprotected(&way.url),
        false => Endpoint::new(&way.url, key),
    };
    endpoint.map_err(|error| chains::failed(&error))
}

/// The key of the usual transaction service, for a desk that asks it by itself.
pub fn service_key(context: &Context) -> Result<Option<ServiceKey>, Failure> {
    let Some(key) = token("safe", &context.paths.config, &|name| std::env::var_os(name))? else { return Ok(None) };
    let owner = usual(U256::ONE, context).unwrap_or_else(|| HOSTED.to_owned());
    Ok(Some(ServiceKey { server: endpoint(&Way::to(&owner), None)?, key }))
}

/// A transaction service, with the key where it is the one that the key is for.
fn keyed(chain: U256, way: &Way, context: &Context) -> Result<Endpoint, Failure> {
    let bare = endpoint(way, None)?;
    let owner = usual(chain, context).unwrap_or_else(|| HOSTED.to_owned());
    let owner = endpoint(&Way::to(&owner), None)?;
    if way.key.is_some() || way.unprotected || !owner.same_server(&bare) {
        return Ok(bare);
    }
    let key = token("safe", &context.paths.config, &|name| std::env::var_os(name))?;
    endpoint(way, key.as_ref().map(|key| key.as_str()))
}
