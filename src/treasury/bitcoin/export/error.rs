//! Why a format cannot say what a wallet is.

use super::Format;

/// Why a wallet cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExportError {
    /// The format has no words for this kind of script.
    #[error("{format} cannot say {kind}: it is for sorted multisig in wsh, sh(wsh) or sh")]
    Script {
        /// The format.
        format: Format,
        /// The kind of script.
        kind: String,
    },
    /// The format has one path for all keys, the usual one.
    #[error("{0} cannot say paths other than /0/* to receive and /1/* for change")]
    Paths(Format),
    /// The format needs to know where each key comes from.
    #[error("{format} cannot be written: where key {key} comes from is not told")]
    Origin {
        /// The format.
        format: Format,
        /// The key's own fingerprint.
        key: String,
    },
    /// The rows cannot be written as one descriptor.
    #[error("{0} cannot be written: the wallet has one row, or two that differ in more than a step")]
    Rows(Format),
    /// The format has no word for the network.
    #[error("{format} has no word for {network}")]
    Network {
        /// The format.
        format: Format,
        /// The network.
        network: bitcoin::Network,
    },
}

impl ExportError {
    /// The code that scripts see. Stable.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Script { .. } => "export-script",
            Self::Paths(_) => "export-paths",
            Self::Origin { .. } => "export-origin",
            Self::Rows(_) => "export-rows",
            Self::Network { .. } => "export-network",
        }
    }
}
