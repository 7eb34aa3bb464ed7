//! Owners that are no keys: a Safe that owns another signs for it, and an owner approves on the chain. The service takes both,
//! the chain is asked about what only it knows, and the contract takes the three together.

use super::anvil::{Anvil, CHAIN, VERSIONS, call};
use super::safe::{COIN, Desk, Made, carry_out, soft};
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{Address, U256};
use exchequer::chain::service::Draft;
use exchequer::market::Timestamp;
use exchequer::treasury::ethereum::build::{self, Payment, What};
use exchequer::treasury::ethereum::execute::Told;
use exchequer::treasury::ethereum::nested::Errand;
use exchequer::treasury::ethereum::queue::{Queue, Wanted};
use exchequer::treasury::ethereum::review::{Facts, reviewed};
use exchequer::treasury::ethereum::signature::{Kind, Known, Question};
use std::time::SystemTime;

const PAYEE: Address = Address::repeat_byte(0x0d);

#[test]
#[ignore = "needs anvil: make test-nodes"]
fn a_safe_and_an_approval_confirm_beside_a_key() {
    for version in VERSIONS {
        let (anvil, desk) = (Anvil::with(version), Desk::new());
        let (node, token, sender) = (anvil.node(), anvil.token(), soft(9));
        anvil.fund(sender.address(), COIN);
        let child = Made::new(&anvil, version, [4, 5].map(|number| soft(number).address()).to_vec(), 2, token);
        let owners = vec![soft(1).address(), child.at.safe, anvil.rich];
        let parent = Made::new(&anvil, version, owners, 3, token);
        let at = parent.at;
        desk.server().world(|world| [&parent, &child].map(|made| world.learn(made.known(U256::ZERO))));

        let ask = Payment { what: What::Coin { amount: COIN }, to: PAYEE }.ask(at.safe).unwrap();
        let tx = build::transaction(&at, U256::ZERO, &[ask]).unwrap();
        let seen = node.safe(at.safe, &()).unwrap();
        let knows = Facts { chain_id: Some(CHAIN), safe: Some(seen.state.clone()), ..Facts::default() };
        let (review, passed) = reviewed(&at, &tx, &knows);
        let passed = passed.unwrap_or_else(|| panic!("{:?}", review.verdict.blocks));
        let hash = passed.hashes().safe_tx;

        let first = soft(1).sign(&passed).unwrap();
        let sender_of = first.owner;
        let draft = Draft { at: &at, tx: &tx, sender: sender_of, signature: Some(&first), origin: None };
        desk.service.propose(&draft).unwrap();
        let of_child = node.safe(child.at.safe, &()).unwrap().facts();
        let errand = Errand::new(&passed, &of_child).unwrap();
        let mut signed: Vec<_> = [4, 5].map(|number| soft(number).sign_errand(&errand).unwrap()).into();
        let half = errand.confirmation(&signed[..1], &Known::default());
        assert!(half.is_err(), "{version}: one of two is not the Safe's word");
        signed.sort_by_key(|one| one.owner);
        desk.service.confirm(&errand.confirmation(&signed, &Known::default()).unwrap()).unwrap();
        let approve = call("approveHash(bytes32)", vec![DynSolValue::FixedBytes(hash, 32)]);
        let receipt = anvil.send(Some(at.safe), U256::ZERO, &approve);
        let (now, done) = (Timestamp::from_system(SystemTime::now()), receipt["transactionHash"].as_str().unwrap());
        desk.server().world(|world| world.approved(at.safe, anvil.rich, hash, done.parse().unwrap(), now));

        // Two hold by themselves; the third hangs on the chain, whatever the service says.
        let mut known = Known::default();
        known.safes.insert(child.at.safe, of_child.clone());
        let facts = seen.facts();
        let listed = desk.service.queue(at.safe, U256::ZERO, &()).unwrap();
        let read = |known: &Known| {
            let wanted = Wanted { facts: &facts, known, least: Some(U256::ZERO) };
            Queue::read(listed.iter(), &wanted).rows.remove(0).checked
        };
        let checked = read(&known);
        assert_eq!((checked.valid.len(), checked.open.len(), checked.refused.len()), (2, 1, 0), "{version}");
        let questions: Vec<Question> = checked.open.iter().flat_map(|(_, questions)| questions.clone()).collect();
        let block = node.newest(&()).unwrap();
        known.answers = node.answers(at.safe, &questions, &block, &()).unwrap();
        let checked = read(&known);
        let kinds = |kind: fn(&Kind) -> bool| checked.valid.iter().filter(|one| kind(&one.kind)).count();
        assert_eq!(kinds(|kind| matches!(kind, Kind::Contract { .. })), 1);
        assert_eq!(kinds(|kind| matches!(kind, Kind::ApprovedHash)), 1);

        let (said, _) = carry_out(&node, &passed, &checked.valid, (&facts, &known), &sender, None).unwrap();
        assert!(matches!(said, Told::Success { .. }), "{version}: {said:?}");
        assert_eq!(node.balances(PAYEE, &[], &()).unwrap().coin, COIN);
    }
}
