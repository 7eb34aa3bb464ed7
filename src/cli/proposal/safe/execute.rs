//! `exchequer proposal execute`: a quorum of signatures is carried to the chain by an account that pays for it.
//!
//! - Before anything is signed the chain is asked how the Safe stands, and what would come of it is tried. What trying says
//!   is told and never makes anything clean.
//! - That a node is about to be given the transaction is on disk, with its bytes, before it is; what it said is written after.
//!   In between nobody knows, and executing again is safe: the same bytes are given again, and one nonce is used once.
//! - In a block is not success. What became of it is what the Safe's own event says.

use super::fees::Offer;
use super::tried::tried;
use super::{blocked, follow, reviewed, told};
use crate::chain::ethereum::{Node, Seen, Sent as Said};
use crate::cli::device::{At, ask};
use crate::cli::review::laid_out;
use crate::cli::safe::reach::{Known as About, connect, stand, tokens};
use crate::cli::safe::show::units;
use crate::cli::safe::shown::hex;
use crate::cli::safe::sync::enter;
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::consent::{self, Consent};
use crate::cli::treasury::ways::Named;
use crate::cli::treasury::{Writing, find, keys, read};
use crate::cli::{Context, Exit, Failure};
use crate::device::ethereum::{Signable, Transaction};
use crate::device::pages;
use crate::treasury::ethereum::execute::{self, Execution, ExecutionError, Sent, call};
use crate::treasury::ethereum::hot::Account;
use crate::treasury::ethereum::proposal::{Fees, SafeEvent, SafeId, SafeProposal};
use crate::treasury::ethereum::review::reviewed as passed;
use crate::treasury::ethereum::signature::{Known, Question};
use crate::treasury::proposal::{Answer, ProposalId, State, Treasury};
use alloy_primitives::{Address, U256};
use bitcoin::bip32::DerivationPath;
use std::time::{Duration, Instant};

/// Between two looks at the chain.
const PAUSE: Duration = Duration::from_millis(500);

/// How long a node may take to know what it was given.
const SETTLED: Duration = Duration::from_secs(30);

/// Arguments of `exchequer proposal execute`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How its id begins
    #[arg(value_name = "PROPOSAL")]
    id: String,
    /// Which HOT account pays for it: its name or its address; without it a device is asked
    #[arg(long, value_name = "KEY", conflicts_with = "device")]
    hot: Option<String>,
    /// The key on the device
    #[arg(long, value_name = "PATH", default_value = "m/44'/60'/0'/0/0")]
    path: DerivationPath,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    offer: Offer,
    /// Does not wait until it is in a block
    #[arg(long)]
    no_wait: bool,
    /// How long to wait for that, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, conflicts_with = "no_wait")]
    patience: u64,
    /// Sends another one in the place of one that waits, at a higher fee
    #[arg(long)]
    replace: bool,
    #[command(flatten)]
    ways: Named,
    #[command(flatten)]
    consent: Consent,
}

/// Who signs the execution and pays for it.
enum Payer {
    Hot(Account),
    Device(Box<ask::Asked>, Address),
}

impl Payer {
    fn address(&self) -> Address {
        match self {
            Self::Hot(account) => account.address(),
            Self::Device(_, address) => *address,
        }
    }

    fn sign(&mut self, execution: &Execution, path: &DerivationPath, context: &Context) -> Result<Sent, Failure> {
        match self {
            Self::Hot(account) => Ok(account.sign_execution(execution)?),
            Self::Device(asked, address) => {
                let what = Signable::Transaction(Box::new(Transaction::Eip1559(execution.inner().clone())));
                let about = asked.device.known()?;
                ask::foretell(&pages::eth_signing(&about, address, &what), &context.output);
                let signature = asked.device.eth_sign(path, &what)?.of(*address, &what)?;
                execution.signed(&signature.bytes()).map_err(|error| unmade(&error))
            }
        }
    }
}

fn unmade(error: &ExecutionError) -> Failure {
    Failure::new(Exit::Verification, error.code(), error.to_string())
}

/// Executes a proposal, or goes on where it was left.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let proposal = find::safe_proposal(&treasury, &args.id)?;
    let (id, chain) = (proposal.id, proposal.safe.chain_id);
    let (node, _) = connect(chain, &args.ways, context)?;
    let seen = looked(id, &node, context)?;
    let treasury = read(context)?;
    let proposal = treasury.safe_proposal(id)?.clone();
    match proposal.state() {
        State::Confirmed | State::Failed { retryable: false } => return ended(id, context),
        State::Executing if !args.replace => {
            again(&proposal, &node, context)?;
            return awaited(args, id, &node, context);
        }
        _ => {}
    }
    ready(&proposal, &seen, context)?;
    let mut payer = payer(args, context)?;
    let sent = made(args, id, &seen, &node, &mut payer, context)?;
    give(id, &sent, &node, context)?;
    awaited(args, id, &node, context)
}

/// How the Safe stands now, and what became of what was sent before: written down.
fn looked(id: ProposalId, node: &Node, context: &Context) -> Result<Seen, Failure> {
    let treasury = read(context)?;
    let proposal = treasury.safe_proposal(id)?;
    let seen = node.safe(proposal.safe.address, &()).map_err(|error| failed(&error))?;
    let mut events = follow::all(treasury.safes(), &seen, node)?;
    // What nobody knows the node to have is given to it again, with the same bytes.
    let unanswered = |hash| proposal.pending().any(|one| one.tx_hash == hash && one.answer.is_none());
    events.retain(|event| !matches!(event, SafeEvent::Dropped { tx_hash, .. } if unanswered(*tx_hash)));
    let mut writing = Writing::open(context)?;
    enter(&mut writing, events)?;
    let safe = writing.treasury.safe_proposal(id)?.safe;
    if writing.treasury.safe(safe)?.stand.block < seen.block.number {
        writing.safe(SafeEvent::Seen { safe, stand: stand(&seen) })?;
    }
    super::expired(&mut writing, id)?;
    Ok(seen)
}

/// Whether it may be carried out now.
fn ready(proposal: &SafeProposal, seen: &Seen, context: &Context) -> Result<(), Failure> {
    let fails = |key, message: String| Err(Failure::new(Exit::Error, key, message));
    let (own, next) = (proposal.tx().nonce, seen.state.nonce);
    if own < next {
        return fails(
            "nonce-used",
            format!("its nonce is {own}, and the Safe is at {next}: it can never be carried out"),
        );
    }
    if !proposal.has_quorum() {
        let (have, need) = (proposal.approved().count(), proposal.quorum.required);
        return Err(Failure::new(Exit::Verification, "quorum", format!("{have} of {need} signatures are there")));
    }
    if own > next {
        return fails(
            "nonce-not-next",
            format!("its nonce is {own}, and the Safe is at {next}: others come before it"),
        );
    }
    match proposal.state_at(crate::feed::Clock::start().now()) {
        State::Ready | State::Executing | State::Failed { retryable: true } => Ok(()),
        state => {
            context.output.note(&proposal.ended.clone().unwrap_or_default());
            fails("illegal-move", format!("it is {}, and cannot be executed", state.name()))
        }
    }
}

fn payer(args: &Args, context: &Context) -> Result<Payer, Failure> {
    match &args.hot {
        Some(name) => Ok(Payer::Hot(keys::account(name, &read(context)?, context)?)),
        None => {
            let mut asked = ask::open(&args.at, context)?;
            let address = asked.device.eth_address(&args.path, false)?.address;
            Ok(Payer::Device(Box::new(asked), address))
        }
    }
}

/// The signed execution: reviewed, tried, agreed to.
fn made(
    args: &Args,
    id: ProposalId,
    seen: &Seen,
    node: &Node,
    payer: &mut Payer,
    context: &Context,
) -> Result<Sent, Failure> {
    let treasury = read(context)?;
    let proposal = treasury.safe_proposal(id)?.clone();
    let safe = treasury.safe(proposal.safe)?;
    let about = About::asked(safe, proposal.at(), proposal.tx(), &tokens(&treasury, safe.id.chain_id), node, context)?;
    let writing = Writing::open(context)?;
    let found = reviewed(&writing, &proposal, &about);
    let facts = about.facts(&writing.treasury, proposal.safe, Some(&proposal), writing.now());
    drop(writing);
    consent::unblocked(&found.verdict, "execute")?;
    let (sender, safe_facts) = (payer.address(), seen.facts());
    let mut verdict = found.verdict.clone();
    verdict.warnings.extend(tried(&proposal, seen, sender, node)?);
    if !context.output.json && !args.consent.yes {
        crate::cli::output::write_stderr(&laid_out(&verdict, false));
    }
    consent::weigh(&verdict, "execute", &args.consent, context)?;
    let known = answered(&treasury, &proposal);
    let valid = proposal.confirmations();
    let refuse = |error: call::CallError| Failure::new(Exit::Verification, error.code(), error.to_string());
    let data = call::signed(proposal.at(), proposal.tx(), &valid, &safe_facts, &known, sender).map_err(refuse)?;
    let account = node.account(sender).map_err(|error| failed(&error))?;
    let before = waiting(&proposal, sender, account.latest).filter(|_| args.replace);
    let mut fees = args.offer.fees(node, sender, proposal.safe.address, &data)?;
    if let Some((_, before)) = &before {
        let raised = before.raised();
        (fees.most, fees.tip) = (fees.most.max(raised.most), fees.tip.max(raised.tip));
        fees.most = fees.most.max(fees.tip);
    }
    if account.balance < fees.cost() {
        let (has, needs) = (units(account.balance, 18), units(fees.cost(), 18));
        let message = format!("{} has {has} of the chain's coin, and this may cost {needs}", hex(sender));
        return Err(Failure::new(Exit::Error, "funds", message));
    }
    let nonce = before.map_or(account.pending, |(nonce, _)| nonce);
    let (_, let_through) = passed(proposal.at(), proposal.tx(), &facts);
    let let_through = let_through.ok_or_else(|| blocked(&found.verdict.blocks))?;
    let execution = Execution::new(&let_through, &valid, (&safe_facts, &known), sender, nonce, fees);
    let execution = execution.map_err(|error| unmade(&error))?;
    let question = format!(
        "Execute {} from {} by {}, for at most {} of the chain's coin? This cannot be taken back.",
        id.short(),
        hex(sender),
        node.host(),
        units(fees.cost(), 18)
    );
    consent::ask(&question, &args.consent)?;
    payer.sign(&execution, &args.path, context)
}

/// An execution of this account that waits: its nonce and its fees.
fn waiting(proposal: &SafeProposal, sender: Address, latest: u64) -> Option<(u64, execute::Fees)> {
    proposal.pending().rev().find_map(|one| {
        let (who, nonce, fees) = one.sender?;
        let number = |amount: U256| u128::try_from(amount).unwrap_or(u128::MAX);
        let fees = execute::Fees {
            gas: fees.gas_limit,
            most: number(fees.max_fee_per_gas),
            tip: number(fees.max_priority_fee_per_gas),
        };
        (who == sender && nonce >= latest).then_some((nonce, fees))
    })
}

/// What is known beside the signatures: what the chain has answered about them, and owners that are Safes of ours.
fn answered(treasury: &Treasury, proposal: &SafeProposal) -> Known {
    let (safe, hash) = (proposal.safe.address, proposal.hashes().safe_tx);
    let answers = proposal.seats.iter().filter_map(|seat| {
        let question = Question::Approved { safe, owner: seat.owner, hash };
        seat.on_chain.map(|on_chain| (question, on_chain.yes))
    });
    let safes = proposal.owners().filter_map(|seat| {
        let inner = treasury.safe(SafeId { address: seat.owner, ..proposal.safe }).ok()?;
        Some((seat.owner, inner.facts()))
    });
    Known { answers: answers.collect(), safes: safes.collect() }
}

/// Writes down that a node is about to be given it, gives it, and writes down what the node said.
fn give(id: ProposalId, sent: &Sent, node: &Node, context: &Context) -> Result<(), Failure> {
    let offered = sent.execution.fees();
    let fees = Fees {
        gas_limit: offered.gas,
        max_fee_per_gas: U256::from(offered.most),
        max_priority_fee_per_gas: U256::from(offered.tip),
    };
    Writing::open(context)?.safe(SafeEvent::Executing {
        proposal: id,
        tx_hash: sent.hash,
        sender: sent.sender,
        account_nonce: sent.execution.nonce(),
        fees,
        raw: sent.raw.clone(),
    })?;
    hand(id, sent.hash, &sent.raw, node, context)
}

fn hand(
    id: ProposalId,
    tx_hash: alloy_primitives::B256,
    raw: &[u8],
    node: &Node,
    context: &Context,
) -> Result<(), Failure> {
    // No answer: whether the node has it is not known, and the next try asks again.
    let (_, said) = node.send(raw).map_err(|error| failed(&error))?;
    let refused = |reason: String, retryable| Answer::Refused { reason, retryable };
    let answer = match said {
        Said::Accepted => Answer::Accepted,
        Said::Known => Answer::Known,
        // It may be this very one that has used the nonce: the next look tells.
        Said::NonceLow(reason) | Said::Underpriced(reason) | Said::Funds(reason) => refused(reason, true),
        Said::Refused(reason) => refused(reason, true),
    };
    let told = match &answer {
        Answer::Refused { reason, .. } => Some(reason.clone()),
        _ => None,
    };
    let host = node.host().to_owned();
    Writing::open(context)?.safe(SafeEvent::Sent { proposal: id, tx_hash, node: host.clone(), answer })?;
    match told {
        Some(reason) => {
            let message = format!("{host} does not take it: {reason}");
            Err(Failure::new(Exit::Network, "execute-refused", message).retryable())
        }
        None => Ok(()),
    }
}

/// Gives again what nobody knows the node to have: the same bytes.
fn again(proposal: &SafeProposal, node: &Node, context: &Context) -> Result<(), Failure> {
    for one in proposal.pending().filter(|one| one.answer.is_none()) {
        let Some(raw) = &one.raw else { continue };
        context
            .output
            .note("it was about to be sent before, and nobody has written down what came of it: sending it again");
        hand(proposal.id, one.tx_hash, raw, node, context)?;
    }
    Ok(())
}

/// Waits until it is in a block, where somebody wants to.
fn awaited(args: &Args, id: ProposalId, node: &Node, context: &Context) -> Result<(), Failure> {
    let since = Instant::now();
    let patience = Duration::from_secs(args.patience);
    if args.no_wait {
        return ended(id, context);
    }
    loop {
        let treasury = read(context)?;
        let proposal = treasury.safe_proposal(id)?;
        if proposal.state() != State::Executing {
            // Its nonce is used: what is proposed next has the one after.
            if let Err(failure) = looked(id, node, context) {
                context.output.note(&failure.message);
            }
            return ended(id, context);
        }
        let mut events = Vec::new();
        for one in proposal.pending() {
            events.extend(follow::execution(treasury.safes(), proposal, one, node)?);
        }
        // A node that was only just given it may not know it yet, or another one answers in its place.
        events.retain(|event| !matches!(event, SafeEvent::Dropped { .. }) || since.elapsed() >= SETTLED);
        if events.is_empty() {
            std::thread::sleep(PAUSE);
        } else {
            enter(&mut Writing::open(context)?, events)?;
        }
        if since.elapsed() >= patience {
            context.output.note("it waits still: executing it again goes on waiting, --replace offers more for it");
            return ended(id, context);
        }
    }
}

/// Says how it ended; a failed one is a failure of the command.
fn ended(id: ProposalId, context: &Context) -> Result<(), Failure> {
    let writing = Writing::open(context)?;
    let proposal = writing.treasury.safe_proposal(id)?.clone();
    told(id, &writing, context)?;
    match proposal.state() {
        State::Failed { retryable } => {
            let message = proposal.ended.unwrap_or_else(|| "it was not carried out".to_owned());
            let failure = Failure::new(Exit::Error, "execution-failed", message);
            Err(if retryable { failure.retryable() } else { failure })
        }
        _ if context.output.json => Ok(()),
        _ => {
            let lines = super::show::executions(&proposal);
            if lines.is_empty() { Ok(()) } else { context.output.text(&lines.join("\n")) }
        }
    }
}
