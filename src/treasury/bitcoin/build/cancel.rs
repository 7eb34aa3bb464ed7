//! Taking a payment back while it waits: a replacement that pays all its coins to ourselves.

use super::bump::Original;
use super::spend::{Rest, change};
use super::{BuildError, Built, Terms};
use crate::treasury::bitcoin::coins::{Marks, State};
use bitcoin::Txid;

/// Replaces a transaction by one that sends its coins to a fresh address for change. Whoever was paid is paid nothing.
pub fn cancel(state: &State, marks: &Marks, txid: Txid, terms: &Terms) -> Result<Built, BuildError> {
    let original = Original::of(state, marks, txid, terms)?;
    let spot = change(state, &[])?;
    let script = state.wallet().script(spot).ok_or(BuildError::Wrong("there is no place for change"))?;
    let mut built = original.replace(state, marks, terms, Vec::new(), Rest::All(script))?;
    built.change = Some((0, spot));
    Ok(built)
}
