//! bump.
use super::*;
use crate::treasury::bitcoin::coins::{Marks, State};

/// bump
pub fn bump(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Built, BuildError> {
    todo!()
}
