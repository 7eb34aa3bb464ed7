//! Signatures: keyed hashes, and tokens that are signed with a private key.
//!
//! Tokens are JSON Web Tokens (RFC 7515 and 7519) signed with ES256 or EdDSA. A private key is PEM as `openssl` writes it:
//! SEC 1 (RFC 5915) or PKCS #8 (RFC 5208).

use super::AccountError;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SecureRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
use ring::{digest, hmac};
use std::fmt::Write;
use zeroize::Zeroizing;

/// What PKCS #8 puts before a private key of SEC 1: version 0, and an elliptic curve key on P-256.
const EC_ON_P256: [u8; 24] = [
    0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
    0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// HMAC with SHA-256, in base64.
pub fn sha256_base64(secret: &str, message: &str) -> String {
    STANDARD.encode(keyed(hmac::HMAC_SHA256, secret.as_bytes(), message.as_bytes()))
}

/// HMAC with SHA-256, in hexadecimal.
pub fn sha256_hex(secret: &str, message: &str) -> String {
    let mut text = String::new();
    for byte in keyed(hmac::HMAC_SHA256, secret.as_bytes(), message.as_bytes()).as_ref() {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Kraken's: HMAC with SHA-512 of the path and the SHA-256 of nonce and form, keyed with what the secret decodes to.
pub fn kraken(secret: &str, path: &str, nonce: u64, form: &str) -> Result<String, AccountError> {
    let secret = decoded(secret)?;
    let inner = digest::digest(&digest::SHA256, format!("{nonce}{form}").as_bytes());
    let message = [path.as_bytes(), inner.as_ref()].concat();
    Ok(STANDARD.encode(keyed(hmac::HMAC_SHA512, &secret, &message)))
}

fn keyed(algorithm: hmac::Algorithm, secret: &[u8], message: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(algorithm, secret), message)
}

fn decoded(text: &str) -> Result<Zeroizing<Vec<u8>>, AccountError> {
    let bytes = STANDARD.decode(text.trim()).map_err(|_| AccountError::Key("the secret is not base64"))?;
    Ok(Zeroizing::new(bytes))
}

/// A key that signs tokens.
pub enum Signer {
    /// On the curve P-256: ES256.
    Ec(EcdsaKeyPair),
    /// Ed25519: EdDSA.
    Ed(Ed25519KeyPair),
}

impl Signer {
    /// Reads a secret: a private key in PEM, or the 64 bytes of an Ed25519 key in base64, seed and public half.
    pub fn new(secret: &str, chance: &dyn SecureRandom) -> Result<Self, AccountError> {
        let wrong = AccountError::Key("the secret is neither a P-256 key in PEM nor an Ed25519 key in base64");
        if secret.trim_start().starts_with("-----BEGIN") {
            let key = pkcs8(secret).ok_or_else(|| wrong.clone())?;
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, chance);
            return pair.map(Self::Ec).map_err(|_| wrong);
        }
        let bytes = decoded(secret).map_err(|_| wrong.clone())?;
        let (seed, public) = bytes.split_first_chunk::<32>().ok_or_else(|| wrong.clone())?;
        Ed25519KeyPair::from_seed_and_public_key(seed, public).map(Self::Ed).map_err(|_| wrong)
    }

    /// The name of the algorithm in a token.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    /// A token with this header and these claims.
    pub fn token(
        &self,
        header: &serde_json::Value,
        claims: &serde_json::Value,
        chance: &dyn SecureRandom,
    ) -> Result<String, AccountError> {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let failed = |_| AccountError::Key("the system gives no chance to sign with");
        let signature = match self {
            Self::Ec(pair) => pair.sign(chance, message.as_bytes()).map_err(failed)?,
            Self::Ed(pair) => pair.sign(message.as_bytes()),
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// A text of so many random bytes, in hexadecimal.
pub fn random(chance: &dyn SecureRandom) -> Result<String, AccountError> {
    let mut bytes = [0; 16];
    chance.fill(&mut bytes).map_err(|_| AccountError::Key("the system gives no chance to sign with"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The PKCS #8 document in a PEM text; a key of SEC 1 is put into one.
fn pkcs8(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    // Whoever puts a key into one line writes its line ends as \n.
    let pem = Zeroizing::new(pem.replace("\\n", "\n"));
    let mut lines = pem.lines().map(str::trim).filter(|line| !line.is_empty());
    let kind = lines.next()?.strip_prefix("-----BEGIN ")?.strip_suffix("-----")?;
    let body: Zeroizing<String> =
        Zeroizing::new(lines.by_ref().take_while(|line| !line.starts_with("-----")).collect());
    let der = decoded(&body).ok()?;
    match kind {
        "PRIVATE KEY" => Some(der),
        "EC PRIVATE KEY" => {
            let octets = Zeroizing::new(tagged(0x04, &der)?);
            let inner = Zeroizing::new([EC_ON_P256.as_slice(), &octets].concat());
            Some(Zeroizing::new(tagged(0x30, &inner)?))
        }
        _ => None,
    }
}

/// A value of DER with its tag and length, up to 64 KiB.
fn tagged(tag: u8, value: &[u8]) -> Option<Vec<u8>> {
    let length = u16::try_from(value.len()).ok()?;
    let [high, low] = length.to_be_bytes();
    let head: &[u8] = match length {
        0..=0x7f => &[tag, low],
        0x80..=0xff => &[tag, 0x81, low],
        _ => &[tag, 0x82, high, low],
    };
    Some([head, value].concat())
}
