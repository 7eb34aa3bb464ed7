//! Who keeps the treasury: the fold of the journal, what the chains told, and the one way to change either.
//!
//! - An event is held against every rule, written to the journal, and only then taken in and acted on.
//! - A clerk works on a thread of its own, one thing after another; the desk's lock is held to put up what is shown.

use super::device::{Asked, Hatch};
use super::follow::Steps;
use super::place::{Funds, TreasurySettings};
use super::reading::Reading;
use super::safe::SafeFollowed;
use super::view::{Chosen, EstimateView, EventView, JournalView, SyncState, SyncView};
use super::{balance, price, show};
use crate::chain::Source;
use crate::desk::chronicle::Chronicle;
use crate::desk::shared::Shared;
use crate::desk::{Mode, Operator, Scope};
use crate::market::printable;
use crate::store::journal::{Body, Link};
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::review::facts::{Prices, Quote};
use crate::treasury::bitcoin::review::{Facts, Review, review};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::ethereum::review::{Facts as SafeFacts, Review as SafeReview};
use crate::treasury::proposal::{Event, Identity, Proposal, ProposalId, Treasury, Vault, facts};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The treasury, and all that it takes to change it.
pub(super) struct Clerk {
    pub settings: TreasurySettings,
    pub shared: Arc<Shared>,
    chronicle: Option<Arc<Mutex<Chronicle>>>,
    /// What the journal says.
    pub treasury: Treasury,
    /// What was done about each proposal, the oldest first.
    pub history: HashMap<ProposalId, Vec<EventView>>,
    /// How far the journal was read; nothing when it is not to be read.
    pub reading: Option<Reading>,
    /// What the chains told.
    pub followed: BTreeMap<WalletId, Followed>,
    /// What the chains and services of Safes told.
    pub safes: BTreeMap<SafeId, SafeFollowed>,
    /// What was last read of watched accounts.
    pub watched: BTreeMap<SafeId, Funds>,
    /// Reviews of what is done with for Safes, and what they were made with.
    pub done_safe: HashMap<ProposalId, (Arc<SafeReview>, Arc<SafeFacts>)>,
    /// What carrying things out would come to, as somebody asked.
    pub estimates: BTreeMap<ProposalId, Arc<EstimateView>>,
    /// Who this desk refuses as.
    pub identity: Option<Identity>,
    /// Why nothing can be changed, if so.
    pub read_only: Option<String>,
    /// Reviews of what is done with, which no new price changes.
    pub done: HashMap<ProposalId, Arc<Review>>,
    /// Wallets and Safes whose chain somebody wants to be asked.
    pub wanted: VecDeque<Chosen>,
    /// Safes with proposals whose calls the chain has not been asked about: until then their reviews say less.
    pub unasked: BTreeSet<SafeId>,
    /// The device that is asked to sign.
    pub asked: Option<Asked>,
    /// Where whoever draws sees how far that has come, and answers what it asks.
    pub hatch: Arc<Hatch>,
}

/// What a chain told of a wallet.
pub(super) struct Followed {
    pub state: State,
    pub source: Option<Source>,
    pub sync: SyncView,
    /// How far the look that is under way has come.
    pub steps: Arc<Steps>,
}

impl Followed {
    /// How it stands to its chain at this moment.
    pub fn sync(&self) -> SyncView {
        match self.sync.state {
            SyncState::Running { .. } => SyncView { state: self.steps.state(), ..self.sync.clone() },
            _ => self.sync.clone(),
        }
    }
}

impl Clerk {
    /// Reads the journal in `dir`, and what is kept beside it.
    pub fn open(
        settings: TreasurySettings,
        shared: Arc<Shared>,
        chronicle: Option<Arc<Mutex<Chronicle>>>,
        dir: Option<&Path>,
        hatch: Arc<Hatch>,
    ) -> Self {
        let mut clerk = Self {
            identity: settings.place.known_identity(),
            settings,
            shared,
            chronicle,
            treasury: Treasury::default(),
            history: HashMap::new(),
            reading: dir.map(|dir| Reading::new(dir.to_owned())),
            followed: BTreeMap::new(),
            safes: BTreeMap::new(),
            watched: BTreeMap::new(),
            done_safe: HashMap::new(),
            estimates: BTreeMap::new(),
            read_only: None,
            done: HashMap::new(),
            wanted: VecDeque::new(),
            unasked: BTreeSet::new(),
            asked: None,
            hatch,
        };
        if let Err(fault) = clerk.read() {
            clerk.give_up(&fault);
        }
        if clerk.read_only.is_none() {
            clerk.read_only = match &clerk.chronicle {
                Some(chronicle) => chronicle.lock().unwrap_or_else(PoisonError::into_inner).refuses(),
                None => Some("there is no journal to record it in".to_owned()),
            };
        }
        clerk.follow_wallets();
        clerk
    }

    /// Follows the wallets that are not followed yet, and those to whose chain a way was given meanwhile.
    pub(super) fn follow_wallets(&mut self) {
        self.follow_safes();
        let sources = self.settings.place.sources();
        if let Err(error) = &sources {
            self.shared.notice(true, format!("no chain is asked: {error}"));
        }
        let sources = sources.unwrap_or_default();
        for vault in self.treasury.vaults() {
            let id = vault.wallet.id();
            if self.followed.get(&id).is_some_and(|followed| followed.source.is_some()) {
                continue;
            }
            match self.settings.place.state(&vault.wallet) {
                Ok(state) => {
                    let source = sources.get(&id.to_string()).cloned();
                    let sync = SyncView {
                        state: if source.is_some() { SyncState::Idle } else { SyncState::Off },
                        source: source.as_ref().map(Source::to_string).unwrap_or_default().into(),
                        at: None,
                        height: state.tip().map(|tip| tip.height.into()),
                    };
                    self.followed.insert(id, Followed { state, source, sync, steps: Arc::default() });
                }
                Err(error) => self.shared.notice(true, format!("{}: {error}", vault.wallet.name())),
            }
        }
    }

    /// The number of a proposal, which people call it by.
    pub fn number(&self, id: ProposalId) -> u64 {
        self.treasury.number(id).and_then(|number| u64::try_from(number).ok()).unwrap_or_default()
    }

    /// What people call a proposal.
    pub fn called(&self, id: ProposalId) -> String {
        self.treasury.number(id).map_or_else(|| id.short(), |number| format!("#{number}"))
    }

    /// Holds an event against every rule, writes it down, and takes it in.
    pub fn record(&mut self, scope: &Scope<Operator>, event: Event) -> Result<(), String> {
        if let Some(reason) = &self.read_only {
            return Err(format!("nothing is changed: {reason}"));
        }
        let Some(chronicle) = self.chronicle.clone() else { return Err("there is no journal".to_owned()) };
        let at = self.shared.now();
        let mut next = self.treasury.clone();
        next.apply(&event, at).map_err(|refusal| printable(&refusal.to_string()).into_owned())?;
        let mut chronicle = chronicle.lock().unwrap_or_else(PoisonError::into_inner);
        let body = Body::Treasury(event.clone().into());
        chronicle.write_at(at, scope, &self.shared, &body).map_err(|error| error.to_string())?;
        drop(chronicle);
        self.treasury = next;
        self.note(at, scope.actor(), &event);
        Ok(())
    }

    /// The newest entry that was taken in.
    pub fn end(&self) -> JournalView {
        let read = self.reading.as_ref().filter(|_| self.read_only.is_some()).map(Reading::link);
        let written = || Some(self.chronicle.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner).link());
        let end = read.or_else(written).unwrap_or(Link::START);
        JournalView { entries: end.seq, head: end.hash.to_string().into() }
    }

    /// What the desk's books say that a bitcoin is worth.
    pub fn quotes(&self) -> Vec<Quote> {
        let (state, now) = (self.shared.state(), self.shared.now());
        price::quotes(&state.market, "BTC", &self.settings.base, now)
    }

    /// What is known when a proposal is reviewed now.
    pub fn facts(&self, vault: &Vault, proposal: &Proposal, quotes: &[Quote]) -> Facts {
        let state = self.followed.get(&vault.wallet.id()).map(|followed| &followed.state);
        let known = facts(&self.treasury, vault, state, Some(proposal), self.shared.now());
        Facts { prices: Prices { quotes: quotes.to_vec(), ..Prices::default() }, ..known }
    }

    /// The review of a proposal as a signer would get it now.
    pub fn review(&self, vault: &Vault, proposal: &Proposal, quotes: &[Quote]) -> Review {
        review(&proposal.signed(), &vault.wallet, &self.facts(vault, proposal, quotes))
    }

    /// Puts up what is to be seen.
    pub fn show(&mut self, at_work: Option<&str>) {
        let shown = show::shown(self, at_work);
        let balances = balance::balances(&self.treasury, |id| {
            let safe = self.safes.get(&id).and_then(|followed| followed.funds.as_ref());
            safe.or_else(|| self.watched.get(&id)).cloned()
        });
        let mut state = self.shared.state();
        state.treasury = Some(Arc::new(shown));
        // The demo's Safes are there to be seen; what the demo owns is told apart from them.
        if state.mode != Mode::Demo && state.balances.as_ref() != Some(&balances) {
            state.balances = Some(balances);
        }
        drop(state);
        self.shared.changed();
    }
}
