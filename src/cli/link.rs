//! How a command reaches a venue: which one, where, and until when.

use super::{Context, Exit, Failure};
use crate::feed::{Clock, LinkError, Settings, SettingsError};
use crate::market::{VenueId, printable};
use crate::venue::{Address, manners};
use std::future::Future;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

/// A venue and the way to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// The venue.
    pub venue: VenueId,
    /// How to connect to it.
    pub settings: Settings,
}

impl Target {
    /// The venue that is named or configured, at `url` where that is given; `example` is a command that names one.
    pub fn find(context: &Context, url: Option<&str>, example: &str) -> Result<Self, Failure> {
        let Some(venue) = context.config.venue else {
            return Err(usage("no venue is named", format!("name one: {example}")));
        };
        Self::of(venue, context, url)
    }

    /// The way to `venue`.
    pub fn of(venue: VenueId, context: &Context, url: Option<&str>) -> Result<Self, Failure> {
        let config = &context.config;
        let Some(address) = address(venue, context, url) else {
            return Err(usage(
                "a simulated venue has no address of its own",
                "run exchequer sim, and give its address with --url".into(),
            ));
        };
        let settings = Settings {
            authorities: config.feed.ca_file.clone(),
            stale_after: config.feed.stale_after,
            ..Settings::new(address, Clock::start())
        };
        Ok(Self { venue, settings })
    }

    /// The smallest depth in which the venue serves books of `levels` a side.
    pub fn depth(&self, levels: usize) -> Result<usize, Failure> {
        let depths = manners(self.venue).depths;
        depths.iter().copied().find(|depth| *depth >= levels.max(1)).ok_or_else(|| {
            let most = depths.last().copied().unwrap_or_default();
            usage(&format!("{} has no books of {levels} levels", self.venue), format!("--depth is at most {most}"))
        })
    }
}

/// Where a venue is: at `url` where that is given, as configured, else where it always is. A simulated one is nowhere until it runs.
pub fn address(venue: VenueId, context: &Context, url: Option<&str>) -> Option<Address> {
    let configured = context.config.urls.get(&venue).map(String::as_str);
    let stream = url.or(configured);
    let endpoint = manners(venue).endpoints.first().filter(|_| venue != VenueId::Sim || stream.is_some())?;
    Some(endpoint.address(stream, context.config.rest_urls.get(&venue).map(String::as_str)))
}

/// A wrong command line, with what to do about it.
pub fn usage(message: &str, hint: String) -> Failure {
    Failure::new(Exit::Usage, "usage", message).hint(hint)
}

/// A venue that was not reached.
pub fn unreachable(reason: &LinkError) -> Failure {
    match reason {
        LinkError::Address { .. } => Failure::new(Exit::Usage, "url_invalid", reason.to_string()),
        _ => Failure::new(Exit::Network, "not_connected", reason.to_string())
            .hint("exchequer doctor looks into the network")
            .retryable(),
    }
}

/// Settings that no connection can be made with.
pub fn unsettled(error: &SettingsError) -> Failure {
    Failure::new(Exit::Usage, "settings", printable(&error.to_string())).hint("exchequer config show")
}

/// A whole number of `ms`, `s`, `m` or `h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    let millis = units.iter().find_map(|(unit, millis)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*millis)
    });
    millis
        .filter(|millis| *millis > 0)
        .map(Duration::from_millis)
        .ok_or_else(|| "expected a time such as 10s or 5m".into())
}

/// What one connection runs on.
pub fn runtime() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::new(Exit::Error, "runtime", format!("cannot start: {error}")))
}

/// Ends when the time is over or somebody says stop: ^C, SIGTERM or SIGHUP.
pub fn stop(duration: Option<Duration>) -> Result<impl Future<Output = ()>, Failure> {
    let listen = |kind| {
        signal(kind)
            .map_err(|error| Failure::new(Exit::Error, "signals", format!("cannot listen for signals: {error}")))
    };
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut hangup = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = tokio::time::sleep(duration.unwrap_or(Duration::MAX)) => {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_a_length() {
        assert_eq!(duration("10s"), Ok(Duration::from_secs(10)));
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        for text in ["", "10", "0s", "-1s", "s", "99999999999999999h"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_book_is_asked_for_in_a_depth_that_there_is() {
        let address = Address { stream: String::new(), rest: String::new() };
        let target = Target { venue: VenueId::Kraken, settings: Settings::new(address, Clock::start()) };
        assert_eq!([0, 1, 10, 11, 1000].map(|levels| target.depth(levels).unwrap()), [10, 10, 10, 25, 1000]);
        assert_eq!(target.depth(1001).unwrap_err().exit, Exit::Usage);
    }
}
