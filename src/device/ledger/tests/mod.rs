//! A Ledger that is anything but one: what comes back for hostile, wrong and unusual answers.

mod cells;
mod hostile;
mod typed;
