//! `exchequer proposal`: what waits for approvals, who has given one, and its way to the chain.

mod approve;
mod bring;
mod export;
mod refuse;
mod safe;
mod send;
mod show;

use super::treasury::{Writing, facts};
use super::{Context, Failure};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::{Review, review};
use crate::treasury::proposal::Proposal;
pub use bring::{Asked, Wanted, duration};
pub use safe::carry::{Taken, enter};
pub use safe::follow;

const EXAMPLES: &str = "\
Examples:
  exchequer proposal list                                        what waits, and for whom
  exchequer proposal import payment.psbt --wallet Cold           somebody else's PSBT becomes a proposal
  exchequer proposal show 3fa2c1d0                               the review, the seats, what has happened
  exchequer proposal approve 3fa2c1d0                            sign with the device that is plugged in
  exchequer proposal approve 3fa2c1d0 --hot till                 sign with a key of this machine
  exchequer proposal export 3fa2c1d0 -o payment.psbt             to be signed elsewhere
  exchequer proposal combine 3fa2c1d0 alice.psbt bob.psbt        take in what came back
  exchequer proposal reject 3fa2c1d0 --seat alice --reason unknown
  exchequer proposal finalize 3fa2c1d0                           the transaction, checked by Bitcoin Core's own code
  exchequer proposal broadcast 3fa2c1d0                          give it to a node
  exchequer proposal approve 9b1e4c77 --hot alice                of a Safe: sign with a HOT account of this machine
  exchequer proposal confirm 9b1e4c77                            of a Safe: leave it at its transaction service
  exchequer proposal execute 9b1e4c77 --hot gas --max-fee 30     of a Safe: carry it to the chain";

/// Arguments of `exchequer proposal`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Makes a proposal of a PSBT; signatures in it become approvals
    Import(bring::Args),
    /// Lists the proposals that are open or on their way
    List(show::List),
    /// Shows one: its review, its seats, its history
    Show(show::Args),
    /// Signs with a device, or with a HOT key of this machine
    Approve(approve::Args),
    /// Refuses in the name of a seat, signed by this desk's identity
    Reject(refuse::Reject),
    /// Writes the PSBT, to be signed elsewhere
    Export(export::Args),
    /// Takes new signatures out of PSBTs that came back
    Combine(approve::Combine),
    /// Makes the transaction, once the quorum has signed
    Finalize(send::Finalize),
    /// Gives the transaction to a node
    Broadcast(send::Args),
    /// Leaves a Safe's proposal and its signatures at the transaction service
    Confirm(safe::confirm::Args),
    /// Carries a Safe's transaction to its chain, once the quorum has signed
    Execute(Box<safe::execute::Args>),
    /// Withdraws it
    Cancel(refuse::Cancel),
}

/// Runs the command on the treasury of this context.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Import(args) => bring::run(args, context),
        Command::List(args) => show::list(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Approve(args) => approve::run(args, context),
        Command::Reject(args) => refuse::reject(args, context),
        Command::Export(args) => export::run(args, context),
        Command::Combine(args) => approve::combine(args, context),
        Command::Finalize(args) => send::finalize(args, context),
        Command::Broadcast(args) => send::run(args, context),
        Command::Confirm(args) => safe::confirm::run(args, context),
        Command::Execute(args) => safe::execute::run(args, context),
        Command::Cancel(args) => refuse::cancel(args, context),
    }
}

/// The review of a proposal as it stands now, and the packet that was reviewed: with all signatures that were verified.
fn reviewed(writing: &Writing, proposal: &Proposal, context: &Context) -> Result<(Review, Packet), Failure> {
    let treasury = &writing.treasury;
    let vault = treasury.vault(proposal.wallet)?;
    let facts = facts::of(treasury, vault, Some(proposal.id), writing.now(), context)?;
    let packet = proposal.signed();
    Ok((review(&packet, &vault.wallet, &facts), packet))
}

/// What a seat was shown: a digest of the review as scripts read it, which two people can compare.
fn digest(review: &Review) -> String {
    let text = serde_json::to_string(&review.json()).unwrap_or_default();
    crate::store::journal::Hash::of(text.as_bytes()).to_string()
}
