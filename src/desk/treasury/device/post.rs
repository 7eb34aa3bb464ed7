//! The device's side of the hatch: what is shown of it, and the person who answers what it asks.

use super::hatch::{Hatch, Reply};
use crate::desk::shared::Shared;
use crate::desk::treasury::view::{PageView, SigningView, Stage};
use crate::device::pages::Page;
use crate::device::{Attendant, DeviceError, Passphrase, Watch};
use crate::market::{Timestamp, printable};
use std::mem::discriminant;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Where a device's thread shows and asks.
#[derive(Clone)]
pub(super) struct Post {
    hatch: Arc<Hatch>,
    shared: Arc<Shared>,
}

impl Post {
    pub fn new(hatch: Arc<Hatch>, shared: Arc<Shared>) -> Self {
        Self { hatch, shared }
    }

    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// What the device is called from now on.
    pub fn name(&self, name: &str) {
        self.hatch.show(|signing| signing.device = printable(name).into());
        self.shared.changed();
    }

    /// What is waited for from now on.
    pub fn turn(&self, stage: Stage) {
        let now = self.now();
        self.hatch.show(|signing| turn(signing, stage, now));
        self.shared.changed();
    }

    /// What the device will show from now on.
    pub fn foretell(&self, pages: Vec<Page>) {
        let page = |page: Page| PageView {
            title: printable(&page.title).into(),
            text: printable(&page.text).into(),
            on_demand: page.on_demand,
        };
        let pages: Arc<[PageView]> = pages.into_iter().map(page).collect();
        self.hatch.show(|signing| signing.pages = pages);
    }

    /// Waits for what a person says to this.
    pub fn ask(&self, watch: &Watch, stage: Stage) -> Result<Reply, DeviceError> {
        let now = self.now();
        let show = |signing: &mut SigningView| {
            turn(signing, stage, now);
            self.shared.changed();
        };
        self.hatch.ask(watch, show)
    }

    fn stage(&self) -> Option<Stage> {
        self.hatch.signing().map(|signing| signing.stage.clone())
    }
}

/// The same as before goes on; since when, stays.
fn turn(signing: &mut SigningView, stage: Stage, now: Timestamp) {
    if discriminant(&signing.stage) != discriminant(&stage) {
        signing.since = now;
    }
    signing.stage = stage;
}

/// The person at this desk.
pub(super) struct Person {
    pub post: Post,
    pub watch: Watch,
}

impl Person {
    /// What is answered to a question; then the device goes on with what it was at.
    fn answer<T>(&self, question: &Stage, mut read: impl FnMut(Reply) -> Option<T>) -> Option<T> {
        let before = self.post.stage()?;
        let patience = self.watch.again();
        let answer = loop {
            let Ok(reply) = self.post.ask(&patience, question.clone()) else { break None };
            if let Some(answer) = read(reply) {
                break Some(answer);
            }
        };
        self.post.turn(before);
        answer
    }
}

impl Attendant for Person {
    fn pin(&mut self) -> Option<Zeroizing<String>> {
        self.answer(&Stage::Pin, |reply| match reply {
            Reply::Pin(places) => Some(Zeroizing::new(places.expose().to_owned())),
            _ => None,
        })
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        self.answer(&Stage::Passphrase, |reply| match reply {
            Reply::Passphrase(text) => Some(Passphrase::Typed(Zeroizing::new(text.expose().to_owned()))),
            Reply::OnDevice => Some(Passphrase::OnDevice),
            _ => None,
        })
    }

    /// What the device shows was foretold before it was asked.
    fn look(&mut self) {}
}
