//! `exchequer proposal confirm`: a Safe's proposal and its signatures are left at the transaction service, for other owners.
//!
//! - What the service then has is read back and verified like anything that it lists: what it does not have, or has
//!   otherwise, was not confirmed.
//! - Nothing that is blocked is left there, and nothing is told twice.

use super::{blocked, reviewed, told};
use crate::chain::service::{Draft, Service};
use crate::cli::safe::queue::{refused, service};
use crate::cli::safe::reach::{Known as About, connect};
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::Named;
use crate::cli::treasury::{Writing, find, keys, read, ways};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::hash::{Act, Request};
use crate::treasury::ethereum::proposal::{Posted, SafeEvent, SafeProposal};
use crate::treasury::ethereum::queue::{Row, Wanted};
use crate::treasury::ethereum::signature::{Confirmation, Known, SafeFacts};
use crate::treasury::proposal::ProposalId;
use crate::treasury::verdict::Judgement;
use alloy_primitives::Address;

/// What is told everybody about where a proposal is from.
const ORIGIN: &str = "Exchequer";

/// Arguments of `exchequer proposal confirm`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// Takes it off the service's queue instead, signed by the HOT account that has proposed it there
    #[arg(long, requires = "hot")]
    delete: bool,
    /// The HOT account that signs the request to delete it: its name or its address
    #[arg(long, value_name = "KEY", requires = "delete")]
    hot: Option<String>,
    #[command(flatten)]
    ways: Named,
}

/// Leaves a proposal and its signatures at the service, or takes it off.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let proposal = find::safe_proposal(&treasury, &args.id)?.clone();
    let chain = proposal.safe.chain_id;
    let (node, servers) = connect(chain, &args.ways, context)?;
    let service = service(chain, &servers, context)?;
    ways::remember(chain, &args.ways, context)?;
    if let Some(name) = args.hot.as_deref().filter(|_| args.delete) {
        return delete(name, &proposal, &service, context);
    }
    let seen = node.safe(proposal.safe.address, &()).map_err(|error| failed(&error))?;
    let mut writing = Writing::open(context)?;
    let safe = writing.treasury.safe(proposal.safe)?.clone();
    let found = reviewed(&writing, &proposal, &About::kept(&safe, context));
    if found.verdict.judgement() == Judgement::Block {
        return Err(blocked(&found.verdict.blocks));
    }
    super::expired(&mut writing, proposal.id)?;
    drop(writing);
    let confirmations = proposal.confirmations();
    let [first, ..] = confirmations.as_slice() else {
        let message = "nobody has signed it yet: a service hides what no owner vouches for";
        return Err(Failure::new(Exit::Error, "not-signed", message)
            .hint(format!("exchequer proposal approve {}", proposal.id.short())));
    };
    let facts = seen.facts();
    let host = service.host().to_owned();
    if !proposal.was_posted(&host, Posted::Proposal) {
        let origin = Some(ORIGIN);
        let draft = Draft { at: proposal.at(), tx: proposal.tx(), sender: first.owner, signature: Some(first), origin };
        service.propose(&draft).map_err(|error| refused(&error))?;
        posted(proposal.id, &host, Posted::Proposal, context)?;
    }
    let has = stored(&service, &proposal, &facts)?;
    for confirmation in &confirmations {
        if !has.contains(&confirmation.owner) {
            service.confirm(confirmation).map_err(|error| refused(&error))?;
        }
    }
    let has = stored(&service, &proposal, &facts)?;
    for Confirmation { owner, .. } in &confirmations {
        if !has.contains(owner) {
            let message = format!("{host} says that it has the signature of {owner}, and does not list it");
            return Err(Failure::new(Exit::Verification, "service-hides", message)
                .hint("exchequer proposal export writes a file that needs no service"));
        }
        if !proposal.was_posted(&host, Posted::Confirmation { owner: *owner }) {
            posted(proposal.id, &host, Posted::Confirmation { owner: *owner }, context)?;
        }
    }
    told(proposal.id, &Writing::open(context)?, context)
}

/// The owners whose signatures the service has, each verified here.
fn stored(service: &Service, proposal: &SafeProposal, facts: &SafeFacts) -> Result<Vec<Address>, Failure> {
    let hash = proposal.hashes().safe_tx;
    let missing = |why: &str| {
        let message = format!("{} does not have what it was given: {why}", service.host());
        Failure::new(Exit::Verification, "service-hides", message)
    };
    let body = service.transaction(hash).map_err(|error| refused(&error))?;
    let body = body.ok_or_else(|| missing("it does not know the transaction"))?;
    let known = Known::default();
    let row = Row::read(&body, &Wanted { facts, known: &known, least: None });
    let row = row.map_err(|why| missing(&why.to_string()))?;
    if row.hashes.safe_tx != hash {
        return Err(missing("it lists another transaction"));
    }
    let open = row.checked.open.iter().map(|(one, _)| one.owner);
    Ok(row.checked.valid.iter().map(|one| one.owner).chain(open).collect())
}

fn posted(proposal: ProposalId, host: &str, posted: Posted, context: &Context) -> Result<(), Failure> {
    let service = host.to_owned();
    Writing::open(context)?.safe(SafeEvent::Posted { proposal, service, posted })
}

/// Asks the service to forget a proposal. What was signed stays valid: only using up its nonce ends it.
fn delete(name: &str, proposal: &SafeProposal, service: &Service, context: &Context) -> Result<(), Failure> {
    let account = keys::account(name, &read(context)?, context)?;
    let hash = proposal.hashes().safe_tx;
    let hour = u64::try_from(crate::feed::Clock::start().now().secs()).unwrap_or_default() / 3_600;
    let act = Act::Delete { safe: proposal.safe.address, safe_tx: hash };
    let request = Request { chain_id: proposal.safe.chain_id, act, hour };
    let signature = account.sign_request(&request)?;
    service.delete(hash, &signature).map_err(|error| refused(&error))?;
    posted(proposal.id, service.host(), Posted::Deletion, context)?;
    let writing = Writing::open(context)?;
    if let Some(warning) = writing.treasury.safe_proposal(proposal.id)?.warning(writing.now()) {
        context.output.note(&warning);
    }
    told(proposal.id, &writing, context)
}
