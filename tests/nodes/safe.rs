//! A Safe on anvil with owners of three kinds: a simulated Ledger, a simulated Trezor, and keys in software.

use super::anvil::{Anvil, CHAIN, call};
use crate::bench::Bench;
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use exchequer::chain::ethereum::{Call, Fate, Node, Sent};
use exchequer::chain::service::Service;
use exchequer::chain::{ChainError, Endpoint, Reach};
use exchequer::device::Device;
use exchequer::device::ethereum::{Mode, Signable, TypedData};
use exchequer::market::Timestamp;
use exchequer::sim::device::{Ledger, LedgerApp, LedgerSettings, TrezorModel, Wire};
use exchequer::sim::{self, KnownSafe, ServiceServer, ServiceSettings};
use exchequer::treasury::ethereum::deployments::{Contract, on_chain};
use exchequer::treasury::ethereum::execute::call::signed;
use exchequer::treasury::ethereum::execute::receipt::{Log, Receipt, Told, told};
use exchequer::treasury::ethereum::execute::{self, Execution, Fees};
use exchequer::treasury::ethereum::hot::Account;
use exchequer::treasury::ethereum::review::Reviewed;
use exchequer::treasury::ethereum::signature::{Asked, Confirmation, Known, SafeFacts};
use exchequer::treasury::ethereum::{SafeAt, SafeVersion};
use tokio::runtime::Runtime;

/// 10^18.
pub const COIN: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// What a Safe has of the token at first.
pub const TOKENS: U256 = U256::from_limbs([1_000_000, 0, 0, 0]);

/// A software account; the same number gives the same.
pub fn soft(number: u8) -> Account {
    Account::from_hex(&hex::encode([number; 32])).unwrap()
}

/// A device and who is at it.
pub struct Held {
    _bench: Bench,
    pub device: Box<dyn Device>,
    path: String,
    pub address: Address,
}

impl Held {
    fn new(bench: Bench, path: &str) -> Self {
        let mut device = bench.open();
        let address = device.eth_address(&path.parse().unwrap(), false).unwrap().address;
        Self { _bench: bench, device, path: path.to_owned(), address }
    }

    pub fn ledger() -> Self {
        let (app, version) = (LedgerApp::Ethereum, "1.22.0".to_owned());
        let settings = LedgerSettings { app, version, raw_messages: true, ..LedgerSettings::default() };
        Self::new(Bench::new(Box::new(Ledger::new(settings).unwrap()), Wire::Tcp), "m/44'/60'/0'/0/1")
    }

    pub fn trezor() -> Self {
        Self::new(Bench::trezor(TrezorModel::T), "m/44'/60'/0'/0/2")
    }

    /// Shows every field on the device, and signs.
    pub fn confirm(&mut self, passed: &Reviewed<'_>) -> Confirmation {
        let (at, tx) = (passed.at(), passed.tx());
        let data = TypedData::read(&tx.typed_data(at).to_string()).unwrap();
        let what = Signable::TypedData(Box::new(data), Mode::Full);
        assert_eq!(what.hash().unwrap(), passed.hashes().safe_tx);
        let signed = self.device.eth_sign(&self.path.parse().unwrap(), &what).unwrap();
        let signature = signed.of(self.address, &what).unwrap();
        let asked = Asked::of(at, passed.hashes());
        Confirmation::from_device(&signature.bytes(), &asked).unwrap().by(self.address).unwrap()
    }
}

/// A Safe that its own factory made.
pub struct Made {
    pub at: SafeAt,
    pub owners: Vec<Address>,
    pub threshold: usize,
    pub singleton: Address,
    pub handler: Address,
}

fn address_of(contract: Contract, version: SafeVersion) -> Address {
    on_chain(CHAIN, contract, version).first().unwrap().0
}

impl Made {
    /// A Safe with ten coins and some of a token.
    pub fn new(anvil: &Anvil, version: SafeVersion, owners: Vec<Address>, threshold: usize, token: Address) -> Self {
        let [singleton, handler, factory] =
            [Contract::SafeL2, Contract::CompatibilityFallbackHandler, Contract::SafeProxyFactory]
                .map(|contract| address_of(contract, version));
        let (number, address) = (|number: usize| DynSolValue::Uint(U256::from(number), 256), DynSolValue::Address);
        let setup = call(
            "setup(address[],uint256,address,bytes,address,address,uint256,address)",
            vec![
                DynSolValue::Array(owners.iter().map(|owner| address(*owner)).collect()),
                number(threshold),
                address(Address::ZERO),
                DynSolValue::Bytes(Vec::new()),
                address(handler),
                address(Address::ZERO),
                number(0),
                address(Address::ZERO),
            ],
        );
        let create = call(
            "createProxyWithNonce(address,bytes,uint256)",
            vec![address(singleton), DynSolValue::Bytes(setup.to_vec()), number(7)],
        );
        let safe = Address::from_word(B256::from_slice(&anvil.call(factory, &create)[..32]));
        anvil.send(Some(factory), U256::ZERO, &create);
        let give = call("transfer(address,uint256)", vec![address(safe), DynSolValue::Uint(TOKENS, 256)]);
        anvil.send(Some(token), U256::ZERO, &give);
        anvil.send(Some(safe), COIN * U256::from(10), &Bytes::new());
        Self { at: SafeAt { chain_id: CHAIN, safe, version }, owners, threshold, singleton, handler }
    }

    /// What a service is told of it.
    pub fn known(&self, nonce: U256) -> KnownSafe {
        KnownSafe {
            nonce,
            singleton: self.singleton,
            l2: true,
            fallback_handler: self.handler,
            handler: Some(self.at.version),
            ..KnownSafe::new(self.at, self.owners.clone(), self.threshold)
        }
    }
}

/// A service in this process, and a client of it.
pub struct Desk {
    runtime: Runtime,
    server: Option<ServiceServer>,
    pub service: Service,
}

impl Desk {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = runtime.block_on(ServiceServer::start(ServiceSettings::default())).unwrap();
        let service = Service::new(&Endpoint::new(&server.url(), None).unwrap(), CHAIN, &Reach::default()).unwrap();
        Self { runtime, server: Some(server), service }
    }

    pub fn server(&self) -> &ServiceServer {
        self.server.as_ref().unwrap()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.server = None;
    }
}

/// Carries a reviewed transaction out with gas of the node's estimate, or with so much, and says what the receipt says, and
/// what a service is told of it.
pub fn carry_out(
    node: &Node,
    passed: &Reviewed<'_>,
    valid: &[Confirmation],
    (facts, known): (&SafeFacts, &Known),
    account: &Account,
    gas: Option<u64>,
) -> Result<(Told, sim::Execution), ChainError> {
    let (at, tx, sender) = (*passed.at(), passed.tx(), account.address());
    let input = signed(&at, tx, valid, facts, known, sender).unwrap();
    let call = Call { from: sender, to: at.safe, value: U256::ZERO, data: input, gas: None };
    let gas = gas.map_or_else(|| node.gas(&call).map(|gas| gas.limit), Ok)?;
    let tip = 1_000_000_000;
    let fees = Fees { gas, most: node.fees()?.most(tip), tip };
    let nonce = node.account(sender)?.pending;
    let execution = Execution::new(passed, valid, (facts, known), sender, nonce, fees).unwrap();
    let sent = account.sign_execution(&execution).unwrap();
    assert_eq!(node.send(&sent.raw)?, (sent.hash, Sent::Accepted));
    let mut mined = None;
    super::real::eventually("a block", || {
        if let Fate::Mined(receipt) = node.fate(sent.hash, sender, nonce).unwrap() {
            mined = Some(receipt);
        }
        mined.is_some()
    });
    let mined = mined.unwrap();
    assert!(mined.canonical && mined.from == sender && mined.to == Some(at.safe));
    let log = |log: &alloy_primitives::Log| {
        let (topics, data) = (log.data.topics().to_vec(), log.data.data.clone());
        Log { address: log.address, topics, data }
    };
    let receipt = Receipt { succeeded: mined.success, logs: mined.logs.iter().map(log).collect() };
    let said = told(at.version, at.safe, passed.hashes().safe_tx, &receipt);
    let carried = execute::Call::read(&sent.execution.input()[..], tx.nonce).unwrap();
    assert_eq!(&carried.tx, tx);
    let done = sim::Execution {
        transaction: sent.hash,
        block: mined.number,
        at: Timestamp::from_secs(1_800_000_000),
        executor: sender,
        success: matches!(said, Told::Success { .. }),
        gas_price: mined.gas_price.unwrap(),
        priority: tip,
        gas_used: mined.gas_used,
        signatures: carried.signatures,
    };
    Ok((said, done))
}
