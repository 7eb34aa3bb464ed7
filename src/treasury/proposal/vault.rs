//! A wallet as the treasury knows it: what people said about it, beside what its descriptors say.

use super::{Identity, SeatId};
use crate::market::Timestamp;
use crate::treasury::bitcoin::coins::Marks;
use crate::treasury::bitcoin::labels::{About, Labels};
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use bitcoin::bip32::Fingerprint;
use std::collections::BTreeMap;

/// The proof of a device that it has taken the wallet's policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Under which name the device has it.
    pub name: String,
    /// What the device calls the policy, in hex.
    pub policy_id: String,
    /// The proof, in hex.
    pub hmac: String,
    /// When it was given.
    pub at: Timestamp,
}

/// A wallet and what was said about it.
#[derive(Clone, Debug)]
pub struct Vault {
    /// The wallet.
    pub wallet: Wallet,
    /// Of which program's format its file was.
    pub format: String,
    /// What was noticed when it was read.
    pub notes: Vec<String>,
    /// Since when it is watched.
    pub added_at: Timestamp,
    /// Why it is only looked at, when it is.
    pub archived: Option<String>,
    /// The version of its policy; the first is 1.
    pub policy: u32,
    /// People's names for its seats.
    pub names: BTreeMap<SeatId, String>,
    /// Which seats have confirmed the first address, and when.
    pub confirmed: BTreeMap<SeatId, Timestamp>,
    /// Who speaks for which seat.
    pub claims: BTreeMap<SeatId, Identity>,
    /// What devices have proved.
    pub registrations: BTreeMap<Fingerprint, Registration>,
    /// The last address that was handed out.
    pub given: Option<u32>,
    /// Labels, and which coins are not to be spent.
    pub labels: Labels,
}

impl Vault {
    pub(super) fn new(wallet: Wallet, format: String, notes: Vec<String>, at: Timestamp) -> Self {
        Self {
            wallet,
            format,
            notes,
            added_at: at,
            archived: None,
            policy: 1,
            names: BTreeMap::new(),
            confirmed: BTreeMap::new(),
            claims: BTreeMap::new(),
            registrations: BTreeMap::new(),
            given: None,
            labels: Labels::default(),
        }
    }

    /// The seats that have not confirmed the first address.
    pub fn unconfirmed(&self) -> Vec<SeatId> {
        let seats = SeatId::all(self.wallet.policy()).map(|(seat, _)| seat);
        seats.filter(|seat| !self.confirmed.contains_key(seat)).collect()
    }

    /// The wallet's first address, which every cosigner has to read on a device of their own.
    pub fn first_address(&self) -> Option<String> {
        self.wallet.address(Spot { chain: Chain::Receive, index: 0 }).map(|address| address.to_string())
    }

    /// What people decided about coins and transactions.
    pub fn marks(&self) -> Marks {
        let mut marks = Marks::default();
        for label in self.labels.iter() {
            let text = label.text().filter(|text| !text.is_empty()).map(|text| text.into_owned());
            match label.about() {
                About::Output(coin) => {
                    if label.spendable() == Some(false) {
                        marks.frozen.insert(*coin);
                    }
                    marks.coins.extend(text.map(|text| (*coin, text)));
                }
                About::Transaction(txid) => marks.transactions.extend(text.map(|text| (*txid, text))),
                _ => {}
            }
        }
        marks
    }

    /// Whether the seat is one of this wallet's.
    pub fn has(&self, seat: SeatId) -> bool {
        SeatId::all(self.wallet.policy()).any(|(known, _)| known == seat)
    }

    /// What people call a seat: its name, or its fingerprint.
    pub fn seat_name(&self, seat: SeatId) -> String {
        self.names.get(&seat).cloned().unwrap_or_else(|| seat.to_string())
    }
}
