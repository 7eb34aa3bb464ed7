//! Commands that propose, approve, finalise and broadcast are killed at 200 random moments. Afterwards the journal
//! verifies, no approval that was acknowledged is lost, none is doubled, none is half there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod treasury {
    #[allow(dead_code)]
    pub mod office;
}

use exchequer::store::read_treasury;
use exchequer::treasury::bitcoin::signature::verify;
use exchequer::treasury::proposal::{ProposalId, State, Treasury};
use rand::{RngExt, SeedableRng};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::Duration;
use treasury::office::{Desk, Office, STRANGER};

const ROUNDS: u32 = 200;

/// What was acknowledged: for each proposal, how many had approved, and whether it was on its way.
type Told = BTreeMap<String, (u64, bool)>;

#[test]
fn no_approval_is_lost_doubled_or_half_there() {
    let office = Office::new(2, 3);
    office.fund(&[3_000_000]);
    let desk = &office.desks[0];
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(11);
    let (mut told, mut number, mut killed, mut finished) = (Told::new(), 0_u64, 0, 0);
    // Signing takes its time by design, so each payment is signed once, elsewhere; what is killed takes the files in.
    let mut current = prepare(&office, number);
    for round in 0..ROUNDS {
        let steps = [
            "proposal import bare.psbt --wallet Cold".to_owned(),
            format!("proposal combine {current} one.psbt --accept-warnings"),
            format!("proposal combine {current} two.psbt --accept-warnings"),
            format!("proposal finalize {current} --accept-warnings"),
            format!("proposal broadcast {current} --yes --accept-warnings"),
        ];
        let step = next(&desk_treasury(desk), &current);
        let mut child = desk
            .command(&format!("{} --json", steps[step]))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(random.random_range(0..400_000)));
        let ended = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        if ended {
            finished += 1
        } else {
            killed += 1
        };
        // What was printed was acknowledged.
        if let Ok(said) = serde_json::from_slice::<serde_json::Value>(&output.stdout) {
            let said = said.get("proposal").unwrap_or(&said);
            if let Some(collected) = said["collected"].as_u64() {
                told.insert(current.clone(), (collected, said["state"] == "executing"));
            }
        }
        check(desk, &told, round);
        if desk_treasury(desk)
            .proposals()
            .any(|p| p.id.to_string() == current && p.state() == State::Executing && !p.is_unanswered())
        {
            number += 1;
            office.chain.mine(1);
            desk.does("wallet sync Cold");
            current = prepare(&office, number);
        }
    }
    desk.verified();
    println!("{killed} kills, {finished} commands ended before, {} proposals went out", number);
    assert!(killed > ROUNDS / 3, "the moments were too late: {killed} of {ROUNDS}");
    assert!(number > 3, "the processes lived long enough to do something: {number}");
}

/// A payment that two desks have signed: files with one signature each, and one with none.
fn prepare(office: &Office, number: u64) -> String {
    let desk = &office.desks[0];
    for file in ["bare.psbt", "one.psbt", "two.psbt", "shown.json"] {
        let _ = std::fs::remove_file(desk.path(file));
    }
    let keys = ["key0", "key1"];
    let sat = 10_000 + number;
    // Made at a desk of its own, so that it comes to the one that is killed as a file.
    let maker = Desk::new();
    copy(&desk.data(), &maker.data());
    let made = maker.json(&format!("propose pay Cold --to {STRANGER}={sat}sat --fee-rate 5 --memo {number}"));
    let id = made["proposal"]["id"].as_str().unwrap().to_owned();
    maker.does(&format!("proposal export {id} -o bare.psbt"));
    std::fs::copy(maker.path("bare.psbt"), desk.path("bare.psbt")).unwrap();
    for (at, key) in keys.iter().enumerate() {
        let signer = &office.desks[at];
        let elsewhere = Desk::new();
        copy(&maker.data(), &elsewhere.data());
        copy(&signer.data().join("treasury"), &elsewhere.data().join("treasury"));
        let fingerprint = &office.keys[at];
        elsewhere.does(&format!("proposal approve {id} --hot {fingerprint} --yes --accept-warnings -o signed.psbt"));
        let name = if *key == "key0" { "one.psbt" } else { "two.psbt" };
        std::fs::copy(elsewhere.path("signed.psbt"), desk.path(name)).unwrap();
    }
    id
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() { copy(&entry.path(), &to) } else { drop(std::fs::copy(entry.path(), to).unwrap()) }
    }
}

fn desk_treasury(desk: &Desk) -> Treasury {
    read_treasury(&desk.data().join("journal")).unwrap()
}

/// Which step comes next, by what the journal says.
fn next(treasury: &Treasury, id: &str) -> usize {
    let id: ProposalId = id.parse().unwrap();
    match treasury.proposal(id) {
        Err(_) => 0,
        Ok(proposal) => match proposal.state() {
            State::Proposed => 1,
            State::Collecting => 2,
            State::Ready if proposal.finalised.is_none() => 3,
            _ => 4,
        },
    }
}

/// Whatever was killed: the journal is whole, what was acknowledged is there, and what is there verifies.
fn check(desk: &Desk, told: &Told, round: u32) {
    desk.verified();
    let treasury = desk_treasury(desk);
    for proposal in treasury.proposals() {
        let vault = treasury.vault(proposal.wallet).unwrap();
        let found = verify(&proposal.signed(), &vault.wallet);
        assert_eq!(
            found.complete().count(),
            proposal.approved().count(),
            "round {round}: each is whole and counts once"
        );
        assert!(found.strays.is_empty(), "round {round}");
    }
    for (id, (collected, away)) in told {
        let proposal = treasury.proposal(id.parse().unwrap()).unwrap();
        assert!(proposal.approved().count() as u64 >= *collected, "round {round}: an acknowledged approval is lost");
        assert!(!away || proposal.sent.is_some(), "round {round}: an acknowledged broadcast is lost");
    }
    let text = std::fs::read_to_string(desk.data().join("journal/journal-000001.jsonl")).unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines().filter(|line| line.contains("\"event\":\"approved\"")) {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let key = format!("{} {}", entry["body"]["proposal"], entry["body"]["seat"]);
        assert!(seen.insert(key), "round {round}: an approval is there twice");
    }
}
