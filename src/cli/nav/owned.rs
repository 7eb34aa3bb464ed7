//! What the commands about portfolios look at: what is owned, and how it is valued.

use crate::cli::config::Origin;
use crate::cli::{Context, Exit, Failure};
use crate::desk::portfolio::{PortfolioSettings, recorded};
use crate::desk::{Owned, Owning};
use crate::feed::Clock;
use crate::market::{VenueId, printable};
use crate::money::Asset;
use crate::portfolio::past::Past;
use crate::portfolio::valuation::Limits;
use crate::sim;
use crate::store::history::History;
use crate::store::{Books, Cache};
use std::sync::Arc;

/// How portfolios are valued, as configured.
pub fn settings(context: &Context) -> Result<PortfolioSettings, Failure> {
    let config = &context.config.portfolio;
    Ok(PortfolioSettings {
        base: config.base.clone().ok_or_else(|| Failure::new(Exit::Usage, "base", "there is no base currency"))?,
        limits: Limits { stale: config.stale_after, expired: config.unknown_after },
        benchmark: config.benchmark.clone(),
        basis: config.prices.clone(),
    })
}

/// What a console's desk owns: the demo's when the venue is simulated, or else what the journal says.
pub fn owning(context: &Context, demo: bool) -> Result<Owning, Failure> {
    let given = demo.then(|| Arc::new(demo_owned()));
    let history = given.is_none().then(|| context.paths.history.clone());
    Ok(Owning { settings: settings(context)?, given, history })
}

/// What is owned, with the prices of the past: the demo's on the simulated venue, or else the journal's.
pub fn owned(context: &Context) -> Result<Owned, Failure> {
    if context.config.venue == Some(VenueId::Sim) {
        return Ok(demo_owned());
    }
    let Books { ledger, estate } = super::super::portfolio::books(context)?;
    let mut past = Past::default();
    let mut history = history(context);
    recorded(&mut history, ledger.assets(), Clock::start().now(), &mut past);
    Ok(Owned { ledger: Arc::new(ledger), estate, past: Arc::new(past), ..Owned::default() })
}

/// The history of NAV and prices, to be read.
pub fn history(context: &Context) -> History {
    let (history, notices) = History::open(&context.paths.history, Arc::new(Cache::off()));
    for notice in notices {
        context.output.note(&printable(&notice.to_string()));
    }
    history
}

/// The place of a portfolio: 0 for all accounts together.
pub fn place(owned: &Owned, name: Option<&str>) -> Result<usize, Failure> {
    let Some(name) = name.filter(|name| !name.eq_ignore_ascii_case(crate::portfolio::estate::CONSOLIDATED)) else {
        return Ok(0);
    };
    let names = owned.estate.portfolios().keys();
    let place = names.clone().position(|known| known.as_str() == name);
    place.map(|place| place + 1).ok_or_else(|| {
        let known: Vec<&str> = names.map(|name| name.as_str()).collect();
        let message = format!("there is no portfolio {}", printable(name));
        let hint = match known.is_empty() {
            true => "define one: exchequer portfolio define NAME --account ACCOUNT…".to_owned(),
            false => format!("there are: {}", known.join(", ")),
        };
        Failure::new(Exit::Usage, "no_portfolio", message).hint(hint)
    })
}

/// The currency to tell everything in: that of the command line, of the portfolio, or of the desk.
pub fn base(context: &Context, owned: &Owned, place: usize) -> Result<Asset, Failure> {
    let chosen = context
        .config
        .settings
        .iter()
        .any(|setting| setting.key.name == "portfolio.base" && matches!(setting.origin, Origin::Flag(_)));
    let own = place.checked_sub(1).and_then(|place| owned.estate.portfolios().values().nth(place)?.base.clone());
    Ok(own.filter(|_| !chosen).unwrap_or(settings(context)?.base))
}

fn demo_owned() -> Owned {
    let (ledger, estate, past) = sim::estate(Clock::start().now());
    Owned { ledger: Arc::new(ledger), estate, past: Arc::new(past), ..Owned::default() }
}
