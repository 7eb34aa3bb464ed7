//! Typed data (EIP-712): a Model T asks for every type and every value, a One takes two hashes.
//!
//! Not simulated: that the user has each field shown.

use super::ask::{Outcome, frame};
use super::dialog::{Dialog, Shown};
use super::ethereum::allowed;
use super::failure::Failed;
use super::talk::{Talk, Turn};
use super::wire::Frame;
use crate::market::printable;
use crate::sim::device::seed::Keys;
use crate::sim::device::typed::{DOMAIN, Given, Kind, Member, Run, Stop, Types, digest};
use alloy_primitives::hex;
use protobuf::Message;
use trezor_client::protos::ethereum_typed_data_struct_ack::{EthereumDataType, EthereumFieldType};
use trezor_client::protos::{
    EthereumSignTypedData, EthereumSignTypedHash, EthereumTypedDataSignature, EthereumTypedDataStructAck,
    EthereumTypedDataStructRequest, EthereumTypedDataValueAck, EthereumTypedDataValueRequest, MessageType,
};

/// The places of both structs.
const ROOTS: [u32; 2] = [0, 1];

/// What is asked for.
enum Asked {
    Type(String),
    /// A value; whether it is an array's count.
    Value {
        count: bool,
    },
    /// The domain's name or version, which is shown before the domain is hashed.
    Text {
        is_name: bool,
    },
}

/// What comes next.
#[derive(Clone, Copy)]
enum Phase {
    Types,
    /// The domain's members, one by one.
    Texts(u32),
    Domain,
    Message,
    Hash,
    Last,
    Sign,
}

/// Typed data on its way.
pub struct Typed {
    path: Vec<u32>,
    address: String,
    primary: String,
    hash: Option<Vec<u8>>,
    types: Types,
    given: Vec<Given>,
    name: String,
    version: String,
    hashes: Vec<[u8; 32]>,
    phase: Phase,
    asked: Option<Asked>,
}

/// Begins with the types.
pub fn begin(told: &EthereumSignTypedData, keys: &Keys) -> Result<Outcome, Failed> {
    let (path, primary) = (told.address_n.clone(), told.primary_type().to_owned());
    let address = allowed(&path, keys)?;
    let page = Dialog::new(Shown::Signer, "Signing address", address.to_lowercase());
    let unknown = || "unknown".to_owned();
    let typed = Typed {
        path,
        address,
        primary,
        hash: told.show_message_hash.clone(),
        types: Types::default(),
        given: Vec::new(),
        name: unknown(),
        version: unknown(),
        hashes: Vec::new(),
        phase: Phase::Types,
        asked: None,
    };
    Ok(Outcome::Talk(Talk::Typed(Box::new(typed)), Turn::Dialogs(vec![page])))
}

/// Typed data by its hashes. A One's pages cannot be read from a recording: their words are ours.
pub fn hashes(told: &EthereumSignTypedHash, keys: &Keys) -> Result<Outcome, Failed> {
    let address = allowed(&told.address_n, keys)?;
    let hash = |bytes: &[u8]| <[u8; 32]>::try_from(bytes).map_err(|_| Failed::data("Invalid hash length"));
    let (domain, message) = (hash(told.domain_separator_hash())?, hash(told.message_hash())?);
    let pages = vec![
        Dialog::new(Shown::Risk, "Unable to show EIP-712 data.", "Sign at your own risk."),
        Dialog::new(Shown::TypedHash, "Signing address", &address),
        Dialog::new(Shown::TypedHash, "Domain hash", hex::encode_prefixed(domain)),
        Dialog::new(Shown::TypedHash, "Message hash", hex::encode_prefixed(message)),
    ];
    Ok(Outcome::Answer(pages, signature(&told.address_n, address, digest(domain, message), keys)?))
}

fn signature(path: &[u32], address: String, digest: [u8; 32], keys: &Keys) -> Result<Frame, Failed> {
    let signed = keys.recoverable(path, digest).ok_or_else(|| Failed::data("Cannot sign"))?;
    let mut answer = EthereumTypedDataSignature::new();
    answer.set_signature([signed.1.as_slice(), &[signed.0.wrapping_add(27)]].concat());
    answer.set_address(address);
    Ok(frame(MessageType::MessageType_EthereumTypedDataSignature, &answer))
}

/// A member as it was told.
fn member(name: &str, told: &EthereumFieldType) -> Option<Member> {
    let size = told.size.and_then(|size| usize::try_from(size).ok());
    let bytes = size.filter(|size| (1..=32).contains(size));
    let kind = match told.data_type() {
        EthereumDataType::ARRAY => {
            let mut inner = member(name, told.entry_type.as_ref()?)?;
            let size = told.size.map(u16::try_from).transpose().ok()?;
            inner.arrays.push(size);
            return Some(inner);
        }
        EthereumDataType::UINT => Kind::Uint(bytes?),
        EthereumDataType::INT => Kind::Int(bytes?),
        EthereumDataType::BYTES if size.is_some() => Kind::Fixed(bytes?),
        EthereumDataType::STRUCT => Kind::Struct(told.struct_name.clone()?),
        _ if size.is_some() => return None,
        EthereumDataType::BYTES => Kind::Bytes,
        EthereumDataType::STRING => Kind::Text,
        EthereumDataType::BOOL => Kind::Bool,
        EthereumDataType::ADDRESS => Kind::Address,
    };
    Some(Member { name: name.to_owned(), kind, arrays: Vec::new() })
}

impl Typed {
    pub fn take(&mut self, came: &Frame, keys: &Keys) -> Result<Turn, Failed> {
        let failed = |_| Failed::data("Failed to decode message");
        match (self.asked.take(), came.kind) {
            (Some(Asked::Type(name)), 466) => {
                let told = EthereumTypedDataStructAck::parse_from_bytes(&came.body).map_err(failed)?;
                let mut known = self.types.begin(name);
                for field in &told.members {
                    let field = field.type_.as_ref().and_then(|kind| member(field.name(), kind));
                    known = known.and(field).and_then(|field| self.types.member(field));
                }
                known.ok_or_else(|| Failed::data("Invalid type in structure"))?;
            }
            (Some(asked), 468) if !matches!(asked, Asked::Type(_)) => {
                let told = EthereumTypedDataValueAck::parse_from_bytes(&came.body).map_err(failed)?;
                let value = told.value().to_vec();
                match asked {
                    Asked::Text { is_name } => {
                        let text = std::str::from_utf8(&value).map_err(|_| Failed::data("Invalid UTF-8"))?;
                        let text = printable(text).into_owned();
                        *(if is_name { &mut self.name } else { &mut self.version }) = text;
                    }
                    Asked::Value { count: true } => {
                        let count = <[u8; 2]>::try_from(value.as_slice());
                        let count = count.map_err(|_| Failed::data("Invalid array size"))?;
                        self.given.push(Given::Count(u16::from_be_bytes(count)));
                    }
                    _ => self.given.push(Given::Value(value)),
                }
            }
            _ => return Err(Failed::data("Unexpected piece of typed data")),
        }
        self.next(keys)
    }

    pub fn next(&mut self, keys: &Keys) -> Result<Turn, Failed> {
        loop {
            match self.phase {
                Phase::Types => {
                    let missing = self.types.missing(DOMAIN).or_else(|| self.types.missing(&self.primary));
                    let Some(name) = missing else {
                        self.phase = Phase::Texts(0);
                        continue;
                    };
                    let mut request = EthereumTypedDataStructRequest::new();
                    request.set_name(name.clone());
                    self.asked = Some(Asked::Type(name));
                    return Ok(Turn::Ask(frame(MessageType::MessageType_EthereumTypedDataStructRequest, &request)));
                }
                Phase::Texts(place) => {
                    let members = self.types.get(DOMAIN).unwrap_or_default();
                    let Some(member) = usize::try_from(place).ok().and_then(|place| members.get(place)) else {
                        self.phase = Phase::Domain;
                        let text = format!("Name and version {} {}", self.name, self.version);
                        return Ok(Turn::Dialogs(vec![Dialog::new(Shown::TypedDomain, "Confirm domain", text)]));
                    };
                    let is_name = member.name == "name";
                    self.phase = Phase::Texts(place.saturating_add(1));
                    if is_name || member.name == "version" {
                        self.asked = Some(Asked::Text { is_name });
                        return Ok(value(&[0, place]));
                    }
                }
                Phase::Domain | Phase::Message => {
                    let domain = matches!(self.phase, Phase::Domain);
                    let ([first, second], own) = (ROOTS, DOMAIN.to_owned());
                    let (name, root) = if domain { (&own, first) } else { (&self.primary, second) };
                    match Run::hash(&self.types, name, &self.given, root, true) {
                        Ok((hash, _)) => self.hashes.push(hash),
                        Err(Stop::Wanted { path, count }) => {
                            self.asked = Some(Asked::Value { count });
                            return Ok(value(&path));
                        }
                        Err(Stop::Wrong) => return Err(Failed::data("Invalid value")),
                    }
                    self.given.clear();
                    self.phase = if domain { Phase::Message } else { Phase::Hash };
                    if domain {
                        return Ok(Turn::Dialogs(vec![self.contents()]));
                    }
                }
                Phase::Hash => {
                    self.phase = Phase::Last;
                    if let Some(expected) = &self.hash {
                        let hash = self.hashes.last().filter(|hash| hash.as_slice() == expected);
                        let hash = hash.ok_or_else(|| Failed::data("Message hash mismatch"))?;
                        let text = hex::encode_prefixed(hash);
                        return Ok(Turn::Dialogs(vec![Dialog::new(Shown::MessageHash, "Confirm message hash", text)]));
                    }
                }
                Phase::Last => {
                    self.phase = Phase::Sign;
                    let page = Dialog::new(Shown::TypedLast, "Confirm typed data", "Really sign EIP-712 typed data?");
                    return Ok(Turn::Dialogs(vec![page]));
                }
                Phase::Sign => {
                    let [domain, message] = self.hashes.as_slice() else { return Err(Failed::data("Cannot sign")) };
                    let digest = digest(*domain, *message);
                    return signature(&self.path, self.address.clone(), digest, keys).map(Turn::Done);
                }
            }
        }
    }

    /// The page with the message's fields.
    fn contents(&self) -> Dialog {
        let names: Vec<&str> =
            self.types.get(&self.primary).unwrap_or_default().iter().map(|member| member.name.as_str()).collect();
        let keys = if names.len() == 1 { "key" } else { "keys" };
        let text = format!("{} Contains {} {keys} {}", self.primary, names.len(), names.join(", "));
        Dialog::new(Shown::TypedStruct, "Confirm message", printable(&text))
    }
}

/// The question for a value.
fn value(path: &[u32]) -> Turn {
    let mut request = EthereumTypedDataValueRequest::new();
    request.member_path = path.to_vec();
    Turn::Ask(frame(MessageType::MessageType_EthereumTypedDataValueRequest, &request))
}
