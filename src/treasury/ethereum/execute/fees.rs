//! What carrying out may cost: fees as EIP-1559 has them, and limits that no slip of the pen passes.
//!
//! - A node is asked what is usual, and may lie. The limits hold whatever it says.
//! - A transaction takes another's place when both of its fees are a tenth higher: nodes keep the older one otherwise.

use alloy_primitives::U256;

/// A gwei, in wei.
pub const GWEI: u128 = 1_000_000_000;

/// The most that a unit of gas may cost.
pub const MOST_PER_GAS: u128 = 10_000 * GWEI;

/// The least gas that any transaction takes.
pub const LEAST_GAS: u64 = 21_000;

/// The most gas that one is given: what most chains let a whole block have.
pub const MOST_GAS: u64 = 30_000_000;

/// The most that carrying one out may cost in all: two of the chain's own coin.
pub const MOST_COST: u128 = 2_000_000_000 * GWEI;

/// What a transaction offers for its gas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Fees {
    /// The most gas that it may use.
    pub gas: u64,
    /// The most that a unit costs in all, in wei (`maxFeePerGas`).
    pub most: u128,
    /// The part of it that is for whoever makes the block, in wei (`maxPriorityFeePerGas`).
    pub tip: u128,
}

/// Why fees are not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeeError {
    /// The tip is more than the whole.
    #[error("the priority fee of {tip} wei is more than the whole fee of {most} wei")]
    Tip {
        /// The tip.
        tip: u128,
        /// The whole.
        most: u128,
    },
    /// Nothing is offered: no block takes it.
    #[error("the fee is zero: no block takes such a transaction")]
    Zero,
    /// A unit of gas is too dear.
    #[error("a fee of {0} wei for a unit of gas is beyond {MOST_PER_GAS}, the most that is ever offered here")]
    Dear(u128),
    /// Too little or too much gas.
    #[error("{0} gas is not between {LEAST_GAS} and {MOST_GAS}")]
    Gas(u64),
    /// All of it is too dear.
    #[error("it could cost {0} wei, and {MOST_COST} is the most that is ever offered here")]
    Cost(U256),
    /// It does not take the other's place.
    #[error("to take the other's place it takes a fee of {most} wei with {tip} wei of it for the block")]
    Underpriced {
        /// The least fee that does.
        most: u128,
        /// The least tip that does.
        tip: u128,
    },
}

impl FeeError {
    /// The code that scripts see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Tip { .. } => "fee-tip",
            Self::Zero => "fee-zero",
            Self::Dear(_) => "fee-dear",
            Self::Gas(_) => "fee-gas",
            Self::Cost(_) => "fee-cost",
            Self::Underpriced { .. } => "fee-underpriced",
        }
    }
}

impl Fees {
    /// What it could cost at most, in wei.
    pub fn cost(&self) -> U256 {
        U256::from(self.gas).saturating_mul(U256::from(self.most))
    }

    /// The same fees, if they are within the limits.
    pub fn checked(self) -> Result<Self, FeeError> {
        let Self { gas, most, tip } = self;
        if most == 0 {
            return Err(FeeError::Zero);
        }
        if tip > most {
            return Err(FeeError::Tip { tip, most });
        }
        if most > MOST_PER_GAS {
            return Err(FeeError::Dear(most));
        }
        if !(LEAST_GAS..=MOST_GAS).contains(&gas) {
            return Err(FeeError::Gas(gas));
        }
        match self.cost() > U256::from(MOST_COST) {
            true => Err(FeeError::Cost(self.cost())),
            false => Ok(self),
        }
    }

    /// The least fees with which another takes the place of one with these: a tenth more, rounded up.
    pub fn raised(&self) -> Self {
        let more = |fee: u128| fee.saturating_add(fee.div_ceil(10).max(1));
        Self { gas: self.gas, most: more(self.most), tip: more(self.tip) }
    }

    /// Whether one with these fees takes the place of one with the others.
    pub fn replaces(&self, other: &Self) -> Result<(), FeeError> {
        let Self { most, tip, .. } = other.raised();
        match self.most >= most && self.tip >= tip {
            true => Ok(()),
            false => Err(FeeError::Underpriced { most, tip }),
        }
    }
}

/// How much gas to give: what it took when it was tried, and a third more. What a Safe does may take another turn than it
/// took then, and an account pays only what is used.
pub fn gas_limit(tried: u64) -> u64 {
    tried.saturating_add(tried.div_ceil(3)).clamp(LEAST_GAS, MOST_GAS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FEES: Fees = Fees { gas: 100_000, most: 30 * GWEI, tip: GWEI };

    #[test]
    fn a_slip_of_the_pen_is_refused_by_name() {
        let code = |fees: Fees| fees.checked().map_or_else(|error| error.code(), |_| "fine");
        assert_eq!(code(FEES), "fine");
        assert_eq!(code(Fees { tip: FEES.most, ..FEES }), "fine");
        assert_eq!(code(Fees { tip: 0, ..FEES }), "fine");
        assert_eq!(code(Fees { tip: FEES.most + 1, ..FEES }), "fee-tip");
        assert_eq!(code(Fees { most: 0, tip: 0, ..FEES }), "fee-zero");
        assert_eq!(code(Fees { most: MOST_PER_GAS, ..FEES }), "fine");
        assert_eq!(code(Fees { most: MOST_PER_GAS + 1, ..FEES }), "fee-dear");
        assert_eq!(code(Fees { most: u128::MAX, ..FEES }), "fee-dear");
        assert_eq!(code(Fees { gas: LEAST_GAS - 1, ..FEES }), "fee-gas");
        assert_eq!(code(Fees { gas: MOST_GAS + 1, ..FEES }), "fee-gas");
        assert_eq!(code(Fees { gas: 200_000, most: MOST_PER_GAS, tip: 0 }), "fine");
        assert_eq!(code(Fees { gas: 200_001, most: MOST_PER_GAS, tip: 0 }), "fee-cost");
    }

    #[test]
    fn a_tenth_more_takes_the_others_place_and_less_does_not() {
        let raised = FEES.raised();
        assert_eq!((raised.most, raised.tip), (33 * GWEI, GWEI + GWEI / 10));
        assert_eq!(raised.replaces(&FEES), Ok(()));
        assert!(Fees { most: raised.most - 1, ..raised }.replaces(&FEES).is_err());
        assert!(Fees { tip: raised.tip - 1, ..raised }.replaces(&FEES).is_err());
        let small = Fees { most: 7, tip: 0, ..FEES };
        assert_eq!((small.raised().most, small.raised().tip), (8, 1));
        assert_eq!((gas_limit(90_000), gas_limit(0), gas_limit(u64::MAX)), (120_000, LEAST_GAS, MOST_GAS));
    }

    proptest! {
        #[test]
        fn raised_is_a_tenth_more_whatever_the_fees(most in 0..u128::MAX / 20, tip in 0..u128::MAX / 20) {
            let fees = Fees { gas: 1, most, tip };
            let raised = fees.raised();
            for (more, fee) in [(raised.most, most), (raised.tip, tip)] {
                prop_assert!(more > fee && more * 10 >= fee * 11 && (more - 1) * 10 < fee * 11 + 10);
            }
            prop_assert!(raised.replaces(&fees).is_ok() && fees.replaces(&fees).is_err());
        }
    }
}
