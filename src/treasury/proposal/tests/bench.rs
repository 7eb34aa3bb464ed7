//! A treasury for tests: software keys, wallets of them, and coins that nobody mined.

use crate::market::Timestamp;
use crate::treasury::bitcoin::psbt::{Packet, Version};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use crate::treasury::proposal::{
    Event, IdentityKey, InputSignature, Kind, PackedPacket, Proposal, ProposalId, Refusal, SeatId, Signer, State,
    Treasury, brought,
};
use bitcoin::bip32::{DerivationPath, Xpriv, Xpub};
use bitcoin::hashes::Hash;
use bitcoin::secp256k1::{All, Secp256k1};
use bitcoin::{
    Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, absolute,
    transaction,
};

pub const DAY: i64 = 86_400;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + second)
}

/// Keys, a wallet of them, and what has happened.
#[derive(Clone)]
pub struct Bench {
    pub keys: Vec<Xpriv>,
    pub wallet: Wallet,
    pub treasury: Treasury,
    secp: Secp256k1<All>,
}

impl Bench {
    /// A wallet of m of n keys, watched and armed.
    pub fn new(required: usize, of: u8) -> Self {
        let mut bench = Self::unarmed(required, of);
        let address = bench.treasury.vaults().next().unwrap().first_address().unwrap();
        for seat in bench.seats() {
            let wallet = bench.wallet.id();
            bench.does(&Event::AddressConfirmed { wallet, seat, address: address.clone() }, 0).unwrap();
            let identity = bench.identity(seat).identity();
            bench.does(&Event::SeatClaimed { wallet, seat, identity }, 0).unwrap();
        }
        bench
    }

    pub fn unarmed(required: usize, of: u8) -> Self {
        let secp = Secp256k1::new();
        let keys: Vec<Xpriv> = (0..of).map(|n| Xpriv::new_master(Network::Regtest, &[n + 1; 32]).unwrap()).collect();
        let path: DerivationPath = "48'/1'/0'/2'".parse().unwrap();
        let accounts: Vec<Xpriv> = keys.iter().map(|key| key.derive_priv(&secp, &path).unwrap()).collect();
        let named = keys.iter().zip(&accounts).map(|(root, account)| {
            format!("[{}/48'/1'/0'/2']{}/<0;1>/*", root.fingerprint(&secp), Xpub::from_priv(&secp, account))
        });
        let text = format!("wsh(sortedmulti({required},{}))", named.collect::<Vec<_>>().join(","));
        let wallet = Wallet::new("Cold", Network::Regtest, &[&text]).unwrap();
        let added = Event::WalletAdded {
            wallet: wallet.id(),
            name: "Cold".into(),
            network: Network::Regtest,
            descriptors: vec![text],
            format: "descriptor".into(),
            notes: vec![],
            names: vec![],
            labels: vec![],
        };
        let mut bench = Self { keys, wallet, treasury: Treasury::default(), secp };
        bench.does(&added, 0).unwrap();
        bench
    }

    pub fn seats(&self) -> Vec<SeatId> {
        SeatId::all(self.wallet.policy()).map(|(seat, _)| seat).collect()
    }

    pub fn identity(&self, seat: SeatId) -> IdentityKey {
        IdentityKey::of(&[seat.place + 1; 32]).unwrap()
    }

    pub fn does(&mut self, event: &Event, second: i64) -> Result<(), Refusal> {
        let before = format!("{:?}", self.treasury);
        let done = self.treasury.apply(event, at(second));
        if done.is_err() {
            assert_eq!(before, format!("{:?}", self.treasury), "a refused event changes nothing");
        }
        done
    }

    /// A payment out of the coins of these numbers.
    pub fn payment(&self, coins: &[u8], sat: u64) -> Psbt {
        let input = |n: &u8| TxIn {
            previous_output: coin(*n),
            script_sig: ScriptBuf::new(),
            sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
            witness: Witness::new(),
        };
        let pay = TxOut { value: Amount::from_sat(sat), script_pubkey: ScriptBuf::new_op_return([]) };
        let transaction = Transaction {
            version: transaction::Version::TWO,
            lock_time: absolute::LockTime::ZERO,
            input: coins.iter().map(input).collect(),
            output: vec![pay],
        };
        let mut psbt = Psbt::from_unsigned_tx(transaction).unwrap();
        for (map, n) in psbt.inputs.iter_mut().zip(coins) {
            let spot = Spot { chain: Chain::Receive, index: u32::from(*n) };
            let script_pubkey = self.wallet.script(spot).unwrap();
            map.witness_utxo = Some(TxOut { value: Amount::from_sat(100_000), script_pubkey });
            map.witness_script = self.wallet.at(spot).unwrap().explicit_script().ok();
            for root in &self.keys {
                let path: DerivationPath = format!("48'/1'/0'/2'/0/{n}").parse().unwrap();
                let key = root.derive_priv(&self.secp, &path).unwrap().to_keypair(&self.secp).public_key();
                map.bip32_derivation.insert(key, (root.fingerprint(&self.secp), path));
            }
        }
        psbt
    }

    pub fn proposed(&self, psbt: &Psbt) -> Event {
        self.proposed_with(psbt, None)
    }

    pub fn proposed_with(&self, psbt: &Psbt, replaces: Option<ProposalId>) -> Event {
        let (wallet, policy) = (self.wallet.id(), self.treasury.vault(self.wallet.id()).unwrap().policy);
        Event::Proposed {
            proposal: ProposalId::of(&psbt.unsigned_tx, wallet, policy),
            wallet,
            policy,
            kind: if replaces.is_some() { Kind::BtcRbf } else { Kind::BtcSpend },
            created_by: "alice".into(),
            memo: "rent\u{1b}[2J".into(),
            expires_at: at(DAY),
            replaces,
            recovery: None,
            unarmed: false,
            packet: PackedPacket::pack(&packet(psbt)),
        }
    }

    /// Proposes a payment out of these coins.
    pub fn propose(&mut self, coins: &[u8], sat: u64) -> ProposalId {
        let event = self.proposed(&self.payment(coins, sat));
        let Event::Proposed { proposal, .. } = event else { unreachable!() };
        self.does(&event, 1).unwrap();
        proposal
    }

    /// The signatures of a key over a payment.
    pub fn signatures(&self, psbt: &Psbt, seat: usize) -> Vec<InputSignature> {
        let mut signed = psbt.clone();
        signed.sign(&self.keys[seat], &self.secp).unwrap();
        brought(&packet(psbt), &packet(&signed), &self.wallet).unwrap().remove(&seat).unwrap()
    }

    pub fn approved(&self, id: ProposalId, seat: usize) -> Event {
        let signatures = self.signatures(&self.proposal(id).packet().psbt, seat);
        Event::Approved { proposal: id, seat: self.seats()[seat], signer: Signer::File, signatures }
    }

    pub fn approve(&mut self, id: ProposalId, seat: usize) -> Result<(), Refusal> {
        self.does(&self.approved(id, seat), 2)
    }

    pub fn rejected(&self, id: ProposalId, seat: usize) -> Event {
        let seat = self.seats()[seat];
        let (key, reason) = (self.identity(seat), "not known".to_owned());
        let signature = key.refuse(id, seat, &reason);
        Event::Rejected { proposal: id, seat, reason, identity: key.identity(), signature }
    }

    pub fn reject(&mut self, id: ProposalId, seat: usize) -> Result<(), Refusal> {
        self.does(&self.rejected(id, seat), 2)
    }

    pub fn proposal(&self, id: ProposalId) -> &Proposal {
        self.treasury.proposal(id).unwrap()
    }

    pub fn state(&self, id: ProposalId) -> State {
        self.proposal(id).state()
    }

    /// All the way to a node, with its answer.
    pub fn send(&mut self, id: ProposalId, answer: crate::treasury::proposal::Answer) -> Result<(), Refusal> {
        let txid = self.proposal(id).txid().unwrap();
        if self.proposal(id).finalised.is_none() {
            self.does(&Event::Finalised { proposal: id, txid }, 3)?;
        }
        self.does(&Event::Broadcasting { proposal: id, txid }, 3)?;
        self.does(&Event::Broadcast { proposal: id, txid, node: "node".into(), answer }, 3)
    }
}

pub fn coin(n: u8) -> OutPoint {
    OutPoint { txid: Txid::from_byte_array([n + 1; 32]), vout: 0 }
}

pub fn packet(psbt: &Psbt) -> Packet {
    Packet { psbt: psbt.clone(), version: Version::V0, unknown: vec![] }
}
