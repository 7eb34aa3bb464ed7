//! A stand-in for a node: JSON-RPC on loopback, over a small model of a chain with Safes 1.5.0, accounts and tokens.
//!
//! It enforces what a node enforces: the chain's id, nonces, funds, signatures of accounts, and, by the rule of the
//! contract, the owners' signatures of what it executes. The code at the published addresses is the published one.

use crate::wire;
use alloy_consensus::TxEip1559;
use alloy_consensus::transaction::RlpEcdsaDecodableTx;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use exchequer::treasury::ethereum::calldata::{self, Abis};
use exchequer::treasury::ethereum::execute::{Call, Sent};
use exchequer::treasury::ethereum::proposal::SafeId;
use exchequer::treasury::ethereum::signature::{Asked, Known, Outcome, Question, SafeFacts, judge};
use exchequer::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

pub const SINGLETON: &str = "0xFf51A5898e281Db6DfC7855790607438dF2ca44b";
pub const HANDLER: &str = "0x3EfCBb83A4A7AfcB4F68D501E2c2203a38be77f4";
pub const BATCH: &str = "0xA83c336B20401Af773B6219BA5027174338D1836";

pub const FAILED: &str = "execution reverted";

#[derive(Clone)]
pub struct Safe {
    pub owners: Vec<Address>,
    pub threshold: u64,
    pub nonce: u64,
    pub modules: Vec<Address>,
    pub singleton: Address,
    pub approved: Vec<(Address, B256)>,
}

#[derive(Clone)]
pub struct Token {
    pub symbol: Vec<u8>,
    pub decimals: u8,
    pub balances: BTreeMap<Address, U256>,
}

#[derive(Clone)]
struct Mined {
    block: u64,
    from: Address,
    to: Address,
    success: bool,
    logs: Vec<Value>,
}

/// When a connection breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Deaf {
    Before,
    After,
}

/// The chain.
pub struct World {
    pub chain_id: u64,
    pub block: u64,
    pub safes: BTreeMap<Address, Safe>,
    pub coins: BTreeMap<Address, U256>,
    pub nonces: BTreeMap<Address, u64>,
    pub tokens: BTreeMap<Address, Token>,
    /// What is sent waits until somebody lets it into a block.
    pub held: bool,
    /// Every call of a Safe fails.
    pub failing: bool,
    /// The connection breaks when something is sent: before it is taken, or after.
    pub deaf: Option<Deaf>,
    code: BTreeMap<Address, Bytes>,
    proxy: Bytes,
    waiting: Vec<Sent>,
    mined: BTreeMap<B256, Mined>,
    pub asked: Vec<String>,
}

pub struct Node {
    pub url: String,
    pub world: Arc<Mutex<World>>,
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

impl World {
    fn new() -> Self {
        let code: BTreeMap<String, Bytes> =
            serde_json::from_str(include_str!("../fixtures/safe/code-1.5.0.json")).unwrap();
        let at = [("Safe", SINGLETON), ("CompatibilityFallbackHandler", HANDLER), ("MultiSendCallOnly", BATCH)];
        Self {
            chain_id: 1,
            block: 100,
            safes: BTreeMap::new(),
            coins: BTreeMap::new(),
            nonces: BTreeMap::new(),
            tokens: BTreeMap::new(),
            held: false,
            failing: false,
            deaf: None,
            code: at.into_iter().map(|(name, place)| (address(place), code[name].clone())).collect(),
            proxy: code["SafeProxy"].clone(),
            waiting: Vec::new(),
            mined: BTreeMap::new(),
            asked: Vec::new(),
        }
    }

    pub fn at(&self, safe: Address) -> SafeAt {
        SafeId { chain_id: U256::from(self.chain_id), address: safe }.at(SafeVersion::V1_5_0)
    }

    pub fn facts(&self, safe: Address) -> SafeFacts {
        let known = &self.safes[&safe];
        let threshold = usize::try_from(known.threshold).unwrap();
        SafeFacts { at: self.at(safe), owners: known.owners.clone(), threshold, handler: Some(SafeVersion::V1_5_0) }
    }

    fn code(&self, at: Address) -> Bytes {
        match self.code.get(&at) {
            Some(code) => code.clone(),
            None if self.safes.contains_key(&at) => self.proxy.clone(),
            None if self.tokens.contains_key(&at) => Bytes::from_static(&[0x60, 0x00]),
            None => Bytes::new(),
        }
    }

    fn block(&self, number: u64) -> Value {
        json!({ "number": format!("{number:#x}"), "hash": hash(number), "timestamp": format!("{:#x}", 1_700_000_000 + number * 12) })
    }

    /// What waits comes into a block.
    pub fn mine(&mut self) {
        self.block += 1;
        for sent in std::mem::take(&mut self.waiting) {
            self.run(&sent);
        }
    }

    fn run(&mut self, sent: &Sent) {
        let (from, to) = (sent.sender, sent.execution.to());
        *self.nonces.entry(from).or_default() += 1;
        let cost = U256::from(sent.execution.fees().most) * U256::from(60_000);
        *self.coins.entry(from).or_default() -= cost;
        let done = self.execute(to, from, sent.execution.input());
        let (success, logs) = match done {
            Ok(logs) => (true, logs),
            Err(_) => (false, Vec::new()),
        };
        self.mined.insert(sent.hash, Mined { block: self.block, from, to, success, logs });
    }

    /// `execTransaction`, by the contract's rules.
    fn execute(&mut self, safe: Address, sender: Address, data: &[u8]) -> Result<Vec<Value>, String> {
        let known = self.safes.get(&safe).ok_or(FAILED)?.clone();
        let call = Call::read(data, U256::from(known.nonce)).ok_or(FAILED)?;
        let at = self.at(safe);
        let hash = call.tx.hashes(&at).safe_tx;
        let asked = Asked::of(&at, &call.tx.hashes(&at));
        let answers =
            known.approved.iter().map(|(owner, hash)| (Question::Approved { safe, owner: *owner, hash: *hash }, true));
        let answers = answers.collect();
        let judged = Known { answers, safes: self.safes.keys().map(|safe| (*safe, self.facts(*safe))).collect() };
        match judge(&asked, &self.facts(safe), &call.signatures, Some(sender), &judged) {
            Outcome::Accepted(_) => {}
            _ => return Err(format!("{FAILED}: GS026")),
        }
        let failed = self.failing || self.inner(safe, &call.tx).is_err();
        if failed && call.tx.safe_tx_gas.is_zero() && call.tx.gas_price.is_zero() && !self.failing {
            return Err(format!("{FAILED}: GS013"));
        }
        self.safes.get_mut(&safe).unwrap().nonce += 1;
        let name = if failed { "ExecutionFailure(bytes32,uint256)" } else { "ExecutionSuccess(bytes32,uint256)" };
        Ok(vec![json!({
            "address": safe, "topics": [keccak256(name), hash], "data": B256::ZERO,
            "blockNumber": format!("{:#x}", self.block), "blockHash": crate::node::hash(self.block),
        })])
    }

    pub fn inner(&mut self, safe: Address, tx: &SafeTx) -> Result<(), String> {
        if tx.operation == Operation::DelegateCall {
            let calls = exchequer::treasury::ethereum::calls::Calls::read(&self.at(safe), tx, &Abis::default());
            for call in calls.all().into_iter().skip(1) {
                self.pay(safe, call.to, call.value, &call.data)?;
            }
            return Ok(());
        }
        self.pay(safe, tx.to, tx.value, &tx.data)
    }

    fn pay(&mut self, safe: Address, to: Address, value: U256, data: &[u8]) -> Result<(), String> {
        let has = self.coins.get(&safe).copied().unwrap_or_default();
        *self.coins.entry(safe).or_default() = has.checked_sub(value).ok_or(FAILED)?;
        *self.coins.entry(to).or_default() += value;
        if let Some(token) = self.tokens.get_mut(&to) {
            let read = calldata::read(data, &Abis::default());
            let decoded = read.decoded().ok_or(FAILED)?;
            let (who, amount) = (decoded.address(0).ok_or(FAILED)?, decoded.number(1).ok_or(FAILED)?);
            let has = token.balances.get(&safe).copied().unwrap_or_default();
            *token.balances.entry(safe).or_default() = has.checked_sub(amount).ok_or(FAILED)?;
            *token.balances.entry(who).or_default() += amount;
        }
        Ok(())
    }

    /// A copy to try things on.
    pub fn fork(&self) -> Self {
        Self {
            chain_id: self.chain_id,
            block: self.block,
            safes: self.safes.clone(),
            coins: self.coins.clone(),
            nonces: self.nonces.clone(),
            tokens: self.tokens.clone(),
            held: self.held,
            failing: self.failing,
            deaf: None,
            code: self.code.clone(),
            proxy: self.proxy.clone(),
            waiting: Vec::new(),
            mined: BTreeMap::new(),
            asked: Vec::new(),
        }
    }

    fn send(&mut self, raw: &str) -> Result<Value, String> {
        let raw = hex::decode(raw).map_err(|error| error.to_string())?;
        let decoded = TxEip1559::eip2718_decode(&mut raw.as_slice()).map_err(|error| error.to_string())?;
        if decoded.tx().chain_id != self.chain_id {
            return Err("invalid chain id for signer".to_owned());
        }
        let sent = Sent::read(&raw).map_err(|error| error.to_string())?;
        if self.mined.contains_key(&sent.hash) || self.waiting.iter().any(|one| one.hash == sent.hash) {
            return Err("already known".to_owned());
        }
        let next = self.nonces.get(&sent.sender).copied().unwrap_or_default();
        if sent.execution.nonce() < next {
            return Err("nonce too low".to_owned());
        }
        if self.coins.get(&sent.sender).copied().unwrap_or_default() < sent.execution.fees().cost() {
            return Err("insufficient funds for gas * price + value".to_owned());
        }
        let same = |one: &Sent| one.sender == sent.sender && one.execution.nonce() == sent.execution.nonce();
        if let Some(place) = self.waiting.iter().position(same) {
            if sent.execution.fees().replaces(&self.waiting[place].execution.fees()).is_err() {
                return Err("replacement transaction underpriced".to_owned());
            }
            self.waiting.remove(place);
        }
        let hash = sent.hash;
        self.waiting.push(sent);
        if !self.held {
            self.mine();
        }
        Ok(json!(hash))
    }

    /// What a node says to a question.
    pub fn answer(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        self.asked.push(method.to_owned());
        let who = |at: usize| address(params[at].as_str().unwrap());
        Ok(match method {
            "eth_chainId" => json!(format!("{:#x}", self.chain_id)),
            "eth_getBlockByNumber" => match params[0].as_str().unwrap() {
                "latest" => self.block(self.block),
                number => {
                    let number = u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap();
                    if number > self.block { Value::Null } else { self.block(number) }
                }
            },
            "eth_getCode" => json!(self.code(who(0))),
            "eth_getBalance" => json!(self.coins.get(&who(0)).copied().unwrap_or_default()),
            "eth_getStorageAt" => {
                let slot: U256 = params[1].as_str().unwrap().parse().unwrap();
                let handler = U256::from_be_bytes(keccak256("fallback_manager.handler.address").0);
                let safe = self.safes.get(&who(0));
                let word = match safe {
                    Some(safe) if slot.is_zero() => safe.singleton.into_word(),
                    Some(_) if slot == handler => address(HANDLER).into_word(),
                    _ => B256::ZERO,
                };
                json!(word)
            }
            "eth_call" => json!(self.call(params)?),
            "eth_estimateGas" => {
                let call = &params[0];
                let data: Bytes = serde_json::from_value(call["data"].clone()).unwrap();
                let (to, from) = (address(call["to"].as_str().unwrap()), address(call["from"].as_str().unwrap()));
                self.fork().execute(to, from, &data)?;
                json!("0x15f90")
            }
            "eth_getTransactionCount" => {
                let next = self.nonces.get(&who(0)).copied().unwrap_or_default();
                let of = self.waiting.iter().filter(|sent| sent.sender == who(0)).count() as u64;
                json!(format!("{:#x}", if params[1] == "pending" { next + of } else { next }))
            }
            "eth_feeHistory" => json!({
                "oldestBlock": "0x1", "baseFeePerGas": ["0x3b9aca00", "0x3b9aca00"], "gasUsedRatio": [0.5],
                "reward": [["0x3b9aca0", "0x5f5e100", "0xbebc200"]],
            }),
            "eth_sendRawTransaction" => self.send(params[0].as_str().unwrap())?,
            "eth_getTransactionReceipt" => {
                let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
                self.mined.get(&hash).map_or(Value::Null, |mined| {
                    json!({
                        "transactionHash": hash, "blockHash": crate::node::hash(mined.block),
                        "blockNumber": format!("{:#x}", mined.block), "from": mined.from, "to": mined.to,
                        "status": if mined.success { "0x1" } else { "0x0" }, "gasUsed": "0xea60",
                        "effectiveGasPrice": "0x3b9aca00", "logs": mined.logs,
                    })
                })
            }
            "eth_getTransactionByHash" => {
                let hash: B256 = params[0].as_str().unwrap().parse().unwrap();
                let there = self.mined.contains_key(&hash) || self.waiting.iter().any(|sent| sent.hash == hash);
                if there { json!({ "hash": hash }) } else { Value::Null }
            }
            "eth_getLogs" => {
                let safe = address(params[0]["address"].as_str().unwrap());
                let mut all = Vec::new();
                for (hash, mined) in self.mined.iter().filter(|(_, mined)| mined.to == safe) {
                    for log in &mined.logs {
                        let mut log = log.clone();
                        log["transactionHash"] = json!(hash);
                        all.push(log);
                    }
                }
                json!(all)
            }
            other => return Err(format!("the method {other} does not exist")),
        })
    }
}

/// The hash of a block.
pub fn hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

impl Node {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(World::new()));
        let shared = world.clone();
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let world = shared.clone();
                std::thread::spawn(move || wire::serve(socket, &world));
            }
        });
        Self { url, world }
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut World) -> T) -> T {
        work(&mut self.world.lock().unwrap())
    }
}
