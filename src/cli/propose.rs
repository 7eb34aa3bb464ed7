//! `exchequer propose`: makes a transaction and lets it wait for approvals.
//!
//! - Coins that another open proposal spends are not taken, unless they are named.
//! - What was made is reviewed before it is proposed; a blocked transaction is not written down.

mod safe;

use super::proposal::{Asked, Wanted};
use super::review::printed;
use super::treasury::{Writing, chains, facts, files, find, shown};
use super::{Context, Exit, Failure};
use crate::chain::Source;
use crate::treasury::bitcoin::build::{self, BuildError, Built, Payment, Start, Sum, Terms, Way, rate};
use crate::treasury::bitcoin::coins::{Marks, State as Coins};
use crate::treasury::bitcoin::review::recipient;
use crate::treasury::bitcoin::review::review;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::proposal::{Kind, Proposal, ProposalId, Refusal};
use crate::treasury::verdict::Judgement;
use bitcoin::absolute::LockTime;
use bitcoin::{Amount, Denomination, FeeRate, OutPoint, ScriptBuf};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  exchequer propose pay Cold --to bc1q...=0.015 --fee-rate 12.5 --memo rent
  exchequer propose pay Cold --to bc1q...=250000sat --to bc1p...=max --target 6
  exchequer propose bump 3fa2c1d0 --fee-rate 40          the same payment at another rate
  exchequer propose cpfp 3fa2c1d0 --fee-rate 40          a child that pays for its parent
  exchequer propose cancel 3fa2c1d0 --fee-rate 40        takes its coins back to the wallet
  exchequer propose sweep Old --to bc1q... --target 12   everything to one address
  exchequer propose recover Liana --to bc1q... --fee-rate 5    by the way that opens later
  exchequer propose safe Treasury --to 0xB0b5... --amount 1.5 --memo rent     of a Safe, in the chain's own coin
  exchequer propose safe Treasury --to Payroll --amount 250 --token 0xA0b8...
  exchequer propose safe Treasury --csv payroll.csv      one batch of many payments
  exchequer propose safe Treasury --swap-owner 0xA11c... 0xCa20... --threshold 2
  exchequer propose safe Treasury --reject 42            so that nothing else with this nonce is carried out";

/// Arguments of `exchequer propose`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Pays, calls, changes owners or rejects for a Safe on Ethereum
    Safe(Box<safe::Args>),
    /// Pays one or several recipients
    Pay {
        /// The wallet's name, or how its id begins
        wallet: String,
        /// Whom, and how much: ADDRESS=0.015 (BTC), ADDRESS=250000sat, ADDRESS=max; may be repeated
        #[arg(long = "to", value_name = "ADDRESS=AMOUNT", required = true)]
        to: Vec<String>,
        #[command(flatten)]
        terms: Asking,
    },
    /// Replaces a transaction that waits by the same one at a higher fee
    Bump {
        /// How the proposal's id begins
        #[arg(value_name = "PROPOSAL")]
        id: String,
        #[command(flatten)]
        terms: Asking,
    },
    /// Spends from a transaction that waits, at a fee that is worth confirming both
    Cpfp {
        /// How the proposal's id begins
        #[arg(value_name = "PROPOSAL")]
        id: String,
        #[command(flatten)]
        terms: Asking,
    },
    /// Takes the coins of a transaction that waits back to the wallet
    Cancel {
        /// How the proposal's id begins
        #[arg(value_name = "PROPOSAL")]
        id: String,
        #[command(flatten)]
        terms: Asking,
    },
    /// Sends everything to one address
    Sweep {
        /// The wallet's name, or how its id begins
        wallet: String,
        /// Where to
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        #[command(flatten)]
        terms: Asking,
    },
    /// Sends everything by the way that opens after a time lock
    Recover {
        /// The wallet's name, or how its id begins
        wallet: String,
        /// Where to
        #[arg(long, value_name = "ADDRESS")]
        to: String,
        /// Which recovery, counted from 0
        #[arg(long, value_name = "NUMBER", default_value_t = 0)]
        path: u8,
        #[command(flatten)]
        terms: Asking,
    },
}

/// On which terms.
#[derive(Clone, Debug, clap::Args)]
struct Asking {
    #[command(flatten)]
    fee: Fee,
    /// By which server; that of the wallet when it is not said
    #[arg(long, value_name = "SOURCE")]
    chain: Option<Source>,
    /// Only these coins, all of them (TXID:NUMBER); may be repeated
    #[arg(long = "coin", value_name = "COIN")]
    coins: Vec<OutPoint>,
    /// It cannot be replaced later
    #[arg(long)]
    no_rbf: bool,
    /// Not before this height, or this time in seconds since 1970
    #[arg(long, value_name = "LOCKTIME")]
    lock_time: Option<u32>,
    /// Names the wallet's extended keys in the PSBT
    #[arg(long)]
    xpubs: bool,
    /// Only shows what would be proposed
    #[arg(long)]
    dry_run: bool,
    /// Where the PSBT goes; - for the pipe
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    asked: Asked,
}

/// What is paid for its size: one of the two has to be said.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Fee {
    /// What is paid for its size, in sat/vB, such as 12.5
    #[arg(long, value_name = "RATE", value_parser = rate::parse)]
    fee_rate: Option<FeeRate>,
    /// The server's estimate for a confirmation within so many blocks
    #[arg(long, value_name = "BLOCKS", value_parser = clap::value_parser!(u16).range(1..=1_008))]
    target: Option<u16>,
}

/// What is made: for which wallet, what it is, and whose place it takes.
struct Made {
    built: Built,
    wallet: Wallet,
    kind: Kind,
    replaces: Option<ProposalId>,
    recovery: Option<u8>,
}

/// Makes the transaction and proposes it.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Safe(args) => safe::run(args, context),
        Command::Pay { wallet, to, terms } => make(wallet, None, terms, context, Kind::BtcSpend, None, |bench| {
            let paid = to.iter().map(|text| payment(text, bench.wallet)).collect::<Result<Vec<_>, _>>()?;
            bench.built(build::pay(bench.coins, bench.marks, &paid, bench.terms))
        }),
        Command::Sweep { wallet, to, terms } => make(wallet, None, terms, context, Kind::BtcSpend, None, |bench| {
            let to = script(to, bench.wallet)?;
            bench.built(build::sweep(bench.coins, bench.marks, to, bench.terms))
        }),
        Command::Recover { wallet, to, path, terms } => {
            make(wallet, None, terms, context, Kind::BtcRecovery, Some(*path), |bench| {
                let to = script(to, bench.wallet)?;
                bench.built(build::sweep(bench.coins, bench.marks, to, bench.terms))
            })
        }
        Command::Bump { id, terms } => make("", Some(id), terms, context, Kind::BtcRbf, None, |bench| {
            bench.built(build::bump(bench.coins, bench.marks, bench.txid()?, bench.terms))
        }),
        Command::Cancel { id, terms } => make("", Some(id), terms, context, Kind::BtcRbf, None, |bench| {
            bench.built(build::cancel(bench.coins, bench.marks, bench.txid()?, bench.terms))
        }),
        Command::Cpfp { id, terms } => make("", Some(id), terms, context, Kind::BtcSpend, None, |bench| {
            bench.built(build::child(bench.coins, bench.marks, bench.txid()?, bench.terms))
        }),
    }
}

/// What a transaction is made of.
struct Bench<'a> {
    wallet: &'a Wallet,
    coins: &'a Coins,
    marks: &'a Marks,
    terms: &'a Terms,
    before: Option<&'a Proposal>,
}

impl Bench<'_> {
    /// The transaction that is to be replaced, or to get a child.
    fn txid(&self) -> Result<bitcoin::Txid, Failure> {
        let txid = self.before.and_then(|before| before.finalised.or_else(|| before.txid()));
        txid.ok_or_else(|| Failure::new(Exit::Error, "no-transaction", "this proposal has no transaction yet"))
    }

    /// What was built, or why not and what to do about it.
    fn built(&self, built: Result<Built, BuildError>) -> Result<Built, Failure> {
        let error = match built {
            Ok(built) => return Ok(built),
            Err(error) => error,
        };
        let failure = Failure::new(Exit::Error, error.code(), error.to_string());
        let name = self.wallet.name();
        let coins = matches!(
            error,
            BuildError::Empty | BuildError::Missing { .. } | BuildError::Unknown(_) | BuildError::NotWaiting(_)
        );
        let hint = match &error {
            _ if coins && self.coins.tip().is_none() => {
                format!("nobody has asked the chain about it yet: exchequer wallet sync {name} --chain SOURCE")
            }
            BuildError::Empty | BuildError::Missing { .. } => {
                format!("exchequer wallet coins {name} shows the coins; what open proposals spend is not taken")
            }
            BuildError::Unknown(_) | BuildError::NotWaiting(_) => {
                format!("exchequer wallet sync {name} asks the chain what has become of it")
            }
            BuildError::Frozen(coin) => format!("exchequer wallet coins {name} --thaw {coin}"),
            BuildError::Increment { rate, .. } => format!("--fee-rate {}", rate::show(*rate)),
            BuildError::Way => format!("exchequer wallet show {name} lists its recoveries"),
            _ => return Err(failure),
        };
        Err(failure.hint(hint))
    }
}

fn make(
    wallet: &str,
    before: Option<&String>,
    asking: &Asking,
    context: &Context,
    kind: Kind,
    recovery: Option<u8>,
    build: impl FnOnce(&Bench<'_>) -> Result<Built, Failure>,
) -> Result<(), Failure> {
    // The server is asked before the journal is held.
    let treasury = crate::cli::treasury::read(context)?;
    let found = before.map(|id| find::proposal(&treasury, id)).transpose()?;
    let vault = match found {
        Some(before) => treasury.vault(before.wallet)?,
        None => find::wallet(&treasury, wallet)?,
    };
    let rate = fee_rate(asking, &vault.wallet, context)?;
    let mut writing = Writing::open(context)?;
    let treasury = &writing.treasury;
    let before = found.map(|found| treasury.proposal(found.id)).transpose()?;
    let vault = treasury.vault(vault.wallet.id())?;
    let (wallet, marks) = (vault.wallet.clone(), vault.marks());
    let mut coins = chains::state(&wallet, context)?;
    let now = writing.now();
    let mut terms = Terms { replaceable: !asking.no_rbf, xpubs: asking.xpubs, ..Terms::at(rate) };
    // What is replaced is replaced by those who signed it.
    let recovery = recovery.or_else(|| before.filter(|_| kind == Kind::BtcRbf)?.recovery);
    if let Some(number) = recovery {
        let seconds = u64::try_from(now.secs()).unwrap_or_default();
        terms.way = Way::Recovery { place: usize::from(number), now: seconds };
    }
    if let Some(time) = asking.lock_time {
        terms.start = Start::At(LockTime::from_consensus(time));
    }
    if !asking.coins.is_empty() {
        terms.choice.only = Some(asking.coins.iter().copied().collect());
    }
    let held = |other: &&Proposal| other.wallet == wallet.id() && other.state_at(now).is_live();
    let own = before.map(|before| before.id);
    for other in treasury.proposals().filter(held).filter(|other| Some(other.id) != own) {
        terms.choice.never.extend(other.coins().filter(|coin| !asking.coins.contains(coin)));
        // Nor is the address for its change given to another.
        for output in &other.unsigned().output {
            let spot = coins.spot(&output.script_pubkey);
            spot.into_iter().for_each(|spot| coins.reserve(spot));
        }
    }
    let built = build(&Bench { wallet: &wallet, coins: &coins, marks: &marks, terms: &terms, before })?;
    let replaces = before.map(|before| before.id).filter(|_| kind == Kind::BtcRbf);
    let made = Made { built, wallet, kind, replaces, recovery };
    finish(&mut writing, made, asking, context)
}

fn finish(writing: &mut Writing, made: Made, asking: &Asking, context: &Context) -> Result<(), Failure> {
    let Made { built: Built { packet, .. }, wallet, kind, replaces, recovery } = &made;
    let (replaces, recovery, now) = (*replaces, *recovery, writing.now());
    let wanted = Wanted { packet, wallet: wallet.id(), kind: *kind, replaces, recovery, asked: &asking.asked };
    let (id, event) = wanted.event(writing)?;
    // Reviewed as the proposal that it would be, so that nobody reads something else later.
    let mut trial = writing.treasury.clone();
    let mine = match trial.apply(&event, now) {
        Ok(()) => Some(id),
        // What is only tried shows that as a block.
        Err(Refusal::Unarmed(_)) if asking.dry_run => None,
        Err(refusal) => return Err(refusal.into()),
    };
    let facts = facts::of(&trial, trial.vault(wallet.id())?, mine, now, context)?;
    let review = review(packet, wallet, &facts);
    if asking.dry_run {
        return match context.output.json {
            true => context.output.json(&serde_json::json!({ "proposal": null, "review": review.json() })),
            false => context.output.text(&printed(&review, context.output.colored())),
        };
    }
    if let Some(block) = review.verdict.blocks.first() {
        let message = format!("{}: {}", block.code, block.message);
        return Err(Failure::new(Exit::Verification, "review-blocked", message).hint("nothing was proposed"));
    }
    writing.write(event)?;
    let proposal = writing.treasury.proposal(id)?;
    if let Some(path) = &asking.output {
        let packet = proposal.packet();
        files::write(path, &files::written(packet, files::Form::Base64, packet.version), false)?;
        if files::is_pipe(path) {
            return Ok(());
        }
    }
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "proposal": shown::proposal(&writing.treasury, proposal, writing.now()), "review": review.json(),
        }));
    }
    let mut text = printed(&review, context.output.colored());
    let short = id.short();
    text.push_str(&format!(
        "{short} is proposed\nsign it: exchequer proposal approve {short} --hot KEY; elsewhere: exchequer proposal \
         export {short} -o FILE\n"
    ));
    if review.verdict.judgement() == Judgement::Warn {
        text.push_str("whoever signs it has to accept these warnings\n");
    }
    context.output.text(&text)
}

/// What is to be paid for its size.
fn fee_rate(asking: &Asking, wallet: &Wallet, context: &Context) -> Result<FeeRate, Failure> {
    if let Some(rate) = asking.fee.fee_rate {
        return Ok(rate);
    }
    let (chain, host) = chains::open(asking.chain.as_ref(), wallet, context)?;
    let fees = chain.fees().map_err(|error| chains::failed(&error))?;
    fees.within(asking.fee.target.unwrap_or(6)).ok_or_else(|| {
        Failure::new(Exit::Network, "no-estimate", format!("{host} has no estimate of fees"))
            .hint("name one: --fee-rate 5")
    })
}

pub(in crate::cli) use safe::propose;

/// Reads `ADDRESS=AMOUNT`.
fn payment(text: &str, wallet: &Wallet) -> Result<Payment, Failure> {
    let wrong = |why: String| Failure::new(Exit::Usage, "recipient", why);
    let (to, amount) = text.rsplit_once('=').ok_or_else(|| wrong("a recipient is ADDRESS=AMOUNT".to_owned()))?;
    let sum = match (amount, amount.strip_suffix("sat")) {
        ("max", _) => Sum::Max,
        (_, Some(sat)) => {
            Sum::Exactly(Amount::from_sat(sat.parse().map_err(|_| wrong("not an amount in sat".into()))?))
        }
        (btc, None) => Sum::Exactly(
            Amount::from_str_in(btc, Denomination::Bitcoin)
                .map_err(|error| wrong(format!("not an amount in BTC: {error}")))?,
        ),
    };
    Ok(Payment { script: script(to, wallet)?, sum })
}

fn script(text: &str, wallet: &Wallet) -> Result<ScriptBuf, Failure> {
    let recipient = recipient::read(text, wallet.network());
    recipient
        .map(|recipient| recipient.address.script_pubkey())
        .map_err(|error| Failure::new(Exit::Usage, error.code(), error.to_string()))
}
