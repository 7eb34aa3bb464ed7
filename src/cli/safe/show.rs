//! `exchequer safe list` and `show`: what the journal and the last look at the chain say, with their ages; asks nobody.

use super::reach::kept;
use super::shown::{self, hex, published};
use crate::cli::output::{Cell, Column, Tone};
use crate::cli::treasury::ways::chain_name;
use crate::cli::treasury::{find, read};
use crate::cli::{Context, Failure};
use crate::desk::treasury::Funds;
use crate::feed::Clock;
use crate::market::{Timestamp, printable};
use crate::treasury::ethereum::proposal::{Safe, SafeId};
use crate::treasury::proposal::Treasury;
use alloy_primitives::utils::format_units;
use alloy_primitives::{Address, U256};
use serde_json::{Value, json};

/// Arguments of `exchequer safe show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The Safe's name, or its chain and address
    safe: String,
}

/// Lists Safes and watched accounts.
pub fn list(context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let now = Clock::start().now();
    let funds = |id: SafeId| kept(id.chain_id, id.address, context);
    let watched: Vec<(SafeId, &String)> = treasury
        .safes()
        .watched()
        .iter()
        .map(|((chain_id, address), name)| (SafeId { chain_id: *chain_id, address: *address }, name))
        .collect();
    if context.output.json {
        let safes: Vec<Value> =
            treasury.safes().all().map(|safe| shown::safe(&treasury, safe, funds(safe.id).as_ref())).collect();
        let accounts: Vec<Value> = watched
            .iter()
            .map(|(id, name)| {
                let funds = funds(*id).map(|funds| shown::balances(&treasury, id.chain_id, &funds));
                json!({ "id": id, "name": name, "chain_id": id.chain_id.to_string(), "address": hex(id.address),
                    "hot": treasury.safes().is_hot_account(id.address), "balances": funds })
            })
            .collect();
        return context.output.json(&json!({ "safes": safes, "accounts": accounts }));
    }
    if treasury.safes().is_empty() && watched.is_empty() {
        context.output.note("no Safe is watched yet: exchequer safe add CHAIN:ADDRESS --rpc URL brings one");
    }
    let safes = treasury.safes().all().map(|safe| {
        let open = treasury.safes().of(safe.id).filter(|one| one.state_at(now).is_live()).count();
        let (state, tone) = standing(safe);
        vec![
            safe.name.as_str().into(),
            safe.id.short().into(),
            format!("{} of {}", safe.stand.threshold, safe.stand.owners.len()).into(),
            safe.stand.version.name().into(),
            safe.stand.nonce.to_string().into(),
            open.to_string().into(),
            Cell::toned(state, tone),
            age(safe.seen_at, now).into(),
        ]
    });
    let accounts = watched.iter().map(|(id, name)| {
        let at = funds(*id).map_or_else(String::new, |funds| age(funds.at, now));
        let empty = || Cell::from("");
        vec![name.as_str().into(), id.short().into(), "account".into(), empty(), empty(), empty(), empty(), at.into()]
    });
    let rows: Vec<Vec<Cell>> = safes.chain(accounts).collect();
    let columns = ["safe", "address", "quorum", "version", "nonce", "open", "state", "seen"].map(Column::Left);
    context.output.table(&columns, &rows)
}

fn standing(safe: &Safe) -> (&'static str, Tone) {
    match () {
        () if safe.archived.is_some() => ("archived", Tone::Plain),
        () if !safe.is_pinned() => ("foreign code", Tone::Bad),
        () if !safe.stand.modules.is_empty() => ("modules", Tone::Warn),
        () => ("", Tone::Plain),
    }
}

/// How long ago something was.
pub fn age(at: Timestamp, now: Timestamp) -> String {
    match at.age(now).as_secs() {
        seconds @ ..120 => format!("{seconds} s ago"),
        seconds @ ..7_200 => format!("{} min ago", seconds / 60),
        seconds @ ..172_800 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} days ago", seconds / 86_400),
    }
}

/// Shows one Safe.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let safe = find::safe(&treasury, &args.safe)?;
    let funds = kept(safe.id.chain_id, safe.id.address, context);
    if context.output.json {
        return context.output.json(&shown::safe(&treasury, safe, funds.as_ref()));
    }
    told(&treasury, safe, funds.as_ref(), Clock::start().now(), context)
}

/// A Safe for people.
pub fn told(
    treasury: &Treasury,
    safe: &Safe,
    funds: Option<&Funds>,
    now: Timestamp,
    context: &Context,
) -> Result<(), Failure> {
    let (stand, chain) = (&safe.stand, safe.id.chain_id);
    let mut text = format!(
        "{}: {} of {} owners, Safe {}, nonce {}\n{}\n",
        safe.name,
        stand.threshold,
        stand.owners.len(),
        stand.version,
        stand.nonce,
        safe.id
    );
    let code = published(chain, stand.singleton).unwrap_or_else(|| "code that Safe did not publish".to_owned());
    let (pinned, tail) = if safe.is_pinned() { ("", "") } else { ("NOT THE PUBLISHED CODE: ", "") };
    text.push_str(&format!("{pinned}runs {code} at {}{tail}\n", hex(stand.singleton)));
    let who = |address: Address| match address.is_zero() {
        true => "none".to_owned(),
        false => match published(chain, address) {
            Some(name) => format!("{} ({name})", hex(address)),
            None => hex(address),
        },
    };
    for module in &stand.modules {
        text.push_str(&format!("module {}: it can do everything without a signature\n", who(*module)));
    }
    text.push_str(&format!("guard {}, fallback handler {}\n", who(stand.guard), who(stand.fallback_handler)));
    if !stand.module_guard.is_zero() {
        text.push_str(&format!("module guard {}\n", who(stand.module_guard)));
    }
    text.extend(safe.changed.as_ref().map(|changed| format!("last changed: {changed}\n")));
    text.extend(safe.archived.as_ref().map(|reason| format!("archived: {reason}\n")));
    text.push_str(&format!("seen at block {}, {}\n", stand.block, age(safe.seen_at, now)));
    if let Some(funds) = funds {
        text.push_str(&format!("at block {}, {}, it had:\n", funds.block, age(funds.at, now)));
        for line in owned(treasury, chain, funds) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    context.output.text(&text)?;
    let rows: Vec<Vec<Cell>> = stand
        .owners
        .iter()
        .map(|owner| {
            let hot = treasury.safes().is_hot_account(*owner);
            let name = safe.names.get(owner).map_or("", String::as_str);
            vec![hex(*owner).into(), name.into(), if hot { Cell::toned("HOT", Tone::Bad) } else { "".into() }]
        })
        .collect();
    context.output.table(&["owner", "name", ""].map(Column::Left), &rows)
}

/// What an address has, a line each.
pub fn owned(treasury: &Treasury, chain: U256, funds: &Funds) -> Vec<String> {
    let coin = format!("{} of the coin of {}", units(funds.wei, 18), chain_name(chain));
    let tokens = funds.tokens.iter().filter(|(_, amount)| !amount.is_zero()).map(|(token, amount)| {
        match treasury.safes().tokens().get(&(chain, *token)) {
            Some(pinned) => {
                let doubt = if pinned.trusted { "" } else { ", so it calls itself" };
                format!("{} {}{doubt} ({})", units(*amount, pinned.decimals), printable(&pinned.symbol), hex(*token))
            }
            None => format!("{amount} of the smallest unit of {}", hex(*token)),
        }
    });
    std::iter::once(coin).chain(tokens).collect()
}

/// An amount in whole units, without zeros at its end.
pub fn units(amount: U256, decimals: u8) -> String {
    let text = format_units(amount, decimals).unwrap_or_else(|_| amount.to_string());
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
