//! An anvil that lives as long as a test, and the contracts of Safe on it, at the addresses where they were published.
//!
//! It says that it is chain 1, because only there the addresses are listed. A contract comes to its address as it did on the
//! real chain: its code is handed to the factory that its publishers used, and what it is deployed by decides the address.

use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, Bytes, U256, address, hex, keccak256};
use exchequer::chain::ethereum::Node;
use exchequer::chain::{Endpoint, Reach};
use exchequer::treasury::ethereum::SafeVersion;
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub const CHAIN: U256 = U256::ONE;

/// Which versions npm has as they were published.
pub const VERSIONS: [SafeVersion; 3] = [SafeVersion::V1_3_0, SafeVersion::V1_4_1, SafeVersion::V1_5_0];

/// The usual factory, which anvil has, and that of Safe, which has the same code.
const USUAL: Address = address!("4e59b44847b379578588920cA78FbF26c0B4956C");
const OF_SAFE: Address = address!("914d7Fec6aaC8cd542e72Bca78B30650d45643d7");

/// Enough for the largest contract.
const GAS: &str = "0xf42400";

fn folder() -> PathBuf {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache"));
    let folder = cache.join("exchequer/nodes");
    assert!(folder.join("bin/anvil").exists(), "no anvil in {}: make test-nodes installs it", folder.display());
    folder
}

fn modules() -> PathBuf {
    folder().join("contracts/node_modules")
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A contract as its publishers list it, with the code that makes it.
pub struct Published {
    pub name: String,
    /// How it came to its address.
    pub deployment: String,
    pub address: Address,
    pub code_hash: String,
    pub init_code: Bytes,
    /// Who puts what this code makes to this address.
    pub factory: Address,
}

/// A compiled contract of a package, wherever it is below this folder.
fn artifact(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    let file =
        entries.iter().find(|path| path.is_file() && path.file_name().unwrap() == format!("{name}.json").as_str());
    file.cloned().or_else(|| entries.iter().filter(|path| path.is_dir()).find_map(|path| artifact(path, name)))
}

/// The code that makes a contract of a version's package.
pub fn init_code(version: SafeVersion, name: &str) -> Option<Bytes> {
    let found = artifact(&modules().join(format!("safe-{version}/build/artifacts/contracts")), name)?;
    json_of(&found)["bytecode"].as_str().unwrap().parse().ok()
}

/// The published contracts of a version that its package has compiled, but for those of ZKsync, which are other code; and the
/// names of those whose compiled code is not what stands at their address.
pub fn published(version: SafeVersion) -> (Vec<Published>, Vec<String>) {
    let folder = modules().join(format!("@safe-global/safe-deployments/dist/assets/v{version}"));
    let (mut all, mut others) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).unwrap() {
        let listed = json_of(&entry.unwrap().path());
        let name = listed["contractName"].as_str().unwrap().to_owned();
        let Some(init_code) = init_code(version, &name) else { continue };
        for (deployment, at) in listed["deployments"].as_object().unwrap().iter().filter(|(way, _)| *way != "zksync") {
            let address: Address = at["address"].as_str().unwrap().parse().unwrap();
            let makes = |factory: &Address| factory.create2_from_code([0; 32], &init_code) == address;
            let Some(factory) = [USUAL, OF_SAFE].into_iter().find(makes) else {
                others.push(name.clone());
                continue;
            };
            let (name, deployment, init_code) = (name.clone(), deployment.clone(), init_code.clone());
            let code_hash = at["codeHash"].as_str().unwrap().to_owned();
            all.push(Published { name, deployment, address, code_hash, init_code, factory });
        }
    }
    (all, others)
}

/// The calldata of a function.
pub fn call(signature: &str, values: Vec<DynSolValue>) -> Bytes {
    [&keccak256(signature)[..4], &DynSolValue::Tuple(values).abi_encode_params()].concat().into()
}

/// A process that ends with its test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An anvil.
pub struct Anvil {
    _process: Process,
    port: u16,
    /// An account with coins, which it signs for.
    pub rich: Address,
}

impl Anvil {
    /// One on a free port, with the factories.
    pub fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(folder().join("bin/anvil"))
            .args(["--chain-id", "1", "--host", "127.0.0.1", "--silent", "--port", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut anvil = Self { _process: Process(child), port, rich: Address::ZERO };
        super::real::eventually("anvil", || anvil.ask("eth_chainId", json!([])).is_some());
        anvil.rich = anvil.rpc("eth_accounts", json!([]))[0].as_str().unwrap().parse().unwrap();
        let factory = anvil.rpc("eth_getCode", json!([USUAL, "latest"]));
        anvil.rpc("anvil_setCode", json!([OF_SAFE, factory]));
        anvil
    }

    /// One with all contracts of a version.
    pub fn with(version: SafeVersion) -> Self {
        let anvil = Self::start();
        published(version).0.iter().for_each(|contract| anvil.publish(contract));
        anvil
    }

    fn ask(&self, method: &str, params: Value) -> Option<Value> {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).to_string();
        let mut socket = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n";
        write!(socket, "{head}Content-Length: {}\r\n\r\n{body}", body.len()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// Asks what has to be answered.
    pub fn rpc(&self, method: &str, params: Value) -> Value {
        let answer = self.ask(method, params).unwrap();
        assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
        answer["result"].clone()
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Our own client of it.
    pub fn node(&self) -> Node {
        Node::connect(&Endpoint::new(&self.url(), None).unwrap(), None, CHAIN, &Reach::default()).unwrap()
    }

    /// Sends from the rich account; the receipt.
    pub fn send(&self, to: Option<Address>, value: U256, data: &Bytes) -> Value {
        let call = json!({"from": self.rich, "to": to, "value": value, "data": data, "gas": GAS});
        let hash = self.rpc("eth_sendTransaction", json!([call]));
        let mut receipt = Value::Null;
        super::real::eventually("a receipt", || {
            receipt = self.rpc("eth_getTransactionReceipt", json!([hash]));
            !receipt.is_null()
        });
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt
    }

    /// What a call gives back.
    pub fn call(&self, to: Address, data: &Bytes) -> Bytes {
        self.rpc("eth_call", json!([{"from": self.rich, "to": to, "data": data}, "latest"]))
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// Brings a contract to its address.
    pub fn publish(&self, contract: &Published) {
        let salted = [&[0; 32], contract.init_code.as_ref()].concat();
        self.send(Some(contract.factory), U256::ZERO, &salted.into());
    }

    pub fn code(&self, address: Address) -> Bytes {
        self.rpc("eth_getCode", json!([address, "latest"])).as_str().unwrap().parse().unwrap()
    }

    /// A token of which the rich account has all.
    pub fn token(&self) -> Address {
        let code = init_code(SafeVersion::V1_5_0, "ERC20Token").unwrap();
        self.send(None, U256::ZERO, &code)["contractAddress"].as_str().unwrap().parse().unwrap()
    }

    /// Gives coins to somebody.
    pub fn fund(&self, who: Address, wei: U256) {
        self.rpc("anvil_setBalance", json!([who, wei]));
    }
}

/// A hash as lists write it.
pub fn hash_of(code: &Bytes) -> String {
    hex::encode_prefixed(keccak256(code))
}
