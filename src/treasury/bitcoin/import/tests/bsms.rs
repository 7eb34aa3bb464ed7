//! The vectors of BIP-129. Its encrypted records are of its vectors too, and are refused as encrypted: what is encrypted
//! is decrypted elsewhere.

use super::super::{Format, ImportError, read};
use super::{import, refused};
use bitcoin::Network;

const XPUB_1: &str = "[1cf0bf7e/48'/0'/0'/2']xpub6FL8FhxNNUVnG64YurPd16AfGyvFLhh7S2uSsDqR3Qfcm6o9jtcMYwh6DvmcBF9qozxNQmTCVvWtxLpKTnhVLN3Pgnu2D3pAoXYFgVyd8Yz";
const XPUB_2: &str = "[4fc1dd4a/48'/0'/0'/2']xpub6EebMbEps7ZcV3FYEnddRsvrFWDrt2tiPmCeM7pPXQEmphvq9ZfJ1LWFUDjf3vxCeBuPrfyGrMazWUsYsetrnHatQZVLJH7LsgCjtMqdzgj";
const FIRST: &str = "bc1qrgc6p3kylfztu06ysl752gwwuekhvtfh9vr7zg43jvu60mutamcsv948ej";

/// Mode `NO_ENCRYPTION` with extended keys.
fn plain() -> String {
    format!("BSMS 1.0\nwsh(sortedmulti(2,{XPUB_1}/**,{XPUB_2}/**))\n/0/*,/1/*\n{FIRST}")
}

#[test]
fn the_records_of_the_standard_are_read() {
    let imported = import(&plain());
    assert_eq!((imported.format, imported.network), (Format::Bsms, Network::Bitcoin));
    assert_eq!(imported.first_address.as_deref(), Some(FIRST));
    assert_eq!(imported.wallet("W").unwrap().policy().quorum().to_string(), "2-of-2");
    // Mode STANDARD and EXTENDED, decrypted.
    for record in [
        "BSMS 1.0\nwsh(sortedmulti(2,[b7868815/48'/0'/0'/2']xpub6FA5rfxJc94K1kNtxRby1hoHwi7YDyTWwx1KUR3FwskaF6HzCbZMz3zQwGnCqdiFeMTPV3YneTGS2YQPiuNYsSvtggWWMQpEJD4jXU7ZzEh/**,[eedff89a/48'/0'/0'/2']xpub6EhJvMneoLWAf8cuyLBLQiKiwh89RAmqXEqYeFuaCEHdHwxSRfzLrUxKXEBap7nZSHAYP7Jfq6gZmucotNzpMQ9Sb1nTqerqW8hrtmx6Y6o/**))\n/0/*,/1/*\nbc1qhs4u273g4azq7kqqpe6vh5wfhasfmrq7nheyzsnq77humd7rwtkqagvakf",
        "BSMS 1.0\nsh(wsh(multi(2,[793cc70b/48'/0'/0'/1']xpub6ErVmcYYHmavsMgxEcTZyzN5sqth1ZyRpFNJC26ij1wYGC2SBKYrgt9yariSbn7HLRoZUvhUhmPfsRTPrdhhGFscpPZzmch6UTdmRP1aZUj/**,[b3118e52/48'/0'/0'/1']xpub6Du5Jn6eYZE96ccmAc1ZTFPzdnzrvqfG4mpamDun2qZYKywoiQJMCbS3kWWMr6U3XW6s125RLsaPABWgv2yA749ieaMe67FxkTjMsbcxCch/**,[842bd2ed/48'/0'/0'/1']xpub6Ex81KopPkEt9hJiWHabYy8LNsSR4A7sUQoFBk9dR8XxHrr4p9HrYWN3NCf5uwfopHnQkCG7FYnZMztKbtRtbh6tzZC4xtHPbmVVxRSN7ic/**)))\n/0/*,/1/*\n3GzMtFXahiu4TpGNGFc4bHMvAcvz5vVQrT",
    ] {
        import(record);
    }
}

#[test]
fn what_of_the_standard_makes_no_wallet_here_is_refused_by_name() {
    // Mode NO_ENCRYPTION with public keys: one address for ever, which a wallet cannot be made of.
    let single = "BSMS 1.0\nwsh(sortedmulti(1,[59865f44/48'/0'/0'/2']026d15412460ba0d881c21837bb999233896085a9ed4e5445bd637c10e579768ba,[b7044ca6/48'/0'/0'/2']030baf0497ab406ff50cb48b4013abac8a0338758d2fd54cd934927afa57cc2062))#rzx9dffd\nNo path restrictions\nbc1quqy523xu3l8che3s8vja8n33qtg0uyugr9l5z092s3wa50p8t7rqy6zumf";
    assert_eq!(refused(single), "wallet-single");
    // A key record of round 1.
    let key = format!(
        "BSMS 1.0\n00\n{XPUB_1}\nSigner 1 key\nIB7v+qi1b+Xrwm/3bF+Rjl8QbIJ/FMQ40kUsOOQo1SqUWn5QlFWbBD8BKPRetfo1L1N7DmYjVscZNsmMrqRJGWw="
    );
    let error = read(key.as_bytes(), None).unwrap_err();
    assert!(error.to_string().contains("key record of one signer"), "{error}");
    // An encrypted record, as it travels.
    let encrypted = "fbdbdb64e6a8231c342131d9f13dcd5a954b4c5021658fa5afcb3fc74dc8270653f491cfd1431c292d922ea5a5dec3eb";
    assert_eq!(refused(encrypted), "import-encrypted");
}

#[test]
fn t03_a_record_whose_first_address_is_another_is_refused() {
    let (all, other) = (plain(), FIRST.replace("948ej", "948el"));
    assert_eq!(refused(&all.replace(FIRST, &other)), "import-first-address");
    // That of the change row, of another wallet, of another network.
    let change = import(&all).wallet("W").unwrap();
    let change = change.address(crate::treasury::bitcoin::wallet::Spot {
        chain: crate::treasury::bitcoin::wallet::Chain::Change,
        index: 0,
    });
    let said = read(all.replace(FIRST, &change.unwrap().to_string()).as_bytes(), None).unwrap_err();
    assert!(matches!(said, ImportError::FirstAddress { derived, .. } if derived == FIRST));
    // A cosigner's key exchanged for another, the address left as it was.
    let swapped = all.replace(XPUB_2, "[b7868815/48'/0'/0'/2']xpub6FA5rfxJc94K1kNtxRby1hoHwi7YDyTWwx1KUR3FwskaF6HzCbZMz3zQwGnCqdiFeMTPV3YneTGS2YQPiuNYsSvtggWWMQpEJD4jXU7ZzEh");
    assert_eq!(refused(&swapped), "import-first-address");
    // A quorum of one, sorted made unsorted, and the rows exchanged.
    assert_eq!(refused(&all.replace("multi(2", "multi(1")), "import-first-address");
    assert_eq!(refused(&all.replace("/0/*,/1/*", "/1/*,/0/*")), "import-first-address");
    assert_eq!(refused(&all.replace("/0/*,/1/*", "/2/*,/3/*")), "import-first-address");
    assert_eq!(refused(&all.replace(FIRST, "")), "import-shape");
}

#[test]
fn a_record_that_breaks_the_rules_is_refused() {
    let all = plain();
    assert_eq!(refused(&all.replace("BSMS 1.0", "BSMS 2.0")), "import-shape");
    assert_eq!(refused(&all.replace("/0/*,/1/*", "No path restrictions")), "import-shape");
    assert_eq!(refused(&all.replace("/**", "/0/*")), "import-shape");
    for path in
        ["/0'/*,/1'/*", "/0/*,", "0/*,1/*", "/0/*/*", "/+0/*,/1/*", "/2147483648/*", "/0/*,/1/*,/2/*", "/0/*,/0/*"]
    {
        let code = refused(&all.replace("/0/*,/1/*", path));
        assert!(["import-shape", "wallet-rows", "wallet-same-rows"].contains(&code), "{path}: {code}");
    }
    // One restriction is one row.
    let one = import(&all.replace("/0/*,/1/*", "/0/*"));
    assert!(!one.wallet("W").unwrap().has_change());
    assert_eq!(one.notes[0].code, "no-change-row");
    assert_eq!(refused(&format!("{all}\nmore\nlines")), "import-shape");
    assert_eq!(refused(&all.replace("/**))", "/**))#aaaaaaaa")), "import-checksum");
}
