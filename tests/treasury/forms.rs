//! The same PSBT in every form goes out and comes back in: text, bytes, both versions, files, the pipe, and QR codes.

use crate::treasury::office::{Desk, Office, STRANGER, bytes};
use std::io::Write;
use std::process::Stdio;

/// Runs a command that reads from the pipe.
fn piped(desk: &Desk, arguments: &str, input: &[u8]) -> serde_json::Value {
    let mut child = desk
        .command(&format!("{arguments} --json"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{arguments}: {output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A proposal that the first desk has signed, and the second, which has never heard of it.
fn signed(office: &Office) -> String {
    office.fund(&[400_000, 300_000, 200_000]);
    office.arm(1);
    let desk = &office.desks[0];
    let id = desk.proposed(&format!("propose sweep Cold --to {STRANGER} --fee-rate 5"));
    desk.approve(&id, "key0");
    id
}

#[test]
fn every_form_and_version_reads_back_with_its_signatures() {
    let office = Office::new(2, 3);
    let id = signed(&office);
    let (desk, other) = (&office.desks[0], &office.desks[1]);
    for version in ["0", "2"] {
        for form in ["base64", "hex", "binary"] {
            let name = format!("{form}{version}.psbt");
            desk.does(&format!("proposal export {id} --form {form} --psbt-version {version} -o {name}"));
            let file = bytes(&desk.path(&name));
            let begins: &[u8] = match form {
                "base64" => b"cHNidP",
                "hex" => b"70736274ff",
                _ => b"psbt\xff",
            };
            assert!(file.starts_with(begins), "{name}");
            // By the pipe the same bytes go out, and come in.
            let output = desk.run(&format!("proposal export {id} --form {form} --psbt-version {version}"));
            assert_eq!(output.stdout, file, "{name}");
            let told = piped(other, "proposal import - --wallet Cold", &file);
            assert_eq!((&told["proposal"]["id"], &told["proposal"]["collected"]), (&id.as_str().into(), &1.into()));
            // A file is never overwritten.
            assert_eq!(desk.refused(&format!("proposal export {id} -o {name}")), (1, "output".into()));
        }
    }
    desk.does(&format!("proposal export {id} --bare -o bare.psbt"));
    office.carry(0, 2, "bare.psbt");
    office.arm(2);
    assert_eq!(office.desks[2].json("proposal import bare.psbt --wallet Cold")["proposal"]["collected"], 0);
    other.verified();
}

#[test]
fn qr_codes_of_either_kind_read_back_in_any_order_and_none_may_be_missing() {
    let office = Office::new(2, 3);
    let id = signed(&office);
    let (desk, other) = (&office.desks[0], &office.desks[1]);
    for (kind, begins) in [("bbqr", "B$"), ("ur", "UR:CRYPTO-PSBT/")] {
        let told = desk.json(&format!("proposal export {id} --qr {kind}"));
        let parts: Vec<&str> = told["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        assert!(parts.len() > 1 && parts.iter().all(|part| part.starts_with(begins)), "{parts:?}");
        let backwards: Vec<&str> = parts.iter().rev().copied().collect();
        let told = piped(other, "proposal import - --wallet Cold", backwards.join("\n").as_bytes());
        assert_eq!(
            (&told["proposal"]["id"], &told["proposal"]["collected"]),
            (&id.as_str().into(), &1.into()),
            "{kind}"
        );
        std::fs::write(other.path("some.txt"), format!("{}\r\n", parts[0])).unwrap();
        assert_eq!(other.refused("proposal import some.txt --wallet Cold"), (1, "qr-whole".into()), "{kind}");
        // Two series mixed up are no series.
        std::fs::write(other.path("mixed.txt"), format!("{}\n{}", parts[0], "B$ZP0200AAAA")).unwrap();
        assert_eq!(other.refused("proposal import mixed.txt --wallet Cold").0, 1, "{kind}");
    }
    // Codes in the terminal are light around dark, and as many as fit it.
    let drawn = desk.does(&format!("proposal export {id} --qr bbqr"));
    assert!(drawn.contains('\u{2588}') && drawn.lines().all(|line| line.starts_with("\x1b[97;40m")), "{drawn}");
}

#[test]
fn what_comes_back_in_another_version_is_combined() {
    let office = Office::new(2, 3);
    let id = signed(&office);
    let (desk, other) = (&office.desks[0], &office.desks[1]);
    desk.does(&format!("proposal export {id} --bare -o out.psbt"));
    office.carry(0, 1, "out.psbt");
    other.does("proposal import out.psbt --wallet Cold");
    other.approve(&id, "key1");
    other.does(&format!("proposal export {id} --psbt-version 2 --form hex -o back.psbt"));
    office.carry(1, 0, "back.psbt");
    let told = desk.json(&format!("proposal combine {id} back.psbt --accept-warnings"));
    assert_eq!((&told["state"], &told["collected"]), (&"ready".into(), &2.into()));
    desk.broadcast(&id);
    assert_eq!(desk.state(&id), "executing");
}
