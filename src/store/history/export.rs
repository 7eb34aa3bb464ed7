//! Snapshots for other programs: Parquet, CSV or JSON, by the file's extension.
//!
//! - Decimals are exact: a decimal column in Parquet, text in CSV and JSON. Moments are RFC 3339 in UTC.
//! - In CSV, a text that a spreadsheet would take for a formula, because it begins with `=`, `+`, `-`, `@`, a tab or a
//!   carriage return, gets an apostrophe in front (<https://owasp.org/www-community/attacks/CSV_Injection>). Numbers do not.
//! - The file is written as a whole or not at all.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use super::file;
use crate::money::plain;
use crate::portfolio::snapshot::Snapshot;

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A name that tells no form.
    #[error("{0:?} ends neither in .parquet, .csv nor .json")]
    Form(String),
    /// The file cannot be written.
    #[error("{file}: {cause}")]
    Io {
        /// The file.
        file: String,
        /// Why.
        cause: io::Error,
    },
}

/// Writes `snapshots` into a file of the form that its name ends in.
pub fn export(path: &Path, snapshots: &[Snapshot]) -> Result<(), ExportError> {
    let shown = || path.display().to_string();
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let written = match extension.as_deref() {
        Some("parquet") => file::write(path, snapshots),
        Some("csv") => csv(snapshots).and_then(|bytes| file::replace(path, &bytes)),
        Some("json") => json(snapshots).and_then(|bytes| file::replace(path, &bytes)),
        _ => return Err(ExportError::Form(shown())),
    };
    written.map_err(|cause| ExportError::Io { file: shown(), cause })
}

fn csv(snapshots: &[Snapshot]) -> io::Result<Vec<u8>> {
    let mut table = ::csv::Writer::from_writer(Vec::new());
    table.write_record(["at", "portfolio", "base", "nav", "invested", "units", "complete", "unpriced"])?;
    for row in snapshots {
        table.write_record([
            row.at.to_string(),
            harmless(&row.portfolio).into_owned(),
            harmless(row.base.as_str()).into_owned(),
            plain(row.nav),
            plain(row.invested),
            row.units.map(plain).unwrap_or_default(),
            plain(row.complete),
            row.unpriced.to_string(),
        ])?;
    }
    table.into_inner().map_err(|error| error.into_error())
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

fn json(snapshots: &[Snapshot]) -> io::Result<Vec<u8>> {
    let row = |row: &Snapshot| {
        serde_json::json!({
            "at": row.at.to_string(),
            "portfolio": row.portfolio.as_ref(),
            "base": row.base.as_str(),
            "nav": plain(row.nav),
            "invested": plain(row.invested),
            "units": row.units.map(plain),
            "complete": plain(row.complete),
            "unpriced": row.unpriced,
        })
    };
    let mut bytes = serde_json::to_vec_pretty(&snapshots.iter().map(row).collect::<Vec<_>>())?;
    bytes.push(b'\n');
    Ok(bytes)
}
