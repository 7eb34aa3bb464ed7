//! Replaying captures: the same dialects, the same books, without a venue to ask.
//!
//! A book that falls out of step therefore waits for the next snapshot that the capture holds.

mod retelling;
mod summary;
mod survey;

#[cfg(test)]
mod tests;

pub use retelling::{ReplayError, Retelling, Told};
pub use summary::{BookSummary, Checksums, Replayer, Summary, Unread};
pub use survey::Survey;
