//! All of it together: mining, blocks that replace others, and a faucet.

use super::block;
use super::ledger::Ledger;
use super::pool::{Pool, Reject};
use bitcoin::absolute::LockTime;
use bitcoin::opcodes::OP_TRUE;
use bitcoin::script::Builder;
use bitcoin::{Amount, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxOut, Txid, Witness, transaction};

/// Blocks that there are at the beginning: enough that twenty mined coins can be spent.
const FIRST: u32 = 120;

/// What the faucet pays as a fee.
const FEE: Amount = Amount::from_sat(500);

/// The chain and what waits for it.
pub struct World {
    /// What is confirmed.
    pub ledger: Ledger,
    /// What waits.
    pub pool: Pool,
    /// Makes each block another one.
    salt: u64,
}

/// A script that anybody can spend: where the simulation keeps what it mines.
fn anybody() -> ScriptBuf {
    Builder::new().push_opcode(OP_TRUE).into_script()
}

impl World {
    /// A chain with coins for the faucet, all mined at one moment (in seconds since 1970).
    pub fn new(now: u32) -> Self {
        let mut world = Self { ledger: Ledger::new(), pool: Pool::default(), salt: 0 };
        world.mine(FIRST, now);
        world
    }

    /// Mines blocks with all that waits.
    pub fn mine(&mut self, count: u32, now: u32) {
        for _ in 0..count {
            let (mut fees, mut transactions, mut weight) = (Amount::ZERO, Vec::new(), 0);
            for (_, waiting) in self.pool.all() {
                weight += waiting.transaction.weight().to_wu();
                // What does not fit waits for the next one; its children come later in the order, and wait as well.
                if weight > 3_900_000 {
                    break;
                }
                fees += waiting.fee;
                transactions.push(waiting.transaction.clone());
            }
            self.put(transactions, fees, now);
            self.pool.settle(&self.ledger);
        }
    }

    fn put(&mut self, transactions: Vec<Transaction>, fees: Amount, now: u32) {
        self.salt = self.salt.wrapping_add(1);
        let height = self.ledger.height().saturating_add(1);
        let time = now.max(self.ledger.median_time(self.ledger.height()).saturating_add(1));
        let to = anybody().to_p2wsh();
        self.ledger.connect(block::make(self.ledger.tip(), height, time, to, fees, self.salt, transactions));
    }

    /// Replaces the newest blocks by one more empty ones; what stood in them waits again.
    pub fn reorg(&mut self, depth: u32, now: u32) {
        let depth = depth.min(self.ledger.height());
        let back = self.ledger.disconnect(depth);
        for _ in 0..=depth {
            self.put(Vec::new(), Amount::ZERO, now);
        }
        let waiting: Vec<Transaction> =
            self.pool.all().into_iter().map(|(_, waiting)| waiting.transaction.clone()).collect();
        self.pool = Pool::default();
        for transaction in back.into_iter().chain(waiting) {
            if let Err(reject) = self.pool.take(transaction, &self.ledger) {
                tracing::debug!(%reject, "lost in a reorganisation");
            }
        }
    }

    /// Pays to a script out of what was mined. The payment waits for a block.
    pub fn faucet(&mut self, to: ScriptBuf, amount: Amount) -> Result<Txid, Reject> {
        let (home, next) = (anybody().to_p2wsh(), self.ledger.height().saturating_add(1));
        let needed = amount.checked_add(FEE).ok_or_else(|| Reject::rule("bad-txns-vout-toolarge"))?;
        let own = |output: &TxOut| output.script_pubkey == home && output.value >= needed;
        let old = self.ledger.coins().filter(|(_, coin)| own(&coin.output));
        let old = old.filter(|(_, coin)| !coin.mined || next.saturating_sub(coin.height) >= 100);
        let old = old.map(|(outpoint, coin)| (coin.output.value, *outpoint));
        let fresh = self.pool.all().into_iter().flat_map(|(txid, waiting)| {
            let outputs = (0..).zip(&waiting.transaction.output).filter(|(_, output)| own(output));
            outputs.map(|(vout, output)| (output.value, OutPoint { txid: *txid, vout })).collect::<Vec<_>>()
        });
        // The smallest that is enough, and always the same one.
        let coin = old.chain(fresh).filter(|(_, outpoint)| self.pool.spender(outpoint).is_none()).min();
        let (value, previous_output) = coin.ok_or_else(|| Reject::rule("the faucet is empty"))?;
        let mut witness = Witness::new();
        witness.push(anybody());
        let mut output = vec![TxOut { value: amount, script_pubkey: to }];
        let change = TxOut { value: value.checked_sub(needed).unwrap_or(Amount::ZERO), script_pubkey: home };
        if change.value >= change.script_pubkey.minimal_non_dust() {
            output.push(change);
        }
        let input = TxIn { previous_output, sequence: Sequence::ENABLE_RBF_NO_LOCKTIME, witness, ..TxIn::default() };
        let payment =
            Transaction { version: transaction::Version::TWO, lock_time: LockTime::ZERO, input: vec![input], output };
        self.pool.take(payment, &self.ledger)
    }
}
