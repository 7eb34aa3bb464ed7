//! What is kept on disk: the journal (append-only, the truth) and the cache (sled, can be deleted at any time).
//!
//! - Nothing here stops the program when it is opened: what went wrong, and what that means, is a [`Notice`].
//! - Time comes in as a value; the only things touched are files under the two directories given.

pub mod journal;

mod notice;

pub use journal::Journal;
pub use notice::Notice;
