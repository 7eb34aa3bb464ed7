//! How much of all that is owned each holding is, as bars on one scale; what is owed, and what is not known, in words.

use super::amounts::{Amounts, decimals};
use super::fitting;
use crate::console::canvas::Canvas;
use crate::console::pane::{Title, share};
use crate::console::text::columns;
use crate::console::theme::Role;
use crate::desk::portfolio::{HoldingView, PortfolioView};
use crate::money::Decimal;
use ratatui::layout::Rect;

/// Columns of a share such as `88.5`, with the space before it.
const NUMBER: u16 = 6;

/// Draws the bars inside the border.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, amounts: &Amounts<'_>, portfolio: &PortfolioView) -> Title {
    let mut shares: Vec<(&HoldingView, Decimal)> =
        portfolio.holdings.iter().filter(|h| !h.owed).filter_map(|h| Some((h, h.share?))).collect();
    shares.sort_by_key(|(_, share)| std::cmp::Reverse(*share));
    let title =
        Title { state: remark(area.width, amounts, portfolio).map(|text| (text, Role::Warning)), ..Title::default() };
    if shares.is_empty() {
        canvas.put_message(area, "nothing here has a price", Role::Dim);
        return title;
    }
    let names = shares.iter().map(|(holding, _)| columns(holding.asset.as_str())).max().unwrap_or(0);
    let names = u16::try_from(names).unwrap_or(u16::MAX).min(12);
    let scale = area.width.saturating_sub(names + NUMBER + 3);
    if usize::from(area.height) >= shares.len() {
        for ((holding, percent), y) in shares.iter().zip(0..) {
            canvas.put(Rect { width: names + 1, ..area }, 1, y, holding.asset.as_str(), Role::Text);
            let end = bar(canvas, area, names + 2, y, *percent, scale);
            canvas.put(area, end + 1, y, &amounts.share(*percent), Role::Dim);
        }
        return title;
    }
    // The largest has a line of its own, the others follow one another.
    let (mut x, mut y) = (1, 0);
    let end = area.width.saturating_sub(1);
    for (index, (holding, percent)) in shares.iter().enumerate() {
        let text = amounts.share(*percent);
        let needs = columns(holding.asset.as_str()) + columns(&text) + 2;
        let needs = u16::try_from(needs).unwrap_or(u16::MAX).saturating_add(width(*percent, scale));
        let more = format!("and {} more", shares.len() - index);
        let fits = |x: u16, last: bool| {
            let spare = if last && index + 1 < shares.len() { columns(&more) + 3 } else { 0 };
            usize::from(x.saturating_add(needs)) + spare <= usize::from(end)
        };
        if index == 1 || !fits(x, y + 1 == area.height) && y + 1 < area.height {
            (x, y) = (1, y + 1);
        }
        if index > 0 && !fits(x, y + 1 == area.height) {
            canvas.put(area, x, y, &more, Role::Dim);
            break;
        }
        x = canvas.put(area, x, y, holding.asset.as_str(), Role::Text) + 1;
        x = bar(canvas, area, x, y, *percent, scale);
        x = canvas.put(area, x + 1, y, &text, Role::Dim) + 3;
    }
    title
}

/// What no bar tells, as far as the border has room for it.
fn remark(width: u16, amounts: &Amounts<'_>, portfolio: &PortfolioView) -> Option<String> {
    let total = &portfolio.total;
    let percent = total.liabilities.checked_mul(Decimal::ONE_HUNDRED).and_then(|part| part.checked_div(total.assets));
    let share = percent.map_or(String::new(), |percent| format!(" ({} %)", amounts.share(percent)));
    let sum = amounts.money(total.liabilities, decimals(total.liabilities), usize::MAX);
    let owes = portfolio.holdings.iter().any(|holding| holding.owed);
    let owed = |text: String| owes.then_some(text);
    let names: Vec<&str> =
        portfolio.holdings.iter().filter(|h| !h.owed && h.value.is_none()).map(|h| h.asset.as_str()).collect();
    let unknown = match names.as_slice() {
        [] => None,
        [first] => Some(format!("unknown: {first}")),
        [first, second] => Some(format!("unknown: {first}, {second}")),
        [first, others @ ..] => Some(format!("unknown: {first} and {} more", others.len())),
    };
    let joined = |parts: [Option<String>; 2]| parts.into_iter().flatten().collect::<Vec<_>>().join("  ");
    let texts = [
        joined([owed(format!("owed {sum} {}{share}", portfolio.base)), unknown.clone()]),
        joined([owed(format!("owed{share}")), unknown]),
        joined([owed("owed".to_owned()), (!names.is_empty()).then(|| format!("{} unknown", names.len()))]),
    ];
    let room = usize::from(width).saturating_sub(columns(" Allocation   "));
    Some(fitting(&texts, room)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// The columns of a bar; at least one.
fn width(percent: Decimal, scale: u16) -> u16 {
    share(percent, Decimal::ONE_HUNDRED, scale.saturating_mul(8)).div_ceil(8).max(1)
}

/// Draws a bar in eighths of a column; gives the column behind it.
fn bar(canvas: &mut Canvas<'_>, area: Rect, x: u16, y: u16, percent: Decimal, scale: u16) -> u16 {
    let eighths = share(percent, Decimal::ONE_HUNDRED, scale.saturating_mul(8)).max(1);
    let [.., whole] = canvas.glyphs.bar;
    let full = eighths / 8;
    canvas.fill(area, x, x.saturating_add(full), y, whole, Role::Accent);
    let part = usize::from(eighths % 8).checked_sub(1).and_then(|part| canvas.glyphs.bar.get(part));
    if let Some(sign) = part {
        canvas.put(area, x.saturating_add(full), y, sign, Role::Accent);
    }
    x.saturating_add(eighths.div_ceil(8))
}
