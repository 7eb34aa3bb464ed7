//! `exchequer proposal finalize` and `broadcast`: from signatures to the chain.
//!
//! - The review, limits of fees included, and the proposal's time are looked at again before either.
//! - That a node is about to be given the transaction is on disk before it is; what it said is written after. In between,
//!   nobody knows, and asking again is safe: the same transaction cannot be paid twice.

use super::reviewed;
use crate::chain::{ChainError, Source, Status};
use crate::cli::treasury::consent::{self, Consent};
use crate::cli::treasury::{Writing, chains, files, find, shown};
use crate::cli::{Context, Exit, Failure};
use crate::market::Timestamp;
use crate::treasury::bitcoin::finalize::{Final, finalize as make};
use crate::treasury::bitcoin::review::Review;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::proposal::{Answer, Event, ProposalId, State};
use bitcoin::Transaction;
use bitcoin::consensus::encode::serialize_hex;
use std::path::PathBuf;

/// Arguments of `exchequer proposal finalize`.
#[derive(Debug, clap::Args)]
pub struct Finalize {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// Where the transaction goes, in hex; - for the pipe
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Arguments of `exchequer proposal broadcast`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// By which server; that of the wallet when it is not said
    #[arg(long, value_name = "SOURCE")]
    chain: Option<Source>,
    #[command(flatten)]
    consent: Consent,
}

/// The transaction of a proposal, reviewed and checked once more.
fn made(writing: &mut Writing, id: ProposalId, context: &Context) -> Result<(Review, Final), Failure> {
    let proposal = writing.treasury.proposal(id)?.clone();
    if proposal.state().is_open() && proposal.state_at(writing.now()) == State::Expired {
        writing.write(Event::Expired { proposal: id })?;
        let message = format!("the proposal has expired at {}", proposal.expires_at);
        return Err(
            Failure::new(Exit::Error, "expired", message).hint(proposal.warning(writing.now()).unwrap_or_default())
        );
    }
    let (review, packet) = reviewed(writing, &proposal, context)?;
    consent::unblocked(&review.verdict, "send")?;
    let wallet = &writing.treasury.vault(proposal.wallet)?.wallet;
    let made =
        make(&packet, wallet).map_err(|error| Failure::new(Exit::Verification, error.code(), error.to_string()))?;
    if proposal.finalised.is_none() {
        writing.write(Event::Finalised { proposal: id, txid: made.txid })?;
    }
    Ok((review, made))
}

/// Makes the transaction.
pub fn finalize(args: &Finalize, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    let id = find::proposal(&writing.treasury, &args.id)?.id;
    let (_, made) = made(&mut writing, id, context)?;
    let hex = serialize_hex(&made.tx);
    if let Some(path) = &args.output {
        files::write(path, format!("{hex}\n").as_bytes(), false)?;
        if files::is_pipe(path) {
            return Ok(());
        }
    }
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "txid": made.txid, "vsize": made.vsize, "fee_sat": made.fee.to_sat(), "hex": hex,
        }));
    }
    context.output.text(&format!("{}: {} vbytes, fee {}", made.txid, made.vsize, shown::btc(made.fee)))
}

/// Gives the transaction to a node.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    // Reached before anything is written: a server that is not there is no reason to leave a question open.
    let treasury = crate::cli::treasury::read(context)?;
    let proposal = find::proposal(&treasury, &args.id)?;
    let wallet = treasury.vault(proposal.wallet)?.wallet.clone();
    let (chain, node) = chains::open(args.chain.as_ref(), &wallet, context)?;
    let mut writing = Writing::open(context)?;
    let proposal = find::proposal(&writing.treasury, &args.id)?;
    let (id, unanswered) = (proposal.id, proposal.is_unanswered());
    if unanswered {
        context
            .output
            .note("it was about to be broadcast before, and nobody has written down what came of it: asking again");
    }
    let (review, made) = made(&mut writing, id, context)?;
    consent::weigh(&review.verdict, "broadcast", &args.consent, context)?;
    let question =
        format!("Broadcast {} by {node}, fee {}? This cannot be taken back.", made.txid, shown::btc(made.fee));
    consent::ask(&question, &args.consent)?;
    let status = chain.status(&made.tx).map_err(|error| chains::failed(&error))?;
    let before = writing.treasury.proposal(id).ok().and_then(|proposal| proposal.replaces);
    let before = before.and_then(|before| writing.treasury.proposal(before).ok()?.finalised);
    if let Status::Replaced { by, confirmed, .. } = status
        && (confirmed || before != Some(by))
    {
        let message = format!("a coin of it was spent by {by}");
        return Err(
            Failure::new(Exit::Error, "replaced", message).hint("exchequer wallet sync writes down what became of it")
        );
    }
    let txid = made.txid;
    writing.write(Event::Broadcasting { proposal: id, txid })?;
    let answer = match (status, chain.broadcast(&made.tx)) {
        (_, Ok(_)) => Answer::Accepted,
        (Status::Unconfirmed | Status::Confirmed(_), Err(_)) => Answer::Known,
        (_, Err(ChainError::Refused { reason, .. })) => Answer::Refused { retryable: fleeting(&reason), reason },
        // No answer: whether the node has it is not known, and the next try asks again.
        (_, Err(error)) => return Err(chains::failed(&error)),
    };
    let refusal = match &answer {
        Answer::Refused { reason, retryable } => Some((reason.clone(), *retryable)),
        _ => None,
    };
    writing.write(Event::Broadcast { proposal: id, txid, node: node.clone(), answer })?;
    if let Some((reason, retryable)) = refusal {
        let failure = Failure::new(Exit::Network, "broadcast-refused", format!("{node} does not take it: {reason}"));
        return Err(if retryable { failure.retryable() } else { failure });
    }
    if let Err(failure) = learned(&wallet, made.tx, writing.now(), context) {
        context.output.note(&failure.message);
    }
    let proposal = writing.treasury.proposal(id)?;
    if context.output.json {
        return context.output.json(&shown::proposal(&writing.treasury, proposal, writing.now()));
    }
    context.output.text(&format!("{txid}: {node} took it"))
}

/// What waits now is among the wallet's coins at once: whoever goes on to bump it need not ask the chain first.
fn learned(wallet: &Wallet, transaction: Transaction, now: Timestamp, context: &Context) -> Result<(), Failure> {
    let mut state = chains::state(wallet, context)?;
    let seen = u64::try_from(now.secs()).unwrap_or_default();
    let applied = state.apply_sent(transaction, seen);
    applied.map_err(|error| Failure::new(Exit::Error, "wallet-state", error.to_string()))?;
    chains::keep(&mut state, context)
}

/// Whether a node's reason not to take a transaction may pass: its pool is full, or others pay more at the moment.
fn fleeting(reason: &str) -> bool {
    ["mempool", "min relay fee", "insufficient fee", "too-long-mempool-chain", "non-final", "non-BIP68-final"]
        .iter()
        .any(|known| reason.contains(known))
}
