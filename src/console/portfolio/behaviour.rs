//! What keys and mouse do in the Portfolio workspace, in tests.
