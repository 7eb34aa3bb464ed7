//! What is asked of a Ledger's Bitcoin app, and what is made of its answers.
//!
//! - The app and its network are known before anything else is asked: on the wrong one the app refuses without a word.
//! - Every address that comes back is held against our own derivation, on registration too.
//! - Signatures come back bare and unchecked: they leave here as [`Unverified`](crate::device::Unverified).

use super::Ledger;
use super::bridge::{Bridge, Fault};
use super::policy::{self, Policy};
use super::status::Asked;
use crate::device::capabilities::{Task, app_for};
use crate::device::{DeviceError, Held, Hmac, Registered};
use crate::treasury::bitcoin::psbt::Packet;
use crate::treasury::bitcoin::wallet::{Chain, Spot};
use crate::treasury::proposal::{InputSignature, Slot};
use bitcoin::address::NetworkUnchecked;
use bitcoin::bip32::{DerivationPath, Fingerprint, Xpub};
use bitcoin::{Address, Network, ScriptBuf};
use ledger_bitcoin_client::error::BitcoinClientError;
use ledger_bitcoin_client::{BitcoinClient, PartialSignature, SignPsbtYieldedObject};

/// The most inputs, and the most outputs, that the app signs.
const MOST_COINS: usize = 512;

/// The most steps of a path.
const MOST_STEPS: usize = 8;

/// Signing messages and telling keys is in every app that knows any wallet at all.
const ANY: Task = Task::Wpkh;

type Client<'a, 'b> = BitcoinClient<&'b Bridge<'a>>;
type Said<T> = Result<T, BitcoinClientError<Fault>>;

fn steps(path: &DerivationPath) -> Result<(), DeviceError> {
    if path.len() <= MOST_STEPS {
        Ok(())
    } else {
        Err(DeviceError::Unfit(format!("a Ledger takes paths of {MOST_STEPS} steps at most, and {path} has more")))
    }
}

/// The network whose addresses the app writes.
fn written(network: Network) -> Network {
    match network {
        Network::Bitcoin => Network::Bitcoin,
        _ => Network::Testnet,
    }
}

impl Ledger {
    /// One command to the Bitcoin app of a network.
    fn command<T>(
        &mut self,
        network: Network,
        task: Task,
        asked: Asked,
        ours: impl FnOnce() -> String,
        run: impl FnOnce(Client<'_, '_>, &Bridge<'_>) -> Said<T>,
    ) -> Result<T, DeviceError> {
        let test = network != Network::Bitcoin;
        self.ready(task, test)?;
        let bridge = Bridge::new(self.link.as_mut(), &self.watch, asked, app_for(task, test));
        run(BitcoinClient::new(&bridge), &bridge).map_err(|error| bridge.error(error, ours))
    }

    pub(super) fn read_fingerprint(&mut self, network: Network) -> Result<Fingerprint, DeviceError> {
        self.command(network, ANY, Asked::Fingerprint, String::new, |client, _| client.get_master_fingerprint())
    }

    pub(super) fn read_xpub(
        &mut self,
        network: Network,
        path: &DerivationPath,
        show: bool,
    ) -> Result<Xpub, DeviceError> {
        steps(path)?;
        self.command(network, ANY, Asked::Xpub, String::new, |client, _| client.get_extended_pubkey(path, show))
    }

    pub(super) fn register_policy(&mut self, held: &Held<'_>) -> Result<Option<Registered>, DeviceError> {
        let policy = Policy::of(held.wallet)?;
        if policy.usual() {
            return Ok(None);
        }
        let named = policy.named(policy::name(held.name)?);
        let first = Spot { chain: Chain::Receive, index: 0 };
        let (network, ours) = (held.wallet.network(), || own(held, first));
        let (told, said) = self.command(network, policy.task(), Asked::Register, ours, |client, bridge| {
            let told = client.register_wallet(&named)?;
            // The client has asked for the first address, too.
            Ok((told, bridge.said()))
        })?;
        let address = said.parse().map_err(|_| DeviceError::Garbled("its first address is none".to_owned()))?;
        agrees(held, first, &address)?;
        let (policy_id, hmac) = told;
        if policy_id != named.id() {
            return Err(DeviceError::Garbled("it took another policy than it was given".to_owned()));
        }
        Ok(Some(Registered { policy_id, hmac: Hmac(hmac) }))
    }

    pub(super) fn read_address(&mut self, held: &Held<'_>, spot: Spot, show: bool) -> Result<Address, DeviceError> {
        let policy = Policy::of(held.wallet)?;
        let (named, hmac) = policy.held(held)?;
        let (network, ours) = (held.wallet.network(), || own(held, spot));
        let change = spot.chain == Chain::Change;
        let address = self.command(network, policy.task(), Asked::Address, ours, |client, _| {
            client.get_wallet_address(&named, hmac.as_ref(), change, spot.index, show)
        })?;
        agrees(held, spot, &address)
    }

    pub(super) fn sign_packet(&mut self, held: &Held<'_>, packet: &Packet) -> Result<Vec<InputSignature>, DeviceError> {
        let policy = Policy::of(held.wallet)?;
        let (named, hmac) = policy.held(held)?;
        let psbt = &packet.psbt;
        for (count, what) in [(psbt.inputs.len(), "inputs"), (psbt.outputs.len(), "outputs")] {
            if !(1..=MOST_COINS).contains(&count) {
                return Err(DeviceError::Unfit(format!(
                    "a Ledger signs for 1 to {MOST_COINS} {what}, not for {count}"
                )));
            }
        }
        let given = self.command(held.wallet.network(), policy.task(), Asked::Sign, String::new, |client, _| {
            client.sign_psbt(psbt, &named, hmac.as_ref())
        })?;
        if given.is_empty() {
            return Err(DeviceError::Garbled("it gives no signature, and no reason".to_owned()));
        }
        given.into_iter().map(|(input, given)| signature(input, given)).collect()
    }

    pub(super) fn sign_text(
        &mut self,
        network: Network,
        path: &DerivationPath,
        text: &str,
    ) -> Result<[u8; 65], DeviceError> {
        steps(path)?;
        if text.is_empty() {
            return Err(DeviceError::Unfit("an empty message is not signed".to_owned()));
        }
        let task = Task::BitcoinMessage;
        let (header, signature) = self.command(network, task, Asked::Message, String::new, |client, _| {
            client.sign_message(text.as_bytes(), path)
        })?;
        let mut bytes = [0; 65];
        let compact = signature.serialize_compact();
        bytes.iter_mut().zip(std::iter::once(&header).chain(&compact)).for_each(|(to, from)| *to = *from);
        Ok(bytes)
    }
}

/// Our own address, in the words of the app's network.
fn own(held: &Held<'_>, spot: Spot) -> String {
    let script = held.wallet.script(spot);
    let address = script.and_then(|script| Address::from_script(&script, written(held.wallet.network())).ok());
    address.map_or_else(|| format!("no address at {spot}"), |address| address.to_string())
}

/// The device's address, when it is ours.
fn agrees(held: &Held<'_>, spot: Spot, shown: &Address<NetworkUnchecked>) -> Result<Address, DeviceError> {
    let address = shown.clone().require_network(written(held.wallet.network()));
    let script = address.as_ref().map(Address::script_pubkey).unwrap_or_else(|_| ScriptBuf::new());
    match address {
        Ok(address) if held.wallet.script(spot) == Some(script) => Ok(address),
        _ => Err(DeviceError::Disagrees { shown: shown.clone().assume_checked().to_string(), ours: own(held, spot) }),
    }
}

/// A signature where it belongs.
fn signature(input: usize, given: SignPsbtYieldedObject) -> Result<InputSignature, DeviceError> {
    let (slot, signature) = match given {
        SignPsbtYieldedObject::Partial(PartialSignature::Sig(key, signature)) => (Slot::Key(key), signature.to_vec()),
        SignPsbtYieldedObject::Partial(PartialSignature::TapScriptSig(key, leaf, signature)) => {
            (leaf.map_or(Slot::TaprootKey, |leaf| Slot::TaprootLeaf { key, leaf }), signature.to_vec())
        }
        _ => return Err(DeviceError::Garbled("it gives something that is not a signature".to_owned())),
    };
    Ok(InputSignature { input, slot, signature })
}
