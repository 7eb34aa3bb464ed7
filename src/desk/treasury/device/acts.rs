//! The clerk's part: what is written before a device is asked, and what is made of its answer.

use super::job::{Given, Job, Said};
use super::post::Post;
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::consent::may_sign;
use crate::desk::treasury::show::challenges;
use crate::desk::treasury::view::{SigningView, Stage, Who};
use crate::desk::treasury::wish::Seen;
use crate::desk::{Operator, Scope};
use crate::device::{DeviceError, Registered, Watch};
use crate::market::printable;
use crate::treasury::bitcoin::review::review;
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::proposal::{Event, ProposalId, SeatId, Signer, original};
use bitcoin::hex::DisplayHex;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;

/// A device that is asked, and for what.
pub(in crate::desk::treasury) struct Asked {
    scope: Scope<Operator>,
    proposal: ProposalId,
    who: Who,
    said: Receiver<Said>,
}

impl Asked {
    /// What the device's thread says from now on.
    pub(super) fn new(scope: &Scope<Operator>, proposal: ProposalId, who: Who, said: Receiver<Said>) -> Self {
        Self { scope: scope.clone(), proposal, who, said }
    }
}

impl Clerk {
    /// Begins to ask the device of a seat for its signature.
    pub fn ask_device(
        &mut self,
        scope: &Scope<Operator>,
        (id, seat): (ProposalId, SeatId),
        seen: &Seen,
        answers: &[String],
    ) -> Result<String, String> {
        self.no_device_is_asked()?;
        let (number, proposal, vault) = self.found(id)?;
        let (packet, facts) = (proposal.signed(), self.facts(&vault, &proposal, &self.quotes()));
        let review = review(&packet, &vault.wallet, &facts);
        let digest = may_sign(number, &review.verdict, &challenges(&review), seen, answers)?;
        self.record(scope, Event::Viewed { proposal: id, seat, digest })?;
        self.record(scope, Event::AwaitingDevice { proposal: id, seat })?;
        let devices = self.settings.devices.clone();
        let watch = self.begin_asking(id, seat.into());
        let job = Job {
            seat,
            original: original(&self.treasury, &packet),
            packet,
            known: vault.registrations.get(&seat.fingerprint).cloned(),
            facts,
            devices,
            post: Post::new(Arc::clone(&self.hatch), Arc::clone(&self.shared)),
            watch,
            wallet: vault.wallet.clone(),
        };
        let (back, said) = channel();
        let started = thread::Builder::new().name("device".to_owned()).spawn(move || job.run(&back));
        if let Err(error) = started {
            self.hatch.clear();
            return Err(format!("#{number}: no device can be asked: {error}"));
        }
        self.asked = Some(Asked::new(scope, id, seat.into(), said));
        Ok(format!("#{number} waits for the device of {}", vault.seat_name(seat)))
    }

    /// Whether a device is free to be asked.
    pub(super) fn no_device_is_asked(&self) -> Result<(), String> {
        match &self.asked {
            Some(asked) => {
                Err(format!("a device is asked about {} already: leave that first", self.called(asked.proposal)))
            }
            None => Ok(()),
        }
    }

    /// Shows from now on that a device is asked; the watch ends that.
    pub(super) fn begin_asking(&self, proposal: ProposalId, seat: Who) -> Watch {
        let watch = Watch::new(self.settings.devices.patience);
        let (stage, since) = (Stage::Looking(Vec::new()), self.shared.now());
        let signing = SigningView { proposal, seat, device: "".into(), stage, since, pages: Arc::default() };
        self.hatch.begin(signing, watch.clone());
        watch
    }

    /// Takes in what the device's thread has said; whether it has said anything.
    pub fn attend(&mut self) -> bool {
        let mut heard = false;
        while let Some(asked) = self.asked.take() {
            let said = match asked.said.try_recv() {
                Ok(said) => said,
                Err(TryRecvError::Empty) => {
                    self.asked = Some(asked);
                    break;
                }
                Err(TryRecvError::Disconnected) => {
                    Said::Ended(Err(DeviceError::Disconnected("whoever asked it has ended".to_owned())))
                }
            };
            heard = true;
            match said {
                Said::Registered(name, taken) => {
                    self.registered(&asked, name, taken);
                    self.asked = Some(asked);
                }
                Said::Ended(signed) => self.ended(&asked, signed),
            }
        }
        heard
    }

    fn registered(&mut self, asked: &Asked, name: String, taken: Registered) {
        // A Safe has no policy that a device would take.
        let (Who::Seat(SeatId { fingerprint: device, .. }), Ok(proposal)) =
            (asked.who, self.treasury.proposal(asked.proposal))
        else {
            return;
        };
        let wallet = proposal.wallet;
        let policy_id = taken.policy_id.to_lower_hex_string();
        let before = self.treasury.vault(wallet).ok().and_then(|vault| vault.registrations.get(&device));
        let same =
            if before.is_some_and(|before| before.policy_id == policy_id) { ", the same policy as before" } else { "" };
        let told = format!("{device} has taken the wallet as {}{same}", printable(&name));
        let hmac = taken.hmac.to_string();
        let event = Event::Registered { wallet, device, name, policy_id, hmac };
        match self.record(&asked.scope, event) {
            Ok(()) => self.shared.notice(false, told),
            Err(error) => self.shared.notice(true, format!("the device's registration is not kept: {error}")),
        }
    }

    fn ended(&mut self, asked: &Asked, signed: Result<Given, DeviceError>) {
        let called = self.called(asked.proposal);
        let (why, next) = match signed {
            Ok(given) => match self.take_given(asked, given) {
                Ok(told) => {
                    self.close(Stage::Signed(told.as_str().into()));
                    return self.shared.notice(false, told);
                }
                Err(error) => (error, String::new()),
            },
            Err(DeviceError::Cancelled) => {
                self.hatch.clear();
                return self.shared.notice(false, format!("{called} is not signed; its device can be asked again"));
            }
            Err(error) => {
                if !error.waits() {
                    let (proposal, code) = (asked.proposal, error.code().to_owned());
                    let event = match asked.who {
                        Who::Seat(seat) => Event::SigningFailed { proposal, seat, code },
                        Who::Owner(owner) => Event::Safe(Box::new(SafeEvent::SigningFailed { proposal, owner, code })),
                    };
                    if let Err(error) = self.record(&asked.scope, event) {
                        self.shared.notice(true, format!("{called}: {error}"));
                    }
                }
                (error.to_string(), error.next().unwrap_or_default())
            }
        };
        let text = |text: &str| -> Arc<str> { printable(text).into() };
        self.close(Stage::Over { why: text(&why), next: text(&next) });
        self.shared.notice(true, format!("{called} is not signed: {}", printable(&why)));
    }

    /// Writes down what a device has verifiably signed.
    fn take_given(&mut self, asked: &Asked, given: Given) -> Result<String, String> {
        let (proposal, signer) = (asked.proposal, Signer::Device);
        let done = format!("{} signed on the device of {}", self.called(proposal), asked.who);
        match (given, asked.who) {
            (Given::Inputs(signatures), Who::Seat(seat)) => {
                self.record(&asked.scope, Event::Approved { proposal, seat, signer, signatures })?;
                Ok(self.counted(proposal, &done))
            }
            (Given::Owner(confirmation), Who::Owner(owner)) => {
                let signature = confirmation.bytes();
                let event = SafeEvent::Approved { proposal, owner, signer, signature, on_chain: None };
                self.record(&asked.scope, Event::Safe(Box::new(event)))?;
                Ok(self.counted_safe(proposal, &done))
            }
            _ => Err("the device has signed something else".to_owned()),
        }
    }

    /// What was recorded is seen before it is told.
    fn close(&mut self, stage: Stage) {
        self.show(None);
        self.hatch.end(stage, self.shared.now());
        self.shared.changed();
    }

    /// Puts up what simulated devices show.
    pub fn look_at_bench(&self) {
        let Some(bench) = &self.settings.devices.bench else { return };
        if self.hatch.put_up(bench.0.screens()) {
            self.shared.changed();
        }
    }
}
