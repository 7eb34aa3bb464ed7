//! cancel.
use super::*;
use crate::treasury::bitcoin::coins::{Marks, State};

/// cancel
pub fn cancel(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Built, BuildError> {
    todo!()
}
