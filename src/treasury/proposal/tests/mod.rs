//! The rules of the approval model, each held by a test that fails without its guard.

mod bench;
mod fate;
mod names;
mod property;
mod rules;
mod threats;
