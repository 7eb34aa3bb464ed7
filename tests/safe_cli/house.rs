//! A desk with a Safe of three owners whose keys lie there, a chain, and a transaction service.

use crate::node::{self, Node, address};
use crate::office::Desk;
use alloy_primitives::{Address, U256};
use exchequer::sim::{KnownSafe, ServiceServer, ServiceSettings};
use exchequer::treasury::ethereum::hot::Account;
use serde_json::Value;

pub const SAFE: &str = "0x5aFE3855358E112B5647B952709E6165e1c1eEEe";
pub const PAYEE: &str = "0x00000000219ab540356cBB839Cbe05303d7705Fa";

pub struct House {
    pub node: Node,
    pub service: ServiceServer,
    pub desk: Desk,
    pub owners: Vec<String>,
    pub gas: String,
    _runtime: tokio::runtime::Runtime,
}

/// Whole coins, in wei.
pub fn ether(whole: u64) -> U256 {
    U256::from(whole) * U256::from(1_000_000_000_000_000_000_u64)
}

fn key(number: u8) -> String {
    format!("{number:02x}").repeat(32)
}

impl House {
    /// A Safe that takes so many of three signatures.
    pub fn new(threshold: u64) -> Self {
        let node = Node::start();
        let account = |number| Account::from_hex(&key(number)).unwrap().address();
        let owners: Vec<Address> = [1, 2, 3].map(account).to_vec();
        let gas = account(9);
        node.with(|world| {
            let singleton = address(node::SINGLETON);
            let (nonce, modules, approved) = (0, Vec::new(), Vec::new());
            let safe = node::Safe { owners: owners.clone(), threshold, nonce, modules, singleton, approved };
            world.safes.insert(address(SAFE), safe);
            world.coins.insert(address(SAFE), ether(10));
            world.coins.insert(gas, ether(5));
        });
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let service = runtime.block_on(ServiceServer::start(ServiceSettings::default())).unwrap();
        let facts = node.with(|world| world.facts(address(SAFE)));
        service.world(|world| world.learn(KnownSafe::new(facts.at, facts.owners.clone(), facts.threshold)));
        let desk = Desk::new();
        let owners: Vec<String> = owners.iter().map(|owner| owner.to_checksum(None)).collect();
        let house = Self { node, service, desk, owners, gas: gas.to_checksum(None), _runtime: runtime };
        for (name, number) in [("alice", 1), ("bob", 2), ("carol", 3), ("gas", 9)] {
            house.hot(&house.desk, name, number);
        }
        house
    }

    /// A key comes to a desk.
    pub fn hot(&self, desk: &Desk, name: &str, number: u8) {
        std::fs::write(desk.path("key.txt"), key(number)).unwrap();
        desk.does(&format!("hot import {name} --ethereum --words key.txt"));
    }

    /// The desk watches the Safe.
    pub fn add(&self) -> Value {
        let (rpc, service) = (&self.node.url, self.service.url());
        self.desk
            .json(&format!("safe add eth:{SAFE} --rpc {rpc} --service {service} --name Treasury --accept-warnings"))
    }

    pub fn approve(&self, id: &str, name: &str) -> Value {
        self.desk.json(&format!("proposal approve {id} --hot {name} --yes --accept-warnings"))
    }

    pub fn coins(&self, who: &str) -> U256 {
        self.node.with(|world| world.coins.get(&address(who)).copied().unwrap_or_default())
    }

    /// A token of which the Safe has some.
    pub fn token(&self, symbol: &[u8], decimals: u8, amount: u64) -> String {
        let token = Address::repeat_byte(0x70);
        let balances = [(address(SAFE), U256::from(amount))].into();
        let told = node::Token { symbol: symbol.to_vec(), decimals, balances };
        self.node.with(|world| world.tokens.insert(token, told));
        token.to_checksum(None)
    }
}
