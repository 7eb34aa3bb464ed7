#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use alloy_primitives::{address, keccak256};
use serde_json::Value;
use std::path::Path;

const CALL_ONLY: Address = address!("40A2aCCbd92BCA938b02010E17A5b8929b49130D");
const CALL_ONLY_EIP155: Address = address!("A1dabEF33b3B82c7814B6D82A79e50F4AC44102B");
const CALL_ONLY_ZKSYNC: Address = address!("f220D3b4DFb23C4ade8C88E526C1353AbAcbC38F");

fn chain(id: u64) -> U256 {
    U256::from(id)
}

#[test]
fn every_line_of_the_list_is_read_and_none_stands_twice() {
    let mut list = List::default();
    let lines: Vec<_> = LIST.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &lines {
        assert!(list.take(line).is_some(), "{line}");
        let address = line.split(' ').find(|word| word.len() == 42);
        assert!(address.is_none_or(|text| Address::parse_checksummed(text, None).is_ok()), "{line}");
    }
    assert_eq!((list.chains.len(), list.contracts.len(), list.proxies.len()), (9, 73, 4));
    assert!(list.chains.values().all(|chains| chains.is_sorted_by(|a, b| a < b)));
    assert!(list.contracts.values().all(|(_, chains)| list.chains.contains_key(chains)));
    let counts = ["A", "B", "C", "D", "E", "F", "G", "H", "I"].map(|name| list.chains[name].len());
    assert_eq!(counts, [6, 9, 337, 273, 16, 407, 7, 341, 125]);
}

#[test]
fn t17_an_address_counts_on_the_chains_that_are_listed_and_is_told_apart_elsewhere() {
    let found = pinned(chain(1), CALL_ONLY).unwrap();
    assert_eq!((found.contract, found.version), (Contract::MultiSendCallOnly, SafeVersion::V1_3_0));
    assert_eq!(standing(chain(1), CALL_ONLY), Some(Standing::Listed(found)));
    for unlisted in [chain(31337), chain(0), (U256::from(1) << 64) + U256::from(1), U256::MAX] {
        assert_eq!(pinned(unlisted, CALL_ONLY), None);
        assert_eq!(standing(unlisted, CALL_ONLY), Some(Standing::Unlisted(found)));
    }
    assert_eq!(pinned(chain(324), CALL_ONLY_ZKSYNC).unwrap().deployment, Deployment::Zksync);
    assert_eq!(standing(chain(1), CALL_ONLY_ZKSYNC), None);
    assert_eq!(standing(chain(1), Address::ZERO), None);
    let mut near = CALL_ONLY;
    near.0[10] ^= 1;
    assert_eq!(standing(chain(1), near), None);
}

#[test]
fn a_contract_is_found_on_a_chain_the_usual_deployment_first() {
    let on = |id, contract, version| on_chain(chain(id), contract, version).into_iter().map(|(address, _)| address);
    let both: Vec<_> = on(1, Contract::MultiSendCallOnly, SafeVersion::V1_3_0).collect();
    assert_eq!(both, [CALL_ONLY, CALL_ONLY_EIP155]);
    assert_eq!(on(31337, Contract::MultiSendCallOnly, SafeVersion::V1_3_0).count(), 0);
    for contract in Contract::ALL {
        let versions = SafeVersion::ALL.into_iter();
        let somewhere = versions.flat_map(|version| on(1, contract, version)).count();
        assert!(somewhere > 0, "{}", contract.name());
        assert_eq!(Contract::of(contract.name()), Some(contract));
    }
    assert_eq!(on(1, Contract::SafeMigration, SafeVersion::V1_3_0).count(), 0);
}

#[test]
fn proxies_are_known_by_their_code() {
    let code = "d7d408ebcd99b2b70be43e20253d6d92a8ea8fab29bd3be7f55b10032331fb4c".parse().unwrap();
    assert_eq!(proxy(code), Some(SafeVersion::V1_4_1));
    assert_eq!(proxy(B256::ZERO), None);
    assert_eq!(proxy(keccak256([])), None);
}

/// The deployed code of a contract package, where the packages were installed.
fn deployed(package: &str, file: &str) -> Option<B256> {
    let root =
        std::env::var("EXCHEQUER_NPM").unwrap_or_else(|_| format!("{}/node_modules", env!("CARGO_MANIFEST_DIR")));
    let path = Path::new(&root).join("@safe-global").join(package).join("build/artifacts/contracts").join(file);
    let artifact: Value = serde_json::from_slice(&std::fs::read(path).ok()?).unwrap();
    let code: alloy_primitives::Bytes = artifact["deployedBytecode"].as_str().unwrap().parse().unwrap();
    Some(keccak256(code))
}

#[test]
fn the_published_packages_hold_the_code_that_is_pinned() {
    let packages = [("safe-contracts", SafeVersion::V1_4_1), ("safe-smart-account", SafeVersion::V1_5_0)];
    // What holds its own address or another's is another code once it is deployed, and cannot be compared.
    let files = [
        (Contract::Safe, "Safe.sol/Safe.json"),
        (Contract::SafeL2, "SafeL2.sol/SafeL2.json"),
        (Contract::MultiSendCallOnly, "libraries/MultiSendCallOnly.sol/MultiSendCallOnly.json"),
        (Contract::SignMessageLib, "libraries/SignMessageLib.sol/SignMessageLib.json"),
        (Contract::CreateCall, "libraries/CreateCall.sol/CreateCall.json"),
        (Contract::SafeProxyFactory, "proxies/SafeProxyFactory.sol/SafeProxyFactory.json"),
        (
            Contract::CompatibilityFallbackHandler,
            "handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler.json",
        ),
    ];
    for (package, version) in packages {
        for (contract, file) in files {
            let Some(code) = deployed(package, file) else {
                println!("skipped: {package} is not installed (EXCHEQUER_NPM names a node_modules that has it)");
                return;
            };
            let [(_, pinned)] = on_chain(chain(1), contract, version)[..] else { panic!("{package} {file}") };
            assert_eq!(pinned.code_hash, code, "{package} {file}");
        }
        assert_eq!(proxy(deployed(package, "proxies/SafeProxy.sol/SafeProxy.json").unwrap()), Some(version));
    }
}
