//! What the app asks its host for while a command runs: preimages and leaves of Merkle trees.
//!
//! - The app keeps no transaction: it holds hashes and asks for what is behind them, one question at a time, each answered
//!   by a CONTINUE. Nothing is believed: a preimage is hashed, a leaf is proved against the root.
//! - Whoever reads runs until something is not there yet, says what ([`Stop::Ask`]), and runs again with the answer.
//!
//! Protocol: <https://github.com/LedgerHQ/app-bitcoin-new/blob/develop/doc/bitcoin.md>,
//! trees: <https://github.com/LedgerHQ/app-bitcoin-new/blob/develop/doc/merkle.md>

use super::status::Status;
use bitcoin::hashes::{Hash as _, HashEngine, sha256};
use std::collections::HashMap;

/// A SHA-256.
pub type Hash = [u8; 32];

/// The longest preimage: more than any transaction that a node relays.
const MAX_PREIMAGE: u64 = 1 << 20;

/// The most leaves of a tree.
const MAX_LEAVES: u64 = 1 << 16;

/// Why a command does not go on.
#[derive(Debug, PartialEq, Eq)]
pub enum Stop {
    /// The host is asked for something.
    Ask(Vec<u8>),
    /// The command ends.
    Refuse(Status),
}

impl From<Status> for Stop {
    fn from(status: Status) -> Self {
        Self::Refuse(status)
    }
}

/// A question that is open.
enum Question {
    Preimage { hash: Hash, wanted: usize, got: Vec<u8> },
    Leaf { place: Place, leaf: Hash, wanted: usize, proof: Vec<Hash> },
    Index { root: Hash, leaf: Hash },
}

/// A leaf's place: the tree, its size and the number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    root: Hash,
    size: u64,
    index: u64,
}

/// What the host has told so far.
#[derive(Default)]
pub struct Host {
    open: Option<Question>,
    preimages: HashMap<Hash, Vec<u8>>,
    leaves: HashMap<Place, Hash>,
    indexes: HashMap<(Hash, Hash), u64>,
}

/// The SHA-256 of some bytes.
pub fn sha(parts: &[&[u8]]) -> Hash {
    let mut engine = sha256::Hash::engine();
    parts.iter().for_each(|part| engine.input(part));
    sha256::Hash::from_engine(engine).to_byte_array()
}

/// A number as Bitcoin writes lengths.
pub fn varint(number: u64) -> Vec<u8> {
    bitcoin::consensus::serialize(&bitcoin::VarInt(number))
}

/// The root that a leaf and its proof lead to.
fn root(place: Place, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    let (mut index, mut size, mut right) = (place.index, place.size, Vec::new());
    while size > 1 {
        let left = size.next_power_of_two() >> 1;
        right.push(index >= left);
        (index, size) = if index >= left { (index.checked_sub(left)?, size.checked_sub(left)?) } else { (index, left) };
    }
    (right.len() == proof.len()).then(|| {
        right.iter().rev().zip(proof).fold(leaf, |node, (right, sibling)| {
            if *right { sha(&[&[1], sibling, &node]) } else { sha(&[&[1], &node, sibling]) }
        })
    })
}

impl Host {
    /// Forgets what was told, so that a long command keeps only what it is reading.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// The bytes behind a hash.
    pub fn preimage(&mut self, hash: Hash) -> Result<Vec<u8>, Stop> {
        if let Some(known) = self.preimages.get(&hash) {
            return Ok(known.clone());
        }
        self.open = Some(Question::Preimage { hash, wanted: 0, got: Vec::new() });
        Err(Stop::Ask([&[0x40, 0], hash.as_slice()].concat()))
    }

    /// A leaf of a tree.
    fn leaf(&mut self, place: Place) -> Result<Hash, Stop> {
        if place.index >= place.size || place.size > MAX_LEAVES {
            return Err(Status::INCORRECT.into());
        }
        if let Some(known) = self.leaves.get(&place) {
            return Ok(*known);
        }
        self.open = Some(Question::Leaf { place, leaf: [0; 32], wanted: 0, proof: Vec::new() });
        Err(Stop::Ask([&[0x41], place.root.as_slice(), &varint(place.size), &varint(place.index)].concat()))
    }

    /// Which leaf a tree has a hash at, as the host says: the leaf is yet to be proved.
    fn index(&mut self, root: Hash, leaf: Hash) -> Result<u64, Stop> {
        if let Some(known) = self.indexes.get(&(root, leaf)) {
            return Ok(*known);
        }
        self.open = Some(Question::Index { root, leaf });
        Err(Stop::Ask([&[0x42], root.as_slice(), leaf.as_slice()].concat()))
    }

    /// An element of a list.
    pub fn element(&mut self, root: Hash, size: u64, index: u64) -> Result<Vec<u8>, Stop> {
        let leaf = self.leaf(Place { root, size, index })?;
        match self.preimage(leaf)?.split_first() {
            Some((0, element)) => Ok(element.to_vec()),
            _ => Err(Status::INCORRECT.into()),
        }
    }

    /// Every element of a list.
    pub fn list(&mut self, root: Hash, size: u64) -> Result<Vec<Vec<u8>>, Stop> {
        (0..size).map(|index| self.element(root, size, index)).collect()
    }

    /// Takes the host's answer to the open question. More of the same may have to be asked for.
    pub fn answer(&mut self, data: &[u8]) -> Result<(), Stop> {
        let mut bytes = Bytes(data);
        let question = self.open.take().ok_or(Status::BAD_STATE)?;
        match question {
            Question::Preimage { hash, wanted, mut got } => {
                let (wanted, now) = if wanted == 0 {
                    let wanted = bytes.varint().filter(|wanted| (1..=MAX_PREIMAGE).contains(wanted));
                    let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok()).ok_or(Status::INCORRECT)?;
                    (wanted, bytes.byte().ok_or(Status::INCORRECT)?)
                } else {
                    (wanted, bytes.elements(1)?)
                };
                got.extend_from_slice(bytes.0);
                if bytes.0.len() != usize::from(now) || now == 0 || got.len() > wanted {
                    return Err(Status::INCORRECT.into());
                }
                if got.len() < wanted {
                    return self.more(Question::Preimage { hash, wanted, got });
                }
                if sha(&[&got]) != hash {
                    return Err(Status::INCORRECT.into());
                }
                self.preimages.insert(hash, got);
            }
            Question::Leaf { place, mut leaf, mut wanted, mut proof } => {
                let now = if leaf == [0; 32] {
                    leaf = bytes.hash().ok_or(Status::INCORRECT)?;
                    wanted = usize::from(bytes.byte().ok_or(Status::INCORRECT)?);
                    bytes.byte().ok_or(Status::INCORRECT)?
                } else {
                    bytes.elements(32)?
                };
                for _ in 0..now {
                    proof.push(bytes.hash().ok_or(Status::INCORRECT)?);
                }
                if !bytes.0.is_empty() || proof.len() > wanted || (now == 0 && wanted > 0) {
                    return Err(Status::INCORRECT.into());
                }
                if proof.len() < wanted {
                    return self.more(Question::Leaf { place, leaf, wanted, proof });
                }
                if root(place, leaf, &proof) != Some(place.root) {
                    return Err(Status::INCORRECT.into());
                }
                self.leaves.insert(place, leaf);
            }
            Question::Index { root, leaf } => {
                let index = bytes.byte().filter(|found| *found == 1).and_then(|_| bytes.varint());
                self.indexes.insert((root, leaf), index.ok_or(Status::INCORRECT)?);
            }
        }
        Ok(())
    }

    fn more(&mut self, question: Question) -> Result<(), Stop> {
        self.open = Some(question);
        Err(Stop::Ask(vec![0xa0]))
    }
}

/// A map of keys and values, known by the roots of both lists.
pub struct Map {
    size: u64,
    keys_root: Hash,
    values_root: Hash,
    keys: Vec<Vec<u8>>,
}

impl Map {
    /// The map behind a commitment: all its keys are read, and must be in order and different.
    pub fn read(commitment: &[u8], host: &mut Host) -> Result<Self, Stop> {
        let mut bytes = Bytes(commitment);
        let parts = (bytes.varint(), bytes.hash(), bytes.hash(), bytes.0.is_empty());
        let (Some(size), Some(keys_root), Some(values_root), true) = parts else {
            return Err(Status::INCORRECT.into());
        };
        let keys = host.list(keys_root, size)?;
        if !keys.iter().zip(keys.iter().skip(1)).all(|(before, after)| before < after) {
            return Err(Status::INCORRECT.into());
        }
        Ok(Self { size, keys_root, values_root, keys })
    }

    /// The keys of one type.
    pub fn of_type(&self, kind: u8) -> impl Iterator<Item = &[u8]> {
        self.keys.iter().filter(move |key| key.first() == Some(&kind)).map(Vec::as_slice)
    }

    /// The value of a key, where the map has the key.
    pub fn value(&self, key: &[u8], host: &mut Host) -> Result<Option<Vec<u8>>, Stop> {
        if !self.keys.iter().any(|there| there == key) {
            return Ok(None);
        }
        let leaf = sha(&[&[0], key]);
        let index = host.index(self.keys_root, leaf)?;
        if host.leaf(Place { root: self.keys_root, size: self.size, index })? != leaf {
            return Err(Status::INCORRECT.into());
        }
        host.element(self.values_root, self.size, index).map(Some)
    }

    /// A value of four bytes.
    pub fn number(&self, key: u8, host: &mut Host) -> Result<Option<u32>, Stop> {
        let Some(value) = self.value(&[key], host)? else { return Ok(None) };
        let bytes = <[u8; 4]>::try_from(value.as_slice()).map_err(|_| Status::INCORRECT)?;
        Ok(Some(u32::from_le_bytes(bytes)))
    }
}

/// Bytes that are read from the front.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub fn hash(&mut self) -> Option<Hash> {
        self.take(32)?.try_into().ok()
    }

    pub fn be32(&mut self) -> Option<u32> {
        Some(u32::from_be_bytes(self.take(4)?.try_into().ok()?))
    }

    pub fn varint(&mut self) -> Option<u64> {
        let (number, read) = bitcoin::consensus::deserialize_partial::<bitcoin::VarInt>(self.0).ok()?;
        self.take(read)?;
        Some(number.0)
    }

    /// The head of more elements of a length: how many there are.
    fn elements(&mut self, length: u8) -> Result<u8, Stop> {
        let count = self.byte().ok_or(Status::INCORRECT)?;
        match self.byte() {
            Some(each) if each == length => Ok(count),
            _ => Err(Status::INCORRECT.into()),
        }
    }

    /// A path of at most `most` steps, after its length.
    pub fn path(&mut self, most: u8) -> Option<Vec<u32>> {
        let length = self.byte().filter(|length| *length <= most)?;
        (0..length).map(|_| self.be32()).collect()
    }
}
