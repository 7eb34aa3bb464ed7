//! Who watches a long walk through a chain, and may stop it.

/// How far a walk has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Scripts asked for, or blocks read.
    pub done: u64,
    /// How many there are, where that is known before.
    pub of: Option<u64>,
    /// Transactions of the wallet found so far.
    pub found: u64,
}

/// Is told how far a walk has come, and asked whether it shall go on.
pub trait Watch: Sync {
    /// Told after each step.
    fn progress(&self, _progress: Progress) {}

    /// Whether to stop. A walk stops before its next question, so at the latest when the one under way is answered or has
    /// taken too long.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Nobody watches.
impl Watch for () {}
