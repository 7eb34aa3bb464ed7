//! Proposing, and what each owner says to it.

use super::Safes;
use crate::market::Timestamp;
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::proposal::Refusal;

impl Safes {
    pub(super) fn proposed(&mut self, _event: &SafeEvent, _at: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }

    pub(super) fn of_owner(&mut self, _event: &SafeEvent, _at: Timestamp) -> Result<(), Refusal> {
        Ok(())
    }
}
