//! Exchequer: live markets, portfolios and multisig approvals in a terminal.
//!
//! The rooms, from the ground up. A room uses only what stands below it (`tests/floors.rs` checks that):
//!
//! | floor | room | is about |
//! |---|---|---|
//! | 0 | [`money`] | exact decimals with a meaning |
//! | 1 | [`market`] | instrument, order book, trade, ticker, candle |
//! | 1 | [`portfolio`] | what is owned: ledger, cost, valuation, performance |
//! | 1 | [`treasury`] | multisig wallets, proposals, the review before a signature |
//! | 2 | [`alert`] | rules about markets, and when they fire |
//! | 2 | [`venue`] | one exchange's dialect: frame ⇄ event, without I/O |
//! | 3 | [`chain`] | how the Bitcoin chain is reached: Esplora, Electrum, a node |
//! | 3 | [`feed`] | connections to venues; captures, recorded and replayed |
//! | 3 | [`store`] | the journal (the truth) and the cache (can be deleted) |
//! | 4 | [`desk`] | the running desk: commands go in, views come out |
//! | 5 | [`console`] | the terminal |
//! | 5 | [`sim`] | a simulated venue that speaks a real protocol |
//! | 6 | [`cli`] | one file a subcommand, exit codes |

#![forbid(unsafe_code)]

pub mod alert;
pub mod chain;
pub mod cli;
pub mod console;
pub mod desk;
pub mod device;
pub mod feed;
pub mod market;
pub mod money;
pub mod portfolio;
pub mod sim;
pub mod store;
pub mod treasury;
pub mod venue;
