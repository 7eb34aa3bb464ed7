//! How the clerk reads the journal: all of it at the start, and, where another process writes it, what is added since.

use super::clerk::Clerk;
use super::view::EventView;
use crate::market::{Timestamp, printable};
use crate::store::TreasuryFault;
use crate::store::journal::{Body, Link, Position, Reader, Tail};
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::proposal::{Event, ProposalId, Treasury};
use std::path::PathBuf;
use std::sync::Arc;

/// Events of a proposal that are told.
const MOST_EVENTS: usize = 100;

/// How far a journal was read.
pub(super) struct Reading {
    dir: PathBuf,
    end: Option<Position>,
    link: Link,
}

impl Reading {
    /// Nothing yet of the journal in this folder.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, end: None, link: Link::START }
    }

    /// The newest entry that was read.
    pub fn link(&self) -> Link {
        self.link
    }

    /// A reader that begins where the last one ended.
    fn resume(&self) -> Result<Reader, TreasuryFault> {
        Ok(match self.end {
            Some(end) => Reader::resume(&self.dir, end, self.link)?,
            None => Reader::open(&self.dir)?,
        })
    }

    fn reached(&mut self, reader: &Reader) {
        self.link = reader.link();
        self.end = reader.end().map(|end| match reader.tail() {
            // The line feed that is still to come belongs to the line that was taken in.
            Tail::Unterminated => Position { offset: end.offset + 1, ..end },
            _ => end,
        });
    }
}

impl Clerk {
    /// Reads on from where it ended the last time.
    pub(super) fn read(&mut self) -> Result<(), TreasuryFault> {
        let Some(mut reading) = self.reading.take().filter(|reading| reading.dir.is_dir()) else { return Ok(()) };
        let mut reader = reading.resume()?;
        while let Some(found) = reader.next()? {
            let (seq, at, entry) = (found.entry.seq, found.entry.at, found.entry);
            match entry.body {
                Body::Treasury(event) => {
                    let wrong = |cause| TreasuryFault::Contradiction { seq, cause: Box::new(cause) };
                    self.treasury.apply(&event.0, at).map_err(wrong)?;
                    self.note(at, &entry.actor, &event.0);
                }
                Body::Other { kind, .. } if kind == "treasury" => return Err(TreasuryFault::Later(seq)),
                _ => {}
            }
        }
        reading.reached(&reader);
        self.reading = Some(reading);
        Ok(())
    }

    /// What was folded up to a fault is not shown: who has approved what would be wrong.
    pub(super) fn give_up(&mut self, fault: &TreasuryFault) {
        (self.treasury, self.history, self.reading) = (Treasury::default(), Default::default(), None);
        self.read_only = Some(fault.to_string());
        self.shared.notice(true, format!("the treasury is not shown: {fault}"));
    }

    /// Takes in what another process has written since. Whoever writes the journal itself has nobody to catch up with.
    pub fn catch_up(&mut self) {
        let Some(reading) = self.reading.as_ref().filter(|_| self.read_only.is_some()) else { return };
        if !Reader::has_more(&reading.dir, reading.end) {
            return;
        }
        let before = reading.link.seq;
        if let Err(fault) = self.read() {
            self.give_up(&fault);
            return;
        }
        let Some(link) = self.reading.as_ref().map(Reading::link).filter(|link| link.seq > before) else { return };
        if self.settings.place.journal.is_none() {
            self.shared.state().store.reached(link);
        }
        self.follow_wallets();
    }

    /// Keeps what is told of an event beside the proposal that it is about. Of what is new for a Safe its chain is to be asked.
    pub(super) fn note(&mut self, at: Timestamp, actor: &str, event: &Event) {
        if let Event::Safe(event) = event
            && let SafeEvent::Proposed { safe, .. } = **event
        {
            self.unasked.insert(safe);
        }
        let Some(id) = event.proposal() else { return };
        let told = event.told();
        // Whose it is stands above already.
        let what = told.strip_prefix(&id.short()).map_or(told.as_str(), |rest| rest.trim_start_matches([':', ' ']));
        let text = |text: &str| -> Arc<str> { printable(text).chars().take(300).collect::<String>().into() };
        let events = self.history.entry(id).or_default();
        if events.len() == MOST_EVENTS {
            events.remove(0);
        }
        events.push(EventView { at, who: text(actor), what: text(what) });
    }

    /// What was done about a proposal, the newest first.
    pub fn events(&self, id: ProposalId) -> Vec<EventView> {
        self.history.get(&id).into_iter().flatten().rev().cloned().collect()
    }
}
