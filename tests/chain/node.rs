//! What a node answers at all, what it is sent, and what becomes of that.

use super::web::{Web, say};
use super::world::{SAFE, TOKEN, World, connect, honest, owners, selector, text, twisted, word};
use alloy_primitives::{B256, U256, hex, keccak256};
use exchequer::chain::ethereum::{Block, Call, Fate, Node, Search, Sent, Tried, answers};
use exchequer::chain::{Endpoint, Reach};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

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
    let newest = Block { number: 20_000, hash: B256::ZERO, time: 0 };
    let Search::Found(found) = node.executed(SAFE, hash, 0, &newest, &()).unwrap() else { panic!() };
    assert_eq!((found.tx, found.number, found.success), (B256::repeat_byte(2), 12_345, true));
    assert_eq!(node.executed(SAFE, B256::ZERO, 15_000, &newest, &()).unwrap(), Search::Nowhere);
    let far = Block { number: 90_000_000, ..newest };
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
