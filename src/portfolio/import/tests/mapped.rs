//! Tables of others, with a mapping.

use super::*;
use jiff::tz::TimeZone;

const MAPPING: &str = r#"
delimiter = ";"
decimal = ","
thousands = "."
date = "%d.%m.%Y %H:%M"
zone = "Europe/Berlin"
preamble = 3
unsigned = true

[columns]
date = "Datum"
type = "Art"
asset = "Coin"
quantity = "Menge"
total = "Betrag"

[constants]
currency = "EUR"

[types]
Kauf = "buy"
Verkauf = "sell"
Auszahlung = "withdrawal"
Info = "skip"
"#;

const TABLE: &str = "\
Auszug
erstellt am 1.2.2026
Datum;Art;Coin;Menge;Betrag
31.01.2026 12:00;Kauf;BTC;0,1;-5.000,50
01.02.2026 12:00;Verkauf;BTC;-0,05;3.000
02.02.2026 12:00;Auszahlung;BTC;-0,01;
02.02.2026 12:00;Info;BTC;1;
";

fn zone(name: &str) -> Option<TimeZone> {
    (name == "Europe/Berlin").then(|| TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap())
}

fn mapped(mapping: &str, text: &str) -> Result<Vec<Item>, TableError> {
    let (account, mapping) = (account(), Mapping::parse(mapping, zone).unwrap());
    let (format, mapping) = (Format::Generic, Some(&mapping));
    let reading = Reading { format, account: Some(&account), now: later(), mapping, accounts: "" };
    let mut items = Vec::new();
    read(&reading, text.as_bytes(), &mut |item| items.push(item))?;
    Ok(items)
}

#[test]
fn a_table_in_another_language_is_read() {
    let mut ledger = Ledger::default();
    for item in mapped(MAPPING, TABLE).unwrap() {
        match item {
            Item::Entry { entry, .. } => drop(ledger.add(*entry).unwrap()),
            Item::Skipped { line, .. } => assert_eq!(line, 7),
            Item::Refused(error) => panic!("{error}"),
        }
    }
    assert_eq!(balances(&ledger), ["BTC 0.04", "EUR -2000.5"]);
    assert_eq!(ledger.entry(0).unwrap().at.to_string(), "2026-01-31T11:00:00Z");
}

#[test]
fn what_a_mapping_does_not_fit_is_named() {
    for (table, words) in [
        (TABLE.replace("0,1;", "0.1;"), "line 4: quantity: \"0.1\" is not a decimal number, such as 1234,56"),
        (
            TABLE.replace("31.01.2026", "2026-01-31"),
            "line 4: date: \"2026-01-31 12:00\" is not a date, such as one written",
        ),
        (TABLE.replace("31.01.2026 12:00", "29.03.2026 02:30"), "line 4: date: \"29.03.2026 02:30\" is not a date"),
    ] {
        let items = mapped(MAPPING, &table).unwrap();
        let Item::Refused(error) = &items[0] else { panic!("{items:?}") };
        assert!(error.to_string().starts_with(words), "{error}");
    }
    let error = mapped(MAPPING, &TABLE.replace("Betrag", "Summe")).unwrap_err().to_string();
    assert_eq!(error, "line 3: no column \"Betrag\"; there are Datum, Art, Coin, Menge, Summe");
}

#[test]
fn a_mapping_that_means_nothing_is_refused() {
    for (mapping, words) in [
        ("decimal = \".\"\ncolour = 1\n", "line 2: unknown field `colour`"),
        ("decimal = \"x\"", "decimal: \"x\" is not a point or a comma"),
        ("decimal = \",\"\nthousands = \",\"", "thousands: \",\" is not"),
        ("delimiter = \"ab\"", "delimiter: \"ab\" is not"),
        ("zone = \"Mars/Base\"", "zone: \"Mars/Base\" is not a time zone"),
        ("date = \"%Q%!\"", "date: \"%Q%!\" is not a format"),
        ("[columns]\nsize = \"Menge\"", "columns: \"size\" is not one of date, type"),
        ("[types]\nKauf = \"kaufen\"", "types: \"kaufen\" is not one of buy, sell"),
        ("preamble = 1000", "preamble: \"1000\" is not up to 100 rows"),
    ] {
        let error = Mapping::parse(mapping, zone).unwrap_err().to_string();
        assert!(error.starts_with(words), "{error}");
    }
}

#[test]
fn units_prices_and_corrections_are_read() {
    let text = "date,type,asset,quantity,price,currency,units,until,corrects,id,total\n\
                2026-01-01,subscribe,EUR,1000,,,10,,,s,\n\
                2026-01-02,redeem,EUR,50.5,,,0.5,,,,\n\
                2026-01-03,price,HOUSE,,250000,EUR,,2026-06-01,,,\n\
                2026-01-04,correction,EUR,-1.25,,,,,s,,\n\
                2026-01-05,buy,BTC,0.123456789012345678,,EUR,,,,,1234.567890123456789\n\
                2026-01-05,settlement,EUR,-3,,,,,,,\n";
    let ledger = ledger(Format::Generic, text);
    assert_eq!(balances(&ledger), ["BTC 0.123456789012345678", "EUR -289.317890123456789"]);
    let kinds: Vec<_> = ledger.entries().map(|entry| entry.kind.clone()).collect();
    assert!(matches!(&kinds[0], Kind::Subscription { units } if *units == "10".parse().unwrap()));
    assert!(matches!(&kinds[1], Kind::Redemption { units } if *units == "0.5".parse().unwrap()));
    assert!(matches!(&kinds[2], Kind::Price { until: Some(_), .. }));
    assert!(matches!(&kinds[3], Kind::Correction { of } if of.as_str() == "s"));
    let header = "date,type,asset,quantity,price,currency,total,units,leg,id\n";
    for (row, words) in [
        ("2026-01-01,subscribe,EUR,1000,,,,,,", "line 2: units is empty"),
        ("2026-01-01,subscribe,EUR,1000,,,,0,,", "line 2: a subscription is of more than zero units"),
        ("2026-01-01,price,EUR,1,1,USD,,,,", "line 2: a price has no quantity"),
        ("2026-01-01,price,EUR,,-1,USD,,,,", "line 2: a price is zero or more"),
        ("2026-01-01,correction,EUR,1,,,,,,", "line 2: corrects is empty"),
        ("2026-01-01,buy,BTC,1,5,EUR,5,,,", "line 2: both a price and a total"),
        (
            "2026-01-01,buy,BTC,0.123456789012345678,1234.567890123456789,EUR,,,,",
            "line 2: 0.123456789012345678 at 1234.567890123456789 has too many digits",
        ),
        ("2026-01-01,trade,BTC,1,,,,,,", "line 2: a trade of one row is a buy or a sell"),
        ("2026-01-01,trade,BTC,1,,,,,half,x", "line 2: leg: \"half\" is not one of own, fee"),
        ("2026-01-01,trade,BTC,1,,,,,own,", "line 2: id is empty"),
        ("2026-01-01,trade,BTC,1,,,,,own,x", "line 2: a trade has one asset that comes in and one that goes out"),
    ] {
        let refused = refusals(Format::Generic, &format!("{header}{row}\n"));
        assert!(refused.len() == 1 && refused[0].starts_with(words), "{refused:?}");
    }
}
