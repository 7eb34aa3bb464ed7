//! Every code that a review can answer with: its word, its weight, which threat it guards against, and what it means.
//!
//! - A word never changes its meaning, and its weight is the same wherever it is found.
//! - The order is that in which findings are told: the gravest first.
//! - `docs/treasury.md` has this same table; a test compares them.

pub use crate::treasury::code::{Code, Weight};

use crate::treasury::code::codes;

codes! {
    Block CHANGE_WRONG_SCRIPT "change-wrong-script" Some(1),
        "an output claims to be at a spot of the wallet, and the wallet derives another script there";
    Block DERIVATION_ELSEWHERE "derivation-elsewhere" Some(1),
        "an output carries keys of the wallet's cosigners on paths that are not the wallet's";
    Block DERIVATION_SCATTERED "derivation-scattered" Some(2),
        "the keys of one output or input claim different spots, so that nobody could find it again";
    Block DERIVATION_KEY "derivation-key" Some(1),
        "a key is not the one that its path leads to";
    Block INDEX_BEYOND_GAP "index-beyond-gap" Some(1),
        "an output is the wallet's, but so far out that no wallet would find it again";
    Block OUTPUT_SCRIPT "output-script" Some(1),
        "the scripts that an output carries are not those that it pays";
    Block INPUT_DERIVATION "input-derivation" Some(1),
        "an input claims to be at a spot of the wallet, and the wallet derives another script there";
    Block INPUT_SCRIPT "input-script" Some(10),
        "the scripts or keys that an input carries are not those of the coin that it spends";
    Block PREVIOUS_WRONG "previous-wrong" Some(6),
        "the previous transaction of an input is another one than the input spends";
    Block PREVIOUS_DIFFERS "previous-differs" Some(6),
        "what an input claims to spend is not what its previous transaction pays";
    Block PREVIOUS_MISSING "previous-missing" Some(6),
        "an input lacks its previous transaction, without which its value is a claim";
    Block COIN_DIFFERS "coin-differs" Some(6),
        "what an input claims to spend is not what the chain says of this coin";
    Block FOREIGN_VALUE "foreign-value" Some(6),
        "the value of an input that is not the wallet's cannot be proved, and with it the fee";
    Block NO_OWN_INPUT "no-own-input" None,
        "no input is proved to be the wallet's: there is nothing for it to sign";
    Block EMPTY "empty" None,
        "the transaction has no inputs or no outputs";
    Block INPUT_TWICE "input-twice" Some(12),
        "the same coin is spent twice";
    Block COIN_FROZEN "coin-frozen" None,
        "a coin is frozen";
    Block COIN_IMMATURE "coin-immature" None,
        "a coin cannot be spent yet";
    Block AMOUNT_RANGE "amount-range" Some(8),
        "an amount is more than there can ever be";
    Block FEE_UNKNOWN "fee-unknown" Some(8),
        "the fee cannot be known, because the value of an input is not known";
    Block FEE_NEGATIVE "fee-negative" Some(8),
        "the outputs are worth more than the inputs";
    Block FEE_ABSOLUTE "fee-absolute" Some(8),
        "the fee is above the limit for a fee";
    Block FEE_RATE "fee-rate" Some(8),
        "the fee rate is above the limit for a rate";
    Block FEE_SHARE "fee-share" Some(8),
        "the fee is above the limit for its share of what is spent";
    Block BURN "burn" Some(8),
        "an output that nobody can spend has a value";
    Block SIGHASH "sighash" Some(9),
        "an input or a signature leaves parts of the transaction open to change";
    Block SIGNATURE_STRAY "signature-stray" Some(10),
        "a signature is not valid for these bytes and a key of the wallet";
    Block TOO_MANY "too-many" Some(13),
        "there are more inputs or outputs than devices sign";
    Block TOO_HEAVY "too-heavy" Some(13),
        "the transaction is heavier than nodes pass on";
    Block WALLET_UNARMED "wallet-unarmed" Some(3),
        "not all cosigners have confirmed the wallet's first address on their devices";
    Warning PREVIOUS_OVERRIDDEN "previous-overridden" Some(6),
        "an input lacks its previous transaction, and somebody has answered for its value";
    Warning FOREIGN_INPUT "foreign-input" Some(12),
        "an input is not the wallet's";
    Warning CHANGE_FAR "change-far" Some(2),
        "an output is the wallet's, but at an index far from those that are spent";
    Warning ADDRESS_LIKE "address-like" Some(16),
        "an address is like a known recipient's but is not it";
    Warning FIRST_PAYMENT "first-payment" Some(16),
        "nothing has been paid to this address before";
    Warning FEE_HIGH "fee-high" Some(8),
        "the fee is more than a tenth of what is paid";
    Warning FEE_LOW "fee-low" None,
        "the fee rate is below what nodes pass on";
    Warning REPLACEMENT_LOW "replacement-low" None,
        "a replacement has to pay more than what it replaces, and this one does not";
    Warning CONFLICT "conflict" Some(12),
        "another open proposal spends the same coin";
    Warning UNKNOWN_FIELDS "unknown-fields" Some(11),
        "the file has fields that nobody here knows; they are not acted on and not passed on";
    Warning XPUB_FOREIGN "xpub-foreign" Some(3),
        "the file names an extended key that is none of the wallet's";
    Warning SCRIPT_ANYONE "script-anyone" None,
        "an output has a script of a later kind, which anybody can spend today";
    Warning SCRIPT_RAW "script-raw" None,
        "an output has a script without an address";
    Warning DATA_OUTPUT "data-output" None,
        "an output pays nobody and holds data for everybody to read";
    Warning DUST "dust" None,
        "an output is worth less than it costs to spend, and nodes do not pass it on";
    Warning COIN_UNKNOWN "coin-unknown" None,
        "a coin is not among the wallet's: it may be spent already, or never have been there";
    Warning COIN_UNCONFIRMED "coin-unconfirmed" None,
        "a coin is not confirmed yet";
    Warning MATURITY_UNKNOWN "maturity-unknown" None,
        "the recovery way is taken, and it is not known whether the coins are old enough";
    Warning LOCK_FUTURE "lock-future" None,
        "the transaction cannot be confirmed before its lock time";
    Warning LOCK_IDLE "lock-idle" None,
        "the lock time has no effect, because every input says that it is final";
    Warning SEQUENCE_LOCK "sequence-lock" None,
        "an input waits until its coin has a certain age";
    Warning VERSION "version" None,
        "the transaction's version is not one that is passed on";
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
