//! Messages in the shapes that Kraken Futures documents, and what must not be believed.
