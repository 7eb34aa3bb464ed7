//! The screen: what the terminal shows now, and the few bytes that make it show the next frame.
//!
//! A frame is one write and, where the terminal is asked to, one synchronized update. Only cells that look different
//! are sent; when none does, nothing is. The terminal is never cleared: a full repaint writes over what is there.

use super::colour::{ColourDepth, reduce};
use super::encode::{Face, Pen, Spot};
use ratatui::buffer::{Buffer, Cell, CellWidth as _};
use ratatui::layout::{Position, Rect, Size};
use ratatui::style::Modifier;
use std::io::{self, Write};

/// The terminal no longer takes bytes.
#[derive(Debug, thiserror::Error)]
#[error("the terminal is gone: {0}")]
pub struct TerminalGone(#[from] pub io::Error);

/// What was sent to the terminal so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// All bytes.
    pub bytes: u64,
    /// Frames that had anything to say.
    pub frames: u64,
    /// The bytes of the last such frame.
    pub last_frame_bytes: usize,
}

/// A terminal's screen on `W`.
#[derive(Debug)]
pub struct Screen<W> {
    tty: W,
    reach: Reach,
    synchronized: bool,
    shown: Buffer,
    next: Buffer,
    /// Whether what the terminal shows is unknown.
    unknown: bool,
    cursor: Option<Position>,
    pen: Pen,
    bytes: Vec<u8>,
    traffic: Traffic,
}

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

impl<W: Write> Screen<W> {
    /// A screen of `size` on `tty`, of which nothing is known yet.
    pub fn new(tty: W, size: Size, depth: ColourDepth) -> Self {
        let area = Rect::from(size);
        Self {
            tty,
            reach: Reach { depth, ascii: false },
            synchronized: true,
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            unknown: true,
            cursor: None,
            pen: Pen::default(),
            bytes: Vec::with_capacity(8 * 1024),
            traffic: Traffic::default(),
        }
    }

    /// Whether each frame is wrapped in a synchronized update; at first it is.
    pub fn set_synchronized(&mut self, on: bool) {
        self.synchronized = on;
    }

    /// Whether the terminal gets ASCII only; at first it does not. Whatever else a frame holds is shown as `?`, because a
    /// terminal that reads bytes one by one takes some of UTF-8 for control characters.
    pub fn set_ascii(&mut self, on: bool) {
        self.reach.ascii = on;
        self.repaint();
    }

    /// The size that frames are drawn in.
    pub fn area(&self) -> Rect {
        self.next.area
    }

    /// What was sent so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The terminal has another size; the next frame paints all of it.
    pub fn resize(&mut self, size: Size) {
        let area = Rect::from(size);
        if area != self.shown.area {
            self.shown = Buffer::empty(area);
            self.next = Buffer::empty(area);
        }
        self.repaint();
    }

    /// What the terminal shows is not known any more; the next frame paints all of it.
    pub fn repaint(&mut self) {
        self.unknown = true;
    }

    /// Sends `bytes` that draw nothing, such as a mode or the clipboard, now.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), TerminalGone> {
        self.tty.write_all(bytes)?;
        self.tty.flush()?;
        self.traffic.bytes += bytes.len() as u64;
        Ok(())
    }

    /// Draws one frame: `paint` gets an empty buffer and says where the cursor shows, if anywhere. Returns how many
    /// bytes it took.
    pub fn draw(&mut self, paint: impl FnOnce(&mut Buffer) -> Option<Position>) -> Result<usize, TerminalGone> {
        self.next.reset();
        let area = self.next.area;
        let cursor = paint(&mut self.next).filter(|at| area.contains(*at));
        self.bytes.clear();
        if self.synchronized {
            self.bytes.extend_from_slice(BEGIN);
        }
        let start = self.bytes.len();
        if self.unknown {
            self.pen.forget();
        }
        if self.unknown || cursor.is_some() != self.cursor.is_some() {
            self.bytes.extend_from_slice(if cursor.is_some() { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
        for y in 0..area.height {
            self.line(y);
        }
        if let Some(at) = cursor {
            self.pen.go(&mut self.bytes, (at.x, at.y), area.width);
        }
        let drawn = self.bytes.len() > start;
        if drawn {
            if self.synchronized {
                self.bytes.extend_from_slice(END);
            }
            self.tty.write_all(&self.bytes)?;
            self.tty.flush()?;
            self.traffic.bytes += self.bytes.len() as u64;
            self.traffic.frames += 1;
            self.traffic.last_frame_bytes = self.bytes.len();
        }
        std::mem::swap(&mut self.shown, &mut self.next);
        (self.unknown, self.cursor) = (false, cursor);
        Ok(if drawn { self.traffic.last_frame_bytes } else { 0 })
    }

    /// Brings one line of the terminal up to date.
    fn line(&mut self, y: u16) {
        let (width, reach, unknown) = (self.next.area.width, self.reach, self.unknown);
        let start = usize::from(y) * usize::from(width);
        let range = start..start + usize::from(width);
        let Some(new) = self.next.content.get(range.clone()) else { return };
        let Some(old) = self.shown.content.get(range).filter(|old| unknown || *old != new) else { return };
        let (old, new) = (spots(old, reach), spots(new, reach));
        let (pen, out) = (&mut self.pen, &mut self.bytes);

        let tail = new.iter().rposition(|spot| *spot != Spot::BLANK).map_or(0, |last| last + 1);
        let wrong = |(was, spot): (&Spot<'_>, &Spot<'_>)| unknown || was != spot;
        let erase = old.iter().zip(&new).skip(tail).filter(|pair| wrong(*pair)).count() > ERASE.len();
        for (x, (was, spot)) in (0u16..).zip(old.iter().zip(&new)) {
            if spot.columns == 0 || !wrong((was, spot)) {
                continue;
            }
            let kept = pen.column(y).and_then(|from| new.get(usize::from(from)..usize::from(x)));
            match kept.filter(|kept| pen.would_rather_write(kept, (x, y), width)) {
                Some(kept) => kept.iter().for_each(|spot| pen.put(out, spot)),
                None => pen.go(out, (x, y), width),
            }
            pen.dress(out, spot);
            if erase && usize::from(x) >= tail {
                out.extend_from_slice(ERASE);
                break;
            }
            pen.put(out, spot);
        }
    }
}

/// Erases to the end of the line, in the ground that is on.
const ERASE: &[u8] = b"\x1b[K";

/// What a terminal can show.
#[derive(Clone, Copy, Debug)]
struct Reach {
    depth: ColourDepth,
    ascii: bool,
}

/// What stands at each column of a line. A cell that could not be shown as it is, because it holds a control character
/// or is cut by the edge, is blank: whatever a pane does, nothing steers the terminal.
fn spots(cells: &[Cell], Reach { depth, ascii }: Reach) -> Vec<Spot<'_>> {
    let mut spots: Vec<Spot<'_>> = Vec::with_capacity(cells.len());
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
            fg: reduce(cell.fg, depth),
            bg: reduce(cell.bg, depth),
            // Nothing blinks fast where nothing blinks.
            attributes: cell.modifier.difference(Modifier::RAPID_BLINK),
        };
        let face = if symbol == " " { face.of_blank() } else { face };
        spots.push(Spot { symbol, columns, face });
        spots.extend((1..columns).map(|_| Spot { symbol: "", columns: 0, face }));
    }
    spots
}

#[cfg(test)]
mod tests;
