//! Keys as the standards' own examples have them, signatures for what is ours alone, and a file that gives nothing away.

use super::*;
use crate::treasury::bitcoin::build::{Payment, Sum, Terms, pay};
use crate::treasury::bitcoin::coins::bench::{self, Bench};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::review::Reviewed;
use crate::treasury::bitcoin::wallet::{Chain, Wallet};
use bitcoin::psbt::PsbtSighashType;
use bitcoin::{Amount, EcdsaSighashType, FeeRate, TapSighashType};

const ABANDON: &str = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";

/// The seed of the recorded Ledger.
const GLORY: &str = "glory promote mansion idle axis finger extra february uncover one trip resource lawn turtle enact \
                     monster seven myth punch hobby comfort wild raise skin";

/// Cheap: the tests are not about how long it takes.
const CHEAP: Cost = Cost { memory: 8, passes: 1, lanes: 1 };

fn signer(words: &str, network: Network) -> Signer {
    Signer::from_words(words, "", network).unwrap()
}

fn refusal<T>(result: Result<T, HotError>) -> HotError {
    result.err().expect("it is refused")
}

#[test]
fn keys_lie_where_the_standards_put_them() {
    let main = signer(ABANDON, Network::Bitcoin);
    assert_eq!(main.fingerprint().to_string(), "73c5da0a");
    // BIP-86 and BIP-84 name these accounts (the latter as zpub, of which this is the xpub).
    assert_eq!(
        main.account(Standard::Tr, 0).unwrap(),
        "[73c5da0a/86'/0'/0']xpub6BgBgsespWvERF3LHQu6CnqdvfEvtMcQjYrcRzx53QJjSxarj2afYWcLteoGVky7D3UKDP9QyrLprQ3VCECoY49yfdDEHGCtMMj92pReUsQ"
    );
    assert_eq!(
        main.account(Standard::Wpkh, 0).unwrap(),
        "[73c5da0a/84'/0'/0']xpub6CatWdiZiodmUeTDp8LT5or8nmbKNcuyvz7WyksVFkKB4RHwCD3XyuvPEbvqAQY3rAPshWcMLoP2fMFMKHPJ4ZeZXYVUhLv1VMrjPC7PW6V"
    );
    let glory = signer(GLORY, Network::Testnet);
    assert_eq!(
        glory.account(Standard::Wsh, 0).unwrap(),
        "[f5acc2fd/48'/1'/0'/2']tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK"
    );
    let begins = |standard, account, text: &str| {
        let key = glory.account(standard, account).unwrap();
        assert!(key.starts_with(text), "{key}");
    };
    begins(Standard::ShWsh, 3, "[f5acc2fd/48'/1'/3'/1']tpub");
    begins(Standard::Sh, 0, "[f5acc2fd/45']tpub");
    assert_eq!(refusal(glory.account(Standard::Sh, 1)), HotError::Account);
    assert_eq!(refusal(glory.account(Standard::Wsh, 1 << 31)), HotError::Account);
    assert!(glory.key_at(&DerivationPath::master()).unwrap().starts_with("[f5acc2fd]tpub"));
}

#[test]
fn the_first_vector_of_bip_32_is_derived() {
    let root = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi";
    let signer = Signer::from_xprv(root, Network::Bitcoin).unwrap();
    assert!(signer.words().is_none());
    for (path, xpub) in [
        (
            "m",
            "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8",
        ),
        (
            "m/0'",
            "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw",
        ),
        (
            "m/0'/1/2'",
            "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VUNgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5",
        ),
    ] {
        let path: DerivationPath = path.parse().unwrap();
        assert!(signer.key_at(&path).unwrap().ends_with(xpub), "{path}");
    }
    assert_eq!(refusal(Signer::from_xprv(root, Network::Regtest)), HotError::Network(Network::Regtest));
    let below = "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvUxt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7";
    assert_eq!(refusal(Signer::from_xprv(below, Network::Bitcoin)), HotError::Depth(1));
    assert_eq!(refusal(Signer::from_xprv("xprv", Network::Bitcoin)), HotError::Xprv);
}

#[test]
fn words_are_those_of_bip_39_and_their_passphrase_counts() {
    // The last vector of BIP-39 with its passphrase; its published root.
    let words = "void come effort suffer camp survey warrior heavy shoot primary clutch crush open amazing screen patrol \
                 group space point ten exist slush involve unfold";
    let root = "xprv9s21ZrQH143K39rnQJknpH1WEPFJrzmAqqasiDcVrNuk926oizzJDDQkdiTvNPr2FYDYzWgiMiC63YmfPAa2oPyNB23r2g7d1yiK6WpqaQS";
    let signer = Signer::from_words(words, "TREZOR", Network::Bitcoin).unwrap();
    let same = Signer::from_xprv(root, Network::Bitcoin).unwrap();
    assert_eq!(*signer.root, *same.root);
    assert_eq!(signer.words().unwrap().as_str(), words);
    assert_ne!(Signer::from_words(words, "", Network::Bitcoin).unwrap().fingerprint(), signer.fingerprint());
    // A new key is its random bytes, and its words bring it back.
    let new = Signer::new(Zeroizing::new([0xff; 32]), Network::Regtest).unwrap();
    let words = new.words().unwrap();
    assert!(words.starts_with("zoo zoo ") && words.ends_with(" vote"));
    assert_eq!(Signer::from_words(&words, "", Network::Regtest).unwrap().fingerprint(), new.fingerprint());
    for wrong in ["", "abandon", &ABANDON.replace("about", "abandon"), &ABANDON.replace("about", "aboutt")] {
        assert!(matches!(refusal(Signer::from_words(wrong, "", Network::Bitcoin)), HotError::Words(_)));
    }
}

/// A payment out of a wallet with one coin.
fn payment(template: &str, signers: u8) -> (Bench, Packet) {
    let mut bench = Bench::new(template, signers);
    bench.fund(Chain::Receive, 0, 100_000, 900);
    let to = bench.script(Chain::Receive, 5);
    let pays = Payment { script: to, sum: Sum::Exactly(Amount::from_sat(20_000)) };
    let terms = Terms::at(FeeRate::from_sat_per_kwu(1_000));
    let built = pay(&bench.state, &bench.marks, &[pays], &terms).unwrap();
    (bench, built.packet)
}

const TWO_OF_THREE: &str = "wsh(sortedmulti(2,{0}/<0;1>/*,{1}/<0;1>/*,{2}/<0;1>/*))";

#[test]
fn a_signer_signs_its_own_part_once() {
    let (bench, packet) = payment(TWO_OF_THREE, 3);
    let reviewed = Reviewed::unseen(bench.state.wallet(), &packet);
    let signed = bench.signers[1].sign(&reviewed).unwrap();
    assert_eq!(signed.psbt.inputs[0].partial_sigs.len(), 1);
    // Nothing but the signature is new, it is short, and it is the same each time.
    let mut bare = signed.clone();
    let signature = bare.psbt.inputs[0].partial_sigs.pop_first().unwrap().1;
    assert_eq!(bare, packet);
    assert!(signature.signature.serialize_der().len() <= 70, "R is low");
    assert_eq!(bench.signers[1].sign(&reviewed).unwrap(), signed);
    // Whoever has signed has nothing to do; nor have strangers.
    let again = Reviewed::unseen(bench.state.wallet(), &signed);
    assert_eq!(refusal(bench.signers[1].sign(&again)), HotError::Nothing(bench.signers[1].fingerprint()));
    let stranger = bench::signer(9);
    assert_eq!(refusal(stranger.sign(&reviewed)), HotError::Nothing(stranger.fingerprint()));
    let main = signer(ABANDON, Network::Bitcoin);
    assert_eq!(refusal(main.sign(&reviewed)), HotError::Network(Network::Regtest));
}

#[test]
fn t01_a_derivation_that_a_file_claims_is_no_reason_to_sign() {
    let (bench, packet) = payment(TWO_OF_THREE, 3);
    // The coin of another wallet, which claims to be derived as ours is.
    let (other, _) = payment("wsh(sortedmulti(1,{0}/<0;1>/*,{1}/<0;1>/*,{2}/<0;1>/*))", 3);
    let nothing = HotError::Nothing(bench.signers[0].fingerprint());
    assert_eq!(refusal(bench.signers[0].sign(&Reviewed::unseen(other.state.wallet(), &packet))), nothing);
    // A claim that names another number, or none that is ours.
    for change in [7_u32, (1 << 31) - 1] {
        let mut wrong = packet.clone();
        for (_, path) in wrong.psbt.inputs[0].bip32_derivation.values_mut() {
            *path = path.into_iter().rev().skip(1).rev().copied().collect();
            *path = path.child(ChildNumber::from(change));
        }
        assert_eq!(refusal(bench.signers[0].sign(&Reviewed::unseen(bench.state.wallet(), &wrong))), nothing);
    }
    let mut silent = packet.clone();
    silent.psbt.inputs[0].bip32_derivation.clear();
    assert_eq!(refusal(bench.signers[0].sign(&Reviewed::unseen(bench.state.wallet(), &silent))), nothing);
}

#[test]
fn t06_nothing_is_signed_without_the_previous_transaction() {
    let (bench, packet) = payment(TWO_OF_THREE, 3);
    let sign = |packet: &Packet| refusal(bench.signers[0].sign(&Reviewed::unseen(bench.state.wallet(), packet)));
    let mut stripped = packet.clone();
    stripped.psbt.inputs[0].non_witness_utxo = None;
    assert_eq!(sign(&stripped), HotError::Previous(0));
    // What is said besides has to be the same: neither value alone is signed for.
    let mut cheap = packet.clone();
    cheap.psbt.inputs[0].witness_utxo.as_mut().unwrap().value = Amount::from_sat(1);
    assert_eq!(sign(&cheap), HotError::Nothing(bench.signers[0].fingerprint()));
    let mut other = packet;
    other.psbt.inputs[0].non_witness_utxo.as_mut().unwrap().output[1].value = Amount::from_sat(1);
    assert_eq!(sign(&other), HotError::Nothing(bench.signers[0].fingerprint()));
}

#[test]
fn t09_only_signatures_over_everything_are_given() {
    let (bench, packet) = payment(TWO_OF_THREE, 3);
    let ask = |bench: &Bench, packet: &Packet, kind: PsbtSighashType| {
        let mut packet = packet.clone();
        packet.psbt.inputs[0].sighash_type = Some(kind);
        bench.signers[0].sign(&Reviewed::unseen(bench.state.wallet(), &packet)).err()
    };
    assert_eq!(ask(&bench, &packet, EcdsaSighashType::All.into()), None);
    for number in (0..=0xff).filter(|number| *number != 1) {
        assert_eq!(ask(&bench, &packet, PsbtSighashType::from_u32(number)), Some(HotError::Sighash(0)), "{number}");
    }
    let (bench, packet) = payment("tr({0}/<0;1>/*)", 1);
    for kind in [TapSighashType::Default, TapSighashType::All] {
        assert_eq!(ask(&bench, &packet, kind.into()), None);
    }
    for number in 2..=0xff {
        assert_eq!(ask(&bench, &packet, PsbtSighashType::from_u32(number)), Some(HotError::Sighash(0)), "{number}");
    }
}

#[test]
fn the_ledger_signs_the_same() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/ledger/btc-sign-2of3-wsh.json");
    let Ok(text) = std::fs::read_to_string(file) else {
        println!("skipped: {file} is not there");
        return;
    };
    let recorded: serde_json::Value = serde_json::from_str(&text).unwrap();
    let descriptor = recorded["policy"]["descriptor_multipath"].as_str().unwrap();
    let wallet = Wallet::new("Treasury 2of3", Network::Testnet, &[descriptor]).unwrap();
    let psbt: bitcoin::Psbt = recorded["psbt_v0_base64"].as_str().unwrap().parse().unwrap();
    let packet = Packet::read(&psbt.serialize()).unwrap();
    let mine = signer(GLORY, Network::Testnet).sign(&Reviewed::unseen(&wallet, &packet)).unwrap();
    let secp = Secp256k1::new();
    let mut cache = bitcoin::sighash::SighashCache::new(&psbt.unsigned_tx);
    let signatures = recorded["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), mine.psbt.inputs.len());
    for theirs in signatures {
        let place = usize::try_from(theirs["input"].as_u64().unwrap()).unwrap();
        let key: bitcoin::PublicKey = theirs["pubkey"].as_str().unwrap().parse().unwrap();
        let theirs: bitcoin::ecdsa::Signature = theirs["signature"].as_str().unwrap().parse().unwrap();
        let signed = &mine.psbt.inputs[place].partial_sigs;
        assert_eq!(signed.keys().collect::<Vec<_>>(), [&key]);
        let (message, sighash) = psbt.sighash_ecdsa(place, &mut cache).unwrap();
        assert_eq!((signed[&key].sighash_type, theirs.sighash_type), (sighash, sighash));
        for signature in [&theirs, &signed[&key]] {
            secp.verify_ecdsa(&message, &signature.signature, &key.inner).unwrap();
        }
    }
}

fn sealed(signer: &Signer, passphrase: &str) -> Vec<u8> {
    seal(signer, passphrase, CHEAP, [7; 16], [9; 12]).unwrap()
}

#[test]
fn a_sealed_key_opens_with_its_passphrase_alone() {
    for signer in [signer(GLORY, Network::Testnet), signer(ABANDON, Network::Bitcoin)] {
        let bytes = sealed(&signer, "correct horse");
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(text.contains(&signer.fingerprint().to_string()) && text.ends_with("}\n"));
        let opened = open(&bytes, "correct horse").unwrap();
        assert_eq!(
            (*opened.root, opened.network(), opened.fingerprint()),
            (*signer.root, signer.network(), signer.fingerprint())
        );
        assert_eq!(opened.words().unwrap().as_str(), signer.words().unwrap().as_str());
        for wrong in ["", "correct horsf", "Correct horse", "correct horse "] {
            assert_eq!(refusal(open(&bytes, wrong)), HotError::Passphrase);
        }
    }
    let bare = Signer::from_xprv(&Xpriv::new_master(Network::Regtest, &[3; 32]).unwrap().to_string(), Network::Regtest);
    let opened = open(&sealed(bare.as_ref().ok().unwrap(), "x"), "x").unwrap();
    assert!(opened.words().is_none() && opened.fingerprint() == bare.ok().unwrap().fingerprint());
    assert_eq!(refusal(seal(&opened, "", CHEAP, [0; 16], [0; 12])), HotError::Empty);
}

#[test]
fn a_sealed_key_tells_nothing_and_salts_count() {
    let signer = signer(GLORY, Network::Testnet);
    let text = String::from_utf8(sealed(&signer, "x")).unwrap();
    assert!(!text.contains("glory"));
    for secret in [&signer.root[..32], &signer.root[32..], signer.entropy.as_deref().unwrap()] {
        assert!(!text.contains(&bitcoin::hex::DisplayHex::to_lower_hex_string(secret)));
    }
    let other = seal(&signer, "x", CHEAP, [8; 16], [9; 12]).unwrap();
    assert_ne!(other, text.into_bytes());
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let bytes = sealed(&signer(ABANDON, Network::Regtest), "x");
    for place in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[place] ^= 1 << bit;
            assert!(open(&changed, "x").is_err(), "bit {bit} of byte {place}");
        }
    }
    for cut in 0..bytes.len() {
        assert!(open(&bytes[..cut], "x").is_err());
    }
    let longer = [bytes.as_slice(), b" "].concat();
    assert!(matches!(refusal(open(&longer, "x")), HotError::Damaged(_)));
    assert!(open(&bytes, "x").is_ok());
}

#[test]
fn a_file_cannot_ask_for_all_memory() {
    let text = String::from_utf8(sealed(&signer(ABANDON, Network::Regtest), "x")).unwrap();
    let with = |memory: u32, passes: u32, lanes: u32| {
        let asked = format!("\"memory\":{memory},\"passes\":{passes},\"lanes\":{lanes}");
        let bomb = text.replace("\"memory\":8,\"passes\":1,\"lanes\":1", &asked);
        assert_ne!(bomb, text);
        refusal(open(bomb.as_bytes(), "x"))
    };
    assert_eq!(with(1_024, 2, 2), HotError::Passphrase, "what is within limits is tried");
    for (memory, passes, lanes) in [((512 << 10) + 1, 1, 1), (8, 17, 1), (1_024, 1, 17), (u32::MAX, u32::MAX, 1)] {
        assert_eq!(with(memory, passes, lanes), HotError::Cost);
    }
    let newer = text.replace("\"hot_key\":1", "\"hot_key\":2");
    assert_eq!(refusal(open(newer.as_bytes(), "x")), HotError::Newer(2));
    assert_eq!(refusal(open(&[b' '; 4_000], "x")), HotError::Damaged("it is too long"));
    assert_eq!(refusal(open(b"{}", "x")), HotError::Damaged("it is not its JSON"));
}
