//! A Safe's chain, asked: how the Safe stands there, what it has, and what else a review wants to know.
//!
//! - Everything is read at one block. What a node says is kept with its block and time, and told with them.
//! - A review works without a chain too: what nobody looked at then stays unknown.

use crate::chain::ethereum::{Block, Node, Seen};
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::{self, Named, Servers};
use crate::cli::{Context, Exit, Failure};
use crate::desk::treasury::Funds;
use crate::feed::Clock;
use crate::market::Timestamp;
use crate::treasury::ethereum::calldata::Abis;
use crate::treasury::ethereum::calls::Calls;
use crate::treasury::ethereum::proposal::{Cached, Safe, SafeId, SafeProposal, Stand, facts};
use crate::treasury::ethereum::review::Facts;
use crate::treasury::ethereum::{SafeAt, SafeTx};
use crate::treasury::proposal::Treasury;
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet};

/// Connects to a chain: by the ways that are named, or those that are known.
pub fn connect(chain: U256, named: &Named, context: &Context) -> Result<(Node, Servers), Failure> {
    let servers = ways::of(chain, named, context)?;
    let node = Node::connect(&servers.rpc, servers.second.as_ref(), chain, &ways::reach(context));
    Ok((node.map_err(|error| failed(&error))?, servers))
}

/// What was read of a Safe, as an entry of the journal has it.
pub fn stand(seen: &Seen) -> Stand {
    Stand::of(&seen.state, seen.proxy_code, seen.singleton_code)
}

/// The tokens of a chain that balances are asked of: those that were pinned.
pub fn tokens(treasury: &Treasury, chain: U256) -> Vec<Address> {
    treasury.safes().tokens().keys().filter(|(of, _)| *of == chain).map(|(_, token)| *token).collect()
}

/// Asks what an address has at a block, and keeps it.
pub fn funds(
    node: &Node,
    chain: U256,
    address: Address,
    tokens: &[Address],
    block: &Block,
    context: &Context,
) -> Result<Funds, Failure> {
    let balances = node.balances_at(address, tokens, block, &()).map_err(|error| failed(&error))?;
    let funds =
        Funds { block: block.number, at: Clock::start().now(), wei: balances.coin, tokens: balances.tokens.clone() };
    let kept = ways::place(context).keep_funds(chain, address, &funds);
    kept.map_err(|reason| Failure::new(Exit::Error, "output", reason))?;
    Ok(funds)
}

/// What was last read of what an address has.
pub fn kept(chain: U256, address: Address, context: &Context) -> Option<Funds> {
    ways::place(context).funds(chain, address)
}

/// What is known beside the journal: from what was kept, and from the chain where somebody asks it.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What the chain has said.
    pub cached: Cached,
    /// The user's ABIs.
    pub abis: Abis,
}

impl Known {
    /// What was kept of a Safe.
    pub fn kept(safe: &Safe, context: &Context) -> Self {
        let funds = kept(safe.id.chain_id, safe.id.address, context);
        let balances = funds.map(|funds| (safe.id, (funds.wei, funds.tokens))).into_iter().collect();
        Self { cached: Cached { balances, ..Cached::default() }, abis: Abis::default() }
    }

    /// The same, with what the chain says of a transaction now: the balances, and the code of all that it calls.
    pub fn asked(
        safe: &Safe,
        at: &SafeAt,
        tx: &SafeTx,
        tokens: &[Address],
        node: &Node,
        context: &Context,
    ) -> Result<Self, Failure> {
        let block = node.newest(&()).map_err(|error| failed(&error))?;
        let funds = funds(node, safe.id.chain_id, safe.id.address, tokens, &block, context)?;
        let calls = Calls::read(at, tx, &Abis::default());
        let mut called: BTreeSet<Address> = calls.all().iter().map(|call| call.to).collect();
        called.extend([safe.stand.singleton, safe.stand.fallback_handler]);
        called.remove(&Address::ZERO);
        let called: Vec<Address> = called.into_iter().take(MOST_CALLED).collect();
        let code: BTreeMap<Address, B256> =
            node.code_hashes(&called, &block).map_err(|error| failed(&error))?.into_iter().collect();
        let balances = [(safe.id, (funds.wei, funds.tokens))].into();
        let chain_id = Some(node.chain_id());
        Ok(Self { cached: Cached { chain_id, balances, code, ..Cached::default() }, abis: Abis::default() })
    }

    /// The facts for a review.
    pub fn facts(&self, treasury: &Treasury, safe: SafeId, mine: Option<&SafeProposal>, now: Timestamp) -> Facts {
        let reader = treasury.safes().hot_accounts().keys().copied().collect();
        let facts = facts(treasury.safes(), safe, mine, &self.cached, &reader, now);
        Facts { abis: self.abis.clone(), ..facts }
    }
}

/// The most contracts whose code is looked at for one review.
const MOST_CALLED: usize = 200;

/// What is known for a transaction: of the chain where it can be asked, and else what was kept, which is said.
pub fn known(
    treasury: &Treasury,
    safe: &Safe,
    at: &SafeAt,
    tx: &SafeTx,
    offline: bool,
    context: &Context,
) -> Result<Known, Failure> {
    let has_way = ways::place(context).ways().is_ok_and(|ways| ways.contains_key(&safe.id.chain_id));
    if offline || !has_way {
        return Ok(Known::kept(safe, context));
    }
    let asked = connect(safe.id.chain_id, &Named::default(), context)
        .and_then(|(node, _)| Known::asked(safe, at, tx, &tokens(treasury, safe.id.chain_id), &node, context));
    match asked {
        Ok(known) => Ok(known),
        // A chain that cannot be reached keeps nobody from signing; one that lies does.
        Err(failure) if failure.exit == Exit::Network => {
            context
                .output
                .note(&format!("{}; reviewed by what was known at block {}", failure.message, safe.stand.block));
            Ok(Known::kept(safe, context))
        }
        Err(failure) => Err(failure),
    }
}
