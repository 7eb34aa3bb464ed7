//! Making a block: its first transaction, its roots, and the little work that regtest asks for.

use bitcoin::absolute::LockTime;
use bitcoin::block::{Header, Version};
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::script::Builder;
use bitcoin::{
    Amount, Block, BlockHash, CompactTarget, OutPoint, ScriptBuf, Sequence, Transaction, TxIn, TxMerkleNode, TxOut,
    Witness, merkle_tree, transaction,
};

/// The target of every block on regtest: about every second try succeeds.
const BITS: u32 = 0x207f_ffff;

/// Blocks after which the subsidy halves on regtest.
const HALVING: u32 = 150;

/// What miners make out of nothing at a height.
fn subsidy(height: u32) -> Amount {
    let full: u64 = 50 * 100_000_000;
    Amount::from_sat(full.checked_shr(height / HALVING).unwrap_or(0))
}

/// A block on top of another one. `salt` makes blocks differ that would else be the same.
pub fn make(
    before: BlockHash,
    height: u32,
    time: u32,
    to: ScriptBuf,
    fees: Amount,
    salt: u64,
    transactions: Vec<Transaction>,
) -> Block {
    let mut reserved = TxIn {
        previous_output: OutPoint::null(),
        script_sig: Builder::new().push_int(i64::from(height)).push_slice(salt.to_le_bytes()).into_script(),
        sequence: Sequence::MAX,
        witness: Witness::new(),
    };
    reserved.witness.push([0_u8; 32]);
    let reward = TxOut { value: subsidy(height) + fees, script_pubkey: to };
    let first = Transaction {
        version: transaction::Version::TWO,
        lock_time: LockTime::ZERO,
        input: vec![reserved],
        output: vec![reward, TxOut { value: Amount::ZERO, script_pubkey: ScriptBuf::new() }],
    };
    let header = Header {
        version: Version::from_consensus(0x2000_0000),
        prev_blockhash: before,
        merkle_root: TxMerkleNode::all_zeros(),
        time,
        bits: CompactTarget::from_consensus(BITS),
        nonce: 0,
    };
    let mut block = Block { header, txdata: std::iter::once(first).chain(transactions).collect() };
    let commitment = commitment(&block);
    if let Some(output) = block.txdata.first_mut().and_then(|first| first.output.last_mut()) {
        output.script_pubkey = commitment;
    }
    block.header.merkle_root = block.compute_merkle_root().unwrap_or_else(TxMerkleNode::all_zeros);
    while block.header.validate_pow(block.header.target()).is_err() {
        block.header.nonce = block.header.nonce.wrapping_add(1);
    }
    block
}

/// The output that commits to the witnesses (BIP-141).
fn commitment(block: &Block) -> ScriptBuf {
    let names = block.txdata.iter().enumerate().map(|(place, transaction)| match place {
        0 => [0; 32],
        _ => transaction.compute_wtxid().to_byte_array(),
    });
    let root = merkle_tree::calculate_root(names.map(sha256d::Hash::from_byte_array));
    let root = root.map_or([0; 32], |root| root.to_byte_array());
    let hash = sha256d::Hash::hash(&[root, [0; 32]].concat()).to_byte_array();
    let mut bytes = vec![0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];
    bytes.extend_from_slice(&hash);
    ScriptBuf::from_bytes(bytes)
}

/// The hashes beside the way from a transaction up to the root.
pub fn branch(block: &Block, place: usize) -> Vec<TxMerkleNode> {
    let mut row: Vec<[u8; 32]> = block.txdata.iter().map(|t| t.compute_txid().to_byte_array()).collect();
    let (mut at, mut beside) = (place, Vec::new());
    while row.len() > 1 {
        if row.len() % 2 == 1 {
            row.extend(row.last().copied());
        }
        beside.extend(row.get(at ^ 1).map(|hash| TxMerkleNode::from_byte_array(*hash)));
        row = row.chunks(2).map(|pair| sha256d::Hash::hash(&pair.concat()).to_byte_array()).collect();
        at /= 2;
    }
    beside
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::constants::genesis_block;

    #[test]
    fn a_block_is_one_that_core_would_take() {
        let genesis = genesis_block(bitcoin::Network::Regtest);
        let at = |height| {
            make(genesis.block_hash(), height, genesis.header.time + 1, ScriptBuf::new(), Amount::ZERO, 7, vec![])
        };
        let block = at(1);
        assert!(block.check_merkle_root() && block.check_witness_commitment());
        // BIP-34 takes the shortest way to push a number: an opcode of its own up to 16.
        assert_eq!(block.txdata[0].input[0].script_sig.as_bytes()[0], 0x51);
        assert_eq!(at(300).bip34_block_height(), Ok(300));
        assert!(block.header.validate_pow(block.header.target()).is_ok());
        assert_eq!(block.header.bits, genesis.header.bits);
        assert_eq!([subsidy(149), subsidy(150), subsidy(9_600)].map(Amount::to_sat), [5_000_000_000, 2_500_000_000, 0]);
    }
}
