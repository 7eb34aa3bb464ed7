//! What the desk writes into the journal, and what it makes of a journal that cannot be written.
//!
//! An entry is on disk before what it announces is done; where it cannot be written, the thing is not done.

use super::shared::Shared;
use super::{Health, Role, Scope};
use crate::market::Timestamp;
use crate::store::journal::{AppendError, Body, Link, Start, Stop, Who};
use crate::store::{self, Journal};
use std::path::Path;

/// The desk's hold on its journal.
#[derive(Debug)]
pub(super) struct Chronicle {
    journal: Journal,
    locked: bool,
    /// Whether it is the desk's own, whose state is on the screen.
    own: bool,
}

impl Chronicle {
    /// Opens the journal, which verifies all of it, and records the start. What went wrong is told on the screen.
    pub fn open(dir: &Path, shared: &Shared) -> Self {
        Self::begin(dir, shared, true)
    }

    /// Opens a journal that is not the desk's own.
    pub fn beside(dir: &Path, shared: &Shared) -> Self {
        Self::begin(dir, shared, false)
    }

    fn begin(dir: &Path, shared: &Shared, own: bool) -> Self {
        let (journal, notices) = Journal::open(dir);
        let locked = notices.iter().any(|notice| matches!(notice, store::Notice::JournalLocked { .. }));
        for notice in notices {
            shared.notice(true, notice.to_string());
        }
        let mut chronicle = Self { journal, locked, own };
        let start = Start { version: env!("CARGO_PKG_VERSION").into(), pid: std::process::id() };
        // A journal that is read-only has said so already.
        if chronicle.journal.writable().is_ok()
            && let Err(error) = chronicle.write(&Scope::local(), shared, &Body::Start(start))
        {
            shared.notice(true, error.to_string());
        }
        chronicle.report(shared);
        chronicle
    }

    /// Whether another process writes the journal.
    pub fn locked(&self) -> bool {
        self.locked
    }

    /// Writes one entry on behalf of `scope`.
    pub fn write<R: Role>(&mut self, scope: &Scope<R>, shared: &Shared, body: &Body) -> Result<(), AppendError> {
        self.write_at(shared.now(), scope, shared, body)
    }

    /// The same, at a moment that was taken before.
    pub fn write_at<R: Role>(
        &mut self,
        at: Timestamp,
        scope: &Scope<R>,
        shared: &Shared,
        body: &Body,
    ) -> Result<(), AppendError> {
        let who = Who { actor: scope.actor(), tenant: scope.tenant() };
        let written = self.journal.append(at, who, body).map(drop);
        self.report(shared);
        written
    }

    /// Records the end.
    pub fn close(&mut self, shared: &Shared, reason: &str) {
        if self.journal.writable().is_ok()
            && let Err(error) = self.write(&Scope::local(), shared, &Body::Stop(Stop { reason: reason.into() }))
        {
            tracing::warn!("{error}");
        }
    }

    /// Its newest entry.
    pub fn link(&self) -> Link {
        self.journal.link()
    }

    /// Why nothing can be written, if so.
    pub fn refuses(&self) -> Option<String> {
        self.journal.writable().err().map(str::to_owned)
    }

    fn report(&self, shared: &Shared) {
        if !self.own {
            return;
        }
        let store = &mut shared.state().store;
        store.reached(self.journal.link());
        store.journal = match self.journal.writable() {
            Ok(()) => Health::Good,
            Err(reason) => Health::ReadOnly(reason.to_owned()),
        };
    }
}
