//! The running desk: it owns the tasks and the state; commands go in, views come out. It knows no terminal.
//!
//! Every call names who asks (see [`Scope`]); what all may see and what one is doing are two values: a [`View`] holds
//! nothing private, a [`Query`] holds only that.

mod command;
mod scope;
mod state;
mod view;

pub use command::{Command, ReplayCommand};
pub use scope::{Operator, Role, Scope, Viewer};
pub use view::{
    BookView, Day, Focus, Health, Link, LinkState, Mode, Notice, Place, Query, Replay, Speed, Store, View, Watched,
};
