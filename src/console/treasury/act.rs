//! What keys and mouse do in the Treasury workspace.

use super::listed;
use super::safe::{begin_execution, begin_proposal, no_safe, of_safe, post, supplant};
use super::window::{Task, Window};
use crate::console::action::Action;
use crate::console::effect::Effect;
use crate::console::layout::{Pane, inside};
use crate::console::pane::treasury::{approvals, coins, page, safe, wallets, word};
use crate::console::state::{Overlay, State};
use crate::console::update::say;
use crate::desk::treasury::{Marked, ProposalView, Seen, Wish, collects, sendable};
use crate::desk::{Command, View};
use crate::treasury::proposal::State as Standing;
use crate::treasury::verdict::Judgement;
use ratatui::layout::Rect;

/// What a key does here; `None` when it is one of those that do the same everywhere.
pub fn act(state: &mut State, view: &View, action: Action) -> Option<Vec<Effect>> {
    let done = match action {
        Action::Review => {
            review(state);
            Ok(vec![])
        }
        Action::Accept => {
            match state.focus() {
                Pane::Approvals => {
                    state.set_focus(Pane::Proposal);
                    state.settings.layout.zoomed = true;
                }
                Pane::Wallets => state.set_focus(Pane::Coins),
                _ => {}
            }
            Ok(vec![])
        }
        Action::Back if state.settings.layout.zoomed && state.focus() == Pane::Proposal => {
            state.settings.layout.zoomed = false;
            state.set_focus(Pane::Approvals);
            Ok(vec![])
        }
        Action::Coins => {
            state.set_focus(if state.focus() == Pane::Coins { Pane::Approvals } else { Pane::Coins });
            Ok(vec![])
        }
        Action::Approve => approve(state, view),
        Action::SignOnDevice => sign_on_device(state, view),
        Action::Reject => reject(state, view),
        Action::Broadcast if of_safe(state, view).is_some() => begin_execution(state, view),
        Action::Broadcast => broadcast(state, view),
        Action::Post => post(state, view),
        Action::Propose => begin_proposal(state, view),
        Action::Supplant => supplant(state, view),
        Action::Finalise => finalise(state, view),
        Action::Export | Action::ShowQr => export(state, view, action),
        Action::Import => writable(view).map(|()| open(state, Window::text(Task::Import { pasted: None }, ""))),
        Action::Label => label(state, view),
        Action::Freeze => freeze(state, view),
        Action::Sync => match state.treasury.chosen_of(view) {
            Some(chosen) => Ok(vec![ask(Wish::Sync(chosen))]),
            None => Err(NO_WALLET.to_owned()),
        },
        Action::Receive => receive(state, view),
        Action::ConfirmAddress => confirm(state, view),
        Action::Copy => return copy(state, view),
        _ => return None,
    };
    Some(done.unwrap_or_else(|refusal| {
        say(state, view, true, refusal);
        vec![]
    }))
}

const NO_WALLET: &str = "there is no wallet yet: exchequer wallet import FILE";
pub(super) const NO_PROPOSAL: &str = "choose a proposal first";

pub(super) fn ask(wish: Wish) -> Effect {
    Effect::Command(Command::Treasury(wish))
}

pub(super) fn open(state: &mut State, window: Window) -> Vec<Effect> {
    state.overlay = Some(Overlay::Treasury(window));
    vec![]
}

pub(super) fn writable(view: &View) -> Result<(), String> {
    match view.treasury.as_ref().and_then(|treasury| treasury.read_only.as_ref()) {
        Some(reason) => Err(format!("nothing can be changed here: {reason}")),
        None => Ok(()),
    }
}

/// The proposal on the whole screen, and back.
fn review(state: &mut State) {
    let layout = &mut state.settings.layout;
    let reads = layout.zoomed && layout.signed == Pane::Proposal;
    layout.zoomed = !reads;
    state.set_focus(if reads { Pane::Approvals } else { Pane::Proposal });
}

/// The chosen proposal, when it may be signed.
fn signable<'a>(state: &State, view: &'a View) -> Result<&'a ProposalView, String> {
    writable(view)?;
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let number = proposal.row.number;
    if proposal.row.judgement == Judgement::Block {
        return Err(format!("#{number} must not be signed: {}", proposal.row.codes.join(", ")));
    }
    if !collects(proposal.row.state) {
        return Err(format!("#{number} takes no signatures: it is {}", word(proposal.row.state)));
    }
    if state.hidden {
        return Err("amounts are hidden; show them first, so that you see what you sign".to_owned());
    }
    Ok(proposal)
}

fn approve(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    let proposal = signable(state, view)?;
    let number = proposal.row.number;
    let Some(seat) = proposal.own().next() else {
        return Err(match proposal.seats.iter().any(|seat| seat.hot.is_some()) {
            true => format!("the keys that lie here have decided about #{number} already"),
            false => format!("no key of #{number} lies here: sign it on a device, or export it to where the key is"),
        });
    };
    let seen = Seen(proposal.row.codes.clone());
    let task = Task::Approve { proposal: proposal.row.id, seat: seat.id, seen, answers: Vec::new() };
    Ok(open(state, Window::reading(task)))
}

/// The window of a device; the one that is asked already, if there is one.
fn sign_on_device(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    let signing = view.treasury.as_ref().and_then(|treasury| treasury.signing.as_deref());
    if let Some(signing) = signing.filter(|signing| !signing.stage.ended()) {
        let (proposal, seat) = (signing.proposal, signing.seat);
        state.treasury.proposal = Some(proposal);
        let task = Task::Device { proposal, seat, seen: Seen::default(), answers: Vec::new() };
        return Ok(open(state, Window::device(task)));
    }
    let proposal = signable(state, view)?;
    let seat = proposal.elsewhere().next();
    let seat =
        seat.ok_or_else(|| format!("no key of #{} that lies elsewhere has yet to decide", proposal.row.number))?;
    let seen = Seen(proposal.row.codes.clone());
    let task = Task::Device { proposal: proposal.row.id, seat: seat.id, seen, answers: Vec::new() };
    Ok(open(state, Window::reading(task)))
}

fn reject(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let number = proposal.row.number;
    if !collects(proposal.row.state) {
        return Err(format!("#{number} cannot be refused: it is {}", word(proposal.row.state)));
    }
    // Whose key lies here comes first: that is who sits here.
    let seat = proposal.own().find(|seat| seat.speaks).or(proposal.refusable().next());
    let seat = seat.ok_or_else(|| format!("there is no seat of #{number} that this desk speaks for"))?;
    let task = Task::Reject { proposal: proposal.row.id, seat: seat.id };
    Ok(open(state, Window::text(task, "")))
}

fn finalise(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let (number, row) = (proposal.row.number, &proposal.row);
    match row.state {
        _ if proposal.safe().is_some() => {
            Err(format!("#{number} is a Safe's: there is nothing to finish, it is carried out as it is"))
        }
        Standing::Ready if row.finished => Err(format!("#{number} is finished; it can be broadcast")),
        Standing::Ready => Ok(vec![ask(Wish::Finalise(row.id))]),
        stage => Err(format!(
            "#{number} cannot be finished: it is {}, {} of {} signed",
            word(stage),
            row.signed,
            row.quorum.required
        )),
    }
}

fn broadcast(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let (number, row) = (proposal.row.number, &proposal.row);
    if row.judgement == Judgement::Block {
        return Err(format!("#{number} must not be broadcast: {}", row.codes.join(", ")));
    }
    // What is on its way can be given again: a node may have forgotten it.
    if !sendable(row.state) && row.state != Standing::Executing {
        return Err(format!("#{number} cannot be broadcast: it is {}", word(row.state)));
    }
    if !row.finished {
        return Err(format!("#{number} is not finished yet"));
    }
    if state.hidden {
        return Err("amounts are hidden; show them first, so that you see what you send".to_owned());
    }
    let task = Task::Broadcast { proposal: row.id, seen: Seen(row.codes.clone()) };
    Ok(open(state, Window::reading(task)))
}

fn export(state: &mut State, view: &View, action: Action) -> Result<Vec<Effect>, String> {
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let id = proposal.row.id;
    Ok(match action {
        Action::ShowQr => open(state, Window::reading(Task::Qr { proposal: id, frame: 0, ur: false })),
        _ => {
            let ending = if proposal.safe().is_some() { "json" } else { "psbt" };
            let name = format!("proposal-{}.{ending}", proposal.row.number);
            open(state, Window::text(Task::Export { proposal: id }, &name))
        }
    })
}

fn label(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    no_safe(state, view)?;
    let page = state.treasury.page(view).ok_or(NO_WALLET)?;
    let coin = state.treasury.chosen_coin(view).ok_or("there is no coin to name")?;
    let (of, text) = (Marked::Coin(page.id, coin.outpoint), coin.label.to_string());
    state.set_focus(Pane::Coins);
    Ok(open(state, Window::text(Task::Label { of }, &text)))
}

fn freeze(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    no_safe(state, view)?;
    let page = state.treasury.page(view).ok_or(NO_WALLET)?;
    let coin = state.treasury.chosen_coin(view).ok_or("there is no coin to freeze")?;
    let wish = Wish::Freeze { wallet: page.id, coin: coin.outpoint, frozen: !coin.frozen };
    if state.focus() != Pane::Coins {
        // One sees first which coin it is.
        state.set_focus(Pane::Coins);
        return Err("choose the coin first, then press the key again".to_owned());
    }
    Ok(vec![ask(wish)])
}

fn receive(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    no_safe(state, view)?;
    let wallet = state.treasury.chosen_wallet(view).ok_or(NO_WALLET)?;
    if !wallet.armed() {
        let (done, of) = wallet.confirmed;
        return Err(format!("{} is not armed: {done} of {of} cosigners have confirmed its first address", wallet.name));
    }
    let page = state.treasury.page(view).ok_or(NO_WALLET)?;
    let next = page.next.clone().ok_or("the wallet has no address to be paid at")?;
    let given = ask(Wish::Receive { wallet: wallet.id, index: next.spot.index });
    open(state, Window::reading(Task::Receive { address: next }));
    Ok(vec![given])
}

fn confirm(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    no_safe(state, view)?;
    let page = state.treasury.page(view).ok_or(NO_WALLET)?;
    let key = page.keys.iter().find(|key| !key.confirmed);
    let key = key.ok_or("all cosigners have confirmed the first address")?;
    let task = Task::Confirm { wallet: page.id, seat: key.seat };
    Ok(open(state, Window::text(task, "")))
}

fn copy(state: &State, view: &View) -> Option<Vec<Effect>> {
    let safe = state.treasury.chosen_safe(view);
    let text = match (state.focus(), safe) {
        (Pane::Coins | Pane::Wallets, Some(safe)) => safe.id.to_string(),
        (Pane::Coins, None) => state.treasury.chosen_coin(view)?.outpoint.to_string(),
        (Pane::Wallets, None) => state.treasury.chosen_wallet(view)?.id.to_string(),
        _ => state.treasury.chosen(view)?.hash(),
    };
    Some(vec![Effect::Copy(text)])
}

/// Moves the cursor of the focused list, or scrolls the proposal: upwards when positive.
pub fn travel(state: &mut State, view: &View, by: isize) {
    let Some(treasury) = &view.treasury else { return };
    let by = by.saturating_neg();
    let next = |at: usize, count: usize| at.saturating_add_signed(by).min(count.saturating_sub(1));
    match state.focus() {
        Pane::Wallets => {
            let at = next(state.treasury.wallet_at(treasury), listed(treasury).count());
            choose_wallet(state, view, at);
        }
        Pane::Approvals => {
            let at = next(state.treasury.proposal_at(&treasury.proposals), treasury.proposals.len());
            choose_proposal(state, view, at);
        }
        Pane::Coins if state.treasury.chosen_safe(view).is_some() => {
            let area = state.arrangement().and_then(|arrangement| arrangement.of(Pane::Coins)).map(inside);
            let Some(area) = area else { return };
            let last = safe::count(state, view, area.width).saturating_sub(usize::from(area.height));
            state.treasury.safe_scroll = state.treasury.safe_scroll.min(last).saturating_add_signed(by).min(last);
        }
        Pane::Coins => {
            let Some(page) = state.treasury.page(view) else { return };
            let at = next(state.treasury.coin_at(&page.coins), page.coins.len());
            state.treasury.coin = page.coins.get(at).map(|coin| coin.outpoint);
        }
        Pane::Proposal => {
            let area = state.arrangement().and_then(|arrangement| arrangement.of(Pane::Proposal)).map(inside);
            let (Some(area), Some(proposal)) = (area, state.treasury.chosen(view)) else { return };
            let lines = page::count(state, view, proposal, area.width);
            let last = lines.saturating_sub(usize::from(area.height));
            state.treasury.scroll = state.treasury.scroll.saturating_add_signed(by).min(last);
        }
        _ => {}
    }
}

fn choose_wallet(state: &mut State, view: &View, at: usize) {
    let chosen = view.treasury.as_ref().and_then(|treasury| listed(treasury).nth(at));
    if chosen.is_some() && chosen != state.treasury.wallet {
        (state.treasury.wallet, state.treasury.coin, state.treasury.safe_scroll) = (chosen, None, 0);
    }
}

fn choose_proposal(state: &mut State, view: &View, at: usize) {
    let chosen = view.treasury.as_ref().and_then(|treasury| treasury.proposals.get(at)).map(|row| row.id);
    if chosen.is_some() && chosen != state.treasury.proposal {
        (state.treasury.proposal, state.treasury.scroll) = (chosen, 0);
    }
}

/// A click inside a list: a row is chosen.
pub fn click(state: &mut State, view: &View, pane: Pane, area: Rect, line: u16) {
    let Some(treasury) = &view.treasury else { return };
    match pane {
        Pane::Wallets => {
            let (count, chosen) = (listed(treasury).count(), state.treasury.wallet_at(treasury));
            let at = wallets::index_at(count, chosen, area, line);
            at.into_iter().for_each(|at| choose_wallet(state, view, at));
        }
        Pane::Approvals => {
            let chosen = state.treasury.proposal_at(&treasury.proposals);
            let at = approvals::index_at(treasury.proposals.len(), chosen, area, line);
            at.into_iter().for_each(|at| choose_proposal(state, view, at));
        }
        Pane::Coins => {
            let Some(page) = state.treasury.page(view) else { return };
            let at = coins::index_at(page.coins.len(), state.treasury.coin_at(&page.coins), area, line);
            if let Some(coin) = at.and_then(|at| page.coins.get(at)) {
                state.treasury.coin = Some(coin.outpoint);
            }
        }
        _ => {}
    }
}
