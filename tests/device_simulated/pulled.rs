//! A device that is pulled while it signs, at every exchange in turn: it is gone, by that name and soon, and nothing is left of
//! the attempt on either side.

use super::bench::{Bench, key, sign, softkey, software};
use super::{NETWORK, packet};
use bitcoin::Amount;
use exchequer::device::open::open;
use exchequer::device::{Device, DeviceError, Held, Place, Unattended, Watch};
use exchequer::sim::device::{Buttons, TrezorModel, Wire};
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::wallet::Wallet;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How soon a device has to be gone for its host.
const SOON: Duration = Duration::from_secs(5);

/// A cable to a device that is pulled at an exchange, and where the host's end of it is.
fn cable(bench: &Bench, pulled_at: usize) -> (String, JoinHandle<()>) {
    let device = bench.server.addr();
    if bench.wire == Wire::Tcp {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap().to_string();
        return (at, thread::spawn(move || apdus(&listener, device, pulled_at).unwrap_or_default()));
    }
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let at = socket.local_addr().unwrap().to_string();
    (at, thread::spawn(move || reports(&socket, device, pulled_at)))
}

/// A length and so many bytes.
fn framed(from: &mut TcpStream, more: usize) -> Option<Vec<u8>> {
    let mut frame = vec![0; 4];
    from.read_exact(&mut frame).ok()?;
    let length = u32::from_be_bytes(<[u8; 4]>::try_from(frame.as_slice()).unwrap()) as usize + more;
    frame.resize(4 + length, 0);
    from.read_exact(&mut frame[4..]).ok()?;
    Some(frame)
}

/// Before a command is taken, before it is answered, or in the middle of the answer.
fn apdus(listener: &TcpListener, device: SocketAddr, pulled_at: usize) -> Option<()> {
    let (mut host, _) = listener.accept().unwrap();
    let mut device = TcpStream::connect(device).unwrap();
    for count in 0.. {
        let pulled = (count == pulled_at).then_some(count % 3);
        if pulled == Some(0) {
            return None;
        }
        device.write_all(&framed(&mut host, 0)?).ok()?;
        if pulled == Some(1) {
            return None;
        }
        let answer = framed(&mut device, 2)?;
        let part = if pulled.is_some() { &answer[..answer.len() - 1] } else { &answer };
        host.write_all(part).ok()?;
        if pulled.is_some() {
            return None;
        }
    }
    None
}

/// After the first report of a message, which the device may have heard or not.
fn reports(socket: &UdpSocket, device: SocketAddr, pulled_at: usize) {
    let other = UdpSocket::bind("127.0.0.1:0").unwrap();
    other.connect(device).unwrap();
    for side in [socket, &other] {
        side.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
    }
    let (mut host, mut messages, mut report) = (None, 0, [0; 128]);
    let quiet = |error: std::io::Error| assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut));
    let begun = Instant::now();
    while begun.elapsed() < 2 * SOON {
        match socket.recv_from(&mut report) {
            Ok((length, from)) => {
                host = Some(from);
                let first = report.starts_with(b"?##");
                if first && messages == pulled_at {
                    if messages % 2 == 0 {
                        other.send(&report[..length]).unwrap();
                    }
                    return;
                }
                messages += usize::from(first);
                // Whoever has what he wanted says nothing more.
                other.send(&report[..length]).unwrap();
            }
            Err(error) => quiet(error),
        }
        match (other.recv(&mut report), host) {
            (Ok(length), Some(host)) => drop(socket.send_to(&report[..length], host)),
            (Ok(_), None) => {}
            (Err(error), _) => quiet(error),
        }
    }
}

/// The payment with one coin less.
fn smaller(wallet: &Wallet) -> Packet {
    let mut packet = packet(wallet);
    packet.psbt.unsigned_tx.input.pop();
    packet.psbt.inputs.pop();
    packet.psbt.unsigned_tx.output[1].value -= Amount::from_sat(200_000);
    packet
}

fn pull_everywhere(bench: &Bench, held: &Held<'_>) -> usize {
    let packet = smaller(held.wallet);
    for pulled_at in 0.. {
        let (at, cable) = cable(bench, pulled_at);
        let place = if bench.wire == Wire::Tcp { Place::LedgerTcp(at) } else { Place::TrezorUdp(at) };
        let begun = Instant::now();
        let watch = Watch::new(4 * SOON);
        let device = open(&place, watch, Box::new(Unattended));
        let signed = device.and_then(|mut device| sign(&mut *device, held, &packet));
        if let Ok(signed) = signed {
            assert!(!signed.psbt.inputs[0].partial_sigs.is_empty());
            drop(cable);
            return pulled_at;
        }
        assert!(matches!(signed, Err(DeviceError::Disconnected(_))), "pulled at {pulled_at}: {signed:?}");
        assert!(begun.elapsed() < SOON, "pulled at {pulled_at}: it took {:?}", begun.elapsed());
        cable.join().unwrap();
    }
    unreachable!("it is signed when nobody pulls");
}

#[test]
fn a_device_that_is_pulled_at_any_exchange_is_gone_and_nothing_is_left() {
    let path = "48'/1'/0'/2'";
    for bench in [Bench::ledger(), Bench::trezor(TrezorModel::One), Bench::trezor(TrezorModel::T)] {
        let mut device: Box<dyn Device> = bench.open();
        let keys = [
            key(&mut *device, NETWORK, path),
            softkey(&software(1, NETWORK), path),
            softkey(&software(2, NETWORK), path),
        ];
        let wallet = Wallet::new("T", NETWORK, &[&format!("wsh(sortedmulti(2,{}))", keys.join(","))]).unwrap();
        let mut held = Held { wallet: &wallet, name: "T", hmac: None };
        held.hmac = device.register(&held).unwrap().map(|registered| registered.hmac);
        drop(device);
        let exchanges = pull_everywhere(&bench, &held);
        println!("{exchanges} exchanges");
        assert!(exchanges > 10, "{exchanges} exchanges");
        // It rests, and signs for the next host as if nothing had been.
        sign(&mut *bench.open(), &held, &smaller(&wallet)).unwrap();
        assert_eq!(bench.server.screen().buttons, Buttons::None);
    }
}
