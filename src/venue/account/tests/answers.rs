//! Answers as the venues document them, and as nobody should send them.

use super::super::*;
use crate::market::Side;
use crate::money::{Asset, Decimal};
use proptest::prelude::*;

fn read(venue: VenueId, what: What, status: u16, body: &str) -> Result<Page, AccountError> {
    let symbol = Some(Symbol::new("BTC/USDT").unwrap());
    answer(private(venue).unwrap(), &Ask { symbol, ..Ask::new(what) }, status, body.as_bytes())
}

fn balances(venue: VenueId, body: &str) -> Vec<(String, String)> {
    let Told::Balances(list) = read(venue, What::Balances, 200, body).unwrap().told else { panic!("no balances") };
    let name = |balance: &Balance| balance.asset.as_ref().map_or_else(Clone::clone, ToString::to_string);
    list.iter().map(|balance| (name(balance), balance.amount.to_string())).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, amount)| ((*name).to_owned(), (*amount).to_owned())).collect()
}

fn fills(venue: VenueId, body: &str) -> (Vec<Fill>, Option<String>) {
    let page = read(venue, What::Trades, 200, body).unwrap();
    let Told::Trades(fills) = page.told else { panic!("no trades") };
    (fills, page.next)
}

fn permissions(venue: VenueId, body: &str) -> (Option<bool>, Option<bool>, Option<bool>) {
    let Told::Permissions(may) = read(venue, What::Permissions, 200, body).unwrap().told else {
        panic!("no permissions")
    };
    (may.read, may.trade, may.withdraw)
}

const KRAKEN: &str = r#"{"error":[],"result":{"ZUSD":{"balance":"25435.2100","hold_trade":"8249.7600"},
    "XXBT":{"balance":1.2435,"hold_trade":0.8423},"XBT.F":{"balance":"0.0000000001","hold_trade":"0"},
    "DOT.S":{"balance":"10","hold_trade":"0"},"ETH":{"balance":"0.0000","hold_trade":"0"}}}"#;
const BINANCE: &str = r#"{"makerCommission":15,"canTrade":true,"balances":[
    {"asset":"BTC","free":"4723846.89208129","locked":"0.00000001"},{"asset":"测试币","free":"5","locked":"0"},
    {"asset":"LTC","free":"0.00000000","locked":"0.00000000"}]}"#;
const COINBASE: &str = r#"{"accounts":[
    {"uuid":"8bfc20d7","name":"BTC Wallet","currency":"BTC","available_balance":{"value":"1.23","currency":"BTC"},
     "hold":{"value":"0.77","currency":"BTC"}},
    {"uuid":"x","currency":"USD","available_balance":{"value":"10","currency":"USD"}}],
    "has_next":true,"cursor":"789100","size":2}"#;
const BYBIT: &str = r#"{"retCode":0,"retMsg":"OK","result":{"list":[{"accountType":"UNIFIED","totalEquity":"3.3",
    "coin":[{"coin":"BTC","walletBalance":"0.5","locked":"0","spotBorrow":"0","unrealisedPnl":"1"},
    {"coin":"USDT","walletBalance":"-3.5","equity":"0"}]}]},"retExtInfo":{},"time":1672125441042}"#;
const OKX: &str = r#"{"code":"0","data":[{"totalEq":"55","details":[{"ccy":"USDT","cashBal":"4850.435","eq":"4992.8",
    "availBal":"4834.3"},{"ccy":"BTC","cashBal":"0.5","eq":"0.5"}]}],"msg":""}"#;

#[test]
fn balances_are_whole_and_under_common_names() {
    let kraken = [("BTC", "1.2435000001"), ("DOT", "10"), ("USD", "25435.2100")];
    assert_eq!(balances(VenueId::Kraken, KRAKEN), pairs(&kraken));
    assert_eq!(balances(VenueId::Binance, BINANCE), pairs(&[("BTC", "4723846.89208130"), ("?测试币", "5")]));
    assert_eq!(balances(VenueId::Coinbase, COINBASE), pairs(&[("BTC", "2.00"), ("USD", "10")]));
    assert_eq!(read(VenueId::Coinbase, What::Balances, 200, COINBASE).unwrap().next.as_deref(), Some("789100"));
    assert_eq!(balances(VenueId::Bybit, BYBIT), pairs(&[("BTC", "0.5"), ("USDT", "-3.5")]));
    assert_eq!(balances(VenueId::Okx, OKX), pairs(&[("BTC", "0.5"), ("USDT", "4850.435")]));
}

#[test]
fn one_asset_on_two_pages_is_one_balance() {
    let balance = |name: &str, amount: &str| Balance {
        asset: Asset::new(name).map_err(|e| e.to_string()),
        amount: amount.parse().unwrap(),
    };
    let all = together(vec![balance("BTC", "1.5"), balance("USD", "1"), balance("BTC", "0.5"), balance("USD", "-1")]);
    assert_eq!(all.unwrap(), [balance("BTC", "2.0")]);
    let wide = vec![balance("BTC", "79228162514264337593543950335"), balance("BTC", "0.1")];
    assert!(matches!(together(wide), Err(AccountError::Unreadable(_))), "nothing is rounded");
}

#[test]
fn trades_are_exact_and_say_where_the_next_page_is() {
    let body = r#"{"error":[],"result":{"count":2,"trades":{"THVRQM-33VKH-UCI7BS":{"ordertxid":"OQCLML","pair":"XXBTZUSD",
        "time":1688667796.8802,"type":"buy","ordertype":"limit","price":"30010.00000","cost":"600.20000",
        "fee":"0.00000","vol":"0.02000000","margin":"0.00000","misc":""}}}}"#;
    let (list, next) = fills(VenueId::Kraken, body);
    let fill = &list[0];
    assert_eq!((fill.id.as_str(), fill.at.nanos()), ("THVRQM-33VKH-UCI7BS", 1_688_667_796_880_200_000));
    assert_eq!((fill.base.as_str(), fill.quote.as_str(), fill.side, fill.position), ("BTC", "USD", Side::Bid, false));
    assert_eq!((fill.cost, next.as_deref()), ("600.2".parse().ok(), Some("1")));
    let margin = body.replace("\"margin\":\"0.00000\"", "\"margin\":\"120.1\"");
    assert!(fills(VenueId::Kraken, &margin).0[0].position);

    let body = r#"[{"symbol":"BTCUSDT","id":28457,"orderId":100234,"price":"4.00000100","qty":"12.00000000",
        "quoteQty":"48.000012","commission":"10.10000000","commissionAsset":"BNB","time":1499865549590,
        "isBuyer":false,"isMaker":false,"isBestMatch":true}]"#;
    let (list, next) = fills(VenueId::Binance, body);
    let fill = &list[0];
    assert_eq!((fill.id.as_str(), fill.side, fill.fee_asset.as_str()), ("BTCUSDT-28457", Side::Ask, "BNB"));
    assert_eq!(next, None);
    let one = body.trim_matches(['[', ']']);
    let full = format!("[{}]", vec![one; 1_000].join(","));
    assert_eq!(fills(VenueId::Binance, &full).1.as_deref(), Some("28458"));

    let body = r#"{"fills":[{"entry_id":"22222","trade_id":"1111","order_id":"0","trade_time":"2024-01-15T10:30:00Z",
        "trade_type":"FILL","price":"45123.45","size":"0.005","commission":"1.14","product_id":"BTC-USD",
        "size_in_quote":false,"side":"BUY"},{"entry_id":"3","trade_time":"2024-01-15T10:30:00Z","price":"40000",
        "size":"1000","commission":"0","product_id":"BTC-USD","size_in_quote":true,"side":"SELL"}],"cursor":""}"#;
    let (list, next) = fills(VenueId::Coinbase, body);
    assert_eq!((list[0].quantity, next), ("0.005".parse().unwrap(), None));
    assert_eq!((list[1].quantity, list[1].cost), ("0.025".parse().unwrap(), Some(Decimal::from(1_000))));
    let endless = body.replace("\"price\":\"40000\"", "\"price\":\"30000\"");
    assert!(matches!(read(VenueId::Coinbase, What::Trades, 200, &endless), Err(AccountError::Unreadable(_))));
    let future = body.replace("BTC-USD", "BIT-26JAN24-CDE");
    assert!(fills(VenueId::Coinbase, &future).0[0].position);

    let body = r#"{"retCode":0,"retMsg":"OK","result":{"nextPageCursor":"132766%3A2","category":"spot","list":[
        {"symbol":"ETHUSDT","side":"Sell","execId":"e0cbe81d","execFee":"0.071409","execPrice":"1190.15",
        "execQty":"0.1","execValue":"119.015","execTime":"1672282722429","feeCurrency":"USDT"}]}}"#;
    let (list, next) = fills(VenueId::Bybit, body);
    assert_eq!((list[0].base.as_str(), list[0].fee_asset.as_str()), ("ETH", "USDT"));
    assert_eq!(next.as_deref(), Some("132766%3A2"));
    let unsaid = body.replace("\"feeCurrency\":\"USDT\"", "\"feeCurrency\":\"\"");
    assert!(read(VenueId::Bybit, What::Trades, 200, &unsaid).is_err(), "in what a fee was paid is not guessed");

    let body = r#"{"code":"0","data":[{"instType":"SPOT","instId":"ETH-USDC","tradeId":"123","billId":"1111",
        "fillPx":"999","fillSz":"2","side":"buy","feeCcy":"ETH","fee":"-0.002","ts":"1597026383085"}],"msg":""}"#;
    let (list, _) = fills(VenueId::Okx, body);
    assert_eq!((list[0].id.as_str(), list[0].fee), ("123-1111", "0.002".parse().unwrap()));
}

#[test]
fn positions_have_a_side_and_empty_ones_are_none() {
    let positions = |venue, body: &str| match read(venue, What::Positions, 200, body).unwrap().told {
        Told::Positions(list) => {
            list.iter().map(|p| format!("{} {:?} {}", p.instrument, p.side, p.quantity)).collect::<Vec<_>>()
        }
        other => panic!("{other:?}"),
    };
    let kraken = r#"{"error":[],"result":{"TF5GVO":{"pair":"XXBTZUSD","type":"sell","vol":"8.8","vol_closed":"0.2"}}}"#;
    assert_eq!(positions(VenueId::Kraken, kraken), ["XXBTZUSD Ask 8.6"]);
    let coinbase = r#"{"positions":[{"product_id":"BIP-20DEC30-CDE","side":"LONG","number_of_contracts":"2"}]}"#;
    assert_eq!(positions(VenueId::Coinbase, coinbase), ["BIP-20DEC30-CDE Bid 2"]);
    let bybit = r#"{"retCode":0,"result":{"list":[{"symbol":"XRPUSDT","side":"Sell","size":"15","avgPrice":"0.36"},
        {"symbol":"BTCUSDT","side":"","size":"0","avgPrice":""}],"nextPageCursor":""}}"#;
    assert_eq!(positions(VenueId::Bybit, bybit), ["XRPUSDT Ask 15"]);
    let okx = r#"{"code":"0","data":[{"instId":"ETH-USDT-SWAP","posSide":"net","pos":"-3","avgPx":"2566.31"},
        {"instId":"BTC-USDT-SWAP","posSide":"short","pos":"1","avgPx":""}],"msg":""}"#;
    assert_eq!(positions(VenueId::Okx, okx), ["ETH-USDT-SWAP Ask 3", "BTC-USDT-SWAP Ask 1"]);
}

#[test]
fn a_key_that_may_more_than_read_is_found_out() {
    let (yes, no) = (Some(true), Some(false));
    let kraken = r#"{"error":[],"result":{"apiKeyName":"my-api-key","permissions":["query-funds","withdraw-funds",
        "query-open-trades"],"ipAllowlist":[]}}"#;
    assert_eq!(permissions(VenueId::Kraken, kraken), (yes, no, yes));
    let trades = kraken.replace("withdraw-funds", "modify-trades");
    assert_eq!(permissions(VenueId::Kraken, &trades), (yes, yes, no));
    let binance = r#"{"ipRestrict":false,"createTime":1623840271000,"enableReading":true,"enableWithdrawals":false,
        "enableInternalTransfer":false,"enableMargin":false,"enableFutures":false,"permitsUniversalTransfer":false,
        "enableFixReadOnly":true,"enableSpotAndMarginTrading":false}"#;
    assert_eq!(permissions(VenueId::Binance, binance), (yes, no, no));
    let may = binance.replace("\"enableWithdrawals\":false", "\"enableWithdrawals\":true");
    assert_eq!(permissions(VenueId::Binance, &may), (yes, no, yes));
    let may = binance.replace("\"permitsUniversalTransfer\":false", "\"permitsUniversalTransfer\":true");
    assert_eq!(permissions(VenueId::Binance, &may), (yes, yes, no));
    let unsaid = binance.replace("enableWithdrawals", "enableSomethingElse");
    assert!(read(VenueId::Binance, What::Permissions, 200, &unsaid).is_err(), "what is not said is not a no");
    let coinbase = r#"{"can_view":true,"can_trade":false,"can_transfer":true,"portfolio_uuid":"x"}"#;
    assert_eq!(permissions(VenueId::Coinbase, coinbase), (yes, no, yes));
    let bybit = r#"{"retCode":0,"result":{"readOnly":0,"permissions":{"Spot":["SpotTrade"],"Wallet":["Withdraw"],
        "Earn":[]}}}"#;
    assert_eq!(permissions(VenueId::Bybit, bybit), (yes, yes, yes));
    assert_eq!(permissions(VenueId::Bybit, &bybit.replace("\"readOnly\":0", "\"readOnly\":1")), (yes, no, no));
    let okx = r#"{"code":"0","data":[{"uid":"44","perm":"read_only,withdraw,trade"}],"msg":""}"#;
    assert_eq!(permissions(VenueId::Okx, okx), (yes, yes, yes));
    assert_eq!(permissions(VenueId::Okx, &okx.replace(",withdraw,trade", "")), (yes, no, no));
}

#[test]
fn every_refusal_has_its_name_and_harmless_words() {
    type Kind = fn(&AccountError) -> bool;
    let denied: Kind = |e| matches!(e, AccountError::Denied(_));
    let forbidden: Kind = |e| matches!(e, AccountError::Forbidden(_));
    let clock: Kind = |e| matches!(e, AccountError::Clock(_));
    let overrun: Kind = |e| matches!(e, AccountError::Overrun { .. });
    let busy: Kind = |e| matches!(e, AccountError::Busy(_));
    let refused: Kind = |e| matches!(e, AccountError::Refused(_));
    let kraken = |word: &str| format!("{{\"error\":[\"{word}\"]}}");
    for (venue, status, body, kind) in [
        (VenueId::Kraken, 200, kraken("EAPI:Invalid key"), denied),
        (VenueId::Kraken, 200, kraken("EAPI:Invalid signature"), denied),
        (VenueId::Kraken, 200, kraken("EAPI:Invalid nonce"), clock),
        (VenueId::Kraken, 200, kraken("EGeneral:Permission denied"), forbidden),
        (VenueId::Kraken, 200, kraken("EAPI:Rate limit exceeded"), overrun),
        (VenueId::Kraken, 200, kraken("EGeneral:Temporary lockout"), overrun),
        (VenueId::Kraken, 200, kraken("EService:Busy"), busy),
        (VenueId::Kraken, 200, kraken("EGeneral:\\u001b[2JOdd"), refused),
        (VenueId::Kraken, 520, "<html>".into(), busy),
        (
            VenueId::Binance,
            401,
            r#"{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}"#.into(),
            denied,
        ),
        (VenueId::Binance, 400, r#"{"code":-1022,"msg":"Signature for this request is not valid."}"#.into(), denied),
        (VenueId::Binance, 400, r#"{"code":-1021,"msg":"Timestamp"}"#.into(), clock),
        (VenueId::Binance, 429, r#"{"code":-1003,"msg":"Too much request weight used"}"#.into(), overrun),
        (VenueId::Binance, 418, "banned".into(), overrun),
        (VenueId::Coinbase, 401, "Unauthorized\n".into(), denied),
        (
            VenueId::Coinbase,
            403,
            r#"{"error":"PERMISSION_DENIED","message":"Missing required scopes"}"#.into(),
            forbidden,
        ),
        (VenueId::Coinbase, 429, "".into(), overrun),
        (VenueId::Bybit, 200, r#"{"retCode":10003,"retMsg":"API key is invalid."}"#.into(), denied),
        (VenueId::Bybit, 200, r#"{"retCode":10004,"retMsg":"Error sign"}"#.into(), denied),
        (
            VenueId::Bybit,
            200,
            r#"{"retCode":10002,"retMsg":"invalid request, please check your server timestamp"}"#.into(),
            clock,
        ),
        (VenueId::Bybit, 403, r#"{"retCode":10006,"retMsg":"Too many visits!"}"#.into(), overrun),
        (VenueId::Okx, 401, r#"{"msg":"Invalid Sign","code":"50113"}"#.into(), denied),
        (
            VenueId::Okx,
            401,
            r#"{"msg":"Request header OK-ACCESS-PASSPHRASE incorrect.","code":"50105"}"#.into(),
            denied,
        ),
        (VenueId::Okx, 401, r#"{"msg":"Timestamp request expired","code":"50102"}"#.into(), clock),
        (VenueId::Okx, 429, r#"{"msg":"Too Many Requests","code":"50011"}"#.into(), overrun),
        (VenueId::Okx, 200, r#"{"msg":"Service unavailable","code":"50001"}"#.into(), busy),
    ] {
        for what in [What::Balances, What::Trades, What::Permissions] {
            let error = read(venue, what, status, &body).unwrap_err();
            assert!(kind(&error), "{venue} {body}: {error:?}");
            assert!(!error.to_string().contains(char::is_control), "{error:?}");
        }
    }
}

#[test]
fn what_is_too_large_too_many_or_nonsense_is_refused() {
    for venue in venues() {
        let dialect = private(venue).unwrap();
        let ask = Ask::new(What::Balances);
        let large = vec![b' '; MAX_ANSWER + 1];
        assert!(matches!(answer(dialect, &ask, 200, &large), Err(AccountError::TooLarge { .. })));
        assert!(matches!(answer(dialect, &ask, 200, b"\xff"), Err(AccountError::Unreadable(_))));
        for body in ["", "null", "[]", "{}", "1", "\"x\"", "<html>", "{\"result\":null}", &"[".repeat(100_000)] {
            let error = read(venue, What::Balances, 200, body).unwrap_err();
            assert!(matches!(error, AccountError::Unreadable(_)), "{venue} {body:.20}: {error:?}");
        }
    }
    let many: Vec<String> =
        (0..=20_000).map(|n| format!("{{\"asset\":\"A{n}\",\"free\":\"1\",\"locked\":\"0\"}}")).collect();
    let many = format!("{{\"balances\":[{}]}}", many.join(","));
    assert!(matches!(read(VenueId::Binance, What::Balances, 200, &many), Err(AccountError::TooMany { .. })));
    for (from, to) in [
        ("\"25435.2100\"", "\"25,435.21\""),
        ("\"25435.2100\"", "\"\""),
        ("\"25435.2100\"", "null"),
        ("\"25435.2100\"", "1e999"),
        ("\"25435.2100\"", "\"0.00000000000000000000000000001\""),
        ("\"ZUSD\"", "\"XXBT\""),
    ] {
        let error = read(VenueId::Kraken, What::Balances, 200, &KRAKEN.replace(from, to)).unwrap_err();
        assert!(matches!(error, AccountError::Unreadable(_)), "{to}: {error:?}");
    }
    let odd = KRAKEN.replace("DOT.S", "a\\u001b[2J\\u202eb");
    assert!(balances(VenueId::Kraken, &odd).contains(&("?a[2Jb".to_owned(), "10".to_owned())));
    let disguised = BINANCE.replace("测试币", "B\\u202eTC");
    assert_eq!(balances(VenueId::Binance, &disguised), pairs(&[("BTC", "4723846.89208130"), ("?BTC", "5")]));
    let strange = Balance { asset: Err("?BTC".into()), amount: Decimal::ONE };
    assert_eq!(together(vec![strange.clone()]).unwrap(), [strange]);
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200), status in 100u16..600) {
        for venue in venues() {
            for what in [What::Balances, What::Trades, What::Positions, What::Permissions] {
                let _ = answer(private(venue).unwrap(), &Ask::new(what), status, &body);
            }
        }
    }

    #[test]
    fn damaged_answers_never_panic(at in 0usize..400, byte in any::<u8>(), cut in 0usize..400) {
        for (venue, body) in [(VenueId::Kraken, KRAKEN), (VenueId::Binance, BINANCE), (VenueId::Coinbase, COINBASE),
                              (VenueId::Bybit, BYBIT), (VenueId::Okx, OKX)] {
            let mut bytes = body.as_bytes().to_vec();
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let _ = answer(private(venue).unwrap(), &Ask::new(What::Balances), 200, &bytes);
        }
    }

    #[test]
    fn an_amount_comes_out_as_it_went_in(units in 0u64..u64::MAX, scale in 0u32..19) {
        let amount = Decimal::from_i128_with_scale(i128::from(units), scale);
        let body = format!("{{\"code\":\"0\",\"data\":[{{\"details\":[{{\"ccy\":\"X\",\"cashBal\":\"{amount}\"}}]}}]}}");
        let expected = if units == 0 { vec![] } else { vec![("X".to_owned(), amount.to_string())] };
        prop_assert_eq!(balances(VenueId::Okx, &body), expected);
    }
}
