//! A node of an Ethereum chain, and what it says of Safes.
//!
//! - The chain's id is pinned. It is compared when a node is connected, with every reading of a Safe, and before anything is
//!   sent (T20).
//! - What is read of a Safe is read at one block, by its number, and the block's hash is compared again at the end.
//! - A second node may have to agree on all that is read of a Safe and of tokens, at the same block. What the two say
//!   differently is told by neither.
//! - A node cannot be proved right here: it can lie about balances, owners and code. What matters of that is held against
//!   hashes pinned elsewhere, and against what was seen before.
//! - What is read is limited in size, time and number. Calls wait for their answers and belong on a thread that may wait.
//!
//! | file | is about |
//! |---|---|
//! | `rpc`, `number` | questions and answers; `abi`: calls to contracts |
//! | `node` | the way to one node, or to two that agree; blocks |
//! | `safe` | a Safe as it stands, and its contract's word on a hash |
//! | `token` | balances, and what tokens call themselves |
//! | `questions` | what a signature hangs on |
//! | `fees`, `call` | what a transaction costs; calls that are only tried |
//! | `send` | a transaction sent, and what became of it |
//! | `logs` | which transaction has executed a Safe's |

mod abi;
mod call;
mod fees;
mod logs;
mod node;
mod number;
mod questions;
mod rpc;
mod safe;
mod send;
mod token;

pub use call::{Call, Gas, Override, Tried};
pub use fees::{Account, Fees};
pub use logs::{Executed, Search};
pub use node::{Block, Node};
pub use rpc::{Fault, answers};
pub use safe::Seen;
pub use send::{Fate, Receipt, Sent};
pub use token::{Balances, Described};
