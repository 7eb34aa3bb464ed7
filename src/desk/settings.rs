//! What a desk is started with.

use super::portfolio::{Owned, PortfolioSettings};
use super::treasury::TreasurySettings;
use super::{AlertSettings, Mode, Place, Speed};
use crate::feed::SettingsError;
use crate::feed::player::PlayerError;
use crate::market::{Fee, VenueId};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// What a desk is started with. The directories belong to one person on one machine.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The instruments to watch, in their order.
    pub watch: Vec<Place>,
    /// Levels a side to subscribe to.
    pub book_depth: usize,
    /// A book that is silent for so long is stale.
    pub stale_after: Duration,
    /// Other addresses than the venues' own.
    pub urls: BTreeMap<VenueId, String>,
    /// Other addresses than those that the venues are asked at.
    pub rest_urls: BTreeMap<VenueId, String>,
    /// What the venues take from those who take.
    pub fees: BTreeMap<VenueId, Fee>,
    /// A PEM file of certificate authorities that are trusted besides the built-in ones.
    pub authorities: Option<PathBuf>,
    /// Where the journal is; none is kept when `None`.
    pub journal: Option<PathBuf>,
    /// Where and how large the cache is; none is kept when `None`.
    pub cache: Option<CacheSettings>,
    /// Where settings are kept that the program itself changes; they are not kept when `None`.
    pub saved: Option<PathBuf>,
    /// How what is owned is valued, and where that comes from; nothing is shown of it when `None`.
    pub portfolio: Option<Owning>,
    /// Where the treasury is; nothing is shown of it when `None`.
    pub treasury: Option<TreasurySettings>,
    /// Alerts besides those in the journal, and how they are told.
    pub alerts: AlertSettings,
    /// A capture to replay instead of connecting to venues.
    pub capture: Option<Capture>,
}

/// How what is owned is valued, and where that comes from.
#[derive(Clone, Debug)]
pub struct Owning {
    /// How it is valued.
    pub settings: PortfolioSettings,
    /// What is owned, where that is not what the journal says.
    pub given: Option<Arc<Owned>>,
    /// Where the history of NAV and prices is; none is kept when `None`.
    pub history: Option<PathBuf>,
}

/// The cache's place and size.
#[derive(Clone, Debug)]
pub struct CacheSettings {
    /// Its directory.
    pub dir: PathBuf,
    /// Bytes on disk above which it is dropped and begun anew.
    pub limit: u64,
}

/// A capture to replay.
#[derive(Clone, Debug)]
pub struct Capture {
    /// The file.
    pub file: PathBuf,
    /// Whose frames it holds; found in the capture itself when `None`.
    pub venue: Option<VenueId>,
    /// How fast to begin.
    pub speed: Speed,
}

impl Settings {
    /// What kind of market this is.
    pub(super) fn mode(&self) -> Mode {
        if self.capture.is_some() {
            Mode::Replay
        } else if self.watch.iter().any(|place| place.venue == VenueId::Sim) {
            Mode::Demo
        } else {
            Mode::Live
        }
    }

    /// Whether a place may be watched on this desk: what is simulated never stands beside what is real.
    pub(super) fn suits(&self, place: &Place) -> bool {
        (place.venue == VenueId::Sim) == (self.mode() == Mode::Demo)
    }
}

/// Why a desk could not start.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// Connections cannot be made as configured.
    #[error(transparent)]
    Feed(#[from] SettingsError),
    /// The capture cannot be played.
    #[error(transparent)]
    Capture(#[from] PlayerError),
    /// Simulated and real markets are asked for at once.
    #[error("a desk shows simulated or real markets, never both")]
    Mixed,
}
