//! What the commands of the treasury share: the journal opened and folded, names found, files read, and consent asked.
//!
//! - Whoever changes something holds the journal's lock from before it decides until the entry is on disk. A lock that
//!   is held for a moment is waited for; a console's is not, and is named.
//! - An entry is checked against every rule before it is written, and written before what it announces is done.

pub mod chains;
pub mod codes;
pub mod consent;
pub mod facts;
pub mod files;
pub mod find;
pub mod keys;
pub mod shown;
pub mod ways;

use super::journal::damaged;
use super::{Context, Exit, Failure};
use crate::feed::Clock;
use crate::market::{Timestamp, printable};
use crate::store::journal::{Body, Treasury as Entry, Who};
use crate::store::{Journal, TreasuryFault, open_treasury, read_treasury};
use crate::treasury::ethereum::proposal::{SafeEvent, SafeRefusal};
use crate::treasury::proposal::{Event, Refusal, Treasury};
use std::time::{Duration, Instant};

/// How long a journal that another process holds is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long before it is looked at again.
const PAUSE: Duration = Duration::from_millis(50);

/// The journal, held for writing, and the treasury that it makes.
#[derive(Debug)]
pub struct Writing {
    journal: Journal,
    /// The treasury as of the last entry.
    pub treasury: Treasury,
    clock: Clock,
}

/// The treasury as the journal has it, to be looked at.
pub fn read(context: &Context) -> Result<Treasury, Failure> {
    read_treasury(&context.paths.journal).map_err(|fault| faulty(context, fault))
}

impl Writing {
    /// Takes the journal, waiting for a command that has it for a moment.
    pub fn open(context: &Context) -> Result<Self, Failure> {
        let since = Instant::now();
        let (mut told, mut holder) = (false, None);
        let (journal, _, treasury) = open_treasury(&context.paths.journal, &mut |pid| {
            holder = pid;
            if !told && since.elapsed() > PAUSE * 4 {
                context.output.note(&format!("waiting for {}, which writes the journal", process(pid)));
                told = true;
            }
            std::thread::sleep(PAUSE);
            since.elapsed() < PATIENCE
        });
        let treasury = treasury.map_err(|fault| faulty(context, fault))?;
        if let Err(reason) = journal.writable() {
            let failure = Failure::new(Exit::Error, "journal_not_written", reason);
            return Err(match holder {
                Some(_) => failure
                    .hint(format!(
                        "{} has the journal; if it is a console, do this in its Treasury workspace, or quit it and try again",
                        process(holder)
                    ))
                    .retryable(),
                None => failure,
            });
        }
        Ok(Self { journal, treasury, clock: Clock::start() })
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The same for what happens to a Safe.
    pub fn safe(&mut self, event: SafeEvent) -> Result<(), Failure> {
        self.write(Event::Safe(Box::new(event)))
    }

    /// Checks an event against every rule, writes it, and takes it in. When this returns, it is on disk.
    pub fn write(&mut self, event: Event) -> Result<(), Failure> {
        let at = self.clock.now();
        // Taken in first: should the disk refuse, nobody looks at this value again.
        self.treasury.apply(&event, at)?;
        let body = Body::Treasury(Entry::from(event));
        let written = self.journal.append(at, Who::LOCAL, &body);
        written.map_err(|error| Failure::new(Exit::Error, "journal_not_written", error.to_string()))?;
        Ok(())
    }
}

fn process(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("the process {pid}"))
}

fn faulty(context: &Context, fault: TreasuryFault) -> Failure {
    match fault {
        TreasuryFault::Damaged(damage) => damaged(&context.paths.journal, &damage, 0),
        TreasuryFault::Later(_) => {
            Failure::new(Exit::Error, "journal_later", fault.to_string()).hint("use the version that wrote it")
        }
        TreasuryFault::Contradiction { .. } => Failure::new(Exit::Verification, "treasury", fault.to_string()),
    }
}

/// What the rules refuse, as a failed command: what was checked and is not what it claims to be has its own exit code.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        let exit = match &refusal {
            Refusal::OtherWallet { .. }
            | Refusal::OtherBytes { .. }
            | Refusal::FirstAddress { .. }
            | Refusal::Signature { .. }
            | Refusal::Incomplete { .. }
            | Refusal::ForgedRejection(_)
            | Refusal::OtherTransaction(_) => Exit::Verification,
            Refusal::NoWallet(_) | Refusal::NoProposal(_) | Refusal::NoSeat(_) | Refusal::NameTaken(_) => Exit::Usage,
            Refusal::Safe(
                SafeRefusal::Signature { .. }
                | SafeRefusal::ForgedRejection(_)
                | SafeRefusal::Denied(_)
                | SafeRefusal::Decimals { .. }
                | SafeRefusal::OtherRaw { .. },
            ) => Exit::Verification,
            Refusal::Safe(SafeRefusal::NoSafe(_) | SafeRefusal::NotOwner(_) | SafeRefusal::NoName) => Exit::Usage,
            _ => Exit::Error,
        };
        let failure = Self::new(exit, refusal.code(), printable(&refusal.to_string()));
        match &refusal {
            Refusal::Unarmed(name) => failure.hint(format!(
                "exchequer wallet confirm {name} --seat KEY --address TEXT for each cosigner, as their devices show it; \
                 --unarmed goes on without, and is written down"
            )),
            Refusal::NameTaken(_) => failure.hint("give it another: --name NAME"),
            _ => failure,
        }
    }
}
