//! What makes an output ours, and what makes a claim to be ours an attack (T1, T2).
//!
//! - An output is ours only when its script is the one that the wallet's descriptor derives at one spot, within reach of
//!   the addresses that are used. It is *change* on the row for change, and *self* on the row to receive.
//! - An output whose keys claim to be ours and that is not is worse than a foreign one: whoever made it wants it to be
//!   taken for change. It is a block.
//! - Reach is the last used index and the gap. Where nobody knows what was used, it is what devices accept, and what is
//!   far from the coins that are spent is a warning.

use super::code;
use super::facts::Facts;
use super::spots::{Claim, Spots};
use crate::treasury::bitcoin::wallet::{GAP, Spot};
use crate::treasury::findings::Findings;
use bitcoin::bip32::{DerivationPath, Fingerprint};
use bitcoin::psbt::Output as Map;
use bitcoin::{ScriptBuf, TxOut, XOnlyPublicKey};

/// The highest index that is believed when nobody knows what was used: Trezor's rule for change.
pub const HIGHEST: u32 = 1_000_000;

/// How far beyond the coins that are spent an index is ordinary when nobody knows what was used.
const ORDINARY: u32 = 1_000;

/// Tells own outputs from others.
pub(super) struct Prover<'a, 'w> {
    pub facts: &'a Facts,
    pub spots: &'a mut Spots<'w>,
    pub findings: &'a mut Findings,
    /// The highest index of the coins that are spent.
    pub spent: u32,
}

impl Prover<'_, '_> {
    /// Where output `at` is in the wallet, if it is proved to be ours.
    pub fn prove(&mut self, at: usize, output: &TxOut, map: &Map) -> Option<Spot> {
        let script = &output.script_pubkey;
        self.scripts(at, script, map);
        let spot = match self.spots.claim(origins(map)) {
            Claim::At(spot) if self.spots.is(spot, script) => spot,
            Claim::At(spot) => {
                let message = format!(
                    "output {at} claims to be the wallet's {spot} and pays another script: it is not change, it leaves \
                     the wallet"
                );
                self.findings.say(code::CHANGE_WRONG_SCRIPT, message);
                return None;
            }
            Claim::Scattered => {
                let message = format!(
                    "output {at}: its keys claim different spots of the wallet; what is paid there could be held for \
                     ransom"
                );
                self.findings.say(code::DERIVATION_SCATTERED, message);
                return None;
            }
            claim => match self.unclaimed(script, map) {
                Some(spot) => spot,
                None => {
                    if claim == Claim::Elsewhere {
                        let message = format!(
                            "output {at} carries keys of the wallet's cosigners, on paths that are not this wallet's"
                        );
                        self.findings.say(code::DERIVATION_ELSEWHERE, message);
                    }
                    return None;
                }
            },
        };
        if self.spots.lies(spot, keys(map)) {
            self.findings.say(code::DERIVATION_KEY, format!("output {at}: a key is not the one that is at {spot}"));
        }
        self.within(at, spot).then_some(spot)
    }

    /// Where a script without a claim is: the wallet's index may know, or it is among the first.
    fn unclaimed(&mut self, script: &ScriptBuf, map: &Map) -> Option<Spot> {
        let hint = self.facts.spots.get(script).copied().or_else(|| self.spots.guess(origins(map)));
        hint.filter(|spot| self.spots.is(*spot, script)).or_else(|| self.spots.search(script, GAP))
    }

    /// Whether the wallet would find what is paid at a spot.
    fn within(&mut self, at: usize, spot: Spot) -> bool {
        let reach = match self.facts.used {
            // With nothing used, index 0 is the first that is looked at.
            Some(used) => {
                used.of(spot.chain).map_or(self.facts.gap.saturating_sub(1), |last| last.saturating_add(self.facts.gap))
            }
            None => HIGHEST,
        };
        if spot.index > reach {
            let message = format!(
                "output {at} is at {spot}, and the wallet looks no further than index {reach}: what is paid there would \
                 be lost from sight"
            );
            self.findings.say(code::INDEX_BEYOND_GAP, message);
            return false;
        }
        if self.facts.used.is_none() && spot.index > self.spent.saturating_add(ORDINARY) {
            let message = format!(
                "output {at} is at {spot}, far beyond the coins that are spent; without the wallet's history nobody \
                 knows whether the wallet looks there"
            );
            self.findings.say(code::CHANGE_FAR, message);
        }
        true
    }

    /// The scripts that an output carries are those that it pays.
    fn scripts(&mut self, at: usize, paid: &ScriptBuf, map: &Map) {
        let redeem = map.redeem_script.as_ref();
        let witness = map.witness_script.as_ref();
        let wrong = match (redeem, witness) {
            (None, None) => false,
            (Some(redeem), None) => redeem.to_p2sh() != *paid,
            (None, Some(witness)) => witness.to_p2wsh() != *paid,
            (Some(redeem), Some(witness)) => witness.to_p2wsh() != *redeem || redeem.to_p2sh() != *paid,
        };
        if wrong {
            self.findings.say(code::OUTPUT_SCRIPT, format!("output {at} carries scripts that are not what it pays"));
        }
    }
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
