//! The wallet that a label is of, as BIP-329 names it: its descriptor without keys, paths and checksum.

use super::Label;
use crate::treasury::bitcoin::wallet::{Chain, Wallet};

/// A wallet's descriptor with the origins of its keys and nothing else, such as
/// `wsh(sortedmulti(2,[73c5da0a/48'/1'/0'/2'],[f5acc2fd/48'/1'/0'/2']))`; none where a key's origin is not told.
pub fn origin(wallet: &Wallet) -> Option<String> {
    let all = wallet.policy().cosigners().iter().all(|cosigner| cosigner.origin_known);
    let text = wallet.descriptor(Chain::Receive).to_string();
    all.then(|| abbreviate(text.split_once('#').map_or(text.as_str(), |(body, _)| body)))
}

/// Whether a label may be of this wallet: it says nothing about that, or just this.
pub fn fits(label: &Label, wallet: &Wallet) -> bool {
    let Some(says) = label.origin() else { return true };
    let plain = |text: &str| text.replace(['h', 'H'], "'").replace(char::is_whitespace, "");
    // The marks of hardened steps are the only `h` inside brackets, and the names of functions are changed alike.
    origin(wallet).is_some_and(|own| plain(&own) == plain(says))
}

/// A descriptor without what follows each origin: the key and its path.
fn abbreviate(descriptor: &str) -> String {
    let mut short = String::new();
    let mut skipping = false;
    for c in descriptor.chars() {
        skipping &= !matches!(c, ',' | ')' | '}');
        if !skipping {
            short.push(c);
        }
        skipping |= c == ']';
    }
    short
}
