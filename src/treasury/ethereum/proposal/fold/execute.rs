//! How a proposal ends, and its way to the chain.

use super::Safes;
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::proposal::Refusal;

impl Safes {
    pub(super) fn of_people(&mut self, _event: &SafeEvent, _at: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }

    pub(super) fn executed(&mut self, _event: &SafeEvent, _at: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }
}
