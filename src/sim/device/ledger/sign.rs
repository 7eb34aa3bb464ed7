//! Signing: the transaction is read map by map, shown, and signed input by input.
//!
//! - Only what is proved counts: an input's value comes out of its previous transaction, or is warned about; change is what
//!   the policy itself makes at a spot of its change branch, whatever the file says of it.
//! - What the app does not sign (another signature hash than ALL, a script without words, too many inputs) it refuses before
//!   it shows anything.

use super::host::{Bytes, Hash, Host, Map, Stop, varint};
use super::job::{Desk, Step};
use super::policy::{Policy, Spot, number};
use super::status::Status;
use crate::sim::device::screen::Screen;
use crate::sim::device::script::{coins, payee};
use bitcoin::bip32::{ChildNumber, Fingerprint};
use bitcoin::hashes::Hash as _;
use bitcoin::key::TapTweak;
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{
    Amount, EcdsaSighashType, OutPoint, ScriptBuf, Sequence, TapSighashType, Transaction, TxIn, TxOut, Txid, Witness,
    absolute, consensus, transaction,
};
use miniscript::{Descriptor, ForEachKey, ToPublicKey};
use std::collections::{BTreeSet, VecDeque};

/// The most inputs, and outputs.
const MOST: u64 = 512;

/// What the host commits to.
struct Committed {
    global: Vec<u8>,
    inputs: u64,
    inputs_root: Hash,
    outputs: u64,
    outputs_root: Hash,
    policy: Hash,
    proof: Hash,
}

/// The transaction's own numbers.
struct Head {
    version: i32,
    lock_time: u32,
}

/// An input that was read.
struct Input {
    outpoint: OutPoint,
    sequence: u32,
    spent: TxOut,
    /// Whether the previous transaction proves the value.
    proved: bool,
    /// Where in the policy it lies.
    spot: Option<Spot>,
}

/// An output that was read.
struct Output {
    paid: TxOut,
    change: bool,
}

/// A transaction on its way.
pub struct Signing {
    committed: Committed,
    /// The policy, and whether it is a registered one.
    policy: Option<(Policy, bool)>,
    head: Option<Head>,
    inputs: Vec<Input>,
    outputs: Vec<Output>,
    signatures: Option<VecDeque<Vec<u8>>>,
}

impl Signing {
    pub fn read(bytes: &mut Bytes<'_>) -> Option<Self> {
        let global = [varint(bytes.varint()?), bytes.hash()?.to_vec(), bytes.hash()?.to_vec()].concat();
        let committed = Committed {
            global,
            inputs: bytes.varint()?,
            inputs_root: bytes.hash()?,
            outputs: bytes.varint()?,
            outputs_root: bytes.hash()?,
            policy: bytes.hash()?,
            proof: bytes.hash()?,
        };
        let (inputs, outputs) = (Vec::new(), Vec::new());
        Some(Self { committed, policy: None, head: None, inputs, outputs, signatures: None })
    }

    pub fn run(&mut self, desk: &mut Desk<'_>) -> Result<Step, Stop> {
        let (inputs, outputs) = (self.committed.inputs, self.committed.outputs);
        if inputs > MOST || outputs > MOST {
            return Err(Status::UNSUPPORTED.into());
        }
        if inputs == 0 || outputs == 0 {
            return Err(Status::INCORRECT.into());
        }
        let fingerprint = desk.keys.fingerprint();
        let (policy, registered) = match &self.policy {
            Some(policy) => policy,
            None => {
                let policy = Policy::read(self.committed.policy, desk.keys, desk.kind(), desk.host)?;
                let registered = policy.admitted(self.committed.proof, desk.keys, desk.coin())?;
                desk.host.forget();
                self.policy.insert((policy, registered))
            }
        };
        let head = match &self.head {
            Some(head) => head,
            None => {
                let head = Head::read(&self.committed, desk.host)?;
                desk.host.forget();
                self.head.insert(head)
            }
        };
        while let Some(index) = at(&self.inputs).filter(|index| *index < inputs) {
            let commitment = desk.host.element(self.committed.inputs_root, inputs, index)?;
            self.inputs.push(Input::read(&commitment, policy, fingerprint, desk.host)?);
            desk.host.forget();
        }
        while let Some(index) = at(&self.outputs).filter(|index| *index < outputs) {
            let commitment = desk.host.element(self.committed.outputs_root, outputs, index)?;
            self.outputs.push(Output::read(&commitment, policy, fingerprint, desk.host)?);
            desk.host.forget();
        }
        if !desk.approved {
            return pages(&self.inputs, &self.outputs, registered.then_some(&policy.name), desk).map(Step::Show);
        }
        let signatures = match &mut self.signatures {
            Some(signatures) => signatures,
            None => {
                self.signatures.insert(signatures(&transaction(head, &self.inputs, &self.outputs), &self.inputs, desk)?)
            }
        };
        Ok(match signatures.pop_front() {
            Some(signature) => Step::Yield(signature),
            None => Step::Done(Vec::new(), Some(Screen::said("Transaction signed", ""))),
        })
    }
}

fn at<T>(read: &[T]) -> Option<u64> {
    u64::try_from(read.len()).ok()
}

impl Head {
    fn read(committed: &Committed, host: &mut Host) -> Result<Self, Stop> {
        let map = Map::read(&committed.global, host)?;
        let count = |value: Option<Vec<u8>>| Bytes(&value?).varint();
        let version = map.number(0x02, host)?.ok_or(Status::INCORRECT)?;
        let lock_time = map.number(0x03, host)?.unwrap_or(0);
        let counts = (count(map.value(&[0x04], host)?), count(map.value(&[0x05], host)?));
        let format = map.number(0xfb, host)?;
        if counts != (Some(committed.inputs), Some(committed.outputs)) || format != Some(2) {
            return Err(Status::INCORRECT.into());
        }
        Ok(Self { version: version.cast_signed(), lock_time })
    }
}

/// The numbers that an input's or output's derivations point to.
fn numbers(map: &Map, kinds: [u8; 2], from: Fingerprint, host: &mut Host) -> Result<BTreeSet<u32>, Stop> {
    let [plain, taproot] = kinds;
    let mut found = BTreeSet::new();
    for key in map.of_type(plain).chain(map.of_type(taproot)) {
        let Some(value) = map.value(key, host)? else { continue };
        let source = match key.first() {
            // A taproot derivation begins with the leaves that the key is in.
            Some(kind) if *kind == taproot => {
                let mut bytes = Bytes(&value);
                let leaves = bytes.varint().filter(|leaves| *leaves <= 16).ok_or(Status::INCORRECT)?;
                for _ in 0..leaves {
                    bytes.hash().ok_or(Status::INCORRECT)?;
                }
                bytes.0.to_vec()
            }
            _ => value,
        };
        found.extend(number(from, &source));
    }
    Ok(found)
}

impl Input {
    fn read(commitment: &[u8], policy: &Policy, from: Fingerprint, host: &mut Host) -> Result<Self, Stop> {
        let map = Map::read(commitment, host)?;
        let txid = map.value(&[0x0e], host)?.and_then(|bytes| Txid::from_slice(&bytes).ok());
        let (txid, vout) = (txid.ok_or(Status::INCORRECT)?, map.number(0x0f, host)?.ok_or(Status::INCORRECT)?);
        let sequence = map.number(0x10, host)?.unwrap_or(u32::MAX);
        // Lock times that inputs ask for: never made by our files, and not simulated.
        if map.of_type(0x11).chain(map.of_type(0x12)).next().is_some() {
            return Err(Status::UNSUPPORTED.into());
        }
        if map.number(0x03, host)?.is_some_and(|kind| kind > 1) {
            return Err(Status::UNSUPPORTED.into());
        }
        let read = |bytes: Vec<u8>| consensus::deserialize::<TxOut>(&bytes).map_err(|_| Status::INCORRECT);
        let witness = map.value(&[0x01], host)?.map(read).transpose()?;
        let proved = match map.value(&[0x00], host)? {
            Some(bytes) => {
                let previous = consensus::deserialize::<Transaction>(&bytes).map_err(|_| Status::INCORRECT)?;
                let output = usize::try_from(vout).ok().and_then(|vout| previous.output.get(vout));
                if previous.compute_txid() != txid {
                    return Err(Status::INCORRECT.into());
                }
                Some(output.cloned().ok_or(Status::INCORRECT)?)
            }
            None => None,
        };
        if matches!((&witness, &proved), (Some(said), Some(proved)) if said != proved) {
            return Err(Status::INCORRECT.into());
        }
        let numbers = numbers(&map, [0x06, 0x16], from, host)?;
        let spent = proved.clone().or(witness).ok_or(Status::INCORRECT)?;
        let spot = policy.find(&spent.script_pubkey, &numbers).map(|(_, spot)| spot);
        let taproot = spent.script_pubkey.is_p2tr();
        let segwit = spot.as_ref().is_none_or(|spot| spot.desc_type().segwit_version().is_some());
        if proved.is_none() && !segwit {
            return Err(Status::INCORRECT.into());
        }
        let proved = proved.is_some() || taproot;
        Ok(Self { outpoint: OutPoint { txid, vout }, sequence, spent, proved, spot })
    }
}

impl Output {
    fn read(commitment: &[u8], policy: &Policy, from: Fingerprint, host: &mut Host) -> Result<Self, Stop> {
        let map = Map::read(commitment, host)?;
        let value = map.value(&[0x03], host)?.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        let script = map.value(&[0x04], host)?.ok_or(Status::INCORRECT)?;
        let value = Amount::from_sat(u64::from_le_bytes(value.ok_or(Status::INCORRECT)?));
        let paid = TxOut { value, script_pubkey: ScriptBuf::from_bytes(script) };
        let numbers = numbers(&map, [0x02, 0x07], from, host)?;
        let change = matches!(policy.find(&paid.script_pubkey, &numbers), Some((true, _)));
        Ok(Self { paid, change })
    }
}

fn sum(mut amounts: impl Iterator<Item = Amount>) -> Option<Amount> {
    amounts.try_fold(Amount::ZERO, Amount::checked_add).filter(|sum| *sum <= Amount::MAX_MONEY)
}

/// What the user sees before the signature.
fn pages(inputs: &[Input], outputs: &[Output], name: Option<&String>, desk: &Desk<'_>) -> Result<Vec<Screen>, Stop> {
    let come = sum(inputs.iter().map(|input| input.spent.value)).ok_or(Status::INCORRECT)?;
    let go = sum(outputs.iter().map(|output| output.paid.value)).ok_or(Status::INCORRECT)?;
    let fee = come.checked_sub(go).ok_or(Status::INCORRECT)?;
    if inputs.iter().all(|input| input.spot.is_none()) {
        return Err(Status::INCORRECT.into());
    }
    let mut pages = Vec::new();
    let mut warn = |text: &str| {
        pages.push(Screen::next("Security risk", text));
        pages.push(Screen::next("Continue anyway", ""));
    };
    if inputs.iter().any(|input| input.spot.is_none()) {
        warn("External inputs");
    }
    if inputs.iter().any(|input| !input.proved) {
        warn("Unverified inputs Update your wallet software");
    }
    pages.push(Screen::next("Review transaction", "to send bitcoin"));
    if let Some(name) = name {
        pages.push(Screen::next("From", name));
    }
    for output in outputs.iter().filter(|output| !output.change) {
        let payee = payee(&output.paid.script_pubkey, desk.network).ok_or(Status::UNSUPPORTED)?;
        pages.push(Screen::next("Amount", coins(output.paid.value, desk.unit())));
        pages.push(Screen::next("To", payee));
    }
    pages.push(Screen::next("Fees", coins(fee, desk.unit())));
    pages.push(Screen::decide("Sign transaction", ""));
    Ok(pages)
}

fn transaction(head: &Head, inputs: &[Input], outputs: &[Output]) -> Transaction {
    let input = inputs.iter().map(|input| TxIn {
        previous_output: input.outpoint,
        sequence: Sequence(input.sequence),
        script_sig: ScriptBuf::new(),
        witness: Witness::new(),
    });
    Transaction {
        version: transaction::Version(head.version),
        lock_time: absolute::LockTime::from_consensus(head.lock_time),
        input: input.collect(),
        output: outputs.iter().map(|output| output.paid.clone()).collect(),
    }
}

/// The signatures, each as the host is to keep it: the input's number, the key, the signature.
fn signatures(transaction: &Transaction, inputs: &[Input], desk: &Desk<'_>) -> Result<VecDeque<Vec<u8>>, Status> {
    let spent: Vec<_> = inputs.iter().map(|input| &input.spent).collect();
    let mut cache = SighashCache::new(transaction);
    let mut yielded = VecDeque::new();
    for (place, input) in inputs.iter().enumerate() {
        let Some(spot) = &input.spot else { continue };
        let mut tell = |key: &[u8], signature: &[u8]| {
            let length = u8::try_from(key.len()).unwrap_or_default();
            let place = varint(u64::try_from(place).unwrap_or_default());
            yielded.push_back([&[0x10], place.as_slice(), &[length], key, signature].concat());
        };
        let paths = own(spot, desk);
        if let Descriptor::Tr(tr) = spot {
            let Some(path) = paths.first().filter(|_| tr.tap_tree().is_none()) else {
                return Err(Status::UNSUPPORTED);
            };
            let digest = cache.taproot_key_spend_signature_hash(place, &Prevouts::All(&spent), TapSighashType::Default);
            let digest = digest.map_err(|_| Status::INCORRECT)?.to_byte_array();
            let signature = desk.keys.taproot(path, None, digest).ok_or(Status::INCORRECT)?;
            let (key, _) = tr.internal_key().to_x_only_pubkey().tap_tweak(desk.keys.secp(), None);
            tell(&key.serialize(), &signature.serialize());
            continue;
        }
        let code = spot.script_code().map_err(|_| Status::INCORRECT)?;
        let digest = match spot.desc_type().segwit_version() {
            Some(_) => cache
                .p2wsh_signature_hash(place, &code, input.spent.value, EcdsaSighashType::All)
                .map_err(|_| Status::INCORRECT)?
                .to_byte_array(),
            None => cache
                .legacy_signature_hash(place, &code, EcdsaSighashType::All.to_u32())
                .map_err(|_| Status::INCORRECT)?
                .to_byte_array(),
        };
        for path in paths {
            let key = desk.keys.public(&path).ok_or(Status::INCORRECT)?;
            let signature = desk.keys.ecdsa(&path, digest).ok_or(Status::INCORRECT)?;
            let all = [EcdsaSighashType::All.to_u32().to_le_bytes().first().copied().unwrap_or_default()];
            tell(&key.serialize(), &[signature.serialize_der().as_ref(), &all].concat());
        }
    }
    Ok(yielded)
}

/// The paths of this device's keys at a spot, each proved by deriving it.
fn own(spot: &Spot, desk: &Desk<'_>) -> Vec<Vec<u32>> {
    let mut paths = Vec::new();
    spot.for_each_key(|key| {
        if key.master_fingerprint() == desk.keys.fingerprint()
            && let Some(path) = key.full_derivation_path()
        {
            let path: Vec<u32> = path.into_iter().map(|step: &ChildNumber| u32::from(*step)).collect();
            if desk.keys.public(&path) == Some(key.to_public_key().inner) {
                paths.push(path);
            }
        }
        true
    });
    paths
}
