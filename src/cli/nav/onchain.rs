//! What chains last said of Safes and watched accounts, beside what the ledger says is owned.
//!
//! Nobody is asked: what counts is what was kept, by the rule of the desk.

use crate::cli::safe::reach::kept;
use crate::cli::treasury::read;
use crate::cli::{Context, Failure};
use crate::desk::Owned;
use crate::desk::treasury::balances;
use crate::market::VenueId;

/// What is owned, with what chains last said.
pub fn with(owned: Owned, context: &Context) -> Result<Owned, Failure> {
    if context.config.venue == Some(VenueId::Sim) {
        return Ok(owned);
    }
    let treasury = read(context)?;
    Ok(Owned { balances: balances(&treasury, |id| kept(id.chain_id, id.address, context)), ..owned })
}
