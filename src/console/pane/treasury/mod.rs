//! The panes of the Treasury workspace, one a file, and what its windows show.
//!
//! Every text here is printable already: it was made so where it entered.

pub mod approvals;
pub mod coins;
pub mod device;
pub mod page;
pub mod qr;
pub mod safe;
mod safe_tx;
pub mod table;
mod tree;
pub mod wallets;
pub mod windows;

use super::Title;
use crate::console::canvas::Canvas;
use crate::console::figures::{Figures, age};
use crate::console::glyphs::Glyphs;
use crate::console::layout::Pane;
use crate::console::pane::portfolio::amounts::{Amounts, decimals};
use crate::console::state::State;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::View;
use crate::desk::treasury::{OLD_AFTER, Payee, PriceView, ProposalRow, ProposalView, SyncState, SyncView, coins};
use crate::market::Timestamp;
use crate::money::Decimal;
use crate::treasury::exchange::{bbqr, ur};
use crate::treasury::proposal::State as Standing;
use crate::treasury::verdict::Judgement;
use bitcoin::{Amount, SignedAmount};
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

/// What to do where there is no wallet.
pub const NOTHING: &str = "no wallet is watched yet: exchequer wallet import FILE, or exchequer safe add CHAIN:ADDRESS";

/// How texts of the treasury are written on this screen.
#[derive(Clone, Copy, Debug)]
pub struct Ink<'a> {
    /// Amounts of bitcoin, and what they are worth.
    pub amounts: Amounts<'a>,
    /// Other numbers.
    pub figures: Figures,
    /// The signs.
    pub glyphs: &'a Glyphs,
    /// Where times are told.
    pub zone: &'a TimeZone,
    /// When it is.
    pub now: Timestamp,
    /// Whether amounts are hidden.
    pub hidden: bool,
}

impl<'a> Ink<'a> {
    /// Of a session.
    pub fn new(state: &'a State, view: &View, glyphs: &'a Glyphs) -> Self {
        let figures = Figures { separator: state.settings.separator };
        let amounts = Amounts::with(figures, glyphs, state.hidden);
        Self { amounts, figures, glyphs, zone: &state.settings.zone, now: view.now, hidden: state.hidden }
    }

    /// An amount with all of its eight decimals, in at most `width` columns.
    pub fn amount(&self, amount: Amount, width: usize) -> String {
        self.amounts.money(coins(amount), 8, width)
    }

    /// An amount that comes or goes.
    pub fn change(&self, change: SignedAmount, width: usize) -> String {
        let size = coins(change.unsigned_abs());
        self.amounts.gain(if change.is_negative() { -size } else { size }, 8, width)
    }

    /// A number that is no amount, such as that of a block.
    pub fn number(&self, number: u64) -> String {
        self.figures.exact(number.into())
    }

    /// What something is worth.
    pub fn value(&self, value: Option<Decimal>, width: usize) -> (String, Role) {
        match value {
            Some(value) => (self.amounts.money(value, decimals(value).min(2), width), Role::Text),
            None => ("unknown".to_owned(), Role::Warning),
        }
    }

    /// How long ago that was.
    pub fn since(&self, at: Timestamp) -> String {
        age(at.age(self.now)).unwrap_or_else(|| "<1s".to_owned())
    }

    /// How long until then; `over` when that is past.
    pub fn until(&self, at: Timestamp) -> String {
        if at <= self.now { "over".to_owned() } else { age(self.now.age(at)).unwrap_or_else(|| "<1s".to_owned()) }
    }

    /// An address in so many columns: its beginning and its end, never its middle alone. What it is called stands behind.
    pub fn payee(&self, payee: &Payee, width: usize) -> String {
        let label = if payee.label.is_empty() { String::new() } else { format!(" \"{}\"", payee.label) };
        // Where there is no room for both, the address is what counts.
        let label = if columns(&label) + 9 <= width { label } else { String::new() };
        let count = payee.address.chars().count();
        if count + columns(&label) <= width {
            return format!("{}{label}", payee.address);
        }
        let ends = (width.saturating_sub(columns(&label) + 1) / 2).clamp(4, 12).min(count / 2);
        let start: String = payee.address.chars().take(ends).collect();
        let end: String = payee.address.chars().skip(count - ends).collect();
        format!("{start}{}{end}{label}", self.glyphs.ellipsis)
    }

    /// An amount that stands in words already, such as `612.44 ETH`.
    pub fn told(&self, told: &str) -> String {
        if self.hidden { self.glyphs.veil.repeat(3) } else { told.to_owned() }
    }

    /// The price of bitcoin that values follow from: how much, from where and how old.
    pub fn price(&self, price: &PriceView) -> (String, Role) {
        self.price_of("BTC", price)
    }

    /// The same of another coin.
    pub fn price_of(&self, coin: &str, price: &PriceView) -> (String, Role) {
        let Some(value) = price.price else {
            return (format!("no price in {}: what it is worth is unknown", price.base), Role::Warning);
        };
        let old = price.at.map(|at| format!(", {} old", self.since(at))).unwrap_or_default();
        (
            format!("1 {coin} = {} {}, {}{old}", self.amounts.price(value, usize::MAX), price.base, price.source),
            Role::Dim,
        )
    }
}

/// An address as devices show it: in groups of four.
pub fn grouped(address: &str) -> String {
    let mut text = String::with_capacity(address.len() * 5 / 4 + 1);
    for (place, c) in address.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(c);
    }
    text
}

/// What is exported of a proposal, in parts that each fit into a code of so many letters and digits. A Safe's goes as BBQr
/// alone: UR has no type for it.
pub fn parts(proposal: &ProposalView, room: usize, as_ur: bool) -> Vec<String> {
    let kind = if proposal.safe().is_some() { bbqr::Kind::Json } else { bbqr::Kind::Psbt };
    let parts = match as_ur && proposal.safe().is_none() {
        true => ur::split(&proposal.file, room),
        false => bbqr::split(&proposal.file, kind, room),
    };
    parts.unwrap_or_default()
}

/// Who somebody is, and whether the key lies on this machine.
pub fn who(name: &str, hot: bool) -> String {
    let sign = if hot { "HOT" } else { "" };
    format!("{name} {sign}").trim().to_owned()
}

/// Who could still sign.
pub fn missing(row: &ProposalRow) -> String {
    row.missing.iter().map(|missing| who(&missing.name, missing.hot)).collect::<Vec<_>>().join(", ")
}

/// Where a proposal is on its way: confirmed in which block, or what is still to be done.
pub fn stage(ink: &Ink<'_>, row: &ProposalRow) -> String {
    match (row.state, row.block) {
        (Standing::Confirmed, Some(block)) => format!("{} in block {}", word(row.state), ink.number(block)),
        (Standing::Failed { .. }, Some(block)) => format!("{} in block {}", word(row.state), ink.number(block)),
        (Standing::Ready, _) if row.finished && row.nonce.is_none() => format!("{}, finished", word(row.state)),
        _ => word(row.state).to_owned(),
    }
}

/// Where a proposal is on its way, in one word.
pub const fn word(state: Standing) -> &'static str {
    match state {
        Standing::Ready => "READY",
        Standing::Executing => "sent",
        Standing::Failed { .. } => "FAILED",
        Standing::Superseded(_) => "replaced",
        Standing::Conflicted(_) => "CONFLICT",
        Standing::Draft => "draft",
        Standing::Proposed => "proposed",
        Standing::Collecting => "collecting",
        Standing::Confirmed => "confirmed",
        Standing::Rejected => "rejected",
        Standing::Cancelled => "cancelled",
        Standing::Expired => "expired",
    }
}

/// How that word looks.
pub const fn looks(state: Standing) -> Role {
    match state {
        Standing::Ready | Standing::Executing => Role::Accent,
        Standing::Failed { .. } | Standing::Conflicted(_) => Role::Error,
        Standing::Confirmed => Role::Live,
        _ => Role::Dim,
    }
}

/// How a wallet stands to its chain.
pub fn sync(ink: &Ink<'_>, sync: &SyncView) -> (String, Role) {
    let heard = sync.at.map(|at| ink.since(at));
    match (&sync.state, heard) {
        (SyncState::Off, _) => ("off".to_owned(), Role::Dim),
        (SyncState::Running { done, of }, _) => (asks(*done, *of), Role::Accent),
        (SyncState::Failed(_), Some(heard)) => (format!("{heard} {}", ink.glyphs.stale), Role::Warning),
        (SyncState::Failed(_), None) => ("failed".to_owned(), Role::Warning),
        (SyncState::Idle, Some(heard)) => (heard, Role::Dim),
        (SyncState::Idle, None) => ("never".to_owned(), Role::Warning),
    }
}

/// The same of a Safe: how it stands decides who may sign and which nonce is next, so that what is old says so.
pub fn fresh(ink: &Ink<'_>, known: &SyncView) -> (String, Role) {
    let (text, role) = sync(ink, known);
    match known.at.filter(|at| matches!(known.state, SyncState::Idle | SyncState::Off) && is_old(ink, *at)) {
        Some(at) => (format!("{} {}", ink.since(at), ink.glyphs.stale), Role::Warning),
        None => (text, role),
    }
}

/// Whether what the chain said then is too old to be taken for what it says now.
pub fn is_old(ink: &Ink<'_>, at: Timestamp) -> bool {
    at.age(ink.now) > OLD_AFTER
}

/// How far a look at a chain has come. The first few questions are over before anybody has read of them.
pub fn asks(done: u64, of: Option<u64>) -> String {
    match of.and_then(|of| done.saturating_mul(100).checked_div(of)) {
        Some(percent) if done > 0 => format!("asks {}%", percent.min(100)),
        None if done > 0 => format!("asks {done}"),
        _ => "asks".to_owned(),
    }
}

/// The word for a judgement, and how it looks.
pub fn judgement(judgement: Judgement, codes: usize) -> (String, Role) {
    match judgement {
        Judgement::Clean => ("clean".to_owned(), Role::Live),
        Judgement::Warn if codes == 1 => ("1 warning".to_owned(), Role::Warning),
        Judgement::Warn => (format!("{codes} warnings"), Role::Warning),
        Judgement::Block => ("BLOCKED".to_owned(), Role::Error),
    }
}

/// Draws a pane inside its border; gives what stands on that.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State, view: &View, pane: Pane) -> Title {
    let plain = || Title { name: pane.name().to_owned(), ..Title::default() };
    let glyphs = canvas.glyphs;
    let ink = Ink::new(state, view, glyphs);
    let Some(treasury) = view.treasury.as_ref() else {
        if pane == state.focus() {
            canvas.put_message(area, NOTHING, Role::Text);
        }
        return plain();
    };
    match pane {
        Pane::Wallets => wallets::draw(canvas, area, &ink, state, treasury),
        Pane::Approvals => approvals::draw(canvas, area, &ink, state, treasury),
        Pane::Coins if state.treasury.chosen_safe(view).is_some() => safe::draw(canvas, area, &ink, state, view),
        Pane::Coins => coins::draw(canvas, area, &ink, state, view),
        _ => match state.treasury.chosen(view) {
            Some(proposal) => {
                let lines = page::lines(&ink, treasury, proposal, area.width);
                page::draw(canvas, area, &lines, state.treasury.scroll);
                page::title(proposal, lines.len(), state.treasury.scroll, area.height)
            }
            None => {
                canvas.put_message(area, "nothing is proposed: exchequer propose pay WALLET ADDRESS AMOUNT", Role::Dim);
                plain()
            }
        },
    }
}
