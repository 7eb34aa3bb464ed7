//! Any bytes as any venue's answer about an account: they are read or refused, and what is read is printable and can be
//! added up.

#![no_main]

use exchequer::market::{Symbol, printable};
use exchequer::venue::account::{Ask, Told, What, answer, private, together, venues};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (choice, status, body) = input;
    let whats = [What::Balances, What::Trades, What::Positions, What::Permissions];
    let what = whats[usize::from(choice) % whats.len()].clone();
    let symbol = Symbol::new("BTC/USDT").ok();
    for venue in venues() {
        let ask = Ask { symbol: symbol.clone(), ..Ask::new(what.clone()) };
        let Some(dialect) = private(venue) else { continue };
        match answer(dialect, &ask, status, body) {
            Ok(page) => match page.told {
                Told::Balances(balances) => {
                    for name in balances.iter().filter_map(|balance| balance.asset.as_ref().err()) {
                        assert_eq!(printable(name), name.as_str());
                    }
                    let _ = together(balances);
                }
                Told::Trades(fills) => assert!(fills.iter().all(|fill| printable(&fill.id) == fill.id)),
                Told::Positions(list) => assert!(list.iter().all(|open| printable(&open.instrument) == open.instrument)),
                Told::Permissions(may) => assert!(may.words.iter().all(|word| printable(word) == *word)),
            },
            Err(error) => assert!(!error.to_string().contains(char::is_control)),
        }
    }
});
