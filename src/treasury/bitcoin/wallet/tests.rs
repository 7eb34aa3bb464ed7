use super::*;
use crate::treasury::bitcoin::policy::Lock;
use miniscript::RelLockTime;

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
