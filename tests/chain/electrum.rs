//! The Electrum client against a server that follows a script: the real lines of the protocol.

use super::script::{Scripted, lines};
use bdk_wallet::bitcoin::consensus::encode::serialize_hex;
use bdk_wallet::bitcoin::constants::genesis_block;
use bdk_wallet::bitcoin::{Network, Transaction};
use exchequer::chain::{Chain, ChainError, Settings, open};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

fn settings() -> Settings {
    Settings { patience: Duration::from_secs(20), ..Settings::new(Network::Regtest) }
}

fn result(id: u64, result: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": result}).to_string() + "\n"
}

fn first(network: Network) -> String {
    serialize_hex(&genesis_block(network).header)
}

/// What a server of a network with only the first block says.
fn young(network: Network, method: &str, params: &Value, id: u64) -> String {
    match method {
        "server.version" => {
            assert_eq!(params[1], json!(["1.4", "1.6"]));
            result(id, &json!(["ElectrumX 1.20", "1.4"]))
        }
        "blockchain.block.header" => {
            assert_eq!(params, &json!([0]));
            result(id, &json!(first(network)))
        }
        "blockchain.headers.subscribe" => result(id, &json!({"height": 0, "hex": first(network)})),
        "blockchain.block.headers" => {
            assert_eq!(params, &json!([0, 1]));
            result(id, &json!({"count": 1, "max": 2016, "hex": first(network)}))
        }
        _ => {
            json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32601, "message": "unknown method"}}).to_string()
                + "\n"
        }
    }
}

fn opened(server: &Scripted) -> Result<Box<dyn Chain>, ChainError> {
    open(&format!("electrum:tcp://{}", server.addr).parse().unwrap(), &settings())
}

/// A chain of one block, but for one method.
fn except(wanted: &'static str, mut answer: impl FnMut(&Value, u64) -> String + Send + 'static) -> Box<dyn Chain> {
    let server = Scripted::electrum(move |method, params, id| match method {
        method if method == wanted => answer(params, id),
        _ => young(Network::Regtest, method, params, id),
    });
    opened(&server).unwrap()
}

fn payment() -> Transaction {
    genesis_block(Network::Regtest).txdata[0].clone()
}

#[test]
fn the_greeting_makes_sure_of_the_chain() {
    let server = Scripted::electrum(|method, params, id| young(Network::Regtest, method, params, id));
    assert_eq!(opened(&server).unwrap().tip().unwrap().height, 0);
    let server = Scripted::electrum(|method, params, id| young(Network::Bitcoin, method, params, id));
    let error = opened(&server).err().unwrap();
    assert!(error.to_string().ends_with("follows another chain than regtest: its first block is that of bitcoin"));
}

#[test]
fn news_and_answers_in_another_order_are_no_harm() {
    let mut kept = String::new();
    let server = Scripted::electrum(move |method, params, id| {
        let news =
            json!({"jsonrpc": "2.0", "method": "blockchain.headers.subscribe", "params": [{}]}).to_string() + "\n";
        match method {
            // The answer to the first of the two questions of the greeting comes behind the second's.
            "server.version" => {
                kept = young(Network::Regtest, method, params, id);
                news
            }
            _ => young(Network::Regtest, method, params, id) + &std::mem::take(&mut kept),
        }
    });
    opened(&server).unwrap().tip().unwrap();
}

#[test]
fn a_refusal_comes_in_the_servers_words_and_printable() {
    let chain = except("blockchain.transaction.broadcast", |params, id| {
        assert_eq!(params, &json!([serialize_hex(&payment())]));
        let message = "the transaction was rejected by network rules.\n\ndust\u{1b}[2J";
        json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": message}}).to_string() + "\n"
    });
    let ChainError::Refused { reason, .. } = chain.broadcast(&payment()).unwrap_err() else { panic!() };
    assert_eq!(reason, "the transaction was rejected by network rules.  dust[2J");
}

#[test]
fn another_name_for_what_was_broadcast_is_not_believed() {
    let chain = except("blockchain.transaction.broadcast", |_, id| result(id, &json!("11".repeat(32))));
    assert!(matches!(chain.broadcast(&payment()), Err(ChainError::Malformed { .. })));
}

#[test]
fn other_bytes_for_a_name_are_not_believed() {
    let chain = except("blockchain.transaction.get", |_, id| result(id, &json!(serialize_hex(&payment()))));
    assert_eq!(chain.transaction(payment().compute_txid()).unwrap(), Some(payment()));
    assert!(matches!(chain.transaction("22".repeat(32).parse().unwrap()), Err(ChainError::Malformed { .. })));
}

#[test]
fn answers_that_make_no_sense_are_errors() {
    let wrong: [fn(u64) -> String; 7] = [
        |_| "no json\n".into(),
        |id| result(id + 17, &json!({})),
        |id| result(id, &json!({"height": 0})),
        |id| result(id, &json!({"height": u64::MAX, "hex": first(Network::Regtest)})),
        |id| result(id, &json!({"height": 5, "hex": first(Network::Regtest)})),
        |id| result(id, &json!({"height": 0, "hex": "00"})),
        |_| json!({"jsonrpc": "2.0", "error": "what?"}).to_string() + "\n",
    ];
    for answer in wrong {
        let chain = except("blockchain.headers.subscribe", move |_, id| answer(id));
        let error = chain.tip().unwrap_err();
        // The fifth promises five blocks, and the script fails at the question for them by closing the connection.
        let named = matches!(error, ChainError::Malformed { .. } | ChainError::Unreachable { .. });
        assert!(named, "{}: {error}", answer(0));
    }
    // Fewer headers than the answer says there are.
    let chain = except("blockchain.block.headers", |_, id| result(id, &json!({"count": 9, "max": 9, "hex": ""})));
    assert!(matches!(chain.tip(), Err(ChainError::Malformed { .. })));
}

#[test]
fn fees_without_an_estimate_are_none() {
    let chain = except("blockchain.estimatefee", |params, id| match params[0].as_u64() {
        Some(6) => result(id, &json!(0.00002)),
        _ => result(id, &json!(-1)),
    });
    let fees = chain.fees().unwrap();
    assert_eq!((fees.rates.len(), fees.within(6).unwrap().to_sat_per_kwu(), fees.floor), (1, 500, None));
}

#[test]
fn a_line_without_an_end_and_silence_are_cut_off() {
    let chain = except("blockchain.headers.subscribe", |_, _| "x".repeat(70 << 20));
    assert!(matches!(chain.tip(), Err(ChainError::TooLarge { .. })));
    let server = Scripted::new(|socket| {
        std::thread::sleep(Duration::from_secs(3));
        drop(socket);
    });
    let settings = Settings { patience: Duration::from_millis(500), ..settings() };
    let start = Instant::now();
    let error = open(&format!("electrum:tcp://{}", server.addr).parse().unwrap(), &settings).err().unwrap();
    assert!(matches!(error, ChainError::Timeout { .. }), "{error}");
    assert!(start.elapsed() < Duration::from_millis(2_500));
}

#[test]
fn a_broken_connection_is_made_anew_and_greeted_again() {
    let greetings = Arc::new(AtomicUsize::new(0));
    let seen = greetings.clone();
    let mut asked = 0;
    let server = Scripted::electrum(move |method, params, id| {
        seen.fetch_add(usize::from(method == "server.version"), Ordering::Relaxed);
        asked += u32::from(method == "blockchain.headers.subscribe");
        // The first time the connection is closed instead of an answer.
        if asked == 1 && method == "blockchain.headers.subscribe" {
            String::new()
        } else {
            young(Network::Regtest, method, params, id)
        }
    });
    let chain = opened(&server).unwrap();
    assert!(matches!(chain.tip(), Err(ChainError::Unreachable { .. })));
    chain.tip().unwrap();
    assert_eq!(greetings.load(Ordering::Relaxed), 2);
}

#[test]
fn tls_wants_an_authority_that_we_trust() {
    let (own, folder) = (KeyPair::generate().unwrap(), tempfile::tempdir().unwrap());
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&own, &authority).unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(own.serialize_der().into()))
        .unwrap();
    let config = Arc::new(config);
    let server = Scripted::new(move |socket| {
        let stream = StreamOwned::new(ServerConnection::new(config.clone()).unwrap(), socket);
        lines(stream, &mut |method, params, id| young(Network::Regtest, method, params, id));
    });
    let source = format!("electrum:ssl://localhost:{}", server.addr.port()).parse().unwrap();
    let error = open(&source, &settings()).err().unwrap();
    assert!(matches!(error, ChainError::Certificate { .. }), "{error}");
    let trusting = Settings { authorities: Some(file), ..settings() };
    assert_eq!(open(&source, &trusting).unwrap().tip().unwrap().height, 0);
    let other = format!("electrum:ssl://127.0.0.1:{}", server.addr.port()).parse().unwrap();
    assert!(matches!(open(&other, &trusting).err().unwrap(), ChainError::Certificate { .. }), "another name");
    let none = Settings { authorities: Some(folder.path().join("none.pem")), ..settings() };
    assert!(matches!(open(&source, &none).err().unwrap(), ChainError::Settings(_)));
}
