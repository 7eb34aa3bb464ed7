//! Carrying out, against what real contracts took and refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod calls;
mod refusals;
mod sending;
mod simulating;
