//! A node of one's own: Bitcoin Core by JSON-RPC, without its wallet.
//!
//! Methods: <https://developer.bitcoin.org/reference/rpc/>. The cookie file is read at each start of the node anew, so it is
//! read again when the node refuses the one that we had.

use super::blocks::{Node, Strangers, Walk};
use super::error::{Blame, ChainError, words};
use super::fees::{Fees, Unit, rate};
use super::http::Http;
use super::proof::worked;
use super::scripted::same_network;
use super::source::Pass;
use super::{Chain, Scan, Settings, Status, Watch};
use crate::market::Timestamp;
use base64::prelude::{BASE64_STANDARD, Engine};
use bdk_wallet::chain::BlockId;
use bdk_wallet::chain::spk_client::{FullScanRequest, SyncRequest};
use bdk_wallet::{KeychainKind, Update};
use bitcoin::block::Header;
use bitcoin::consensus::encode::{deserialize_hex, serialize_hex};
use bitcoin::{Block, BlockHash, Network, OutPoint, Transaction, Txid};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Number, Value, json};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;
use zeroize::Zeroizing;

/// The longest answers: blocks and the names of a mempool in hexadecimal, a batch of transactions, and short ones.
const LONG: usize = 96 << 20;

/// What the node says when it does not have something.
const NOT_FOUND: i64 = -5;

/// How far back a block is looked for in which a transaction was confirmed, or one that spends its coins.
const BACK: u32 = 144;

/// The confirmation targets that estimates are asked for; one block ahead the node does not look.
const TARGETS: [u16; 5] = [2, 3, 6, 12, 144];

/// A node.
pub(super) struct Bitcoind {
    http: Http,
    pass: Pass,
    /// What the cookie file said last.
    authorization: Mutex<Option<Zeroizing<String>>>,
    network: Network,
    strangers: Strangers,
}

/// The node's own error.
#[derive(Deserialize)]
struct Fault {
    code: i64,
    message: String,
}

#[derive(Deserialize)]
struct Answer {
    result: Value,
    error: Option<Fault>,
    id: Option<u64>,
}

type Question = (&'static str, Value);

impl Bitcoind {
    /// Makes sure that the node lets us in and follows the wallet's chain.
    pub fn open(host: String, base: String, pass: Pass, settings: &Settings) -> Result<Self, ChainError> {
        let http = Http::new(host, base, settings)?;
        let (network, strangers) = (settings.network, Strangers::default());
        let node = Self { http, pass, authorization: Mutex::default(), network, strangers };
        node.same_network()?;
        Ok(node)
    }

    fn same_network(&self) -> Result<(), ChainError> {
        same_network(&self.blame().0, self.hash_at(0)?, self.network)
    }

    fn auth(&self, reason: impl ToString) -> ChainError {
        ChainError::Auth { host: self.blame().0.clone(), reason: words(&reason) }
    }

    /// The header that lets us in; `anew` reads the cookie file again.
    fn authorization(&self, anew: bool) -> Result<HeaderValue, ChainError> {
        let mut kept = self.authorization.lock().unwrap_or_else(PoisonError::into_inner);
        if anew || kept.is_none() {
            let pair = match &self.pass {
                Pass::Password { user, password } => Zeroizing::new(format!("{user}:{}", password.as_str())),
                Pass::Cookie(file) => {
                    let text = std::fs::read_to_string(file);
                    let text = text.map_err(|error| self.auth(format!("the cookie file cannot be read: {error}")))?;
                    Zeroizing::new(text.trim().to_owned())
                }
            };
            *kept = Some(Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes()))));
        }
        let text = kept.as_ref().map(|text| text.as_str()).unwrap_or_default();
        let mut value = HeaderValue::from_str(text).map_err(|_| self.auth("the password cannot be sent"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// Asks several things at once; answers come in the order of the questions.
    fn ask(&self, questions: &[Question]) -> Result<Vec<Result<Value, Fault>>, ChainError> {
        let batch: Vec<Value> = (0_u64..)
            .zip(questions)
            .map(|(id, (method, params))| json!({"jsonrpc": "1.0", "id": id, "method": method, "params": params}))
            .collect();
        let body = match batch.as_slice() {
            [one] => one.to_string(),
            _ => Value::Array(batch).to_string(),
        };
        let reply = match self.send(&body, false)? {
            reply if reply.status == 401 && matches!(self.pass, Pass::Cookie(_)) => self.send(&body, true)?,
            reply => reply,
        };
        match reply.status {
            401 => return Err(self.auth("it does not know this name and password")),
            403 => return Err(self.auth("it does not take questions from this address (rpcallowip)")),
            503 => return Err(self.http.busy(&reply)),
            _ => {}
        }
        let read: Result<Vec<Answer>, _> = match questions {
            [_] => serde_json::from_slice(&reply.body).map(|answer| vec![answer]),
            _ => serde_json::from_slice(&reply.body),
        };
        // Only with this status an answer need not be one of its own making.
        let mut answers = read.map_err(|error| match reply.status {
            200 | 500 => self.blame().malformed(error),
            status => self.blame().refused(format!("status {status} {}", reply.words())),
        })?;
        answers.sort_by_key(|answer| answer.id);
        let in_order = (0_u64..).zip(&answers).all(|(id, answer)| answer.id == Some(id));
        if answers.len() != questions.len() || !in_order {
            return Err(self.blame().malformed("it answered other questions"));
        }
        Ok(answers.into_iter().map(|answer| answer.error.map_or(Ok(answer.result), Err)).collect())
    }

    fn send(&self, body: &str, anew: bool) -> Result<super::http::Reply, ChainError> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, self.authorization(anew)?);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.http.post("/", headers, body.as_bytes().to_vec(), LONG)
    }

    /// Asks one thing; the node's own error is kept apart.
    fn try_one<T: DeserializeOwned>(&self, question: Question) -> Result<Result<T, Fault>, ChainError> {
        match self.ask(&[question])?.pop() {
            Some(Ok(value)) => Ok(Ok(serde_json::from_value(value).map_err(|error| self.blame().malformed(error))?)),
            Some(Err(fault)) => Ok(Err(fault)),
            None => Err(self.blame().malformed("no answer")),
        }
    }

    fn one<T: DeserializeOwned>(&self, question: Question) -> Result<T, ChainError> {
        self.try_one(question)?.map_err(|fault| self.fault(&fault))
    }

    fn fault(&self, fault: &Fault) -> ChainError {
        match fault.code {
            // Warming up: it is reading its blocks.
            -28 => ChainError::Busy { host: self.blame().0.clone(), reason: words(&fault.message) },
            _ => self.blame().refused(&fault.message),
        }
    }

    fn hex<T: bitcoin::consensus::Decodable>(&self, text: &str) -> Result<T, ChainError> {
        deserialize_hex(text).map_err(|error| self.blame().malformed(error))
    }

    fn walk<'a>(&'a self, watch: &'a dyn Watch) -> Walk<'a, Self> {
        Walk { node: self, network: self.network, watch }
    }

    /// Whether a transaction waits in the mempool.
    fn waits(&self, txid: Txid) -> Result<bool, ChainError> {
        match self.try_one::<Value>(("getmempoolentry", json!([txid])))? {
            Ok(_) => Ok(true),
            Err(fault) if fault.code == NOT_FOUND => Ok(false),
            Err(fault) => Err(self.fault(&fault)),
        }
    }

    /// How often coins were confirmed that no block has spent; none for the others.
    fn unspent(&self, coins: &[OutPoint]) -> Result<Vec<Option<u32>>, ChainError> {
        #[derive(Deserialize)]
        struct Coin {
            confirmations: u32,
        }
        let questions: Vec<Question> =
            coins.iter().map(|coin| ("gettxout", json!([coin.txid, coin.vout, false]))).collect();
        let read = |answer: Result<Value, Fault>| {
            let coin = answer.map_err(|fault| self.fault(&fault))?;
            let coin: Option<Coin> = serde_json::from_value(coin).map_err(|error| self.blame().malformed(error))?;
            Ok(coin.map(|coin| coin.confirmations))
        };
        self.ask(&questions)?.into_iter().map(read).collect()
    }

    /// Another transaction that spends one of these coins, as far as the node knows without reading blocks.
    fn spender(&self, coins: &[OutPoint], but: Txid) -> Result<Option<(Txid, OutPoint)>, ChainError> {
        #[derive(Deserialize)]
        struct Spender {
            spendingtxid: Option<Txid>,
        }
        let asked: Vec<Value> = coins.iter().map(|coin| json!({"txid": coin.txid, "vout": coin.vout})).collect();
        let spenders: Vec<Spender> = self.one(("gettxspendingprevout", json!([asked])))?;
        // A node with `txospenderindex` names what has spent a coin in a block too, and that may be this one itself.
        let other = |spender: Spender| spender.spendingtxid.filter(|by| *by != but);
        Ok(spenders.into_iter().zip(coins).find_map(|(spender, coin)| Some((other(spender)?, *coin))))
    }

    /// Which transaction of the newest blocks is this one, or spends one of its coins, which coin, and where.
    fn among_the_newest(&self, wanted: &Transaction) -> Result<Option<(Txid, OutPoint, BlockId)>, ChainError> {
        let tip = self.height()?;
        let mut hash = self.hash_at(tip)?;
        for height in (tip.saturating_sub(BACK)..=tip).rev() {
            let block = self.block(hash)?;
            for other in &block.txdata {
                let spent = |coin: &OutPoint| other.input.iter().any(|input| input.previous_output == *coin);
                if let Some(coin) = wanted.input.iter().map(|input| input.previous_output).find(spent) {
                    return Ok(Some((other.compute_txid(), coin, BlockId { height, hash })));
                }
            }
            hash = block.header.prev_blockhash;
        }
        Ok(None)
    }
}

impl Node for Bitcoind {
    fn blame(&self) -> &Blame {
        &self.http.blame
    }

    fn height(&self) -> Result<u32, ChainError> {
        self.one(("getblockcount", json!([])))
    }

    fn hash_at(&self, height: u32) -> Result<BlockHash, ChainError> {
        self.one(("getblockhash", json!([height])))
    }

    fn header(&self, hash: BlockHash) -> Result<Header, ChainError> {
        let text: String = self.one(("getblockheader", json!([hash, false])))?;
        self.hex(&text)
    }

    fn block(&self, hash: BlockHash) -> Result<Block, ChainError> {
        let text: String = self.one(("getblock", json!([hash, 0])))?;
        self.hex(&text)
    }

    fn mempool(&self) -> Result<Vec<Txid>, ChainError> {
        self.one(("getrawmempool", json!([])))
    }

    fn waiting(&self, txids: &[Txid]) -> Result<Vec<Option<Transaction>>, ChainError> {
        let questions: Vec<Question> = txids.iter().map(|txid| ("getrawtransaction", json!([txid]))).collect();
        let read = |answer: Result<Value, Fault>| match answer {
            Ok(Value::String(text)) => self.hex(&text).map(Some),
            Ok(_) => Err(self.blame().malformed("a transaction is no text")),
            Err(fault) if fault.code == NOT_FOUND => Ok(None),
            Err(fault) => Err(self.fault(&fault)),
        };
        self.ask(&questions)?.into_iter().map(read).collect()
    }
}

impl Chain for Bitcoind {
    fn tip(&self) -> Result<BlockId, ChainError> {
        let hash: BlockHash = self.one(("getbestblockhash", json!([])))?;
        let header = self.header(hash)?;
        if header.block_hash() != hash || !worked(&header, self.network) {
            return Err(self.blame().malformed("its newest block has no work"));
        }
        #[derive(Deserialize)]
        struct Place {
            height: u32,
        }
        let place: Place = self.one(("getblockheader", json!([hash, true])))?;
        Ok(BlockId { height: place.height, hash })
    }

    fn full_scan(
        &self,
        request: FullScanRequest<KeychainKind>,
        scan: Scan,
        watch: &dyn Watch,
    ) -> Result<Update, ChainError> {
        self.walk(watch).full_scan(request, scan.gap, scan.birthday, &self.strangers)
    }

    fn sync(&self, request: SyncRequest<(KeychainKind, u32)>, watch: &dyn Watch) -> Result<Update, ChainError> {
        // A wallet may have given out an address since, to which something waits already.
        self.strangers.forget();
        self.walk(watch).sync(request, &self.strangers)
    }

    fn fees(&self) -> Result<Fees, ChainError> {
        #[derive(Deserialize)]
        struct Estimate {
            feerate: Option<Number>,
        }
        #[derive(Deserialize)]
        struct Pool {
            mempoolminfee: Number,
        }
        let mut rates = std::collections::BTreeMap::new();
        for target in TARGETS {
            let estimate: Estimate = self.one(("estimatesmartfee", json!([target])))?;
            let estimate = estimate.feerate.and_then(|number| rate(&number, Unit::BtcPerKilobyte));
            rates.extend(estimate.map(|rate| (target, rate)));
        }
        let pool: Pool = self.one(("getmempoolinfo", json!([])))?;
        let floor = rate(&pool.mempoolminfee, Unit::BtcPerKilobyte);
        Ok(Fees { rates, floor, taken: Timestamp::from_system(SystemTime::now()) })
    }

    fn broadcast(&self, transaction: &Transaction) -> Result<Txid, ChainError> {
        self.same_network()?;
        let (ours, theirs): (Txid, Txid) =
            (transaction.compute_txid(), self.one(("sendrawtransaction", json!([serialize_hex(transaction)])))?);
        if ours != theirs {
            return Err(self.blame().malformed(format!("it says that it has taken {theirs}, and was given {ours}")));
        }
        Ok(ours)
    }

    fn status(&self, transaction: &Transaction) -> Result<Status, ChainError> {
        let txid = transaction.compute_txid();
        if self.waits(txid)? {
            return Ok(Status::Unconfirmed);
        }
        let outputs: Vec<OutPoint> = (0..).zip(&transaction.output).map(|(vout, _)| OutPoint { txid, vout }).collect();
        if let Some(confirmations) = self.unspent(&outputs)?.into_iter().flatten().next() {
            let (tip, depth) = (self.height()?, confirmations.saturating_sub(1));
            let height = tip.checked_sub(depth).ok_or_else(|| self.blame().malformed("it counts blocks wrongly"))?;
            let hash = self.hash_at(height)?;
            let block = self.block(hash)?;
            let there = block.block_hash() == hash && block.txdata.iter().any(|other| other.compute_txid() == txid);
            let fault = || self.blame().malformed(format!("transaction {txid} does not stand in block {height}"));
            return if there { Ok(Status::Confirmed(BlockId { height, hash })) } else { Err(fault()) };
        }
        let coins: Vec<OutPoint> = transaction.input.iter().map(|input| input.previous_output).collect();
        if let Some((by, coin)) = self.spender(&coins, txid)? {
            return Ok(Status::Replaced { by, coin, confirmed: !self.waits(by)? });
        }
        if self.unspent(&coins)?.iter().all(Option::is_some) {
            return Ok(Status::Unknown);
        }
        Ok(match self.among_the_newest(transaction)? {
            Some((found, _, at)) if found == txid => Status::Confirmed(at),
            Some((by, coin, _)) => Status::Replaced { by, coin, confirmed: true },
            None => Status::Unknown,
        })
    }

    fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, ChainError> {
        let found: Option<Transaction> = self.waiting(&[txid])?.pop().flatten();
        match found {
            Some(found) if found.compute_txid() != txid => {
                Err(self.blame().malformed(format!("the transaction that it calls {txid} is another one")))
            }
            found => Ok(found),
        }
    }
}
