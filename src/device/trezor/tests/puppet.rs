//! A Trezor that is made up: it asks for a transaction as the real ones do, makes scripts and sighashes by itself from
//! nothing but what it was told, and signs with a key that is known here.

use crate::device::link::report::{Report, Reports};
use crate::device::trezor::wire::{Message, Reader};
use crate::device::{DeviceError, Watch};
use bitcoin::bip32::{ChildNumber, DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::key::TapTweak;
use bitcoin::opcodes::all::OP_RETURN;
use bitcoin::script::{Builder, PushBytesBuf};
use bitcoin::secp256k1::{self, All, Keypair, Secp256k1};
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{
    Address, Amount, EcdsaSighashType, Network, OutPoint, PublicKey, ScriptBuf, Sequence, TapSighashType, Transaction,
    TxIn, TxOut, Txid, Witness, absolute, transaction,
};
use std::collections::VecDeque;
use trezor_client::TrezorMessage;
use trezor_client::protos::tx_ack::transaction_type::{TxInputType, TxOutputType};
use trezor_client::protos::tx_request::{RequestType, TxRequestDetailsType, TxRequestSerializedType};
use trezor_client::protos::{
    self, Features, GetPublicKey, HDNodeType, InputScriptType, MultisigPubkeysOrder, MultisigRedeemScriptType,
    OutputScriptType, SignTx, TxAck, TxRequest,
};

pub struct Puppet {
    secp: Secp256k1<All>,
    seed: Xpriv,
    features: Features,
    reader: Reader,
    waiting: VecDeque<Report>,
    signing: Option<Signing>,
}

/// A transaction, as far as it was told.
struct Signing {
    begin: SignTx,
    inputs: Vec<TxInputType>,
    outputs: Vec<TxOutputType>,
    /// For which input, the transaction that it spends from, and how many parts it has.
    previous: Option<(usize, Transaction, usize, usize)>,
    /// Inputs whose previous transactions were heard.
    proved: usize,
    signed: usize,
}

impl Puppet {
    pub fn new(seed: Xpriv, model: &str, version: (u32, u32, u32)) -> Self {
        let mut features = Features::new();
        features.set_model(model.to_owned());
        features.set_major_version(version.0);
        features.set_minor_version(version.1);
        features.set_patch_version(version.2);
        features.set_initialized(true);
        // Its owner has told it to take any path.
        features.set_safety_checks(protos::SafetyCheckLevel::PromptAlways);
        let (reader, waiting) = (Reader::default(), VecDeque::new());
        Self { secp: Secp256k1::new(), seed, features, reader, waiting, signing: None }
    }

    fn say<M: TrezorMessage>(&mut self, message: &M) {
        self.waiting.extend(Message::pack(message).unwrap().reports().unwrap());
    }

    fn heard(&mut self, message: &Message) {
        if message.is::<protos::Initialize>() || message.is::<protos::GetFeatures>() {
            let features = self.features.clone();
            self.say(&features);
        } else if message.is::<GetPublicKey>() {
            let asked: GetPublicKey = message.read().unwrap();
            let answer = self.public_key(&asked);
            self.say(&answer);
        } else if message.is::<SignTx>() {
            let begin = message.read().unwrap();
            let (inputs, outputs) = (Vec::new(), Vec::new());
            self.signing = Some(Signing { begin, inputs, outputs, previous: None, proved: 0, signed: 0 });
            self.next();
        } else {
            let told: TxAck = message.read().unwrap();
            self.told(&told);
            self.next();
        }
    }

    fn path(numbers: &[u32]) -> DerivationPath {
        numbers.iter().map(|number| ChildNumber::from(*number)).collect()
    }

    fn public_key(&self, asked: &GetPublicKey) -> protos::PublicKey {
        let own = self.seed.derive_priv(&self.secp, &Self::path(&asked.address_n)).unwrap();
        let xpub = Xpub::from_priv(&self.secp, &own);
        let mut node = HDNodeType::new();
        node.set_depth(xpub.depth.into());
        node.set_fingerprint(u32::from_be_bytes(xpub.parent_fingerprint.to_bytes()));
        node.set_child_num(xpub.child_number.into());
        node.set_chain_code(xpub.chain_code.to_bytes().to_vec());
        node.set_public_key(xpub.public_key.serialize().to_vec());
        let mut answer = protos::PublicKey { node: Some(node).into(), ..Default::default() };
        answer.set_xpub(xpub.to_string());
        answer.set_root_fingerprint(u32::from_be_bytes(self.seed.fingerprint(&self.secp).to_bytes()));
        answer
    }

    /// Takes what was asked for last.
    fn told(&mut self, told: &TxAck) {
        let signing = self.signing.as_mut().unwrap();
        let part = &told.tx;
        if signing.inputs.len() < signing.begin.inputs_count() as usize {
            signing.inputs.push(part.inputs[0].clone());
        } else if signing.outputs.len() < signing.begin.outputs_count() as usize {
            signing.outputs.push(part.outputs[0].clone());
        } else if let Some((_, spent, inputs, outputs)) = &mut signing.previous {
            if spent.input.len() < *inputs {
                spent.input.push(input(&part.inputs[0], part.inputs[0].script_sig().to_vec().into()));
            } else {
                let output = &part.bin_outputs[0];
                let script_pubkey = ScriptBuf::from(output.script_pubkey().to_vec());
                spent.output.push(TxOut { value: Amount::from_sat(output.amount()), script_pubkey });
            }
            if (spent.input.len(), spent.output.len()) == (*inputs, *outputs) {
                let (place, spent, ..) = signing.previous.take().unwrap();
                let said = &signing.inputs[place];
                assert_eq!(spent.compute_txid(), txid(said.prev_hash()), "the previous transaction is another");
                let coin = &spent.output[said.prev_index() as usize];
                assert_eq!(coin.value.to_sat(), said.amount());
                signing.proved += 1;
                let said = signing.inputs[place].clone();
                assert_eq!(
                    coin.script_pubkey,
                    self.script(&said.address_n, said.script_type(), said.multisig.as_ref()).0
                );
            }
        } else if signing.proved < signing.inputs.len() && part.has_inputs_cnt() {
            let spent = Transaction {
                version: transaction::Version(part.version() as i32),
                lock_time: absolute::LockTime::from_consensus(part.lock_time()),
                input: Vec::new(),
                output: Vec::new(),
            };
            signing.previous = Some((signing.proved, spent, part.inputs_cnt() as usize, part.outputs_cnt() as usize));
        }
    }

    /// Asks for what it lacks; signs when it lacks nothing.
    fn next(&mut self) {
        let signing = self.signing.as_ref().unwrap();
        let (inputs, outputs) = (signing.begin.inputs_count() as usize, signing.begin.outputs_count() as usize);
        let place = |kind, place: usize| {
            let mut details = TxRequestDetailsType::new();
            details.set_request_index(place as u32);
            request(kind, details)
        };
        let asks = if signing.inputs.len() < inputs {
            place(RequestType::TXINPUT, signing.inputs.len())
        } else if signing.outputs.len() < outputs {
            place(RequestType::TXOUTPUT, signing.outputs.len())
        } else if let Some((of, spent, many, _)) = &signing.previous {
            let (kind, at) = match spent.input.len() < *many {
                true => (RequestType::TXINPUT, spent.input.len()),
                false => (RequestType::TXOUTPUT, spent.output.len()),
            };
            let mut asks = place(kind, at);
            asks.details.mut_or_insert_default().set_tx_hash(signing.inputs[*of].prev_hash().to_vec());
            asks
        } else if signing.proved < inputs && signing.inputs[0].script_type() != InputScriptType::SPENDTAPROOT {
            let mut details = TxRequestDetailsType::new();
            details.set_tx_hash(signing.inputs[signing.proved].prev_hash().to_vec());
            request(RequestType::TXMETA, details)
        } else {
            let signed = signing.signed;
            let signature = self.sign(signed);
            self.signing.as_mut().unwrap().signed += 1;
            let mut asks = match signed + 1 < inputs {
                true => place(RequestType::TXINPUT, signed + 1),
                false => request(RequestType::TXFINISHED, TxRequestDetailsType::new()),
            };
            let mut serialized = TxRequestSerializedType::new();
            serialized.set_signature_index(signed as u32);
            serialized.set_signature(signature);
            asks.serialized = Some(serialized).into();
            asks
        };
        self.say(&asks);
    }

    /// The script that is paid at a path, and the one that a signature is over.
    fn script(
        &self,
        path: &[u32],
        kind: InputScriptType,
        multisig: Option<&MultisigRedeemScriptType>,
    ) -> (ScriptBuf, ScriptBuf) {
        let own = self.key(path);
        let key = PublicKey::new(own.public_key());
        let inner = multisig.map(|multisig| {
            let keys = self.keys(multisig);
            assert!(keys.contains(&key), "its own key is not in the multisig");
            let script = Builder::new().push_int(multisig.m().into());
            let script = keys.iter().fold(script, |script, key| script.push_key(key));
            script.push_int(keys.len() as i64).push_opcode(bitcoin::opcodes::all::OP_CHECKMULTISIG).into_script()
        });
        let hash = key.wpubkey_hash().unwrap();
        match (kind, inner) {
            (InputScriptType::SPENDADDRESS, None) => {
                let script = ScriptBuf::new_p2pkh(&key.pubkey_hash());
                (script.clone(), script)
            }
            (InputScriptType::SPENDMULTISIG, Some(inner)) => (inner.to_p2sh(), inner),
            (InputScriptType::SPENDWITNESS, None) => {
                (ScriptBuf::new_p2wpkh(&hash), ScriptBuf::new_p2pkh(&key.pubkey_hash()))
            }
            (InputScriptType::SPENDWITNESS, Some(inner)) => (inner.to_p2wsh(), inner),
            (InputScriptType::SPENDP2SHWITNESS, None) => {
                (ScriptBuf::new_p2wpkh(&hash).to_p2sh(), ScriptBuf::new_p2pkh(&key.pubkey_hash()))
            }
            (InputScriptType::SPENDP2SHWITNESS, Some(inner)) => (inner.to_p2wsh().to_p2sh(), inner),
            (InputScriptType::SPENDTAPROOT, None) => {
                (ScriptBuf::new_p2tr(&self.secp, own.x_only_public_key().0, None), ScriptBuf::new())
            }
            (kind, inner) => panic!("{kind:?} with {inner:?}"),
        }
    }

    fn key(&self, path: &[u32]) -> Keypair {
        let own = self.seed.derive_priv(&self.secp, &Self::path(path)).unwrap();
        Keypair::from_secret_key(&self.secp, &own.private_key)
    }

    fn keys(&self, multisig: &MultisigRedeemScriptType) -> Vec<PublicKey> {
        let steps = Self::path(&multisig.address_n);
        let derive = |node: &HDNodeType| {
            let xpub = Xpub {
                network: Network::Testnet.into(),
                depth: node.depth() as u8,
                parent_fingerprint: node.fingerprint().to_be_bytes().into(),
                child_number: node.child_num().into(),
                public_key: secp256k1::PublicKey::from_slice(node.public_key()).unwrap(),
                chain_code: <[u8; 32]>::try_from(node.chain_code()).unwrap().into(),
            };
            PublicKey::new(xpub.derive_pub(&self.secp, &steps).unwrap().public_key)
        };
        let mut keys: Vec<PublicKey> = multisig.nodes.iter().map(derive).collect();
        if multisig.pubkeys_order() == MultisigPubkeysOrder::LEXICOGRAPHIC {
            keys.sort_by_key(|key| key.inner.serialize());
        }
        keys
    }

    fn transaction(&self) -> Transaction {
        let signing = self.signing.as_ref().unwrap();
        let pays = |output: &TxOutputType| {
            let own = match output.script_type() {
                OutputScriptType::PAYTOOPRETURN => {
                    let data = PushBytesBuf::try_from(output.op_return_data().to_vec()).unwrap();
                    return Builder::new().push_opcode(OP_RETURN).push_slice(data).into_script();
                }
                OutputScriptType::PAYTOADDRESS if output.has_address() => {
                    let address: Address<_> = output.address().parse().unwrap();
                    return address.require_network(Network::Testnet).unwrap().script_pubkey();
                }
                OutputScriptType::PAYTOADDRESS => InputScriptType::SPENDADDRESS,
                OutputScriptType::PAYTOMULTISIG => InputScriptType::SPENDMULTISIG,
                OutputScriptType::PAYTOWITNESS => InputScriptType::SPENDWITNESS,
                OutputScriptType::PAYTOP2SHWITNESS => InputScriptType::SPENDP2SHWITNESS,
                OutputScriptType::PAYTOTAPROOT => InputScriptType::SPENDTAPROOT,
                other => panic!("{other:?}"),
            };
            self.script(&output.address_n, own, output.multisig.as_ref()).0
        };
        Transaction {
            version: transaction::Version(signing.begin.version() as i32),
            lock_time: absolute::LockTime::from_consensus(signing.begin.lock_time()),
            input: signing.inputs.iter().map(|said| input(said, ScriptBuf::new())).collect(),
            output: (signing.outputs.iter())
                .map(|output| TxOut { value: Amount::from_sat(output.amount()), script_pubkey: pays(output) })
                .collect(),
        }
    }

    fn sign(&self, place: usize) -> Vec<u8> {
        let signing = self.signing.as_ref().unwrap();
        let (transaction, said) = (self.transaction(), &signing.inputs[place]);
        let mut cache = SighashCache::new(&transaction);
        let own = self.key(&said.address_n);
        let (_, code) = self.script(&said.address_n, said.script_type(), said.multisig.as_ref());
        let value = Amount::from_sat(said.amount());
        let message = match said.script_type() {
            InputScriptType::SPENDTAPROOT => {
                let spent: Vec<TxOut> = (signing.inputs.iter())
                    .map(|said| TxOut {
                        value: Amount::from_sat(said.amount()),
                        script_pubkey: self.script(&said.address_n, said.script_type(), None).0,
                    })
                    .collect();
                let spent = Prevouts::All(&spent);
                let hash = cache.taproot_key_spend_signature_hash(place, &spent, TapSighashType::Default).unwrap();
                let tweaked = own.tap_tweak(&self.secp, None).to_keypair();
                return self.secp.sign_schnorr_no_aux_rand(&hash.into(), &tweaked).serialize().to_vec();
            }
            InputScriptType::SPENDADDRESS | InputScriptType::SPENDMULTISIG => {
                cache.legacy_signature_hash(place, &code, EcdsaSighashType::All.to_u32()).unwrap().into()
            }
            _ => cache.p2wsh_signature_hash(place, &code, value, EcdsaSighashType::All).unwrap().into(),
        };
        if let Some(multisig) = said.multisig.as_ref() {
            // What others have signed has to stand in the order of the keys, or the whole is worth nothing.
            for (key, signature) in self.keys(multisig).iter().zip(&multisig.signatures) {
                if !signature.is_empty() {
                    let signature = secp256k1::ecdsa::Signature::from_der(signature).unwrap();
                    self.secp.verify_ecdsa(&message, &signature, &key.inner).unwrap();
                    assert_ne!(key.inner, own.public_key(), "its own signature was there already");
                }
            }
        }
        self.secp.sign_ecdsa(&message, &own.secret_key()).serialize_der().to_vec()
    }
}

fn request(kind: RequestType, details: TxRequestDetailsType) -> TxRequest {
    let mut request = TxRequest { details: Some(details).into(), ..Default::default() };
    request.set_request_type(kind);
    request
}

fn txid(hash: &[u8]) -> Txid {
    let mut bytes = hash.to_vec();
    bytes.reverse();
    Txid::from_slice(&bytes).unwrap()
}

fn input(said: &TxInputType, script_sig: ScriptBuf) -> TxIn {
    TxIn {
        previous_output: OutPoint { txid: txid(said.prev_hash()), vout: said.prev_index() },
        script_sig,
        sequence: Sequence(said.sequence()),
        witness: Witness::new(),
    }
}

impl Reports for Puppet {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        if let Some(message) = self.reader.take(report)? {
            self.heard(&message);
        }
        Ok(())
    }

    fn take(&mut self, _: &Watch) -> Result<Report, DeviceError> {
        self.waiting.pop_front().ok_or_else(|| DeviceError::Disconnected("the puppet has nothing to say".to_owned()))
    }
}
