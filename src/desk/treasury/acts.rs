//! What is done when somebody wishes something: each step is an entry of the journal before it has an effect.

use super::clerk::Clerk;
use super::consent::{as_seen, blocked, may_sign};
use super::place::{create, handed_in};
use super::show::challenges;
use super::view::{Chosen, Who};
use super::wish::{Given, Marked, Seen, Wish};
use crate::chain::Status;
use crate::desk::{Operator, Scope};
use crate::market::printable;
use crate::treasury::bitcoin::finalize::{Final, finalize};
use crate::treasury::bitcoin::hot::Signer as Hot;
use crate::treasury::bitcoin::labels::{About, Label};
use crate::treasury::bitcoin::psbt::{Packet, Version};
use crate::treasury::bitcoin::review::reviewed;
use crate::treasury::bitcoin::signature;
use crate::treasury::bitcoin::wallet::Wallet;
use crate::treasury::exchange::{Progress, Scan};
use crate::treasury::proposal::{
    Event, Kind, Listed, PackedPacket, Proposal, ProposalId, SeatId, Signer, Vault, brought,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long what was imported waits for signatures.
const DAY: Duration = Duration::from_secs(86_400);

/// Lines of a series of codes that are read.
const MOST_LINES: usize = 2_000;

impl Clerk {
    /// Does what a person wants; says what came of it, unless they see that anyway.
    pub fn carry_out(&mut self, scope: &Scope<Operator>, wish: Wish) -> Result<String, String> {
        match wish {
            Wish::Approve { proposal, seat: Who::Seat(seat), passphrase, seen, answers } => {
                self.approve(scope, (proposal, seat), passphrase.expose(), &seen, &answers)
            }
            Wish::Approve { proposal, seat: Who::Owner(owner), passphrase, seen, answers } => {
                self.approve_safe(scope, (proposal, owner), passphrase.expose(), &seen, &answers)
            }
            Wish::SignOnDevice { proposal, seat: Who::Seat(seat), seen, answers } => {
                self.ask_device(scope, (proposal, seat), &seen, &answers)
            }
            Wish::SignOnDevice { proposal, seat: Who::Owner(owner), seen, answers } => {
                self.ask_owners_device(scope, (proposal, owner), &seen, &answers)
            }
            // Nobody is told what they do themselves.
            Wish::Device(reply) => {
                self.hatch.say(reply);
                Ok(String::new())
            }
            Wish::Press { device, yes } => {
                self.settings.devices.bench.iter().for_each(|bench| bench.0.press(device, yes));
                Ok(String::new())
            }
            Wish::Reject { proposal, seat: Who::Seat(seat), reason } => self.reject(scope, proposal, seat, reason),
            Wish::Reject { proposal, seat: Who::Owner(owner), reason } => {
                self.reject_safe(scope, (proposal, owner), reason)
            }
            Wish::Export { proposal, path } => self.export(proposal, &path),
            Wish::Import(given) => self.import(scope, given),
            Wish::Finalise(proposal) => self.finalise(scope, proposal),
            Wish::Broadcast { proposal, .. } if self.treasury.safe_proposal(proposal).is_ok() => {
                self.send_again(scope, proposal)
            }
            Wish::Broadcast { proposal, seen } => self.broadcast(scope, proposal, &seen),
            Wish::Propose { safe, draft, memo } => self.propose(scope, safe, &draft, &memo),
            Wish::Confirm(proposal) => self.confirm(scope, proposal),
            Wish::Estimate { proposal, sender } => self.estimate(scope, proposal, sender),
            Wish::Execute { proposal, sender, passphrase, seen, most } => {
                self.execute(scope, proposal, (sender, passphrase.expose()), &seen, most)
            }
            Wish::Label { of, text } => self.label(scope, &of, &text),
            Wish::Freeze { wallet, coin, frozen: true } => {
                self.record(scope, Event::CoinFrozen { wallet, coin })?;
                Ok(format!("frozen, no payment takes it: {coin}"))
            }
            Wish::Freeze { wallet, coin, frozen: false } => {
                self.record(scope, Event::CoinThawed { wallet, coin })?;
                Ok(format!("may be spent again: {coin}"))
            }
            Wish::Sync(chosen) => {
                match chosen {
                    Chosen::Wallet(wallet) => self.source(wallet).map(drop)?,
                    Chosen::Safe(safe) => self.ways(safe).map(drop)?,
                }
                self.wanted.push_back(chosen);
                Ok(format!("asking the chain of {}", self.name(chosen)))
            }
            Wish::Receive { wallet, index } => {
                self.record(scope, Event::AddressGiven { wallet, index, unarmed: false })?;
                Ok(format!("handed out: address 0/{index}"))
            }
            Wish::ConfirmAddress { wallet, seat, shown } => {
                let address: String = shown.chars().filter(|c| !c.is_whitespace()).collect();
                self.record(scope, Event::AddressConfirmed { wallet, seat, address })?;
                Ok(format!("{seat} has confirmed the first address"))
            }
        }
    }

    /// A proposal, its number and its wallet, apart from the clerk.
    pub(super) fn found(&self, id: ProposalId) -> Result<(u64, Proposal, Vault), String> {
        if self.treasury.safe_proposal(id).is_ok() {
            return Err(format!(
                "#{} is a Safe's: it is executed, and there is nothing to be made before",
                self.number(id)
            ));
        }
        let proposal = self.treasury.proposal(id).map_err(|_| "the proposal is no longer there")?;
        let number = self.number(id);
        let vault = self.treasury.vault(proposal.wallet).map_err(|refusal| refusal.to_string())?;
        Ok((number, proposal.clone(), vault.clone()))
    }

    fn approve(
        &mut self,
        scope: &Scope<Operator>,
        (id, seat): (ProposalId, SeatId),
        passphrase: &str,
        seen: &Seen,
        answers: &[String],
    ) -> Result<String, String> {
        let (number, proposal, vault) = self.found(id)?;
        let packet = proposal.signed();
        let facts = self.facts(&vault, &proposal, &self.quotes());
        let (review, passed) = reviewed(&packet, &vault.wallet, &facts);
        let digest = may_sign(number, &review.verdict, &challenges(&review), seen, answers)?;
        let passed = passed.ok_or_else(|| blocked(number, &review.verdict))?;
        self.record(scope, Event::Viewed { proposal: id, seat, digest })?;
        let refused = |reason: String| format!("#{number} is not signed: {reason}");
        let key: Hot = self.settings.place.open_key(seat.fingerprint, passphrase).map_err(refused)?;
        let signed = match key.sign(&passed) {
            Ok(signed) => signed,
            Err(error) => {
                let code = error.to_string();
                self.record(scope, Event::SigningFailed { proposal: id, seat, code })?;
                return Err(refused(error.to_string()));
            }
        };
        let mut new = brought(&packet, &signed, &vault.wallet).map_err(|error| error.to_string())?;
        let signatures = new.remove(&usize::from(seat.place)).unwrap_or_default();
        self.record(scope, Event::Approved { proposal: id, seat, signer: Signer::Software, signatures })?;
        Ok(self.counted(id, &format!("#{number} signed by {}", vault.seat_name(seat))))
    }

    /// What was done, and how many have signed.
    pub(super) fn counted(&self, id: ProposalId, done: &str) -> String {
        let Ok(proposal) = self.treasury.proposal(id) else { return done.to_owned() };
        let (some, all) = (proposal.approved().count(), proposal.quorum.required);
        match proposal.has_quorum() {
            true => format!("{done}: {some} of {all}, it can be finished"),
            false => format!("{done}: {some} of {all}"),
        }
    }

    fn reject(
        &mut self,
        scope: &Scope<Operator>,
        proposal: ProposalId,
        seat: SeatId,
        reason: String,
    ) -> Result<String, String> {
        let (number, found, vault) = self.found(proposal)?;
        let key = self.settings.place.identity()?;
        let identity = key.identity();
        self.identity = Some(identity);
        if !vault.claims.contains_key(&seat) {
            self.record(scope, Event::SeatClaimed { wallet: found.wallet, seat, identity })?;
        }
        let signature = key.refuse(proposal, seat, &reason);
        self.record(scope, Event::Rejected { proposal, seat, reason, identity, signature })?;
        let ended = self.treasury.proposal(proposal).ok().and_then(|proposal| proposal.ended.clone());
        let who = vault.seat_name(seat);
        Ok(ended.map_or_else(|| format!("#{number} refused by {who}"), |ended| format!("#{number} is over: {ended}")))
    }

    fn export(&self, id: ProposalId, path: &Path) -> Result<String, String> {
        let number = self.number(id);
        let bytes = match self.treasury.listed(id).map_err(|_| "the proposal is no longer there")? {
            Listed::Bitcoin(proposal) => proposal.signed().bytes(Version::V0),
            Listed::Safe(proposal) => self.exchange(proposal).json().into_bytes(),
        };
        create(&at_home(path), &bytes)?;
        Ok(format!("#{number} written to {}", printable(&path.display().to_string())))
    }

    fn import(&mut self, scope: &Scope<Operator>, given: Given) -> Result<String, String> {
        let (bytes, from) = match given {
            Given::File(path) => (handed_in(&at_home(&path))?, path.display().to_string()),
            Given::Text(text) => (text.into_bytes(), "what was pasted".to_owned()),
        };
        let bytes = whole(bytes)?;
        if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{') {
            return self.import_safe(scope, &bytes, &printable(&from));
        }
        let packet = Packet::read(&bytes).map_err(|error| error.to_string())?;
        let txid = packet.psbt.unsigned_tx.compute_txid();
        let now = self.shared.now();
        let open =
            |proposal: &&Proposal| proposal.unsigned().compute_txid() == txid && proposal.state_at(now).is_open();
        let known = self.treasury.proposals().rfind(open).map(|found| found.id);
        match known {
            Some(id) => self.collect(scope, id, &packet),
            None => self.begin(scope, &packet, &printable(&from)),
        }
    }

    /// Takes the new signatures of a packet that came back.
    fn collect(&mut self, scope: &Scope<Operator>, id: ProposalId, packet: &Packet) -> Result<String, String> {
        let (number, proposal, vault) = self.found(id)?;
        let new = brought(&proposal.signed(), packet, &vault.wallet).map_err(|error| format!("#{number}: {error}"))?;
        let mut who = Vec::new();
        for (place, signatures) in new {
            let seat = SeatId::all(vault.wallet.policy()).map(|(seat, _)| seat).nth(place);
            let Some(seat) = seat.filter(|seat| proposal.seats.iter().any(|known| known.id == *seat)) else { continue };
            self.record(scope, Event::Approved { proposal: id, seat, signer: Signer::File, signatures })?;
            who.push(vault.seat_name(seat));
        }
        match who.is_empty() {
            true => Err(format!("#{number}: the file brings no signature that counts")),
            false => Ok(self.counted(id, &format!("#{number} signed by {}", who.join(", ")))),
        }
    }

    /// Begins a proposal with a packet of one of the wallets.
    fn begin(&mut self, scope: &Scope<Operator>, packet: &Packet, from: &str) -> Result<String, String> {
        let ours = |wallet: &Wallet| signature::verify(packet, wallet).spots.iter().any(Option::is_some);
        let vault = self.treasury.vaults().find(|vault| ours(&vault.wallet)).cloned();
        let vault = vault.ok_or("it spends no coin of a wallet that is watched here")?;
        let (wallet, policy) = (vault.wallet.id(), vault.policy);
        let proposal = ProposalId::of(&packet.psbt.unsigned_tx, wallet, policy);
        self.record(
            scope,
            Event::Proposed {
                proposal,
                wallet,
                policy,
                kind: Kind::BtcSpend,
                created_by: scope.actor().to_owned(),
                memo: format!("from {from}"),
                expires_at: self.shared.now().plus(DAY),
                replaces: None,
                recovery: None,
                unarmed: false,
                packet: PackedPacket::pack(&packet.bare()),
            },
        )?;
        let (number, ..) = self.found(proposal)?;
        // It may have come with signatures already; that it has none is no fault.
        let signed = self.collect(scope, proposal, packet).unwrap_or_default();
        Ok(format!("#{number} begins with {from}. {signed}").trim_end().to_owned())
    }

    /// The transaction of a proposal that has its quorum, when nothing speaks against it.
    fn made(&self, number: u64, proposal: &Proposal, vault: &Vault, seen: Option<&Seen>) -> Result<Final, String> {
        let review = self.review(vault, proposal, &self.quotes());
        if let Some(seen) = seen {
            as_seen(number, &review.verdict, seen)?;
        }
        if !review.verdict.blocks.is_empty() {
            return Err(blocked(number, &review.verdict));
        }
        finalize(&proposal.signed(), &vault.wallet).map_err(|error| format!("#{number}: {error}"))
    }

    fn finalise(&mut self, scope: &Scope<Operator>, id: ProposalId) -> Result<String, String> {
        let (number, proposal, vault) = self.found(id)?;
        let made = self.made(number, &proposal, &vault, None)?;
        self.record(scope, Event::Finalised { proposal: id, txid: made.txid })?;
        Ok(format!("#{number} passes Bitcoin Core's rules: {} vB; it can be broadcast", made.vsize))
    }

    fn broadcast(&mut self, scope: &Scope<Operator>, id: ProposalId, seen: &Seen) -> Result<String, String> {
        let (number, proposal, vault) = self.found(id)?;
        // The coins and what competes for them, as they are now.
        self.sync_now(scope, proposal.wallet).map_err(|error| format!("#{number} is not broadcast: {error}"))?;
        let made = self.made(number, &proposal, &vault, Some(seen))?;
        let (chain, node) = self.chain(proposal.wallet)?;
        let status = chain.status(&made.tx).map_err(|error| format!("#{number} is not broadcast: {error}"))?;
        self.record(scope, Event::Broadcasting { proposal: id, txid: made.txid })?;
        let known = matches!(status, Status::Unconfirmed | Status::Confirmed(_));
        let told = (known, chain.broadcast(&made.tx));
        let said = self.answered(scope, id, made.txid, &node, told)?;
        // What it did to the wallet, as soon as the server knows it. When that fails, the next look at the chain tells.
        if let Err(error) = self.sync_now(scope, proposal.wallet) {
            tracing::warn!("after a broadcast: {error}");
        }
        Ok(format!("#{number}: {said}"))
    }

    fn label(&mut self, scope: &Scope<Operator>, of: &Marked, text: &str) -> Result<String, String> {
        let Marked::Coin(wallet, coin) = *of;
        let about = About::Output(coin);
        let vault = self.treasury.vault(wallet).map_err(|refusal| refusal.to_string())?;
        let spendable = vault.labels.of(&about).and_then(Label::spendable);
        let label = Label::new(about, Some(text.to_owned()), spendable).map_err(|error| error.to_string())?;
        self.record(scope, Event::LabelSet { wallet, record: label.line() })?;
        Ok(if text.is_empty() { "its name is taken away".to_owned() } else { "named".to_owned() })
    }
}

/// A PSBT as it came, or put together from the parts of a series of codes, one a line.
fn whole(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(&bytes).ok().map(str::trim);
    let series = text
        .filter(|text| text.starts_with("B$") || text.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("ur:")));
    let Some(series) = series else { return Ok(bytes) };
    let (mut scan, mut lacks) = (Scan::default(), None);
    for line in series.split_whitespace().take(MOST_LINES) {
        match scan.take(line).map_err(|error| error.to_string())? {
            Progress::Whole(bytes) => return Ok(bytes),
            Progress::Part { have, of } => lacks = Some((have, of)),
        }
    }
    let (have, of) = lacks.unwrap_or_default();
    Err(format!("{have} of {of} parts: paste them all at once, one a line"))
}

/// `~/` is the person's home, as they are used to.
fn at_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => PathBuf::from(home).join(rest),
        _ => path.to_owned(),
    }
}
