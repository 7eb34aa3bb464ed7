//! The demo's Safe: 2 of 3 sign for it, one with a HOT account and two on the simulated devices, and three transactions wait.
//!
//! - The first is an attack as it was done before: a delegatecall that would swap the Safe's code, sent by a service as if it were a
//!   transfer. It is blocked. The second is a batch, the third a plain transfer.
//! - There is no chain behind it, and no screen says that there is one: it can be signed, and not carried out.
//! - It stands on a test network, at an address that nobody's Safe has.

use super::{Book, COST, DAY, PASSPHRASE};
use crate::desk::treasury::{Funds, Place};
use crate::sim::device::{DEMO_LEDGER, DEMO_TREZOR};
use crate::treasury::ethereum::build::{Ask, Payment, What, transaction};
use crate::treasury::ethereum::deployments::{Contract, on_chain};
use crate::treasury::ethereum::hot::Account;
use crate::treasury::ethereum::proposal::{SafeEvent, SafeId, SafeKind, Source, Stand};
use crate::treasury::ethereum::review::{Facts, review};
use crate::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use crate::treasury::proposal::{Event, ProposalId};
use alloy_primitives::{Address, B256, Bytes, U256, address, b256, hex};
use std::collections::BTreeMap;

/// Sepolia: a test network.
const CHAIN: u64 = 11_155_111;

/// Where it stands.
const SAFE: Address = address!("0x5afE5afE5afE5afE5afE5afE5afE5afE5afE5afE");

/// A token of the test network.
const USDC: Address = address!("0x1c7D4B196Cb0C7B01d743Fbc6116a902379C7238");

/// The hash of the code of a proxy of 1.4.1.
const PROXY: B256 = b256!("0xd7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c");

/// Who is paid.
const PAID: [(Address, &str); 2] = [
    (address!("0x7777777777777777777777777777777777777777"), "Supplier"),
    (address!("0x8888888888888888888888888888888888888888"), "Payroll"),
];

/// A contract of which nothing is known.
const UNKNOWN: Address = address!("0x9999999999999999999999999999999999999999");

/// The contract of the attack, and where its code would have led.
const ATTACK: (Address, &str) = (
    address!("0x96221423681A6d52E184D440a8eFCEbB105C7242"),
    "a9059cbb000000000000000000000000bdd077f651ebe7f7b3ce16fe5f2b025be29695160000000000000000000000000000000000000000000000000000000000000000",
);

/// The block of which it is told how the Safe stands.
const BLOCK: u64 = 7_204_871;

/// The next nonce.
const NONCE: u64 = 7;

/// The HOT one of the owners' accounts, and who they are.
pub struct SafeHouse {
    hot: Account,
    owners: [(Address, &'static str); 3],
}

fn told<E: std::fmt::Display>(error: E) -> String {
    error.to_string()
}

impl SafeHouse {
    /// With a new account, and those of the simulated devices.
    pub fn new(names: [&'static str; 3]) -> Result<Self, String> {
        let hot = Account::new(crate::desk::treasury::random::<32>()?).map_err(told)?;
        let device = |words| Account::from_words(words, "", 0).map(|account| account.address()).map_err(told);
        let [ada, ledger, trezor] = names;
        let owners = [(hot.address(), ada), (device(DEMO_LEDGER)?, ledger), (device(DEMO_TREZOR)?, trezor)];
        Ok(Self { hot, owners })
    }

    fn id() -> SafeId {
        SafeId { chain_id: U256::from(CHAIN), address: SAFE }
    }

    /// How it stands: on published code, so that what is said of it is about its transactions alone.
    fn stand(&self) -> Result<Stand, String> {
        let version = SafeVersion::V1_4_1;
        let published = |contract| {
            let found = on_chain(U256::from(CHAIN), contract, version).into_iter().next();
            found.ok_or_else(|| format!("{} is not published there", contract.name()))
        };
        let (singleton, code) = published(Contract::Safe)?;
        let (handler, _) = published(Contract::CompatibilityFallbackHandler)?;
        Ok(Stand {
            block: BLOCK,
            version,
            owners: self.owners.iter().map(|(owner, _)| *owner).collect(),
            threshold: U256::from(2),
            nonce: U256::from(NONCE),
            modules: Vec::new(),
            guard: Address::ZERO,
            module_guard: Address::ZERO,
            fallback_handler: handler,
            singleton,
            proxy_code: PROXY,
            singleton_code: code.code_hash,
        })
    }

    /// Writes all of it down: the Safe, its names, and what waits.
    pub fn move_in(&self, place: &Place, book: &mut Book) -> Result<(), String> {
        place.seal_account(&self.hot, PASSPHRASE, COST)?;
        let (id, chain, stand) = (Self::id(), U256::from(CHAIN), self.stand()?);
        let funds = Funds {
            block: BLOCK,
            at: book.clock.now(),
            wei: U256::from(612_440_000_000_000_000_000_u128),
            tokens: BTreeMap::from([(USDC, U256::from(88_400_000_000_u64))]),
        };
        place.keep_funds(chain, SAFE, &funds)?;
        let at = stand.at(id);
        let mut say = |event| book.write(Event::Safe(Box::new(event)));
        if let Some((address, name)) = self.owners.first() {
            say(SafeEvent::HotAccount { address: *address, name: (*name).to_owned() })?;
        }
        say(SafeEvent::Added { safe: id, name: "Demo safe".to_owned(), stand })?;
        for (owner, name) in self.owners {
            say(SafeEvent::OwnerNamed { safe: id, owner, name: name.to_owned() })?;
        }
        for (address, name) in PAID {
            say(SafeEvent::Named { chain, address, name: name.to_owned() })?;
        }
        let (symbol, decimals) = ("USDC".to_owned(), 6);
        say(SafeEvent::TokenPinned { chain, token: USDC, symbol, decimals, trusted: true })?;
        propose(book, &at, attack()?, (Source::Service, "Routine transfer, as every Friday"))?;
        propose(book, &at, batch(&at)?, (Source::Own, "supplier, salaries and the new contract's setup"))?;
        propose(book, &at, transfer(&at)?, (Source::Own, "invoice 119, half an ether to the supplier"))
    }
}

fn propose(book: &mut Book, at: &SafeAt, tx: SafeTx, (source, memo): (Source, &str)) -> Result<(), String> {
    let proposal = ProposalId::of_safe(at, &tx, 1);
    let kind = SafeKind::of(&review(at, &tx, &Facts::default()));
    let expires_at = book.clock.now().plus(DAY);
    book.write(Event::Safe(Box::new(SafeEvent::Proposed {
        proposal,
        safe: SafeId::of(at),
        policy: 1,
        kind,
        tx,
        created_by: "demo".to_owned(),
        memo: memo.to_owned(),
        expires_at,
        source,
        refund_overridden: false,
    })))
}

/// What a service sent as a transfer: foreign code that would run in the Safe's name, and swap its singleton.
fn attack() -> Result<SafeTx, String> {
    let (to, data) = ATTACK;
    Ok(SafeTx {
        to,
        value: U256::ZERO,
        data: Bytes::from(hex::decode(data).map_err(told)?),
        operation: Operation::DelegateCall,
        safe_tx_gas: U256::from(45_746),
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::from(NONCE + 2),
    })
}

fn paid(place: usize) -> Result<Address, String> {
    PAID.get(place).map(|(address, _)| *address).ok_or_else(|| "nobody is paid".to_owned())
}

fn pays(place: usize, what: What) -> Result<Ask, String> {
    Payment { what, to: paid(place)? }.ask(SAFE).map_err(told)
}

/// Three calls at once; of the last nobody knows what it does.
fn batch(at: &SafeAt) -> Result<SafeTx, String> {
    let amount = U256::from(1_250_000_000_u64);
    let asks = [
        pays(0, What::Token { token: USDC, amount })?,
        pays(1, What::Coin { amount: U256::from(2_000_000_000_000_000_000_u64) })?,
        Ask::new(
            UNKNOWN,
            U256::ZERO,
            Bytes::from_static(&hex!("deadbeef0000000000000000000000000000000000000000000000000000000000000001")),
        )
        .map_err(told)?,
    ];
    transaction(at, U256::from(NONCE + 1), &asks).map_err(told)
}

/// Half an ether to somebody whom the books know.
fn transfer(at: &SafeAt) -> Result<SafeTx, String> {
    let half = What::Coin { amount: U256::from(500_000_000_000_000_000_u64) };
    transaction(at, U256::from(NONCE), &[pays(0, half)?]).map_err(told)
}
