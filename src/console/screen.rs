//! The screen: what the terminal shows now, and the few bytes that make it show the next frame.
//!
//! A frame is one write and, where the terminal is asked to, one synchronized update. Only cells that look different
//! are sent; when none does, nothing is. The terminal is never cleared: a full repaint writes over what is there.

use super::colour::ColourDepth;
use super::difference::{Difference, ERASE, Patch, Reach};
use super::encode::Pen;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect, Size};
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
    other: Vec<u8>,
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
            other: Vec::with_capacity(8 * 1024),
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
        self.patch();
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

    /// Writes what is different, in the shorter of two orders: as it stands, which spares ways, or look by look, which
    /// spares attributes.
    fn patch(&mut self) {
        let difference = Difference::between(&self.shown, &self.next, !self.unknown, self.reach);
        let width = self.next.area.width;
        let (start, mut pen) = (self.bytes.len(), self.pen.clone());
        for patch in &difference.patches {
            write(&mut pen, &mut self.bytes, &difference, patch, width);
        }
        self.other.clear();
        for patch in difference.by_look(self.pen.face()) {
            write(&mut self.pen, &mut self.other, &difference, patch, width);
        }
        if self.other.len() < self.bytes.len() - start {
            self.bytes.truncate(start);
            self.bytes.extend_from_slice(&self.other);
        } else {
            self.pen = pen;
        }
    }
}

/// Writes one patch; what is right already is written once more on the way, where that is shorter than going around.
fn write(pen: &mut Pen, out: &mut Vec<u8>, difference: &Difference<'_>, patch: &Patch<'_>, width: u16) {
    let kept = pen.column(patch.at.1).and_then(|from| difference.before(patch, from));
    match kept.filter(|kept| pen.would_rather_write(kept, patch.at, width)) {
        Some(kept) => kept.iter().for_each(|spot| pen.put(out, spot)),
        None => pen.go(out, patch.at, width),
    }
    pen.dress(out, &patch.spot);
    if patch.erase {
        out.extend_from_slice(ERASE);
    } else {
        pen.put(out, &patch.spot);
    }
}

#[cfg(test)]
mod tests;
