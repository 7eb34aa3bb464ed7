//! The holdings: an asset a row, with the age of its price, what it is worth and what it has gained.
//!
//! What is not known says so: `unknown`, never a zero. What an account owes stands on a row of its own, marked, below zero.

use super::amounts::{Amounts, age, decimals, standing};
use crate::console::canvas::Canvas;
use crate::console::pane::watch::first_shown;
use crate::console::pane::{Title, change};
use crate::console::state::{Overlay, State};
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::{HoldingView, PortfolioView, Standing};
use crate::money::Decimal;
use ratatui::layout::Rect;

/// What is told of the holdings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What they are worth.
    Worth,
    /// What they have gained.
    Gains,
    /// Where their prices are from, and where they are.
    Sources,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of the fields that they show")]
pub enum Column {
    Asset,
    Quantity,
    Price,
    Age,
    Value,
    Share,
    Day,
    Gain,
    Realised,
    Cost,
    Source,
    Accounts,
}

use Column as C;

impl Kind {
    /// The next one.
    pub const fn next(self) -> Self {
        match self {
            Self::Worth => Self::Gains,
            Self::Gains => Self::Sources,
            Self::Sources => Self::Worth,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Worth => "Holdings",
            Self::Gains => "Holdings, gains",
            Self::Sources => "Holdings, sources",
        }
    }

    /// Its columns from left to right; each with its rank: of those that do not fit, the last in rank goes first.
    const fn columns(self) -> &'static [(Column, u8)] {
        match self {
            Self::Worth => &[
                (C::Asset, 0),
                (C::Quantity, 2),
                (C::Price, 3),
                (C::Age, 4),
                (C::Value, 1),
                (C::Share, 5),
                (C::Day, 7),
                (C::Gain, 6),
                (C::Realised, 8),
                (C::Cost, 9),
                (C::Source, 10),
            ],
            Self::Gains => &[
                (C::Asset, 0),
                (C::Value, 1),
                (C::Cost, 2),
                (C::Gain, 3),
                (C::Realised, 4),
                (C::Day, 5),
                (C::Quantity, 6),
                (C::Price, 7),
                (C::Age, 8),
            ],
            Self::Sources => {
                &[(C::Asset, 0), (C::Price, 1), (C::Age, 2), (C::Quantity, 5), (C::Source, 3), (C::Accounts, 4)]
            }
        }
    }
}

impl Column {
    /// The fewest columns of the screen that it needs, with the space before it, and the most that it can use.
    const fn widths(self) -> (u16, u16) {
        match self {
            Self::Asset => (10, 16),
            Self::Quantity => (13, 20),
            Self::Price => (12, 15),
            Self::Age => (6, 7),
            Self::Value => (12, 17),
            Self::Share => (6, 7),
            Self::Day => (6, 7),
            Self::Gain | Self::Realised => (12, 17),
            Self::Cost => (12, 17),
            Self::Source => (22, 34),
            Self::Accounts => (16, 40),
        }
    }

    const fn is_text(self) -> bool {
        matches!(self, Self::Asset | Self::Source | Self::Accounts)
    }

    /// Its name in the title.
    const fn name(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Quantity => "quantity",
            Self::Price => "price",
            Self::Age => "age",
            Self::Value => "value",
            Self::Share => "share",
            Self::Day => "day",
            Self::Gain => "P&L",
            Self::Realised => "realised",
            Self::Cost => "cost",
            Self::Source => "source",
            Self::Accounts => "accounts",
        }
    }

    fn heading(self, portfolio: &PortfolioView) -> String {
        match self {
            Self::Value => format!("value {}", portfolio.base),
            Self::Share => "%".to_owned(),
            Self::Day => "day %".to_owned(),
            column => column.name().to_owned(),
        }
    }
}

/// The columns that fit, from left to right: each with the column of the screen that it begins at, and its width.
fn layout(kind: Kind, width: u16) -> Vec<(Column, u16, u16)> {
    let all = kind.columns();
    // One column for the cursor.
    let mut left = width.saturating_sub(1);
    let mut last = 0;
    for rank in 0.. {
        let Some((column, _)) = all.iter().find(|(_, of)| *of == rank) else { break };
        let Some(rest) = left.checked_sub(column.widths().0) else { break };
        (left, last) = (rest, rank + 1);
    }
    let mut x = 1;
    let shown = all.iter().filter(|(_, rank)| *rank < last).map(|(column, _)| {
        let (least, most) = column.widths();
        let more = left.min(most - least);
        left -= more;
        let place = (*column, x, least + more);
        x += least + more;
        place
    });
    shown.collect()
}

/// The columns on a screen of this width that rows can be sorted by.
pub fn sortable(kind: Kind, width: u16) -> Vec<Column> {
    let shown = layout(kind, width).into_iter().map(|(column, ..)| column);
    shown.filter(|column| !matches!(column, C::Source | C::Accounts)).collect()
}

/// The column under the mouse that rows can be sorted by.
pub fn column_at(state: &State, area: Rect, x: u16) -> Option<Column> {
    let at = layout(state.portfolio.kind, area.width)
        .into_iter()
        .find(|(_, from, width)| (*from..from + width).contains(&x));
    at.map(|(column, ..)| column).filter(|column| !matches!(column, C::Source | C::Accounts))
}

/// Where the text of the filter begins on the border.
pub fn filter_at(kind: Kind) -> u16 {
    u16::try_from(columns(kind.name())).unwrap_or(u16::MAX).saturating_add(4)
}

/// The row that stands on a line inside the pane.
pub fn index_at(rows: &[&HoldingView], chosen: usize, area: Rect, line: u16) -> Option<usize> {
    let room = usize::from(area.height.saturating_sub(1));
    let index = first_shown(rows.len(), room, chosen) + usize::from(line.checked_sub(1)?);
    (index < rows.len()).then_some(index)
}

/// Draws the table inside its border.
pub fn draw(
    canvas: &mut Canvas<'_>,
    area: Rect,
    amounts: &Amounts<'_>,
    state: &State,
    portfolio: &PortfolioView,
) -> Title {
    let holder = &state.portfolio;
    let rows = holder.rows(portfolio);
    let chosen = holder.position(&rows);
    let shown = layout(holder.kind, area.width);
    for (column, x, width) in &shown {
        let role = if *column == holder.by { Role::Text } else { Role::Dim };
        let heading = column.heading(portfolio);
        match column {
            C::Asset => _ = canvas.put(area, *x, 0, &heading, role),
            column if column.is_text() => _ = canvas.put(area, x + 2, 0, &heading, role),
            _ => canvas.put_right(area, x + width, 0, &heading, role),
        }
    }
    let list = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    if rows.is_empty() {
        let text = match portfolio.holdings.is_empty() {
            true => "nothing is held here".to_owned(),
            false => format!("no holding matches {}", holder.filter),
        };
        canvas.put_message(list, &text, Role::Dim);
    }
    // All rows have the same decimals, so that they stay when one scrolls.
    let most = |of: fn(&HoldingView) -> Option<Decimal>| {
        portfolio.holdings.iter().filter_map(of).map(|value| value.abs()).max().unwrap_or_default()
    };
    let scales = Scales {
        value: most(|holding| holding.value),
        cost: most(|holding| holding.cost),
        gain: most(|holding| holding.unrealised).max(most(|holding| holding.realised)),
    };
    let first = first_shown(rows.len(), usize::from(list.height), chosen);
    for ((index, holding), y) in rows.iter().enumerate().skip(first).zip(0..list.height) {
        for (column, x, width) in &shown {
            let cell = Rect { x: list.x.saturating_add(*x), width: *width, ..list }.intersection(list);
            draw_cell(canvas, cell, y, &Cell { amounts, state, scales, column: *column }, holding);
        }
        if index == chosen {
            canvas.put(list, 0, y, canvas.glyphs.cursor, Role::Accent);
            canvas.tint(Rect { y: list.y + y, height: 1, ..list }, Role::Selected);
        }
    }
    let way = if holder.turned != (holder.by == C::Asset) { canvas.glyphs.up } else { canvas.glyphs.down };
    let found = format!("{} of {}  ", rows.len(), portfolio.holdings.len());
    let typed = match &state.overlay {
        Some(Overlay::Filter { field }) => Some(field.text()),
        _ => Some(holder.filter.clone()).filter(|filter| !filter.is_empty()),
    };
    Title {
        name: typed.as_ref().map_or(holder.kind.name().to_owned(), |text| format!("{} /{text}", holder.kind.name())),
        state: Some((format!("{}by {} {way}", typed.map_or("", |_| &found), holder.by.name()), Role::Dim)),
        readout: vec![],
    }
}

/// The largest number of each kind of column.
#[derive(Clone, Copy)]
struct Scales {
    value: Decimal,
    cost: Decimal,
    gain: Decimal,
}

struct Cell<'a> {
    amounts: &'a Amounts<'a>,
    state: &'a State,
    scales: Scales,
    column: Column,
}

fn draw_cell(canvas: &mut Canvas<'_>, area: Rect, y: u16, cell: &Cell<'_>, holding: &HoldingView) {
    let amounts = cell.amounts;
    let room = usize::from(area.width).saturating_sub(1);
    let missing = || (canvas.glyphs.missing.to_owned(), Role::Dim);
    let unknown = || ("unknown".to_owned(), Role::Warning);
    let column = |largest: Decimal| {
        // A sign takes a column.
        let width = area.width.saturating_sub(2);
        canvas.figures.column(width, largest, decimals(largest)).decimals
    };
    let gain = |gain: Option<Decimal>| match gain {
        Some(gain) if gain.is_zero() => (amounts.gain(gain, column(cell.scales.gain), room), Role::Dim),
        Some(gain) => {
            let role = if gain.is_sign_negative() { Role::Down } else { Role::Up };
            (amounts.gain(gain, column(cell.scales.gain), room), role)
        }
        None => unknown(),
    };
    let (sign, price) = standing(canvas.glyphs, holding.standing);
    let (text, role) = match cell.column {
        C::Asset => {
            let end = canvas.put(area, 0, y, holding.asset.as_str(), Role::Text);
            if holding.owed {
                canvas.put(area, end + 1, y, "owed", Role::Warning);
            }
            return;
        }
        C::Quantity => (amounts.quantity(holding.quantity, room), Role::Text),
        C::Price => holding.price.map_or_else(unknown, |value| (amounts.price(value, room), price)),
        C::Age => match cell.state.pulse.age(holding) {
            Some(since) if sign.is_empty() => (age(since), Role::Dim),
            Some(since) => (format!("{} {sign}", age(since)), Role::Warning),
            None => missing(),
        },
        C::Value => match holding.value {
            Some(value) => (amounts.money(value, column(cell.scales.value), room), Role::Text),
            None => unknown(),
        },
        C::Share => holding.share.map_or_else(missing, |share| (amounts.share(share), Role::Text)),
        C::Day => match holding.standing {
            Standing::Fresh | Standing::Stale => change(canvas, holding.day),
            Standing::Expired | Standing::Never => missing(),
        },
        C::Gain | C::Realised | C::Cost if holding.is_base() => missing(),
        // What a debt has realised counts for the asset.
        C::Realised if holding.owed => missing(),
        C::Gain => gain(holding.unrealised),
        C::Realised => gain(holding.realised),
        C::Cost => match holding.cost {
            Some(cost) => (amounts.money(cost, column(cell.scales.cost), room), Role::Text),
            None => unknown(),
        },
        C::Source => {
            let text = match holding.path.as_slice() {
                [] => canvas.glyphs.missing.to_owned(),
                [step] => step.source.to_string(),
                [step, rest @ ..] => format!("{} +{}", step.source, rest.len()),
            };
            canvas.put(area, 2, y, &text, Role::Dim);
            return;
        }
        C::Accounts => {
            let names: Vec<&str> = holding.parts.iter().map(|part| part.account.as_ref()).collect();
            canvas.put(area, 2, y, &names.join(", "), Role::Dim);
            return;
        }
    };
    canvas.put_right(area, area.width, y, &text, role);
}
