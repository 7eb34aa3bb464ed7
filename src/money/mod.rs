//! What money is here: exact decimals with a meaning, from the wire's text to the screen's text.
//!
//! - Nothing in this room, or above it where money is concerned, is a floating point number.
//! - A value keeps the decimals it was written with until someone asks for another precision: `4.00000000` and `4` are
//!   equal, and both can be printed as they came.
//! - Arithmetic that would lose digits or overflow returns `None`; it never rounds behind the caller's back.

#![deny(clippy::float_arithmetic)]

mod asset;
mod decimal;
mod fixed;
mod format;

pub use asset::{Asset, AssetError};
pub use decimal::{NumberError, exact_sum, parse_decimal};
pub use fixed::Fixed;
pub use format::{grouped, plain};

use std::fmt;

pub use rust_decimal::Decimal;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Decimal);

        impl $name {
            /// Zero of this kind.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// Gives a bare decimal its meaning.
            pub const fn new(value: Decimal) -> Self {
                Self(value)
            }

            /// The bare decimal, with the decimals it was written with.
            pub const fn get(self) -> Decimal {
                self.0
            }

            /// Whether the value is zero, however many decimals it has.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// The sum, or `None` when it does not fit 28 digits.
            pub fn checked_add(self, other: Self) -> Option<Self> {
                exact_sum(self.0, other.0).map(Self)
            }

            /// The difference, or `None` when it does not fit 28 digits.
            pub fn checked_sub(self, other: Self) -> Option<Self> {
                exact_sum(self.0, -other.0).map(Self)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NumberError;

            fn from_str(text: &str) -> Result<Self, NumberError> {
                parse_decimal(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            /// With the decimals that the value carries; a precision in the format (`{:.2}`) overrides them.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl serde::Serialize for $name {
            /// As a string without trailing zeros: JSON numbers are floating point to most readers.
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&plain(self.0))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

number! {
    /// A price: units of the quote asset for one unit of the base asset. May be negative (spreads, some futures).
    Price
}
number! {
    /// A size: units of the base asset, or contracts where the instrument counts in contracts.
    Quantity
}
number! {
    /// Price times quantity: units of the quote asset.
    Notional
}

number! {
    /// A share in percent: `1.2` means 1.2 %.
    Percent
}

impl Price {
    /// What `quantity` costs at this price, or `None` when the product does not fit 28 digits.
    pub fn times(self, quantity: Quantity) -> Option<Notional> {
        self.0.checked_mul(quantity.0).map(Notional)
    }
}

/// An amount of one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// How much, in whole units of the asset (not in its smallest unit).
    pub value: Decimal,
    /// Of what.
    pub asset: Asset,
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.value, self.asset)
    }
}
