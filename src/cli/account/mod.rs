//! `exchequer account`: accounts at venues, read with a key of their holder.

use super::config::Config;
use super::keys::{self, Origin};
use super::link::{duration, runtime, unsettled, usage};
use super::output::{Cell, Column, Tone};
use super::{Context, Exit, Failure};
use crate::feed::account::{Holder, HolderError};
use crate::market::{Side, VenueId};
use crate::money::plain;
use crate::venue::account::{AccountError, Balance, Permissions, Position, venues};
use crate::venue::manners;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  exchequer account check --venue kraken      where the key is, and what it may do
  exchequer account show --venue kraken       balances and open positions
  exchequer portfolio reconcile --account kraken --venue kraken";

const KEYS: &str = "\
A key comes from the first of these that has one:
  EXCHEQUER_VENUE_API_KEY, EXCHEQUER_VENUE_API_SECRET, EXCHEQUER_VENUE_API_PASSPHRASE (OKX)
  keys/VENUE.toml beside the configuration file, which only its owner can read (chmod 600)
  the system's keyring: secret-tool on Linux, security on macOS";

/// Arguments of `exchequer account`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES, after_help = KEYS, arg_required_else_help = true)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Says where the key is and what it may do, and warns when that is more than to read
    Check(Where),
    /// Shows balances and open positions
    Show(Where),
}

/// Which venue is asked, and for how long.
#[derive(Debug, clap::Args)]
pub struct Where {
    // The name of the setting: its value is read from there.
    /// Where the account is: binance, bybit, coinbase, kraken, okx
    #[arg(long = "venue", value_name = "VENUE")]
    venue: Option<VenueId>,
    /// Gives up when the venue has not answered a request after so long, such as 5s
    #[arg(long, value_name = "TIME", default_value = "20s", value_parser = duration)]
    timeout: Duration,
}

/// Runs the command.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::Check(place) => check(place, context),
        Command::Show(place) => show(place, context),
    }
}

/// The holder of an account, with the key that was found.
#[derive(Debug)]
pub struct Account {
    /// The venue.
    pub venue: VenueId,
    /// Where the key was.
    pub origin: Origin,
    /// Who asks.
    pub holder: Holder,
}

impl Account {
    /// The account that a command is about.
    pub fn find(place: &Where, context: &Context) -> Result<Self, Failure> {
        let Some(venue) = context.config.venue else {
            return Err(usage("no venue is named", "name one: --venue kraken".into()));
        };
        if !venues().any(|known| known == venue) {
            return Err(refused(&HolderError::Venue(venue)));
        }
        let keys::Found { key, origin } = keys::find(venue, &context.paths.config, &|name| std::env::var_os(name))?;
        let base = base(venue, &context.config);
        let holder = Holder::new(venue, &base, key, context.config.feed.ca_file.as_deref(), place.timeout);
        Ok(Self { venue, origin, holder: holder.map_err(|error| refused(&error))? })
    }
}

/// Where a venue is asked: where it is configured to be, else where it always is.
fn base(venue: VenueId, config: &Config) -> String {
    let own = manners(venue).endpoints.first().map(|endpoint| endpoint.rest).unwrap_or_default();
    config.rest_urls.get(&venue).map_or(own, String::as_str).to_owned()
}

fn check(place: &Where, context: &Context) -> Result<(), Failure> {
    let mut account = Account::find(place, context)?;
    let may = runtime()?.block_on(account.holder.permissions()).map_err(|error| refused(&error))?;
    let warnings = warnings(account.venue, &may);
    let output = context.output;
    if output.json {
        return output.json(&serde_json::json!({
            "venue": account.venue, "key": account.origin, "read": may.read, "trade": may.trade,
            "withdraw": may.withdraw, "permissions": may.words, "warnings": warnings,
        }));
    }
    let word = |may: Option<bool>, wanted: bool| match may {
        Some(true) => Cell::toned("yes", if wanted { Tone::Good } else { Tone::Bad }),
        Some(false) => Cell::toned("no", if wanted { Tone::Bad } else { Tone::Good }),
        None => Cell::toned("the venue does not say", Tone::Warn),
    };
    let rows = vec![
        vec!["key".into(), account.origin.to_string().into()],
        vec!["may read".into(), word(may.read, true)],
        vec!["may trade".into(), word(may.trade, false)],
        vec!["may withdraw".into(), word(may.withdraw, false)],
        vec!["permissions".into(), may.words.join(", ").into()],
    ];
    output.table(&[Column::Left("about"), Column::Left(account.venue.as_str())], &rows)?;
    warnings.iter().for_each(|warning| output.note(&format!("WARNING: {warning}")));
    Ok(())
}

/// What is wrong with a key that may do this.
fn warnings(venue: VenueId, may: &Permissions) -> Vec<String> {
    let mut warnings = Vec::new();
    if may.withdraw == Some(true) {
        warnings.push(format!("this key may WITHDRAW from {venue}: whoever has it has the money; replace it"));
    }
    if may.trade == Some(true) {
        warnings.push(format!("this key may trade at {venue}, or move things there; one that only reads is enough"));
    }
    if may.withdraw.is_none() || may.trade.is_none() {
        warnings.push(format!("{venue} does not say all that this key may do: look it up there"));
    }
    if may.read == Some(false) {
        warnings.push("this key may not read balances".to_owned());
    }
    warnings
}

fn show(place: &Where, context: &Context) -> Result<(), Failure> {
    let mut account = Account::find(place, context)?;
    let told = runtime()?.block_on(async {
        let balances = account.holder.balances().await?;
        Ok((balances, account.holder.positions().await?))
    });
    let (balances, positions) = told.map_err(|error| refused(&error))?;
    let leaves_out = account.holder.leaves_out();
    if context.output.json {
        let balances: Vec<_> = balances
            .iter()
            .map(|balance| serde_json::json!({ "asset": name(balance), "amount": plain(balance.amount) }))
            .collect();
        let positions = positions.map(|list| list.iter().map(position).collect::<Vec<_>>());
        return context.output.json(&serde_json::json!({
            "venue": account.venue, "balances": balances, "positions": positions, "leaves_out": leaves_out,
        }));
    }
    let mut rows: Vec<Vec<Cell>> = balances
        .iter()
        .map(|balance| vec!["balance".into(), name(balance).into(), plain(balance.amount).into()])
        .collect();
    let known = positions.is_some();
    rows.extend(positions.unwrap_or_default().iter().map(|position| {
        let sign = if position.side == Side::Ask { "-" } else { "" };
        let quantity = format!("{sign}{}", plain(position.quantity.get()));
        vec!["position".into(), position.instrument.as_str().into(), quantity.into()]
    }));
    context.output.table(&[Column::Left("is"), Column::Left("name"), Column::Right("amount")], &rows)?;
    let positions = if known { "" } else { "; the venue tells this key of no positions" };
    context.output.text(&format!("not counted: {leaves_out}{positions}"))
}

/// What a balance is of.
pub fn name(balance: &Balance) -> &str {
    match &balance.asset {
        Ok(asset) => asset.as_str(),
        Err(name) => name,
    }
}

/// A position for scripts.
pub fn position(position: &Position) -> serde_json::Value {
    serde_json::json!({
        "instrument": position.instrument, "side": if position.side == Side::Bid { "long" } else { "short" },
        "quantity": position.quantity, "price": position.price,
    })
}

/// Why a venue did not tell, as a command fails with it.
pub fn refused(error: &HolderError) -> Failure {
    let words = error.to_string();
    let network = |key| Failure::new(Exit::Network, key, words.clone());
    let device = |key| Failure::new(Exit::Device, key, words.clone());
    match error {
        HolderError::Venue(_) => {
            let known: Vec<&str> = venues().map(VenueId::as_str).collect();
            Failure::new(Exit::Usage, "venue_unsupported", words).hint(format!("these can: {}", known.join(", ")))
        }
        HolderError::Address(_) => Failure::new(Exit::Usage, "url_invalid", words),
        HolderError::Settings(error) => unsettled(error),
        HolderError::Timeout { .. } => network("no_answer").retryable(),
        HolderError::Broken { .. } => {
            network("not_connected").hint("exchequer doctor looks into the network").retryable()
        }
        HolderError::Answer { error, .. } => match error {
            AccountError::Key(_) => device("key_unusable"),
            AccountError::Denied(_) => {
                device("key_refused").hint("is the secret the key's own, and may it be used from this address?")
            }
            AccountError::Forbidden(_) => {
                device("key_forbidden").hint("let the key read balances, trades and positions")
            }
            AccountError::Clock(_) => network("clock_refused")
                .hint("is this machine's clock right? use the key in no other program")
                .retryable(),
            AccountError::Overrun { .. } => network("overrun").retryable(),
            AccountError::Busy(_) => network("venue_busy").retryable(),
            AccountError::Refused(_) => network("refused"),
            AccountError::TooLarge { .. } => network("answer_too_large"),
            AccountError::TooMany { .. } => network("answer_too_long"),
            AccountError::Unreadable(_) => network("answer_unreadable"),
            AccountError::Ask(_) => Failure::new(Exit::Usage, "usage", words),
        },
    }
}
