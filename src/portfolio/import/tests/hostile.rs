//! Any text in any format: read or refused, never worse.

use super::*;
use proptest::prelude::*;

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "(date|type|asset|quantity|,|\n|[0-9]{1,4}|buy|\"|-| |'|leg|own){0,80}") {
        for format in Format::ALL {
            let _ = items(format, &text);
        }
        let _ = items(Format::Generic, format!("date,type,asset,quantity,leg,id\n{text}"));
        let _ = Format::of(text.as_bytes());
    }

    #[test]
    fn any_bytes_in_the_place_of_a_field_are_read_or_refused(
        junk in prop::collection::vec(any::<u8>(), 0..12), at in any::<prop::sample::Index>(), which in 0usize..7,
    ) {
        let (format, text) = venues::EVERY[which];
        let mut bytes = text.as_bytes().to_vec();
        let at = at.index(bytes.len());
        bytes.splice(at..(at + junk.len()).min(bytes.len()), junk);
        let _ = items(format, &bytes);
    }
}

/// 2 GiB are refused where files are opened; here, that no more is kept than has to be.
#[test]
fn items_come_before_the_file_ends() {
    struct Endless(usize);
    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let row = match self.0 {
                0 => "date,type,asset,quantity,id\n".to_owned(),
                n if n < 1_000 => format!("2026-01-01,deposit,BTC,1,{n}\n"),
                _ => return Err(std::io::Error::other("the disk is gone")),
            };
            self.0 += 1;
            buffer[..row.len()].copy_from_slice(row.as_bytes());
            Ok(row.len())
        }
    }
    let account = account();
    let reading =
        Reading { format: Format::Generic, account: Some(&account), now: later(), mapping: None, accounts: "" };
    let mut count = 0;
    let error = read(&reading, Endless(0), &mut |_| count += 1).unwrap_err();
    assert!(count > 900 && error.to_string().contains("the disk is gone"), "{count} {error}");
}

#[test]
fn a_row_without_an_end_and_bytes_that_are_no_text_have_their_line() {
    let open = format!("date,type,asset,quantity\n2026-01-01,deposit,BTC,\"{}", "1\n".repeat(100_000));
    let error = items(Format::Generic, open).unwrap_err().to_string();
    assert!(error.contains("a quote left open"), "{error}");
    let text = b"date,type,asset,quantity\n2026-01-01,deposit,B\xffC,1\n2026-01-01,deposit,BTC,1\n";
    let found = items(Format::Generic, text).unwrap();
    assert!(matches!(&found[0], Item::Refused(error) if error.to_string() == "line 2: not UTF-8 text"));
    assert!(matches!(found[1], Item::Entry { line: 3, .. }));
    let long = format!("2026-01-01 x\n  Assets:A  1 EUR\n  ; {}\n", "x".repeat(70_000));
    assert!(items(Format::Ledger, long).unwrap_err().to_string().starts_with("line 3: a row of more than"));
}
