//! What the windows of the treasury show.

use super::{Ink, device, grouped, page, qr, who};
use crate::console::canvas::{Canvas, wrap};
use crate::console::layout::inside;
use crate::console::overlay::frame;
use crate::console::state::State;
use crate::console::theme::Role;
use crate::console::treasury::proposal;
use crate::console::treasury::safe::{QUESTIONS, estimate};
use crate::console::treasury::window::{Step, Task, Window, area};
use crate::desk::View;
use crate::desk::treasury::{AddressView, Challenge, KeyView, ProposalView, SeatView, WalletPage, Who};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::ethereum::proposal::SafeId;
use crate::treasury::proposal::SeatId;
use alloy_primitives::{Address, U256};
use ratatui::layout::{Position, Rect};

/// Lines below what is read: what is asked, and the field.
pub const FOOT: u16 = 3;

/// Draws a window; gives where the cursor stands.
pub fn draw(canvas: &mut Canvas<'_>, screen: Rect, state: &State, view: &View, open: &Window) -> Option<Position> {
    let window = area(screen, &open.task);
    let about = open.task.proposal().and_then(|id| proposal(view, id));
    if let Some(id) = open.task.proposal()
        && about.is_none()
    {
        frame(canvas, window, "Proposal", "esc closes");
        canvas.put_message(inside(window), &format!("proposal {id} is no longer told of"), Role::Warning);
        return None;
    }
    match (&open.task, about) {
        (Task::Approve { seat, .. }, Some(about)) => {
            let key = about.seats.iter().find(|known| known.id == *seat);
            let told = key.and_then(|key| key.hot.as_ref()?.told.clone());
            let name = key.map(called).unwrap_or_default();
            let title = format!("Sign #{} with {}", about.row.number, who(name.trim_end(), true));
            let others = if about.own().count() > 1 { "tab takes another key  " } else { "" };
            let asked = match open.step {
                Step::Read => vec![format!("this key lies on this machine. {others}enter goes on"), String::new()],
                Step::Answer(at) => asks(about.challenges.get(at)),
                _ => {
                    let told = told.map_or(String::new(), |told| format!(", in this demo {told:?}"));
                    vec![
                        format!(
                            "the passphrase of {}{told}; enter signs",
                            key.map_or_else(|| seat.to_string(), short_called)
                        ),
                        String::new(),
                    ]
                }
            };
            reading(canvas, state, view, window, (about, open), &title, &asked)
        }
        (Task::Device { .. }, Some(about)) if open.step == Step::Device => {
            device::draw(canvas, window, state, view, about, open)
        }
        (Task::Device { seat, .. }, Some(about)) => {
            let key = about.seats.iter().find(|known| known.id == *seat);
            let name = key.map(called).unwrap_or_default();
            let title = format!("Sign #{} on the device of {}", about.row.number, name.trim_end());
            let others = if about.elsewhere().count() > 1 { "tab takes another seat  " } else { "" };
            let asked = match open.step {
                Step::Answer(at) => asks(about.challenges.get(at)),
                _ => vec![format!("{others}enter asks the device"), String::new()],
            };
            reading(canvas, state, view, window, (about, open), &title, &asked)
        }
        (Task::Broadcast { .. }, Some(about)) => {
            let title = format!("Broadcast #{}", about.row.number);
            let asked = match open.step {
                Step::Read => vec!["once sent it cannot be taken back. enter goes on".to_owned(), String::new()],
                _ => vec!["type yes, and enter hands it to the chain".to_owned(), String::new()],
            };
            reading(canvas, state, view, window, (about, open), &title, &asked)
        }
        (Task::Execute { sender, most, .. }, Some(about)) => {
            execution(canvas, state, view, window, (about, open), (*sender, *most))
        }
        (Task::Post { .. }, Some(about)) => {
            let service = about.safe().and_then(|tx| service_of(view, tx.safe)).unwrap_or_default();
            let text = format!(
                "{service} is told #{} and the signatures that it has not heard of. It becomes known to whoever reads there.",
                about.row.number
            );
            telling(canvas, window, &format!("Tell the service of #{}", about.row.number), &text);
            None
        }
        (Task::Propose { safe, typed }, _) => proposing(canvas, window, view, *safe, (typed, open)),
        (Task::Supplant { .. }, Some(about)) => {
            let nonce = about.row.nonce.map(|nonce| nonce.to_string()).unwrap_or_default();
            let text = format!(
                "A transaction that does nothing is proposed with the nonce {nonce}: once it is carried out, #{} never can be. What for?",
                about.row.number
            );
            asking(canvas, window, &format!("Use up the nonce of #{}", about.row.number), &text, open)
        }
        (Task::Qr { frame, ur, .. }, Some(about)) => {
            codes(canvas, window, about, *frame, *ur);
            None
        }
        (Task::Reject { seat, .. }, Some(about)) => {
            let name = about.seats.iter().find(|known| known.id == *seat).map(|seat| seat.name.to_string());
            let name = name.filter(|name| !name.is_empty()).unwrap_or_else(|| seat.to_string());
            let text = format!(
                "Why is it refused? All signers read this. It is said in the name of {name}{}; tab takes another seat.",
                if name == seat.to_string() { String::new() } else { format!(" ({seat})") }
            );
            asking(canvas, window, &format!("Refuse #{}", about.row.number), &text, open)
        }
        (Task::Export { .. }, Some(about)) => {
            let text = match about.safe() {
                Some(_) => "the transaction with all signatures so far, as JSON, into a new file",
                None => "the PSBT with all signatures so far, in binary, into a new file",
            };
            asking(canvas, window, &format!("Export #{}", about.row.number), text, open)
        }
        (Task::Import { pasted }, _) => {
            let text = match pasted {
                Some(text) => format!("pasted: {} characters, {}. enter reads them", text.len(), beginning(text)),
                None => "the name of a file; or paste a PSBT, in base64, hex, or parts of BBQr or UR, or a Safe's file"
                    .to_owned(),
            };
            asking(canvas, window, "Import", &text, open)
        }
        (Task::Label { .. }, _) => {
            asking(canvas, window, "Label", "what the coin is called; nothing takes it away", open)
        }
        (Task::Receive { address }, _) => {
            receive(canvas, window, address);
            None
        }
        (Task::Confirm { wallet, seat }, _) => confirm(canvas, window, view, (*wallet, *seat), open),
        (_, None) => None,
    }
}

/// What a seat is called in a title: its key with its name, or the name of an owner, whose address stands on the page.
fn called(seat: &SeatView) -> String {
    match (seat.id, &*seat.name) {
        (Who::Owner(_), name) if !name.is_empty() => name.to_owned(),
        (id, name) => format!("{id} {name}"),
    }
}

/// The same where there is little room: the key alone.
fn short_called(seat: &SeatView) -> String {
    if matches!(seat.id, Who::Owner(_)) { called(seat).trim_end().to_owned() } else { seat.id.to_string() }
}

fn asks(challenge: Option<&Challenge>) -> Vec<String> {
    let Some(challenge) = challenge else { return vec![] };
    let last = challenge.from + challenge.count;
    vec![
        format!("is paid {}", grouped(&challenge.address)),
        format!("but like {}", grouped(&challenge.like)),
        format!("type characters {} to {last} of the first, from your own source", challenge.from + 1),
    ]
}

/// What is read, and below it what is asked.
fn reading(
    canvas: &mut Canvas<'_>,
    state: &State,
    view: &View,
    window: Rect,
    (about, open): (&ProposalView, &Window),
    title: &str,
    asked: &[String],
) -> Option<Position> {
    let area = inside(window);
    let text = Rect { height: area.height.saturating_sub(FOOT), ..area };
    let glyphs = canvas.glyphs;
    let ink = Ink::new(state, view, glyphs);
    let lines = view.treasury.as_ref().map(|treasury| page::lines(&ink, treasury, about, area.width));
    let lines = lines.unwrap_or_default();
    let last = (open.scroll + usize::from(text.height)).min(lines.len());
    frame(canvas, window, title, &format!("{last} of {}  esc closes", lines.len()));
    page::draw(canvas, text, &lines, open.scroll);
    let more = open.step == Step::Read && last < lines.len();
    let first = if more { vec!["there is more to read: enter turns the page".to_owned()] } else { asked.to_vec() };
    let first: Vec<&String> = first.iter().filter(|line| !line.is_empty()).collect();
    let below = Rect { y: area.bottom().saturating_sub(FOOT), height: FOOT.min(area.height), ..area };
    match open.step {
        Step::Answer(_) => {
            // Both addresses in full, over the last lines of what was read.
            let room = usize::from(area.width.saturating_sub(2));
            let all: Vec<String> = first.iter().flat_map(|line| wrap(line, room)).collect();
            let height = u16::try_from(all.len() + 2).unwrap_or(u16::MAX).min(area.height);
            let above = Rect { y: area.bottom().saturating_sub(height), height, ..area };
            canvas.clear(above, Role::Overlay);
            rule(canvas, above, state);
            for (line, y) in all.iter().zip(1..) {
                canvas.put(above, 1, y, line, Role::Accent);
            }
            field(canvas, above, height.saturating_sub(1), open)
        }
        step => {
            rule(canvas, below, state);
            for (line, y) in first.iter().zip(1..) {
                canvas.put(below, 1, y, line, Role::Accent);
            }
            if step == Step::Read { None } else { field(canvas, below, 2, open) }
        }
    }
}

/// Between what is read and what is asked; here stands why a key did not do it. The line for such things lies behind.
fn rule(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    canvas.fill(area, 0, area.width, 0, canvas.glyphs.horizontal, Role::Border);
    if let Some(said) = state.said.as_ref().filter(|said| said.warning) {
        canvas.put(area, 1, 0, &format!(" {} ", said.text), Role::Warning);
    }
}

/// What is asked, and a field for the answer.
fn asking(canvas: &mut Canvas<'_>, window: Rect, title: &str, text: &str, open: &Window) -> Option<Position> {
    frame(canvas, window, title, "enter does it  esc closes");
    let area = inside(window);
    for (line, y) in wrap(text, usize::from(area.width.saturating_sub(2))).iter().zip(0..area.height) {
        canvas.put(area, 1, y, line, Role::Text);
    }
    field(canvas, area, area.height.saturating_sub(2), open)
}

/// The field; a passphrase is dots.
pub fn field(canvas: &mut Canvas<'_>, area: Rect, y: u16, open: &Window) -> Option<Position> {
    let start = canvas.put(area, 1, y, "> ", Role::Accent);
    let (text, cursor) = match open.step {
        Step::Passphrase | Step::Device => (canvas.glyphs.veil.repeat(open.secret.count()), open.secret.count()),
        _ => (open.field.text(), open.field.cursor()),
    };
    // The end of a long text is what one sees while one types.
    let room = usize::from(area.width.saturating_sub(start + 1));
    let passed = (cursor + 1).saturating_sub(room);
    let shown: String = text.chars().skip(passed).collect();
    canvas.put(area, start, y, &shown, Role::Strong);
    let x = start.saturating_add(u16::try_from(cursor - passed).unwrap_or(u16::MAX));
    let at = Position { x: area.x.saturating_add(x), y: area.y.saturating_add(y) };
    area.contains(at).then_some(at)
}

/// What is told, to be taken or left.
fn telling(canvas: &mut Canvas<'_>, window: Rect, title: &str, text: &str) {
    frame(canvas, window, title, "enter does it  esc closes");
    let area = inside(window);
    for (line, y) in wrap(text, usize::from(area.width.saturating_sub(2))).iter().zip(0..area.height) {
        canvas.put(area, 1, y, line, Role::Text);
    }
}

fn service_of(view: &View, safe: SafeId) -> Option<String> {
    let safes = &view.treasury.as_ref()?.safes;
    safes.iter().find(|known| known.id == safe).map(|known| known.service.source.to_string())
}

/// A Safe's transaction before it is carried out: the review, what it comes to, and who pays for that.
fn execution(
    canvas: &mut Canvas<'_>,
    state: &State,
    view: &View,
    window: Rect,
    (about, open): (&ProposalView, &Window),
    (sender, most): (Address, Option<U256>),
) -> Option<Position> {
    let senders = about.safe().map(|tx| tx.senders.as_slice()).unwrap_or_default();
    let account = senders.iter().find(|known| known.account.address == sender);
    let told = account.and_then(|known| known.told.as_ref());
    let told = told.map_or(String::new(), |told| format!(", in this demo {told:?}"));
    let name = account.map(|known| known.account.name.to_string()).filter(|name| !name.is_empty());
    let name = who(&name.unwrap_or_else(|| sender.to_checksum(None)), true);
    let others = if senders.len() > 1 { "tab takes another  " } else { "" };
    let found = estimate(Some(about), sender);
    let asked = match (open.step, found) {
        (_, None) => vec![format!("{name} pays for the gas; what that comes to is being asked for. {others}")],
        (_, Some(found)) if found.hindered.is_some() => {
            vec![format!("it cannot be carried out now, see above. {others}")]
        }
        (Step::Read, Some(found)) => vec![format!("enter goes on: {name} pays {}. {others}", found.told)],
        (_, Some(found)) => {
            let changed = if most == Some(found.most) { "" } else { " (something else than before)" };
            vec![format!("the passphrase of {name}{told}; enter pays {}{changed}", found.told)]
        }
    };
    reading(canvas, state, view, window, (about, open), &format!("Carry out #{}", about.row.number), &asked)
}

/// A payment out of a Safe, question by question.
fn proposing(
    canvas: &mut Canvas<'_>,
    window: Rect,
    view: &View,
    safe: SafeId,
    (typed, open): (&[String], &Window),
) -> Option<Position> {
    let safes = view.treasury.iter().flat_map(|treasury| &treasury.safes);
    let name = safes.filter(|known| known.id == safe).map(|known| known.name.to_string()).next();
    let title = format!("Propose a payment out of {}", name.unwrap_or_else(|| safe.short()));
    let asked = QUESTIONS.get(typed.len()).copied().unwrap_or_default();
    let before = if typed.is_empty() { String::new() } else { format!("{}. ", typed.join(", ")) };
    asking(canvas, window, &title, &format!("{before}Now {asked}"), open)
}

fn beginning(text: &str) -> String {
    let start: String = text.chars().filter(|c| !c.is_whitespace()).take(12).collect();
    format!("from {start}")
}

/// A PSBT as codes, one after another.
fn codes(canvas: &mut Canvas<'_>, window: Rect, about: &ProposalView, at: usize, ur: bool) {
    let number = about.row.number;
    let area = inside(window);
    let ascii = !canvas.glyphs.dots;
    let parts = qr::room(area, ascii).map(|room| super::parts(about, room, ur)).unwrap_or_default();
    let count = parts.len();
    let shown = parts.get(at.checked_rem(count).unwrap_or(0)).and_then(|part| qr::Code::of(part));
    let (kind, other) = if ur { ("UR", "BBQr") } else { ("BBQr", "UR") };
    let turns = if count > 1 { "left right turn  " } else { "" };
    let place = if count > 1 { format!(", {} of {count}", at % count + 1) } else { String::new() };
    let (title, others) = match about.safe() {
        Some(_) => (format!("#{number}, BBQr{place}"), String::new()),
        None => (format!("PSBT of #{number}, {kind}{place}"), format!("tab {other}  ")),
    };
    frame(canvas, window, &title, &format!("{turns}{others}esc closes"));
    if !shown.is_some_and(|code| qr::draw(canvas, area, &code)) {
        canvas.put_message(area, "there is no room for a code here: export it to a file instead", Role::Warning);
    }
}

fn page_of(view: &View, wallet: WalletId) -> Option<&WalletPage> {
    view.treasury.as_ref()?.wallet.as_deref().filter(|page| page.id == wallet)
}

/// An address to be paid at, and its code.
fn receive(canvas: &mut Canvas<'_>, window: Rect, address: &AddressView) {
    frame(canvas, window, "Receive", "esc closes");
    let area = inside(window);
    // All of it, on as many lines as that takes.
    let text = format!("{}: {}", address.spot, grouped(&address.address));
    let lines = wrap(&text, usize::from(area.width.saturating_sub(2)));
    for (line, y) in lines.iter().zip(0..area.height) {
        canvas.put_centered(area, y, line, Role::Strong);
    }
    let used = u16::try_from(lines.len()).unwrap_or(0).min(area.height);
    let below = Rect { y: area.y + used, height: area.height - used, ..area };
    let code = qr::Code::of(&short(&address.address));
    if !code.is_some_and(|code| qr::draw(canvas, below, &code)) {
        canvas.put_message(below, "there is no room for its code here", Role::Dim);
    }
}

/// In capitals an address that has one case only makes a smaller code, and says the same.
fn short(address: &str) -> String {
    let one_case = !address.chars().any(|c| c.is_ascii_uppercase()) && address.contains('1');
    if one_case { address.to_ascii_uppercase() } else { address.to_owned() }
}

/// The first address, to be compared with a device.
fn confirm(
    canvas: &mut Canvas<'_>,
    window: Rect,
    view: &View,
    (wallet, seat): (WalletId, SeatId),
    open: &Window,
) -> Option<Position> {
    let page = page_of(view, wallet)?;
    frame(canvas, window, "Confirm the first address", "enter confirms  esc closes");
    let area = inside(window);
    let called = |key: &KeyView| who(format!("{} {}", key.seat, key.name).trim_end(), key.hot);
    let name = page.keys.iter().find(|key| key.seat == seat).map(called).unwrap_or_default();
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut say = |text: &str, role| {
        let room = usize::from(area.width.saturating_sub(2));
        lines.extend(wrap(text, room).into_iter().map(|line| (line, role)));
    };
    say(&format!("Address {} as this program derives it:", page.first.spot), Role::Dim);
    say(&grouped(&page.first.address), Role::Strong);
    say(
        "Let the device of this cosigner show it, and type what the device shows. Do not copy it from here.",
        Role::Text,
    );
    say(&format!("cosigner {name}; tab takes another"), Role::Accent);
    for (mark, key) in page.keys.iter().enumerate() {
        let word = if key.confirmed { "confirmed" } else { "not yet" };
        let role = if key.hot { Role::Warning } else { Role::Dim };
        say(&format!("{}. {} {word}", mark + 1, called(key)), role);
    }
    let last = area.height.saturating_sub(1);
    for ((line, role), y) in lines.iter().zip(0..last) {
        canvas.put(area, 1, y, line, *role);
    }
    field(canvas, area, last, open)
}
