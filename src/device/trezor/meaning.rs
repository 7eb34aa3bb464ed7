//! Whether two requests mean the same, however each was written.
//!
//! - A field that is absent is the same as one that holds its default; order and packing do not count.
//! - In a multisig the two ways of writing its keys are one; empty signatures at its end say nothing; and where its
//!   keys are to be sorted their order says nothing.

use super::wire;
use protobuf::reflect::{MessageDescriptor, ReflectValueRef, RuntimeFieldType, RuntimeType};
use protobuf::{MessageDyn, MessageFull};
use trezor_client::protos::multisig_redeem_script_type::HDNodePathType;
use trezor_client::protos::{self, MultisigPubkeysOrder, MultisigRedeemScriptType};

/// Whether two bodies of one kind of request mean the same.
pub(super) fn same(kind: u16, one: &[u8], other: &[u8]) -> bool {
    if one == other {
        return true;
    }
    let Some(descriptor) = descriptor(kind) else { return false };
    match (descriptor.parse_from_bytes(one), descriptor.parse_from_bytes(other)) {
        (Ok(one), Ok(other)) => messages(&*one, &*other),
        _ => false,
    }
}

/// What a request of a kind is made of.
fn descriptor(kind: u16) -> Option<MessageDescriptor> {
    macro_rules! among {
        ($($message:ident)+) => {
            $(if kind == wire::kind::<protos::$message>() { return Some(protos::$message::descriptor()); })+
        };
    }
    among! {
        Initialize GetFeatures EndSession Cancel ButtonAck PinMatrixAck PassphraseAck
        GetPublicKey GetAddress SignTx TxAck SignMessage
        EthereumGetAddress EthereumSignMessage EthereumSignTx EthereumSignTxEIP1559 EthereumTxAck
        EthereumSignTypedData EthereumTypedDataStructAck EthereumTypedDataValueAck EthereumSignTypedHash
    }
    None
}

fn messages(one: &dyn MessageDyn, other: &dyn MessageDyn) -> bool {
    match (one.downcast_ref(), other.downcast_ref()) {
        (Some(one), Some(other)) => fields(&multisig(one), &multisig(other)),
        _ => fields(one, other),
    }
}

fn fields(one: &dyn MessageDyn, other: &dyn MessageDyn) -> bool {
    let unknown = |message: &dyn MessageDyn| message.special_fields_dyn().unknown_fields().clone();
    unknown(one) == unknown(other)
        && one.descriptor_dyn().fields().all(|field| match field.runtime_field_type() {
            RuntimeFieldType::Singular(RuntimeType::Message(_)) => {
                match (field.has_field(one), field.has_field(other)) {
                    (true, true) => messages(&*field.get_message(one), &*field.get_message(other)),
                    (one, other) => one == other,
                }
            }
            RuntimeFieldType::Singular(_) => {
                field.get_singular_field_or_default(one) == field.get_singular_field_or_default(other)
            }
            RuntimeFieldType::Repeated(_) => {
                let (one, other) = (field.get_repeated(one), field.get_repeated(other));
                one.len() == other.len() && (&one).into_iter().zip(&other).all(|(one, other)| values(&one, &other))
            }
            RuntimeFieldType::Map(..) => false,
        })
}

fn values(one: &ReflectValueRef<'_>, other: &ReflectValueRef<'_>) -> bool {
    match (one, other) {
        (ReflectValueRef::Message(one), ReflectValueRef::Message(other)) => messages(&**one, &**other),
        _ => one == other,
    }
}

/// One way of writing a multisig.
fn multisig(given: &MultisigRedeemScriptType) -> MultisigRedeemScriptType {
    let mut plain = given.clone();
    if plain.pubkeys.is_empty() {
        let steps = std::mem::take(&mut plain.address_n);
        plain.pubkeys = std::mem::take(&mut plain.nodes)
            .into_iter()
            .map(|node| HDNodePathType { node: Some(node).into(), address_n: steps.clone(), ..Default::default() })
            .collect();
    }
    while plain.signatures.last().is_some_and(Vec::is_empty) {
        plain.signatures.pop();
    }
    if plain.pubkeys_order() == MultisigPubkeysOrder::LEXICOGRAPHIC {
        plain.pubkeys.sort_by(|one, other| {
            let key = |path: &HDNodePathType| (path.node.public_key().to_vec(), path.node.chain_code().to_vec());
            key(one).cmp(&key(other))
        });
    }
    plain
}
