//! The line above the panes: the workspaces, what kind of market this is, and the time.

use crate::console::canvas::Canvas;
use crate::console::figures::clock;
use crate::console::layout::Workspace;
use crate::console::text::{columns, printable};
use crate::console::theme::Role;
use crate::desk::{Mode, Replay, Speed, View};
use jiff::tz::TimeZone;
use ratatui::layout::Rect;

/// What to type to see real markets.
pub const GO_LIVE: &str = "exchequer --venue kraken BTC/USD ETH/USD";

/// The workspaces by name.
const TABS: [(Workspace, &str); 3] =
    [(Workspace::Markets, "1 Markets"), (Workspace::Portfolio, "2 Portfolio"), (Workspace::Treasury, "3 Treasury")];

/// A line so wide has room between the names.
const ROOMY: u16 = 100;

/// Each workspace, the column at which its name begins, and the name; at the end the column behind the last of them.
fn tabs(width: u16) -> (Vec<(Workspace, u16, &'static str)>, u16) {
    let gap = if width >= ROOMY { 4 } else { 2 };
    let mut x = 1;
    let place = |(workspace, name): (Workspace, &'static str)| {
        let at = (workspace, x, name);
        x += u16::try_from(columns(name)).unwrap_or(0) + gap;
        at
    };
    (TABS.into_iter().map(place).collect(), x + 1)
}

/// The workspace whose name stands at a column of a line of this width.
pub fn tab_at(x: u16, width: u16) -> Option<Workspace> {
    let at = tabs(width)
        .0
        .into_iter()
        .find(|(_, from, name)| (usize::from(*from)..usize::from(*from) + name.len() + 2).contains(&usize::from(x)));
    at.map(|(workspace, ..)| workspace)
}

/// Draws the line.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, here: Workspace, view: &View) {
    let (tabs, end) = tabs(area.width);
    for (workspace, x, name) in tabs {
        match workspace == here {
            true => canvas.put(area, x, 0, &format!("[{name}]"), Role::Accent),
            false => canvas.put(area, x + 1, 0, name, Role::Dim),
        };
    }
    let mut x = end;
    let time = clock(view.now, canvas.zone);
    let zone = if *canvas.zone == TimeZone::UTC { " UTC" } else { "" };
    let time = if area.width >= 90 { format!("{time}{zone}") } else { time };
    let end = area.width.saturating_sub(1);
    canvas.put_right(area, end, 0, &time, Role::Dim);
    let width = u16::try_from(columns(&time)).unwrap_or(u16::MAX);
    let area = Rect { width: end.saturating_sub(width + 1), ..area };
    let (badge, role, texts) = match view.mode {
        Mode::Demo => (" DEMO ", Role::Demo, demo()),
        Mode::Live => (" LIVE ", Role::Live, venues(view)),
        Mode::Replay => (" REPLAY ", Role::Demo, view.replay.as_ref().map(replay).unwrap_or_default()),
    };
    x = canvas.put(area, x, 0, badge, role) + 1;
    let room = usize::from(area.width.saturating_sub(x));
    if let Some(text) = texts.iter().find(|text| columns(text) <= room).or(texts.last()) {
        canvas.put(area, x, 0, text, Role::Text);
    }
}

fn demo() -> Vec<String> {
    vec![
        format!("a simulated market; go live: {GO_LIVE}"),
        format!("go live: {GO_LIVE}"),
        "go live: exchequer --venue kraken".to_owned(),
        "go live: --venue kraken".to_owned(),
        GO_LIVE.rsplit_once(' ').map_or(String::new(), |(first, _)| first.to_owned()),
        "simulated; see ?".to_owned(),
    ]
}

fn venues(view: &View) -> Vec<String> {
    let mut names: Vec<_> = view.links.iter().map(|link| link.line.venue.as_str()).collect();
    names.dedup();
    vec![names.join(" ")]
}

fn replay(replay: &Replay) -> Vec<String> {
    let name = printable(&replay.name);
    let speed = match replay.speed {
        Speed::Max => "max".to_owned(),
        Speed::Percent(percent) if percent % 100 == 0 => format!("x{}", percent / 100),
        Speed::Percent(percent) => format!("x{}.{:02}", percent / 100, percent % 100),
    };
    let state = match (replay.ended, replay.paused) {
        (true, _) => " ended",
        (false, true) => " paused",
        (false, false) => "",
    };
    let place = format!("{}/{} {speed}{state}", replay.position, replay.length);
    vec![format!("{name} {place}"), place]
}
