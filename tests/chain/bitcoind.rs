//! The node's client against a stand-in for its JSON-RPC: who is let in, and what refusals look like.

use super::script::Scripted;
use bdk_wallet::bitcoin::Network;
use bdk_wallet::bitcoin::constants::genesis_block;
use exchequer::chain::{Chain, ChainError, Settings, open};
use serde_json::{Value, json};
use std::time::Duration;

fn settings() -> Settings {
    Settings { patience: Duration::from_secs(20), ..Settings::new(Network::Regtest) }
}

fn opened(server: &Scripted, rest: &str) -> Result<Box<dyn Chain>, ChainError> {
    open(
        &format!("bitcoind:http://{rest}", rest = rest.replace("HERE", &server.addr.to_string())).parse().unwrap(),
        &settings(),
    )
}

fn result(question: &Value, result: Value) -> (u16, String) {
    (200, json!({"result": result, "error": null, "id": question["id"]}).to_string())
}

fn error(question: &Value, code: i64, message: &str) -> (u16, String) {
    (500, json!({"result": null, "error": {"code": code, "message": message}, "id": question["id"]}).to_string())
}

fn genesis(network: Network, question: &Value) -> (u16, String) {
    match question["method"].as_str().unwrap() {
        "getblockhash" => {
            assert_eq!(question["params"], json!([0]));
            result(question, json!(genesis_block(network).block_hash()))
        }
        other => panic!("{other}"),
    }
}

/// `alice:s3cret`, as it is sent.
const ALICE: &str = "Basic YWxpY2U6czNjcmV0";

#[test]
fn a_password_lets_in_and_a_wrong_one_does_not() {
    let server =
        Scripted::rpc(
            |authorization, question| {
                if authorization == ALICE { genesis(Network::Regtest, &question) } else { (401, String::new()) }
            },
        );
    opened(&server, "alice:s3cret@HERE").unwrap();
    let error = opened(&server, "alice:guess@HERE").err().unwrap();
    assert!(matches!(error, ChainError::Auth { .. }), "{error}");
    assert!(!error.to_string().contains("guess") && !format!("{error:?}").contains("guess"), "T33");
}

#[test]
fn a_cookie_is_read_again_when_the_node_has_started_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".cookie");
    let source = format!("HERE?cookie={}", file.display());
    let mut asked = 0;
    let server = Scripted::rpc(move |authorization, question| {
        asked += 1;
        // `__cookie__:one`, and after a start of the node `__cookie__:two`.
        let wanted = if asked <= 1 { "Basic X19jb29raWVfXzpvbmU=" } else { "Basic X19jb29raWVfXzp0d28=" };
        match authorization == wanted {
            true if question["method"] == "sendrawtransaction" => error(&question, -26, "dust"),
            true => genesis(Network::Regtest, &question),
            false => (401, String::new()),
        }
    });
    let missing = opened(&server, &source).err().unwrap();
    assert!(missing.to_string().contains("the cookie file cannot be read"), "{missing}");
    std::fs::write(&file, "__cookie__:one").unwrap();
    let chain = opened(&server, &source).unwrap();
    std::fs::write(&file, "__cookie__:two").unwrap();
    let payment = genesis_block(Network::Regtest).txdata[0].clone();
    let ChainError::Refused { reason, .. } = chain.broadcast(&payment).unwrap_err() else { panic!() };
    assert_eq!(reason, "dust");
}

#[test]
fn what_a_node_says_otherwise_has_a_name_too() {
    type Answer = fn(&Value) -> (u16, String);
    let wrong: [(Answer, &str); 7] = [
        (|_| (403, String::new()), "chain-auth"),
        (|question| error(question, -28, "Loading block index…"), "chain-busy"),
        (|_| (503, "Work queue depth exceeded".into()), "chain-busy"),
        (|question| error(question, -32601, "Method not found"), "chain-refused"),
        (|question| result(question, json!("00")), "chain-malformed"),
        (|_| (200, "<html>".into()), "chain-malformed"),
        (
            |question| {
                (200, json!({"result": 1, "error": null, "id": question["id"].as_u64().unwrap() + 1}).to_string())
            },
            "chain-malformed",
        ),
    ];
    for (answer, code) in wrong {
        let server = Scripted::rpc(move |_, question| answer(&question));
        let error = opened(&server, "alice:s3cret@HERE").err().unwrap();
        assert_eq!(error.code(), code, "{error}");
    }
}

#[test]
fn t20_a_node_of_another_network_is_refused() {
    let server = Scripted::rpc(|_, question| genesis(Network::Signet, &question));
    let error = opened(&server, "alice:s3cret@HERE").err().unwrap();
    assert!(error.to_string().ends_with("follows another chain than regtest: its first block is that of signet"));
}
