//! How a treasury of Safes is folded.
