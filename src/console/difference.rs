//! What is different between what a terminal shows and what it should show.
//!
//! Cells are compared as the terminal can show them: colours that it cannot tell apart, and the text colour of a blank,
//! make no difference. The patches can be written in any order: whatever writing one destroys, half a wide character at
//! most, is itself a patch.

use super::colour::{ColourDepth, reduce};
use super::encode::{Face, Spot};
use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::style::{Color, Modifier};

/// What a terminal can show.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    pub depth: ColourDepth,
    pub ascii: bool,
}

/// A spot that is to be written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patch<'a> {
    pub at: (u16, u16),
    pub spot: Spot<'a>,
    /// Whether everything from here to the end of the line is blank, and erasing it is shorter.
    pub erase: bool,
    line: usize,
}

/// The patches of a frame, line by line from the left, and the lines that they are in.
#[derive(Debug, Default)]
pub(super) struct Difference<'a> {
    pub patches: Vec<Patch<'a>>,
    lines: Vec<Vec<Spot<'a>>>,
}

/// Erases to the end of the line, in the ground that is on.
pub(super) const ERASE: &[u8] = b"\x1b[K";

impl<'a> Difference<'a> {
    /// What it takes to get from `shown` to `next`, which are of one size; everything when `shown` is not known.
    pub fn between(shown: &'a Buffer, next: &'a Buffer, known: bool, reach: Reach) -> Self {
        let mut difference = Self::default();
        let width = usize::from(next.area.width).max(1);
        for (y, (old, new)) in (0..).zip(shown.content.chunks(width).zip(next.content.chunks(width))) {
            if !known || old != new {
                difference.line(y, &spots(old, reach), spots(new, reach), known);
            }
        }
        difference
    }

    fn line(&mut self, y: u16, old: &[Spot<'a>], new: Vec<Spot<'a>>, known: bool) {
        let wrong = |(was, spot): (&Spot<'_>, &Spot<'_>)| !known || was != spot;
        let tail = new.iter().rposition(|spot| *spot != Spot::BLANK).map_or(0, |last| last + 1);
        let erase = old.iter().zip(&new).skip(tail).filter(|pair| wrong(*pair)).count() > ERASE.len();
        let line = self.lines.len();
        for (x, (was, spot)) in (0u16..).zip(old.iter().zip(&new)) {
            if spot.columns == 0 || !wrong((was, spot)) {
                continue;
            }
            let erase = erase && usize::from(x) >= tail;
            self.patches.push(Patch { at: (x, y), spot: *spot, erase, line });
            if erase {
                break;
            }
        }
        self.lines.push(new);
    }

    /// What is to stand in the line of a patch from column `from` up to it.
    pub fn before(&self, patch: &Patch<'_>, from: u16) -> Option<&[Spot<'a>]> {
        self.lines.get(patch.line)?.get(usize::from(from)..usize::from(patch.at.0))
    }

    /// The patches gathered by look, beginning with the look that is on.
    pub fn by_look(&self, worn: Option<Face>) -> impl Iterator<Item = &Patch<'a>> {
        let mut looks: Vec<(Face, Vec<&Patch<'a>>)> = worn.map(|face| (face, Vec::new())).into_iter().collect();
        let mut last = 0;
        for patch in &self.patches {
            let fits = |(face, _): &(Face, Vec<_>)| patch.spot.can_wear(*face);
            // A blank goes with many looks: best with the one beside it.
            if !looks.get(last).is_some_and(fits) {
                last = looks.iter().position(fits).unwrap_or_else(|| {
                    looks.push((patch.spot.face, Vec::new()));
                    looks.len() - 1
                });
            }
            if let Some((_, patches)) = looks.get_mut(last) {
                patches.push(patch);
            }
        }
        looks.into_iter().flat_map(|(_, patches)| patches)
    }
}

/// What stands at each column of a line. A cell that could not be shown as it is, because it holds a control character
/// or is cut by the edge, is blank: whatever a pane does, nothing steers the terminal.
pub(super) fn spots(cells: &[Cell], Reach { depth, ascii }: Reach) -> Vec<Spot<'_>> {
    let mut spots: Vec<Spot<'_>> = Vec::with_capacity(cells.len());
    let (mut fg, mut bg) = (Reduced::default(), Reduced::default());
    while let Some(cell) = cells.get(spots.len()) {
        let room = cells.len() - spots.len();
        let (symbol, columns) = match cell.symbol() {
            " " => (" ", 1),
            symbol if symbol.chars().any(char::is_control) => (" ", 1),
            symbol if ascii && !symbol.is_ascii() => ("?", 1),
            symbol => match symbol.cell_width() {
                columns if columns == 0 || usize::from(columns) > room => (" ", 1),
                columns => (symbol, columns),
            },
        };
        let face = Face {
            fg: fg.of(cell.fg, depth),
            bg: bg.of(cell.bg, depth),
            // Nothing blinks fast where nothing blinks.
            attributes: cell.modifier.difference(Modifier::RAPID_BLINK),
        };
        let face = if symbol == " " { face.of_blank() } else { face };
        spots.push(Spot { symbol, columns, face });
        spots.extend((1..columns).map(|_| Spot { symbol: "", columns: 0, face }));
    }
    spots
}

/// The colour reduced last, and what it became: neighbours mostly share theirs.
#[derive(Default)]
struct Reduced(Color, Color);

impl Reduced {
    fn of(&mut self, colour: Color, depth: ColourDepth) -> Color {
        if self.0 != colour {
            *self = Self(colour, reduce(colour, depth));
        }
        self.1
    }
}
