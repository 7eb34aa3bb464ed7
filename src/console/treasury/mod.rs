//! What a person looks at of the treasury, and the windows in which they sign, refuse, export,
//! broadcast and execute.
//!
//! - The chosen wallet, proposal and coin are remembered by what they are, so that the cursor stays on them.
//! - Nothing is signed, broadcast or executed by one key: a window shows the review first, to its last line.
//! - What is pasted never submits anything (T29), and a passphrase is never shown.

mod act;
#[cfg(test)]
mod behaviour;
mod device;
#[cfg(test)]
mod inert;
pub mod safe;
#[cfg(test)]
mod safe_behaviour;
#[cfg(test)]
pub(super) mod safe_samples;
#[cfg(test)]
mod safe_snapshots;
#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod snapshots;
pub mod steps;
pub mod window;

pub use act::{act, click, travel};

use super::layout::{Arrangement, Pane};
use crate::desk::View;
use crate::desk::treasury::{
    Chosen, CoinView, ProposalRow, ProposalView, SafePage, SafeView, TreasuryQuery, TreasuryView, WalletPage,
    WalletView,
};
use crate::treasury::proposal::ProposalId;
use bitcoin::OutPoint;
use window::Task;

/// The session's part of the Treasury workspace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signer {
    /// The wallet or Safe that the cursor is on; the first when `None`.
    pub wallet: Option<Chosen>,
    /// The proposal that the cursor is on; the first when `None`.
    pub proposal: Option<ProposalId>,
    /// The coin that the cursor is on; the first when `None`.
    pub coin: Option<OutPoint>,
    /// The first line shown of the proposal.
    pub scroll: usize,
    /// The first line shown of the Safe.
    pub safe_scroll: usize,
    /// What a device was wanted for: its window opens when the desk asks it.
    pub wanted: Option<Task>,
}

impl Signer {
    /// What the desk must tell for these panes; nothing while none of them is about the treasury.
    pub fn query(&self, arrangement: &Arrangement) -> Option<TreasuryQuery> {
        let wanted = arrangement.panes.iter().any(|(pane, _)| Pane::TREASURY.contains(pane));
        wanted.then_some(TreasuryQuery { wallet: self.wallet, proposal: self.proposal })
    }

    /// The place of the chosen wallet or Safe; the first when it is not among them.
    pub fn wallet_at(&self, treasury: &TreasuryView) -> usize {
        listed(treasury).position(|known| Some(known) == self.wallet).unwrap_or(0)
    }

    /// The wallet or Safe that the cursor is on.
    pub fn chosen_of(&self, view: &View) -> Option<Chosen> {
        let treasury = view.treasury.as_ref()?;
        listed(treasury).nth(self.wallet_at(treasury))
    }

    /// The place of the chosen proposal; the first when it is not among them.
    pub fn proposal_at(&self, rows: &[ProposalRow]) -> usize {
        rows.iter().position(|row| Some(row.id) == self.proposal).unwrap_or(0)
    }

    /// The place of the chosen coin; the first when it is not among them.
    pub fn coin_at(&self, coins: &[CoinView]) -> usize {
        coins.iter().position(|coin| Some(coin.outpoint) == self.coin).unwrap_or(0)
    }

    /// The chosen wallet, where it is one of Bitcoin.
    pub fn chosen_wallet<'a>(&self, view: &'a View) -> Option<&'a WalletView> {
        let chosen = self.chosen_of(view)?;
        view.treasury.as_ref()?.wallets.iter().find(|wallet| Chosen::Wallet(wallet.id) == chosen)
    }

    /// The chosen Safe, where it is one.
    pub fn chosen_safe<'a>(&self, view: &'a View) -> Option<&'a SafeView> {
        let chosen = self.chosen_of(view)?;
        view.treasury.as_ref()?.safes.iter().find(|safe| Chosen::Safe(safe.id) == chosen)
    }

    /// The chosen wallet in full.
    pub fn page<'a>(&self, view: &'a View) -> Option<&'a WalletPage> {
        let wallet = self.chosen_wallet(view)?;
        view.treasury.as_ref()?.wallet.as_deref().filter(|page| page.id == wallet.id)
    }

    /// The chosen Safe in full.
    pub fn safe_page<'a>(&self, view: &'a View) -> Option<&'a SafePage> {
        let safe = self.chosen_safe(view)?;
        view.treasury.as_ref()?.safe.as_deref().filter(|page| page.id == safe.id)
    }

    /// The chosen coin.
    pub fn chosen_coin<'a>(&self, view: &'a View) -> Option<&'a CoinView> {
        let coins = &self.page(view)?.coins;
        coins.get(self.coin_at(coins))
    }

    /// The chosen proposal in full.
    pub fn chosen<'a>(&self, view: &'a View) -> Option<&'a ProposalView> {
        let treasury = view.treasury.as_ref()?;
        let row = treasury.proposals.get(self.proposal_at(&treasury.proposals))?;
        proposal(view, row.id)
    }
}

/// All that stands in the list of wallets, from its top: wallets, then Safes.
pub fn listed(treasury: &TreasuryView) -> impl Iterator<Item = Chosen> + '_ {
    let wallets = treasury.wallets.iter().map(|wallet| Chosen::Wallet(wallet.id));
    wallets.chain(treasury.safes.iter().map(|safe| Chosen::Safe(safe.id)))
}

/// A proposal in full, where the desk tells of this one.
pub fn proposal(view: &View, id: ProposalId) -> Option<&ProposalView> {
    view.treasury.as_ref()?.proposal.as_deref().filter(|proposal| proposal.row.id == id)
}
