//! A node with one Safe of 1.4.1, which carries out what it is sent when a test says so.

use crate::web::{Web, say};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use exchequer::treasury::ethereum::execute::receipt::{FAILURE, SUCCESS};
use exchequer::treasury::ethereum::execute::{Call, Sent};
use exchequer::treasury::ethereum::{SafeAt, SafeVersion};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard};

pub const SAFE: Address = Address::repeat_byte(0x5a);
const SINGLETON: Address = Address::repeat_byte(0x51);

/// Whose hash is no part of this Safe's chain: where it goes wrong, a test sees it.
pub const AT: SafeAt = SafeAt { chain_id: U256::ONE, safe: SAFE, version: SafeVersion::V1_4_1 };

/// What there is on the chain.
pub struct Chain {
    pub height: u64,
    pub nonce: u64,
    pub owners: Vec<Address>,
    pub threshold: u64,
    pub wei: U256,
    /// What was sent and is in no block.
    pub waiting: Vec<Sent>,
    /// Receipts, by the hashes of transactions, and where their blocks are.
    receipts: Vec<(B256, Value)>,
    /// What is answered to everything.
    pub broken: Option<String>,
    /// What is answered to a transaction that is sent.
    pub refuses: Option<String>,
    /// Whether a trial of a call fails.
    pub reverts: bool,
    /// Transactions that were handed over.
    pub handed: usize,
}

/// A node, and its chain.
pub struct Node {
    web: Web,
    chain: Arc<Mutex<Chain>>,
}

fn word(number: u64) -> Vec<u8> {
    U256::from(number).to_be_bytes::<32>().to_vec()
}

fn list(addresses: &[Address]) -> Vec<u8> {
    let words = addresses.iter().flat_map(|address| address.into_word().0);
    [word(addresses.len() as u64), words.collect()].concat()
}

fn selector(signature: &str) -> [u8; 4] {
    *keccak256(signature).first_chunk().unwrap()
}

fn block_hash(height: u64) -> B256 {
    keccak256(height.to_be_bytes())
}

impl Node {
    pub fn new(owners: Vec<Address>, threshold: u64) -> Self {
        let coin = U256::from(1_000_000_000_000_000_000_u64);
        let chain = Chain {
            height: 100,
            nonce: 7,
            owners,
            threshold,
            wei: coin * U256::from(10),
            waiting: Vec::new(),
            receipts: Vec::new(),
            broken: None,
            refuses: None,
            reverts: false,
            handed: 0,
        };
        let chain = Arc::new(Mutex::new(chain));
        let at = chain.clone();
        let web = Web::new(move |request, socket| {
            let one = |question: &Value| {
                let method = question["method"].as_str().unwrap();
                let mut answer = at.lock().unwrap().answer(method, &question["params"]);
                answer["id"] = question["id"].clone();
                answer["jsonrpc"] = json!("2.0");
                answer
            };
            let body = match request.json() {
                Value::Array(questions) => Value::Array(questions.iter().map(one).collect()),
                question => one(&question),
            };
            say(socket, 200, "Content-Type: application/json\r\n", body.to_string().as_bytes());
        });
        Self { web, chain }
    }

    pub fn url(&self) -> String {
        self.web.url()
    }

    pub fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap()
    }
}

impl Chain {
    /// Takes what waits into a block; the Safe says how its call came out.
    pub fn mine(&mut self, success: bool) {
        self.height += 1;
        for sent in std::mem::take(&mut self.waiting) {
            let call = Call::read(sent.execution.input(), U256::from(self.nonce)).unwrap();
            let hash = call.tx.hashes(&AT).safe_tx;
            self.nonce += 1;
            let event = if success { SUCCESS } else { FAILURE };
            let log = json!({"address": SAFE, "topics": [event, hash], "data": hex::encode_prefixed(word(0))});
            let receipt = json!({
                "transactionHash": sent.hash, "blockHash": block_hash(self.height),
                "blockNumber": format!("{:#x}", self.height), "from": sent.sender, "to": SAFE, "status": "0x1",
                "gasUsed": "0x13880", "effectiveGasPrice": "0x3b9aca00", "logs": [log],
            });
            self.receipts.push((sent.hash, receipt));
        }
    }

    fn answer(&mut self, method: &str, params: &Value) -> Value {
        if let Some(words) = &self.broken {
            return json!({"error": {"code": -32000, "message": words}});
        }
        let result = match method {
            "eth_chainId" => json!("0x1"),
            "eth_getBlockByNumber" => {
                let asked = params[0].as_str().and_then(|text| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok());
                let height = asked.unwrap_or(self.height);
                json!({"number": format!("{height:#x}"), "hash": block_hash(height), "timestamp": "0x65"})
            }
            "eth_getBalance" => json!(format!("{:#x}", self.wei)),
            "eth_getTransactionCount" => json!("0x4"),
            "eth_getCode" => match params[0].as_str().unwrap().parse::<Address>().unwrap() {
                SAFE => json!("0x01"),
                SINGLETON => json!("0x02"),
                _ => json!("0x"),
            },
            "eth_getStorageAt" => {
                let slot: B256 = params[1].as_str().unwrap().parse().unwrap();
                json!(if slot.is_zero() { SINGLETON.into_word() } else { B256::ZERO })
            }
            "eth_call" => return self.call(params),
            "eth_estimateGas" if self.reverts => {
                return json!({"error": {"code": 3, "message": "execution reverted: GS013"}});
            }
            "eth_estimateGas" => json!("0x13880"),
            "eth_feeHistory" => {
                json!({"baseFeePerGas": ["0x3b9aca00", "0x3b9aca00"], "reward": [["0x1", "0x2", "0x3"]]})
            }
            "eth_sendRawTransaction" => {
                self.handed += 1;
                if let Some(words) = &self.refuses {
                    return json!({"error": {"code": -32000, "message": words}});
                }
                let raw: Bytes = params[0].as_str().unwrap().parse().unwrap();
                let sent = Sent::read(&raw).unwrap();
                let hash = sent.hash;
                if self.waiting.iter().any(|known| known.hash == hash) {
                    return json!({"error": {"code": -32000, "message": "already known"}});
                }
                self.waiting.push(sent);
                json!(hash)
            }
            "eth_getTransactionReceipt" => {
                let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
                let found = self.receipts.iter().find(|(known, _)| *known == hash);
                found.map_or(Value::Null, |(_, receipt)| receipt.clone())
            }
            "eth_getTransactionByHash" => {
                let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
                let found = self.waiting.iter().any(|known| known.hash == hash);
                if found { json!({"hash": hash}) } else { Value::Null }
            }
            "eth_getLogs" => json!([]),
            _ => return json!({"error": {"code": -32601, "message": "no such method"}}),
        };
        json!({"result": result})
    }

    fn call(&self, params: &Value) -> Value {
        let data: Bytes = params[0]["data"].as_str().unwrap().parse().unwrap();
        let asked = data.first_chunk::<4>().copied().unwrap_or_default();
        let is = |signature: &str| asked == selector(signature);
        let bytes = match () {
            () if is("VERSION()") => {
                let mut text = b"1.4.1".to_vec();
                text.resize(32, 0);
                [word(32), word(5), text].concat()
            }
            () if is("getOwners()") => [word(32), list(&self.owners)].concat(),
            () if is("getThreshold()") => word(self.threshold),
            () if is("nonce()") => word(self.nonce),
            () if is("getModulesPaginated(address,uint256)") => [word(64), word(1), list(&[])].concat(),
            () if self.reverts => return json!({"error": {"code": 3, "message": "execution reverted: GS013"}}),
            () => word(1),
        };
        json!({"result": hex::encode_prefixed(bytes)})
    }
}
