//! `exchequer proposal list` and `show`.

use super::super::journal::damaged;
use super::super::review::printed;
use crate::cli::output::{Cell, Column, Tone};
use crate::cli::safe::shown as safe_shown;
use crate::cli::treasury::{chains, facts, find, read, shown};
use crate::cli::{Context, Failure};
use crate::feed::Clock;
use crate::market::{Timestamp, printable};
use crate::store::journal::{Body, Reader};
use crate::treasury::bitcoin::review::review;
use crate::treasury::proposal::{Listed, Proposal, ProposalId, SeatState, State, Treasury, Vault};

/// Arguments of `exchequer proposal list`.
#[derive(Debug, clap::Args)]
pub struct List {
    /// Those that are over, too
    #[arg(long)]
    all: bool,
}

/// Arguments of `exchequer proposal show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
}

/// Lists proposals, the latest first.
pub fn list(args: &List, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let now = Clock::start().now();
    let wanted = treasury.queue().rev().filter(|listed| args.all || listed.state_at(now).is_live());
    if context.output.json {
        let all: Vec<_> = wanted
            .map(|listed| match listed {
                Listed::Bitcoin(proposal) => shown::proposal(&treasury, proposal, now),
                Listed::Safe(proposal) => safe_shown::proposal(&treasury, proposal, now),
            })
            .collect();
        return context.output.json(&serde_json::json!({ "proposals": all }));
    }
    let rows: Vec<Vec<Cell>> = wanted.map(|listed| row(listed, &treasury, now, context)).collect();
    if rows.is_empty() {
        context.output.note("nothing waits: exchequer propose makes a proposal, --all shows those that are over");
    }
    let columns = [
        Column::Left("proposal"),
        Column::Left("wallet"),
        Column::Right("pays"),
        Column::Left("state"),
        Column::Left("signed"),
        Column::Left("missing"),
        Column::Left("expires"),
        Column::Left("memo"),
    ];
    context.output.table(&columns, &rows)
}

fn row(listed: Listed<'_>, treasury: &Treasury, now: Timestamp, context: &Context) -> Vec<Cell> {
    let state = listed.state_at(now);
    let tone = match state {
        State::Ready | State::Confirmed => Tone::Good,
        State::Proposed | State::Collecting | State::Executing => Tone::Plain,
        _ => Tone::Warn,
    };
    let (name, pays, missing) = match listed {
        Listed::Bitcoin(proposal) => {
            let vault = treasury.vault(proposal.wallet).ok();
            let missing =
                proposal.missing().map(|seat| vault.map_or_else(String::new, |vault| vault.seat_name(seat.id)));
            let pays = vault.map_or_else(String::new, |vault| shown::btc(leaving(proposal, vault, context)));
            (vault.map_or("", |vault| vault.wallet.name()), pays, missing.collect::<Vec<_>>())
        }
        Listed::Safe(proposal) => {
            let safe = treasury.safe(proposal.safe).ok();
            let named = |owner| safe.and_then(|safe| safe.names.get(&owner)).cloned();
            let missing = proposal.missing().map(|seat| {
                named(seat.owner).unwrap_or_else(|| seat.owner.to_checksum(None).chars().take(8).collect())
            });
            let pays = format!("{} at {}", proposal.kind.name(), proposal.tx().nonce);
            (safe.map_or("", |safe| safe.name.as_str()), pays, missing.collect())
        }
    };
    let (have, need) = listed.approvals();
    vec![
        listed.id().short().into(),
        name.into(),
        pays.into(),
        Cell::toned(state.name(), tone),
        format!("{have} of {need}").into(),
        missing.join(" ").into(),
        left(listed.expires_at(), now).into(),
        listed.memo().into(),
    ]
}

/// How much a proposal pays to others, as far as the wallet's own addresses are known.
fn leaving(proposal: &Proposal, vault: &Vault, context: &Context) -> bitcoin::Amount {
    let state = chains::state(&vault.wallet, context).ok();
    let own = |script: &bitcoin::Script| state.as_ref().is_some_and(|state| state.spot(script).is_some());
    let outputs = proposal.unsigned().output.iter().filter(|output| !own(&output.script_pubkey));
    outputs.map(|output| output.value).sum()
}

/// How long there is left.
fn left(until: Timestamp, now: Timestamp) -> String {
    match now.age(until).as_secs() {
        0 => "over".to_owned(),
        seconds @ ..7_200 => format!("in {} min", seconds / 60),
        seconds @ ..172_800 => format!("in {} h", seconds / 3_600),
        seconds => format!("in {} days", seconds / 86_400),
    }
}

/// Shows one proposal: the review first, since it is what one signs.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if super::safe::is_of_safe(&args.id, context)? {
        return super::safe::show::run(&args.id, context);
    }
    let treasury = read(context)?;
    let now = Clock::start().now();
    let proposal = find::proposal(&treasury, &args.id)?;
    let vault = treasury.vault(proposal.wallet)?;
    let facts = facts::of(&treasury, vault, Some(proposal.id), now, context)?;
    let review = review(&proposal.signed(), &vault.wallet, &facts);
    let history = history(proposal.id, context)?;
    if context.output.json {
        let history: Vec<_> =
            history.iter().map(|(at, what)| serde_json::json!({ "at": at.to_string(), "what": what })).collect();
        return context.output.json(&serde_json::json!({
            "proposal": shown::proposal(&treasury, proposal, now), "review": review.json(), "history": history,
        }));
    }
    let mut text = printed(&review, context.output.colored());
    text.push_str(&format!(
        "\n{}\nwallet {}, {} of {} signatures, {}\n",
        proposal.id,
        vault.wallet.name(),
        proposal.approved().count(),
        proposal.quorum.required,
        proposal.state_at(now)
    ));
    if let Some(ended) = &proposal.ended {
        text.push_str(&format!("{ended}\n"));
    }
    if proposal.is_unanswered() {
        text.push_str(
            "broadcast not confirmed: nobody knows whether the node has it; broadcast it again, which is safe\n",
        );
    }
    for seat in &proposal.seats {
        let hot = if treasury.is_hot(seat.id.fingerprint) { " HOT" } else { "" };
        let said = match &seat.state {
            SeatState::Approved { signer, at } => format!("approved ({}) {at}", signer.name()),
            SeatState::Rejected { reason, at } => format!("rejected {at}: {reason}"),
            SeatState::Failed { code, at } => format!("failed {at}: {code}"),
            other => other.name().to_owned(),
        };
        text.push_str(&format!("  {}{hot}  {said}\n", vault.seat_name(seat.id)));
    }
    for (other, coin) in treasury.competitors(proposal) {
        text.push_str(&format!("competes with {} ({}) for {coin}\n", other.id.short(), other.state_at(now).name()));
    }
    text.extend(proposal.warning(now).map(|warning| format!("{warning}\n")));
    for (at, what) in history {
        text.push_str(&format!("{at}  {what}\n"));
    }
    context.output.text(&text)
}

/// What has happened to a proposal, as the journal says.
pub fn history(id: ProposalId, context: &Context) -> Result<Vec<(Timestamp, String)>, Failure> {
    let failed = |damage| damaged(&context.paths.journal, &damage, 0);
    let mut reader = Reader::open(&context.paths.journal).map_err(failed)?;
    let mut history = Vec::new();
    while let Some(found) = reader.next().map_err(failed)? {
        if let Body::Treasury(event) = &found.entry.body
            && event.0.proposal() == Some(id)
        {
            history.push((found.entry.at, printable(&event.0.told()).into_owned()));
        }
    }
    Ok(history)
}
