//! A proposal in full: what the review found, the transaction line by line, who has signed, and what was done.
//!
//! - The lines are those of the one review (`Verdict`), whole: what does not fit on a line goes on below it, nothing is
//!   left out.
//! - What speaks against it stands before everything else.

use super::approvals::what;
use super::{Ink, approvals, judgement, looks, missing, safe_tx, stage, who};
use crate::console::canvas::{Canvas, wrap};
use crate::console::figures::clock;
use crate::console::glyphs::UNICODE;
use crate::console::pane::Title;
use crate::console::state::State;
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::View;
use crate::desk::treasury::{ProposalView, SeatStanding, SeatView, TreasuryView, Who, collects};
use crate::treasury::verdict::{Finding, Row, Tone};
use ratatui::layout::Rect;

/// Parts of at most so many columns stand on one line.
const SHORT: usize = 32;

/// A line, and what stands at its right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    text: String,
    role: Role,
    right: String,
    right_role: Role,
}

impl Line {
    /// A line with nothing at its right.
    pub fn new(text: impl Into<String>, role: Role) -> Self {
        Self { text: text.into(), role, right: String::new(), right_role: Role::Dim }
    }

    /// The same with this at its right.
    pub fn right(self, right: impl Into<String>, right_role: Role) -> Self {
        Self { right: right.into(), right_role, ..self }
    }
}

/// How many lines there are.
pub fn count(state: &State, view: &View, proposal: &ProposalView, width: u16) -> usize {
    // All signs have one column, so that those of another terminal make no other lines.
    let ink = Ink::new(state, view, &UNICODE);
    view.treasury.as_ref().map_or(0, |treasury| lines(&ink, treasury, proposal, width).len())
}

/// What stands on the border.
pub fn title(proposal: &ProposalView, lines: usize, scroll: usize, height: u16) -> Title {
    let (text, role) = judgement(proposal.row.judgement, proposal.row.codes.len());
    let last = (scroll + usize::from(height)).min(lines);
    let place = if lines > usize::from(height) { format!("  {last} of {lines}") } else { String::new() };
    Title {
        name: format!("#{}", proposal.row.number),
        state: Some((format!("review: {text}{place}"), role)),
        readout: vec![],
    }
}

/// The lines.
pub fn lines(ink: &Ink<'_>, treasury: &TreasuryView, proposal: &ProposalView, width: u16) -> Vec<Line> {
    let width = usize::from(width).saturating_sub(2);
    let row = &proposal.row;
    let mut lines = Vec::new();
    let of_safe = proposal.safe();
    if let Some(why) = of_safe.filter(|_| row.state.is_live()).and_then(|_| safe_tx::stop(row)) {
        push_wrapped(&mut lines, "", &format!("BLOCKED: {why}"), width, Role::Error);
    }
    let before = lines.len();
    let (value, value_role) = ink.value(row.value, 16);
    let value = treasury.price.as_ref().map(|price| format!("{value} {}", price.base)).unwrap_or(value);
    let value = if approvals::nothing(row) { String::new() } else { value };
    let head = format!("{} from {}", what(ink, row, 40), row.wallet);
    lines.push(Line::new(head, Role::Strong).right(value, value_role));
    let signed = format!("{} of {} signed", row.signed, row.quorum.required);
    let missing = match missing(row) {
        none if none.is_empty() => none,
        names => format!(", missing: {names}"),
    };
    let until = row.expires.filter(|_| collects(row.state)).map(|at| format!(", ends in {}", ink.until(at)));
    let word = format!("{}{}", stage(ink, row), until.unwrap_or_default());
    push_wrapped(&mut lines, "", &format!("{signed}{missing}"), width.saturating_sub(columns(&word) + 2), Role::Text);
    if let Some(line) = lines.get_mut(before + 1) {
        (line.right, line.right_role) = (word, looks(row.state));
    }
    if !proposal.memo.is_empty() {
        push_wrapped(&mut lines, "memo  ", &format!("\"{}\"", proposal.memo), width, Role::Dim);
    }
    let verdict = &proposal.verdict;
    findings(&mut lines, ink, "!! ", &verdict.blocks, width, Role::Error);
    findings(&mut lines, ink, "!  ", &verdict.warnings, width, Role::Warning);
    match ink.hidden {
        true => push_wrapped(
            &mut lines,
            "",
            "the transaction is hidden with its amounts; show them to read it",
            width,
            Role::Dim,
        ),
        false => match of_safe {
            Some(tx) => safe_tx::body(&mut lines, ink, &verdict.rows, tx, width),
            None => rows(&mut lines, ink, &verdict.rows, width),
        },
    }
    lines.push(Line::new("signers", Role::Strong));
    for seat in &proposal.seats {
        seat_lines(&mut lines, ink, seat, width);
    }
    if let Some(tx) = of_safe {
        safe_tx::outside(&mut lines, ink, tx, width);
    }
    if !proposal.history.is_empty() {
        lines.push(Line::new("history", Role::Strong));
    }
    for event in &proposal.history {
        let start = format!("{} ", time(ink, event.at));
        push_wrapped(&mut lines, &start, &format!("{}: {}", event.who, event.what), width, Role::Dim);
    }
    lines.push(Line::new("facts", Role::Strong));
    let hash = if proposal.safe().is_some() { "hash   " } else { "txid   " };
    push_wrapped(&mut lines, hash, &proposal.hash(), width, Role::Dim);
    push_wrapped(&mut lines, "id     ", &row.id.to_string(), width, Role::Dim);
    let price = treasury.price.as_ref().filter(|_| of_safe.is_none());
    if let Some((text, role)) = price.map(|price| ink.price(price)) {
        push_wrapped(&mut lines, "price  ", &text, width, role);
    }
    let reviewed = format!("{} ago, of the bytes that a signer gets", ink.since(proposal.reviewed));
    push_wrapped(&mut lines, "review ", &reviewed, width, Role::Dim);
    lines
}

/// What was found, each with its code; hidden amounts are in the sentences too, so that then only the codes are left.
fn findings(lines: &mut Vec<Line>, ink: &Ink<'_>, sign: &str, found: &[Finding], width: usize, role: Role) {
    for finding in found {
        let text = match ink.hidden {
            true => finding.code.to_owned(),
            false => format!("{} ({})", finding.message, finding.code),
        };
        push_wrapped(lines, sign, &text, width, role);
    }
}

/// The transaction: what goes in, what comes out, and the rest.
pub fn rows(lines: &mut Vec<Line>, ink: &Ink<'_>, rows: &[Row], width: usize) {
    let kind = |row: &Row| row.label.split(' ').next().unwrap_or_default().to_owned();
    let branches = |kind: &str| matches!(kind, "in" | "out");
    for (place, row) in rows.iter().enumerate() {
        let own = kind(row);
        let goes_on = rows.get(place + 1).is_some_and(|next| kind(next) == own);
        let sign = match (branches(&own), goes_on) {
            (true, true) => ink.glyphs.border.vertical_left,
            (true, false) => ink.glyphs.border.bottom_left,
            (false, _) => " ",
        };
        parts(lines, ink, &format!("{sign} {:<8}", row.label), &row.parts, width, toned(row.tone));
    }
}

/// Parts behind `start`, as many on a line as fit.
pub fn parts(lines: &mut Vec<Line>, ink: &Ink<'_>, start: &str, parts: &[String], width: usize, role: Role) {
    let indent = columns(start);
    let text = flow(parts, ink.glyphs.separator, width.saturating_sub(indent).max(8));
    for (place, line) in text.iter().enumerate() {
        let start = if place == 0 { start.to_owned() } else { " ".repeat(indent) };
        push_wrapped(lines, &start, line, width, role);
    }
}

/// How something is looked at that the review has given a tone.
pub const fn toned(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Ours => Role::Live,
        Tone::Leaves => Role::Strong,
        Tone::Warning => Role::Warning,
        Tone::Block => Role::Error,
    }
}

/// Parts one behind the other. A short one, such as a value with the age of its price, is not torn apart: it begins the next
/// line.
pub fn flow(parts: &[String], separator: &str, room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let Some(line) = lines.last_mut() else {
            lines.extend(wrap(part, room));
            continue;
        };
        let longer = format!("{line} {separator} {part}");
        if columns(&longer) > room && columns(part) <= SHORT {
            let end = format!(" {separator}");
            if columns(line) + columns(&end) <= room {
                line.push_str(&end);
            }
            lines.push(part.clone());
        } else {
            lines.pop();
            lines.extend(wrap(&longer, room));
        }
    }
    lines
}

fn seat_lines(lines: &mut Vec<Line>, ink: &Ink<'_>, seat: &SeatView, width: usize) {
    // An owner's address fills a line of its own.
    let owner = matches!(seat.id, Who::Owner(_)) && !seat.name.is_empty();
    let named = if owner { seat.name.to_string() } else { format!("{} {}", seat.id, seat.name) };
    let who = format!("  {}", who(named.trim_end(), seat.hot.is_some()));
    let (word, role) = match &seat.standing {
        SeatStanding::Pending => ("pending".to_owned(), Role::Dim),
        SeatStanding::Awaiting(at) => (format!("waits for its device {}", ink.since(*at)), Role::Warning),
        SeatStanding::Viewed(at) => (format!("read it {} ago", ink.since(*at)), Role::Dim),
        SeatStanding::Failed(at, _) => (format!("could not sign {} ago", ink.since(*at)), Role::Warning),
        SeatStanding::Approved(at) => (format!("signed, verified {} ago", ink.since(*at)), Role::Live),
        SeatStanding::Rejected(at, _) => (format!("refused {} ago", ink.since(*at)), Role::Warning),
    };
    let hot_role = if seat.hot.is_some() { Role::Warning } else { Role::Text };
    let room = width.saturating_sub(columns(&word) + 2);
    let fitted = crate::console::text::fit(&who, room, ink.glyphs.ellipsis).into_owned();
    lines.push(Line::new(fitted, hot_role).right(word, role));
    if owner {
        push_wrapped(lines, "    ", &seat.id.to_string(), width, Role::Dim);
    }
    if !seat.note.is_empty() {
        push_wrapped(lines, "    ", &seat.note, width, Role::Text);
    }
    if let SeatStanding::Rejected(_, reason) | SeatStanding::Failed(_, reason) = &seat.standing
        && !reason.is_empty()
    {
        push_wrapped(lines, "    ", &format!("\"{reason}\""), width, Role::Dim);
    }
}

/// Words behind `start`, on as many lines as they need, all beginning at the same column. What has no spaces is broken
/// where the line ends, so that nothing is cut off.
pub fn push_wrapped(lines: &mut Vec<Line>, start: &str, text: &str, width: usize, role: Role) {
    push_hung(lines, (start, &" ".repeat(columns(start))), text, width, role);
}

/// The same with something else before the lines that follow the first.
pub fn push_hung(lines: &mut Vec<Line>, (start, below): (&str, &str), text: &str, width: usize, role: Role) {
    let room = width.saturating_sub(columns(start).max(columns(below))).max(8);
    let mut start = start;
    for line in wrap(text, room) {
        for piece in pieces(&line, room) {
            lines.push(Line::new(format!("{start}{piece}"), role));
            start = below;
        }
    }
}

fn pieces(line: &str, room: usize) -> Vec<String> {
    use unicode_segmentation::UnicodeSegmentation as _;
    let mut pieces = vec![String::new()];
    let mut taken = 0;
    for cluster in line.graphemes(true) {
        let wide = columns(cluster);
        if taken + wide > room {
            pieces.push(String::new());
            taken = 0;
        }
        taken += wide;
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(cluster);
        }
    }
    pieces
}

/// The day and the time of a moment.
pub fn time(ink: &Ink<'_>, at: crate::market::Timestamp) -> String {
    let day = jiff::Timestamp::from_nanosecond(i128::from(at.nanos())).map(|at| ink.zone.to_datetime(at).date());
    let day = day.map_or("----------".to_owned(), |day| day.to_string());
    format!("{day} {}", clock(at, ink.zone))
}

/// Draws the lines from `scroll` on.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line], scroll: usize) {
    let end = area.width.saturating_sub(1);
    let scroll = scroll.min(lines.len().saturating_sub(usize::from(area.height)));
    for (line, y) in lines.iter().skip(scroll).zip(0..area.height) {
        let right = u16::try_from(columns(&line.right)).unwrap_or(u16::MAX);
        let room = if right == 0 { end } else { end.saturating_sub(right + 1) };
        canvas.put(Rect { width: room, ..area }, 1, y, &line.text, line.role);
        canvas.put_right(area, end, y, &line.right, line.right_role);
    }
}
