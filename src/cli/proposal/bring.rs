//! `exchequer proposal import`: a PSBT from elsewhere becomes a proposal, and its signatures approvals.

use super::super::review::printed;
use super::approve::take_in;
use super::safe::carry;
use crate::cli::treasury::{Writing, files, find, shown};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::bitcoin::psbt::{CombineError, Packet};
use crate::treasury::bitcoin::wallet::WalletId;
use crate::treasury::proposal::{Event, Kind, PackedPacket, Proposal, ProposalId};
use std::path::PathBuf;
use std::time::Duration;

/// What is said about a proposal when it is made.
#[derive(Clone, Debug, clap::Args)]
pub struct Asked {
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub memo: String,
    /// Until when it can be approved and broadcast, such as 12h or 7d
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = duration)]
    pub expires: Duration,
    /// Goes on though the wallet is not armed; that is written down
    #[arg(long)]
    pub unarmed: bool,
}

/// Arguments of `exchequer proposal import`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The PSBT: binary, base64 or hex; or a Safe's transaction with signatures, as JSON; - for the pipe
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Of which wallet; a Safe's transaction names its Safe itself
    #[arg(long, value_name = "WALLET")]
    wallet: Option<String>,
    /// Whose place it takes when it is broadcast
    #[arg(long, value_name = "PROPOSAL")]
    replaces: Option<String>,
    /// It spends by this recovery of the wallet, counted from 0
    #[arg(long, value_name = "NUMBER")]
    recovery: Option<u8>,
    #[command(flatten)]
    asked: Asked,
}

/// Such as `90m`, `12h` or `7d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || "such as 90m, 12h or 7d".to_owned();
    let (number, seconds) = match text.split_at_checked(text.len().saturating_sub(1)) {
        Some((number, "m")) => (number, 60),
        Some((number, "h")) => (number, 3_600),
        Some((number, "d")) => (number, 86_400),
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    match number.checked_mul(seconds) {
        Some(seconds @ 1..=31_536_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("at least a minute and at most a year".to_owned()),
    }
}

/// Imports a PSBT. A file that is there already, with new signatures, is not a second proposal.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let bytes = carry::handed_in(&args.file)?;
    if carry::is_one(&bytes) {
        return carry::import(&bytes, &args.file, &args.asked.memo, args.asked.expires, context);
    }
    let packet = files::packed(&bytes, &args.file)?;
    let Some(name) = &args.wallet else {
        let message = "a PSBT is proposed for a wallet, and none is named";
        return Err(Failure::new(Exit::Usage, "wallet_missing", message).hint("--wallet WALLET"));
    };
    let mut writing = Writing::open(context)?;
    let vault = find::wallet(&writing.treasury, name)?;
    let replaces = args.replaces.as_deref().map(|id| find::proposal(&writing.treasury, id)).transpose()?.map(|p| p.id);
    let (wallet, policy) = (vault.wallet.id(), vault.policy);
    let id = ProposalId::of(&packet.psbt.unsigned_tx, wallet, policy);
    let known = writing.treasury.proposal(id).is_ok();
    if !known {
        let kind = match (replaces, args.recovery) {
            (_, Some(_)) => Kind::BtcRecovery,
            (Some(_), None) => Kind::BtcRbf,
            (None, None) => Kind::BtcSpend,
        };
        let wanted = Wanted { packet: &packet, wallet, kind, replaces, recovery: args.recovery, asked: &args.asked };
        let (_, event) = wanted.event(&writing)?;
        writing.write(event)?;
    }
    let bare = packet == packet.bare();
    let approvals = match if bare { Ok(Vec::new()) } else { take_in(&mut writing, id, &packet, context) } {
        // The very file that was imported before: it is there, and that is all that was asked for.
        Err(failure) if known && failure.key == CombineError::Nothing.code() => Vec::new(),
        approvals => approvals?,
    };
    let ignored: Vec<String> =
        packet.unknown.iter().map(|field| format!("{} {:#04x}", field.place, field.kind)).collect();
    let proposal = writing.treasury.proposal(id)?;
    told(&writing, proposal, &approvals, &ignored, known, context)
}

/// A proposal that somebody wants to make.
pub struct Wanted<'a> {
    /// What is to be signed. Signatures in it are left out: approvals are entries of their own.
    pub packet: &'a Packet,
    /// Of which wallet.
    pub wallet: WalletId,
    /// What it is meant to do.
    pub kind: Kind,
    /// Whose place it takes.
    pub replaces: Option<ProposalId>,
    /// By which recovery it spends.
    pub recovery: Option<u8>,
    /// What is said about it.
    pub asked: &'a Asked,
}

impl Wanted<'_> {
    /// Its id, and the entry that makes it.
    pub fn event(&self, writing: &Writing) -> Result<(ProposalId, Event), Failure> {
        let vault = writing.treasury.vault(self.wallet)?;
        let (policy, armed) = (vault.policy, writing.treasury.is_armed(vault));
        let id = ProposalId::of(&self.packet.psbt.unsigned_tx, self.wallet, policy);
        let event = Event::Proposed {
            proposal: id,
            wallet: self.wallet,
            policy,
            kind: self.kind,
            created_by: std::env::var("USER").unwrap_or_else(|_| "local".to_owned()),
            memo: self.asked.memo.clone(),
            expires_at: writing.now().plus(self.asked.expires),
            replaces: self.replaces,
            recovery: self.recovery,
            unarmed: self.asked.unarmed && !armed,
            packet: PackedPacket::pack(&self.packet.bare()),
        };
        Ok((id, event))
    }
}

fn told(
    writing: &Writing,
    proposal: &Proposal,
    approvals: &[String],
    ignored: &[String],
    known: bool,
    context: &Context,
) -> Result<(), Failure> {
    let (review, _) = super::reviewed(writing, proposal, context)?;
    if context.output.json {
        return context.output.json(&serde_json::json!({
            "known": known, "approved": approvals, "ignored_fields": ignored,
            "proposal": shown::proposal(&writing.treasury, proposal, writing.now()), "review": review.json(),
        }));
    }
    let mut text = printed(&review, context.output.colored());
    for field in ignored {
        text.push_str(&format!("{field} is not known here, and was left out\n"));
    }
    for seat in approvals {
        text.push_str(&format!("approved by {seat}\n"));
    }
    let was = if known { "was there already" } else { "is proposed" };
    text.push_str(&format!("{} {was}: {}\n", proposal.id.short(), proposal.state_at(writing.now()).name()));
    context.output.text(&text)
}
