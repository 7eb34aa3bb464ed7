//! What addresses have of the chain's own coin and of tokens, and what tokens call themselves.
//!
//! - A token's contract may say anything: what cannot be a balance, a symbol or a count of digits is not known. One that
//!   fails, or says other things to a second node, takes nothing away from the others.
//! - Symbols are untrusted text: printable, short, and from a word of 32 bytes where old contracts give that.

use super::abi::{call, text, uint, word};
use super::node::{Block, Node};
use super::rpc::{Question, Said};
use super::safe::called;
use crate::chain::error::ChainError;
use crate::chain::watch::Watch;
use crate::market::printable;
use alloy_primitives::{Address, Bytes, U256};
use serde_json::json;
use std::collections::BTreeMap;

/// The most tokens that are asked for at one time.
const MOST: usize = 500;

/// The longest symbol that is shown.
const LONGEST: usize = 24;

/// More digits than 10^77 fits no number of 256 bits.
const MOST_DECIMALS: u64 = 77;

/// What an address has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balances {
    /// At which block.
    pub block: Block,
    /// Of the chain's own coin, in wei.
    pub coin: U256,
    /// Of tokens, in their smallest units; only of those that gave an answer.
    pub tokens: BTreeMap<Address, U256>,
    /// Tokens that gave none, or that two nodes say different things of.
    pub silent: Vec<Address>,
}

/// What a token says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Described {
    /// Its symbol, printable and short; nobody vouches for it.
    pub symbol: Option<String>,
    /// How many digits its amounts have behind the point.
    pub decimals: Option<u8>,
}

impl Node {
    /// What an address has, at the newest block.
    pub fn balances(&self, owner: Address, tokens: &[Address], watch: &dyn Watch) -> Result<Balances, ChainError> {
        self.at_one_block(watch, |block| self.balances_at(owner, tokens, block, watch))
    }

    /// What an address has, at a block.
    pub fn balances_at(
        &self,
        owner: Address,
        tokens: &[Address],
        block: &Block,
        watch: &dyn Watch,
    ) -> Result<Balances, ChainError> {
        if tokens.len() > MOST {
            return Err(ChainError::Settings(format!("more than {MOST} tokens cannot be asked for at one time")));
        }
        let ask = |token: &Address| called(*token, call("balanceOf(address)", &[owner.into_word()]).into(), block);
        let mut questions: Vec<Question> = vec![("eth_getBalance", json!([owner, block.tag()]))];
        questions.extend(tokens.iter().map(ask));
        let mut said = self.compared(&questions, watch)?.into_iter();
        let coin = said.next().flatten().ok_or_else(|| self.disagree("a balance"))?;
        let coin = self.rpc().number(&*self.rpc().told(coin)?, "a balance")?;
        let mut balances = Balances { block: *block, coin, tokens: BTreeMap::new(), silent: Vec::new() };
        for (token, said) in tokens.iter().zip(said) {
            match self.bytes_of(said).and_then(|data| uint(&data, 0)) {
                Some(amount) => {
                    balances.tokens.insert(*token, amount);
                }
                None => balances.silent.push(*token),
            }
        }
        Ok(balances)
    }

    /// What tokens say of themselves at a block.
    pub fn describe(&self, tokens: &[Address], block: &Block) -> Result<BTreeMap<Address, Described>, ChainError> {
        let ask = |token: &Address| {
            let of = |signature: &str| called(*token, call(signature, &[]).into(), block);
            [of("symbol()"), of("decimals()")]
        };
        let questions: Vec<Question> = tokens.iter().take(MOST).flat_map(ask).collect();
        let mut said = self.compared(&questions, &())?.into_iter();
        let mut found = BTreeMap::new();
        for token in tokens.iter().take(MOST) {
            let mut next = || said.next().and_then(|said| self.bytes_of(said));
            let (name, digits) = (next(), next());
            let symbol = name.and_then(|data| symbol(&data));
            let decimals = digits.and_then(|data| decimals(&data));
            found.insert(*token, Described { symbol, decimals });
        }
        Ok(found)
    }

    /// What a token gave back, where it did and the nodes agree.
    fn bytes_of(&self, said: Option<Said>) -> Option<Bytes> {
        self.rpc().bytes(&*said?.ok()?, "what a token answers").ok()
    }
}

/// A symbol: a text, or a word with zeros behind.
fn symbol(data: &[u8]) -> Option<String> {
    let told = match data.len() {
        32 => {
            let word = word(data, 0)?;
            let bytes: Vec<u8> = word.iter().copied().take_while(|byte| *byte != 0).collect();
            String::from_utf8(bytes).ok()?
        }
        _ => text(data)?,
    };
    // Cut before it is made printable: the text may be as long as a contract likes.
    let short: String = told.chars().take(LONGEST * 4).collect();
    let shown: String = printable(short.trim()).chars().take(LONGEST).collect();
    (!shown.is_empty()).then_some(shown)
}

fn decimals(data: &[u8]) -> Option<u8> {
    let digits = u64::try_from(uint(data, 0)?).ok().filter(|digits| *digits <= MOST_DECIMALS)?;
    u8::try_from(digits).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::super::abi::{number, tail};
    use super::*;

    fn told(text: &[u8]) -> Vec<u8> {
        [number(U256::from(32)).to_vec(), tail(text)].concat()
    }

    #[test]
    fn symbols_of_every_kind_are_read_and_made_harmless() {
        assert_eq!(symbol(&told(b"USDC")).as_deref(), Some("USDC"));
        let mut word = [0; 32];
        word[..3].copy_from_slice(b"MKR");
        assert_eq!(symbol(&word).as_deref(), Some("MKR"));
        assert_eq!(symbol(&told("\u{1b}[2J\u{202e}US\nDC\u{200b}".as_bytes())).as_deref(), Some("[2JUS DC"));
        assert_eq!(symbol(&told("x".repeat(10_000).as_bytes())).unwrap().len(), LONGEST);
        let huge = [number(U256::from(32)), number(U256::MAX)].concat();
        for nothing in [&told(b"\xff\xfe")[..], &told(b""), &[0; 32], &[], &[0xff; 64], &huge, &told(b"\x1b\x00")] {
            assert_eq!(symbol(nothing), None, "{nothing:?}");
        }
    }

    #[test]
    fn digits_are_a_number_that_an_amount_can_have() {
        assert_eq!(decimals(&number(U256::from(18)).0), Some(18));
        assert_eq!(decimals(&number(U256::from(77)).0), Some(77));
        for wrong in [&number(U256::from(78)).0[..], &number(U256::from(256)).0, &[0xff; 32], &[18], &[]] {
            assert_eq!(decimals(wrong), None);
        }
    }
}
