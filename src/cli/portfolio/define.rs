//! `exchequer portfolio define`, `account` and `price`: what a person says about what is owned, one entry of the journal each.

use super::books;
use crate::cli::nav::moment;
use crate::cli::{Context, Exit, Failure};
use crate::feed::Clock;
use crate::market::Timestamp;
use crate::money::{Asset, Price as Worth};
use crate::portfolio::estate::{AccountKind, Definition};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind as What};
use crate::store::Journal;
use crate::store::journal::{Body, Ledger, Who};
use clap::builder::{PossibleValuesParser, TypedValueParser};

/// Arguments of `exchequer portfolio define`.
#[derive(Debug, clap::Args)]
pub struct Portfolio {
    /// Its name
    #[arg(value_name = "NAME", value_parser = Account::new)]
    name: Account,
    /// An account in it; may be repeated
    #[arg(long = "account", value_name = "ACCOUNT", value_parser = Account::new, required_unless_present = "forget")]
    accounts: Vec<Account>,
    /// The currency that it is told in, where that is not the desk's
    #[arg(long, value_name = "ASSET", value_parser = Asset::new)]
    own_base: Option<Asset>,
    /// The portfolio is no more; its accounts stay as they are
    #[arg(long, conflicts_with = "accounts")]
    forget: bool,
}

/// Arguments of `exchequer portfolio account`.
#[derive(Debug, clap::Args)]
pub struct Kind {
    /// Which one
    #[arg(value_name = "ACCOUNT", value_parser = Account::new)]
    name: Account,
    /// What it is: venue, wallet, manual, fund
    #[arg(long, value_name = "KIND", value_parser = kinds(), hide_possible_values = true)]
    kind: AccountKind,
}

/// Arguments of `exchequer portfolio price`.
#[derive(Debug, clap::Args)]
pub struct Price {
    /// What
    #[arg(value_name = "ASSET", value_parser = Asset::new)]
    asset: Asset,
    /// What one is worth
    #[arg(value_name = "PRICE")]
    price: Worth,
    /// In what
    #[arg(value_name = "CURRENCY", value_parser = Asset::new)]
    currency: Asset,
    /// The account in whose name it is said
    #[arg(long, value_name = "ACCOUNT", value_parser = Account::new)]
    account: Account,
    /// Until when it counts; 90 days when it is not said
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Timestamp>,
}

/// Says which accounts belong together.
pub fn portfolio(args: &Portfolio, context: &Context) -> Result<(), Failure> {
    let books = books(context)?;
    let unknown = args.accounts.iter().find(|account| !books.ledger.accounts().contains(account));
    if let Some(unknown) = unknown {
        let known: Vec<&str> = books.ledger.accounts().iter().map(Account::as_str).collect();
        return Err(Failure::new(Exit::Usage, "no_account", format!("the ledger has no account {unknown}"))
            .hint(format!("there are: {}", known.join(", "))));
    }
    let (name, accounts, base) = (args.name.clone(), args.accounts.clone(), args.own_base.clone());
    define(Definition::Portfolio { name, accounts, base }, context)
}

/// Says what kind of account one is.
pub fn account(args: &Kind, context: &Context) -> Result<(), Failure> {
    define(Definition::Account { name: args.name.clone(), kind: args.kind }, context)
}

/// Names a price.
pub fn price(args: &Price, context: &Context) -> Result<(), Failure> {
    let at = Clock::start().now();
    let refused = |error: String| Failure::new(Exit::Usage, "price", error);
    let (asset, currency) = (args.asset.clone(), args.currency.clone());
    let entry = Entry {
        id: EntryId::new(&format!("price-{asset}-{at}")).map_err(|error| refused(error.to_string()))?,
        account: args.account.clone(),
        at,
        kind: What::Price { asset, price: args.price, currency, until: args.until },
        legs: Vec::new(),
        note: None,
    };
    entry.check().map_err(|error| refused(error.to_string()))?;
    if args.until.is_some_and(|until| until <= at) {
        return Err(refused("it would have ended already".to_owned()));
    }
    write(Body::Ledger(Ledger { source: "exchequer portfolio price".to_owned(), entries: vec![entry] }), context)
}

fn define(definition: Definition, context: &Context) -> Result<(), Failure> {
    definition.check().map_err(|_| {
        Failure::new(Exit::Usage, "name", "this is what all accounts together are called; choose another name")
    })?;
    write(Body::Portfolio(definition), context)
}

fn write(body: Body, context: &Context) -> Result<(), Failure> {
    let (mut journal, _) = Journal::open(&context.paths.journal);
    journal.writable().map_err(super::import::not_written)?;
    let written = journal.append(Clock::start().now(), Who::LOCAL, &body);
    written.map_err(|error| super::import::not_written(&error.to_string()))?;
    if context.output.json { context.output.json(&serde_json::json!({ "written": true })) } else { Ok(()) }
}

fn kinds() -> impl TypedValueParser<Value = AccountKind> {
    PossibleValuesParser::new(AccountKind::ALL.map(AccountKind::as_str))
        .try_map(|name| AccountKind::ALL.into_iter().find(|kind| kind.as_str() == name).ok_or("no kind of this name"))
}
