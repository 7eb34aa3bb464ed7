mod vectors;

use super::*;
use crate::treasury::bitcoin::policy::Lock;
use bitcoin::bip32::{ChildNumber, Xpub};
use bitcoin::secp256k1::{PublicKey, Secp256k1};
use miniscript::RelLockTime;
use std::str::FromStr;

/// Keys of the seeds `abandon … about`, m/48'/1'/0'/2', and of the Ledger emulator, m/44'/1'/0'.
const A: &str = "[73c5da0a/48'/1'/0'/2']tpubDFH9dgzveyD8zTbPUFuLrGmCydNvxehyNdUXKJAQN8x4aZ4j6UZqGfnqFrD4NqyaTVGKbvEW54tsvPTK2UoSbCC1PJY8iCNiwTL3RWZEheQ";
const B: &str = "[f5acc2fd/44'/1'/0']tpubDCwYjpDhUdPGP5rS3wgNg13mTrrjBuG8V9VpWbyptX6TRPbNoZVXsoVUSkCjmQ8jJycjuDKBb9eataSymXakTTaGifxR6kmVsfFehH1ZgJT";

fn wallet(text: &str) -> Result<Wallet, WalletError> {
    Wallet::new("Cold", Network::Testnet, &[text])
}

#[test]
fn a_quorum_is_read_from_what_the_descriptor_means() {
    let plain = wallet(&format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
    assert_eq!(plain.policy().quorum().to_string(), "2-of-2");
    assert_eq!(
        plain.policy().seats().map(|seat| seat.fingerprint.to_string()).collect::<Vec<_>>(),
        ["73c5da0a", "f5acc2fd"]
    );
    let either = wallet(&format!("wsh(multi(1,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
    assert_eq!(either.policy().quorum().to_string(), "1-of-2");
    let nested = wallet(&format!("sh(wsh(and_v(v:pk({A}/<0;1>/*),pk({B}/<0;1>/*))))")).unwrap();
    assert_eq!(nested.policy().quorum().to_string(), "2-of-2");
}

#[test]
fn a_recovery_is_a_way_that_opens_later() {
    let text = format!("wsh(or_d(pk({A}/<0;1>/*),and_v(v:pkh({B}/<0;1>/*),older(4032))))");
    let wallet = wallet(&text).unwrap();
    assert_eq!(wallet.policy().quorum().to_string(), "1-of-1");
    let [way] = wallet.policy().recovery() else { panic!("one way: {:?}", wallet.policy()) };
    assert_eq!(
        (way.lock, way.required, way.seats.as_slice()),
        (Lock::Older(RelLockTime::from_height(4032)), 1, &[1][..])
    );
}

#[test]
fn what_cannot_be_a_wallet_is_refused_by_name() {
    let said = |text: String| wallet(&text).unwrap_err();
    assert_eq!(said(format!("wsh(sortedmulti(2,{A}/0/1,{B}/0/1))")), WalletError::Single);
    assert_eq!(said(format!("wsh(sortedmulti(2,{A}/<0;1;2>/*,{B}/<0;1;2>/*))")), WalletError::Rows(3));
    assert!(matches!(
        said(format!("wsh(sortedmulti(2,{A}/<0;1>/*,{A}/<0;1>/*))")),
        WalletError::Policy(PolicyError::Twice(_)) | WalletError::Descriptor(_)
    ));
    assert!(matches!(
        said(format!("wsh(sortedmulti(2,{A}/<0;1>/*,{A}/<2;3>/*))")),
        WalletError::Policy(PolicyError::Twice(_))
    ));
    assert!(matches!(
        said(format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))#aaaaaaaa")),
        WalletError::Descriptor(_)
    ));
    assert_eq!(said("wpkh(tprv8ZgxMBicQKsPd/0/*)".into()), WalletError::Private);
    let text = format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))");
    let main = Wallet::new("Cold", Network::Bitcoin, &[&text]).unwrap_err();
    assert_eq!(main, WalletError::Network { key: 1, found: "a test network", network: Network::Bitcoin });
    for name in ["", " x", "x ", "tab\t", "ü", &"x".repeat(65)] {
        assert_eq!(Wallet::new(name, Network::Testnet, &[&text]).unwrap_err(), WalletError::Name);
    }
}

#[test]
fn change_under_another_rule_is_refused() {
    let receive = format!("wsh(sortedmulti(2,{A}/0/*,{B}/0/*))");
    let change = format!("wsh(sortedmulti(1,{A}/1/*,{B}/1/*))");
    let mixed = Wallet::new("Cold", Network::Testnet, &[&receive, &change]).unwrap_err();
    assert_eq!(mixed, WalletError::Policy(PolicyError::Rows));
}

#[test]
fn two_descriptors_and_one_with_two_rows_derive_the_same() {
    let (receive, change) =
        (format!("wsh(sortedmulti(2,{A}/0/*,{B}/0/*))"), format!("wsh(sortedmulti(2,{A}/1/*,{B}/1/*))"));
    let two = Wallet::new("Cold", Network::Testnet, &[&receive, &change]).unwrap();
    let one = wallet(&format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
    assert_eq!(one.id(), two.id());
    for chain in Chain::ALL {
        assert_eq!(one.script(Spot { chain, index: 7 }), two.script(Spot { chain, index: 7 }));
    }
    assert_eq!(one.script(Spot { chain: Chain::Receive, index: 1 << 31 }), None);
}

/// The mainnet key of `abandon … about` at m/84'/0'/0', as BIP-84 has it, and that below it.
const MAIN: &str =
    "xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V";

fn refusal(text: &str) -> &'static str {
    Wallet::new("W", Network::Bitcoin, &[text]).map(|wallet| wallet.descriptors()).expect_err(text).code()
}

#[test]
fn an_origin_that_is_not_the_key_s_own_is_refused() {
    Wallet::new("W", Network::Bitcoin, &[&format!("wpkh([73c5da0a/84'/0'/0']{MAIN}/<0;1>/*)")]).unwrap();
    for origin in ["73c5da0a", "73c5da0a/84'/0'", "73c5da0a/84'/0'/0'/0", "73c5da0a/84'/0'/1'", "73c5da0a/84'/0'/0"] {
        assert_eq!(refusal(&format!("wpkh([{origin}]{MAIN}/<0;1>/*)")), "wallet-origin", "{origin}");
    }
    // A seed's own key is under its own fingerprint, and its child under that.
    let seed = Xpub::from_str("xpub661MyMwAqRbcFkPHucMnrGNzDwb6teAX1RbKQmqtEF8kK3Z7LZ59qafCjB9eCRLiTVG3uxBxgKvRgbubRhqSKXnGGb1aoaqLrpMBDrVxga8").unwrap();
    let child = seed.derive_pub(&Secp256k1::new(), &[ChildNumber::Normal { index: 7 }]).unwrap();
    let own = seed.fingerprint();
    Wallet::new("W", Network::Bitcoin, &[&format!("wpkh([{own}]{seed}/<0;1>/*)")]).unwrap();
    Wallet::new("W", Network::Bitcoin, &[&format!("wpkh([{own}/7]{child}/<0;1>/*)")]).unwrap();
    assert_eq!(refusal(&format!("wpkh([73c5da0b]{seed}/<0;1>/*)")), "wallet-origin");
    assert_eq!(refusal(&format!("wpkh([73c5da0b/7]{child}/<0;1>/*)")), "wallet-origin");
    // A key of depth 0 that names a parent is none of BIP-32.
    let orphan = Xpub { child_number: ChildNumber::Normal { index: 7 }, ..seed };
    assert_eq!(refusal(&format!("wpkh({orphan}/<0;1>/*)")), "wallet-origin");
}

#[test]
fn steps_that_take_a_secret_are_refused_before_anything_is_derived() {
    for path in ["/*h", "/*'", "/0h/*", "/<0h;1h>/*", "/<0;1>/2h/*", "/0/*h"] {
        assert_eq!(refusal(&format!("wpkh({MAIN}{path})")), "wallet-hardened", "{path}");
    }
    assert_eq!(refusal(&format!("wpkh({MAIN}{}/*)", "/1".repeat(17))), "wallet-path");
    let deep = Xpub { depth: 254, ..Xpub::from_str(MAIN).unwrap() };
    assert_eq!(refusal(&format!("wpkh({deep}/<0;1>/*)")), "wallet-path");
    let deepest = Xpub { depth: 255, ..deep };
    assert_eq!(refusal(&format!("wpkh({deepest}/*)")), "wallet-path");
}

#[test]
fn t04_one_secret_holds_one_seat_under_whatever_name() {
    let (key, other) = (Xpub::from_str(MAIN).unwrap(), Xpub::from_str("xpub6FL8FhxNNUVnG64YurPd16AfGyvFLhh7S2uSsDqR3Qfcm6o9jtcMYwh6DvmcBF9qozxNQmTCVvWtxLpKTnhVLN3Pgnu2D3pAoXYFgVyd8Yz").unwrap());
    let quorum = |a: &Xpub, b: &Xpub| format!("wsh(sortedmulti(2,{a}/<0;1>/*,{b}/<0;1>/*))");
    Wallet::new("W", Network::Bitcoin, &[&quorum(&key, &other)]).unwrap();
    let child = key.derive_pub(&Secp256k1::new(), &[ChildNumber::Normal { index: 3 }]).unwrap();
    let flipped = PublicKey::from_slice(&{
        let mut bytes = key.public_key.serialize();
        bytes[0] ^= 1;
        bytes
    });
    for same in [
        Xpub { depth: 4, ..key },
        Xpub { chain_code: other.chain_code, ..key },
        Xpub { parent_fingerprint: other.parent_fingerprint, ..key },
        // The negated secret, which whoever has one has too.
        Xpub { public_key: flipped.unwrap(), ..key },
        child,
    ] {
        assert_eq!(refusal(&quorum(&key, &same)), "wallet-key-twice", "{same}");
        assert_eq!(refusal(&quorum(&same, &key)), "wallet-key-twice", "{same}");
    }
    // In a way that opens later one key may stand again, once.
    let again = |later: &str| format!("wsh(or_d(multi(2,{key}/<0;1>/*,{other}/<0;1>/*),and_v(v:{later},older(9))))");
    Wallet::new("W", Network::Bitcoin, &[&again(&format!("pkh({key}/<2;3>/*)"))]).unwrap();
    let twice = again(&format!("multi(2,{key}/<2;3>/*,{key}/<4;5>/*)"));
    assert_eq!(refusal(&twice), "wallet-key-twice");
}

#[test]
fn change_of_another_script_is_refused() {
    let row = |function: &str, chain: u32| format!("wsh({function}(2,{A}/{chain}/*,{B}/{chain}/*))");
    let two =
        |receive: &str, change: &str| Wallet::new("W", Network::Testnet, &[receive, change]).map(|wallet| wallet.id());
    two(&row("multi", 0), &row("multi", 1)).unwrap();
    assert_eq!(two(&row("multi", 0), &row("sortedmulti", 1)), Err(PolicyError::Rows.into()));
    assert_eq!(two(&row("multi", 0), &format!("sh({})", row("multi", 1))), Err(PolicyError::Rows.into()));
    let exchanged = format!("wsh(multi(2,{B}/1/*,{A}/1/*))");
    assert_eq!(two(&row("multi", 0), &exchanged), Err(PolicyError::Rows.into()));
    assert_eq!(two(&row("multi", 0), &row("multi", 0)), Err(WalletError::SameRows));
}

#[test]
fn the_key_that_nobody_knows_is_no_seat() {
    const NOBODY: &str = "50929b74c1a04954b78b4b6035e97a5e078a5a0f28ec96d547bfee9ace803ac0";
    let multi = format!("multi_a(2,{A}/<0;1>/*,{B}/<0;1>/*)");
    let wallet = wallet(&format!("tr({NOBODY},{multi})")).unwrap();
    assert_eq!(wallet.policy().quorum().to_string(), "2-of-2");
    assert_eq!(wallet.policy().cosigners().len(), 2);
    assert_eq!(Wallet::new("Cold", Network::Testnet, &[&wallet.descriptors()[0]]).unwrap().id(), wallet.id());
    // Its place in a quorum is no place: two of two with it are nobody's.
    let said = super::Wallet::new("W", Network::Testnet, &[&format!("tr({NOBODY},multi_a(2,{A}/<0;1>/*,{NOBODY}))")]);
    assert_eq!(said.unwrap_err().code(), "wallet-form");
    // Another single key is a key that somebody may know.
    let other = NOBODY.replace("50929b", "50929c");
    assert!(super::Wallet::new("W", Network::Testnet, &[&format!("tr({other},{multi})")]).is_err());
}

#[test]
fn a_script_of_ours_is_found_and_another_is_not() {
    let wallet = wallet(&format!("wsh(sortedmulti(2,{A}/<0;1>/*,{B}/<0;1>/*))")).unwrap();
    for spot in [(Chain::Receive, 0), (Chain::Change, 0), (Chain::Receive, 25), (Chain::Change, 25)] {
        let spot = Spot { chain: spot.0, index: spot.1 };
        let script = wallet.script(spot).unwrap();
        assert_eq!(wallet.find(&script, 25), Some(spot));
        assert_eq!(wallet.find(&script, 24), (spot.index < 25).then_some(spot));
    }
    let mut other = wallet.script(Spot { chain: Chain::Receive, index: 0 }).unwrap().into_bytes();
    other[9] ^= 1;
    assert_eq!(wallet.find(&ScriptBuf::from_bytes(other), 25), None);
    assert_eq!(wallet.find(&ScriptBuf::new(), 25), None);
}

#[test]
fn rows_are_one_descriptor_where_they_can_be() {
    let both = format!("wsh(or_d(multi(2,{A}/<0;1>/*,{B}/<0;1>/*),and_v(v:pkh({A}/<2;3>/*),older(9))))");
    let made = wallet(&both).unwrap();
    assert_eq!(made.descriptors().len(), 1);
    assert_eq!(made.multipath().unwrap().split('#').next(), Some(both.as_str()));
    assert!(!made.level());
    let far = [format!("wpkh({A}/0/0/*)"), format!("wpkh({A}/1/1/*)")];
    let made = Wallet::new("W", Network::Testnet, &[&far[0], &far[1]]).unwrap();
    assert_eq!((made.multipath(), made.descriptors().len()), (None, 2));
    let parts = made.descriptors();
    assert_eq!(Wallet::new("W", Network::Testnet, &[&parts[0], &parts[1]]).unwrap().id(), made.id());
}

#[test]
fn a_quorum_that_shrinks_once_a_lock_has_ended_is_read() {
    let c = "[7f332d1f/48'/1'/0'/2']tpubDF8zwYdkDjTpAxhk8D7kjsKFS3Ep2wYAJkYw5q48oGHYDLejtyuSWDwdjoPjHmANCSZyxsBCFwTNTVYyLdqRZx1gGKpFohggzajhUN9n5sL";
    let text = format!("wsh(thresh(3,pk({A}/<0;1>/*),s:pk({B}/<0;1>/*),s:pk({c}/<0;1>/*),sln:older(12960)))");
    let wallet = wallet(&text).unwrap();
    assert_eq!(wallet.policy().quorum().to_string(), "3-of-3");
    let [way] = wallet.policy().recovery() else { panic!("one way") };
    assert_eq!((way.required, way.seats.len()), (2, 3));
    assert_eq!(way.lock, Lock::Older(RelLockTime::from_height(12960)));
}
