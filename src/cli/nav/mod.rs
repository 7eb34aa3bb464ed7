//! `exchequer nav`: what all of it is worth, now or at a moment of the past.

pub mod owned;
