//! `exchequer alert`: alerts from the command line, in the same journal that the console keeps.
//!
//! - Rules of the rule file are listed, but only an editor changes them.
//! - A journal that a running console writes is not changed from outside: there, `:alert` does it.

use super::config::Webhook;
use super::journal::damaged;
use super::link::runtime;
use super::output::{Cell, Column, Tone};
use super::{Context, Exit, Failure};
use crate::alert::{Phase, Rule, RuleError, read_file};
use crate::console::capabilities::{Capabilities, ColourChoice, Environment};
use crate::console::terminal::is_terminal;
use crate::desk::AlertSettings;
use crate::desk::alert::{Desktop, Form, Ledger, Message, WebhookSettings};
use crate::feed::Clock;
use crate::feed::webhook::{Patience, Secret, Webhook as Hook};
use crate::market::printable;
use crate::store::Journal;
use crate::store::journal::{Alert, Body, Who};
use std::path::{Path, PathBuf};

/// The variable that holds the webhook's address.
const ADDRESS: &str = "EXCHEQUER_WEBHOOK_URL";

/// A larger file holds no rules.
const LARGEST: u64 = 1 << 20;

const EXAMPLES: &str = "\
Examples:
  exchequer alert add 'BTC/USD > 100000'                    tell when the price is above
  exchequer alert add 'BTC/USD@kraken spread > 5bps once'   one venue, one time
  exchequer alert list --json                               the rules and what fired, for a script
  exchequer alert remove 1                                  the first of the list
  exchequer alert test                                      send a message every way that is configured";

/// Arguments of `exchequer alert`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Lists the rules, how they stand, and what fired
    List,
    /// Sets a rule; one that has fired can fire again
    Add {
        /// Such as 'BTC/USD > 100000', in quotation marks for the shell
        #[arg(required = true, allow_negative_numbers = true)]
        rule: Vec<String>,
    },
    /// Removes a rule
    Remove {
        /// The rule, or its number in the list
        #[arg(required = true, allow_negative_numbers = true)]
        rule: Vec<String>,
    },
    /// Sends a test every way that is configured
    Test,
}

/// Runs the command on the journal of this context.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Command::List => list(context),
        Command::Add { rule } => add(&read(&rule.join(" "))?, context),
        Command::Remove { rule } => remove(&rule.join(" "), context),
        Command::Test => test(context),
    }
}

/// The alerts that are configured, for a desk.
pub fn settings(context: &Context) -> Result<AlertSettings, Failure> {
    let rules = file_rules(context)?.into_iter().map(|(_, rule)| rule).collect();
    Ok(AlertSettings { rules, desktop: context.config.alerts.desktop, webhook: webhook(context)? })
}

fn read(text: &str) -> Result<Rule, Failure> {
    text.parse().map_err(|error: RuleError| {
        let example = "such as exchequer alert add 'BTC/USD > 100000'";
        Failure::new(Exit::Usage, "rule_invalid", error.to_string()).hint(example)
    })
}

/// The rules of the rule file with their lines.
fn file_rules(context: &Context) -> Result<Vec<(usize, Rule)>, Failure> {
    let named = context.config.alerts.file.as_deref();
    let path: PathBuf = match named {
        Some(path) => path.to_owned(),
        None => context.paths.config.parent().unwrap_or(Path::new(".")).join("alerts.txt"),
    };
    let wrong = |reason: String| Failure::new(Exit::Usage, "alerts_invalid", format!("{}{reason}", path.display()));
    let mut text = String::new();
    let read = std::fs::File::open(&path)
        .and_then(|file| std::io::Read::read_to_string(&mut std::io::Read::take(file, LARGEST), &mut text));
    match read {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && named.is_none() => Ok(vec![]),
        Err(error) => Err(wrong(format!(" cannot be read: {error}"))),
        Ok(_) => read_file(&text).map_err(|error| wrong(format!(", {error}"))),
    }
}

/// The webhook with its address, which is in no setting.
fn webhook(context: &Context) -> Result<Option<WebhookSettings>, Failure> {
    let alerts = &context.config.alerts;
    let missing = |key, text: &str, hint: &str| Failure::new(Exit::Usage, key, text).hint(hint);
    let form = match (alerts.webhook, &alerts.telegram_chat) {
        (Webhook::Off, _) => return Ok(None),
        (Webhook::Json, _) => Form::Json,
        (Webhook::Slack, _) => Form::Slack,
        (Webhook::Telegram, Some(chat)) => Form::Telegram { chat: chat.clone() },
        (Webhook::Telegram, None) => {
            return Err(missing("webhook", "Telegram's bot has no chat to write to", "set alerts.telegram_chat"));
        }
    };
    let given = std::env::var(ADDRESS).ok().filter(|text| !text.is_empty());
    let address = match (given, &alerts.webhook_file) {
        (Some(text), _) => Secret::new(&text).ok_or_else(|| {
            missing("webhook", &format!("{ADDRESS} holds no web address"), "it must be one word, such as https://…")
        })?,
        (None, Some(path)) => {
            Secret::of_file(path).map_err(|error| Failure::new(Exit::Usage, "webhook", error.to_string()))?
        }
        (None, None) => {
            let hint = format!(
                "put it into a file that only you can read and name that in alerts.webhook_file, or set {ADDRESS}"
            );
            return Err(missing("webhook", "the webhook's address is not known", &hint));
        }
    };
    Ok(Some(WebhookSettings { form, address }))
}

/// One line of the list.
struct Listed {
    rule: String,
    from_file: bool,
    phase: Phase,
    fired: Option<String>,
    snoozed: Option<String>,
}

fn listed(context: &Context) -> Result<(Vec<Listed>, Ledger), Failure> {
    let dir = &context.paths.journal;
    let (ledger, damage) = if dir.is_dir() { Ledger::read(dir) } else { Default::default() };
    if let Some(damage) = damage {
        return Err(damaged(dir, &damage, 0));
    }
    let now = Clock::start().now();
    let file = file_rules(context)?;
    let mut rules = Vec::new();
    let of = |name: &str| ledger.rules.iter().find(|kept| kept.rule == name);
    let own = ledger.rules.iter().filter(|kept| kept.set).filter_map(|kept| kept.rule.parse::<Rule>().ok());
    let own: Vec<Rule> = own.filter(|rule| !file.iter().any(|(_, known)| known == rule)).collect();
    for (rule, from_file) in file.iter().map(|(_, rule)| (rule, true)).chain(own.iter().map(|rule| (rule, false))) {
        let kept = of(&rule.to_string());
        rules.push(Listed {
            rule: rule.to_string(),
            from_file,
            phase: kept.map_or(Phase::Armed, |kept| kept.phase(rule)),
            fired: kept.and_then(|kept| kept.fired).map(|at| at.to_string()),
            snoozed: kept.and_then(|kept| kept.snoozed).filter(|until| *until > now).map(|until| until.to_string()),
        });
    }
    Ok((rules, ledger))
}

const fn word(phase: Phase) -> &'static str {
    match phase {
        Phase::Armed => "armed",
        Phase::Fired => "fired",
        Phase::Spent => "done",
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let (rules, ledger) = listed(context)?;
    if context.output.json {
        let rules: Vec<_> = rules
            .iter()
            .map(|rule| {
                let origin = if rule.from_file { "file" } else { "journal" };
                serde_json::json!({ "rule": rule.rule, "origin": origin, "state": word(rule.phase), "fired": rule.fired,
                    "snoozed_until": rule.snoozed })
            })
            .collect();
        let history = ledger.firings.iter().map(|past| {
            serde_json::json!({ "at": past.at.to_string(), "rule": past.rule, "text": past.text, "seen": past.seen })
        });
        return context.output.json(&serde_json::json!({ "alerts": rules, "history": history.collect::<Vec<_>>() }));
    }
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let columns = ["#", "rule", "state", "fired", "silent until", "origin"].map(Column::Left);
    let row = |(number, rule): (usize, &Listed)| -> Vec<Cell> {
        let tone = if rule.phase == Phase::Armed { Tone::Good } else { Tone::Warn };
        let origin = if rule.from_file { "file" } else { "journal" };
        vec![
            number.to_string().into(),
            rule.rule.as_str().into(),
            Cell::toned(word(rule.phase), tone),
            dash(&rule.fired).into(),
            dash(&rule.snoozed).into(),
            origin.into(),
        ]
    };
    context.output.table(&columns, &(1..).zip(&rules).map(row).collect::<Vec<_>>())?;
    if !ledger.firings.is_empty() {
        let row = |past: &crate::desk::alert::Past| -> Vec<Cell> {
            vec![past.at.to_string().into(), past.text.as_str().into(), if past.seen { "seen" } else { "-" }.into()]
        };
        context.output.text("")?;
        let columns = ["fired at", "what", "seen"].map(Column::Left);
        context.output.table(&columns, &ledger.firings.iter().map(row).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn add(rule: &Rule, context: &Context) -> Result<(), Failure> {
    let name = rule.to_string();
    let (rules, _) = listed(context)?;
    let (did, entry) = match rules.iter().find(|known| known.rule == name) {
        None => ("set", Some(Alert::Set { rule: name.clone() })),
        Some(known) if known.phase != Phase::Armed => ("armed", Some(Alert::Armed { rule: name.clone() })),
        Some(_) => ("nothing", None),
    };
    write(entry, context)?;
    done(did, &name, context)
}

fn remove(text: &str, context: &Context) -> Result<(), Failure> {
    let (rules, _) = listed(context)?;
    let number = text.parse::<usize>().ok();
    let name = if number.is_some() { String::new() } else { read(text)?.to_string() };
    let known = (1..).zip(&rules).find(|(at, known)| Some(*at) == number || known.rule == name);
    let Some((_, known)) = known else {
        let message = format!("there is no such alert: {}", printable(text));
        return Err(Failure::new(Exit::Usage, "alert_unknown", message).hint("exchequer alert list"));
    };
    if known.from_file {
        let message = format!("this alert stands in the rule file: {}", known.rule);
        return Err(Failure::new(Exit::Usage, "alert_of_file", message).hint("take it out there"));
    }
    write(Some(Alert::Removed { rule: known.rule.clone() }), context)?;
    done("removed", &known.rule, context)
}

fn write(entry: Option<Alert>, context: &Context) -> Result<(), Failure> {
    let Some(entry) = entry else { return Ok(()) };
    let (mut journal, _) = Journal::open(&context.paths.journal);
    journal.append(Clock::start().now(), Who::LOCAL, &Body::Alert(entry)).map(drop).map_err(|error| {
        let hint = "where a console is open, type it there:  :alert BTC/USD > 100000";
        Failure::new(Exit::Error, "journal_not_written", error.to_string()).hint(hint)
    })
}

fn done(did: &str, rule: &str, context: &Context) -> Result<(), Failure> {
    match (context.output.json, did) {
        (true, _) => context.output.json(&serde_json::json!({ "did": did, "rule": rule })),
        (false, "nothing") => context.output.text(&format!("is set already: {rule}")),
        (false, _) => context.output.text(&format!("{did}: {rule}")),
    }
}

/// Sends a message every way that is configured, one after another, and says what came of each.
fn test(context: &Context) -> Result<(), Failure> {
    let message = Message::test(Clock::start().now());
    let mut results: Vec<(&str, Result<(), String>)> = Vec::new();
    let rings = &context.config.alerts.terminal;
    let terminal = Capabilities::detect(&Environment::of_process(), ColourChoice::Auto, is_terminal());
    if let (Ok(terminal), false, false) = (terminal, rings.is_empty(), context.output.json) {
        for ring in rings {
            let sequence = ring.sequence(&message.text, terminal);
            super::output::write_stderr(&String::from_utf8_lossy(&sequence));
        }
        results.push(("terminal", Ok(())));
    }
    if context.config.alerts.desktop {
        let told = Desktop::SYSTEM.notify("Exchequer alert", &message.text);
        results.push(("desktop", told.map_err(|error| error.to_string())));
    }
    if let Some(WebhookSettings { form, address }) = webhook(context)? {
        let ca_file = context.config.feed.ca_file.as_deref();
        let posted = runtime()?
            .block_on(async { Hook::new(address, ca_file, Patience::default())?.post(&message.json(&form)).await });
        results.push(("webhook", posted.map_err(|error| error.to_string())));
    }
    if results.is_empty() {
        context.output.note("no way is configured; see alerts.desktop and alerts.webhook");
    }
    let said = |result: &Result<(), String>| result.clone().err().unwrap_or_else(|| "sent".to_owned());
    if context.output.json {
        let ways: Vec<_> = results
            .iter()
            .map(|(way, result)| serde_json::json!({ "way": way, "sent": result.is_ok(), "said": said(result) }))
            .collect();
        context.output.json(&serde_json::json!({ "ways": ways }))?;
    } else {
        let row = |(way, result): &(&str, Result<(), String>)| -> Vec<Cell> {
            let tone = if result.is_ok() { Tone::Good } else { Tone::Bad };
            vec![(*way).into(), Cell::toned(&said(result), tone)]
        };
        let columns = ["way", "result"].map(Column::Left);
        context.output.table(&columns, &results.iter().map(row).collect::<Vec<_>>())?;
    }
    match results.iter().find(|(_, result)| result.is_err()) {
        Some((way, _)) => {
            Err(Failure::new(Exit::Network, "alert_not_sent", format!("the test did not go out by {way}")).retryable())
        }
        None => Ok(()),
    }
}
