//! From a proposal to moved coins: built here, signed by three kinds of signers, confirmed through the service or by file,
//! carried out on anvil, and what became of it read from the receipt.

use super::anvil::{Anvil, CHAIN, VERSIONS};
use super::safe::{COIN, Desk, Held, Made, TOKENS, carry_out, soft};
use alloy_primitives::{Address, U256};
use exchequer::chain::ChainError;
use exchequer::chain::ethereum::{Node, Seen};
use exchequer::chain::service::Draft;
use exchequer::market::Timestamp;
use exchequer::sim;
use exchequer::treasury::ethereum::build::{self, Payment, What};
use exchequer::treasury::ethereum::execute::Told;
use exchequer::treasury::ethereum::hash::{Act, Request};
use exchequer::treasury::ethereum::hot::Account;
use exchequer::treasury::ethereum::queue::{Queue, Wanted};
use exchequer::treasury::ethereum::review::facts::{Known as Recipient, Token};
use exchequer::treasury::ethereum::review::{Facts, Kind, reviewed};
use exchequer::treasury::ethereum::signature::{Checked, Confirmation, Known};
use exchequer::treasury::ethereum::{Operation, Proposal, SafeTx, SafeVersion};
use std::collections::BTreeMap;

const PAYEE: Address = Address::repeat_byte(0x0b);
const SUPPLIER: Address = Address::repeat_byte(0x0c);

/// A Safe of five with three kinds of owners, a client of its chain, and somebody who carries out.
struct Town {
    _anvil: Anvil,
    node: Node,
    made: Made,
    token: Address,
    ledger: Held,
    trezor: Held,
    soft: Account,
    sender: Account,
}

impl Town {
    fn new(version: SafeVersion) -> Self {
        let anvil = Anvil::with(version);
        let (ledger, trezor, account, sender) = (Held::ledger(), Held::trezor(), soft(1), soft(9));
        let others = [soft(2), soft(3)].map(|other| other.address());
        let owners = vec![others[0], ledger.address, account.address(), trezor.address, others[1]];
        let token = anvil.token();
        let made = Made::new(&anvil, version, owners, 3, token);
        anvil.fund(sender.address(), COIN);
        let node = anvil.node();
        Self { _anvil: anvil, node, made, token, ledger, trezor, soft: account, sender }
    }

    fn seen(&self) -> Seen {
        self.node.safe(self.made.at.safe, &()).unwrap()
    }

    /// What of the token somebody has.
    fn tokens(&self, who: Address) -> U256 {
        self.node.balances(who, &[self.token], &()).unwrap().tokens[&self.token]
    }

    fn coins(&self, who: Address) -> U256 {
        self.node.balances(who, &[], &()).unwrap().coin
    }

    /// A payment of one coin, and of a quarter of the tokens, in one batch.
    fn batch(&self, nonce: U256) -> SafeTx {
        let coin = Payment { what: What::Coin { amount: COIN }, to: PAYEE };
        let token = What::Token { token: self.token, amount: TOKENS / U256::from(4) };
        let asks = [coin, Payment { what: token, to: SUPPLIER }].map(|one| one.ask(self.made.at.safe).unwrap());
        build::transaction(&self.made.at, nonce, &asks).unwrap()
    }

    /// A payment of more of the token than there is, with gas of its own or without.
    fn failing(&self, safe_tx_gas: u64, nonce: U256) -> SafeTx {
        let what = What::Token { token: self.token, amount: TOKENS * U256::from(2) };
        let ask = Payment { what, to: SUPPLIER }.ask(self.made.at.safe).unwrap();
        let tx = build::transaction(&self.made.at, nonce, &[ask]).unwrap();
        SafeTx { safe_tx_gas: U256::from(safe_tx_gas), ..tx }
    }

    /// All that a review can know of it.
    fn facts(&self, tx: &SafeTx) -> Facts {
        let seen = self.seen();
        let mut state = seen.state.clone();
        let balances = self.node.balances(self.made.at.safe, &[self.token], &()).unwrap();
        (state.balance, state.tokens) = (balances.coin, balances.tokens);
        let code = [tx.to, self.token, PAYEE, SUPPLIER, self.made.at.safe, state.singleton, state.fallback_handler];
        let token = Token { symbol: "TT".to_owned(), decimals: Some(18), trusted: true };
        let friend = |name: &str, address| Recipient { name: name.to_owned(), address };
        Facts {
            now: Some(Timestamp::from_secs(1_800_000_000)),
            chain_id: Some(CHAIN),
            code: self.node.code_hashes(&code, &seen.block).unwrap(),
            safe: Some(state),
            tokens: Some(BTreeMap::from([(self.token, token)])),
            recipients: vec![friend("payee", PAYEE), friend("supplier", SUPPLIER)],
            paid: Some([PAYEE, SUPPLIER].into()),
            queue: Some(Vec::new()),
            ..Facts::default()
        }
    }

    /// Signs with all three, after a review that blocks nothing.
    fn confirmations(&mut self, tx: &SafeTx) -> [Confirmation; 3] {
        let at = self.made.at;
        let (review, passed) = reviewed(&at, tx, &self.facts(tx));
        let passed = passed.unwrap_or_else(|| panic!("{:?}", review.verdict.blocks));
        self.node.same_hash(&at, tx, &self.seen().block).unwrap();
        [self.ledger.confirm(&passed), self.trezor.confirm(&passed), self.soft.sign(&passed).unwrap()]
    }

    fn checked(&self, tx: &SafeTx, all: &[Confirmation]) -> Checked {
        let facts = self.seen().facts();
        let mut proposal = Proposal::new(self.made.at, tx.clone());
        all.iter().for_each(|one| proposal.take(one.clone()).unwrap());
        proposal.checked(&facts, &Known::default())
    }

    /// Carries it out with gas of the node's estimate, or with so much, and says what the receipt says.
    fn execute(&self, tx: &SafeTx, checked: &Checked, gas: Option<u64>) -> Result<(Told, sim::Execution), ChainError> {
        let (_, passed) = reviewed(&self.made.at, tx, &self.facts(tx));
        let (facts, known) = (self.seen().facts(), Known::default());
        carry_out(&self.node, &passed.unwrap(), &checked.valid, (&facts, &known), &self.sender, gas)
    }

    /// What everybody has after the batch.
    fn has_moved(&self) {
        let safe = self.made.at.safe;
        assert_eq!((self.coins(PAYEE), self.coins(safe)), (COIN, COIN * U256::from(9)));
        let quarter = TOKENS / U256::from(4);
        assert_eq!((self.tokens(SUPPLIER), self.tokens(safe)), (quarter, TOKENS - quarter));
        assert_eq!(self.seen().state.nonce, U256::ONE);
    }
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn three_kinds_of_signers_confirm_through_the_service() {
    for version in VERSIONS {
        let (mut town, desk) = (Town::new(version), Desk::new());
        let at = town.made.at;
        desk.server().world(|world| world.learn(town.made.known(U256::ZERO)));
        let tx = town.batch(U256::ZERO);
        let (review, _) = reviewed(&at, &tx, &town.facts(&tx));
        assert_eq!(tx.operation, Operation::DelegateCall);
        assert!(review.kind != Kind::Unknown && review.verdict.blocks.is_empty(), "{:?}", review.verdict);

        let [first, second, third] = town.confirmations(&tx);
        let draft = Draft { at: &at, tx: &tx, sender: first.owner, signature: Some(&first), origin: Some("test") };
        let hash = desk.service.propose(&draft).unwrap();
        desk.service.confirm(&second).unwrap();
        desk.service.confirm(&third).unwrap();

        let facts = town.seen().facts();
        let wanted = Wanted { facts: &facts, known: &Known::default(), least: Some(U256::ZERO) };
        let queue = Queue::read(desk.service.queue(at.safe, U256::ZERO, &()).unwrap().iter(), &wanted);
        assert_eq!((queue.rows.len(), queue.counts.quarantined, queue.counts.refused), (1, 0, 0), "{queue:?}");
        let row = &queue.rows[0];
        assert_eq!((&row.tx, row.hashes.safe_tx, row.checked.valid.len()), (&tx, hash, 3));

        let (said, done) = town.execute(&row.tx, &row.checked, None).unwrap();
        assert!(matches!(said, Told::Success { .. }), "{version}: {said:?}");
        town.has_moved();

        // The service learns of it, and so does who asks for its history.
        desk.server().world(|world| world.executed(at, &tx, done));
        assert_eq!(desk.service.queue(at.safe, U256::ONE, &()).unwrap().rows, 0);
        assert_eq!(desk.service.history(at.safe, 10, &()).unwrap().rows, 1);
        assert!(desk.service.confirm(&third).is_err(), "what is executed takes no more");
        assert!(desk.service.propose(&draft).is_err(), "its nonce is used");
    }
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn three_kinds_of_signers_need_no_service() {
    for version in VERSIONS {
        let mut town = Town::new(version);
        let tx = town.batch(U256::ZERO);
        // Each signs a file of its own, and the files are put together.
        let files = town.confirmations(&tx).map(|one| {
            let mut proposal = Proposal::new(town.made.at, tx.clone());
            proposal.take(one).unwrap();
            proposal.json()
        });
        let read = files.map(|file| Proposal::read(file.as_bytes()).unwrap());
        let whole = read.into_iter().reduce(|one, other| one.merge(other).unwrap()).unwrap();
        let checked = whole.checked(&town.seen().facts(), &Known::default());
        assert_eq!((checked.valid.len(), checked.refused.len()), (3, 0));
        let (said, _) = town.execute(&whole.file.tx, &checked, None).unwrap();
        assert!(matches!(said, Told::Success { .. }), "{version}: {said:?}");
        town.has_moved();
    }
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn a_failure_inside_is_told_from_a_revert() {
    for version in VERSIONS {
        let mut town = Town::new(version);
        // Without gas of its own the whole transaction fails, and the nonce is kept.
        let tx = town.failing(0, U256::ZERO);
        let checked = town.confirmations(&tx);
        let checked = town.checked(&tx, &checked);
        let reason = match town.execute(&tx, &checked, None) {
            Err(ChainError::Reverted { reason }) => reason,
            other => panic!("{version}: {other:?}"),
        };
        let wanted = if version < SafeVersion::V1_5_0 { "GS013" } else { "transfer amount exceeds balance" };
        assert!(reason.contains(wanted), "{version}: {reason}");
        let (said, _) = town.execute(&tx, &checked, Some(500_000)).unwrap();
        assert_eq!((said, town.seen().state.nonce), (Told::Reverted, U256::ZERO), "{version}");

        // With gas of its own it is mined as if all were well; only an event tells.
        let tx = town.failing(100_000, U256::ZERO);
        let all = town.confirmations(&tx);
        let (said, _) = town.execute(&tx, &town.checked(&tx, &all), None).unwrap();
        assert!(matches!(said, Told::Failure { .. }), "{version}: {said:?}");
        assert_eq!((town.seen().state.nonce, town.tokens(town.made.at.safe)), (U256::ONE, TOKENS), "{version}");
    }
}

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn a_rejection_takes_the_place_of_what_it_rejects() {
    let version = SafeVersion::V1_4_1;
    let (mut town, desk) = (Town::new(version), Desk::new());
    let at = town.made.at;
    desk.server().world(|world| world.learn(town.made.known(U256::ZERO)));
    let (paid, nothing) = (town.batch(U256::ZERO), build::rejection(&at, U256::ZERO));
    for tx in [&paid, &nothing] {
        let facts = town.facts(tx);
        let confirmation = town.soft.sign(&reviewed(&at, tx, &facts).1.unwrap()).unwrap();
        let signature = Some(&confirmation);
        desk.service.propose(&Draft { at: &at, tx, sender: town.soft.address(), signature, origin: None }).unwrap();
    }
    let all = town.confirmations(&nothing);
    let (said, done) = town.execute(&nothing, &town.checked(&nothing, &all), None).unwrap();
    assert!(matches!(said, Told::Success { .. }));
    desk.server().world(|world| world.executed(at, &nothing, done));
    assert_eq!((town.coins(PAYEE), town.seen().state.nonce), (U256::ZERO, U256::ONE));

    // What was rejected lies at the service for ever; only who asks from the chain's nonce on does not see it.
    assert_eq!(desk.service.queue(at.safe, U256::ZERO, &()).unwrap().rows, 2, "once of each list");
    assert_eq!(desk.service.queue(at.safe, U256::ONE, &()).unwrap().rows, 0);
    let hour = u64::try_from(Timestamp::from_system(std::time::SystemTime::now()).secs() / 3600).unwrap();
    let act = Act::Delete { safe: at.safe, safe_tx: paid.hashes(&at).safe_tx };
    let request = Request { chain_id: CHAIN, act, hour };
    desk.service.delete(paid.hashes(&at).safe_tx, &town.soft.sign_request(&request).unwrap()).unwrap();
    assert!(desk.service.transaction(paid.hashes(&at).safe_tx).unwrap().is_none());
}
