//! Either device on a socket of this machine, for one host at a time.
//!
//! - A Ledger is reached by TCP with the framing of Ledger's emulator (length and APDU; length, data and status word), a Trezor
//!   by UDP as Trezor's emulator is (a report is a datagram, `PINGPING` is answered by `PONGPONG`).
//! - Only this machine can connect: whoever can reach the port may ask, though not press.
//! - A host that goes away leaves nothing behind; a second host waits (TCP), or takes over from an idle start (UDP).

use super::{Press, Screen, Simulated};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How often a thread that waits looks up.
const TICK: Duration = Duration::from_millis(20);

/// How long a host may take to read an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The longest APDU.
const MAX_APDU: usize = 260;

/// How a device is plugged in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// TCP, as Ledger's emulator.
    Tcp,
    /// UDP, as Trezor's emulator.
    Udp,
}

/// Where answers go.
enum Host {
    Tcp(Option<TcpStream>),
    Udp(UdpSocket, Option<SocketAddr>),
}

struct Desk {
    device: Box<dyn Simulated>,
    host: Host,
}

struct Hall {
    desk: Mutex<Desk>,
    closing: AtomicBool,
}

/// A device that is plugged in. It is unplugged when this is dropped.
pub struct DeviceServer {
    addr: SocketAddr,
    hall: Arc<Hall>,
    thread: Option<JoinHandle<()>>,
}

impl DeviceServer {
    /// Plugs a device in at a port of this machine; port 0 takes a free one.
    pub fn open(device: Box<dyn Simulated>, wire: Wire, port: u16) -> io::Result<Self> {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let hall = |host| Arc::new(Hall { desk: Mutex::new(Desk { device, host }), closing: AtomicBool::new(false) });
        let (addr, hall, thread) = match wire {
            Wire::Tcp => {
                let listener = TcpListener::bind(listen)?;
                listener.set_nonblocking(true)?;
                let (addr, hall) = (listener.local_addr()?, hall(Host::Tcp(None)));
                let serving = Arc::clone(&hall);
                (addr, hall, named("simulated-ledger").spawn(move || serving.tcp(&listener))?)
            }
            Wire::Udp => {
                let socket = UdpSocket::bind(listen)?;
                socket.set_read_timeout(Some(TICK))?;
                let (addr, hall) = (socket.local_addr()?, hall(Host::Udp(socket.try_clone()?, None)));
                let serving = Arc::clone(&hall);
                (addr, hall, named("simulated-trezor").spawn(move || serving.udp(&socket))?)
            }
        };
        Ok(Self { addr, hall, thread: Some(thread) })
    }

    /// Where it is plugged in.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What it shows.
    pub fn screen(&self) -> Screen {
        self.hall.desk().device.screen()
    }

    /// What has to stand beside everything that it shows.
    pub fn mark(&self) -> &'static str {
        self.hall.desk().device.mark()
    }

    /// Presses a button.
    pub fn press(&self, press: Press) {
        let mut desk = self.hall.desk();
        let packets = desk.device.press(press);
        desk.send(&packets);
    }
}

impl Drop for DeviceServer {
    fn drop(&mut self) {
        self.hall.closing.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to close.
            drop(thread.join());
        }
    }
}

fn named(name: &str) -> thread::Builder {
    thread::Builder::new().name(name.to_owned())
}

/// Whether nothing has come yet, and nothing is wrong.
fn waits(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

impl Desk {
    /// Sends what the device says. A host that does not take it has gone away, which its thread will notice.
    fn send(&mut self, packets: &[Vec<u8>]) {
        for packet in packets {
            let sent = match &mut self.host {
                Host::Tcp(Some(stream)) => {
                    let length = u32::try_from(packet.len().saturating_sub(2)).unwrap_or_default();
                    stream.write_all(&[&length.to_be_bytes(), packet.as_slice()].concat())
                }
                Host::Udp(socket, Some(peer)) => socket.send_to(packet, *peer).map(drop),
                Host::Tcp(None) | Host::Udp(_, None) => return,
            };
            if sent.is_err() {
                return;
            }
        }
    }

    fn feed(&mut self, packet: &[u8]) {
        let packets = self.device.feed(packet);
        self.send(&packets);
    }
}

impl Hall {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    fn tcp(&self, listener: &TcpListener) {
        while !self.closing() {
            match listener.accept() {
                Ok((stream, _)) => {
                    // A connection that fails ends like one that is closed.
                    drop(self.serve(stream));
                    let mut desk = self.desk();
                    desk.host = Host::Tcp(None);
                    desk.device.unplugged();
                }
                Err(_) => thread::sleep(TICK),
            }
        }
    }

    /// One host, until it goes away.
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_nonblocking(false)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        self.desk().host = Host::Tcp(Some(stream.try_clone()?));
        let (mut got, mut piece) = (Vec::new(), [0; 1024]);
        while !self.closing() {
            match stream.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => got.extend(piece.iter().take(count)),
                Err(error) if waits(&error) => continue,
                Err(error) => return Err(error),
            }
            while let [a, b, c, d, rest @ ..] = got.as_slice() {
                let length = usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
                if length > MAX_APDU {
                    return Err(ErrorKind::InvalidData.into());
                }
                let Some((apdu, after)) = rest.split_at_checked(length) else { break };
                self.desk().feed(apdu);
                got = after.to_vec();
            }
        }
        Ok(())
    }

    fn udp(&self, socket: &UdpSocket) {
        let mut packet = [0; 128];
        while !self.closing() {
            let (count, peer) = match socket.recv_from(&mut packet) {
                Ok(came) => came,
                Err(error) => {
                    // Linux tells of an answer that nobody took; there is nothing to do about it.
                    if !waits(&error) {
                        thread::sleep(TICK);
                    }
                    continue;
                }
            };
            let came = packet.get(..count).unwrap_or_default();
            if came == b"PINGPING" {
                drop(socket.send_to(b"PONGPONG", peer));
                continue;
            }
            let mut desk = self.desk();
            if let Host::Udp(_, host) = &mut desk.host
                && host.replace(peer).is_some_and(|before| before != peer)
            {
                desk.device.unplugged();
            }
            desk.feed(came);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::device::{Buttons, Ledger, LedgerSettings, Trezor, TrezorSettings};
    use std::time::Instant;

    fn ledger() -> DeviceServer {
        let device = Ledger::new(LedgerSettings::default()).unwrap();
        DeviceServer::open(Box::new(device), Wire::Tcp, 0).unwrap()
    }

    fn until(what: impl Fn() -> bool) {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < Duration::from_secs(10), "it never comes");
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn send(stream: &mut TcpStream, apdu: &[u8]) {
        let length = u32::try_from(apdu.len()).unwrap().to_be_bytes();
        // In two pieces, as a network may.
        stream.write_all(&length).unwrap();
        thread::sleep(Duration::from_millis(30));
        stream.write_all(apdu).unwrap();
    }

    fn answer(stream: &mut TcpStream) -> Vec<u8> {
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut length = [0; 4];
        stream.read_exact(&mut length).unwrap();
        let mut data = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() + 2];
        stream.read_exact(&mut data).unwrap();
        data
    }

    const SHOWN_XPUB: &[u8] = b"\xe1\0\0\x01\x0e\x01\x03\x80\0\0\x54\x80\0\0\x01\x80\0\0\0";

    #[test]
    fn a_ledger_on_a_socket_waits_for_its_user() {
        let server = ledger();
        let mut stream = TcpStream::connect(server.addr()).unwrap();
        send(&mut stream, b"\xb0\x01\0\0\0");
        assert_eq!(answer(&mut stream), b"\x01\x0cBitcoin Test\x052.4.6\x01\0\x90\0");
        send(&mut stream, SHOWN_XPUB);
        until(|| server.screen().buttons == Buttons::Next);
        while server.screen().buttons != Buttons::Decide {
            server.press(Press::Yes);
        }
        server.press(Press::Yes);
        assert!(answer(&mut stream).starts_with(b"tpub"));
        send(&mut stream, SHOWN_XPUB);
        until(|| server.screen().buttons == Buttons::Next);
        server.press(Press::No);
        assert_eq!(answer(&mut stream), [0x69, 0x85]);
    }

    #[test]
    fn a_host_that_goes_away_takes_its_page_with_it_and_another_can_come() {
        let server = ledger();
        let mut first = TcpStream::connect(server.addr()).unwrap();
        let mut second = TcpStream::connect(server.addr()).unwrap();
        send(&mut first, SHOWN_XPUB);
        until(|| server.screen().buttons == Buttons::Next);
        drop(first);
        until(|| server.screen().buttons == Buttons::None);
        send(&mut second, b"\xe1\x05\0\x01\0");
        assert_eq!(answer(&mut second).len(), 6);
        second.write_all(&[0xff; 8]).unwrap();
        assert_eq!(second.read(&mut [0; 8]).unwrap_or(0), 0, "no such length: it hangs up");
    }

    #[test]
    fn a_trezor_on_a_socket_says_that_it_is_there_and_what_it_is() {
        let device = Trezor::new(TrezorSettings::default()).unwrap();
        let server = DeviceServer::open(Box::new(device), Wire::Udp, 0).unwrap();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        socket.connect(server.addr()).unwrap();
        let mut packet = [0; 64];
        socket.send(b"PINGPING").unwrap();
        assert_eq!(socket.recv(&mut packet).unwrap(), 8);
        assert!(packet.starts_with(b"PONGPONG"));
        let mut initialize = b"?##\0\0\0\0\0\0".to_vec();
        initialize.resize(64, 0);
        socket.send(&initialize).unwrap();
        let mut said = Vec::new();
        while !String::from_utf8_lossy(&said).contains("DEMO keys") {
            assert_eq!(socket.recv(&mut packet).unwrap(), 64);
            said.extend(packet);
        }
        assert!(said.starts_with(b"?##\0\x11"));
        assert!(server.screen().title.contains("DEMO") && server.mark().contains("DEMO"));
    }
}
