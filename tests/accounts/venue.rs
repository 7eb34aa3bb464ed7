//! Venues on this machine that check every request as the real ones document it: key, signature, time and nonce. Each
//! computes the signature for itself, from the secret, and shares no code with the program.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use ring::{digest, hmac};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The venues with accounts.
pub const VENUES: [&str; 5] = ["binance", "bybit", "coinbase", "kraken", "okx"];

/// The key that every venue here knows.
pub const KEY: &str = "Visible-Key-Id";

/// OKX's passphrase.
pub const PASSPHRASE: &str = "open sesame";

/// A P-256 key of OpenSSL's, which was never anybody's.
const PEM: &str = "-----BEGIN EC PRIVATE KEY-----\\n\
MHcCAQEEIG0HWMSS4feKNvUDyf6tJLCgs8INh6jAtegRp7G865Z+oAoGCCqGSM49\\n\
AwEHoUQDQgAE+E1YsnaBYBTpXOHTmC8xaD5JZGRkB7tMH9q26//hvskhMoz1zO9N\\n\
zxLQVaTWXIKc0DYDbEu9d6R8XwpbkUWJ2Q==\\n-----END EC PRIVATE KEY-----";

/// Its public half.
const PUBLIC: &str = "BPhNWLJ2gWAU6Vzh05gvMWg+SWRkZAe7TB/atuv/4b7JITKM9czvTc8S0FWk1lyCnNA2A2xLvXekfF8KW5FFidk=";

/// The secret of the key at a venue.
pub fn secret(venue: &str) -> String {
    match venue {
        "kraken" => STANDARD.encode([7; 64]),
        "coinbase" => PEM.to_owned(),
        _ => format!("swordfish-{venue}"),
    }
}

/// A secret of the right form that is another key's.
pub fn wrong_secret(venue: &str) -> String {
    match venue {
        "kraken" => STANDARD.encode([8; 64]),
        // Another P-256 key, of OpenSSL's too.
        "coinbase" => OTHER.to_owned(),
        _ => "swordfisch".to_owned(),
    }
}

const OTHER: &str = "-----BEGIN EC PRIVATE KEY-----\\n\
MHcCAQEEIAiTh5+wuzenYzYObLk/l24JurUE5bp59RJMNAXxXSz0oAoGCCqGSM49\\n\
AwEHoUQDQgAEIn0Aw/xwilqrjKOHUsB7sCuG591JbZE01Ay908z1XZrXxqrMxiE7\\n\
+VBCkoceRUMZ1TA9Ajgn68bJ4mfx7CpwRg==\\n\
-----END EC PRIVATE KEY-----";

/// What a venue does with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mood {
    /// What it documents.
    Proper,
    /// Nothing.
    Silent,
    /// Answers with this, whatever is asked.
    Says(&'static str),
    /// Answers with more than anybody reads.
    Endless,
}

/// How the venue is set up.
#[derive(Clone, Debug)]
pub struct Setup {
    /// What it does.
    pub mood: Mood,
    /// How far its clock is ahead, in milliseconds.
    pub ahead: i64,
    /// The largest nonce that it has seen.
    pub nonce: u64,
    /// Whether the key may trade and withdraw.
    pub may_all: bool,
    /// Whether the key may read balances and nothing else.
    pub balances_only: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self { mood: Mood::Proper, ahead: 0, nonce: 0, may_all: false, balances_only: false }
    }
}

/// A venue that runs.
pub struct Venue {
    /// Where.
    pub url: String,
    /// The paths that were asked, without their queries.
    pub asked: Arc<Mutex<Vec<String>>>,
}

struct Request {
    method: String,
    target: String,
    headers: HashMap<String, String>,
    body: String,
}

impl Request {
    fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn parameter<'a>(text: &'a str, name: &str) -> Option<&'a str> {
        text.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

impl Venue {
    /// Starts a venue in threads of this process; they end with it.
    pub fn start(name: &'static str, setup: Setup) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let last = Arc::new(Mutex::new(setup.nonce));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (setup, heard, last) = (setup.clone(), Arc::clone(&heard), Arc::clone(&last));
                std::thread::spawn(move || converse(name, &setup, &heard, &last, stream.unwrap()));
            }
        });
        Self { url, asked }
    }
}

fn converse(name: &str, setup: &Setup, heard: &Mutex<Vec<String>>, last: &Mutex<u64>, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while let Some(request) = read(&mut reader) {
        heard.lock().unwrap().push(request.path().to_owned());
        let answer = match &setup.mood {
            Mood::Silent => {
                std::thread::sleep(Duration::from_secs(30));
                return;
            }
            Mood::Says(answer) => (*answer).to_owned(),
            Mood::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
                while stream.write_all(&[b' '; 65_536]).is_ok() {}
                return;
            }
            Mood::Proper => {
                let now = millis() + setup.ahead;
                let (status, body) = match refusal(name, &request, now, &mut last.lock().unwrap()) {
                    Some(refusal) => refusal,
                    None if setup.balances_only && request.path().contains("osition") => forbidden(name),
                    None => (200, told(name, &request, setup.may_all)),
                };
                format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, target, headers, body: String::from_utf8(body).unwrap() })
}

fn millis() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis().try_into().unwrap()
}

fn keyed(algorithm: hmac::Algorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, secret), message).as_ref().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Why a request is refused, as the venue says it.
fn refusal(name: &str, request: &Request, now: i64, last: &mut u64) -> Option<(u16, String)> {
    let secret = secret(name);
    match name {
        "kraken" => {
            let says = |error: &str| Some((200, json!({ "error": [error] }).to_string()));
            let nonce: u64 = Request::parameter(&request.body, "nonce").unwrap().parse().unwrap();
            let inner = digest::digest(&digest::SHA256, format!("{nonce}{}", request.body).as_bytes());
            let message = [request.path().as_bytes(), inner.as_ref()].concat();
            let expected = keyed(hmac::HMAC_SHA512, &STANDARD.decode(&secret).unwrap(), &message);
            match () {
                () if request.method != "POST" => says("EGeneral:Unknown method"),
                () if request.header("content-type") != "application/x-www-form-urlencoded" => says("EAPI:Bad request"),
                () if request.header("api-key") != KEY => says("EAPI:Invalid key"),
                () if request.header("api-sign") != STANDARD.encode(expected) => says("EAPI:Invalid signature"),
                () if nonce <= *last => says("EAPI:Invalid nonce"),
                () => {
                    *last = nonce;
                    None
                }
            }
        }
        "binance" => {
            let says = |status, code: i32, msg: &str| Some((status, json!({ "code": code, "msg": msg }).to_string()));
            let (query, signature) = request.query().rsplit_once("&signature=").unwrap();
            let time: i64 = Request::parameter(query, "timestamp").unwrap().parse().unwrap();
            let window: i64 = Request::parameter(query, "recvWindow").unwrap().parse().unwrap();
            let expected = hex(&keyed(hmac::HMAC_SHA256, secret.as_bytes(), query.as_bytes()));
            match () {
                () if request.header("x-mbx-apikey") != KEY => says(401, -2015, "Invalid API-key, IP, or permissions."),
                () if time >= now + 1_000 || now - time > window => {
                    says(400, -1021, "Timestamp outside of recvWindow.")
                }
                () if signature != expected => says(400, -1022, "Signature for this request is not valid."),
                () => None,
            }
        }
        "bybit" => {
            let says = |code: i32, msg: &str| Some((200, json!({ "retCode": code, "retMsg": msg }).to_string()));
            let (time, window) = (request.header("x-bapi-timestamp"), request.header("x-bapi-recv-window"));
            let message = format!("{time}{}{window}{}", request.header("x-bapi-api-key"), request.query());
            let expected = hex(&keyed(hmac::HMAC_SHA256, secret.as_bytes(), message.as_bytes()));
            let (time, window): (i64, i64) = (time.parse().unwrap(), window.parse().unwrap());
            match () {
                () if request.header("x-bapi-api-key") != KEY => says(10_003, "API key is invalid."),
                () if time >= now + 1_000 || now - window > time => {
                    says(10_002, "invalid request, please check your time")
                }
                () if request.header("x-bapi-sign") != expected => says(10_004, "error sign!"),
                () => None,
            }
        }
        "okx" => {
            let says = |code: &str, msg: &str| Some((401, json!({ "code": code, "msg": msg }).to_string()));
            let time = request.header("ok-access-timestamp");
            let message = format!("{time}{}{}{}", request.method, request.target, request.body);
            let expected = STANDARD.encode(keyed(hmac::HMAC_SHA256, secret.as_bytes(), message.as_bytes()));
            let then = time.parse::<jiff::Timestamp>().unwrap().as_millisecond();
            match () {
                () if time.len() != "2020-12-08T09:08:57.715Z".len() => says("50112", "Invalid OK-ACCESS-TIMESTAMP"),
                () if request.header("ok-access-key") != KEY => says("50111", "Invalid OK-ACCESS-KEY"),
                () if request.header("ok-access-passphrase") != PASSPHRASE => says("50105", "PASSPHRASE incorrect"),
                () if (now - then).abs() > 30_000 => says("50102", "Timestamp request expired"),
                () if request.header("ok-access-sign") != expected => says("50113", "Invalid Sign"),
                () => None,
            }
        }
        _ => {
            let token = request.header("authorization").strip_prefix("Bearer ").unwrap();
            let (message, signature) = token.rsplit_once('.').unwrap();
            let part =
                |text: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap() };
            let (header, claims) =
                message.split_once('.').map(|(header, claims)| (part(header), part(claims))).unwrap();
            let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, STANDARD.decode(PUBLIC).unwrap());
            let signed = public.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).is_ok();
            let (from, until) = (claims["nbf"].as_i64().unwrap(), claims["exp"].as_i64().unwrap());
            let timely = from <= now / 1_000 && now / 1_000 < until && until - from <= 120;
            let uri = format!("{} api.coinbase.com{}", request.method, request.path());
            let ours = header["kid"] == KEY && claims["sub"] == KEY && claims["iss"] == "cdp" && claims["uri"] == uri;
            (!(signed && timely && ours)).then(|| (401, "Unauthorized\n".to_owned()))
        }
    }
}

/// The key is good, but not for this.
fn forbidden(name: &str) -> (u16, String) {
    match name {
        "kraken" => (200, json!({ "error": ["EGeneral:Permission denied"] }).to_string()),
        "bybit" => (200, json!({ "retCode": 10_005, "retMsg": "Permission denied" }).to_string()),
        "okx" => (401, json!({ "code": "50120", "msg": "no permission" }).to_string()),
        _ => (403, json!({ "error": "PERMISSION_DENIED", "message": "Missing required scopes" }).to_string()),
    }
}

/// What a venue tells a holder who proved to be one: 0.5 BTC, 1000 USDT, one trade, no positions.
fn told(name: &str, request: &Request, may_all: bool) -> String {
    let told = match (name, request.path()) {
        ("kraken", "/0/private/BalanceEx") => json!({ "error": [], "result": {
            "XXBT": { "balance": "0.3000000000", "hold_trade": "0.1" }, "XBT.F": { "balance": "0.2" },
            "USDT": { "balance": "1000.00000000", "hold_trade": "0" }, "XETH": { "balance": "0.0000" },
        } }),
        ("kraken", "/0/private/TradesHistory") => {
            let trade = |margin: &str| {
                json!({ "pair": "XBTUSDT", "time": 1_688_667_796.880_2, "type": "sell", "price": "40000",
                    "cost": "400.00000", "fee": "1.00", "vol": "0.01", "margin": margin })
            };
            json!({ "error": [], "result": { "count": 2, "trades": { "TAAAAA": trade("0.0"), "TBBBBB": trade("80.0") } } })
        }
        ("kraken", "/0/private/OpenPositions") => json!({ "error": [], "result": {} }),
        ("kraken", "/0/private/GetApiKeyInfo") => {
            let more: &[&str] =
                if may_all { &["query-funds", "modify-trades", "withdraw-funds"] } else { &["query-funds"] };
            json!({ "error": [], "result": { "apiKeyName": "x", "permissions": more } })
        }
        ("binance", "/api/v3/account") => json!({ "balances": [
            { "asset": "BTC", "free": "0.40000000", "locked": "0.10000000" },
            { "asset": "USDT", "free": "1000.00000000", "locked": "0.00000000" },
        ] }),
        ("binance", "/api/v3/myTrades") => {
            assert_eq!(Request::parameter(request.query(), "symbol"), Some("BTCUSDT"));
            json!([{ "symbol": "BTCUSDT", "id": 28, "price": "40000", "qty": "0.01", "quoteQty": "400", "commission": "1",
                "commissionAsset": "USDT", "time": 1_688_667_796_880_i64, "isBuyer": false }])
        }
        ("binance", "/sapi/v1/account/apiRestrictions") => json!({
            "enableReading": true, "enableWithdrawals": may_all, "enableSpotAndMarginTrading": may_all,
        }),
        ("coinbase", "/api/v3/brokerage/accounts") => {
            let account = |currency: &str, value: &str, hold: &str| json!({ "currency": currency, "available_balance": { "value": value }, "hold": { "value": hold } });
            match Request::parameter(request.query(), "cursor") {
                None => json!({ "accounts": [account("BTC", "0.3", "0.1")], "has_next": true, "cursor": "7/8" }),
                Some("7%2F8") => {
                    json!({ "accounts": [account("BTC", "0.1", "0"), account("USDT", "1000", "0")], "has_next": false })
                }
                Some(other) => panic!("{other}"),
            }
        }
        ("coinbase", "/api/v3/brokerage/cfm/positions") => json!({ "positions": [] }),
        ("coinbase", "/api/v3/brokerage/key_permissions") => {
            json!({ "can_view": true, "can_trade": may_all, "can_transfer": may_all })
        }
        ("bybit", "/v5/account/wallet-balance") => json!({ "retCode": 0, "result": { "list": [{ "coin": [
            { "coin": "BTC", "walletBalance": "0.5" }, { "coin": "USDT", "walletBalance": "1000" },
        ] }] } }),
        ("bybit", "/v5/position/list") => json!({ "retCode": 0, "result": { "list": [], "nextPageCursor": "" } }),
        ("bybit", "/v5/user/query-api") => json!({ "retCode": 0, "result": {
            "readOnly": u8::from(!may_all), "permissions": { "Spot": ["SpotTrade"], "Wallet": ["Withdraw"] },
        } }),
        ("okx", "/api/v5/account/balance") => json!({ "code": "0", "msg": "", "data": [{ "details": [
            { "ccy": "BTC", "cashBal": "0.5" }, { "ccy": "USDT", "cashBal": "1000" },
        ] }] }),
        ("okx", "/api/v5/account/positions") => json!({ "code": "0", "msg": "", "data": [] }),
        ("okx", "/api/v5/account/config") => {
            let perm = if may_all { "read_only,trade,withdraw" } else { "read_only" };
            json!({ "code": "0", "msg": "", "data": [{ "perm": perm }] })
        }
        (_, path) => panic!("{name} has no {path}"),
    };
    told.to_string()
}
