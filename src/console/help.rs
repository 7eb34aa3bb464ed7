//! The help window: the key table, with the keys that work here first, and what was told before.

use super::action::{Context, TABLE};
use super::figures::clock;
use super::overlay::Line;
use super::pane::header::GO_LIVE;
use super::state::State;
use super::theme::Role;
use crate::desk::{Mode, View};

/// The lines of help.
pub fn lines(state: &State, view: &View) -> Vec<Line> {
    let mut lines = Vec::new();
    if view.mode == Mode::Demo {
        lines.push(Line::heading("This market is simulated. To see a real one, type in a shell:"));
        lines.push(Line { role: Role::Accent, ..Line::heading(&format!("  {GO_LIVE}")) });
        lines.push(Line::heading(""));
    }
    let here = state.contexts(view);
    let last = |context: &Context| !here.contains(context) && *context != Context::Global;
    let (there, first): (Vec<_>, Vec<_>) = Context::ALL.into_iter().partition(last);
    // The keys of the focused pane are what is asked for; they stand before those that work everywhere.
    let (global, own): (Vec<_>, Vec<_>) = first.into_iter().partition(|context| *context == Context::Global);
    for context in own.into_iter().chain(global).chain(there) {
        let rows: Vec<_> = TABLE.iter().filter(|row| row.context == context).collect();
        if rows.is_empty() {
            continue;
        }
        lines.push(Line::heading(context.title()));
        for row in rows {
            let keys: Vec<_> = state.settings.keymap.keys(row.action, state.home()).collect();
            let name = if keys.is_empty() { "no key".to_owned() } else { keys.join("  ") };
            let help = row.help.to_owned();
            lines.push(Line { name, places: vec![], help, key: row.name.to_owned(), role: Role::KeyHint });
        }
        lines.push(Line::heading(""));
    }
    lines.pop();
    lines
}

/// The lines of all notices, newest first.
pub fn notices(state: &State, view: &View, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    for notice in view.notices.iter().rev() {
        let role = if notice.warning { Role::Warning } else { Role::Text };
        let time = clock(notice.at, &state.settings.zone);
        let sign = if notice.warning { "!" } else { " " };
        let text = super::canvas::wrap(&notice.text, width.saturating_sub(time.len() + 6));
        for (index, text) in text.into_iter().enumerate() {
            let time = if index == 0 { format!("{time} {sign}") } else { " ".repeat(time.len() + 2) };
            lines.push(Line { role, ..Line::heading(&format!("{time} {text}")) });
        }
    }
    if lines.is_empty() {
        lines.push(Line { role: Role::Dim, ..Line::heading("Nothing has happened yet that needs to be told.") });
    }
    lines
}
