//! Tables as people write them, and as nobody should.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
use super::super::What;
use super::*;
use crate::treasury::ethereum::review::tests::workshop::{FRIEND, SAFE, STRANGER, TOKEN};
use proptest::prelude::*;

const HEADER: &str = "token_type,token_address,receiver,amount,id\n";

fn read(text: &str) -> Result<Airdrop, RowError> {
    Airdrop::read(text.as_bytes(), U256::ONE)
}

fn decimals() -> BTreeMap<Address, u8> {
    [(TOKEN, 6)].into()
}

/// The code, line and column of what is wrong.
fn wrong(text: &str) -> (&'static str, u64, Option<&'static str>) {
    let error = read(text).and_then(|table| table.payments(&decimals())).unwrap_err();
    (error.code(), error.line, error.column)
}

#[test]
fn the_apps_own_format_is_read() {
    let text = format!(
        "{HEADER}erc20,{TOKEN},{FRIEND},1234567.890123,\n\
         native,,eth:{FRIEND},0.000000000000000001,\n\
         erc721,{STRANGER},{FRIEND},,69\n\
         erc1155,{STRANGER},{FRIEND},3,42\n\
         ERC20, {TOKEN} ,\"{FRIEND}\",1,\n\
         ,,{FRIEND},2,\n"
    );
    let table = read(&text).unwrap();
    assert_eq!(table.tokens(), [TOKEN].into());
    assert!(table.unchecked().is_empty());
    let whats: Vec<_> = table.payments(&decimals()).unwrap().into_iter().map(|payment| payment.what).collect();
    let number = |number: u64| U256::from(number);
    let expected = [
        What::Token { token: TOKEN, amount: number(1_234_567_890_123) },
        What::Coin { amount: U256::ONE },
        What::Item { token: STRANGER, id: number(69) },
        What::Items { token: STRANGER, id: number(42), amount: number(3) },
        What::Token { token: TOKEN, amount: number(1_000_000) },
        What::Coin { amount: number(2_000_000_000_000_000_000) },
    ];
    assert_eq!(whats, expected);
    assert!(table.payments(&decimals()).unwrap().iter().all(|payment| payment.ask(SAFE).is_ok()));
}

#[test]
fn the_older_format_has_no_types_and_columns_stand_in_any_order() {
    let text = format!("\u{feff}token_address,receiver,amount\r\n{TOKEN},{FRIEND},5\r\n,{FRIEND},5\r\n");
    let kinds: Vec<_> = read(&text).unwrap().rows.iter().map(|row| row.kind).collect();
    assert_eq!(kinds, [Kind::Erc20(TOKEN), Kind::Native]);
    let text = format!("Amount,receiver,token_address\n5,{FRIEND},{TOKEN}\n");
    let row = read(&text).unwrap().rows.remove(0);
    assert_eq!((row.to, row.kind, row.amount.as_str(), row.line), (FRIEND, Kind::Erc20(TOKEN), "5", 2));
    let lower = format!("token_address,receiver,amount\n,{FRIEND},1\n,{},1\n", FRIEND.to_string().to_lowercase());
    assert_eq!(read(&lower).unwrap().unchecked(), [3]);
}

#[test]
fn every_mistake_has_a_name_and_a_place() {
    let row = |row: &str| wrong(&format!("{HEADER}native,,{FRIEND},1,\n{row}\n"));
    let (token, address) = (Some("token_address"), Some("receiver"));
    let amount = Some("amount");
    let cases = [
        (format!("erc20,{TOKEN},{FRIEND},1.0000001,"), "row-amount-digits", amount),
        (format!("native,,{FRIEND},0.0000000000000000001,"), "row-amount-digits", amount),
        (format!("native,,{FRIEND},1e18,"), "row-amount", amount),
        (format!("native,,{FRIEND},-1,"), "row-amount", amount),
        (format!("native,,{FRIEND},,"), "row-amount", amount),
        (format!("native,,{FRIEND},\"1,5\","), "row-amount", amount),
        (format!("native,,{FRIEND},0.0,"), "row-amount-zero", amount),
        (format!("erc20,{TOKEN},{FRIEND},0,"), "row-amount-zero", amount),
        (format!("native,,{FRIEND},{},", U256::MAX), "row-amount-large", amount),
        (format!("erc20,{STRANGER},{FRIEND},1,"), "row-decimals", token),
        (format!("erc20,{},{FRIEND},1,", Address::ZERO), "row-nobody", token),
        (format!("erc20,{TOKEN},{TOKEN},1,"), "row-token-itself", address),
        (format!("native,{TOKEN},{FRIEND},1,"), "row-spare", token),
        (format!("native,,{FRIEND},1,7"), "row-spare", Some("id")),
        (format!("erc721,,{FRIEND},1,7"), "row-column-missing", token),
        (format!("erc721,{TOKEN},{FRIEND},2,7"), "row-amount-one", amount),
        (format!("erc721,{TOKEN},{FRIEND},1,"), "row-id", Some("id")),
        (format!("erc1155,{TOKEN},{FRIEND},1.5,7"), "row-amount-digits", amount),
        (format!("erc1155,{TOKEN},{FRIEND},1,-7"), "row-id", Some("id")),
        (format!("erc777,{TOKEN},{FRIEND},1,"), "row-token-type", Some("token_type")),
        (format!("native,,{},1,", Address::ZERO), "row-nobody", address),
        (format!("native,,pol:{FRIEND},1,"), "row-chain", address),
        (format!("native,,{},1,", FRIEND.to_string().replace("23618e", "23618E")), "row-checksum", address),
        ("native,,friend.eth,1,".to_owned(), "row-address", address),
        ("native,,,1,".to_owned(), "row-address", address),
        (format!("native,,{FRIEND},1"), "row-fields", None),
    ];
    for (text, code, column) in cases {
        assert_eq!(row(&text), (code, 3, column), "{text}");
    }
    assert_eq!(wrong(""), ("row-none", 1, None));
    assert_eq!(wrong(HEADER), ("row-none", 1, None));
    assert_eq!(wrong("token_address,receiver\n"), ("row-column-missing", 1, amount));
    assert_eq!(wrong("token_address,receiver,amount,amount\n"), ("row-column-twice", 1, amount));
    assert_eq!(wrong("token_address,receiver,amount,memo\u{1b}[2J\n").0, "row-column-unknown");
    assert_eq!(Airdrop::read(b"token_address,receiver,amount\n,\xff,1\n", U256::ONE).unwrap_err().code(), "row-form");
}

#[test]
fn the_safe_does_not_pay_itself() {
    let table = read(&format!("{HEADER}native,,{FRIEND},1,\nnative,,{SAFE},1,\n")).unwrap();
    let error = table.asks(SAFE, &decimals()).unwrap_err();
    assert_eq!((error.code(), error.line, error.column), ("row-itself", 3, Some("receiver")));
    assert_eq!(table.asks(STRANGER, &decimals()).unwrap().len(), 2);
}

#[test]
fn a_file_has_a_size_and_a_number_of_rows() {
    let line = format!("native,,{FRIEND},1,\n");
    let table = read(&format!("{HEADER}{}", line.repeat(MOST_ROWS))).unwrap();
    assert_eq!(table.payments(&decimals()).unwrap().len(), MOST_ROWS);
    let more = wrong(&format!("{HEADER}{}", line.repeat(MOST_ROWS + 1)));
    assert_eq!(more, ("row-many", MOST_ROWS as u64 + 2, None));
    assert_eq!(wrong(&" ".repeat(LONGEST + 1)).0, "row-file-long");
}

#[test]
fn t14_what_an_error_repeats_is_printable() {
    for text in [
        format!("{HEADER}\u{1b}]0;x\u{7},,{FRIEND},1,\n"),
        format!("{HEADER}native,,\u{1b}[2J\u{202e},1,\n"),
        format!("{HEADER}native,,{FRIEND},\u{1b}[2J,\n"),
        "\u{9b}31m,receiver\n".to_owned(),
    ] {
        let told = read(&text).unwrap_err().to_string();
        assert!(!told.chars().any(|c| c.is_control() || c == '\u{202e}'), "{told:?}");
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(rows in prop::collection::vec((0u8..4, 1..u64::MAX, any::<u64>()), 1..40)) {
        let mut text = HEADER.to_owned();
        for (kind, amount, id) in &rows {
            let whole = format!("{}.{:06}", amount / 1_000_000, amount % 1_000_000);
            text += &match kind {
                0 => format!("native,,{FRIEND},{whole},\n"),
                1 => format!("erc20,{TOKEN},{FRIEND},{whole},\n"),
                2 => format!("erc721,{STRANGER},{FRIEND},1,{id}\n"),
                _ => format!("erc1155,{STRANGER},{FRIEND},{amount},{id}\n"),
            };
        }
        let payments = read(&text).unwrap().payments(&decimals()).unwrap();
        let expected: Vec<_> = rows.iter().map(|(kind, amount, id)| {
            let (amount, id) = (U256::from(*amount), U256::from(*id));
            match kind {
                0 => What::Coin { amount: amount * U256::from(10_u64.pow(12)) },
                1 => What::Token { token: TOKEN, amount },
                2 => What::Item { token: STRANGER, id },
                _ => What::Items { token: STRANGER, id, amount },
            }
        }).collect();
        prop_assert_eq!(payments.iter().map(|payment| payment.what).collect::<Vec<_>>(), expected);
    }

    /// Whatever the bytes: they are read or refused, and what is told of them is printable.
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>(), byte: u8,
    ) {
        let honest = format!("{HEADER}erc20,{TOKEN},{FRIEND},1234567.890123,\nerc721,{STRANGER},{FRIEND},,69\n");
        let mut changed = honest.clone().into_bytes();
        let at = at.index(changed.len());
        changed[at] = byte;
        for bytes in [bytes.clone(), [HEADER.as_bytes(), &bytes].concat(), changed] {
            match Airdrop::read(&bytes, U256::ONE).and_then(|table| table.payments(&decimals())) {
                Ok(payments) => prop_assert!(!payments.is_empty()),
                Err(error) => prop_assert!(!error.to_string().chars().any(char::is_control)),
            }
        }
    }
}
