//! Connections against servers on loopback that do what the test tells them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod stream;
mod tls;
mod venue;
