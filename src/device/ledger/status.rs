//! What a Ledger's status words mean: a table from the word, the code that may stand before it, and what was asked.
//!
//! - The words are those of the system (5515, 6511 …) and of the two apps; where one means several things, what was asked
//!   decides.
//! - What is not in the table is told as it came, and nothing is guessed.
//!
//! <https://github.com/LedgerHQ/app-bitcoin-new/blob/master/doc/bitcoin.md>,
//! <https://github.com/LedgerHQ/app-ethereum/blob/develop/doc/ethapp.adoc>

use crate::device::DeviceError;
use crate::device::link::Answer;

/// What was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The app's name and version.
    Version,
    /// Bitcoin: the seed's fingerprint.
    Fingerprint,
    /// Bitcoin: an extended public key.
    Xpub,
    /// Bitcoin: to take a policy.
    Register,
    /// Bitcoin: an address.
    Address,
    /// Bitcoin: signatures in a transaction.
    Sign,
    /// Bitcoin: a signed message.
    Message,
    /// Ethereum: the app's settings.
    Settings,
    /// Ethereum: an address.
    EthAddress,
    /// Ethereum: a signed transaction.
    EthTransaction,
    /// Ethereum: a signed text.
    EthMessage,
    /// Ethereum: typed data.
    EthTypedData,
}

impl Asked {
    fn is_ethereum(self) -> bool {
        matches!(self, Self::Settings | Self::EthAddress | Self::EthTransaction | Self::EthMessage | Self::EthTypedData)
    }
}

/// Bad data, wherever it is in what was asked.
pub const BAD_DATA: u16 = 0x6a80;

/// Why a Ledger did not do what it was asked; `needed` is the app that was to do it.
pub fn refusal(asked: Asked, needed: &str, answer: &Answer) -> DeviceError {
    let extended = <[u8; 2]>::try_from(answer.data.as_slice()).ok().map(u16::from_be_bytes);
    let wrong = |found: &str| DeviceError::WrongApp { needed: needed.to_owned(), found: found.to_owned() };
    match (answer.status, asked) {
        (0x5515 | 0x5303, _) => DeviceError::Locked,
        (0x6985 | 0x5501, _) => DeviceError::RefusedByUser,
        // The older word: by the Ethereum app for a no, by the system and by Bitcoin's for a lock.
        (0x6982, asked) if asked.is_ethereum() => DeviceError::RefusedByUser,
        (0x6982, _) => DeviceError::Locked,
        (0x6511 | 0x6e01, _) => wrong("no app"),
        (0x6e00 | 0x6d00 | 0x6d02, _) => wrong("another app"),
        (0xb008, Asked::Register | Asked::Address | Asked::Sign) => DeviceError::BadProof,
        (BAD_DATA, Asked::Sign) if extended == Some(3) => {
            DeviceError::Incomplete("what one of its inputs spends".to_owned())
        }
        (status, asked) => {
            let code = match extended {
                Some(extended) => format!("{status:04x}, {extended:04x}"),
                None => format!("{status:04x}"),
            };
            DeviceError::RefusedByDevice { reason: reason(asked, status, extended).to_owned(), code }
        }
    }
}

/// A sentence for a word that is neither a state nor an answer of the user's.
fn reason(asked: Asked, status: u16, extended: Option<u16>) -> &'static str {
    match (asked, status, extended) {
        (Asked::Register, BAD_DATA, Some(1)) => "the policy is one that cannot be spent from safely",
        (Asked::Register, BAD_DATA, Some(2)) => "none of the policy's keys is this device's: connect the one of a seat",
        (Asked::Register, BAD_DATA, _) => "it does not take the policy, or none of its keys is this device's",
        (Asked::Register, 0x6a82, _) => "policies of this form are not known to this version of the app",
        (Asked::Xpub, 0x6a82, _) => {
            "the app tells keys unseen only at the usual paths of its own network (44', 45', 48', 49', 84', 86', account \
             up to 100): have it shown on the screen, or open the app of the other network"
        }
        (Asked::Address, BAD_DATA | 0x6a82, _) => {
            "it does not take this wallet or this address: see its network and path"
        }
        (Asked::Sign, BAD_DATA, Some(4)) => "a previous transaction is not the one that the input names",
        (Asked::Sign, BAD_DATA, Some(5)) => "an input tells two different coins",
        (Asked::Sign, BAD_DATA, Some(9)) => "it has more outputs for change than the app takes",
        (Asked::Sign, BAD_DATA, _) => "the transaction is not one that it can sign for this wallet",
        (Asked::Sign, 0x6a82, _) => "the transaction has something that this version of the app does not know",
        (Asked::EthTransaction, BAD_DATA, _) => "it does not take the transaction: see its path and data",
        (Asked::EthTypedData, BAD_DATA, _) => "it does not take the typed data: see its types and values",
        (_, BAD_DATA, _) => "it does not take what it was given",
        (_, 0x6a82, _) => "it does not support this",
        (_, 0x6a86 | 0x6b00, _) => "this version of the app does not know this form of the question",
        (_, 0x6a87 | 0x6700, _) => "this version of the app expects another length",
        (_, 0xb007, _) => "it lost the thread: close the app, open it and ask again",
        (_, 0xb008, _) => "a signature or proof in what it was given does not hold",
        (_, 0x6f00..=0x6fff, _) => "it failed inside: close the app, open it and ask again",
        (_, 0x6601 | 0x6602 | 0x9804, _) => "it is halted: unplug it, plug it in again and unlock it",
        _ => "it did not say why",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(asked: Asked, status: u16, data: &[u8]) -> DeviceError {
        refusal(asked, "Bitcoin", &Answer { data: data.to_vec(), status })
    }

    #[test]
    fn states_that_a_user_can_end_are_told_apart() {
        let wrong = |found: &str| DeviceError::WrongApp { needed: "Bitcoin".into(), found: found.into() };
        for (asked, status, error) in [
            (Asked::Version, 0x5515, DeviceError::Locked),
            (Asked::Xpub, 0x6982, DeviceError::Locked),
            (Asked::EthMessage, 0x6982, DeviceError::RefusedByUser),
            (Asked::Sign, 0x6985, DeviceError::RefusedByUser),
            (Asked::Fingerprint, 0x6511, wrong("no app")),
            (Asked::Fingerprint, 0x6e01, wrong("no app")),
            (Asked::EthAddress, 0x6e00, wrong("another app")),
            (Asked::EthAddress, 0x6d00, wrong("another app")),
            (Asked::Sign, 0xb008, DeviceError::BadProof),
        ] {
            assert_eq!(says(asked, status, &[]), error, "{status:04x}");
            assert!(error.next().is_some() || error == DeviceError::RefusedByUser);
        }
    }

    #[test]
    fn words_are_kept_as_they_came() {
        let Some((reason, code)) = refused(says(Asked::Register, 0x6a80, &[0, 2])) else { panic!() };
        assert!(reason.contains("none of the policy's keys"), "{reason}");
        assert_eq!(code, "6a80, 0002");
        let Some((reason, code)) = refused(says(Asked::Message, 0x1234, &[1, 2, 3])) else { panic!() };
        assert_eq!((reason.as_str(), code.as_str()), ("it did not say why", "1234"));
        assert!(matches!(says(Asked::Sign, 0x6a80, &[0, 3]), DeviceError::Incomplete(_)));
        let Some((_, code)) = refused(says(Asked::Message, 0xb008, &[])) else { panic!() };
        assert_eq!(code, "b008", "a message has no proof of registration");
    }

    #[test]
    fn every_word_has_an_answer() {
        for status in 0..=u16::MAX {
            assert!(!says(Asked::EthTransaction, status, &[]).to_string().is_empty());
        }
    }

    fn refused(error: DeviceError) -> Option<(String, String)> {
        match error {
            DeviceError::RefusedByDevice { reason, code } => Some((reason, code)),
            _ => None,
        }
    }
}
