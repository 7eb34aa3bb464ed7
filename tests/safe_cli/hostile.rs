//! What lies, and what tries to steer the terminal: told, set aside, and never printed as it came.

use crate::house::{House, PAYEE, SAFE};
use crate::node::{self, address};
use crate::office::Desk;
use alloy_primitives::Address;
use exchequer::sim::{Field, ServiceFault};
use std::process::Output;

#[test]
fn rows_that_are_not_what_they_claim_are_set_aside_and_told() {
    let house = House::new(2);
    house.add();
    let desk = &house.desk;
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1"));
    house.approve(&id, "alice");
    desk.does(&format!("proposal confirm {id}"));
    let other = Desk::new();
    other.json(&format!("safe add eth:{SAFE} --rpc {} --service {} --name Ours", house.node.url, house.service.url()));
    for field in [Field::To, Field::Value, Field::Data, Field::Operation, Field::Nonce] {
        house.service.fault(ServiceFault::Forged(field), u32::MAX);
        let queue = other.json("safe queue Ours --import");
        assert_eq!(queue["rows"].as_array().unwrap().len(), 0, "{field:?}");
        assert_ne!(queue["counts"]["quarantined"], 0, "{field:?}");
        assert_eq!(queue["imported"].as_array().unwrap().len(), 0, "{field:?}");
        let said = String::from_utf8(other.run("safe queue Ours").stderr).unwrap();
        assert!(said.contains("set aside"), "{said}");
    }
    // A service that hides what it was given.
    house.approve(&id, "bob");
    house.service.fault(ServiceFault::Hidden, u32::MAX);
    assert_eq!(desk.refused(&format!("proposal confirm {id}")), (6, "service-hides".into()));
    house.service.heal();
    desk.does(&format!("proposal confirm {id}"));
    let queue = other.json("safe queue Ours --import");
    assert_eq!(queue["imported"][0]["proposal"], id.as_str());
    assert_eq!(queue["imported"][0]["approved"].as_array().unwrap().len(), 2);
    assert_eq!(other.json(&format!("proposal show {id}"))["proposal"]["state"], "ready");
    let again = other.json("safe queue Ours --import");
    assert_eq!(
        (&again["imported"][0]["known"], &again["imported"][0]["approved"]),
        (&true.into(), &serde_json::json!([]))
    );
}

#[test]
fn a_chain_or_a_safe_that_is_another_is_refused_or_told() {
    let house = House::new(1);
    let desk = &house.desk;
    let add = format!("safe add eth:{SAFE} --rpc {} --name Treasury", house.node.url);
    house.node.with(|world| world.chain_id = 5);
    assert_eq!(desk.refused(&add), (6, "chain-wrong-chain".into()));
    house.node.with(|world| world.chain_id = 1);
    assert_eq!(desk.refused(&format!("safe add eth:{PAYEE} --rpc {}", house.node.url)), (6, "chain-no-safe".into()));
    house.node.with(|world| world.safes.get_mut(&address(SAFE)).unwrap().modules = vec![Address::repeat_byte(7)]);
    assert_eq!(desk.refused(&add), (6, "review-warnings".into()));
    let added = desk.json(&format!("{add} --accept-warnings"));
    assert_eq!(added["findings"][0]["code"], "module");
    assert_eq!(desk.refused(&format!("{add} --accept-warnings")), (1, "safe-known".into()));
    house.node.with(|world| {
        let safe = world.safes.get_mut(&address(SAFE)).unwrap();
        (safe.threshold, safe.modules) = (2, Vec::new());
        world.block += 1;
    });
    let synced = desk.json("safe sync Treasury");
    assert!(synced["safes"][0]["changed"].as_str().unwrap().contains("threshold"), "{synced}");
    assert_eq!(desk.refused("safe queue Treasury"), (2, "no-service".into()));
    assert_eq!(desk.refused("safe show Nothing"), (2, "no-safe".into()));
    house.node.with(|world| world.safes.get_mut(&address(SAFE)).unwrap().singleton = address(node::BATCH));
    let other = Desk::new();
    assert_eq!(other.refused(&add), (6, "review-warnings".into()));
}

/// Whatever a hostile text can do to a terminal; the same forty as the reviews are held against.
const PAYLOADS: [&str; 40] = include!("../fixtures/payloads.rs");

/// No byte of it steers a terminal.
fn harmless(output: &Output, what: &str) {
    for stream in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(stream);
        let wrong = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(*c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200b}'..='\u{200f}')
        });
        assert_eq!(wrong, None, "{what}: {text:?}");
    }
}

#[test]
fn no_text_from_outside_steers_the_terminal_or_the_log() {
    let house = House::new(1);
    let token = house.token(b"x", 6, 5_000_000);
    house.add();
    let desk = &house.desk;
    let run = |arguments: &[&str]| {
        // No argument has a zero in it.
        let given = arguments.iter().map(|argument| argument.replace('\0', "\u{1}"));
        let output = desk.command("").args(given).output().unwrap();
        harmless(&output, &arguments.join(" "));
        output
    };
    for (number, payload) in PAYLOADS.iter().enumerate() {
        let text = format!("{payload}{number}");
        house.node.with(|world| world.tokens.get_mut(&address(&token)).unwrap().symbol = text.clone().into_bytes());
        let json = if number % 2 == 0 { "--json" } else { "-vv" };
        run(&["safe", "token", &format!("eth:{token}"), json]);
        run(&["safe", "know", &format!("eth:{PAYEE}"), &text, json]);
        run(&["safe", "name", "Treasury", &house.owners[0], &text, json]);
        run(&[
            "propose",
            "safe",
            "Treasury",
            "--to",
            PAYEE,
            "--amount",
            "1",
            "--memo",
            &text,
            "--nonce",
            &number.to_string(),
            "--offline",
            json,
        ]);
        run(&["safe", "show", &text, json]);
    }
    for json in [&["--json"] as &[&str], &["-vv"]] {
        for arguments in
            [&["safe", "list"] as &[&str], &["safe", "show", "Treasury"], &["proposal", "list"], &["safe", "sync"]]
        {
            run(&[arguments, json].concat());
        }
        let listed = desk.json("proposal list");
        for proposal in listed["proposals"].as_array().unwrap().iter().take(5) {
            run(&[&["proposal", "show", proposal["id"].as_str().unwrap()], json].concat());
        }
    }
    let log = std::fs::read_to_string(desk.data().join("state/exchequer.log")).unwrap();
    assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "the log");
}

#[test]
fn no_text_of_a_service_steers_the_terminal() {
    let house = House::new(2);
    house.add();
    let desk = &house.desk;
    let id = desk.proposed(&format!("propose safe Treasury --to {PAYEE} --amount 1"));
    house.approve(&id, "alice");
    desk.does(&format!("proposal confirm {id}"));
    let asked = |fault| {
        for line in ["safe queue Treasury", "safe queue Treasury --json", "safe queue Treasury --import -vv"] {
            house.service.fault(fault, u32::MAX);
            harmless(&desk.run(line), line);
        }
    };
    asked(ServiceFault::Escapes);
    assert!(house.service.seen().iter().any(|line| line.contains("multisig-transactions")));
    asked(ServiceFault::EscapedRefusal);
    house.approve(&id, "bob");
    for line in [format!("proposal confirm {id}"), format!("proposal confirm {id} --json")] {
        let output = desk.run(&line);
        assert!(!output.status.success(), "{line}");
        harmless(&output, &line);
    }
    let log = std::fs::read_to_string(desk.data().join("state/exchequer.log")).unwrap_or_default();
    assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "the log");
}
