//! Looking at a Safe's chain and at its service, on a thread that may wait.
//!
//! - What is read of the Safe is read at one block; a second node, where there is one, has to agree with it.
//! - The service is asked on a thread of its own, once the chain has answered: a service that is slow holds up nothing else,
//!   and its rows are verified against the owners that the chain has told in the same look.

use super::SafeFollowed;
use crate::chain::ethereum::{Block, Executed, Fate, Node, Search, Seen};
use crate::chain::service::{Service, ServiceError};
use crate::chain::{ChainError, Reach};
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::place::{Way, Ways};
use crate::desk::treasury::view::SyncState;
use crate::treasury::ethereum::calls::Calls;
use crate::treasury::ethereum::proposal::{ExecutionState, OwnerSeat, SafeId, SafeProposal};
use crate::treasury::ethereum::queue::{Queue, Wanted};
use crate::treasury::ethereum::review::{Asset, Facts, review};
use crate::treasury::ethereum::signature::{Known, Question, SafeFacts};
use crate::treasury::proposal::ProposalId;
use alloy_primitives::{Address, B256, U256};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Addresses whose code is looked at in one look.
const MOST_CODE: usize = 200;

/// Tokens whose balances are asked for in one look.
const MOST_TOKENS: usize = 200;

/// Executions whose fate is asked for in one look.
const MOST_ASKED: usize = 20;

/// After so many blocks nobody expects that one is taken back.
const SETTLED: u64 = 100;

/// What is to be asked about a Safe.
pub(in crate::desk::treasury) struct SafeQuestion {
    safe: SafeId,
    ways: Ways,
    reach: Reach,
    /// Tokens that are pinned, and those that proposals move and that are not.
    tokens: Vec<Address>,
    unknown: Vec<Address>,
    called: Vec<Address>,
    sent: Vec<Sent>,
    /// Proposals by their hashes, where nobody here sent what may have carried them out.
    open: Vec<(ProposalId, B256, U256)>,
    /// Since which block it is not known what was carried out.
    since: u64,
    /// Approvals that only the chain knows of.
    approvals: Vec<(ProposalId, Address, Question)>,
    known: Known,
}

/// An execution that is not settled.
#[derive(Clone, Copy)]
pub(super) struct Sent {
    pub proposal: ProposalId,
    pub tx_hash: B256,
    pub sender: Option<(Address, u64)>,
    /// The block that it was in.
    pub mined: Option<B256>,
}

/// What a chain answered about a Safe, and what is to be asked of its service then.
pub(in crate::desk::treasury) struct SafeFound {
    pub safe: SafeId,
    pub chain: Result<Told, ChainError>,
    pub then: Option<Box<ServiceQuestion>>,
}

/// What is to be asked of a Safe's service.
pub(in crate::desk::treasury) struct ServiceQuestion {
    pub safe: SafeId,
    ways: Ways,
    service: Way,
    reach: Reach,
    /// The Safe as the chain has told it.
    facts: SafeFacts,
    nonce: U256,
    block: Block,
    known: Known,
}

/// What a service answered about a Safe.
pub(in crate::desk::treasury) struct ServiceFound {
    pub safe: SafeId,
    pub listed: Result<Listed, ServiceError>,
}

/// What the chain told.
pub(in crate::desk::treasury) struct Told {
    pub seen: Seen,
    pub wei: U256,
    pub tokens: BTreeMap<Address, U256>,
    pub code: BTreeMap<Address, B256>,
    /// Tokens as they describe themselves: symbol and decimals.
    pub described: Vec<(Address, String, u8)>,
    pub(super) fates: Vec<(Sent, Fate)>,
    /// Executions of somebody else's.
    pub(super) found: Vec<(ProposalId, Executed)>,
    pub(super) approvals: Vec<(ProposalId, Address, bool)>,
}

/// What the service listed.
pub(in crate::desk::treasury) struct Listed {
    /// The block that its rows were verified against.
    pub block: u64,
    pub queue: Queue,
    /// What the chain answered about signatures that hang on it.
    pub answers: HashMap<Question, bool>,
    /// Whether there was more than is read.
    pub cut: bool,
}

impl SafeQuestion {
    /// Only the chain is asked.
    pub(super) fn leave_service_out(&mut self) {
        self.ways.service = None;
    }

    /// Asks.
    pub fn ask(self) -> SafeFound {
        let safe = self.safe;
        let chain = connect(safe, &self.ways, &self.reach).and_then(|node| self.look(&node));
        let told = chain.as_ref().ok().map(|told| (told.seen.facts(), told.seen.state.nonce, told.seen.block));
        let then = self.ways.service.clone().zip(told).map(|(service, (facts, nonce, block))| {
            let Self { ways, reach, known, .. } = self;
            Box::new(ServiceQuestion { safe, ways, service, reach, facts, nonce, block, known })
        });
        SafeFound { safe, chain, then }
    }

    fn look(&self, node: &Node) -> Result<Told, ChainError> {
        let seen = node.safe(self.safe.address, &())?;
        let balances = node.balances_at(self.safe.address, &self.tokens, &seen.block, &())?;
        let mut called = self.called.clone();
        called.push(seen.state.singleton);
        called.retain(|address| !address.is_zero());
        let code = node.code_hashes(&called, &seen.block)?;
        let described = match self.unknown.is_empty() {
            true => BTreeMap::new(),
            false => node.describe(&self.unknown, &seen.block)?,
        };
        let described = described.into_iter();
        let described =
            described.filter_map(|(token, told)| Some((token, told.symbol.unwrap_or_default(), told.decimals?)));
        let questions: Vec<Question> = self.approvals.iter().map(|(_, _, question)| question.clone()).collect();
        let answers = match questions.is_empty() {
            true => HashMap::new(),
            false => node.answers(self.safe.address, &questions, &seen.block, &())?,
        };
        let approvals = self.approvals.iter();
        let approvals = approvals.filter_map(|(id, owner, asked)| Some((*id, *owner, *answers.get(asked)?)));
        // What is not answered now is asked again at the next look.
        let fates = self.sent.iter().filter_map(|sent| Some((*sent, self.fate(node, sent)?)));
        Ok(Told {
            wei: balances.coin,
            tokens: balances.tokens,
            code: code.into_iter().collect(),
            described: described.collect(),
            fates: fates.collect(),
            found: self.executed(node, &seen),
            approvals: approvals.collect(),
            seen,
        })
    }

    fn fate(&self, node: &Node, sent: &Sent) -> Option<Fate> {
        match sent.sender {
            Some((sender, nonce)) => node.fate(sent.tx_hash, sender, nonce).ok(),
            None => match node.receipt(sent.tx_hash).ok()? {
                Some(receipt) => Some(Fate::Mined(Box::new(receipt))),
                None => Some(Fate::Gone),
            },
        }
    }

    /// Where somebody else has carried out what waits here: looked for only once its nonce is used.
    fn executed(&self, node: &Node, seen: &Seen) -> Vec<(ProposalId, Executed)> {
        let used = self.open.iter().filter(|(_, _, nonce)| *nonce < seen.state.nonce).take(MOST_ASKED);
        let found = used.filter_map(|(id, hash, _)| {
            match node.executed(self.safe.address, *hash, self.since, &seen.block, &()).ok()? {
                Search::Found(executed) => Some((*id, executed)),
                Search::Nowhere | Search::Until(_) => None,
            }
        });
        found.collect()
    }
}

/// The way to a Safe's chain, connected.
fn connect(safe: SafeId, ways: &Ways, reach: &Reach) -> Result<Node, ChainError> {
    let second = ways.second.as_ref().map(Way::endpoint).transpose()?;
    Node::connect(&ways.rpc.endpoint()?, second.as_ref(), safe.chain_id, reach)
}

impl ServiceQuestion {
    /// Asks.
    pub fn ask(self) -> ServiceFound {
        ServiceFound { safe: self.safe, listed: self.list() }
    }

    fn list(&self) -> Result<Listed, ServiceError> {
        let service = Service::new(&self.service.endpoint()?, self.safe.chain_id, &self.reach)?;
        let pages = service.queue(self.safe.address, self.nonce, &())?;
        let wanted = Wanted { facts: &self.facts, known: &self.known, least: Some(self.nonce) };
        let queue = Queue::read(pages.iter(), &wanted);
        let open = queue.rows.iter().flat_map(|row| &row.checked.open).flat_map(|(_, questions)| questions.clone());
        let open: Vec<Question> = open.collect();
        // What the chain does not answer stays open, and does not count.
        let answers = match open.is_empty() {
            true => HashMap::new(),
            false => connect(self.safe, &self.ways, &self.reach)?
                .answers(self.safe.address, &open, &self.block, &())
                .unwrap_or_default(),
        };
        Ok(Listed { block: self.block.number, queue, answers, cut: pages.cut })
    }
}

impl Clerk {
    /// What is to be asked about a Safe; an error when nobody has said how its chain is reached.
    pub(in crate::desk::treasury) fn safe_question(&mut self, id: SafeId) -> Result<SafeQuestion, String> {
        let (ways, reach) = (self.keyed_ways(id)?, self.reach());
        let height = self.safes.get(&id).and_then(|followed| followed.sync.height).unwrap_or_default();
        let safes = self.treasury.safes();
        let safe = safes.safe(id).map_err(|refusal| refusal.to_string())?;
        let pinned: Vec<Address> =
            safes.tokens().keys().filter(|(chain, _)| *chain == id.chain_id).map(|(_, token)| *token).collect();
        let live: Vec<&SafeProposal> = safes.of(id).filter(|proposal| proposal.state().is_live()).collect();
        let mut called: BTreeSet<Address> = BTreeSet::from([safe.stand.fallback_handler]);
        let mut moved: BTreeSet<Address> = BTreeSet::new();
        for proposal in &live {
            let calls = Calls::read(proposal.at(), proposal.tx(), &Default::default());
            called.extend(calls.all().into_iter().map(|call| call.to));
            let review = review(proposal.at(), proposal.tx(), &Facts::default());
            let assets = review.effects.moves.values().flatten().map(|moved| moved.asset);
            moved.extend(assets.filter_map(|asset| match asset {
                Asset::Token(token) => Some(token),
                Asset::Coin | Asset::Items(_) => None,
            }));
        }
        let unknown = moved.into_iter().filter(|token| !pinned.contains(token)).take(MOST_TOKENS).collect();
        let question = SafeQuestion {
            safe: id,
            ways,
            reach,
            tokens: pinned.into_iter().take(MOST_TOKENS).collect(),
            unknown,
            called: called.into_iter().take(MOST_CODE).collect(),
            sent: unsettled(safes.of(id), safe.stand.block.max(height)),
            open: live.iter().map(|one| (one.id, one.hashes().safe_tx, one.tx().nonce)).collect(),
            since: safe.stand.block,
            approvals: live.iter().flat_map(|one| affirmed(one)).collect(),
            known: known(self, id),
        };
        if let Some(SafeFollowed { sync, .. }) = self.safes.get_mut(&id) {
            sync.state = SyncState::Running { done: 0, of: None };
        }
        self.unasked.remove(&id);
        Ok(question)
    }
}

/// Executions whose fate may still change: those on their way, and the newest that are in a block.
fn unsettled<'a>(proposals: impl DoubleEndedIterator<Item = &'a SafeProposal>, height: u64) -> Vec<Sent> {
    let mut all = Vec::new();
    for proposal in proposals.rev() {
        for execution in proposal.executions.iter().rev() {
            let mined = execution.mined().filter(|mined| mined.height.saturating_add(SETTLED) >= height);
            if execution.state != ExecutionState::Pending && mined.is_none() {
                continue;
            }
            let mined = mined.map(|mined| mined.block);
            let sender = execution.sender.as_ref().map(|(sender, nonce, _)| (*sender, *nonce));
            all.push(Sent { proposal: proposal.id, tx_hash: execution.tx_hash, sender, mined });
        }
    }
    // What is on its way first.
    all.sort_by_key(|sent| sent.mined.is_some());
    all.truncate(MOST_ASKED);
    all
}

/// The approvals of a proposal that only the chain knows of.
pub(super) fn affirmed(proposal: &SafeProposal) -> Vec<(ProposalId, Address, Question)> {
    let asked = proposal.asked();
    let on_chain = proposal.seats.iter().filter(|seat| seat.on_chain.is_some());
    let question = |seat: &OwnerSeat| {
        let confirmation = seat.confirmation()?;
        let facts = SafeFacts { at: asked.at, owners: vec![seat.owner], threshold: 1, handler: None };
        let questions = confirmation.check(&asked, &facts, &Known::default()).ok()?;
        let [question] = questions.try_into().ok()?;
        Some((proposal.id, seat.owner, question))
    };
    on_chain.filter_map(question).collect()
}

/// What is known of those owners that are Safes themselves.
pub(super) fn known(clerk: &Clerk, id: SafeId) -> Known {
    let safes = clerk.treasury.safes();
    let owners = safes.safe(id).map(|safe| safe.stand.owners.clone()).unwrap_or_default();
    let inner = |owner: Address| Some((owner, safes.safe(SafeId { address: owner, ..id }).ok()?.facts()));
    Known { safes: owners.into_iter().filter_map(inner).collect(), answers: HashMap::new() }
}
