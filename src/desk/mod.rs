//! The running desk: it owns the tasks and the state; commands go in, views come out. It knows no terminal.
