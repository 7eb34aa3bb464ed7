//! Simulated devices on sockets with somebody at them, and wallets of their keys.

use bitcoin::bip32::{DerivationPath, Fingerprint};
use bitcoin::{
    Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Witness, absolute, transaction,
};
use exchequer::device::open::open;
use exchequer::device::{Device, DeviceError, Held, Place, Unattended, Watch};
use exchequer::sim::device::{
    Buttons, DeviceServer, Ledger, LedgerSettings, Press, Screen, Simulated, Trezor, TrezorModel, TrezorSettings, Wire,
};
use exchequer::treasury::bitcoin::hot::Signer;
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::review::{Facts, reviewed};
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use miniscript::psbt::PsbtExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long an answer is waited for.
pub const LIMIT: Duration = Duration::from_secs(60);

/// A device that is plugged in, and somebody at it who reads every page and decides.
pub struct Bench {
    pub server: Arc<DeviceServer>,
    pub wire: Wire,
    /// Whether whoever is at it says yes.
    pub approves: Arc<AtomicBool>,
    /// Whether nobody is at it.
    pub away: Arc<AtomicBool>,
    over: Arc<AtomicBool>,
    shown: Arc<Mutex<Vec<Screen>>>,
    person: Option<JoinHandle<()>>,
}

impl Bench {
    pub fn new(device: Box<dyn Simulated>, wire: Wire) -> Self {
        let server = Arc::new(DeviceServer::open(device, wire, 0).unwrap());
        let approves = Arc::new(AtomicBool::new(true));
        let [away, over] = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let shown = Arc::new(Mutex::new(Vec::new()));
        let at = (server.clone(), approves.clone(), away.clone(), over.clone(), shown.clone());
        let person = thread::spawn(move || {
            let (server, approves, away, over, shown) = at;
            while !over.load(Ordering::Relaxed) {
                let screen = server.screen();
                match screen.buttons {
                    _ if away.load(Ordering::Relaxed) => thread::sleep(Duration::from_millis(2)),
                    Buttons::None => thread::sleep(Duration::from_millis(2)),
                    Buttons::Decide | Buttons::Turn if !approves.load(Ordering::Relaxed) => server.press(Press::No),
                    _ => {
                        shown.lock().unwrap().push(screen);
                        server.press(Press::Yes);
                    }
                }
            }
        });
        Self { server, wire, approves, away, over, shown, person: Some(person) }
    }

    pub fn ledger() -> Self {
        Self::new(Box::new(Ledger::new(LedgerSettings::default()).unwrap()), Wire::Tcp)
    }

    pub fn trezor(model: TrezorModel) -> Self {
        let settings = TrezorSettings { model, ..TrezorSettings::default() };
        Self::new(Box::new(Trezor::new(settings).unwrap()), Wire::Udp)
    }

    /// The way to it.
    pub fn place(&self) -> Place {
        let address = self.server.addr().to_string();
        match self.wire {
            Wire::Tcp => Place::LedgerTcp(address),
            Wire::Udp => Place::TrezorUdp(address),
        }
    }

    pub fn open(&self) -> Box<dyn Device> {
        open(&self.place(), Watch::new(LIMIT), Box::new(Unattended)).unwrap()
    }

    /// What was shown since the last look.
    pub fn shown(&self) -> Vec<Screen> {
        std::mem::take(&mut self.shown.lock().unwrap())
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.person.take().unwrap().join().unwrap();
    }
}

pub fn software(number: u8, network: Network) -> Signer {
    Signer::new(zeroize::Zeroizing::new([number; 32]), network).unwrap()
}

/// A device's key at a path, as a descriptor takes it.
pub fn key(device: &mut dyn Device, network: Network, path: &str) -> String {
    let fingerprint = device.fingerprint(network).unwrap();
    let xpub = device.xpub(network, &path.parse().unwrap(), false).unwrap();
    format!("[{fingerprint}/{path}]{xpub}/<0;1>/*")
}

pub fn softkey(signer: &Signer, path: &str) -> String {
    format!("{}/<0;1>/*", signer.key_at(&path.parse::<DerivationPath>().unwrap()).unwrap())
}

/// Where the coins of a packet are, and where its change goes.
pub const SPOTS: [Spot; 2] = [Spot { chain: Chain::Receive, index: 0 }, Spot { chain: Chain::Change, index: 7 }];
pub const BACK: Spot = Spot { chain: Chain::Change, index: 9 };

/// Two coins of a wallet, each an output of a transaction, spent to somebody and back.
pub fn packet(wallet: &Wallet, previous: Vec<(Transaction, u32)>) -> Packet {
    let coin = |(previous, vout): &(Transaction, u32)| previous.output[*vout as usize].clone();
    let total: Amount = previous.iter().map(|previous| coin(previous).value).sum();
    let (paid, fee) = (Amount::from_sat(150_000), Amount::from_sat(2_000));
    let payee = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx".parse::<bitcoin::Address<_>>().unwrap();
    let unsigned = Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: previous
            .iter()
            .map(|(previous, vout)| TxIn {
                previous_output: OutPoint { txid: previous.compute_txid(), vout: *vout },
                script_sig: ScriptBuf::new(),
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                witness: Witness::new(),
            })
            .collect(),
        output: vec![
            TxOut { value: paid, script_pubkey: payee.assume_checked().script_pubkey() },
            TxOut { value: total - paid - fee, script_pubkey: wallet.script(BACK).unwrap() },
        ],
    };
    let mut psbt = Psbt::from_unsigned_tx(unsigned).unwrap();
    for (place, (previous, spot)) in previous.into_iter().zip(SPOTS).enumerate() {
        psbt.inputs[place].witness_utxo = Some(coin(&previous));
        psbt.inputs[place].non_witness_utxo = Some(previous.0);
        psbt.update_input_with_descriptor(place, &wallet.at(spot).unwrap()).unwrap();
    }
    psbt.update_output_with_descriptor(1, &wallet.at(BACK).unwrap()).unwrap();
    Packet::read(&psbt.serialize()).unwrap()
}

pub fn sign(device: &mut dyn Device, held: &Held<'_>, packet: &Packet) -> Result<Packet, DeviceError> {
    let (review, passed) = reviewed(packet, held.wallet, &Facts::default());
    let passed = passed.unwrap_or_else(|| panic!("{review:?}"));
    let expected: Fingerprint = device.fingerprint(held.wallet.network())?;
    device.sign(held, &passed)?.of(expected, &passed)
}

pub fn soft(signer: &Signer, wallet: &Wallet, packet: &Packet) -> Packet {
    let (_, passed) = reviewed(packet, wallet, &Facts::default());
    signer.sign(&passed.unwrap()).unwrap()
}
