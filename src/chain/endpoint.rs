//! Where a server of an Ethereum chain is asked: an address that may hold a key, and a key that is sent with each question.
//!
//! - Both are secrets. What is shown of an endpoint is its scheme, host and port ([`Endpoint::shown`]); only
//!   [`Endpoint::secret`] writes it whole.
//! - It is reached by TLS. Without, only where nothing leaves the machine, or where somebody says so
//!   ([`Endpoint::unprotected`]); a key is never sent without.

use super::ChainError;
use reqwest::Url;
use reqwest::header::HeaderValue;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// The longest address and key that are taken.
const LONGEST: usize = 4_096;

/// How servers are reached.
#[derive(Clone, Debug)]
pub struct Reach {
    /// How long one answer may take.
    pub patience: Duration,
    /// Authorities to trust besides those built in, in a PEM file.
    pub authorities: Option<PathBuf>,
}

impl Default for Reach {
    fn default() -> Self {
        Self { patience: Duration::from_secs(30), authorities: None }
    }
}

/// A server's address, and the key that it wants.
#[derive(Clone)]
pub struct Endpoint {
    url: Zeroizing<String>,
    key: Option<Zeroizing<String>>,
    shown: String,
    near: bool,
    query: bool,
}

fn wrong(what: &str) -> ChainError {
    ChainError::Source(format!("{what}; write https://HOST/PATH, or http://127.0.0.1:PORT for this machine"))
}

impl Endpoint {
    /// Reads an address; `key` is sent as a bearer's. What is refused is not repeated in the message: it may hold a key.
    pub fn new(url: &str, key: Option<&str>) -> Result<Self, ChainError> {
        Self::read(url, key, false)
    }

    /// The same for a server that somebody has chosen to reach without TLS, on a network that they trust.
    pub fn unprotected(url: &str) -> Result<Self, ChainError> {
        Self::read(url, None, true)
    }

    fn read(text: &str, key: Option<&str>, plain: bool) -> Result<Self, ChainError> {
        if text.len() > LONGEST || key.is_some_and(|key| key.len() > LONGEST) {
            return Err(wrong("the address or its key is too long"));
        }
        let url = Url::parse(text.trim()).map_err(|_| wrong("not an address of a server"))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("the address names no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("a name and password in the address are not taken: give a key"));
        }
        if url.fragment().is_some() {
            return Err(wrong("nothing may stand after a # in the address"));
        }
        let near = near(host);
        match url.scheme() {
            "https" => {}
            "http" if near || plain => {}
            "http" => return Err(wrong("the address is not protected by TLS, and whoever is between could lie")),
            _ => return Err(wrong("the address begins with neither https nor http")),
        }
        let key = key.map(str::trim).filter(|key| !key.is_empty());
        if key.is_some_and(|key| bearer(key).is_none()) {
            return Err(wrong("the key has characters that cannot be sent"));
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Self {
            shown: format!("{}://{host}{port}", url.scheme()),
            query: url.query().is_some(),
            url: Zeroizing::new(url.as_str().trim_end_matches('/').to_owned()),
            key: key.map(|key| Zeroizing::new(key.to_owned())),
            near,
        })
    }

    /// Its scheme, host and port: what people and errors call it.
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// The whole address, for the configuration file.
    pub fn secret(&self) -> Zeroizing<String> {
        self.url.clone()
    }

    /// Whether a key is sent.
    pub fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// Whether it is on this machine.
    pub fn is_near(&self) -> bool {
        self.near
    }

    /// Whether something stands after a `?`: then no path can be put behind it.
    pub(super) fn has_query(&self) -> bool {
        self.query
    }

    /// Whether both are one server, whatever keys they are asked with.
    pub fn same_server(&self, other: &Self) -> bool {
        self.shown == other.shown
    }

    /// The header with the key.
    pub(super) fn authorization(&self) -> Option<HeaderValue> {
        self.key.as_deref().and_then(|key| bearer(key))
    }
}

fn bearer(key: &str) -> Option<HeaderValue> {
    let text = Zeroizing::new(format!("Bearer {key}"));
    let mut value = HeaderValue::from_str(&text).ok().filter(|_| key.bytes().all(|byte| byte.is_ascii_graphic()))?;
    value.set_sensitive(true);
    Some(value)
}

/// Whether a host is this machine.
fn near(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.shown)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn t33_a_key_is_shown_nowhere() {
        let endpoint = Endpoint::new("https://rpc.example:8443/v3/0123secret?dkey=secret", Some("secret.jwt")).unwrap();
        assert_eq!(endpoint.shown(), "https://rpc.example:8443");
        for shown in [endpoint.to_string(), format!("{endpoint:?}"), format!("{:?}", endpoint.authorization())] {
            assert!(!shown.contains("secret"), "{shown}");
        }
        assert_eq!(endpoint.secret().as_str(), "https://rpc.example:8443/v3/0123secret?dkey=secret");
        for wrong in ["https://secret:secret@a.example", "ftp://a.example/secret", "http://a.example/secret", "secret"]
        {
            let error = Endpoint::new(wrong, Some("k")).unwrap_err();
            assert!(!error.to_string().contains("secret") && error.code() == "chain-source", "{error}");
        }
        let error = Endpoint::new("https://a.example", Some("sec\nret")).unwrap_err().to_string();
        assert!(!error.contains("ret;") && !error.contains('\n'), "{error}");
    }

    #[test]
    fn tls_is_wanted_but_on_this_machine_or_where_somebody_says_so() {
        for near in ["http://127.0.0.1:8545", "http://localhost:8545/", "http://[::1]:8545", "http://127.9.9.9"] {
            assert!(Endpoint::new(near, Some("key")).unwrap().is_near(), "{near}");
        }
        for far in ["http://10.0.0.1:8545", "http://localhost.example", "http://127.0.0.1.example", "http://node"] {
            assert!(Endpoint::new(far, None).is_err(), "{far}");
            assert!(!Endpoint::unprotected(far).unwrap().is_near());
        }
        assert!(Endpoint::new("https://", None).is_err() && Endpoint::new("https://a#b", None).is_err());
        assert!(Endpoint::new(&format!("https://a/{}", "x".repeat(LONGEST)), None).is_err());
    }

    #[test]
    fn one_server_is_one_whatever_the_key() {
        let of = |url| Endpoint::new(url, None).unwrap();
        assert!(of("https://a.example/v1/one").same_server(&of("https://A.example:443/v1/two")));
        assert!(!of("https://a.example").same_server(&of("https://b.example")));
        assert!(!of("http://127.0.0.1:1").same_server(&of("http://127.0.0.1:2")));
    }
}
