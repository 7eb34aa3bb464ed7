//! Who shall be paid, read from what a person typed, pasted or scanned: an address, or a BIP-21 URI around one (T15).
//!
//! - Nothing is repaired that could change who is paid. Spaces between groups, as devices and this program show them, are
//!   taken away; everything else that is not an address of this network with a right checksum is refused by name.
//! - A character that only looks like one of an address is refused, with the place where it stands.
//!
//! Addresses are those of BIP-173 and BIP-350 and the older ones in base58; URIs are those of
//! [BIP-21](https://github.com/bitcoin/bips/blob/master/bip-0021.mediawiki).

use crate::market::printable;
use bitcoin::address::{NetworkUnchecked, ParseError};
use bitcoin::{Address, Amount, Denomination, Network, NetworkKind};
use std::str::FromStr;

/// The longest text that is read: a long URI with a message.
const LONGEST: usize = 2_048;

/// The longest label that is kept, in characters.
const LABEL: usize = 100;

/// Who shall be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient {
    /// The address.
    pub address: Address,
    /// How much, where a URI says so.
    pub amount: Option<Amount>,
    /// The name that a URI gives. Printable, and not to be believed.
    pub label: Option<String>,
    /// What a URI says it is for. Printable, and not to be believed.
    pub message: Option<String>,
}

/// Why a text names no recipient.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecipientError {
    /// There is nothing.
    #[error("there is no address")]
    Empty,
    /// It is too long.
    #[error("it has more than {LONGEST} bytes")]
    Long,
    /// A character that no address has, though it may look like one.
    #[error("character {place} is U+{code:04X}, which no address has, whatever it looks like")]
    NotAscii {
        /// Where it stands, from 1.
        place: usize,
        /// Its code point.
        code: u32,
    },
    /// Capital and small letters in an address that has only one kind.
    #[error("it mixes capital and small letters: one character at least is not what it should be")]
    MixedCase,
    /// A character is wrong, missing or too many.
    #[error("its checksum is wrong: a character is wrong, missing or too many")]
    Checksum,
    /// It is an address of another network.
    #[error("it is an address for {found}, and this is {wanted}")]
    WrongNetwork {
        /// For what it is.
        found: &'static str,
        /// For what it should be.
        wanted: Network,
    },
    /// It is of no known form.
    #[error("it is not an address: {0}")]
    NotAddress(String),
    /// A URI that cannot be acted on.
    #[error("the payment link cannot be used: {0}")]
    Uri(String),
}

impl RecipientError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "recipient-empty",
            Self::Long => "recipient-long",
            Self::NotAscii { .. } => "recipient-not-ascii",
            Self::MixedCase => "recipient-mixed-case",
            Self::Checksum => "recipient-checksum",
            Self::WrongNetwork { .. } => "recipient-network",
            Self::NotAddress(_) => "recipient-not-address",
            Self::Uri(_) => "recipient-uri",
        }
    }
}

/// Reads a recipient.
pub fn read(text: &str, network: Network) -> Result<Recipient, RecipientError> {
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if text.is_empty() {
        return Err(RecipientError::Empty);
    }
    if text.len() > LONGEST {
        return Err(RecipientError::Long);
    }
    if let Some((place, strange)) = text.chars().enumerate().find(|(_, c)| !matches!(c, ' '..='~')) {
        return Err(RecipientError::NotAscii { place: place.saturating_add(1), code: strange.into() });
    }
    match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("bitcoin") => uri(rest, network),
        Some((scheme, _)) => Err(RecipientError::Uri(format!("it is a link of another kind, {scheme}"))),
        None => {
            let address = address(&text.replace(' ', ""), network)?;
            Ok(Recipient { address, amount: None, label: None, message: None })
        }
    }
}

/// An address in groups of four, as devices show them.
pub fn fours(address: &str) -> String {
    let mut shown = String::with_capacity(address.len().saturating_mul(5) / 4);
    for (at, character) in address.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            shown.push(' ');
        }
        shown.push(character);
    }
    shown
}

/// An address of a network, its checksum right.
fn address(text: &str, network: Network) -> Result<Address, RecipientError> {
    let lower = text.to_ascii_lowercase();
    let segwit = ["bc1", "tb1", "bcrt1"].iter().any(|prefix| lower.starts_with(prefix));
    if segwit && text != lower && text != text.to_ascii_uppercase() {
        return Err(RecipientError::MixedCase);
    }
    let unchecked = Address::<NetworkUnchecked>::from_str(text).map_err(|error| match error {
        ParseError::Base58(bitcoin::base58::Error::IncorrectChecksum(_)) => RecipientError::Checksum,
        ParseError::Bech32(_) if segwit => RecipientError::Checksum,
        _ if segwit => RecipientError::Checksum,
        _ => RecipientError::NotAddress("it begins like none, or has characters or a length that none has".into()),
    })?;
    if !unchecked.is_valid_for_network(network) {
        let main = unchecked.is_valid_for_network(Network::Bitcoin);
        let regtest = unchecked.is_valid_for_network(Network::Regtest) && segwit;
        let found = if main {
            "bitcoin"
        } else if regtest {
            "regtest"
        } else {
            "a test network"
        };
        return Err(RecipientError::WrongNetwork { found, wanted: network });
    }
    debug_assert!(NetworkKind::from(network).is_mainnet() == unchecked.is_valid_for_network(Network::Bitcoin));
    Ok(unchecked.assume_checked())
}

/// What follows `bitcoin:`.
fn uri(text: &str, network: Network) -> Result<Recipient, RecipientError> {
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    if path.is_empty() {
        return Err(RecipientError::Uri("it names no address".into()));
    }
    let mut recipient = Recipient { address: address(path, network)?, amount: None, label: None, message: None };
    let mut seen = Vec::new();
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        let key = key.to_ascii_lowercase();
        if seen.contains(&key) {
            return Err(RecipientError::Uri(format!("it says {} twice", printable(&key))));
        }
        match key.as_str() {
            "amount" => {
                // BIP-21: in bitcoin, with a point and never a comma.
                let plain = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                let amount = Amount::from_str_in(value, Denomination::Bitcoin).ok().filter(|_| plain);
                let amount = amount.filter(|amount| *amount <= Amount::MAX_MONEY);
                let said = || RecipientError::Uri(format!("{value} is not an amount in bitcoin"));
                recipient.amount = Some(amount.ok_or_else(said)?);
            }
            "label" => recipient.label = Some(words(value)),
            "message" => recipient.message = Some(words(value)),
            key if key.starts_with("req-") => {
                return Err(RecipientError::Uri(format!("it asks for {key}, which is not known here")));
            }
            _ => {}
        }
        seen.push(key);
    }
    Ok(recipient)
}

/// Percent-encoded words, made printable.
fn words(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let hex = |byte: u8| char::from(byte).to_digit(16);
        let mut ahead = rest.clone();
        let code = match (byte, ahead.next().and_then(hex), ahead.next().and_then(hex)) {
            (b'%', Some(high), Some(low)) => u8::try_from(high * 16 + low).ok(),
            _ => None,
        };
        if code.is_some() {
            rest = ahead;
        }
        bytes.push(code.unwrap_or(byte));
    }
    printable(&String::from_utf8_lossy(&bytes)).chars().take(LABEL).collect()
}
