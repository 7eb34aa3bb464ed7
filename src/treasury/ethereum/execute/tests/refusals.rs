//! Reasons that contracts give.

use crate::treasury::ethereum::execute::Revert;
use alloy_dyn_abi::DynSolValue;
use alloy_primitives::{U256, hex};
use proptest::prelude::*;

fn error(text: &str) -> Vec<u8> {
    let body = DynSolValue::Tuple(vec![DynSolValue::String(text.to_owned())]).abi_encode_params();
    [&[0x08, 0xc3, 0x79, 0xa0][..], &body].concat()
}

#[test]
fn reasons_are_told_in_words() {
    let gs026 = "0x08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000\
        000000000000000000000000000000000000054753303236000000000000000000000000000000000000000000000000000000";
    let read = Revert::read(&hex::decode(gs026).unwrap());
    assert_eq!((read.code(), read.to_string().ends_with("(GS026)")), ("GS026", true));
    assert_eq!(Revert::read(&error("GS013")).code(), "GS013");
    assert_eq!(Revert::read(&error("GS999")), Revert::Text("GS999".to_owned()));
    assert_eq!(Revert::read(&error("no balance")).to_string(), "«no balance»");
    let panic = [&[0x4e, 0x48, 0x7b, 0x71][..], &U256::from(0x11).to_be_bytes::<32>()].concat();
    assert_eq!(Revert::read(&panic).to_string(), "a number ran over (panic 0x11)");
    assert_eq!(Revert::read(&[]), Revert::Bare);
    assert_eq!(Revert::read(&[1, 2]), Revert::Bytes(2));
    assert_eq!(Revert::read(&[1, 2, 3, 4, 5]).to_string(), "the error 0x01020304 in 5 bytes");
    assert_eq!(Revert::read(&panic[..20]), Revert::Custom([0x4e, 0x48, 0x7b, 0x71], 20));
}

#[test]
fn t14_what_a_contract_says_reaches_no_screen_as_it_is() {
    let hostile = "\u{1b}[2Jpaid\u{202e}\u{7}\u{9b}31m\r\nclean";
    for told in [Revert::read(&error(hostile)), Revert::text(hostile)] {
        let shown = told.to_string();
        assert!(!shown.chars().any(|c| c.is_control() || c == '\u{202e}'), "{shown:?}");
    }
    assert!(Revert::read(&error(&"x".repeat(10_000))).to_string().chars().count() <= 202);
    assert!(Revert::read(&error(&"é".repeat(10_000))).to_string().chars().count() <= 202);
    // Offsets and lengths that lead anywhere.
    let mut bytes = error("text");
    for (at, byte) in [(4, 0xff), (35, 0xff), (36, 0xff), (67, 0xff)] {
        bytes[at] = byte;
        assert_eq!(Revert::read(&bytes).code(), "revert-custom");
    }
}

proptest! {
    #[test]
    fn whatever_comes_back_is_printable(bytes in prop::collection::vec(any::<u8>(), 0..200), known in 0usize..3) {
        let selector: &[u8] = [&[][..], &[0x08, 0xc3, 0x79, 0xa0], &[0x4e, 0x48, 0x7b, 0x71]][known];
        let shown = Revert::read(&[selector, &bytes].concat()).to_string();
        prop_assert!(!shown.chars().any(char::is_control));
    }

    #[test]
    fn any_text_is_printable(text in ".{0,400}") {
        let read = [Revert::read(&error(&text)), Revert::text(&text)];
        prop_assert!(read.iter().all(|read| !read.to_string().chars().any(char::is_control)));
    }
}
