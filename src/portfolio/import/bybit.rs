//! Bybit's transaction log of the unified trading account. <https://bybit-exchange.github.io/docs/v5/account/transaction-log>
//!
//! - A row is one change of one balance: `Change` is what `Cash Flow`, `Funding` and `Fee Paid` come to. Their signs differ
//!   between exports, so they are taken as they add up; a row in which they do not is refused.
//! - A spot trade has two rows with one time, contract, direction and price, one for each asset. A trade of a contract has
//!   one, which settles a profit or a loss, or only costs its fee.
//! - A line with the user's number may stand before the header; `--` is nothing. Names of columns differ (`Time`,
//!   `Time(UTC)`; `TradeId`, `Trade ID`), and some exports have no ids: they are made of what the rows say.
//! - The page describes the same log of the API. The columns of the file, and that both rows of a spot trade have one
//!   price, are as other programs' importers know them.

use super::prints::Prints;
use super::{Item, Sink, add, charged, each_row, own};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal, exact_sum, plain};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind, Leg};
use crate::portfolio::table::{Layout, Row, Table, TableError, Trouble};
use std::collections::BTreeMap;
use std::io::Read;

pub(super) const WANTED: [&str; 10] = [
    "Currency",
    "Contract",
    "Type",
    "Direction",
    "Quantity",
    "Filled Price",
    "Funding",
    "Fee Paid",
    "Cash Flow",
    "Change",
];
const OPTIONAL: [&str; 5] = ["Time", "Time(UTC)", "TradeId", "Trade ID", "Wallet Balance"];

const TYPES: &str = "TRADE, LIQUIDATION, ADL, SETTLEMENT, DELIVERY, TRANSFER_IN, TRANSFER_OUT, INTEREST, FEE_REFUND, BONUS, \
                     AIRDROP, CURRENCY_BUY, CURRENCY_SELL";

/// Rows with one time that are one trade.
struct Group {
    line: u64,
    id: Option<String>,
    contract: String,
    own: BTreeMap<Asset, Decimal>,
    fees: BTreeMap<Asset, Decimal>,
    /// Whether a row's change is the quantity that was traded, not a profit or a loss.
    exchanges: bool,
    rows: Vec<String>,
}

pub(super) fn read(source: impl Read, account: &Account, sink: Sink<'_>) -> Result<(), TableError> {
    let table = Table::laid_out(source, &WANTED, &OPTIONAL, Layout::behind(3))?;
    let mut prints = Prints::default();
    let mut open: (Option<Timestamp>, BTreeMap<String, Group>) = (None, BTreeMap::new());
    each_row(table, sink, |row, sink| {
        let row = row?;
        let at = row.moment(if row.optional("Time(UTC)").is_some() { "Time(UTC)" } else { "Time" })?;
        if open.0 != Some(at) {
            let before = std::mem::replace(&mut open, (Some(at), BTreeMap::new()));
            close(before, account, &mut prints, sink);
        }
        let asset = row.asset("Currency")?;
        let (moved, fee) = parts(row)?;
        // Both `transferIn` and `TRANSFER_IN` are found.
        let kind = row.text("Type")?.to_ascii_uppercase().replace('_', "");
        let kind = match kind.as_str() {
            "TRADE" | "CURRENCYBUY" | "CURRENCYSELL" => {
                return join(row, &mut open.1, asset, moved, fee);
            }
            "TRANSFERIN" | "TRANSFEROUT" => Kind::Transfer,
            "INTEREST" | "FEEREFUND" => Kind::Fee,
            "BONUS" | "AIRDROP" => Kind::Reward,
            "SETTLEMENT" | "FUNDING" | "DELIVERY" | "LIQUIDATION" | "ADL" if moved.is_zero() => Kind::Fee,
            "SETTLEMENT" | "FUNDING" | "DELIVERY" | "LIQUIDATION" | "ADL" => Kind::Settlement,
            _ => return Err(row.unknown("Type", TYPES)),
        };
        let moved = if kind == Kind::Fee { charged(&asset, moved) } else { own(&asset, moved) };
        let legs = [moved, charged(&asset, fee)].into_iter().filter(|leg| !leg.amount.is_zero()).collect();
        let id = super::entry_id(row, &prints.id(fields(row)?))?;
        let note = stated(row, "Contract").map(|contract| contract.chars().take(200).collect());
        sink(Item::entry(row.line, Entry { id, account: account.clone(), at, kind, legs, note }));
        Ok(())
    })?;
    close(open, account, &mut prints, sink);
    Ok(())
}

/// A field that holds more than the sign for nothing.
fn stated<'a>(row: &'a Row<'_>, column: &'static str) -> Option<&'a str> {
    row.optional(column).filter(|text| *text != "--")
}

fn amount(row: &Row<'_>, column: &'static str) -> Result<Decimal, TableError> {
    let long = stated(row, column).unwrap_or("0");
    // Twenty decimals are written out, mostly zeros.
    let short = if long.contains('.') { long.trim_end_matches('0').trim_end_matches('.') } else { long };
    row.number(column, short)
}

/// What a row says, however its numbers are written.
fn fields(row: &Row<'_>) -> Result<Vec<String>, TableError> {
    let mut fields = Vec::new();
    for column in ["Time(UTC)", "Time", "Currency", "Contract", "Type", "Direction"] {
        fields.extend(stated(row, column).map(|text| text.to_ascii_uppercase().replace('_', "")));
    }
    for column in ["Quantity", "Filled Price", "Funding", "Fee Paid", "Cash Flow", "Change", "Wallet Balance"] {
        fields.push(plain(amount(row, column)?));
    }
    Ok(fields)
}

/// What moved and what was paid for it, so that both come to the change of the balance.
fn parts(row: &Row<'_>) -> Result<(Decimal, Decimal), TableError> {
    let (change, flow) = (amount(row, "Change")?, amount(row, "Cash Flow")?);
    let (funding, fee, quantity) = (amount(row, "Funding")?, amount(row, "Fee Paid")?, amount(row, "Quantity")?);
    let sum = |a, b| exact_sum(a, b);
    for (funding, fee) in [(funding, fee), (-funding, -fee), (funding, -fee), (-funding, fee)] {
        let moved = sum(flow, funding);
        if moved.and_then(|moved| sum(moved, fee)) == Some(change) {
            return Ok((moved.unwrap_or_default(), fee));
        }
    }
    // Some exports leave the cash flow of a spot trade empty: the quantity is what moved.
    for fee in [fee, -fee] {
        let moved = sum(change, -fee);
        if flow.is_zero() && moved.is_some_and(|moved| moved.abs() == quantity.abs()) {
            return Ok((moved.unwrap_or_default(), fee));
        }
    }
    let reason = "the change is not what the cash flow, the funding and the fee come to";
    Err(row.fault(Trouble::Refused(reason.to_owned())))
}

/// Puts a row to the others of its trade.
fn join(
    row: &Row<'_>,
    open: &mut BTreeMap<String, Group>,
    asset: Asset,
    moved: Decimal,
    fee: Decimal,
) -> Result<(), TableError> {
    let id = stated(row, "TradeId").or(stated(row, "Trade ID")).map(str::to_owned);
    let contract = stated(row, "Contract").unwrap_or_default().to_owned();
    let direction = stated(row, "Direction").unwrap_or_default();
    let price = plain(amount(row, "Filled Price")?);
    // A currency that is bought and one that is sold for it have different directions.
    let key = id.clone().unwrap_or_else(|| match contract.as_str() {
        "" => String::new(),
        contract => format!("{contract}\u{1f}{direction}\u{1f}{price}"),
    });
    let quantity = amount(row, "Quantity")?;
    let fields = fields(row)?.join("\u{1f}");
    let group = open.entry(key).or_insert_with(|| Group {
        line: row.line,
        id,
        contract,
        own: BTreeMap::new(),
        fees: BTreeMap::new(),
        exchanges: false,
        rows: Vec::new(),
    });
    group.exchanges |= !moved.is_zero() && moved.abs() == quantity.abs();
    add(row, group.own.entry(asset.clone()).or_default(), moved)?;
    add(row, group.fees.entry(asset).or_default(), fee)?;
    group.rows.push(fields);
    Ok(())
}

/// Hands over the trades of one time.
fn close(
    (at, groups): (Option<Timestamp>, BTreeMap<String, Group>),
    account: &Account,
    prints: &mut Prints,
    sink: Sink<'_>,
) {
    let Some(at) = at else { return };
    for mut group in groups.into_values() {
        group.rows.sort();
        let legs = |sums: &BTreeMap<Asset, Decimal>, make: fn(&Asset, Decimal) -> Leg| -> Vec<Leg> {
            let moved = sums.iter().filter(|(_, amount)| !amount.is_zero());
            let mut legs: Vec<Leg> = moved.map(|(asset, amount)| make(asset, *amount)).collect();
            legs.sort_by_key(|leg| leg.amount.get().is_sign_negative());
            legs
        };
        let (mut own, fees) = (legs(&group.own, own), legs(&group.fees, charged));
        let kind = match own.as_slice() {
            [] if fees.is_empty() => {
                sink(Item::Skipped { line: group.line, reason: "a trade that changed no balance" });
                continue;
            }
            [] => Kind::Fee,
            [_] if group.exchanges => {
                let reason = "one side of a spot trade; the other is not in the rows of that time".to_owned();
                sink(Item::Refused(TableError::refused(group.line, reason)));
                continue;
            }
            [_] => Kind::Settlement,
            _ => Kind::Trade,
        };
        own.extend(fees);
        let id = group.id.unwrap_or_else(|| prints.id(&group.rows));
        let note = Some(group.contract).filter(|contract| !contract.is_empty());
        sink(match EntryId::new(&id) {
            Ok(id) => Item::entry(group.line, Entry { id, account: account.clone(), at, kind, legs: own, note }),
            Err(error) => Item::Refused(TableError::refused(group.line, error.to_string())),
        });
    }
}
