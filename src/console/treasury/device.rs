//! What keys do while the desk asks a hardware wallet, and when that window opens and closes.
//!
//! - The window follows the desk: it opens when a device is asked, and closes when nobody is asked any more.
//! - `esc` ends the wait. What is typed for a PIN or a passphrase counts only while that is asked for.

#[cfg(test)]
pub(super) mod samples;
#[cfg(test)]
mod tests;

use super::window::{Step, Task, Window, area};
use crate::console::action::Action;
use crate::console::chord::{Chord, Key};
use crate::console::effect::Effect;
use crate::console::layout::inside;
use crate::console::pane::treasury::device;
use crate::console::state::{Overlay, State};
use crate::console::update::say;
use crate::desk::treasury::{Reply, SigningView, Stage, Wish};
use crate::desk::{Command, View};

/// What the desk says of the device that it asks.
pub fn signing(view: &View) -> Option<&SigningView> {
    view.treasury.as_ref()?.signing.as_deref()
}

fn wish(wish: Wish) -> Effect {
    Effect::Command(Command::Treasury(wish))
}

fn reply(reply: Reply) -> Vec<Effect> {
    vec![wish(Wish::Device(reply))]
}

/// The device is to be asked: its window opens when it is.
pub fn want(state: &mut State, task: Task) -> Vec<Effect> {
    let Task::Device { proposal, seat, seen, answers } = &task else { return vec![] };
    let (proposal, seat, seen, answers) = (*proposal, *seat, seen.clone(), answers.clone());
    // Also when another is proposed meanwhile.
    state.treasury.proposal = Some(proposal);
    state.treasury.wanted = Some(task);
    vec![wish(Wish::SignOnDevice { proposal, seat, seen, answers })]
}

/// The desk has something new to show.
pub fn look(state: &mut State, view: &View) {
    let signing = signing(view);
    if let Some(Overlay::Treasury(open)) = &mut state.overlay
        && open.step == Step::Device
    {
        match signing {
            None => state.overlay = None,
            Some(signing) if !signing.stage.asks() => open.secret.clear(),
            Some(_) => {}
        }
    }
    let asked = |task: &Task| {
        signing.is_some_and(|signing| task.proposal() == Some(signing.proposal) && !signing.stage.ended())
    };
    if state.overlay.is_none() && state.treasury.wanted.as_ref().is_some_and(asked) {
        state.overlay = state.treasury.wanted.take().map(|task| Overlay::Treasury(Window::device(task)));
    }
}

/// What a key does in the device's window.
pub fn act(state: &mut State, view: &View, action: Action) -> Option<Vec<Effect>> {
    let by = match action {
        Action::Back => {
            state.overlay = None;
            return Some(reply(Reply::Leave));
        }
        Action::Accept => return Some(accept(state, view)),
        Action::NextPane | Action::PreviousPane => {
            let there = signing(view).is_some_and(|signing| signing.stage == Stage::Passphrase);
            return Some(if there { reply(Reply::OnDevice) } else { vec![] });
        }
        Action::Redraw | Action::Suspend | Action::Meter | Action::ToggleMouse => return None,
        Action::Up => -1,
        Action::Down => 1,
        Action::PageUp => -leaf(state, view),
        Action::PageDown => leaf(state, view),
        Action::Top => isize::MIN,
        Action::Bottom => isize::MAX,
        Action::HalfUp => {
            if let Some(Overlay::Treasury(open)) = &mut state.overlay {
                open.secret.clear();
            }
            0
        }
        _ => 0,
    };
    scroll(state, view, by);
    Some(vec![])
}

/// The lines that there are to read, and how many are shown at once.
fn room(state: &State, view: &View) -> (usize, usize) {
    let Some(Overlay::Treasury(open)) = &state.overlay else { return (0, 0) };
    device::measure(state, view, open, inside(area(state.area(), &open.task)))
}

fn leaf(state: &State, view: &View) -> isize {
    isize::try_from(room(state, view).1).unwrap_or(1).max(1)
}

fn scroll(state: &mut State, view: &View, by: isize) {
    let (lines, room) = room(state, view);
    if let Some(Overlay::Treasury(open)) = &mut state.overlay {
        open.scroll = open.scroll.saturating_add_signed(by).min(lines.saturating_sub(room));
    }
}

/// `enter`: what is asked is answered.
fn accept(state: &mut State, view: &View) -> Vec<Effect> {
    let (lines, room) = room(state, view);
    let (Some(signing), Some(Overlay::Treasury(open))) = (signing(view), &mut state.overlay) else { return vec![] };
    match &signing.stage {
        Stage::Looking(_) => reply(Reply::Again),
        Stage::Pin => {
            let places = open.secret.expose();
            if places.is_empty() || !places.bytes().all(|place| matches!(place, b'1'..=b'9')) {
                open.secret.clear();
                say(state, view, true, "type the places of the digits, 1 to 9");
                return vec![];
            }
            reply(Reply::Pin(std::mem::take(&mut open.secret)))
        }
        Stage::Passphrase => reply(Reply::Passphrase(std::mem::take(&mut open.secret))),
        // Nobody lets a device take what they have not read.
        Stage::Agree if open.scroll + room < lines => {
            open.scroll = (open.scroll + room).min(lines.saturating_sub(room));
            vec![]
        }
        Stage::Agree => {
            open.scroll = 0;
            reply(Reply::Agreed)
        }
        Stage::Registering | Stage::Signing => {
            let more = open.scroll + room < lines;
            open.scroll = if more { (open.scroll + room).min(lines.saturating_sub(room)) } else { 0 };
            vec![]
        }
        Stage::Signed(_) => {
            state.overlay = None;
            reply(Reply::Leave)
        }
        Stage::Over { .. } => again(state),
    }
}

/// The same is asked once more.
fn again(state: &mut State) -> Vec<Effect> {
    let Some(Overlay::Treasury(open)) = state.overlay.take() else { return vec![] };
    reply(Reply::Leave).into_iter().chain(want(state, open.task)).collect()
}

/// A character: into what is asked for, or a button of a simulated device.
pub fn press(open: &mut Window, view: &View, chord: Chord) -> Vec<Effect> {
    if signing(view).is_some_and(|signing| signing.stage.asks()) {
        open.press(chord);
        return vec![];
    }
    let yes = match chord.key {
        Key::Char('y' | 'Y') => true,
        Key::Char('n' | 'N') => false,
        _ => return vec![],
    };
    let simulated = view.treasury.iter().flat_map(|treasury| treasury.simulated.iter());
    let device = simulated.enumerate().find(|(_, device)| device.waits()).map(|(place, _)| place);
    device.map(|device| wish(Wish::Press { device, yes })).into_iter().collect()
}
