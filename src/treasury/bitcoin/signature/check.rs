//! Verifies every signature of a PSBT, each sighash computed once.

use super::super::psbt::{Coin, CoinError, Packet};
use super::given::{Given, given};
use super::own::{Derived, How, Key, Own, Under};
use super::{Seat, Signatures, Stray, StrayReason};
use bitcoin::psbt::{Input, PsbtSighashType};
use bitcoin::secp256k1::{Message, Secp256k1, VerifyOnly};
use bitcoin::sighash::{EcdsaSighashType, Prevouts, SighashCache, TapSighashType};
use bitcoin::taproot::{self, TapLeafHash};
use bitcoin::{Transaction, TxOut, ecdsa};

/// How many signatures may be invalid before no more are looked at.
const MOST_INVALID: usize = 16;

/// A signature that was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::treasury::bitcoin) struct Valid {
    /// At which input.
    pub input: usize,
    /// Whose: a place in the policy's cosigners.
    pub cosigner: usize,
    pub signature: Signed,
}

/// A verified signature, as a PSBT keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::treasury::bitcoin) enum Signed {
    Ecdsa(bitcoin::PublicKey, ecdsa::Signature),
    Output(taproot::Signature),
    Leaf(bitcoin::XOnlyPublicKey, TapLeafHash, taproot::Signature),
}

/// Verifies what a PSBT carries: whose signatures there are, and each that is valid.
pub(in crate::treasury::bitcoin) fn inspect(packet: &Packet, derived: &mut Derived<'_>) -> (Signatures, Vec<Valid>) {
    let coins = (0..packet.psbt.inputs.len()).map(|input| packet.coin(input)).collect::<Vec<_>>();
    let spots = packet.psbt.inputs.iter().zip(&coins).map(|(input, coin)| {
        let hints = input.bip32_derivation.values().chain(input.tap_key_origins.values().map(|(_, source)| source));
        derived.find(&coin.ok()?.output().script_pubkey, hints)
    });
    let spots = spots.collect::<Vec<_>>();
    let owns = spots.iter().map(|spot| spot.and_then(|spot| derived.known(spot))).collect::<Vec<_>>();
    let (valid, strays) = inspect_at(packet, &coins, &owns, &derived.secp);
    let policy = derived.wallet.policy();
    let cosigners = policy.cosigners().iter().map(|one| Seat { fingerprint: one.fingerprint, inputs: Vec::new() });
    let mut cosigners = cosigners.collect::<Vec<_>>();
    for one in &valid {
        if let Some(seat) = cosigners.get_mut(one.cosigner)
            && seat.inputs.last() != Some(&one.input)
        {
            seat.inputs.push(one.input);
        }
    }
    let seats = policy.seat_places().iter().filter_map(|place| cosigners.get(*place).cloned()).collect();
    let (inputs, required) = (packet.psbt.inputs.len(), policy.quorum().required);
    (Signatures { seats, cosigners, inputs, required, strays, spots }, valid)
}

/// The same where it is known what every input is; none is foreign.
pub(in crate::treasury::bitcoin) fn inspect_at(
    packet: &Packet,
    coins: &[Result<Coin<'_>, CoinError>],
    owns: &[Option<&Own>],
    secp: &Secp256k1<VerifyOnly>,
) -> (Vec<Valid>, Vec<Stray>) {
    let all = coins.iter().map(|coin| coin.map(Coin::output)).collect::<Result<Vec<_>, _>>().ok();
    let cache = SighashCache::new(&packet.psbt.unsigned_tx);
    let mut checker = Checker { secp, cache, all, invalid: 0, valid: Vec::new(), strays: Vec::new() };
    for (number, ((input, coin), own)) in packet.psbt.inputs.iter().zip(coins).zip(owns).enumerate() {
        checker.input(number, input, *coin, *own);
    }
    (checker.valid, checker.strays)
}

struct Checker<'a> {
    secp: &'a Secp256k1<VerifyOnly>,
    cache: SighashCache<&'a Transaction>,
    /// Every coin that is spent, when all are known: what a signature of BIP-341 is over.
    all: Option<Vec<&'a TxOut>>,
    invalid: usize,
    valid: Vec<Valid>,
    strays: Vec<Stray>,
}

/// One input while its signatures are verified.
struct At<'a> {
    number: usize,
    own: &'a Own,
    coin: &'a TxOut,
    sighash: Option<PsbtSighashType>,
    /// What was computed already.
    messages: Vec<(Over, Message)>,
}

/// What a sighash is over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    All,
    Taproot(Option<TapLeafHash>, TapSighashType),
}

impl Checker<'_> {
    fn input(&mut self, number: usize, input: &Input, coin: Result<Coin<'_>, CoinError>, own: Option<&Own>) {
        let given = given(input, own);
        let (Some(own), Ok(coin)) = (own, coin) else {
            let reason = if coin.is_ok() { StrayReason::Foreign } else { StrayReason::Unknown };
            let strays = given.into_iter().map(|given| Stray { input: number, key: given.key(), reason });
            return self.strays.extend(strays);
        };
        let coin = coin.output();
        let mut at = At { number, own, coin, sighash: input.sighash_type, messages: Vec::new() };
        let before = self.valid.len();
        for given in given {
            match self.check(&mut at, &given) {
                Ok(valid) => self.valid.extend(valid),
                Err(reason) => {
                    if reason == StrayReason::Invalid {
                        self.invalid = self.invalid.saturating_add(1);
                    }
                    self.strays.push(Stray { input: number, key: given.key(), reason });
                }
            }
        }
        // So that a seat's inputs are in order however its signatures are.
        if let Some(here) = self.valid.get_mut(before..) {
            here.sort_by_key(|valid| valid.cosigner);
        }
    }

    /// For whom a signature counts; it may be several where one key stands in several ways to spend.
    fn check(&mut self, at: &mut At<'_>, given: &Given) -> Result<Vec<Valid>, StrayReason> {
        usual(given, at.sighash)?;
        if *given == Given::Odd {
            return Err(StrayReason::Invalid);
        }
        let own = at.own;
        let fits = |key: &&Key| match (given, key.under) {
            (Given::Ecdsa(given, _), Under::Ecdsa(key)) => *given == key,
            (Given::SomeEcdsa(_), Under::Ecdsa(_)) | (Given::Output(_), Under::Output(_)) => true,
            (Given::Leaf(given, of, _), Under::Leaf(key, leaf)) => *given == key && *of == leaf,
            (Given::SomeLeaf(of, _), Under::Leaf(_, leaf)) => *of == leaf,
            _ => false,
        };
        let mut fitting = own.keys.iter().filter(fits).peekable();
        if fitting.peek().is_none() {
            return Err(StrayReason::Foreign);
        }
        if self.invalid >= MOST_INVALID {
            return Err(StrayReason::Unchecked);
        }
        let mut found: Option<(Under, Signed)> = None;
        let mut valid = Vec::new();
        for key in fitting {
            let signed = match found {
                Some((under, signed)) if under == key.under => Some(signed),
                Some(_) => None,
                None => self.verify(at, key.under, given)?,
            };
            if let Some(signature) = signed {
                found = Some((key.under, signature));
                valid.push(Valid { input: at.number, cosigner: key.cosigner, signature });
            }
        }
        if valid.is_empty() { Err(StrayReason::Invalid) } else { Ok(valid) }
    }

    /// The signature under this key, if it is valid.
    fn verify(&mut self, at: &mut At<'_>, under: Under, given: &Given) -> Result<Option<Signed>, StrayReason> {
        let signed = match (under, given) {
            (Under::Ecdsa(key), Given::Ecdsa(_, signature) | Given::SomeEcdsa(signature)) => {
                Signed::Ecdsa(key, *signature)
            }
            (Under::Output(_), Given::Output(signature)) => Signed::Output(*signature),
            (Under::Leaf(key, leaf), Given::Leaf(.., signature) | Given::SomeLeaf(_, signature)) => {
                Signed::Leaf(key, leaf, *signature)
            }
            _ => return Ok(None),
        };
        let over = match &signed {
            Signed::Ecdsa(..) => Over::All,
            Signed::Output(signature) => Over::Taproot(None, signature.sighash_type),
            Signed::Leaf(_, leaf, signature) => Over::Taproot(Some(*leaf), signature.sighash_type),
        };
        let message = self.message(at, over).ok_or(StrayReason::Unknown)?;
        let valid = match (&signed, under) {
            (Signed::Ecdsa(key, signature), _) => {
                self.secp.verify_ecdsa(&message, &signature.signature, &key.inner).is_ok()
            }
            (Signed::Output(signature), Under::Output(key)) | (Signed::Leaf(_, _, signature), Under::Leaf(key, _)) => {
                self.secp.verify_schnorr(&signature.signature, &message, &key).is_ok()
            }
            _ => false,
        };
        Ok(valid.then_some(signed))
    }
}

impl Checker<'_> {
    /// What is signed.
    fn message(&mut self, at: &mut At<'_>, over: Over) -> Option<Message> {
        if let Some((_, message)) = at.messages.iter().find(|(known, _)| *known == over) {
            return Some(*message);
        }
        let kind = EcdsaSighashType::All;
        let message = match (over, &at.own.how) {
            (Over::All, How::Legacy(code)) => {
                Message::from(self.cache.legacy_signature_hash(at.number, code, kind.to_u32()).ok()?)
            }
            (Over::All, How::Segwit(code)) => {
                Message::from(self.cache.p2wsh_signature_hash(at.number, code, at.coin.value, kind).ok()?)
            }
            (Over::Taproot(None, kind), How::Taproot(_)) => {
                let coins = Prevouts::All(self.all.as_deref()?);
                Message::from(self.cache.taproot_key_spend_signature_hash(at.number, &coins, kind).ok()?)
            }
            (Over::Taproot(Some(leaf), kind), How::Taproot(_)) => {
                let coins = Prevouts::All(self.all.as_deref()?);
                Message::from(self.cache.taproot_script_spend_signature_hash(at.number, &coins, leaf, kind).ok()?)
            }
            _ => return None,
        };
        at.messages.push((over, message));
        Some(message)
    }
}

/// A signature is over the whole transaction, and so says its input where it says anything.
fn usual(given: &Given, told: Option<PsbtSighashType>) -> Result<(), StrayReason> {
    let (fits, own) = match given {
        Given::Ecdsa(_, signature) | Given::SomeEcdsa(signature) => {
            (signature.sighash_type == EcdsaSighashType::All, signature.sighash_type.to_u32())
        }
        Given::Output(signature) | Given::Leaf(.., signature) | Given::SomeLeaf(_, signature) => {
            let kind = signature.sighash_type;
            (matches!(kind, TapSighashType::Default | TapSighashType::All), u32::from(kind as u8))
        }
        Given::Odd => return Ok(()),
    };
    if fits && told.is_none_or(|told| told.to_u32() == own) { Ok(()) } else { Err(StrayReason::Sighash) }
}
