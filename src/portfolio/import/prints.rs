//! Ids for what has none: made of what it says, and of how many equal ones stand before it in the file.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;

/// How often each print was seen.
#[derive(Default)]
pub struct Prints(HashMap<[u8; 12], u32>);

impl Prints {
    /// The id of what these fields say.
    pub fn id<T: AsRef<[u8]>>(&mut self, fields: impl IntoIterator<Item = T>) -> String {
        let mut hash = Sha256::new();
        for field in fields {
            hash.update(field);
            // A byte that no text holds stands between two fields.
            hash.update([0xff]);
        }
        let mut print = [0; 12];
        print.iter_mut().zip(hash.finalize()).for_each(|(to, from)| *to = from);
        let count = self.0.entry(print).or_default();
        *count += 1;
        let mut id = String::from("row-");
        for byte in print {
            let _ = write!(id, "{byte:02x}");
        }
        let _ = write!(id, "-{count}");
        id
    }
}
