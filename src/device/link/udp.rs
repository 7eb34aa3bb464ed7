//! Reports as datagrams: how Trezor's emulator is reached.
//!
//! - One datagram is one report. Before the first, `PINGPING` is asked until `PONGPONG` is answered: a datagram to
//!   nobody is lost without a word.
//! - While an answer is waited for, pings go on: a socket that is gone says so when it is written to, and never when it is read.

use super::report::{LENGTH, Report, Reports};
use crate::device::{DeviceError, Watch};
use std::io::{Error, ErrorKind};
use std::net::{ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

const PING: &[u8] = b"PINGPING";
const PONG: &[u8] = b"PONGPONG";

/// How long one ping may take before the next.
const PATIENCE: Duration = Duration::from_millis(250);

/// A socket to an emulator.
#[derive(Debug)]
pub struct Udp {
    socket: UdpSocket,
}

impl Udp {
    /// Finds the emulator at `host:port`.
    pub fn open(address: &str, watch: &Watch) -> Result<Self, DeviceError> {
        let absent = || DeviceError::NotFound(format!("udp:{address}"));
        let to = address.to_socket_addrs().ok().and_then(|mut all| all.next()).ok_or_else(absent)?;
        let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
        let socket = UdpSocket::bind(from).map_err(|error| gone(&error))?;
        socket.connect(to).map_err(|_| absent())?;
        let link = Self { socket };
        loop {
            // Nobody listens, or not yet: both are the same until the time is over.
            if link.ping(watch)? {
                return Ok(link);
            }
            match watch.check() {
                Ok(pause) => std::thread::sleep(pause),
                Err(DeviceError::TimedOut(_)) => return Err(absent()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether it answers.
    fn ping(&self, watch: &Watch) -> Result<bool, DeviceError> {
        if self.socket.send(PING).is_err() {
            return Ok(false);
        }
        let patience = Watch::new(PATIENCE);
        let mut datagram = [0; LENGTH];
        loop {
            let wait = match (watch.check(), patience.check()) {
                (Ok(wait), Ok(other)) => wait.min(other),
                (Ok(_), Err(_)) | (Err(DeviceError::TimedOut(_)), _) => return Ok(false),
                (Err(error), _) => return Err(error),
            };
            match self.receive(&mut datagram, wait) {
                // Whatever else comes was meant for somebody before us.
                Ok(length) if datagram.get(..length) == Some(PONG) => return Ok(true),
                Ok(_) => {}
                Err(error) if idle(&error) => {}
                Err(_) => return Ok(false),
            }
        }
    }

    fn receive(&self, into: &mut [u8], wait: Duration) -> Result<usize, Error> {
        self.socket.set_read_timeout(Some(wait))?;
        self.socket.recv(into)
    }
}

impl Reports for Udp {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        self.socket.send(report.as_slice()).map(|_| ()).map_err(|error| gone(&error))
    }

    fn take(&mut self, watch: &Watch) -> Result<Report, DeviceError> {
        // One more than a report has, so that a longer datagram is told from one that fits.
        let mut datagram = Zeroizing::new([0; LENGTH + 1]);
        let mut pinged = Instant::now();
        loop {
            let wait = watch.check()?;
            if pinged.elapsed() >= PATIENCE {
                self.socket.send(PING).map_err(|error| gone(&error))?;
                pinged = Instant::now();
            }
            match self.receive(datagram.as_mut_slice(), wait) {
                Ok(LENGTH) => {
                    let report = datagram.first_chunk::<LENGTH>().copied().unwrap_or([0; LENGTH]);
                    return Ok(Zeroizing::new(report));
                }
                Ok(length) if datagram.get(..length) == Some(PONG) => {}
                Ok(length) => return Err(DeviceError::Garbled(format!("a datagram of {length} bytes"))),
                Err(error) if idle(&error) => {}
                Err(error) => return Err(gone(&error)),
            }
        }
    }
}

/// Nothing has come yet.
fn idle(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn gone(error: &Error) -> DeviceError {
    DeviceError::Disconnected(error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that answers pings and then says something.
    fn device(says: &'static [u8]) -> (String, std::thread::JoinHandle<()>) {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap().to_string();
        let thread = std::thread::spawn(move || {
            let mut datagram = [0; 128];
            let (length, from) = socket.recv_from(&mut datagram).unwrap();
            assert_eq!(&datagram[..length], PING);
            socket.send_to(PONG, from).unwrap();
            // A pong of a ping that was already given up.
            socket.send_to(PONG, from).unwrap();
            socket.send_to(says, from).unwrap();
        });
        (address, thread)
    }

    #[test]
    fn datagrams_are_reports_or_nothing() {
        for (says, code) in
            [(&[b'?'; 64][..], None), (&[b'?'; 65], Some("device-garbled")), (b"?", Some("device-garbled"))]
        {
            let (address, thread) = device(says);
            let watch = Watch::new(Duration::from_secs(5));
            let mut link = Udp::open(&address, &watch).unwrap();
            assert_eq!(link.take(&watch).err().map(|error| error.code()), code);
            thread.join().unwrap();
        }
    }

    #[test]
    fn nobody_is_told_from_somebody_who_is_silent() {
        let nobody = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let short = Watch::new(Duration::from_millis(300));
        assert_eq!(Udp::open(&nobody, &short).unwrap_err(), DeviceError::NotFound(format!("udp:{nobody}")));
        let cancelled = Watch::new(Duration::from_secs(60));
        cancelled.cancel();
        assert_eq!(Udp::open(&nobody, &cancelled).unwrap_err(), DeviceError::Cancelled);
        let (address, thread) = device(b"");
        let mut link = Udp::open(&address, &Watch::new(Duration::from_secs(5))).unwrap();
        thread.join().unwrap();
        let error = loop {
            // The empty datagram first.
            match link.take(&Watch::new(Duration::from_millis(100))) {
                Err(DeviceError::Garbled(_)) => {}
                other => break other.unwrap_err(),
            }
        };
        assert_eq!(error.code(), "device-timeout");
    }
}
