//! Bitstamp's messages.
