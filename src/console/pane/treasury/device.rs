//! The window in which a hardware wallet is asked: what its screen will show, beside what is waited for.
//!
//! In the demo the simulated device's own screen stands below, with the mark that its keys are no secret.

use super::page::{self, Line, push_wrapped};
use super::windows::field;
use super::{Ink, who};
use crate::console::canvas::Canvas;
use crate::console::glyphs::UNICODE;
use crate::console::layout::inside;
use crate::console::overlay::frame;
use crate::console::state::State;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::console::treasury::proposal;
use crate::console::treasury::window::Window;
use crate::desk::View;
use crate::desk::treasury::{ProposalView, SigningView, SimulatedView, Stage, Tried};
use ratatui::layout::{Position, Rect};

/// The line of what is waited for, and the one of a field.
const FOOT: u16 = 2;

/// The keypad of a device that has none, as its places are typed.
const KEYPAD: [&str; 3] = ["7 8 9", "4 5 6", "1 2 3"];

/// How many lines there are to read, and how many are shown at once.
pub fn measure(state: &State, view: &View, open: &Window, area: Rect) -> (usize, usize) {
    // All signs have one column, so that those of another terminal make no other lines.
    let ink = Ink::new(state, view, &UNICODE);
    let about = open.task.proposal().and_then(|id| proposal(view, id));
    let (Some(treasury), Some(about)) = (&view.treasury, about) else { return (0, 0) };
    let lines = treasury.signing.as_ref().map_or(0, |signing| lines(&ink, view, about, signing, area.width).len());
    (lines, usize::from(parts(view, area).0.height))
}

/// Where what is read stands, where what is asked, and where simulated screens.
fn parts(view: &View, area: Rect) -> (Rect, Rect, Rect) {
    let bench = view.treasury.as_ref().map_or(0, |treasury| bench(&treasury.simulated, area.width).len());
    let bench = u16::try_from(bench).unwrap_or(0).min(area.height / 2);
    let text = area.height.saturating_sub(bench + FOOT);
    let at = |y: u16, height: u16| Rect { y: area.y.saturating_add(y), height, ..area };
    (at(0, text), at(text, FOOT.min(area.height)), at(area.height.saturating_sub(bench), bench))
}

/// Draws the window; gives where the cursor stands.
pub fn draw(
    canvas: &mut Canvas<'_>,
    window: Rect,
    state: &State,
    view: &View,
    about: &ProposalView,
    open: &Window,
) -> Option<Position> {
    let treasury = view.treasury.as_ref()?;
    let signing = treasury.signing.as_deref()?;
    let glyphs = canvas.glyphs;
    let ink = Ink::new(state, view, glyphs);
    let area = inside(window);
    let (text, foot, below) = parts(view, area);
    let lines = lines(&ink, view, about, signing, area.width);
    let last = (open.scroll + usize::from(text.height)).min(lines.len());
    let place =
        if lines.len() > usize::from(text.height) { format!("{last} of {}  ", lines.len()) } else { String::new() };
    let ends = if signing.stage.ended() { "esc closes" } else { "esc stops" };
    frame(canvas, window, &format!("Sign #{} on a device", about.row.number), &format!("{place}{ends}"));
    page::draw(canvas, text, &lines, open.scroll);
    // The line in which such things are told lies behind this window.
    let said = state.said.as_ref().filter(|said| said.warning).map(|said| (said.text.clone(), Role::Warning));
    let (asked, role) = said.unwrap_or_else(|| asked(&ink, signing, last < lines.len()));
    canvas.put(foot, 1, 0, &asked, role);
    let cursor = if signing.stage.asks() { field(canvas, foot, 1, open) } else { None };
    if below.height > 0 {
        canvas.fill(below, 0, below.width, 0, glyphs.horizontal, Role::Border);
        page::draw(canvas, below, &bench(&treasury.simulated, area.width), 0);
    }
    cursor
}

/// What is waited for, in a line.
fn asked(ink: &Ink<'_>, signing: &SigningView, more: bool) -> (String, Role) {
    let since = ink.since(signing.since);
    let text = match &signing.stage {
        Stage::Looking(_) => format!("looking for it, {since}. enter looks at all of them anew"),
        Stage::Pin => "the places of your PIN's digits; enter sends them".to_owned(),
        Stage::Passphrase => "the passphrase, empty for none; enter sends it, tab types it on the device".to_owned(),
        Stage::Agree if more => "there is more to read: enter turns the page".to_owned(),
        Stage::Agree => "enter lets the device show this".to_owned(),
        Stage::Registering | Stage::Signing if more => {
            format!("waiting for you at the device, {since}. enter shows more")
        }
        Stage::Registering | Stage::Signing => format!("waiting for you at the device, {since}"),
        Stage::Signed(_) => "enter closes".to_owned(),
        Stage::Over { .. } => "enter asks again".to_owned(),
    };
    (text, Role::Accent)
}

/// What is read.
fn lines(ink: &Ink<'_>, view: &View, about: &ProposalView, signing: &SigningView, width: u16) -> Vec<Line> {
    let room = usize::from(width).saturating_sub(2);
    let mut lines = Vec::new();
    let seat = about.seats.iter().find(|seat| seat.id == signing.seat);
    let name = seat.map(|seat| who(&seat.name, false)).unwrap_or_default();
    let whose = format!("{} {name}", signing.seat);
    let device = if signing.device.is_empty() { "no device yet" } else { &signing.device };
    push_wrapped(&mut lines, "", &format!("seat {}, {device}", whose.trim_end()), room, Role::Strong);
    let mut say = |text: &str, role| push_wrapped(&mut lines, "", text, room, role);
    match &signing.stage {
        Stage::Looking(tried) => {
            if tried.is_empty() {
                let app = if about.safe().is_some() { "Ethereum" } else { "Bitcoin" };
                say(&format!("Plug the device in, unlock it, and open its {app} app."), Role::Text);
            }
            tried.iter().for_each(|tried| not_this(&mut lines, tried, room));
        }
        Stage::Pin => {
            say("It shows a keypad. Type where your digits are, not the digits:", Role::Text);
            KEYPAD.iter().for_each(|row| lines.push(Line::new(format!("    {row}"), Role::Strong)));
        }
        Stage::Passphrase => say("It asks for a passphrase. Another passphrase is another wallet.", Role::Text),
        Stage::Agree => {
            say(
                "It does not know this wallet yet. It will show these pages; approve there only what stands here:",
                Role::Text,
            );
            shown(&mut lines, signing, room);
        }
        Stage::Signing if signing.pages.is_empty() => {
            say("What this model shows is not foretold. Anything but this review: refuse there.", Role::Warning);
            let review = view.treasury.as_ref().map(|treasury| page::lines(ink, treasury, about, width));
            lines.extend(review.unwrap_or_default());
        }
        Stage::Registering | Stage::Signing => {
            say("Compare page by page; anything else on the device's screen: refuse there.", Role::Warning);
            shown(&mut lines, signing, room);
        }
        Stage::Signed(told) => say(told, Role::Live),
        Stage::Over { why, next } => {
            say(&format!("Not signed: {why}"), Role::Error);
            if !next.is_empty() {
                say(next, Role::Text);
            }
        }
    }
    lines
}

/// The pages that the device shows.
fn shown(lines: &mut Vec<Line>, signing: &SigningView, room: usize) {
    let widest = signing.pages.iter().map(|page| columns(&page.title)).max().unwrap_or(0).min(room / 2);
    for (number, page) in (1..).zip(signing.pages.iter()) {
        let start = format!("{number:>2}  {:<widest$}  ", &*page.title);
        match page.text.is_empty() {
            true => lines.push(Line::new(start.trim_end(), Role::Strong)),
            false => push_wrapped(lines, &start, &page.text, room, Role::Strong),
        }
    }
}

/// A device that is not the one, or not yet.
fn not_this(lines: &mut Vec<Line>, tried: &Tried, room: usize) {
    push_wrapped(lines, "", &tried.way, room, Role::Text);
    push_wrapped(lines, "  ", &tried.why, room, Role::Warning);
    if !tried.next.is_empty() {
        push_wrapped(lines, "  ", &tried.next, room, Role::Dim);
    }
}

/// The screens of simulated devices: the one that waits in full, else a line of each. The first line is that of the border.
fn bench(simulated: &[SimulatedView], width: u16) -> Vec<Line> {
    let room = usize::from(width).saturating_sub(2);
    if simulated.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    if let Some(device) = simulated.iter().find(|device| device.waits()) {
        lines.push(Line::new(format!(" simulated {}, {} ", device.name, device.mark), Role::Warning));
        push_wrapped(&mut lines, "  ", &device.title, room, Role::Strong);
        if !device.text.is_empty() {
            push_wrapped(&mut lines, "  ", &device.text, room, Role::Text);
        }
        lines.push(Line::new(&*device.buttons, Role::Accent));
        return lines;
    }
    for device in simulated {
        let (name, mark) = (&device.name, &device.mark);
        if lines.is_empty() {
            lines.push(Line::new(format!(" simulated devices, {mark} "), Role::Warning));
        }
        push_wrapped(&mut lines, &format!("{name}: "), device.title.trim(), room, Role::Dim);
    }
    lines
}
