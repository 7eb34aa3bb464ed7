//! Signing for a Safe and carrying it out by keyboard at 80x24, on the real contracts: with a service, a HOT account and devices of
//! two makers (J3), and by files alone where there is no service (J4).

use super::anvil::Anvil;
use super::safe::{COIN, Desk, Made, TOKENS, soft};
use crate::bench::Bench;
use crate::program::{FULL, Home};
use crate::pty::{Pty, read_to, scroll_to};
use alloy_primitives::{Address, Bytes, U256, hex};
use exchequer::chain::ethereum::Node;
use exchequer::desk::treasury::Place;
use exchequer::feed::Clock;
use exchequer::sim::device::{Ledger, LedgerApp, LedgerSettings, TrezorModel, Wire};
use exchequer::store::Journal;
use exchequer::store::journal::{Body, Who};
use exchequer::treasury::bitcoin::hot::Cost;
use exchequer::treasury::ethereum::build::{Ask, Payment, What, transaction};
use exchequer::treasury::ethereum::proposal::{SafeEvent, SafeId, SafeKind, Source};
use exchequer::treasury::ethereum::{SafeTx, SafeVersion};
use exchequer::treasury::proposal::{Event, ProposalId};
use std::time::Duration;

const PAYEE: Address = Address::repeat_byte(0x0b);
const SUPPLIER: Address = Address::repeat_byte(0x0c);
const UNKNOWN: Address = Address::repeat_byte(0x0d);

/// Who pays for gas.
const SENDER: u8 = 9;

/// A chain with a Safe of five, three of whom sign.
struct Town {
    anvil: Anvil,
    node: Node,
    made: Made,
    token: Address,
}

impl Town {
    fn new(owners: Vec<Address>) -> Self {
        let anvil = Anvil::with(SafeVersion::V1_4_1);
        let token = anvil.token();
        let made = Made::new(&anvil, SafeVersion::V1_4_1, owners, 3, token);
        anvil.fund(soft(SENDER).address(), COIN);
        let node = anvil.node();
        Self { anvil, node, made, token }
    }

    /// Coins, tokens, and a call of which nobody knows what it does.
    fn batch(&self) -> SafeTx {
        let token = What::Token { token: self.token, amount: TOKENS / U256::from(4) };
        let pays = [(What::Coin { amount: COIN }, PAYEE), (token, SUPPLIER)];
        let mut asks = pays.map(|(what, to)| Payment { what, to }.ask(self.made.at.safe).unwrap()).to_vec();
        asks.push(Ask::new(UNKNOWN, U256::ZERO, Bytes::from_static(&hex!("deadbeef01"))).unwrap());
        transaction(&self.made.at, U256::ZERO, &asks).unwrap()
    }

    fn moved(&self) -> (U256, U256) {
        let funds = |who| self.node.balances(who, &[self.token], &()).unwrap();
        (funds(PAYEE).coin, funds(SUPPLIER).tokens[&self.token])
    }
}

/// A person with a machine of their own.
struct Office {
    home: Home,
}

impl Office {
    /// One who watches the Safe, with these accounts in software and these devices.
    fn new(town: &Town, hot: &[u8], devices: &[&Bench], service: Option<&str>) -> Self {
        let ways: Vec<String> = devices.iter().map(|device| device.place().to_string()).collect();
        // Nobody answers there: no market is needed, and no network.
        let home = Home::new().configured("[venues.kraken]\nurl = \"ws://127.0.0.1:1\"\n");
        let home = home.with("EXCHEQUER_DEVICES", &ways.join(","));
        let (safe, rpc) = (SafeId::of(&town.made.at).to_string(), town.anvil.url());
        let mut add = vec!["safe", "add", &safe, "--name", "Vault", "--rpc", &rpc];
        add.extend(service.into_iter().flat_map(|service| ["--service", service]));
        let mut added = home.start(&add, (200, 50));
        assert_eq!(added.over().exit_code(), 0, "{}", added.terminal().screen().contents());
        added.wait_for("is watched from now on");
        let office = Self { home };
        let place =
            Place { journal: None, folder: office.home.file("data/treasury"), cache: office.home.file("data/cache") };
        for number in hot {
            place.seal_account(&soft(*number), "sesame", Cost { memory: 256, passes: 1, lanes: 1 }).unwrap();
            office.write(SafeEvent::HotAccount { address: soft(*number).address(), name: format!("till {number}") });
        }
        office
    }

    fn write(&self, event: SafeEvent) {
        let body = Body::Treasury(Event::Safe(Box::new(event)).into());
        Journal::open(&self.home.file("data/journal")).0.append(Clock::start().now(), Who::LOCAL, &body).unwrap();
    }

    fn name(&self, town: &Town, owner: Address, name: &str) {
        self.write(SafeEvent::OwnerNamed { safe: SafeId::of(&town.made.at), owner, name: name.to_owned() });
    }

    fn propose(&self, town: &Town, tx: SafeTx) {
        let (at, created_by, memo) = (town.made.at, "ada".to_owned(), "the quarter's bills".to_owned());
        self.write(SafeEvent::Proposed {
            proposal: ProposalId::of_safe(&at, &tx, 1),
            safe: SafeId::of(&at),
            policy: 1,
            kind: SafeKind::SafeTx,
            tx,
            created_by,
            memo,
            expires_at: Clock::start().now().plus(Duration::from_secs(86_400)),
            source: Source::Own,
            refund_overridden: false,
        });
    }

    /// The console on the Treasury workspace.
    fn open(&self) -> Pty {
        let mut pty = self.home.start(&["--venue", "kraken", "BTC/USD"], FULL);
        pty.wait_for("1 Markets");
        pty.press("3");
        pty.wait("the Safe", |screen| screen.contents().contains("Vault"));
        pty
    }
}

/// Opens the page of the proposal, when the chain has said what is at the addresses that are called: before that the review
/// says something else.
fn read(pty: &mut Pty) {
    pty.wait_for("#1 ");
    pty.press("v");
    pty.wait("what the chain says", |screen| screen.contents().contains("(no-code)"));
}

/// Signs with an account of this machine; then so many have.
fn sign(pty: &mut Pty, signed: usize) {
    pty.press("a");
    pty.wait_for("Sign #1 ");
    read_to(pty, "the passphrase of");
    pty.press("sesame\r");
    let signed = format!("{signed} of 3 signed");
    pty.wait("the signature", |screen| !screen.contents().contains("Sign #1 ") && screen.contents().contains(&signed));
}

/// Signs on the device of an owner; then so many have.
fn sign_on_device(pty: &mut Pty, whose: &str, signed: usize) {
    pty.press("D");
    pty.wait_for("on the device of");
    let title = |screen: &vt100::Screen| screen.contents().lines().next().map(str::to_owned);
    // Each owner has a turn.
    for _ in 0..5 {
        let before = title(pty.terminal().screen());
        if before.as_ref().is_some_and(|title| title.contains(whose)) {
            break;
        }
        pty.press("\t");
        pty.wait("another owner", |screen| title(screen) != before);
    }
    pty.wait_for(&format!("on the device of {whose}"));
    read_to(pty, "enter asks the device");
    pty.press("\r");
    pty.wait_for("enter closes");
    pty.press("\r");
    let signed = format!("{signed} of 3 signed");
    pty.wait("the signature", |screen| {
        !screen.contents().contains("on a device") && screen.contents().contains(&signed)
    });
}

/// Carries it out with the first account that can, and waits for its block.
fn carry_out(pty: &mut Pty) {
    pty.press("B");
    pty.wait_for("Carry out #1");
    read_to(pty, "the passphrase of");
    pty.press("sesame\r");
    pty.wait("that it is sent", |screen| !screen.contents().contains("Carry out #1"));
    pty.wait("on its way", |screen| ["sent", "confirmed"].iter().any(|word| screen.contents().contains(word)));
    pty.press("s");
    pty.wait_for("confirmed in block");
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn j3_a_batch_is_read_as_a_tree_signed_by_three_kinds_of_signers_told_to_the_service_and_carried_out() {
    let settings = LedgerSettings {
        app: LedgerApp::Ethereum,
        version: "1.22.0".to_owned(),
        raw_messages: true,
        ..LedgerSettings::default()
    };
    let ledger = Bench::new(Box::new(Ledger::new(settings).unwrap()), Wire::Tcp);
    let trezor = Bench::trezor(TrezorModel::T);
    let account =
        |bench: &Bench| bench.open().eth_address(&"m/44'/60'/0'/0/0".parse().unwrap(), false).unwrap().address;
    let (one, two) = (account(&ledger), account(&trezor));
    let town = Town::new(vec![soft(2).address(), one, soft(SENDER).address(), two, soft(3).address()]);
    let desk = Desk::new();
    desk.server().world(|world| world.learn(town.made.known(U256::ZERO)));
    let office = Office::new(&town, &[SENDER], &[&ledger, &trezor], Some(&desk.server().url()));
    office.name(&town, one, "Bea Ledger");
    office.name(&town, two, "Cyd Trezor");
    office.propose(&town, town.batch());
    let mut pty = office.open();
    read(&mut pty);
    for sign in
        ["batch of 3 calls", "MultiSendCallOnly", "├─ 1 ", "├─ 2 ", "└─ 3 ", "unknown function 0xdeadbeef, 5 bytes"]
    {
        scroll_to(&mut pty, sign);
    }
    pty.press("g");
    pty.wait_for("0 of 3 signed");
    sign(&mut pty, 1);
    pty.press("p");
    pty.wait_for("Tell the service of #1");
    pty.press("\r");
    pty.until("the service has it", || desk.server().world(|world| world.hashes().len()) == 1);
    sign_on_device(&mut pty, "Bea Ledger", 2);
    sign_on_device(&mut pty, "Cyd Trezor", 3);
    for bench in [&ledger, &trezor] {
        assert!(!bench.shown().is_empty(), "every field was on the screens");
    }
    pty.wait_for("READY");
    carry_out(&mut pty);
    assert_eq!(town.moved(), (COIN, TOKENS / U256::from(4)));
    pty.press("g");
    scroll_to(&mut pty, "the Safe tells of success");
    pty.press("q");
    pty.ended(0, "");
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn j4_without_a_service_signatures_go_by_file_and_the_chain_carries_it_out() {
    let owners = [2, 3, 4, 5, SENDER].map(|number| soft(number).address()).to_vec();
    let town = Town::new(owners);
    let (first, second) = (Office::new(&town, &[2], &[], None), Office::new(&town, &[3, SENDER], &[], None));
    // Either account may be the first that is taken.
    town.anvil.fund(soft(3).address(), COIN);
    first.propose(&town, town.batch());
    let mut pty = first.open();
    read(&mut pty);
    pty.wait_for("0 of 3 signed");
    pty.press("p");
    pty.wait_for("none is configured");
    sign(&mut pty, 1);
    pty.press("e");
    pty.wait_for("Export #1");
    pty.press("\r");
    let file = first.home.file("proposal-1.json");
    pty.until("the file", || std::fs::read(&file).is_ok_and(|text| text.ends_with(b"}\n") || text.ends_with(b"}")));
    pty.press("q");
    pty.ended(0, "");
    std::fs::copy(&file, second.home.file("theirs.json")).unwrap();
    let mut pty = second.open();
    pty.press("i");
    pty.wait_for("Import");
    pty.press("theirs.json\r");
    read(&mut pty);
    pty.wait_for("1 of 3 signed");
    sign(&mut pty, 2);
    sign(&mut pty, 3);
    pty.wait_for("READY");
    carry_out(&mut pty);
    assert_eq!(town.moved(), (COIN, TOKENS / U256::from(4)));
    pty.press("q");
    pty.ended(0, "");
}
