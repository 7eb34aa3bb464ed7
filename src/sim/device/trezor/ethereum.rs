//! Ethereum: addresses and signed texts.

use super::ask::{Outcome, frame, page, proof, readable};
use super::dialog::{Dialog, Shown};
use super::failure::Failed;
use super::model::TrezorModel;
use crate::sim::device::script::HARDENED;
use crate::sim::device::seed::Keys;
use alloy_primitives::eip191_hash_message;
use trezor_client::protos::{self, MessageType};

/// Ethereum's number in paths.
const NUMBER: u32 = 60;

/// The address of a path where Ethereum's addresses lie.
pub fn allowed(path: &[u32], keys: &Keys) -> Result<String, Failed> {
    match path {
        [purpose, coin, account, 0, index]
            if *purpose == 44 | HARDENED && *coin == NUMBER | HARDENED && *account >= HARDENED && *index < HARDENED => {
        }
        _ => return Err(Failed::forbidden_path()),
    }
    keys.ethereum(path).ok_or_else(|| Failed::data("Invalid path"))
}

pub fn address(told: &protos::EthereumGetAddress, model: TrezorModel, keys: &Keys) -> Result<Outcome, Failed> {
    let path = told.address_n.as_slice();
    let text = allowed(path, keys)?;
    let shown = told.show_display().then(|| page(model, Dialog::new(Shown::Address, "Receive address", &text)));
    let mut answer = protos::EthereumAddress::new();
    if model == TrezorModel::T {
        answer.set_mac(proof(&text, NUMBER, path, keys));
    }
    answer.set_address(text);
    let answer = frame(MessageType::MessageType_EthereumAddress, &answer);
    Ok(Outcome::Answer(shown.into_iter().collect(), answer))
}

pub fn message(told: &protos::EthereumSignMessage, keys: &Keys) -> Result<Outcome, Failed> {
    let (path, text) = (told.address_n.as_slice(), told.message());
    let address = allowed(path, keys)?;
    let signed = keys.recoverable(path, eip191_hash_message(text).0);
    let (number, signature) = signed.ok_or_else(|| Failed::data("Cannot sign"))?;
    let pages = vec![
        Dialog::new(Shown::Message, "Signing address", &address),
        Dialog::new(Shown::Message, "Confirm message", readable(text)),
    ];
    let mut answer = protos::EthereumMessageSignature::new();
    answer.set_signature([signature.as_slice(), &[number.wrapping_add(27)]].concat());
    answer.set_address(address);
    Ok(Outcome::Answer(pages, frame(MessageType::MessageType_EthereumMessageSignature, &answer)))
}
