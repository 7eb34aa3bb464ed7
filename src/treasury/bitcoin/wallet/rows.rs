//! The two rows of a wallet beside each other: whether they are one rule, and how they are written as one descriptor.

use miniscript::descriptor::{DerivPaths, DescriptorMultiXKey, DescriptorPublicKey, Wildcard};
use miniscript::{Descriptor, ForEachKey, TranslatePk, Translator, translate_hash_clone};

type Row = Descriptor<DescriptorPublicKey>;

/// Replaces keys of one descriptor by others.
struct Swap<F>(F);

impl<F: Fn(&DescriptorPublicKey) -> Option<DescriptorPublicKey>>
    Translator<DescriptorPublicKey, DescriptorPublicKey, ()> for Swap<F>
{
    fn pk(&mut self, key: &DescriptorPublicKey) -> Result<DescriptorPublicKey, ()> {
        self.0(key).ok_or(())
    }

    translate_hash_clone!(DescriptorPublicKey, DescriptorPublicKey, ());
}

fn swapped(row: &Row, swap: impl Fn(&DescriptorPublicKey) -> Option<DescriptorPublicKey>) -> Option<Row> {
    row.translate_pk(&mut Swap(swap)).ok()
}

/// The keys of a row, in its order.
fn keys(row: &Row) -> Vec<DescriptorPublicKey> {
    let mut keys = Vec::new();
    row.for_each_key(|key| {
        keys.push(key.clone());
        true
    });
    keys
}

/// The change row's twin of each key of the row to receive.
fn twins(receive: &Row, change: &Row) -> Option<Vec<(DescriptorPublicKey, DescriptorPublicKey)>> {
    let (ours, theirs) = (keys(receive), keys(change));
    (ours.len() == theirs.len()).then(|| ours.into_iter().zip(theirs).collect())
}

/// Whether the rows are the same script for the same keys, and differ in the keys' paths only.
pub(super) fn same_rule(receive: &Row, change: &Row) -> bool {
    let Some(twins) = twins(receive, change) else { return false };
    let same = |(ours, theirs): &(DescriptorPublicKey, DescriptorPublicKey)| match (ours, theirs) {
        (DescriptorPublicKey::XPub(a), DescriptorPublicKey::XPub(b)) => {
            a.xkey == b.xkey && a.origin == b.origin && a.wildcard == b.wildcard
        }
        (a, b) => a == b,
    };
    twins.iter().all(same)
        && swapped(receive, |key| twins.iter().find(|(ours, _)| ours == key).map(|(_, theirs)| theirs.clone()))
            .is_some_and(|row| row == *change)
}

/// Both rows as one descriptor, where the paths of each key differ in one step.
pub(super) fn together(receive: &Row, change: &Row) -> Option<Row> {
    let twins = twins(receive, change)?;
    let both = swapped(receive, |key| {
        let (ours, theirs) = twins.iter().find(|(ours, _)| ours == key)?;
        match (ours, theirs) {
            (DescriptorPublicKey::XPub(a), DescriptorPublicKey::XPub(b)) if a != b => {
                let steps = || a.derivation_path.into_iter().zip(&b.derivation_path);
                if a.derivation_path.len() != b.derivation_path.len() || steps().filter(|(a, b)| a != b).count() != 1 {
                    return None;
                }
                let paths = DerivPaths::new(vec![a.derivation_path.clone(), b.derivation_path.clone()])?;
                Some(DescriptorPublicKey::MultiXPub(DescriptorMultiXKey {
                    origin: a.origin.clone(),
                    xkey: a.xkey,
                    derivation_paths: paths,
                    wildcard: a.wildcard,
                }))
            }
            (a, b) => (a == b).then(|| a.clone()),
        }
    })?;
    let split = both.clone().into_single_descriptors().ok()?;
    (split.as_slice() == [receive.clone(), change.clone()]).then_some(both)
}

/// Whether every key of a row goes on by the same path.
pub(super) fn level(row: &Row) -> bool {
    let mut first = None;
    row.for_each_key(|key| match key {
        DescriptorPublicKey::XPub(xpub) => {
            xpub.wildcard == Wildcard::Unhardened
                && *first.get_or_insert_with(|| xpub.derivation_path.clone()) == xpub.derivation_path
        }
        _ => true,
    })
}
