//! Chance that repeats: a seeded generator, asked in whole numbers only.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::{Rng, SeedableRng};

/// A source of chance. The same seed and stream give the same answers, everywhere.
#[derive(Clone, Debug)]
pub struct Dice(Pcg64Mcg);

impl Dice {
    /// One of many independent streams of a seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(Pcg64Mcg::seed_from_u64(seed ^ stream.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }

    /// A number from zero up to, not including, `end`; zero when there is none.
    pub fn below(&mut self, end: i64) -> i64 {
        let Some(end) = u64::try_from(end).ok().filter(|end| *end > 0) else { return 0 };
        let scaled = (u128::from(self.0.next_u64()) * u128::from(end)) >> 64;
        i64::try_from(scaled).unwrap_or(0)
    }

    /// Whether something that happens `chances` times in `of` happens now.
    pub fn happens(&mut self, chances: i64, of: i64) -> bool {
        self.below(of) < chances
    }

    /// About normally distributed, 256 being one standard deviation.
    pub fn bell(&mut self) -> i64 {
        let sum: i64 = self.0.next_u64().to_le_bytes().into_iter().map(i64::from).sum();
        // Eight dice of 0 to 255: mean 1020, standard deviation 209.
        (sum - 1_020) * 256 / 209
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_repeats_and_another_stream_differs() {
        let throw = |seed, stream| {
            let mut dice = Dice::new(seed, stream);
            (0..8).map(|_| dice.below(1_000_000)).collect::<Vec<_>>()
        };
        assert_eq!(throw(1, 1), throw(1, 1));
        assert_ne!(throw(1, 1), throw(1, 2));
        assert_ne!(throw(1, 1), throw(2, 1));
    }

    #[test]
    fn the_bell_has_its_shape() {
        let mut dice = Dice::new(7, 0);
        let throws: Vec<i64> = (0..20_000).map(|_| dice.bell()).collect();
        let mean = throws.iter().sum::<i64>() / 20_000;
        let within = throws.iter().filter(|x| x.abs() <= 256).count();
        assert!(mean.abs() < 10, "{mean}");
        assert!((13_000..14_400).contains(&within), "68 % within one deviation: {within}");
        assert_eq!(dice.below(0), 0);
        assert_eq!(dice.below(-5), 0);
    }
}
