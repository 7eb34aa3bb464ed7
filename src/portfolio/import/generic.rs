//! A table that a person made, or this program, or another program with a [`Mapping`](super::Mapping) beside it.
//!
//! | column | holds |
//! |---|---|
//! | `date` | when |
//! | `type` | one of [`TYPES`] |
//! | `asset`, `quantity` | what, and how much; above zero but for a `transfer`, `settlement` or `correction`, where what went out is negative |
//! | `price` or `total`, `currency` | of a `buy` or `sell`: the price of one, or that of all, and in what; of a `price`: what one is worth |
//! | `fee`, `fee_asset` | what was paid beside it; in `currency`, or else in `asset`, where no `fee_asset` is named |
//! | `account` | which account, where the rows are about more than one |
//! | `id`, `note` | the source's own id, if it has any; words |
//! | `units` | of `subscribe` and `redeem`: the units of the fund |
//! | `until` | of a `price`: when it ends |
//! | `corrects` | of a `correction`: the id of what was wrong |
//! | `leg` | `own` or `fee`: the row is one leg of an entry, `quantity` is what the balance changed by, and rows with one `id` and account behind one another are one entry |
//!
//! Without `leg` a row is an entry. With it, every entry of a ledger can be written, and so this program writes them.

use super::prints::Prints;
use super::{Item, Reading, Sink, charged, each_row, entry_id, own};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, Price, Quantity};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind, Leg};
use crate::portfolio::table::{Layout, Row, Table, TableError, Trouble};
use std::io::Read;

pub(super) const WANTED: [&str; 3] = ["date", "type", "asset"];

/// The columns that an id is made of, where a row has none.
const PRINTED: [&str; 10] =
    ["date", "type", "asset", "quantity", "price", "currency", "fee", "fee_asset", "id", "note"];

/// All columns, as this program writes them.
pub const COLUMNS: [&str; 16] = [
    "date",
    "type",
    "account",
    "asset",
    "quantity",
    "leg",
    "price",
    "total",
    "currency",
    "fee",
    "fee_asset",
    "units",
    "until",
    "corrects",
    "id",
    "note",
];

/// Longer notes are cut here.
const LONGEST_NOTE: usize = 200;

/// What may stand in `type`.
pub const TYPES: &str = "buy, sell, trade, deposit, withdrawal, transfer, fee, reward, interest, dividend, borrow, \
                         repay, settlement, subscribe, redeem, price, correction";

/// The entry whose legs are being read.
struct Open {
    line: u64,
    /// The account and the id, as they are written.
    name: (String, String),
    /// `None` when one of its rows was refused.
    entry: Option<Entry>,
}

struct Rows<'a> {
    reading: &'a Reading<'a>,
    open: Option<Open>,
    prints: Prints,
}

pub(super) fn read(source: impl Read, reading: &Reading<'_>, sink: Sink<'_>) -> Result<(), TableError> {
    let layout = reading.mapping.map_or_else(Layout::default, |mapping| mapping.layout.clone());
    let optional: Vec<&'static str> = COLUMNS.into_iter().filter(|column| !WANTED.contains(column)).collect();
    let table = Table::laid_out(source, &WANTED, &optional, layout)?;
    let mut rows = Rows { reading, open: None, prints: Prints::default() };
    each_row(table, sink, |row, sink| rows.take(row, sink))?;
    rows.close(sink);
    Ok(())
}

impl Rows<'_> {
    fn take(&mut self, row: Result<&Row<'_>, TableError>, sink: Sink<'_>) -> Result<(), TableError> {
        // Whose row it was that cannot be read, nobody knows.
        let row = row.inspect_err(|_| self.spoil(sink))?;
        if row.optional("leg").is_some() {
            let text = |column| row.optional(column).unwrap_or_default().to_owned();
            let (line, name) = (row.line, (text("account"), text("id")));
            if self.open.as_ref().is_none_or(|open| open.name != name) {
                self.close(sink);
                self.open = Some(Open { line, name, entry: None });
                let leg = self.leg(row)?;
                self.open.iter_mut().for_each(|open| open.entry = Some(leg.clone()));
                return Ok(());
            }
            return self.further(row).inspect_err(|_| self.spoil(sink));
        }
        self.close(sink);
        let Some(entry) = self.whole(row)? else {
            sink(Item::Skipped { line: row.line, reason: "the mapping passes over this type" });
            return Ok(());
        };
        sink(Item::entry(row.line, entry));
        Ok(())
    }

    /// Hands over the entry that is complete.
    fn close(&mut self, sink: Sink<'_>) {
        if let Some(Open { line, entry: Some(entry), .. }) = self.open.take() {
            sink(Item::entry(line, entry));
        }
    }

    /// Gives up the entry that lacks a row.
    fn spoil(&mut self, sink: Sink<'_>) {
        let Some(Open { line, name: (_, id), entry }) = &mut self.open else { return };
        if entry.take().is_some() {
            sink(Item::Refused(TableError::refused(*line, format!("another row of entry {id} is refused"))));
        }
    }

    /// One more leg of the open entry.
    fn further(&mut self, row: &Row<'_>) -> Result<(), TableError> {
        let refused = |reason: &str| Err(row.fault(Trouble::Refused(reason.to_owned())));
        let more = self.leg(row)?;
        let Some(Open { entry: Some(entry), .. }) = &mut self.open else {
            return refused("another row of its entry is refused");
        };
        let heads = |entry: &Entry| (entry.at, entry.kind.clone());
        if heads(entry) != heads(&more) || more.note.is_some() && more.note != entry.note {
            return refused("it has the id of the row before, and another date, type or note");
        }
        entry.legs.extend(more.legs);
        Ok(())
    }

    /// An entry with the one leg that the row is.
    fn leg(&self, row: &Row<'_>) -> Result<Entry, TableError> {
        let word = self.word(row)?.unwrap_or_default();
        let (asset, amount) = (row.asset("asset")?, row.decimal("quantity")?);
        let leg = match row.text("leg")?.to_ascii_lowercase().as_str() {
            "own" => own(&asset, amount),
            "fee" => charged(&asset, amount),
            _ => return Err(row.unknown("leg", "own, fee")),
        };
        self.entry(row, entry_id(row, row.text("id")?)?, kind(row, &word)?, vec![leg])
    }

    /// The entry that the row is by itself; `None` when its type is to be passed over.
    fn whole(&mut self, row: &Row<'_>) -> Result<Option<Entry>, TableError> {
        let refused = |error: String| row.fault(Trouble::Refused(error));
        let Some(word) = self.word(row)? else { return Ok(None) };
        let asset = row.asset("asset")?;
        if word == "price" {
            let kind = price(row, asset)?;
            let id = self.id(row)?;
            return self.entry(row, id, kind, Vec::new()).map(Some);
        }
        let quantity = self.magnitude(row.decimal("quantity")?);
        let signed = ["transfer", "settlement", "correction"].contains(&word.as_str());
        if quantity.is_sign_negative() && !signed {
            return Err(refused(format!(
                "a quantity of {quantity}; only a transfer, a settlement or a correction may have one below zero"
            )));
        }
        let (mut legs, mut currency) = (Vec::new(), asset.clone());
        let kind = match word.as_str() {
            "buy" | "sell" => {
                currency = row.asset("currency")?;
                let total = self.magnitude(total(row, quantity)?);
                let buys = word == "buy";
                legs.push(own(&asset, if buys { quantity } else { -quantity }));
                legs.push(own(&currency, if buys { -total } else { total }));
                Kind::Trade
            }
            "trade" => {
                return Err(refused("a trade of one row is a buy or a sell; rows with a leg are a trade".to_owned()));
            }
            word => {
                let kind = kind(row, word)?;
                legs.push(match kind {
                    Kind::Fee => charged(&asset, -quantity),
                    Kind::Withdrawal | Kind::Repay | Kind::Redemption { .. } => own(&asset, -quantity),
                    _ => own(&asset, quantity),
                });
                kind
            }
        };
        let fee = self.magnitude(row.decimal_or_zero("fee")?);
        if fee.is_sign_negative() && !fee.is_zero() {
            return Err(refused(format!("a fee of {fee} is below zero")));
        }
        if !fee.is_zero() {
            let paid_in = if row.optional("fee_asset").is_some() { row.asset("fee_asset")? } else { currency };
            legs.push(charged(&paid_in, -fee));
        }
        let id = self.id(row)?;
        self.entry(row, id, kind, legs).map(Some)
    }

    fn magnitude(&self, number: Decimal) -> Decimal {
        let unsigned = self.reading.mapping.is_some_and(|mapping| mapping.unsigned);
        if unsigned { number.abs() } else { number }
    }

    /// The type in our words; `None` when it is to be passed over.
    fn word(&self, row: &Row<'_>) -> Result<Option<String>, TableError> {
        let theirs = row.text("type")?.to_lowercase();
        match self.reading.mapping.and_then(|mapping| mapping.types.get(&theirs)) {
            Some(ours) => Ok(ours.clone()),
            None => Ok(Some(theirs)),
        }
    }

    fn id(&mut self, row: &Row<'_>) -> Result<EntryId, TableError> {
        match row.optional("id") {
            Some(id) => entry_id(row, id),
            None => {
                let usual = PRINTED.iter().map(|column| row.optional(column).unwrap_or_default());
                let others = COLUMNS.iter().filter(|column| !PRINTED.contains(column));
                let more = others.filter_map(|column| Some([column, row.optional(column)?])).flatten();
                let id = self.prints.id(usual.chain(more));
                entry_id(row, &id)
            }
        }
    }

    fn entry(&self, row: &Row<'_>, id: EntryId, kind: Kind, legs: Vec<Leg>) -> Result<Entry, TableError> {
        let account = match (row.optional("account"), self.reading.account) {
            (Some(name), _) => {
                Account::new(name).map_err(|error| row.fault(Trouble::Refused(format!("account: {error}"))))?
            }
            (None, Some(account)) => account.clone(),
            (None, None) => return Err(row.fault(Trouble::Missing { column: "account" })),
        };
        let note = row.verbatim("note").map(|note| note.chars().take(LONGEST_NOTE).collect());
        Ok(Entry { id, account, at: row.moment("date")?, kind, legs, note })
    }
}

fn kind(row: &Row<'_>, word: &str) -> Result<Kind, TableError> {
    let units = || row.decimal("units").map(Quantity::new);
    Ok(match word {
        "trade" => Kind::Trade,
        "deposit" => Kind::Deposit,
        "withdrawal" => Kind::Withdrawal,
        "transfer" => Kind::Transfer,
        "fee" => Kind::Fee,
        "reward" | "interest" => Kind::Reward,
        "dividend" => Kind::Dividend,
        "borrow" => Kind::Borrow,
        "repay" => Kind::Repay,
        "settlement" => Kind::Settlement,
        "subscribe" | "subscription" => Kind::Subscription { units: units()? },
        "redeem" | "redemption" => Kind::Redemption { units: units()? },
        "correction" => Kind::Correction { of: entry_id(row, row.text("corrects")?)? },
        _ => return Err(row.unknown("type", TYPES)),
    })
}

/// What somebody says that an asset is worth.
fn price(row: &Row<'_>, asset: Asset) -> Result<Kind, TableError> {
    if row.optional("quantity").is_some() {
        return Err(row.fault(Trouble::Refused("a price has no quantity: it is that of one".to_owned())));
    }
    let until: Option<Timestamp> = row.optional("until").map(|_| row.moment("until")).transpose()?;
    Ok(Kind::Price { asset, price: Price::new(row.decimal("price")?), currency: row.asset("currency")?, until })
}

/// What was paid for all of it, to the last digit.
fn total(row: &Row<'_>, quantity: Decimal) -> Result<Decimal, TableError> {
    if row.optional("total").is_some() {
        let total = row.decimal("total")?;
        return match row.optional("price") {
            Some(_) => Err(row.fault(Trouble::Refused("both a price and a total; one of them says it".to_owned()))),
            None => Ok(total),
        };
    }
    let (price, quantity) = (row.decimal("price")?.normalize(), quantity.normalize());
    let product = price.mantissa().checked_mul(quantity.mantissa());
    product
        .and_then(|product| Decimal::try_from_i128_with_scale(product, price.scale() + quantity.scale()).ok())
        .ok_or_else(|| {
            let reason = format!("{quantity} at {price} has too many digits to be kept exactly; say the total instead");
            row.fault(Trouble::Refused(reason))
        })
}
