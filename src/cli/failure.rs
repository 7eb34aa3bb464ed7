//! How a command fails: an exit code, a stable key for scripts, and words for the person who reads it.

/// The exit codes of every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Anything without a code of its own.
    Error = 1,
    /// The command line or the configuration is wrong.
    Usage = 2,
    /// A device or an authentication is missing or locked.
    Device = 3,
    /// The network, or who is behind it, did not answer as needed.
    Network = 4,
    /// A person refused on the device.
    Refused = 5,
    /// Something was checked and is not what it claims to be.
    Verification = 6,
}

/// A failed command: what failed and on what, why, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// The process's exit code.
    pub exit: Exit,
    /// A stable name for scripts, such as `config_invalid`.
    pub key: &'static str,
    /// What failed, on what, and why; printable text.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
    /// Whether the same command may succeed later.
    pub retryable: bool,
}

impl Failure {
    /// A failure that trying again will not mend.
    pub fn new(exit: Exit, key: &'static str, message: impl Into<String>) -> Self {
        Self { exit, key, message: message.into(), hint: None, retryable: false }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Marks that the same command may succeed later.
    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retryable = true;
        self
    }
}
