//! Our client of the Transaction Service against the stand-in: honest, and dishonest in every way that it can be.
//!
//! What a service can do is hide and delay. Nothing that it says makes a signature count that no owner gave, takes a warning
//! or a block away, or brings a control character to a screen.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use alloy_primitives::{Address, B256, Bytes, U256, hex};
use exchequer::chain::service::{Draft, Service, ServiceError};
use exchequer::chain::{Endpoint, Reach};
use exchequer::market::{Timestamp, printable};
use exchequer::sim::{Field, KnownSafe, ServiceFault, ServiceServer, ServiceSettings};
use exchequer::treasury::ethereum::build::rejection;
use exchequer::treasury::ethereum::hash::{Act, Request};
use exchequer::treasury::ethereum::hot::Account;
use exchequer::treasury::ethereum::queue::{Queue, Row, Wanted};
use exchequer::treasury::ethereum::review::facts::{Known as Recipient, Queued, State};
use exchequer::treasury::ethereum::review::{Facts, review, reviewed};
use exchequer::treasury::ethereum::signature::{Confirmation, Known};
use exchequer::treasury::ethereum::{Operation, SafeAt, SafeTx, SafeVersion};
use exchequer::treasury::verdict::{Judgement, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};
use tokio::runtime::Runtime;

const PAYEE: Address = Address::repeat_byte(0x0b);
const STRANGE: Address = Address::repeat_byte(0x0e);

fn at(safe: u8) -> SafeAt {
    SafeAt { chain_id: U256::ONE, safe: Address::repeat_byte(safe), version: SafeVersion::V1_4_1 }
}

fn account(number: u8) -> Account {
    Account::from_hex(&hex::encode([number; 32])).unwrap()
}

fn known(safe: u8, owners: [u8; 3]) -> KnownSafe {
    KnownSafe::new(at(safe), owners.map(|owner| account(owner).address()).to_vec(), 2)
}

fn payment(nonce: u64) -> SafeTx {
    SafeTx { to: PAYEE, value: U256::from(1_000 + nonce), ..rejection(&at(0xaa), U256::from(nonce)) }
}

/// Hands the Safe over to code that nobody knows.
fn attack(nonce: u64) -> SafeTx {
    let data = Bytes::from_static(&[0xa9, 0x05, 0x9c, 0xbb]);
    SafeTx { to: STRANGE, data, operation: Operation::DelegateCall, ..rejection(&at(0xaa), U256::from(nonce)) }
}

/// What the chain says; nothing in it is from the service.
fn chain() -> Facts {
    let KnownSafe { at, owners, .. } = known(0xaa, [1, 2, 3]);
    let state = State {
        block: 9,
        version: at.version,
        owners,
        threshold: U256::from(2),
        nonce: U256::ZERO,
        modules: Vec::new(),
        guard: Address::ZERO,
        module_guard: Address::ZERO,
        fallback_handler: Address::ZERO,
        singleton: Address::ZERO,
        balance: U256::from(1_000_000),
        tokens: BTreeMap::new(),
    };
    Facts {
        now: Some(Timestamp::from_secs(1_800_000_000)),
        chain_id: Some(at.chain_id),
        safe: Some(state),
        recipients: vec![Recipient { name: "payee".to_owned(), address: PAYEE }],
        paid: Some([PAYEE].into()),
        tokens: Some(BTreeMap::new()),
        queue: Some(Vec::new()),
        ..Facts::default()
    }
}

/// A service, a client, and what owners have really signed.
struct Town {
    runtime: Runtime,
    server: Option<ServiceServer>,
    service: Service,
    signed: BTreeMap<B256, BTreeSet<Address>>,
    /// What owners have signed, as a journal of one's own would have it.
    own: Vec<Queued>,
}

impl Town {
    fn new(key: Option<&str>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let settings = ServiceSettings { key: key.map(str::to_owned), ..ServiceSettings::default() };
        let server = runtime.block_on(ServiceServer::start(settings)).unwrap();
        server.world(|world| world.learn(known(0xaa, [1, 2, 3])));
        server.world(|world| world.learn(known(0xbb, [1, 4, 5])));
        let reach = Reach { patience: Duration::from_millis(700), ..Reach::default() };
        let service = Service::new(&Endpoint::new(&server.url(), key).unwrap(), U256::ONE, &reach).unwrap();
        Self { runtime, server: Some(server), service, signed: BTreeMap::new(), own: Vec::new() }
    }

    /// With payments that one and two owners have signed, an attack that nobody has, and another Safe's payment.
    fn busy() -> Self {
        let mut town = Self::new(None);
        town.propose(0xaa, &payment(0), &[1, 2]);
        town.propose(0xaa, &payment(1), &[1]);
        town.propose(0xaa, &attack(2), &[]);
        town.propose(0xaa, &payment(3), &[3]);
        town.propose(0xbb, &payment(0), &[1, 4]);
        town
    }

    fn server(&self) -> &ServiceServer {
        self.server.as_ref().unwrap()
    }

    fn propose(&mut self, safe: u8, tx: &SafeTx, signers: &[u8]) {
        let at = at(safe);
        let all: Vec<Confirmation> = signers.iter().map(|signer| confirmation(&at, tx, *signer)).collect();
        let sender = account(1).address();
        let first = all.first();
        let sender = first.map_or(sender, |first| first.owner);
        self.service.propose(&Draft { at: &at, tx, sender, signature: first, origin: Some("desk") }).unwrap();
        all.iter().skip(1).for_each(|one| self.service.confirm(one).unwrap());
        let hash = tx.hashes(&at).safe_tx;
        self.signed.insert(hash, all.iter().map(|one| one.owner).collect());
        if safe == 0xaa && !all.is_empty() {
            let (nonce, name) = (tx.nonce, String::new());
            self.own.push(Queued { hash, nonce, name, signed: false, vouched: true });
        }
    }

    /// What is known beside a service's rows, and with them.
    fn facts(&self, rows: &[Row]) -> Facts {
        let queued = |row: &Row| {
            let name = row.claims.origin.clone().unwrap_or_default();
            Queued { hash: row.hashes.safe_tx, nonce: row.tx.nonce, name, signed: false, vouched: row.is_vouched() }
        };
        let others = rows.iter().map(queued).filter(|row| self.own.iter().all(|own| own.hash != row.hash));
        Facts { queue: Some(self.own.iter().cloned().chain(others).collect()), ..chain() }
    }

    fn queue(&self) -> Result<Queue, ServiceError> {
        let facts = exchequer::treasury::ethereum::signature::SafeFacts {
            at: at(0xaa),
            owners: known(0xaa, [1, 2, 3]).owners,
            threshold: 2,
            handler: None,
        };
        let wanted = Wanted { facts: &facts, known: &Known::default(), least: Some(U256::ZERO) };
        let pages = self.service.queue(at(0xaa).safe, U256::ZERO, &())?;
        Ok(Queue::read(pages.iter(), &wanted))
    }

    /// Whatever was listed: no signature counts that nobody gave, and no review is better than it is
    /// with what owners have really signed, and without the service.
    fn holds(&self, queue: &Queue, what: &str) {
        let (facts, own) = (self.facts(&queue.rows), self.facts(&[]));
        for row in &queue.rows {
            assert_eq!(row.hashes, row.tx.hashes(&at(0xaa)), "{what}");
            let signed = self.signed.get(&row.hashes.safe_tx).cloned().unwrap_or_default();
            for valid in &row.checked.valid {
                assert!(signed.contains(&valid.owner), "{what}: a signature of {} that nobody gave", valid.owner);
            }
            let (with, without) = (review(&at(0xaa), &row.tx, &facts), review(&at(0xaa), &row.tx, &own));
            let codes = |verdict: &Verdict| -> BTreeSet<&'static str> {
                verdict.warnings.iter().chain(&verdict.blocks).map(|finding| finding.code).collect()
            };
            assert!(with.verdict.judgement() >= without.verdict.judgement(), "{what}");
            assert!(codes(&with.verdict).is_superset(&codes(&without.verdict)), "{what}: {:?}", without.verdict);
            if row.tx.operation == Operation::DelegateCall {
                assert_eq!(with.verdict.judgement(), Judgement::Block, "{what}");
            }
            plain(&format!("{:?}", row.claims.origin.as_deref().unwrap_or_default()), what);
        }
        for aside in &queue.quarantined {
            plain(&aside.why.to_string(), what);
            plain(aside.claimed.as_deref().unwrap_or_default(), what);
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        let _inside = self.runtime.enter();
        self.server = None;
    }
}

/// An owner's signature; nobody can have one over what a review blocks.
fn confirmation(at: &SafeAt, tx: &SafeTx, signer: u8) -> Confirmation {
    account(signer).sign(&reviewed(at, tx, &Facts::default()).1.unwrap()).unwrap()
}

/// Nothing in a text that a terminal would obey.
fn plain(text: &str, what: &str) {
    assert_eq!(printable(text), text, "{what}");
}

fn ok_or_plain<T>(answer: Result<T, ServiceError>, what: &str) {
    if let Err(error) = answer {
        plain(&error.to_string(), what);
        assert!(!error.code().is_empty());
    }
}

/// The most memory that this process has had, in KiB, where the system tells.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[test]
fn an_honest_service_is_read_and_told() {
    let mut town = Town::busy();
    let queue = town.queue().unwrap();
    town.holds(&queue, "honest");
    let valid: Vec<usize> = queue.rows.iter().map(|row| row.checked.valid.len()).collect();
    assert_eq!(valid, [2, 1, 1, 0], "what is vouched for comes first");
    assert_eq!((queue.counts.quarantined, queue.counts.refused), (0, 0));

    let tx = payment(1);
    let hash = tx.hashes(&at(0xaa)).safe_tx;
    let now = Timestamp::from_system(SystemTime::now());
    let act = Act::Delete { safe: at(0xaa).safe, safe_tx: hash };
    let request = Request { chain_id: U256::ONE, act, hour: u64::try_from(now.secs() / 3600).unwrap() };
    let refused = town.service.delete(hash, &account(2).sign_request(&request).unwrap());
    assert!(matches!(refused, Err(ServiceError::Refused { .. })), "another's: {refused:?}");
    town.service.delete(hash, &account(1).sign_request(&request).unwrap()).unwrap();
    assert!(town.service.transaction(hash).unwrap().is_none());
    assert_eq!(town.queue().unwrap().rows.len(), 3);

    // More than two pages, and each row once.
    (10..260).for_each(|nonce| town.propose(0xaa, &payment(nonce), &[2]));
    let queue = town.queue().unwrap();
    assert_eq!((queue.rows.len(), queue.counts.quarantined), (253, 0));
    town.holds(&queue, "many");
}

#[test]
fn the_service_refuses_what_the_real_one_refuses() {
    let town = Town::new(None);
    let (here, tx) = (at(0xaa), payment(0));
    let propose = |at: &SafeAt, sender: u8, signature: Option<&Confirmation>| {
        let draft = Draft { at, tx: &tx, sender: account(sender).address(), signature, origin: None };
        town.service.propose(&draft)
    };
    let refused = |answer: Result<B256, ServiceError>, words: &str| match answer {
        Err(ServiceError::Refused { reason, .. }) => assert!(reason.contains(words), "{reason}"),
        other => panic!("{words}: {other:?}"),
    };
    refused(propose(&here, 4, None), "is not an owner or delegate");
    refused(propose(&here, 1, Some(&confirmation(&here, &tx, 2))), "Signature does not match sender");
    refused(propose(&here, 1, Some(&confirmation(&at(0xbb), &tx, 1))), "is not an owner or delegate");
    let older = SafeAt { version: SafeVersion::V1_1_1, ..here };
    refused(propose(&older, 1, None), "does not match provided contract-tx-hash");
    refused(propose(&at(0xcc), 1, None), "Could not get Safe");
    let stranger = confirmation(&here, &tx, 4);
    assert!(matches!(town.service.confirm(&stranger), Err(ServiceError::Unknown { .. })), "not proposed yet");
    propose(&here, 1, Some(&confirmation(&here, &tx, 1))).unwrap();
    assert!(matches!(town.service.confirm(&stranger), Err(ServiceError::Refused { .. })));

    let closed = Town::new(Some("s3cret"));
    assert!(closed.queue().is_ok());
    let reach = Reach::default();
    let open = Service::new(&Endpoint::new(&closed.server().url(), None).unwrap(), U256::ONE, &reach).unwrap();
    assert!(matches!(open.queue(here.safe, U256::ZERO, &()), Err(ServiceError::Auth { .. })));
}

#[test]
fn a_hostile_service_can_hide_and_delay_and_nothing_else() {
    let mut town = Town::busy();
    let new = payment(4);
    town.signed.insert(new.hashes(&at(0xaa)).safe_tx, [account(1).address()].into());
    let first = confirmation(&at(0xaa), &new, 1);
    let (hash, honest) = (payment(0).hashes(&at(0xaa)).safe_tx, town.queue().unwrap());
    let slow = [ServiceFault::SlowLoris, ServiceFault::Stall, ServiceFault::Overrun, ServiceFault::Flood];
    for fault in ServiceFault::all() {
        let what = format!("{fault:?}");
        town.server().fault(fault, u32::MAX);
        match town.queue() {
            Ok(queue) => {
                town.holds(&queue, &what);
                let fooled =
                    matches!(fault, ServiceFault::Forged(_) | ServiceFault::Invented(Field::Safe | Field::Hash));
                assert!(!fooled || (queue.rows.is_empty() && queue.counts.quarantined > 0), "{what}: {queue:?}");
                // What nobody has signed is not vouched for, however true its hash is.
                let invented = matches!(fault, ServiceFault::Invented(_));
                assert!(!invented || queue.rows.iter().all(|row| !row.is_vouched()), "{what}");
                assert!(queue.rows.len() <= honest.rows.len() + 1, "{what}: {} rows", queue.rows.len());
            }
            Err(error) => plain(&error.to_string(), &what),
        }
        if !slow.contains(&fault) {
            ok_or_plain(town.service.transaction(hash), &what);
            let draft =
                Draft { at: &at(0xaa), tx: &new, sender: first.owner, signature: Some(&first), origin: Some("desk") };
            ok_or_plain(town.service.propose(&draft), &what);
            ok_or_plain(town.service.confirm(&first), &what);
            ok_or_plain(town.service.delete(hash, &[0; 65]), &what);
            ok_or_plain(town.service.history(at(0xaa).safe, 500, &()), &what);
        }
        assert!(town.server().seen().iter().all(|asked| !asked.contains("/elsewhere")), "{what}: it went elsewhere");
    }
    town.server().heal();
    let after = town.queue().unwrap();
    town.holds(&after, "healed");
    assert_eq!(after.rows.len(), honest.rows.len() + 1);
    if let Some(peak) = peak() {
        assert!(peak < 1 << 20, "{peak} KiB");
    }
}
