//! `exchequer doctor`: checks this machine and says what to mend.
//!
//! A check looks and changes nothing. The command fails only when a check does.

mod devices;
mod files;
mod network;
mod store;
mod sync;
mod terminal;

use super::output::{Cell, Column, Output, Tone};
use super::{Context, Exit, Failure, Start};
use crate::console::capabilities::Environment;
use crate::market::{VenueId, printable};
use std::borrow::Cow;

const EXAMPLES: &str = "\
Examples:
  exchequer doctor                  this machine, and the venues that are configured
  exchequer doctor --venue kraken   and whether Kraken can be reached
  exchequer doctor --offline        without the network";

/// Arguments of `exchequer doctor`.
#[derive(Debug, clap::Args)]
#[command(before_help = EXAMPLES)]
pub struct Args {
    // The name of the setting: its value is read from there.
    /// Also looks at this venue
    #[arg(long = "venue", value_name = "VENUE")]
    venue: Option<VenueId>,
    /// Leaves the network alone
    #[arg(long)]
    offline: bool,
}

/// What was looked at, what was found, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// A stable name: `terminal.size`.
    pub name: Cow<'static, str>,
    /// How it looks.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do; none when there is nothing to do.
    pub advice: Option<String>,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nothing to do.
    Ok,
    /// It works, but less well than it could.
    Warn,
    /// Something does not work.
    Fail,
}

impl Check {
    /// Nothing to do.
    pub fn ok(name: impl Into<Cow<'static, str>>, detail: impl AsRef<str>) -> Self {
        Self::new(name, Verdict::Ok, detail.as_ref(), None)
    }

    /// It works, but less well than it could.
    pub fn warn(name: impl Into<Cow<'static, str>>, detail: impl AsRef<str>, advice: impl AsRef<str>) -> Self {
        Self::new(name, Verdict::Warn, detail.as_ref(), Some(advice.as_ref()))
    }

    /// Something does not work.
    pub fn fail(name: impl Into<Cow<'static, str>>, detail: impl AsRef<str>, advice: impl AsRef<str>) -> Self {
        Self::new(name, Verdict::Fail, detail.as_ref(), Some(advice.as_ref()))
    }

    fn new(name: impl Into<Cow<'static, str>>, verdict: Verdict, detail: &str, advice: Option<&str>) -> Self {
        let advice = advice.map(|advice| printable(advice).to_string());
        Self { name: name.into(), verdict, detail: printable(detail).to_string(), advice }
    }
}

/// Looks at everything and prints what was found.
pub fn run(args: &Args, start: &Start) -> Result<(), Failure> {
    let environment = Environment::of_process();
    let terminal = terminal::Terminal::look();
    let mut checks = terminal::checks(&terminal, &environment);
    checks.push(sync::check(terminal.interactive, &environment));
    checks.extend(files::checks(start, std::env::vars_os().map(|(name, _)| name)));
    checks.extend(store::checks(start));
    checks.extend(devices::checks());
    // Where a configuration is wrong, that is what there is to say.
    if let Ok(config) = &start.config
        && !args.offline
    {
        let context = Context { config: config.clone(), paths: start.paths.clone(), output: start.output };
        checks.extend(network::checks(&context)?);
    }
    print(&checks, start.output)?;
    let failed: Vec<&str> =
        checks.iter().filter(|check| check.verdict == Verdict::Fail).map(|check| check.name.as_ref()).collect();
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Error,
        "doctor",
        format!("{} of {} checks failed: {}", failed.len(), checks.len(), failed.join(", ")),
    ))
}

fn print(checks: &[Check], output: Output) -> Result<(), Failure> {
    if output.json {
        return output.json(&serde_json::json!({ "checks": checks }));
    }
    let rows: Vec<Vec<Cell>> = checks.iter().flat_map(rows).collect();
    output.table(&[Column::Left("check"), Column::Left("verdict"), Column::Left("found")], &rows)
}

/// A line for what was found, and one for what to do.
fn rows(check: &Check) -> Vec<Vec<Cell>> {
    let verdict = match check.verdict {
        Verdict::Ok => Cell::toned("ok", Tone::Good),
        Verdict::Warn => Cell::toned("warn", Tone::Warn),
        Verdict::Fail => Cell::toned("FAIL", Tone::Bad),
    };
    let found = vec![check.name.as_ref().into(), verdict, check.detail.as_str().into()];
    let advice =
        check.advice.as_ref().map(|advice| vec![Cell::default(), Cell::default(), format!("→ {advice}").into()]);
    std::iter::once(found).chain(advice).collect()
}

/// A size for people: `12 B`, `3 KiB`, `512 MiB`.
fn bytes(size: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"];
    let (mut size, mut units) = (size, units.into_iter());
    while size >= 10 * 1024 && units.len() > 1 {
        size /= 1024;
        units.next();
    }
    format!("{size} {}", units.next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(10_239), "10239 B");
        assert_eq!(bytes(10_240), "10 KiB");
        assert_eq!(bytes(512 << 20), "512 MiB");
        assert_eq!(bytes(u64::MAX), "16777215 TiB");
    }

    #[test]
    fn advice_stands_under_what_was_found() {
        assert_eq!(rows(&Check::ok("a", "b")).len(), 1);
        assert_eq!(rows(&Check::warn("a", "b", "c"))[1][2], Cell::from("→ c"));
    }

    #[test]
    fn a_check_is_printable() {
        assert!(!Check::fail("a", "b\x1b[2J", "c").detail.contains('\x1b'));
    }
}
