//! What is exported and imported again is what it was.

use super::*;
use crate::money::Price;
use crate::portfolio::export::csv;
use proptest::prelude::*;

/// The ledger that a table comes to, without an account of its own, and what was refused.
fn imported(table: &[u8]) -> (Ledger, Vec<String>) {
    let reading = Reading { format: Format::Generic, account: None, now: later(), mapping: None, accounts: "" };
    let (mut ledger, mut refused) = (Ledger::default(), Vec::new());
    let mut take = |item| match item {
        Item::Entry { entry, .. } => drop(ledger.add(*entry).unwrap()),
        Item::Refused(error) => refused.push(error.to_string()),
        Item::Skipped { .. } => {}
    };
    read(&reading, table, &mut take).unwrap();
    (ledger, refused)
}

fn exported(ledger: &Ledger) -> Vec<u8> {
    let mut table = Vec::new();
    csv(ledger.entries(), &mut table).unwrap();
    table
}

fn amounts(sign: i64) -> impl Strategy<Value = Quantity> {
    (1i64..i64::MAX / 1_000, 0u32..19).prop_map(move |(units, scale)| Quantity::new(Decimal::new(sign * units, scale)))
}

fn assets() -> impl Strategy<Value = Asset> {
    "[-=]?[A-Z0-9._-]{1,8}"
        .prop_map(|name| name.replace('=', ""))
        .prop_filter_map("a name", |name| Asset::new(&name).ok())
}

/// Names and words that a spreadsheet would calculate, or lose the ends of.
fn words() -> impl Strategy<Value = String> {
    prop_oneof!["[=+@'\"-]{0,2}[a-zA-Z0-9,; ]{1,12}[a-z]", "\\PC{0,20}", "[ \t\r\n'=]{0,3}[a-z]{0,3}[ \t\r\n']{0,3}"]
}

fn kinds() -> impl Strategy<Value = (Kind, Vec<Leg>)> {
    let plus = || (assets(), amounts(1)).prop_map(|(asset, amount)| Leg { asset, amount, fee: false });
    let minus = || (assets(), amounts(-1)).prop_map(|(asset, amount)| Leg { asset, amount, fee: false });
    let fees = || {
        prop::collection::vec((assets(), amounts(-1)), 0..3).prop_map(|fees| {
            fees.into_iter().map(|(asset, amount)| Leg { asset, amount, fee: true }).collect::<Vec<_>>()
        })
    };
    let with = |legs: Vec<Leg>, fees: Vec<Leg>| [fees, legs].concat();
    prop_oneof![
        (plus(), minus(), fees()).prop_map(move |(a, b, fees)| (Kind::Trade, with(vec![a, b], fees))),
        (plus(), fees()).prop_map(move |(leg, fees)| (Kind::Deposit, with(vec![leg], fees))),
        (plus(), fees()).prop_map(move |(leg, fees)| (Kind::Dividend, with(vec![leg], fees))),
        minus().prop_map(|leg| (Kind::Withdrawal, vec![leg])),
        minus().prop_map(|leg| (Kind::Transfer, vec![leg])),
        minus().prop_map(|leg| (Kind::Settlement, vec![leg])),
        plus().prop_map(|leg| (Kind::Borrow, vec![leg])),
        minus().prop_map(|leg| (Kind::Repay, vec![leg])),
        plus().prop_map(|leg| (Kind::Fee, vec![Leg { fee: true, ..leg }])),
        (plus(), amounts(1)).prop_map(|(leg, units)| (Kind::Subscription { units }, vec![leg])),
        (minus(), amounts(1)).prop_map(|(leg, units)| (Kind::Redemption { units }, vec![leg])),
        (assets(), amounts(1), prop::option::of(0i64..1_000_000)).prop_map(|(asset, price, until)| {
            let currency = Asset::new("~EUR".trim_start_matches('~')).unwrap();
            let until = until.map(Timestamp::from_nanos);
            (Kind::Price { asset, price: Price::new(price.get()), currency, until }, Vec::new())
        }),
        (plus(), minus()).prop_map(|(a, b)| (Kind::Correction { of: EntryId::new("first").unwrap() }, vec![a, b])),
    ]
}

proptest! {
    #[test]
    fn what_is_exported_comes_back(
        entries in prop::collection::vec((kinds(), words(), prop::option::of(words()), 0i64..1_700_000_000_000_000_000, any::<bool>()), 0..20),
    ) {
        let mut ledger = Ledger::default();
        let first = (Kind::Fee, vec![charged(&Asset::new("EUR").unwrap(), Decimal::ONE)]);
        let entries = std::iter::once((first, "first".to_owned(), None, 0, true)).chain(entries);
        for (n, ((kind, legs), id, note, at, here)) in entries.enumerate() {
            // An id may stand in two accounts, one behind the other.
            let id = if n == 0 { id } else { format!("{}{}", id.trim(), n / 2) };
            let Ok(id) = EntryId::new(&id) else { continue };
            let account = Account::new(if here || n == 0 { "here" } else { "-there" }).unwrap();
            let entry = Entry { id, account, at: Timestamp::from_nanos(at), kind, legs, note };
            if entry.check().is_ok() {
                let _ = ledger.add(entry);
            }
        }
        let (again, refused) = imported(&exported(&ledger));
        prop_assert_eq!(refused, Vec::<String>::new());
        prop_assert_eq!(again.entries().collect::<Vec<_>>(), ledger.entries().collect::<Vec<_>>());
        prop_assert_eq!(again.balances(), ledger.balances());
    }

    /// However a table is cut into overlapping files, and in whatever order they come, they say what the table says.
    #[test]
    fn files_overlap_and_come_in_any_order(
        rows in prop::collection::vec((1u32..28, 0usize..3, 1i64..50), 1..30),
        files in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..6),
    ) {
        let row = |(n, (day, asset, amount)): (usize, &(u32, usize, i64))| {
            format!("2026-01-{day:02},deposit,{},{amount},T{n}\n", ["BTC", "ETH", "EUR"][*asset])
        };
        let rows: Vec<String> = rows.iter().enumerate().map(row).collect();
        let head = "date,type,asset,quantity,id\n";
        let whole = ledger(Format::Generic, &format!("{head}{}", rows.concat()));
        let mut parts = Ledger::default();
        for (from, to) in &files {
            let (a, b) = (from.index(rows.len()), to.index(rows.len()));
            bring(&mut parts, Format::Generic, &format!("{head}{}", rows[a.min(b)..=a.max(b)].concat()));
        }
        bring(&mut parts, Format::Generic, &format!("{head}{}", rows.concat()));
        prop_assert_eq!(parts.balances(), whole.balances());
        prop_assert_eq!(parts.len(), whole.len());
    }
}

#[test]
fn no_cell_is_a_formula() {
    let mut ledger = Ledger::default();
    let leg = own(&Asset::new("-X").unwrap(), Decimal::NEGATIVE_ONE);
    let (id, account) = (EntryId::new("=1+1").unwrap(), Account::new("@sum").unwrap());
    let note = Some("\tx".to_owned());
    ledger
        .add(Entry { id, account, at: Timestamp::from_secs(0), kind: Kind::Transfer, legs: vec![leg], note })
        .unwrap();
    let table = String::from_utf8(exported(&ledger)).unwrap();
    assert_eq!(
        table.lines().nth(1),
        Some("1970-01-01T00:00:00Z,transfer,'@sum,'-X,-1,own,,,,,,,,,'=1+1,'\tx"),
        "text is marked and the number is not"
    );
    assert_eq!(imported(table.as_bytes()).0.entries().collect::<Vec<_>>(), ledger.entries().collect::<Vec<_>>());
}

#[test]
fn both_sides_of_a_transfer_may_have_one_id() {
    let mut ledger = Ledger::default();
    for (account, amount) in [("a", -1), ("b", 1)] {
        let (id, account) = (EntryId::new("x").unwrap(), Account::new(account).unwrap());
        let legs = vec![own(&Asset::new("BTC").unwrap(), Decimal::from(amount))];
        ledger.add(Entry { id, account, at: Timestamp::from_secs(0), kind: Kind::Transfer, legs, note: None }).unwrap();
    }
    assert_eq!(imported(&exported(&ledger)).0.entries().collect::<Vec<_>>(), ledger.entries().collect::<Vec<_>>());
}

#[test]
fn an_entry_of_which_a_row_is_refused_is_refused_whole() {
    let head = "date,type,account,asset,quantity,leg,id\n";
    let good = "2026-01-01,trade,a,BTC,1,own,x\n2026-01-01,trade,a,EUR,-5,own,x\n";
    assert_eq!(imported(format!("{head}{good}").as_bytes()).0.len(), 1);
    for (fee, words) in [
        ("2026-01-01,trade,a,EUR,nothing,fee,x\n", "line 4: quantity: \"nothing\" is not a decimal number"),
        ("2026-01-01,trade,a,EUR\n", "line 4: 4 fields where the header has 7"),
        ("2026-01-02,trade,a,EUR,-1,fee,x\n", "line 4: it has the id of the row before, and another date"),
    ] {
        let (ledger, refused) = imported(format!("{head}{good}{fee}").as_bytes());
        assert_eq!(ledger.len(), 0, "{fee}");
        assert_eq!(refused.len(), 2);
        assert_eq!(refused[0], "line 2: another row of entry x is refused");
        assert!(refused[1].starts_with(words), "{refused:?}");
    }
    let (_, refused) = imported(format!("{head}2026-01-01,deposit,,BTC,1,own,x\n").as_bytes());
    assert_eq!(refused, ["line 2: account is empty"]);
}
