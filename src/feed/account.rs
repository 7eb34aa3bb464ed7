//! Asking a venue as the holder of an account: signed requests over HTTPS, one after another.
//!
//! - Only `https` is spoken, and `http` to this machine itself. Redirections are not followed: a signed request is meant for
//!   one place.
//! - An answer has a size and a time limit. Nothing is tried again: a venue that wants to be asked less, or finds the time of
//!   a request wrong, is not helped by more of them.
//! - The headers of a request are never logged and no error holds them.

use super::error::{SettingsError, words};
use super::fetch::{cause, retry_after};
use super::socket::host;
use super::{Clock, tls};
use crate::market::{Symbol, VenueId};
use crate::venue::account::{
    AccountError, Ask, Balance, Fill, Key, MAX_ANSWER, Method, Occasion, Page, Permissions, Position, Private, Signed,
    Told, What, answer, private, together,
};
use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Url, redirect};
use ring::rand::SystemRandom;
use std::path::Path;
use std::time::Duration;

/// Pages of one answer at most.
const MOST_PAGES: usize = 1_000;

/// Why a venue did not tell. Texts are printable and short, and hold nothing of a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolderError {
    /// No dialect for accounts is known.
    #[error("accounts at {0} cannot be asked")]
    Venue(VenueId),
    /// The address is none that a key is used at.
    #[error("{0:?} is no address to use a key at: it must begin with https:// (or http:// to this machine)")]
    Address(String),
    /// No client could be made.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// It did not answer in time.
    #[error("{host} did not answer within {} s", .after.as_secs_f32())]
    Timeout {
        /// The host.
        host: String,
        /// How long we waited.
        after: Duration,
    },
    /// It was not reached, or something broke on the way.
    #[error("{host} gave no answer: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// What happened.
        reason: String,
    },
    /// It answered, but not with what was asked.
    #[error("{host}: {error}")]
    Answer {
        /// The host.
        host: String,
        /// Why.
        error: AccountError,
    },
}

/// The holder of an account at a venue.
pub struct Holder {
    dialect: &'static dyn Private,
    key: Key,
    base: String,
    client: Client,
    patience: Duration,
    clock: Clock,
    chance: SystemRandom,
    nonce: u64,
}

impl Holder {
    /// A holder with a key, at a base address, trusting the built-in authorities and those of a PEM file. Nothing is asked yet.
    pub fn new(
        venue: VenueId,
        base: &str,
        key: Key,
        authorities: Option<&Path>,
        patience: Duration,
    ) -> Result<Self, HolderError> {
        let dialect = private(venue).ok_or(HolderError::Venue(venue))?;
        let here = sound(base)?;
        let tls = tls::client(authorities)?;
        let client = Client::builder()
            .tls_backend_preconfigured((*tls).clone())
            .redirect(redirect::Policy::none())
            .referer(false)
            .timeout(patience)
            .user_agent(concat!("exchequer/", env!("CARGO_PKG_VERSION")));
        // A proxy would be handed what is not encrypted.
        let client = if here { client.no_proxy() } else { client.https_only(true) };
        let client = client.build().map_err(|error| SettingsError::Tls(words(&error)))?;
        let base = base.trim_end_matches('/').to_owned();
        let (clock, chance) = (Clock::start(), SystemRandom::new());
        Ok(Self { dialect, key, base, client, patience, clock, chance, nonce: 0 })
    }

    /// What is in the account.
    pub async fn balances(&mut self) -> Result<Vec<Balance>, HolderError> {
        let pages = self.pages(Ask::new(What::Balances)).await?;
        let all = pages.into_iter().flat_map(|told| if let Told::Balances(list) = told { list } else { Vec::new() });
        together(all.collect()).map_err(|error| self.answered(error))
    }

    /// Trades, as far back as the venue tells without being asked for a time; of these instruments, or of all where none is
    /// named. Binance tells of none that is not named.
    pub async fn trades(&mut self, symbols: &[Symbol]) -> Result<Vec<Fill>, HolderError> {
        let asks: Vec<Ask> = match symbols {
            [_, ..] if self.dialect.lists_by_symbol() => {
                let ask = |symbol: &Symbol| Ask { symbol: Some(symbol.clone()), ..Ask::new(What::Trades) };
                symbols.iter().map(ask).collect()
            }
            _ => vec![Ask::new(What::Trades)],
        };
        let mut fills = Vec::new();
        for ask in asks {
            let pages = self.pages(ask).await?.into_iter();
            fills.extend(pages.flat_map(|told| if let Told::Trades(list) = told { list } else { Vec::new() }));
        }
        let same = |fill: &Fill, symbol: &Symbol| {
            let (base, quote) = (fill.base.as_str(), fill.quote.as_str());
            base.eq_ignore_ascii_case(symbol.base()) && quote.eq_ignore_ascii_case(symbol.quote())
        };
        fills.retain(|fill| symbols.is_empty() || symbols.iter().any(|symbol| same(fill, symbol)));
        Ok(fills)
    }

    /// Open positions; `None` where the venue has none to have, or does not tell them to this key: who has no contract
    /// for futures is refused, and a key that may read balances need not read these.
    pub async fn positions(&mut self) -> Result<Option<Vec<Position>>, HolderError> {
        use AccountError::{Ask as NotOffered, Forbidden, Refused};
        match self.pages(Ask::new(What::Positions)).await {
            Ok(pages) => {
                let all = pages.into_iter();
                let all = all.flat_map(|told| if let Told::Positions(list) = told { list } else { Vec::new() });
                Ok(Some(all.collect()))
            }
            Err(HolderError::Answer { error: NotOffered(_) | Forbidden(_) | Refused(_), .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What the key may do.
    pub async fn permissions(&mut self) -> Result<Permissions, HolderError> {
        match self.ask(&Ask::new(What::Permissions)).await?.told {
            Told::Permissions(permissions) => Ok(permissions),
            _ => Ok(Permissions::default()),
        }
    }

    /// What the balances leave out.
    pub fn leaves_out(&self) -> &'static str {
        self.dialect.leaves_out()
    }

    /// Every page of an answer.
    async fn pages(&mut self, mut ask: Ask) -> Result<Vec<Told>, HolderError> {
        let mut pages = Vec::new();
        loop {
            let page = self.ask(&ask).await?;
            pages.push(page.told);
            let Some(next) = page.next else { return Ok(pages) };
            if pages.len() >= MOST_PAGES {
                return Err(self.answered(AccountError::TooMany { count: pages.len() + 1, limit: MOST_PAGES }));
            }
            if ask.cursor.as_ref() == Some(&next) {
                return Err(self.answered(AccountError::Refused("its pages go in circles".into())));
            }
            ask.cursor = Some(next);
            tokio::time::sleep(self.dialect.pause()).await;
        }
    }

    async fn ask(&mut self, ask: &Ask) -> Result<Page, HolderError> {
        let now = self.clock.now();
        self.nonce = u64::try_from(now.millis()).unwrap_or(0).max(self.nonce.saturating_add(1));
        let occasion = Occasion { now, nonce: self.nonce, chance: &self.chance };
        let signed = self.dialect.request(ask, &self.key, occasion).map_err(|error| self.answered(error))?;
        self.send(ask, signed).await
    }

    async fn send(&self, ask: &Ask, signed: Signed) -> Result<Page, HolderError> {
        let url = format!("{}{}", self.base, signed.path);
        let mut request = match signed.method {
            Method::Get => self.client.get(url),
            Method::Post => {
                self.client.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(signed.body)
            }
        };
        for (name, value) in &signed.headers {
            let unfit = |_| self.answered(AccountError::Key("it does not fit a header of HTTP"));
            let mut value = HeaderValue::from_str(value).map_err(unfit)?;
            value.set_sensitive(true);
            request =
                request.header(HeaderName::from_bytes(name.as_bytes()).map_err(|_| self.lost(&"no header"))?, value);
        }
        let mut response = request.send().await.map_err(|error| self.failed(error))?;
        let (status, wait) = (response.status().as_u16(), retry_after(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(error))? {
            let size = body.len().saturating_add(chunk.len());
            if size > MAX_ANSWER {
                return Err(self.answered(AccountError::TooLarge { size, limit: MAX_ANSWER }));
            }
            body.extend_from_slice(&chunk);
        }
        answer(self.dialect, ask, status, &body).map_err(|error| match error {
            AccountError::Overrun { words, after } => {
                self.answered(AccountError::Overrun { words, after: after.or(Some(wait)) })
            }
            error => self.answered(error),
        })
    }

    fn answered(&self, error: AccountError) -> HolderError {
        HolderError::Answer { host: host(&self.base), error }
    }

    fn lost(&self, reason: &impl ToString) -> HolderError {
        HolderError::Broken { host: host(&self.base), reason: words(reason) }
    }

    fn failed(&self, error: reqwest::Error) -> HolderError {
        if error.is_timeout() {
            return HolderError::Timeout { host: host(&self.base), after: self.patience };
        }
        // The address holds the signature of some venues' requests.
        self.lost(&cause(&error.without_url()))
    }
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Holder({}, …)", host(&self.base))
    }
}

/// Whether an address is this machine's; the error is that it may not be used.
fn sound(base: &str) -> Result<bool, HolderError> {
    let wrong = || HolderError::Address(words(&base));
    let url = Url::parse(base).map_err(|_| wrong())?;
    let here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    match url.scheme() {
        "https" if bare => Ok(false),
        "http" if bare && here => Ok(true),
        _ => Err(wrong()),
    }
}
