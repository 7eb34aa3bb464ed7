//! Which path gives what, and in which words something is refused.

use super::fault::ServiceFault;
use super::field::{Fields, Wrong};
use super::list::{self, Item};
use super::shape::{confirmed, shape};
use super::world::{KnownSafe, World};
use super::{confirm, delete, propose, twist};
use crate::market::Timestamp;
use crate::sim::http::{Answer, Request};
use alloy_primitives::{Address, B256};
use serde::Serialize;
use serde_json::{Value, json};

const JSON: &str = "application/json";
const HTML: &str = "text/html; charset=utf-8";

/// Something that was asked.
pub struct Ask<'a> {
    /// The request.
    pub request: &'a Request,
    /// Where the service is reached, as `127.0.0.1:80`.
    pub host: &'a str,
    /// The time.
    pub now: Timestamp,
    /// What goes wrong with the answer.
    pub fault: Option<ServiceFault>,
}

/// What a path is about.
enum Place<'a> {
    About,
    Safe(&'a str),
    List(&'a str),
    Row(&'a str),
    Confirmations(&'a str),
}

impl<'a> Place<'a> {
    fn of(version: &str, parts: &[&'a str]) -> Option<(u8, Self)> {
        let version = match version {
            "v1" => 1,
            "v2" => 2,
            _ => return None,
        };
        let place = match (version, parts) {
            (1, ["about"]) => Self::About,
            (1, ["safes", safe]) => Self::Safe(safe),
            (_, ["safes", safe, "multisig-transactions"]) => Self::List(safe),
            (_, ["multisig-transactions", hash]) => Self::Row(hash),
            (1, ["multisig-transactions", hash, "confirmations"]) => Self::Confirmations(hash),
            _ => return None,
        };
        Some((version, place))
    }

    fn takes(&self, method: &str) -> bool {
        let other = match self {
            Self::About | Self::Safe(_) => "GET",
            Self::List(_) | Self::Confirmations(_) => "POST",
            Self::Row(_) => "DELETE",
        };
        method == "GET" || method == other
    }
}

fn html(status: u16, title: &str, heading: &str, text: &str) -> Answer {
    let page = format!(
        "\n<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>{title}</title>\n</head>\n<body>\n  <h1>{heading}</h1><p>{text}</p>\n</body>\n</html>\n"
    );
    Answer::of(status, HTML, page)
}

/// What the real service says when it breaks.
pub fn broken() -> Answer {
    html(500, "Server Error (500)", "Server Error (500)", "")
}

fn no_such_path() -> Answer {
    html(404, "Not Found", "Not Found", "The requested resource was not found on this server.")
}

/// An answer in JSON.
pub fn served(status: u16, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => Answer::of(status, JSON, body),
        Err(_) => broken(),
    }
}

/// What is wrong with the fields.
pub fn refused(status: u16, wrong: &Wrong) -> Answer {
    served(status, wrong)
}

/// What is wrong with one field.
pub fn one(status: u16, field: &'static str, why: String) -> Answer {
    served(status, &Wrong::from([(field, vec![why])]))
}

/// What is wrong with all of it together.
pub fn whole(status: u16, why: impl Into<String>) -> Answer {
    one(status, "nonFieldErrors", why.into())
}

fn detail(status: u16, why: &str) -> Answer {
    served(status, &json!({ "detail": why }))
}

/// Something that is not there.
pub fn missing(why: &str) -> Answer {
    detail(404, why)
}

/// A transaction that is not there.
pub fn unknown_transaction() -> Answer {
    missing("No MultisigTransaction matches the given query.")
}

/// Answers what is asked.
pub fn answer(world: &mut World, ask: &Ask<'_>) -> Answer {
    let Request { method, path, query, .. } = ask.request;
    let bare = path.strip_suffix('/').unwrap_or(path);
    let parts: Vec<&str> = bare.split('/').skip(1).collect();
    let ["api", version, rest @ ..] = parts.as_slice() else { return no_such_path() };
    let Some((version, place)) = Place::of(version, rest) else { return no_such_path() };
    if !path.ends_with('/') {
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        return Answer::of(301, HTML, "").with("Location", format!("{path}/{query}"));
    }
    if !place.takes(method) {
        return detail(405, &format!("Method \"{method}\" not allowed."));
    }
    let get = method == "GET";
    match place {
        Place::About => about(ask.host),
        Place::Safe(address) | Place::List(address) => {
            let Ok(safe) = Address::parse_checksummed(address, None) else {
                let message = "Checksum address validation failed";
                return served(422, &json!({ "code": 1, "message": message, "arguments": [address] }));
            };
            match (world.safe(&safe), rest.len()) {
                (Some(known), _) if known.banned => detail(451, "Safe is unavailable for legal reasons"),
                (known, 2) => known
                    .filter(|known| known.indexed)
                    .map_or_else(|| Answer::of(404, "", ""), |known| served(200, &twist::info(info(known), ask.fault))),
                _ if get => page(world, safe, version, ask),
                _ => body(ask).map_or_else(|refusal| refusal, |fields| propose::propose(world, safe, fields, ask.now)),
            }
        }
        Place::Row(hash) if get => row(world, hash, version, ask.fault),
        Place::Row(hash) => {
            body(ask).map_or_else(|refusal| refusal, |fields| delete::delete(world, hash, fields, ask.now))
        }
        Place::Confirmations(hash) if get => confirmations(world, hash),
        Place::Confirmations(hash) => {
            body(ask).map_or_else(|refusal| refusal, |fields| confirm::confirm(world, hash, fields, ask.now))
        }
    }
}

fn body(ask: &Ask<'_>) -> Result<Fields, Answer> {
    let kind = ask.request.kind.as_deref().unwrap_or_default();
    if kind.split(';').next().map(str::trim) != Some(JSON) {
        return Err(detail(415, &format!("Unsupported media type \"{kind}\" in request.")));
    }
    Fields::read(&ask.request.body).map_err(|why| detail(400, &format!("JSON parse error - {why}")))
}

fn about(host: &str) -> Answer {
    let service = json!({
        "name": "Safe Transaction Service", "version": "6.10.1", "api_version": "v1", "secure": false, "host": host,
        "headers": [], "settings": {},
    });
    served(200, &service)
}

fn info(known: &KnownSafe) -> Value {
    let text = |address: &Address| address.to_checksum(None);
    let all = |addresses: &[Address]| addresses.iter().map(text).collect::<Vec<String>>();
    let suffix = if known.l2 { "+L2" } else { "" };
    json!({
        "address": text(&known.at.safe),
        "nonce": known.nonce.to_string(),
        "threshold": known.threshold,
        "owners": all(&known.owners),
        "masterCopy": text(&known.singleton),
        "modules": all(&known.modules),
        "fallbackHandler": text(&known.fallback_handler),
        "guard": text(&known.guard),
        "moduleGuard": text(&known.module_guard),
        "version": format!("{}{suffix}", known.at.version),
    })
}

fn page(world: &World, safe: Address, version: u8, ask: &Ask<'_>) -> Answer {
    let url = format!("http://{}{}", ask.host, ask.request.path);
    let mut query = list::query(&ask.request.query);
    if ask.fault == Some(ServiceFault::Endless) {
        query.remove("offset");
    }
    match list::page(world, safe, &query, version, &url) {
        Ok(page) => served(200, &twist::page(world, page, version, ask)),
        Err(list::BadFilter(name)) => served(400, &json!({ name: ["Enter a number."] })),
    }
}

fn row(world: &World, hash: &str, version: u8, fault: Option<ServiceFault>) -> Answer {
    let Ok(hash) = hash.parse::<B256>() else { return missing("Not found.") };
    match world.row(&hash) {
        _ if fault == Some(ServiceFault::Empty) => unknown_transaction(),
        None => unknown_transaction(),
        Some(row) => {
            let item = Item::Row(Box::new(shape(world, row, version)));
            served(200, &twist::item(world, item, version, fault))
        }
    }
}

fn confirmations(world: &World, hash: &str) -> Answer {
    let Ok(hash) = hash.parse::<B256>() else { return missing("Not found.") };
    let given = world.row(&hash).map(|row| row.confirmations.as_slice()).unwrap_or_default();
    let results: Vec<_> = given.iter().map(confirmed).collect();
    served(200, &json!({ "count": results.len(), "next": null, "previous": null, "results": results }))
}
