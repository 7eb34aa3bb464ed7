//! What is kept on disk: the journal (append-only, the truth), the history of what the desk was worth (Parquet) and the
//! cache (sled, can be deleted at any time).
//!
//! - The journal never depends on the cache; its index lives there and can be rebuilt from the journal at will.
//! - Nothing here stops the program when it is opened: what went wrong, and what that means, is a [`Notice`].
//! - Time comes in as a value; the only things touched are files under the directories given.

pub mod cache;
pub mod history;
pub mod journal;

mod index;
mod ledger;
mod notice;
mod saved;
mod treasury;

pub use cache::Cache;
pub use history::History;
pub use index::Index;
pub use journal::Journal;
pub use ledger::{Books, LedgerFault, read_books};
pub use notice::Notice;
pub use saved::Saved;
pub use treasury::{TreasuryFault, open_treasury, read_treasury};
