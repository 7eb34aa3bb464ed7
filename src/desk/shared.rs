//! What the desk's tasks and its readers have in common: the state, the clock, and the word that something has changed.

use super::state::State;
use crate::feed::Clock;
use crate::market::Timestamp;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

#[derive(Debug)]
pub(super) struct Shared {
    state: Mutex<State>,
    changed: watch::Sender<()>,
    pub clock: Clock,
}

impl Shared {
    pub fn new(state: State, clock: Clock) -> Self {
        Self { state: Mutex::new(state), changed: watch::Sender::new(()), clock }
    }

    /// The state. Hold it for microseconds: every connection and every reader waits for it.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes whoever waits for a change. Many changes before they look are one.
    pub fn changed(&self) {
        self.changed.send_replace(());
    }

    pub fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Tells the user something, on the screen and in the log.
    pub fn notice(&self, warning: bool, text: impl Into<String>) {
        let text = text.into();
        match warning {
            true => tracing::warn!("{text}"),
            false => tracing::info!("{text}"),
        }
        self.state().notice(self.now(), warning, text);
        self.changed();
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
