//! `exchequer proposal reject` and `cancel`.

use super::safe::{is_of_safe, refuse as safe};
use crate::cli::treasury::{Writing, find, keys, shown};
use crate::cli::{Context, Failure};
use crate::treasury::proposal::{Event, ProposalId};

/// Arguments of `exchequer proposal reject`.
#[derive(Debug, clap::Args)]
pub struct Reject {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// In the name of which key: its fingerprint or its name; of a Safe, the owner
    #[arg(long, value_name = "KEY")]
    seat: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Arguments of `exchequer proposal cancel`.
#[derive(Debug, clap::Args)]
pub struct Cancel {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Refuses, signed by this desk's identity; a seat that nobody speaks for yet is claimed by it.
pub fn reject(args: &Reject, context: &Context) -> Result<(), Failure> {
    if is_of_safe(&args.id, context)? {
        return safe::reject(&args.id, &args.seat, &args.reason, context);
    }
    let key = keys::identity(context)?;
    let mut writing = Writing::open(context)?;
    let proposal = find::proposal(&writing.treasury, &args.id)?;
    let (id, wallet) = (proposal.id, proposal.wallet);
    let vault = writing.treasury.vault(wallet)?;
    let seat = find::seat(vault, &args.seat)?;
    let (identity, reason) = (key.identity(), args.reason.clone());
    let claimed = vault.claims.contains_key(&seat);
    let signature = key.refuse(id, seat, &reason);
    if !claimed {
        writing.write(Event::SeatClaimed { wallet, seat, identity })?;
    }
    writing.write(Event::Rejected { proposal: id, seat, reason, identity, signature })?;
    told(id, &writing, context)
}

/// Withdraws a proposal.
pub fn cancel(args: &Cancel, context: &Context) -> Result<(), Failure> {
    if is_of_safe(&args.id, context)? {
        return safe::cancel(&args.id, &args.reason, context);
    }
    let mut writing = Writing::open(context)?;
    let id = find::proposal(&writing.treasury, &args.id)?.id;
    writing.write(Event::Cancelled { proposal: id, reason: args.reason.clone() })?;
    told(id, &writing, context)
}

fn told(id: ProposalId, writing: &Writing, context: &Context) -> Result<(), Failure> {
    let proposal = writing.treasury.proposal(id)?;
    if context.output.json {
        return context.output.json(&shown::proposal(&writing.treasury, proposal, writing.now()));
    }
    let mut text = format!("{}: {}\n", id.short(), proposal.state_at(writing.now()).name());
    text.extend(proposal.warning(writing.now()).map(|warning| format!("{warning}\n")));
    context.output.text(&text)
}
