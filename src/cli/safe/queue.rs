//! `exchequer safe queue`: what waits at a Safe's transaction service, each row verified here.
//!
//! - A row counts when its hash is the one that its ten fields make, and a signature when it leads to an owner as the chain
//!   tells. What does not is counted, told with the reason, and taken by nobody.
//! - Rows become proposals only where somebody asks for that, and a blocked one does not.

use super::reach::{Known as About, connect, stand};
use super::shown::hex;
use crate::chain::service::{Service, ServiceError};
use crate::cli::output::{Cell, Column, Tone};
use crate::cli::proposal::{Taken, enter};
use crate::cli::propose::propose;
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::{self, Named, Servers};
use crate::cli::treasury::{Writing, find, read};
use crate::cli::{Context, Exit, Failure};
use crate::market::printable;
use crate::treasury::ethereum::proposal::{Safe, SafeEvent, SafeKind, Source};
use crate::treasury::ethereum::queue::{Queue, Row, Wanted};
use crate::treasury::ethereum::review::review;
use crate::treasury::ethereum::signature::Known;
use crate::treasury::proposal::{ProposalId, Signer, Treasury};
use crate::treasury::verdict::Judgement;
use alloy_primitives::U256;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a proposal from a service waits here.
const EXPIRES: Duration = Duration::from_secs(30 * 86_400);

/// Arguments of `exchequer safe queue`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Safe's name, or its chain and address
    safe: String,
    /// Takes the rows as proposals, with their signatures
    #[arg(long)]
    import: bool,
    /// Only those that an owner has signed
    #[arg(long)]
    signed: bool,
    #[command(flatten)]
    ways: Named,
}

/// The service of a Safe's chain.
pub fn service(chain: U256, servers: &Servers, context: &Context) -> Result<Service, Failure> {
    let endpoint = servers.service.as_ref().ok_or_else(|| {
        let message = format!("nobody has said which transaction service the chain {} has", ways::chain_name(chain));
        Failure::new(Exit::Usage, "no-service", message)
            .hint("--service https://api.safe.global/tx-service/CHAIN, or one of your own; it is remembered")
    })?;
    Service::new(endpoint, chain, &ways::reach(context)).map_err(|error| refused(&error))
}

/// A service's failure as a command's.
pub fn refused(error: &ServiceError) -> Failure {
    let exit = match error {
        ServiceError::Auth { .. } => Exit::Device,
        ServiceError::Malformed { .. } => Exit::Verification,
        ServiceError::Way(error) => return failed(error),
        _ => Exit::Network,
    };
    let failure = Failure::new(exit, error.code(), error.to_string());
    if error.passes() { failure.retryable() } else { failure }
}

/// Shows the queue, and takes it in.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let safe = find::safe(&treasury, &args.safe)?.clone();
    let (node, servers) = connect(safe.id.chain_id, &args.ways, context)?;
    let service = service(safe.id.chain_id, &servers, context)?;
    // The chain first: who owns the Safe, and where its nonce is, the service is not asked.
    let seen = node.safe(safe.id.address, &()).map_err(|error| failed(&error))?;
    let pages = service.queue(safe.id.address, seen.state.nonce, &()).map_err(|error| refused(&error))?;
    let facts = seen.facts();
    let wanted = Wanted { facts: &facts, known: &Known::default(), least: Some(seen.state.nonce) };
    let mut queue = Queue::read(pages.iter(), &wanted);
    if args.signed {
        queue.rows.retain(Row::is_vouched);
    }
    ways::remember(safe.id.chain_id, &args.ways, context)?;
    let mut imported = Vec::new();
    if args.import {
        let mut writing = Writing::open(context)?;
        if writing.treasury.safe(safe.id)?.stand.block < seen.block.number {
            writing.safe(SafeEvent::Seen { safe: safe.id, stand: stand(&seen) })?;
        }
        let safe = writing.treasury.safe(safe.id)?.clone();
        for row in &queue.rows {
            imported.push(import(&mut writing, &safe, row, context)?);
        }
    }
    let treasury = read(context)?;
    if context.output.json {
        return context.output.json(&told(&treasury, &safe, service.host(), &queue, pages.cut, &imported));
    }
    shown(&treasury, &safe, service.host(), &queue, pages.cut, &imported, context)
}

/// What came of a row that was to become a proposal.
#[derive(Debug)]
struct Imported {
    hash: String,
    proposal: Option<ProposalId>,
    known: bool,
    why: Option<String>,
    approved: Vec<String>,
}

fn import(writing: &mut Writing, safe: &Safe, row: &Row, context: &Context) -> Result<Imported, Failure> {
    let hash = row.hashes.safe_tx.to_string();
    let there = writing.treasury.safes().of(safe.id).find(|one| one.hashes().safe_tx == row.hashes.safe_tx);
    let mut taken = Taken::default();
    let (id, known) = match there.map(|one| one.id) {
        Some(id) => (id, true),
        None => {
            let facts = About::kept(safe, context).facts(&writing.treasury, safe.id, None, writing.now());
            let found = review(&safe.at(), &row.tx, &facts);
            let memo = row.claims.origin.clone().unwrap_or_default();
            let kind = SafeKind::of(&found);
            // Blocked or not it waits there: it is shown with its blocks, and nobody here can sign it.
            match propose(writing, safe, &row.tx, Source::Service, &memo, EXPIRES, kind) {
                Ok(id) => (id, false),
                Err(failure) => {
                    let why = Some(failure.message);
                    return Ok(Imported { hash, proposal: None, known: false, why, approved: Vec::new() });
                }
            }
        }
    };
    let live = writing.treasury.safe_proposal(id)?.state_at(writing.now()).is_open();
    for confirmation in row.checked.valid.iter().filter(|_| live) {
        enter(writing, id, confirmation, Signer::File, &mut taken)?;
    }
    Ok(Imported { hash, proposal: Some(id), known, why: None, approved: taken.approved })
}

fn told(treasury: &Treasury, safe: &Safe, host: &str, queue: &Queue, cut: bool, imported: &[Imported]) -> Value {
    let rows: Vec<Value> = queue
        .rows
        .iter()
        .map(|row| {
            let proposal = treasury.safes().of(safe.id).find(|one| one.hashes().safe_tx == row.hashes.safe_tx);
            let refused: Vec<Value> = row
                .checked
                .refused
                .iter()
                .map(|(owner, why)| json!({ "claimed": hex(*owner), "code": why.code(), "reason": why.to_string() }))
                .collect();
            json!({
                "safe_tx_hash": row.hashes.safe_tx, "nonce": row.tx.nonce.to_string(), "to": hex(row.tx.to),
                "value": row.tx.value.to_string(), "operation": row.tx.operation.number(), "data": row.tx.data,
                "signed_by": row.checked.valid.iter().map(|one| hex(one.owner)).collect::<Vec<_>>(),
                "open": row.checked.open.iter().map(|(one, _)| hex(one.owner)).collect::<Vec<_>>(),
                "refused": refused, "claimed_origin": row.claims.origin,
                "claimed_proposer": row.claims.proposer.map(hex), "proposal": proposal.map(|one| one.id),
            })
        })
        .collect();
    let quarantined: Vec<Value> = queue
        .quarantined
        .iter()
        .map(|one| {
            json!({ "page": one.page, "row": one.place, "claimed": one.claimed, "code": one.why.code(),
                "reason": one.why.to_string() })
        })
        .collect();
    let counts = &queue.counts;
    let imported: Vec<Value> = imported
        .iter()
        .map(|one| {
            json!({ "safe_tx_hash": one.hash, "proposal": one.proposal, "known": one.known, "reason": one.why,
                "approved": one.approved })
        })
        .collect();
    json!({
        "safe": safe.name, "id": safe.id, "service": host, "rows": rows, "quarantined": quarantined, "cut": cut,
        "counts": { "listed": counts.listed, "repeated": counts.repeated, "quarantined": counts.quarantined,
            "valid": counts.valid, "open": counts.open, "refused": counts.refused },
        "imported": imported,
    })
}

fn shown(
    treasury: &Treasury,
    safe: &Safe,
    host: &str,
    queue: &Queue,
    cut: bool,
    imported: &[Imported],
    context: &Context,
) -> Result<(), Failure> {
    let kept = About::kept(safe, context);
    let now = crate::feed::Clock::start().now();
    let rows: Vec<Vec<Cell>> = queue
        .rows
        .iter()
        .map(|row| {
            let proposal = treasury.safes().of(safe.id).find(|one| one.hashes().safe_tx == row.hashes.safe_tx);
            let found = review(&safe.at(), &row.tx, &kept.facts(treasury, safe.id, proposal, now));
            let (word, tone) = match found.verdict.judgement() {
                Judgement::Clean => ("clean", Tone::Good),
                Judgement::Warn => ("warnings", Tone::Warn),
                Judgement::Block => ("BLOCKED", Tone::Bad),
            };
            let short: String = row.hashes.safe_tx.to_string().chars().take(10).collect();
            vec![
                row.tx.nonce.to_string().into(),
                short.into(),
                SafeKind::of(&found).name().into(),
                Cell::toned(word, tone),
                format!("{} of {}", row.checked.valid.len(), safe.stand.threshold).into(),
                proposal.map_or_else(String::new, |one| one.id.short()).into(),
                row.claims.origin.as_deref().unwrap_or_default().into(),
            ]
        })
        .collect();
    let columns = ["nonce", "hash", "kind", "review", "signed", "proposal", "says it is from"].map(Column::Left);
    context.output.table(&columns, &rows)?;
    let counts = &queue.counts;
    if counts.quarantined > 0 {
        context
            .output
            .note(&format!("{} rows of {host} are not what they claim, and are set aside:", counts.quarantined));
        for one in queue.quarantined.iter().take(20) {
            let claimed = one.claimed.as_deref().unwrap_or("no hash");
            context.output.note(&format!("  {}: {} ({})", printable(claimed), one.why, one.why.code()));
        }
    }
    if counts.refused > 0 {
        context.output.note(&format!("{} signatures of {host} do not count", counts.refused));
    }
    if cut {
        context.output.note(&format!("{host} has more than is read"));
    }
    for one in imported.iter().filter_map(|one| one.why.as_ref()) {
        context.output.note(&format!("not taken: {}", printable(one)));
    }
    if rows.is_empty() {
        context.output.note(&format!("nothing waits at {host}"));
    }
    Ok(())
}
