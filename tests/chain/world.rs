//! A node with one Safe, one token and one chain, which answers as nodes do but where a test twists it.

use super::web::{Web, say};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use exchequer::chain::ethereum::Node;
use exchequer::chain::{ChainError, Endpoint, Reach};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub const SAFE: Address = Address::repeat_byte(0x5a);
pub const SINGLETON: Address = Address::repeat_byte(0x51);
pub const HANDLER: Address = Address::repeat_byte(0x52);
pub const GUARD: Address = Address::repeat_byte(0x53);
pub const TOKEN: Address = Address::repeat_byte(0x70);

/// What a node answers to a method, in the place of what it would.
pub type Twist = Box<dyn Fn(&str, &Value) -> Option<Value> + Send + Sync>;

/// A node with one Safe, one token and one chain.
pub struct World {
    pub chain: AtomicU64,
    pub hash: Mutex<B256>,
    pub calls: BTreeMap<(Address, [u8; 4]), Vec<u8>>,
    pub twist: Twist,
}

pub fn selector(signature: &str) -> [u8; 4] {
    *keccak256(signature).first_chunk().unwrap()
}

pub fn word(number: u64) -> Vec<u8> {
    U256::from(number).to_be_bytes::<32>().to_vec()
}

pub fn list(addresses: &[Address]) -> Vec<u8> {
    let words = addresses.iter().flat_map(|address| address.into_word().0);
    [word(addresses.len() as u64), words.collect()].concat()
}

pub fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    [word(32), word(text.len() as u64), bytes].concat()
}

pub fn owners() -> [Address; 3] {
    [1, 2, 3].map(|n| Address::repeat_byte(0xa0 + n))
}

impl World {
    pub fn new(twist: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static) -> Arc<Self> {
        let mut calls = BTreeMap::new();
        let mut add = |to: Address, signature: &str, answer: Vec<u8>| calls.insert((to, selector(signature)), answer);
        add(SAFE, "VERSION()", text("1.4.1"));
        add(SAFE, "getOwners()", [word(32), list(&owners())].concat());
        add(SAFE, "getThreshold()", word(2));
        add(SAFE, "nonce()", word(7));
        add(TOKEN, "balanceOf(address)", word(1_000_000));
        add(TOKEN, "symbol()", text("U\u{1b}[2JSD\u{202e}"));
        add(TOKEN, "decimals()", word(6));
        let (chain, hash) = (AtomicU64::new(31337), Mutex::new(B256::repeat_byte(0xbb)));
        Arc::new(Self { chain, hash, calls, twist: Box::new(twist) })
    }

    pub fn answer(&self, method: &str, params: &Value) -> Value {
        if let Some(answer) = (self.twist)(method, params) {
            return answer;
        }
        let block = || json!({"number": "0x64", "hash": *self.hash.lock().unwrap(), "timestamp": "0x65"});
        let result = match method {
            "eth_chainId" => json!(format!("{:#x}", self.chain.load(Ordering::SeqCst))),
            "eth_getBlockByNumber" => block(),
            "eth_getBalance" => json!("0xde0b6b3a7640000"),
            "eth_getTransactionCount" => json!("0x4"),
            "eth_getCode" => match params[0].as_str().unwrap().parse::<Address>().unwrap() {
                SAFE => json!("0x01"),
                SINGLETON => json!("0x02"),
                HANDLER => json!("0x03"),
                _ => json!("0x"),
            },
            "eth_getStorageAt" => {
                let slot: B256 = params[1].as_str().unwrap().parse().unwrap();
                let is = |name: &str| slot == keccak256(name);
                let address = match () {
                    () if slot == B256::ZERO => SINGLETON,
                    () if is("fallback_manager.handler.address") => HANDLER,
                    () if is("guard_manager.guard.address") => GUARD,
                    () => Address::ZERO,
                };
                json!(address.into_word())
            }
            "eth_call" => return self.call(params),
            _ => return json!({"error": {"code": -32601, "message": "no such method"}}),
        };
        json!({"result": result})
    }

    fn call(&self, params: &Value) -> Value {
        assert_eq!(params[1], "0x64", "everything at one block");
        let to: Address = params[0]["to"].as_str().unwrap().parse().unwrap();
        let data: Bytes = params[0]["data"].as_str().unwrap().parse().unwrap();
        let Some(asked) = data.first_chunk::<4>() else { return json!({"result": "0x"}) };
        if *asked == selector("getModulesPaginated(address,uint256)") {
            return json!({"result": hex::encode_prefixed(page(&data))});
        }
        match self.calls.get(&(to, *asked)) {
            Some(answer) => json!({"result": hex::encode_prefixed(answer)}),
            None => json!({"error": {"code": 3, "message": "execution reverted", "data": "0x"}}),
        }
    }

    pub fn serve(self: &Arc<Self>) -> Web {
        let world = self.clone();
        Web::new(move |request, socket| {
            assert_eq!(request.method, "POST");
            let one = |question: &Value| {
                assert_eq!(question["jsonrpc"], "2.0");
                let mut answer = world.answer(question["method"].as_str().unwrap(), &question["params"]);
                if answer.get("id").is_none() {
                    answer["id"] = question["id"].clone();
                }
                answer
            };
            let body = match request.json() {
                // In whatever order.
                Value::Array(questions) => Value::Array(questions.iter().rev().map(one).collect()),
                question => one(&question),
            };
            say(socket, 200, "Content-Type: application/json\r\n", body.to_string().as_bytes());
        })
    }
}

/// 120 modules, in pages as 1.3.0 gives them: `next` is the first that is not in the page.
pub fn page(data: &[u8]) -> Vec<u8> {
    let modules: Vec<Address> = (1..=120_u64).map(|n| Address::from_word(B256::from(U256::from(n + 0x1000)))).collect();
    let start = Address::from_slice(&data[16..36]);
    let size = usize::try_from(U256::from_be_slice(&data[36..68])).unwrap();
    let from = modules.iter().position(|module| *module == start).map_or(0, |place| place + 1);
    let to = (from + size).min(modules.len());
    let next = modules.get(to).copied().unwrap_or(Address::with_last_byte(1));
    [word(64), next.into_word().to_vec(), list(&modules[from..to])].concat()
}

pub fn reach() -> Reach {
    Reach { patience: Duration::from_secs(5), authorities: None }
}

pub fn connect(web: &Web, second: Option<&Web>) -> Result<Node, ChainError> {
    let of = |web: &Web| Endpoint::new(&web.url(), None).unwrap();
    Node::connect(&of(web), second.map(of).as_ref(), U256::from(31337), &reach())
}

pub fn honest() -> Arc<World> {
    World::new(|_, _| None)
}

pub fn twisted(method: &'static str, answer: Value) -> Arc<World> {
    World::new(move |asked, _| (asked == method).then(|| answer.clone()))
}
