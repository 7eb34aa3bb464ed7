//! What the journal keeps of treasuries: one event an entry.
//!
//! - An entry is on disk before what it announces is done: before a device is asked, and before a node is given anything.
//! - Signatures, proofs of devices and PSBTs stand here in full, so that an auditor can verify each of them again from the
//!   journal alone.

use crate::treasury::proposal::Event;
use serde::{Deserialize, Serialize};

/// An event. What it does is for [`crate::treasury::proposal::Treasury::apply`] to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Treasury(pub Box<Event>);

impl From<Event> for Treasury {
    fn from(event: Event) -> Self {
        Self(Box::new(event))
    }
}
