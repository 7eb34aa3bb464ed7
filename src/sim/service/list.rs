//! Pages of a Safe's transactions: which ones, in which order, and where the next page is.

use super::row::Row;
use super::shape::{Shape, shape};
use super::world::World;
use alloy_primitives::{Address, B256, U256};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Rows on a page, where nothing else is asked for, and at most.
const USUAL: usize = 100;
const MOST: usize = 200;

/// One thing on a page.
#[derive(Clone, Debug)]
pub enum Item {
    /// A transaction.
    Row(Box<Shape>),
    /// Anything at all, as JSON.
    Raw(String),
}

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Row(shape) => shape.serialize(serializer),
            Self::Raw(text) => match RawValue::from_string(text.clone()) {
                Ok(raw) => raw.serialize(serializer),
                Err(_) => serializer.serialize_str(text),
            },
        }
    }
}

/// A page.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    pub count: u64,
    pub next: Option<String>,
    pub previous: Option<String>,
    pub results: Vec<Item>,
    #[serde(rename = "countUniqueNonce")]
    pub nonces: usize,
}

/// What was asked for behind the question mark.
pub type Query<'a> = BTreeMap<&'a str, &'a str>;

/// Reads what stands behind the question mark.
pub fn query(text: &str) -> Query<'_> {
    text.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

/// What cannot be filtered by: the name that the service gives to it.
pub struct BadFilter(pub String);

/// How a nonce is compared, by what follows its name.
const COMPARED: [(&str, &str); 5] = [
    ("nonce", "nonce"),
    ("nonce__gt", "nonce_Gt"),
    ("nonce__gte", "nonce_Gte"),
    ("nonce__lt", "nonce_Lt"),
    ("nonce__lte", "nonce_Lte"),
];

fn yes_or_no(text: Option<&&str>) -> Option<bool> {
    match text?.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Which rows of a Safe are asked for, in the order that is asked for.
fn chosen<'a>(world: &'a World, safe: Address, query: &Query<'_>) -> Result<Vec<&'a Row>, BadFilter> {
    let executed = yes_or_no(query.get("executed"));
    let all = yes_or_no(query.get("trusted")) == Some(false);
    let hash = query.get("safe_tx_hash").and_then(|text| text.parse::<B256>().ok());
    let mut bounds = Vec::new();
    for (name, shown) in COMPARED {
        if let Some(text) = query.get(name) {
            let bound = U256::from_str_radix(text, 10).map_err(|_| BadFilter(shown.to_owned()))?;
            bounds.push((name, bound));
        }
    }
    let within = |nonce: U256| {
        bounds.iter().all(|(name, bound)| match *name {
            "nonce__gt" => nonce > *bound,
            "nonce__gte" => nonce >= *bound,
            "nonce__lt" => nonce < *bound,
            "nonce__lte" => nonce <= *bound,
            _ => nonce == *bound,
        })
    };
    let mut rows: Vec<&Row> = (world.rows.iter())
        .filter(|row| row.at.safe == safe && (all || row.trusted) && within(row.nonce()))
        .filter(|row| executed.is_none_or(|executed| row.execution.is_some() == executed))
        .filter(|row| hash.is_none_or(|hash| row.hash == hash))
        .collect();
    rows.sort_by_key(|row| (row.nonce(), row.submitted));
    if query.get("ordering") != Some(&"nonce") {
        rows.reverse();
    }
    Ok(rows)
}

/// A page of a Safe's transactions; `url` is where it is asked for, without the question mark.
pub fn page(world: &World, safe: Address, query: &Query<'_>, version: u8, url: &str) -> Result<Page, BadFilter> {
    let rows = chosen(world, safe, query)?;
    let number = |name: &str| query.get(name).and_then(|text| text.parse::<usize>().ok());
    let limit = number("limit").filter(|limit| *limit > 0).unwrap_or(USUAL).min(MOST);
    let offset = number("offset").unwrap_or(0);
    let end = offset.saturating_add(limit);
    let at = |offset: Option<usize>| {
        let mut query: BTreeMap<&str, String> = query.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
        query.insert("limit", limit.to_string());
        query.remove("offset");
        if let Some(offset) = offset {
            query.insert("offset", offset.to_string());
        }
        let pairs: Vec<String> = query.iter().map(|(name, text)| format!("{name}={text}")).collect();
        format!("{url}?{}", pairs.join("&"))
    };
    let all = yes_or_no(query.get("trusted")) == Some(false);
    let nonces: BTreeSet<U256> =
        (world.rows.iter()).filter(|row| row.at.safe == safe && (all || row.trusted)).map(Row::nonce).collect();
    let row = |row: &&Row| Item::Row(Box::new(shape(world, row, version)));
    Ok(Page {
        count: rows.len().try_into().unwrap_or(u64::MAX),
        next: (end < rows.len()).then(|| at(Some(end))),
        previous: (offset > 0).then(|| at(Some(offset.saturating_sub(limit)).filter(|offset| *offset > 0))),
        results: rows.iter().skip(offset).take(limit).map(row).collect(),
        nonces: nonces.len(),
    })
}
