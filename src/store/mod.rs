//! What is kept on disk: the journal (append-only, the truth) and the cache (sled, can be deleted at any time).
