//! The PSBTs that real devices were given, and what they showed: golden reviews.

use super::super::super::psbt::Packet;
use super::*;
use serde_json::Value;
use std::path::Path;

/// Every recorded PSBT under `../shared`: its name, its wallet, its file, its unsigned id and its fee.
fn recorded() -> Vec<(String, Wallet, Vec<u8>, String, u64)> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    let mut found = Vec::new();
    for folder in ["ledger", "trezor/T1B1", "trezor/T2T1"] {
        let Ok(files) = std::fs::read_dir(shared.join(folder)) else {
            println!("skipped: there is no {folder} beside the crate");
            continue;
        };
        for file in files.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "json"))
        {
            let value: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let descriptor = value["descriptor"].as_str().or(value["policy"]["descriptor_multipath"].as_str());
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            for version in ["psbt_v0_base64", "psbt_v2_base64", "signed_psbt_base64"] {
                let (Some(psbt), Some(descriptor)) = (value[version].as_str(), descriptor) else { continue };
                let wallet = Wallet::new("Treasury", bitcoin::Network::Testnet, &[descriptor]).unwrap();
                let id = value["unsigned_txid"].as_str().unwrap().to_owned();
                let fee = value["fee"].as_u64().unwrap();
                found.push((format!("{folder}/{name} {version}"), wallet, psbt.as_bytes().to_vec(), id, fee));
            }
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

#[test]
fn what_devices_signed_is_reviewed_as_they_showed_it() {
    for (name, wallet, psbt, id, fee) in recorded() {
        let review = review(&Packet::read(&psbt).unwrap(), &wallet, &Facts::default());
        assert_eq!((review.txid.to_string(), review.fee.unwrap().amount.to_sat()), (id, fee), "{name}");
        let missing = name.contains("no-prevtx");
        let expected = if missing { vec!["previous-missing", "previous-missing"] } else { vec![] };
        assert_eq!((blocks(&review), warnings(&review)), (expected, vec![]), "{name}");
        assert_eq!(
            review.outputs[0].address.as_ref().unwrap().to_string(),
            "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
            "{name}"
        );
        let roles: Vec<_> = review.outputs.iter().map(|output| (output.role, output.value.to_sat())).collect();
        assert_eq!(roles[0], (Role::Payment, 150_000), "{name}");
        assert_eq!(roles[1].0, Role::Change, "{name}");
        assert!(review.inputs.iter().all(Input::ours), "{name}");
    }
}
