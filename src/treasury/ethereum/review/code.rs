//! Every code that the review of a Safe transaction can answer with.
//!
//! - `docs/treasury.md` has this same table; a test compares them.

pub use crate::treasury::code::{Code, Weight};

use crate::treasury::code::codes;

codes! {
    Block WRONG_CHAIN "wrong-chain" Some(20),
        "the chain that was asked is not the one that the transaction is for";
    Block VERSION_DIFFERS "version-differs" Some(20),
        "the Safe's contract is of another version than the transaction says, and the version decides the hash";
    Block DELEGATECALL "delegatecall" Some(17),
        "a delegatecall goes to code that is not published by Safe: it can do everything the Safe can";
    Block CODE_DIFFERS "code-differs" Some(17),
        "the code at a published address is not the code that was published";
    Block DELEGATECALL_INNER "delegatecall-inner" Some(17),
        "a batch holds a delegatecall";
    Block CALLS_UNREAD "calls-unread" Some(17),
        "which calls would be made cannot be read";
    Block BATCH_FORM "batch-form" Some(17),
        "the list of a batch is not one that an encoder writes: others may read other calls in it";
    Block BATCH_CALLED "batch-called" Some(17),
        "a batch is called and not delegatecalled, so that it is not carried out in the name of the Safe";
    Block CALLS_CUT "calls-cut" Some(13),
        "there are more calls, or more of them within each other, than are read";
    Block SINGLETON_FOREIGN "singleton-foreign" Some(18),
        "the Safe's own code would be replaced by code that is not published by Safe";
    Block REFUND "refund" Some(25),
        "the Safe would pay for gas, to whom and how much the transaction says";
    Block NESTED_UNRESOLVED "nested-unresolved" Some(19),
        "it approves a transaction of another Safe, and which one is not known";
    Block NESTED_BLOCKED "nested-blocked" Some(19),
        "it approves a transaction of another Safe that must not be signed";
    Block NONCE_USED "nonce-used" Some(21),
        "the Safe has used this nonce: the transaction can never be carried out";
    Block BURN "value-burnt" None,
        "coins go to the zero address, which nobody has";
    Warning CONTROL_CHANGE "control-change" Some(18),
        "it changes who or what controls the Safe";
    Warning CONTROL_FAILS "control-fails" Some(18),
        "a change of control cannot be carried out as the Safe stands";
    Warning ALLOWANCE_UNLIMITED "allowance-unlimited" None,
        "somebody may spend any amount of a token from then on";
    Warning ALLOWANCE "allowance" None,
        "somebody may spend a token from then on";
    Warning MESSAGE_SIGNED "message-signed" None,
        "the Safe signs a message, which may be an order, a permit or a login";
    Warning CHAIN_UNLISTED "chain-unlisted" Some(17),
        "a contract is published at this address on other chains, and its code on this one was not compared";
    Warning SINGLETON_UNKNOWN "singleton-unknown" Some(17),
        "the Safe's own code is not one that Safe published";
    Warning REPLAY "replay" Some(20),
        "the hash has no chain in it: a signature is valid on every chain that has this Safe";
    Warning REFUND_OVERRIDDEN "refund-overridden" Some(25),
        "the Safe would pay for gas, and somebody has answered for it";
    Warning NESTED "nested" Some(19),
        "something is to be said of a transaction of another Safe that it approves";
    Warning EXECUTES "executes" Some(19),
        "it carries out a transaction of another Safe, whose signatures were not looked at";
    Warning ADDRESS_LIKE "address-like" Some(16),
        "an address is like a known recipient's but is not it";
    Warning FIRST_PAYMENT "first-payment" Some(16),
        "nothing has been paid to this address before";
    Warning TOKEN_BURNT "token-burnt" None,
        "tokens go to the zero address or to the token's own contract, where nobody can get them";
    Warning NO_CODE "no-code" None,
        "there is no contract at an address that is called: the call does nothing";
    Warning CALL_TO_ZERO "call-to-zero" None,
        "a call goes to the zero address and does nothing";
    Warning CALLDATA_FORM "calldata-form" None,
        "arguments are not as an encoder writes them: what a contract reads in them hangs on the contract";
    Warning CALLDATA_UNREADABLE "calldata-unreadable" None,
        "a known function is called with arguments that cannot be read";
    Warning CALLDATA_UNKNOWN "calldata-unknown" None,
        "a function is called that nobody here knows";
    Warning CALLDATA_FOREIGN "calldata-foreign" None,
        "a function is called that only an ABI of yours names: what it does is not known";
    Warning CONTRACT_CALL "contract-call" None,
        "a known function is called whose effects are not followed";
    Warning SELF_CALL "self-call" Some(18),
        "the Safe calls itself, and not to change who controls it";
    Warning VALUE_IGNORED "value-ignored" None,
        "a delegatecall names a value, which is not sent";
    Warning TOKEN_UNKNOWN "token-unknown" Some(14),
        "a token is not known: its amounts are told in its smallest units";
    Warning BALANCE "balance" None,
        "more leaves than the Safe has";
    Warning TOTAL_RANGE "total-range" None,
        "the sum of what leaves is more than any token can have";
    Warning NONCE_COMPETITOR "nonce-competitor" Some(21),
        "another transaction waits for the same nonce: only one of them can be carried out";
    Warning NONCE_GAP "nonce-gap" Some(21),
        "nonces before this one are free: it cannot be carried out until they are used";
    Warning UNKNOWN_FIELDS "unknown-fields" Some(11),
        "the file has fields that nobody here knows; they are not acted on and not passed on";
    Warning PRICE_UNKNOWN "price-unknown" Some(30),
        "the value in the base currency is not known: prices are too old or differ too much";
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::treasury::code::check;

    #[test]
    fn every_word_is_stable_in_form_and_stands_once() {
        check::words(ALL);
    }

    #[test]
    fn the_page_has_the_same_table() {
        check::page(ALL);
    }
}
