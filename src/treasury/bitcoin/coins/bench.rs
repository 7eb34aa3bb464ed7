//! A wallet with coins and its signers, on a chain made up for tests.

use super::{Marks, State};
use crate::treasury::bitcoin::hot::{Signer, Standard};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bdk_wallet::Update;
use bdk_wallet::chain::{BlockId, ConfirmationBlockTime, TxUpdate};
use bitcoin::absolute::LockTime;
use bitcoin::bip32::{ChainCode, ChildNumber, Fingerprint, Xpub};
use bitcoin::consensus::serialize;
use bitcoin::hashes::{Hash, sha256};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{
    Amount, BlockHash, Network, NetworkKind, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness,
    transaction,
};
use miniscript::psbt::PsbtExt;
use std::sync::Arc;
use zeroize::Zeroizing;

pub(crate) struct Bench {
    pub(crate) state: State,
    pub(crate) signers: Vec<Signer>,
    pub(crate) marks: Marks,
    number: u64,
}

/// Signer number `n`, the same each time.
pub(crate) fn signer(n: u8) -> Signer {
    Signer::new(Zeroizing::new([n.wrapping_add(1); 32]), Network::Regtest).unwrap()
}

/// The extended key of the point that BIP-341 proposes for a key path that nobody can use.
fn nobody() -> Xpub {
    let point = "0250929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0";
    Xpub {
        network: NetworkKind::Test,
        depth: 0,
        parent_fingerprint: Fingerprint::default(),
        child_number: ChildNumber::from(0),
        public_key: point.parse().unwrap(),
        chain_code: ChainCode::from([5; 32]),
    }
}

impl Bench {
    /// A wallet of a descriptor in which `{0}`, `{1}` … stand for the keys of so many signers, without what
    /// follows them, and `{nobody}` for a key that nobody has.
    pub(crate) fn new(template: &str, signers: u8) -> Self {
        let signers: Vec<Signer> = (0..signers).map(signer).collect();
        let standard = match template {
            text if text.starts_with("tr") => Standard::Tr,
            text if text.starts_with("wpkh") => Standard::Wpkh,
            text if text.starts_with("sh(wsh") => Standard::ShWsh,
            text if text.starts_with("sh(multi") || text.starts_with("sh(sorted") => Standard::Sh,
            _ => Standard::Wsh,
        };
        let keys = signers.iter().map(|signer| signer.account(standard, 0).unwrap()).enumerate();
        let text = keys.fold(template.to_owned(), |text, (n, key)| text.replace(&format!("{{{n}}}"), &key));
        let text = text.replace("{nobody}", &nobody().to_string());
        let wallet = Wallet::new("Bench", Network::Regtest, &[&text]).unwrap();
        let mut bench = Self { state: State::new(&wallet).unwrap(), signers, marks: Marks::default(), number: 0 };
        bench.tip(1_000);
        bench
    }

    /// So many of so many, in a kind of script: `wsh`, `sh(wsh`, `sh`.
    pub(crate) fn multi(kind: &str, required: usize, of: u8) -> Self {
        let keys: Vec<String> = (0..of).map(|n| format!("{{{n}}}/<0;1>/*")).collect();
        let close = ")".repeat(kind.matches('(').count() + 2);
        Self::new(&format!("{kind}(sortedmulti({required},{}{close}", keys.join(",")), of)
    }

    /// The block at a height, of the chain that there is.
    pub(crate) fn block(height: u32) -> BlockId {
        let hash = match height {
            0 => bitcoin::constants::genesis_block(Network::Regtest).block_hash(),
            _ => BlockHash::from_byte_array(sha256::Hash::hash(&height.to_le_bytes()).to_byte_array()),
        };
        BlockId { height, hash }
    }

    pub(crate) fn tip(&mut self, height: u32) {
        let chain = self.state.checkpoint().insert(Self::block(height));
        self.state.apply(Update { chain: Some(chain), ..Update::default() }).unwrap();
    }

    /// A transaction that pays outputs out of nothing that we know.
    pub(crate) fn stranger(&mut self, outputs: &[(ScriptBuf, u64)]) -> Transaction {
        self.number += 1;
        let source = Txid::from_byte_array(sha256::Hash::hash(&self.number.to_le_bytes()).to_byte_array());
        Transaction {
            version: transaction::Version::TWO,
            lock_time: LockTime::ZERO,
            input: vec![TxIn {
                previous_output: OutPoint::new(source, 0),
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::from_slice(&[vec![1; 72], vec![2; 33]]),
            }],
            output: outputs
                .iter()
                .map(|(script_pubkey, sat)| TxOut {
                    script_pubkey: script_pubkey.clone(),
                    value: Amount::from_sat(*sat),
                })
                .collect(),
        }
    }

    pub(crate) fn confirm(&mut self, transaction: &Transaction, height: u32) {
        let chain = self.state.checkpoint().insert(Self::block(height));
        let mut tx_update = TxUpdate::default();
        tx_update.txs.push(Arc::new(transaction.clone()));
        let anchor =
            ConfirmationBlockTime { block_id: Self::block(height), confirmation_time: u64::from(height) * 600 };
        tx_update.anchors.insert((anchor, transaction.compute_txid()));
        self.state.apply(Update { chain: Some(chain), tx_update, ..Update::default() }).unwrap();
    }

    pub(crate) fn wait(&mut self, transaction: &Transaction, seen: u64) {
        self.state.apply_waiting(vec![(Arc::new(transaction.clone()), seen)], Vec::new()).unwrap();
    }

    /// Later than all before.
    pub(crate) fn wait_later(&mut self, transaction: &Transaction) {
        self.number += 1;
        self.wait(transaction, 1_700_000_000 + self.number);
    }

    pub(crate) fn script(&self, chain: Chain, index: u32) -> ScriptBuf {
        self.state.wallet().script(Spot { chain, index }).unwrap()
    }

    /// A coin of ours, confirmed at a height.
    pub(crate) fn fund(&mut self, chain: Chain, index: u32, sat: u64, height: u32) -> OutPoint {
        let script = self.script(chain, index);
        let transaction = self.stranger(&[(ScriptBuf::new_op_return([7]), 0), (script, sat)]);
        self.confirm(&transaction, height);
        OutPoint::new(transaction.compute_txid(), 1)
    }

    /// Signed by these signers one after the other, finalised, and verified by Bitcoin Core's consensus code.
    pub(crate) fn complete(&self, packet: &Packet, signers: &[usize]) -> Transaction {
        let mut packet = packet.clone();
        for n in signers {
            packet = self.signers[*n].sign(&Reviewed::unseen(self.state.wallet(), &packet)).unwrap();
        }
        let spent: Vec<TxOut> = packet.psbt.iter_funding_utxos().map(|output| output.unwrap().clone()).collect();
        packet.psbt.finalize_mut(&Secp256k1::new()).unwrap();
        let transaction = packet.psbt.extract_tx_unchecked_fee_rate();
        verify(&transaction, &spent);
        transaction
    }
}

/// Bitcoin Core says that every input may spend what it spends.
pub(crate) fn verify(transaction: &Transaction, spent: &[TxOut]) {
    let bytes = serialize(transaction);
    let outputs: Vec<bitcoinconsensus::Utxo> = spent
        .iter()
        .map(|output| bitcoinconsensus::Utxo {
            script_pubkey: output.script_pubkey.as_bytes().as_ptr(),
            script_pubkey_len: output.script_pubkey.len().try_into().unwrap(),
            value: output.value.to_sat().try_into().unwrap(),
        })
        .collect();
    let flags = bitcoinconsensus::VERIFY_ALL_PRE_TAPROOT | bitcoinconsensus::VERIFY_TAPROOT;
    for (place, output) in spent.iter().enumerate() {
        let (script, sat) = (output.script_pubkey.as_bytes(), output.value.to_sat());
        bitcoinconsensus::verify_with_flags(script, sat, &bytes, Some(&outputs), place, flags).unwrap();
    }
}
