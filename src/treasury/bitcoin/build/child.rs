//! child.
use super::*;
use crate::treasury::bitcoin::coins::{Marks, State};

/// child
pub fn child(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Built, BuildError> {
    todo!()
}
