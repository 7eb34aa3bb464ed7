//! Tables of text, row by row: comma-separated values with a header, such as exports come in.
//!
//! - Every fault names its line. What is wrong is refused; nothing is guessed, and no row is left out in silence.
//! - Columns are found by name, whatever their order and their case. Others are passed over.
//! - Memory does not grow with the file: one row is held at a time, and a row has a limit.
//! - A field that begins with an apostrophe is text, as in a spreadsheet, and the apostrophe is not part of it.

mod layout;

pub use layout::{Layout, ungrouped};

use crate::market::{Timestamp, printable};
use crate::money::{Asset, Decimal, NumberError, parse_decimal};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// The longest row, in bytes; a quote that is never closed would otherwise swallow the file.
const LONGEST_ROW: u64 = 64 << 10;

/// How many characters of a wrong field are shown.
const SHOWN: usize = 40;

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {trouble}")]
pub struct TableError {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub trouble: Trouble,
}

/// What is wrong with a row.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The file cannot be read.
    #[error("cannot be read: {0}")]
    Io(String),
    /// A row without an end.
    #[error("a row of more than {} KiB; is a quote left open?", LONGEST_ROW >> 10)]
    TooLong,
    /// Bytes that are no text.
    #[error("not UTF-8 text")]
    NotText,
    /// There is no header at all.
    #[error("the file is empty")]
    Empty,
    /// The header lacks a column.
    #[error("no column {missing:?}; there are {found}")]
    NoColumn {
        /// What was looked for.
        missing: String,
        /// What there is.
        found: String,
    },
    /// More or fewer fields than the header has.
    #[error("{found} fields where the header has {expected}")]
    Fields {
        /// In the header.
        expected: u64,
        /// In the row.
        found: u64,
    },
    /// Not a number.
    #[error("{column}: {shown:?} is not a decimal number, such as {such}")]
    NotANumber {
        /// The column.
        column: &'static str,
        /// What stands there.
        shown: String,
        /// How it should look.
        such: &'static str,
    },
    /// A number with more digits than can be kept.
    #[error("{column}: {shown:?} has too many digits to be kept exactly")]
    TooPrecise {
        /// The column.
        column: &'static str,
        /// What stands there.
        shown: String,
    },
    /// Not a moment.
    #[error("{column}: {shown:?} is not a date, such as {such}")]
    NotADate {
        /// The column.
        column: &'static str,
        /// What stands there.
        shown: String,
        /// How it should look.
        such: String,
    },
    /// A field that should hold something.
    #[error("{column} is empty")]
    Missing {
        /// The column.
        column: &'static str,
    },
    /// A word that means nothing here.
    #[error("{column}: {shown:?} is not one of {known}")]
    Unknown {
        /// The column.
        column: &'static str,
        /// What stands there.
        shown: String,
        /// What might stand there.
        known: &'static str,
    },
    /// A row that reads well and cannot be.
    #[error("{0}")]
    Refused(String),
}

impl Trouble {
    /// Whether nothing can be read behind it.
    pub fn ends_the_table(&self) -> bool {
        matches!(self, Self::Io(_) | Self::TooLong | Self::Empty | Self::NoColumn { .. })
    }
}

impl TableError {
    /// A row that reads well and cannot be.
    pub fn refused(line: u64, reason: String) -> Self {
        Self { line, trouble: Trouble::Refused(reason) }
    }
}

/// An open table.
pub struct Table<R: Read> {
    reader: csv::Reader<Meter<R>>,
    since: Rc<Cell<u64>>,
    /// The columns that were asked for, and where each is.
    columns: Vec<(&'static str, Place)>,
    width: usize,
    layout: Layout,
    record: csv::StringRecord,
}

/// Where a column is.
enum Place {
    /// In every row.
    At(usize),
    /// Nowhere, but every row says this.
    Constant(String),
    /// Nowhere.
    Absent,
}

/// One row of a table.
pub struct Row<'a> {
    /// The line on which it begins, from 1.
    pub line: u64,
    columns: &'a [(&'static str, Place)],
    layout: &'a Layout,
    record: &'a csv::StringRecord,
}

/// Counts what is read since somebody last looked.
struct Meter<R> {
    source: R,
    since: Rc<Cell<u64>>,
    begun: bool,
}

impl<R: Read> Read for Meter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since.get() > LONGEST_ROW {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a row without an end"));
        }
        let count = self.source.read(buffer)?;
        self.since.set(self.since.get() + count as u64);
        // Some programs begin a text with a mark of its byte order.
        if !std::mem::replace(&mut self.begun, true) && buffer.starts_with(b"\xef\xbb\xbf") {
            buffer.copy_within(3..count, 0);
            return Ok(count - 3);
        }
        Ok(count)
    }
}

impl<R: Read> Table<R> {
    /// Reads the header. All of `wanted` must be there, any of `optional` may be.
    pub fn open(source: R, wanted: &[&'static str], optional: &[&'static str]) -> Result<Self, TableError> {
        Self::laid_out(source, wanted, optional, Layout::default())
    }

    /// The same for a table that is not laid out as usual.
    pub fn laid_out(
        source: R,
        wanted: &[&'static str],
        optional: &[&'static str],
        layout: Layout,
    ) -> Result<Self, TableError> {
        let since = Rc::new(Cell::new(0));
        let meter = Meter { source, since: Rc::clone(&since), begun: false };
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(layout.delimiter).from_reader(meter);
        let mut record = csv::StringRecord::new();
        // Where no row is the header, the widest was meant to be.
        let mut lacking: Option<(usize, TableError)> = None;
        for _ in 0..=layout.preamble {
            since.set(0);
            if !reader.read_record(&mut record).map_err(fault)? {
                break;
            }
            let width = record.len();
            match places(&record, wanted, optional, &layout) {
                Ok(columns) => return Ok(Self { reader, since, columns, width, layout, record }),
                Err(error) if lacking.as_ref().is_none_or(|(widest, _)| width > *widest) => {
                    lacking = Some((width, error))
                }
                Err(_) => {}
            }
        }
        Err(lacking.map_or(TableError { line: 1, trouble: Trouble::Empty }, |(_, error)| error))
    }

    /// The next row; `None` behind the last.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, TableError> {
        self.since.set(0);
        if !self.reader.read_record(&mut self.record).map_err(fault)? {
            return Ok(None);
        }
        let line = self.record.position().map_or(0, csv::Position::line);
        let (expected, found) = (self.width as u64, self.record.len() as u64);
        if expected != found {
            return Err(TableError { line, trouble: Trouble::Fields { expected, found } });
        }
        Ok(Some(Row { line, columns: &self.columns, layout: &self.layout, record: &self.record }))
    }
}

/// Where each column is, if this row is the header.
fn places(
    header: &csv::StringRecord,
    wanted: &[&'static str],
    optional: &[&'static str],
    layout: &Layout,
) -> Result<Vec<(&'static str, Place)>, TableError> {
    let line = header.position().map_or(1, csv::Position::line);
    if header.iter().all(|name| name.trim().is_empty()) {
        return Err(TableError { line, trouble: Trouble::Empty });
    }
    let place = |name: &str| {
        let theirs = layout.columns.get(name).map_or(name, String::as_str);
        let at = header.iter().position(|found| found.trim().eq_ignore_ascii_case(theirs));
        match (at, layout.constants.get(name)) {
            (Some(at), _) => Place::At(at),
            (None, Some(constant)) => Place::Constant(constant.clone()),
            (None, None) => Place::Absent,
        }
    };
    let columns: Vec<_> = wanted.iter().chain(optional).map(|name| (*name, place(name))).collect();
    let needed = |name: &str| wanted.contains(&name) || layout.columns.contains_key(name);
    match columns.iter().find(|(name, place)| needed(name) && matches!(place, Place::Absent)) {
        None => Ok(columns),
        Some((name, _)) => {
            let missing = shown(layout.columns.get(*name).map_or(name, String::as_str));
            let found = header.iter().map(|name| shown(name.trim())).collect::<Vec<_>>().join(", ");
            Err(TableError {
                line,
                trouble: Trouble::NoColumn { missing, found: found.chars().take(4 * SHOWN).collect() },
            })
        }
    }
}

impl Row<'_> {
    /// A fault of this row.
    pub fn fault(&self, trouble: Trouble) -> TableError {
        TableError { line: self.line, trouble }
    }

    /// A field that must hold something.
    pub fn text(&self, column: &'static str) -> Result<&str, TableError> {
        self.optional(column).ok_or_else(|| self.fault(Trouble::Missing { column }))
    }

    /// A field that may be empty, or missing altogether.
    pub fn optional(&self, column: &'static str) -> Option<&str> {
        let field = self.field(column)?.trim();
        Some(field.strip_prefix('\'').unwrap_or(field)).filter(|field| !field.is_empty())
    }

    /// The same, with blanks at its ends, and empty, when it is marked as text.
    pub fn verbatim(&self, column: &'static str) -> Option<&str> {
        self.field(column)?.strip_prefix('\'').or_else(|| self.optional(column))
    }

    fn field(&self, column: &'static str) -> Option<&str> {
        match self.columns.iter().find(|(name, _)| *name == column)? {
            (_, Place::At(at)) => self.record.get(*at),
            (_, Place::Constant(constant)) => Some(constant),
            (_, Place::Absent) => None,
        }
    }

    /// A decimal number.
    pub fn decimal(&self, column: &'static str) -> Result<Decimal, TableError> {
        let text = self.text(column)?;
        let plain = self.layout.number(text).ok_or_else(|| self.not_a_number(column))?;
        self.number(column, &plain)
    }

    /// A number of this column, in a form that is not the table's.
    pub fn number(&self, column: &'static str, plain: &str) -> Result<Decimal, TableError> {
        parse_decimal(plain).map_err(|error| match error {
            NumberError::NotANumber(_) => self.not_a_number(column),
            NumberError::TooPrecise(_) => self.fault(Trouble::TooPrecise { column, shown: self.shown(column) }),
        })
    }

    /// The fault of a field that should be a number.
    pub fn not_a_number(&self, column: &'static str) -> TableError {
        let such = match (self.layout.decimal, self.layout.thousands) {
            ('.', None) => "1234.56 (a point for decimals, nothing for thousands)",
            ('.', Some(_)) => "1234.56 (a point for decimals, and what the mapping says for thousands)",
            (_, None) => "1234,56 (a comma for decimals, nothing for thousands)",
            (_, Some(_)) => "1234,56 (a comma for decimals, and what the mapping says for thousands)",
        };
        self.fault(Trouble::NotANumber { column, shown: self.shown(column), such })
    }

    fn shown(&self, column: &'static str) -> String {
        shown(self.optional(column).unwrap_or_default())
    }

    /// A decimal number, zero where there is none.
    pub fn decimal_or_zero(&self, column: &'static str) -> Result<Decimal, TableError> {
        self.optional(column).map_or(Ok(Decimal::ZERO), |_| self.decimal(column))
    }

    /// The name of an asset.
    pub fn asset(&self, column: &'static str) -> Result<Asset, TableError> {
        Asset::new(self.text(column)?).map_err(|error| self.fault(Trouble::Refused(format!("{column}: {error}"))))
    }

    /// A moment; a date alone is its beginning, and without a zone it is the layout's, UTC mostly.
    pub fn moment(&self, column: &'static str) -> Result<Timestamp, TableError> {
        self.layout.moment(self.text(column)?).ok_or_else(|| self.not_a_date(column))
    }

    /// The fault of a field that should be a date.
    pub fn not_a_date(&self, column: &'static str) -> TableError {
        let usual = "2026-01-31 or 2026-01-31T12:00:00Z";
        let such =
            self.layout.dates.as_ref().map_or(usual.to_owned(), |format| {
                format!("one written as {format}, at a time that its zone has once")
            });
        self.fault(Trouble::NotADate { column, shown: self.shown(column), such })
    }

    /// The fault of a field that should be one of the words `known`.
    pub fn unknown(&self, column: &'static str, known: &'static str) -> TableError {
        self.fault(Trouble::Unknown { column, shown: self.shown(column), known })
    }
}

fn shown(text: &str) -> String {
    printable(text).chars().take(SHOWN).collect()
}

fn fault(error: csv::Error) -> TableError {
    let line = error.position().map_or(1, csv::Position::line);
    let trouble = match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => Trouble::TooLong,
        csv::ErrorKind::Io(error) => Trouble::Io(error.to_string()),
        csv::ErrorKind::Utf8 { .. } => Trouble::NotText,
        other => Trouble::Io(format!("{other:?}")),
    };
    TableError { line, trouble }
}
