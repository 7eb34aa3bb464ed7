//! The codec: messages go through reports and come back; everything else is an error with a name.

use super::*;
use proptest::prelude::*;
use trezor_client::protos::{EthereumTypedDataValueRequest, PublicKey};

fn message(kind: u16, body: &[u8]) -> Message {
    Message { kind, body: Zeroizing::new(body.to_vec()) }
}

fn report(begin: &[u8]) -> Report {
    let mut report = Zeroizing::new([0; LENGTH]);
    report[..begin.len()].copy_from_slice(begin);
    report
}

fn back(message: &Message) -> Message {
    let mut reader = Reader::default();
    let reports = message.reports().unwrap();
    let (last, before) = reports.split_last().unwrap();
    for report in before {
        assert_eq!(reader.take(report), Ok(None));
    }
    reader.take(last).unwrap().unwrap()
}

#[test]
fn messages_of_every_length_come_back() {
    for length in [0, 1, 54, 55, 56, 117, 118, 119, 1_000, LONGEST] {
        let body: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let sent = message(0x1234, &body);
        assert!(back(&sent) == sent, "{length}");
        let expected = if length <= 55 { 1 } else { 1 + (length - 55).div_ceil(63) };
        assert_eq!(sent.reports().unwrap().len(), expected, "{length}");
    }
}

#[test]
fn a_report_looks_as_the_protocol_says() {
    let reports = message(17, &[0xaa; 56]).reports().unwrap();
    assert_eq!(reports[0][..10], [b'?', b'#', b'#', 0, 17, 0, 0, 0, 56, 0xaa]);
    assert_eq!(reports[1][..3], [b'?', 0xaa, 0]);
}

#[test]
fn hostile_reports_are_named() {
    let take = |bytes: &[u8]| Reader::default().take(&report(bytes)).unwrap_err().code();
    assert_eq!(take(b"!##\0\x11\0\0\0\x01"), "device-garbled");
    assert_eq!(take(b"?#!\0\x11\0\0\0\x01"), "device-garbled");
    assert_eq!(take(b"?\0\0"), "device-garbled");
    assert_eq!(take(b""), "device-garbled");
    assert_eq!(take(b"?##\0\x11\xff\xff\xff\xff"), "device-answer-long");
    let over = u32::try_from(LONGEST + 1).unwrap().to_be_bytes();
    assert_eq!(take(&[b"?##\0\x11".as_slice(), &over].concat()), "device-answer-long");
    // What follows an error is read afresh.
    let mut reader = Reader::default();
    assert_eq!(reader.take(&report(b"?##\0\x11\0\0\0\x64")), Ok(None));
    assert!(reader.take(&report(b"!")).is_err());
    assert!(reader.take(&report(b"?##\0\x11\0\0\0\x01")).unwrap().is_some());
}

#[test]
fn a_body_that_claims_more_than_it_has_is_not_read() {
    // Field 2, four gigabytes long.
    let bomb = [0x12, 0xff, 0xff, 0xff, 0xff, 0x0f];
    let read = message(kind::<PublicKey>(), &bomb).read::<PublicKey>();
    assert_eq!(read.unwrap_err().code(), "device-garbled");
    for cut in [&[0x08][..], &[0x09, 0, 0], &[0x0d], &[0x0b], &[0x80], &[0xff; 11]] {
        assert!(!sound(cut), "{cut:02x?}");
    }
    assert!(sound(&[0x08, 0x01, 0x12, 0x00, 0x1d, 0, 0, 0, 0]));
    let other = message(kind::<PublicKey>(), &[]).read::<EthereumTypedDataValueRequest>();
    assert_eq!(other.unwrap_err().code(), "device-garbled");
}

#[test]
fn bodies_are_not_told() {
    assert_eq!(format!("{:?}", message(19, b"1234")), "message 19 of 4 bytes");
}

proptest! {
    #[test]
    fn any_reports_are_read_or_refused(reports in proptest::collection::vec(any::<[u8; 32]>(), 0..64), begin: bool) {
        let mut reader = Reader::default();
        for bytes in reports {
            let mut whole = if begin { b"?##".to_vec() } else { b"?".to_vec() };
            whole.extend(bytes);
            if let Ok(Some(message)) = reader.take(&report(&whole)) {
                prop_assert!(message.body.len() <= LONGEST);
                let _ = message.read::<PublicKey>();
            }
        }
    }

    #[test]
    fn any_message_comes_back(kind: u16, body in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        let sent = message(kind, &body);
        prop_assert!(back(&sent) == sent);
    }
}
