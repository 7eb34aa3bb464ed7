use super::*;
use crate::treasury::bitcoin::example::{Device, devices};
use base64::Engine;

fn device() -> Device {
    devices().swap_remove(0)
}

/// The maps of a PSBT, as kinds, keys and values.
fn maps(bytes: &[u8], count: usize) -> Vec<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut maps = raw::Maps::of(bytes.strip_prefix(MAGIC).unwrap());
    let own = |field: raw::Field<'_>| (field.whole.to_vec(), field.value.to_vec());
    (0..count).map(|_| maps.next(Place::Global).unwrap().into_iter().map(own).collect()).collect()
}

/// A PSBT of such maps.
fn file(maps: &[Vec<(Vec<u8>, Vec<u8>)>]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for map in maps {
        for (key, value) in map {
            bytes.extend(bitcoin::consensus::serialize(key));
            bytes.extend(bitcoin::consensus::serialize(value));
        }
        bytes.push(0);
    }
    bytes
}

/// A device's PSBT in the version, with one of its maps changed.
fn changed(
    version: Version,
    map: usize,
    change: impl FnOnce(&mut Vec<(Vec<u8>, Vec<u8>)>),
) -> Result<Packet, PacketError> {
    let bytes = device().packet().bytes(version);
    let mut maps = maps(&bytes, 5);
    change(&mut maps[map]);
    Packet::read(&file(&maps))
}

#[test]
fn every_device_file_is_the_same_in_both_versions_and_in_every_form() {
    for device in devices() {
        let packet = device.packet();
        assert_eq!(packet.psbt, bitcoin::Psbt::deserialize(&packet.bytes(Version::V0)).unwrap(), "{}", device.name);
        assert_eq!(packet.psbt.unsigned_tx.compute_txid().to_string(), device.txid);
        if let Some(v2) = &device.v2 {
            let other = Packet::read(v2.as_bytes()).unwrap();
            assert_eq!(other.psbt, packet.psbt, "{}", device.name);
            assert_eq!(other.version, Version::V2);
        }
        for version in [Version::V0, Version::V2] {
            let bytes = packet.bytes(version);
            let base64 = packet.base64(version);
            let lines = base64.as_bytes().chunks(60).map(|line| String::from_utf8_lossy(line).into_owned());
            let wrapped = format!("\u{feff}\r\n  {}\r\n", lines.collect::<Vec<_>>().join(" \r\n\t"));
            let forms = [bytes.clone(), base64.clone().into_bytes(), wrapped.into_bytes()];
            let hex = [packet.hex(version), packet.hex(version).to_uppercase(), base64.trim_end_matches('=').into()];
            for form in forms.into_iter().chain(hex.into_iter().map(String::into_bytes)) {
                let again = Packet::read(&form).unwrap();
                assert_eq!((again.psbt, again.version), (packet.psbt.clone(), version), "{}", device.name);
            }
        }
    }
}

#[test]
fn what_is_no_psbt_is_told_by_what_it_is_instead() {
    let base64 = device().packet().base64(Version::V0);
    let hex = device().packet().hex(Version::V0);
    assert_eq!(Packet::read(b""), Err(PacketError::NotPsbt));
    assert_eq!(Packet::read(b"psbt\xfe"), Err(PacketError::NotPsbt));
    assert_eq!(Packet::read(b"{\"psbt\": 1}"), Err(PacketError::NotPsbt));
    assert_eq!(Packet::read(b"psbt\xff"), Err(PacketError::Short(Place::Global)));
    assert_eq!(Packet::read(base64.replace('A', "!").as_bytes()), Err(PacketError::Text("base64")));
    assert_eq!(Packet::read(hex.replace("00", "0g").as_bytes()), Err(PacketError::Text("hex")));
    assert_eq!(Packet::read(&hex.as_bytes()[..hex.len() - 1]), Err(PacketError::Text("hex")));
    let mut long = device().packet().bytes(Version::V0);
    long.push(0);
    assert_eq!(Packet::read(&long), Err(PacketError::Trailing(1)));
    long.resize(LONGEST + 1, 0);
    assert_eq!(Packet::read(&long), Err(PacketError::Long));
    let text = base64::engine::general_purpose::STANDARD.encode(&long);
    assert_eq!(Packet::read(text.as_bytes()), Err(PacketError::Long));
    assert_eq!(Packet::read(&vec![b' '; LONGEST_TEXT + 1]), Err(PacketError::Long));
}

#[test]
fn t13_a_file_that_is_cut_anywhere_is_refused() {
    for version in [Version::V0, Version::V2] {
        let bytes = device().packet().bytes(version);
        for end in 0..bytes.len() {
            assert!(Packet::read(&bytes[..end]).is_err(), "{version} {end}");
        }
    }
}

#[test]
fn t11_unknown_fields_are_listed_and_not_passed_on() {
    let proprietary = [vec![0xfc, 4], b"evil".to_vec(), vec![1]].concat();
    let added = |map: usize| {
        changed(Version::V0, map, |fields| {
            fields.push((proprietary.clone(), b"a hidden message".to_vec()));
            fields.push((vec![0xfd, 0xff, 0xff, 1], vec![7; 3]));
        })
    };
    for (map, place) in [(0, Place::Global), (2, Place::Input(1)), (4, Place::Output(1))] {
        let packet = added(map).unwrap();
        let of = |kind, length| Unknown { place, kind, length };
        assert_eq!(packet.unknown, [of(0xfc, 16), of(0xffff, 3)]);
        assert_eq!(packet.psbt, device().packet().psbt);
        for version in [Version::V0, Version::V2] {
            let out = packet.bytes(version);
            assert!(!out.windows(4).any(|part| part == b"evil"), "{place}");
            assert_eq!(Packet::read(&out).unwrap().unknown, []);
        }
    }
}

#[test]
fn t11_fields_of_the_other_version_are_refused() {
    for (map, place, kinds) in [
        (0, Place::Global, &[2_u8, 3, 4, 5, 6][..]),
        (1, Place::Input(0), &[0x0e, 0x0f, 0x10, 0x11, 0x12]),
        (3, Place::Output(0), &[3, 4]),
    ] {
        for kind in kinds {
            let refused = changed(Version::V0, map, |fields| fields.push((vec![*kind], vec![0; 4]))).unwrap_err();
            let kind = u64::from(*kind);
            assert_eq!(refused, PacketError::Misplaced { place, kind, version: Version::V0 });
        }
    }
    let refused = changed(Version::V2, 0, |fields| fields.push((vec![0], vec![])));
    let at = PacketError::Misplaced { place: Place::Global, kind: 0, version: Version::V2 };
    assert_eq!(refused, Err(at));
}

#[test]
fn a_field_that_a_version_wants_is_missed() {
    let gone = |version, map, kind: u8| changed(version, map, |fields| fields.retain(|field| field.0 != [kind]));
    assert_eq!(gone(Version::V0, 0, 0), Err(PacketError::Missing { place: Place::Global, kind: 0 }));
    for kind in [2, 4, 5] {
        let missing = PacketError::Missing { place: Place::Global, kind: u64::from(kind) };
        assert_eq!(gone(Version::V2, 0, kind), Err(missing));
    }
    for kind in [0x0e, 0x0f] {
        let missing = PacketError::Missing { place: Place::Input(1), kind: u64::from(kind) };
        assert_eq!(gone(Version::V2, 2, kind), Err(missing));
    }
    for kind in [3, 4] {
        let missing = PacketError::Missing { place: Place::Output(0), kind: u64::from(kind) };
        assert_eq!(gone(Version::V2, 3, kind), Err(missing));
    }
    let final_sequence = gone(Version::V2, 1, 0x10).unwrap();
    assert_eq!(final_sequence.psbt.unsigned_tx.input[0].sequence, bitcoin::Sequence::MAX);
}

#[test]
fn t12_a_field_or_a_coin_twice_is_refused() {
    let twice = changed(Version::V0, 1, |fields| fields.push(fields[0].clone()));
    assert_eq!(twice, Err(PacketError::Twice { place: Place::Input(0), kind: 0 }));
    // The same key once compressed and once not is one key.
    let uncompressed = changed(Version::V0, 1, |fields| {
        let (key, value) = fields.iter().find(|field| field.0[0] == 6).unwrap().clone();
        let key = bitcoin::secp256k1::PublicKey::from_slice(&key[1..]).unwrap().serialize_uncompressed();
        fields.push(([vec![6], key.to_vec()].concat(), value));
    });
    assert_eq!(uncompressed, Err(PacketError::Twice { place: Place::Input(0), kind: 6 }));
    let mut spends = None;
    let coin = changed(Version::V2, 1, |fields| {
        spends = fields.iter().find(|field| field.0 == [0x0e]).cloned();
    });
    let first = coin.unwrap().psbt.unsigned_tx.input[0].previous_output;
    let twice = changed(Version::V2, 2, |fields| {
        for field in fields.iter_mut() {
            if field.0 == [0x0e] {
                field.1 = spends.clone().unwrap().1;
            }
            if field.0 == [0x0f] {
                field.1 = first.vout.to_le_bytes().to_vec();
            }
        }
    });
    assert_eq!(twice, Err(PacketError::SpentTwice(first)));
}

#[test]
fn t13_counts_amounts_and_points_have_limits() {
    let count = |kind: u8, count: u64| {
        changed(Version::V2, 0, |fields| {
            fields.iter_mut().filter(|field| field.0 == [kind]).for_each(|field| {
                field.1 = bitcoin::consensus::serialize(&bitcoin::VarInt(count));
            });
        })
    };
    // What only claims to have so many is cut off, and nothing is reserved for it.
    for claimed in [513, u64::MAX] {
        assert!(matches!(count(4, claimed), Err(PacketError::Short(_))));
        assert!(matches!(count(5, claimed), Err(PacketError::Short(_))));
    }
    let many = |inputs: u16, outputs: u16| {
        let size = |count: u16| bitcoin::consensus::serialize(&bitcoin::VarInt(count.into()));
        let number = |number: u32| number.to_le_bytes().to_vec();
        let global = [(2, number(2)), (4, size(inputs)), (5, size(outputs)), (0xfb, number(2))];
        let input = |at: u16| vec![(vec![0x0e], vec![7; 32]), (vec![0x0f], number(at.into()))];
        let output = |_| vec![(vec![3], vec![0; 8]), (vec![4], vec![0x51])];
        let global = global.into_iter().map(|(kind, value)| (vec![kind], value)).collect();
        let parts = (0..inputs).map(input).chain((0..outputs).map(output));
        Packet::read(&file(&std::iter::once(global).chain(parts).collect::<Vec<_>>()))
    };
    assert!(many(512, 512).is_ok());
    assert_eq!(many(513, 1), Err(PacketError::Inputs(513)));
    assert_eq!(many(1, 513), Err(PacketError::Outputs(513)));
    let amount = |sat: i64| {
        changed(Version::V2, 3, |fields| {
            fields.iter_mut().filter(|field| field.0 == [3]).for_each(|field| field.1 = sat.to_le_bytes().to_vec());
        })
    };
    assert!(amount(2_100_000_000_000_000).is_ok());
    for sat in [2_100_000_000_000_001, -1] {
        assert_eq!(amount(sat), Err(PacketError::Money(Place::Output(0))));
    }
    let fields = changed(Version::V0, 0, |fields| {
        fields.extend((0..40_000_u32).map(|n| ([vec![0xfc], n.to_le_bytes().to_vec()].concat(), vec![])));
    });
    assert_eq!(fields, Err(PacketError::Fields));
    let path = changed(Version::V0, 1, |fields| {
        fields.iter_mut().filter(|field| field.0[0] == 6).for_each(|field| field.1 = vec![0; 4 + 256 * 4]);
    });
    let why = "has a path longer than a key can be deep";
    assert_eq!(path, Err(PacketError::Value { place: Place::Input(0), kind: 6, why }));
}

#[test]
fn the_lock_time_is_what_the_inputs_want() {
    let lock = |locks: &[(usize, u8, u32)]| {
        let bytes = device().packet().bytes(Version::V2);
        let mut maps = maps(&bytes, 5);
        maps[0].iter_mut().filter(|field| field.0 == [3]).for_each(|field| field.1 = vec![9, 0, 0, 0]);
        for (input, kind, value) in locks {
            maps[input + 1].push((vec![*kind], value.to_le_bytes().to_vec()));
        }
        Packet::read(&file(&maps)).map(|packet| packet.psbt.unsigned_tx.lock_time.to_consensus_u32())
    };
    const TIME: u8 = 0x11;
    const HEIGHT: u8 = 0x12;
    assert_eq!(lock(&[]), Ok(9));
    assert_eq!(lock(&[(0, HEIGHT, 10_000)]), Ok(10_000));
    assert_eq!(lock(&[(0, HEIGHT, 10_000), (1, HEIGHT, 9_000)]), Ok(10_000));
    assert_eq!(lock(&[(0, TIME, 1_657_048_460), (1, TIME, 1_657_048_459)]), Ok(1_657_048_460));
    assert_eq!(lock(&[(0, TIME, 1_657_048_460), (0, HEIGHT, 10_000), (1, HEIGHT, 9_000)]), Ok(10_000));
    assert_eq!(lock(&[(0, TIME, 1_657_048_459), (0, HEIGHT, 10_000), (1, TIME, 1_657_048_460)]), Ok(1_657_048_460));
    assert_eq!(lock(&[(0, TIME, 1_657_048_460), (1, HEIGHT, 9_000)]), Err(PacketError::LockTimes));
    let value = |place, kind, why| Err(PacketError::Value { place, kind, why });
    assert_eq!(lock(&[(0, TIME, 499_999_999)]), value(Place::Input(0), 0x11, "is not a time"));
    assert_eq!(lock(&[(1, HEIGHT, 500_000_000)]), value(Place::Input(1), 0x12, "is not a height"));
    assert_eq!(lock(&[(1, HEIGHT, 0)]), value(Place::Input(1), 0x12, "is not a height"));
}

#[test]
fn the_coin_of_an_input_is_the_one_that_is_proved() {
    let mut packet = device().packet();
    let proved = packet.coin(0).unwrap();
    assert!(matches!(proved, Coin::Proved(_)));
    assert_eq!(packet.coin(2), Err(CoinError::NoInput));
    let full = packet.psbt.inputs[0].non_witness_utxo.take();
    assert!(matches!(packet.coin(0), Ok(Coin::Told(_))));
    packet.psbt.inputs[0].non_witness_utxo = packet.psbt.inputs[1].non_witness_utxo.clone();
    assert_eq!(packet.coin(0), Err(CoinError::Transaction));
    packet.psbt.inputs[0].non_witness_utxo = full;
    packet.psbt.inputs[0].witness_utxo.as_mut().unwrap().value += bitcoin::Amount::ONE_SAT;
    assert_eq!(packet.coin(0), Err(CoinError::Differs));
    packet.psbt.inputs[0].witness_utxo = None;
    packet.psbt.unsigned_tx.input[0].previous_output.vout = 9;
    assert_eq!(packet.coin(0), Err(CoinError::Output));
    packet.psbt.inputs[0].non_witness_utxo = None;
    assert_eq!(packet.coin(0), Err(CoinError::Absent));
}

#[test]
fn what_is_bare_is_what_there_is_to_sign() {
    for device in devices() {
        let signed = device.signed();
        assert_ne!(signed.psbt, device.packet().psbt);
        assert_eq!(signed.bare().bytes(Version::V0), device.packet().bare().bytes(Version::V0), "{}", device.name);
    }
}
