//! The treasury that the console opens: a person's own, or in the demo one that lives for as long as the console.
//!
//! - The demo's 2-of-3 is funded on a simulated chain (regtest, Esplora on loopback), so that what is seen there goes
//!   through the same code as with real coins. It has a journal of its own, which goes with it.
//! - One of its keys is HOT, made anew each time; its passphrase is `demo`, and every screen says both. The other two lie on
//!   simulated devices, whose words everybody knows, as the mark beside their screens says.
//! - The same three own its Safe, which no chain is behind ([`safe`]).

mod safe;

use super::super::device::simulated::Table;
use super::super::nav::owned::settings as portfolio;
use super::super::treasury::ways;
use super::super::{Context, Exit, Failure};
use crate::chain::{self, Scan, Source};
use crate::desk::Settings;
use crate::desk::treasury::{Bench, Devices, Place, Prepare, TreasurySettings};
use crate::device::agent::SOCKET;
use crate::device::{self, DeviceError, Place as Way, Unattended, Watch};
use crate::feed::Clock;
use crate::sim::{ChainServer, ChainSettings};
use crate::store::Journal;
use crate::store::journal::{Body, Who};
use crate::treasury::bitcoin::build::{Built, Choice, Payment, Sum, Terms, pay};
use crate::treasury::bitcoin::coins::{Marks, State};
use crate::treasury::bitcoin::hot::{Cost, Signer, Standard};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use crate::treasury::proposal::{Event, Kind, PackedPacket, ProposalId, SeatId, Treasury};
use bitcoin::bip32::Fingerprint;
use bitcoin::{Amount, FeeRate, Network, ScriptBuf};
use safe::SafeHouse;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// The passphrase of the demo's keys.
const PASSPHRASE: &str = "demo";

/// What it takes to try it: nothing is kept from anybody here.
const COST: Cost = Cost { memory: 256, passes: 1, lanes: 1 };

/// How often the demo's chain has a block.
const BLOCK_TIME: Duration = Duration::from_secs(5);

/// How long a device's answer is waited for.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long the demo's proposals wait for signatures.
const DAY: Duration = Duration::from_secs(86_400);

/// Whose key is HOT.
const HOT: &str = "Ada";

/// Whose keys lie on which simulated devices.
const DEVICES: [(&str, &str); 2] = [("ledger", "Bea Ledger"), ("trezor", "Cyd Trezor")];

/// Where the key of a multisig in `wsh` lies on a device, on a test network.
const ACCOUNT: &str = "48'/1'/0'/2'";

/// What lives as long as the demo does.
pub struct Demo {
    _chain: ChainServer,
    _folder: Folder,
}

/// A folder that goes when it is dropped.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there is of no use to anybody, and the system clears such folders.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Lets a desk open the treasury: the demo's on a simulated market, a person's own beside a real one.
pub async fn open(settings: &mut Settings, context: &Context, demo: bool) -> Result<Option<Demo>, Failure> {
    let base = portfolio(context)?.base;
    if !demo {
        let (folder, cache) = (context.paths.treasury.clone(), context.paths.cache.clone());
        settings.treasury = Some(TreasurySettings {
            place: Place { journal: None, folder, cache },
            prepare: None,
            base,
            told: None,
            pretends: false,
            sync_every: Duration::from_secs(60),
            authorities: settings.authorities.clone(),
            service_key: ways::service_key(context)?,
            devices: devices(context),
        });
        return Ok(None);
    }
    let failed = |what: String| Failure::new(Exit::Error, "demo", format!("the demo's treasury did not start: {what}"));
    let chain = ChainServer::start(ChainSettings { block_time: Some(BLOCK_TIME), ..ChainSettings::default() });
    let chain = chain.await.map_err(|error| failed(error.to_string()))?;
    let table = Table::set(&DEVICES.map(|(device, _)| device))?;
    let house = House::new(&table.ways()).map_err(failed)?;
    for (index, sat) in (0..).zip([200_000_000, 150_000_000, 75_000_000]) {
        let script = house.wallet.script(Spot { chain: Chain::Receive, index }).unwrap_or_default();
        let paid = chain.faucet(script, Amount::from_sat(sat));
        paid.map_err(|reject| failed(format!("{reject:?}")))?;
    }
    chain.mine(3);
    let folder = Folder(folder().map_err(failed)?);
    let place = Place {
        journal: Some(folder.0.join("journal")),
        folder: folder.0.join("treasury"),
        cache: folder.0.join("cache"),
    };
    let source: Source = chain.source().parse().map_err(|error: chain::ChainError| failed(error.to_string()))?;
    let prepare = Prepare(Arc::new(move |place: &Place| house.move_in(place, &source)));
    settings.treasury = Some(TreasurySettings {
        place,
        prepare: Some(prepare),
        base,
        told: Some(PASSPHRASE.into()),
        pretends: true,
        sync_every: Duration::from_secs(2),
        authorities: None,
        service_key: None,
        devices: Devices {
            ways: table.ways(),
            plugged: false,
            locks: folder.0.join("devices"),
            patience: PATIENCE,
            bench: Some(Bench(Arc::new(table))),
        },
    });
    Ok(Some(Demo { _chain: chain, _folder: folder }))
}

/// Where a person's own devices are: what is plugged in, what is configured, and what an agent serves.
fn devices(context: &Context) -> Devices {
    let agent = std::env::var_os(SOCKET).filter(|socket| !socket.is_empty());
    let agent = agent.map(|socket| Way::Agent(PathBuf::from(socket)));
    Devices {
        ways: agent.into_iter().chain(context.config.devices.iter().cloned()).collect(),
        plugged: true,
        locks: context.paths.treasury.join("devices"),
        patience: PATIENCE,
        bench: None,
    }
}

/// A new folder for this user alone.
fn folder() -> Result<PathBuf, String> {
    use std::os::unix::fs::DirBuilderExt as _;
    let name = format!("exchequer-demo-{}-{}", std::process::id(), Clock::start().now().nanos());
    let folder = std::env::temp_dir().join(name);
    std::fs::DirBuilder::new().mode(0o700).create(&folder).map_err(|error| error.to_string())?;
    Ok(folder)
}

/// The demo's wallet, the HOT one of its keys, and what its seats are called.
struct House {
    wallet: Wallet,
    key: Signer,
    names: BTreeMap<Fingerprint, &'static str>,
    safe: SafeHouse,
}

impl House {
    /// A wallet of a new key and of those on the devices that these ways lead to.
    fn new(ways: &[Way]) -> Result<Self, String> {
        let random = crate::desk::treasury::random::<32>()?;
        let key = Signer::new(random, Network::Regtest).map_err(|error| error.to_string())?;
        let account = key.account(Standard::Wsh, 0).map_err(|error| error.to_string())?;
        let mut accounts = vec![format!("{account}/<0;1>/*")];
        let mut names = BTreeMap::from([(key.fingerprint(), HOT)]);
        for (way, (_, name)) in ways.iter().zip(DEVICES) {
            let (fingerprint, account) = account_of(way).map_err(|error| format!("{name}: {error}"))?;
            accounts.push(account);
            names.insert(fingerprint, name);
        }
        let descriptor = format!("wsh(sortedmulti(2,{}))", accounts.join(","));
        let wallet = Wallet::new("Demo vault", Network::Regtest, &[&descriptor]).map_err(|error| error.to_string())?;
        let [(_, ledger), (_, trezor)] = DEVICES;
        Ok(Self { wallet, key, names, safe: SafeHouse::new([HOT, ledger, trezor])? })
    }

    /// Writes all of it down, and makes what is to be seen: a payment that waits, and a transaction to be refused.
    fn move_in(&self, place: &Place, source: &Source) -> Result<(), String> {
        place.seal_key(&self.key, PASSPHRASE, COST)?;
        place.set_sources(&BTreeMap::from([(self.wallet.id(), source.clone())]))?;
        let mut state = self.look(source)?;
        place.keep(&mut state)?;
        let journal = place.journal.as_deref().ok_or("the demo has no journal")?;
        let mut book = Book::open(journal);
        book.write(Event::HotKey { fingerprint: self.key.fingerprint(), name: HOT.to_owned() })?;
        let wallet = self.wallet.id();
        book.write(Event::WalletAdded {
            wallet,
            name: self.wallet.name().to_owned(),
            network: Network::Regtest,
            descriptors: self.wallet.descriptors(),
            format: "demo".to_owned(),
            notes: Vec::new(),
            names: Vec::new(),
            labels: Vec::new(),
        })?;
        let first = self.wallet.address(Spot { chain: Chain::Receive, index: 0 });
        let address = first.map(|address| address.to_string()).unwrap_or_default();
        let seats: Vec<SeatId> = SeatId::all(self.wallet.policy()).map(|(seat, _)| seat).collect();
        for seat in seats {
            let name = self.names.get(&seat.fingerprint).copied().unwrap_or_default().to_owned();
            book.write(Event::CosignerNamed { wallet, seat, name })?;
            book.write(Event::AddressConfirmed { wallet, seat, address: address.clone() })?;
        }
        let coins: Vec<_> = state.holdings(&Marks::default()).coins.iter().map(|coin| coin.outpoint).collect();
        let [first, second, ..] = coins.as_slice() else { return Err("the demo's wallet has no coins".to_owned()) };
        self.safe.move_in(place, &mut book)?;
        let refused = self.pay(&state, 60_000_000, *second)?;
        book.propose(&self.wallet, &lying(refused)?, "came by mail from the office")?;
        let paid = self.pay(&state, 50_000_000, *first)?;
        book.propose(&self.wallet, &paid.packet, "invoice 118, half a bitcoin to the supplier")
    }

    /// What the chain says of the wallet.
    fn look(&self, source: &Source) -> Result<State, String> {
        let chain = chain::open(source, &chain::Settings::new(Network::Regtest)).map_err(|error| error.to_string())?;
        let mut state = State::new(&self.wallet).map_err(|error| error.to_string())?;
        let now = u64::try_from(Clock::start().now().secs()).unwrap_or_default();
        let update = chain.full_scan(state.full_scan(now).build(), Scan::default(), &());
        state.apply(update.map_err(|error| error.to_string())?).map_err(|error| error.to_string())?;
        Ok(state)
    }

    /// A payment to somebody else, out of one coin.
    fn pay(&self, state: &State, sat: u64, coin: bitcoin::OutPoint) -> Result<Built, String> {
        let payment = Payment { script: stranger(sat)?, sum: Sum::Exactly(Amount::from_sat(sat)) };
        let rate = FeeRate::from_sat_per_kwu(1_250);
        let choice = Choice { only: Some([coin].into()), ..Choice::default() };
        let terms = Terms { choice, ..Terms::at(rate) };
        pay(state, &Marks::default(), &[payment], &terms).map_err(|error| error.to_string())
    }
}

/// The key of a device for a descriptor, and whose it is.
fn account_of(way: &Way) -> Result<(Fingerprint, String), DeviceError> {
    let path = ACCOUNT.parse().map_err(|_| DeviceError::Unfit(ACCOUNT.to_owned()))?;
    let mut device = device::open(way, Watch::new(PATIENCE), Box::new(Unattended))?;
    let fingerprint = device.fingerprint(Network::Regtest)?;
    let xpub = device.xpub(Network::Regtest, &path, false)?;
    Ok((fingerprint, format!("[{fingerprint}/{ACCOUNT}]{xpub}/<0;1>/*")))
}

/// A script of somebody else.
fn stranger(salt: u64) -> Result<ScriptBuf, String> {
    let mut seed = Zeroizing::new([7; 32]);
    seed.iter_mut().zip(salt.to_be_bytes()).for_each(|(byte, salt)| *byte ^= salt);
    let key = Signer::new(seed, Network::Regtest).map_err(|error| error.to_string())?;
    let account = key.account(Standard::Wpkh, 0).map_err(|error| error.to_string())?;
    let wallet = Wallet::new("Supplier", Network::Regtest, &[&format!("wpkh({account}/<0;1>/*)")]);
    let wallet = wallet.map_err(|error| error.to_string())?;
    wallet.script(Spot { chain: Chain::Receive, index: 0 }).ok_or_else(|| "no script".to_owned())
}

/// The same, but what claims to be our change pays a stranger (T1).
fn lying(built: Built) -> Result<Packet, String> {
    let (change, _) = built.change.ok_or("the payment has no change")?;
    let mut packet = built.packet;
    let output = packet.psbt.unsigned_tx.output.get_mut(change).ok_or("the payment has no change")?;
    output.script_pubkey = stranger(13)?;
    Ok(packet)
}

/// The demo's journal, written by the rules.
struct Book {
    journal: Journal,
    treasury: Treasury,
    clock: Clock,
}

impl Book {
    fn open(dir: &Path) -> Self {
        Self { journal: Journal::open(dir).0, treasury: Treasury::default(), clock: Clock::start() }
    }

    fn write(&mut self, event: Event) -> Result<(), String> {
        let at = self.clock.now();
        self.treasury.apply(&event, at).map_err(|refusal| refusal.to_string())?;
        let body = Body::Treasury(event.into());
        self.journal.append(at, Who::LOCAL, &body).map(drop).map_err(|error| error.to_string())
    }

    fn propose(&mut self, wallet: &Wallet, packet: &Packet, memo: &str) -> Result<(), String> {
        let proposal = ProposalId::of(&packet.psbt.unsigned_tx, wallet.id(), 1);
        let expires_at = self.clock.now().plus(DAY);
        self.write(Event::Proposed {
            proposal,
            wallet: wallet.id(),
            policy: 1,
            kind: Kind::BtcSpend,
            created_by: "demo".to_owned(),
            memo: memo.to_owned(),
            expires_at,
            replaces: None,
            recovery: None,
            unarmed: false,
            packet: PackedPacket::pack(packet),
        })
    }
}
