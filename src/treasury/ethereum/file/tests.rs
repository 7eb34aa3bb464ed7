#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
use super::*;
use crate::treasury::ethereum::SafeVersion;
use crate::treasury::ethereum::example::{safe, some_transaction, text, transaction, transactions};
use proptest::prelude::*;
use serde_json::{Value, json};

const LIST: &str = "0x40A2aCCbd92BCA938b02010E17A5b8929b49130D";

fn plain() -> Value {
    json!({
        "chainId": "1", "safe": LIST, "version": "1.4.1", "to": LIST, "value": "1", "data": null, "operation": 0,
        "safeTxGas": "0", "baseGas": "0", "gasPrice": "0", "gasToken": Address::ZERO.to_string(),
        "refundReceiver": Address::ZERO.to_string(), "nonce": "7",
    })
}

fn read(value: &Value) -> Result<SafeFile, FileError> {
    SafeFile::read(value.to_string().as_bytes())
}

fn with(name: &str, value: Value) -> Result<SafeFile, FileError> {
    let mut file = plain();
    file[name] = value;
    read(&file)
}

/// The file with a member written as it is.
fn raw(name: &str, value: &str) -> Result<SafeFile, FileError> {
    let mut file = plain();
    file.as_object_mut().unwrap().remove(name);
    let text = file.to_string();
    SafeFile::read(format!("{{{name:?}:{value},{}", &text[1..]).as_bytes())
}

#[test]
fn every_vector_is_read_with_numbers_as_texts_as_hex_and_bare() {
    for case in transactions() {
        let (at, tx) = (safe(&case), transaction(&case));
        let number = |name: &str| text(&case["tx"], name).parse::<U256>().unwrap();
        let numbers = ["value", "safeTxGas", "baseGas", "gasPrice", "nonce"];
        for form in 0..3 {
            let write = |number: U256| match form {
                0 => format!("{:?}", number.to_string()),
                1 => format!("\"{number:#x}\""),
                _ => number.to_string(),
            };
            let mut members = numbers.map(|name| format!("{name:?}:{}", write(number(name)))).to_vec();
            members.push(format!("\"chainId\":{}", write(at.chain_id)));
            for name in ["to", "data", "gasToken", "refundReceiver"] {
                members.push(format!("{name:?}:{}", case["tx"][name]));
            }
            members.push(format!("\"operation\":{}", case["tx"]["operation"]));
            members.push(format!("\"safe\":{},\"version\":\"{}+L2\"", case["safe"], at.version));
            let file = SafeFile::read(format!("{{{}}}", members.join(",")).as_bytes()).unwrap();
            assert_eq!(file, SafeFile { at, tx: tx.clone(), notes: vec![] }, "{}", case["id"]);
            assert_eq!(file.tx.hashes(&file.at).safe_tx.to_string(), text(&case["expected"], "safeTxHash"));
        }
    }
}

#[test]
fn a_field_that_is_missing_or_there_twice_is_refused_and_an_unknown_one_told() {
    for name in plain().as_object().unwrap().keys() {
        let mut file = plain();
        file.as_object_mut().unwrap().remove(name);
        assert!(matches!(read(&file), Err(FileError::Missing(missing)) if missing == name), "{name}");
        let twice = plain().to_string().replacen('{', &format!("{{{name:?}:{},", plain()[name]), 1);
        assert_eq!(SafeFile::read(twice.as_bytes()), Err(FileError::Twice(name.clone())));
    }
    // The same name, written otherwise.
    let hidden = plain().to_string().replacen('{', "{\"\\u0074o\":1,", 1);
    assert_eq!(SafeFile::read(hidden.as_bytes()), Err(FileError::Twice("to".to_owned())));
    let mut file = plain();
    file["memo\u{1b}[2J"] = json!("rent");
    file["safeTxHash"] = json!(["0x00", {"deep": [[[]]]}]);
    let notes = read(&file).unwrap().notes;
    assert_eq!(notes, ["memo[2J", "safeTxHash"].map(|name| Note::Unknown(name.to_owned())));
}

#[test]
fn numbers_are_exact_and_everything_else_is_no_number() {
    let two_pow_53 = U256::from(9_007_199_254_740_993u64);
    let most = U256::MAX.to_string();
    for (written, number) in [
        ("9007199254740993", two_pow_53),
        ("\"9007199254740993\"", two_pow_53),
        ("\"0x20000000000001\"", two_pow_53),
        (most.as_str(), U256::MAX),
        ("\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"", U256::MAX),
        ("\"007\"", U256::from(7)),
        ("18446744073709551616", U256::from(1) << 64),
        ("\"0x0\"", U256::ZERO),
        (&format!("\"0x{}1\"", "0".repeat(500)), U256::from(1)),
    ] {
        assert_eq!(raw("value", written).map(|file| file.tx.value), Ok(number), "{written}");
        assert_eq!(raw("nonce", written).map(|file| file.tx.nonce), Ok(number), "{written}");
        assert_eq!(raw("chainId", written).map(|file| file.at.chain_id), Ok(number), "{written}");
    }
    let no = [
        "\"\"",
        "\"0x\"",
        "\" 1\"",
        "1.0",
        "1e18",
        "-1",
        "\"-1\"",
        "\"1_000\"",
        "\"0X1\"",
        "\"0xg\"",
        "\"1a\"",
        "null",
    ];
    for written in no.into_iter().chain(["true", "[]", "{}", "\"٣\"", "1e400", "\"\\ud800\""]) {
        assert_eq!(raw("value", written), Err(FileError::Number("value")), "{written}");
    }
    let large = format!("{most}0");
    for written in [format!("{large:?}"), large, format!("\"0x1{}\"", "0".repeat(64)), "9".repeat(100_000)] {
        assert_eq!(raw("value", &written), Err(FileError::Large("value")));
    }
}

#[test]
fn operation_version_data_and_texts_are_what_they_have_to_be() {
    for (written, operation) in
        [(json!(0), Operation::Call), (json!("1"), Operation::DelegateCall), (json!("0x1"), Operation::DelegateCall)]
    {
        assert_eq!(with("operation", written).unwrap().tx.operation, operation);
    }
    for number in [json!(2), json!("255"), json!("256"), json!(u64::MAX)] {
        assert_eq!(with("operation", number), Err(FileError::Operation));
    }
    assert!(matches!(with("version", json!("1.4.2")), Err(FileError::Version(_))));
    assert_eq!(with("version", json!(1.3)), Err(FileError::Text("version")));
    assert_eq!(with("to", json!(null)), Err(FileError::Text("to")));
    for none in [json!(null), json!(""), json!("0x")] {
        assert_eq!(with("data", none).unwrap().tx.data, Bytes::new());
    }
    assert_eq!(with("data", json!("0xABcd")).unwrap().tx.data, Bytes::from(vec![0xab, 0xcd]));
    for bad in ["0x0", "ab", "0xzz", "0X00", "0x0x00", "0x 00"] {
        assert_eq!(with("data", json!(bad)), Err(FileError::Hex("data")), "{bad}");
    }
    assert_eq!(with("data", json!(7)), Err(FileError::Text("data")));
}

#[test]
fn the_oldest_version_may_call_its_gas_as_its_contract_does() {
    let mut file = plain();
    file["version"] = json!("0.1.0");
    let base = read(&file).unwrap();
    let gas = file.as_object_mut().unwrap().remove("baseGas").unwrap();
    assert_eq!(read(&file), Err(FileError::Missing("baseGas")));
    file["dataGas"] = json!("5");
    assert_eq!(read(&file).unwrap().tx.base_gas, U256::from(5));
    file["baseGas"] = gas;
    let both = read(&file).unwrap();
    assert_eq!((both.tx, both.notes), (base.tx, vec![Note::Unknown("dataGas".to_owned())]));
    file["version"] = json!("1.0.0");
    file.as_object_mut().unwrap().remove("baseGas");
    assert_eq!(read(&file), Err(FileError::Missing("baseGas")));
}

#[test]
fn addresses_are_checked_and_the_chain_in_front_of_the_safe_compared() {
    for name in ["safe", "to", "gasToken", "refundReceiver"] {
        let address: Address = LIST.parse().unwrap();
        let lower = with(name, json!(LIST.to_lowercase())).unwrap();
        assert_eq!(lower.notes, [Note::Unchecked(name, address)]);
        let wrong = with(name, json!(LIST.replace("0x40A2", "0x40a2"))).unwrap_err();
        assert_eq!(wrong.code(), "file-checksum", "{wrong}");
        assert_eq!(with(name, json!("0x12")).unwrap_err().code(), "file-address");
    }
    assert_eq!(with("safe", json!(format!("eth:{LIST}"))), read(&plain()));
    let other = with("safe", json!(format!("sep:{LIST}"))).unwrap_err();
    assert_eq!((other.code(), other.to_string().contains("11155111")), ("file-chain", true));
    let unknown = with("safe", json!(format!("xyz:{LIST}"))).unwrap();
    assert_eq!(unknown.notes, [Note::Prefix("xyz".to_owned())]);
    assert_eq!(with("to", json!(format!("eth:{LIST}"))).unwrap_err().code(), "file-address");
}

#[test]
fn hostile_files_are_refused_with_their_reason() {
    let code = |bytes: &[u8]| SafeFile::read(bytes).unwrap_err().code();
    assert_eq!(code(&vec![b' '; LONGEST + 1]), "file-long");
    for text in ["", "[]", "null", "{", "{}{}", "{\"a\":}", "[{}]", "{\"a\":01}"] {
        assert_eq!(code(text.as_bytes()), "file-json", "{text}");
    }
    assert_eq!(code(b"{\"\xff\":1}"), "file-json");
    assert_eq!(code(format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000)).as_bytes()), "file-missing");
    let many: Vec<String> = (0..100_000).map(|name| format!("\"{name}\":0")).collect();
    assert_eq!(code(format!("{{{}}}", many.join(",")).as_bytes()), "file-many");
    let shown = SafeFile::read(format!("{{{0}:1,{0}:1}}", json!("\u{1b}]8;;x".repeat(99))).as_bytes()).unwrap_err();
    assert!(shown.to_string().len() < 120 && !shown.to_string().contains('\u{1b}'), "{shown}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_is_read_back(
        tx in some_transaction(), chain in any::<[u8; 32]>(), safe in any::<[u8; 20]>(), version in 0usize..7,
    ) {
        let at = SafeAt { chain_id: U256::from_be_bytes(chain), safe: safe.into(), version: SafeVersion::ALL[version] };
        let file = SafeFile { at, tx, notes: vec![] };
        let json = file.json();
        prop_assert_eq!(SafeFile::read(json.as_bytes()).map(|read| (read.json(), read)), Ok((json, file)));
    }

    #[test]
    fn a_changed_byte_is_refused_or_another_file(at in 0usize..500, byte in any::<u8>()) {
        let json = SafeFile::read(plain().to_string().as_bytes()).unwrap().json();
        let mut bytes = json.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        // Space between the members and the case of hex digits say nothing.
        if let Ok(read) = SafeFile::read(&bytes) {
            prop_assert!(read.json() == json || read.tx != SafeFile::read(json.as_bytes()).unwrap().tx
                || read.at != SafeFile::read(json.as_bytes()).unwrap().at || !read.notes.is_empty());
        }
    }
}
