//! Esplora: a chain by HTTP, as blockstream.info, mempool.space and one's own server give it.
//!
//! Paths and shapes: <https://github.com/Blockstream/esplora/blob/master/API.md>. Transactions are put together from the
//! JSON of a history and hashed, so that a history costs one question. A confirmation's time is the header's, not the one
//! that the server tells.

use super::error::{Blame, ChainError, words};
use super::fees::{Fees, Unit, rate};
use super::http::{Http, Reply};
use super::proof::Proof;
use super::walk::{Dialect, Listed, MOST_HISTORY};
use super::{Settings, Watch};
use crate::market::Timestamp;
use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::consensus::encode::{deserialize, deserialize_hex, serialize_hex};
use bitcoin::hashes::{Hash, sha256};
use bitcoin::hex::FromHex;
use bitcoin::{
    Amount, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut, Txid,
    Witness, transaction,
};
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The longest answers: a page of a history (75 transactions, of up to 4 MB each in theory), one transaction in hex, and
/// short ones.
const LONG: usize = 64 << 20;
const RAW: usize = 8 << 20;
const SHORT: usize = 256 << 10;

/// Confirmed transactions on a page; a shorter page is the last one.
const PAGE: usize = 25;

/// An Esplora server.
pub(super) struct Esplora {
    http: Http,
}

#[derive(Deserialize)]
struct Block {
    id: BlockHash,
    height: u32,
    version: i32,
    timestamp: u32,
    bits: u32,
    nonce: u32,
    merkle_root: TxMerkleNode,
    previousblockhash: Option<BlockHash>,
}

#[derive(Deserialize)]
struct Entry {
    txid: Txid,
    version: i32,
    locktime: u32,
    vin: Vec<Input>,
    vout: Vec<Output>,
    status: State,
}

#[derive(Deserialize)]
struct Input {
    txid: Txid,
    vout: u32,
    #[serde(default)]
    scriptsig: ScriptBuf,
    #[serde(default)]
    witness: Vec<String>,
    sequence: u32,
}

#[derive(Deserialize)]
struct Output {
    value: u64,
    scriptpubkey: ScriptBuf,
}

#[derive(Deserialize)]
struct State {
    confirmed: bool,
    block_height: Option<u32>,
}

#[derive(Deserialize)]
struct Branch {
    merkle: Vec<String>,
    pos: u64,
}

impl Entry {
    fn listed(self) -> Option<Listed> {
        let input = |input: Input| {
            let witness: Option<Vec<Vec<u8>>> = input.witness.iter().map(|item| Vec::from_hex(item).ok()).collect();
            Some(TxIn {
                previous_output: OutPoint { txid: input.txid, vout: input.vout },
                script_sig: input.scriptsig,
                sequence: Sequence(input.sequence),
                witness: Witness::from_slice(&witness?),
            })
        };
        let output =
            |output: Output| TxOut { value: Amount::from_sat(output.value), script_pubkey: output.scriptpubkey };
        let transaction = Transaction {
            version: transaction::Version(self.version),
            lock_time: LockTime::from_consensus(self.locktime),
            input: self.vin.into_iter().map(input).collect::<Option<_>>()?,
            output: self.vout.into_iter().map(output).collect(),
        };
        let height = self.status.block_height.filter(|_| self.status.confirmed);
        Some(Listed { txid: self.txid, height, transaction: Some(transaction) })
    }
}

impl Esplora {
    /// Prepares to ask a server.
    pub fn new(host: String, base: String, settings: &Settings) -> Result<Self, ChainError> {
        Ok(Self { http: Http::new(host, base, settings)? })
    }

    /// An answer that must be there.
    fn there(&self, reply: Reply) -> Result<Vec<u8>, ChainError> {
        match reply.status {
            200 => Ok(reply.body),
            401 | 403 => Err(ChainError::Auth { host: self.http.blame.0.clone(), reason: reply.words() }),
            500.. => Err(self.http.busy(&reply)),
            status => Err(self.http.blame.refused(format!("status {status} {}", reply.words()))),
        }
    }

    fn json<T: DeserializeOwned>(&self, reply: Reply) -> Result<T, ChainError> {
        serde_json::from_slice(&self.there(reply)?).map_err(|error| self.http.blame.malformed(error))
    }

    fn text(&self, reply: Reply) -> Result<String, ChainError> {
        let text = String::from_utf8(self.there(reply)?).map_err(|_| self.http.blame.malformed("it is no text"))?;
        Ok(text.trim().to_owned())
    }

    fn page(&self, path: &str, watch: &dyn Watch) -> Result<Vec<Listed>, ChainError> {
        let entries: Vec<Entry> = self.json(self.http.get(path, LONG, watch)?)?;
        self.listed(entries)
    }

    fn listed(&self, entries: Vec<Entry>) -> Result<Vec<Listed>, ChainError> {
        let read = entries.into_iter().map(Entry::listed).collect::<Option<Vec<_>>>();
        read.ok_or_else(|| self.http.blame.malformed("a witness is no hexadecimal"))
    }

    /// The rest of a history whose first page was full.
    fn older(&self, history: &mut Vec<Listed>, hash: &str, watch: &dyn Watch) -> Result<(), ChainError> {
        let mut confirmed = history.iter().filter(|line| line.height.is_some()).count();
        while confirmed >= PAGE {
            let Some(last) = history.last().filter(|line| line.height.is_some()).map(|line| line.txid) else { break };
            let page = self.page(&format!("/scripthash/{hash}/txs/chain/{last}"), watch)?;
            confirmed = page.len();
            // A server that gives the same page again would keep us for ever.
            if page.iter().any(|line| history.iter().any(|known| known.txid == line.txid)) {
                return Err(self.http.blame.malformed("it lists a transaction twice"));
            }
            history.extend(page);
            if history.len() > MOST_HISTORY {
                return Err(self.http.blame.too_large(format!("{MOST_HISTORY} transactions for one address")));
            }
        }
        Ok(())
    }
}

impl Dialect for Esplora {
    fn blame(&self) -> &Blame {
        &self.http.blame
    }

    fn recent(&self, watch: &dyn Watch) -> Result<Vec<(u32, Header)>, ChainError> {
        let blocks: Vec<Block> = self.json(self.http.get("/blocks", SHORT, watch)?)?;
        let mut headers = Vec::with_capacity(blocks.len());
        for block in blocks.into_iter().rev() {
            let header = Header {
                version: Version::from_consensus(block.version),
                prev_blockhash: block.previousblockhash.unwrap_or_else(BlockHash::all_zeros),
                merkle_root: block.merkle_root,
                time: block.timestamp,
                bits: CompactTarget::from_consensus(block.bits),
                nonce: block.nonce,
            };
            if header.block_hash() != block.id {
                return Err(self
                    .http
                    .blame
                    .malformed(format!("the header of block {} has another hash", block.height)));
            }
            headers.push((block.height, header));
        }
        Ok(headers)
    }

    fn headers(&self, heights: &[u32], watch: &dyn Watch) -> Result<Vec<Header>, ChainError> {
        let paths: Vec<String> = heights.iter().map(|height| format!("/block-height/{height}")).collect();
        let mut hashes: Vec<BlockHash> = Vec::with_capacity(paths.len());
        for reply in self.http.get_all(&paths, SHORT, watch)? {
            let text = self.text(reply)?;
            hashes.push(text.parse().map_err(|_| self.http.blame.malformed(format!("{} is no hash", words(&text))))?);
        }
        let paths: Vec<String> = hashes.iter().map(|hash| format!("/block/{hash}/header")).collect();
        let mut headers = Vec::with_capacity(hashes.len());
        for (hash, reply) in hashes.into_iter().zip(self.http.get_all(&paths, SHORT, watch)?) {
            let header: Header =
                deserialize_hex(&self.text(reply)?).map_err(|error| self.http.blame.malformed(error))?;
            if header.block_hash() != hash {
                return Err(self.http.blame.malformed(format!("the header that it calls {hash} is another one")));
            }
            headers.push(header);
        }
        Ok(headers)
    }

    fn histories(&self, scripts: &[ScriptBuf], watch: &dyn Watch) -> Result<Vec<Vec<Listed>>, ChainError> {
        let hashes: Vec<String> =
            scripts.iter().map(|script| format!("{:x}", sha256::Hash::hash(script.as_bytes()))).collect();
        let paths: Vec<String> = hashes.iter().map(|hash| format!("/scripthash/{hash}/txs")).collect();
        let mut histories = Vec::with_capacity(scripts.len());
        for (hash, reply) in hashes.iter().zip(self.http.get_all(&paths, LONG, watch)?) {
            let mut history = self.listed(self.json(reply)?)?;
            self.older(&mut history, hash, watch)?;
            histories.push(history);
        }
        Ok(histories)
    }

    fn transactions(&self, txids: &[Txid], watch: &dyn Watch) -> Result<Vec<Option<Transaction>>, ChainError> {
        let paths: Vec<String> = txids.iter().map(|txid| format!("/tx/{txid}/raw")).collect();
        let mut transactions = Vec::with_capacity(txids.len());
        for reply in self.http.get_all(&paths, RAW, watch)? {
            transactions.push(match reply.status {
                404 => None,
                _ => Some(deserialize(&self.there(reply)?).map_err(|error| self.http.blame.malformed(error))?),
            });
        }
        Ok(transactions)
    }

    fn proofs(&self, asked: &[(Txid, u32)], watch: &dyn Watch) -> Result<Vec<Proof>, ChainError> {
        let paths: Vec<String> = asked.iter().map(|(txid, _)| format!("/tx/{txid}/merkle-proof")).collect();
        let mut proofs = Vec::with_capacity(asked.len());
        for reply in self.http.get_all(&paths, SHORT, watch)? {
            let Branch { merkle, pos } = self.json(reply)?;
            proofs.push(Proof::read(pos, &merkle).ok_or_else(|| self.http.blame.malformed("a proof is no hashes"))?);
        }
        Ok(proofs)
    }

    fn fees(&self) -> Result<Fees, ChainError> {
        let estimates: BTreeMap<String, serde_json::Number> =
            self.json(self.http.get("/fee-estimates", SHORT, &())?)?;
        let rates = estimates
            .iter()
            .filter_map(|(target, number)| Some((target.parse::<u16>().ok()?, rate(number, Unit::SatPerVbyte)?)));
        Ok(Fees { rates: rates.collect(), floor: None, taken: Timestamp::from_system(SystemTime::now()) })
    }

    fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ChainError> {
        let body = serialize_hex(transaction).into_bytes();
        let reply = self.http.post("/tx", HeaderMap::new(), body, SHORT)?;
        match reply.status {
            200 => {
                let text = self.text(reply)?;
                text.parse()
                    .map_err(|_| self.http.blame.malformed(format!("{} is no name of a transaction", words(&text))))
            }
            // The node's refusal comes as a plain text around its JSON.
            400 => Err(self.http.blame.refused(core_words(&reply.words()))),
            429 => Err(self.http.busy(&reply)),
            _ => Err(self.there(reply).err().unwrap_or(ChainError::Cancelled)),
        }
    }
}

/// What Bitcoin Core said, out of `sendrawtransaction RPC error: {"code":-26,"message":"…"}`.
fn core_words(text: &str) -> String {
    #[derive(Deserialize)]
    struct Core {
        message: String,
    }
    let json = text.find('{').and_then(|start| text.get(start..));
    let core = json.and_then(|json| serde_json::from_str::<Core>(json).ok());
    core.map_or_else(|| text.to_owned(), |core| core.message)
}
