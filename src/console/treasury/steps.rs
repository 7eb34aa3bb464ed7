//! What keys do in a window of the treasury, from its opening to what it was all for.
//!
//! - Signing and sending begin with the review. `enter` turns its pages, and only from the last one it goes on.
//! - Then come the review's challenges, one at a time, and the passphrase, which is shown as dots; or the device's window.
//! - When the review says something else than at the beginning, the window starts anew.

use super::window::{Step, Task, Window, area, is_packet};
use super::{device, proposal, safe};
use crate::console::action::Action;
use crate::console::chord::{Chord, Key};
use crate::console::effect::Effect;
use crate::console::field::Field;
use crate::console::layout::inside;
use crate::console::pane::treasury::{page, windows};
use crate::console::state::{Overlay, State};
use crate::console::update::say;
use crate::desk::treasury::{Draft, Given, ProposalView, Wish};
use crate::desk::{Command, View};
use std::path::PathBuf;

/// What a key does while such a window is open; `None` when there is none.
pub fn act(state: &mut State, view: &View, action: Action) -> Option<Vec<Effect>> {
    let Some(Overlay::Treasury(open)) = &mut state.overlay else { return None };
    if open.step == Step::Device {
        return device::act(state, view, action);
    }
    let text = open.types();
    match action {
        Action::Back => state.overlay = None,
        Action::Quit | Action::ShowQr | Action::Receive if !text => state.overlay = None,
        Action::Accept => return Some(accept(state, view)),
        Action::NextPane | Action::PreviousPane => return Some(turn(state, view)),
        Action::HalfUp if text => {
            open.field = Field::default();
            open.secret.clear();
        }
        Action::Left | Action::Right | Action::Top | Action::Bottom if text => {
            let key = match action {
                Action::Left => Key::Left,
                Action::Right => Key::Right,
                Action::Top => Key::Home,
                _ => Key::End,
            };
            open.press(Chord::key(key));
        }
        Action::Left if matches!(open.task, Task::Qr { .. }) => turn_code(open, -1),
        Action::Right if matches!(open.task, Task::Qr { .. }) => turn_code(open, 1),
        Action::Up => scroll(state, view, -1),
        Action::Down => scroll(state, view, 1),
        Action::PageUp => scroll(state, view, -leaf(state)),
        Action::PageDown => scroll(state, view, leaf(state)),
        Action::HalfUp => scroll(state, view, -leaf(state) / 2),
        Action::HalfDown => scroll(state, view, leaf(state) / 2),
        Action::Top => scroll(state, view, isize::MIN),
        Action::Bottom => scroll(state, view, isize::MAX),
        Action::Redraw | Action::Suspend | Action::Meter | Action::ToggleMouse => return None,
        _ => {}
    }
    Some(vec![])
}

/// A key that is no action.
pub fn press(state: &mut State, view: &View, chord: Chord) -> Vec<Effect> {
    match &mut state.overlay {
        Some(Overlay::Treasury(open)) if open.step == Step::Device => return device::press(open, view, chord),
        Some(Overlay::Treasury(open)) => open.press(chord),
        _ => {}
    }
    vec![]
}

/// The desk has something new to show.
pub fn look(state: &mut State, view: &View) {
    device::look(state, view);
}

/// What moves by itself moves on.
pub fn tick(state: &mut State) {
    if let Some(Overlay::Treasury(open)) = &mut state.overlay {
        turn_code(open, 1);
    }
}

fn turn_code(open: &mut Window, by: isize) {
    if let Task::Qr { frame, .. } = &mut open.task {
        *frame = frame.wrapping_add_signed(by);
    }
}

/// Lines of a page of what is read.
fn leaf(state: &State) -> isize {
    let Some(Overlay::Treasury(open)) = &state.overlay else { return 1 };
    isize::try_from(room(state, open)).unwrap_or(1).max(1)
}

/// The lines that are shown at once of what is read.
fn room(state: &State, open: &Window) -> usize {
    usize::from(inside(area(state.area(), &open.task)).height.saturating_sub(windows::FOOT))
}

/// The lines that there are to read.
fn lines(state: &State, view: &View, open: &Window) -> usize {
    let width = inside(area(state.area(), &open.task)).width;
    let about = open.task.proposal().and_then(|id| proposal(view, id));
    about.map_or(0, |about| page::count(state, view, about, width))
}

fn scroll(state: &mut State, view: &View, by: isize) {
    let Some(Overlay::Treasury(open)) = &state.overlay else { return };
    let last = lines(state, view, open).saturating_sub(room(state, open));
    let next = open.scroll.saturating_add_signed(by).min(last);
    if let Some(Overlay::Treasury(open)) = &mut state.overlay {
        open.scroll = next;
    }
}

/// The next of the keys that could do it, or of the kinds of code.
fn turn(state: &mut State, view: &View) -> Vec<Effect> {
    let Some(Overlay::Treasury(open)) = &mut state.overlay else { return vec![] };
    let about = open.task.proposal().and_then(|id| proposal(view, id));
    match &mut open.task {
        Task::Approve { seat, .. } => {
            let keys: Vec<_> = about.into_iter().flat_map(ProposalView::own).map(|own| own.id).collect();
            *seat = after(&keys, *seat);
            open.secret.clear();
        }
        Task::Device { seat, .. } => {
            let keys: Vec<_> = about.into_iter().flat_map(ProposalView::elsewhere).map(|key| key.id).collect();
            *seat = after(&keys, *seat);
        }
        Task::Reject { seat, .. } => {
            let seats = about.into_iter().flat_map(ProposalView::refusable);
            *seat = after(&seats.map(|own| own.id).collect::<Vec<_>>(), *seat);
        }
        Task::Confirm { wallet, seat } => {
            let page = view.treasury.as_ref().and_then(|treasury| treasury.wallet.as_deref());
            let page = page.filter(|page| page.id == *wallet);
            let keys = page.iter().flat_map(|page| &page.keys).filter(|key| !key.confirmed);
            *seat = after(&keys.map(|key| key.seat).collect::<Vec<_>>(), *seat);
        }
        Task::Qr { frame, ur, .. } => (*frame, *ur) = (0, !*ur),
        Task::Execute { proposal, sender, most, .. } => {
            let senders = about.and_then(ProposalView::safe).into_iter().flat_map(|tx| &tx.senders);
            let next = after(&senders.map(|sender| sender.account.address).collect::<Vec<_>>(), *sender);
            if next != *sender {
                // What it comes to for one is not what it comes to for another.
                (*sender, *most, open.step, open.scroll) = (next, None, Step::Read, 0);
                let wish = Wish::Estimate { proposal: *proposal, sender: next };
                open.secret.clear();
                return vec![Effect::Command(Command::Treasury(wish))];
            }
        }
        _ => {}
    }
    vec![]
}

fn after<K: Copy + PartialEq>(keys: &[K], key: K) -> K {
    let at = keys.iter().position(|known| *known == key);
    at.and_then(|at| keys.get(at + 1)).or(keys.first()).copied().unwrap_or(key)
}

/// `enter`: the next page, the next step, or what it was all for.
fn accept(state: &mut State, view: &View) -> Vec<Effect> {
    let Some(Overlay::Treasury(mut open)) = state.overlay.take() else { return vec![] };
    if let Some(id) = open.task.proposal() {
        let Some(about) = proposal(view, id) else {
            say(state, view, true, "the proposal is no longer there");
            return vec![];
        };
        if let Task::Approve { seen, .. }
        | Task::Device { seen, .. }
        | Task::Broadcast { seen, .. }
        | Task::Execute { seen, .. } = &mut open.task
            && seen.0 != about.row.codes
        {
            seen.0.clone_from(&about.row.codes);
            let task = open.task.clone();
            state.overlay = Some(Overlay::Treasury(begin_anew(task)));
            say(state, view, true, "the review says something else by now: read it again");
            return vec![];
        }
        let (count, room) = (lines(state, view, &open), room(state, &open));
        let read = open.scroll + room >= count || !open.task.reads();
        if open.step == Step::Read && !read {
            open.scroll = (open.scroll + room).min(count.saturating_sub(room));
            state.overlay = Some(Overlay::Treasury(open));
            return vec![];
        }
    }
    match advance(open, view) {
        Next::Stay(open, said) => {
            state.overlay = Some(Overlay::Treasury(open));
            said.into_iter().for_each(|said| say(state, view, true, said));
            vec![]
        }
        Next::Ask(wish) => vec![Effect::Command(Command::Treasury(wish))],
        Next::Device(task) => device::want(state, task),
        Next::Close => vec![],
    }
}

fn begin_anew(mut task: Task) -> Window {
    if let Task::Approve { answers, .. } | Task::Device { answers, .. } = &mut task {
        answers.clear();
    }
    if let Task::Execute { most, .. } = &mut task {
        *most = None;
    }
    Window::reading(task)
}

/// What comes of a step.
pub(super) enum Next {
    /// The window stays, perhaps with something to be told.
    Stay(Window, Option<String>),
    /// All was given.
    Ask(Wish),
    /// All was given that comes before a device is asked.
    Device(Task),
    /// There is nothing more.
    Close,
}

/// All of the review's challenges are met.
fn answered(open: Window) -> Next {
    match open.task {
        Task::Device { .. } => Next::Device(open.task),
        _ => Next::Stay(Window { step: Step::Passphrase, ..open }, None),
    }
}

fn advance(mut open: Window, view: &View) -> Next {
    let stay = |open, said: &str| Next::Stay(open, Some(said.to_owned()));
    let typed = open.field.text().trim().to_owned();
    let about = open.task.proposal().and_then(|id| proposal(view, id));
    match (&mut open.task, open.step) {
        (Task::Approve { answers, .. } | Task::Device { answers, .. }, Step::Read) => {
            answers.clear();
            let challenges = about.map_or(0, |about| about.challenges.len());
            if challenges == 0 { answered(open) } else { Next::Stay(Window { step: Step::Answer(0), ..open }, None) }
        }
        (Task::Approve { answers, .. } | Task::Device { answers, .. }, Step::Answer(at)) => {
            let challenge = about.and_then(|about| about.challenges.get(at));
            if challenge.is_some_and(|challenge| !challenge.met(&typed)) {
                open.field = Field::default();
                return stay(
                    open,
                    "these are not the characters of the address that is paid: compare it with your own source",
                );
            }
            answers.push(typed);
            let more = about.is_some_and(|about| at + 1 < about.challenges.len());
            open.field = Field::default();
            if more { Next::Stay(Window { step: Step::Answer(at + 1), ..open }, None) } else { answered(open) }
        }
        (Task::Approve { .. }, Step::Passphrase) if open.secret.is_empty() => stay(open, "type the key's passphrase"),
        (Task::Approve { proposal, seat, seen, answers }, Step::Passphrase) => Next::Ask(Wish::Approve {
            proposal: *proposal,
            seat: *seat,
            passphrase: std::mem::take(&mut open.secret),
            seen: seen.clone(),
            answers: std::mem::take(answers),
        }),
        (Task::Reject { proposal, seat }, _) => {
            Next::Ask(Wish::Reject { proposal: *proposal, seat: *seat, reason: typed })
        }
        (Task::Broadcast { .. }, Step::Read) => {
            open.step = Step::Text;
            Next::Stay(open, None)
        }
        (Task::Broadcast { proposal, seen }, _) => match typed.as_str() {
            "yes" => Next::Ask(Wish::Broadcast { proposal: *proposal, seen: seen.clone() }),
            _ => stay(open, "type yes to broadcast, or press esc"),
        },
        (Task::Execute { .. }, _) => safe::execute(open, about),
        (Task::Post { proposal }, _) => Next::Ask(Wish::Confirm(*proposal)),
        (Task::Propose { .. }, _) => safe::propose(open, typed),
        (Task::Supplant { proposal, safe }, _) => {
            Next::Ask(Wish::Propose { safe: *safe, draft: Draft::Refusal(*proposal), memo: typed })
        }
        (Task::Export { proposal }, _) if !typed.is_empty() => {
            Next::Ask(Wish::Export { proposal: *proposal, path: PathBuf::from(typed) })
        }
        (Task::Import { pasted: Some(text) }, _) => Next::Ask(Wish::Import(Given::Text(std::mem::take(text)))),
        (Task::Import { .. }, _) if is_packet(&typed) => Next::Ask(Wish::Import(Given::Text(typed))),
        (Task::Import { .. }, _) if !typed.is_empty() => Next::Ask(Wish::Import(Given::File(PathBuf::from(typed)))),
        (Task::Export { .. } | Task::Import { .. }, _) => stay(open, "name a file"),
        (Task::Label { of }, _) => Next::Ask(Wish::Label { of: *of, text: typed }),
        (Task::Confirm { wallet, seat }, _) => match typed.is_empty() {
            true => stay(open, "type the address that the device shows"),
            false => Next::Ask(Wish::ConfirmAddress { wallet: *wallet, seat: *seat, shown: typed }),
        },
        _ => Next::Close,
    }
}
