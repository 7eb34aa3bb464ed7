//! The PSBT of a transaction: all that signers and reviewers need to know, proved from the wallet, and nothing else.

use super::BuildError;
use super::choose::Source;
use crate::treasury::bitcoin::coins::State;
use crate::treasury::bitcoin::psbt::{Packet, Version};
use bitcoin::{Psbt, Transaction};
use miniscript::psbt::PsbtExt;

/// The PSBT of a transaction whose inputs spend these sources in the same order.
pub(super) fn packet(
    state: &State,
    sources: &[Source],
    transaction: Transaction,
    xpubs: bool,
) -> Result<Packet, BuildError> {
    let wallet = state.wallet();
    let mut psbt = Psbt::from_unsigned_tx(transaction).map_err(|_| BuildError::Wrong("it is signed already"))?;
    for (place, source) in sources.iter().enumerate() {
        let descriptor = wallet.at(source.spot).ok_or(BuildError::Unknown(source.outpoint))?;
        let input = psbt.inputs.get_mut(place).ok_or(BuildError::Wrong("an input is missing"))?;
        // A signer can check a value only by the transaction that made it; taproot signs over values, and yet there is
        // no harm in knowing.
        input.non_witness_utxo = Some((*source.previous).clone());
        if descriptor.desc_type().segwit_version().is_some() {
            input.witness_utxo = Some(source.output.clone());
        }
        let told = psbt.update_input_with_descriptor(place, &descriptor);
        told.map_err(|_| BuildError::Wrong("an input is not what the wallet derives"))?;
    }
    let scripts: Vec<_> = psbt.unsigned_tx.output.iter().map(|output| output.script_pubkey.clone()).collect();
    for (place, script) in scripts.iter().enumerate() {
        let Some(descriptor) = state.spot(script).and_then(|spot| wallet.at(spot)) else { continue };
        let told = psbt.update_output_with_descriptor(place, &descriptor);
        told.map_err(|_| BuildError::Wrong("an output is not what the wallet derives"))?;
    }
    if xpubs {
        let known = wallet.policy().cosigners().iter().filter(|cosigner| cosigner.origin_known);
        psbt.xpub = known.map(|cosigner| (cosigner.xpub, (cosigner.fingerprint, cosigner.path.clone()))).collect();
    }
    Ok(Packet { psbt, version: Version::V0, unknown: Vec::new() })
}
