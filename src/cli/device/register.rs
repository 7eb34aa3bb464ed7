//! `exchequer device register`: the device takes a wallet's policy, and its proof goes to the journal.

use super::{At, Which, ask};
use crate::cli::treasury::{Writing, find};
use crate::cli::{Context, Failure};
use crate::treasury::proposal::Event;
use bitcoin::hex::DisplayHex;
use serde_json::json;

/// Arguments of `exchequer device register`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    at: At,
}

/// Registers.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let chosen = ask::wallet(&args.which, context)?;
    let mut asked = ask::open(&args.at, context)?;
    let device = asked.device.as_mut();
    let holder = chosen.holder(device)?;
    let held = chosen.held(holder);
    let Some(registered) = device.register(&held)? else {
        if context.output.json {
            return context.output.json(&json!({ "policy_id": null, "hmac": null }));
        }
        context.output.note("this device keeps no wallets: it is given the policy each time");
        return Ok(());
    };
    let (policy_id, hmac) = (registered.policy_id.to_lower_hex_string(), registered.hmac.to_string());
    if let Some(device) = holder {
        let mut writing = Writing::open(context)?;
        let wallet = find::wallet(&writing.treasury, chosen.wallet.name())?.wallet.id();
        let (policy_id, hmac) = (policy_id.clone(), hmac.clone());
        writing.write(Event::Registered { wallet, device, name: held.name.to_owned(), policy_id, hmac })?;
    }
    if context.output.json {
        return context.output.json(&json!({ "policy_id": policy_id, "hmac": hmac, "name": held.name }));
    }
    context.output.text(&format!("registered as {}\npolicy id  {policy_id}\nhmac       {hmac}", held.name))
}
