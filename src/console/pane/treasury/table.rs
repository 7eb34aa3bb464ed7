//! Columns that come and go with the width of a screen.

/// A column: its rank, and the fewest and the most columns of the screen that it takes, the space behind it included.
/// Of those that do not fit, the last in rank goes first.
#[derive(Clone, Copy, Debug)]
pub struct Spec<C> {
    /// Which one.
    pub column: C,
    /// 0 is the last to go.
    pub rank: u8,
    /// The fewest.
    pub least: u16,
    /// The most.
    pub most: u16,
}

/// A column.
pub const fn spec<C: Copy>(column: C, rank: u8, least: u16, most: u16) -> Spec<C> {
    Spec { column, rank, least, most }
}

/// The columns that fit behind the cursor's, from left to right: each with the column of the screen that it begins at,
/// and its width.
pub fn fit<C: Copy>(all: &[Spec<C>], width: u16) -> Vec<(C, u16, u16)> {
    let mut left = width.saturating_sub(1);
    let mut last = 0;
    for rank in 0.. {
        let Some(spec) = all.iter().find(|spec| spec.rank == rank) else { break };
        let Some(rest) = left.checked_sub(spec.least) else { break };
        (left, last) = (rest, rank + 1);
    }
    let mut x = 1;
    let shown = all.iter().filter(|spec| spec.rank < last).map(|spec| {
        let more = left.min(spec.most - spec.least);
        left -= more;
        let place = (spec.column, x, spec.least + more);
        x += spec.least + more;
        place
    });
    shown.collect()
}

/// The row of a list below a heading that stands on a line inside the pane.
pub fn index_at(count: usize, chosen: usize, height: u16, line: u16) -> Option<usize> {
    let room = usize::from(height.saturating_sub(1));
    let index = crate::console::pane::watch::first_shown(count, room, chosen) + usize::from(line.checked_sub(1)?);
    (index < count).then_some(index)
}
