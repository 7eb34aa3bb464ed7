//! The client of the Transaction Service against what a real one has answered, and against what none should.

use super::web::{Request, Web, say};
use alloy_primitives::{Address, B256, Bytes, U256, address};
use exchequer::chain::service::{Draft, Service, ServiceError, hosted};
use exchequer::chain::{Endpoint, Reach};
use exchequer::treasury::ethereum::queue::{Queue, Wanted};
use exchequer::treasury::ethereum::signature::{Asked, Confirmation, Known, SafeFacts};
use exchequer::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const SAFE: Address = address!("F71902B32C9854DB8d6f70Afa6Dcf685F7df8d79");

const OWNERS: [Address; 3] = [
    address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
];

fn chain() -> U256 {
    U256::from(31337)
}

fn at() -> SafeAt {
    SafeAt { chain_id: chain(), safe: SAFE, version: SafeVersion::V1_4_1 }
}

fn service(web: &Web) -> Service {
    let reach = Reach { patience: Duration::from_secs(5), authorities: None };
    Service::new(&Endpoint::new(&web.url(), None).unwrap(), chain(), &reach).unwrap()
}

/// A recorded exchange.
struct Recording {
    name: String,
    method: String,
    path: String,
    sent: Value,
    status: u16,
    kind: String,
    body: Vec<u8>,
}

fn recordings() -> Vec<Recording> {
    #[derive(serde::Deserialize)]
    struct Whole<'a> {
        request: Value,
        status: u16,
        #[serde(rename = "responseHeaders", default)]
        headers: Value,
        #[serde(borrow)]
        response: &'a serde_json::value::RawValue,
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = root.join("../shared/safe/tx-service");
    let own = root.join("tests/fixtures/safe/tx-service");
    let directory = if all.is_dir() {
        all
    } else {
        println!("only the project's own recordings: ../shared/safe/tx-service is not there");
        own
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let whole: Whole<'_> = serde_json::from_str(&text).ok()?;
        // What was no JSON was recorded as a text.
        let raw = whole.response.get();
        let kind = whole.headers["Content-Type"].as_str().unwrap_or_default().to_owned();
        let body = if kind.contains("json") { raw.to_owned() } else { serde_json::from_str(raw).unwrap_or_default() };
        Some(Recording {
            name: file.file_stem().unwrap().to_string_lossy().into_owned(),
            method: whole.request["method"].as_str()?.to_owned(),
            path: whole.request["path"].as_str()?.to_owned(),
            sent: whole.request["body"].clone(),
            status: whole.status,
            kind,
            body: body.into_bytes(),
        })
    };
    files.iter().filter_map(read).collect()
}

fn recording(name: &str) -> Recording {
    recordings().into_iter().find(|recording| recording.name.ends_with(name)).unwrap()
}

fn answer(recording: &Recording) -> Web {
    let headers = match recording.kind.as_str() {
        "" => String::new(),
        kind => format!("Content-Type: {kind}\r\n"),
    };
    let more = if recording.status == 301 { "Location: /elsewhere/\r\n" } else { "" };
    Web::always(recording.status, &format!("{headers}{more}"), recording.body.clone())
}

/// The transaction that was proposed, and its signature where that is one.
fn proposed(body: &Value) -> Option<(SafeTx, Confirmation)> {
    let text = |name: &str| body[name].as_str();
    let number = |name: &str| text(name)?.parse::<U256>().ok();
    let tx = SafeTx {
        to: text("to")?.parse().ok()?,
        value: number("value")?,
        data: text("data").unwrap_or("0x").parse().ok()?,
        operation: Operation::of(u8::try_from(body["operation"].as_u64()?).ok()?)?,
        safe_tx_gas: number("safeTxGas")?,
        base_gas: number("baseGas")?,
        gas_price: number("gasPrice")?,
        gas_token: text("gasToken")?.parse().ok()?,
        refund_receiver: text("refundReceiver")?.parse().ok()?,
        nonce: number("nonce")?,
    };
    let signature: Bytes = text("signature")?.parse().ok()?;
    let confirmation = Confirmation::read(&signature, &Asked::of(&at(), &tx.hashes(&at()))).ok()?;
    Some((tx, confirmation))
}

/// Any proposal with a right signature.
fn any() -> (SafeTx, Confirmation) {
    proposed(&recording("propose-v1-eth").sent).unwrap()
}

/// What the client makes of a recorded answer to a question of this kind.
fn outcome(recording: &Recording) -> Result<(), ServiceError> {
    let web = answer(recording);
    let service = service(&web);
    let (tx, confirmation) = any();
    let list =
        recording.path.contains("/multisig-transactions/?") || recording.path.ends_with("multisig-transactions/");
    match recording.method.as_str() {
        "POST" if recording.path.contains("/confirmations") => {
            let sent = recording.sent["signature"].as_str().and_then(|text| text.parse::<Bytes>().ok());
            let hash = recording.path.split('/').nth(4).and_then(|text| text.parse::<B256>().ok());
            // Only what is a signature over that hash can be sent at all.
            let asked = |hash| Asked { at: at(), hash, data: Bytes::new() };
            let own = sent.zip(hash).and_then(|(bytes, hash)| Confirmation::read(&bytes, &asked(hash)).ok());
            service.confirm(&own.unwrap_or(confirmation))
        }
        "POST" | "PUT" => {
            let draft = Draft { at: &at(), tx: &tx, sender: OWNERS[0], signature: Some(&confirmation), origin: None };
            service.propose(&draft).map(|_| ())
        }
        "DELETE" => service.delete(confirmation.hash(), &[0; 65]),
        _ if list => service.history(SAFE, 100, &()).map(|_| ()),
        _ => service.transaction(B256::ZERO).map(|_| ()),
    }
}

#[test]
fn every_recorded_answer_is_taken_or_has_its_code() {
    let (mut taken, mut refused) = (0, std::collections::BTreeMap::new());
    for recording in recordings() {
        let got = outcome(&recording);
        let code = got.as_ref().err().map(ServiceError::code);
        let html = recording.kind.contains("html");
        let wanted = match recording.status {
            200 if recording.method == "GET" => None,
            201 | 204 => None,
            301 => Some("service-redirect"),
            404 if html => Some("service-no-route"),
            // Asked for one transaction, that it is not there is an answer.
            404 if recording.method == "GET" => None,
            404 => Some("service-unknown"),
            400 | 405 | 415 | 422 => Some("service-refused"),
            451 => Some("service-banned"),
            500 => Some("service-failed"),
            // An answer to something that is never asked.
            _ => Some("service-malformed"),
        };
        // Two signatures at once are answered with both, and one was sent.
        let both = recording.name.ends_with("confirm-two-at-once");
        let wanted = if both { Some("service-malformed") } else { wanted };
        assert_eq!(code, wanted, "{} {got:?}", recording.name);
        match got {
            Ok(()) => taken += 1,
            Err(error) => {
                let text = error.to_string();
                assert!(!text.chars().any(char::is_control) && text.len() < 600, "{text}");
                *refused.entry(error.code()).or_insert(0) += 1;
            }
        }
    }
    assert!(taken >= 15 && refused.len() >= 5, "{taken} {refused:?}");
}

#[test]
fn what_is_told_is_what_other_clients_have_told() {
    let mut compared = 0;
    for recording in recordings().iter().filter(|one| one.method == "POST" && one.status == 201) {
        let Some((tx, confirmation)) = proposed(&recording.sent) else { continue };
        if recording.sent["contractTransactionHash"] != tx.hashes(&at()).safe_tx.to_string().as_str() {
            continue;
        }
        let web = answer(recording);
        let sender = recording.sent["sender"].as_str().unwrap().parse().unwrap();
        let origin = recording.sent["origin"].as_str();
        let draft = Draft { at: &at(), tx: &tx, sender, signature: Some(&confirmation), origin };
        service(&web).propose(&draft).unwrap();
        let [asked] = &web.asked()[..] else { panic!() };
        assert_eq!(asked.path, recording.path.replace("/api/v1", "/api/v2"));
        let mut wanted = recording.sent.clone();
        // What was padded is sent without.
        wanted["signature"] = confirmation.bytes().to_string().into();
        // No data is written as none.
        if wanted["data"] == "0x" {
            wanted["data"] = Value::Null;
        }
        assert_eq!(asked.json(), wanted, "{}", recording.name);
        assert_eq!(asked.header("content-type"), Some("application/json"));
        compared += 1;
    }
    assert!(compared >= 2, "{compared}");
}

/// A service that pages like the real one over these rows, and takes only what the real one takes.
fn paging(rows: Vec<String>, most: usize) -> impl Fn(&Request, &mut std::net::TcpStream) + Send + Sync {
    move |request, socket| {
        assert_eq!(request.method, "GET");
        let (path, query) = request.path.split_once('?').expect("a list has a filter");
        assert!(path.ends_with('/'), "no redirect is needed: {path}");
        let value = |name: &str| query.split('&').find_map(|part| part.strip_prefix(&format!("{name}=")));
        let (limit, offset): (usize, usize) =
            (value("limit").unwrap().parse().unwrap(), value("offset").unwrap().parse().unwrap());
        let page: Vec<String> = rows.iter().skip(offset).take(limit.min(most)).cloned().collect();
        let next = if offset + page.len() < rows.len() { "\"http://elsewhere.example/steal\"" } else { "null" };
        let body = format!("{{\"count\":{},\"next\":{next},\"results\":[{}]}}", rows.len(), page.join(","));
        say(socket, 200, "Content-Type: application/json\r\n", body.as_bytes());
    }
}

#[test]
fn a_queue_is_read_page_by_page_at_its_own_address_and_verified() {
    let page: Value = serde_json::from_slice(&recording("099-queue-v2").body).unwrap();
    let rows: Vec<String> = page["results"].as_array().unwrap().iter().map(Value::to_string).collect();
    let count = rows.len();
    let web = Web::new(paging(rows, 4));
    let pages = service(&web).queue(SAFE, U256::ZERO, &()).unwrap();
    assert_eq!((pages.rows, pages.cut), (2 * count, false));
    let facts = SafeFacts { at: at(), owners: OWNERS.to_vec(), threshold: 2, handler: None };
    let known = Known::default();
    let queue = Queue::read(pages.iter(), &Wanted { facts: &facts, known: &known, least: Some(U256::ZERO) });
    assert_eq!((queue.rows.len(), queue.counts.repeated, queue.quarantined.len()), (count, count, 0));
    assert!(queue.rows.iter().all(|row| row.is_vouched() && row.checked.refused.is_empty()));
    let asked = web.asked();
    assert!(asked[0].path.contains("executed=false&nonce__gte=0&ordering=nonce&limit=100&offset=0"));
    assert!(asked.iter().any(|one| one.path.contains("trusted=false")));
    assert!(asked.iter().all(|one| one.header("host").is_some_and(|host| host == web.addr.to_string())));
}

#[test]
fn a_service_without_v2_is_asked_by_v1() {
    let web = Web::new(|request, socket| match request.path.starts_with("/api/v1/") {
        true => say(socket, 200, "Content-Type: application/json\r\n", &recording("098-queue-v1").body),
        false => say(socket, 404, "Content-Type: text/html\r\n", b"<html><h1>Not Found</h1></html>"),
    });
    let service = service(&web);
    assert_eq!(service.history(SAFE, 50, &()).unwrap().rows, 15);
    service.history(SAFE, 50, &()).unwrap();
    let versions: Vec<bool> = web.asked().iter().map(|one| one.path.starts_with("/api/v2/")).collect();
    assert_eq!(versions, [true, false, false], "v2 is tried once");
    let neither = Web::always(404, "", "<html>");
    assert_eq!(self::service(&neither).history(SAFE, 50, &()).unwrap_err().code(), "service-no-route");
}

#[test]
fn an_endless_list_ends_and_is_told_to_be_cut() {
    let row = "{\"safeTxHash\":\"0x\"}";
    let body = format!("{{\"next\":\"more\",\"results\":[{}]}}", vec![row; 100].join(","));
    let web = Web::always(200, "", body);
    let pages = service(&web).queue(SAFE, U256::ZERO, &()).unwrap();
    assert!(pages.cut && pages.rows >= 10_000 && pages.rows <= 20_100, "{}", pages.rows);
    let many = format!("{{\"next\":\"more\",\"results\":[{}]}}", vec!["1"; 200_000].join(","));
    let pages = service(&Web::always(200, "", many)).history(SAFE, 1_000, &()).unwrap();
    assert!(pages.cut && pages.pages.len() == 1);
}

#[test]
fn what_the_service_cannot_do_now_is_asked_again_when_it_says() {
    let count = AtomicUsize::new(0);
    let web = Web::new(move |_, socket| match count.fetch_add(1, Ordering::SeqCst) {
        0 => say(socket, 429, "Retry-After: 0\r\n", b"{\"detail\":\"slow\"}"),
        1 => say(socket, 503, "", b"{\"exception\":\"node\"}"),
        _ => say(socket, 200, "", b"{\"next\":null,\"results\":[]}"),
    });
    assert_eq!(service(&web).history(SAFE, 10, &()).unwrap().rows, 0);
    assert_eq!(web.asked().len(), 3);
    // Nobody waits for a month to end.
    let spent =
        Web::always(429, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1209600\r\n", "{\"detail\":\"quota\"}");
    let error = service(&spent).history(SAFE, 10, &()).unwrap_err();
    let ServiceError::Busy { after, .. } = &error else { panic!("{error:?}") };
    assert_eq!((error.code(), after.unwrap().as_secs(), spent.asked().len()), ("service-busy", 1_209_600, 1));
}

#[test]
fn answers_that_no_service_gives_are_named_and_end() {
    let reach = Reach { patience: Duration::from_millis(400), authorities: None };
    let code = |web: &Web| {
        let service = Service::new(&Endpoint::new(&web.url(), None).unwrap(), chain(), &reach).unwrap();
        service.history(SAFE, 10, &()).unwrap_err().code()
    };
    assert_eq!(code(&Web::always(200, "", "<html>")), "service-malformed");
    assert_eq!(code(&Web::always(200, "", "[".repeat(100_000))), "service-malformed");
    assert_eq!(code(&Web::always(200, "", "{\"results\":{}}")), "service-malformed");
    assert_eq!(code(&Web::always(302, "Location: http://169.254.169.254/\r\n", "")), "service-redirect");
    assert_eq!(code(&Web::always(401, "", "{\"message\":\"no key\"}")), "service-auth");
    assert_eq!(code(&Web::always(200, "", vec![b' '; 17 << 20])), "service-too-large");
    let started = Instant::now();
    // One byte after the other, as long as anybody listens.
    let loris = Web::new(|_, socket| {
        use std::io::Write;
        let _ = socket.write_all(b"HTTP/1.1 200 Said\r\nContent-Length: 100000\r\n\r\n");
        while socket.write_all(b" ").and_then(|()| socket.flush()).is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(code(&loris), "service-timeout");
    assert!(started.elapsed() < Duration::from_secs(60), "it ends at all");
    let confirmed = Web::always(201, "", "{\"signature\":\"0x00\"}");
    assert_eq!(service(&confirmed).confirm(&any().1).unwrap_err().code(), "service-malformed");
    let (tx, confirmation) = any();
    let other = SafeAt { chain_id: U256::from(1), ..at() };
    let draft = Draft { at: &other, tx: &tx, sender: OWNERS[0], signature: Some(&confirmation), origin: None };
    assert_eq!(service(&confirmed).propose(&draft).unwrap_err().code(), "service-malformed");
    assert_eq!(confirmed.asked().len(), 1, "a proposal for another chain is not sent");
}

#[test]
fn t33_the_key_goes_to_the_service_and_into_no_message() {
    let web = Web::always(422, "", "{\"detail\":\"no\"}");
    let endpoint = Endpoint::new(&format!("{}/tx-service/eth", web.url()), Some("secret.jwt")).unwrap();
    let service = Service::new(&endpoint, chain(), &Reach::default()).unwrap();
    let error = service.history(SAFE, 10, &()).unwrap_err();
    assert!(!format!("{error} {error:?} {endpoint:?}").contains("secret"));
    let [asked] = &web.asked()[..] else { panic!() };
    assert_eq!(asked.header("authorization"), Some("Bearer secret.jwt"));
    assert!(asked.path.starts_with("/tx-service/eth/api/v2/safes/"));
    assert_eq!(hosted(U256::from(1)).as_deref(), Some("https://api.safe.global/tx-service/eth"));
    assert_eq!(hosted(U256::from(31337)), None);
}
