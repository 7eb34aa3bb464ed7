//! T13: a hostile PSBT of 4 MiB is read or refused within 100 ms and 64 MiB.
//!
//! One test in a process of its own, because it measures the process's memory. Time is that on the processor; what was not
//! optimised has five times as long.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use bitcoin::secp256k1::{All, Secp256k1, SecretKey};
use exchequer::treasury::bitcoin::psbt::{LONGEST, Packet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How large the process ever was, in KiB; none where the system does not tell.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How long this thread has had a processor, where the system tells: what other programs take does not count.
fn used() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn size(bytes: &mut Vec<u8>, size: usize) {
    match size {
        0..=0xfc => bytes.push(size as u8),
        0xfd..=0xffff => bytes.extend([&[0xfd][..], &(size as u16).to_le_bytes()].concat()),
        _ => bytes.extend([&[0xfe][..], &(size as u32).to_le_bytes()].concat()),
    }
}

fn field(bytes: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    size(bytes, key.len());
    bytes.extend(key);
    size(bytes, value.len());
    bytes.extend(value);
}

/// The beginning of a PSBT with so many inputs and outputs.
fn head(inputs: u16, outputs: u16) -> Vec<u8> {
    let mut tx = 2_u32.to_le_bytes().to_vec();
    size(&mut tx, usize::from(inputs));
    for number in 0..inputs {
        tx.extend([7; 32]);
        tx.extend(u32::from(number).to_le_bytes());
        tx.extend([0, 0xff, 0xff, 0xff, 0xff]);
    }
    size(&mut tx, usize::from(outputs));
    tx.extend([1, 0, 0, 0, 0, 0, 0, 0, 0].repeat(usize::from(outputs)));
    tx.extend([0; 4]);
    let mut bytes = b"psbt\xff".to_vec();
    field(&mut bytes, &[0], &tx);
    bytes.push(0);
    bytes
}

/// One map filled with what `next` makes of a number, until the whole is as long as it may be.
fn filled(mut bytes: Vec<u8>, next: impl Fn(u32) -> (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    for number in 0_u32.. {
        let (key, value) = next(number);
        if bytes.len() + key.len() + value.len() + 16 > LONGEST {
            break;
        }
        field(&mut bytes, &key, &value);
    }
    bytes.resize(LONGEST, 0);
    bytes
}

/// A public key for each number.
fn point(number: u32) -> Vec<u8> {
    let mut secret = [1; 32];
    secret[28..].copy_from_slice(&number.to_be_bytes());
    let secret = SecretKey::from_slice(&secret).unwrap();
    secret.public_key(SECP256K1.get_or_init(Secp256k1::new)).serialize().to_vec()
}

static SECP256K1: OnceLock<Secp256k1<All>> = OnceLock::new();

/// A previous transaction whose one list is as long as there is room.
fn transaction(middle: &[u8]) -> Vec<u8> {
    let mut tx = 2_u32.to_le_bytes().to_vec();
    tx.extend(middle);
    tx.extend([0; 4]);
    tx
}

fn cases() -> Vec<(&'static str, Vec<u8>)> {
    let mut cases = Vec::new();
    let mut list = |name, bytes: Vec<u8>| {
        assert!(bytes.len() <= LONGEST, "{name}");
        cases.push((name, bytes));
    };
    let unknown = |n: u32| [&[0xfc], &n.to_be_bytes()[..]].concat();
    list("small unknown fields", filled(head(1, 1), |n| (unknown(n), vec![])));
    list("small fields of the whole", filled(b"psbt\xff".to_vec(), |n| (unknown(n), vec![])));
    list("long unknown fields", filled(head(1, 1), |n| (unknown(n), vec![0; 150])));
    list("one long key", {
        let mut bytes = head(1, 1);
        field(&mut bytes, &vec![0xfc; LONGEST / 2], &vec![1; LONGEST / 2 - 4_096]);
        bytes.push(0);
        bytes
    });
    list("as many inputs as bytes", {
        let mut bytes = b"psbt\xff".to_vec();
        for (kind, value) in [(2, vec![2, 0, 0, 0]), (4, vec![0xff; 9]), (5, vec![1]), (0xfb, vec![2, 0, 0, 0])] {
            field(&mut bytes, &[kind], &value);
        }
        bytes.resize(LONGEST, 0);
        bytes
    });
    list("as many outputs as there is room for, each with its map", {
        let count = (LONGEST - 200) / 10;
        let mut tx = [&2_u32.to_le_bytes()[..], &[1], &[7; 36], &[0, 0xff, 0xff, 0xff, 0xff]].concat();
        size(&mut tx, count);
        tx.resize(tx.len() + count * 9 + 4, 0);
        let mut bytes = b"psbt\xff".to_vec();
        field(&mut bytes, &[0], &tx);
        bytes.resize(bytes.len() + 1 + 1 + count, 0);
        bytes
    });
    // As many as there may be fields, each with a value that fills the file.
    let source = vec![0; 84];
    let kept = |kind: u8, key: fn(u32) -> Vec<u8>, value: Vec<u8>| {
        let mut bytes = head(512, 0);
        for input in 0..512_u32 {
            for number in 0..63 {
                field(&mut bytes, &[vec![kind], key(input * 63 + number)].concat(), &value);
            }
            bytes.push(0);
        }
        bytes
    };
    let x_only: fn(u32) -> Vec<u8> = |number| point(number)[1..].to_vec();
    list("derivations", kept(6, point, source.clone()));
    list("taproot derivations", kept(0x16, x_only, [vec![0], source].concat()));
    list("signatures", kept(2, point, vec![0x30, 6, 2, 1, 1, 2, 1, 1, 1]));
    list("leaves", kept(0x15, |number| [&[0xc0], &point(number)[1..]].concat(), vec![0xc0]));
    list("a tree of scripts", {
        let mut bytes = head(0, 1);
        // A leaf at depth 1, 2, 3 … and many more at the deepest.
        let tree = (0..1_300_000_u32).flat_map(|n| [n.min(127) as u8 + 1, 0xc0, 0]).collect::<Vec<_>>();
        field(&mut bytes, &[6], &tree);
        bytes.push(0);
        bytes
    });
    let previous = |middle: Vec<u8>| {
        let mut bytes = head(1, 1);
        field(&mut bytes, &[0], &transaction(&middle));
        bytes.extend([0, 0]);
        bytes
    };
    list("a transaction of many inputs", {
        let count = 100_000_usize;
        let mut middle = Vec::new();
        size(&mut middle, count);
        middle.extend([0; 41].repeat(count));
        middle.extend([0]);
        previous(middle)
    });
    list("a transaction of many outputs", {
        let count = 460_000_usize;
        let mut middle = vec![1];
        middle.extend([0; 41]);
        size(&mut middle, count);
        middle.extend([0; 9].repeat(count));
        previous(middle)
    });
    list("a transaction with a lying witness", {
        let mut middle = vec![0, 1, 2];
        middle.extend([0; 82]);
        middle.extend([0]);
        size(&mut middle, 2_000_000);
        middle.extend(vec![0; 2_000_000]);
        middle.extend([0xfe, 0x00, 0x09, 0x3d, 0x00]);
        previous(middle)
    });
    list("a final witness of nothing", {
        let mut bytes = head(1, 1);
        let mut witness = Vec::new();
        size(&mut witness, 4_000_000);
        witness.extend(vec![0; 4_000_000]);
        field(&mut bytes, &[8], &witness);
        bytes.extend([0, 0]);
        bytes
    });
    list("many previous transactions", {
        let mut bytes = head(512, 512);
        let mut middle = vec![1];
        middle.extend([0; 41]);
        size(&mut middle, 880);
        middle.extend([0; 9].repeat(880));
        for _ in 0..512 {
            field(&mut bytes, &[0], &transaction(&middle));
            bytes.push(0);
        }
        bytes.extend([0; 512]);
        bytes
    });
    cases
}

#[test]
fn t13_hostile_files_are_read_or_refused_in_little_time_and_memory() {
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 500 } else { 100 });
    let cases = cases();
    let held = peak();
    for (name, bytes) in &cases {
        // The best of five.
        let runs = (0..5).map(|_| {
            let (started, before) = (Instant::now(), used());
            let read = Packet::read(bytes);
            let took = used().zip(before).map_or_else(|| started.elapsed(), |(after, before)| after - before);
            (took, read.map_or_else(|error| error.to_string(), |_| "read".to_owned()))
        });
        let (took, said) = runs.min().unwrap();
        println!("{name}: {:.1} ms, {} KiB, {said}", took.as_secs_f64() * 1e3, peak().unwrap_or(0));
        assert!(took < limit, "{name} took {took:?}: {said}");
    }
    if let Some((before, after)) = held.zip(peak()) {
        assert!(after - before < 64 << 10, "{} KiB", after - before);
    }
}
