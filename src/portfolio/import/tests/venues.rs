//! Exports of venues: rows shaped as published exports are, and what they come to.

use super::*;

const COINBASE: &str = "\
\r
Transactions\r
User,Somebody,00000000-0000-0000-0000-000000000000\r
ID,Timestamp,Transaction Type,Asset,Quantity Transacted,Price Currency,Price at Transaction,Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes,Sender Address,Recipient Address\r
c1,2026-01-01 08:05:13 UTC,Deposit,EUR,3000,EUR,€1.00,\"€3,000.00\",\"€3,000.00\",€0.00,Deposit from a bank,,\r
c2,2026-01-02 22:14:48 UTC,Buy,ADA,126.711086,EUR,€0.3768610991980342,€47.75248,€50.00,€2.24752084946335,Bought 126.711086 ADA for 50 EUR using Euro Wallet,,\r
c3,2026-01-03 10:00:00 UTC,Advanced Trade Sell,ADA,-26.711086,EUR,€0.50,€13.36,€13.30,€0.06,,,\r
c4,2026-01-04 00:46:45 UTC,Staking Income,SOL,0.010379474,EUR,€96.314298,€0.99969,€1.53890,€0.539206596113556,,,\r
c5,2026-01-05 09:06:57 UTC,Convert,ADA,-49.1542048,EUR,€0.134,€6.26584,€6.43097,€0.1651325380040581575,Converted 49.1542048 ADA to 91.51829246 DOGE,,\r
c6,2026-01-05 09:06:57 UTC,Convert,DOGE,91.51829246,EUR,€0.070,€6.43697,€6.43097,-€0.00599628370801600814888763794,Converted 49.1542048 ADA to 91.51829246 DOGE,,\r
c7,2026-01-06 09:06:57 UTC,Send,SOL,-0.01,EUR,€20.00,€0.20,€0.20,€0.00,Sent 0.01 SOL,,\r
c8,2026-01-07 22:08:14 UTC,Retail Staking Transfer,SOL,0.0003,EUR,€19.12,€0.01,€0.01,€0.00,,,\r
c9,2026-01-07 22:08:14 UTC,Retail Staking Transfer,SOL,-0.0003,EUR,€19.12,€0.01,€0.01,€0.00,,,\r
";

// The statement, with a fee in a third coin, a trade over two seconds and moves within Binance.
const BINANCE: &str = "\
\"User_ID\",\"UTC_Time\",\"Account\",\"Operation\",\"Coin\",\"Change\",\"Remark\"
1,2026-01-01 08:00:00,Spot,Deposit,EUR,300,
1,2026-01-02 08:00:00,Spot,Transaction Spend,EUR,-100,
1,2026-01-02 08:00:00,Spot,Transaction Buy,BTC,0.002,
1,2026-01-02 08:00:00,Spot,Transaction Fee,BNB,-0.0001,
1,2026-01-02 08:00:00,Spot,Transaction Buy,BTC,0.001,
1,2026-01-02 08:00:00,Spot,Transaction Spend,EUR,-50,
1,2026-01-03 09:00:00,Spot,Binance Convert,BTC,-0.001,
1,2026-01-03 09:00:01,Spot,Binance Convert,ETH,0.03,
1,2026-01-04 00:00:00,Spot,Simple Earn Flexible Subscription,ETH,-0.02,
1,2026-01-04 00:00:00,Earn,Simple Earn Flexible Subscription,ETH,0.02,
1,2026-01-05 00:00:00,Earn,Simple Earn Flexible Interest,ETH,0.00000012,
1,2026-01-06 00:00:00,Spot,Withdraw,BTC,-0.0005,Withdraw fee is included
1,2026-01-07 00:00:00,USDT-Futures,Funding Fee,USDT,-0.02,
1,2026-01-07 00:00:00,USDT-Futures,Realized Profit and Loss,USDT,1.5,
1,2026-01-08 00:00:00,Spot,Small Assets Exchange BNB,DOT,-0.01,
1,2026-01-08 00:00:00,Spot,Small Assets Exchange BNB,BNB,0.0002,
1,2026-01-09 00:00:00,Spot,Deposit,DOT,0.01,
";

const BINANCE_TRADES: &str = "\
Date(UTC),Pair,Side,Price,Executed,Amount,Fee
2026-01-01 16:36:56,DOGEEUR,BUY,0.31031,500DOGE,155.15500000EUR,0.5DOGE
2026-01-01 16:36:56,DOGEEUR,BUY,0.31031,500DOGE,155.15500000EUR,0.5DOGE
2026-01-02 10:00:00,1INCHUSDT,SELL,0.4,0.51INCH,\"1,200.2USDT\",0.0001BNB
2026-01-03 10:00:00,SOLUSDT,BUY,98.50,10SOL,985.00USDT,0
";

const KRAKEN_TRADES: &str = "\
\"txid\",\"ordertxid\",\"pair\",\"time\",\"type\",\"ordertype\",\"price\",\"cost\",\"fee\",\"vol\",\"margin\",\"misc\",\"ledgers\"
\"T1\",\"O1\",\"XXBTZEUR\",\"2026-01-19 19:43:31.6798\",\"buy\",\"limit\",54054.0,100.00,0.18,0.00185,0.00000,\"\",\"L1,L2\"
\"T2\",\"O2\",\"POL/EUR\",\"2026-01-20 21:46:44.0000\",\"sell\",\"market\",0.08480,300.00000,0.75000,3537.49000,0.00000,\"\",\"L3,L4\"
\"T3\",\"O3\",\"XBTUSD\",\"2026-01-21 21:46:44.0000\",\"sell\",\"market\",50000,500,0.8,0.01,100.00000,\"\",\"L5\"
";

// Both sides of a spot trade, a position that is opened and closed, funding, a transfer; twenty decimals and `--`.
const BYBIT: &str = "\
UID: 1,Company Name: ,Country:
Uid,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,Wallet Balance,Action,Time(UTC)
1,USDT,--,TRANSFER_IN,--,0,--,--,0,0,1000.00000000000000000000,1000.00000000000000000000,1000.00000000000000000000,--,2026-01-01 00:00:00
1,BTC,BTCUSDT,TRADE,BUY,0.01000000000000000000,0,50000,0,-0.00001000000000000000,0.01000000000000000000,0.00999000000000000000,0.00999000000000000000,--,2026-01-02 00:00:00
1,USDT,BTCUSDT,TRADE,BUY,-500.00000000000000000000,0,50000,0,0,-500.00000000000000000000,-500.00000000000000000000,500.00000000000000000000,--,2026-01-02 00:00:00
1,USDT,ETHUSDT,TRADE,BUY,0.05000000000000000000,0.05,2510,0,-0.04518000000000000000,0,-0.04518000000000000000,499.95482000000000000000,OPEN,2026-01-03 00:00:00
1,USDT,ETHUSDT,SETTLEMENT,BUY,--,0.05,--,-0.00436130000000000000,0,0,-0.00436130000000000000,499.95045870000000000000,SETTLEMENT,2026-01-03 08:00:00
1,USDT,ETHUSDT,TRADE,SELL,0.05000000000000000000,0,2530,0,-0.04554000000000000000,1.00000000000000000000,0.95446000000000000000,500.90491870000000000000,CLOSE,2026-01-04 00:00:00
";

/// Formats and rows of theirs.
pub const EVERY: [(Format, &str); 7] = [
    (Format::Coinbase, COINBASE),
    (Format::Binance, BINANCE),
    (Format::BinanceTrades, BINANCE_TRADES),
    (Format::KrakenTrades, KRAKEN_TRADES),
    (Format::Bybit, BYBIT),
    (Format::Generic, GENERIC),
    (Format::KrakenLedgers, KRAKEN),
];

const ALL: [(Format, &str); 5] = [
    (Format::Coinbase, COINBASE),
    (Format::Binance, BINANCE),
    (Format::BinanceTrades, BINANCE_TRADES),
    (Format::KrakenTrades, KRAKEN_TRADES),
    (Format::Bybit, BYBIT),
];

#[test]
fn each_is_known_by_its_header_and_comes_to_its_balances() {
    let expected: [&[&str]; 5] = [
        // 3000 − 50 + 13.30; 126.711086 − 26.711086 − 49.1542048.
        &["ADA 50.8457952", "DOGE 91.51829246", "EUR 2963.3", "SOL 0.000379474"],
        &["BNB 0.0001", "BTC 0.0015", "DOT 0", "ETH 0.03000012", "EUR 150", "USDT 1.48"],
        &["1INCH -0.5", "BNB -0.0001", "DOGE 999", "EUR -310.31", "SOL 10", "USDT 215.2"],
        &["BTC 0.00185", "EUR 199.07", "POL -3537.49"],
        &["BTC 0.00999", "USDT 500.9049187"],
    ];
    for ((format, text), expected) in ALL.into_iter().zip(expected) {
        assert_eq!(Format::of(text.as_bytes()), Ok(format));
        assert_eq!(balances(&ledger(format, text)), expected, "{}", format.name());
    }
    assert_eq!(Format::of(GENERIC.as_bytes()), Ok(Format::Generic));
    assert_eq!(Format::of(format!("\u{feff}{KRAKEN}").as_bytes()), Ok(Format::KrakenLedgers));
}

#[test]
fn a_header_that_says_nothing_or_too_much_is_named() {
    let unknown = Format::of(b"when,what,how much\n1,2,3\n").unwrap_err();
    assert_eq!(unknown.to_string(), "no format begins like this: when, what, how much");
    assert_eq!(Format::of(b"").unwrap_err().to_string(), "no format begins like this: nothing");
    let both = b"Date(UTC),Pair,Side,Price,Executed,Amount,Fee,date,type,asset\n";
    assert_eq!(Format::of(both).unwrap_err().to_string(), "it could be generic and it could be binance-trades");
}

#[test]
fn a_purchase_costs_its_total_and_the_fee_is_part_of_it() {
    let ledger = ledger(Format::Coinbase, COINBASE);
    let bought = ledger.entries().find(|entry| entry.id.as_str() == "c2").unwrap();
    let legs: Vec<String> = bought.legs.iter().map(|leg| format!("{} {} {}", leg.asset, leg.amount, leg.fee)).collect();
    assert_eq!(legs, ["ADA 126.711086 false", "EUR -47.75247915053665 false", "EUR -2.24752084946335 true"]);
    let converted = ledger.entries().find(|entry| entry.id.as_str() == "c5").unwrap();
    assert_eq!((converted.kind.clone(), converted.legs.len()), (Kind::Trade, 2));
    // The old form: one row, above zero, and a note.
    let header = "Timestamp,Transaction Type,Asset,Quantity Transacted,Spot Price Currency,Spot Price at Transaction,\
                  Subtotal,Total (inclusive of fees and/or spread),Fees and/or Spread,Notes\n";
    let text = format!(
        "{header}2021-10-05T16:00:00Z,Convert,ETH,0.1,EUR,3000,300,300,5,\"Converted 0.1 ETH to 1,000.5 SOL\"\n"
    );
    assert_eq!(Format::of(text.as_bytes()), Ok(Format::Coinbase));
    assert_eq!(balances(&super::ledger(Format::Coinbase, &text)), ["ETH -0.1", "SOL 1000.5"]);
}

#[test]
fn rows_of_one_second_are_one_trade_whatever_their_order() {
    let trades = |ledger: &Ledger| -> Vec<Entry> {
        let trades = ledger.entries().filter(|entry| entry.kind == Kind::Trade);
        trades.collect()
    };
    let found = trades(&ledger(Format::Binance, BINANCE));
    assert_eq!(found.iter().map(|entry| entry.legs.len()).collect::<Vec<_>>(), [3, 2, 2]);
    let mut lines: Vec<&str> = BINANCE.lines().collect();
    lines[1..].reverse();
    lines[1..].sort_by_key(|line| line.split(',').nth(1).unwrap());
    assert_eq!(trades(&ledger(Format::Binance, &lines.join("\n"))), found);
}

#[test]
fn what_cannot_be_told_apart_or_understood_is_refused_with_its_line() {
    let coinbase = COINBASE.lines().take(4).collect::<Vec<_>>().join("\n");
    let bybit = BYBIT.lines().take(2).collect::<Vec<_>>().join("\n");
    let header = |text: &str| text.lines().next().unwrap().to_owned();
    for (format, header, rows, words) in [
        (
            Format::Coinbase,
            &coinbase,
            "x,2026-01-01,Buy,BTC,-1,EUR,1,1,1,0,,,",
            "line 5: a quantity of -1; what is bought is above zero",
        ),
        (
            Format::Coinbase,
            &coinbase,
            "x,2026-01-01,Order,BTC,1,EUR,1,1,1,0,,,",
            "line 5: Transaction Type: \"Order\" is not one of",
        ),
        (
            Format::Coinbase,
            &coinbase,
            "x,2026-01-01,Buy,BTC,1,EUR,1,1,\"€1,5\",0,,,",
            "line 5: Total (inclusive of fees and/or spread): \"€1,5\" is not",
        ),
        (Format::Coinbase, &coinbase, "x,2026-01-01,Convert,BTC,-1,EUR,1,1,1,0,,,", "line 5: one half of a conversion"),
        (
            Format::Binance,
            &header(BINANCE),
            "1,2026-01-01 00:00:00,Spot,Magic,BTC,1,",
            "line 2: Operation: \"Magic\" is not one of",
        ),
        (Format::Binance, &header(BINANCE), "1,2026-01-01 00:00:00,Spot,Buy,BTC,1,", "line 2: one side of a trade"),
        (
            Format::Binance,
            &header(BINANCE),
            "1,2026-01-01 00:00:00,Spot,Buy,BTC,1,\n1,2026-01-01 00:00:00,Spot,Buy,ETH,1,\n1,2026-01-01 00:00:00,Spot,Buy,EUR,-1,",
            "line 2: several assets were given or got in one second",
        ),
        (
            Format::BinanceTrades,
            &header(BINANCE_TRADES),
            "2026-01-01,BTCEUR,BUY,1,1ETH,1EUR,0",
            "line 2: \"BTCEUR\" is not the pair of \"1ETH\" and \"1EUR\"",
        ),
        (
            Format::BinanceTrades,
            &header(BINANCE_TRADES),
            "2026-01-01,BTCEUR,BUY,1,-1BTC,1EUR,0",
            "line 2: \"BTCEUR\" is not the pair",
        ),
        (
            Format::BinanceTrades,
            &header(BINANCE_TRADES),
            "2026-01-01,BTCEUR,BUY,1,1BTC,1EUR,x",
            "line 2: Fee: \"x\" is not a decimal number",
        ),
        (
            Format::KrakenTrades,
            &header(KRAKEN_TRADES),
            "T,O,ABCXYZ,2026-01-01,buy,limit,1,1,0,1,0,,",
            "line 2: \"ABCXYZ\" is no pair",
        ),
        (
            Format::KrakenTrades,
            &header(KRAKEN_TRADES),
            "T,O,XBTEUR,2026-01-01,buy,limit,1,1,0,-1,0,,",
            "line 2: a volume of -1 for 1",
        ),
        (Format::KrakenTrades, &KRAKEN_TRADES.to_owned(), "", "line 4: a trade on margin"),
        (
            Format::Bybit,
            &bybit,
            "1,USDT,X,TRADE,BUY,1,1,1,0,-1,0,-5,0,OPEN,2026-01-01",
            "line 3: the change is not what",
        ),
        (
            Format::Bybit,
            &bybit,
            "1,BTC,BTCUSDT,TRADE,BUY,1,0,1,0,0,1,1,0,--,2026-01-01",
            "line 3: one side of a spot trade",
        ),
        (
            Format::Bybit,
            &bybit,
            "1,BTC,--,MAGIC,--,0,--,--,0,0,1,1,1,--,2026-01-01",
            "line 3: Type: \"MAGIC\" is not one of",
        ),
        (
            Format::Bybit,
            &bybit,
            "1,BTC,--,BONUS,--,0,--,--,0,0,1,1,1,--,2027-01-01",
            "line 3: 2027-01-01T00:00:00Z is in the future",
        ),
    ] {
        let refused = refusals(format, &format!("{header}\n{rows}\n"));
        assert!(refused.len() == 1 && refused[0].starts_with(words), "{refused:?}");
    }
}

#[test]
fn signs_of_bybit_are_taken_as_they_add_up() {
    // An older export: what was paid is above zero.
    let text = "Time,Currency,Contract,Type,Direction,Quantity,Position,Filled Price,Funding,Fee Paid,Cash Flow,Change,\
                Wallet Balance,Fee Rate,Trade ID,Order ID\n\
                2026-01-01 00:00:00,USDT,ETHUSDT,trade,Close Long,0.05,0,2530,0,0.05,1,0.95,10,0.0006,t-1,o-1\n\
                2026-01-01 08:00:00,USDT,ETHUSDT,funding,--,0.05,0,2530,0.01,0,0,-0.01,9.99,0,--,--\n";
    assert_eq!(Format::of(text.as_bytes()), Ok(Format::Bybit));
    let ledger = ledger(Format::Bybit, text);
    assert_eq!(balances(&ledger), ["USDT 0.94"]);
    let closed = ledger.entry(0).unwrap();
    assert_eq!((closed.id.as_str(), closed.kind.clone()), ("t-1", Kind::Settlement));
    assert_eq!(closed.legs.iter().map(|leg| leg.amount.to_string()).collect::<Vec<_>>(), ["1", "-0.05"]);
}

/// Overlapping parts of an export, in any order and with what they have in common twice, come to what the whole does.
#[test]
fn overlapping_parts_come_to_the_whole() {
    for (format, text) in EVERY {
        let whole = balances(&ledger(format, text));
        let head = text.lines().position(|line| Format::of(line.as_bytes()).is_ok()).unwrap() + 1;
        let lines: Vec<&str> = text.lines().collect();
        let part = |from: usize, to: usize| [&lines[..head], &lines[from..to]].concat().join("\n");
        // Exports end between two moments, not within one.
        let moment = |line: &str| {
            ["-01-0", "-01-1", "-01-2"]
                .iter()
                .find_map(|m| line.find(m).and_then(|at| line.get(at + 1..at + 6)))
                .unwrap_or("")
                .to_owned()
        };
        let cuts: Vec<usize> = (head..=lines.len())
            .filter(|at| *at == head || *at == lines.len() || moment(lines[*at - 1]) != moment(lines[*at]))
            .collect();
        for (n, first) in cuts.iter().enumerate() {
            for second in &cuts[..=n] {
                let mut ledger = Ledger::default();
                bring(&mut ledger, format, &part(*second, lines.len()));
                bring(&mut ledger, format, &part(head, *first));
                assert_eq!(balances(&ledger), whole, "{} {first} {second}", format.name());
            }
        }
    }
}
