//! `exchequer propose safe`: a Safe transaction that waits for its owners.
//!
//! - Amounts are scaled by decimals that were pinned; a token that was never read is read first, or refused.
//! - What was made is reviewed before it is proposed; a blocked transaction is not written down.
//! - The nonce is the first for which nothing waits here. One that others wait for too is taken only when it is named.

use super::super::proposal::duration;
use crate::cli::review::laid_out;
use crate::cli::safe::reach::{Known, connect, known};
use crate::cli::safe::shown;
use crate::cli::treasury::chains::failed;
use crate::cli::treasury::ways::Named;
use crate::cli::treasury::{Writing, files, find, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::build::airdrop::{Airdrop, LONGEST};
use crate::treasury::ethereum::build::{
    Ask, BuildError, Control, Payment, What, amount, approval, controls, custom, rejection, transaction,
};
use crate::treasury::ethereum::calldata::Abis;
use crate::treasury::ethereum::calldata::abis::LONGEST_ABI;
use crate::treasury::ethereum::exchange;
use crate::treasury::ethereum::proposal::{Safe, SafeEvent, SafeId, SafeKind, Source};
use crate::treasury::ethereum::review::review;
use crate::treasury::ethereum::{SafeAt, SafeTx};
use crate::treasury::proposal::{ProposalId, Treasury};
use crate::treasury::verdict::Judgement;
use alloy_primitives::{Address, Bytes, U256, hex};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// The digits behind the point of every chain's own coin.
const COIN: u8 = 18;

/// Arguments of `exchequer propose safe`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Safe's name, or its chain and address
    safe: String,
    /// Whom to pay or to call: an address, or a name of the address book
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// How much, in whole units: 1.5
    #[arg(long, value_name = "AMOUNT", requires = "to")]
    amount: Option<String>,
    /// Of this token, instead of the chain's own coin
    #[arg(long, value_name = "ADDRESS", requires = "amount")]
    token: Option<String>,
    /// Pays everybody in a table: token_type,token_address,receiver,amount,id
    #[arg(long, value_name = "FILE", conflicts_with_all = ["to", "amount"])]
    csv: Option<PathBuf>,
    /// Calls with this calldata, in hex
    #[arg(long, value_name = "DATA", requires = "to", conflicts_with = "amount")]
    call: Option<String>,
    /// With so much of the chain's own coin
    #[arg(long, value_name = "AMOUNT", requires = "to", conflicts_with = "amount")]
    value: Option<String>,
    /// An ABI that names functions that are not known here
    #[arg(long, value_name = "FILE")]
    abi: Vec<PathBuf>,
    /// Calls this function of the ABI: its name, or its signature where several have the name
    #[arg(long, value_name = "NAME", requires_all = ["to", "abi"], conflicts_with_all = ["call", "amount"])]
    function: Option<String>,
    /// With this argument; as often as it has some
    #[arg(long = "arg", value_name = "VALUE", requires = "function")]
    arguments: Vec<String>,
    /// Adds an owner
    #[arg(long, value_name = "ADDRESS")]
    add_owner: Vec<String>,
    /// Removes an owner
    #[arg(long, value_name = "ADDRESS")]
    remove_owner: Vec<String>,
    /// Puts an owner in another's place
    #[arg(long, value_names = ["OLD", "NEW"], num_args = 2)]
    swap_owner: Vec<String>,
    /// How many owners have to sign from then on
    #[arg(long, value_name = "NUMBER")]
    threshold: Option<u64>,
    /// Does nothing but use up this nonce, so that what else has it can never be carried out
    #[arg(long, value_name = "NONCE", conflicts_with = "nonce")]
    reject: Option<U256>,
    /// Approves, on the chain, a transaction of a Safe that this one owns
    #[arg(long, value_name = "PROPOSAL")]
    approve: Option<String>,
    /// At this nonce; the first for which nothing waits when it is not said
    #[arg(long, value_name = "NONCE")]
    nonce: Option<U256>,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    memo: String,
    /// Until when it can be approved and executed, such as 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    expires: Duration,
    /// Asks no chain: reviews it by what is known
    #[arg(long)]
    offline: bool,
    /// Only shows what would be proposed
    #[arg(long)]
    dry_run: bool,
    /// Where its file goes, for other owners; - for the pipe
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Makes the transaction and proposes it.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let abis = abis(&args.abi)?;
    // Chains are asked before the journal is held.
    let treasury = read(context)?;
    let safe = find::safe(&treasury, &args.safe)?.clone();
    pin(args, &safe, &treasury, context)?;
    let treasury = read(context)?;
    let nonce = nonce(args, &treasury, &safe)?;
    let at = safe.at();
    let tx = made(args, &treasury, &safe, &abis, nonce)?;
    let known = Known { abis, ..known(&treasury, &safe, &at, &tx, args.offline, context)? };
    let review = review(&at, &tx, &known.facts(&treasury, safe.id, None, crate::feed::Clock::start().now()));
    let rivals = rivals(&treasury, safe.id, nonce);
    if args.dry_run {
        return match context.output.json {
            true => context.output.json(&serde_json::json!({ "proposal": null, "review": review.json() })),
            false => context.output.text(&laid_out(&review.verdict, context.output.colored())),
        };
    }
    if let Some(block) = review.verdict.blocks.first() {
        let message = format!("{}: {}", block.code, block.message);
        return Err(Failure::new(Exit::Verification, "review-blocked", message).hint("nothing was proposed"));
    }
    let mut writing = Writing::open(context)?;
    let id = propose(&mut writing, &safe, &tx, Source::Own, &args.memo, args.expires, SafeKind::of(&review))?;
    if let Some(path) = &args.output {
        let file = exchange::Proposal::new(at, tx).json();
        files::write(path, format!("{file}\n").as_bytes(), false)?;
        if files::is_pipe(path) {
            return Ok(());
        }
    }
    let proposal = writing.treasury.safe_proposal(id)?;
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "proposal": shown::proposal(&writing.treasury, proposal, writing.now()), "review": review.json(),
        }));
    }
    let mut text = laid_out(&review.verdict, context.output.colored());
    let short = id.short();
    for rival in rivals {
        text.push_str(&format!(
            "it competes with {rival} for the nonce {nonce}: only one of them can be carried out\n"
        ));
    }
    text.push_str(&format!(
        "{short} is proposed\nsign it: exchequer proposal approve {short}; elsewhere: exchequer proposal export {short} \
         -o FILE, or exchequer proposal confirm {short}\n"
    ));
    if review.verdict.judgement() == Judgement::Warn {
        text.push_str("whoever signs it has to accept these warnings\n");
    }
    context.output.text(&text)
}

/// Writes a proposal down.
pub fn propose(
    writing: &mut Writing,
    safe: &Safe,
    tx: &SafeTx,
    source: Source,
    memo: &str,
    expires: Duration,
    kind: SafeKind,
) -> Result<ProposalId, Failure> {
    let policy = writing.treasury.safe(safe.id)?.policy;
    let id = ProposalId::of_safe(&safe.at(), tx, policy);
    writing.safe(SafeEvent::Proposed {
        proposal: id,
        safe: safe.id,
        policy,
        kind,
        tx: tx.clone(),
        created_by: std::env::var("USER").unwrap_or_else(|_| "local".to_owned()),
        memo: memo.to_owned(),
        expires_at: writing.now().plus(expires),
        source,
        refund_overridden: false,
    })?;
    Ok(id)
}

/// Why a transaction is not built, as a command's failure.
fn built(error: &BuildError) -> Failure {
    let exit = match error.code() {
        code if code.starts_with("safe-address") || code.starts_with("address") => Exit::Usage,
        _ => Exit::Error,
    };
    Failure::new(exit, error.code(), error.to_string())
}

/// Reads the user's ABIs.
fn abis(paths: &[PathBuf]) -> Result<Abis, Failure> {
    let mut abis = Abis::default();
    for path in paths {
        let added = abis.add(&files::bytes(path, LONGEST_ABI)?);
        added.map_err(|error| Failure::new(Exit::Error, error.code(), format!("{}: {error}", files::shown(path))))?;
    }
    Ok(abis)
}

/// The other proposals that wait for a nonce.
fn rivals(treasury: &Treasury, safe: SafeId, nonce: U256) -> Vec<String> {
    let live = treasury.safes().of(safe).filter(|other| other.state().is_live() && other.tx().nonce == nonce);
    live.map(|other| other.id.short()).collect()
}

fn nonce(args: &Args, treasury: &Treasury, safe: &Safe) -> Result<U256, Failure> {
    match args.reject.or(args.nonce) {
        Some(nonce) => Ok(nonce),
        None => Ok(treasury.safes().next_nonce(safe.id).map_err(crate::treasury::proposal::Refusal::from)?),
    }
}

/// Reads tokens that were never read, so that amounts can be scaled.
fn pin(args: &Args, safe: &Safe, treasury: &Treasury, context: &Context) -> Result<(), Failure> {
    let chain = safe.id.chain_id;
    let mut wanted: BTreeSet<Address> = BTreeSet::new();
    if let Some(text) = &args.token {
        wanted.insert(find::address(treasury, chain, text)?);
    }
    if let Some(path) = &args.csv {
        wanted.extend(table(path, chain)?.tokens());
    }
    wanted.retain(|token| !treasury.safes().tokens().contains_key(&(chain, *token)));
    if wanted.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = wanted.iter().map(|token| token.to_checksum(None)).collect();
    if args.offline {
        let message = format!("it is not known how many decimals {} has", names.join(", "));
        return Err(Failure::new(Exit::Error, "no-token", message)
            .hint("exchequer safe token CHAIN:ADDRESS --symbol TEXT --decimals NUMBER says it"));
    }
    let (node, _) = connect(chain, &Named::default(), context)?;
    let block = node.newest(&()).map_err(|error| failed(&error))?;
    let tokens: Vec<Address> = wanted.into_iter().collect();
    let described = node.describe(&tokens, &block).map_err(|error| failed(&error))?;
    let mut writing = Writing::open(context)?;
    for (token, told) in described {
        let Some(decimals) = told.decimals else {
            let message = format!("{} does not tell how many decimals it has", token.to_checksum(None));
            return Err(Failure::new(Exit::Network, "no-token", message)
                .hint("exchequer safe token CHAIN:ADDRESS --symbol TEXT --decimals NUMBER says it"));
        };
        let symbol = told.symbol.unwrap_or_default();
        writing.safe(SafeEvent::TokenPinned { chain, token, symbol, decimals, trusted: false })?;
        let message = format!("{} was read for the first time: {decimals} decimals, pinned", token.to_checksum(None));
        context.output.note(&message);
    }
    Ok(())
}

fn table(path: &std::path::Path, chain: U256) -> Result<Airdrop, Failure> {
    let bytes = files::bytes(path, LONGEST)?;
    Airdrop::read(&bytes, chain)
        .map_err(|error| Failure::new(Exit::Error, error.code(), format!("{}: {error}", files::shown(path))))
}

/// The transaction that is asked for.
fn made(args: &Args, treasury: &Treasury, safe: &Safe, abis: &Abis, nonce: U256) -> Result<SafeTx, Failure> {
    let at = safe.at();
    let own =
        args.add_owner.len() + args.remove_owner.len() + args.swap_owner.len() + usize::from(args.threshold.is_some());
    let kinds = [args.reject.is_some(), args.csv.is_some(), args.to.is_some(), args.approve.is_some(), own > 0];
    if kinds.iter().filter(|given| **given).count() != 1 {
        let message =
            "it pays or calls (--to), pays a table (--csv), changes owners, approves or rejects: one of these";
        return Err(Failure::new(Exit::Usage, "usage", message));
    }
    if args.reject.is_some() {
        return Ok(rejection(&at, nonce));
    }
    let asks = match (&args.csv, &args.to, &args.approve) {
        (Some(path), ..) => paid(path, treasury, safe)?,
        (_, Some(to), _) => vec![called(args, to, treasury, safe, abis)?],
        (_, _, Some(id)) => vec![approved(id, treasury, &at)?],
        _ => changed(args, treasury, safe)?,
    };
    transaction(&at, nonce, &asks).map_err(|error| built(&error))
}

/// The calls that pay a table.
fn paid(path: &std::path::Path, treasury: &Treasury, safe: &Safe) -> Result<Vec<Ask>, Failure> {
    let of_chain = treasury.safes().tokens().iter().filter(|((chain, _), _)| *chain == safe.id.chain_id);
    let decimals: BTreeMap<Address, u8> = of_chain.map(|((_, token), pinned)| (*token, pinned.decimals)).collect();
    let payments = table(path, safe.id.chain_id)?.payments(&decimals);
    let payments = payments
        .map_err(|error| Failure::new(Exit::Error, error.code(), format!("{}: {error}", files::shown(path))))?;
    let asks = payments.iter().map(|payment| payment.ask(safe.id.address)).collect::<Result<Vec<_>, _>>();
    asks.map_err(|error| built(&error))
}

/// One payment, or one call.
fn called(args: &Args, to: &str, treasury: &Treasury, safe: &Safe, abis: &Abis) -> Result<Ask, Failure> {
    let chain = safe.id.chain_id;
    let to = find::address(treasury, chain, to)?;
    let sum = |text: &str, decimals: u8| {
        amount(text, decimals).map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))
    };
    let asked = match (&args.amount, &args.token) {
        (Some(text), None) => Payment { what: What::Coin { amount: sum(text, COIN)? }, to }.ask(safe.id.address),
        (Some(text), Some(token)) => {
            let token = find::address(treasury, chain, token)?;
            let pinned = treasury.safes().tokens().get(&(chain, token));
            let decimals = pinned.map(|pinned| pinned.decimals).ok_or_else(|| {
                Failure::new(Exit::Error, "no-token", format!("{} was never read", token.to_checksum(None)))
            })?;
            Payment { what: What::Token { token, amount: sum(text, decimals)? }, to }.ask(safe.id.address)
        }
        (None, _) => {
            let value = args.value.as_deref().map_or(Ok(U256::ZERO), |text| sum(text, COIN))?;
            match (&args.call, &args.function) {
                (_, Some(name)) => {
                    let found: Vec<_> = abis.named(name.split('(').next().unwrap_or(name));
                    let found: Vec<_> = found
                        .into_iter()
                        .filter(|function| !name.contains('(') || function.signature() == name.as_str())
                        .collect();
                    let [function] = found.as_slice() else {
                        let known: Vec<&str> = found.iter().map(|function| function.signature()).collect();
                        let message = format!("the ABI has {} functions of this name", known.len());
                        let failure = Failure::new(Exit::Usage, "abi-function", message);
                        return Err(failure.hint(known.join(", ")));
                    };
                    custom(to, value, function, &args.arguments)
                }
                (Some(text), None) => {
                    let data = hex::decode(text)
                        .map_err(|_| Failure::new(Exit::Usage, "calldata-hex", "calldata is written in hex: 0x…"))?;
                    Ask::new(to, value, data.into())
                }
                (None, None) => match value.is_zero() {
                    true => {
                        return Err(Failure::new(Exit::Usage, "usage", "--amount, --call or --value say what to do"));
                    }
                    false => Ask::new(to, value, Bytes::new()),
                },
            }
        }
    };
    asked.map_err(|error| built(&error))
}

/// The approval of another Safe's proposal on the chain.
fn approved(id: &str, treasury: &Treasury, at: &SafeAt) -> Result<Ask, Failure> {
    let parent = find::safe_proposal(treasury, id)?;
    let owns = parent.safe.chain_id == at.chain_id && parent.seat(at.safe).is_some_and(|seat| seat.owns);
    if !owns {
        let message = format!("this Safe does not own {}", parent.safe);
        return Err(Failure::new(Exit::Usage, "no-seat", message));
    }
    approval(parent.safe.address, parent.hashes().safe_tx).map_err(|error| built(&error))
}

/// The calls that change who owns it.
fn changed(args: &Args, treasury: &Treasury, safe: &Safe) -> Result<Vec<Ask>, Failure> {
    let of = |text: &String| find::address(treasury, safe.id.chain_id, text);
    let mut all = Vec::new();
    for pair in args.swap_owner.chunks(2) {
        if let [old, new] = pair {
            all.push(Control::SwapOwner { old: of(old)?, new: of(new)? });
        }
    }
    let threshold = args.threshold.map(U256::from);
    for text in &args.add_owner {
        all.push(Control::AddOwner { owner: of(text)?, threshold: None });
    }
    for text in &args.remove_owner {
        all.push(Control::RemoveOwner { owner: of(text)?, threshold: None });
    }
    // With the last change of the list where there is one, so that it is one call and not two.
    match (all.last_mut(), threshold) {
        (Some(Control::AddOwner { threshold: at, .. } | Control::RemoveOwner { threshold: at, .. }), Some(_)) => {
            *at = threshold;
        }
        (_, Some(threshold)) => all.push(Control::Threshold(threshold)),
        (_, None) => {}
    }
    let state = safe.stand.state(U256::ZERO, BTreeMap::new());
    controls(&safe.at(), &state, &all).map_err(|error| built(&error))
}
