//! What carrying a Safe transaction out may cost: what somebody says, or what the last blocks took.

use crate::chain::ethereum::{Call, Node};
use crate::cli::treasury::chains::failed;
use crate::cli::{Exit, Failure};
use crate::treasury::ethereum::build::amount;
use crate::treasury::ethereum::execute::Fees;
use alloy_primitives::{Address, Bytes};

/// The digits of a gwei behind the point, in wei.
const GWEI: u8 = 9;

/// What somebody says about fees.
#[derive(Clone, Debug, clap::Args)]
pub struct Offer {
    /// The most that a unit of gas may cost, in gwei; from the last blocks when it is not said
    #[arg(long, value_name = "GWEI", value_parser = gwei)]
    max_fee: Option<u128>,
    /// What of that is for whoever makes the block, in gwei
    #[arg(long, value_name = "GWEI", value_parser = gwei)]
    priority: Option<u128>,
    /// The most gas that it may use; what it takes when it is tried, and a third more, when it is not said
    #[arg(long, value_name = "NUMBER")]
    gas: Option<u64>,
}

fn gwei(text: &str) -> Result<u128, String> {
    let wei = amount(text, GWEI).map_err(|error| error.to_string())?;
    u128::try_from(wei).map_err(|_| "no fee is so large".to_owned())
}

impl Offer {
    /// The fees for a call: what was said, and what the node knows where nothing was.
    pub fn fees(&self, node: &Node, sender: Address, to: Address, data: &Bytes) -> Result<Fees, Failure> {
        let usual = node.fees().map_err(|error| failed(&error))?;
        let [_, usual_tip, _] = usual.tips;
        let tip = self.priority.unwrap_or_else(|| usual_tip.min(self.max_fee.unwrap_or(u128::MAX)));
        let most = self.max_fee.unwrap_or_else(|| usual.most(tip));
        let gas = match self.gas {
            Some(gas) => gas,
            None => {
                let call = Call { from: sender, to, data: data.clone(), ..Call::default() };
                let found = node.gas(&call).map_err(|error| {
                    failed(&error).hint("the node says that it would fail; --gas NUMBER sends it all the same")
                })?;
                crate::treasury::ethereum::execute::fees::gas_limit(found.needed)
            }
        };
        let fees = Fees { gas, most, tip }.checked();
        fees.map_err(|error| Failure::new(Exit::Error, error.code(), error.to_string()))
    }
}
