//! The queue: what is proposed, to whom, how much, who has signed and who is missing, until when, and what is wrong.

use super::table::{Spec, fit, spec};
use super::{Ink, looks, missing, word};
use crate::console::canvas::Canvas;
use crate::console::pane::Title;
use crate::console::pane::watch::first_shown;
use crate::console::state::State;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::treasury::{Kind, Leaves, ProposalRow, TreasuryView, Waiting, collects, sendable};
use crate::treasury::verdict::Judgement;
use bitcoin::Amount;
use ratatui::layout::Rect;

#[derive(Clone, Copy)]
enum Column {
    Number,
    What,
    To,
    Value,
    Signed,
    Expires,
    Flags,
    Missing,
    Age,
    Wallet,
}

const COLUMNS: [Spec<Column>; 10] = [
    spec(Column::Number, 0, 4, 4),
    spec(Column::What, 1, 19, 22),
    spec(Column::To, 5, 11, 26),
    spec(Column::Value, 6, 12, 14),
    spec(Column::Signed, 2, 7, 8),
    spec(Column::Expires, 3, 10, 10),
    spec(Column::Flags, 4, 6, 22),
    spec(Column::Missing, 7, 18, 34),
    spec(Column::Age, 8, 6, 6),
    spec(Column::Wallet, 9, 12, 20),
];

/// The proposal that stands on a line inside the pane.
pub fn index_at(count: usize, chosen: usize, area: Rect, line: u16) -> Option<usize> {
    super::table::index_at(count, chosen, area.height, line)
}

/// What waits, in words.
pub fn waiting(waiting: Waiting) -> String {
    match (waiting.collecting, waiting.ready) {
        (0, 0) => "nothing waits".to_owned(),
        (signs, 0) => format!("{signs} to sign"),
        (0, sends) => format!("{sends} to send"),
        (signs, sends) => format!("{signs} to sign, {sends} to send"),
    }
}

/// Draws the list inside its border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, ink: &Ink<'_>, state: &State, treasury: &TreasuryView) -> Title {
    let shown = fit(&COLUMNS, area.width);
    let base = treasury.price.as_ref().map_or("value".to_owned(), |price| price.base.to_string());
    for (column, x, width) in &shown {
        let name = match column {
            Column::Number => "  #",
            Column::What => "what",
            Column::To => "to",
            Column::Value => {
                canvas.put_right(area, x + width - 1, 0, &base, Role::Dim);
                continue;
            }
            Column::Signed => "signed",
            Column::Expires => "expires",
            Column::Flags => "risk",
            Column::Missing => "missing",
            Column::Age => {
                canvas.put_right(area, x + width - 1, 0, "age", Role::Dim);
                continue;
            }
            Column::Wallet => "wallet",
        };
        canvas.put(area, *x, 0, name, Role::Dim);
    }
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if treasury.proposals.is_empty() {
        canvas.put_message(list, "nothing is proposed", Role::Dim);
    }
    let chosen = state.treasury.proposal_at(&treasury.proposals);
    let first = first_shown(treasury.proposals.len(), usize::from(list.height), chosen);
    for ((index, row), y) in treasury.proposals.iter().enumerate().skip(first).zip(0..list.height) {
        for (column, x, width) in &shown {
            let cell = Rect { x: list.x.saturating_add(*x), width: width.saturating_sub(1), ..list }.intersection(list);
            draw_cell(canvas, cell, y, ink, *column, row);
        }
        if index == chosen {
            canvas.put(list, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: list.y + y, height: 1, ..list }, Role::Selected);
        }
    }
    let counts = Waiting {
        collecting: treasury.proposals.iter().filter(|row| collects(row.state)).count(),
        ready: treasury.proposals.iter().filter(|row| sendable(row.state)).count(),
    };
    let (text, role) = match &treasury.at_work {
        Some(work) => (work.to_string(), Role::Accent),
        None if counts.count() == 0 => (waiting(counts), Role::Dim),
        None => (waiting(counts), Role::Accent),
    };
    Title { name: "Approvals".to_owned(), state: Some((text, role)), ..Title::default() }
}

/// What is proposed, in a few words.
pub fn what(ink: &Ink<'_>, row: &ProposalRow, room: usize) -> String {
    let (sent, fee) = match &row.leaves {
        Leaves::Coins { sent, fee } => (*sent, *fee),
        Leaves::Told(told) if told.is_empty() => return row.kind.word().to_owned(),
        Leaves::Told(told) => return format!("{} {}", row.kind.word(), ink.told(told)),
    };
    let fee = fee.filter(|_| row.kind == Kind::Bump);
    let amount = |amount: Amount, word: &str| {
        let left = room.saturating_sub(columns(word) + 1);
        let text = ink.amount(amount, left);
        // The unit goes before a digit does.
        let unit = if columns(&text) + 4 <= left { " BTC" } else { "" };
        format!("{word} {text}{unit}")
    };
    match fee {
        Some(fee) => amount(fee, "bump to"),
        None => amount(sent, row.kind.word()),
    }
}

/// Whether nothing leaves that is known, so that nothing is worth anything.
pub fn nothing(row: &ProposalRow) -> bool {
    match &row.leaves {
        Leaves::Coins { sent, .. } => *sent == Amount::ZERO,
        Leaves::Told(told) => told.is_empty(),
    }
}

fn draw_cell(canvas: &mut Canvas<'_>, cell: Rect, y: u16, ink: &Ink<'_>, column: Column, row: &ProposalRow) {
    let room = usize::from(cell.width);
    let open = row.state.is_live();
    let plain = if open { Role::Text } else { Role::Dim };
    let (text, role) = match column {
        Column::Number => (format!("{:>3}", row.number), Role::Dim),
        Column::What if row.kind == Kind::Control && open => (what(ink, row, room), Role::Warning),
        Column::What => (what(ink, row, room), plain),
        Column::To => {
            let more = if row.to.others > 0 { format!(" +{}", row.to.others) } else { String::new() };
            let first = row.to.first.as_ref().map(|payee| ink.payee(payee, room.saturating_sub(columns(&more))));
            let nobody = if row.nonce.is_some() { canvas.glyphs.missing } else { "(ourselves)" };
            (format!("{}{more}", first.unwrap_or_else(|| nobody.to_owned())), plain)
        }
        Column::Value => {
            let (text, role) = match nothing(row) {
                true => (canvas.glyphs.missing.to_owned(), Role::Dim),
                false => ink.value(row.value, room),
            };
            canvas.put_right(cell, cell.width, y, &text, if open { role } else { Role::Dim });
            return;
        }
        // What is in a block needs no more signatures and no more time: the two columns say which block.
        Column::Signed if row.block.is_some() => ("block".to_owned(), looks(row.state)),
        Column::Signed => (format!("{} of {}", row.signed, row.quorum.required), plain),
        Column::Expires if collects(row.state) => match row.expires {
            Some(at) => (ink.until(at), Role::Dim),
            None => ("never".to_owned(), Role::Dim),
        },
        Column::Expires => {
            let block = row.block.map(|block| ink.number(block));
            (block.unwrap_or_else(|| word(row.state).to_owned()), looks(row.state))
        }
        Column::Flags => flags(canvas, row, room),
        Column::Missing => (missing(row), hot(row)),
        Column::Age => {
            canvas.put_right(cell, cell.width, y, &ink.since(row.created), Role::Dim);
            return;
        }
        Column::Wallet => (row.wallet.to_string(), Role::Dim),
    };
    canvas.put(cell, 0, y, &text, role);
}

/// A key that lies on this machine is marked wherever it is named.
fn hot(row: &ProposalRow) -> Role {
    if row.missing.iter().any(|missing| missing.hot) { Role::Warning } else { Role::Dim }
}

/// What the review found: a word or a count, and the codes where there is room.
fn flags(canvas: &Canvas<'_>, row: &ProposalRow, room: usize) -> (String, Role) {
    let (short, role) = match row.judgement {
        _ if !row.state.is_live() => return (String::new(), Role::Dim),
        Judgement::Clean => return (canvas.glyphs.missing.to_owned(), Role::Dim),
        Judgement::Warn => (format!("! {}", row.codes.len()), Role::Warning),
        Judgement::Block => ("BLOCK".to_owned(), Role::Error),
    };
    let long = format!("{} {}", short.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' '), row.codes.join(" "));
    (if columns(&long) <= room { long } else { short }, role)
}
