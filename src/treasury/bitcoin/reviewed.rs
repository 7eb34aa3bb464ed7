//! The proof that a transaction was reviewed and nothing blocks it: without one, nothing here signs.
//!
//! - Only a review makes one ([`super::review`]): for its own packet and wallet, when its verdict has no blocks.
//! - It borrows the very packet that was reviewed, so that nothing can be changed between the review and the signature.

use super::psbt::Packet;
use super::wallet::Wallet;

/// A packet that a review has let through, and the wallet that it was reviewed for.
#[derive(Clone, Copy, Debug)]
pub struct Reviewed<'a> {
    wallet: &'a Wallet,
    packet: &'a Packet,
}

impl<'a> Reviewed<'a> {
    /// For the review alone, and only when nothing blocks.
    pub(super) fn new(wallet: &'a Wallet, packet: &'a Packet) -> Self {
        Self { wallet, packet }
    }

    /// The wallet that it was reviewed for.
    pub fn wallet(&self) -> &'a Wallet {
        self.wallet
    }

    /// What was reviewed.
    pub fn packet(&self) -> &'a Packet {
        self.packet
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// The sources under a folder, but for tests.
    fn sources(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
        let tests =
            |path: &PathBuf| path.ends_with("tests") || path.ends_with("tests.rs") || path.ends_with("bench.rs");
        let files = files.into_iter().filter(|path| !tests(path));
        files.chain(folders.iter().filter(|path| !tests(path)).flat_map(|folder| sources(folder))).collect()
    }

    #[test]
    fn nothing_but_a_review_makes_the_proof_of_one() {
        let room = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/treasury/bitcoin"));
        let sources = sources(room);
        if sources.is_empty() {
            println!("skipped: {} is not there", room.display());
            return;
        }
        for path in sources.iter().filter(|path| !path.starts_with(room.join("review"))) {
            let text = fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            assert!(!code.contains("Reviewed::new"), "{} makes a Reviewed", path.display());
            assert!(path.ends_with("reviewed.rs") || !code.contains("Reviewed {"), "{}", path.display());
        }
    }
}
