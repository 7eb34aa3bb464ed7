//! A Ledger behind a TCP socket, with the framing of the Speculos emulator: a length in four bytes before each command and
//! before each answer's data, whose two bytes of status the length does not count.
//!
//! - A socket that closes, whenever it does, is a device that is gone.
//! - Whoever stops waiting leaves an answer behind: until it has come and was thrown away the link is busy.
//!
//! <https://speculos.ledger.com/user/clients.html>

use super::apdu::{Answer, ApduLink, LONGEST_ANSWER};
use crate::device::{DeviceError, Watch};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// How long one attempt to connect may take: a thread is gone after that, whoever waits for it or not.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection to an emulator, or to whatever speaks like one.
pub struct SpeculosLink {
    stream: TcpStream,
    /// What has come of an answer.
    come: Vec<u8>,
    /// Whether an answer is still to come to a command that nobody waits for any more.
    owed: bool,
}

impl SpeculosLink {
    /// Connects to `host:port`. Names are looked up and connections made on a thread, as neither can be stopped.
    pub fn connect(address: &str, watch: &Watch) -> Result<Self, DeviceError> {
        let (sender, receiver) = channel();
        let host = address.to_owned();
        thread::spawn(move || {
            let mut last = std::io::Error::from(ErrorKind::NotFound);
            for address in host.to_socket_addrs().into_iter().flatten() {
                match TcpStream::connect_timeout(&address, CONNECT) {
                    Ok(stream) => return drop(sender.send(Ok(stream))),
                    Err(error) => last = error,
                }
            }
            drop(sender.send(Err(last)));
        });
        let nobody = || DeviceError::NotFound(crate::market::printable(address).into_owned());
        loop {
            match receiver.recv_timeout(watch.check()?) {
                Ok(Ok(stream)) => return Self::over(stream),
                Ok(Err(error)) if error.kind() == ErrorKind::PermissionDenied => {
                    return Err(DeviceError::Permission(crate::market::printable(address).into_owned()));
                }
                Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(nobody()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Takes a connection that is there.
    pub fn over(stream: TcpStream) -> Result<Self, DeviceError> {
        stream.set_nodelay(true).map_err(gone)?;
        Ok(Self { stream, come: Vec::new(), owed: false })
    }

    fn send(&mut self, apdu: &[u8], watch: &Watch) -> Result<(), DeviceError> {
        let length = u32::try_from(apdu.len()).map_err(|_| DeviceError::TooLong(apdu.len()))?;
        let frame: Vec<u8> = length.to_be_bytes().iter().chain(apdu).copied().collect();
        let mut rest = frame.as_slice();
        while !rest.is_empty() {
            let left = watch.check().inspect_err(|_| {
                // Half a command cannot be taken back, and nothing that follows it would be understood.
                if rest.len() < frame.len() {
                    let _ = self.stream.shutdown(std::net::Shutdown::Both);
                }
            })?;
            self.stream.set_write_timeout(Some(left)).map_err(gone)?;
            match self.stream.write(rest) {
                Ok(0) => return Err(closed()),
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if again(&error) => {}
                Err(error) => return Err(gone(error)),
            }
        }
        Ok(())
    }

    /// The next answer, as far as it takes no more than one look at the watch between two pieces.
    fn receive(&mut self, watch: &Watch) -> Result<Answer, DeviceError> {
        loop {
            if let Some(answer) = self.whole()? {
                return Ok(answer);
            }
            self.stream.set_read_timeout(Some(watch.check()?)).map_err(gone)?;
            self.more()?;
        }
    }

    /// Takes what has come, if anything has within the timeout that is set.
    fn more(&mut self) -> Result<(), DeviceError> {
        let mut piece = [0; 512];
        match self.stream.read(&mut piece) {
            Ok(0) => Err(closed()),
            Ok(read) => {
                self.come.extend(piece.get(..read).unwrap_or_default());
                Ok(())
            }
            Err(error) if again(&error) => Ok(()),
            Err(error) => Err(gone(error)),
        }
    }

    /// An answer, when all of it has come.
    fn whole(&mut self) -> Result<Option<Answer>, DeviceError> {
        let Some((length, rest)) = self.come.split_first_chunk::<4>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        if length.saturating_add(2) > LONGEST_ANSWER {
            return Err(DeviceError::TooLong(length));
        }
        // The status word is not counted.
        let Some(bytes) = rest.get(..length.saturating_add(2)) else { return Ok(None) };
        let (answer, taken) = (Answer::of(bytes.to_vec()), bytes.len().saturating_add(4));
        self.come.drain(..taken);
        self.owed = false;
        answer.map(Some)
    }

    /// Throws an answer away that came late.
    fn settle(&mut self) -> Result<(), DeviceError> {
        if self.owed {
            self.stream.set_read_timeout(Some(Duration::from_millis(1))).map_err(gone)?;
            self.more()?;
            if self.whole()?.is_none() {
                return Err(DeviceError::Busy("a question that nobody waits for any more".to_owned()));
            }
        }
        Ok(())
    }
}

impl ApduLink for SpeculosLink {
    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
        watch.check()?;
        self.settle()?;
        self.owed = true;
        self.send(apdu, watch)?;
        self.receive(watch)
    }
}

/// Whether it is worth another look.
fn again(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

fn closed() -> DeviceError {
    DeviceError::Disconnected("its connection was closed".to_owned())
}

fn gone(error: std::io::Error) -> DeviceError {
    DeviceError::Disconnected(error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread::JoinHandle;
    use std::time::Instant;

    /// A device that says for each command what it is told to say.
    fn device(answers: Vec<Vec<u8>>) -> (String, JoinHandle<Vec<Vec<u8>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let thread = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = Vec::new();
            for answer in answers {
                let mut length = [0; 4];
                stream.read_exact(&mut length).unwrap();
                let mut apdu = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut apdu).unwrap();
                heard.push(apdu);
                for piece in answer.chunks(3) {
                    stream.write_all(piece).unwrap();
                    thread::sleep(Duration::from_millis(1));
                }
            }
            heard
        });
        (address, thread)
    }

    fn minute() -> Watch {
        Watch::new(Duration::from_secs(60))
    }

    #[test]
    fn an_answer_may_come_in_crumbs() {
        let (address, device) = device(vec![vec![0, 0, 0, 2, 7, 8, 0x90, 0], vec![0, 0, 0, 0, 0x55, 0x15]]);
        let mut link = SpeculosLink::connect(&address, &minute()).unwrap();
        assert_eq!(link.exchange(&[1, 2, 3, 4, 0], &minute()).unwrap(), Answer { data: vec![7, 8], status: 0x9000 });
        assert_eq!(link.exchange(&[5; 9], &minute()).unwrap().status, 0x5515);
        assert_eq!(device.join().unwrap(), [vec![1, 2, 3, 4, 0], vec![5; 9]]);
        assert!(matches!(link.exchange(&[0; 5], &minute()), Err(DeviceError::Disconnected(_))));
    }

    #[test]
    fn a_length_that_no_answer_has_is_refused_before_it_is_waited_for() {
        let (address, device) = device(vec![vec![0xff, 0xff, 0xff, 0xff]]);
        let mut link = SpeculosLink::connect(&address, &minute()).unwrap();
        assert_eq!(link.exchange(&[0; 5], &minute()), Err(DeviceError::TooLong(u32::MAX as usize)));
        device.join().unwrap();
    }

    #[test]
    fn half_an_answer_is_a_device_that_is_gone() {
        let (address, device) = device(vec![vec![0, 0, 0, 9, 1]]);
        let mut link = SpeculosLink::connect(&address, &minute()).unwrap();
        assert!(matches!(link.exchange(&[0; 5], &minute()), Err(DeviceError::Disconnected(_))));
        device.join().unwrap();
    }

    #[test]
    fn whoever_stops_waiting_leaves_it_busy_until_the_answer_has_come() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut link = SpeculosLink::connect(&listener.local_addr().unwrap().to_string(), &minute()).unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let watch = minute();
        watch.cancel();
        assert_eq!(link.exchange(&[0; 5], &watch), Err(DeviceError::Cancelled));
        let short = Duration::from_millis(120);
        let began = Instant::now();
        assert_eq!(link.exchange(&[1; 5], &Watch::new(short)), Err(DeviceError::TimedOut(short)));
        assert!(began.elapsed() < Duration::from_secs(2));
        assert!(matches!(link.exchange(&[2; 5], &minute()), Err(DeviceError::Busy(_))));
        // The late answer is not taken for that of the next question.
        stream.write_all(&[0, 0, 0, 1, 0xaa, 0x90, 0]).unwrap();
        thread::sleep(Duration::from_millis(50));
        let other = thread::spawn(move || {
            let mut asked = [0; 18];
            stream.read_exact(&mut asked).unwrap();
            stream.write_all(&[0, 0, 0, 1, 0xbb, 0x90, 0]).unwrap();
            asked
        });
        assert_eq!(link.exchange(&[3; 5], &minute()).unwrap().data, [0xbb]);
        assert_eq!(other.join().unwrap()[4..], [1, 1, 1, 1, 1, 0, 0, 0, 5, 3, 3, 3, 3, 3]);
    }

    #[test]
    fn nobody_there_is_nobody_found() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        assert_eq!(SpeculosLink::connect(&address, &minute()).err(), Some(DeviceError::NotFound(address.clone())));
        assert!(matches!(SpeculosLink::connect("no such place", &minute()), Err(DeviceError::NotFound(_))));
    }
}
