//! Electrum servers (ElectrumX, electrs, Fulcrum): a chain by lines of JSON.
//!
//! Methods and shapes: <https://electrum-protocol.readthedocs.io/en/latest/protocol-methods.html>, versions 1.4 to 1.6.

use super::error::{Blame, ChainError, words};
use super::fees::{Fees, Unit, rate};
use super::line::{Line, Question};
use super::proof::Proof;
use super::scripted::same_network;
use super::walk::{Dialect, Listed, MOST_HISTORY};
use super::{Settings, Watch};
use crate::market::Timestamp;
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::{Network, ScriptBuf, Transaction, Txid};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::time::SystemTime;

/// The newest headers that are asked for.
const RECENT: u32 = 10;

/// The confirmation targets that estimates are asked for.
const TARGETS: [u16; 6] = [1, 2, 3, 6, 12, 144];

/// An Electrum server.
pub(super) struct Electrum {
    line: Line,
    network: Network,
}

#[derive(Deserialize)]
struct Tip {
    height: u32,
    hex: String,
}

#[derive(Deserialize)]
struct Headers {
    /// All in one text, up to version 1.4.
    hex: Option<String>,
    /// One text each, from version 1.6.
    headers: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Entry {
    tx_hash: Txid,
    /// `0` and `-1` are those that wait.
    height: i64,
}

#[derive(Deserialize)]
struct Branch {
    merkle: Vec<String>,
    pos: u64,
}

impl Electrum {
    /// Prepares to ask a server.
    pub fn new(host: String, port: u16, tls: bool, settings: &Settings) -> Result<Self, ChainError> {
        Ok(Self { line: Line::new(host, port, tls, settings)?, network: settings.network })
    }

    fn ask(&self, questions: &[Question], watch: &dyn Watch) -> Result<Vec<Result<Value, Value>>, ChainError> {
        if watch.cancelled() {
            return Err(ChainError::Cancelled);
        }
        let greeting = [
            ("server.version", json!([concat!("exchequer/", env!("CARGO_PKG_VERSION")), ["1.4", "1.6"]])),
            ("blockchain.block.header", json!([0])),
        ];
        self.line.ask(questions, &greeting, |answers| {
            let [Ok(_), Ok(first)] = answers else {
                let error = answers.iter().find_map(|answer| answer.as_ref().err());
                return Err(self.line.blame.refused(error.map(theirs).unwrap_or_default()));
            };
            same_network(&self.line.blame.0, self.header(first)?.block_hash(), self.network)
        })
    }

    fn results(&self, questions: &[Question], watch: &dyn Watch) -> Result<Vec<Value>, ChainError> {
        let answers = self.ask(questions, watch)?;
        answers.into_iter().map(|answer| answer.map_err(|error| self.line.blame.refused(theirs(&error)))).collect()
    }

    fn result<T: DeserializeOwned>(&self, method: &'static str, params: Value) -> Result<T, ChainError> {
        let answer = self.results(&[(method, params)], &())?.pop().unwrap_or_default();
        self.read(answer)
    }

    fn read<T: DeserializeOwned>(&self, value: Value) -> Result<T, ChainError> {
        serde_json::from_value(value).map_err(|error| self.line.blame.malformed(error))
    }

    fn header(&self, value: &Value) -> Result<Header, ChainError> {
        let text = value.as_str().ok_or_else(|| self.line.blame.malformed("a header is no text"))?;
        deserialize_hex(text).map_err(|error| self.line.blame.malformed(error))
    }
}

/// The words of a server's error: its message, or all of it.
fn theirs(error: &Value) -> String {
    let message = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
    message.map_or_else(|| words(error), |message| words(&message))
}

/// A script's name among Electrum servers: its hash, the other way round.
fn script_hash(script: &ScriptBuf) -> String {
    let mut hash = sha256::Hash::hash(script.as_bytes()).to_byte_array();
    hash.reverse();
    format!("{:x}", sha256::Hash::from_byte_array(hash))
}

impl Dialect for Electrum {
    fn blame(&self) -> &Blame {
        &self.line.blame
    }

    fn recent(&self, watch: &dyn Watch) -> Result<Vec<(u32, Header)>, ChainError> {
        let answer = self.results(&[("blockchain.headers.subscribe", json!([]))], watch)?.pop().unwrap_or_default();
        let tip: Tip = self.read(answer)?;
        let first = tip.height.saturating_sub(RECENT - 1);
        let count = tip.height.saturating_sub(first).saturating_add(1);
        let answer = self.results(&[("blockchain.block.headers", json!([first, count]))], watch)?.pop();
        let answer: Headers = self.read(answer.unwrap_or_default())?;
        let text = answer.headers.map(|headers| headers.concat()).or(answer.hex).unwrap_or_default();
        // Each is 80 bytes, so 160 digits.
        let headers = text.as_bytes().chunks(160).map(|part| {
            let part = std::str::from_utf8(part).map_err(|error| self.line.blame.malformed(error))?;
            deserialize_hex::<Header>(part).map_err(|error| self.line.blame.malformed(error))
        });
        let headers = headers.collect::<Result<Vec<_>, _>>()?;
        if u32::try_from(headers.len()) != Ok(count) {
            return Err(self.line.blame.malformed(format!("it gave {} headers of {count}", headers.len())));
        }
        let newest: Header = self.header(&Value::String(tip.hex))?;
        // A block that came between the two questions may replace the newest; then this is asked again by the next walk.
        if headers.last() != Some(&newest) {
            return Err(ChainError::Busy {
                host: self.line.blame.0.clone(),
                reason: "its newest block was replaced just now".into(),
            });
        }
        Ok((first..).zip(headers).collect())
    }

    fn headers(&self, heights: &[u32], watch: &dyn Watch) -> Result<Vec<Header>, ChainError> {
        let questions: Vec<Question> =
            heights.iter().map(|height| ("blockchain.block.header", json!([height]))).collect();
        self.results(&questions, watch)?.iter().map(|answer| self.header(answer)).collect()
    }

    fn histories(&self, scripts: &[ScriptBuf], watch: &dyn Watch) -> Result<Vec<Vec<Listed>>, ChainError> {
        let questions: Vec<Question> =
            scripts.iter().map(|script| ("blockchain.scripthash.get_history", json!([script_hash(script)]))).collect();
        let mut histories = Vec::with_capacity(scripts.len());
        for answer in self.results(&questions, watch)? {
            let lines: Vec<Entry> = self.read(answer)?;
            if lines.len() > MOST_HISTORY {
                return Err(self.line.blame.too_large(format!("{MOST_HISTORY} transactions for one address")));
            }
            let listed = |line: Entry| {
                let height = u32::try_from(line.height).ok().filter(|height| *height > 0);
                Listed { txid: line.tx_hash, height, transaction: None }
            };
            histories.push(lines.into_iter().map(listed).collect());
        }
        Ok(histories)
    }

    fn transactions(&self, txids: &[Txid], watch: &dyn Watch) -> Result<Vec<Option<Transaction>>, ChainError> {
        let questions: Vec<Question> = txids.iter().map(|txid| ("blockchain.transaction.get", json!([txid]))).collect();
        let answers = self.ask(&questions, watch)?;
        let read = |answer: Result<Value, Value>| match answer {
            Ok(Value::String(hex)) => deserialize_hex(&hex).map(Some).map_err(|error| self.line.blame.malformed(error)),
            Ok(_) => Err(self.line.blame.malformed("a transaction is no text")),
            // Every server has its own words for what it does not have.
            Err(_) => Ok(None),
        };
        answers.into_iter().map(read).collect()
    }

    fn proofs(&self, asked: &[(Txid, u32)], watch: &dyn Watch) -> Result<Vec<Proof>, ChainError> {
        let questions: Vec<Question> =
            asked.iter().map(|(txid, height)| ("blockchain.transaction.get_merkle", json!([txid, height]))).collect();
        let mut proofs = Vec::with_capacity(asked.len());
        for answer in self.results(&questions, watch)? {
            let Branch { merkle, pos } = self.read(answer)?;
            proofs.push(Proof::read(pos, &merkle).ok_or_else(|| self.line.blame.malformed("a proof is no hashes"))?);
        }
        Ok(proofs)
    }

    fn fees(&self) -> Result<Fees, ChainError> {
        let mut questions: Vec<Question> =
            TARGETS.iter().map(|target| ("blockchain.estimatefee", json!([target]))).collect();
        questions.push(("blockchain.relayfee", json!([])));
        // Version 1.6 has no relay fee any more, and a server that knows no estimate says -1 or an error.
        let mut answers = self.ask(&questions, &())?.into_iter().map(|answer| match answer {
            Ok(Value::Number(number)) => rate(&number, Unit::BtcPerKilobyte),
            _ => None,
        });
        let rates = TARGETS.iter().zip(answers.by_ref()).filter_map(|(target, rate)| Some((*target, rate?))).collect();
        Ok(Fees { rates, floor: answers.next().flatten(), taken: Timestamp::from_system(SystemTime::now()) })
    }

    fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ChainError> {
        self.result("blockchain.transaction.broadcast", json!([serialize_hex(transaction)]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_the_name_of_the_protocol() {
        // The example of the protocol's own documentation: the first block's payment.
        let script = ScriptBuf::from_hex("76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac").unwrap();
        assert_eq!(script_hash(&script), "8b01df4e368ea28f8dc0423bcf7a4923e3a12d307c875e47a0cfbf90b5c39161");
    }
}
