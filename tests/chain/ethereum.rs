//! What is read of a Safe and of tokens: from one node, from two that have to agree, and from one that lies.

use super::world::{
    GUARD, HANDLER, SAFE, SINGLETON, TOKEN, World, connect, honest, list, owners, selector, text, twisted, word,
};
use alloy_primitives::{Address, B256, U256, hex, keccak256};
use exchequer::treasury::ethereum::signature::Question;
use exchequer::treasury::ethereum::{Operation, SafeTx, SafeVersion};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;

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
