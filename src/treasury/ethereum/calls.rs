//! The calls that a Safe transaction makes, as a tree: who calls whom with what, and in whose name.
//!
//! - A batch is read only where a delegatecall goes to a published MultiSend: elsewhere nobody knows what the bytes do.
//! - What another Safe, or a module, is told to carry out is read too, in that one's name.
//! - A call that the contract would make is never left out. Where the limits end the reading, the tree says so ([`Cut`]).

use super::calldata::{self, Abis, Meaning, Which, multisend};
use super::deployments::{Standing, standing};
use super::{Operation, SafeAt, SafeTx, SafeVersion};
use alloy_primitives::{Address, Bytes, U256};

/// How many calls may stand one within the other.
pub const DEEPEST: usize = 16;

/// The most calls of a transaction that are read.
pub const MOST: usize = 4_096;

/// A call.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// Its place in the order in which calls are made, the transaction itself first.
    pub index: usize,
    /// How many calls it stands within.
    pub depth: usize,
    /// In whose name it is made.
    pub by: Address,
    /// How it comes about.
    pub within: Within,
    /// Whom it calls.
    pub to: Address,
    /// Whether the list that it stands in names nobody, which the contract reads as the one in whose name it runs.
    pub unnamed: bool,
    /// How much of the chain's own coin goes with it, in wei; a delegatecall takes none along.
    pub value: U256,
    /// How it calls.
    pub operation: Operation,
    /// What it calls.
    pub data: Bytes,
    /// What that says.
    pub meaning: Meaning,
    /// What is published at the address that it calls.
    pub target: Option<Standing>,
    /// The list that it carries, where it is a batch.
    pub batch: Option<Batch>,
    /// The calls that it makes in turn.
    pub inner: Vec<Call>,
}

/// How a call comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// It is the transaction itself.
    Transaction,
    /// It stands in a batch.
    Batch,
    /// Another Safe, or a module of one, is told to carry it out.
    Exec,
}

/// The list of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Whether the list is wrapped as an encoder does it.
    pub exact: bool,
    /// What no honest list has.
    pub flaws: Vec<multisend::Flaw>,
}

/// Why the reading ended before the calls did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cut {
    /// Too many calls within calls.
    #[error("more than {DEEPEST} calls stand one within the other")]
    Deep,
    /// Too many calls.
    #[error("there are more than {MOST} calls")]
    Many,
}

/// The calls of a transaction.
#[derive(Clone, Debug, PartialEq)]
pub struct Calls {
    /// The transaction's own call.
    pub root: Call,
    /// Why not all that stands within was read.
    pub cut: Option<Cut>,
}

impl Calls {
    /// Reads the calls of a transaction.
    pub fn read(at: &SafeAt, tx: &SafeTx, abis: &Abis) -> Self {
        let mut reader = Reader { chain_id: at.chain_id, abis, count: 0, cut: None };
        let said = Said {
            by: at.safe,
            within: Within::Transaction,
            to: tx.to,
            unnamed: false,
            value: tx.value,
            operation: tx.operation,
            data: tx.data.clone(),
        };
        let root = reader.call(said, 0);
        Self { root, cut: reader.cut }
    }

    /// Every call, in the order in which they are made.
    pub fn all(&self) -> Vec<&Call> {
        let mut all = Vec::new();
        let mut open = vec![&self.root];
        while let Some(call) = open.pop() {
            all.push(call);
            open.extend(call.inner.iter().rev());
        }
        all
    }
}

/// A call as it is said to be, before it is read.
struct Said {
    by: Address,
    within: Within,
    to: Address,
    unnamed: bool,
    value: U256,
    operation: Operation,
    data: Bytes,
}

struct Reader<'a> {
    chain_id: U256,
    abis: &'a Abis,
    count: usize,
    cut: Option<Cut>,
}

impl Reader<'_> {
    fn call(&mut self, said: Said, depth: usize) -> Call {
        let Said { by, within, to, unnamed, value, operation, data } = said;
        let index = self.count;
        self.count = self.count.saturating_add(1);
        let meaning = calldata::read(&data, self.abis);
        let target = standing(self.chain_id, to);
        let mut call = Call {
            index,
            depth,
            by,
            within,
            to,
            unnamed,
            value,
            operation,
            data,
            meaning,
            target,
            batch: None,
            inner: Vec::new(),
        };
        for said in self.within(&mut call) {
            if depth >= DEEPEST {
                self.cut = Some(Cut::Deep);
                break;
            }
            if self.count >= MOST {
                self.cut = self.cut.or(Some(Cut::Many));
                break;
            }
            let inner = self.call(said, depth.saturating_add(1));
            call.inner.push(inner);
        }
        call
    }

    /// What a call makes in turn.
    fn within(&self, call: &mut Call) -> Vec<Said> {
        let Some(decoded) = call.meaning.decoded() else { return Vec::new() };
        match (decoded.which(), call.operation) {
            (Some(Which::MultiSend), Operation::DelegateCall) => {
                let Some(version) = call.batch_version() else { return Vec::new() };
                let Some(packed) = decoded.bytes(0) else { return Vec::new() };
                let list = multisend::read(&packed, MOST.saturating_sub(self.count).max(1));
                let batch = Batch { exact: decoded.exact, flaws: list.flaws };
                let by = call.by;
                call.batch = Some(batch);
                list.calls.into_iter().map(|entry| listed(entry, by, version)).collect()
            }
            (Some(Which::ExecTransaction | Which::ExecFromModule | Which::ExecFromModuleReturnData), _) => {
                let operation = decoded.number(3).and_then(|number| u8::try_from(number).ok()).and_then(Operation::of);
                let fields = (decoded.address(0), decoded.number(1), decoded.bytes(2), operation);
                let (Some(to), Some(value), Some(data), Some(operation)) = fields else { return Vec::new() };
                let (within, by) = (Within::Exec, call.to);
                vec![Said { by, within, to, unnamed: false, value, operation, data }]
            }
            _ => Vec::new(),
        }
    }
}

/// An entry of a list. From 1.5.0 on the contract takes the zero address for the one in whose name it runs.
fn listed(entry: multisend::Entry, by: Address, version: SafeVersion) -> Said {
    let unnamed = entry.to.is_zero() && version >= SafeVersion::V1_5_0;
    let operation = if entry.delegate { Operation::DelegateCall } else { Operation::Call };
    let to = if unnamed { by } else { entry.to };
    Said { by, within: Within::Batch, to, unnamed, value: entry.value, operation, data: entry.data }
}

impl Call {
    /// The version of the published MultiSend that it calls.
    fn batch_version(&self) -> Option<SafeVersion> {
        let (Standing::Listed(pinned) | Standing::Unlisted(pinned)) = self.target?;
        pinned.contract.is_batch().then_some(pinned.version)
    }

    /// Whether it calls the one in whose name it is made.
    pub fn is_self(&self) -> bool {
        self.to == self.by
    }
}

#[cfg(test)]
mod tests;
