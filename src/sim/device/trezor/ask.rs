//! What a host asks for: keys, addresses, signatures.

use super::coin::{self, Coin, Kind, allowed, fitting};
use super::dialog::{Dialog, Shown};
use super::failure::Failed;
use super::model::TrezorModel;
use super::payment::Payment;
use super::sign::Signing;
use super::talk::{Talk, Turn};
use super::wire::Frame;
use super::{ethereum, sent, typed};
use crate::market::printable;
use crate::sim::device::screen::Buttons;
use crate::sim::device::script;
use crate::sim::device::seed::{Keys, mac};
use bitcoin::base58;
use bitcoin::bip32::Xpub;
use bitcoin::hashes::{Hash, sha256d};
use protobuf::Message;
use trezor_client::protos::{self, InputScriptType, MessageType};

/// The deepest path.
const MAX_STEPS: usize = 10;

/// A question that needs the seed.
pub enum Ask {
    PublicKey(protos::GetPublicKey),
    Address(Box<protos::GetAddress>),
    SignTx(Box<protos::SignTx>),
    SignMessage(protos::SignMessage),
    EthereumAddress(protos::EthereumGetAddress),
    EthereumMessage(protos::EthereumSignMessage),
    EthereumLegacy(Box<protos::EthereumSignTx>),
    EthereumMarket(Box<protos::EthereumSignTxEIP1559>),
    TypedData(protos::EthereumSignTypedData),
    TypedHash(protos::EthereumSignTypedHash),
}

/// What comes of it.
pub enum Outcome {
    /// An answer, after pages where there are any.
    Answer(Vec<Dialog>, Frame),
    /// The first question about a transaction.
    Signing(Box<Signing>, Frame),
    /// Something that takes several turns.
    Talk(Talk, Turn),
}

/// A message on its way out.
pub fn frame<M: Message>(kind: MessageType, message: &M) -> Frame {
    Frame { kind: u16::try_from(kind as i32).unwrap_or_default(), body: message.write_to_bytes().unwrap_or_default() }
}

impl Ask {
    /// The question in a message; none where it is none of the model's.
    pub fn read(frame: &Frame, model: TrezorModel) -> Option<Result<Self, Failed>> {
        let one = model == TrezorModel::One;
        let failed = |_| Failed::data("Failed to decode message");
        let body = frame.body.as_slice();
        Some(match frame.kind {
            11 => protos::GetPublicKey::parse_from_bytes(body).map(Self::PublicKey).map_err(failed),
            15 => protos::SignTx::parse_from_bytes(body).map(|told| Self::SignTx(Box::new(told))).map_err(failed),
            29 => protos::GetAddress::parse_from_bytes(body).map(|told| Self::Address(Box::new(told))).map_err(failed),
            56 => protos::EthereumGetAddress::parse_from_bytes(body).map(Self::EthereumAddress).map_err(failed),
            64 => protos::EthereumSignMessage::parse_from_bytes(body).map(Self::EthereumMessage).map_err(failed),
            58 => {
                protos::EthereumSignTx::parse_from_bytes(body).map(Box::new).map(Self::EthereumLegacy).map_err(failed)
            }
            452 => protos::EthereumSignTxEIP1559::parse_from_bytes(body)
                .map(Box::new)
                .map(Self::EthereumMarket)
                .map_err(failed),
            464 if !one => protos::EthereumSignTypedData::parse_from_bytes(body).map(Self::TypedData).map_err(failed),
            470 if one => protos::EthereumSignTypedHash::parse_from_bytes(body).map(Self::TypedHash).map_err(failed),
            38 => protos::SignMessage::parse_from_bytes(body).map(Self::SignMessage).map_err(failed),
            _ => return None,
        })
    }

    pub fn run(self, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
        match self {
            Self::PublicKey(told) => public_key(&told, model, keys),
            Self::Address(told) => address(&told, model, keys),
            Self::SignTx(told) => {
                let coin = coin(told.coin_name())?;
                let (signing, request) = Signing::begin(&told, model, coin)?;
                let request = frame(MessageType::MessageType_TxRequest, &request);
                Ok(Outcome::Signing(Box::new(signing), request))
            }
            Self::SignMessage(told) => message(&told, model, keys),
            Self::EthereumAddress(told) => ethereum::address(&told, model, keys),
            Self::EthereumMessage(told) => ethereum::message(&told, keys),
            Self::EthereumLegacy(told) => sent::legacy(&told, model, keys),
            Self::EthereumMarket(told) => sent::market(&told, model, keys),
            Self::TypedData(told) => typed::begin(&told, keys),
            Self::TypedHash(told) => typed::hashes(&told, keys),
        }
    }
}

fn coin(name: &str) -> Result<Coin, Failed> {
    coin::named(name).ok_or_else(|| Failed::data("Unsupported coin type"))
}

/// A page: on the One, which has no reject there, no only turns it.
pub fn page(model: TrezorModel, dialog: Dialog) -> Dialog {
    if model == TrezorModel::One { dialog.with(Buttons::Turn) } else { dialog }
}

/// The version bytes of an extended public key of a kind (SLIP-132).
fn magic(kind: Option<Kind>, coin: Coin) -> [u8; 4] {
    match (kind, coin.number) {
        (Some(Kind::Nested), 0) => [0x04, 0x9d, 0x7c, 0xb2],
        (Some(Kind::Nested), _) => [0x04, 0x4a, 0x52, 0x62],
        (Some(Kind::Witness), 0) => [0x04, 0xb2, 0x47, 0x46],
        (Some(Kind::Witness), _) => [0x04, 0x5f, 0x1c, 0xf6],
        (_, 0) => [0x04, 0x88, 0xb2, 0x1e],
        _ => [0x04, 0x35, 0x87, 0xcf],
    }
}

fn encoded(xpub: &Xpub, magic: [u8; 4]) -> String {
    let bytes = xpub.encode();
    base58::encode_check(&[&magic, bytes.get(4..).unwrap_or_default()].concat())
}

fn descriptor(xpub: &str, kind: Option<Kind>, path: &[u32], keys: &Keys) -> Option<String> {
    let origin = script::path(path).replace('\'', "h");
    let key = format!("[{}/{origin}]{xpub}/<0;1>/*", keys.fingerprint());
    let text = match kind? {
        Kind::Legacy => format!("pkh({key})"),
        Kind::Witness => format!("wpkh({key})"),
        Kind::Nested => format!("sh(wpkh({key}))"),
        Kind::Taproot => format!("tr({key})"),
    };
    let sum = miniscript::descriptor::checksum::desc_checksum(&text).ok()?;
    Some(format!("{text}#{sum}"))
}

fn public_key(told: &protos::GetPublicKey, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
    let coin = coin(told.coin_name())?;
    if told.address_n.len() > MAX_STEPS || !matches!(told.ecdsa_curve_name(), "" | "secp256k1") {
        return Err(Failed::data("Invalid path or curve"));
    }
    let path = told.address_n.as_slice();
    let xpub = keys.xpub(path, coin.network.into()).ok_or_else(|| Failed::data("Invalid path"))?;
    let kind = Kind::of_input(told.script_type());
    let shown = if told.ignore_xpub_magic() { None } else { kind };
    let text = encoded(&xpub, magic(shown, coin));
    let mut node = protos::HDNodeType::new();
    node.set_depth(u32::from(xpub.depth));
    node.set_fingerprint(u32::from_be_bytes(xpub.parent_fingerprint.to_bytes()));
    node.set_child_num(u32::from(xpub.child_number));
    node.set_chain_code(xpub.chain_code.to_bytes().to_vec());
    node.set_public_key(xpub.public_key.serialize().to_vec());
    let mut answer = protos::PublicKey::new();
    answer.node = Some(node).into();
    answer.set_xpub(text.clone());
    answer.set_root_fingerprint(u32::from_be_bytes(keys.fingerprint().to_bytes()));
    answer.descriptor = descriptor(&encoded(&xpub, magic(None, coin)), kind, path, keys);
    let mut dialogs = Vec::new();
    if told.show_display() {
        let fits = kind.is_some_and(|kind| fitting(path, coin, kind, false));
        match model {
            TrezorModel::One => {
                let page =
                    |part: &str| Dialog::new(Shown::PublicKey, format!("XPUB {part}"), &text).with(Buttons::Turn);
                dialogs.extend([page("1/2"), page("2/2")]);
            }
            TrezorModel::T => {
                dialogs.extend((!fits).then(|| Dialog::path(model, path)));
                dialogs.push(Dialog::new(Shown::PublicKey, "XPUB", &text).pages(2));
            }
        }
    }
    Ok(Outcome::Answer(dialogs, frame(MessageType::MessageType_PublicKey, &answer)))
}

fn address(told: &protos::GetAddress, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
    let coin = coin(told.coin_name())?;
    let path = told.address_n.as_slice();
    if !allowed(path, coin) {
        return Err(Failed::forbidden_path());
    }
    let kind = Kind::of_input(told.script_type()).ok_or_else(|| Failed::data("Invalid script type"))?;
    let payment = Payment::at(path, kind, told.multisig.as_ref(), keys)?;
    let text = payment.address(coin)?;
    let several = payment.several.is_some();
    let mut dialogs = Vec::new();
    if told.show_display() {
        if !fitting(path, coin, kind, several) {
            dialogs.push(Dialog::path(model, path));
        }
        let title = if several { "Receive address (MULTISIG)" } else { "Receive address" };
        if several && model == TrezorModel::T {
            let text = "Receiving to a multisig address. Continue anyway?";
            dialogs.push(Dialog::new(Shown::MultisigWarning, "", text));
        }
        dialogs.push(page(model, Dialog::new(Shown::Address, title, &text)));
    }
    let mut answer = protos::Address::new();
    if model == TrezorModel::T && !several {
        answer.set_mac(proof(&text, coin.number, path, keys));
    }
    answer.set_address(text);
    Ok(Outcome::Answer(dialogs, frame(MessageType::MessageType_Address, &answer)))
}

/// What the newer firmware adds to an address, to know it again (SLIP-24).
pub fn proof(address: &str, coin: u32, path: &[u32], keys: &Keys) -> Vec<u8> {
    let length = |length: usize| [u8::try_from(length).unwrap_or_default()];
    let steps: Vec<u8> = path.iter().flat_map(|step| step.to_le_bytes()).collect();
    let key = keys.symmetric(&["SLIP-0024", "Address MAC key"]);
    let parts = [&coin.to_le_bytes()[..], &length(path.len()), &steps, &length(address.len()), address.as_bytes()];
    mac(&key, &parts).to_vec()
}

fn message(told: &protos::SignMessage, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
    let coin = coin(told.coin_name())?;
    let path = told.address_n.as_slice();
    if !allowed(path, coin) {
        return Err(Failed::forbidden_path());
    }
    let kind = Kind::of_input(told.script_type()).filter(|_| told.script_type() != InputScriptType::SPENDMULTISIG);
    let (kind, offset) = match kind {
        Some(Kind::Legacy) => (Kind::Legacy, 31),
        Some(Kind::Nested) => (Kind::Nested, 35),
        Some(Kind::Witness) => (Kind::Witness, 39),
        _ => return Err(Failed::data("Unsupported script type")),
    };
    let offset = if told.no_script_type() { 31 } else { offset };
    let address = Payment::at(path, kind, None, keys)?.address(coin)?;
    let text = told.message();
    let length = bitcoin::consensus::serialize(&bitcoin::VarInt::from(text.len()));
    let digest = sha256d::Hash::hash(&[b"\x18Bitcoin Signed Message:\n", length.as_slice(), text].concat());
    let signed = keys.recoverable(path, digest.to_byte_array()).ok_or_else(|| Failed::data("Cannot sign"))?;
    let mut answer = protos::MessageSignature::new();
    answer.set_address(address.clone());
    answer.set_signature([&[signed.0.wrapping_add(offset)], signed.1.as_slice()].concat());
    let mut dialogs = vec![
        Dialog::new(Shown::Message, "Signing address", address),
        Dialog::new(Shown::Message, "Confirm message", readable(text)),
    ];
    if !fitting(path, coin, kind, false) {
        dialogs.insert(0, Dialog::path(model, path));
    }
    Ok(Outcome::Answer(dialogs, frame(MessageType::MessageType_MessageSignature, &answer)))
}

/// A text as it is shown; bytes that are no text as hex.
pub fn readable(text: &[u8]) -> String {
    match std::str::from_utf8(text) {
        Ok(text) => printable(text).into_owned(),
        Err(_) => bitcoin::hex::DisplayHex::to_lower_hex_string(text),
    }
}
