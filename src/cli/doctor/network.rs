//! The venues that are configured: whether they can be reached, and whether their clock is ours.
//!
//! Nobody is called who was not named: without a configured venue there is nothing to check here.

use super::Check;
use crate::cli::link::{Target, address, runtime};
use crate::cli::{Context, Failure};
use crate::feed::{LinkError, Probe, ProbeError, Settings, probe};
use crate::market::VenueId;
use crate::venue::dialect;
use std::time::Duration;

/// What one venue may take to connect, and again to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A clock that is further off than this is worth a word.
const SKEW: u64 = 1_000_000_000;

/// Checks all configured venues at once.
pub fn checks(context: &Context) -> Result<Vec<Check>, Failure> {
    let targets: Vec<Target> = configured(context)
        .filter(|venue| address(*venue, context, None).is_some())
        .map(|venue| Target::of(venue, context, None))
        .collect::<Result<_, _>>()?;
    if targets.is_empty() {
        return Ok(vec![Check::ok("network", "no venue is configured; --venue kraken checks one")]);
    }
    runtime()?.block_on(async {
        let probes = targets.into_iter().map(|target| {
            tokio::spawn(async move {
                let settings = Settings { connect_timeout: PATIENCE, ..target.settings };
                {
                    let address = &settings.address;
                    (target.venue, address.stream.clone(), probe(&settings, dialect(target.venue, address)).await)
                }
            })
        });
        let mut checks = Vec::new();
        for probed in probes.collect::<Vec<_>>() {
            match probed.await {
                Ok((venue, url, probed)) => checks.extend(judge(venue, &url, &probed)),
                Err(error) => checks.push(Check::fail("network", error.to_string(), "this is a bug; please report it")),
            }
        }
        Ok(checks)
    })
}

/// The venue to open, and those that were given an address.
fn configured(context: &Context) -> impl Iterator<Item = VenueId> {
    let config = &context.config;
    VenueId::ALL.into_iter().filter(|venue| config.venue == Some(*venue) || config.urls.contains_key(venue))
}

fn judge(venue: VenueId, url: &str, probed: &Result<Probe, ProbeError>) -> Vec<Check> {
    let (network, clock) = (format!("network.{venue}"), format!("clock.{venue}"));
    let probe = match probed {
        Ok(probe) => probe,
        Err(error) => return vec![unreached(network, error)],
    };
    let (connecting, round_trip) = (probe.connecting.as_millis(), probe.round_trip.as_millis());
    let reached = format!("{url}: connected in {connecting} ms, answers in {round_trip} ms");
    vec![Check::ok(network, reached), skew(clock, probe)]
}

fn unreached(name: String, error: &ProbeError) -> Check {
    let found = error.to_string();
    match error {
        ProbeError::Settings(_) => Check::fail(name, found, "mend feed.ca_file, see exchequer config show"),
        ProbeError::Link(LinkError::Address { .. }) => Check::fail(name, found, "exchequer config show --origin"),
        ProbeError::Link(LinkError::Certificate { .. }) => Check::fail(
            name,
            found,
            "somebody stands in between: log in to the network, or name their authority in feed.ca_file if you trust it",
        ),
        // Being offline is nothing that is broken here.
        ProbeError::Link(_) => {
            Check::warn(name, found, "look at the network, the proxy and the firewall; --offline leaves this out")
        }
    }
}

fn skew(name: String, probe: &Probe) -> Check {
    let Some(ahead) = probe.ahead else { return Check::ok(name, "the venue does not tell its time") };
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    let within = probe.round_trip.as_millis() / 2;
    let found = format!("{} ms {direction} the venue's, ± {within} ms", ahead.unsigned_abs() / 1_000_000);
    if ahead.unsigned_abs() > SKEW {
        Check::warn(name, found, "set this machine's clock: ages and lags are measured with it")
    } else {
        Check::ok(name, found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Verdict;
    use crate::feed::SettingsError;

    fn probed(ahead: Option<i64>) -> Vec<Check> {
        let round_trip = Duration::from_millis(40);
        let probe = Probe { connecting: Duration::from_millis(90), round_trip, ahead };
        judge(VenueId::Kraken, "wss://example", &Ok(probe))
    }

    #[test]
    fn a_clock_may_be_a_second_off() {
        let of = |ahead| probed(ahead).remove(1);
        assert_eq!(of(Some(1_000_000_000)).verdict, Verdict::Ok);
        assert_eq!(of(Some(-1_000_000_001)).verdict, Verdict::Warn);
        assert_eq!(of(Some(-2_500_000_000)).detail, "2500 ms behind the venue's, ± 20 ms");
        assert_eq!(of(None).verdict, Verdict::Ok);
        assert_eq!(probed(None)[0].detail, "wss://example: connected in 90 ms, answers in 40 ms");
    }

    #[test]
    fn being_offline_is_no_failure_but_a_false_certificate_is() {
        let host = || "example".to_owned();
        let verdict = |error: ProbeError| unreached("network.kraken".into(), &error).verdict;
        let link = |error| verdict(ProbeError::Link(error));
        assert_eq!(link(LinkError::Unreachable { host: host(), reason: "no route".into() }), Verdict::Warn);
        assert_eq!(link(LinkError::Timeout { host: host(), after: PATIENCE }), Verdict::Warn);
        assert_eq!(link(LinkError::Certificate { host: host(), reason: "expired".into() }), Verdict::Fail);
        assert_eq!(link(LinkError::Address { url: host(), reason: "no scheme".into() }), Verdict::Fail);
        assert_eq!(verdict(ProbeError::Settings(SettingsError::Tls("x".into()))), Verdict::Fail);
    }
}
