//! T15 and T16: who is paid, and who only looks like it.

use super::recipient::{RecipientError, read};
use super::*;
use bitcoin::{Address, Network, ScriptBuf};
use facts::Known;

const MAIN: &str = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4";
const TEST: &str = "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx";

fn refused(text: &str) -> RecipientError {
    read(text, Network::Bitcoin).unwrap_err()
}

#[test]
fn t15_a_damaged_address_is_refused_by_name() {
    assert_eq!(refused("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"), RecipientError::Checksum);
    assert_eq!(refused("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t"), RecipientError::Checksum);
    assert_eq!(refused("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3b4"), RecipientError::Checksum);
    assert_eq!(refused("1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3"), RecipientError::Checksum);
    // A taproot address with the checksum of the older kind, and the other way round.
    assert_eq!(refused("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd"), RecipientError::Checksum);
    assert_eq!(refused("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh"), RecipientError::Checksum);
    assert_eq!(refused("bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"), RecipientError::MixedCase);
    assert!(matches!(refused("hello"), RecipientError::NotAddress(_)));
    assert_eq!(refused(" \n"), RecipientError::Empty);
    assert_eq!(refused(&"1".repeat(3_000)), RecipientError::Long);
    let wrong = |found| RecipientError::WrongNetwork { found, wanted: Network::Bitcoin };
    assert_eq!(refused(TEST), wrong("a test network"));
    assert_eq!(refused("2N3oefVeg6stiTb5Kh3ozCSkaqmx91FDbsm"), wrong("a test network"));
    assert_eq!(
        read(MAIN, Network::Regtest).unwrap_err(),
        RecipientError::WrongNetwork { found: "bitcoin", wanted: Network::Regtest }
    );
}

#[test]
fn t15_a_look_alike_character_is_named_with_its_place() {
    let cyrillic = MAIN.replacen('c', "\u{441}", 1);
    assert_eq!(refused(&cyrillic), RecipientError::NotAscii { place: 2, code: 0x441 });
    assert_eq!(refused(&format!("{MAIN}\u{200b}")), RecipientError::NotAscii { place: 43, code: 0x200b });
    assert_eq!(refused(&format!("\u{202e}{MAIN}")), RecipientError::NotAscii { place: 1, code: 0x202e });
    assert_eq!(refused(&MAIN.replace("w508", "w5\n08")), RecipientError::NotAscii { place: 7, code: 10 });
}

#[test]
fn t15_any_one_character_changed_is_refused() {
    for (at, old) in MAIN.char_indices() {
        for new in "023456789acdefghjklmnpqrstuvwxyz1bio".chars().filter(|new| *new != old) {
            let mut text = MAIN.to_owned();
            text.replace_range(at..at + 1, &new.to_string());
            assert!(read(&text, Network::Bitcoin).is_err(), "{text}");
        }
    }
}

#[test]
fn an_address_is_read_as_people_write_it() {
    for text in
        [MAIN, &format!("  {MAIN}\n"), &recipient::fours(MAIN), &MAIN.to_uppercase(), &format!("bitcoin:{MAIN}")]
    {
        assert_eq!(read(text, Network::Bitcoin).unwrap().address.to_string(), MAIN, "{text}");
    }
    assert_eq!(recipient::fours(MAIN), "bc1q w508 d6qe jxtd g4y5 r3za rvar y0c5 xw7k v8f3 t4");
}

#[test]
fn a_payment_link_is_read_and_a_strange_one_refused() {
    let link =
        format!("BITCOIN:{}?amount=0.5&label=ACME%20%1b%5b2J%e2%80%ae&message=Rent&lightning=x", MAIN.to_uppercase());
    let read_link = read(&link, Network::Bitcoin).unwrap();
    assert_eq!((read_link.amount, read_link.address.to_string()), (Some(sat(50_000_000)), MAIN.to_owned()));
    assert_eq!((read_link.label.as_deref(), read_link.message.as_deref()), (Some("ACME [2J"), Some("Rent")));
    for query in [
        "amount=0,5",
        "amount=-1",
        "amount=1e8",
        "amount=",
        "amount=0.123456789",
        "amount=21000001",
        "amount=1&amount=2",
        "req-x=1",
        "AMOUNT=1&amount=1",
    ] {
        assert!(matches!(refused(&format!("bitcoin:{MAIN}?{query}")), RecipientError::Uri(_)), "{query}");
    }
    assert!(matches!(refused("bitcoin:?amount=1"), RecipientError::Uri(_)));
    assert!(matches!(refused("ethereum:0x0"), RecipientError::Uri(_)));
    assert_eq!(refused(&format!("bitcoin:{TEST}")).code(), "recipient-network");
}

/// Two addresses that begin alike: a program of our choice makes the first characters what we want.
fn like(bytes: [u8; 20]) -> ScriptBuf {
    use bitcoin::hashes::Hash;
    ScriptBuf::new_p2wpkh(&bitcoin::WPubkeyHash::from_byte_array(bytes))
}

fn paying(script: &ScriptBuf, facts: &Facts) -> Review {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.psbt.unsigned_tx.output[0].script_pubkey = script.clone();
    draft.review(facts)
}

#[test]
fn t16_an_address_with_the_first_characters_of_a_known_one_is_told() {
    let known = like([0x5a; 20]);
    let mut poison = [0x11; 20];
    poison[..3].copy_from_slice(&[0x5a; 3]);
    let poison = like(poison);
    let recipients = vec![Known { name: "OTC\u{1b}[2J".into(), script: known.clone() }];
    let facts = Facts { recipients, ..Facts::default() };
    assert_eq!(paying(&known, &facts).verdict.judgement(), Judgement::Clean);
    assert_eq!(paying(&known, &facts).outputs[0].name.as_deref(), Some("OTC[2J"));
    assert_eq!(paying(&like([0x99; 20]), &facts).verdict.judgement(), Judgement::Clean);
    let review = paying(&poison, &facts);
    assert_eq!(warnings(&review), ["address-like"]);
    let (meant, is) =
        (Address::from_script(&known, Network::Testnet).unwrap(), review.outputs[0].address.clone().unwrap());
    let message = &review.verdict.warnings[0].message;
    assert!(
        message.contains(&recipient::fours(&meant.to_string())) && message.contains(&recipient::fours(&is.to_string()))
    );
    let told = review.outputs[0].like.clone().unwrap();
    assert_eq!((told.known, told.name.as_deref()), (meant.clone(), Some("OTC[2J")));
    assert!(is.to_string().contains(&told.middle) && !meant.to_string().contains(&told.middle));
    assert!(told.middle.len() > 4);
}

#[test]
fn t16_an_address_with_the_last_characters_of_one_paid_before_is_told() {
    // An attacker searches as long as it takes; among a few thousand there are two with the same four characters.
    let mut ends = std::collections::HashMap::new();
    let (known, poison) = (0_u16..20_000)
        .find_map(|nonce| {
            let mut bytes = [0x33; 20];
            bytes[0] = nonce.to_le_bytes()[0];
            bytes[9] = nonce.to_le_bytes()[1];
            let script = like(bytes);
            let text = Address::from_script(&script, Network::Testnet).unwrap().to_string();
            let other = ends.insert(text[text.len() - 4..].to_owned(), script.clone())?;
            let other_text = Address::from_script(&other, Network::Testnet).unwrap().to_string();
            (text[4..8] != other_text[4..8]).then_some((other, script))
        })
        .expect("two of them");
    let facts = Facts { paid: Some([known.clone()].into()), ..Facts::default() };
    assert_eq!(warnings(&paying(&poison, &facts)), ["address-like"]);
    assert_eq!(paying(&known, &facts).verdict.judgement(), Judgement::Clean);
    assert_eq!(warnings(&paying(&like([0x99; 20]), &facts)), ["first-payment"]);
}
