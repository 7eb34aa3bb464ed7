//! A 2-of-3 for tests, with the keys to spend from it.

use bdk_wallet::bitcoin::bip32::{Xpriv, Xpub};
use bdk_wallet::bitcoin::secp256k1::Secp256k1;
use bdk_wallet::bitcoin::{Amount, FeeRate, Network, OutPoint, ScriptBuf, Transaction, Txid};
use bdk_wallet::miniscript::psbt::PsbtExt;
use bdk_wallet::{KeychainKind, Update, Wallet};
use exchequer::chain::{Chain, ChainError, Scan, sync_request};
use std::collections::{BTreeMap, BTreeSet};

pub struct Purse {
    pub wallet: Wallet,
    keys: [Xpriv; 3],
}

/// What a wallet knows, to compare it with what another one knows.
#[derive(Debug, PartialEq, Eq)]
pub struct Known {
    pub confirmed: Amount,
    pub pending: Amount,
    pub coins: BTreeSet<(OutPoint, Amount, bool)>,
    /// The height of each transaction's block; none while it waits.
    pub history: BTreeMap<Txid, Option<u32>>,
    pub tip: (u32, String),
}

impl Purse {
    pub fn new(seed: u8) -> Self {
        Self::on(seed, Network::Regtest)
    }

    pub fn on(seed: u8, network: Network) -> Self {
        let keys = [1, 2, 3]
            .map(|n| Xpriv::new_master(network, &[seed, n, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7]).unwrap());
        let secp = Secp256k1::new();
        let xpubs = keys.map(|key| Xpub::from_priv(&secp, &key));
        let row = |row: u8| {
            let keys = xpubs.map(|xpub| format!("{xpub}/{row}/*")).join(",");
            format!("wsh(sortedmulti(2,{keys}))")
        };
        let wallet = Wallet::create(row(0), row(1)).network(network).create_wallet_no_persist().unwrap();
        Self { wallet, keys }
    }

    /// The script of an address to receive.
    pub fn script(&self, index: u32) -> ScriptBuf {
        self.wallet.peek_address(KeychainKind::External, index).script_pubkey()
    }

    pub fn apply(&mut self, update: impl Into<Update>) {
        self.wallet.apply_update(update).unwrap();
    }

    pub fn scan(&mut self, chain: &dyn Chain) -> Result<(), ChainError> {
        let update = chain.full_scan(self.wallet.start_full_scan().build(), Scan { gap: 20, birthday: 0 }, &())?;
        self.apply(update);
        Ok(())
    }

    pub fn sync(&mut self, chain: &dyn Chain) -> Result<(), ChainError> {
        let update = chain.sync(sync_request(&self.wallet), &())?;
        self.apply(update);
        Ok(())
    }

    pub fn known(&self) -> Known {
        let balance = self.wallet.balance();
        let coins = self.wallet.list_unspent();
        let history = self.wallet.transactions();
        let tip = self.wallet.latest_checkpoint();
        Known {
            confirmed: balance.confirmed,
            pending: balance.trusted_pending + balance.untrusted_pending,
            coins: coins.map(|c| (c.outpoint, c.txout.value, c.chain_position.is_confirmed())).collect(),
            history: history.map(|t| (t.tx_node.txid, t.chain_position.confirmation_height_upper_bound())).collect(),
            tip: (tip.height(), tip.hash().to_string()),
        }
    }

    /// A signed payment.
    pub fn pay(&mut self, to: ScriptBuf, amount: Amount, rate: u64) -> Transaction {
        let mut builder = self.wallet.build_tx();
        builder.add_recipient(to, amount).fee_rate(FeeRate::from_sat_per_vb(rate).unwrap());
        let psbt = builder.finish().unwrap();
        self.sign(psbt)
    }

    /// A signed payment that takes the place of another one.
    pub fn bump(&mut self, txid: Txid, rate: u64) -> Transaction {
        let mut builder = self.wallet.build_fee_bump(txid).unwrap();
        builder.fee_rate(FeeRate::from_sat_per_vb(rate).unwrap());
        let psbt = builder.finish().unwrap();
        self.sign(psbt)
    }

    /// Signed by two, and finished.
    pub fn sign(&self, mut psbt: bdk_wallet::bitcoin::Psbt) -> Transaction {
        let secp = Secp256k1::new();
        for key in &self.keys[..2] {
            psbt.sign(key, &secp).unwrap();
        }
        psbt.finalize_mut(&secp).unwrap();
        psbt.extract_tx().unwrap()
    }
}
