//! Typed data as a device takes it: a stand-in hashes what it is told, by the definitions that it was told, and comes to the
//! hash that was to be signed.

use crate::device::DeviceError;
use crate::device::ethereum::TypedData;
use crate::device::ledger::typed::steps;
use alloy_primitives::{B256, U256, keccak256};
use bitcoin::hex::DisplayHex;
use std::collections::{BTreeMap, BTreeSet};

/// A field as it was defined: type byte, custom name, size, levels (innermost first), name.
#[derive(Clone)]
struct Field {
    kind: u8,
    custom: String,
    size: u8,
    levels: Vec<Option<u8>>,
    name: String,
}

impl Field {
    fn text(&self) -> String {
        let bits = u16::from(self.size) * 8;
        let base = match self.kind {
            0 => self.custom.clone(),
            1 => format!("int{bits}"),
            2 => format!("uint{bits}"),
            3 => "address".into(),
            4 => "bool".into(),
            5 => "string".into(),
            6 => format!("bytes{}", self.size),
            7 => "bytes".into(),
            other => panic!("type {other}"),
        };
        let levels = self.levels.iter().map(|level| level.map_or("[]".into(), |size| format!("[{size}]")));
        base + &levels.collect::<String>()
    }
}

/// What a device makes of commands.
#[derive(Default)]
struct Device {
    types: BTreeMap<String, Vec<Field>>,
    last: String,
    /// Values as they come: of a structure's name, of an array's length, or bytes.
    values: Vec<Value>,
    partial: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Root(String),
    Array(u8),
    Bytes(Vec<u8>),
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Device {
    fn take(&mut self, apdu: &[u8]) {
        let [0xe0, instruction, p1, p2, length, data @ ..] = apdu else { panic!("{apdu:x?}") };
        assert_eq!(usize::from(*length), data.len());
        match (instruction, p1, p2) {
            (0x1a, 0, 0) => {
                self.last = text(data);
                self.types.insert(self.last.clone(), Vec::new());
            }
            (0x1a, 0, 0xff) => {
                let field = definition(data);
                self.types.get_mut(&self.last).unwrap().push(field);
            }
            (0x1c, 0, 0) => self.values.push(Value::Root(text(data))),
            (0x1c, 0, 0x0f) => {
                assert_eq!(data.len(), 1);
                self.values.push(Value::Array(data[0]));
            }
            (0x1c, more, 0xff) => {
                self.partial.extend(data);
                if *more == 0 {
                    let whole = std::mem::take(&mut self.partial);
                    assert_eq!(usize::from(u16::from_be_bytes([whole[0], whole[1]])), whole.len() - 2);
                    self.values.push(Value::Bytes(whole[2..].to_vec()));
                } else {
                    assert_eq!((*more, data.len()), (1, 255));
                }
            }
            other => panic!("{other:x?}"),
        }
    }

    fn used(&self, name: &str, found: &mut BTreeSet<String>) {
        for field in &self.types[name] {
            if field.kind == 0 && found.insert(field.custom.clone()) {
                self.used(&field.custom, found);
            }
        }
    }

    fn type_hash(&self, name: &str) -> B256 {
        let mut used = BTreeSet::new();
        self.used(name, &mut used);
        used.remove(name);
        let one = |name: &str| {
            let fields: Vec<String> =
                self.types[name].iter().map(|field| format!("{} {}", field.text(), field.name)).collect();
            format!("{name}({})", fields.join(","))
        };
        keccak256(one(name) + &used.iter().map(|name| one(name)).collect::<String>())
    }

    fn structure(&self, name: &str, values: &mut impl Iterator<Item = Value>) -> B256 {
        let mut data = self.type_hash(name).to_vec();
        for field in &self.types[name] {
            data.extend(self.value(field, &field.levels, values));
        }
        keccak256(data)
    }

    fn value(&self, field: &Field, levels: &[Option<u8>], values: &mut impl Iterator<Item = Value>) -> B256 {
        if let Some((outer, inner)) = levels.split_last() {
            let Some(Value::Array(count)) = values.next() else { panic!("no array") };
            assert!(outer.is_none_or(|fixed| fixed == count));
            let items: Vec<u8> = (0..count).flat_map(|_| self.value(field, inner, values)).collect();
            return keccak256(items);
        }
        if field.kind == 0 {
            return self.structure(&field.custom, values);
        }
        let Some(Value::Bytes(bytes)) = values.next() else { panic!("no value of {}", field.name) };
        match field.kind {
            5 | 7 => keccak256(bytes),
            6 => {
                assert_eq!(bytes.len(), usize::from(field.size));
                B256::right_padding_from(&bytes)
            }
            1 => {
                // The app takes a number for negative when it fills its type and its first bit is set.
                let negative = bytes.len() == usize::from(field.size) && bytes[0] & 0x80 != 0;
                let mut word = if negative { [0xff; 32] } else { [0; 32] };
                word[32 - bytes.len()..].copy_from_slice(&bytes);
                word.into()
            }
            _ => B256::left_padding_from(&bytes),
        }
    }
}

fn definition(data: &[u8]) -> Field {
    let mut rest = data.iter().copied();
    let mut next = || rest.next().unwrap();
    let first = next();
    let kind = first & 0x0f;
    let custom = if kind == 0 { (0..next()).map(|_| next() as char).collect() } else { String::new() };
    let size = if first & 0x40 != 0 { next() } else { 0 };
    let count = if first & 0x80 != 0 { next() } else { 0 };
    let levels = (0..count).map(|_| if next() == 1 { Some(next()) } else { None }).collect();
    let name = (0..next()).map(|_| next() as char).collect();
    assert_eq!(rest.next(), None);
    Field { kind, custom, size, levels, name }
}

/// What the device signs.
fn hashed(data: &TypedData) -> B256 {
    let mut device = Device::default();
    let all = steps(data).unwrap();
    assert_eq!(all.iter().filter(|step| step.opens_domain).count(), 1);
    for step in &all {
        device.take(&step.command.bytes().unwrap());
    }
    let values = std::mem::take(&mut device.values);
    let mut values = values.into_iter();
    let mut hashes = Vec::new();
    while let Some(Value::Root(name)) = values.next() {
        hashes.push(device.structure(&name, &mut values));
    }
    assert_eq!((hashes.len(), values.next()), (2, None));
    keccak256([&[0x19, 1], hashes[0].as_slice(), hashes[1].as_slice()].concat())
}

const EVERYTHING: &str = r#"{
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
            {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"},
            {"name": "salt", "type": "bytes32"}
        ],
        "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
        "All": [
            {"name": "people", "type": "Person[2]"}, {"name": "one", "type": "Person"},
            {"name": "u8", "type": "uint8"}, {"name": "u256", "type": "uint256"},
            {"name": "i8", "type": "int8"}, {"name": "i16", "type": "int16"}, {"name": "i256", "type": "int256"},
            {"name": "small", "type": "int64"}, {"name": "yes", "type": "bool"}, {"name": "no", "type": "bool"},
            {"name": "b1", "type": "bytes1"}, {"name": "b32", "type": "bytes32"},
            {"name": "long", "type": "bytes"}, {"name": "none", "type": "bytes"}, {"name": "empty", "type": "string"},
            {"name": "deep", "type": "int32[2][][1]"}, {"name": "nothing", "type": "uint8[]"},
            {"name": "pairs", "type": "Pair[][2]"}
        ],
        "Pair": [{"name": "left", "type": "bytes4"}, {"name": "right", "type": "uint24[3]"}],
        "Unused": [{"name": "x", "type": "uint8"}]
    },
    "primaryType": "All",
    "domain": {
        "name": "Everything é", "version": "1", "chainId": 11155111,
        "verifyingContract": "0x5afe000000000000000000000000000000000001",
        "salt": "0x00000000000000000000000000000000000000000000000000000000000000ff"
    },
    "message": {
        "people": [
            {"name": "Cow", "wallets": ["0xCD2a3d9F938E13CD947Ec05AbC7FE734Df8DD826", "0x0000000000000000000000000000000000000000"]},
            {"name": "Bob", "wallets": []}
        ],
        "one": {"name": "漢字", "wallets": ["0xDeaDbeefdEAdbeefdEadbEEFdeadbeEFdEaDbeeF"]},
        "u8": 255,
        "u256": 115792089237316195423570985008687907853269984665640564039457584007913129639935,
        "i8": -1, "i16": 200, "i256": "-57896044618658097711785492504343953926634992332820282019728792003956564819968",
        "small": -9000000000, "yes": true, "no": false,
        "b1": "0x80", "b32": "0x0000000000000000000000000000000000000000000000000000000000000001",
        "long": "0xLONG", "none": "0x", "empty": "",
        "deep": [[[1, -2], [0, 2147483647], [-2147483648, 128]]], "nothing": [],
        "pairs": [[], [{"left": "0xdeadbeef", "right": [1, 16777215, 0]}]]
    }
}"#;

fn everything(long: usize) -> TypedData {
    TypedData::read(&EVERYTHING.replace("LONG", &"a5".repeat(long))).unwrap()
}

#[test]
fn a_device_comes_to_the_hash_that_was_to_be_signed() {
    for long in [0, 1, 252, 253, 254, 508, 509, 1000] {
        let data = everything(long);
        assert_eq!(hashed(&data), data.eip712_signing_hash().unwrap(), "{long} bytes");
    }
    let other = TypedData::read(&EVERYTHING.replace("LONG", "").replace("\"i8\": -1", "\"i8\": -2")).unwrap();
    assert_ne!(hashed(&other), everything(0).eip712_signing_hash().unwrap());
}

#[test]
fn the_bytes_are_those_of_the_protocol() {
    let all = steps(&everything(300)).unwrap();
    let all: Vec<String> = all.iter().map(|step| step.command.bytes().unwrap().to_lower_hex_string()).collect();
    let has = |bytes: &str| assert!(all.iter().any(|step| step == bytes), "{bytes} is not in {all:#?}");
    // A custom type in a fixed array, and three levels of which the middle one is open.
    has("e01a00ff128006506572736f6e0101020670656f706c65");
    has("e01a00ff0dc1040301020001010464656570");
    // -1 of eight bits, 200 of sixteen, zero, and an empty text.
    has("e01c00ff030001ff");
    has("e01c00ff030001c8");
    has("e01c00ff03000100");
    has("e01c00ff020000");
    // A value of 300 bytes takes two commands.
    assert_eq!(all.iter().filter(|step| step.starts_with("e01c01ffff012ca5a5")).count(), 1);
    // The types come as they were written, unused ones too.
    let names: Vec<&String> = all.iter().filter(|step| step.starts_with("e01a0000")).collect();
    let unused = format!("e01a000006{}", "Unused".as_bytes().to_lower_hex_string());
    assert_eq!((names.len(), names[4]), (5, &unused));
}

#[test]
fn what_the_protocol_cannot_say_is_refused_before_it_is_sent() {
    let data = |kind: &str, value: &str| {
        let json = format!(
            r#"{{"types": {{"EIP712Domain": [], "A": [{{"name": "x", "type": "{kind}"}}]}}, "primaryType": "A", "domain": {{}}, "message": {{"x": {value}}}}}"#
        );
        TypedData::read(&json)
    };
    assert!(steps(&data("uint8[]", &format!("[{}1]", "1,".repeat(254))).unwrap()).is_ok());
    for (kind, value) in [
        ("uint8[]", format!("[{}1]", "1,".repeat(255))),
        ("uint8[256]", format!("[{}1]", "1,".repeat(255))),
        ("uint", "1".into()),
        ("bytes", format!("\"0x{}\"", "00".repeat(65_536))),
        ("bytes33", "\"0x\"".into()),
        ("Nobody", "{}".into()),
        ("uint8", "256".into()),
        ("uint8", "\"abc\"".into()),
        ("int8", "-129".into()),
        ("bytes4", "\"0x00\"".into()),
        ("bool", "1".into()),
        ("uint8[2]", "[1]".into()),
    ] {
        let refused = data(kind, &value).and_then(|data| steps(&data));
        assert!(matches!(refused, Err(DeviceError::Unfit(_))), "{kind}");
    }
    let most = U256::MAX.to_string();
    assert!(steps(&data("uint256", &most).unwrap()).is_ok());
}
