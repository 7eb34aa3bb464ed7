//! A desk with one wallet and one proposal, whose seats are devices' and friends'.

use crate::bench::Bench;
use bitcoin::bip32::{DerivationPath, Fingerprint};
use bitcoin::hashes::Hash;
use bitcoin::{
    Amount, Network, OutPoint, Psbt, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, absolute,
    transaction,
};
use exchequer::desk::treasury::{
    Devices, Place as Folders, ProposalView, Reply, SeatStanding, Seen, SigningView, Stage, TreasuryQuery,
    TreasurySettings, TreasuryView, Who, Wish,
};
use exchequer::desk::{Command, Desk, Handle, Operator, Query, Scope, Settings};
use exchequer::device::open::open;
use exchequer::device::{Place, Unattended, Watch};
use exchequer::feed::Clock;
use exchequer::market::Interval;
use exchequer::money::Asset;
use exchequer::store::Journal;
use exchequer::store::journal::{Body, Reader, Who as Writer};
use exchequer::treasury::bitcoin::hot::Signer;
use exchequer::treasury::bitcoin::psbt::Packet;
use exchequer::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use exchequer::treasury::proposal::{Event, Kind, PackedPacket, ProposalId, SeatId, Treasury};
use miniscript::psbt::PsbtExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

const ACCOUNT: &str = "48'/1'/0'/2'";

/// A key for a descriptor, and whose it is.
pub struct Key {
    pub seed: Fingerprint,
    text: String,
}

impl Key {
    fn is(&self, seat: Who) -> bool {
        matches!(seat, Who::Seat(seat) if seat.fingerprint == self.seed)
    }
}

/// The key of a device, which is asked for it without a passphrase.
pub fn device_key(bench: &Bench) -> Key {
    let mut device = open(&bench.way(), Watch::new(PATIENCE), Box::new(Unattended)).unwrap();
    let seed = device.fingerprint(Network::Testnet).unwrap();
    let xpub = device.xpub(Network::Testnet, &ACCOUNT.parse().unwrap(), false).unwrap();
    Key { seed, text: format!("[{seed}/{ACCOUNT}]{xpub}/<0;1>/*") }
}

/// A friend's key.
pub fn friend_key(number: u8) -> Key {
    let signer = Signer::new(zeroize::Zeroizing::new([number; 32]), Network::Testnet).unwrap();
    let key = signer.key_at(&ACCOUNT.parse::<DerivationPath>().unwrap()).unwrap();
    Key { seed: signer.fingerprint(), text: format!("{key}/<0;1>/*") }
}

/// A desk, what it was started with, and what it is asked about.
pub struct House {
    desk: Option<Desk>,
    handle: Handle<Operator>,
    pub proposal: ProposalId,
    pub locks: PathBuf,
    journal: PathBuf,
    runtime: Runtime,
    _dir: tempfile::TempDir,
}

impl House {
    /// A 2-of-n of these keys; devices are at these ways.
    pub fn new(keys: &[&Key], ways: Vec<Place>) -> Self {
        Self::after(keys, ways, |_| None)
    }

    /// The same, after this has happened to the wallet.
    pub fn after(keys: &[&Key], ways: Vec<Place>, happened: impl Fn(&Wallet) -> Option<Event>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let under = |name: &str| dir.path().join(name);
        let texts: Vec<&str> = keys.iter().map(|key| key.text.as_str()).collect();
        let descriptor = format!("wsh(sortedmulti(2,{}))", texts.join(","));
        let wallet = Wallet::new("Treasury", Network::Testnet, &[&descriptor]).unwrap();
        let proposal = written(&under("journal"), &wallet, happened(&wallet));
        let treasury = TreasurySettings {
            place: Folders { journal: None, folder: under("treasury"), cache: under("cache") },
            prepare: None,
            base: Asset::new("USD").unwrap(),
            told: None,
            pretends: false,
            sync_every: PATIENCE,
            authorities: None,
            service_key: None,
            devices: Devices { ways, plugged: false, locks: under("devices"), patience: PATIENCE, bench: None },
        };
        let settings = Settings {
            watch: vec![],
            book_depth: 10,
            stale_after: PATIENCE,
            urls: [].into(),
            rest_urls: [].into(),
            fees: [].into(),
            authorities: None,
            journal: Some(under("journal")),
            cache: None,
            portfolio: None,
            treasury: Some(treasury),
            saved: None,
            alerts: Default::default(),
            capture: None,
        };
        let runtime = Runtime::new().unwrap();
        let desk = runtime.block_on(async { Desk::start(settings).unwrap() });
        let handle = desk.handle(Scope::local());
        let (locks, journal) = (under("devices"), under("journal"));
        let mut house = Self { desk: Some(desk), handle, proposal, locks, journal, runtime, _dir: dir };
        house.until("the proposal", |view| view.proposal.is_some());
        house
    }

    /// What the desk shows now.
    pub fn view(&mut self) -> Option<TreasuryView> {
        let query = Query {
            focus: None,
            levels: 1,
            group: None,
            trades: 0,
            interval: Interval::Minute1,
            candles: 0,
            across: None,
            portfolio: None,
            treasury: Some(TreasuryQuery { wallet: None, proposal: Some(self.proposal) }),
        };
        self.handle.view(&query).treasury
    }

    /// The first view in which this is so.
    pub fn until(&mut self, what: &str, there: impl Fn(&TreasuryView) -> bool) -> TreasuryView {
        let end = Instant::now() + PATIENCE;
        loop {
            let view = self.view();
            if let Some(view) = view.clone().filter(|view| there(view)) {
                return view;
            }
            let told = view.map(|view| (view.signing, view.proposal.map(|proposal| proposal.history.clone())));
            assert!(Instant::now() < end, "{what} did not come: {told:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The first stage of which this is so.
    pub fn stage(&mut self, what: &str, there: impl Fn(&Stage) -> bool) -> SigningView {
        let view = self.until(what, |view| view.signing.as_ref().is_some_and(|signing| there(&signing.stage)));
        SigningView::clone(view.signing.as_ref().unwrap())
    }

    pub fn shown(&mut self) -> ProposalView {
        ProposalView::clone(&self.view().unwrap().proposal.unwrap())
    }

    /// Where the seat of a key stands.
    pub fn standing(&mut self, key: &Key) -> SeatStanding {
        let shown = self.shown();
        shown.seats.iter().find(|seat| key.is(seat.id)).unwrap().standing.clone()
    }

    pub fn wish(&self, wish: Wish) {
        self.handle.command(Command::Treasury(wish));
    }

    pub fn say(&self, reply: Reply) {
        self.wish(Wish::Device(reply));
    }

    /// Asks for the signature of a key, and waits until its device is looked for.
    pub fn ask(&mut self, key: &Key) {
        let shown = self.shown();
        let seat = shown.seats.iter().find(|seat| key.is(seat.id)).unwrap().id;
        let (proposal, seen) = (self.proposal, Seen(shown.row.codes.clone()));
        let before = self.view().and_then(|view| Some(view.signing?.since));
        self.wish(Wish::SignOnDevice { proposal, seat, seen, answers: vec![] });
        let new = move |view: &TreasuryView| view.signing.as_ref().is_some_and(|it| Some(it.since) != before);
        self.until("that it begins", new);
    }

    /// Nobody waits any more.
    pub fn leave(&mut self) {
        self.say(Reply::Leave);
        self.until("that it ends", |view| view.signing.is_none());
    }

    /// The events of the journal about the proposal, as people read them.
    pub fn events(&self) -> Vec<Event> {
        let mut reader = Reader::open(&self.journal).unwrap();
        let mut events = Vec::new();
        while let Some(found) = reader.next().unwrap() {
            if let Body::Treasury(event) = found.entry.body {
                events.push(*event.0);
            }
        }
        events
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(desk) = self.desk.take() {
            self.runtime.block_on(desk.stop("the test is over"));
        }
    }
}

/// A journal with a wallet that is armed, and a proposal to pay out of it.
fn written(dir: &std::path::Path, wallet: &Wallet, happened: Option<Event>) -> ProposalId {
    let (mut journal, clock, mut treasury) = (Journal::open(dir).0, Clock::start(), Treasury::default());
    let mut write = |event: Event| {
        let at = clock.now();
        treasury.apply(&event, at).unwrap();
        journal.append(at, Writer::LOCAL, &Body::Treasury(event.into())).unwrap();
    };
    write(Event::WalletAdded {
        wallet: wallet.id(),
        name: wallet.name().to_owned(),
        network: wallet.network(),
        descriptors: wallet.descriptors(),
        format: "descriptor".into(),
        notes: vec![],
        names: vec![],
        labels: vec![],
    });
    let address = wallet.address(Spot { chain: Chain::Receive, index: 0 }).unwrap().to_string();
    for (seat, _) in SeatId::all(wallet.policy()) {
        write(Event::AddressConfirmed { wallet: wallet.id(), seat, address: address.clone() });
    }
    happened.into_iter().for_each(&mut write);
    let packet = packet(wallet);
    let proposal = ProposalId::of(&packet.psbt.unsigned_tx, wallet.id(), 1);
    write(Event::Proposed {
        proposal,
        wallet: wallet.id(),
        policy: 1,
        kind: Kind::BtcSpend,
        created_by: "ada".into(),
        memo: "rent".into(),
        expires_at: clock.now().plus(Duration::from_secs(86_400)),
        replaces: None,
        recovery: None,
        unarmed: false,
        packet: PackedPacket::pack(&packet),
    });
    proposal
}

/// A coin of the wallet, spent to somebody and back.
fn packet(wallet: &Wallet) -> Packet {
    let (spot, back) = (Spot { chain: Chain::Receive, index: 0 }, Spot { chain: Chain::Change, index: 9 });
    let spend = |from: OutPoint| TxIn {
        previous_output: from,
        script_sig: ScriptBuf::new(),
        sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
        witness: Witness::new(),
    };
    let transaction = |input: TxIn, output: Vec<TxOut>| Transaction {
        version: transaction::Version::TWO,
        lock_time: absolute::LockTime::ZERO,
        input: vec![input],
        output,
    };
    let paid = |sat, script_pubkey| TxOut { value: Amount::from_sat(sat), script_pubkey };
    let ours = paid(200_000, wallet.script(spot).unwrap());
    let previous = transaction(spend(OutPoint { txid: Txid::from_byte_array([1; 32]), vout: 1 }), vec![ours.clone()]);
    let payee = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx".parse::<bitcoin::Address<_>>().unwrap();
    let outputs =
        vec![paid(150_000, payee.assume_checked().script_pubkey()), paid(49_000, wallet.script(back).unwrap())];
    let unsigned = transaction(spend(OutPoint { txid: previous.compute_txid(), vout: 0 }), outputs);
    let mut psbt = Psbt::from_unsigned_tx(unsigned).unwrap();
    psbt.inputs[0].witness_utxo = Some(ours);
    psbt.inputs[0].non_witness_utxo = Some(previous);
    psbt.update_input_with_descriptor(0, &wallet.at(spot).unwrap()).unwrap();
    psbt.update_output_with_descriptor(1, &wallet.at(back).unwrap()).unwrap();
    Packet::read(&psbt.serialize()).unwrap()
}
