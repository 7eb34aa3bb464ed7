//! Typed data (EIP-712) on a Trezor: field by field on core models, as two hashes on the One.
//!
//! - The device asks what each struct is made of, and then for each value by its place. The answers are made from the
//!   same types and values that our own hash is made from.
//! - Where the firmware can, it is told the hash that it has to arrive at: it compares, and shows it.

use super::Trezor;
use super::ethereum::whole;
use super::wire::Message;
use crate::device::DeviceError;
use crate::device::capabilities::CORE_SHOWS_HASH;
use crate::device::ethereum::Signature;
use alloy_dyn_abi::{DynSolType, DynSolValue, TypedData};
use alloy_primitives::B256;
use std::collections::BTreeMap;
use trezor_client::protos::ethereum_typed_data_struct_ack::{
    EthereumDataType, EthereumFieldType, EthereumStructMember,
};
use trezor_client::protos::{
    EthereumSignTypedData, EthereumSignTypedHash, EthereumTypedDataSignature, EthereumTypedDataStructAck,
    EthereumTypedDataStructRequest, EthereumTypedDataValueAck, EthereumTypedDataValueRequest,
};

const DOMAIN: &str = "EIP712Domain";

/// The most that a device asks for: more values than anybody reads.
const MOST_QUESTIONS: usize = 16_384;

/// The longest single value: what its length can be written in.
const LONGEST_VALUE: usize = 0xffff;

/// Typed data, taken apart.
pub(super) struct Parts {
    /// What each struct is made of.
    structs: BTreeMap<String, Vec<(String, DynSolType)>>,
    domain: DynSolValue,
    message: Option<DynSolValue>,
    primary: String,
    /// The hash of the domain, and of the message where there is one.
    pub domain_hash: B256,
    /// None where the domain is all there is.
    pub message_hash: Option<B256>,
}

impl Parts {
    /// Takes typed data apart.
    pub fn of(data: &TypedData) -> Result<Self, DeviceError> {
        let odd = |error: &dyn std::fmt::Display| DeviceError::Unfit(format!("the typed data makes no sense: {error}"));
        // Our hash is over the domain as its own fields say; the file's types have to say the same.
        let declared = data.resolver.contains_type_name(DOMAIN).then(|| data.resolver.encode_type(DOMAIN));
        if let Some(declared) = declared
            && declared.map_err(|error| odd(&error))? != data.domain.encode_type()
        {
            return Err(odd(&"its domain is not of the type that it gives for it"));
        }
        let (fields, values) = domain(data);
        let mut structs = BTreeMap::from([(DOMAIN.to_owned(), fields)]);
        let alone = data.primary_type == DOMAIN;
        let (mut message, mut message_hash) = (None, None);
        if !alone {
            let kind = data.resolver.resolve(&data.primary_type).map_err(|error| odd(&error))?;
            gather(&kind, &mut structs);
            message = Some(kind.coerce_json(&data.message).map_err(|error| odd(&error))?);
            message_hash = Some(data.hash_struct().map_err(|error| odd(&error))?);
        }
        Ok(Self {
            structs,
            domain: values,
            message,
            primary: data.primary_type.clone(),
            domain_hash: data.domain.separator(),
            message_hash,
        })
    }

    /// What a struct is made of.
    pub fn members(&self, name: &str) -> Option<EthereumTypedDataStructAck> {
        let members = self.structs.get(name)?.iter().map(|(name, kind)| {
            let mut member = EthereumStructMember { type_: Some(field(kind)?).into(), ..Default::default() };
            member.set_name(name.clone());
            Some(member)
        });
        Some(EthereumTypedDataStructAck { members: members.collect::<Option<_>>()?, ..Default::default() })
    }

    /// The value at a place; of an array, how long it is.
    pub fn value(&self, path: &[u32]) -> Option<Vec<u8>> {
        let (root, rest) = path.split_first()?;
        let root = match root {
            0 => &self.domain,
            1 => self.message.as_ref()?,
            _ => return None,
        };
        let value = rest.iter().try_fold(root, |value, place| inner(value)?.get(usize::try_from(*place).ok()?))?;
        bytes(value)
    }
}

impl Trezor {
    /// Signs typed data field by field.
    pub(super) fn sign_typed(&mut self, steps: Vec<u32>, data: &TypedData) -> Result<Signature, DeviceError> {
        let parts = Parts::of(data)?;
        let shows = self.session.about()?.firmware.is_some_and(|firmware| firmware >= CORE_SHOWS_HASH);
        self.sign_parts(steps, &parts, shows)
    }

    /// Signs typed data field by field; `shows`: the device is told the hash that it has to arrive at.
    pub(super) fn sign_parts(&mut self, steps: Vec<u32>, parts: &Parts, shows: bool) -> Result<Signature, DeviceError> {
        let mut question = EthereumSignTypedData { address_n: steps, ..Default::default() };
        question.set_primary_type(parts.primary.clone());
        question.set_metamask_v4_compat(true);
        question.show_message_hash = parts.message_hash.filter(|_| shows).map(|hash| hash.to_vec());
        let mut answer = self.session.exchange(&question)?;
        for _ in 0..MOST_QUESTIONS {
            if answer.is::<EthereumTypedDataSignature>() {
                let signature: EthereumTypedDataSignature = answer.read()?;
                return whole(signature.signature());
            }
            answer = self.tell(parts, &answer)?;
        }
        Err(self.session.stop(DeviceError::Garbled("it asks for values without end".to_owned())))
    }

    /// Tells one thing that was asked for.
    fn tell(&mut self, parts: &Parts, asked: &Message) -> Result<Message, DeviceError> {
        let odd = || DeviceError::Garbled("it asks for a part of the typed data that there is not".to_owned());
        if asked.is::<EthereumTypedDataStructRequest>() {
            let request: EthereumTypedDataStructRequest = asked.read()?;
            return match parts.members(request.name()) {
                Some(members) => self.session.exchange(&members),
                None => Err(self.session.stop(odd())),
            };
        }
        let request: EthereumTypedDataValueRequest = asked.read().map_err(|error| self.session.stop(error))?;
        match parts.value(&request.member_path) {
            Some(value) => {
                let mut told = EthereumTypedDataValueAck::new();
                told.set_value(value);
                self.session.exchange(&told)
            }
            None => Err(self.session.stop(odd())),
        }
    }

    /// Signs typed data by its hashes.
    pub(super) fn sign_hashes(&mut self, steps: Vec<u32>, data: &TypedData) -> Result<Signature, DeviceError> {
        let parts = Parts::of(data)?;
        let mut question = EthereumSignTypedHash { address_n: steps, ..Default::default() };
        question.set_domain_separator_hash(parts.domain_hash.to_vec());
        question.message_hash = parts.message_hash.map(|hash| hash.to_vec());
        let answer: EthereumTypedDataSignature = self.session.ask(&question)?;
        whole(answer.signature())
    }
}

/// The fields of a domain that are there, in the order that EIP-712 gives, and their values.
fn domain(data: &TypedData) -> (Vec<(String, DynSolType)>, DynSolValue) {
    let domain = &data.domain;
    let (name, version) = (domain.name.as_ref(), domain.version.as_ref());
    let fields = [
        ("name", name.map(|name| (DynSolType::String, DynSolValue::String(name.to_string())))),
        ("version", version.map(|version| (DynSolType::String, DynSolValue::String(version.to_string())))),
        ("chainId", domain.chain_id.map(|chain| (DynSolType::Uint(256), DynSolValue::Uint(chain, 256)))),
        (
            "verifyingContract",
            domain.verifying_contract.map(|address| (DynSolType::Address, DynSolValue::Address(address))),
        ),
        ("salt", domain.salt.map(|salt| (DynSolType::FixedBytes(32), DynSolValue::FixedBytes(salt, 32)))),
    ];
    let (mut types, mut values) = (Vec::new(), Vec::new());
    for (name, field) in fields {
        if let Some((kind, value)) = field {
            types.push((name.to_owned(), kind));
            values.push(value);
        }
    }
    (types, DynSolValue::Tuple(values))
}

/// Every struct within a type.
fn gather(kind: &DynSolType, structs: &mut BTreeMap<String, Vec<(String, DynSolType)>>) {
    match kind {
        DynSolType::Array(inner) | DynSolType::FixedArray(inner, _) => gather(inner, structs),
        DynSolType::CustomStruct { name, prop_names, tuple } if !structs.contains_key(name) => {
            structs.insert(name.clone(), prop_names.iter().cloned().zip(tuple.iter().cloned()).collect());
            tuple.iter().for_each(|inner| gather(inner, structs));
        }
        _ => {}
    }
}

/// A type as the wire has it; none for those that EIP-712 does not know.
fn field(kind: &DynSolType) -> Option<EthereumFieldType> {
    let mut field = EthereumFieldType::new();
    let (data_type, size) = match kind {
        DynSolType::Uint(bits) => (EthereumDataType::UINT, Some(bits / 8)),
        DynSolType::Int(bits) => (EthereumDataType::INT, Some(bits / 8)),
        DynSolType::FixedBytes(size) => (EthereumDataType::BYTES, Some(*size)),
        DynSolType::Bytes => (EthereumDataType::BYTES, None),
        DynSolType::String => (EthereumDataType::STRING, None),
        DynSolType::Bool => (EthereumDataType::BOOL, None),
        DynSolType::Address => (EthereumDataType::ADDRESS, None),
        DynSolType::Array(inner) => {
            field.entry_type = Some(self::field(inner)?).into();
            (EthereumDataType::ARRAY, None)
        }
        DynSolType::FixedArray(inner, size) => {
            field.entry_type = Some(self::field(inner)?).into();
            (EthereumDataType::ARRAY, Some(*size))
        }
        DynSolType::CustomStruct { name, tuple, .. } => {
            field.set_struct_name(name.clone());
            (EthereumDataType::STRUCT, Some(tuple.len()))
        }
        _ => return None,
    };
    field.set_data_type(data_type);
    field.size = match size {
        Some(size) => Some(u32::try_from(size).ok()?),
        None => None,
    };
    Some(field)
}

/// What a value is made of.
fn inner(value: &DynSolValue) -> Option<&[DynSolValue]> {
    match value {
        DynSolValue::Array(inner) | DynSolValue::FixedArray(inner) | DynSolValue::Tuple(inner) => Some(inner),
        DynSolValue::CustomStruct { tuple, .. } => Some(tuple),
        _ => None,
    }
}

/// A value as the wire has it; of an array, how long it is.
fn bytes(value: &DynSolValue) -> Option<Vec<u8>> {
    let last = |word: &[u8; 32], size: usize| word.get(32_usize.checked_sub(size)?..).map(<[u8]>::to_vec);
    let bytes = match value {
        DynSolValue::Uint(number, bits) => last(&number.to_be_bytes(), bits / 8)?,
        DynSolValue::Int(number, bits) => last(&number.to_be_bytes(), bits / 8)?,
        DynSolValue::FixedBytes(word, size) => word.get(..*size)?.to_vec(),
        DynSolValue::Bytes(bytes) => bytes.clone(),
        DynSolValue::String(text) => text.clone().into_bytes(),
        DynSolValue::Bool(yes) => vec![u8::from(*yes)],
        DynSolValue::Address(address) => address.to_vec(),
        DynSolValue::Array(inner) | DynSolValue::FixedArray(inner) => {
            u16::try_from(inner.len()).ok()?.to_be_bytes().to_vec()
        }
        _ => return None,
    };
    (bytes.len() <= LONGEST_VALUE).then_some(bytes)
}
