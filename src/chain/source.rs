//! Which way to a chain, as a person writes it: `esplora:https://host/api`, `electrum:ssl://host:50002`,
//! `bitcoind:http://127.0.0.1:8332?cookie=/path/to/.cookie`.
//!
//! What is shown of a source never holds a password; only [`Source::secret`] writes it whole, for the configuration file.

use super::ChainError;
use reqwest::Url;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use zeroize::Zeroizing;

/// A way to a chain.
#[derive(Clone, PartialEq, Eq)]
pub enum Source {
    /// An Esplora server, by HTTP.
    Esplora {
        /// Where its paths begin, without a slash at the end.
        base: String,
    },
    /// An Electrum server.
    Electrum {
        /// Its name or address.
        host: String,
        /// Its port.
        port: u16,
        /// Whether by TLS.
        tls: bool,
    },
    /// A node of one's own.
    Bitcoind {
        /// Where it listens, without name and password.
        base: String,
        /// How it knows us.
        pass: Pass,
    },
}

/// How a node knows us.
#[derive(Clone, PartialEq, Eq)]
pub enum Pass {
    /// A file that the node writes anew at each start.
    Cookie(PathBuf),
    /// `rpcuser` and `rpcpassword`, or one of `rpcauth`.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Zeroizing<String>,
    },
}

const FORMS: &str = "write esplora:https://HOST/api, electrum:ssl://HOST:PORT, electrum:tcp://HOST:PORT, \
                     bitcoind:http://127.0.0.1:8332?cookie=FILE or bitcoind:http://USER:PASSWORD@127.0.0.1:8332";

fn wrong(what: impl fmt::Display) -> ChainError {
    ChainError::Source(format!("{what}; {FORMS}"))
}

impl FromStr for Source {
    type Err = ChainError;

    /// What is refused is not repeated in the message: it may hold a password.
    fn from_str(text: &str) -> Result<Self, ChainError> {
        let (kind, address) = text.split_once(':').ok_or_else(|| wrong("not a way to a chain"))?;
        let url = Url::parse(address).map_err(|error| wrong(format!("not an address: {error}")))?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong("the address names no host"))?;
        let web = matches!(url.scheme(), "http" | "https");
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        match kind {
            "esplora" if web && plain && url.query().is_none() => {
                Ok(Self::Esplora { base: url.as_str().trim_end_matches('/').to_owned() })
            }
            "electrum" if matches!(url.scheme(), "tcp" | "ssl") && plain && url.query().is_none() => {
                let port = url.port().ok_or_else(|| wrong("the address names no port"))?;
                // A numeric address of version 6 stands in brackets, which are no part of it.
                let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
                Ok(Self::Electrum { host, port, tls: url.scheme() == "ssl" })
            }
            "bitcoind" if web && url.fragment().is_none() => bitcoind(url),
            "esplora" | "electrum" | "bitcoind" => Err(wrong("not an address of that kind")),
            _ => Err(wrong("not a kind of server that is known")),
        }
    }
}

fn bitcoind(mut url: Url) -> Result<Source, ChainError> {
    let cookie = match url.query_pairs().collect::<Vec<_>>().as_slice() {
        [] => None,
        [(name, file)] if name == "cookie" && !file.is_empty() => Some(PathBuf::from(file.as_ref())),
        _ => return Err(wrong("after the address only ?cookie=FILE may stand")),
    };
    let pass = match (cookie, url.username(), url.password()) {
        (Some(file), "", None) => Pass::Cookie(file),
        (None, user, Some(password)) if !user.is_empty() => {
            Pass::Password { user: decoded(user)?, password: Zeroizing::new(decoded(password)?) }
        }
        _ => return Err(wrong("a node wants either a cookie file or a user and a password")),
    };
    let cleared = url.set_username("").and_then(|()| url.set_password(None));
    cleared.map_err(|()| wrong("not an address of that kind"))?;
    url.set_query(None);
    Ok(Source::Bitcoind { base: url.as_str().trim_end_matches('/').to_owned(), pass })
}

/// A part of an address in which special characters stand as `%2F`.
fn decoded(text: &str) -> Result<String, ChainError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next().unwrap_or_default().as_bytes());
    for part in parts {
        let code = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(code.ok_or_else(|| wrong("a % in the address stands before no two digits"))?);
        bytes.extend_from_slice(part.get(2..).unwrap_or_default().as_bytes());
    }
    String::from_utf8(bytes).map_err(|_| wrong("the name or password is no text"))
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

impl Source {
    /// The whole text, password and all: what [`Source::from_str`] reads again.
    pub fn secret(&self) -> Zeroizing<String> {
        let Self::Bitcoind { base, pass: Pass::Password { user, password } } = self else {
            return Zeroizing::new(self.to_string());
        };
        let (scheme, rest) = base.split_once("://").unwrap_or(("http", base));
        Zeroizing::new(format!("bitcoind:{scheme}://{}:{}@{rest}", encoded(user), encoded(password)))
    }

    /// The server's name and port, as errors call it.
    pub fn host(&self) -> String {
        match self {
            Self::Electrum { host, port, .. } => format!("{host}:{port}"),
            Self::Esplora { base } | Self::Bitcoind { base, .. } => {
                let rest = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
                rest.split('/').next().unwrap_or_default().to_owned()
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Esplora { base } => write!(f, "esplora:{base}"),
            Self::Electrum { host, port, tls } => {
                let scheme = if *tls { "ssl" } else { "tcp" };
                let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
                write!(f, "electrum:{scheme}://{open}{host}{close}:{port}")
            }
            Self::Bitcoind { base, pass: Pass::Cookie(file) } => {
                write!(f, "bitcoind:{base}?cookie={}", file.display())
            }
            Self::Bitcoind { base, pass: Pass::Password { user, .. } } => {
                let (scheme, rest) = base.split_once("://").unwrap_or(("http", base));
                write!(f, "bitcoind:{scheme}://{}:***@{rest}", encoded(user))
            }
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Source, ChainError> {
        text.parse()
    }

    #[test]
    fn every_form_is_read_and_written_again() {
        for text in [
            "esplora:https://blockstream.info/api",
            "esplora:http://127.0.0.1:3002",
            "electrum:ssl://electrum.example:50002",
            "electrum:tcp://127.0.0.1:50001",
            "electrum:tcp://[::1]:50001",
            "bitcoind:http://127.0.0.1:8332?cookie=/home/a/.bitcoin/.cookie",
        ] {
            let source = read(text).unwrap();
            assert_eq!(source.to_string(), text);
            assert_eq!(read(&source.secret()).unwrap(), source);
        }
        assert_eq!(read("esplora:https://a.example/api/").unwrap().to_string(), "esplora:https://a.example/api");
        assert_eq!(read("electrum:ssl://a.example:1").unwrap().host(), "a.example:1");
        assert_eq!(read("esplora:http://127.0.0.1:3002/x/y").unwrap().host(), "127.0.0.1:3002");
    }

    #[test]
    fn t33_a_password_is_shown_nowhere() {
        let text = "bitcoind:http://alice:p%40ss%2Fword@127.0.0.1:18443";
        let source = read(text).unwrap();
        let Source::Bitcoind { base, pass: Pass::Password { user, password } } = &source else { panic!() };
        assert_eq!((base.as_str(), user.as_str(), password.as_str()), ("http://127.0.0.1:18443", "alice", "p@ss/word"));
        for shown in [source.to_string(), format!("{source:?}"), source.host()] {
            assert!(!shown.contains("word") && !shown.contains("p%40"), "{shown}");
        }
        assert_eq!(source.secret().as_str(), text);
        for wrong in
            ["bitcoind:ftp://alice:secret@h:1", "bitcoind:http://alice:secret@h:1?x=y", "nope:http://a:secret@h"]
        {
            let error = read(wrong).unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for wrong in [
            "",
            "esplora",
            "esplora:",
            "esplora:ftp://a.example",
            "esplora:https://user:word@a.example",
            "esplora:https://a.example?x=y",
            "electrum:ssl://a.example",
            "electrum:https://a.example:1",
            "electrum:tcp://:50001",
            "bitcoind:http://127.0.0.1:8332",
            "bitcoind:http://127.0.0.1:8332?cookie=",
            "bitcoind:http://a:b@127.0.0.1:8332?cookie=/c",
            "bitcoind:http://a:%zz@127.0.0.1:8332",
            "core:http://127.0.0.1",
        ] {
            assert!(matches!(read(wrong), Err(ChainError::Source(_))), "{wrong}");
        }
    }
}
