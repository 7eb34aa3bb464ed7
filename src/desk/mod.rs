//! The running desk: it owns the tasks and the state; commands go in, views come out. It knows no terminal.
//!
//! - Every call names who asks (see [`Scope`]); what all may see and what one is doing are two values: a [`View`] holds
//!   nothing private, a [`Query`] holds only that.
//! - Books are changed in place under a lock that is held for microseconds; a view is a copy of the few levels that are
//!   shown. Commands travel through a bounded queue; one that finds it full is refused and says so.
//! - The journal is written before what it announces is done; the cache is written now and then, and may be lost.

#![deny(clippy::float_arithmetic)]

pub mod alert;
mod chronicle;
mod command;
mod consolidated;
mod ear;
mod line;
mod memory;
pub mod portfolio;
mod scope;
mod settings;
mod shared;
mod state;
pub mod treasury;
mod view;
mod work;

pub use alert::{AlertSettings, AlertView, AlertWish, AlertsView, FiredView};
pub use command::Command;
pub use consolidated::{Across, AcrossView};
pub use line::Line;
pub use portfolio::{Owned, PortfolioSettings};
pub use scope::{Operator, Role, Scope, Viewer};
pub use settings::{CacheSettings, Capture, DeskError, Owning, Settings};
pub use view::{
    BookView, Day, Focus, Health, Link, LinkState, Mode, Notice, Place, Query, Replay, Speed, Statistics, Steer, Store,
    View, Watched,
};

use crate::feed::Clock;
use shared::Shared;
use state::State;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use work::{Order, Work};

/// Commands that may wait; a person does not type faster than this.
const QUEUE: usize = 64;

/// A running desk. Dropping it ends its connections without a word in the journal; see [`Desk::stop`].
#[derive(Debug)]
pub struct Desk {
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    work: JoinHandle<()>,
}

impl Desk {
    /// Starts a desk on the runtime that this is called on: recalls the cache, then connects. What goes wrong with the
    /// journal or the cache is a notice in the views and stops nothing.
    pub fn start(settings: Settings) -> Result<Self, DeskError> {
        let mut state = State::new(settings.mode(), settings.watch.clone(), settings.stale_after);
        state.fees.clone_from(&settings.fees);
        let shared = Arc::new(Shared::new(state, Clock::start()));
        let (orders, queue) = mpsc::channel(QUEUE);
        let work = Work::begin(settings, Arc::clone(&shared))?;
        Ok(Self { shared, orders, work: tokio::spawn(work.run(queue)) })
    }

    /// A way to look at the desk and, as far as the role of `scope` goes, to steer it.
    pub fn handle<R: Role>(&self, scope: Scope<R>) -> Handle<R> {
        Handle { scope, shared: Arc::clone(&self.shared), orders: self.orders.clone(), changes: self.shared.changes() }
    }

    /// Ends all connections, keeps what is to be remembered, and records the end in the journal.
    pub async fn stop(self, reason: &str) {
        // A desk whose work has ended already needs no stopping.
        let _ = self.orders.send(Order::Stop(reason.to_owned())).await;
        let _ = self.work.await;
    }
}

/// One reader's, or one operator's, way to a desk.
#[derive(Clone, Debug)]
pub struct Handle<R: Role> {
    scope: Scope<R>,
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    changes: watch::Receiver<()>,
}

impl<R: Role> Handle<R> {
    /// What there is to see now.
    pub fn view(&mut self, query: &Query) -> View {
        self.changes.mark_unchanged();
        self.shared.state().view(query, self.shared.now())
    }

    /// The instruments that could be watched and are not.
    pub fn instruments(&self) -> Vec<Place> {
        self.shared.state().instruments().collect()
    }

    /// Waits until something has changed since the last view. Never ends after the desk has.
    pub async fn changed(&mut self) {
        if self.changes.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// The same desk, for someone who may only look.
    pub fn viewer(&self) -> Handle<Viewer> {
        Handle {
            scope: self.scope.viewer(),
            shared: Arc::clone(&self.shared),
            orders: self.orders.clone(),
            changes: self.changes.clone(),
        }
    }
}

impl Handle<Operator> {
    /// Asks the desk to do something. What came of it shows in the views.
    pub fn command(&self, command: Command) {
        let order = Order::Command(self.scope.clone(), command);
        if self.orders.try_send(order).is_err() {
            self.shared.notice(true, "the desk is busy: that command was not taken, try again");
        }
    }
}
