//! A wallet as a Ledger knows it: a policy of BIP-388, which is a template with numbered keys and the list of those keys.
//!
//! - Name, template and every character of the keys are part of the policy's id: the same wallet written otherwise is another
//!   policy, and its proof of registration does not hold.
//! - The usual accounts of one key need no registration: their policy has no name.
//! - What cannot be written as a policy is refused here, before anybody touches the device.
//!
//! <https://github.com/bitcoin/bips/blob/master/bip-0388.mediawiki>

use crate::device::capabilities::Task;
use crate::device::{DeviceError, Held};
use crate::treasury::bitcoin::wallet::Wallet;
use bitcoin::bip32::{ChildNumber, DerivationPath, KeySource, Xpub};
use bitcoin::{Network, NetworkKind};
use ledger_bitcoin_client::wallet::Version;
use ledger_bitcoin_client::{WalletPolicy, WalletPubKey};
use miniscript::descriptor::{DescriptorPublicKey, Wildcard};
use miniscript::{Descriptor, TranslateErr, TranslatePk, Translator, translate_hash_fail};
use std::str::FromStr;

/// The longest name of a policy.
const LONGEST_NAME: usize = 64;

/// The longest template that the app takes.
const LONGEST_TEMPLATE: usize = 512;

/// The last account that counts as one of the usual ones.
const LAST_ACCOUNT: u32 = 100;

/// Template and keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    template: String,
    keys: Vec<Key>,
    network: Network,
}

impl Policy {
    /// The policy of a wallet.
    pub fn of(wallet: &Wallet) -> Result<Self, DeviceError> {
        let unfit = |why: &str| DeviceError::Unfit(format!("a Ledger takes no wallet {why}"));
        let both = wallet.multipath().ok_or_else(|| {
            unfit("that has no addresses of its own for change, next to those to receive: its keys end in /<0;1>/*")
        })?;
        let both = Descriptor::<DescriptorPublicKey>::from_str(&both);
        let both = both.map_err(|_| unfit("whose descriptor does not read back"))?;
        let mut numbered = Numbered(Vec::new());
        let template = both.translate_pk(&mut numbered).map_err(|error| match error {
            TranslateErr::TranslatorErr(why) => unfit(why),
            TranslateErr::OuterError(_) => unfit("of this form"),
        })?;
        let (template, keys) = as_written(&format!("{template:#}"), numbered.0);
        if template.len() > LONGEST_TEMPLATE {
            return Err(unfit("whose rule is this long"));
        }
        Ok(Self { template, keys, network: wallet.network() })
    }

    /// What the app is asked for with it.
    pub fn task(&self) -> Task {
        let inner = |outer: &str| self.template.strip_prefix(outer);
        let multi = |inner: &str| inner.starts_with("multi(") || inner.starts_with("sortedmulti(");
        if let Some(inner) = inner("tr(") {
            return if inner.contains(',') { Task::TaprootScript } else { Task::TaprootKey };
        }
        if let Some(inner) = inner("sh(wsh(") {
            return if multi(inner) { Task::MultisigShWsh } else { Task::Miniscript };
        }
        if let Some(inner) = inner("wsh(") {
            return if multi(inner) { Task::MultisigWsh } else { Task::Miniscript };
        }
        match () {
            () if inner("sh(wpkh(").is_some() => Task::ShWpkh,
            () if inner("wpkh(").is_some() => Task::Wpkh,
            () if inner("pkh(").is_some() => Task::Pkh,
            () => Task::MultisigSh,
        }
    }

    /// Whether it is one of the usual accounts of one key, which no device has to be told of.
    pub fn usual(&self) -> bool {
        let purpose = match self.template.as_str() {
            "pkh(@0/**)" => 44,
            "sh(wpkh(@0/**))" => 49,
            "wpkh(@0/**)" => 84,
            "tr(@0/**)" => 86,
            _ => return false,
        };
        let coin = u32::from(NetworkKind::from(self.network) == NetworkKind::Test);
        let Some((Some((_, path)), _)) = self.keys.first() else { return false };
        let hardened = |step: &ChildNumber| match step {
            ChildNumber::Hardened { index } => Some(*index),
            ChildNumber::Normal { .. } => None,
        };
        let steps: Option<Vec<u32>> = path.into_iter().map(hardened).collect();
        matches!(steps.as_deref(), Some([first, second, account])
            if *first == purpose && *second == coin && *account <= LAST_ACCOUNT)
    }

    /// The policy under a name, which is empty for a usual account.
    pub fn named(&self, name: &str) -> WalletPolicy {
        let keys = self.keys.iter().map(|(source, xpub)| match source {
            Some(source) => WalletPubKey::from((source.clone(), *xpub)),
            None => WalletPubKey::from(*xpub),
        });
        WalletPolicy::new(name.to_owned(), Version::V2, self.template.clone(), keys)
    }

    /// The policy as the device has it: registered under the wallet's name, or a usual account.
    pub fn held(&self, held: &Held<'_>) -> Result<(WalletPolicy, Option<[u8; 32]>), DeviceError> {
        match held.hmac {
            Some(hmac) => Ok((self.named(name(held.name)?), Some(hmac.0))),
            None if self.usual() => Ok((self.named(""), None)),
            None => Err(DeviceError::NotRegistered),
        }
    }

    #[cfg(test)]
    /// The template: the descriptor with a place for each key.
    pub fn template(&self) -> &str {
        &self.template
    }
}

/// A name that the app takes for a policy.
pub fn name(name: &str) -> Result<&str, DeviceError> {
    let fits = (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && name.trim() == name;
    if fits {
        Ok(name)
    } else {
        Err(DeviceError::Unfit(format!(
            "a wallet's name on a Ledger has 1 to {LONGEST_NAME} characters from space to ~, and no space at its ends"
        )))
    }
}

/// A key and where it comes from.
type Key = (Option<KeySource>, Xpub);

/// The same template with its keys numbered in the order in which they stand in it: the keys of a taproot output come with
/// those of its scripts first.
fn as_written(template: &str, keys: Vec<Key>) -> (String, Vec<Key>) {
    let (mut text, mut order) = (String::with_capacity(template.len()), Vec::with_capacity(keys.len()));
    let mut pieces = template.split('@');
    text.extend(pieces.next());
    for piece in pieces {
        let (number, rest) = piece.split_at(piece.find('/').unwrap_or(piece.len()));
        let place = order.iter().position(|known| *known == number).unwrap_or_else(|| {
            order.push(number);
            order.len().saturating_sub(1)
        });
        text.extend(["@", &place.to_string(), rest]);
    }
    let key = |number: &&str| number.parse::<usize>().ok().and_then(|number| keys.get(number).cloned());
    let keys = order.iter().filter_map(key).collect();
    (text, keys)
}

/// Gives every key a number, in the order in which they come.
struct Numbered(Vec<Key>);

impl Translator<DescriptorPublicKey, String, &'static str> for Numbered {
    fn pk(&mut self, key: &DescriptorPublicKey) -> Result<String, &'static str> {
        let DescriptorPublicKey::MultiXPub(key) = key else {
            return Err("with a key that has no rows of addresses of its own");
        };
        let row = |path: &DerivationPath| match path.as_ref() {
            [ChildNumber::Normal { index }] => Some(*index),
            _ => None,
        };
        let rows: Option<Vec<u32>> = key.derivation_paths.paths().iter().map(row).collect();
        let (Some([receive, change]), Wildcard::Unhardened) = (rows.as_deref(), key.wildcard) else {
            return Err("whose keys go on by anything but one step for the row, such as <0;1>, and *");
        };
        let source = (key.origin.clone(), key.xkey);
        let number = self.0.iter().position(|known| *known == source).unwrap_or_else(|| {
            self.0.push(source);
            self.0.len().saturating_sub(1)
        });
        Ok(match (receive, change) {
            (0, 1) => format!("@{number}/**"),
            _ => format!("@{number}/<{receive};{change}>/*"),
        })
    }

    translate_hash_fail!(DescriptorPublicKey, String, &'static str);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Hmac;

    const A: &str = "[f5acc2fd/48'/1'/0'/2']tpubDFAqEGNyad35aBCKUAXbQGDjdVhNueno5ZZVEn3sQbW5ci457gLR7HyTmHBg93oourBssgUxuWz1jX5uhc1qaqFo9VsybY1J5FuedLfm4dK";
    const B: &str = "[7f332d1f/48h/1h/0h/2h]tpubDF8zwYdkDjTpAxhk8D7kjsKFS3Ep2wYAJkYw5q48oGHYDLejtyuSWDwdjoPjHmANCSZyxsBCFwTNTVYyLdqRZx1gGKpFohggzajhUN9n5sL";
    const SINGLE: &str = "[f5acc2fd/84'/1'/0']tpubDCtKfsNyRhULjZ9XMS4VKKtVcPdVDi8MKUbcSD9MJDyjRu1A2ND5MiipozyyspBT9bg8upEp7a8EAgFxNxXn1d7QkdbL52Ty5jiSLcxPt1P";

    fn of(form: &str) -> Result<Policy, DeviceError> {
        let text = form.replace("{a}", A).replace("{b}", B).replace("{1}", SINGLE);
        Policy::of(&Wallet::new("Treasury", Network::Testnet, &[&text]).unwrap())
    }

    #[test]
    fn each_form_has_its_template_and_task() {
        for (form, template, task) in [
            ("wsh(sortedmulti(2,{a}/<0;1>/*,{b}/<0;1>/*))", "wsh(sortedmulti(2,@0/**,@1/**))", Task::MultisigWsh),
            ("wsh(multi(1,{b}/<0;1>/*,{a}/<2;5>/*))", "wsh(multi(1,@0/**,@1/<2;5>/*))", Task::MultisigWsh),
            (
                "sh(wsh(sortedmulti(2,{a}/<0;1>/*,{b}/<0;1>/*)))",
                "sh(wsh(sortedmulti(2,@0/**,@1/**)))",
                Task::MultisigShWsh,
            ),
            ("sh(sortedmulti(2,{a}/<0;1>/*,{b}/<0;1>/*))", "sh(sortedmulti(2,@0/**,@1/**))", Task::MultisigSh),
            ("sh(multi(2,{a}/<0;1>/*,{b}/<0;1>/*))", "sh(multi(2,@0/**,@1/**))", Task::MultisigSh),
            ("wpkh({1}/<0;1>/*)", "wpkh(@0/**)", Task::Wpkh),
            ("sh(wpkh({1}/<0;1>/*))", "sh(wpkh(@0/**))", Task::ShWpkh),
            ("pkh({1}/<0;1>/*)", "pkh(@0/**)", Task::Pkh),
            ("tr({1}/<0;1>/*)", "tr(@0/**)", Task::TaprootKey),
            ("tr({a}/<0;1>/*,pk({b}/<0;1>/*))", "tr(@0/**,pk(@1/**))", Task::TaprootScript),
            (
                "wsh(or_d(pk({a}/<0;1>/*),and_v(v:pkh({b}/<0;1>/*),older(144))))",
                "wsh(or_d(pk(@0/**),and_v(v:pkh(@1/**),older(144))))",
                Task::Miniscript,
            ),
            (
                "wsh(or_d(multi(2,{a}/<0;1>/*,{b}/<0;1>/*),and_v(v:pkh({a}/<2;3>/*),older(144))))",
                "wsh(or_d(multi(2,@0/**,@1/**),and_v(v:pkh(@0/<2;3>/*),older(144))))",
                Task::Miniscript,
            ),
        ] {
            let policy = of(form).unwrap_or_else(|error| panic!("{form}: {error}"));
            assert_eq!((policy.template(), policy.task()), (template, task), "{form}");
        }
    }

    #[test]
    fn keys_are_written_with_apostrophes_in_their_order() {
        let policy = of("wsh(sortedmulti(2,{b}/<0;1>/*,{a}/<0;1>/*))").unwrap().named("x");
        let keys: Vec<String> = policy.keys.iter().map(ToString::to_string).collect();
        let (origin, key) = B.split_once(']').unwrap();
        assert_eq!(keys, [format!("{}]{key}", origin.replace('h', "'")), A.to_owned()]);
    }

    #[test]
    fn keys_of_a_taproot_output_are_numbered_as_they_stand() {
        let policy = of("tr({b}/<0;1>/*,pk({a}/<0;1>/*))").unwrap();
        let fingerprints: Vec<String> =
            policy.keys.iter().map(|(from, _)| from.as_ref().unwrap().0.to_string()).collect();
        assert_eq!(fingerprints, ["7f332d1f", "f5acc2fd"]);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for form in ["wsh(sortedmulti(2,{a}/0/*,{b}/0/*))", "wsh(sortedmulti(2,{a}/7/<0;1>/*,{b}/<0;1>/*))"] {
            assert!(matches!(of(form), Err(DeviceError::Unfit(_))), "{form}");
        }
    }

    #[test]
    fn only_usual_accounts_need_no_registration() {
        assert!(of("wpkh({1}/<0;1>/*)").unwrap().usual());
        for form in
            ["wpkh({1}/<0;2>/*)", "tr({1}/<0;1>/*)", "wpkh({a}/<0;1>/*)", "wsh(sortedmulti(1,{a}/<0;1>/*,{b}/<0;1>/*))"]
        {
            assert!(!of(form).unwrap().usual(), "{form}");
        }
        let far = SINGLE.replace("/0']", "/101']");
        let wallet = Wallet::new("x", Network::Testnet, &[&format!("wpkh({far}/<0;1>/*)")]);
        assert!(wallet.is_err() || !Policy::of(&wallet.unwrap()).unwrap().usual());
    }

    #[test]
    fn a_wallet_without_proof_is_not_registered() {
        let text = format!("wsh(sortedmulti(1,{A}/<0;1>/*,{B}/<0;1>/*))");
        let wallet = Wallet::new("Treasury", Network::Testnet, &[&text]).unwrap();
        let policy = Policy::of(&wallet).unwrap();
        let held = Held { wallet: &wallet, name: "Treasury", hmac: None };
        assert_eq!(policy.held(&held).err(), Some(DeviceError::NotRegistered));
        let held = Held { hmac: Some(Hmac([7; 32])), ..held };
        assert_eq!(policy.held(&held).unwrap().1, Some([7; 32]));
        for odd in ["", " a", "a ", "é", "a\n", &"x".repeat(65)] {
            assert!(matches!(policy.held(&Held { name: odd, ..held }), Err(DeviceError::Unfit(_))), "{odd}");
        }
    }
}
