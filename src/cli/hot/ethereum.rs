//! `exchequer hot` for accounts on Ethereum: made, taken in, listed. They are sealed as keys of Bitcoin are.

use crate::cli::output::{Cell, Tone};
use crate::cli::treasury::{Writing, files, keys, read};
use crate::cli::{Context, Exit, Failure};
use crate::treasury::ethereum::hot::Account;
use crate::treasury::ethereum::proposal::SafeEvent;
use crate::treasury::proposal::Treasury;
use alloy_primitives::Address;
use serde_json::{Value, json};
use std::path::Path;
use zeroize::Zeroizing;

/// Makes an account, and shows its words once.
pub fn create(name: &str, words: Option<&Path>, context: &Context) -> Result<(), Failure> {
    let account = Account::new(keys::random::<32>()?)?;
    free(&account, name, context)?;
    let passphrase = keys::passphrase(true)?;
    let told_words = account.words().unwrap_or_default();
    // On paper, or at least in a file, before anything can depend on it.
    if let Some(path) = words {
        let text = Zeroizing::new(format!("{}\n", told_words.as_str()));
        files::write(path, text.as_bytes(), true)?;
    }
    keys::seal_account(&account, &passphrase, context)?;
    note(account.address(), name, context)?;
    if words.is_none() && !context.output.json {
        let text = format!("Write these words down; they are shown this once:\n\n{}\n", told_words.as_str());
        context.output.text(&text)?;
    }
    told(account.address(), name, context)
}

/// Takes in an account by its words (BIP-39) or its private key.
pub fn import(name: &str, text: &str, index: u32, context: &Context) -> Result<(), Failure> {
    let account = match text.contains(char::is_whitespace) {
        true => Account::from_words(text, "", index)?,
        false => Account::from_hex(text)?,
    };
    free(&account, name, context)?;
    let address = account.address().to_checksum(None);
    if keys::file(&address, context)?.is_file() {
        // Only who can open it may go on with it; what was imported before is not sealed anew.
        keys::account(&address, &read(context)?, context)?;
    } else {
        keys::seal_account(&account, &keys::passphrase(true)?, context)?;
    }
    note(account.address(), name, context)?;
    told(account.address(), name, context)
}

/// A name means one account.
fn free(account: &Account, name: &str, context: &Context) -> Result<(), Failure> {
    let treasury = read(context)?;
    let taken = treasury.safes().hot_accounts().iter().find(|(_, known)| *known == name).map(|(address, _)| *address);
    match taken.filter(|address| *address != account.address()) {
        Some(address) => {
            let message = format!("the HOT account {address} has this name already");
            Err(Failure::new(Exit::Usage, "name-taken", message)
                .hint("exchequer hot list shows the names that are taken"))
        }
        None => Ok(()),
    }
}

/// Writes down that an account's key lies here, unless that stands there already.
fn note(address: Address, name: &str, context: &Context) -> Result<(), Failure> {
    let mut writing = Writing::open(context)?;
    match writing.treasury.safes().hot_accounts().get(&address).is_some_and(|known| known == name) {
        true => Ok(()),
        false => writing.safe(SafeEvent::HotAccount { address, name: name.to_owned() }),
    }
}

fn told(address: Address, name: &str, context: &Context) -> Result<(), Failure> {
    if context.output.json {
        return context.output.json(&json!({ "address": address.to_checksum(None), "name": name, "hot": true }));
    }
    context
        .output
        .text(&format!("{address} ({name}) is a HOT account: whoever has this machine and its passphrase has it"))
}

/// The account of a name or an address, where there is one.
pub fn find(treasury: &Treasury, key: &str) -> Option<(Address, String)> {
    let all = treasury.safes().hot_accounts();
    let found = all.iter().find(|(address, name)| *name == key || address.to_checksum(None).eq_ignore_ascii_case(key));
    found.map(|(address, name)| (*address, name.clone()))
}

/// Shows an account: its address is all that is public of it.
pub fn show(address: Address, name: &str, context: &Context) -> Result<(), Failure> {
    match context.output.json {
        true => told(address, name, context),
        false => context.output.text(&address.to_checksum(None)),
    }
}

fn here(address: &Address, context: &Context) -> bool {
    keys::file(&address.to_checksum(None), context).is_ok_and(|path| path.is_file())
}

/// The accounts for scripts.
pub fn listed(treasury: &Treasury, context: &Context) -> Vec<Value> {
    let account = |(address, name): (&Address, &String)| json!({ "address": address.to_checksum(None), "name": name, "here": here(address, context), "hot": true });
    treasury.safes().hot_accounts().iter().map(account).collect()
}

/// The accounts for people.
pub fn rows(treasury: &Treasury, context: &Context) -> Vec<Vec<Cell>> {
    let row = |(address, name): (&Address, &String)| {
        let there = if here(address, context) { "" } else { "its file is not here" };
        vec![Cell::toned("HOT", Tone::Bad), address.to_checksum(None).into(), name.into(), there.into()]
    };
    treasury.safes().hot_accounts().iter().map(row).collect()
}
