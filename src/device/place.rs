//! Where a device is: how people and scripts name the way to one.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The way to a device. Nothing is guessed: a way without a host, a port or a file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A Ledger that is plugged in (HID); with several, the path that `device list` tells.
    LedgerHid(Option<String>),
    /// A Ledger app behind a socket, framed as Ledger's emulator does.
    LedgerTcp(String),
    /// A Trezor that is plugged in (WebUSB); with several, the bus and address that `device list` tells.
    TrezorUsb(Option<String>),
    /// A Trezor behind a socket, as Trezor's emulator is.
    TrezorUdp(String),
    /// Whatever an agent serves on a socket.
    Agent(PathBuf),
    /// A recorded transcript of either.
    Replay(PathBuf),
    /// A simulated one of this name. Whoever knows how starts it, and has another way to it then.
    Simulated(String),
}

/// Why it is no way to a device.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0} is no device: ledger:hid, ledger:tcp:HOST:PORT, trezor:usb, trezor:udp:HOST:PORT, agent:PATH, replay:FILE or simulated:NAME"
)]
pub struct NoPlace(String);

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let none = || NoPlace(crate::market::printable(text).into_owned());
        let host = |host: &str| match host.rsplit_once(':') {
            Some((name, port)) if !name.is_empty() && port.parse::<u16>().is_ok() => Ok(host.to_owned()),
            _ => Err(none()),
        };
        let rest = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        match text {
            "ledger:hid" => Ok(Self::LedgerHid(None)),
            "trezor:usb" => Ok(Self::TrezorUsb(None)),
            _ => {
                if let Some(path) = rest("ledger:hid:") {
                    Ok(Self::LedgerHid(Some(path.to_owned())))
                } else if let Some(at) = rest("trezor:usb:") {
                    Ok(Self::TrezorUsb(Some(at.to_owned())))
                } else if let Some(at) = rest("ledger:tcp:") {
                    host(at).map(Self::LedgerTcp)
                } else if let Some(at) = rest("trezor:udp:") {
                    host(at).map(Self::TrezorUdp)
                } else if let Some(socket) = rest("agent:") {
                    Ok(Self::Agent(PathBuf::from(socket)))
                } else if let Some(name) = rest("simulated:") {
                    Ok(Self::Simulated(name.to_owned()))
                } else {
                    rest("replay:").map(|file| Self::Replay(PathBuf::from(file))).ok_or_else(none)
                }
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LedgerHid(None) => f.write_str("ledger:hid"),
            Self::LedgerHid(Some(path)) => write!(f, "ledger:hid:{path}"),
            Self::LedgerTcp(at) => write!(f, "ledger:tcp:{at}"),
            Self::TrezorUsb(None) => f.write_str("trezor:usb"),
            Self::TrezorUsb(Some(at)) => write!(f, "trezor:usb:{at}"),
            Self::TrezorUdp(at) => write!(f, "trezor:udp:{at}"),
            Self::Agent(socket) => write!(f, "agent:{}", socket.display()),
            Self::Replay(file) => write!(f, "replay:{}", file.display()),
            Self::Simulated(name) => write!(f, "simulated:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_is_read_as_it_is_written() {
        for text in [
            "ledger:hid",
            "ledger:hid:/dev/hidraw3",
            "ledger:tcp:127.0.0.1:9999",
            "trezor:usb",
            "trezor:usb:3:14",
            "trezor:udp:127.0.0.1:21324",
            "agent:/tmp/exchequer.sock",
            "replay:one/two.apdu",
            "simulated:ledger",
        ] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
        for odd in
            ["", "ledger", "ledger:tcp:", "ledger:tcp:host", "ledger:tcp:host:x", "ledger:tcp::1", "replay:", "usb"]
        {
            assert!(odd.parse::<Place>().is_err(), "{odd}");
        }
    }
}
