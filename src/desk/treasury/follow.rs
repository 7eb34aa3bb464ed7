//! Looking at chains: what wallets own, and what has become of what was sent.

use super::clerk::{Clerk, Followed};
use super::view::SyncState;
use crate::chain::{self, Chain, ChainError, Scan, Settings, Source, Status};
use crate::desk::{Operator, Scope};
use crate::treasury::bitcoin::finalize::finalize;
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::proposal::{Answer, Event, Proposal, ProposalId, State as Standing};
use bdk_wallet::Update;
use bitcoin::{Transaction, Txid};
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Proposals of a wallet whose transactions are asked for at one look.
const MOST_ASKED: usize = 20;

/// Blocks after which nobody asks any more whether a transaction has left its block.
const SETTLED: u32 = 100;

/// A question to a chain, to be asked on a thread that may wait.
pub(super) struct Question {
    wallet: WalletId,
    source: Source,
    settings: Settings,
    request: Request,
    /// What was sent, or is in a block that may still go.
    sent: Vec<(ProposalId, Transaction)>,
}

enum Request {
    Full(Box<bdk_wallet::chain::spk_client::FullScanRequest<bdk_wallet::KeychainKind>>),
    Sync(Box<bdk_wallet::chain::spk_client::SyncRequest<(bdk_wallet::KeychainKind, u32)>>),
}

/// What a chain answered.
pub(super) struct Found {
    wallet: WalletId,
    update: Result<Box<Update>, ChainError>,
    became: Vec<(ProposalId, Txid, Status)>,
}

impl Question {
    /// Asks.
    pub fn ask(self) -> Found {
        let Self { wallet, source, settings, request, sent } = self;
        let failed = |error| Found { wallet, update: Err(error), became: Vec::new() };
        let chain = match chain::open(&source, &settings) {
            Ok(chain) => chain,
            Err(error) => return failed(error),
        };
        let update = match request {
            Request::Full(request) => chain.full_scan(*request, Scan::default(), &()),
            Request::Sync(request) => chain.sync(*request, &()),
        };
        let asked = sent.into_iter().map(|(id, transaction)| {
            let status = chain.status(&transaction);
            (id, transaction.compute_txid(), status)
        });
        // What is not answered now is asked again at the next look.
        let became = asked.filter_map(|(id, txid, status)| Some((id, txid, status.ok()?))).collect();
        Found { wallet, update: update.map(Box::new), became }
    }
}

impl Clerk {
    fn settings_for(&self, wallet: WalletId) -> Result<Settings, String> {
        let vault = self.treasury.vault(wallet).map_err(|refusal| refusal.to_string())?;
        let authorities = self.settings.authorities.clone();
        Ok(Settings { patience: PATIENCE, authorities, ..Settings::new(vault.wallet.network()) })
    }

    /// The way to a wallet's chain, and what the server is called.
    pub fn chain(&self, wallet: WalletId) -> Result<(Box<dyn Chain>, String), String> {
        let source = self.followed.get(&wallet).and_then(|followed| followed.source.clone());
        let source = source.ok_or("the wallet has no chain: exchequer wallet sync NAME --chain says which")?;
        let chain = chain::open(&source, &self.settings_for(wallet)?).map_err(|error| error.to_string())?;
        Ok((chain, source.host()))
    }

    /// What is to be asked about a wallet; an error when it has no chain.
    pub fn question(&mut self, wallet: WalletId) -> Result<Question, String> {
        let settings = self.settings_for(wallet)?;
        let sent = self.sent(wallet);
        let now = u64::try_from(self.shared.now().secs()).unwrap_or_default();
        let followed = self.followed.get_mut(&wallet).ok_or("the wallet is not followed")?;
        let source =
            followed.source.clone().ok_or("the wallet has no chain: exchequer wallet sync NAME --chain says which")?;
        followed.sync.state = SyncState::Running(0);
        let request = match followed.state.tip() {
            None => Request::Full(Box::new(followed.state.full_scan(now).build())),
            Some(_) => Request::Sync(Box::new(followed.state.sync(now).build())),
        };
        Ok(Question { wallet, source, settings, request, sent })
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
                followed.sync.height = followed.state.tip().map(|tip| tip.height);
                if followed.state.changed()
                    && let Err(error) = self.settings.place.keep(&mut followed.state)
                {
                    self.shared.notice(true, format!("what the chain told is not kept: {error}"));
                }
            }
            Err(error) => followed.sync.state = SyncState::Failed(error.as_str().into()),
        }
        for (id, txid, status) in became {
            self.became(scope, id, txid, status)?;
        }
        applied
    }

    /// Writes down what has become of a transaction, where that is news.
    fn became(&mut self, scope: &Scope<Operator>, id: ProposalId, status: Status, node: &str) -> Result<(), String> {
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
    pub fn sync_now(&mut self, scope: &Scope<Operator>, wallet: WalletId) -> Result<String, String> {
        let question = self.question(wallet)?;
        let found = question.ask();
        self.take(scope, found)?;
        let name = self.treasury.vault(wallet).map(|vault| vault.wallet.name().to_owned()).unwrap_or_default();
        Ok(format!("{name} is up to date"))
    }

    /// Writes down what a node said to a transaction.
    pub fn answered(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        txid: Txid,
        node: &str,
        told: Result<Txid, ChainError>,
    ) -> Result<String, String> {
        let answer = match told {
            Ok(found) if found == txid => Answer::Accepted,
            Ok(found) => {
                return Err(format!("{node} speaks of another transaction, {found}: look at it before anything else"));
            }
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
