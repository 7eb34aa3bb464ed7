//! sweep.
use super::*;
use crate::treasury::bitcoin::coins::{Marks, State};

/// sweep
pub fn sweep(state: &State, marks: &Marks, to: ScriptBuf, terms: &Terms) -> Result<Built, BuildError> {
    todo!()
}

/// When a coin can be taken by a recovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ripeness {
    /// Now.
    Ripe,
    /// In so many blocks.
    Blocks(u32),
    /// From that time on, in seconds since 1970.
    Time(u64),
    /// Not before it is confirmed.
    Unconfirmed,
}

/// When each coin can be taken by the recovery at this place of `Policy::recovery()`.
pub fn ripeness(state: &State, recovery: usize) -> Result<Vec<(OutPoint, Ripeness)>, BuildError> {
    todo!()
}
