//! Answers to what a signature hangs on: approvals on the chain, and what contracts take for their own.
//!
//! A question that a contract does not answer is answered with no. One that the node does not answer, or that two nodes
//! answer differently, stays open: nobody shall count as having refused because a node is out of order.

use super::node::{Block, Node};
use super::rpc::Question as Asked;
use crate::chain::error::ChainError;
use crate::chain::watch::Watch;
use crate::treasury::ethereum::signature::Question;
use alloy_primitives::Address;
use serde_json::json;
use std::collections::HashMap;

/// The most questions that are asked at one time.
const MOST: usize = 1_000;

impl Node {
    /// Answers questions at a block, as the Safe itself would ask them.
    pub fn answers(
        &self,
        safe: Address,
        questions: &[Question],
        block: &Block,
        watch: &dyn Watch,
    ) -> Result<HashMap<Question, bool>, ChainError> {
        let questions: Vec<&Question> = questions.iter().take(MOST).collect();
        let ask = |question: &&Question| -> Asked {
            let (to, data) = question.call();
            ("eth_call", json!([{"from": safe, "to": to, "data": data}, block.tag()]))
        };
        let asked: Vec<Asked> = questions.iter().map(ask).collect();
        let mut answers = HashMap::new();
        for (question, said) in questions.into_iter().zip(self.compared(&asked, watch)?) {
            match said {
                Some(Ok(said)) => {
                    let returned = self.rpc().bytes(&said, "what a contract answers")?;
                    answers.insert(question.clone(), question.answered(&returned));
                }
                Some(Err(fault)) if fault.reverted() => {
                    answers.insert(question.clone(), false);
                }
                Some(Err(_)) | None => {}
            }
        }
        Ok(answers)
    }
}
