//! What is to be said of each call: where delegatecalls go (T17), what a batch is made of, and what nobody can tell.

use super::code;
use super::moves::{allowance, followed};
use crate::treasury::ethereum::calldata::{Meaning, Which};
use crate::treasury::ethereum::calls::{Call, Calls, Within};
use crate::treasury::ethereum::deployments::{Contract, Pinned, Standing};
use crate::treasury::ethereum::{Operation, SafeAt};
use crate::treasury::findings::Findings;
use alloy_primitives::{Address, B256, KECCAK256_EMPTY, hex};
use std::collections::BTreeMap;

/// What the checks of calls look at.
pub(super) struct Looked<'a> {
    pub at: &'a SafeAt,
    /// The hashes of the code at addresses.
    pub code: &'a BTreeMap<Address, B256>,
}

impl Looked<'_> {
    /// Says what there is to say of every call.
    pub fn check(&self, calls: &Calls, findings: &mut Findings) {
        if let Some(cut) = calls.cut {
            findings.say(code::CALLS_CUT, cut.to_string());
        }
        for call in calls.all() {
            match call.operation {
                Operation::DelegateCall => self.delegatecall(call, findings),
                Operation::Call => self.call(call, findings),
            }
            form(call, findings);
            if let Some(batch) = &call.batch {
                for flaw in &batch.flaws {
                    findings.say(code::BATCH_FORM, format!("{}: {flaw}", place(call)));
                }
                if !batch.exact {
                    let message = format!("{}: the list is not wrapped as an encoder does it", place(call));
                    findings.say(code::BATCH_FORM, message);
                }
            }
        }
    }

    /// A delegatecall is a takeover but for a few published contracts, and only where each can be read.
    fn delegatecall(&self, call: &Call, findings: &mut Findings) {
        let (place, to) = (place(call), call.to.to_checksum(None));
        if !call.value.is_zero() {
            findings.say(code::VALUE_IGNORED, format!("{place} names {} wei", call.value));
        }
        if call.within == Within::Batch {
            findings.say(code::DELEGATECALL_INNER, format!("{place} of the batch runs the code at {to} as the Safe"));
        }
        let Some(standing) = call.target else {
            let message = format!("{place} runs the code at {to} as the Safe, and that is no contract of Safe's");
            findings.say(code::DELEGATECALL, message);
            return;
        };
        let (Standing::Listed(pinned) | Standing::Unlisted(pinned)) = standing;
        self.published(call.to, standing, findings);
        let name = pinned.contract.name();
        let read = match (pinned.contract, call.meaning.decoded().and_then(|decoded| decoded.which())) {
            (Contract::MultiSend | Contract::MultiSendCallOnly, which) => {
                which == Some(Which::MultiSend) && call.batch.is_some()
            }
            (Contract::SignMessageLib, which) => which == Some(Which::SignMessage),
            (Contract::CreateCall, which) => matches!(which, Some(Which::PerformCreate | Which::PerformCreate2)),
            (Contract::SafeMigration, which) => matches!(
                which,
                Some(
                    Which::MigrateSingleton
                        | Which::MigrateWithFallbackHandler
                        | Which::MigrateL2Singleton
                        | Which::MigrateL2WithFallbackHandler
                )
            ),
            (Contract::SafeToL2Migration, which) => {
                matches!(which, Some(Which::MigrateToL2 | Which::MigrateFromV111))
            }
            _ => {
                let message = format!("{place} runs {name} at {to} as the Safe, and it is not made for that");
                findings.say(code::DELEGATECALL, message);
                return;
            }
        };
        if !read {
            findings.say(code::CALLS_UNREAD, format!("{place}: what {name} would do cannot be read"));
        }
        match pinned.contract {
            Contract::SignMessageLib => signs(call, findings),
            Contract::CreateCall => {
                findings.say(code::CONTRACT_CALL, format!("{place} makes a contract in the name of the Safe"));
            }
            _ => {}
        }
    }

    /// The code of a published contract, as far as it is known.
    pub fn published(&self, address: Address, standing: Standing, findings: &mut Findings) {
        let to = address.to_checksum(None);
        let told = |pinned: Pinned| format!("{} {}", pinned.contract.name(), pinned.version);
        match (standing, self.code.get(&address)) {
            (Standing::Listed(pinned) | Standing::Unlisted(pinned), Some(code)) if *code != pinned.code_hash => {
                let message = format!("{to} should be {}, and its code has the hash {code}", told(pinned));
                findings.say(code::CODE_DIFFERS, message);
            }
            (Standing::Unlisted(pinned), None) => {
                let message = format!("{to} is {} on other chains; compare its code", told(pinned));
                findings.say(code::CHAIN_UNLISTED, message);
            }
            _ => {}
        }
    }

    fn call(&self, call: &Call, findings: &mut Findings) {
        let (place, to) = (place(call), call.to.to_checksum(None));
        let here = call.by == self.at.safe;
        let which = call.meaning.which();
        if call.to.is_zero() && call.value.is_zero() {
            findings.say(code::CALL_TO_ZERO, format!("{place} does nothing"));
        }
        if !call.data.is_empty() && self.code.get(&call.to).is_some_and(|code| nothing(*code)) {
            findings.say(code::NO_CODE, format!("{place} calls {to}, where there is no contract"));
        }
        let batch = matches!(call.target, Some(Standing::Listed(pinned) | Standing::Unlisted(pinned)) if pinned.contract.is_batch());
        if batch {
            let message = format!("{place} calls the batch at {to} instead of running it as the Safe");
            findings.say(code::BATCH_CALLED, message);
        }
        let execs =
            matches!(which, Some(Which::ExecTransaction | Which::ExecFromModule | Which::ExecFromModuleReturnData));
        if execs && call.inner.is_empty() {
            findings.say(code::CALLS_UNREAD, format!("{place}: what {to} is told to carry out cannot be read"));
        }
        if execs && call.to != self.at.safe {
            findings.say(code::EXECUTES, format!("{place} makes {to} carry out a transaction"));
        }
        if here && call.to == self.at.safe {
            self.itself(call, findings);
        } else if let Some(which) = which
            && call.meaning.decoded().is_some()
            && !(execs || batch || which == Which::ApproveHash || followed(which))
        {
            let more = if allowance(call).is_some() { " and more" } else { "" };
            let name = call.meaning.decoded().map(|decoded| decoded.function.name()).unwrap_or_default();
            findings.say(code::CONTRACT_CALL, format!("{place}: {name} at {to}{more}"));
        }
    }

    /// A call of the Safe to itself. With nothing in it, it is how a nonce is used up.
    fn itself(&self, call: &Call, findings: &mut Findings) {
        if call.meaning.which() == Some(Which::SignMessage) {
            signs(call, findings);
        } else if call.meaning != Meaning::Nothing && super::control::changes(call, self.at).is_empty() {
            findings.say(code::SELF_CALL, format!("{} calls the Safe itself", place(call)));
        }
    }
}

/// Whether calldata is what an encoder writes, of a function that is known.
fn form(call: &Call, findings: &mut Findings) {
    let (place, to) = (place(call), call.to.to_checksum(None));
    match &call.meaning {
        Meaning::Nothing => {}
        Meaning::Unknown(selector) => {
            let length = call.data.len();
            let message = match selector {
                Some(selector) => {
                    format!("{place}: function {} of {to}, {length} bytes", hex::encode_prefixed(selector))
                }
                None => format!("{place}: {length} bytes for {to}, fewer than a function has"),
            };
            findings.say(code::CALLDATA_UNKNOWN, message);
        }
        Meaning::Unreadable(function) => {
            findings.say(code::CALLDATA_UNREADABLE, format!("{place}: {} of {to}", function.signature()));
        }
        Meaning::Decoded(decoded) => {
            let name = decoded.function.signature();
            if decoded.which().is_none() {
                findings.say(code::CALLDATA_FOREIGN, format!("{place}: {name} of {to}"));
            }
            if !decoded.exact && call.batch.is_none() {
                findings.say(code::CALLDATA_FORM, format!("{place}: {name} of {to}"));
            }
        }
    }
}

fn signs(call: &Call, findings: &mut Findings) {
    let bytes = call.meaning.decoded().and_then(|decoded| decoded.bytes(0)).map_or(0, |bytes| bytes.len());
    findings.say(code::MESSAGE_SIGNED, format!("{} signs a message of {bytes} bytes", place(call)));
}

/// Whether that is the hash of no code.
pub(super) fn nothing(code: B256) -> bool {
    code.is_zero() || code == KECCAK256_EMPTY
}

/// `call 3`, as it is numbered in the rows.
pub(super) fn place(call: &Call) -> String {
    format!("call {}", call.index)
}
