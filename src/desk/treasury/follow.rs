//! Looking at chains: what wallets own, and what has become of what was sent.

use super::clerk::{Clerk, Followed};
use super::view::{Chosen, SyncState};
use crate::chain::{self, Chain, ChainError, Progress, Scan, Settings, Source, Status, Watch};
use crate::desk::{Operator, Scope};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::proposal::{Answer, Event, ProposalId, became, unsettled};
use bdk_wallet::Update;
use bitcoin::{Transaction, Txid};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Proposals of a wallet whose transactions are asked for at one look.
const MOST_ASKED: usize = 20;

/// A question to a chain, to be asked on a thread that may wait.
pub(super) struct Question {
    wallet: WalletId,
    source: Source,
    settings: Settings,
    request: Request,
    /// Transactions whose fate is not settled.
    sent: Vec<(ProposalId, Transaction)>,
    steps: Arc<Steps>,
}

/// How far a look at a chain has come, for whoever draws meanwhile.
#[derive(Debug, Default)]
pub(super) struct Steps {
    done: AtomicU64,
    /// 0 where it is not known how many there are.
    of: AtomicU64,
}

impl Steps {
    /// In a view.
    pub fn state(&self) -> SyncState {
        let of = self.of.load(Ordering::Relaxed);
        SyncState::Running { done: self.done.load(Ordering::Relaxed), of: (of > 0).then_some(of) }
    }
}

impl Watch for Steps {
    fn progress(&self, progress: Progress) {
        self.done.store(progress.done, Ordering::Relaxed);
        self.of.store(progress.of.unwrap_or_default(), Ordering::Relaxed);
    }
}

enum Request {
    Full(Box<bdk_wallet::chain::spk_client::FullScanRequest<bdk_wallet::KeychainKind>>),
    Sync(Box<bdk_wallet::chain::spk_client::SyncRequest<(bdk_wallet::KeychainKind, u32)>>),
}

/// What a chain answered.
pub(super) struct Found {
    pub wallet: WalletId,
    pub update: Result<Box<Update>, ChainError>,
    pub became: Vec<(ProposalId, Status)>,
}

impl Question {
    /// Asks.
    pub fn ask(self) -> Found {
        let Self { wallet, source, settings, request, sent, steps } = self;
        let failed = |error| Found { wallet, update: Err(error), became: Vec::new() };
        let chain = match chain::open(&source, &settings) {
            Ok(chain) => chain,
            Err(error) => return failed(error),
        };
        let update = match request {
            Request::Full(request) => chain.full_scan(*request, Scan::default(), &*steps),
            Request::Sync(request) => chain.sync(*request, &*steps),
        };
        // What is not answered now is asked again at the next look.
        let asked = sent.into_iter().filter_map(|(id, transaction)| Some((id, chain.status(&transaction).ok()?)));
        let became = asked.collect();
        Found { wallet, update: update.map(Box::new), became }
    }
}

impl Clerk {
    fn settings_for(&self, wallet: WalletId) -> Result<Settings, String> {
        let vault = self.treasury.vault(wallet).map_err(|refusal| refusal.to_string())?;
        let authorities = self.settings.authorities.clone();
        Ok(Settings { patience: PATIENCE, authorities, ..Settings::new(vault.wallet.network()) })
    }

    /// Which way leads to a wallet's chain.
    pub fn source(&self, wallet: WalletId) -> Result<Source, String> {
        let source = self.followed.get(&wallet).and_then(|followed| followed.source.clone());
        source.ok_or_else(|| "the wallet has no chain: exchequer wallet sync NAME --chain says which".to_owned())
    }

    /// The way to a wallet's chain, opened, and what the server is called.
    pub fn chain(&self, wallet: WalletId) -> Result<(Box<dyn Chain>, String), String> {
        let source = self.source(wallet)?;
        let chain = chain::open(&source, &self.settings_for(wallet)?).map_err(|error| error.to_string())?;
        Ok((chain, source.host()))
    }

    /// What is to be asked about a wallet; an error when it has no chain.
    pub fn question(&mut self, wallet: WalletId) -> Result<Question, String> {
        let settings = self.settings_for(wallet)?;
        let height = self.followed.get(&wallet).and_then(|followed| followed.sync.height).unwrap_or_default();
        let mut sent = unsettled(&self.treasury, wallet, u32::try_from(height).unwrap_or(u32::MAX));
        sent.truncate(MOST_ASKED);
        let now = u64::try_from(self.shared.now().secs()).unwrap_or_default();
        let source = self.source(wallet)?;
        let followed = self.followed.get_mut(&wallet).ok_or("the wallet is not followed")?;
        followed.steps = Arc::default();
        followed.sync.state = followed.steps.state();
        let request = match followed.state.tip() {
            None => Request::Full(Box::new(followed.state.full_scan(now).build())),
            Some(_) => Request::Sync(Box::new(followed.state.sync(now).build())),
        };
        Ok(Question { wallet, source, settings, request, sent, steps: Arc::clone(&followed.steps) })
    }

    /// Takes in what a chain answered.
    pub fn take(&mut self, scope: &Scope<Operator>, found: Found) -> Result<(), String> {
        let Found { wallet, update, became } = found;
        let now = self.shared.now();
        let Some(followed) = self.followed.get_mut(&wallet) else { return Ok(()) };
        let applied = match update {
            Ok(update) => apply(followed, *update),
            Err(error) => Err(error.to_string()),
        };
        match &applied {
            Ok(()) => {
                followed.sync.state = SyncState::Idle;
                followed.sync.at = Some(now);
                followed.sync.height = followed.state.tip().map(|tip| tip.height.into());
                if followed.state.changed()
                    && let Err(error) = self.settings.place.keep(&mut followed.state)
                {
                    self.shared.notice(true, format!("what the chain told is not kept: {error}"));
                }
            }
            Err(error) => followed.sync.state = SyncState::Failed(error.as_str().into()),
        }
        let node = followed.source.as_ref().map(Source::host).unwrap_or_default();
        for (id, status) in became {
            self.became(scope, id, status, &node)?;
        }
        applied
    }

    /// Writes down what has become of a transaction, where that is news.
    fn became(&mut self, scope: &Scope<Operator>, id: ProposalId, status: Status, node: &str) -> Result<(), String> {
        // Where another process writes the journal, it looks at the chain too and writes it down.
        if self.read_only.is_some() {
            return Ok(());
        }
        for event in became(&self.treasury, id, status, node) {
            // Somebody may have written it down meanwhile: then there is nothing to add.
            if self.treasury.check(&event, self.shared.now()).is_err() {
                continue;
            }
            let told = news(&event);
            self.record(scope, event)?;
            if let Some((warning, text)) = told {
                self.shared.notice(warning, format!("{} {text}", self.called(id)));
            }
        }
        Ok(())
    }

    /// Looks at a wallet's chain and waits for the answer.
    pub fn sync_now(&mut self, scope: &Scope<Operator>, wallet: WalletId) -> Result<(), String> {
        let found = self.question(wallet)?.ask();
        self.take(scope, found)
    }

    /// The name of a wallet or a Safe, for whoever is told of it.
    pub fn name(&self, chosen: Chosen) -> String {
        match chosen {
            Chosen::Wallet(id) => self.treasury.vault(id).map(|vault| vault.wallet.name().to_owned()),
            Chosen::Safe(id) => self.treasury.safe(id).map(|safe| safe.name.clone()),
        }
        .unwrap_or_default()
    }

    /// Writes down what a node said to a transaction, which it may have had before.
    pub fn answered(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        txid: Txid,
        node: &str,
        (known, told): (bool, Result<Txid, ChainError>),
    ) -> Result<String, String> {
        let answer = match told {
            Ok(found) if found == txid => Answer::Accepted,
            Ok(found) => {
                return Err(format!("{node} speaks of another transaction, {found}: look at it before anything else"));
            }
            // It refuses what it has already.
            Err(ChainError::Refused { .. }) if known => Answer::Known,
            Err(ChainError::Refused { reason, .. }) => Answer::Refused { reason, retryable: true },
            // Nobody knows whether it got there; the chain is asked at the next look.
            Err(error) => return Err(format!("it is not known whether {node} has it: {error}")),
        };
        let said = match &answer {
            Answer::Refused { reason, .. } => Err(format!("{node} refuses it: {reason}")),
            _ => Ok(format!("{node} took it; it waits for a block")),
        };
        self.record(scope, Event::Broadcast { proposal, txid, node: node.to_owned(), answer })?;
        said
    }
}

/// What people are told of an event that a chain brought, and whether it warns them.
fn news(event: &Event) -> Option<(bool, String)> {
    match event {
        Event::Confirmed { height, .. } => Some((false, format!("is confirmed, in block {height}"))),
        Event::Reorged { .. } => Some((true, "has left its block, which is no longer part of the chain".to_owned())),
        Event::Superseded { by, .. } => Some((true, format!("is over: {} took its place on the chain", by.short()))),
        Event::Conflicted { coin, .. } => Some((true, format!("is over: another transaction has spent {coin}"))),
        _ => None,
    }
}

fn apply(followed: &mut Followed, update: Update) -> Result<(), String> {
    followed.state.apply(update).map_err(|error| error.to_string())
}
