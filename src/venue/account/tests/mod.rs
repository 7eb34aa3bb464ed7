//! Requests against signatures that others have made: the venues' own documentation, and OpenSSL 3 where they have none.

mod answers;

use super::signing::{self, Signer};
use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use serde_json::Value;
use zeroize::Zeroizing;

/// From `openssl ecparam -name prime256v1 -genkey -noout`; it was never anybody's.
const SEC1: &str = "-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIG0HWMSS4feKNvUDyf6tJLCgs8INh6jAtegRp7G865Z+oAoGCCqGSM49
AwEHoUQDQgAE+E1YsnaBYBTpXOHTmC8xaD5JZGRkB7tMH9q26//hvskhMoz1zO9N
zxLQVaTWXIKc0DYDbEu9d6R8XwpbkUWJ2Q==
-----END EC PRIVATE KEY-----
";

/// The same key, from `openssl pkcs8 -topk8 -nocrypt`.
const PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbQdYxJLh94o29QPJ
/q0ksKCzwg2HqMC16BGnsbzrln6hRANCAAT4TViydoFgFOlc4dOYLzFoPklkZGQH
u0wf2rbr/+G+ySEyjPXM703PEtBVpNZcgpzQNgNsS713pHxfCluRRYnZ
-----END PRIVATE KEY-----";

/// Its public half, from `openssl ec -pubout`, without the 26 bytes that say what it is.
const EC_PUBLIC: &str = "BPhNWLJ2gWAU6Vzh05gvMWg+SWRkZAe7TB/atuv/4b7JITKM9czvTc8S0FWk1lyCnNA2A2xLvXekfF8KW5FFidk=";

/// Seed and public half of a key from `openssl genpkey -algorithm ed25519`.
const ED25519_SECRET: &str = "GT3xGWGwARONR3CqBgnCQkuXnEl+aR2zn5bg/m3F2Nz9B6LhJBnVco+AFWiZQFyPizgEUIjXU305vVbi1TQPXA==";

/// The secret of Kraken's example.
const KRAKENS: &str = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg==";

fn key(id: &str, secret: &str, passphrase: Option<&str>) -> Key {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    Key::new(text(id), text(secret), passphrase.map(text)).unwrap()
}

fn request(venue: VenueId, ask: &Ask, key: &Key, millis: i64) -> Result<Signed, AccountError> {
    let chance = SystemRandom::new();
    let nonce = u64::try_from(millis).unwrap();
    let occasion = Occasion { now: Timestamp::from_millis(millis), nonce, chance: &chance };
    private(venue).unwrap().request(ask, key, occasion)
}

fn header<'a>(signed: &'a Signed, name: &str) -> &'a str {
    &signed.headers.iter().find(|(n, _)| *n == name).unwrap().1
}

#[test]
fn krakens_signature_is_that_of_its_example() {
    // https://docs.kraken.com/api/docs/guides/spot-rest-auth
    let form = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25";
    let signature = signing::kraken(KRAKENS, "/0/private/AddOrder", 1_616_492_376_594, form).unwrap();
    assert_eq!(signature, "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ==");
    // By Python's hashlib and hmac.
    let signed =
        request(VenueId::Kraken, &Ask::new(What::Balances), &key("id", KRAKENS, None), 1_616_492_376_594).unwrap();
    assert_eq!((signed.path.as_str(), signed.body.as_str()), ("/0/private/BalanceEx", "nonce=1616492376594"));
    let expected = "1j2wTVcCjQvueYQKkvwE3KMKUKZ2X44OnlJOYr2nPt3WwRIl69rXv3dyHxdoxHIc88DGbIR+WwRtR0qudfAL+w==";
    assert_eq!(header(&signed, "API-Sign"), expected);
    let odd = request(VenueId::Kraken, &Ask::new(What::Balances), &key("id", "no base64!", None), 1);
    assert!(matches!(odd, Err(AccountError::Key(_))));
}

#[test]
fn binances_signature_is_that_of_its_example() {
    // https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
    let secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";
    let query = "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000\
                 &timestamp=1499827319559";
    let expected = "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71";
    assert_eq!(signing::sha256_hex(secret, query), expected);
    // By Python's hmac.
    let ask = Ask::new(What::Balances);
    let signed = request(VenueId::Binance, &ask, &key("id", secret, None), 1_499_827_319_559).unwrap();
    assert_eq!(
        signed.path,
        "/api/v3/account?omitZeroBalances=true&recvWindow=5000&timestamp=1499827319559\
         &signature=807e9f33e2180fee3162aaa9fddb73c600a957ca7e8353e2c50ba2a31430a41f"
    );
    assert_eq!(header(&signed, "X-MBX-APIKEY"), "id");
    assert!(matches!(
        request(VenueId::Binance, &Ask::new(What::Trades), &key("i", "s", None), 1),
        Err(AccountError::Ask(_))
    ));
    let ask = Ask { symbol: Some(Symbol::new("BTC/USDT").unwrap()), ..Ask::new(What::Trades) };
    let signed = request(VenueId::Binance, &ask, &key("id", secret, None), 1).unwrap();
    assert!(signed.path.starts_with("/api/v3/myTrades?symbol=BTCUSDT&fromId=0&limit=1000&"), "{}", signed.path);
}

#[test]
fn bybits_signature_is_over_time_key_window_and_query() {
    // The order is that of https://bybit-exchange.github.io/docs/v5/guide; the digest is OpenSSL's, `openssl dgst -sha256
    // -hmac`, of `1658384314791XXXXXXXXXX5000accountType=UNIFIED`.
    let key = key("XXXXXXXXXX", &"Y".repeat(36), None);
    let signed = request(VenueId::Bybit, &Ask::new(What::Balances), &key, 1_658_384_314_791).unwrap();
    assert_eq!(signed.path, "/v5/account/wallet-balance?accountType=UNIFIED");
    let expected = "6fd3eb546c5db96aa7dd5d3fef31e6250c0cedb486374235391cd37fcc1ba95d";
    assert_eq!(header(&signed, "X-BAPI-SIGN"), expected);
    assert_eq!(header(&signed, "X-BAPI-TIMESTAMP"), "1658384314791");
    // A cursor comes encoded and is not encoded twice; one that would add parameters is refused.
    let cursor = |text: &str| Ask { cursor: Some(text.to_owned()), ..Ask::new(What::Trades) };
    let signed = request(VenueId::Bybit, &cursor("21%3A2%2C21"), &key, 1).unwrap();
    assert!(signed.path.ends_with("&limit=100&cursor=21%3A2%2C21"), "{}", signed.path);
    assert!(request(VenueId::Bybit, &cursor("2&category=linear"), &key, 1).is_err());
}

#[test]
fn okxs_signature_is_over_time_method_and_path() {
    // The time is that of the example in https://www.okx.com/docs-v5/en/#overview-rest-authentication; the digest is
    // OpenSSL's, `openssl dgst -sha256 -hmac … -binary | base64`, of `2020-12-08T09:08:57.715ZGET/api/v5/account/balance`.
    let with = key("id", "22582BD0CFF14C41EDBF1AB98506286D", Some("a passphrase"));
    let signed = request(VenueId::Okx, &Ask::new(What::Balances), &with, 1_607_418_537_715).unwrap();
    assert_eq!(header(&signed, "OK-ACCESS-TIMESTAMP"), "2020-12-08T09:08:57.715Z");
    assert_eq!(header(&signed, "OK-ACCESS-SIGN"), "AkD5YszBhggtIyjDlmTy/9PpNVntel+1Lff8wh0qpQw=");
    assert_eq!(header(&signed, "OK-ACCESS-PASSPHRASE"), "a passphrase");
    let whole = request(VenueId::Okx, &Ask::new(What::Balances), &with, 1_607_418_537_000).unwrap();
    assert_eq!(header(&whole, "OK-ACCESS-TIMESTAMP"), "2020-12-08T09:08:57.000Z");
    let without = request(VenueId::Okx, &Ask::new(What::Balances), &key("id", "s", None), 1);
    assert!(matches!(without, Err(AccountError::Key(_))));
}

/// The header and the claims of a token, once its signature has been found right.
fn opened(token: &str, verify: impl Fn(&[u8], &[u8])) -> (Value, Value) {
    let (message, signature) = token.rsplit_once('.').unwrap();
    verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap());
    let (header, claims) = message.split_once('.').unwrap();
    let part = |text: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap();
    (part(header), part(claims))
}

#[test]
fn coinbases_tokens_are_good_for_one_request_and_two_minutes() {
    // The claims are those of
    // https://docs.cdp.coinbase.com/coinbase-app/authentication-authorization/api-key-authentication
    let ask = Ask { cursor: Some("a&b".into()), ..Ask::new(What::Balances) };
    let one_line = SEC1.trim_end().replace('\n', "\\n");
    for secret in [SEC1, PKCS8, one_line.as_str()] {
        let signed =
            request(VenueId::Coinbase, &ask, &key("organizations/o/apiKeys/k", secret, None), 1_700_000_000_999);
        let signed = signed.unwrap();
        assert_eq!(signed.path, "/api/v3/brokerage/accounts?limit=250&cursor=a%26b");
        let token = header(&signed, "Authorization").strip_prefix("Bearer ").unwrap();
        let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, STANDARD.decode(EC_PUBLIC).unwrap());
        let (head, claims) = opened(token, |message, signature| public.verify(message, signature).unwrap());
        assert_eq!((&head["alg"], &head["kid"]), (&"ES256".into(), &"organizations/o/apiKeys/k".into()));
        assert_eq!(head["nonce"].as_str().unwrap().len(), 32);
        let expected = serde_json::json!({
            "iss": "cdp", "sub": "organizations/o/apiKeys/k", "nbf": 1_700_000_000, "exp": 1_700_000_120,
            "uri": "GET api.coinbase.com/api/v3/brokerage/accounts",
        });
        assert_eq!(claims, expected);
    }
    let signed = request(VenueId::Coinbase, &ask, &key("k", ED25519_SECRET, None), 0).unwrap();
    let token = header(&signed, "Authorization").strip_prefix("Bearer ").unwrap();
    let public = STANDARD.decode(ED25519_SECRET).unwrap().split_off(32);
    let public = UnparsedPublicKey::new(&ED25519, public);
    let (head, _) = opened(token, |message, signature| public.verify(message, signature).unwrap());
    assert_eq!(head["alg"], "EdDSA");
}

#[test]
fn what_is_no_private_key_is_named_without_telling_it() {
    let chance = SystemRandom::new();
    let damaged = SEC1.replace("MHcCAQEE", "MHcCAQEF");
    let halved = &STANDARD.encode([7; 32]);
    // On the curve P-384, by OpenSSL.
    let other = "-----BEGIN EC PRIVATE KEY-----
MIGkAgEBBDCgfZgrSckyYgbiD7GJAeJZ9iAcxHvyts7WT1WNzUtph6Rp04CFdt5f
LcIJ8LM6KI2gBwYFK4EEACKhZANiAAR+2OlrEqT3Y44odh0swMHrfkWY4uHc41g/
1iZoStLxZKWhupAxzV6yTVt0hvBLWNGExiEsaZ6n1VxBIajLFRuXHlTQiwhVyonh
L/XgE9+wijHXDBPTroX6gpcpHtl4hTs=
-----END EC PRIVATE KEY-----";
    for secret in ["xyzzy", "", "-----BEGIN", "-----BEGIN RSA PRIVATE KEY-----\nAAAA", &damaged, halved, other] {
        let error = Signer::new(secret, &chance).err().unwrap().to_string();
        assert!(error.contains("neither a P-256 key"), "{error}");
    }
}

#[test]
fn nothing_of_a_key_is_printed() {
    let key = key("visible-id", "swordfish", Some("open sesame"));
    let signed = request(VenueId::Okx, &Ask::new(What::Balances), &key, 1).unwrap();
    let printed = format!("{key:?} {signed:?}");
    for word in ["visible-id", "swordfish", "sesame"] {
        assert!(!printed.contains(word), "{printed}");
    }
    let text = |text: &str| Zeroizing::new(text.to_owned());
    for (id, secret) in [("", "s"), ("a b", "s"), ("a\nX-Evil: 1", "s"), ("k", ""), ("k", "s\u{1b}"), ("k", " \n")] {
        assert!(Key::new(text(id), text(secret), None).is_err(), "{id:?} {secret:?}");
    }
    assert!(Key::new(text("k"), text("s"), Some(text("a\nb"))).is_err());
}
