//! Ethereum: transactions of every size and chain, and typed data of every type, against a device that hashes by
//! itself.

use super::bench::Person;
use crate::device::ethereum::{Signable, Transaction};
use crate::device::link::report::{Report, Reports};
use crate::device::trezor::Trezor;
use crate::device::trezor::typed::Parts;
use crate::device::trezor::wire::{Message, Reader};
use crate::device::{Attendant, Device, DeviceError, Passphrase, Watch};
use alloy_consensus::{SignableTransaction, TxEip1559, TxLegacy};
use alloy_dyn_abi::TypedData;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, keccak256};
use bitcoin::bip32::DerivationPath;
use bitcoin::secp256k1::{Message as Digest, Secp256k1, SecretKey};
use std::collections::VecDeque;
use std::time::Duration;
use trezor_client::protos::ethereum_typed_data_struct_ack::{EthereumDataType, EthereumFieldType};
use trezor_client::protos::{
    self, EthereumSignTx, EthereumSignTxEIP1559, EthereumTxAck, EthereumTxRequest, Features, PassphraseAck,
    PassphraseRequest,
};
use zeroize::Zeroizing;

type Answer = Box<dyn FnMut(&Message) -> Message + Send>;

/// A device that answers by a rule.
struct Ruled {
    answer: Answer,
    reader: Reader,
    waiting: VecDeque<Report>,
}

impl Reports for Ruled {
    fn put(&mut self, report: &Report) -> Result<(), DeviceError> {
        if let Some(message) = self.reader.take(report)? {
            self.waiting.extend((self.answer)(&message).reports()?);
        }
        Ok(())
    }

    fn take(&mut self, _: &Watch) -> Result<Report, DeviceError> {
        self.waiting.pop_front().ok_or_else(|| DeviceError::Disconnected("nothing".to_owned()))
    }
}

fn open(
    model: &str,
    person: impl Attendant + 'static,
    mut rule: impl FnMut(&Message) -> Message + Send + 'static,
) -> Trezor {
    let mut features = Features::new();
    features.set_model(model.to_owned());
    let (major, minor) = if model == "1" { (1, 14) } else { (2, 11) };
    features.set_major_version(major);
    features.set_minor_version(minor);
    features.set_patch_version(1);
    let greeting = Message::pack(&features).unwrap();
    let answer: Answer =
        Box::new(move |asked| if asked.is::<protos::Initialize>() { greeting.clone() } else { rule(asked) });
    let link = Ruled { answer, reader: Reader::default(), waiting: VecDeque::new() };
    Trezor::open(Box::new(link), Box::new(person), Watch::new(Duration::from_secs(5))).unwrap()
}

fn number<T: TryFrom<U256>>(bytes: &[u8]) -> T {
    assert_ne!(bytes.first(), Some(&0), "a leading zero");
    T::try_from(U256::from_be_slice(bytes)).ok().unwrap()
}

fn sign(hash: B256) -> (Vec<u8>, Vec<u8>, u32) {
    let secret = SecretKey::from_slice(&[5; 32]).unwrap();
    let (id, bytes) =
        Secp256k1::new().sign_ecdsa_recoverable(&Digest::from_digest(hash.0), &secret).serialize_compact();
    (bytes[..32].to_vec(), bytes[32..].to_vec(), id.to_i32() as u32)
}

fn signer() -> Address {
    let key = SecretKey::from_slice(&[5; 32]).unwrap().public_key(&Secp256k1::new());
    Address::from_raw_public_key(&key.serialize_uncompressed()[1..])
}

/// Takes a transaction's data in pieces of its own choice, and then signs what it was told.
fn signs(piece: usize) -> impl FnMut(&Message) -> Message {
    let (mut asked, mut data, mut length) = (None, Vec::new(), 0_usize);
    move |message| {
        if message.is::<EthereumTxAck>() {
            data.extend(message.read::<EthereumTxAck>().unwrap().data_chunk());
        } else if message.is::<EthereumSignTx>() {
            let begin: EthereumSignTx = message.read().unwrap();
            (data, length) = (begin.data_initial_chunk().to_vec(), begin.data_length() as usize);
            assert!(data.len() <= 1_024);
            asked = Some((Some(begin), None));
        } else {
            let begin: EthereumSignTxEIP1559 = message.read().unwrap();
            (data, length) = (begin.data_initial_chunk().to_vec(), begin.data_length() as usize);
            asked = Some((None, Some(begin)));
        }
        let mut answer = EthereumTxRequest::new();
        if data.len() < length {
            answer.set_data_length((length - data.len()).min(piece) as u32);
            return Message::pack(&answer).unwrap();
        }
        let input = Bytes::from(data.clone());
        let to = |to: &str| {
            if to.is_empty() { TxKind::Create } else { TxKind::Call(Address::parse_checksummed(to, None).unwrap()) }
        };
        let (hash, chain) = match asked.take().unwrap() {
            (Some(legacy), _) => {
                let transaction = TxLegacy {
                    chain_id: Some(legacy.chain_id()),
                    nonce: number(legacy.nonce()),
                    gas_price: number(legacy.gas_price()),
                    gas_limit: number(legacy.gas_limit()),
                    to: to(legacy.to()),
                    value: number(legacy.value()),
                    input,
                };
                (transaction.signature_hash(), Some(legacy.chain_id()))
            }
            (_, fees) => {
                let fees = fees.unwrap();
                let transaction = TxEip1559 {
                    chain_id: fees.chain_id(),
                    nonce: number(fees.nonce()),
                    gas_limit: number(fees.gas_limit()),
                    max_fee_per_gas: number(fees.max_gas_fee()),
                    max_priority_fee_per_gas: number(fees.max_priority_fee()),
                    to: to(fees.to()),
                    value: number(fees.value()),
                    access_list: Default::default(),
                    input,
                };
                (transaction.signature_hash(), None)
            }
        };
        let (r, s, parity) = sign(hash);
        answer.set_signature_r(r);
        answer.set_signature_s(s);
        // As the firmware has it: chains whose v would not fit get the bare parity.
        let v = match chain {
            Some(chain) if chain <= 2_147_483_629 => 35 + 2 * chain as u32 + parity,
            _ => parity,
        };
        answer.set_signature_v(v);
        Message::pack(&answer).unwrap()
    }
}

#[test]
fn transactions_of_every_size_and_chain() {
    let path: DerivationPath = "m/44'/60'/0'/0/3".parse().unwrap();
    for (number, length) in [0, 1, 1_023, 1_024, 1_025, 5_000].into_iter().enumerate() {
        let input = Bytes::from((0..length).map(|at| (at % 251) as u8).collect::<Vec<u8>>());
        let to = if number == 1 { TxKind::Create } else { TxKind::Call(Address::repeat_byte(0xab)) };
        let (nonce, value) = (number as u64 * 300, U256::from(10).pow(U256::from(number * 9)));
        for chain in [1, 137, 11_155_111, 2_147_483_629, 2_147_483_630] {
            let (gas_limit, gas_price, input) = (21_000, 30_000_000_000, input.clone());
            let legacy =
                TxLegacy { chain_id: Some(chain), nonce, gas_price, gas_limit, to, value, input: input.clone() };
            let fees = TxEip1559 {
                chain_id: chain,
                nonce,
                gas_limit,
                max_fee_per_gas: gas_price,
                max_priority_fee_per_gas: 0,
                to,
                value,
                access_list: Default::default(),
                input,
            };
            for what in [Transaction::Legacy(legacy), Transaction::Eip1559(fees)] {
                let what = Signable::Transaction(Box::new(what));
                let mut trezor = open("T", Person::default(), signs(700));
                trezor.eth_sign(&path, &what).unwrap().of(signer(), &what).unwrap();
            }
        }
    }
}

#[test]
fn more_data_than_there_is_is_not_given() {
    let path: DerivationPath = "m/44'/60'/0'/0/3".parse().unwrap();
    let mut trezor = open("T", Person::default(), |_| {
        let mut answer = EthereumTxRequest::new();
        answer.set_data_length(u32::MAX);
        Message::pack(&answer).unwrap()
    });
    let transaction = TxLegacy { chain_id: Some(1), ..Default::default() };
    let error = trezor.eth_sign(&path, &Signable::Transaction(Box::new(Transaction::Legacy(transaction)))).unwrap_err();
    assert_eq!(error.code(), "device-garbled");
    let nowhere = Signable::Transaction(Box::new(Transaction::Legacy(TxLegacy::default())));
    assert_eq!(trezor.eth_sign(&path, &nowhere).unwrap_err().code(), "device-unfit");
}

/// Hashes typed data as a device does: from the answers to its questions and nothing else.
struct Hasher<'a>(&'a Parts);

impl Hasher<'_> {
    fn members(&self, name: &str) -> Vec<(String, EthereumFieldType)> {
        let members = self.0.members(name).unwrap().members;
        members.into_iter().map(|member| (member.name().to_owned(), member.type_.unwrap())).collect()
    }

    fn type_name(field: &EthereumFieldType) -> String {
        match field.data_type() {
            EthereumDataType::UINT => format!("uint{}", field.size() * 8),
            EthereumDataType::INT => format!("int{}", field.size() * 8),
            EthereumDataType::BYTES if field.has_size() => format!("bytes{}", field.size()),
            EthereumDataType::BYTES => "bytes".to_owned(),
            EthereumDataType::STRING => "string".to_owned(),
            EthereumDataType::BOOL => "bool".to_owned(),
            EthereumDataType::ADDRESS => "address".to_owned(),
            EthereumDataType::STRUCT => field.struct_name().to_owned(),
            EthereumDataType::ARRAY => {
                let size = field.size.map(|size| size.to_string()).unwrap_or_default();
                format!("{}[{size}]", Self::type_name(&field.entry_type))
            }
        }
    }

    fn structs(&self, name: &str, found: &mut std::collections::BTreeSet<String>) {
        for (_, field) in self.members(name) {
            let mut field = field;
            while field.data_type() == EthereumDataType::ARRAY {
                field = field.entry_type.unwrap();
            }
            if field.data_type() == EthereumDataType::STRUCT && found.insert(field.struct_name().to_owned()) {
                assert_eq!(field.size() as usize, self.members(field.struct_name()).len());
                self.structs(field.struct_name(), found);
            }
        }
    }

    fn type_hash(&self, name: &str) -> B256 {
        let mut others = Default::default();
        self.structs(name, &mut others);
        let one = |name: &str| {
            let members = self.members(name).into_iter();
            let members: Vec<String> =
                members.map(|(name, field)| format!("{} {name}", Self::type_name(&field))).collect();
            format!("{name}({})", members.join(","))
        };
        let text = others.iter().filter(|other| *other != name).fold(one(name), |text, other| text + &one(other));
        keccak256(text)
    }

    fn hash(&self, name: &str, path: &[u32]) -> B256 {
        let mut bytes = self.type_hash(name).to_vec();
        for (place, (_, field)) in self.members(name).iter().enumerate() {
            bytes.extend(self.word(field, &[path, &[place as u32]].concat()));
        }
        keccak256(bytes)
    }

    fn word(&self, field: &EthereumFieldType, path: &[u32]) -> B256 {
        let value = || self.0.value(path).unwrap();
        let left = |value: Vec<u8>, fill: u8| {
            let mut word = [fill; 32];
            word[32 - value.len()..].copy_from_slice(&value);
            B256::from(word)
        };
        match field.data_type() {
            EthereumDataType::STRUCT => self.hash(field.struct_name(), path),
            EthereumDataType::ARRAY => {
                let length = u16::from_be_bytes(value().try_into().unwrap());
                if field.has_size() {
                    assert_eq!(field.size(), u32::from(length));
                }
                let words = (0..u32::from(length)).map(|at| self.word(&field.entry_type, &[path, &[at]].concat()));
                keccak256(words.flat_map(|word| word.0).collect::<Vec<u8>>())
            }
            EthereumDataType::STRING => keccak256(value()),
            EthereumDataType::BYTES if !field.has_size() => keccak256(value()),
            EthereumDataType::BYTES => {
                let mut word = value();
                assert_eq!(word.len(), field.size() as usize);
                word.resize(32, 0);
                B256::from_slice(&word)
            }
            EthereumDataType::INT => {
                let value = value();
                assert_eq!(value.len(), field.size() as usize);
                let fill = if value[0] & 0x80 == 0 { 0 } else { 0xff };
                left(value, fill)
            }
            _ => left(value(), 0),
        }
    }
}

#[test]
fn typed_data_of_every_type_is_told_whole() {
    let data = serde_json::json!({
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"}, {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"},
                {"name": "salt", "type": "bytes32"}
            ],
            "Person": [{"name": "name", "type": "string"}, {"name": "wallets", "type": "address[]"}],
            "Line": [
                {"name": "small", "type": "uint8"}, {"name": "signed", "type": "int16"}, {"name": "yes", "type": "bool"},
                {"name": "four", "type": "bytes4"}, {"name": "grid", "type": "uint32[2][]"}
            ],
            "Mail": [
                {"name": "from", "type": "Person"}, {"name": "to", "type": "Person[]"}, {"name": "lines", "type": "Line[2]"},
                {"name": "raw", "type": "bytes"}, {"name": "none", "type": "string[]"}, {"name": "big", "type": "int256"}
            ]
        },
        "primaryType": "Mail",
        "domain": {"name": "Ether Mail", "version": "1", "chainId": 1, "verifyingContract": "0xcccccccccccccccccccccccccccccccccccccccc",
            "salt": "0x0101010101010101010101010101010101010101010101010101010101010101"},
        "message": {
            "from": {"name": "Ñandú", "wallets": ["0xcd2a3d9f938e13cd947ec05abc7fe734df8dd826"]},
            "to": [{"name": "", "wallets": []}, {"name": "B", "wallets": ["0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb", "0x0000000000000000000000000000000000000001"]}],
            "lines": [
                {"small": 7, "signed": -2, "yes": true, "four": "0x01020304", "grid": [[1, 2], [3, 4], [5, 4294967295_u64]]},
                {"small": 255, "signed": 300, "yes": false, "four": "0xffffffff", "grid": []}
            ],
            "raw": "0x00ff", "none": [], "big": "-1"
        }
    });
    let data: TypedData = serde_json::from_value(data).unwrap();
    let parts = Parts::of(&data).unwrap();
    let hasher = Hasher(&parts);
    assert_eq!(hasher.hash("EIP712Domain", &[0]), parts.domain_hash);
    assert_eq!(Some(hasher.hash("Mail", &[1])), parts.message_hash);
    assert_eq!(data.eip712_signing_hash().unwrap(), {
        let whole = [&[0x19, 0x01], parts.domain_hash.as_slice(), parts.message_hash.unwrap().as_slice()].concat();
        keccak256(whole)
    });
    // What there is not is not made up.
    assert!(parts.members("Nobody").is_none());
    for path in [&[][..], &[2], &[1, 9], &[1, 1, 2], &[1, 0], &[0, 0, 0]] {
        assert!(parts.value(path).is_none(), "{path:?}");
    }
    // A domain that is declared as another than it is.
    let mut odd = serde_json::to_value(&data).unwrap();
    odd["types"]["EIP712Domain"].as_array_mut().unwrap().pop();
    assert_eq!(Parts::of(&serde_json::from_value(odd).unwrap()).err().unwrap().code(), "device-unfit");
}

/// Somebody who types a passphrase on the device.
struct Elsewhere;

impl Attendant for Elsewhere {
    fn pin(&mut self) -> Option<Zeroizing<String>> {
        Some(Zeroizing::new("12a".to_owned()))
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        Some(Passphrase::OnDevice)
    }

    fn look(&mut self) {}
}

#[test]
fn passphrases_go_as_bip39_has_them() {
    let asks = |expected: PassphraseAck| {
        move |message: &Message| {
            if message.is::<PassphraseAck>() {
                assert_eq!(message.read::<PassphraseAck>().unwrap(), expected);
                return Message::pack(&protos::EthereumAddress {
                    address: Some(signer().to_checksum(None)),
                    ..Default::default()
                })
                .unwrap();
            }
            match message.is::<protos::Cancel>() {
                true => Message::pack(&protos::Failure::new()).unwrap(),
                false => Message::pack(&PassphraseRequest::new()).unwrap(),
            }
        }
    };
    let path: DerivationPath = "m/44'/60'/0'/0/0".parse().unwrap();
    // e with an accent, as one character and as two.
    let decomposed = PassphraseAck { passphrase: Some("e\u{301}".to_owned()), ..Default::default() };
    let typed = Person { passphrase: Some("\u{e9}".to_owned()), ..Person::default() };
    assert!(open("T", typed.clone(), asks(decomposed.clone())).eth_address(&path, false).is_ok());
    assert!(open("1", typed, asks(decomposed)).eth_address(&path, false).is_ok());
    let there = PassphraseAck { on_device: Some(true), ..Default::default() };
    assert!(open("T", Elsewhere, asks(there.clone())).eth_address(&path, false).is_ok());
    let refused = open("1", Elsewhere, asks(there.clone())).eth_address(&path, false).unwrap_err();
    assert_eq!(refused.code(), "device-unsupported");
    let long = Person { passphrase: Some("x".repeat(51)), ..Person::default() };
    assert_eq!(open("T", long, asks(there.clone())).eth_address(&path, false).unwrap_err().code(), "device-unfit");
    let nobody = open("T", Person::default(), asks(there)).eth_address(&path, false).unwrap_err();
    assert_eq!(nobody, DeviceError::PassphraseNeeded);
}
