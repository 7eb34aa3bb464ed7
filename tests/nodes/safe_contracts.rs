//! What is pinned and computed here, held against the contracts themselves.

use super::anvil::{Anvil, CHAIN, VERSIONS, hash_of, published};
use super::safe::{Made, soft};
use alloy_primitives::U256;
use exchequer::treasury::ethereum::deployments::{Contract, Deployment, on_chain, pinned, proxy};
use exchequer::treasury::ethereum::{Operation, SafeTx, SafeVersion};
use serde_json::Value;

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn the_published_contracts_are_those_that_are_pinned() {
    for version in VERSIONS {
        let anvil = Anvil::start();
        let (all, others) = published(version);
        // Compiled otherwise than what was deployed, or with arguments of its own.
        let known: &[&str] = match version {
            SafeVersion::V1_3_0 => &["SignMessageLib", "SignMessageLib"],
            SafeVersion::V1_5_0 => &["SafeMigration"],
            _ => &[],
        };
        assert_eq!(others, known, "{version}");
        for contract in &all {
            let what = format!("{} {version} ({})", contract.name, contract.deployment);
            anvil.publish(contract);
            let code = anvil.code(contract.address);
            assert!(!code.is_empty(), "{what}");
            let known = pinned(CHAIN, contract.address).unwrap_or_else(|| panic!("{what} is not pinned"));
            assert_eq!(hash_of(&code), contract.code_hash, "{what}");
            assert_eq!(known.code_hash.to_string(), contract.code_hash, "{what}");
            assert_eq!(known.version, version, "{what}");
            let name = contract.name.trim_start_matches("Gnosis");
            assert!(
                name == known.contract.name() || name == "ProxyFactory",
                "{what} is pinned as {:?}",
                known.contract
            );
        }
        // Whatever can be delegatecalled, or makes a Safe one of ours, was among them.
        for contract in Contract::ALL.into_iter().filter(|one| one.is_batch() || one.is_singleton() || one.is_handler())
        {
            for (address, _) in on_chain(CHAIN, contract, version) {
                assert!(all.iter().any(|known| known.address == address), "{contract:?} {version} was not looked at");
            }
        }
        assert!(all.iter().any(|one| one.deployment == "eip155") == (version == SafeVersion::V1_3_0));
        assert!(on_chain(CHAIN, Contract::MultiSendCallOnly, version)[0].1.deployment == Deployment::Canonical);
    }
}

/// The transactions of the vectors, less what only their own Safes have.
fn transactions() -> Vec<SafeTx> {
    let all: Vec<Value> = serde_json::from_str(include_str!("../fixtures/safe/safe-tx.json")).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |one: &Value| {
        let tx = &one["tx"];
        let number = |name: &str| text(&tx[name]).parse::<U256>().unwrap();
        SafeTx {
            to: text(&tx["to"]).parse().unwrap(),
            value: number("value"),
            data: text(&tx["data"]).parse().unwrap(),
            operation: Operation::of(u8::try_from(tx["operation"].as_u64().unwrap()).unwrap()).unwrap(),
            safe_tx_gas: number("safeTxGas"),
            base_gas: number("baseGas"),
            gas_price: number("gasPrice"),
            gas_token: text(&tx["gasToken"]).parse().unwrap(),
            refund_receiver: text(&tx["refundReceiver"]).parse().unwrap(),
            nonce: number("nonce"),
        }
    };
    all.iter().map(read).collect()
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn the_contracts_hash_and_stand_as_is_read_here() {
    for version in VERSIONS {
        let anvil = Anvil::with(version);
        let owners: Vec<_> = (1..=5).map(|number| soft(number).address()).collect();
        let made = Made::new(&anvil, version, owners.clone(), 3, anvil.token());
        let node = anvil.node();
        let seen = node.safe(made.at.safe, &()).unwrap();
        assert_eq!((seen.at, &seen.state.owners), (made.at, &owners));
        assert_eq!((seen.state.threshold, seen.state.nonce), (U256::from(3), U256::ZERO));
        assert_eq!((seen.state.singleton, seen.state.fallback_handler), (made.singleton, made.handler));
        assert_eq!(seen.facts().handler, Some(version), "the handler is the published one");
        assert_eq!(proxy(seen.proxy_code), Some(version), "the proxy is the published one");
        assert_eq!(pinned(CHAIN, made.singleton).unwrap().code_hash, seen.singleton_code);
        let all = transactions();
        assert!(all.len() >= 40);
        for tx in all {
            node.same_hash(&made.at, &tx, &seen.block).unwrap();
        }
    }
}
