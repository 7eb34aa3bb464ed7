//! Wallets and proposals as scripts and people read them.

use crate::market::Timestamp;
use crate::treasury::bitcoin::policy::Lock;
use crate::treasury::bitcoin::wallet::kind_name;
use crate::treasury::proposal::{Answer, Proposal, SeatId, SeatState, Treasury, Vault};
use serde_json::{Value, json};

/// A wallet for scripts.
pub fn vault(treasury: &Treasury, vault: &Vault) -> Value {
    let (wallet, policy) = (&vault.wallet, vault.wallet.policy());
    let seats: Vec<Value> = SeatId::all(policy)
        .map(|(seat, key)| {
            json!({
                "seat": format!("{seat}.{}", seat.place),
                "fingerprint": seat.fingerprint,
                "name": vault.names.get(&seat),
                "path": format!("m/{}", key.path),
                "xpub": key.xpub,
                "confirmed_at": vault.confirmed.get(&seat).map(Timestamp::to_string),
                "identity": vault.claims.get(&seat),
                "hot": treasury.is_hot(seat.fingerprint),
            })
        })
        .collect();
    let recovery: Vec<Value> = policy
        .recovery()
        .iter()
        .map(|way| json!({ "required": way.required, "of": way.seats.len(), "opens": opens(way.lock) }))
        .collect();
    json!({
        "id": wallet.id(),
        "name": wallet.name(),
        "network": wallet.network().to_string(),
        "kind": kind_name(policy.kind()),
        "required": policy.quorum().required,
        "of": policy.quorum().of,
        "policy_version": vault.policy,
        "armed": treasury.is_armed(vault),
        "archived": vault.archived,
        "format": vault.format,
        "notes": vault.notes,
        "added_at": vault.added_at.to_string(),
        "first_address": vault.first_address(),
        "descriptors": wallet.descriptors(),
        "cosigners": seats,
        "recovery": recovery,
    })
}

/// When a recovery opens, in words.
pub fn opens(lock: Lock) -> String {
    match lock {
        Lock::Older(time) => format!("after {time}"),
        Lock::After(time) => format!("from {time}"),
    }
}

/// A proposal for scripts.
pub fn proposal(treasury: &Treasury, proposal: &Proposal, now: Timestamp) -> Value {
    let vault = treasury.vault(proposal.wallet).ok();
    let name = |seat: SeatId| vault.and_then(|vault| vault.names.get(&seat).cloned());
    let seats: Vec<Value> = proposal
        .seats
        .iter()
        .map(|seat| {
            let (signer, at, said) = told(&seat.state);
            json!({
                "seat": format!("{}.{}", seat.id, seat.id.place), "fingerprint": seat.id.fingerprint,
                "name": name(seat.id), "state": seat.state.name(), "signer": signer, "at": at.map(Timestamp::to_string), "said": said,
                "hot": treasury.is_hot(seat.id.fingerprint),
            })
        })
        .collect();
    let competitors: Vec<Value> = treasury
        .competitors(proposal)
        .iter()
        .map(|(other, coin)| json!({ "id": other.id, "state": other.state_at(now).name(), "coin": coin }))
        .collect();
    let sent = proposal.sent.as_ref().map(|sent| {
        let (node, answer, reason) = match &sent.answer {
            None => (None, "unknown", None),
            Some((node, Answer::Accepted, _)) => (Some(node), "accepted", None),
            Some((node, Answer::Known, _)) => (Some(node), "known", None),
            Some((node, Answer::Refused { reason, .. }, _)) => (Some(node), "refused", Some(reason)),
        };
        json!({ "txid": sent.txid, "at": sent.at.to_string(), "node": node, "answer": answer, "reason": reason })
    });
    json!({
        "id": proposal.id,
        "wallet": vault.map(|vault| vault.wallet.name()),
        "wallet_id": proposal.wallet,
        "policy_version": proposal.policy,
        "kind": proposal.kind.name(),
        "state": proposal.state_at(now).name(),
        "ended": proposal.ended,
        "created_by": proposal.created_by,
        "created_at": proposal.created_at.to_string(),
        "expires_at": proposal.expires_at.to_string(),
        "memo": proposal.memo,
        "unarmed": proposal.unarmed,
        "replaces": proposal.replaces,
        "txid": proposal.txid(),
        "required": proposal.quorum.required,
        "of": proposal.quorum.of,
        "collected": proposal.approved().count(),
        "seats": seats,
        "competitors": competitors,
        "finalised": proposal.finalised,
        "broadcast": sent,
        "confirmed": proposal.mined.map(|mined| json!({ "height": mined.height, "block": mined.block })),
        "warning": proposal.warning(now),
    })
}

/// Satoshi as people read them, with all eight decimals.
pub fn btc(amount: bitcoin::Amount) -> String {
    format!("{:.8} BTC", amount.display_in(bitcoin::Denomination::Bitcoin))
}

/// A QR code in fixed colours: scanners want light around dark, whatever the terminal's theme.
pub fn light_on_dark(code: &crate::treasury::exchange::qr::Code) -> String {
    code.rows.iter().map(|row| format!("\x1b[97;40m{row}\x1b[0m\n")).collect()
}

/// What is told of where a seat stands: what signed, when it came to stand so, and what was said.
pub fn told(state: &SeatState) -> (Option<&'static str>, Option<&Timestamp>, Option<&String>) {
    match state {
        SeatState::Pending => (None, None, None),
        SeatState::Viewed { digest, at } => (None, Some(at), Some(digest)),
        SeatState::AwaitingDevice { since } => (None, Some(since), None),
        SeatState::Approved { signer, at } => (Some(signer.name()), Some(at), None),
        SeatState::Rejected { reason, at } => (None, Some(at), Some(reason)),
        SeatState::Failed { code, at } => (None, Some(at), Some(code)),
    }
}
