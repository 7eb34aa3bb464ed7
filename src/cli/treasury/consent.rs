//! Asking a person: warnings are accepted by a flag or by a typed word at a terminal, never by silence.

use super::super::{Context, Exit, Failure};
use crate::market::printable;
use crate::treasury::verdict::{Finding, Judgement, Verdict};
use std::io::{BufRead, IsTerminal, Write};

/// The flags by which a script says what a person would type.
#[derive(Clone, Debug, clap::Args)]
pub struct Consent {
    /// Goes on without asking
    #[arg(long)]
    pub yes: bool,
    /// Goes on though the review has warnings
    #[arg(long)]
    pub accept_warnings: bool,
}

/// Refuses what is blocked. `what` is what is about to be done, such as `sign`.
pub fn unblocked(verdict: &Verdict, what: &str) -> Result<(), Failure> {
    if verdict.judgement() != Judgement::Block {
        return Ok(());
    }
    let message = format!("the review does not let anybody {what} this");
    Err(Failure::new(Exit::Verification, "review-blocked", message).hint(listed(&verdict.blocks)))
}

/// Refuses what is blocked, and asks about warnings: before something that commits whoever does it.
pub fn weigh(verdict: &Verdict, what: &str, consent: &Consent, context: &Context) -> Result<(), Failure> {
    unblocked(verdict, what)?;
    let warnings = &verdict.warnings;
    if warnings.is_empty() || consent.accept_warnings {
        return Ok(());
    }
    if !asks() {
        let message = format!("the review has warnings: somebody has to accept them to {what} this");
        let hint = format!("{}\n--accept-warnings goes on", listed(warnings));
        return Err(Failure::new(Exit::Verification, "review-warnings", message).hint(hint));
    }
    context.output.note(&format!("{} warnings:", warnings.len()));
    for line in listed(warnings).lines() {
        context.output.note(&format!("  {line}"));
    }
    typed("yes", &format!("Go on and {what} in spite of them?"))
}

fn listed(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{}: {}", finding.code, finding.message)).collect::<Vec<_>>().join("\n")
}

/// Asks before something that cannot be taken back.
pub fn ask(question: &str, consent: &Consent) -> Result<(), Failure> {
    if consent.yes {
        return Ok(());
    }
    if !asks() {
        let message = format!("{question} nobody is there to say yes");
        return Err(Failure::new(Exit::Usage, "not-confirmed", message).hint("--yes goes on without asking"));
    }
    typed("yes", question)
}

/// Whether there is somebody to ask.
fn asks() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

fn typed(word: &str, question: &str) -> Result<(), Failure> {
    let mut answer = String::new();
    let mut to = std::io::stderr().lock();
    let asked = to.write_all(format!("{} Type {word}: ", printable(question)).as_bytes()).and_then(|()| to.flush());
    drop(to);
    let read = asked.and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    if read.is_ok() && answer.trim_end_matches(['\r', '\n']) == word {
        return Ok(());
    }
    Err(Failure::new(Exit::Refused, "not-confirmed", "nothing was done: it was not confirmed"))
}
