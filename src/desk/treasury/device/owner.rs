//! Signing for a Safe on a hardware wallet: the device that has an owner's account is found by that account, is given every
//! field of the transaction, and what it signs has to lead back to the owner.

use super::Devices;
use super::job::{Given, Said, end};
use super::post::Post;
use super::search::Search;
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::consent::may_sign;
use crate::desk::treasury::show::safe_challenges;
use crate::desk::treasury::view::Stage;
use crate::desk::treasury::wish::Seen;
use crate::desk::{Operator, Scope};
use crate::device::capabilities::{Task, check};
use crate::device::ethereum::{Mode, Signable, TypedData};
use crate::device::{About, Device, DeviceError, Watch, pages, seat};
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::ethereum::review::{Facts, review, reviewed};
use crate::treasury::ethereum::signature::{Asked as Over, Confirmation};
use crate::treasury::ethereum::{SafeAt, SafeTx};
use crate::treasury::proposal::{Event, ProposalId};
use alloy_primitives::Address;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;

/// All that it takes to ask a device for an owner's signature.
struct OwnerJob {
    owner: Address,
    at: SafeAt,
    tx: SafeTx,
    facts: Facts,
    devices: Devices,
    post: Post,
    watch: Watch,
}

impl OwnerJob {
    /// Does all of it. Whoever asked may have gone meanwhile: then nobody is told.
    fn run(self, back: &Sender<Said>) {
        let signed = self.sign().map(|confirmation| Given::Owner(Box::new(confirmation)));
        end(signed, &self.watch, back);
    }

    fn sign(&self) -> Result<Confirmation, DeviceError> {
        let (_, passed) = reviewed(&self.at, &self.tx, &self.facts);
        let passed = passed.ok_or_else(|| DeviceError::Unfit("the review lets nobody sign this".to_owned()))?;
        let fits = |device: &mut dyn Device, about: &About| {
            let mode = mode(about)?;
            Ok((seat::account(device, self.owner)?, mode))
        };
        let search = Search { devices: &self.devices, post: &self.post, watch: &self.watch };
        let (mut found, (path, mode)) = search.find(&fits)?;
        let json = passed.tx().typed_data(passed.at()).to_string();
        let what = Signable::TypedData(Box::new(TypedData::read(&json)?), mode);
        // What a device is asked for has to be what was reviewed, whoever wrote it down.
        if what.hash()? != passed.hashes().safe_tx {
            return Err(DeviceError::Unfit("its typed data has another hash".to_owned()));
        }
        self.post.foretell(pages::eth_signing(&found.about, &self.owner, &what));
        self.post.turn(Stage::Signing);
        let signature = found.device.eth_sign(&path, &what)?.of(self.owner, &what)?;
        let over = Over::of(passed.at(), passed.hashes());
        let confirmation = Confirmation::from_device(&signature.bytes(), &over).and_then(|one| one.by(self.owner));
        confirmation.map_err(|error| DeviceError::BadSignature(error.to_string()))
    }
}

/// Every field where the device can show them; else two hashes.
fn mode(about: &About) -> Result<Mode, DeviceError> {
    match check(about, Task::TypedDataFull, false) {
        Ok(()) => Ok(Mode::Full),
        Err(full @ DeviceError::Unsupported { .. }) => {
            check(about, Task::TypedDataHashes, false).map(|()| Mode::Hashes).map_err(|_| full)
        }
        Err(error) => Err(error),
    }
}

impl Clerk {
    /// Begins to ask the device of an owner for its signature.
    pub fn ask_owners_device(
        &mut self,
        scope: &Scope<Operator>,
        (id, owner): (ProposalId, Address),
        seen: &Seen,
        answers: &[String],
    ) -> Result<String, String> {
        self.no_device_is_asked()?;
        let (number, proposal, safe) = self.found_safe(id)?;
        let facts = self.facts_of(proposal.safe, Some(&proposal));
        let review = review(proposal.at(), proposal.tx(), &facts);
        let digest = may_sign(number, &review.verdict, &safe_challenges(&review), seen, answers)?;
        let events =
            [SafeEvent::Viewed { proposal: id, owner, digest }, SafeEvent::AwaitingDevice { proposal: id, owner }];
        for event in events {
            self.record(scope, Event::Safe(Box::new(event)))?;
        }
        let watch = self.begin_asking(id, owner.into());
        let job = OwnerJob {
            owner,
            at: *proposal.at(),
            tx: proposal.tx().clone(),
            facts,
            devices: self.settings.devices.clone(),
            post: Post::new(Arc::clone(&self.hatch), Arc::clone(&self.shared)),
            watch,
        };
        let (back, said) = channel();
        let started = thread::Builder::new().name("device".to_owned()).spawn(move || job.run(&back));
        if let Err(error) = started {
            self.hatch.clear();
            return Err(format!("#{number}: no device can be asked: {error}"));
        }
        self.asked = Some(super::Asked::new(scope, id, owner.into(), said));
        Ok(format!("#{number} waits for the device of {}", safe.owner_name(owner)))
    }
}
