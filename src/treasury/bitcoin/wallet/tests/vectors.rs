//! The vectors of BIP-380 to BIP-389, and of BIP-67: what the library reads of them, what makes a wallet here, and every
//! disagreement with its reason.

use super::super::{Wallet, WalletError};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Address, Network, NetworkKind, PublicKey};
use miniscript::descriptor::{DescriptorPublicKey, DescriptorSecretKey, Wildcard};
use miniscript::{Descriptor, ForEachKey};
use std::collections::BTreeMap;
use std::str::FromStr;

const FILE: &str = include_str!("../../../../../tests/fixtures/descriptors/bip-380-389.txt");

/// Why the `miniscript` crate (12.3) reads a vector otherwise than the standard has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Because {
    /// It has no `raw` and `addr`, which name scripts and no keys: nobody could sign for a wallet of them.
    NoKeys,
    /// It has no `sortedmulti_a`; a later version of it has.
    SortedMultiA,
    /// It has no bare `sortedmulti`; bare scripts have no address, and make no wallet here.
    BareSorted,
    /// It has no `musig`, which is of BIP-390.
    Musig,
    /// It derives from public keys only, and cannot take a hardened step; a wallet here has no others.
    Hardened,
    /// It reads what BIP-388 forbids to policies and BIP-380 allows: one key twice, three rows, a key without a path.
    /// [`Wallet::new`] refuses it.
    Looser,
    /// It reads tuples of different lengths in a taproot tree. [`Wallet::new`] refuses it: it takes pairs.
    Lengths,
}

/// Every disagreement: the vector as it stands in the file, and its reason.
const DISAGREEMENTS: &[(&str, Because)] = &[
    ("raw(deadbeef)#89f8spxm", Because::NoKeys),
    ("raw(deadbeef)", Because::NoKeys),
    (
        "raw(512103a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd4104a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea23552ae)",
        Because::NoKeys,
    ),
    ("raw(a9149a4d9901d6af519b2a23d4a2f51650fcba87ce7b87)", Because::NoKeys),
    ("addr(3PUNyaW7M55oKWJ3kDukwk9bsKvryra15j)", Because::NoKeys),
    ("sortedmulti(1,{U},{C})", Because::BareSorted),
    ("sortedmulti(2,{E1}/*,{E3}/0/0/*)", Because::BareSorted),
    ("sh(wpkh({P5}/10/20/30/40/*'))", Because::Hardened),
    ("sh(wpkh({P5}/10/20/30/40/*h))", Because::Hardened),
    ("wsh(multi(2,{P2}/2147483647'/0,{P4}/1/2/*,{P5}/10/20/30/40/*'))", Because::Hardened),
    ("tr({NUMS},multi_a(2,{P2}/2147483647'/0,{P4}/1/2/*,{P5}/10/20/30/40/*'))", Because::Hardened),
    ("pkh({P2}/<2147483647h;0>/0)", Because::Hardened),
    ("tr({NUMS},sortedmulti_a(2,[00000000/111'/222]{P1},{P3}/0))", Because::SortedMultiA),
    ("tr({NUMS},sortedmulti_a(2,{E1}/*,{E3}/0/0/*))", Because::SortedMultiA),
    (
        "tr({A}/<0;1>/*,{sortedmulti_a(1,{A}/<2;3>/*,xpub6Fc2TRaCWNgfT49nRGG2G78d1dPnjhW66gEXi7oYZML7qEFN8e21b2DLDipTZZnfV6V7ivrMkvh4VbnHY2ChHTS9qM3XVLJiAgcfagYQk6K/<0;1>/*),or_b(pk(xpub6GxHB9kRdFfTqYka8tgtX9Gh3Td3A9XS8uakUGVcJ9NGZ1uLrGZrRVr67DjpMNCHprZmVmceFTY4X4wWfksy8nVwPiNvzJ5pjLxzPtpnfEM/<0;1>/*),s:pk(xpub6GjFUVVYewLj5no5uoNKCWuyWhQ1rKGvV8DgXBG9Uc6DvAKxt2dhrj1EZFrTNB5qxAoBkVW3wF8uCS3q1ri9fueAa6y7heFTcf27Q4gyeh6/<0;1>/*))})",
        Because::SortedMultiA,
    ),
    (
        "tr(musig({A},{B},{D})/<0;1>/*,{and_v(v:pk(musig({A},{B})/<0;1>/*),older(12960)),{and_v(v:pk(musig({A},{D})/<0;1>/*),older(12960)),and_v(v:pk(musig({B},{D})/<0;1>/*),older(12960))}})",
        Because::Musig,
    ),
    ("sh(multi(1,{A}/<0;1>/*,{A}/<0;1>/*))", Because::Looser),
    ("sh(multi(1,{A}/<0;1>/*,{A}/<1;2>/*))", Because::Looser),
    ("pkh({A}/<0;1;2>/*)", Because::Looser),
    ("pkh({A})", Because::Looser),
    ("tr({E8}/<6;7;8;9>/*,{pk({E1}/<1;2;3>/0/*),pk({E7}/0/0/<3;4;5>/*)})", Because::Lengths),
];

/// A vector.
struct Vector {
    /// As it stands in the file.
    short: String,
    /// With its keys.
    text: String,
    kind: String,
    /// What stands below it.
    below: Vec<String>,
}

fn vectors() -> Vec<Vector> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut all: Vec<Vector> = Vec::new();
    let filled = |names: &BTreeMap<String, String>, text: &str| {
        names.iter().fold(text.to_owned(), |text, (name, key)| text.replace(&format!("{{{name}}}"), key))
    };
    for line in FILE.lines().filter(|line| !line.is_empty() && !line.starts_with('#') && !line.starts_with("bip ")) {
        if let Some((name, text)) = line.split_once(" = ") {
            let text = filled(&names, text);
            names.insert(name.to_owned(), text);
        } else if let Some((kind, short)) =
            line.split_once(' ').filter(|(kind, _)| kind.ends_with("id") || kind.ends_with("key"))
        {
            let text = filled(&names, short);
            all.push(Vector { short: short.to_owned(), text, kind: kind.to_owned(), below: Vec::new() });
        } else {
            let below = filled(&names, line);
            all.last_mut().unwrap().below.push(below);
        }
    }
    all
}

/// What the library makes of a descriptor: its scripts, or the descriptors that it stands for.
fn read(vector: &Vector) -> Result<Vec<String>, String> {
    let secp = Secp256k1::new();
    let (descriptor, _) = Descriptor::parse_descriptor(&secp, &vector.text).map_err(|error| error.to_string())?;
    if descriptor.is_multipath() {
        let rows = descriptor.into_single_descriptors().map_err(|error| error.to_string())?;
        return Ok(rows.iter().map(|row| format!("{row:#}")).collect());
    }
    let indices = if descriptor.has_wildcard() { 0..3 } else { 0..1 };
    // The library panics at these instead of refusing them.
    if descriptor.for_any_key(|key| {
        matches!(key, DescriptorPublicKey::XPub(xpub) if xpub.wildcard == Wildcard::Hardened) || key.has_hardened_step()
    }) {
        return Err("it derives from public keys only".into());
    }
    let script = |index| {
        let row = descriptor.at_derivation_index(index).map_err(|error| error.to_string())?;
        Ok(row.script_pubkey().to_hex_string())
    };
    indices.map(script).collect()
}

/// Whether a key expression is read: as a public key, or as a secret one.
fn key(text: &str) -> bool {
    DescriptorPublicKey::from_str(text).is_ok() || DescriptorSecretKey::from_str(text).is_ok()
}

/// Whether the library and the standard agree on a vector.
fn agrees(vector: &Vector) -> Result<(), String> {
    match vector.kind.as_str() {
        "key" if key(&vector.text) => Ok(()),
        "bad-key" if !key(&vector.text) => Ok(()),
        "key" | "bad-key" => Err("the key is read otherwise".into()),
        "invalid" => read(vector).map_or(Ok(()), |_| Err("it is read".into())),
        _ => {
            let found = read(vector)?;
            // What the descriptors of BIP-389 stand for is compared as the library writes it.
            let below = vector.below.iter().map(|text| {
                let secp = Secp256k1::new();
                Descriptor::parse_descriptor(&secp, text).map_or(text.clone(), |(row, _)| format!("{row:#}"))
            });
            let below: Vec<String> = below.collect();
            if below.is_empty() || found == below { Ok(()) } else { Err(format!("{found:?}")) }
        }
    }
}

#[test]
fn vectors_of_descriptors_pass_or_are_listed_with_their_reason() {
    let all = vectors();
    assert_eq!(all.len(), 161);
    let mut found: Vec<(&str, String)> = Vec::new();
    for vector in &all {
        if let Err(error) = agrees(vector) {
            found.push((&vector.short, error));
        }
    }
    let listed: Vec<&str> = DISAGREEMENTS.iter().map(|(short, _)| *short).collect();
    for (short, error) in &found {
        assert!(listed.contains(short), "not listed: {short}: {error}");
    }
    for short in listed {
        assert!(found.iter().any(|(vector, _)| *vector == short), "listed, and passes: {short}");
    }
}

/// What our own rules say of the valid vectors: most describe one address, or hold private keys, and are no wallets.
#[test]
fn vectors_that_are_valid_make_a_wallet_or_are_refused_by_name() {
    let mut codes: BTreeMap<&'static str, usize> = BTreeMap::new();
    for vector in vectors().iter().filter(|vector| vector.kind == "valid") {
        let code = Wallet::new("W", Network::Bitcoin, &[&vector.text]).map_or_else(|error| error.code(), |_| "wallet");
        *codes.entry(code).or_default() += 1;
    }
    let expected = BTreeMap::from([
        // Those of BIP-388 but taproot with sortedmulti_a and musig.
        ("wallet", 7),
        // raw, addr, bare sortedmulti, sortedmulti_a, musig.
        ("wallet-descriptor", 11),
        ("wallet-private", 28),
        // One address for ever.
        ("wallet-single", 20),
        // A fingerprint that is not the key's parent, made up for the example.
        ("wallet-origin", 2),
        // Bare multi, and three rows.
        ("wallet-kind", 1),
        ("wallet-rows", 1),
    ]);
    assert_eq!(codes, expected);
}

#[test]
fn vectors_that_are_invalid_make_no_wallet() {
    for vector in vectors().iter().filter(|vector| vector.kind == "invalid") {
        let refused = Wallet::new("W", Network::Bitcoin, &[&vector.text]);
        assert!(refused.is_err(), "{}", vector.short);
    }
    for vector in vectors().iter().filter(|vector| vector.kind == "bad-key") {
        assert!(Wallet::new("W", Network::Bitcoin, &[&format!("wpkh({})", vector.text)]).is_err(), "{}", vector.short);
    }
}

/// BIP-67: the keys as they are listed, and the address of the 2-of-n.
const SORTED: [(&[&str], &str); 4] = [
    (
        &[
            "02ff12471208c14bd580709cb2358d98975247d8765f92bc25eab3b2763ed605f8",
            "02fe6f0a5a297eb38c391581c4413e084773ea23954d93f7753db7dc0adc188b2f",
        ],
        "39bgKC7RFbpoCRbtD5KEdkYKtNyhpsNa3Z",
    ),
    (
        &[
            "02632b12f4ac5b1d1b72b2a3b508c19172de44f6f46bcee50ba33f3f9291e47ed0",
            "027735a29bae7780a9755fae7a1c4374c656ac6a69ea9f3697fda61bb99a4f3e77",
            "02e2cc6bd5f45edd43bebe7cb9b675f0ce9ed3efe613b177588290ad188d11b404",
        ],
        "3CKHTjBKxCARLzwABMu9yD85kvtm7WnMfH",
    ),
    (
        &[
            "030000000000000000000000000000000000004141414141414141414141414141",
            "020000000000000000000000000000000000004141414141414141414141414141",
            "020000000000000000000000000000000000004141414141414141414141414140",
            "030000000000000000000000000000000000004141414141414141414141414140",
        ],
        "32V85igBri9zcfBRVupVvwK18NFtS37FuD",
    ),
    (
        &[
            "022df8750480ad5b26950b25c7ba79d3e37d75f640f8e5d9bcd5b150a0f85014da",
            "03e3818b65bcc73a7d64064106a859cc1a5a728c4345ff0b641209fba0d90de6e9",
            "021f2f6e1e50cb6a953935c3601284925decd3fd21bc445712576873fb8c6ebc18",
        ],
        "3Q4sF6tv9wsdqu2NtARzNCpQgwifm2rAba",
    ),
];

#[test]
fn vectors_of_sorted_keys_pass() {
    for (keys, address) in SORTED {
        let mut keys: Vec<PublicKey> = keys.iter().map(|key| PublicKey::from_str(key).unwrap()).collect();
        // In whatever order the keys are listed, it is one address.
        for _ in 0..keys.len() {
            let sorted = Descriptor::new_sh_sortedmulti(2, keys.clone()).unwrap();
            let script = sorted.script_pubkey();
            assert_eq!(Address::from_script(&script, Network::Bitcoin).unwrap().to_string(), address);
            keys.rotate_left(1);
        }
    }
}

#[test]
fn a_key_of_another_kind_of_network_is_told_by_its_own_letters() {
    let text = "wpkh(xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhgbmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL/<0;1>/*)";
    for network in [Network::Testnet, Network::Testnet4, Network::Signet, Network::Regtest] {
        assert_eq!(NetworkKind::from(network), NetworkKind::Test);
        let found = Wallet::new("W", network, &[text]).unwrap_err();
        assert_eq!(found, WalletError::Network { key: 1, found: "bitcoin", network });
    }
}
