//! The log: a file under the state directory, never the screen.
//!
//! - It is bounded: a file of 5 MiB becomes `exchequer.log.1`, that one `exchequer.log.2`, and that one is dropped.
//! - Only its owner can read it.
//! - What goes to and comes from a device is never in it, whatever the level (T33).
//! - What it holds is printable: a name from the network cannot steer the terminal of whoever reads the log.

use super::config::Level;
use super::paths::Paths;
use crate::device::link::TALKATIVE;
use crate::market::Timestamp;
use crate::market::printable;
use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::{FmtContext, Layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;

/// A log larger than this is put aside.
const LIMIT: u64 = 5 << 20;

/// Starts the log of this process.
pub fn start(paths: &Paths, level: Level) -> io::Result<()> {
    let level = match level {
        Level::Off => return Ok(()),
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
        Level::Trace => LevelFilter::TRACE,
    };
    let log = Log::open(paths.log(), LIMIT)?;
    let layer = Layer::new().event_format(Line).with_ansi(false).with_writer(Mutex::new(log));
    let subscriber = tracing_subscriber::registry().with(targets(level)).with(layer);
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), process = std::process::id(), "started");
    Ok(())
}

/// Who is heard. Libraries speak at length: above warnings only this program's own words are kept, and of those that write
/// what goes over a device's wire, nothing.
fn targets(level: LevelFilter) -> Targets {
    let targets = Targets::new().with_default(level.min(LevelFilter::WARN)).with_target("exchequer", level);
    targets.with_targets(TALKATIVE.map(|target| (target, LevelFilter::OFF)))
}

/// One event, one line.
struct Line;

impl<S, N> FormatEvent<S, N> for Line
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let mut fields = String::new();
        context.field_format().format_fields(Writer::new(&mut fields), event)?;
        let now = Timestamp::from_system(std::time::SystemTime::now());
        let about = event.metadata();
        writeln!(writer, "{now} {:5} {}: {}", about.level().as_str(), about.target(), printable(&fields))
    }
}

/// A file that is put aside when it has grown to its limit.
struct Log {
    path: PathBuf,
    limit: u64,
    file: File,
    size: u64,
}

impl Log {
    fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut log = Self { file: append(&path)?, path, limit, size: 0 };
        log.size = log.file.metadata()?.len();
        log.put_aside_when_full()?;
        Ok(log)
    }

    fn put_aside_when_full(&mut self) -> io::Result<()> {
        if self.size < self.limit {
            return Ok(());
        }
        let aside = |number: u8| self.path.with_extension(format!("log.{number}"));
        match fs::rename(aside(1), aside(2)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::rename(&self.path, aside(1))?,
        }
        self.file = append(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put_aside_when_full()?;
        let written = self.file.write(bytes)?;
        self.size += u64::try_from(written).unwrap_or(u64::MAX);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn three_files_are_all_there_ever_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/exchequer.log");
        let mut log = Log::open(path.clone(), 10).unwrap();
        for line in ["first line\n", "second line\n", "third line\n", "fourth line\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["exchequer.log", "exchequer.log.1", "exchequer.log.2"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "fourth line\n");
        assert_eq!(fs::read_to_string(path.with_extension("log.2")).unwrap(), "second line\n");
        drop(log);
        Log::open(path.clone(), 10).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "", "a full log is put aside at the start");
    }

    #[test]
    fn only_its_owner_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/exchequer.log");
        Log::open(path.clone(), 10).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    }

    #[test]
    fn what_goes_over_a_devices_wire_is_heard_at_no_level() {
        let heard = targets(LevelFilter::TRACE);
        for target in ["ledger_transport_hid", "trezor_client", "trezor_client::transport::protocol"] {
            assert!(!heard.would_enable(target, &tracing::Level::ERROR), "{target}");
        }
        assert!(heard.would_enable("exchequer::device", &tracing::Level::TRACE));
        assert!(heard.would_enable("rustls", &tracing::Level::WARN));
        assert!(!heard.would_enable("rustls", &tracing::Level::INFO));
    }

    #[test]
    fn a_hostile_name_is_logged_harmlessly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exchequer.log");
        let layer = Layer::new()
            .event_format(Line)
            .with_ansi(false)
            .with_writer(Mutex::new(Log::open(path.clone(), 9999).unwrap()));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            tracing::info!(name = "a\u{1b}[2J\n\u{202e}b", "told {}", "x\u{9b}y");
        });
        let text = fs::read_to_string(path).unwrap();
        assert!(text.ends_with('\n') && text.contains("told"), "{text:?}");
        assert!(!text.trim_end().chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
    }
}
