//! The review of a Safe transaction in a file: the fields that its owners sign, and nothing else.

use super::{Args, Unread, bytes, failed, judged, laid_out};
use crate::cli::output::Output;
use crate::cli::{Exit, Failure};
use crate::feed::Clock;
use crate::treasury::ethereum::calldata::Abis;
use crate::treasury::ethereum::calldata::abis::LONGEST_ABI;
use crate::treasury::ethereum::file::SafeFile;
use crate::treasury::ethereum::review::{Facts, review};

/// Whether a file is a JSON object, whatever white space or byte order mark stands before it.
pub(super) fn begins(file: &[u8]) -> bool {
    let text = bare(file);
    text.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{')
}

fn bare(file: &[u8]) -> &[u8] {
    file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file)
}

/// Reviews a Safe transaction.
pub(super) fn run(args: &Args, file: &[u8], output: Output) -> Result<(), Failure> {
    if args.wallet.is_some() || args.network.is_some() {
        let message = "this is a Safe transaction: it names its Safe and its chain itself";
        return Err(Failure::new(Exit::Usage, "wallet_unused", message).hint("leave out --wallet and --network"));
    }
    let mut abis = Abis::default();
    for path in &args.abi {
        let added = bytes(path, LONGEST_ABI).and_then(|bytes| {
            abis.add(&bytes).map_err(|error| Unread { code: error.code(), reason: error.to_string() })
        });
        if let Err(unread) = added {
            return Err(failed(output, path, &unread));
        }
    }
    let read = match SafeFile::read(bare(file)) {
        Ok(read) => read,
        Err(error) => {
            let unread = Unread { code: error.code(), reason: error.to_string() };
            return Err(failed(output, &args.file, &unread));
        }
    };
    let facts = Facts { now: Some(Clock::start().now()), abis, notes: read.notes, ..Facts::default() };
    let review = review(&read.at, &read.tx, &facts);
    match output.json {
        true => output.json(&review.json())?,
        false => output.text(&laid_out(&review.verdict, output.colored()))?,
    }
    judged(&review.verdict)
}
