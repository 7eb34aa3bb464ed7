//! Coins by the way that opens after a time lock: not before, and then by those who waited.

use crate::treasury::office::{Office, STRANGER};

/// Two of two who may always sign; a third alone, once a coin has been there for ten blocks.
fn office(lock: &str) -> Office {
    Office::of(3, |keys| format!("wsh(or_d(multi(2,{},{}),and_v(v:pkh({}),{lock})))", keys[0], keys[1], keys[2]))
}

#[test]
fn a_recovery_is_refused_with_the_blocks_that_are_left_and_works_when_they_are_there() {
    let office = office("older(10)");
    office.fund(&[400_000, 300_000]);
    let [first, _, heir] = office.desks.as_slice() else { unreachable!() };
    let recover = format!("propose recover Cold --to {STRANGER} --fee-rate 3");
    let before = first.entries();
    let early = first.run(&format!("{recover} --json"));
    let told: serde_json::Value = serde_json::from_slice(&early.stderr).unwrap();
    assert_eq!((early.status.code(), &told["error"]["key"]), (Some(1), &"build-unripe".into()));
    // One block has the coins; the tenth after it may have the recovery, so that nine have to come before.
    assert!(told["error"]["message"].as_str().unwrap().contains("9 blocks are left"), "{told}");
    assert_eq!(first.entries(), before);
    office.chain.mine(8);
    first.does("wallet sync Cold");
    let early = String::from_utf8(first.run(&recover).stderr).unwrap();
    assert!(early.contains("1 block is left"), "{early}");
    office.chain.mine(1);
    first.does("wallet sync Cold");

    let told = first.json(&format!("{recover} --memo heirs"));
    assert_eq!((&told["proposal"]["kind"], &told["review"]["kind"]), (&"btc_recovery".into(), &"recovery".into()));
    assert_eq!((&told["proposal"]["required"], &told["proposal"]["of"]), (&1.into(), &1.into()));
    assert_eq!(told["review"]["inputs"].as_array().unwrap().len(), 2);
    let id = told["proposal"]["id"].as_str().unwrap().to_owned();
    // Those of the quorum cannot sign it, and the heir's desk gets it as a file.
    assert_eq!(
        first.refused(&format!("proposal approve {id} --hot key0 --yes --accept-warnings")),
        (2, "no-seat".into())
    );
    first.does(&format!("proposal export {id} -o recovery.psbt"));
    office.carry(0, 2, "recovery.psbt");
    office.arm(2);
    heir.does(&format!("wallet sync Cold --chain {}", office.chain.source()));
    let there = heir.json("proposal import recovery.psbt --wallet Cold --recovery 0");
    assert_eq!((&there["proposal"]["id"], &there["proposal"]["kind"]), (&id.as_str().into(), &"btc_recovery".into()));
    heir.approve(&id, "key2");
    heir.broadcast(&id);
    office.chain.mine(1);
    heir.does("wallet sync Cold");
    assert_eq!(heir.state(&id), "confirmed");
    // Whoever proposed it and only sees the chain comes to know as well.
    first.does("wallet sync Cold");
    assert_eq!(first.state(&id), "confirmed");
    heir.verified();
    first.verified();
}

#[test]
fn a_recovery_from_a_height_on_waits_for_it() {
    let office = office("after(400)");
    office.fund(&[400_000]);
    let heir = &office.desks[2];
    office.arm(2);
    heir.does(&format!("wallet sync Cold --chain {}", office.chain.source()));
    let recover = format!("propose recover Cold --to {STRANGER} --fee-rate 3");
    let left = 401 - (office.chain.tip().0 + 1);
    let early = String::from_utf8(heir.run(&recover).stderr).unwrap();
    assert!(early.contains(&format!("{left} blocks are left")), "{early}");
    office.chain.mine(left);
    heir.does("wallet sync Cold");
    let id = heir.proposed(&recover);
    heir.approve(&id, "key2");
    heir.broadcast(&id);
    office.chain.mine(1);
    heir.does("wallet sync Cold");
    assert_eq!(heir.state(&id), "confirmed");
}

#[test]
fn the_quorum_spends_as_ever_and_a_way_that_is_none_is_refused() {
    let office = office("older(10)");
    office.fund(&[400_000]);
    let [first, second, _] = office.desks.as_slice() else { unreachable!() };
    assert_eq!(
        first.refused(&format!("propose recover Cold --to {STRANGER} --fee-rate 3 --path 1")),
        (1, "build-way".into())
    );
    let id = first.proposed(&format!("propose pay Cold --to {STRANGER}=100000sat --fee-rate 3"));
    first.does(&format!("proposal approve {id} --hot key0 --yes --accept-warnings -o signed.psbt"));
    office.carry(0, 1, "signed.psbt");
    office.arm(1);
    second.does("proposal import signed.psbt --wallet Cold");
    second.does(&format!("proposal approve {id} --hot key1 --yes --accept-warnings -o both.psbt"));
    office.carry(1, 0, "both.psbt");
    assert_eq!(first.json(&format!("proposal combine {id} both.psbt --accept-warnings"))["state"], "ready");
    first.broadcast(&id);
    assert_eq!(first.state(&id), "executing");
}

#[test]
fn a_recovery_is_bumped_by_those_who_made_it() {
    let office = office("older(10)");
    office.fund(&[400_000]);
    let heir = &office.desks[2];
    office.arm(2);
    office.chain.mine(9);
    heir.does(&format!("wallet sync Cold --chain {}", office.chain.source()));
    let first = heir.proposed(&format!("propose recover Cold --to {STRANGER} --fee-rate 2"));
    heir.approve(&first, "key2");
    heir.broadcast(&first);
    let told = heir.json(&format!("propose cancel {first} --fee-rate 10"));
    assert_eq!((&told["proposal"]["kind"], &told["proposal"]["required"]), (&"btc_rbf".into(), &1.into()), "{told}");
    let back = told["proposal"]["id"].as_str().unwrap();
    heir.approve(back, "key2");
    heir.broadcast(back);
    office.chain.mine(1);
    heir.does("wallet sync Cold");
    assert_eq!((heir.state(&first).as_str(), heir.state(back).as_str()), ("superseded", "confirmed"));
    heir.verified();
}
