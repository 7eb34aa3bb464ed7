//! No floor imports upwards, and the pure floors touch nothing outside themselves.
//!
//! Every path in `src` (in `use` and inline, through `crate`, `exchequer` and `super`) is held against [`ROOMS`]. The
//! rooms' rule holds for test code too; purity does not, because tests may read captures.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod floors {
    pub mod paths;
}

use floors::paths::{Found, paths};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up, the rooms that each may use, and whether it is pure.
const ROOMS: [(&str, &[&str], bool); 14] = [
    ("money", &[], true),
    ("market", &["money"], true),
    ("alert", &["market", "money"], true),
    ("portfolio", &["market", "money"], true),
    ("treasury", &["market", "money"], true),
    ("venue", &["market", "money"], true),
    ("chain", &["treasury", "market", "money"], false),
    ("device", &["treasury", "market", "money"], false),
    ("feed", &["venue", "market", "money"], false),
    ("store", &["portfolio", "treasury", "market", "money"], false),
    (
        "desk",
        &["feed", "store", "device", "chain", "venue", "alert", "portfolio", "treasury", "market", "money"],
        false,
    ),
    ("console", &["desk", "venue", "alert", "portfolio", "treasury", "market", "money"], false),
    ("sim", &["venue", "portfolio", "treasury", "market", "money"], false),
    (
        "cli",
        &[
            "sim",
            "console",
            "desk",
            "store",
            "feed",
            "device",
            "chain",
            "venue",
            "alert",
            "portfolio",
            "treasury",
            "market",
            "money",
        ],
        false,
    ),
];

/// What a pure room does not name outside its tests.
const WORLDLY: [&str; 14] = [
    "tokio",
    "tokio_tungstenite",
    "rustls",
    "ratatui",
    "crossterm",
    "sled",
    "rustix",
    "std::fs",
    "std::net",
    "std::thread",
    "std::env",
    "std::process",
    "rand::rng",
    "rand::thread_rng",
];

/// Ways to read the clock: the type itself may come in as a value.
const CLOCKS: [&str; 4] = ["SystemTime::now", "Instant::now", "Timestamp::now", "Zoned::now"];

/// What is wrong with one source file; `module` is its place in the crate, such as `["feed", "live"]`.
fn violations(module: &[&str], source: &str) -> Vec<String> {
    let Some((room, allowed, pure)) = module.first().and_then(|name| ROOMS.iter().find(|(room, ..)| room == name))
    else {
        return match module {
            [] => Vec::new(),
            _ => vec![format!("{} is not a room of the table in tests/floors.rs", module.join("::"))],
        };
    };
    let mut wrong = Vec::new();
    for Found { path, line, test } in paths(module, source) {
        let mut at = |what: String| wrong.push(format!("{}:{line}: {what}", module.join("::")));
        match path.split_once("crate::").filter(|(before, _)| before.is_empty()).map(|(_, rest)| rest) {
            Some("*" | "self") => at("names the whole crate; name the room".to_owned()),
            Some(rest) => {
                let target = rest.split("::").next().unwrap_or_default();
                let known = ROOMS.iter().any(|(room, ..)| *room == target);
                if known && target != *room && !allowed.contains(&target) {
                    at(format!("{room} may not use {target} ({path})"));
                }
            }
            None if *pure && !test => {
                let names = |forbidden: &&str| path == **forbidden || path.starts_with(&format!("{forbidden}::"));
                let reads = |clock: &&str| path == **clock || path.ends_with(&format!("::{clock}"));
                if WORLDLY.iter().any(names) || CLOCKS.iter().any(reads) {
                    at(format!("{room} is pure and may not use {path}"));
                }
            }
            None => {}
        }
    }
    wrong
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let files = files.into_iter().filter(|path| path.extension().is_some_and(|e| e == "rs"));
    files.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

#[test]
fn no_room_uses_one_above_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&root);
    assert!(files.len() > ROOMS.len(), "the sources are there");
    let mut wrong = Vec::new();
    for file in &files {
        let place = file.strip_prefix(&root).unwrap().with_extension("");
        let mut module: Vec<&str> = place.iter().map(|part| part.to_str().unwrap()).collect();
        if matches!(module.last(), Some(&"mod" | &"lib" | &"main")) {
            module.pop();
        }
        wrong.extend(violations(&module, &fs::read_to_string(file).unwrap()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_goes_upwards_only() {
    for (floor, (room, allowed, _)) in ROOMS.iter().enumerate() {
        for used in *allowed {
            let below = ROOMS[..floor].iter().any(|(room, ..)| room == used);
            assert!(below, "{room} uses {used}, which is not below it");
        }
    }
}

#[test]
fn a_planted_violation_is_found() {
    let caught = |module: &[&str], source: &str| assert!(!violations(module, source).is_empty(), "{source}");
    caught(&["console"], "use crate::feed::Live;");
    caught(&["console", "pane"], "use crate::{desk::{View, Query}, market as m, store::journal::{self, Entry}};");
    caught(&["money"], "fn f() -> crate::market::Symbol { todo() }");
    caught(&["sim"], "pub(crate) use super::desk::Desk;");
    caught(&["market", "book"], "use super::super::venue::Dialect;");
    caught(&["market"], "mod inner { use super::super::venue::Dialect; }");
    caught(&["feed"], "/* crate::sim */ fn f() { let s = \"crate::sim::x\"; exchequer::sim::run(s) }");
    caught(&["desk"], "use crate::*;");
    caught(&["store"], "use ::exchequer::feed::Live as L;");
    caught(&["parlour"], "");
    caught(&["venue"], "fn f() { let t = std::time::Instant::now(); }");
    caught(&["venue"], "use std::time::{self, SystemTime}; fn f() { SystemTime::now(); }");
    caught(&["money"], "use std::{fmt, fs};");
    caught(&["market"], "async fn f() { tokio::time::sleep(x).await }");
    caught(&["market"], "#[cfg(test)] mod tests { use std::fs; } use std::net::TcpStream;");
}

#[test]
fn what_is_allowed_is_left_alone() {
    let fine = |module: &[&str], source: &str| assert_eq!(violations(module, source), Vec::<String>::new(), "{source}");
    fine(&[], "use crate::cli; pub mod money;");
    fine(&["console"], "use crate::{desk::View, market::Book, venue::Manners, money::{self, Price}, console::pane};");
    fine(&["market", "book"], "use super::{Side, trade::Tape}; use self::view::Row; fn f() { super::feed() }");
    fine(
        &["market", "time"],
        "pub fn from_system(time: std::time::SystemTime) {} // SystemTime::now() is the edges' affair",
    );
    fine(&["venue"], "#[cfg(test)] mod tests { use std::fs; fn f() { fs::read(\"}\"); } }");
    fine(&["venue", "kraken", "tests"], "use std::fs;");
    fine(&["venue"], "fn f<'a>(c: &'a char) -> bool { *c == '\"' || r#\"crate::desk\"# == \"\\\"crate::desk\" }");
    fine(&["cli"], "use crate::sim; use crate::console; use std::fs; use tokio::net;");
}
