//! Simulated devices, somebody beside each who reads every page, and cables that can be pulled.

use exchequer::device::Place;
use exchequer::sim::device::{Buttons, DeviceServer, Press, Screen, Simulated, Wire};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How somebody at a device decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Approves,
    Refuses,
    /// Reads, and presses nothing.
    Sleeps,
}

/// A device that is plugged in, and somebody at it.
pub struct Bench {
    server: Arc<DeviceServer>,
    wire: Wire,
    mood: Arc<Mutex<Mood>>,
    over: Arc<AtomicBool>,
    shown: Arc<Mutex<Vec<Screen>>>,
    person: Option<JoinHandle<()>>,
}

impl Bench {
    pub fn new(device: Box<dyn Simulated>, wire: Wire) -> Self {
        let server = Arc::new(DeviceServer::open(device, wire, 0).unwrap());
        let (mood, over) = (Arc::new(Mutex::new(Mood::Approves)), Arc::new(AtomicBool::new(false)));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let at = (server.clone(), mood.clone(), over.clone(), shown.clone());
        let person = thread::spawn(move || {
            let (server, mood, over, shown) = at;
            while !over.load(Ordering::Relaxed) {
                let (screen, mood) = (server.screen(), *mood.lock().unwrap());
                match (screen.buttons, mood) {
                    (Buttons::None, _) | (_, Mood::Sleeps) => thread::sleep(Duration::from_millis(2)),
                    (Buttons::Decide | Buttons::Turn, Mood::Refuses) => server.press(Press::No),
                    _ => {
                        shown.lock().unwrap().push(screen);
                        server.press(Press::Yes);
                    }
                }
            }
        });
        Self { server, wire, mood, over, shown, person: Some(person) }
    }

    pub fn addr(&self) -> SocketAddr {
        self.server.addr()
    }

    /// The way to it.
    pub fn way(&self) -> Place {
        self.at(self.addr())
    }

    fn at(&self, addr: SocketAddr) -> Place {
        match self.wire {
            Wire::Tcp => Place::LedgerTcp(addr.to_string()),
            Wire::Udp => Place::TrezorUdp(addr.to_string()),
        }
    }

    pub fn feels(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Whether it shows something that somebody has to decide.
    pub fn waits(&self) -> bool {
        self.server.screen().buttons != Buttons::None
    }

    /// What was shown since the last look: titles and texts.
    pub fn shown(&self) -> Vec<(String, String)> {
        let shown = std::mem::take(&mut *self.shown.lock().unwrap());
        shown.into_iter().map(|page| (page.title, page.text)).collect()
    }

    /// A cable to it, and the way to its other end.
    pub fn cable(&self) -> (Cable, Place) {
        let cable = Cable::new(self.addr(), self.wire);
        let way = self.at(cable.addr);
        (cable, way)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.person.take().unwrap().join().unwrap();
    }
}

/// Between host and device: after so many of the device's answers it is pulled.
pub struct Cable {
    addr: SocketAddr,
    left: Arc<AtomicUsize>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Cable {
    fn new(device: SocketAddr, wire: Wire) -> Self {
        let (left, over) = (Arc::new(AtomicUsize::new(usize::MAX)), Arc::new(AtomicBool::new(false)));
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        let at = (left.clone(), over.clone());
        let (addr, thread) = match wire {
            Wire::Tcp => {
                let listener = TcpListener::bind(here).unwrap();
                listener.set_nonblocking(true).unwrap();
                (listener.local_addr().unwrap(), thread::spawn(move || tcp(&listener, device, &at.0, &at.1)))
            }
            Wire::Udp => {
                let socket = UdpSocket::bind(here).unwrap();
                (socket.local_addr().unwrap(), thread::spawn(move || udp(socket, device, &at.0, &at.1)))
            }
        };
        Self { addr, left, over, thread: Some(thread) }
    }

    /// Plugs it in until the device has given so many answers.
    pub fn plug(&self, answers: usize) {
        self.left.store(answers, Ordering::SeqCst);
    }

    /// Whether it is pulled.
    pub fn pulled(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.thread.take().unwrap().join().unwrap();
    }
}

const TICK: Duration = Duration::from_millis(2);

/// One answer less; whether that was the last.
fn spent(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| Some(left.saturating_sub(1))).unwrap() <= 1
}

/// A whole frame: its length without what is not counted, and all of it.
fn frame(stream: &mut TcpStream, uncounted: usize) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut data = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() + uncounted];
    stream.read_exact(&mut data).ok()?;
    Some([&length[..], &data].concat())
}

fn tcp(listener: &TcpListener, device: SocketAddr, left: &AtomicUsize, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let Ok((mut host, _)) = listener.accept() else {
            thread::sleep(TICK);
            continue;
        };
        if left.load(Ordering::SeqCst) == 0 {
            continue;
        }
        host.set_nonblocking(false).unwrap();
        let mut device = TcpStream::connect(device).unwrap();
        // The host hangs up while the device waits for its user: then nobody waits for that answer.
        let (watched, closing) = (host.try_clone().unwrap(), device.try_clone().unwrap());
        let done = Arc::new(AtomicBool::new(false));
        let ended = done.clone();
        let guard = thread::spawn(move || {
            watched.set_read_timeout(Some(TICK)).unwrap();
            while !ended.load(Ordering::Relaxed) {
                if matches!(watched.peek(&mut [0]), Ok(0)) {
                    let _ = closing.shutdown(std::net::Shutdown::Both);
                    return;
                }
                thread::sleep(TICK);
            }
        });
        while let Some(command) = patient(&mut host, over) {
            device.write_all(&command).unwrap();
            let Some(answer) = frame(&mut device, 2) else { break };
            if host.write_all(&answer).is_err() || spent(left) {
                break;
            }
        }
        done.store(true, Ordering::Relaxed);
        guard.join().unwrap();
    }
}

/// A command of the host, whose reads have a limit because somebody looks at the same socket.
fn patient(host: &mut TcpStream, over: &AtomicBool) -> Option<Vec<u8>> {
    let mut got = Vec::new();
    let mut piece = [0; 1];
    while !over.load(Ordering::Relaxed) {
        match host.read(&mut piece) {
            Ok(0) => return None,
            Ok(_) => got.push(piece[0]),
            Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {}
            Err(_) => return None,
        }
        if let [a, b, c, d, rest @ ..] = got.as_slice()
            && rest.len() == usize::try_from(u32::from_be_bytes([*a, *b, *c, *d])).unwrap()
        {
            return Some(got);
        }
    }
    None
}

fn udp(first: UdpSocket, device: SocketAddr, left: &AtomicUsize, over: &AtomicBool) {
    let addr = first.local_addr().unwrap();
    let mut socket = Some(first);
    while !over.load(Ordering::Relaxed) {
        if left.load(Ordering::SeqCst) == 0 {
            // Nobody is there any more: the host is told so by its own system.
            socket = None;
            thread::sleep(TICK);
            continue;
        }
        let at = socket.get_or_insert_with(|| UdpSocket::bind(addr).unwrap());
        at.set_read_timeout(Some(TICK)).unwrap();
        carry(at, device, left, over);
    }
}

/// Carries reports until the cable is pulled.
fn carry(at: &UdpSocket, device: SocketAddr, left: &AtomicUsize, over: &AtomicBool) {
    let inner = UdpSocket::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    inner.connect(device).unwrap();
    inner.set_read_timeout(Some(TICK)).unwrap();
    let (mut host, mut packet, mut owed) = (None, [0; 128], 0_usize);
    while !over.load(Ordering::Relaxed) && left.load(Ordering::SeqCst) > 0 {
        if let Ok((count, peer)) = at.recv_from(&mut packet) {
            host = Some(peer);
            inner.send(&packet[..count]).unwrap();
        }
        while let Ok(count) = inner.recv(&mut packet) {
            let Some(peer) = host else { continue };
            at.send_to(&packet[..count], peer).unwrap();
            if packet.starts_with(b"PONG") {
                continue;
            }
            // `?##`, what it is, its length, and its beginning; then `?` and more of it.
            let length = u32::from_be_bytes([packet[5], packet[6], packet[7], packet[8]]);
            owed = match packet.starts_with(b"?##") {
                true => usize::try_from(length).unwrap().saturating_sub(55),
                false => owed.saturating_sub(63),
            };
            if owed == 0 && spent(left) {
                return;
            }
        }
    }
}
