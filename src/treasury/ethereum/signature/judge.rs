//! What the contract says of packed signatures, and why.
//!
//! - The rule is the contract's `checkSignatures`, version by version, with the same reasons in the same order.
//! - A Safe without a threshold takes nothing here, although the oldest contracts would take anything.
//! - 0.1.0 does not look where a contract's signature stands; here it is refused where later ones refuse it.

use super::known::Answers;
use super::{Asked, Known, ONE, Part, Question, SafeFacts};
use crate::treasury::ethereum::SafeVersion;
use alloy_primitives::{Address, B256, U256, keccak256};
use std::fmt;

/// How deep owners may be Safes of Safes; deeper ones are asked on the chain.
const DEEPEST: usize = 4;

/// The most signatures that are looked at for one answer; for what is beyond, the chain is asked.
const MOST: usize = 1_024;

/// Why the contract refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The Safe has no threshold.
    Unset,
    /// There are too few bytes.
    Short,
    /// A contract's signature is said to stand among the first ones.
    Inside,
    /// A contract's signature has no length.
    NoLength,
    /// A contract's signature is cut off.
    Cut,
    /// A contract does not take its signature.
    Contract,
    /// The hash was not approved.
    NotApproved,
    /// It is no owner's, or the owners are not in order, or one is there twice.
    Owner,
    /// What is handed on to contracts is not what is signed.
    Data,
    /// A number runs over, or a contract has no such function: it stops without a reason.
    Bare,
}

/// A refusal, as the contract of one version tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Whose: of the Safe, or of one that owns it.
    pub safe: Address,
    /// The version of that Safe.
    pub version: SafeVersion,
}

impl Refusal {
    /// What the chain says: a text, a code from 1.3.0 on, or nothing.
    pub fn text(&self) -> &'static str {
        let coded = self.version >= SafeVersion::V1_3_0;
        match self.reason {
            Reason::Bare => "",
            _ if self.version == SafeVersion::V0_1_0 => "Invalid signatures provided",
            Reason::Unset if coded => "GS001",
            Reason::Unset => "Threshold needs to be defined!",
            Reason::Short if coded => "GS020",
            Reason::Short => "Signatures data too short",
            Reason::Inside if coded => "GS021",
            Reason::Inside => "Invalid contract signature location: inside static part",
            Reason::NoLength if coded => "GS022",
            Reason::NoLength => "Invalid contract signature location: length not present",
            Reason::Cut if coded => "GS023",
            Reason::Cut => "Invalid contract signature location: data not complete",
            Reason::Contract if coded => "GS024",
            Reason::Contract => "Invalid contract signature provided",
            Reason::NotApproved if coded => "GS025",
            Reason::NotApproved => "Hash has not been approved",
            Reason::Owner if coded => "GS026",
            Reason::Owner => "Invalid owner provided",
            Reason::Data => "GS027",
        }
    }

    /// The same for people.
    pub fn meaning(&self) -> &'static str {
        match self.reason {
            Reason::Unset => "the Safe has no threshold",
            Reason::Short => "there are fewer signatures than the threshold",
            Reason::Inside => "a contract's signature is said to stand among the plain ones",
            Reason::NoLength => "a contract's signature is not where it is said to be",
            Reason::Cut => "a contract's signature is cut off",
            Reason::Contract => "a contract does not take its signature",
            Reason::NotApproved => "the hash was not approved on the chain",
            Reason::Owner => "a signature is by no owner, or they are not in the order of the owners' addresses",
            Reason::Data => "what a contract is asked about is not what is signed",
            Reason::Bare => "a contract does not answer",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text() {
            "" => f.write_str(self.meaning()),
            text => write!(f, "{} ({text})", self.meaning()),
        }
    }
}

/// What the contract says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It takes them: those of these owners.
    Accepted(Vec<Address>),
    /// It does not.
    Refused(Refusal),
    /// It hangs on what the chain answers to each of these.
    Open(Vec<Question>),
}

/// What the contract says of packed signatures when `sender` sends the transaction.
pub fn judge(asked: &Asked, facts: &SafeFacts, packed: &[u8], sender: Option<Address>, known: &Known) -> Outcome {
    let mut court = Court { known, open: Vec::new(), left: MOST };
    match court.signatures(asked, facts, packed, sender, 0) {
        Err(refusal) => Outcome::Refused(refusal),
        Ok(owners) if court.open.is_empty() => Outcome::Accepted(owners),
        Ok(_) => Outcome::Open(court.open),
    }
}

/// Whether a contract takes its signature: what is still open, or why not.
pub(super) fn contract(
    asked: &Asked,
    owner: Address,
    signature: &[u8],
    known: &Known,
) -> Result<Vec<Question>, Refusal> {
    let mut court = Court { known, open: Vec::new(), left: MOST };
    court.contract(asked, owner, signature, 0)?;
    Ok(court.open)
}

/// What is known, what is open, and how much may still be looked at.
struct Court<'a> {
    known: &'a Known,
    open: Vec<Question>,
    left: usize,
}

impl Court<'_> {
    fn signatures(
        &mut self,
        asked: &Asked,
        facts: &SafeFacts,
        packed: &[u8],
        sender: Option<Address>,
        depth: usize,
    ) -> Result<Vec<Address>, Refusal> {
        let refused = |reason| Refusal { reason, safe: asked.at.safe, version: asked.at.version };
        let plain = match facts.threshold.checked_mul(ONE) {
            None | Some(0) => return Err(refused(Reason::Unset)),
            Some(plain) if packed.len() < plain => return Err(refused(Reason::Short)),
            Some(plain) => plain,
        };
        let mut owners: Vec<Address> = Vec::new();
        for part in packed.chunks_exact(ONE).take(facts.threshold).filter_map(Part::of) {
            self.left = self.left.saturating_sub(1);
            let owner = match part.v {
                0 => {
                    if asked.at.version == SafeVersion::V1_4_1 && keccak256(&asked.data) != asked.hash {
                        return Err(refused(Reason::Data));
                    }
                    let signature = tail(packed, &part.s, plain).map_err(refused)?;
                    self.contract(asked, part.address(), signature, depth)?;
                    part.address()
                }
                1 => {
                    let owner = part.address();
                    if sender != Some(owner) && !self.approved(asked, facts, owner) {
                        return Err(refused(Reason::NotApproved));
                    }
                    owner
                }
                31.. if asked.at.version.takes_eth_sign() => part.eth_signer(&asked.hash).unwrap_or_default(),
                _ => part.signer(&asked.hash).unwrap_or_default(),
            };
            if owners.last().is_some_and(|last| owner <= *last) || !facts.owns(&owner) {
                return Err(refused(Reason::Owner));
            }
            owners.push(owner);
        }
        Ok(owners)
    }

    /// Whether the owner has approved the hash, or may have: nobody but an owner can.
    fn approved(&mut self, asked: &Asked, facts: &SafeFacts, owner: Address) -> bool {
        let question = Question::Approved { safe: asked.at.safe, owner, hash: asked.hash };
        match facts.owns(&owner) {
            true => self.ask(question) != Some(false),
            false => self.known.answers.get(&question) == Some(&true),
        }
    }

    /// Asks an owner that is a contract: what is known of it as a Safe, or else the chain.
    fn contract(&mut self, asked: &Asked, owner: Address, signature: &[u8], depth: usize) -> Result<(), Refusal> {
        let question =
            || Question::Valid { contract: owner, subject: asked.subject(), signature: signature.to_vec().into() };
        let refused = |reason| Refusal { reason, safe: asked.at.safe, version: asked.at.version };
        let safe = self.known.safes.get(&owner);
        // Without bytes a Safe looks up what it has signed on the chain.
        let safe = safe.filter(|_| depth < DEEPEST && self.left > 0 && !signature.is_empty());
        match safe.map(|facts| (facts, facts.asked(asked))) {
            Some((facts, Answers::Checks(inner, caller))) => {
                self.signatures(&inner, facts, signature, caller, depth.saturating_add(1)).map(|_| ())
            }
            Some((_, Answers::Never)) => Err(refused(Reason::Bare)),
            Some((_, Answers::Unknown)) | None => match self.ask(question()) {
                Some(false) => Err(refused(Reason::Contract)),
                _ => Ok(()),
            },
        }
    }

    /// The answer to a question; it is open when there is none.
    fn ask(&mut self, question: Question) -> Option<bool> {
        let answer = self.known.answers.get(&question).copied();
        if answer.is_none() && !self.open.contains(&question) {
            self.open.push(question);
        }
        answer
    }
}

/// The bytes of a contract's signature, which start with their length at s, after the `plain` ones.
pub(super) fn tail<'a>(packed: &'a [u8], s: &B256, plain: usize) -> Result<&'a [u8], Reason> {
    let all = U256::from(packed.len());
    let word = U256::from(32);
    let start = U256::from_be_bytes(s.0);
    if start < U256::from(plain) {
        return Err(Reason::Inside);
    }
    let data = start.checked_add(word).ok_or(Reason::Bare)?;
    if data > all {
        return Err(Reason::NoLength);
    }
    let rest = usize::try_from(start).ok().and_then(|start| packed.get(start..)).unwrap_or_default();
    let (length, rest) = rest.split_first_chunk::<32>().ok_or(Reason::NoLength)?;
    let length = U256::from_be_bytes(*length);
    if data.checked_add(length).ok_or(Reason::Bare)? > all {
        return Err(Reason::Cut);
    }
    usize::try_from(length).ok().and_then(|length| rest.get(..length)).ok_or(Reason::Cut)
}
