//! One Parquet file: written whole or not at all, and read only when it is what was written.
//!
//! - A file is written beside and renamed, and both it and its name are on disk before anything goes on: a crash leaves
//!   the old one or the new one.
//! - A checksum over the rows stands in the file's metadata, because Parquet as it is written here has none of its own: a
//!   bit that fell over would otherwise be another price. Values are summed, not bytes, so that any writer could make it.
//! - Nothing larger than [`FILE_LIMIT`] is read, and nothing with more than [`ROW_LIMIT`] rows.
//! - Whatever polars does, panics included, becomes words. It works on the calling thread, so that a panic is caught where
//!   it happens, and its pool of threads is not begun for a file.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use polars::prelude::*;

use super::row::{Row, checksum};
use crate::store::cache::contained;

/// The largest file that is read.
pub const FILE_LIMIT: u64 = 64 << 20;

/// The most rows of a file that are read.
pub const ROW_LIMIT: usize = 2_000_000;

/// Under which the checksum stands in the metadata.
const CHECKSUM: &str = "exchequer.rows.crc32";

/// Ends the name of a file that is being written.
pub(super) const BESIDE: &str = ".new";

/// Why a file gives no rows.
#[derive(Debug)]
pub(super) enum Fault {
    /// The system does not give it: it may another time.
    Io(io::Error),
    /// It is not what was written.
    Damaged(String),
}

/// Reads all rows.
pub(super) fn read<R: Row>(path: &Path) -> Result<Vec<R>, Fault> {
    let mut bytes = Vec::new();
    File::open(path).and_then(|file| file.take(FILE_LIMIT + 1).read_to_end(&mut bytes)).map_err(Fault::Io)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return Err(Fault::Damaged(format!("it has more than {FILE_LIMIT} bytes")));
    }
    contained("polars", || decode(bytes)).map_err(Fault::Damaged)
}

/// Writes all rows in place of whatever the file had.
pub(super) fn write<R: Row>(path: &Path, rows: &[R]) -> io::Result<()> {
    replace(path, &contained("polars", || encode(rows)).map_err(io::Error::other)?)
}

fn decode<R: Row>(bytes: Vec<u8>) -> PolarsResult<Vec<R>> {
    let mut reader = ParquetReader::new(Cursor::new(bytes)).read_parallel(ParallelStrategy::None);
    let metadata = reader.get_metadata()?.clone();
    polars_ensure!(metadata.num_rows <= ROW_LIMIT, ComputeError: "it has more than {ROW_LIMIT} rows");
    let noted = metadata.key_value_metadata.iter().flatten().find(|pair| pair.key == CHECKSUM);
    let noted = noted.and_then(|pair| u32::from_str_radix(pair.value.as_deref()?, 16).ok());
    let noted = noted.ok_or_else(|| polars_err!(SchemaMismatch: "it was not written here: there is no {CHECKSUM}"))?;
    let rows = R::read(&reader.finish()?)?;
    polars_ensure!(checksum(&rows) == noted, ComputeError: "its rows are not those that were written");
    Ok(rows)
}

fn encode<R: Row>(rows: &[R]) -> PolarsResult<Vec<u8>> {
    let table = R::table(rows)?;
    let noted = KeyValueMetadata::from_static(vec![(CHECKSUM.to_owned(), format!("{:08x}", checksum(rows)))]);
    let mut bytes = Vec::new();
    let writer = ParquetWriter::new(&mut bytes).with_key_value_metadata(Some(noted));
    let writer = writer.set_parallel(false).with_compression(ParquetCompression::Zstd(None));
    // As one batch: the writer's own `finish` would begin the pool to align chunks, of which there is only one.
    let mut batches = writer.batched(table.schema())?;
    batches.write_batch(&table)?;
    batches.finish()?;
    drop(batches);
    Ok(bytes)
}

/// Replaces a file as a whole; its folder is made where it is missing.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(BESIDE);
    let written = write_synced(Path::new(&beside), bytes).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        // Half a file is of no use, and on a full disk in the way.
        let _ = std::fs::remove_file(&beside);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
