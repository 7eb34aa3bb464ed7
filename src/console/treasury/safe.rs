//! What keys do about Safes: to carry a transaction out, to tell a service, and to propose; and what comes of the steps in
//! those windows.
//!
//! - A proposal that is blocked is neither carried out nor told to anybody.
//! - Before anything is carried out the desk asks the chain what that would come to, and the window shows the answer.

use super::act::{NO_PROPOSAL, ask, open, writable};
use super::steps::Next;
use super::window::{Step, Task, Window};
use crate::console::effect::Effect;
use crate::console::field::Field;
use crate::console::pane::treasury::word;
use crate::console::state::State;
use crate::desk::View;
use crate::desk::treasury::{
    Draft, EstimateView, ProposalView, SafeTxView, SafeView, Seen, ServiceState, Wish, collects, sendable,
};
use crate::treasury::ethereum::address;
use crate::treasury::proposal::State as Standing;
use crate::treasury::verdict::Judgement;
use alloy_primitives::Address;

/// The transaction of the chosen proposal, where it is a Safe's.
pub fn of_safe<'a>(state: &State, view: &'a View) -> Option<&'a SafeTxView> {
    state.treasury.chosen(view)?.safe()
}

/// What is only for a wallet of Bitcoin says so of a Safe.
pub fn no_safe(state: &State, view: &View) -> Result<(), String> {
    match state.treasury.chosen_safe(view) {
        Some(safe) => Err(format!("{} is a Safe: it has one address, and no coins to name or keep", safe.name)),
        None => Ok(()),
    }
}

/// The chosen proposal of a Safe, unless it must not be signed.
fn chosen<'a>(state: &State, view: &'a View, what: &str) -> Result<(&'a ProposalView, &'a SafeTxView), String> {
    writable(view)?;
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let number = proposal.row.number;
    let tx = proposal.safe().ok_or_else(|| format!("#{number} is not a Safe's"))?;
    match proposal.row.judgement {
        Judgement::Block => Err(format!("#{number} must not be {what}: {}", proposal.row.codes.join(", "))),
        _ => Ok((proposal, tx)),
    }
}

fn safe_of<'a>(view: &'a View, tx: &SafeTxView) -> Option<&'a SafeView> {
    view.treasury.as_ref()?.safes.iter().find(|safe| safe.id == tx.safe)
}

/// Opens the window in which a transaction is carried out, and lets the desk ask what that comes to.
pub fn begin_execution(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    let (proposal, tx) = chosen(state, view, "carried out")?;
    let (number, row) = (proposal.row.number, &proposal.row);
    if collects(row.state) {
        let quorum = row.quorum.required;
        return Err(format!("#{number} cannot be carried out: {} of {quorum} signed", row.signed));
    }
    if !sendable(row.state) && row.state != Standing::Executing {
        return Err(format!("#{number} cannot be carried out: it is {}", word(row.state)));
    }
    if state.hidden {
        return Err("amounts are hidden; show them first, so that you see what you send".to_owned());
    }
    let sender = tx.senders.first().map(|sender| sender.account.address);
    let sender = sender.ok_or("no account that could pay for the gas lies here: exchequer hot create --ethereum")?;
    let proposal = row.id;
    let task = Task::Execute { proposal, sender, seen: Seen(row.codes.clone()), most: None };
    open(state, Window::reading(task));
    Ok(vec![ask(Wish::Estimate { proposal, sender })])
}

/// Opens the window in which a service is told.
pub fn post(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    let (proposal, tx) = chosen(state, view, "told to a service")?;
    let number = proposal.row.number;
    let safe = safe_of(view, tx).filter(|safe| safe.service.state != ServiceState::Off);
    if safe.is_none() {
        return Err(format!("no service is told of #{number}: none is configured; export it instead"));
    }
    if !proposal.row.state.is_live() {
        return Err(format!("#{number} is over: it is {}", word(proposal.row.state)));
    }
    Ok(open(state, Window::reading(Task::Post { proposal: proposal.row.id })))
}

/// Opens the window in which a payment is proposed.
pub fn begin_proposal(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    let safe = state.treasury.chosen_safe(view);
    let safe = safe.ok_or("choose a Safe among the wallets first; out of a wallet: exchequer propose pay")?;
    let task = Task::Propose { safe: safe.id, typed: Vec::new() };
    Ok(open(state, Window::text(task, "")))
}

/// Opens the window in which a nonce is used up.
pub fn supplant(state: &mut State, view: &View) -> Result<Vec<Effect>, String> {
    writable(view)?;
    let proposal = state.treasury.chosen(view).ok_or(NO_PROPOSAL)?;
    let number = proposal.row.number;
    let tx = proposal.safe().ok_or_else(|| format!("#{number} is not a Safe's: it has no nonce"))?;
    if !proposal.row.state.is_live() {
        return Err(format!("the nonce of #{number} needs no more: it is {}", word(proposal.row.state)));
    }
    let task = Task::Supplant { proposal: proposal.row.id, safe: tx.safe };
    Ok(open(state, Window::text(task, "")))
}

/// What the desk last found that carrying it out would come to, for this sender.
pub fn estimate(about: Option<&ProposalView>, sender: Address) -> Option<&EstimateView> {
    about?.safe()?.estimate.as_deref().filter(|estimate| estimate.sender == sender)
}

/// A step of carrying it out: what it comes to was read, and the sender's passphrase typed.
pub(super) fn execute(mut open: Window, about: Option<&ProposalView>) -> Next {
    let stay = |open, said: &str| Next::Stay(open, Some(said.to_owned()));
    let Task::Execute { proposal, sender, seen, most } = &mut open.task else { return Next::Close };
    let Some(found) = estimate(about, *sender) else {
        return stay(open, "what it comes to is being asked for: wait for the answer");
    };
    if let Some(hindered) = &found.hindered {
        let said = format!("it cannot be carried out: {hindered}");
        return stay(open, &said);
    }
    if open.step == Step::Read || *most != Some(found.most) {
        let changed = most.is_some();
        (*most, open.step, open.scroll) = (Some(found.most), Step::Passphrase, 0);
        open.secret.clear();
        return Next::Stay(open, changed.then(|| format!("the gas costs something else by now: {}", found.told)));
    }
    if open.secret.is_empty() {
        return stay(open, "type the account's passphrase");
    }
    Next::Ask(Wish::Execute {
        proposal: *proposal,
        sender: *sender,
        passphrase: std::mem::take(&mut open.secret),
        seen: seen.clone(),
        most: found.most,
    })
}

/// What is asked for a payment, one after another.
pub const QUESTIONS: [&str; 4] = [
    "whom: an address, with its chain in front or not",
    "how much, in whole coins or tokens, such as 1.5",
    "which token: its address, or nothing for the chain's own coin",
    "what for; the signers read this",
];

/// A step of proposing a payment.
pub(super) fn propose(mut open: Window, answer: String) -> Next {
    let Task::Propose { safe, typed } = &mut open.task else { return Next::Close };
    let at = typed.len();
    let token = match (at, answer.as_str()) {
        (2, "") => None,
        (2, text) => match address::read(text) {
            Ok(written) => Some(written.address),
            Err(error) => {
                let said = error.to_string();
                return Next::Stay(open, Some(said));
            }
        },
        _ => None,
    };
    if answer.is_empty() && at < 2 {
        return Next::Stay(open, Some(QUESTIONS.get(at).copied().unwrap_or_default().to_owned()));
    }
    typed.push(token.map_or(answer, |token| token.to_checksum(None)));
    let [to, amount, token, memo] = typed.as_slice() else {
        open.field = Field::default();
        return Next::Stay(open, None);
    };
    let token = address::read(token).ok().map(|written| written.address);
    let draft = Draft::Transfer { to: to.clone(), amount: amount.clone(), token };
    Next::Ask(Wish::Propose { safe: *safe, draft, memo: memo.clone() })
}
