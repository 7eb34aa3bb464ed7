//! What is shown of a Safe's proposal: the line of the queue, the review, and the tree of calls.
//!
//! - All words of what it does are the review's own, so that the tree and the list of lines can never say two things.

use super::safe::{account, owner_account};
use super::standing;
use crate::desk::treasury::clerk::Clerk;
use crate::desk::treasury::view::{
    Account, CallView, Challenge, CompetitorView, ControlView, EffectView, ExecutionView, HotKey, Kind, Leaves,
    Missing, Payee, ProposalRow, ProposalView, Recipients, SafeTxView, SeatView, SenderView, Subject, collects,
};
use crate::market::{Timestamp, printable};
use crate::money::Decimal;
use crate::treasury::ethereum::Operation;
use crate::treasury::ethereum::calldata::Meaning;
use crate::treasury::ethereum::calls::Call;
use crate::treasury::ethereum::proposal::{Execution, OwnerSeat, Safe, SafeProposal};
use crate::treasury::ethereum::review::facts::{Facts, State};
use crate::treasury::ethereum::review::{Amounts, Asset, Kind as Found, Review, Total};
use crate::treasury::proposal::{Answer, SeatState};
use crate::treasury::verdict::{Row, Tone};
use alloy_primitives::{Address, U256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Calls of a transaction that are told; the review's verdict is on all of them.
const MOST_CALLS: usize = 1_000;

/// Things that leave that stand in a line of the queue.
const MOST_TOLD: usize = 2;

/// Characters of an address that have to be typed when it resembles another.
const TYPED: usize = 8;

/// A proposal of a Safe in full; nothing where its Safe is not known.
pub fn shown(clerk: &mut Clerk, proposal: &SafeProposal, number: u64, now: Timestamp) -> Option<ProposalView> {
    let (review, facts) = clerk.reviewed_safe(proposal, now);
    let safe = clerk.treasury.safe(proposal.safe).ok()?;
    let about = About { clerk, safe, proposal, review: &review, facts: &facts };
    let row = about.row(number, now);
    let told = clerk.settings.told.clone();
    let seat = |seat: &OwnerSeat| about.seat(seat, told.clone());
    Some(ProposalView {
        subject: Subject::Safe(Arc::new(about.transaction())),
        memo: proposal.memo.as_str().into(),
        verdict: Arc::new(review.verdict.clone()),
        reviewed: now,
        challenges: challenges(&review),
        seats: proposal.seats.iter().map(seat).collect(),
        history: clerk.events(proposal.id),
        file: clerk.exchange(proposal).json().into_bytes().into(),
        row,
    })
}

/// What has to be typed: of each address that is like a known one, characters in which they differ (T16).
pub fn challenges(review: &Review) -> Vec<Challenge> {
    let of = |(address, like): (&Address, &crate::treasury::ethereum::likeness::Like)| {
        let address = address.to_checksum(None);
        // Addresses are ASCII, so that a byte is a character.
        let from = address.find(&like.middle)?;
        let count = like.middle.chars().count().clamp(1, TYPED);
        Some(Challenge { address: address.into(), like: like.known.to_checksum(None).into(), from, count })
    };
    review.effects.likes.iter().filter_map(of).collect()
}

struct About<'a> {
    clerk: &'a Clerk,
    safe: &'a Safe,
    proposal: &'a SafeProposal,
    review: &'a Review,
    facts: &'a Facts,
}

impl About<'_> {
    fn account(&self, address: Address) -> Account {
        account(self.clerk, self.safe.id.chain_id, address)
    }

    fn hot(&self, owner: Address) -> bool {
        self.clerk.treasury.safes().is_hot_account(owner)
    }

    fn row(&self, number: u64, now: Timestamp) -> ProposalRow {
        let (proposal, verdict) = (self.proposal, &self.review.verdict);
        let amounts = Amounts::new(self.facts, self.safe.id.chain_id);
        let state = proposal.state_at(now);
        let missing = |seat: &OwnerSeat| {
            let account = owner_account(self.clerk, self.safe, seat.owner);
            let name = if account.name.is_empty() { short(seat.owner).into() } else { account.name };
            Missing { name, hot: self.hot(seat.owner) }
        };
        ProposalRow {
            id: proposal.id,
            number,
            wallet: self.safe.name.as_str().into(),
            kind: kind(self.review.kind),
            leaves: Leaves::Told(leaves(&self.review.effects.totals, &amounts)),
            nonce: Some(proposal.tx().nonce),
            value: value(&self.review.effects.totals, &amounts),
            to: self.recipients(),
            state,
            signed: proposal.approved().count(),
            quorum: proposal.quorum,
            // Once there are enough, nobody is waited for.
            missing: proposal.missing().filter(|_| collects(state)).map(missing).collect(),
            block: proposal.mined().map(|(_, mined)| mined.height),
            // There is nothing to be put together before it is sent.
            finished: proposal.has_quorum(),
            created: proposal.created_at,
            expires: Some(proposal.expires_at),
            judgement: verdict.judgement(),
            codes: verdict.blocks.iter().chain(&verdict.warnings).map(|finding| finding.code).collect(),
        }
    }

    /// Who gets what leaves; where nothing does, whom the transaction calls.
    fn recipients(&self) -> Recipients {
        let own = self.safe.id.address;
        let mut paid: Vec<Address> = Vec::new();
        for moved in self.review.effects.moves.values().flatten() {
            if moved.from == own && moved.to != own && !paid.contains(&moved.to) {
                paid.push(moved.to);
            }
        }
        let called = Some(self.proposal.tx().to).filter(|to| *to != own && paid.is_empty());
        let payee = |address: Address| {
            let account = self.account(address);
            Payee { address: address.to_checksum(None).into(), label: account.name }
        };
        let first = paid.first().copied().or(called).map(payee);
        Recipients { first, others: paid.len().saturating_sub(1) }
    }

    fn seat(&self, seat: &OwnerSeat, told: Option<Arc<str>>) -> SeatView {
        let here = self.hot(seat.owner) && self.clerk.settings.place.has_account(seat.owner);
        let note = match (&seat.state, seat.owns, seat.counts) {
            (_, false, _) => "owns the Safe no longer",
            (SeatState::Approved { .. }, true, false) => "does not count: the chain does not affirm it",
            (SeatState::Approved { .. }, true, true) if seat.on_chain.is_some() => "affirmed by the chain",
            _ => "",
        };
        SeatView {
            id: seat.owner.into(),
            name: owner_account(self.clerk, self.safe, seat.owner).name,
            hot: here.then_some(HotKey { told }),
            speaks: self.safe.claims.get(&seat.owner).is_none_or(|claimed| Some(*claimed) == self.clerk.identity),
            standing: standing(&seat.state),
            note: note.into(),
        }
    }

    fn transaction(&self) -> SafeTxView {
        let (proposal, review) = (self.proposal, self.review);
        let rows: BTreeMap<&str, &Row> =
            review.verdict.rows.iter().rev().map(|row| (row.label.as_str(), row)).collect();
        let calls = review.calls.all();
        let call = |call: &&Call| self.call(call, rows.get(format!("call {}", call.index).as_str()).copied());
        let told = |row: &Row| EffectView {
            what: row.label.as_str().into(),
            words: row.parts.iter().map(|part| part.as_str().into()).collect(),
            tone: row.tone,
        };
        let effects =
            review.verdict.rows.iter().filter(|row| matches!(row.label.as_str(), "total" | "allows" | "refund"));
        let safes = self.clerk.treasury.safes();
        SafeTxView {
            safe: self.safe.id,
            version: proposal.at().version,
            nonce: proposal.tx().nonce,
            hashes: *proposal.hashes(),
            source: proposal.source,
            calls: calls.iter().take(MOST_CALLS).map(call).collect(),
            control: review.control.as_ref().map(|(before, after)| control(self, before, after)).unwrap_or_default(),
            effects: effects.map(told).collect(),
            competitors: self.competitors(),
            estimate: self.clerk.estimates.get(&proposal.id).cloned(),
            executions: proposal.executions.iter().rev().map(|execution| self.execution(execution)).collect(),
            posted: proposal.posted.iter().map(|(host, told)| words(&format!("{host}: {}", told.told()))).collect(),
            senders: safes
                .hot_accounts()
                .keys()
                .filter(|address| self.clerk.settings.place.has_account(**address))
                .map(|address| SenderView { account: self.account(*address), told: self.clerk.settings.told.clone() })
                .collect(),
        }
    }

    fn call(&self, call: &Call, row: Option<&Row>) -> CallView {
        let unknown = match &call.meaning {
            Meaning::Unknown(selector) => Some((selector.map(Into::into), call.data.len())),
            _ => None,
        };
        CallView {
            index: call.index,
            depth: call.depth,
            by: self.account(call.by),
            to: self.account(call.to),
            delegate: call.operation == Operation::DelegateCall,
            words: row
                .map(|row| row.parts.iter().map(|part| part.trim_start_matches("· ").into()).collect())
                .unwrap_or_default(),
            unknown,
            inner: call.inner.len(),
            tone: row.map_or(Tone::Plain, |row| row.tone),
        }
    }

    fn competitors(&self) -> Vec<CompetitorView> {
        let own = self.proposal.hashes().safe_tx;
        let same = |other: &&crate::treasury::ethereum::review::facts::Queued| {
            other.nonce == self.proposal.tx().nonce && other.hash != own
        };
        let queue = self.facts.queue.iter().flatten().filter(same);
        let ours = self.clerk.treasury.safes().competitors(self.proposal);
        let competitor = |other: &crate::treasury::ethereum::review::facts::Queued| {
            let known = ours.iter().find(|known| known.hashes().safe_tx == other.hash);
            CompetitorView {
                hash: other.hash,
                number: known.map(|known| self.clerk.number(known.id)),
                signed: other.signed,
            }
        };
        queue.map(competitor).collect()
    }

    fn execution(&self, execution: &Execution) -> ExecutionView {
        let amounts = Amounts::new(self.facts, self.safe.id.chain_id);
        let fees = execution.sender.as_ref().map(|(_, nonce, fees)| {
            let most = U256::from(fees.gas_limit).saturating_mul(fees.max_fee_per_gas);
            let (gas, most) = (fees.gas_limit, amounts.told(Asset::Coin, most));
            format!("nonce {nonce}, {gas} gas, at most {most}")
        });
        let answer = execution.answer.as_ref().map(|(node, answer, _)| {
            let said = match answer {
                Answer::Accepted => "took it".to_owned(),
                Answer::Known => "had it already".to_owned(),
                Answer::Refused { reason, .. } => format!("refused it: {reason}"),
            };
            words(&format!("{node} {said}"))
        });
        ExecutionView {
            tx_hash: execution.tx_hash,
            sender: execution.sender.as_ref().map(|(sender, ..)| self.account(*sender)),
            fees: fees.unwrap_or_default().into(),
            at: execution.at,
            answer: answer.unwrap_or_default(),
            state: execution.state.clone(),
        }
    }
}

fn words(text: &str) -> Arc<str> {
    printable(text).into()
}

/// Enough of an address to know it again where there is little room.
fn short(address: Address) -> String {
    let text = address.to_checksum(None);
    format!("{}…{}", text.get(..6).unwrap_or_default(), text.get(38..).unwrap_or_default())
}

/// What leaves, in a line.
fn leaves(totals: &[Total], amounts: &Amounts<'_>) -> Arc<str> {
    let told = |total: &Total| match total.amount {
        Some(amount) => amounts.told(total.asset, amount),
        None => format!("more than there can be of {}", amounts.name(total.asset)),
    };
    let some: Vec<String> = totals.iter().take(MOST_TOLD).map(told).collect();
    match totals.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        Some(more) => format!("{} +{more}", some.join(", ")).into(),
        None => some.join(", ").into(),
    }
}

/// What all that leaves is worth; nothing as soon as that is not known of some of it.
fn value(totals: &[Total], amounts: &Amounts<'_>) -> Option<Decimal> {
    let mut sum = None;
    for total in totals {
        let worth = amounts.value(total.asset, total.amount?)?;
        sum = Some(sum.unwrap_or(Decimal::ZERO).checked_add(worth)?);
    }
    sum
}

fn control(about: &About<'_>, before: &State, after: &State) -> Vec<ControlView> {
    let told = |address: Address| -> Arc<str> {
        let account = owner_account(about.clerk, about.safe, address);
        match account.name.is_empty() {
            true => address.to_checksum(None).into(),
            false => format!("{} «{}»", address.to_checksum(None), account.name).into(),
        }
    };
    let or_none = |address: Address| if address.is_zero() { "".into() } else { told(address) };
    let quorum = |state: &State| -> Arc<str> { format!("{} of {}", state.threshold, state.owners.len()).into() };
    let mut table = vec![ControlView { what: "quorum", before: quorum(before), after: quorum(after) }];
    let lists = [("owner", &before.owners, &after.owners), ("module", &before.modules, &after.modules)];
    for (what, before, after) in lists {
        let went = before.iter().map(|one| (told(*one), if after.contains(one) { told(*one) } else { "".into() }));
        let came = after.iter().filter(|one| !before.contains(one)).map(|one| ("".into(), told(*one)));
        table.extend(went.chain(came).map(|(before, after)| ControlView { what, before, after }));
    }
    let single = [
        ("guard", before.guard, after.guard),
        ("module guard", before.module_guard, after.module_guard),
        ("fallback handler", before.fallback_handler, after.fallback_handler),
        ("code", before.singleton, after.singleton),
    ];
    let line = |(what, before, after)| ControlView { what, before: or_none(before), after: or_none(after) };
    table.extend(single.map(line));
    table
}

/// The chain's own coin and tokens that leave are a payment, whatever the contract calls it.
const fn kind(found: Found) -> Kind {
    match found {
        Found::Transfer => Kind::Pay,
        Found::Rejection => Kind::Refusal,
        Found::Control => Kind::Control,
        Found::Batch => Kind::Batch,
        Found::Approval => Kind::Nested,
        Found::Allowance => Kind::Allowance,
        Found::Message => Kind::Message,
        Found::Call => Kind::Call,
        Found::Unknown => Kind::Unknown,
    }
}
