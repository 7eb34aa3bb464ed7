//! What can be proved about an answer: a header's work, that headers are linked, that a transaction stands in a block,
//! that amounts are possible.

use bitcoin::block::Header;
use bitcoin::hashes::{Hash, sha256d};
use bitcoin::{Amount, BlockHash, Network, Transaction, TxMerkleNode, Txid};

/// The deepest tree of transactions that a block can hold.
const DEEPEST: usize = 24;

/// Where a transaction stands in a block: its place, and the hashes beside its way to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Proof {
    /// Its place in the block, from 0.
    pub place: u64,
    /// The hashes, from the transaction up, as they are hashed.
    pub beside: Vec<[u8; 32]>,
}

impl Proof {
    /// Reads the hashes as servers write them: the other way round, in hexadecimal.
    pub fn read(place: u64, beside: &[String]) -> Option<Self> {
        let beside = beside.iter().map(|text| text.parse::<TxMerkleNode>().ok().map(|node| node.to_byte_array()));
        Some(Self { place, beside: beside.collect::<Option<_>>()? })
    }

    /// Whether it proves that a transaction stands under this root.
    pub fn holds(&self, txid: Txid, root: TxMerkleNode) -> bool {
        if self.beside.len() > DEEPEST {
            return false;
        }
        let mut place = self.place;
        let mut hash = txid.to_byte_array();
        for other in &self.beside {
            let (left, right) = if place.is_multiple_of(2) { (&hash, other) } else { (other, &hash) };
            hash = sha256d::Hash::hash(&[left.as_slice(), right.as_slice()].concat()).to_byte_array();
            place /= 2;
        }
        // What is left of the place would say that the tree is deeper than the proof.
        place == 0 && hash == root.to_byte_array()
    }
}

/// Whether a header has the work that it claims, and claims no less than its network's least.
pub(super) fn worked(header: &Header, network: Network) -> bool {
    header.target() <= network.params().max_attainable_target && header.validate_pow(header.target()).is_ok()
}

/// Whether each header is worked for and follows the one before it.
pub(super) fn linked<'a>(headers: impl IntoIterator<Item = &'a Header>, network: Network) -> bool {
    let mut before: Option<BlockHash> = None;
    headers.into_iter().all(|header| {
        let follows = before.is_none_or(|hash| header.prev_blockhash == hash);
        before = Some(header.block_hash());
        follows && worked(header, network)
    })
}

/// Whether a transaction pays out amounts that exist.
pub(super) fn possible(transaction: &Transaction) -> bool {
    let mut sum = Some(Amount::ZERO);
    for output in &transaction.output {
        sum = sum.and_then(|sum| sum.checked_add(output.value)).filter(|sum| *sum <= Amount::MAX_MONEY);
    }
    sum.is_some() && !transaction.output.is_empty() && !transaction.input.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bitcoin::constants::genesis_block;
    use bitcoin::merkle_tree;

    /// A proof as a server makes it, from all transactions of a block.
    fn prove(txids: &[Txid], place: usize) -> Proof {
        let (mut row, mut at) = (txids.iter().map(|txid| txid.to_byte_array()).collect::<Vec<_>>(), place);
        let mut beside = Vec::new();
        while row.len() > 1 {
            if row.len() % 2 == 1 {
                row.push(*row.last().unwrap());
            }
            beside.push(row[at ^ 1]);
            row = row.chunks(2).map(|pair| sha256d::Hash::hash(&pair.concat()).to_byte_array()).collect();
            at /= 2;
        }
        Proof { place: place as u64, beside }
    }

    #[test]
    fn a_proof_holds_for_its_transaction_and_no_other() {
        for count in 1..20_u8 {
            let txids: Vec<Txid> = (0..count).map(|n| Txid::from_byte_array([n; 32])).collect();
            let root = merkle_tree::calculate_root(txids.iter().map(|txid| txid.to_raw_hash())).unwrap();
            let root = TxMerkleNode::from_raw_hash(root);
            for place in 0..txids.len() {
                let proof = prove(&txids, place);
                assert!(proof.holds(txids[place], root));
                assert!(!proof.holds(Txid::from_byte_array([99; 32]), root));
                let deeper = Proof { place: proof.place + (1 << proof.beside.len()), beside: proof.beside.clone() };
                assert!(!deeper.holds(txids[place], root), "a place outside of the tree");
                for step in 0..proof.beside.len() {
                    let mut bent = proof.clone();
                    bent.beside[step][7] ^= 1;
                    assert!(!bent.holds(txids[place], root));
                }
            }
        }
    }

    #[test]
    fn a_header_without_its_work_is_found_out() {
        for network in [Network::Bitcoin, Network::Testnet, Network::Signet, Network::Regtest] {
            let mut header = genesis_block(network).header;
            assert!(worked(&header, network), "{network}");
            if network != Network::Regtest {
                header.nonce ^= 1;
                assert!(!worked(&header, network), "{network}");
            }
        }
        assert!(!worked(&genesis_block(Network::Regtest).header, Network::Bitcoin), "easier than the network allows");
    }

    #[test]
    fn impossible_amounts_are_found_out() {
        let mut transaction = genesis_block(Network::Bitcoin).txdata[0].clone();
        assert!(possible(&transaction));
        transaction.output[0].value = Amount::MAX_MONEY;
        assert!(possible(&transaction));
        transaction.output.push(transaction.output[0].clone());
        assert!(!possible(&transaction));
        transaction.output[1].value = Amount::MAX;
        assert!(!possible(&transaction), "the sum does not overflow");
    }
}
