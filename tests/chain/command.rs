//! `exchequer sim --chain`: the built program serves a chain that a wallet can be read from.

use super::purse::Purse;
use bdk_wallet::bitcoin::{Address, Amount, Network};
use exchequer::chain::{Settings, open};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn post(at: &str, path: &str) -> String {
    let mut socket = TcpStream::connect(at).unwrap();
    write!(socket, "POST {path} HTTP/1.1\r\nContent-Length: 0\r\n\r\n").unwrap();
    let mut answer = String::new();
    BufReader::new(&mut socket).read_line(&mut answer).unwrap();
    answer
}

#[test]
fn the_program_serves_a_chain() {
    let home = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_exchequer"))
        .args(["sim", "--chain", "--json", "--duration", "120"])
        .env_clear()
        .env("HOME", home.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let said: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(said["network"], "regtest");
    let source = said["source"].as_str().unwrap();
    let at = source.strip_prefix("esplora:http://").unwrap();
    let mut purse = Purse::new(71);
    let address = Address::from_script(&purse.script(0), Network::Regtest).unwrap();
    assert_eq!(post(at, &format!("/faucet/{address}/123456")), "HTTP/1.1 200 OK\r\n");
    assert_eq!(post(at, "/mine/1"), "HTTP/1.1 200 OK\r\n");
    assert_eq!(post(at, "/mine/1000000"), "HTTP/1.1 400 Bad Request\r\n");
    let chain = open(&source.parse().unwrap(), &Settings::new(Network::Regtest)).unwrap();
    purse.scan(&*chain).unwrap();
    assert_eq!(purse.known().confirmed, Amount::from_sat(123_456));
    kill_process(Pid::from_child(&program), Signal::TERM).unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    let last: Value = serde_json::from_str(&rest).unwrap();
    assert_eq!(last["height"], 121);
    assert!(program.wait().unwrap().success());
}
