//! How a command fails: an exit code, a stable key for scripts, and words for the person who reads it.

use crate::market::printable;

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

impl Exit {
    /// Every code with its meaning, for the help and the manual.
    pub const MEANINGS: [(Self, &'static str); 7] = [
        (Self::Ok, "done"),
        (Self::Error, "an error without a code of its own"),
        (Self::Usage, "the command line or the configuration is wrong"),
        (Self::Device, "a device or an authentication is missing or locked"),
        (Self::Network, "the network did not answer as needed"),
        (Self::Refused, "refused on the device"),
        (Self::Verification, "a verification failed"),
    ];

    /// The number that the process exits with.
    pub const fn code(self) -> u8 {
        self as u8
    }
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
    /// One line of JSON for scripts; its keys are stable.
    pub fn envelope(&self) -> String {
        serde_json::json!({
            "error": {
                "key": self.key,
                "message": printable(&self.message),
                "hint": self.hint.as_deref().map(printable),
                "exit": self.exit.code(),
                "retryable": self.retryable,
            }
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_is_stable_and_harmless() {
        let failure =
            Failure::new(Exit::Network, "venue_unreachable", "no route\u{1b}[2J").hint("try later").retryable();
        let value: serde_json::Value = serde_json::from_str(&failure.envelope()).unwrap();
        assert_eq!(value["error"]["exit"], 4);
        assert_eq!(value["error"]["key"], "venue_unreachable");
        assert_eq!(value["error"]["hint"], "try later");
        assert_eq!(value["error"]["retryable"], true);
        assert!(!value["error"]["message"].as_str().unwrap().contains('\u{1b}'));
        let bare: serde_json::Value = serde_json::from_str(&Failure::new(Exit::Error, "x", "y").envelope()).unwrap();
        assert!(bare["error"]["hint"].is_null());
    }

    #[test]
    fn every_code_has_a_meaning() {
        let codes: Vec<u8> = Exit::MEANINGS.iter().map(|(exit, _)| exit.code()).collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6]);
    }
}
