//! What people and scripts are shown: rows in full, JSON with stable keys, and nothing that steers a terminal (T14).

use super::*;
use bitcoin::{ScriptBuf, opcodes, script};
use facts::{Coin, Known, Rival};

/// Text that would steer a terminal, hide, reorder or imitate.
const PAYLOADS: [&str; 16] = [
    "\u{1b}[2J",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]8;;http://x\u{1b}\\y",
    "\u{1b}]52;c;eA==\u{7}",
    "\u{9b}31m",
    "\u{90}q\u{9c}",
    "a\rb",
    "a\nout 9  0.00000000  change",
    "\u{8}\u{8}\u{8}",
    "\u{202e}evil",
    "\u{2066}x\u{2069}",
    "\u{200b}\u{200d}\u{feff}",
    "\0",
    "\u{7f}",
    "\u{e0041}\u{e0042}",
    "\u{85}\u{2028}",
];

fn harmless(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}'))
}

#[test]
fn t14_no_text_from_outside_steers_a_terminal() {
    let wallet = two_of_three();
    for payload in PAYLOADS {
        let mut draft = honest(&wallet);
        let data = script::PushBytesBuf::try_from(payload.as_bytes().to_vec()).unwrap();
        draft.output(ScriptBuf::new_op_return(data), 0);
        let outpoint = draft.psbt.unsigned_tx.input[0].previous_output;
        let coin = draft.psbt.inputs[0].witness_utxo.clone().unwrap();
        let coin = Coin {
            value: coin.value,
            script: coin.script_pubkey,
            height: None,
            coinbase: false,
            frozen: true,
            label: Some(payload.into()),
        };
        let facts = Facts {
            coins: Some([(outpoint, coin)].into()),
            rivals: vec![Rival { name: payload.into(), spends: [outpoint].into() }],
            recipients: vec![Known { name: payload.into(), script: stranger(0x55) }],
            ..Facts::default()
        };
        let review = draft.review(&facts);
        let rows = review.verdict.rows.iter().flat_map(|row| row.parts.iter().chain([&row.label]));
        let found = review.verdict.warnings.iter().chain(&review.verdict.blocks).map(|found| &found.message);
        let names = review.outputs.iter().filter_map(|output| output.name.as_ref());
        let labels = review.inputs.iter().filter_map(|input| input.label.as_ref());
        for text in rows.chain(found).chain(names).chain(labels) {
            assert!(harmless(text), "{payload:?} came through in {text:?}");
        }
        assert!(harmless(&serde_json::to_string(&review.json()).unwrap()));
    }
}

#[test]
fn outputs_without_an_address_are_shown_as_they_are() {
    let wallet = two_of_three();
    let told = |script: ScriptBuf, value: u64| {
        let mut draft = honest(&wallet);
        draft.psbt.unsigned_tx.output[0].value = sat(150_000 - value);
        let at = draft.output(script, value);
        let review = draft.review(&Facts::default());
        let row = review.verdict.rows.iter().find(|row| row.label == format!("out {at}")).unwrap().clone();
        (review.outputs[at].role, [blocks(&review), warnings(&review)].concat(), row.parts[2].clone())
    };
    let hello = ScriptBuf::new_op_return(b"hello");
    assert_eq!(
        told(hello.clone(), 0),
        (Role::Unknown, vec!["data-output"], "OP_RETURN OP_PUSHBYTES_5 68656c6c6f".into())
    );
    assert_eq!(
        told(hello, 1_000),
        (Role::Unknown, vec!["burn", "data-output"], "OP_RETURN OP_PUSHBYTES_5 68656c6c6f".into())
    );
    let key = bitcoin::PublicKey::new(bitcoin::secp256k1::SecretKey::from_slice(&[7; 32]).unwrap().public_key(&secp()));
    assert_eq!(told(ScriptBuf::new_p2pk(&key), 1_000).1, ["script-raw"]);
    let anybody = script::Builder::new().push_opcode(opcodes::OP_TRUE).into_script();
    assert_eq!(told(anybody, 1_000).0, Role::Unknown);
    let later = ScriptBuf::from_hex("52200101010101010101010101010101010101010101010101010101010101010101").unwrap();
    assert_eq!((told(later.clone(), 1_000).0, told(later, 1_000).1), (Role::Payment, vec!["script-anyone"]));
    let mut hopeless = ScriptBuf::from_hex("5120").unwrap().into_bytes();
    hopeless.extend([0xff; 32]);
    assert_eq!(told(ScriptBuf::from_bytes(hopeless), 1_000).1, ["burn"]);
    assert_eq!(told(stranger(1), 293).1, ["dust"]);
    assert_eq!(told(stranger(1), 294).1, Vec::<&str>::new());
    let long = told(ScriptBuf::from(vec![0x6a; 9_000]), 0).2;
    assert!(long.ends_with("… (9000 bytes)") && long.len() < 200, "{long}");
}

#[test]
fn a_hostile_file_does_not_make_a_long_verdict() {
    let wallet = two_of_three();
    let mut draft = Draft::new(&wallet);
    draft.fund(spot("0/0"), 100_000);
    for _ in 0..100 {
        let at = draft.output(stranger(9), 600);
        draft.hint(at, &wallet, spot("1/1"));
        draft.psbt.outputs[at].witness_script = None;
    }
    let review = draft.review(&Facts::default());
    let told: Vec<_> = review.verdict.blocks.iter().filter(|found| found.code == "change-wrong-script").collect();
    assert_eq!(told.len(), 9);
    assert!(told[8].message.starts_with("and 92 more"));
}

#[test]
fn who_signs_next_sees_what_that_makes() {
    let wallet = two_of_three();
    let mut draft = honest(&wallet);
    draft.sign(&[1]);
    let seats: Vec<_> = wallet.policy().seats().map(|seat| seat.fingerprint).collect();
    let row = |facts: &Facts| {
        draft.review(facts).verdict.rows.iter().find(|row| row.label == "signed").unwrap().parts.clone()
    };
    let (a, b, c) = (seats[0], seats[1], seats[2]);
    let me = Facts { me: Some(b), ..Facts::default() };
    assert_eq!(
        row(&me),
        [
            "1 of 2 needed".to_owned(),
            format!("by {a}"),
            format!("can still sign: {b}, {c}"),
            format!("after you, {b}: 2 of 2")
        ]
    );
    assert_eq!(row(&Facts::default()).len(), 3);
}
