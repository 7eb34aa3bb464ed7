//! Which panes are on the screen, and where: a function of its size, so that the same screen always looks the same.
//!
//! Neighbours share one border line. The book is never given up; where there is no room for all, one pane stands beside
//! it, the one that was looked at last. The other workspaces have their own arrangements, in `layout/`. More room brings
//! more data, not larger decoration.

mod portfolio;
mod treasury;

use ratatui::layout::{Position, Rect, Size};

/// The smallest screen that shows anything of use.
pub const SMALLEST: Size = Size { width: 60, height: 16 };

/// What the screen is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Workspace {
    /// What the markets do.
    #[default]
    Markets,
    /// What is owned, and what it is worth.
    Portfolio,
    /// Wallets, and what waits for approval.
    Treasury,
}

/// A part of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pane {
    /// The watchlist.
    Watch,
    /// The order book.
    Book,
    /// The trades.
    Tape,
    /// The candle chart.
    Candles,
    /// The depth chart.
    Depth,
    /// The books of all venues as one, in the place of the book.
    Across,
    /// The table of venues, in the place of the candles.
    Venues,
    /// What a portfolio is worth.
    Nav,
    /// What is held.
    Holdings,
    /// How much of all each holding is.
    Allocation,
    /// How it did.
    Performance,
    /// Where the price of the chosen holding is from.
    Source,
    /// The entries of the ledger.
    Ledger,
    /// The wallets and what is in them.
    Wallets,
    /// The queue of proposals.
    Approvals,
    /// The chosen proposal: its review, who has signed, what was done.
    Proposal,
    /// The coins of the chosen wallet.
    Coins,
}

impl Pane {
    /// Those of the Markets workspace, in the order of the focus.
    pub const MARKETS: [Self; 7] =
        [Self::Watch, Self::Book, Self::Tape, Self::Candles, Self::Depth, Self::Across, Self::Venues];

    /// Those of the Portfolio workspace that can have the focus, in its order.
    pub const PORTFOLIO: [Self; 5] = [Self::Holdings, Self::Allocation, Self::Performance, Self::Source, Self::Ledger];

    /// Those of the Treasury workspace, in the order of the focus.
    pub const TREASURY: [Self; 4] = [Self::Approvals, Self::Proposal, Self::Wallets, Self::Coins];

    /// What stands on its border while there is nothing to be told there.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Watch => "Watch",
            Self::Book => "Book",
            Self::Tape => "Tape",
            Self::Candles => "Candles",
            Self::Depth => "Depth",
            Self::Across => "All venues",
            Self::Venues => "Venues",
            Self::Nav => "Portfolio",
            Self::Holdings => "Holdings",
            Self::Allocation => "Allocation",
            Self::Performance => "Performance",
            Self::Source => "Holding",
            Self::Ledger => "Ledger",
            Self::Wallets => "Wallets",
            Self::Approvals => "Approvals",
            Self::Proposal => "Proposal",
            Self::Coins => "Coins",
        }
    }

    /// The workspace that it belongs to.
    pub const fn workspace(self) -> Workspace {
        match self {
            Self::Watch | Self::Book | Self::Tape | Self::Candles | Self::Depth | Self::Across | Self::Venues => {
                Workspace::Markets
            }
            Self::Nav | Self::Holdings | Self::Allocation | Self::Performance | Self::Source | Self::Ledger => {
                Workspace::Portfolio
            }
            Self::Wallets | Self::Approvals | Self::Proposal | Self::Coins => Workspace::Treasury,
        }
    }
}

/// What decides over the panes besides the size. This is what is kept of a session from start to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layout {
    /// What the screen is about.
    pub workspace: Workspace,
    /// The pane of the Markets workspace that has the focus.
    pub focus: Pane,
    /// The pane beside the book where there is room for one.
    pub side: Pane,
    /// Which book stands in the middle: of one venue, or of all.
    pub middle: Pane,
    /// What stands below: the candles, or the venues.
    pub below: Pane,
    /// The pane of the Portfolio workspace that has the focus.
    pub held: Pane,
    /// The pane of the Treasury workspace that has the focus.
    pub signed: Pane,
    /// Whether the focused pane has the whole screen.
    pub zoomed: bool,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            workspace: Workspace::Markets,
            focus: Pane::Book,
            side: Pane::Watch,
            middle: Pane::Book,
            below: Pane::Candles,
            held: Pane::Holdings,
            signed: Pane::Approvals,
            zoomed: false,
        }
    }
}

/// The panes of a screen and their places, borders included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// The line above the panes.
    pub header: Rect,
    /// The panes.
    pub panes: Vec<(Pane, Rect)>,
    /// The line below them.
    pub status: Rect,
}

impl Layout {
    /// Where everything is on a screen; `None` when it is too small.
    pub fn arrange(&self, area: Rect) -> Option<Arrangement> {
        if area.width < SMALLEST.width || area.height < SMALLEST.height {
            return None;
        }
        let header = Rect { height: 1, ..area };
        let status = Rect { y: area.bottom() - 1, height: 1, ..area };
        let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
        let panes = match self.zoomed {
            true => vec![(self.focused(), body)],
            false if self.workspace == Workspace::Portfolio => portfolio::panes(self.focused(), body),
            false if self.workspace == Workspace::Treasury => treasury::panes(self.focused(), body),
            false if body.width >= 120 && body.height >= 38 => self.desk(body),
            // On a low screen the table of venues is there only while it is looked at.
            false if body.height >= 22 || self.focus == Pane::Venues => {
                let least = if self.below == Pane::Venues && body.height >= 22 { 9 } else { 7 };
                let (above, below) = rows(body, least + body.height.saturating_sub(22) / 3);
                let mut panes = self.columns(above, Some(self.below));
                panes.push((self.below, below));
                panes
            }
            false => self.columns(body, None),
        };
        Some(Arrangement { header, panes, status })
    }

    /// Turns to a pane: it gets the focus, and the place that it has.
    pub fn look_at(&mut self, pane: Pane) {
        self.workspace = pane.workspace();
        match pane {
            Pane::Nav => return,
            pane if self.workspace == Workspace::Portfolio => self.held = pane,
            pane if self.workspace == Workspace::Treasury => self.signed = pane,
            pane => self.focus = pane,
        }
        match pane {
            Pane::Book | Pane::Across => self.middle = pane,
            Pane::Venues => self.below = pane,
            Pane::Candles => (self.below, self.side) = (pane, pane),
            Pane::Watch | Pane::Tape | Pane::Depth => self.side = pane,
            _ => {}
        }
    }

    /// The pane that has the focus.
    pub fn focused(&self) -> Pane {
        match self.workspace {
            // What was kept may be any text.
            Workspace::Portfolio if Pane::PORTFOLIO.contains(&self.held) => self.held,
            Workspace::Portfolio => Pane::Holdings,
            Workspace::Treasury if Pane::TREASURY.contains(&self.signed) => self.signed,
            Workspace::Treasury => Pane::Approvals,
            Workspace::Markets if self.focus.workspace() == Workspace::Markets => self.focus,
            Workspace::Markets => Pane::Book,
        }
    }

    /// The book with what stands beside it and is not `below`.
    fn columns(&self, area: Rect, below: Option<Pane>) -> Vec<(Pane, Rect)> {
        let side = match self.side {
            Pane::Candles if below == Some(Pane::Candles) => Pane::Watch,
            side @ (Pane::Watch | Pane::Tape | Pane::Candles) => side,
            _ => Pane::Watch,
        };
        if area.width < 78 {
            let (left, right) = split(area, area.width * 2 / 5 + 2);
            return vec![(side, left), (self.middle, right)];
        }
        let spare = area.width - 78;
        let (left, rest) = split(area, 26 + (spare / 4).min(16));
        let (middle, right) = split(rest, 35 + spare / 2);
        let last = if side == Pane::Candles { side } else { Pane::Tape };
        vec![(Pane::Watch, left), (self.middle, middle), (last, right)]
    }

    /// The panes of a workspace that can have the focus on this screen: those that are shown, or that can come up.
    pub fn reachable(workspace: Workspace, area: Rect) -> Vec<Pane> {
        let shows = |pane: &Pane| {
            let mut asked = Self::default();
            asked.look_at(*pane);
            asked.arrange(area).is_some_and(|arrangement| arrangement.of(*pane).is_some())
        };
        let all = match workspace {
            Workspace::Markets => Pane::MARKETS.as_slice(),
            Workspace::Portfolio => &Pane::PORTFOLIO,
            Workspace::Treasury => &Pane::TREASURY,
        };
        all.iter().copied().filter(shows).collect()
    }

    /// Everything at once: watchlist and candles, the book at full height, tape and depth chart.
    fn desk(&self, area: Rect) -> Vec<(Pane, Rect)> {
        let spare = area.width - 120;
        let (left, rest) = split(area, 50 + spare * 3 / 5);
        let (middle, right) = split(rest, 44 + (spare / 5).min(12));
        let (watch, below) = rows(left, area.height - area.height * 2 / 5);
        let (tape, depth) = rows(right, area.height / 3);
        let (book, chart) = (self.middle, self.below);
        vec![(Pane::Watch, watch), (book, middle), (Pane::Tape, tape), (chart, below), (Pane::Depth, depth)]
    }
}

/// Cuts a column of `width` off at the left; the border between is in both.
fn split(area: Rect, width: u16) -> (Rect, Rect) {
    let width = width.min(area.width);
    let shared = width.saturating_sub(1);
    (Rect { width, ..area }, Rect { x: area.x + shared, width: area.width - shared, ..area })
}

/// Cuts rows of `height` off at the bottom; the border between is in both.
fn rows(area: Rect, height: u16) -> (Rect, Rect) {
    let height = height.min(area.height);
    let above = area.height - height + 1;
    let above = above.min(area.height);
    (Rect { height: above, ..area }, Rect { y: area.bottom() - height, height, ..area })
}

/// What is inside a pane's border.
pub fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x.saturating_add(1),
        y: area.y.saturating_add(1),
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

impl Arrangement {
    /// Where a pane is.
    pub fn of(&self, pane: Pane) -> Option<Rect> {
        self.panes.iter().find(|(p, _)| *p == pane).map(|(_, area)| *area)
    }

    /// The pane under a position; a shared border belongs to the pane that it is the top or left of.
    pub fn at(&self, position: Position) -> Option<Pane> {
        self.panes.iter().rev().find(|(_, area)| area.contains(position)).map(|(pane, _)| *pane)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: u16, height: u16) -> Option<Vec<(Pane, Rect)>> {
        Layout::default().arrange(Rect::new(0, 0, width, height)).map(|a| a.panes)
    }

    fn every_pane() -> impl Iterator<Item = Pane> + Clone {
        Pane::MARKETS.into_iter().chain(Pane::PORTFOLIO).chain(Pane::TREASURY)
    }

    #[test]
    fn small_screens_show_nothing() {
        assert_eq!(shown(59, 16), None);
        assert_eq!(shown(60, 15), None);
        assert_eq!(shown(0, 0), None);
        assert!(shown(60, 16).is_some());
    }

    #[test]
    fn panes_cover_the_screen_and_share_borders_only() {
        for (width, pane) in (60..=250).step_by(5).zip(every_pane().cycle()) {
            for height in 16..=70 {
                let area = Rect::new(0, 1, width, height - 2);
                let mut layout = Layout::default();
                layout.look_at(pane);
                let panes = layout.arrange(Rect::new(0, 0, width, height)).unwrap().panes;
                let mut cells = vec![0u8; usize::from(width) * usize::from(height)];
                for (_, rect) in &panes {
                    assert_eq!(rect.union(area), area, "{width}x{height}");
                    inside(*rect).positions().for_each(|p| cells[usize::from(p.y * width + p.x)] += 10);
                    rect.positions().for_each(|p| cells[usize::from(p.y * width + p.x)] |= 1);
                }
                for p in area.positions() {
                    let cell = cells[usize::from(p.y * width + p.x)];
                    assert!(matches!(cell, 1 | 11), "{width}x{height} at {p}: {cell}");
                }
            }
        }
    }

    #[test]
    fn room_brings_panes() {
        let count = |width, height| shown(width, height).unwrap().len();
        assert_eq!([count(60, 16), count(80, 20), count(80, 24), count(120, 40)], [2, 3, 4, 5]);
        let book = |width, height| {
            let panes = shown(width, height).unwrap();
            panes.iter().find(|(p, _)| *p == Pane::Book).unwrap().1
        };
        assert!(book(80, 24).height >= 16 && book(80, 24).width >= 35);
        assert_eq!(book(120, 40).height, 38);
    }

    #[test]
    fn every_pane_can_be_reached_somehow() {
        let markets = |width, height| Layout::reachable(Workspace::Markets, Rect::new(0, 0, width, height));
        assert_eq!(markets(120, 40), Pane::MARKETS);
        let all_but_depth = Pane::MARKETS.into_iter().filter(|pane| *pane != Pane::Depth).collect::<Vec<_>>();
        assert_eq!(markets(80, 24), all_but_depth);
        assert_eq!(markets(60, 16), all_but_depth);
        for (width, height) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
            let owned = Layout::reachable(Workspace::Portfolio, Rect::new(0, 0, width, height));
            assert_eq!(owned, Pane::PORTFOLIO);
            let signed = Layout::reachable(Workspace::Treasury, Rect::new(0, 0, width, height));
            assert_eq!(signed, Pane::TREASURY);
        }
    }

    #[test]
    fn a_kept_layout_reads_as_it_was_written() {
        let mut layout = Layout { zoomed: true, ..Layout::default() };
        layout.look_at(Pane::Tape);
        let text = toml::to_string(&layout).unwrap();
        let expected = [
            "workspace = \"markets\"",
            "focus = \"tape\"",
            "side = \"tape\"",
            "middle = \"book\"",
            "below = \"candles\"",
            "held = \"holdings\"",
            "signed = \"approvals\"",
            "zoomed = true",
        ];
        assert_eq!(text, expected.join("\n") + "\n");
        assert_eq!(toml::from_str(&text), Ok(layout));
        let before = "focus = \"tape\"\nside = \"tape\"\nzoomed = true\n";
        assert_eq!(toml::from_str(before), Ok(layout), "also one that was kept before there were all these panes");
        assert!(toml::from_str::<Layout>("fcous = \"tape\"").is_err());
    }
}
