//! Commands that propose, approve, finalise and broadcast are killed at 200 random moments. Afterwards the journal
//! verifies, no approval that was acknowledged is lost, none is doubled, none is half there.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod treasury {
    #[allow(dead_code)]
    pub mod office;
}

use exchequer::store::read_treasury;
use exchequer::treasury::bitcoin::signature::verify;
use exchequer::treasury::proposal::{Proposal, State, Treasury};
use rand::{RngExt, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;
use std::time::Duration;
use treasury::office::{Desk, Office, STRANGER};

const KILLS: u32 = 200;

/// What was acknowledged: for each proposal, how many had approved, and whether it was on its way.
type Told = BTreeMap<String, (u64, bool)>;

#[test]
fn no_approval_is_lost_doubled_or_half_there() {
    let office = Office::new(2, 3);
    office.fund(&[3_000_000]);
    let desk = &office.desks[0];
    // The second key is at hand too, so that both ways of a proposal can be gone here.
    copy(&office.desks[1].data().join("treasury"), &desk.data().join("treasury"));
    let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(11);
    let mut moments = Moments::default();
    let mut told = Told::new();
    let (mut number, mut killed, mut ended) = (0_u64, 0, 0);
    let mut way = Way::to(&office, number);
    while killed < KILLS {
        let treasury = desk_treasury(desk);
        let command = way.next(&treasury, &office);
        let mut child =
            desk.command(&format!("{command} --json")).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let of = command.split(' ').take(2).collect::<Vec<_>>().join(" ");
        std::thread::sleep(moments.before(&of, &mut random));
        let in_time = child.try_wait().unwrap().is_none();
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        moments.learn(of, in_time);
        *(if in_time { &mut killed } else { &mut ended }) += 1;
        // What was printed was acknowledged.
        if let Ok(said) = serde_json::from_slice::<serde_json::Value>(&output.stdout) {
            let said = said.get("proposal").unwrap_or(&said);
            if let (Some(id), Some(collected)) = (said["id"].as_str(), said["collected"].as_u64()) {
                told.insert(id.to_owned(), (collected, said["state"] == "executing"));
            }
        }
        check(desk, &told, killed);
        if way.is_gone(&desk_treasury(desk)) {
            number += 1;
            office.chain.mine(1);
            desk.does("wallet sync Cold");
            way = Way::to(&office, number);
        }
    }
    desk.verified();
    println!("{killed} kills, {ended} commands ended before, {number} proposals went out, {moments:?}");
    assert!(number > 3, "the processes lived long enough to do something: {number}");
}

/// How long a command is let live, by its name: at most about as long as it takes on this machine, which is learnt.
#[derive(Debug, Default)]
struct Moments(BTreeMap<String, Duration>);

impl Moments {
    const FIRST: Duration = Duration::from_millis(200);

    fn before(&self, command: &str, random: &mut rand_pcg::Pcg64Mcg) -> Duration {
        let most = self.0.get(command).unwrap_or(&Self::FIRST);
        Duration::from_micros(random.random_range(0..most.as_micros() as u64))
    }

    fn learn(&mut self, command: String, killed_in_time: bool) {
        let most = self.0.entry(command).or_insert(Self::FIRST);
        *most = if killed_in_time { *most * 9 / 8 } else { (*most * 3 / 4).max(Duration::from_millis(1)) };
    }
}

/// How a payment is brought about: proposed and signed here, or brought here in files.
enum Way {
    ByHand(u64),
    ByFile(String),
}

impl Way {
    fn to(office: &Office, number: u64) -> Self {
        if number.is_multiple_of(2) { Self::ByHand(number) } else { Self::ByFile(prepare(office, number)) }
    }

    fn proposal<'a>(&self, treasury: &'a Treasury) -> Option<&'a Proposal> {
        treasury.proposals().find(|proposal| match self {
            Self::ByHand(number) => proposal.memo == number.to_string(),
            Self::ByFile(id) => proposal.id.to_string() == *id,
        })
    }

    /// The command that comes next, by what the journal says.
    fn next(&self, treasury: &Treasury, office: &Office) -> String {
        let proposal = self.proposal(treasury);
        let id = proposal.map(|proposal| proposal.id.to_string()).unwrap_or_default();
        let collected = proposal.map_or(0, |proposal| proposal.approved().count());
        match (proposal.map(Proposal::state), self) {
            (None, Self::ByHand(number)) => {
                let sat = 10_000 + number;
                format!("propose pay Cold --to {STRANGER}={sat}sat --fee-rate 5 --memo {number}")
            }
            (None, Self::ByFile(_)) => "proposal import bare.psbt --wallet Cold".to_owned(),
            (Some(State::Proposed | State::Collecting), Self::ByHand(_)) => {
                format!("proposal approve {id} --hot {} --yes --accept-warnings", office.keys[collected])
            }
            (Some(State::Proposed | State::Collecting), Self::ByFile(_)) => {
                format!("proposal combine {id} {}", ["one.psbt", "two.psbt"][collected])
            }
            (Some(State::Ready), _) if proposal.is_some_and(|proposal| proposal.finalised.is_none()) => {
                format!("proposal finalize {id}")
            }
            _ => format!("proposal broadcast {id} --yes --accept-warnings"),
        }
    }

    fn is_gone(&self, treasury: &Treasury) -> bool {
        let proposal = self.proposal(treasury);
        proposal.is_some_and(|proposal| proposal.state() == State::Executing && !proposal.is_unanswered())
    }
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
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn desk_treasury(desk: &Desk) -> Treasury {
    read_treasury(&desk.data().join("journal")).unwrap()
}

/// Whatever was killed: the journal is whole, what was acknowledged is there, and what is there verifies.
fn check(desk: &Desk, told: &Told, round: u32) {
    desk.verified();
    let treasury = desk_treasury(desk);
    let mut payments = BTreeSet::new();
    for proposal in treasury.proposals() {
        let unsigned = proposal.unsigned().compute_txid();
        assert!(payments.insert(unsigned), "round {round}: a payment is proposed twice");
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
    let mut seen = BTreeSet::new();
    for line in text.lines().filter(|line| line.contains("\"event\":\"approved\"")) {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        let key = format!("{} {}", entry["body"]["proposal"], entry["body"]["seat"]);
        assert!(seen.insert(key), "round {round}: an approval is there twice");
    }
}
