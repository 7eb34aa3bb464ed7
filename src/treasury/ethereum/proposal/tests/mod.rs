//! How a treasury of Safes is folded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod bench;
mod chain;
mod facts;
mod kinds;
mod mutations;
mod nested;
mod property;
mod rules;
mod seen;
