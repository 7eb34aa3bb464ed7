//! Which extended public keys the app gives away without asking.

use crate::sim::device::script::HARDENED;

/// The highest account that is given away unasked.
const MAX_ACCOUNT: u32 = 100;

/// The highest address of an account that is.
const MAX_INDEX: u32 = 50_000;

/// Whether a path is one of the usual ones of this coin.
pub fn usual(path: &[u32], coin: u32) -> bool {
    let hard = |step: u32| (step & HARDENED != 0).then_some(step ^ HARDENED);
    let Some((Some(purpose), rest)) = path.split_first().map(|(first, rest)| (hard(*first), rest)) else {
        return false;
    };
    let (fixed, below) = match (purpose, rest) {
        (44 | 49 | 84 | 86, [coin, account, below @ ..]) => ([hard(*coin), hard(*account), Some(1)], below),
        (48, [coin, account, kind, below @ ..]) => ([hard(*coin), hard(*account), hard(*kind)], below),
        _ => return false,
    };
    let [Some(coin_there), Some(account), Some(kind)] = fixed else { return false };
    let below = match below {
        [] => true,
        [0 | 1, index] => *index <= MAX_INDEX,
        _ => false,
    };
    coin_there == coin && account <= MAX_ACCOUNT && (1..=2).contains(&kind) && below
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::bip32::DerivationPath;

    #[test]
    fn only_the_usual_paths_of_the_coin_are_given_away() {
        let is = |text: &str| {
            let path: DerivationPath = text.parse().unwrap();
            usual(&path.into_iter().map(|step| u32::from(*step)).collect::<Vec<_>>(), 1)
        };
        for usual in ["48'/1'/0'/2'", "48'/1'/0'/1'", "84'/1'/0'", "86'/1'/7'", "44'/1'/0'/0/5", "49'/1'/100'"] {
            assert!(is(usual), "{usual}");
        }
        for other in
            ["48'/1'/0'/3'", "48'/0'/0'/2'", "84'/1'/101'", "84'/1'", "84/1'/0'", "84'/1'/0'/2/0", "m", "1'/1'/1'"]
        {
            assert!(!is(other), "{other}");
        }
    }
}
