//! A Safe on anvil with owners of three kinds: a simulated Ledger, a simulated Trezor, and keys in software.

use super::anvil::{Anvil, CHAIN, call};
use crate::bench::Bench;
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use exchequer::device::Device;
use exchequer::device::ethereum::{Mode, Signable, TypedData};
use exchequer::sim::KnownSafe;
use exchequer::sim::device::{Ledger, LedgerApp, LedgerSettings, TrezorModel, Wire};
use exchequer::treasury::ethereum::deployments::{Contract, on_chain};
use exchequer::treasury::ethereum::hot::Account;
use exchequer::treasury::ethereum::review::Reviewed;
use exchequer::treasury::ethereum::signature::{Asked, Confirmation};
use exchequer::treasury::ethereum::{SafeAt, SafeVersion};

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
        let settings = LedgerSettings { app, version, ..LedgerSettings::default() };
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
