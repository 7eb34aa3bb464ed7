//! Signing what was reviewed.

use super::{HotError, Signer};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::bip32::{ChildNumber, DerivationPath};
use bitcoin::key::TapTweak;
use bitcoin::psbt::Input;
use bitcoin::secp256k1::{All, Keypair, Message, PublicKey, Secp256k1, XOnlyPublicKey};
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::taproot::{LeafVersion, TapLeafHash};
use bitcoin::{EcdsaSighashType, Psbt, TapSighashType, Transaction, TxOut, ecdsa, taproot};
use miniscript::descriptor::{DefiniteDescriptorKey, Tr};
use miniscript::{Descriptor, ForEachKey, ToPublicKey};
use std::collections::BTreeSet;

/// A key of ours in an input, and where it comes from.
struct Own {
    key: PublicKey,
    path: DerivationPath,
}

impl Signer {
    /// The reviewed packet with this key's signatures added; it is an error when there is nothing for it to sign.
    pub fn sign(&self, reviewed: &Reviewed<'_>) -> Result<Packet, HotError> {
        let (wallet, mut packet) = (reviewed.wallet(), reviewed.packet().clone());
        if wallet.network() != self.network {
            return Err(HotError::Network(wallet.network()));
        }
        let secp = Secp256k1::new();
        let transaction = packet.psbt.unsigned_tx.clone();
        let spent = spent(&packet.psbt);
        let mut added = 0_usize;
        for (place, input) in packet.psbt.inputs.iter_mut().enumerate() {
            if input.final_script_sig.is_some() || input.final_script_witness.is_some() {
                continue;
            }
            let Some(descriptor) = self.proven(wallet, input, spent.get(place).and_then(Option::as_ref)) else {
                continue;
            };
            let own = self.own(&secp, &descriptor);
            if own.is_empty() {
                continue;
            }
            let job = Job { signer: self, secp: &secp, transaction: &transaction, spent: &spent, place };
            added = added.saturating_add(match &descriptor {
                Descriptor::Tr(tr) => job.schnorr(tr, &own, input)?,
                other => job.ecdsa(other, &own, input)?,
            });
        }
        if added == 0 { Err(HotError::Nothing(self.fingerprint)) } else { Ok(packet) }
    }

    /// The wallet's descriptor at the spot that an input lies at. The file only says which numbers to try.
    fn proven(
        &self,
        wallet: &Wallet,
        input: &Input,
        spent: Option<&TxOut>,
    ) -> Option<Descriptor<DefiniteDescriptorKey>> {
        let plain = input.bip32_derivation.values();
        let hints = plain.chain(input.tap_key_origins.values().map(|(_, source)| source));
        let ours = hints.filter(|(fingerprint, _)| *fingerprint == self.fingerprint);
        let numbers: BTreeSet<u32> = ours
            .filter_map(|(_, path)| match path.into_iter().last() {
                Some(ChildNumber::Normal { index }) => Some(*index),
                _ => None,
            })
            .collect();
        let spots = numbers.into_iter().flat_map(|index| Chain::ALL.map(|chain| Spot { chain, index }));
        let mut descriptors = spots.filter_map(|spot| wallet.at(spot));
        descriptors.find(|descriptor| spent.is_some_and(|output| descriptor.script_pubkey() == output.script_pubkey))
    }

    /// The keys of a descriptor that are ours: whose private keys we can make.
    fn own(&self, secp: &Secp256k1<All>, descriptor: &Descriptor<DefiniteDescriptorKey>) -> Vec<Own> {
        let mut own = Vec::new();
        descriptor.for_each_key(|key| {
            if key.master_fingerprint() == self.fingerprint
                && let Some(path) = key.full_derivation_path()
                && let Ok(private) = self.private(secp, &path)
            {
                let derived = private.0.private_key.public_key(secp);
                if key.to_public_key().inner == derived {
                    own.push(Own { key: derived, path });
                }
            }
            true
        });
        own
    }
}

/// One input to sign.
struct Job<'a> {
    signer: &'a Signer,
    secp: &'a Secp256k1<All>,
    transaction: &'a Transaction,
    spent: &'a [Option<TxOut>],
    place: usize,
}

impl Job<'_> {
    fn ecdsa(
        &self,
        descriptor: &Descriptor<DefiniteDescriptorKey>,
        own: &[Own],
        input: &mut Input,
    ) -> Result<usize, HotError> {
        let place = self.place;
        if input.sighash_type.is_some_and(|kind| kind.ecdsa_hash_ty() != Ok(EcdsaSighashType::All)) {
            return Err(HotError::Sighash(place));
        }
        // The value is signed over only in segwit, and there it is only as good as where it comes from.
        let output = previous(self.transaction, place, input).ok_or(HotError::Previous(place))?;
        let code = descriptor.script_code().map_err(|_| HotError::Previous(place))?;
        let mut cache = SighashCache::new(self.transaction);
        let message = match descriptor.desc_type().segwit_version() {
            Some(_) => {
                let hash = cache.p2wsh_signature_hash(place, &code, output.value, EcdsaSighashType::All);
                Message::from(hash.map_err(|_| HotError::Previous(place))?)
            }
            None => {
                let hash = cache.legacy_signature_hash(place, &code, EcdsaSighashType::All.to_u32());
                Message::from(hash.map_err(|_| HotError::Previous(place))?)
            }
        };
        let mut added = 0_usize;
        for Own { key, path } in own {
            let key = bitcoin::PublicKey::new(*key);
            if input.partial_sigs.contains_key(&key) {
                continue;
            }
            let private = self.signer.private(self.secp, path)?;
            let signature = self.secp.sign_ecdsa_low_r(&message, &private.0.private_key);
            self.secp.verify_ecdsa(&message, &signature, &key.inner).map_err(|_| HotError::Fault(place))?;
            let signature = ecdsa::Signature { signature, sighash_type: EcdsaSighashType::All };
            input.partial_sigs.insert(key, signature);
            added = added.saturating_add(1);
        }
        Ok(added)
    }

    fn schnorr(&self, tr: &Tr<DefiniteDescriptorKey>, own: &[Own], input: &mut Input) -> Result<usize, HotError> {
        let place = self.place;
        let sighash = match input.sighash_type.map(|kind| kind.taproot_hash_ty()) {
            None | Some(Ok(TapSighashType::Default)) => TapSighashType::Default,
            Some(Ok(TapSighashType::All)) => TapSighashType::All,
            Some(_) => return Err(HotError::Sighash(place)),
        };
        // Taproot signs over what every input spends, so that a wrong value makes the signature void.
        let missing = self.spent.iter().position(Option::is_none);
        let spent: Vec<&TxOut> = match missing {
            Some(missing) => return Err(HotError::Previous(missing)),
            None => self.spent.iter().flatten().collect(),
        };
        let spent = Prevouts::All(&spent);
        let mut cache = SighashCache::new(self.transaction);
        let info = tr.spend_info();
        let internal = tr.internal_key().to_x_only_pubkey();
        let mut added = 0_usize;
        for Own { key, path } in own {
            let x_only = key.x_only_public_key().0;
            let pair = || -> Result<Keypair, HotError> {
                let private = self.signer.private(self.secp, path)?;
                Ok(Keypair::from_secret_key(self.secp, &private.0.private_key))
            };
            if x_only == internal && input.tap_key_sig.is_none() {
                let hash = cache.taproot_key_spend_signature_hash(place, &spent, sighash);
                let message = Message::from(hash.map_err(|_| HotError::Previous(place))?);
                let mut tweaked = pair()?.tap_tweak(self.secp, info.merkle_root()).to_keypair();
                let output_key = info.output_key().to_x_only_public_key();
                let signature = self.one(&message, &tweaked, output_key, sighash);
                tweaked.non_secure_erase();
                input.tap_key_sig = Some(signature?);
                added = added.saturating_add(1);
            }
            for (_, leaf) in tr.iter_scripts() {
                let hash = TapLeafHash::from_script(&leaf.encode(), LeafVersion::TapScript);
                let stands_there = leaf.iter_pk().any(|other| other.to_x_only_pubkey() == x_only);
                if !stands_there || input.tap_script_sigs.contains_key(&(x_only, hash)) {
                    continue;
                }
                let message = cache.taproot_script_spend_signature_hash(place, &spent, hash, sighash);
                let message = Message::from(message.map_err(|_| HotError::Previous(place))?);
                let mut pair = pair()?;
                let signature = self.one(&message, &pair, x_only, sighash);
                pair.non_secure_erase();
                input.tap_script_sigs.insert((x_only, hash), signature?);
                added = added.saturating_add(1);
            }
        }
        Ok(added)
    }

    fn one(
        &self,
        message: &Message,
        pair: &Keypair,
        key: XOnlyPublicKey,
        sighash_type: TapSighashType,
    ) -> Result<taproot::Signature, HotError> {
        let signature = self.secp.sign_schnorr_no_aux_rand(message, pair);
        self.secp.verify_schnorr(&signature, message, &key).map_err(|_| HotError::Fault(self.place))?;
        Ok(taproot::Signature { signature, sighash_type })
    }
}

/// What each input spends, by its previous transaction, or by what the file says where that is all there is.
fn spent(psbt: &Psbt) -> Vec<Option<TxOut>> {
    let inputs = psbt.inputs.iter().enumerate();
    let output = |(place, input): (usize, &Input)| match &input.non_witness_utxo {
        Some(_) => previous(&psbt.unsigned_tx, place, input),
        None => input.witness_utxo.clone(),
    };
    inputs.map(output).collect()
}

/// What an input spends, proved by the transaction that made it. What is said besides has to be the same.
fn previous(transaction: &Transaction, place: usize, input: &Input) -> Option<TxOut> {
    let outpoint = transaction.input.get(place)?.previous_output;
    let previous = input.non_witness_utxo.as_ref().filter(|tx| tx.compute_txid() == outpoint.txid)?;
    let output = previous.output.get(usize::try_from(outpoint.vout).ok()?)?;
    let same = input.witness_utxo.as_ref().is_none_or(|said| said == output);
    same.then(|| output.clone())
}
