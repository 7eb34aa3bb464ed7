//! Journals of ledger and hledger.

use super::*;

const JOURNAL: &str = "\
; a comment
account Assets:Kraken
commodity 1,000.00 EUR
P 2026-01-31 UNIT 101.25 EUR

2026-01-01 * Opening  ; words
    Assets:Kraken    10,000.00 EUR
    Equity:Opening

2026/01/02 (T-1) bought
    Assets:Kraken     0.1 BTC @ 50000 EUR
    Expenses:Fees     5 EUR
    Assets:Kraken    -5005 EUR

2026-01-03 staked
    Assets:Kraken     0.01 ETH @@ 30 EUR
    Income:Staking
2026-01-04 dividend
    Assets:Kraken    EUR 12
    Income:Dividends
2026-01-05 to cold
    Assets:Kraken    -0.04 BTC
    Assets:Cold
2026-01-06 rent
    Expenses:Rent    700 EUR
    Assets:Kraken
2026-01-07 sold, without a price
    Assets:Kraken    -0.05 BTC
    Assets:Kraken    3000 EUR
2026-01-08 monthly
    Expenses:Bank fees    1.5 EUR
    Assets:Kraken
2026-01-09 not ours
    Assets:Cold    1 \"1INCH\"
    Equity:Gift
comment
2026-01-09 not there
    nonsense
end comment
";

fn seen(accounts: &str, text: &str) -> Vec<Item> {
    let account = account();
    let reading = Reading { format: Format::Ledger, account: Some(&account), now: later(), mapping: None, accounts };
    let mut items = Vec::new();
    read(&reading, text.as_bytes(), &mut |item| items.push(item)).unwrap();
    items
}

fn said(items: &[Item]) -> Vec<String> {
    let said = |item: &Item| match item {
        Item::Entry { line, entry } => {
            let legs = entry.legs.iter().map(|leg| {
                format!(" {}{} {}", if leg.fee { "fee " } else { "" }, leg.amount.get().normalize(), leg.asset)
            });
            format!("{line} {}{}", entry.kind.name(), legs.collect::<Vec<_>>().join(","))
        }
        Item::Skipped { line, reason } => format!("{line} {reason}"),
        Item::Refused(error) => error.to_string(),
    };
    items.iter().map(said).collect()
}

#[test]
fn transactions_are_seen_from_some_of_the_accounts() {
    assert_eq!(Format::of(JOURNAL.as_bytes()), Ok(Format::Ledger));
    assert_eq!(
        said(&seen("Assets:Kraken", JOURNAL)),
        [
            "2 a declaration",
            "3 a declaration",
            "4 price",
            "6 deposit 10000 EUR",
            "10 trade 0.1 BTC, -5000 EUR, fee -5 EUR",
            "15 reward 0.01 ETH",
            "18 dividend 12 EUR",
            "21 transfer -0.04 BTC",
            "24 withdrawal -700 EUR",
            "27 trade 3000 EUR, -0.05 BTC",
            "30 fee fee -1.5 EUR",
            "33 no posting to the accounts that are read",
        ]
    );
    let all = said(&seen("Assets", JOURNAL));
    assert_eq!(all[7], "line 21: it moves nothing between these accounts and others");
    assert_eq!(all[11], "33 deposit 1 1INCH");
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    for (text, words) in [
        ("include other.journal\n", "line 1: \"include\" begins nothing"),
        ("= expr\n  (A)  1\n", "line 1: \"=\" begins nothing"),
        ("2026-01-01 x\n  Assets:A  1 EUR\n  Equity  -2 EUR\n", "line 2: the postings do not come to nothing"),
        ("2026-01-01 x\n  Assets:A  1 EUR = 5 EUR\n  Equity\n", "line 2: lots, dates, expressions"),
        ("2026-01-01 x\n  Assets:A  1 BTC {5 EUR}\n  Equity\n", "line 2: lots, dates, expressions"),
        ("2026-01-01 x\n  (Assets:A)  1 EUR\n", "line 2: a virtual posting"),
        ("2026-01-01 x\n  Assets:A  $5\n  Equity\n", "line 2: \"$5\" is not an amount of something with a name"),
        ("2026-01-01 x\n  Assets:A  1,234 EUR\n  Equity\n", "line 2: \"1,234\": whether the comma"),
        ("2026-01-01 x\n  Assets:A  1.234,5 EUR\n  Equity\n", "line 2: \"1.234,5\" is not a decimal number"),
        ("2026-01-01 x\n  Assets:A  5\n  Equity\n", "line 2: an amount without a commodity"),
        ("2026-01-01 x\n  Assets:A\n  Equity\n  Income\n", "line 3: a second posting without an amount"),
        ("2026-01-01 x\n  Assets:A  1 BTC @ 5 EUR\n  Assets:Bank  -5 EUR\n", "line 1: what is given for another asset"),
        (
            "2026-01-01 x\n  Assets:A  2 EUR\n  Income:X  -1 EUR\n  Equity  -1 EUR\n",
            "line 1: several kinds of other sides",
        ),
        (
            "2026-01-01 x\n  Assets:A  2 EUR\n  Assets:A  -1 BTC @@ 3 EUR\n  Expenses:Tax  1 EUR\n",
            "line 1: a trade with a side of its own",
        ),
        ("2026-13-01 x\n  Assets:A  2 EUR\n  Equity\n", "line 1: \"2026-13-01\" begins nothing"),
        ("2027-01-01 x\n  Assets:A  2 EUR\n  Equity\n", "line 1: 2027-01-01T00:00:00Z is in the future"),
        ("commodity 1.000,00 EUR\n", "line 1: numbers with a comma"),
        ("  Assets:A  2 EUR\n", "line 1: an indented line below nothing"),
        ("P 2026-01-01 BTC\n", "line 1: an amount without a commodity"),
    ] {
        let found = said(&seen("Assets:A", text));
        assert!(found.len() == 1 && found[0].starts_with(words), "{text:?}: {found:?}");
    }
}

#[test]
fn what_comes_again_is_known_and_equal_transactions_are_counted() {
    let twice = "2026-01-01 x\n  Assets:A  1 EUR\n  Equity\n".repeat(2);
    let mut ledger = ledger(Format::Ledger, &twice);
    assert_eq!((ledger.len(), bring(&mut ledger, Format::Ledger, &twice)), (2, 0));
}
