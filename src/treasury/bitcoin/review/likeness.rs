//! Addresses that are made to be taken for another: the ends are alike, and the middle is not read (T16).

use super::facts::Facts;
use super::outputs::Like;
use crate::market::printable;
use crate::treasury::likeness::{END, differing};
use bitcoin::{Address, Network, ScriptBuf};
use std::collections::{HashMap, HashSet};

/// Four characters of an address, and whether they are its last.
type End = (bool, String);

/// An address, and the name that it has on the list.
type Named = (Address, Option<String>);

/// The recipients that are known, by what people see of them.
pub(super) struct Known {
    names: HashMap<ScriptBuf, String>,
    scripts: HashSet<ScriptBuf>,
    by_end: HashMap<End, Vec<Named>>,
}

impl Known {
    pub fn new(facts: &Facts, network: Network) -> Self {
        let mut known = Self { names: HashMap::new(), scripts: HashSet::new(), by_end: HashMap::new() };
        let listed = facts.recipients.iter().map(|known| (&known.script, Some(known.name.as_str())));
        let paid = facts.paid.iter().flatten().map(|script| (script, None));
        for (script, name) in listed.chain(paid) {
            let name = name.map(|name| printable(name).into_owned());
            if let Some(name) = &name {
                known.names.entry(script.clone()).or_insert_with(|| name.clone());
            }
            if known.scripts.insert(script.clone())
                && let Ok(address) = Address::from_script(script, network)
            {
                for end in ends(&address.to_string()) {
                    known.by_end.entry(end).or_default().push((address.clone(), name.clone()));
                }
            }
        }
        known
    }

    /// The name of a recipient on the list.
    pub fn name(&self, script: &ScriptBuf) -> Option<String> {
        self.names.get(script).cloned()
    }

    /// A known recipient that this address is like, without being known itself.
    pub fn like(&self, address: &Address) -> Option<Like> {
        if self.scripts.contains(&address.script_pubkey()) {
            return None;
        }
        let text = address.to_string();
        let (known, name) = ends(&text).into_iter().find_map(|end| self.by_end.get(&end)?.first().cloned())?;
        let middle = differing(&text, &known.to_string());
        Some(Like { known, name, middle })
    }
}

/// What people see at both ends, without the prefix that all addresses of a kind share.
fn ends(address: &str) -> [End; 2] {
    let own = own_part(address);
    let first = own.chars().take(END).collect();
    let last = own.chars().skip(own.chars().count().saturating_sub(END)).collect();
    [(false, first), (true, last)]
}

/// An address without its prefix: `bc1q`, `tb1p`, `bcrt1q`, or the first character.
fn own_part(address: &str) -> &str {
    let lower = address.to_ascii_lowercase();
    let prefix = ["bcrt1", "bc1", "tb1"].into_iter().find(|prefix| lower.starts_with(prefix));
    address.get(prefix.map_or(1, |prefix| prefix.len().saturating_add(1))..).unwrap_or(address)
}
