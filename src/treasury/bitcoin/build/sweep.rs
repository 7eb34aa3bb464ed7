//! A sweep: everything that may be taken goes to one address. By a recovery it takes what is ripe, and says how long the
//! soonest coin has to wait when nothing is.

use super::{BuildError, Built, Payment, Sum, Terms, pay};
use crate::treasury::bitcoin::coins::{Marks, State};
use bitcoin::ScriptBuf;

/// Sends everything that the terms allow to one script.
pub fn sweep(state: &State, marks: &Marks, to: ScriptBuf, terms: &Terms) -> Result<Built, BuildError> {
    pay(state, marks, &[Payment { script: to, sum: Sum::Max }], terms)
}
