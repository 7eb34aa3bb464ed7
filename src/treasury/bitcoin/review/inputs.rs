//! The inputs: which are ours, proved by derivation, what they are worth, and whether they may be spent.

use super::code;
use super::facts::Facts;
use super::previous::{Hashed, Spent, spent};
use super::sighash;
use super::spots::{At, Claim, Spots};
use super::value::btc;
use crate::treasury::bitcoin::wallet::{Spot, Wallet};
use crate::treasury::findings::Findings;
use bitcoin::bip32::{DerivationPath, Fingerprint};
use bitcoin::psbt::Input as Map;
use bitcoin::{Amount, OutPoint, Psbt, ScriptBuf, Sequence, XOnlyPublicKey};
use miniscript::descriptor::DescriptorType;
use std::collections::HashSet;

/// How far a script without origins is looked for: a file that was finalized has lost them.
const SEARCHED: u32 = 100;

/// An input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The coin that it spends.
    pub outpoint: OutPoint,
    /// The coin's value, as far as it is known.
    pub value: Option<Amount>,
    /// Whether the value is proved, by the previous transaction or because our signatures commit to it.
    pub proved: bool,
    /// The coin's script, as far as it is known.
    pub script: Option<ScriptBuf>,
    /// Where it is in the wallet, when the wallet derives its script; none for a foreign input.
    pub spot: Option<Spot>,
    /// Its sequence number.
    pub sequence: Sequence,
    /// What people call the coin. Printable.
    pub label: Option<String>,
}

impl Input {
    /// Whether it is the wallet's.
    pub fn ours(&self) -> bool {
        self.spot.is_some()
    }
}

/// Reads the inputs.
pub(super) fn read(
    psbt: &Psbt,
    wallet: &Wallet,
    facts: &Facts,
    spots: &mut Spots<'_>,
    findings: &mut Findings,
) -> Vec<Input> {
    let (mut seen, mut hashed) = (HashSet::new(), Hashed::default());
    let mut inputs = Vec::with_capacity(psbt.inputs.len());
    let mut reader = Reader { facts, spots, findings, taproot: wallet.policy().kind() == DescriptorType::Tr };
    for (at, (entry, map)) in psbt.unsigned_tx.input.iter().zip(&psbt.inputs).enumerate() {
        let outpoint = entry.previous_output;
        if !seen.insert(outpoint) {
            reader.findings.say(code::INPUT_TWICE, format!("input {at} spends {outpoint} a second time"));
        }
        let spent = spent(at, outpoint, map, &mut hashed, reader.findings);
        if spent.coin.is_none() && !spent.wrong {
            let message =
                format!("input {at}: the file does not say what it spends; ask whoever made it to include that");
            reader.findings.say(code::PREVIOUS_MISSING, message);
        }
        let spot = spent.coin.as_ref().and_then(|coin| reader.place(at, &coin.script_pubkey, map));
        if let Some(spot) = spot {
            reader.own(at, spot, map, &spent);
        }
        let taproot = spent.coin.as_ref().is_some_and(|coin| coin.script_pubkey.is_p2tr());
        sighash::check(at, map, taproot, reader.findings);
        let label = reader.coin(at, outpoint, spot.is_some(), &spent);
        inputs.push(Input {
            outpoint,
            value: spent.coin.as_ref().map(|coin| coin.value),
            proved: spent.proved && !spent.wrong,
            script: spent.coin.map(|coin| coin.script_pubkey),
            spot,
            sequence: entry.sequence,
            label,
        });
    }
    let taproot = reader.taproot;
    foreign(&mut inputs, taproot, findings);
    inputs
}

struct Reader<'a, 'w> {
    facts: &'a Facts,
    spots: &'a mut Spots<'w>,
    findings: &'a mut Findings,
    taproot: bool,
}

impl Reader<'_, '_> {
    /// Where a coin is in the wallet, proved.
    fn place(&mut self, at: usize, script: &ScriptBuf, map: &Map) -> Option<Spot> {
        match self.spots.claim(origins(map)) {
            Claim::At(spot) if self.spots.is(spot, script) => {
                if self.spots.lies(spot, keys(map)) {
                    self.findings.say(code::DERIVATION_KEY, format!("input {at}: a key is not the one at {spot}"));
                }
                Some(spot)
            }
            Claim::At(spot) => {
                let message = format!("input {at} claims to be the wallet's {spot}, which has another script");
                self.findings.say(code::INPUT_DERIVATION, message);
                None
            }
            Claim::Scattered => {
                let message = format!("input {at}: its keys claim different spots of the wallet");
                self.findings.say(code::DERIVATION_SCATTERED, message);
                None
            }
            claim => {
                let found = self.unclaimed(script, map);
                if found.is_none() && claim == Claim::Elsewhere {
                    let message =
                        format!("input {at} carries keys of the wallet's cosigners on paths of another wallet");
                    self.findings.say(code::INPUT_DERIVATION, message);
                }
                found
            }
        }
    }

    fn unclaimed(&mut self, script: &ScriptBuf, map: &Map) -> Option<Spot> {
        let hint = self.facts.spots.get(script).copied().or_else(|| self.spots.guess(origins(map)));
        hint.filter(|spot| self.spots.is(*spot, script)).or_else(|| self.spots.search(script, SEARCHED))
    }

    /// What has to hold for an input of ours.
    fn own(&mut self, at: usize, spot: Spot, map: &Map, spent: &Spent) {
        if !self.taproot && !spent.proved && !spent.wrong {
            let value = spent.coin.as_ref().map(|coin| coin.value).unwrap_or_default();
            if self.facts.previous_overridden {
                let message = format!(
                    "input {at}: its value, {}, is a claim without its previous transaction, and was answered for",
                    btc(value)
                );
                self.findings.say(code::PREVIOUS_OVERRIDDEN, message);
            } else {
                let message = format!(
                    "input {at}: without its previous transaction its value, {}, is a claim; ask whoever made the file to \
                     include it",
                    btc(value)
                );
                self.findings.say(code::PREVIOUS_MISSING, message);
            }
        }
        if let Some(derived) = self.spots.at(spot)
            && let Some(what) = differs(map, &derived)
        {
            self.findings.say(code::INPUT_SCRIPT, format!("input {at}: its {what} is not that of the wallet's {spot}"));
        }
    }

    /// What the chain says of a coin, and its label.
    fn coin(&mut self, at: usize, outpoint: OutPoint, ours: bool, spent: &Spent) -> Option<String> {
        let coins = self.facts.coins.as_ref()?;
        let Some(coin) = coins.get(&outpoint) else {
            if ours {
                let message =
                    format!("input {at}: {outpoint} is not among the wallet's coins; it may be spent already");
                self.findings.say(code::COIN_UNKNOWN, message);
            }
            return None;
        };
        if spent.coin.as_ref().is_some_and(|said| said.value != coin.value || said.script_pubkey != coin.script) {
            let message = format!("input {at}: the chain says that this coin is {}", btc(coin.value));
            self.findings.say(code::COIN_DIFFERS, format!("{message}, and the file something else"));
        }
        if coin.frozen {
            self.findings
                .say(code::COIN_FROZEN, format!("input {at}: {outpoint} is frozen; thaw it first, or leave it"));
        }
        let age = coin.height.zip(self.facts.tip).map(|(height, tip)| tip.height.saturating_sub(height));
        match (coin.height, age) {
            (None, _) => {
                self.findings.say(code::COIN_UNCONFIRMED, format!("input {at}: {outpoint} waits to be confirmed"))
            }
            (Some(_), Some(age)) if coin.coinbase && age < 99 => {
                let left = 99_u32.saturating_sub(age);
                self.findings
                    .say(code::COIN_IMMATURE, format!("input {at}: a miner's coin rests for {left} more blocks"));
            }
            _ => {}
        }
        coin.label.as_deref().map(|label| crate::market::printable(label).into_owned())
    }
}

/// Foreign inputs, which may be there, and whose values have to be proved.
fn foreign(inputs: &mut [Input], taproot: bool, findings: &mut Findings) {
    let own = inputs.iter().any(Input::ours);
    if !own && !inputs.is_empty() {
        findings.say(code::NO_OWN_INPUT, "no input is proved to be this wallet's; is it the right wallet?");
    }
    for (at, input) in inputs.iter_mut().enumerate() {
        // Where all of ours is taproot, our signatures commit to every value.
        input.proved |= taproot && own && input.value.is_some();
        if input.ours() {
            continue;
        }
        let value = input.value.map_or_else(|| "an unknown value".to_owned(), btc);
        findings.say(code::FOREIGN_INPUT, format!("input {at} is not this wallet's: {} with {value}", input.outpoint));
        if !input.proved {
            let message = format!("input {at} is not this wallet's, and its value is not proved: the fee may be any");
            findings.say(code::FOREIGN_VALUE, message);
        }
    }
}

/// What of an input's scripts and keys is not the wallet's.
fn differs(map: &Map, derived: &At) -> Option<&'static str> {
    if map.redeem_script.is_some() && map.redeem_script != derived.redeem {
        return Some("redeem script");
    }
    if map.witness_script.is_some() && map.witness_script != derived.witness {
        return Some("witness script");
    }
    let (internal, root) = derived.taproot.map_or((None, None), |(internal, root)| (Some(internal), root));
    if map.tap_internal_key.is_some() && map.tap_internal_key != internal {
        return Some("internal key");
    }
    if map.tap_merkle_root.is_some() && map.tap_merkle_root != root {
        return Some("root of scripts");
    }
    let paid = derived.taproot.and_then(|_| derived.script.as_bytes().get(2..));
    let key = paid.and_then(|bytes| XOnlyPublicKey::from_slice(bytes).ok());
    let leads = |(control, (script, version)): (&bitcoin::taproot::ControlBlock, &(ScriptBuf, _))| {
        key.is_some_and(|key| *version == control.leaf_version && committed(control, key, script))
    };
    (!map.tap_scripts.iter().all(leads)).then_some("tapscript")
}

fn committed(control: &bitcoin::taproot::ControlBlock, key: XOnlyPublicKey, script: &ScriptBuf) -> bool {
    let secp = bitcoin::secp256k1::Secp256k1::verification_only();
    control.verify_taproot_commitment(&secp, key, script)
}

fn origins(map: &Map) -> impl Iterator<Item = (Fingerprint, &DerivationPath)> {
    let taproot = map.tap_key_origins.values().map(|(_, (fingerprint, path))| (*fingerprint, path));
    map.bip32_derivation.values().map(|(fingerprint, path)| (*fingerprint, path)).chain(taproot)
}

fn keys(map: &Map) -> impl Iterator<Item = (XOnlyPublicKey, Fingerprint, &DerivationPath)> {
    let taproot = map.tap_key_origins.iter().map(|(key, (_, (fingerprint, path)))| (*key, *fingerprint, path));
    let plain = map.bip32_derivation.iter().map(|(key, (fingerprint, path))| ((*key).into(), *fingerprint, path));
    plain.chain(taproot)
}
