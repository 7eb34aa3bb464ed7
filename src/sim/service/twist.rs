//! How the faults that are lies change what is served.

use super::answer::Ask;
use super::fault::{Field, ServiceFault};
use super::list::{Item, Page};
use super::row::Row;
use super::shape::{Confirmed, Decoded, Parameter, Shape, shape};
use super::world::World;
use crate::treasury::ethereum::Operation;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use bitcoin::secp256k1::{Message, Secp256k1, SecretKey};
use serde_json::{Value, json};

/// How many rows a huge page has.
const HUGE: usize = 20_000;

/// How deep lists in lists go.
const DEEP: usize = 100_000;

/// 2^256, which no word holds.
const OVERFLOW: &str = "115792089237316195423570985008687907853269984665640564039457584007913129639936";

/// What a terminal would obey: a title, a colour, a cleared screen, a turned direction, a link.
pub const ESCAPES: &str =
    "\u{1b}]0;owned\u{7}\u{1b}[31m\u{1b}[2J\u{9b}1m\u{202e}\u{1b}]8;;http://evil\u{1b}\\x\u{0}\r\n\u{8}";

/// The key of a stranger, who owns nothing.
const STRANGER: [u8; 32] = [7; 32];

/// A stranger's signature over a hash, and who that is.
fn stranger(hash: &B256) -> Option<(Address, Bytes)> {
    let curve = Secp256k1::new();
    let key = SecretKey::from_slice(&STRANGER).ok()?;
    let [_, point @ ..] = key.public_key(&curve).serialize_uncompressed();
    let (id, compact) = curve.sign_ecdsa_recoverable(&Message::from_digest(hash.0), &key).serialize_compact();
    let v = u8::try_from(id.to_i32()).ok()?.checked_add(27)?;
    Some((Address::from_raw_public_key(&point), [compact.as_slice(), &[v]].concat().into()))
}

/// What is told of a Safe.
pub fn info(mut info: Value, fault: Option<ServiceFault>) -> Value {
    let lies = match fault {
        Some(ServiceFault::Owners) => {
            let owner = stranger(&B256::ZERO).map(|(owner, _)| owner).unwrap_or_default().to_checksum(None);
            json!({ "owners": [owner], "threshold": 1, "nonce": "0" })
        }
        Some(ServiceFault::Version) => json!({ "version": "1.1.1" }),
        Some(ServiceFault::Escapes) => json!({ "version": format!("1.4.1{ESCAPES}"), "masterCopy": ESCAPES }),
        Some(ServiceFault::Overflow) => json!({ "nonce": OVERFLOW, "threshold": -1 }),
        _ => return info,
    };
    if let (Value::Object(info), Value::Object(lies)) = (&mut info, lies) {
        info.extend(lies);
    }
    info
}

/// What is told on a page.
pub fn page(world: &World, mut page: Page, version: u8, ask: &Ask<'_>) -> Page {
    page.results = page.results.into_iter().map(|one| item(world, one, version, ask.fault)).collect();
    let (host, path) = (ask.host, &ask.request.path);
    match ask.fault {
        Some(ServiceFault::Empty) => (page.results, page.count, page.next) = (Vec::new(), 0, None),
        Some(ServiceFault::Doubled) => {
            page.results = page.results.iter().flat_map(|one| [one.clone(), one.clone()]).collect()
        }
        Some(ServiceFault::HugePage) => page.results = page.results.iter().cycle().take(HUGE).cloned().collect(),
        Some(ServiceFault::Endless) => {
            page.count = u64::MAX;
            page.next = Some(format!("http://{host}{path}?offset=1"));
        }
        Some(ServiceFault::Elsewhere) => {
            page.count = page.count.saturating_add(1_000);
            page.next = Some(elsewhere(host, path));
        }
        Some(ServiceFault::OtherSafe) => {
            let asked = page.results.iter().find_map(Item::safe);
            let foreign = |row: &&Row| Some(row.at.safe.to_checksum(None)) != asked;
            let others = world.rows.iter().filter(foreign).map(|row| Item::Row(Box::new(shape(world, row, version))));
            page.results.splice(0..0, others);
        }
        Some(ServiceFault::Absurd) => {
            let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
            let absurd = ["null", "1", "\"\"", "[]", "{}", "{\"safeTxHash\":[]}", "{\"nonce\":-1e999}", &deep];
            page.results.splice(0..0, absurd.map(|text| Item::Raw(text.to_owned())));
        }
        Some(ServiceFault::Deep) => {
            // Not parsed here: it is written as it is.
            page.results.push(Item::Raw(format!("{}{}", "[".repeat(DEEP), "]".repeat(DEEP))));
        }
        _ => {}
    }
    page
}

/// Another origin that leads here, so that it is seen who goes there.
pub fn elsewhere(host: &str, path: &str) -> String {
    let port = host.rsplit(':').next().unwrap_or_default();
    format!("http://localhost:{port}/elsewhere{path}")
}

impl Item {
    fn safe(&self) -> Option<String> {
        match self {
            Self::Row(shape) => Some(shape.safe.clone()),
            Self::Raw(_) => None,
        }
    }
}

/// What is told of one transaction.
pub fn item(world: &World, mut item: Item, version: u8, fault: Option<ServiceFault>) -> Item {
    if let (Item::Row(shape), Some(fault)) = (&mut item, fault) {
        let row = shape.safe_tx_hash.parse().ok().and_then(|hash| world.row(&hash));
        if let Some(row) = row {
            lie(world, row, shape, version, fault);
        }
    }
    item
}

fn lie(world: &World, row: &Row, shape: &mut Shape, version: u8, fault: ServiceFault) {
    let owners = world.safe(&row.at.safe).map(|safe| safe.owners.clone()).unwrap_or_default();
    let stranger = stranger(&row.hash);
    let confirmed = |owner: Address, signature: &[u8], kind: &str| Confirmed {
        owner: owner.to_checksum(None),
        submission_date: row.submitted.to_string(),
        transaction_hash: None,
        signature: hex::encode_prefixed(signature),
        signature_type: kind.to_owned(),
    };
    match fault {
        ServiceFault::Forged(field) | ServiceFault::Invented(field) => {
            let changed = changed(row, field);
            let mut told = super::shape::shape(world, &changed, version);
            if matches!(fault, ServiceFault::Forged(_)) && field != Field::Hash {
                told.safe_tx_hash = row.hash.to_string();
            }
            *shape = told;
        }
        ServiceFault::Hidden => shape.confirmations.clear(),
        ServiceFault::Foreign => {
            shape.confirmations.extend(stranger.iter().map(|(who, signature)| confirmed(*who, signature, "EOA")));
        }
        ServiceFault::Wrong => {
            let Some((_, signature)) = stranger else { return };
            shape.confirmations.extend(owners.iter().map(|owner| confirmed(*owner, &signature, "EOA")));
        }
        ServiceFault::Swapped => {
            for (given, owner) in shape.confirmations.iter_mut().zip(owners.iter().cycle().skip(1)) {
                given.owner = owner.to_checksum(None);
            }
        }
        ServiceFault::Replayed => replay(world, row, shape),
        ServiceFault::Repeated => {
            let given = shape.confirmations.iter();
            shape.confirmations = given.flat_map(|one| [one.clone(), one.clone(), one.clone()]).collect();
        }
        ServiceFault::Approved => {
            let part = |owner: &Address| [owner.into_word().as_slice(), &[0; 32], &[1]].concat();
            shape.confirmations = owners.iter().map(|owner| confirmed(*owner, &part(owner), "APPROVED_HASH")).collect();
        }
        ServiceFault::Contract => {
            let number = |number: u8| B256::with_last_byte(number);
            let part = |owner: &Address| {
                [owner.into_word().as_slice(), number(65).as_slice(), &[0], number(1).as_slice(), &[1]].concat()
            };
            let all = owners.iter().map(|owner| confirmed(*owner, &part(owner), "CONTRACT_SIGNATURE"));
            shape.confirmations = all.collect();
        }
        ServiceFault::Executed => {
            (shape.is_executed, shape.is_successful, shape.block_number) = (true, Some(true), Some(1));
            shape.transaction_hash = Some(row.hash.to_string());
        }
        ServiceFault::Owners => shape.confirmations_required = 0,
        ServiceFault::Decoded => shape.data_decoded = Some(decoded("transfer", &owners)),
        ServiceFault::Overflow => {
            for number in [&mut shape.nonce, &mut shape.safe_tx_gas, &mut shape.base_gas] {
                number.digits = OVERFLOW.to_owned();
            }
            (shape.value, shape.gas_price) = (OVERFLOW.to_owned(), OVERFLOW.to_owned());
        }
        ServiceFault::Escapes => {
            shape.origin = ESCAPES.to_owned();
            shape.submission_date.push_str(ESCAPES);
            shape.proposer = Some(ESCAPES.to_owned());
            shape.data_decoded = Some(decoded(ESCAPES, &owners));
            shape.confirmations.iter_mut().for_each(|given| given.signature_type.push_str(ESCAPES));
            let mut other = confirmed(Address::ZERO, &[0; 65], ESCAPES);
            (other.owner, other.signature) = (ESCAPES.to_owned(), ESCAPES.to_owned());
            shape.confirmations.push(other);
        }
        _ => {}
    }
}

fn decoded(method: &str, owners: &[Address]) -> Decoded {
    let to = owners.first().copied().unwrap_or_default();
    let parameter =
        |name: &str, kind: &str, value: String| Parameter { name: name.to_owned(), kind: kind.to_owned(), value };
    let parameters = vec![parameter("to", "address", to.to_string()), parameter("value", "uint256", "1".to_owned())];
    Decoded { method: method.to_owned(), parameters }
}

/// Signatures of the same owners over another transaction of the same Safe.
fn replay(world: &World, row: &Row, shape: &mut Shape) {
    for given in &mut shape.confirmations {
        let others = world.rows.iter().filter(|other| other.at.safe == row.at.safe && other.hash != row.hash);
        let same =
            others.flat_map(|other| &other.confirmations).find(|other| other.owner.to_checksum(None) == given.owner);
        if let Some(same) = same {
            given.signature = hex::encode_prefixed(&same.signature);
        }
    }
}

/// A transaction with another field.
fn changed(row: &Row, field: Field) -> Row {
    let Row { mut at, mut tx, .. } = row.clone();
    let other = Address::repeat_byte(0x66);
    match field {
        Field::Safe => at.safe = other,
        Field::To => tx.to = other,
        Field::Value => tx.value = tx.value.wrapping_add(U256::ONE),
        Field::Data => tx.data = [tx.data.as_ref(), &[0]].concat().into(),
        Field::Operation => {
            tx.operation = match tx.operation {
                Operation::Call => Operation::DelegateCall,
                Operation::DelegateCall => Operation::Call,
            }
        }
        Field::SafeTxGas => tx.safe_tx_gas = tx.safe_tx_gas.wrapping_add(U256::ONE),
        Field::BaseGas => tx.base_gas = tx.base_gas.wrapping_add(U256::ONE),
        Field::GasPrice => tx.gas_price = tx.gas_price.wrapping_add(U256::ONE),
        Field::GasToken => tx.gas_token = other,
        Field::RefundReceiver => tx.refund_receiver = other,
        Field::Nonce => tx.nonce = tx.nonce.wrapping_add(U256::ONE),
        Field::Hash => return Row { hash: B256::repeat_byte(0x66), ..row.clone() },
    }
    Row { hash: tx.hashes(&at).safe_tx, at, tx, ..row.clone() }
}
