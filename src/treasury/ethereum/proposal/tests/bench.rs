//! A treasury for tests: software keys, a Safe of theirs, and a chain that says what it is told to say.

use crate::market::Timestamp;
use crate::treasury::ethereum::deployments::{Contract, on_chain};
use crate::treasury::ethereum::proposal::*;
use crate::treasury::ethereum::{Operation, SafeTx, SafeVersion};
use crate::treasury::proposal::{Answer, Event, Identity, IdentityKey, ProposalId, Refusal, Signer, State, Treasury};
use alloy_primitives::{Address, B256, Bytes, U256, address, keccak256};
use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, SecretKey};

pub const DAY: i64 = 86_400;
pub const SAFE: Address = address!("F71902B32C9854DB8d6f70Afa6Dcf685F7df8d79");
pub const FRIEND: Address = address!("23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f");
pub const SENDER: Address = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + second)
}

pub fn id() -> SafeId {
    SafeId { chain_id: U256::from(1), address: SAFE }
}

fn key(n: u8) -> SecretKey {
    SecretKey::from_slice(&[n + 1; 32]).unwrap()
}

/// The account of a key.
pub fn account(n: u8) -> Address {
    let point = PublicKey::from_secret_key(&Secp256k1::new(), &key(n)).serialize_uncompressed();
    Address::from_slice(&keccak256(&point[1..])[12..])
}

/// A key's signature over a hash.
pub fn sign(n: u8, hash: B256) -> Bytes {
    let signed = Secp256k1::new().sign_ecdsa_recoverable(&Message::from_digest(hash.0), &key(n));
    let (recovery, compact) = signed.serialize_compact();
    [compact.as_slice(), &[u8::try_from(recovery.to_i32()).unwrap() + 27]].concat().into()
}

pub fn identity(n: u8) -> IdentityKey {
    IdentityKey::of(&[100 + n; 32]).unwrap()
}

pub fn stand(required: u64, owners: &[Address]) -> Stand {
    let published = |contract| on_chain(U256::from(1), contract, SafeVersion::V1_4_1)[0];
    let (singleton, pinned) = published(Contract::SafeL2);
    Stand {
        block: 100,
        version: SafeVersion::V1_4_1,
        owners: owners.to_vec(),
        threshold: U256::from(required),
        nonce: U256::from(7),
        modules: vec![],
        guard: Address::ZERO,
        module_guard: Address::ZERO,
        fallback_handler: published(Contract::CompatibilityFallbackHandler).0,
        singleton,
        proxy_code: B256::ZERO,
        singleton_code: pinned.code_hash,
    }
}

pub fn payment(wei: u64, nonce: u64) -> SafeTx {
    SafeTx {
        to: FRIEND,
        value: U256::from(wei),
        data: Bytes::new(),
        operation: Operation::Call,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::from(nonce),
    }
}

pub fn rejection(nonce: u64) -> SafeTx {
    SafeTx { to: SAFE, ..payment(0, nonce) }
}

/// The bytes of an execution, which nobody reads here.
pub fn raw(n: u8) -> Bytes {
    vec![2, n].into()
}

/// What has happened.
#[derive(Clone, Default)]
pub struct Bench {
    pub treasury: Treasury,
}

impl Bench {
    /// A Safe of m of n keys, each spoken for.
    pub fn new(required: u64, of: u8) -> Self {
        let owners: Vec<Address> = (0..of).map(account).collect();
        let mut bench = Self::default();
        bench.does(SafeEvent::Added { safe: id(), name: "Ops".into(), stand: stand(required, &owners) }, 0).unwrap();
        for n in 0..of {
            bench.does(claim(n, identity(n).identity()), 0).unwrap();
        }
        bench
    }

    pub fn does(&mut self, event: SafeEvent, second: i64) -> Result<(), Refusal> {
        self.treasury.apply(&Event::Safe(Box::new(event)), at(second))
    }

    /// Why something cannot be.
    pub fn code(&mut self, event: SafeEvent, second: i64) -> &'static str {
        let before = format!("{:?}", self.treasury);
        let code = self.does(event, second).unwrap_err().code();
        assert_eq!(before, format!("{:?}", self.treasury), "refused, and changed");
        code
    }

    pub fn safe(&self) -> &Safe {
        self.treasury.safe(id()).unwrap()
    }

    pub fn proposed(&self, tx: &SafeTx) -> SafeEvent {
        let safe = self.safe();
        let rejects = SafeKind::rejects(&safe.at(), tx);
        SafeEvent::Proposed {
            proposal: ProposalId::of_safe(&safe.at(), tx, safe.policy),
            safe: id(),
            policy: safe.policy,
            kind: if rejects { SafeKind::SafeReject } else { SafeKind::SafeTx },
            tx: tx.clone(),
            created_by: "alice".into(),
            memo: "rent\u{1b}[2J".into(),
            expires_at: at(DAY),
            source: Source::Own,
            refund_overridden: false,
        }
    }

    pub fn propose(&mut self, tx: &SafeTx) -> ProposalId {
        let event = self.proposed(tx);
        let proposal = event.proposal().unwrap();
        self.does(event, 1).unwrap();
        proposal
    }

    pub fn approved(&self, proposal: ProposalId, n: u8) -> SafeEvent {
        let signature = sign(n, self.proposal(proposal).hashes().safe_tx);
        SafeEvent::Approved { proposal, owner: account(n), signer: Signer::File, signature, on_chain: None }
    }

    pub fn approve(&mut self, proposal: ProposalId, n: u8) -> Result<(), Refusal> {
        self.does(self.approved(proposal, n), 2)
    }

    /// With the signatures of the first keys.
    pub fn ready(&mut self, tx: &SafeTx, signers: u8) -> ProposalId {
        let proposal = self.propose(tx);
        (0..signers).for_each(|n| self.approve(proposal, n).unwrap());
        assert_eq!(self.state(proposal), State::Ready);
        proposal
    }

    pub fn proposal(&self, proposal: ProposalId) -> &SafeProposal {
        self.treasury.safe_proposal(proposal).unwrap()
    }

    pub fn state(&self, proposal: ProposalId) -> State {
        self.proposal(proposal).state()
    }

    /// The chain says that something has changed, some blocks later.
    pub fn sees(&mut self, change: impl FnOnce(&mut Stand)) -> Result<(), Refusal> {
        let mut stand = self.safe().stand.clone();
        stand.block += 1;
        change(&mut stand);
        self.does(SafeEvent::Seen { safe: id(), stand }, 3)
    }

    /// On its way, with a node's answer.
    pub fn send(&mut self, proposal: ProposalId, n: u8) -> B256 {
        self.does(executing(proposal, n), 4).unwrap();
        let tx_hash = keccak256(raw(n));
        self.does(sent(proposal, n, Answer::Accepted), 4).unwrap();
        tx_hash
    }
}

pub fn claim(n: u8, identity: Identity) -> SafeEvent {
    SafeEvent::OwnerClaimed { safe: id(), owner: account(n), identity }
}

pub fn rejected(proposal: ProposalId, n: u8) -> SafeEvent {
    let (key, reason) = (identity(n), "not known".to_owned());
    let signature = key.refuse_for(proposal, account(n), &reason);
    SafeEvent::Rejected { proposal, owner: account(n), reason, identity: key.identity(), signature }
}

pub fn executing(proposal: ProposalId, n: u8) -> SafeEvent {
    let wei = U256::from(2_000_000_000_u64);
    let fees = Fees { gas_limit: 120_000, max_fee_per_gas: wei, max_priority_fee_per_gas: U256::from(1) };
    let (raw, account_nonce) = (raw(n), u64::from(n));
    SafeEvent::Executing { proposal, tx_hash: keccak256(&raw), sender: SENDER, account_nonce, fees, raw }
}

pub fn sent(proposal: ProposalId, n: u8, answer: Answer) -> SafeEvent {
    SafeEvent::Sent { proposal, tx_hash: keccak256(raw(n)), node: "node".into(), answer }
}

pub fn mined(proposal: ProposalId, n: u8, outcome: Outcome) -> SafeEvent {
    let block = B256::repeat_byte(n);
    SafeEvent::Mined { proposal, tx_hash: keccak256(raw(n)), height: 101, block, outcome }
}
