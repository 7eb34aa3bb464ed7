//! A node of an Ethereum chain: one that answers as nodes do, one that lies, one that changes, and one that does not know
//! what it says.

use super::web::{Web, say};
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use exchequer::chain::ethereum::{Call, Fate, Node, Search, Sent, Tried, answers};
use exchequer::chain::{ChainError, Endpoint, Reach};
use exchequer::treasury::ethereum::signature::Question;
use exchequer::treasury::ethereum::{Operation, SafeTx, SafeVersion};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const SAFE: Address = Address::repeat_byte(0x5a);
const SINGLETON: Address = Address::repeat_byte(0x51);
const HANDLER: Address = Address::repeat_byte(0x52);
const GUARD: Address = Address::repeat_byte(0x53);
const TOKEN: Address = Address::repeat_byte(0x70);

/// What a node answers to a method, in the place of what it would.
type Twist = Box<dyn Fn(&str, &Value) -> Option<Value> + Send + Sync>;

/// A node with one Safe, one token and one chain.
struct World {
    chain: AtomicU64,
    hash: Mutex<B256>,
    calls: BTreeMap<(Address, [u8; 4]), Vec<u8>>,
    twist: Twist,
}

fn selector(signature: &str) -> [u8; 4] {
    *keccak256(signature).first_chunk().unwrap()
}

fn word(number: u64) -> Vec<u8> {
    U256::from(number).to_be_bytes::<32>().to_vec()
}

fn list(addresses: &[Address]) -> Vec<u8> {
    let words = addresses.iter().flat_map(|address| address.into_word().0);
    [word(addresses.len() as u64), words.collect()].concat()
}

fn text(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    [word(32), word(text.len() as u64), bytes].concat()
}

fn owners() -> [Address; 3] {
    [1, 2, 3].map(|n| Address::repeat_byte(0xa0 + n))
}

impl World {
    fn new(twist: impl Fn(&str, &Value) -> Option<Value> + Send + Sync + 'static) -> Arc<Self> {
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

    fn answer(&self, method: &str, params: &Value) -> Value {
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

    fn serve(self: &Arc<Self>) -> Web {
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
fn page(data: &[u8]) -> Vec<u8> {
    let modules: Vec<Address> = (1..=120_u64).map(|n| Address::from_word(B256::from(U256::from(n + 0x1000)))).collect();
    let start = Address::from_slice(&data[16..36]);
    let size = usize::try_from(U256::from_be_slice(&data[36..68])).unwrap();
    let from = modules.iter().position(|module| *module == start).map_or(0, |place| place + 1);
    let to = (from + size).min(modules.len());
    let next = modules.get(to).copied().unwrap_or(Address::with_last_byte(1));
    [word(64), next.into_word().to_vec(), list(&modules[from..to])].concat()
}

fn reach() -> Reach {
    Reach { patience: Duration::from_secs(5), authorities: None }
}

fn connect(web: &Web, second: Option<&Web>) -> Result<Node, ChainError> {
    let of = |web: &Web| Endpoint::new(&web.url(), None).unwrap();
    Node::connect(&of(web), second.map(of).as_ref(), U256::from(31337), &reach())
}

fn honest() -> Arc<World> {
    World::new(|_, _| None)
}

fn twisted(method: &'static str, answer: Value) -> Arc<World> {
    World::new(move |asked, _| (asked == method).then(|| answer.clone()))
}

#[test]
fn a_safe_is_read_whole_at_one_block() {
    let web = honest().serve();
    let node = connect(&web, None).unwrap();
    let seen = node.safe(SAFE, &()).unwrap();
    assert_eq!((seen.at.version, seen.at.safe, seen.at.chain_id), (SafeVersion::V1_4_1, SAFE, U256::from(31337)));
    assert_eq!((seen.block.number, seen.state.block), (100, 100));
    assert_eq!(seen.state.owners, owners());
    assert_eq!((seen.state.threshold, seen.state.nonce), (U256::from(2), U256::from(7)));
    assert_eq!(seen.state.modules.len(), 120, "no module is left out between pages");
    assert_eq!((seen.state.singleton, seen.state.guard), (SINGLETON, GUARD));
    assert_eq!((seen.state.fallback_handler, seen.state.module_guard), (HANDLER, Address::ZERO));
    assert_eq!((seen.proxy_code, seen.singleton_code), (keccak256([1]), keccak256([2])));
    assert_eq!(seen.handler_code, Some(keccak256([3])));
    assert_eq!(seen.state.balance, U256::from(10).pow(U256::from(18)));
    assert_eq!((seen.facts().threshold, seen.facts().handler), (2, None), "no published handler");
}

#[test]
fn t20_another_chain_is_noticed_at_every_connect_and_afterwards() {
    let world = honest();
    let web = world.serve();
    let node = connect(&web, None).unwrap();
    world.chain.store(1, Ordering::SeqCst);
    assert_eq!(connect(&web, None).err().unwrap().code(), "chain-wrong-chain");
    assert_eq!(node.safe(SAFE, &()).unwrap_err().code(), "chain-wrong-chain");
    assert_eq!(node.send(&[1]).unwrap_err().code(), "chain-wrong-chain");
    let asked = web.asked();
    assert!(!asked.iter().any(|one| String::from_utf8_lossy(&one.body).contains("sendRaw")), "nothing was sent");
    let other = honest();
    other.chain.store(1, Ordering::SeqCst);
    assert_eq!(connect(&honest().serve(), Some(&other.serve())).err().unwrap().code(), "chain-wrong-chain");
}

#[test]
fn a_second_node_has_to_agree_and_to_be_another() {
    let first = honest().serve();
    assert_eq!(connect(&first, Some(&first)).err().unwrap().code(), "chain-source");
    let agree = connect(&first, Some(&honest().serve())).unwrap();
    assert_eq!(agree.safe(SAFE, &()).unwrap().state.owners, owners());
    let nonce = hex::encode(selector("nonce()"));
    let liar = World::new(move |method, params| {
        let asked = method == "eth_call" && params[0]["data"].as_str().is_some_and(|data| data[2..] == nonce);
        asked.then(|| json!({"result": hex::encode_prefixed(word(8))}))
    });
    let error = connect(&first, Some(&liar.serve())).unwrap().safe(SAFE, &()).unwrap_err();
    assert_eq!(error.code(), "chain-disagree");
    let fork = honest();
    *fork.hash.lock().unwrap() = B256::repeat_byte(0xcc);
    let error = connect(&first, Some(&fork.serve())).unwrap().newest(&()).unwrap_err();
    assert_eq!(error.code(), "chain-disagree");
    let late = World::new(|method, params| {
        (method == "eth_getBlockByNumber" && params[0] == "0x64").then(|| json!({"result": null}))
    });
    let error = connect(&first, Some(&late.serve())).unwrap().newest(&()).unwrap_err();
    assert_eq!((error.code(), error.passes()), ("chain-behind", true));
}

#[test]
fn what_is_no_safe_is_told_to_be_none() {
    let code = |world: Arc<World>| {
        let error = connect(&world.serve(), None).unwrap().safe(SAFE, &()).unwrap_err();
        assert!(!error.to_string().chars().any(char::is_control), "{error}");
        error.code()
    };
    let call = |signature: &'static str, answer: Vec<u8>| {
        let asked = hex::encode_prefixed(selector(signature));
        World::new(move |method, params| {
            let it = method == "eth_call" && params[0]["data"].as_str().is_some_and(|data| data.starts_with(&asked));
            it.then(|| json!({"result": hex::encode_prefixed(&answer)}))
        })
    };
    assert_eq!(code(twisted("eth_getCode", json!({"result": "0x"}))), "chain-no-safe");
    let revert = json!({"error": {"code": 3, "message": "execution reverted"}});
    assert_eq!(code(twisted("eth_call", revert)), "chain-no-safe");
    assert_eq!(code(call("VERSION()", text("9.9.9\u{1b}[2J"))), "chain-no-safe");
    assert_eq!(code(call("VERSION()", vec![0xff; 64])), "chain-no-safe");
    assert_eq!(code(call("getOwners()", [word(32), list(&[])].concat())), "chain-no-safe");
    assert_eq!(code(call("getOwners()", [word(32), word(u64::MAX)].concat())), "chain-no-safe");
    assert_eq!(code(call("getOwners()", [word(32), list(&[owners()[0]; 2])].concat())), "chain-no-safe");
    assert_eq!(code(call("getThreshold()", word(0))), "chain-no-safe");
    assert_eq!(code(call("getThreshold()", word(4))), "chain-no-safe");
    let endless = [word(64), Address::repeat_byte(9).into_word().to_vec(), list(&[Address::repeat_byte(8)])].concat();
    assert_eq!(code(call("getModulesPaginated(address,uint256)", endless)), "chain-malformed");
}

#[test]
fn the_contract_s_own_hash_is_compared() {
    let tx = SafeTx {
        to: TOKEN,
        value: U256::from(5),
        data: vec![1, 2, 3].into(),
        operation: Operation::Call,
        safe_tx_gas: U256::ZERO,
        base_gas: U256::ZERO,
        gas_price: U256::ZERO,
        gas_token: Address::ZERO,
        refund_receiver: Address::ZERO,
        nonce: U256::from(7),
    };
    let at = connect(&honest().serve(), None).unwrap().safe(SAFE, &()).unwrap().at;
    let ours = tx.hashes(&at).safe_tx;
    let asked = "getTransactionHash(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,uint256)";
    for (answer, code) in [(ours, None), (B256::repeat_byte(1), Some("chain-other-hash"))] {
        let world = World::new(move |method, params| {
            let data = params[0]["data"].as_str().unwrap_or_default();
            let it = method == "eth_call" && data.starts_with(&hex::encode_prefixed(selector(asked)));
            it.then(|| json!({"result": answer}))
        });
        let node = connect(&world.serve(), None).unwrap();
        let block = node.newest(&()).unwrap();
        assert_eq!(node.same_hash(&at, &tx, &block).err().map(|error| error.code()), code);
    }
}

#[test]
fn balances_and_what_tokens_say_are_read_within_bounds() {
    let node = connect(&honest().serve(), None).unwrap();
    let silent = Address::repeat_byte(0x71);
    let balances = node.balances(SAFE, &[TOKEN, silent], &()).unwrap();
    assert_eq!((balances.tokens[&TOKEN], balances.silent), (U256::from(1_000_000), vec![silent]));
    let told = node.describe(&[TOKEN, silent], &balances.block).unwrap();
    assert_eq!((told[&TOKEN].symbol.as_deref(), told[&TOKEN].decimals), (Some("U[2JSD"), Some(6)));
    assert_eq!((told[&silent].symbol.clone(), told[&silent].decimals), (None, None), "not known, never 18");
    assert_eq!(node.balances(SAFE, &[TOKEN; 501], &()).unwrap_err().code(), "chain-settings");
}

#[test]
fn one_token_takes_nothing_away_from_the_others() {
    // One that two nodes say different things of, and one that takes too long.
    let (moody, slow) = (Address::repeat_byte(0x72), Address::repeat_byte(0x73));
    let world = |amount: u64| {
        World::new(move |method, params| match params[0]["to"].as_str()?.parse::<Address>().ok()? {
            to if method == "eth_call" && to == moody => Some(json!({"result": hex::encode_prefixed(word(amount))})),
            to if to == slow => Some(json!({"error": {"code": -32000, "message": "execution aborted (timeout = 5s)"}})),
            _ => None,
        })
    };
    let node = connect(&world(1).serve(), Some(&world(2).serve())).unwrap();
    let balances = node.balances(SAFE, &[moody, TOKEN, slow], &()).unwrap();
    assert_eq!((balances.tokens.len(), balances.tokens[&TOKEN]), (1, U256::from(1_000_000)));
    assert_eq!(balances.silent, [moody, slow]);
    assert_eq!(node.describe(&[moody, TOKEN], &balances.block).unwrap()[&moody].decimals, None);
}

#[test]
fn a_question_that_the_node_cannot_answer_stays_open() {
    let ask = |hash| Question::Approved { safe: SAFE, owner: owners()[0], hash };
    let questions = [1, 2, 3, 4].map(|n| ask(B256::repeat_byte(n)));
    let world = World::new(|method, params| {
        if method != "eth_call" {
            return None;
        }
        let data = params[0]["data"].as_str().unwrap();
        Some(match &data[data.len() - 2..] {
            "01" => json!({"result": hex::encode_prefixed(word(1))}),
            "02" => json!({"result": hex::encode_prefixed(word(0))}),
            "03" => json!({"error": {"code": -32000, "message": "execution reverted: GS025"}}),
            _ => json!({"error": {"code": -32000, "message": "header not found"}}),
        })
    });
    let node = connect(&world.serve(), None).unwrap();
    let block = node.newest(&()).unwrap();
    let answers = node.answers(SAFE, &questions, &block, &()).unwrap();
    let of = |place: usize| answers.get(&questions[place]).copied();
    assert_eq!([of(0), of(1), of(2), of(3)], [Some(true), Some(false), Some(false), None]);
}

#[test]
fn answers_that_no_node_gives_are_named_and_end() {
    let quick = Reach { patience: Duration::from_millis(400), authorities: None };
    let code = |web: &Web| {
        let endpoint = Endpoint::new(&web.url(), None).unwrap();
        let error = Node::connect(&endpoint, None, U256::from(31337), &quick).err().unwrap();
        assert!(!error.to_string().chars().any(|c| c.is_control() || c == '\u{202e}'), "{error}");
        error.code()
    };
    let always = |body: &str| Web::always(200, "", body);
    assert_eq!(code(&always("{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":\"0x7a69\"}")), "chain-malformed");
    assert_eq!(code(&always("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"result\":\"0x7a69\"}")), "chain-malformed");
    assert_eq!(code(&always("{\"id\":1,\"result\":31337}")), "chain-malformed");
    assert_eq!(code(&always("{\"id\":1,\"result\":\"0x\\u001b[2J\"}")), "chain-malformed");
    assert_eq!(code(&always("{\"id\":1}")), "chain-malformed");
    assert_eq!(code(&always("{\"id\":1,\"result\":\"0x1\",\"error\":{\"code\":1}}")), "chain-malformed");
    assert_eq!(code(&always("{\"id\":1,\"result\":\"0x1\",\"result\":\"0x7a69\"}")), "chain-malformed");
    assert_eq!(code(&always(&"[".repeat(200_000))), "chain-malformed");
    assert_eq!(code(&always(&format!("{{\"id\":1,\"result\":{}", "[".repeat(200_000)))), "chain-malformed");
    assert_eq!(code(&always("<html>")), "chain-malformed");
    assert_eq!(code(&always("")), "chain-malformed");
    let words = "{\"id\":1,\"error\":{\"code\":-32000,\"message\":\"\\u001b]0;x\\u0007\\u202eno\"}}";
    assert_eq!(code(&always(words)), "chain-refused");
    assert_eq!(code(&Web::always(301, "Location: http://169.254.169.254/\r\n", "")), "chain-refused");
    assert_eq!(code(&Web::always(401, "", "{\"message\":\"key\"}")), "chain-auth");
    assert_eq!(code(&Web::always(500, "", "<html>")), "chain-refused");
    assert_eq!(code(&Web::always(429, "Retry-After: 86400\r\n", "")), "chain-busy");
    assert_eq!(code(&Web::always(200, "", vec![b' '; 17 << 20])), "chain-too-large");
    let loris = Web::new(|_, socket| {
        use std::io::Write;
        let _ = socket.write_all(b"HTTP/1.1 200 Said\r\nContent-Length: 100000\r\n\r\n");
        while socket.write_all(b" ").and_then(|()| socket.flush()).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(code(&loris), "chain-timeout");
    assert_eq!(code(&Web::new(|_, socket| drop(socket.shutdown(std::net::Shutdown::Both)))), "chain-unreachable");
}

#[test]
fn what_a_node_cannot_do_now_is_asked_again_and_what_takes_no_batches_one_by_one() {
    let world = honest();
    let (count, inner) = (AtomicUsize::new(0), world.clone());
    let web = Web::new(move |request, socket| match (count.fetch_add(1, Ordering::SeqCst), request.json()) {
        (0, _) => say(socket, 429, "Retry-After: 0\r\n", b""),
        (1, _) => say(socket, 503, "", b""),
        (2, question) => {
            let error = json!({"id": question["id"], "error": {"code": -32005, "message": "limit exceeded"}});
            say(socket, 200, "", error.to_string().as_bytes());
        }
        (_, Value::Array(_)) => {
            say(socket, 200, "", b"{\"id\":null,\"error\":{\"code\":-32600,\"message\":\"no batches\"}}");
        }
        (_, question) => {
            let mut answer = inner.answer(question["method"].as_str().unwrap(), &question["params"]);
            answer["id"] = question["id"].clone();
            say(socket, 200, "", answer.to_string().as_bytes());
        }
    });
    assert_eq!(connect(&web, None).unwrap().safe(SAFE, &()).unwrap().state.modules.len(), 120);
}

#[test]
fn a_transaction_is_sent_once_and_followed() {
    let raw = [2, 1, 2, 3];
    let hash = keccak256(raw);
    let said = |answer: Value| {
        let world = twisted("eth_sendRawTransaction", answer);
        let web = world.serve();
        let sent = connect(&web, None).unwrap().send(&raw);
        let times = web.asked().iter().filter(|one| String::from_utf8_lossy(&one.body).contains("sendRaw")).count();
        assert_eq!(times, 1);
        sent
    };
    assert_eq!(said(json!({"result": hash})).unwrap(), (hash, Sent::Accepted));
    assert_eq!(said(json!({"result": B256::ZERO})).unwrap_err().code(), "chain-malformed");
    let error = |message: &str| json!({"error": {"code": -32000, "message": message}});
    assert_eq!(said(error("already known")).unwrap().1, Sent::Known);
    assert!(matches!(said(error("nonce too low")).unwrap().1, Sent::NonceLow(_)));
    let Sent::Refused(words) = said(error("\u{1b}[2Jno")).unwrap().1 else { panic!() };
    assert_eq!(words, "[2Jno");

    let receipt = |status: &str, block: B256| {
        json!({"result": {"transactionHash": hash, "blockHash": block, "blockNumber": "0x64", "from": owners()[0],
            "to": SAFE, "status": status, "gasUsed": "0x5208", "effectiveGasPrice": "0x3b9aca00",
            "logs": [{"address": SAFE, "topics": [B256::ZERO], "data": "0x01"}]}})
    };
    let of = |answer: Value| connect(&twisted("eth_getTransactionReceipt", answer).serve(), None).unwrap();
    let found = of(receipt("0x1", B256::repeat_byte(0xbb))).receipt(hash).unwrap().unwrap();
    assert!(found.success && found.canonical && found.logs.len() == 1);
    assert_eq!((found.gas_used, found.gas_price, found.to), (21_000, Some(1_000_000_000), Some(SAFE)));
    let lost = of(receipt("0x0", B256::repeat_byte(0xdd))).receipt(hash).unwrap().unwrap();
    assert!(!lost.success && !lost.canonical, "its block is not part of the chain any more");
    assert_eq!(of(receipt("0x1", B256::ZERO)).receipt(B256::ZERO).unwrap_err().code(), "chain-malformed");
    assert_eq!(of(receipt("0x2", B256::ZERO)).receipt(hash).unwrap_err().code(), "chain-malformed");

    let fate = |known: Value, nonce| {
        let world = World::new(move |method, _| match method {
            "eth_getTransactionReceipt" => Some(json!({"result": null})),
            "eth_getTransactionByHash" => Some(json!({"result": known})),
            _ => None,
        });
        connect(&world.serve(), None).unwrap().fate(hash, owners()[0], nonce).unwrap()
    };
    assert_eq!(fate(json!({"hash": hash}), 4), Fate::Waiting);
    assert_eq!(fate(Value::Null, 4), Fate::Gone);
    assert_eq!(fate(json!({"hash": hash}), 3), Fate::Replaced, "the account is at 4");
}

#[test]
fn calls_are_tried_and_their_reasons_told() {
    let revert = [selector("Error(string)").to_vec(), text("GS\u{1b}[31m013")].concat();
    let world =
        twisted("eth_estimateGas", json!({"error": {"code": 3, "message": "x", "data": hex::encode_prefixed(revert)}}));
    let error = connect(&world.serve(), None).unwrap().gas(&Call { to: SAFE, ..Call::default() }).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("chain-reverted", "the call fails: GS[31m013"));
    let world = twisted("eth_estimateGas", json!({"result": "0x186a1"}));
    let gas = connect(&world.serve(), None).unwrap().gas(&Call::default()).unwrap();
    assert_eq!((gas.needed, gas.limit), (100_001, 125_002));
    let node = connect(&honest().serve(), None).unwrap();
    let block = node.newest(&()).unwrap();
    let nonce = Call { to: SAFE, data: selector("nonce()").to_vec().into(), ..Call::default() };
    assert_eq!(node.try_call(&nonce, &BTreeMap::new(), &block).unwrap(), Tried::Returned(word(7).into()));
    let none = Call { to: TOKEN, data: vec![9; 4].into(), ..Call::default() };
    assert!(matches!(node.try_call(&none, &BTreeMap::new(), &block).unwrap(), Tried::Reverted(..)));
    let history = json!({"result": {"baseFeePerGas": ["0x1", "0xa"], "reward": [["0x1", "0x2", "0x3"]], "x": 1.5}});
    let fees = connect(&twisted("eth_feeHistory", history).serve(), None).unwrap().fees().unwrap();
    assert_eq!((fees.base, fees.tips, fees.most(5)), (10, [1, 2, 3], 25));
    let none = json!({"result": {"baseFeePerGas": []}});
    let error = connect(&twisted("eth_feeHistory", none).serve(), None).unwrap().fees().unwrap_err();
    assert_eq!(error.code(), "chain-malformed");
}

#[test]
fn an_execution_by_somebody_else_is_found_in_spans_that_the_node_takes() {
    let hash = B256::repeat_byte(7);
    let success = keccak256("ExecutionSuccess(bytes32,uint256)");
    let world = World::new(move |method, params| {
        if method != "eth_getLogs" {
            return None;
        }
        let number = |name: &str| u64::from_str_radix(&params[0][name].as_str().unwrap()[2..], 16).unwrap();
        let (first, last) = (number("fromBlock"), number("toBlock"));
        if last - first > 1_000 {
            return Some(json!({"error": {"code": -32602, "message": "range too wide"}}));
        }
        let there = (first..=last).contains(&12_345);
        let log = json!({"address": SAFE, "topics": [success, hash], "data": "0x", "blockNumber": "0x3039",
            "blockHash": B256::repeat_byte(1), "transactionHash": B256::repeat_byte(2), "logIndex": "0x0"});
        Some(json!({"result": if there { vec![log] } else { vec![] }}))
    });
    let node = connect(&world.serve(), None).unwrap();
    let newest = exchequer::chain::ethereum::Block { number: 20_000, hash: B256::ZERO, time: 0 };
    let Search::Found(found) = node.executed(SAFE, hash, 0, &newest, &()).unwrap() else { panic!() };
    assert_eq!((found.tx, found.number, found.success), (B256::repeat_byte(2), 12_345, true));
    assert_eq!(node.executed(SAFE, B256::ZERO, 15_000, &newest, &()).unwrap(), Search::Nowhere);
    let far = exchequer::chain::ethereum::Block { number: 90_000_000, ..newest };
    assert!(matches!(node.executed(SAFE, hash, 0, &far, &()).unwrap(), Search::Until(height) if height > 80_000_000));
}

proptest! {
    #[test]
    fn any_bytes_are_an_answer_or_none(bytes in proptest::collection::vec(any::<u8>(), 0..300), count in 0usize..4) {
        let _ = answers(&bytes, 1, count);
    }

    #[test]
    fn mutated_answers_never_panic_and_keep_their_order(
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let honest = r#"[{"jsonrpc":"2.0","id":2,"result":"0xb"},{"jsonrpc":"2.0","id":1,"result":"0xa"}]"#;
        let mut bytes = honest.as_bytes().to_vec();
        for (at, byte) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        if let Ok(Some(said)) = answers(&bytes, 1, 2) {
            prop_assert_eq!(said.len(), 2);
            if changes.is_empty() {
                let texts: Vec<String> = said.into_iter().map(|said| said.unwrap().get().to_owned()).collect();
                prop_assert_eq!(texts, ["\"0xa\"", "\"0xb\""]);
            }
        }
    }
}
