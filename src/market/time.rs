//! Moments, as integers.

use std::fmt;
use std::time::Duration;

/// A moment: nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// A text that is not a moment in RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time: {0:?}")]
pub struct TimestampError(String);

impl Timestamp {
    /// From nanoseconds since the epoch.
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// From milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis.saturating_mul(1_000_000))
    }

    /// From whole seconds since the epoch.
    pub const fn from_secs(secs: i64) -> Self {
        Self(secs.saturating_mul(1_000_000_000))
    }

    /// What the system's clock says now, for the edges; pure code takes a `Timestamp` instead.
    pub fn from_system(time: std::time::SystemTime) -> Self {
        let nanos = match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |n| -n),
        };
        Self(nanos)
    }

    /// Nanoseconds since the epoch.
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds since the epoch, rounded down.
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// How long before `now` this was; zero when it lies in the future, because an age is never negative.
    pub fn age(self, now: Self) -> Duration {
        Duration::from_nanos(u64::try_from(now.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// This moment moved by `duration`, kept at the last representable moment on overflow.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// This moment rounded down to a multiple of `step` since the epoch; unchanged for a zero step.
    pub fn floor_to(self, step: Duration) -> Self {
        match i64::try_from(step.as_nanos()) {
            Ok(step) if step > 0 => Self(self.0 - self.0.rem_euclid(step)),
            _ => self,
        }
    }
}

impl std::str::FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads RFC 3339, such as `2023-07-30T15:29:58.343415Z`.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if let Some(known) = usual(text.as_bytes()) {
            return Ok(known);
        }
        text.parse::<jiff::Timestamp>()
            .ok()
            .and_then(|t| i64::try_from(t.as_nanosecond()).ok())
            .map(Self)
            .ok_or_else(|| TimestampError(text.chars().take(40).collect()))
    }
}

/// The form that venues send with every message, `2023-07-30T15:29:58.343415Z`, read some ten times faster than by a
/// parser of every form. `None` for anything else, which is left to that parser.
fn usual(text: &[u8]) -> Option<Timestamp> {
    let [y @ .., b'T', h1, h2, b':', m1, m2, b':', s1, s2, b'.', f1, f2, f3, f4, f5, f6, b'Z'] = text else {
        return None;
    };
    let [y1, y2, y3, y4, b'-', mo1, mo2, b'-', d1, d2] = y else { return None };
    let number =
        |digits: &[u8]| digits.iter().try_fold(0i64, |n, d| d.is_ascii_digit().then(|| n * 10 + i64::from(d - b'0')));
    let (year, month, day) = (number(&[*y1, *y2, *y3, *y4])?, number(&[*mo1, *mo2])?, number(&[*d1, *d2])?);
    let (hour, minute, second) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?);
    let micros = number(&[*f1, *f2, *f3, *f4, *f5, *f6])?;
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        // The 29th of February needs a calendar.
        2 => 28,
        _ => 0,
    };
    if !(1970..2200).contains(&year) || !(1..=last).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // Days since 1970-01-01 in the Gregorian calendar, with years that begin in March.
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 153 + 2) / 5 + day - 1 - 719_468;
    let seconds = ((days * 24 + hour) * 60 + minute) * 60 + second;
    Some(Timestamp(seconds * 1_000_000_000 + micros * 1_000))
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with as many decimals as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(t) => t.fmt(f),
            Err(_) => write!(f, "{} ns", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_numbers_agree() {
        let t: Timestamp = "2023-07-30T15:29:58.343415Z".parse().unwrap();
        assert_eq!(t.nanos(), 1_690_730_998_343_415_000);
        assert_eq!(t.to_string(), "2023-07-30T15:29:58.343415Z");
        assert!("yesterday".parse::<Timestamp>().is_err());
    }

    proptest::proptest! {
        #[test]
        fn the_usual_form_agrees_with_the_library(micros in 0i64..7_000_000_000_000_000) {
            let library = jiff::Timestamp::from_microsecond(micros).unwrap();
            let text = format!("{}.{:06}Z", library.strftime("%Y-%m-%dT%H:%M:%S"), micros % 1_000_000);
            let ours: Timestamp = text.parse().unwrap();
            proptest::prop_assert_eq!(ours.nanos(), micros * 1_000);
        }
    }

    #[test]
    fn an_age_is_never_negative() {
        let (a, b) = (Timestamp::from_secs(10), Timestamp::from_secs(12));
        assert_eq!(a.age(b), Duration::from_secs(2));
        assert_eq!(b.age(a), Duration::ZERO);
    }

    #[test]
    fn moments_before_the_epoch_round_down() {
        let t = Timestamp::from_nanos(-1);
        assert_eq!(t.secs(), -1);
        assert_eq!(t.floor_to(Duration::from_secs(60)), Timestamp::from_secs(-60));
    }
}
