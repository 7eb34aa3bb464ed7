//! Turns what a library does when it fails, errors and panics, into words.

use std::any::Any;
use std::cell::Cell;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::market::printable;

thread_local! {
    static CONTAINING: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread, right now, would be caught and become a notice. A panic hook asks this before it gives
/// the terminal back; it should also pass over threads named `sled-io-…`.
pub fn containing() -> bool {
    CONTAINING.get()
}

/// Runs an operation of sled.
pub(super) fn contain<R>(op: impl FnOnce() -> sled::Result<R>) -> Result<R, String> {
    contained("sled", op)
}

/// Runs an operation of the library `who`.
pub(in crate::store) fn contained<R, E: Display>(who: &str, op: impl FnOnce() -> Result<R, E>) -> Result<R, String> {
    CONTAINING.set(true);
    // What is left behind in a panic is not looked at again: the caller drops it.
    let done = catch_unwind(AssertUnwindSafe(op));
    CONTAINING.set(false);
    match done {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(printable(&error.to_string()).into_owned()),
        Err(panic) => Err(format!("{who} panicked: {}", printable(words(panic.as_ref())))),
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_words() {
        let failed = contain::<()>(|| {
            assert!(containing());
            panic!("page {} is gone\u{1b}", 7)
        });
        assert_eq!(failed, Err("sled panicked: page 7 is gone".into()));
        assert!(!containing());
    }
}
