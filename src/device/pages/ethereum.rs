//! What the device will show for Ethereum.
//!
//! - Foretold are transfers and calls on Ethereum's main network, plain texts, and typed data of one level with numbers,
//!   addresses and bytes: what a Safe signs. Everything else has no pages here.
//! - Typed data with all its fields is foretold for a Ledger as with *Raw messages* on, unless *Blind signing* is known to be:
//!   then it shows the domain and a hash. Whether raw messages are on besides is told by nothing; it shows the fields then.

use super::Page;
use crate::device::capabilities::CORE_SHOWS_HASH;
use crate::device::ethereum::typed_data::DOMAIN;
use crate::device::ethereum::{Mode, Signable, Transaction, TypedData};
use crate::device::{About, Model};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::utils::format_ether;
use alloy_primitives::{Address, B256, Bytes, TxKind, U256, hex};

/// The chain whose amounts are in ETH and whose name is not shown.
const MAIN: u64 = 1;

/// How much of a call's data a Trezor shows, in bytes.
const PREVIEW: usize = 27;

/// Calls that a Trezor shows in words of its own: ERC-20's `transfer` and `approve`.
const TOKENS: [[u8; 4]; 2] = [[0xa9, 0x05, 0x9c, 0xbb], [0x09, 0x5e, 0xa7, 0xb3]];

/// The longest bytes that a Ledger shows whole.
const LONGEST_LEDGER: usize = 188;

/// The longest text that was seen on a screen as it was sent.
const LONGEST_TEXT: usize = 512;

/// The pages of an Ethereum address.
pub fn eth_address(model: Model, address: &Address) -> Vec<Page> {
    let text = address.to_checksum(None);
    match model {
        model if model.is_ledger() => {
            vec![Page::new("Verify Ethereum", "address"), Page::new("Address", text), Page::new("Confirm", "")]
        }
        Model::TrezorT | Model::Safe3 | Model::Safe5 => vec![Page::new("Receive address", text)],
        _ => Vec::new(),
    }
}

/// The pages before something is signed for an account; none where they are not known.
pub fn eth_signing(about: &About, account: &Address, what: &Signable) -> Vec<Page> {
    let pages = match about.model {
        model if model.is_ledger() => match what {
            Signable::Message(text) => readable(text).map(|text| {
                vec![Page::new("Review message", ""), Page::new("Message", text), Page::new("Sign message", "")]
            }),
            Signable::Transaction(transaction) => ledger_transaction(account, transaction),
            Signable::TypedData(data, Mode::Hashes) => ledger_hashes(data),
            Signable::TypedData(data, Mode::Full) => ledger_full(data, about.blind_signing == Some(true)),
        },
        Model::TrezorT | Model::Safe3 | Model::Safe5 => match what {
            Signable::Message(text) => readable(text).map(|text| {
                vec![Page::new("Signing address", account.to_checksum(None)), Page::new("Confirm message", text)]
            }),
            Signable::Transaction(transaction) => trezor_transaction(transaction),
            Signable::TypedData(data, Mode::Full) => {
                let shows_hash = about.firmware.is_some_and(|firmware| firmware >= CORE_SHOWS_HASH);
                trezor_typed(account, data, shows_hash)
            }
            Signable::TypedData(_, Mode::Hashes) => None,
        },
        _ => None,
    };
    pages.unwrap_or_default()
}

/// A text that every screen can show.
fn readable(text: &[u8]) -> Option<String> {
    let plain = text.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
    let text = std::str::from_utf8(text).ok().filter(|text| plain && !text.is_empty() && text.len() <= LONGEST_TEXT)?;
    Some(text.trim_end().replace('\n', " "))
}

/// What a transaction does.
struct Sent<'a> {
    to: Address,
    value: U256,
    data: &'a Bytes,
    fee: U256,
}

impl<'a> Sent<'a> {
    fn of(transaction: &'a Transaction) -> Option<Self> {
        let (chain, to, value, data, gas, price) = match transaction {
            Transaction::Legacy(it) => (it.chain_id, it.to, it.value, &it.input, it.gas_limit, it.gas_price),
            Transaction::Eip1559(it) if it.access_list.is_empty() => {
                (Some(it.chain_id), it.to, it.value, &it.input, it.gas_limit, it.max_fee_per_gas)
            }
            Transaction::Eip1559(_) => return None,
        };
        let TxKind::Call(to) = to else { return None };
        let fee = U256::from(gas).checked_mul(U256::from(price))?;
        (chain == Some(MAIN)).then_some(Self { to, value, data, fee })
    }
}

/// An amount in ether.
fn ether(wei: U256) -> String {
    let digits = format_ether(wei);
    format!("{} ETH", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// An amount as a Trezor writes it: the smallest in wei.
fn ether_or_wei(wei: U256) -> String {
    if wei < U256::from(1_000_000_000_u64) { format!("{wei} Wei ETH") } else { ether(wei) }
}

/// A hash as a Ledger writes it.
fn loud(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode_upper(bytes))
}

fn risk() -> Page {
    Page::new("Blind signing ahead", "To accept risk, press both buttons")
}

fn ledger_transaction(account: &Address, transaction: &Transaction) -> Option<Vec<Page>> {
    let sent = Sent::of(transaction)?;
    let (from, to) = (Page::new("From", account.to_checksum(None)), Page::new("To", sent.to.to_checksum(None)));
    let (review, fees) = (Page::new("Review transaction", ""), Page::new("Max fees", ether(sent.fee)));
    match (sent.data.is_empty(), sent.value.is_zero()) {
        (true, false) => Some(vec![
            review,
            from,
            Page::new("Amount", ether(sent.value)),
            to,
            fees,
            Page::new("Sign transaction", ""),
        ]),
        (false, true) => {
            let hash = Page::new("Tx hash", transaction.hash().to_string());
            Some(vec![risk(), review, from, to, fees, hash, Page::new("Accept risk and", "sign transaction")])
        }
        // Neither nothing at all nor money for a call was ever seen there.
        _ => None,
    }
}

fn ledger_hashes(data: &TypedData) -> Option<Vec<Page>> {
    Some(vec![
        risk(),
        Page::new("Review typed", "message"),
        Page::new("Domain hash", loud(data.domain.separator().as_slice())),
        Page::new("Message hash", loud(message_hash(data)?.as_slice())),
        Page::new("Sign message", ""),
    ])
}

fn ledger_full(data: &TypedData, blind: bool) -> Option<Vec<Page>> {
    let shown = |value: &DynSolValue| match value {
        DynSolValue::Bytes(bytes) if bytes.len() > LONGEST_LEDGER => None,
        DynSolValue::Bytes(bytes) => Some(loud(bytes)),
        value => plain(value),
    };
    let page = |field: &Shown<'_>| Some(Page::new(field.name, shown(&field.value)?));
    let domain: Vec<Page> = domain(data)?.iter().map(page).collect::<Option<_>>()?;
    let mut pages = vec![risk(), Page::new("Review typed", "message")];
    if blind {
        pages.extend(domain);
        pages.push(Page::new("Message hash", loud(message_hash(data)?.as_slice())));
    } else {
        pages.push(Page::new("Review struct", DOMAIN));
        pages.extend(domain);
        pages.push(Page::new("Review struct", &data.primary_type));
        pages.extend(message(data)?.iter().map(page).collect::<Option<Vec<_>>>()?);
    }
    pages.push(Page::new("Sign message", ""));
    Some(pages)
}

fn trezor_transaction(transaction: &Transaction) -> Option<Vec<Page>> {
    let Transaction::Eip1559(_) = transaction else { return None };
    let sent = Sent::of(transaction)?;
    let to = sent.to.to_checksum(None);
    let sums = format!("Amount: {} Maximum fee: {}", ether_or_wei(sent.value), ether_or_wei(sent.fee));
    let summary = Page::new("Summary", sums);
    if sent.data.is_empty() {
        return Some(vec![Page::new("Address", format!("Recipient: {to}")), summary]);
    }
    if TOKENS.iter().any(|call| sent.data.starts_with(call)) {
        return None;
    }
    let begins = sent.data.get(..PREVIEW).filter(|begins| begins.len() < sent.data.len())?;
    Some(vec![
        Page::new(format!("Data: {PREVIEW} / {} bytes", sent.data.len()), hex::encode(begins)),
        Page::new("Address", format!("Interaction contract: {to}")),
        summary,
    ])
}

fn trezor_typed(account: &Address, data: &TypedData, shows_hash: bool) -> Option<Vec<Page>> {
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).unwrap_or("unknown").to_owned();
    let (name, version) = (text(data.domain.name.as_deref()), text(data.domain.version.as_deref()));
    let fields = |of: &str, fields: Vec<Shown<'_>>| -> Option<Vec<Page>> {
        let page = |field: &Shown<'_>| {
            let value = match &field.value {
                DynSolValue::Bytes(bytes) => hex::encode(bytes),
                value => plain(value)?,
            };
            let text = format!("{} ({}): {value}", field.name, field.kind);
            Some(Page { on_demand: true, ..Page::new(of, text) })
        };
        fields.iter().map(page).collect()
    };
    let message = message(data)?;
    let names: Vec<&str> = message.iter().map(|field| field.name).collect();
    let keys = if names.len() == 1 { "key" } else { "keys" };
    let contains = format!("{} Contains {} {keys} {}", data.primary_type, names.len(), names.join(", "));
    // Of all that it shows only this address has no capitals.
    let mut pages = vec![Page::new("Signing address", format!("{account:?}").to_lowercase())];
    pages.push(Page::new("Confirm domain", format!("Name and version {name} {version}")));
    pages.extend(fields(DOMAIN, domain(data)?)?);
    pages.push(Page::new("Confirm message", contains));
    pages.extend(fields(&data.primary_type, message)?);
    if shows_hash {
        pages.push(Page::new("Confirm message hash", message_hash(data)?.to_string()));
    }
    pages.push(Page::new("Confirm typed data", "Really sign EIP-712 typed data?"));
    Some(pages)
}

fn message_hash(data: &TypedData) -> Option<B256> {
    data.hash_struct().ok()
}

/// A field with its value.
struct Shown<'a> {
    name: &'a str,
    kind: &'a str,
    value: DynSolValue,
}

/// A number or an address; none for what was never seen on a screen.
fn plain(value: &DynSolValue) -> Option<String> {
    match value {
        DynSolValue::Uint(number, _) => Some(number.to_string()),
        DynSolValue::Address(address) => Some(address.to_checksum(None)),
        _ => None,
    }
}

fn domain(data: &TypedData) -> Option<Vec<Shown<'_>>> {
    let fields = data.fields(DOMAIN)?.iter().map(|field| {
        let value = match field.name.as_str() {
            "chainId" => DynSolValue::Uint(data.domain.chain_id?, 256),
            "verifyingContract" => DynSolValue::Address(data.domain.verifying_contract?),
            _ => return None,
        };
        Some(Shown { name: &field.name, kind: &field.kind, value })
    });
    fields.collect()
}

fn message(data: &TypedData) -> Option<Vec<Shown<'_>>> {
    let DynSolValue::CustomStruct { tuple, .. } = data.coerce().ok()? else { return None };
    let fields = data.fields(&data.primary_type)?;
    let shown = fields.iter().zip(tuple).map(|(field, value)| Shown { name: &field.name, kind: &field.kind, value });
    Some(shown.collect())
}
