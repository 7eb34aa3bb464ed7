//! One proposal: what was proposed, where each seat stands, and what became of it.
//!
//! - How many have approved is counted from the seats whose signatures were verified over these very bytes; it is stored
//!   nowhere.
//! - Nothing here changes but through [`super::Treasury::apply`].

use super::event::{Answer, Kind};
use super::packed::{InputSignature, put};
use super::{ProposalId, SeatId, SeatState, State};
use crate::market::Timestamp;
use crate::treasury::bitcoin::policy::Quorum;
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::wallet::WalletId;
use bitcoin::script::PushBytesBuf;
use bitcoin::{BlockHash, OutPoint, ScriptBuf, Transaction, Txid};
use std::sync::Arc;

/// One seat of a proposal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Which key.
    pub id: SeatId,
    /// Where it stands.
    pub state: SeatState,
    pub(super) signatures: Vec<InputSignature>,
}

/// What was given to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The transaction.
    pub txid: Txid,
    /// When it was about to be given.
    pub at: Timestamp,
    /// Which node, what it said, and when. None: nobody knows whether the node has it; ask it.
    pub answer: Option<(String, Answer, Timestamp)>,
}

/// In which block it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mined {
    /// Its height.
    pub height: u32,
    /// The block.
    pub block: BlockHash,
    /// When that was told.
    pub at: Timestamp,
}

/// A proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub id: ProposalId,
    /// For which wallet.
    pub wallet: WalletId,
    /// Under which version of its policy.
    pub policy: u32,
    /// What it is meant to do.
    pub kind: Kind,
    /// Who proposed it. Printable.
    pub created_by: String,
    /// What for. Printable.
    pub memo: String,
    /// When.
    pub created_at: Timestamp,
    /// Until when it can be approved and broadcast.
    pub expires_at: Timestamp,
    /// Whose place it takes when it is broadcast.
    pub replaces: Option<ProposalId>,
    /// By which of the policy's recoveries it spends.
    pub recovery: Option<u8>,
    /// Whether the wallet was not armed.
    pub unarmed: bool,
    /// How many of how many have to sign.
    pub quorum: Quorum,
    /// Every seat that can sign, in the descriptor's order.
    pub seats: Vec<Seat>,
    /// Why it ended, in words. Printable.
    pub ended: Option<String>,
    /// The transaction that was put together.
    pub finalised: Option<Txid>,
    /// What was given to a node.
    pub sent: Option<Sent>,
    /// In which block it is.
    pub mined: Option<Mined>,
    pub(super) state: State,
    pub(super) packet: Arc<Packet>,
}

impl Proposal {
    /// Where it stands as far as entries say.
    pub fn state(&self) -> State {
        self.state
    }

    /// Where it stands at a moment: time runs out without anybody writing it down.
    pub fn state_at(&self, now: Timestamp) -> State {
        if self.state.is_open() && now >= self.expires_at { State::Expired } else { self.state }
    }

    /// What is to be signed, without signatures.
    pub fn packet(&self) -> &Packet {
        &self.packet
    }

    /// What is to be signed, with the signatures that were verified.
    pub fn signed(&self) -> Packet {
        let mut packet = Packet::clone(&self.packet);
        // They were put into this very packet when they were verified, and can be again.
        let _ = put(&mut packet.psbt, self.seats.iter().flat_map(|seat| &seat.signatures));
        packet
    }

    /// The transaction that is signed.
    pub fn unsigned(&self) -> &Transaction {
        &self.packet.psbt.unsigned_tx
    }

    /// The coins that it spends.
    pub fn coins(&self) -> impl Iterator<Item = OutPoint> + '_ {
        self.unsigned().input.iter().map(|input| input.previous_output)
    }

    /// A coin that both spend.
    pub fn shares(&self, other: &Self) -> Option<OutPoint> {
        self.coins().find(|coin| other.coins().any(|theirs| theirs == *coin))
    }

    /// The seats whose signatures over these bytes were verified.
    pub fn approved(&self) -> impl Iterator<Item = &Seat> + '_ {
        self.seats.iter().filter(|seat| matches!(seat.state, SeatState::Approved { .. }))
    }

    /// The seats that refuse.
    pub fn rejected(&self) -> impl Iterator<Item = &Seat> + '_ {
        self.seats.iter().filter(|seat| matches!(seat.state, SeatState::Rejected { .. }))
    }

    /// The seats that have not decided.
    pub fn missing(&self) -> impl Iterator<Item = &Seat> + '_ {
        let decided = |state: &SeatState| matches!(state, SeatState::Approved { .. } | SeatState::Rejected { .. });
        self.seats.iter().filter(move |seat| !decided(&seat.state))
    }

    /// Whether as many distinct keys as it takes have signed.
    pub fn has_quorum(&self) -> bool {
        self.approved().count() >= self.quorum.required
    }

    /// Whether so many refuse that those who are left are too few.
    pub fn is_hopeless(&self) -> bool {
        self.rejected().count() > self.quorum.of.saturating_sub(self.quorum.required)
    }

    /// Whether it was given to a node whose answer nobody has written down, so that the node has to be asked.
    pub fn is_unanswered(&self) -> bool {
        self.state == State::Executing && self.sent.as_ref().is_some_and(|sent| sent.answer.is_none())
    }

    /// The id that its transaction will have, where that is known before it is signed.
    pub fn txid(&self) -> Option<Txid> {
        self.shaped().map(|transaction| transaction.compute_txid())
    }

    /// The transaction as far as it is known before it is signed, with all that its id is made of: everywhere but in old
    /// inputs, whose signatures are a part of it.
    pub fn shaped(&self) -> Option<Transaction> {
        let mut transaction = self.unsigned().clone();
        for (input, map) in transaction.input.iter_mut().zip(&self.packet.psbt.inputs) {
            let spent = map.witness_utxo.as_ref().or_else(|| {
                let index = usize::try_from(input.previous_output.vout).ok()?;
                map.non_witness_utxo.as_ref()?.output.get(index)
            })?;
            if spent.script_pubkey.is_witness_program() {
                continue;
            }
            let redeem = map.redeem_script.as_ref().filter(|script| script.is_witness_program())?;
            input.script_sig =
                ScriptBuf::builder().push_slice(PushBytesBuf::try_from(redeem.to_bytes()).ok()?).into_script();
        }
        Some(transaction)
    }

    /// Whether a transaction is this proposal's.
    pub(super) fn is_its(&self, txid: Txid) -> bool {
        self.finalised.or_else(|| self.txid()).is_none_or(|own| own == txid)
    }

    /// What somebody has to know who thinks that it is over: its signatures hold on chain as long as its coins are there.
    pub fn warning(&self, now: Timestamp) -> Option<String> {
        let over = matches!(
            self.state_at(now),
            State::Expired | State::Cancelled | State::Rejected | State::Failed { .. } | State::Superseded(_)
        );
        let given = self.approved().count();
        (over && given > 0).then(|| {
            let (verb, whoever) = if self.has_quorum() {
                ("are enough", "whoever has them can broadcast the transaction")
            } else {
                ("count", "with the missing ones the transaction can be broadcast")
            };
            format!(
                "{given} of {} signatures were given and stay valid on chain: they {verb} until one of the coins is \
                 spent, and {whoever}; to be sure, spend a coin of it back to the wallet (exchequer propose cancel {})",
                self.quorum.required,
                self.id.short()
            )
        })
    }
}
