//! Devices of two makers sign for a Safe at the desk.

use crate::bench::{Bench, Mood};
use crate::house::{House, Plan, payment, soft};
use alloy_primitives::Address;
use exchequer::desk::treasury::{Reply, SeatStanding, SigningView, Stage, Who, Wish};
use exchequer::device::open::open;
use exchequer::device::{Unattended, Watch};
use exchequer::sim::device::{Ledger, LedgerApp, LedgerSettings, Trezor, TrezorSettings, Wire};
use exchequer::treasury::ethereum::proposal::SafeEvent;
use exchequer::treasury::proposal::{Signer, State};
use std::time::Duration;

fn ledger(raw_messages: bool) -> Bench {
    let (app, version) = (LedgerApp::Ethereum, "1.22.0".to_owned());
    let settings = LedgerSettings { app, version, raw_messages, ..LedgerSettings::default() };
    Bench::new(Box::new(Ledger::new(settings).unwrap()), Wire::Tcp)
}

fn trezor() -> Bench {
    Bench::new(Box::new(Trezor::new(TrezorSettings::default()).unwrap()), Wire::Udp)
}

/// The account at a path of a device.
fn account(bench: &Bench, path: &str) -> Address {
    let mut device = open(&bench.way(), Watch::new(Duration::from_secs(60)), Box::new(Unattended)).unwrap();
    let account = device.eth_address(&path.parse().unwrap(), false).unwrap().address;
    bench.shown();
    account
}

fn ask(house: &mut House, owner: Address) {
    let (proposal, seen) = (house.chosen, house.seen());
    let before = house.view().and_then(|view| Some(view.signing?.since));
    house.wish(Wish::SignOnDevice { proposal, seat: Who::Owner(owner), seen, answers: vec![] });
    house.until("that it begins", |view| view.signing.as_ref().is_some_and(|it| Some(it.since) != before));
}

fn stage(house: &mut House, what: &str, there: impl Fn(&Stage) -> bool) -> SigningView {
    let view = house.until(what, |view| view.signing.as_ref().is_some_and(|it| there(&it.stage)));
    SigningView::clone(&view.signing.unwrap())
}

fn signed(house: &mut House) -> SigningView {
    stage(house, "the signature", |stage| {
        assert!(!matches!(stage, Stage::Over { .. }), "{stage:?}");
        matches!(stage, Stage::Signed(_))
    })
}

fn foretold(signing: &SigningView) -> Vec<(String, String)> {
    signing.pages.iter().map(|page| (page.title.to_string(), page.text.to_string())).collect()
}

fn standing(house: &mut House, owner: Address) -> SeatStanding {
    house.shown().seats.iter().find(|seat| seat.id == Who::Owner(owner)).unwrap().standing.clone()
}

#[test]
fn devices_of_two_makers_show_every_field_as_foretold_and_sign() {
    let (ledger, trezor) = (ledger(true), trezor());
    let owners = vec![account(&ledger, "m/44'/60'/0'/0/1"), account(&trezor, "m/44'/60'/2'/0/0"), soft(1).address()];
    let devices = vec![trezor.way(), ledger.way()];
    let plan = Plan { owners: owners.clone(), devices, ..Plan::hot(vec![payment(7, 5)]) };
    let mut house = House::new(plan);
    for (owner, bench) in [(owners[0], &ledger), (owners[1], &trezor)] {
        ask(&mut house, owner);
        let after = signed(&mut house);
        let shown = bench.shown();
        assert_eq!(shown, foretold(&after), "page by page what the device has shown");
        assert!(!shown.is_empty());
    }
    assert_eq!(house.shown().row.state, State::Ready);
    let by = house.events().into_iter();
    let by = by.filter_map(|event| if let SafeEvent::Approved { signer, .. } = event { Some(signer) } else { None });
    assert_eq!(by.collect::<Vec<_>>(), [Signer::Device, Signer::Device]);
}

#[test]
fn a_device_that_is_not_the_owners_and_a_wrong_app_are_told_and_sign_nothing() {
    let (right, bitcoin) =
        (ledger(true), Bench::new(Box::new(Ledger::new(LedgerSettings::default()).unwrap()), Wire::Tcp));
    let (owner, trezor) = (account(&right, "m/44'/60'/0'/0/0"), trezor());
    let owners = vec![soft(9).address(), owner, soft(1).address()];
    let plan = Plan { owners, devices: vec![bitcoin.way(), trezor.way()], ..Plan::hot(vec![payment(7, 5)]) };
    let mut house = House::new(plan);
    ask(&mut house, owner);
    let looks = stage(&mut house, "both", |stage| matches!(stage, Stage::Looking(tried) if tried.len() == 2));
    let Stage::Looking(tried) = looks.stage else { panic!() };
    let app = tried.iter().find(|tried| tried.way.contains("ledger")).unwrap();
    assert!(app.next.contains("open the app Ethereum"), "{app:?}");
    let other = tried.iter().find(|tried| tried.way.contains("trezor")).unwrap();
    assert!(other.why.contains(&owner.to_checksum(None)), "{other:?}");
    house.wish(Wish::Device(Reply::Leave));
    house.until("that it ends", |view| view.signing.is_none());
    assert!(matches!(standing(&mut house, owner), SeatStanding::Awaiting(_)));
    assert!(trezor.shown().is_empty(), "nobody was asked for anything");
}

#[test]
fn a_setting_that_is_off_is_told_by_its_name() {
    let ledger = ledger(false);
    let owner = account(&ledger, "m/44'/60'/0'/0/0");
    let owners = vec![owner, soft(2).address(), soft(1).address()];
    let mut house = House::new(Plan { owners, devices: vec![ledger.way()], ..Plan::hot(vec![payment(7, 5)]) });
    ask(&mut house, owner);
    let over = stage(&mut house, "the end", |stage| matches!(stage, Stage::Over { .. }));
    let Stage::Over { next, .. } = over.stage else { panic!() };
    assert!(next.contains("Raw messages"), "{next}");
    assert!(matches!(standing(&mut house, owner), SeatStanding::Awaiting(_)), "it can be asked again");
}

#[test]
fn a_cable_that_is_pulled_leaves_nothing_half_done_and_a_refusal_is_written_down() {
    let ledger = ledger(true);
    let owner = account(&ledger, "m/44'/60'/0'/0/0");
    let (cable, way) = ledger.cable();
    let owners = vec![owner, soft(2).address(), soft(1).address()];
    let mut house = House::new(Plan { owners, devices: vec![way], ..Plan::hot(vec![payment(7, 5)]) });
    ledger.feels(Mood::Sleeps);
    cable.plug(12);
    ask(&mut house, owner);
    stage(&mut house, "the end", |stage| matches!(stage, Stage::Over { .. }) || cable.pulled());
    house.wish(Wish::Device(Reply::Leave));
    house.until("that it ends", |view| view.signing.is_none());
    assert_eq!(house.shown().row.signed, 0);
    assert!(matches!(standing(&mut house, owner), SeatStanding::Awaiting(_)));
    cable.plug(usize::MAX);
    ledger.feels(Mood::Refuses);
    ask(&mut house, owner);
    stage(&mut house, "the refusal", |stage| matches!(stage, Stage::Over { .. }));
    assert!(matches!(standing(&mut house, owner), SeatStanding::Failed(..)));
    house.wish(Wish::Device(Reply::Leave));
    house.until("that it is read", |view| view.signing.is_none());
    ledger.feels(Mood::Approves);
    ask(&mut house, owner);
    signed(&mut house);
    assert_eq!(house.shown().row.signed, 1);
}
