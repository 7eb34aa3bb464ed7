//! Who keeps the treasury: the fold of the journal, what the chains told, and the one way to change either.
//!
//! - An event is held against every rule, written to the journal, and only then taken in and acted on.
//! - A clerk works on a thread of its own, one thing after another; the desk's lock is held to put up what is shown.

use super::place::TreasurySettings;
use super::view::{EventView, SyncState, SyncView};
use super::{price, show};
use crate::chain::Source;
use crate::desk::chronicle::Chronicle;
use crate::desk::shared::Shared;
use crate::desk::{Operator, Scope};
use crate::market::{Timestamp, printable};
use crate::store::TreasuryFault;
use crate::store::journal::{Body, Reader};
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::review::facts::{Prices, Quote};
use crate::treasury::bitcoin::review::{Facts, Review, review};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::proposal::{Event, Identity, Proposal, ProposalId, Treasury, Vault, facts};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Events of a proposal that are told.
const MOST_EVENTS: usize = 100;

/// The treasury, and all that it takes to change it.
pub(super) struct Clerk {
    pub settings: TreasurySettings,
    pub shared: Arc<Shared>,
    chronicle: Option<Arc<Mutex<Chronicle>>>,
    /// What the journal says.
    pub treasury: Treasury,
    /// What was done about each proposal, the oldest first.
    history: HashMap<ProposalId, Vec<EventView>>,
    /// What the chains told.
    pub followed: BTreeMap<WalletId, Followed>,
    /// Who this desk refuses as.
    pub identity: Option<Identity>,
    /// Why nothing can be changed, if so.
    pub read_only: Option<String>,
    /// Reviews of what is done with, which no new price changes.
    pub done: HashMap<ProposalId, Arc<Review>>,
}

/// What a chain told of a wallet.
pub(super) struct Followed {
    pub state: State,
    pub source: Option<Source>,
    pub sync: SyncView,
}

impl Clerk {
    /// Reads the journal in `dir`, and what is kept beside it.
    pub fn open(
        settings: TreasurySettings,
        shared: Arc<Shared>,
        chronicle: Option<Arc<Mutex<Chronicle>>>,
        dir: Option<&Path>,
    ) -> Self {
        let mut clerk = Self {
            identity: settings.place.known_identity(),
            settings,
            shared,
            chronicle,
            treasury: Treasury::default(),
            history: HashMap::new(),
            followed: BTreeMap::new(),
            read_only: None,
            done: HashMap::new(),
        };
        if let Err(fault) = dir.map_or(Ok(()), |dir| clerk.read(dir)) {
            // What was folded up to here is not shown: who has approved what would be wrong.
            (clerk.treasury, clerk.history) = (Treasury::default(), HashMap::new());
            clerk.read_only = Some(fault.to_string());
            clerk.shared.notice(true, format!("the treasury is not shown: {fault}"));
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

    fn read(&mut self, dir: &Path) -> Result<(), TreasuryFault> {
        if !dir.is_dir() {
            return Ok(());
        }
        let mut reader = Reader::open(dir)?;
        while let Some(found) = reader.next()? {
            let (seq, at, entry) = (found.entry.seq, found.entry.at, found.entry);
            match entry.body {
                Body::Treasury(event) => {
                    let wrong = |cause| TreasuryFault::Contradiction { seq, cause: Box::new(cause) };
                    self.treasury.apply(&event.0, at).map_err(wrong)?;
                    self.note(at, &entry.actor, &event.0);
                }
                Body::Other { kind, .. } if kind == "treasury" => return Err(TreasuryFault::Later(seq)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Keeps what is told of an event beside the proposal that it is about.
    fn note(&mut self, at: Timestamp, actor: &str, event: &Event) {
        let Some(id) = about(event) else { return };
        let told = event.told();
        // Whose it is stands above already.
        let what = told.strip_prefix(&id.short()).map_or(told.as_str(), |rest| rest.trim_start_matches([':', ' ']));
        let text = |text: &str| -> Arc<str> { printable(text).chars().take(300).collect::<String>().into() };
        let events = self.history.entry(id).or_default();
        if events.len() == MOST_EVENTS {
            events.remove(0);
        }
        events.push(EventView { at, who: text(actor), what: text(what) });
    }

    /// What was done about a proposal, the newest first.
    pub fn events(&self, id: ProposalId) -> Vec<EventView> {
        self.history.get(&id).into_iter().flatten().rev().cloned().collect()
    }

    /// Follows the wallets that are not followed yet.
    fn follow_wallets(&mut self) {
        let sources = self.settings.place.sources();
        if let Err(error) = &sources {
            self.shared.notice(true, format!("no chain is asked: {error}"));
        }
        let sources = sources.unwrap_or_default();
        for vault in self.treasury.vaults() {
            let id = vault.wallet.id();
            if self.followed.contains_key(&id) {
                continue;
            }
            match self.settings.place.state(&vault.wallet) {
                Ok(state) => {
                    let source = sources.get(&id.to_string()).cloned();
                    let sync = SyncView {
                        state: if source.is_some() { SyncState::Idle } else { SyncState::Off },
                        source: source.as_ref().map(Source::to_string).unwrap_or_default().into(),
                        at: None,
                        height: state.tip().map(|tip| tip.height),
                    };
                    self.followed.insert(id, Followed { state, source, sync });
                }
                Err(error) => self.shared.notice(true, format!("{}: {error}", vault.wallet.name())),
            }
        }
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

    /// What the desk's books say that a bitcoin is worth.
    pub fn quotes(&self) -> Vec<Quote> {
        let (state, now) = (self.shared.state(), self.shared.now());
        price::quotes(&state.market, &self.settings.base, now)
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
        self.shared.state().treasury = Some(Arc::new(shown));
        self.shared.changed();
    }
}

/// The proposal that an event is about.
fn about(event: &Event) -> Option<ProposalId> {
    match event {
        Event::Proposed { proposal, .. }
        | Event::Viewed { proposal, .. }
        | Event::AwaitingDevice { proposal, .. }
        | Event::SigningFailed { proposal, .. }
        | Event::Approved { proposal, .. }
        | Event::Rejected { proposal, .. }
        | Event::Cancelled { proposal, .. }
        | Event::Expired { proposal }
        | Event::Superseded { proposal, .. }
        | Event::Conflicted { proposal, .. }
        | Event::Finalised { proposal, .. }
        | Event::Broadcasting { proposal, .. }
        | Event::Broadcast { proposal, .. }
        | Event::Confirmed { proposal, .. }
        | Event::Reorged { proposal, .. }
        | Event::Failed { proposal, .. } => Some(*proposal),
        _ => None,
    }
}
