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
use crate::market::is_formula;
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
            row.invested.map(plain).unwrap_or_default(),
            row.units.map(plain).unwrap_or_default(),
            plain(row.complete),
            row.unpriced.to_string(),
        ])?;
    }
    table.into_inner().map_err(|error| error.into_error())
}

/// A text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> Cow<'_, str> {
    match is_formula(text) {
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
            "invested": row.invested.map(plain),
            "units": row.units.map(plain),
            "complete": plain(row.complete),
            "unpriced": row.unpriced,
        })
    };
    let mut bytes = serde_json::to_vec_pretty(&snapshots.iter().map(row).collect::<Vec<_>>())?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Timestamp;
    use crate::money::{Asset, Decimal};

    fn rows() -> Vec<Snapshot> {
        let row = |portfolio: &str, nav: &str, units: Option<&str>| Snapshot {
            at: Timestamp::from_secs(1_800_000_000),
            portfolio: portfolio.into(),
            base: Asset::new("-USD").unwrap(),
            nav: nav.parse().unwrap(),
            invested: "100.50".parse().ok(),
            units: units.map(|units| units.parse().unwrap()),
            complete: Decimal::ONE,
            unpriced: 1,
        };
        vec![
            row("=HYPERLINK(\"x\"),y", "-1234567890.000000000000000001", Some("2.50")),
            row("all", "79228162514264337593543950335", None),
        ]
    }

    fn exported(name: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(name);
        export(&path, &rows()).unwrap();
        String::from_utf8(std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn a_table_runs_no_formula() {
        let expected = "at,portfolio,base,nav,invested,units,complete,unpriced\n\
            2027-01-15T08:00:00Z,\"'=HYPERLINK(\"\"x\"\"),y\",'-USD,-1234567890.000000000000000001,100.5,2.5,1,1\n\
            2027-01-15T08:00:00Z,all,'-USD,79228162514264337593543950335,100.5,,1,1\n";
        assert_eq!(exported("nav.CSV"), expected);
    }

    #[test]
    fn decimals_are_text_in_json() {
        let found: serde_json::Value = serde_json::from_str(&exported("nav.json")).unwrap();
        assert_eq!(found[0]["nav"], "-1234567890.000000000000000001");
        assert_eq!((&found[1]["units"], &found[1]["unpriced"]), (&serde_json::Value::Null, &1.into()));
    }

    #[test]
    fn a_parquet_file_has_the_same_rows() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("nav.parquet");
        export(&path, &rows()).unwrap();
        assert_eq!(file::read::<Snapshot>(&path).unwrap(), rows());
        export(&path, &[]).unwrap();
        assert_eq!(file::read::<Snapshot>(&path).unwrap(), []);
    }

    #[test]
    fn a_name_that_tells_no_form_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["nav", "nav.xlsx", ".csv"] {
            assert!(matches!(export(&dir.path().join(name), &rows()), Err(ExportError::Form(_))), "{name}");
        }
        assert!(matches!(export(&dir.path().join("nav.csv/x.csv"), &[]), Ok(())), "folders are made");
        assert!(
            matches!(export(&dir.path().join("nav.csv"), &[]), Err(ExportError::Io { .. })),
            "a folder stands there"
        );
    }
}
