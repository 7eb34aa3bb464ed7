//! Ledgers on USB, through `ledger-transport-hid`, whose faults are served here.
//!
//! - It waits for an answer without end and cannot be stopped: each device has a thread that asks it, and whoever asked stops
//!   waiting by their own watch. Until the thread has its answer the device is busy; what comes late is thrown away.
//! - Opening a device twice locks it: a path is open once in a process, until the thread that holds it has ended.
//! - It logs every command and answer: [`super::TALKATIVE`] names its target for whoever sets up a log.
//! - Nothing here takes "the first" device: they are listed with their models, and opened by path.

use super::apdu::{Answer, ApduLink};
use crate::device::{DeviceError, Model, Watch};
use crate::market::printable;
use ledger_transport::APDUCommand;
use ledger_transport_hid::hidapi::HidApi;
use ledger_transport_hid::{LedgerHIDError, TransportNativeHID};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::collections::BTreeSet;
use std::ffi::CString;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A Ledger that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it is: the device node on Linux.
    pub path: String,
    /// Its model.
    pub model: Model,
}

/// How long a device that was let go may take to close.
const CLOSING: Duration = Duration::from_secs(1);

/// The paths that are open in this process.
static OPEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The model that a USB product id tells. Its high byte is the model where an app or the dashboard runs; in old firmware and
/// in the bootloader the low byte alone is.
pub fn model(product: u16) -> Model {
    let [high, low] = product.to_be_bytes();
    match (high, low) {
        (0x10, _) | (0, 0x01) => Model::NanoS,
        (0x40, _) | (0, 0x04) => Model::NanoX,
        (0x50, _) | (0, 0x05) => Model::NanoSPlus,
        (0x60, _) | (0, 0x06) => Model::Stax,
        (0x70, _) | (0, 0x07) => Model::Flex,
        (0x80, _) | (0, 0x08) => Model::ApexP,
        _ => Model::Ledger,
    }
}

/// Every Ledger that is plugged in.
pub fn list() -> Result<Vec<Found>, DeviceError> {
    let api = HidApi::new().map_err(|error| DeviceError::NotFound(printable(&error.to_string()).into_owned()))?;
    let found = TransportNativeHID::list_ledgers(&api);
    let found = found.map(|info| Found {
        path: printable(&info.path().to_string_lossy()).into_owned(),
        model: model(info.product_id()),
    });
    // One device may show itself under several usages.
    let mut found: Vec<Found> = found.collect();
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

/// A path that is open; closed when dropped.
#[derive(Debug)]
struct Hold(String);

impl Hold {
    fn of(path: &str) -> Result<Self, DeviceError> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        if open.insert(path.to_owned()) {
            Ok(Self(path.to_owned()))
        } else {
            Err(DeviceError::Busy("this program".to_owned()))
        }
    }

    /// Waits a moment for whoever is just closing it.
    fn soon(path: &str, watch: &Watch) -> Result<Self, DeviceError> {
        let until = Instant::now() + CLOSING;
        loop {
            match Self::of(path) {
                Err(DeviceError::Busy(_)) if Instant::now() < until => thread::sleep(watch.check()?),
                held => return held,
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        OPEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// A Ledger on USB.
#[derive(Debug)]
pub struct HidLink(Worker);

impl HidLink {
    /// Opens the device at a path.
    pub fn open(path: &str, watch: &Watch) -> Result<Self, DeviceError> {
        let node = CString::new(path).map_err(|_| DeviceError::NotFound(printable(path).into_owned()))?;
        // Where there are no nodes in the file system, the library below knows better.
        let allowed = access(node.as_c_str(), Access::READ_OK | Access::WRITE_OK);
        if matches!(allowed, Err(Errno::ACCESS | Errno::PERM)) {
            return Err(DeviceError::Permission(printable(path).into_owned()));
        }
        let path = path.to_owned();
        let mut worker = Worker::start(Hold::soon(&path, watch)?, move || {
            let api = HidApi::new().map_err(lost)?;
            let mut ledgers = TransportNativeHID::list_ledgers(&api);
            let info = ledgers.find(|info| info.path() == node.as_c_str());
            let info = info.ok_or_else(|| DeviceError::NotFound(printable(&path).into_owned()))?;
            let device = TransportNativeHID::open_device(&api, info).map_err(|error| fault(&error))?;
            Ok(move |apdu: &[u8]| ask(&device, apdu))
        });
        // The first thing that comes back is whether it could be opened.
        worker.owed = true;
        worker.wait(watch)?;
        Ok(Self(worker))
    }
}

impl ApduLink for HidLink {
    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
        self.0.exchange(apdu, watch)
    }
}

fn ask(device: &TransportNativeHID, apdu: &[u8]) -> Result<Answer, DeviceError> {
    let [cla, ins, p1, p2, _, data @ ..] = apdu else {
        return Err(DeviceError::Unfit("a command has five bytes at least".to_owned()));
    };
    let command = APDUCommand { cla: *cla, ins: *ins, p1: *p1, p2: *p2, data };
    let answer = device.exchange(&command).map_err(|error| fault(&error))?;
    Ok(Answer { data: answer.data().to_vec(), status: answer.retcode() })
}

fn fault(error: &LedgerHIDError) -> DeviceError {
    match error {
        // What it calls a communication error is bytes that are not of its framing.
        LedgerHIDError::Comm(what) => DeviceError::Garbled((*what).to_owned()),
        other => lost(other),
    }
}

fn lost(error: impl std::fmt::Display) -> DeviceError {
    DeviceError::Disconnected(printable(&error.to_string()).into_owned())
}

/// A thread that asks a device, as long as somebody may still ask for something.
#[derive(Debug)]
struct Worker {
    commands: Sender<Vec<u8>>,
    answers: Receiver<Result<Answer, DeviceError>>,
    owed: bool,
}

impl Worker {
    /// Starts a thread that opens something, says whether it could by an empty answer, and then asks it.
    fn start<A>(hold: Hold, open: impl FnOnce() -> Result<A, DeviceError> + Send + 'static) -> Self
    where
        A: FnMut(&[u8]) -> Result<Answer, DeviceError>,
    {
        let (commands, asked) = channel::<Vec<u8>>();
        let (tell, answers) = channel();
        thread::spawn(move || {
            // The path counts as open until whatever was opened is closed.
            let _hold = hold;
            let mut ask = match open() {
                Ok(ask) => ask,
                Err(error) => return drop(tell.send(Err(error))),
            };
            let mut said = tell.send(Ok(Answer { data: Vec::new(), status: super::apdu::OK }));
            while let (Ok(()), Ok(command)) = (&said, asked.recv()) {
                said = tell.send(ask(&command));
            }
        });
        Self { commands, answers, owed: false }
    }

    fn exchange(&mut self, apdu: &[u8], watch: &Watch) -> Result<Answer, DeviceError> {
        watch.check()?;
        if self.owed {
            match self.answers.try_recv() {
                Ok(_) => self.owed = false,
                Err(TryRecvError::Empty) => {
                    return Err(DeviceError::Busy("a question that nobody waits for any more".to_owned()));
                }
                Err(TryRecvError::Disconnected) => return Err(ended()),
            }
        }
        self.commands.send(apdu.to_vec()).map_err(|_| ended())?;
        self.owed = true;
        self.wait(watch)
    }

    fn wait(&mut self, watch: &Watch) -> Result<Answer, DeviceError> {
        loop {
            match self.answers.recv_timeout(watch.check()?) {
                Ok(answer) => {
                    self.owed = false;
                    return answer;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
            }
        }
    }
}

fn ended() -> DeviceError {
    DeviceError::Disconnected("it was closed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_told_by_the_product() {
        let told = [0x1011, 0x4015, 0x5011, 0x6011, 0x7011, 0x8011, 0x0001, 0x0004, 0x0007, 0x9999];
        let models = [
            Model::NanoS,
            Model::NanoX,
            Model::NanoSPlus,
            Model::Stax,
            Model::Flex,
            Model::ApexP,
            Model::NanoS,
            Model::NanoX,
            Model::Flex,
            Model::Ledger,
        ];
        assert_eq!(told.map(model), models);
    }

    #[test]
    fn a_device_that_is_not_there_is_not_found() {
        let watch = Watch::new(Duration::from_secs(20));
        let none = HidLink::open("/dev/hidraw-none", &watch).err();
        assert!(matches!(none, Some(DeviceError::NotFound(_) | DeviceError::Disconnected(_))), "{none:?}");
        assert!(matches!(HidLink::open("/dev/\0", &watch).err(), Some(DeviceError::NotFound(_))));
    }

    #[test]
    fn an_endless_question_is_left_and_the_device_stays_busy_until_it_ends() {
        let (go, wait) = channel::<()>();
        let mut calls = 0_u8;
        let mut worker = Worker::start(Hold::of("a test").unwrap(), move || {
            Ok(move |_: &[u8]| {
                calls += 1;
                wait.recv().unwrap();
                Ok(Answer { data: vec![calls], status: 0x9000 })
            })
        });
        worker.owed = true;
        worker.wait(&Watch::new(Duration::from_secs(20))).unwrap();
        let short = Duration::from_millis(80);
        let began = Instant::now();
        assert_eq!(worker.exchange(&[0; 5], &Watch::new(short)), Err(DeviceError::TimedOut(short)));
        assert!(began.elapsed() < Duration::from_secs(5));
        let patient = Watch::new(Duration::from_secs(20));
        assert!(matches!(worker.exchange(&[0; 5], &patient), Err(DeviceError::Busy(_))));
        assert!(matches!(Hold::of("a test"), Err(DeviceError::Busy(_))), "it is open once");
        go.send(()).unwrap();
        go.send(()).unwrap();
        let answer = loop {
            match worker.exchange(&[0; 5], &patient) {
                Err(DeviceError::Busy(_)) => thread::sleep(Duration::from_millis(5)),
                answer => break answer.unwrap(),
            }
        };
        assert_eq!(answer.data, [2], "the late answer was thrown away");
        drop(worker);
        let mut looks = 0;
        while Hold::of("a test").is_err() {
            thread::sleep(Duration::from_millis(5));
            looks += 1;
            assert!(looks < 1000, "it is closed when nobody asks any more");
        }
    }

    #[test]
    fn a_thread_that_ends_is_a_device_that_is_gone() {
        let mut worker = Worker::start(Hold::of("another test").unwrap(), || {
            Err::<fn(&[u8]) -> Result<Answer, DeviceError>, _>(DeviceError::Locked)
        });
        worker.owed = true;
        let watch = Watch::new(Duration::from_secs(20));
        assert_eq!(worker.wait(&watch), Err(DeviceError::Locked));
        assert!(matches!(worker.exchange(&[0; 5], &watch), Err(DeviceError::Disconnected(_))));
    }
}
