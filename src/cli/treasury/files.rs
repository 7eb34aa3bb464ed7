//! Reading what somebody hands in, and writing what is handed out: files, or `-` for the pipe.

use super::super::{Context, Exit, Failure};
use crate::market::printable;
use crate::treasury::bitcoin::psbt::{LONGEST_TEXT, Packet, PacketError, Version};
use crate::treasury::exchange::{Progress, Scan};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Reads a file, or what comes by the pipe, up to a limit.
pub fn bytes(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let cannot = |error: io::Error| Failure::new(Exit::Error, "file", format!("cannot read {}: {error}", shown(path)));
    let source: Box<dyn Read> =
        if is_pipe(path) { Box::new(io::stdin().lock()) } else { Box::new(File::open(path).map_err(cannot)?) };
    let mut bytes = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    source.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > limit {
        let message = format!("{} is longer than {limit} bytes", shown(path));
        return Err(Failure::new(Exit::Error, "file_too_large", message));
    }
    Ok(bytes)
}

/// Reads a PSBT in any of its forms; also as the texts of QR codes, a line each, as scanners type them.
pub fn packet(path: &Path) -> Result<Packet, Failure> {
    packed(&scanned(path, LONGEST_TEXT)?, path)
}

/// Reads the bytes of a PSBT.
pub fn packed(bytes: &[u8], path: &Path) -> Result<Packet, Failure> {
    Packet::read(bytes)
        .map_err(|error: PacketError| Failure::new(Exit::Error, error.code(), format!("{}: {error}", shown(path))))
}

/// Reads a file, or what the texts of QR codes in it hold.
pub fn scanned(path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let bytes = bytes(path, limit)?;
    Ok(match std::str::from_utf8(&bytes) {
        Ok(text) if text.starts_with("B$") || text.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("ur:")) => {
            let (mut scan, mut whole) = (Scan::default(), None);
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let taken = scan.take(line);
                let taken = taken
                    .map_err(|error| Failure::new(Exit::Error, error.code(), format!("{}: {error}", shown(path))))?;
                if let Progress::Whole(bytes) = taken {
                    whole = Some(bytes);
                }
            }
            whole.ok_or_else(|| {
                let message = format!("{}: some codes of the series are missing", shown(path));
                Failure::new(Exit::Error, "qr-whole", message)
            })?
        }
        _ => bytes,
    })
}

/// In which form a PSBT is handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Text in base64.
    Base64,
    /// Text in hex.
    Hex,
    /// Bytes.
    Binary,
}

/// A PSBT in a form.
pub fn written(packet: &Packet, form: Form, version: Version) -> Vec<u8> {
    match form {
        Form::Base64 => format!("{}\n", packet.base64(version)).into_bytes(),
        Form::Hex => format!("{}\n", packet.hex(version)).into_bytes(),
        Form::Binary => packet.bytes(version),
    }
}

/// Writes a new file, or to the pipe. A file that is there is never overwritten.
pub fn write(path: &Path, bytes: &[u8], secret: bool) -> Result<(), Failure> {
    let written = if is_pipe(path) {
        let mut out = io::stdout().lock();
        match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        }
    } else {
        let mode = if secret { 0o600 } else { 0o644 };
        let new = OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        new.and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
    };
    written.map_err(|error| Failure::new(Exit::Error, "output", format!("cannot write {}: {error}", shown(path))))
}

/// Refuses a file that is there already: nobody presses buttons for one that cannot be written then.
pub fn free(path: &Path) -> Result<(), Failure> {
    if is_pipe(path) || !path.exists() {
        return Ok(());
    }
    let message = format!("cannot write {}: it is there already", shown(path));
    Err(Failure::new(Exit::Error, "output", message).hint("name another file with -o"))
}

/// Whether a path stands for the pipe.
pub fn is_pipe(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// A file's name as it may be shown.
pub fn shown(path: &Path) -> String {
    if is_pipe(path) { "what came by the pipe".to_owned() } else { printable(&path.display().to_string()).into_owned() }
}

/// A folder of ours under the data folder, for this user alone.
pub fn folder(context: &Context, name: &str) -> Result<std::path::PathBuf, Failure> {
    use std::os::unix::fs::DirBuilderExt;
    let folder = context.paths.treasury.join(name);
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    made.map_err(|error| Failure::new(Exit::Error, "output", format!("cannot make {}: {error}", shown(&folder))))?;
    Ok(folder)
}
