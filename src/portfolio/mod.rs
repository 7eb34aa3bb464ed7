//! What a desk owns, what it cost, and how it did.
//!
//! Pure: rows of text or values come in, figures come out. Money and quantities are exact decimals and are rounded where
//! they are printed, never before; only statistics over returns are floating point.

pub mod basis;
pub mod course;
pub mod estate;
pub mod export;
pub mod gains;
pub mod import;
pub mod ledger;
pub mod past;
pub mod performance;
pub mod series;
pub mod snapshot;
pub mod table;
pub mod trades;
pub mod unit;
pub mod valuation;
