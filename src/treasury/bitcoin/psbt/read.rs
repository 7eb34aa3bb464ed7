//! Reads a PSBT of either version into one value, map by map.
//!
//! - A field of the other version is refused, and so is a version's own field that is missing.
//! - The lock time of a v2 file is the one that BIP-370 determines from what its inputs want.

use super::fields::{global, input, output};
use super::raw::{Maps, compact};
use super::value::{At, Budget};
use super::{MAGIC, MOST_PARTS, Packet, PacketError, Place, Unknown, Version};
use bitcoin::absolute::{LOCK_TIME_THRESHOLD, LockTime};
use bitcoin::bip32::{KeySource, Xpub};
use bitcoin::consensus::Decodable;
use bitcoin::psbt::{self, Psbt, PsbtSighashType};
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction};
use std::collections::{BTreeMap, HashSet};

/// Reads the binary form.
pub(super) fn packet(bytes: &[u8]) -> Result<Packet, PacketError> {
    let mut maps = Maps::of(bytes.strip_prefix(MAGIC).ok_or(PacketError::NotPsbt)?);
    let mut reader = Reader { version: Version::V0, budget: Budget::default(), unknown: Vec::new() };
    let head = reader.head(&mut maps)?;
    if let Some(error) = many(&head) {
        return Err(through(maps, &head, reader.version).err().unwrap_or(error));
    }
    let mut psbt = Psbt {
        unsigned_tx: head.tx,
        version: 0,
        xpub: head.xpubs,
        proprietary: Default::default(),
        unknown: Default::default(),
        inputs: Vec::new(),
        outputs: Vec::new(),
    };
    let mut locks = Vec::new();
    for number in places(head.inputs) {
        let (input, spends) = reader.input(&mut maps, Place::Input(number))?;
        psbt.inputs.push(input);
        if let Some(Spends { input, lock }) = spends {
            psbt.unsigned_tx.input.push(input);
            locks.push(lock);
        }
    }
    for number in places(head.outputs) {
        let (output, pays) = reader.output(&mut maps, Place::Output(number))?;
        psbt.outputs.push(output);
        psbt.unsigned_tx.output.extend(pays);
    }
    maps.end()?;
    if reader.version == Version::V2 {
        psbt.unsigned_tx.lock_time = lock_time(&locks, psbt.unsigned_tx.lock_time)?;
    }
    check(&psbt.unsigned_tx)?;
    Ok(Packet { psbt, version: reader.version, unknown: reader.unknown })
}

/// What the global map says.
struct Head {
    tx: Transaction,
    inputs: u64,
    outputs: u64,
    xpubs: BTreeMap<Xpub, KeySource>,
}

/// What an input of a v2 file spends, and until when it waits.
struct Spends {
    input: TxIn,
    lock: Lock,
}

/// Before when an input must not be mined, of either kind.
#[derive(Clone, Copy, Default)]
struct Lock {
    height: Option<u32>,
    time: Option<u32>,
}

struct Reader<'a> {
    version: Version,
    budget: Budget<'a>,
    unknown: Vec<Unknown>,
}

impl<'a> Reader<'a> {
    fn head(&mut self, maps: &mut Maps<'a>) -> Result<Head, PacketError> {
        let place = Place::Global;
        let map = maps.next(place)?;
        let at = |kind| map.iter().find(|field| field.kind == kind).map(|field| At { place, field: *field });
        self.version = match at(global::VERSION).map(|at| at.u32()).transpose()? {
            None | Some(0) => Version::V0,
            Some(2) => Version::V2,
            Some(other) => return Err(PacketError::Version(other)),
        };
        let mut xpubs = BTreeMap::new();
        for field in &map {
            let at = At { place, field: *field };
            match field.kind {
                global::UNSIGNED_TX => self.only(at, Version::V0)?,
                global::TX_VERSION..=global::MODIFIABLE => self.only(at, Version::V2)?,
                global::VERSION => {}
                global::XPUB => unique(at, &mut xpubs, at.xpub(&mut self.budget)?)?,
                _ => self.unknown(at),
            }
        }
        let need = |kind| at(kind).ok_or(PacketError::Missing { place, kind });
        if self.version == Version::V0 {
            let (tx, inputs, outputs) = unsigned(need(global::UNSIGNED_TX)?)?;
            return Ok(Head { tx, inputs, outputs, xpubs });
        }
        let version = transaction::Version(need(global::TX_VERSION)?.u32()?.cast_signed());
        let fallback = at(global::FALLBACK_LOCK_TIME).map(|at| at.u32()).transpose()?.unwrap_or_default();
        if at(global::MODIFIABLE).is_some_and(|at| at.plain().map_or(true, |value| value.len() != 1)) {
            return Err(PacketError::Value { place, kind: global::MODIFIABLE, why: "is not one byte long" });
        }
        let (inputs, outputs) = (need(global::INPUT_COUNT)?.count()?, need(global::OUTPUT_COUNT)?.count()?);
        let lock_time = LockTime::from_consensus(fallback);
        let tx = Transaction { version, lock_time, input: Vec::new(), output: Vec::new() };
        Ok(Head { tx, inputs, outputs, xpubs })
    }

    fn input(&mut self, maps: &mut Maps<'a>, place: Place) -> Result<(psbt::Input, Option<Spends>), PacketError> {
        let mut read = psbt::Input::default();
        let (mut txid, mut index, mut sequence, mut lock) = (None, None, None, Lock::default());
        for field in maps.next(place)? {
            let at = At { place, field };
            let budget = &mut self.budget;
            match field.kind {
                input::PREVIOUS_TX => read.non_witness_utxo = Some(at.consensus("is no transaction")?),
                input::WITNESS_COIN => read.witness_utxo = Some(at.consensus("is no output of a transaction")?),
                input::SIGNATURE => unique(at, &mut read.partial_sigs, at.signature(budget)?)?,
                input::SIGHASH => read.sighash_type = Some(PsbtSighashType::from_u32(at.u32()?)),
                input::REDEEM_SCRIPT => read.redeem_script = Some(at.script()?),
                input::WITNESS_SCRIPT => read.witness_script = Some(at.script()?),
                input::DERIVATION => unique(at, &mut read.bip32_derivation, at.derivation(budget)?)?,
                input::FINAL_SCRIPT => read.final_script_sig = Some(at.script()?),
                input::FINAL_WITNESS => read.final_script_witness = Some(at.witness()?),
                input::RIPEMD160 => unique(at, &mut read.ripemd160_preimages, at.preimage()?)?,
                input::SHA256 => unique(at, &mut read.sha256_preimages, at.preimage()?)?,
                input::HASH160 => unique(at, &mut read.hash160_preimages, at.preimage()?)?,
                input::HASH256 => unique(at, &mut read.hash256_preimages, at.preimage()?)?,
                input::TAP_KEY_SIGNATURE => read.tap_key_sig = Some(at.schnorr(at.plain()?)?),
                input::TAP_SCRIPT_SIGNATURE => {
                    let key = at.leaf_key(budget)?;
                    unique(at, &mut read.tap_script_sigs, (key, at.schnorr(field.value)?))?;
                }
                input::TAP_LEAF => unique(at, &mut read.tap_scripts, at.leaf(budget)?)?,
                input::TAP_DERIVATION => unique(at, &mut read.tap_key_origins, at.tap_derivation(budget)?)?,
                input::TAP_INTERNAL_KEY => read.tap_internal_key = Some(at.internal_key(budget)?),
                input::TAP_MERKLE_ROOT => read.tap_merkle_root = Some(at.merkle_root()?),
                input::PREVIOUS_TXID..=input::LOCK_HEIGHT => {
                    self.only(at, Version::V2)?;
                    match field.kind {
                        input::PREVIOUS_TXID => txid = Some(at.hash::<Txid>()?),
                        input::OUTPUT_INDEX => index = Some(at.u32()?),
                        input::SEQUENCE => sequence = Some(Sequence(at.u32()?)),
                        input::LOCK_TIME => lock.time = Some(time(at)?),
                        _ => lock.height = Some(height(at)?),
                    }
                }
                _ => self.unknown(at),
            }
        }
        if self.version == Version::V0 {
            return Ok((read, None));
        }
        let txid = txid.ok_or(PacketError::Missing { place, kind: input::PREVIOUS_TXID })?;
        let vout = index.ok_or(PacketError::Missing { place, kind: input::OUTPUT_INDEX })?;
        let input = TxIn {
            previous_output: OutPoint { txid, vout },
            script_sig: ScriptBuf::new(),
            sequence: sequence.unwrap_or(Sequence::MAX),
            witness: Witness::new(),
        };
        Ok((read, Some(Spends { input, lock })))
    }

    fn output(&mut self, maps: &mut Maps<'a>, place: Place) -> Result<(psbt::Output, Option<TxOut>), PacketError> {
        let mut read = psbt::Output::default();
        let (mut amount, mut script) = (None, None);
        for field in maps.next(place)? {
            let at = At { place, field };
            let budget = &mut self.budget;
            match field.kind {
                output::REDEEM_SCRIPT => read.redeem_script = Some(at.script()?),
                output::WITNESS_SCRIPT => read.witness_script = Some(at.script()?),
                output::DERIVATION => unique(at, &mut read.bip32_derivation, at.derivation(budget)?)?,
                output::TAP_INTERNAL_KEY => read.tap_internal_key = Some(at.internal_key(budget)?),
                output::TAP_TREE => read.tap_tree = Some(at.tree(budget)?),
                output::TAP_DERIVATION => unique(at, &mut read.tap_key_origins, at.tap_derivation(budget)?)?,
                output::AMOUNT => {
                    self.only(at, Version::V2)?;
                    amount = Some(Amount::from_sat(at.u64()?));
                }
                output::SCRIPT => {
                    self.only(at, Version::V2)?;
                    script = Some(at.script()?);
                }
                _ => self.unknown(at),
            }
        }
        if self.version == Version::V0 {
            return Ok((read, None));
        }
        let value = amount.ok_or(PacketError::Missing { place, kind: output::AMOUNT })?;
        let script_pubkey = script.ok_or(PacketError::Missing { place, kind: output::SCRIPT })?;
        Ok((read, Some(TxOut { value, script_pubkey })))
    }

    /// The field is one of that version only.
    fn only(&self, at: At<'_>, version: Version) -> Result<(), PacketError> {
        let misplaced = PacketError::Misplaced { place: at.place, kind: at.field.kind, version: self.version };
        if self.version == version { Ok(()) } else { Err(misplaced) }
    }

    fn unknown(&mut self, at: At<'_>) {
        self.unknown.push(Unknown { place: at.place, kind: at.field.kind, length: at.field.value.len() });
    }
}

/// Two keys of a map can be one key, written compressed and not.
fn unique<K: Ord, V>(at: At<'_>, map: &mut BTreeMap<K, V>, (key, value): (K, V)) -> Result<(), PacketError> {
    let twice = PacketError::Twice { place: at.place, kind: at.field.kind };
    if map.insert(key, value).is_some() { Err(twice) } else { Ok(()) }
}

/// The numbers of so many maps.
fn places(count: u64) -> impl Iterator<Item = usize> {
    0..usize::try_from(count).unwrap_or(usize::MAX)
}

/// Whether there are more parts than are read.
fn many(head: &Head) -> Option<PacketError> {
    let most = u64::try_from(MOST_PARTS).unwrap_or(u64::MAX);
    let (inputs, outputs) = (head.inputs, head.outputs);
    let inputs = (inputs > most).then_some(PacketError::Inputs(inputs));
    inputs.or_else(|| (outputs > most).then_some(PacketError::Outputs(outputs)))
}

/// Whether all the maps that a file claims to have are there: one that has too many is still told from one that lies. No
/// map of version 2 is empty, so that few bytes cannot stand for many maps.
fn through(mut maps: Maps<'_>, head: &Head, version: Version) -> Result<(), PacketError> {
    let inputs = places(head.inputs).map(|number| (Place::Input(number), input::PREVIOUS_TXID));
    let outputs = places(head.outputs).map(|number| (Place::Output(number), output::AMOUNT));
    for (place, kind) in inputs.chain(outputs) {
        if maps.next(place)?.is_empty() && version == Version::V2 {
            return Err(PacketError::Missing { place, kind });
        }
    }
    maps.end()
}

/// The transaction of a v0 file, without witnesses, also where it has no inputs; and how many inputs and outputs it has:
/// no more are kept than one too many.
fn unsigned(at: At<'_>) -> Result<(Transaction, u64, u64), PacketError> {
    let mut left = at.plain()?;
    let bad = |_| at.bad("is no transaction without witnesses");
    let version = Decodable::consensus_decode(&mut left).map_err(bad)?;
    let inputs = compact(&mut left, at.place)?;
    let input: Vec<TxIn> = parts(&mut left, inputs).map_err(bad)?;
    let outputs = compact(&mut left, at.place)?;
    let output = parts(&mut left, outputs).map_err(bad)?;
    let lock_time = Decodable::consensus_decode(&mut left).map_err(bad)?;
    if !left.is_empty() {
        return Err(at.bad("is followed by more in its field"));
    }
    if let Some(signed) = input.iter().position(|input| !input.script_sig.is_empty()) {
        return Err(PacketError::Signed(signed));
    }
    Ok((Transaction { version, lock_time, input, output }, inputs, outputs))
}

fn parts<T: Decodable>(left: &mut &[u8], count: u64) -> Result<Vec<T>, bitcoin::consensus::encode::Error> {
    let mut parts = Vec::new();
    for _ in 0..count {
        let part = T::consensus_decode(left)?;
        if parts.len() <= MOST_PARTS {
            parts.push(part);
        }
    }
    Ok(parts)
}

fn time(at: At<'_>) -> Result<u32, PacketError> {
    let time = at.u32()?;
    if time >= LOCK_TIME_THRESHOLD { Ok(time) } else { Err(at.bad("is not a time")) }
}

fn height(at: At<'_>) -> Result<u32, PacketError> {
    let height = at.u32()?;
    if (1..LOCK_TIME_THRESHOLD).contains(&height) { Ok(height) } else { Err(at.bad("is not a height")) }
}

/// The lock time that all inputs can live with; a height where both kinds would do.
fn lock_time(locks: &[Lock], fallback: LockTime) -> Result<LockTime, PacketError> {
    let waiting = || locks.iter().filter(|lock| lock.height.is_some() || lock.time.is_some());
    let all = |kind: fn(&Lock) -> Option<u32>| waiting().map(kind).collect::<Option<Vec<_>>>()?.into_iter().max();
    if waiting().next().is_none() {
        return Ok(fallback);
    }
    let chosen = all(|lock| lock.height).or_else(|| all(|lock| lock.time));
    chosen.map(LockTime::from_consensus).ok_or(PacketError::LockTimes)
}

/// What holds for a transaction of either version.
fn check(tx: &Transaction) -> Result<(), PacketError> {
    let mut coins = HashSet::with_capacity(tx.input.len());
    if let Some(twice) = tx.input.iter().find(|input| !coins.insert(input.previous_output)) {
        return Err(PacketError::SpentTwice(twice.previous_output));
    }
    match tx.output.iter().position(|output| output.value > Amount::MAX_MONEY) {
        Some(number) => Err(PacketError::Money(Place::Output(number))),
        None => Ok(()),
    }
}
