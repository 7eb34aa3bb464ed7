//! The hatch between whoever draws and types, and the thread that waits for a device. Neither ever waits for the other.

use crate::desk::treasury::Secret;
use crate::desk::treasury::view::{SigningView, SimulatedView, Stage};
use crate::device::{DeviceError, Watch};
use crate::market::Timestamp;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// What a person says while a device is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To look at all devices again, also at those that were not the one.
    Again,
    /// The device shall take the wallet's policy.
    Agreed,
    /// The places of the PIN's digits.
    Pin(Secret),
    /// The passphrase.
    Passphrase(Secret),
    /// The passphrase is typed on the device.
    OnDevice,
    /// To stop; or, where it has ended, that its end was read.
    Leave,
}

/// What passes through.
#[derive(Debug, Default)]
pub(in crate::desk) struct Hatch {
    inside: Mutex<Inside>,
    said: Condvar,
}

#[derive(Debug, Default)]
struct Inside {
    signing: Option<Arc<SigningView>>,
    watch: Option<Watch>,
    reply: Option<Reply>,
    simulated: Arc<[SimulatedView]>,
}

impl Hatch {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A device is asked from now on; cancelling the watch ends that.
    pub fn begin(&self, signing: SigningView, watch: Watch) {
        let mut inside = self.inside();
        (inside.signing, inside.watch, inside.reply) = (Some(Arc::new(signing)), Some(watch), None);
    }

    /// Changes what is shown of it.
    pub fn show(&self, change: impl FnOnce(&mut SigningView)) {
        if let Some(signing) = &mut self.inside().signing {
            change(Arc::make_mut(signing));
        }
    }

    /// It has ended so. Who has left already need not read it.
    pub fn end(&self, stage: Stage, since: Timestamp) {
        let mut inside = self.inside();
        if inside.watch.as_ref().is_some_and(Watch::is_cancelled) {
            inside.signing = None;
        }
        if let Some(signing) = &mut inside.signing {
            let signing = Arc::make_mut(signing);
            (signing.stage, signing.since) = (stage, since);
        }
    }

    /// Nobody is to read how it ended.
    pub fn clear(&self) {
        self.inside().signing = None;
    }

    /// What is shown of it.
    pub fn signing(&self) -> Option<Arc<SigningView>> {
        self.inside().signing.clone()
    }

    /// What simulated devices show; whether that is news.
    pub fn put_up(&self, screens: Vec<SimulatedView>) -> bool {
        let mut inside = self.inside();
        let news = *inside.simulated != *screens;
        if news {
            inside.simulated = screens.into();
        }
        news
    }

    /// What simulated devices show.
    pub fn simulated(&self) -> Arc<[SimulatedView]> {
        Arc::clone(&self.inside().simulated)
    }

    /// A person says something.
    pub fn say(&self, reply: Reply) {
        let mut inside = self.inside();
        match reply {
            Reply::Leave => {
                if inside.signing.as_ref().is_some_and(|signing| signing.stage.ended()) {
                    inside.signing = None;
                }
                inside.watch.iter().for_each(Watch::cancel);
            }
            reply => inside.reply = Some(reply),
        }
        drop(inside);
        self.said.notify_all();
    }

    /// Shows what is asked, and gives what a person says to it. What was said before is no answer.
    pub fn ask(&self, watch: &Watch, show: impl FnOnce(&mut SigningView)) -> Result<Reply, DeviceError> {
        let mut inside = self.inside();
        inside.reply = None;
        if let Some(signing) = &mut inside.signing {
            show(Arc::make_mut(signing));
        }
        loop {
            if let Some(reply) = inside.reply.take() {
                return Ok(reply);
            }
            let pause = watch.check()?;
            inside = self.said.wait_timeout(inside, pause).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
