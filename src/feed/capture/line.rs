//! One line of a capture, read and written.

use super::{Direction, Kind, Record};
use crate::feed::error::words;
use crate::market::Timestamp;
use crate::money::{Decimal, parse_decimal};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::io::{self, Write};

const NANOS: Decimal = Decimal::from_parts(1_000_000_000, 0, 0, false, 0);

/// Why a line is no record of a capture. Texts are printable and short.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Not the JSON of a record.
    #[error("not a record: {0}")]
    Json(String),
    /// The time is no number of seconds that can be kept.
    #[error("t cannot be {value:?}: {reason}")]
    Time {
        /// What it is.
        value: String,
        /// Why that cannot be.
        reason: String,
    },
    /// A field holds a word that has no meaning there.
    #[error("{field} cannot be {value:?}: expected {expected}")]
    Word {
        /// The field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// What it can hold.
        expected: &'static str,
    },
    /// Longer than any frame.
    #[error("a line of more than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    t: Option<&'a RawValue>,
    #[serde(borrow)]
    dir: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    data: Option<String>,
    #[serde(borrow, default)]
    event: Option<Cow<'a, str>>,
}

/// Reads one line, without its end.
pub fn parse_line(line: &[u8]) -> Result<Record, LineError> {
    let wire: Wire<'_> = serde_json::from_slice(line).map_err(|error| LineError::Json(words(&error)))?;
    let word = |field, value: &str, expected| LineError::Word { field, value: words(&value), expected };
    Ok(Record {
        at: wire.t.map(|t| t.get()).filter(|t| *t != "null").map(seconds).transpose()?,
        direction: match wire.dir.as_ref() {
            "in" => Direction::In,
            "out" => Direction::Out,
            other => return Err(word("dir", other, "in or out")),
        },
        kind: match wire.kind.as_ref() {
            "ws" => Kind::WebSocket,
            "http" => Kind::Http,
            other => return Err(word("kind", other, "ws or http")),
        },
        url: wire.url.unwrap_or_default(),
        data: wire.data,
        connect: match wire.event.as_deref() {
            None => false,
            Some("connect") => true,
            Some(other) => return Err(word("event", other, "connect")),
        },
    })
}

/// Seconds as they were printed, exactly; digits below a nanosecond say nothing and are dropped.
fn seconds(text: &str) -> Result<Timestamp, LineError> {
    let fault = |reason: String| LineError::Time { value: words(&text), reason };
    let value = parse_decimal(text).map_err(|error| fault(words(&error)))?;
    let nanos = value.checked_mul(NANOS).and_then(|nanos| i64::try_from(nanos.floor()).ok());
    nanos.map(Timestamp::from_nanos).ok_or_else(|| fault("beyond the times that can be kept".into()))
}

#[derive(Serialize)]
struct Written<'a> {
    t: Option<Box<RawValue>>,
    dir: &'static str,
    kind: &'static str,
    url: &'a str,
    data: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<&'static str>,
}

/// Writes one line, with its end.
pub fn write_line(record: &Record, out: &mut impl Write) -> io::Result<()> {
    let seconds = |at: Timestamp| {
        let (sign, nanos) = (if at.nanos() < 0 { "-" } else { "" }, at.nanos().unsigned_abs());
        RawValue::from_string(format!("{sign}{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000))
    };
    let line = Written {
        t: record.at.map(seconds).transpose()?,
        dir: match record.direction {
            Direction::In => "in",
            Direction::Out => "out",
        },
        kind: match record.kind {
            Kind::WebSocket => "ws",
            Kind::Http => "http",
        },
        url: &record.url,
        data: record.data.as_deref(),
        event: record.connect.then_some("connect"),
    };
    serde_json::to_writer(&mut *out, &line)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(t: &str) -> String {
        format!(r#"{{"t":{t},"dir":"in","kind":"ws","url":"wss://x","data":"{{}}"}}"#)
    }

    #[test]
    fn times_are_exact() {
        let at = |t: &str| parse_line(line(t).as_bytes()).map(|record| record.at.map(Timestamp::nanos));
        assert_eq!(at("1618678132.8253062"), Ok(Some(1_618_678_132_825_306_200)));
        assert_eq!(at("1618678132.123456789"), Ok(Some(1_618_678_132_123_456_789)));
        assert_eq!(at("1618678132"), Ok(Some(1_618_678_132_000_000_000)));
        assert_eq!(at("1.6186781328253062e9"), Ok(Some(1_618_678_132_825_306_200)));
        assert_eq!(at("-0.5"), Ok(Some(-500_000_000)));
        assert_eq!(at("null"), Ok(None));
        for text in ["\"now\"", "[]", "1e300", "99999999999999999"] {
            assert!(matches!(at(text), Err(LineError::Time { .. })), "{text}");
        }
    }

    #[test]
    fn what_is_no_record_is_named() {
        let fault = |line: &str| parse_line(line.as_bytes()).unwrap_err().to_string();
        assert!(fault("").starts_with("not a record: EOF"));
        assert!(fault("{}").contains("missing field"));
        assert!(fault(&line("null").replace("\"in\"", "\"sideways\"")).contains("dir cannot be \"sideways\""));
        assert!(fault(&line("null").replace("\"ws\"", "\"\\u001b[2Jpost\"")).contains("kind cannot be \"[2Jpost\""));
        let odd = r#"{"t":1,"dir":"out","kind":"ws","url":"","data":null,"event":"eclipse"}"#;
        assert!(fault(odd).contains("event cannot be \"eclipse\""));
        assert!(parse_line(b"{\"dir\":\"in\",\"kind\":\"ws\",\"url\":\"\xff\"}").is_err());
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let at = proptest::option::of(any::<i64>().prop_map(Timestamp::from_nanos));
        (at, any::<[bool; 3]>(), any::<String>(), proptest::option::of(any::<String>())).prop_map(
            |(at, [out, http, connect], url, data)| Record {
                at,
                direction: if out { Direction::Out } else { Direction::In },
                kind: if http { Kind::Http } else { Kind::WebSocket },
                url,
                data,
                connect,
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(record in any_record()) {
            let mut line = Vec::new();
            write_line(&record, &mut line).unwrap();
            prop_assert_eq!(line.pop(), Some(b'\n'));
            prop_assert!(!line.contains(&b'\n'));
            prop_assert_eq!(parse_line(&line), Ok(record));
        }

        #[test]
        fn any_line_is_read_or_refused(line in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_line(&line);
        }
    }
}
