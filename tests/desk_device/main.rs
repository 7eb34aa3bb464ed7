//! The desk asks simulated devices for signatures, over their sockets: what they show was foretold, only the right one signs,
//! and whatever goes wrong on the way leaves nothing half done.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod bench;
mod house;

use bench::{Bench, Mood};
use exchequer::desk::treasury::{Reply, SeatStanding, SigningView, Stage};
use exchequer::device::agent::{Guard, serve};
use exchequer::device::open::open;
use exchequer::device::{Owner, Place, Unattended, Watch};
use exchequer::market::Timestamp;
use exchequer::sim::device::{Ledger, LedgerSettings, Trezor, TrezorModel, TrezorSettings, Wire};
use exchequer::treasury::bitcoin::review::Review;
use exchequer::treasury::bitcoin::wallet::Wallet;
use exchequer::treasury::proposal::{Event, Signer, State};
use house::{House, Key, device_key, friend_key};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

fn ledger() -> Bench {
    Bench::new(Box::new(Ledger::new(LedgerSettings::default()).unwrap()), Wire::Tcp)
}

fn trezor(settings: TrezorSettings) -> Bench {
    Bench::new(Box::new(Trezor::new(settings).unwrap()), Wire::Udp)
}

fn signed(house: &mut House) {
    house.stage("the signature", |stage| {
        assert!(!matches!(stage, Stage::Over { .. }), "{stage:?}");
        matches!(stage, Stage::Signed(_))
    });
}

/// What was foretold, as a device's pages are told.
fn foretold(signing: &SigningView) -> Vec<(String, String)> {
    signing.pages.iter().map(|page| (page.title.to_string(), page.text.to_string())).collect()
}

fn failures(house: &House) -> Vec<String> {
    let events = house.events().into_iter();
    events.filter_map(|event| if let Event::SigningFailed { code, .. } = event { Some(code) } else { None }).collect()
}

/// Approvals, and what made them.
fn approvals(house: &House) -> Vec<Signer> {
    let events = house.events().into_iter();
    events.filter_map(|event| if let Event::Approved { signer, .. } = event { Some(signer) } else { None }).collect()
}

#[test]
fn devices_of_two_makers_show_what_was_foretold_and_sign() {
    let (ledger, trezor) = (ledger(), trezor(TrezorSettings::default()));
    let (one, other, friend) = (device_key(&ledger), device_key(&trezor), friend_key(1));
    let mut house = House::new(&[&one, &other, &friend], vec![trezor.way(), ledger.way()]);
    ledger.feels(Mood::Sleeps);
    house.ask(&one);
    let asked = house.stage("whether it shall take the wallet", |stage| *stage == Stage::Agree);
    assert!(asked.device.starts_with("Ledger at ledger:tcp:127.0.0.1:"), "{}", asked.device);
    assert!(!ledger.waits(), "nobody has agreed yet");
    house.say(Reply::Agreed);
    ledger.feels(Mood::Approves);
    signed(&mut house);
    let after = house.view().unwrap().signing.unwrap();
    let all = ledger.shown();
    let pages = [foretold(&asked), foretold(&after)].concat();
    assert_eq!(all, pages, "page by page what the device has shown");
    assert!(pages.contains(&("From".to_owned(), "Treasury".to_owned())));
    house.ask(&other);
    signed(&mut house);
    let after = house.view().unwrap().signing.unwrap();
    assert_eq!(trezor.shown(), foretold(&after));
    assert_eq!(approvals(&house), [Signer::Device, Signer::Device]);
    let registered = |event: &Event| matches!(event, Event::Registered { device, .. } if *device == one.seed);
    assert_eq!(house.events().iter().filter(|event| registered(event)).count(), 1);
    assert_eq!(house.shown().row.state, State::Ready);
}

#[test]
fn a_proof_that_was_lost_is_given_anew_under_the_same_name() {
    let ledger = ledger();
    let (key, friends) = (device_key(&ledger), [friend_key(1), friend_key(2)]);
    let lost = |wallet: &Wallet| {
        let (name, zeros) = ("Old name".to_owned(), "00".repeat(32));
        let (wallet, device) = (wallet.id(), key.seed);
        Some(Event::Registered { wallet, device, name, policy_id: zeros.clone(), hmac: zeros })
    };
    let mut house = House::after(&[&key, &friends[0], &friends[1]], vec![ledger.way()], lost);
    house.ask(&key);
    let asked = house.stage("whether it shall take the wallet", |stage| *stage == Stage::Agree);
    assert!(foretold(&asked).contains(&("Account name".to_owned(), "Old name".to_owned())));
    house.say(Reply::Agreed);
    signed(&mut house);
    let proofs = house.events().into_iter().filter_map(|event| match event {
        Event::Registered { name, hmac, .. } => Some((name, hmac)),
        _ => None,
    });
    let [(_, lost), (name, new)] = &proofs.collect::<Vec<_>>()[..] else { panic!("{:?}", house.events()) };
    assert!(name == "Old name" && lost != new);
}

/// Whoever sits at the laptop, and says yes.
struct Laptop;

impl Guard for Laptop {
    fn told(&mut self, _: &str) {}

    fn blocked(&mut self, wallet: &Wallet, _: &Review) {
        panic!("{} is blocked", wallet.name());
    }

    fn may_register(&mut self, _: &Wallet) -> bool {
        true
    }

    fn may_sign(&mut self, _: &Wallet, _: &Review) -> bool {
        true
    }
}

#[test]
fn a_device_behind_an_agent_signs_for_the_desk() {
    let (trezor, dir) = (trezor(TrezorSettings::default()), tempfile::tempdir().unwrap());
    let (key, friends) = (device_key(&trezor), [friend_key(1), friend_key(2)]);
    let socket = dir.path().join("agent.sock");
    let (listener, way) = (UnixListener::bind(&socket).unwrap(), trezor.way());
    let laptop = std::thread::spawn(move || {
        let mut device = open(&way, Watch::new(Duration::from_secs(60)), Box::new(Unattended)).unwrap();
        let (stream, _) = listener.accept().unwrap();
        serve(stream.try_clone().unwrap(), stream, device.as_mut(), &mut Laptop).unwrap();
    });
    let mut house = House::new(&[&key, &friends[0], &friends[1]], vec![Place::Agent(socket)]);
    house.ask(&key);
    signed(&mut house);
    laptop.join().unwrap();
    assert_eq!(approvals(&house), [Signer::Device]);
}

#[test]
fn what_a_user_refuses_is_recorded_and_can_be_asked_again() {
    let trezor = trezor(TrezorSettings::default());
    let (key, friends) = (device_key(&trezor), [friend_key(1), friend_key(2)]);
    let mut house = House::new(&[&key, &friends[0], &friends[1]], vec![trezor.way()]);
    trezor.feels(Mood::Refuses);
    house.ask(&key);
    let over = house.stage("the refusal", Stage::ended);
    assert!(matches!(&over.stage, Stage::Over { why, .. } if why.contains("refused on the device")), "{over:?}");
    assert!(matches!(house.standing(&key), SeatStanding::Failed(..)));
    assert_eq!((failures(&house).len(), approvals(&house).len()), (1, 0));
    trezor.feels(Mood::Approves);
    house.ask(&key);
    signed(&mut house);
}

#[test]
fn t27_another_device_is_refused_by_its_fingerprint() {
    let (ledger, trezor) = (ledger(), trezor(TrezorSettings::default()));
    let (one, other, friend) = (device_key(&ledger), device_key(&trezor), friend_key(1));
    let mut house = House::new(&[&one, &other, &friend], vec![trezor.way()]);
    house.ask(&one);
    let both = |why: &str| why.contains(&one.seed.to_string()) && why.contains(&other.seed.to_string());
    house.stage(
        "what was found instead",
        |stage| matches!(stage, Stage::Looking(tried) if tried.iter().any(|tried| both(&tried.why))),
    );
    assert!(trezor.shown().is_empty(), "its user is not asked anything");
    house.leave();
    assert!(matches!(house.standing(&one), SeatStanding::Awaiting(_)));
    assert_eq!((failures(&house).len(), approvals(&house).len()), (0, 0));
}

#[test]
fn a_pin_is_typed_by_its_places_and_a_wrong_one_can_be_mended() {
    let pin = Some("1379".to_owned());
    let settings = TrezorSettings { model: TrezorModel::One, ..TrezorSettings::default() };
    let open = trezor(settings.clone());
    let (key, friends) = (device_key(&open), [friend_key(1), friend_key(2)]);
    let locked = trezor(TrezorSettings { pin, keypad: [9, 8, 7, 6, 5, 4, 3, 2, 1], ..settings });
    let mut house = House::new(&[&key, &friends[0], &friends[1]], vec![locked.way()]);
    house.ask(&key);
    house.stage("the question for the PIN", |stage| *stage == Stage::Pin);
    house.say(Reply::Pin("1379".into()));
    house.stage(
        "that it is wrong",
        |stage| matches!(stage, Stage::Looking(tried) if tried.iter().any(|tried| tried.why.contains("PIN is wrong"))),
    );
    house.say(Reply::Again);
    house.stage("the question once more", |stage| *stage == Stage::Pin);
    house.say(Reply::Pin("9731".into()));
    signed(&mut house);
    let after = house.view().unwrap().signing.unwrap();
    assert!(after.pages.is_empty(), "a One's pages are not known");
}

#[test]
fn t27_another_passphrase_is_another_wallet() {
    let open = trezor(TrezorSettings::default());
    let (key, friends) = (device_key(&open), [friend_key(1), friend_key(2)]);
    let hidden = trezor(TrezorSettings { passphrase: true, ..TrezorSettings::default() });
    let mut house = House::new(&[&key, &friends[0], &friends[1]], vec![hidden.way()]);
    house.ask(&key);
    house.stage("the question for the passphrase", |stage| *stage == Stage::Passphrase);
    house.say(Reply::Passphrase("mellon".into()));
    let expected = key.seed.to_string();
    house.stage(
        "that it is another wallet",
        |stage| matches!(stage, Stage::Looking(tried) if tried.iter().any(|tried| tried.why.contains(&expected))),
    );
    house.say(Reply::Again);
    house.stage("the question once more", |stage| *stage == Stage::Passphrase);
    house.say(Reply::Passphrase("".into()));
    signed(&mut house);
}

#[test]
fn whoever_has_the_device_is_named_and_waited_for() {
    let trezor = trezor(TrezorSettings::default());
    let (key, friends) = (device_key(&trezor), [friend_key(1), friend_key(2)]);
    let mut house = House::new(&[&key, &friends[0], &friends[1]], vec![trezor.way()]);
    let other = Owner::take(&house.locks, &trezor.way(), Timestamp::from_secs(1_800_000_000)).unwrap();
    house.ask(&key);
    let process = format!("in use by process {}, since 2027-01-15", std::process::id());
    house.stage(
        "who has it",
        |stage| matches!(stage, Stage::Looking(tried) if tried.iter().any(|tried| tried.why.contains(&process))),
    );
    drop(other);
    signed(&mut house);
}

#[test]
fn while_a_device_waits_the_desk_goes_on_and_nobody_has_to_stay() {
    let trezor = trezor(TrezorSettings::default());
    let (key, friends) = (device_key(&trezor), [friend_key(1), friend_key(2)]);
    let mut house = House::new(&[&key, &friends[0], &friends[1]], vec![trezor.way()]);
    trezor.feels(Mood::Sleeps);
    house.ask(&key);
    house.stage("the device's turn", |stage| *stage == Stage::Signing);
    let begun = Instant::now();
    while !trezor.waits() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(2));
    }
    let mut slowest = Duration::ZERO;
    for _ in 0..200 {
        let begun = Instant::now();
        house.view();
        slowest = slowest.max(begun.elapsed());
        std::thread::sleep(Duration::from_millis(2));
    }
    assert!(slowest < Duration::from_millis(500), "a view took {slowest:?}");
    let before = house.events().len();
    house.leave();
    assert!(matches!(house.standing(&key), SeatStanding::Awaiting(_)));
    assert_eq!(house.events().len(), before, "nothing of it is recorded");
    trezor.feels(Mood::Approves);
    house.ask(&key);
    signed(&mut house);
}

/// Pulls the cable after every answer of the device in turn, until it gets to sign. Each time the seat waits for its device
/// and nothing else was written than that it was asked, and perhaps that the device has taken the wallet.
fn pulled_everywhere(bench: &Bench, key: &Key) -> usize {
    let friends = [friend_key(1), friend_key(2)];
    let (cable, way) = bench.cable();
    let mut house = House::new(&[key, &friends[0], &friends[1]], vec![way]);
    let (mut answers, mut known) = (1, false);
    loop {
        let before = house.events();
        cable.plug(answers);
        house.ask(key);
        let (begun, mut silent) = (Instant::now(), None);
        loop {
            let Some(signing) = house.view().unwrap().signing else { panic!("nobody is asked") };
            // A datagram that was on its way is lost without a word: then somebody stops waiting.
            if cable.pulled() && silent.get_or_insert_with(Instant::now).elapsed() > Duration::from_millis(300) {
                break;
            }
            match &signing.stage {
                Stage::Agree => house.say(Reply::Agreed),
                Stage::Signed(_) => return answers,
                Stage::Over { .. } => break,
                Stage::Looking(tried) if cable.pulled() && !tried.is_empty() => break,
                _ => {}
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "after {answers} answers: {:?}", house.view());
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(cable.pulled(), "it ended by itself after {answers}: {:?}", house.view().unwrap().signing);
        house.leave();
        assert!(matches!(house.standing(key), SeatStanding::Awaiting(_)), "after {answers} answers");
        let new = house.events().split_off(before.len());
        let taken = new.iter().any(|event| matches!(event, Event::Registered { .. }));
        for event in &new {
            assert!(
                matches!(event, Event::Viewed { .. } | Event::AwaitingDevice { .. } | Event::Registered { .. }),
                "after {answers} answers: {event:?}"
            );
        }
        // From here on it has fewer answers to give: all of them anew.
        answers = if taken && !known { 1 } else { answers + 1 };
        known |= taken;
    }
}

#[test]
fn a_ledger_that_is_pulled_at_any_moment_leaves_its_seat_waiting() {
    let ledger = ledger();
    let key = device_key(&ledger);
    let answers = pulled_everywhere(&ledger, &key);
    assert!(answers > 20, "{answers}");
}

#[test]
fn a_trezor_that_is_pulled_at_any_moment_leaves_its_seat_waiting() {
    let trezor = trezor(TrezorSettings::default());
    let key = device_key(&trezor);
    let answers = pulled_everywhere(&trezor, &key);
    assert!(answers > 10, "{answers}");
}
