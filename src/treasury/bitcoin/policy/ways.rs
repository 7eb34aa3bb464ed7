//! The ways to spend that a policy offers, each as so many of these keys after these locks.

use super::{Lock, PolicyError};
use crate::treasury::bitcoin::import::error::quote;
use miniscript::Threshold;
use miniscript::descriptor::DescriptorPublicKey;
use miniscript::policy::Semantic;

type Parts = Threshold<std::sync::Arc<Semantic<DescriptorPublicKey>>, 0>;

/// A way to spend as the policy means it: so many of these keys, once every lock has ended.
pub(super) struct Way {
    pub(super) locks: Vec<Lock>,
    pub(super) required: usize,
    pub(super) seats: Vec<usize>,
}

/// The ways to spend that a policy offers.
pub(super) fn ways(
    meaning: &Semantic<DescriptorPublicKey>,
    keys: &[(DescriptorPublicKey, usize)],
) -> Result<Vec<Way>, PolicyError> {
    match meaning {
        Semantic::Thresh(any) if any.is_or() => {
            let ways = any.iter().map(|branch| ways(branch, keys));
            Ok(ways.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        Semantic::Key(key) => {
            Ok(seat(key, keys).map(|seat| Way { locks: vec![], required: 1, seats: vec![seat] }).into_iter().collect())
        }
        Semantic::Thresh(some) => threshold(some, meaning, keys),
        _ => Err(form(meaning)),
    }
}

/// The ways that a threshold over keys and locks offers: without its lock where there are keys enough, and with it.
fn threshold(
    some: &Parts,
    meaning: &Semantic<DescriptorPublicKey>,
    keys: &[(DescriptorPublicKey, usize)],
) -> Result<Vec<Way>, PolicyError> {
    let (mut locks, mut seats, mut inner) = (Vec::new(), Vec::new(), Vec::new());
    for part in some.iter() {
        match part.as_ref() {
            Semantic::Key(key) => seats.extend(seat(key, keys)),
            Semantic::Older(time) => locks.push(Lock::Older(*time)),
            Semantic::After(time) => locks.push(Lock::After(*time)),
            Semantic::Thresh(quorum) => inner.push(quorum),
            _ => return Err(form(meaning)),
        }
    }
    let alone = some.iter().count() == locks.len().saturating_add(1);
    let offered = match (inner.as_slice(), locks.as_slice()) {
        // A quorum of its own behind locks. Two quorums at once, or one beside keys, are no m of n.
        ([quorum], [_, ..]) if some.is_and() && alone => {
            for key in quorum.iter() {
                let Semantic::Key(key) = key.as_ref() else { return Err(form(meaning)) };
                seats.extend(seat(key, keys));
            }
            vec![Way { locks, required: quorum.k(), seats }]
        }
        ([], _) if some.is_and() => vec![Way { required: some.k().saturating_sub(locks.len()), locks, seats }],
        ([], []) => vec![Way { locks, required: some.k(), seats }],
        ([], [lock]) => {
            let (locks, later) = (vec![*lock], some.k().saturating_sub(1));
            vec![
                Way { locks: Vec::new(), required: some.k(), seats: seats.clone() },
                Way { locks, required: later, seats },
            ]
        }
        _ => return Err(form(meaning)),
    };
    if offered.iter().any(|way| way.required == 0) {
        return Err(PolicyError::Form("somebody without a key could spend".into()));
    }
    // Where fewer can sign than have to, because nobody knows the others' keys, there is no way.
    Ok(offered.into_iter().filter(|way| way.required <= way.seats.len()).collect())
}

fn form(meaning: &Semantic<DescriptorPublicKey>) -> PolicyError {
    PolicyError::Form(quote(&meaning.to_string()))
}

/// As which seat a key counts; none for the key that nobody can know.
fn seat(key: &DescriptorPublicKey, keys: &[(DescriptorPublicKey, usize)]) -> Option<usize> {
    keys.iter().find(|(known, _)| known == key).map(|(_, seat)| *seat)
}

/// The ways that are open at any time as one: a quorum, or any one of several keys.
pub(super) fn together(mut ways: Vec<Way>) -> Result<Way, PolicyError> {
    if ways.len() > 1 && ways.iter().all(|way| way.required == 1 && way.seats.len() == 1) {
        let seats = ways.into_iter().flat_map(|way| way.seats).collect();
        return Ok(Way { locks: Vec::new(), required: 1, seats });
    }
    match (ways.pop(), ways.is_empty()) {
        (Some(way), true) => Ok(way),
        (None, _) => Err(PolicyError::Form("nobody can spend before a time lock ends".into())),
        (Some(_), false) => Err(PolicyError::Form("several quorums can spend at any time".into())),
    }
}
