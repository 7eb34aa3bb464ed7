//! Files in every form, and files that are none: what cannot be read exits with 1, what must not be signed with 6.

use crate::review::shop::{Maps, Shop, key, put_together, sign, taken_apart};
use bitcoin::hex::DisplayHex;
use exchequer::treasury::bitcoin::psbt::{Packet, Version};

fn base64(bytes: &[u8]) -> String {
    Packet::read(bytes).unwrap().base64(Version::V0)
}

#[test]
fn every_form_of_a_file_is_read_as_the_same() {
    for (shop, seeds) in Shop::all() {
        let mut psbt = shop.honest();
        sign(&mut psbt, &seeds[..1]);
        let bytes = psbt.serialize();
        let expected = shop.read(&bytes).json;
        assert_eq!(expected["verdict"], "clean", "{expected}");
        let (text, second) = (base64(&bytes), Packet::read(&bytes).unwrap().bytes(Version::V2));
        let wrapped: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        let forms = [
            text.clone().into_bytes(),
            format!("\n  {text}\r\n\n").into_bytes(),
            format!("\u{feff}{text}").into_bytes(),
            wrapped.join("\r\n").into_bytes(),
            text.trim_end_matches('=').as_bytes().to_vec(),
            bytes.to_lower_hex_string().into_bytes(),
            format!("{}\n", bytes.to_upper_hex_string()).into_bytes(),
            second.clone(),
            second.to_lower_hex_string().into_bytes(),
        ];
        for form in forms {
            assert_eq!(shop.read(&form).json, expected);
        }
    }
}

#[test]
fn what_is_no_psbt_cannot_be_read_and_says_why() {
    let shop = Shop::quorum();
    let bytes = shop.honest().serialize();
    let read = |bytes: &[u8]| {
        let said = shop.read(bytes);
        assert!(said.exit != 1 || said.json["reason"].as_str().unwrap().len() > 10, "{}", said.json);
        (said.exit, said.json["code"].as_str().unwrap_or_default().to_owned())
    };
    let (text, hex) = (base64(&bytes), bytes.to_lower_hex_string());
    for (file, code) in [
        (b"".to_vec(), "psbt-not"),
        (b"hello".to_vec(), "psbt-not"),
        ([b"psbu\xff", &bytes[5..]].concat(), "psbt-not"),
        ([b"psbt\xfe", &bytes[5..]].concat(), "psbt-not"),
        (bytes[..5].to_vec(), "psbt-short"),
        (bytes[..bytes.len() - 1].to_vec(), "psbt-short"),
        ([&bytes[..], b"\x00"].concat(), "psbt-trailing"),
        ([&bytes[..], &bytes[..]].concat(), "psbt-trailing"),
        (text.replacen('A', "*", 1).into_bytes(), "psbt-text"),
        (text.replace('=', "").as_bytes()[..1_001].to_vec(), "psbt-text"),
        (hex.as_bytes()[..hex.len() - 1].to_vec(), "psbt-text"),
        (vec![b' '; 10 << 20], "psbt-long"),
    ] {
        assert_eq!(read(&file), (1, code.to_owned()), "{:?}", &file[..file.len().min(40)]);
    }
    // Cut anywhere, it is cut off; a few places stand for all, and more are tried where the reader is tested.
    for length in (6..bytes.len()).step_by(97) {
        assert_eq!(read(&bytes[..length]).0, 1, "{length}");
    }
}

/// A file with something done to its fields.
fn spoiled(shop: &Shop, version: Version, spoil: impl FnOnce(&mut Maps)) -> crate::review::shop::Said {
    let bytes = Packet::read(&shop.honest().serialize()).unwrap().bytes(version);
    let mut maps = taken_apart(&bytes);
    assert_eq!(put_together(&maps), bytes);
    spoil(&mut maps);
    shop.read(&put_together(&maps))
}

#[test]
fn t12_what_breaks_the_format_cannot_be_read() {
    let shop = Shop::quorum();
    let (v0, v2) = (Version::V0, Version::V2);
    let field = |kind: u8, value: &[u8]| (vec![kind], value.to_vec());
    for (version, code, spoil) in [
        (
            v0,
            "psbt-field-twice",
            Box::new(|maps: &mut Maps| {
                let first = maps[1][0].clone();
                maps[1].push(first)
            }) as Box<dyn FnOnce(&mut Maps)>,
        ),
        (
            v0,
            "psbt-field-twice",
            Box::new(|maps| {
                let first = maps[0][0].clone();
                maps[0].push(first)
            }),
        ),
        (
            v2,
            "psbt-field-twice",
            Box::new(|maps| {
                let first = maps[3][0].clone();
                maps[3].push(first)
            }),
        ),
        (v0, "psbt-field-missing", Box::new(|maps| maps[0].clear())),
        (v0, "psbt-short", Box::new(|maps| drop(maps.pop()))),
        (v0, "psbt-trailing", Box::new(|maps| maps.push(vec![]))),
        (v0, "psbt-field-version", Box::new(move |maps| maps[1].push(field(0x0e, &[7; 32])))),
        (v0, "psbt-version", Box::new(move |maps| maps[0].push(field(0xfb, &[1, 0, 0, 0])))),
        (v2, "psbt-field-missing", Box::new(|maps| maps[0].retain(|(key, _)| key != &[0x04]))),
        (v2, "psbt-field-missing", Box::new(|maps| maps[1].retain(|(key, _)| key != &[0x0e]))),
        (v2, "psbt-field-missing", Box::new(|maps| maps[3].retain(|(key, _)| key != &[0x03]))),
        (v2, "psbt-field-version", Box::new(move |maps| maps[0].push(field(0x00, &[7; 80])))),
        (
            v2,
            "psbt-lock-times",
            Box::new(move |maps| {
                maps[1].push(field(0x12, &[1, 0, 0, 0]));
                maps[2].push(field(0x11, &1_700_000_000_u32.to_le_bytes()));
            }),
        ),
        (v0, "psbt-field-value", Box::new(move |maps| maps[1].push(field(0x03, &[1, 0])))),
        (v0, "psbt-field-key", Box::new(|maps| maps[1].push((vec![0x02, 9, 9], vec![9; 71])))),
    ] {
        let said = spoiled(&shop, version, spoil);
        assert_eq!(said.code(), (1, code), "{}", said.json);
    }
    let mut signed = shop.honest();
    signed.unsigned_tx.input[0].script_sig = bitcoin::ScriptBuf::from(vec![0x51]);
    let bytes = bitcoin::consensus::serialize(&signed.unsigned_tx);
    let said = spoiled(&shop, v0, |maps| maps[0][0].1 = bytes);
    assert_eq!(said.code(), (1, "psbt-not-unsigned"));
}

/// A bare PSBT of so many inputs and outputs.
fn many(version: Version, inputs: u32, outputs: u32) -> Maps {
    let count = |number: u32| bitcoin::consensus::serialize(&bitcoin::VarInt(number.into()));
    let empty = |number: u32| vec![Vec::new(); number as usize];
    if version == Version::V0 {
        let mut tx = vec![2, 0, 0, 0];
        tx.extend(count(inputs));
        for number in 0..inputs {
            tx.extend([&[7; 32][..], &number.to_le_bytes(), &[0, 0xfd, 0xff, 0xff, 0xff]].concat());
        }
        tx.extend(count(outputs));
        tx.extend([0x10, 0x27, 0, 0, 0, 0, 0, 0, 1, 0x51].repeat(outputs as usize));
        tx.extend([0; 4]);
        return [vec![vec![(vec![0], tx)]], empty(inputs), empty(outputs)].concat();
    }
    let global = vec![
        (vec![0x02], vec![2, 0, 0, 0]),
        (vec![0x04], count(inputs)),
        (vec![0x05], count(outputs)),
        (vec![0xfb], vec![2, 0, 0, 0]),
    ];
    let input = |number: u32| vec![(vec![0x0e], vec![7; 32]), (vec![0x0f], number.to_le_bytes().to_vec())];
    let output = vec![(vec![0x03], vec![0x10, 0x27, 0, 0, 0, 0, 0, 0]), (vec![0x04], vec![0x51])];
    [vec![global], (0..inputs).map(input).collect(), vec![output; outputs as usize]].concat()
}

#[test]
fn t13_more_than_devices_sign_is_blocked_and_what_only_claims_to_be_so_cannot_be_read() {
    let shop = Shop::quorum();
    for version in [Version::V0, Version::V2] {
        for (inputs, outputs, code) in
            [(513, 1, "psbt-inputs"), (1, 513, "psbt-outputs"), (4_000, 4_000, "psbt-inputs")]
        {
            let maps = many(version, inputs, outputs);
            let said = shop.read(&put_together(&maps));
            assert_eq!(
                (said.blocks.as_slice(), said.code()),
                (&["too-many".to_owned()][..], (6, code)),
                "{}",
                said.json
            );
            assert_eq!(said.json["txid"], serde_json::Value::Null);
            // One map less than it claims, or one more.
            let less = put_together(&maps[..maps.len() - 1].to_vec());
            assert_eq!(shop.read(&less).code(), (1, "psbt-short"));
            let more = put_together(&[maps, vec![vec![]]].concat());
            assert_eq!(shop.read(&more).code(), (1, "psbt-trailing"));
        }
        let said = shop.read(&put_together(&many(version, 512, 512)));
        assert!(said.exit == 6 && !said.blocks.contains(&"too-many".to_owned()), "{}", said.json);
    }
    for lie in [0xffff_u64, 0xffff_ffff, u64::MAX] {
        let mut maps = many(Version::V2, 1, 1);
        maps[0][1].1 = bitcoin::consensus::serialize(&bitcoin::VarInt(lie));
        assert_eq!(shop.read(&put_together(&maps)).code(), (1, "psbt-short"), "{lie}");
        let tx = [&[2, 0, 0, 0][..], &bitcoin::consensus::serialize(&bitcoin::VarInt(lie)), &[7; 200]].concat();
        let maps = vec![vec![(vec![0], tx)]];
        assert_eq!(shop.read(&put_together(&maps)).code(), (1, "psbt-field-value"), "{lie}");
    }
}

#[test]
fn t11_unknown_and_proprietary_fields_are_told_and_change_nothing() {
    let shop = Shop::quorum();
    for version in [Version::V0, Version::V2] {
        let said = spoiled(&shop, version, |maps| {
            maps[0].push((vec![0xfc, 4, b'e', b'v', b'i', b'l', 0], b"\x1b[2Jleak".to_vec()));
            maps[1].push((vec![0xf0, 1], vec![1; 100]));
            maps[4].push((vec![0xf1], vec![]));
        });
        assert_eq!((said.exit, said.warnings.as_slice()), (0, &["unknown-fields".to_owned()][..]));
        let message = said.json["warnings"][0]["message"].as_str().unwrap();
        assert!(
            message.contains("(3)") && message.contains("of input 0") && message.contains("of output 1"),
            "{message}"
        );
    }
}

#[test]
fn flags_of_version_2_that_others_may_still_change_it_are_no_matter() {
    let shop = Shop::quorum();
    for flags in 0..8 {
        let said = spoiled(&shop, Version::V2, |maps| maps[0].push((vec![0x06], vec![flags])));
        assert_eq!((said.exit, &said.json["verdict"]), (0, &"clean".into()));
    }
    let said = spoiled(&shop, Version::V2, |maps| maps[0].push((vec![0x06], vec![])));
    assert_eq!(said.code(), (1, "psbt-field-value"));
    // The lock time that the inputs want counts, not the fallback.
    let said = spoiled(&shop, Version::V2, |maps| maps[1].push((vec![0x11], 4_102_444_800_u32.to_le_bytes().to_vec())));
    assert_eq!(said.warnings, ["lock-future"]);
}

#[test]
fn t03_extended_keys_in_the_file_have_to_be_the_wallets() {
    let shop = Shop::quorum();
    let with = |seed: u8, path: &str, said: &str| {
        let text = key(seed, path);
        let xpub = text.split(']').nth(1).unwrap().split('/').next().unwrap().parse().unwrap();
        let mut psbt = shop.honest();
        let fingerprint = crate::review::shop::master(seed).fingerprint(&crate::review::shop::secp());
        psbt.xpub.insert(xpub, (fingerprint, said.parse().unwrap()));
        shop.review(&psbt).warnings
    };
    assert!(with(1, "48'/1'/0'/2'", "48'/1'/0'/2'").is_empty());
    assert_eq!(with(9, "48'/1'/0'/2'", "48'/1'/0'/2'"), ["xpub-foreign"]);
    assert_eq!(with(1, "48'/1'/7'/2'", "48'/1'/7'/2'"), ["xpub-foreign"]);
    assert_eq!(with(1, "48'/1'/0'/2'", "48'/1'/1'/2'"), ["xpub-foreign"]);
}

#[test]
fn a_wallet_that_is_none_is_refused_with_its_reason() {
    let shop = Shop::quorum();
    let bytes = shop.honest().serialize();
    let with = |text: &str, more: &[&str]| {
        let wallet = shop.home.put("other.txt", text.as_bytes());
        let arguments = [&["-", "--wallet", &wallet, "--json"], more].concat();
        let output = shop.home.run(&arguments, &bytes);
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(!output.stderr.contains(&0x1b));
        (output.status.code().unwrap(), told["code"].as_str().unwrap_or_default().to_owned())
    };
    let own = std::fs::read_to_string(&shop.wallet).unwrap();
    assert_eq!(with(&own, &[]), (0, String::new()));
    let (body, sum) = own.trim_end().split_once('#').unwrap();
    let last = if sum.ends_with('q') { "p" } else { "q" };
    let broken = format!("{body}#{}{last}", &sum[..7]);
    let twice = body.replace(&key(2, "48'/1'/0'/2'"), &key(1, "48'/1'/0'/2'"));
    for (text, more, code) in [
        (broken.as_str(), &[][..], "import-checksum"),
        (twice.as_str(), &[], "wallet-key-twice"),
        (body, &["--network", "bitcoin"], "import-network"),
        ("", &[], "import-unknown"),
        ("\u{1b}[2J\u{1b}]52;c;aGVsbG8=\u{7}", &[], "import-text"),
        (
            // A private key that is as public as any.
            "wpkh(tprv8ZgxMBicQKsPeDgjzdC36fs6bMjGApWDNLR9erAXMs5skhMv36j9MV5ecvfavji5khqjWaWSFhN3YcCUUdiKH6isR4Pwy3U5y5egddBr16m/84'/1'/0'/<0;1>/*)",
            &[],
            "import-private",
        ),
    ] {
        assert_eq!(with(text, more), (1, code.to_owned()), "{text}");
    }
}

#[test]
fn t14_nothing_of_a_hostile_name_reaches_the_terminal() {
    let shop = Shop::quorum();
    let name = "a\u{1b}]0;pwned\u{7}\u{202e}b\n.psbt";
    for path in [shop.home.put(name, b"nonsense"), format!("{name}.gone")] {
        for json in [&["--json"][..], &[]] {
            let arguments = [&[path.as_str(), "--wallet", &shop.wallet], json].concat();
            let output = shop.home.run(&arguments, b"");
            assert_eq!(output.status.code(), Some(1));
            for stream in [&output.stdout, &output.stderr] {
                let text = String::from_utf8(stream.clone()).unwrap();
                let bad = |letter: char| letter.is_control() && letter != '\n' || letter == '\u{202e}';
                assert!(!text.contains(bad), "{text:?}");
            }
        }
    }
}
