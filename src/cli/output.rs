//! What a command prints: tables for people, JSON for scripts.
//!
//! - Results go to stdout, everything else to stderr.
//! - Cells of a table are made printable here; [`Output::text`] is for text that this program wrote itself.
//! - A reader that goes away (`| head`) ends the command quietly, with success.

use super::{Exit, Failure};
use crate::market::printable;

use std::io::{IsTerminal, Write};
use unicode_width::UnicodeWidthStr;

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set or the terminal is dumb.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How the results of this run are printed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Output {
    /// JSON instead of tables.
    pub json: bool,
    /// When colour is used.
    pub color: Color,
    /// How often `-v` was given.
    pub verbose: u8,
}

/// What a cell's colour means. Colour is never the only sign: the text says it too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// No colour.
    #[default]
    Plain,
    /// Right, up, a bid.
    Good,
    /// Worth a look.
    Warn,
    /// Wrong, down, an ask.
    Bad,
}

/// One cell of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// A cell with a colour.
    pub fn toned(text: &str, tone: Tone) -> Self {
        Self { text: printable(text).to_string(), tone }
    }
}

impl<T: AsRef<str>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::toned(text.as_ref(), Tone::Plain)
    }
}

/// A heading, and the side that the column's cells lean to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// For words.
    Left(&'static str),
    /// For numbers.
    Right(&'static str),
}

impl Output {
    /// Whether what goes to stdout may be coloured.
    pub fn colored(&self) -> bool {
        self.allows_color(std::io::stdout().is_terminal())
    }

    fn allows_color(self, terminal: bool) -> bool {
        match self.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                terminal
                    && !no_color()
                    && std::env::var_os("TERM").is_some_and(|term| !term.is_empty() && term != "dumb")
            }
        }
    }

    /// Writes text to stdout as it is, and a line end when it has none.
    pub fn text(&self, text: &str) -> Result<(), Failure> {
        let mut stdout = std::io::stdout().lock();
        let end = if text.ends_with('\n') { "" } else { "\n" };
        stdout
            .write_all(text.as_bytes())
            .and_then(|()| stdout.write_all(end.as_bytes()))
            .and_then(|()| stdout.flush())
            .map_err(|error| cannot_write(&error))
    }

    /// Writes one value as one line of JSON.
    pub fn json(&self, value: &impl serde::Serialize) -> Result<(), Failure> {
        match serde_json::to_string(value) {
            Ok(line) => self.text(&line),
            Err(error) => Err(Failure::new(Exit::Error, "output", format!("the result is not JSON: {error}"))),
        }
    }

    /// Writes a table; an empty one is its headings.
    pub fn table(&self, columns: &[Column], rows: &[Vec<Cell>]) -> Result<(), Failure> {
        self.text(&table(columns, rows, self.colored()))
    }

    /// Whether whoever read stdout has gone away, asked without writing.
    pub fn is_closed(&self) -> bool {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let stdout = std::io::stdout();
        let mut asked = [PollFd::new(&stdout, PollFlags::empty())];
        let gone = PollFlags::ERR | PollFlags::HUP;
        poll(&mut asked, Some(&Timespec::default())).is_ok() && asked.iter().any(|fd| fd.revents().intersects(gone))
    }

    /// Says something beside the result, on stderr.
    pub fn note(&self, text: &str) {
        write_stderr(&format!("exchequer: {}\n", printable(text)));
    }

    /// Says why the command failed, on stderr: words, or the envelope for scripts.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            write_stderr(&format!("{}\n", failure.envelope()));
            return;
        }
        let (on, off) =
            if self.allows_color(std::io::stderr().is_terminal()) { ("\x1b[1;31m", "\x1b[0m") } else { ("", "") };
        let mut text = format!("{on}error:{off} {}\n", printable(&failure.message));
        for line in failure.hint.iter().flat_map(|hint| hint.lines()) {
            text.push_str(&format!("  {}\n", printable(line)));
        }
        write_stderr(&text);
    }
}

/// Writes to stderr; when even that fails there is nobody left to tell.
pub(in crate::cli) fn write_stderr(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

fn cannot_write(error: &std::io::Error) -> Failure {
    match error.kind() {
        std::io::ErrorKind::BrokenPipe => Failure::new(Exit::Ok, "output_closed", "the reader of the output went away"),
        _ => Failure::new(Exit::Error, "output", format!("cannot write the result: {error}")),
    }
}

fn table(columns: &[Column], rows: &[Vec<Cell>], color: bool) -> String {
    let headings: Vec<Cell> = columns.iter().map(|column| column.heading().into()).collect();
    let width = |at: usize| {
        let cells = std::iter::once(&headings).chain(rows).filter_map(|row| row.get(at));
        cells.map(|cell| cell.text.width()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for row in std::iter::once(&headings).chain(rows) {
        let mut line = String::new();
        for ((cell, column), width) in row.iter().zip(columns).zip(&widths) {
            let gap = " ".repeat(width.saturating_sub(cell.text.width()));
            let painted = cell.painted(color);
            line.push_str(&match column {
                Column::Left(_) => format!("{painted}{gap}  "),
                Column::Right(_) => format!("{gap}{painted}  "),
            });
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Left(heading) | Self::Right(heading) => heading,
        }
    }
}

impl Cell {
    fn painted(&self, color: bool) -> String {
        let code = match self.tone {
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
            Tone::Plain => return self.text.clone(),
        };
        if color { format!("\x1b[{code}m{}\x1b[0m", self.text) } else { self.text.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lean_left_and_numbers_right() {
        let columns = [Column::Left("name"), Column::Right("size")];
        let rows = [vec![Cell::from("a"), Cell::from("1")], vec![Cell::from("longer"), Cell::from("1000")]];
        assert_eq!(table(&columns, &rows, false), "name    size\na          1\nlonger  1000\n");
    }

    #[test]
    fn colour_does_not_move_columns() {
        let columns = [Column::Left("verdict"), Column::Left("name")];
        let rows = [vec![Cell::toned("ok", Tone::Good), Cell::from("x")]];
        assert_eq!(table(&columns, &rows, true), "verdict  name\n\x1b[32mok\x1b[0m       x\n");
    }

    #[test]
    fn a_cell_cannot_steer_the_terminal() {
        let cell = Cell::from("a\x1b]0;owned\x07\u{202e}b");
        assert!(!cell.text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{:?}", cell.text);
    }

    #[test]
    fn colour_is_asked_for_or_left_out() {
        let with = |color| Output { color, ..Output::default() };
        assert!(with(Color::Always).allows_color(false));
        assert!(!with(Color::Never).allows_color(true));
        assert!(!with(Color::Auto).allows_color(false));
    }
}
