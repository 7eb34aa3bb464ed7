//! pay.
use super::*;
use crate::treasury::bitcoin::coins::{Marks, State};

/// pay
pub fn pay(state: &State, marks: &Marks, payments: &[Payment], terms: &Terms) -> Result<Built, BuildError> {
    todo!()
}
