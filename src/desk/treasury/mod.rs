//! The treasury of a running desk: wallets, what waits for approval, and what was done about it.
//!
//! - What is shown is folded from the journal and from what the chain said, with when and by whom it was said.
//! - There is one review, and every way to a signature goes through it; a wish to sign or to broadcast says what its
//!   owner saw, and is refused when that is no longer what the review says.

mod acts;
mod balance;
mod clerk;
mod consent;
mod device;
mod follow;
pub(super) mod keeper;
mod place;
mod price;
mod reading;
mod safe;
mod secret;
pub(super) mod show;
#[cfg(test)]
mod tests;
mod view;
mod wish;

pub use balance::balances;
pub use device::{Bench, Devices, Reply, Simulated};
pub use place::{Funds, Place, Prepare, ServiceKey, TreasurySettings, Way, Ways, random};
pub use secret::Secret;
pub use view::{
    Account, AddressView, Balance, CallView, Challenge, Chosen, CoinView, CompetitorView, ControlView, EffectView,
    EstimateView, EventView, ExecutionView, HotKey, JournalView, KeyView, Kind, Leaves, Missing, OwnerView, PageView,
    Payee, PriceView, ProposalRow, ProposalView, QuarantinedView, Recipients, SafePage, SafeTxView, SafeView,
    SeatStanding, SeatView, SenderView, ServiceState, ServiceView, SigningView, SimulatedView, Stage, Subject,
    SyncState, SyncView, TokenView, TreasuryQuery, TreasuryView, Tried, Waiting, WalletPage, WalletView, Who, coins,
    collects, grouped, sendable,
};
pub use wish::{Draft, Given, Marked, Seen, Wish};

use std::time::Duration;

/// What a chain said of a Safe or an account longer ago than this is marked as old.
pub const OLD_AFTER: Duration = Duration::from_secs(600);
