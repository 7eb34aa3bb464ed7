//! Binance's statement, "Transaction History": `User_ID,UTC_Time,Account,Operation,Coin,Change,Remark`.
//!
//! - A row is one change of one balance. Rows of a trade belong together by their time alone: those of one second in one
//!   of Binance's accounts, and of the next while one side is still missing, are one trade. Where that leaves several
//!   assets on a side, nobody can say which was given for which, and the rows are refused together.
//! - Moves between Binance's own accounts are transfers, one for each side; they come to nothing together.
//! - Rows have no id: it is made of what they say, whatever their order, and equal ones are counted.
//! - There is no page of Binance's that describes the columns or lists the operations; they are as other programs'
//!   importers know them. An operation that is not known here is refused.

use super::prints::Prints;
use super::{Item, Sink, add, charged, each_row, entry_id, own};
use crate::market::Timestamp;
use crate::money::{Asset, Decimal};
use crate::portfolio::ledger::{Account, Entry, EntryId, Kind, Leg};
use crate::portfolio::table::{Row, Table, TableError, Trouble};
use std::collections::BTreeMap;
use std::io::Read;

pub(super) const WANTED: [&str; 5] = ["UTC_Time", "Account", "Operation", "Coin", "Change"];
const OPTIONAL: [&str; 1] = ["Remark"];

/// Operations that are a part of a trade.
const TRADES: &[&str] = &[
    "buy",
    "sell",
    "transaction related",
    "transaction buy",
    "transaction spend",
    "transaction sold",
    "transaction revenue",
];

/// Operations that are a trade among themselves.
const CONVERSIONS: &[&str] = &[
    "binance convert",
    "large otc trading",
    "small assets exchange bnb",
    "buy crypto with card",
    "eth 2.0 staking",
    "leverage token redemption",
    "stablecoins auto-conversion",
    "token swap - redenomination/rebranding",
];

const FEES: &[&str] = &["fee", "transaction fee"];

/// Fees that stand alone; some are given back.
const COSTS: &[&str] =
    &["funding fee", "commission", "bnb fee deduction", "isolated margin interest", "margin interest"];

const DEPOSITS: &[&str] =
    &["deposit", "fiat deposit", "fiat ocbs - add fiat and fees", "binance pay", "crypto box", "receive"];

const WITHDRAWALS: &[&str] =
    &["withdraw", "withdrawal", "fiat withdraw", "fiat withdrawal", "send", "binance card spending"];

const REWARDS: &[&str] = &[
    "airdrop assets",
    "binance card cashback",
    "bnb vault rewards",
    "campaign related reward",
    "cash voucher distribution",
    "cashback voucher",
    "commission fee shared with you",
    "commission history",
    "commission rebate",
    "distribution",
    "dot slot auction rewards",
    "eth 2.0 staking rewards",
    "hodler airdrops distribution",
    "launchpool airdrop",
    "launchpool earnings withdrawal",
    "launchpool interest",
    "liquid swap rewards",
    "megadrop rewards",
    "pool distribution",
    "pos savings interest",
    "referral commission",
    "referral kickback",
    "referrer rebates",
    "savings distribution",
    "savings interest",
    "simple earn flexible airdrop",
    "simple earn flexible interest",
    "simple earn locked rewards",
    "staking rewards",
    "super bnb mining",
    "swap farming rewards",
    "token swap - distribution",
];

/// Moves between Binance's accounts, besides those that say `transfer`.
const MOVES: &[&str] = &[
    "launchpad subscribe",
    "launchpool subscription/redemption",
    "pos savings purchase",
    "pos savings redemption",
    "savings principal redemption",
    "savings purchase",
    "simple earn flexible redemption",
    "simple earn flexible subscription",
    "simple earn locked redemption",
    "simple earn locked subscription",
    "staking purchase",
    "staking redemption",
];

const SETTLEMENTS: &[&str] = &["realized profit and loss", "realize profit and loss", "insurance fund compensation"];

/// What a row is.
#[derive(Clone, Copy)]
enum Sort {
    /// A side of a trade, or its fee; those with one name belong together.
    Part { of: &'static str, fee: bool },
    /// An entry by itself.
    Whole(fn(Decimal) -> Kind),
}

/// The rows of one second that may be one trade.
struct Group {
    line: u64,
    at: Timestamp,
    /// The second of its last row.
    last: Timestamp,
    account: String,
    of: &'static str,
    changes: BTreeMap<Asset, Decimal>,
    fees: BTreeMap<Asset, Decimal>,
    rows: Vec<String>,
}

pub(super) fn read(source: impl Read, account: &Account, sink: Sink<'_>) -> Result<(), TableError> {
    let table = Table::open(source, &WANTED, &OPTIONAL)?;
    let (mut open, mut prints): (Vec<Group>, Prints) = (Vec::new(), Prints::default());
    each_row(table, sink, |row, sink| {
        let row = row?;
        let at = row.moment("UTC_Time")?;
        // What no later row can complete is done.
        let mut waiting = Vec::new();
        for group in open.drain(..) {
            let near = at.nanos().abs_diff(group.last.nanos()) <= 1_000_000_000;
            if group.last == at || near && !group.is_complete() {
                waiting.push(group);
            } else {
                sink(group.close(account, &mut prints));
            }
        }
        open = waiting;
        let operation = row.text("Operation")?.to_lowercase();
        let (asset, change) = (row.asset("Coin")?, row.decimal("Change")?);
        match sort(row, &operation)? {
            Sort::Whole(kind) => {
                let id = prints.id(fields(row, change));
                sink(Item::entry(row.line, single(row, account, kind(change), &asset, change, &id)?));
            }
            Sort::Part { of, fee } => {
                let named = row.text("Account")?;
                let place = open.iter().position(|group| group.account == named && group.of == of);
                let mut group = match place {
                    Some(place) => open.swap_remove(place),
                    None => Group::new(row.line, at, named, of),
                };
                let sums = if fee { &mut group.fees } else { &mut group.changes };
                add(row, sums.entry(asset).or_default(), change)?;
                group.last = at;
                group.rows.push(fields(row, change).join("\u{1f}"));
                open.push(group);
            }
        }
        Ok(())
    })?;
    open.into_iter().for_each(|group| sink(group.close(account, &mut prints)));
    Ok(())
}

/// What a row says, however its number is written.
fn fields(row: &Row<'_>, change: Decimal) -> [String; 6] {
    let text = |column| row.optional(column).unwrap_or_default().to_owned();
    let change = crate::money::plain(change);
    [text("UTC_Time"), text("Account"), text("Operation"), text("Coin"), change, text("Remark")]
}

fn sort(row: &Row<'_>, operation: &str) -> Result<Sort, TableError> {
    let is = |list: &[&str]| list.contains(&operation);
    if let Some(of) = CONVERSIONS.iter().find(|name| **name == operation) {
        return Ok(Sort::Part { of, fee: false });
    }
    Ok(match () {
        () if is(TRADES) => Sort::Part { of: "", fee: false },
        () if is(FEES) => Sort::Part { of: "", fee: true },
        () if is(COSTS) => Sort::Whole(|_| Kind::Fee),
        () if is(DEPOSITS) || is(WITHDRAWALS) => Sort::Whole(|change| either(change, Kind::Deposit)),
        () if is(REWARDS) => Sort::Whole(|change| either(change, Kind::Reward)),
        () if is(SETTLEMENTS) => Sort::Whole(|_| Kind::Settlement),
        () if is(MOVES) || operation.contains("transfer") => Sort::Whole(|_| Kind::Transfer),
        () => {
            let known =
                "the operations that are known: trades, conversions, fees, deposits, withdrawals, transfers, earnings";
            return Err(row.unknown("Operation", known));
        }
    })
}

/// The kind of what came in; what went out under the same name is a withdrawal.
fn either(change: Decimal, into: Kind) -> Kind {
    if change.is_sign_negative() { Kind::Withdrawal } else { into }
}

fn single(
    row: &Row<'_>,
    account: &Account,
    kind: Kind,
    asset: &Asset,
    change: Decimal,
    id: &str,
) -> Result<Entry, TableError> {
    let leg = if kind == Kind::Fee { charged(asset, change) } else { own(asset, change) };
    let note = row.optional("Remark").or(row.optional("Operation")).map(|words| words.chars().take(200).collect());
    let (account, at) = (account.clone(), row.moment("UTC_Time")?);
    Ok(Entry { id: entry_id(row, id)?, account, at, kind, legs: vec![leg], note })
}

impl Group {
    fn new(line: u64, at: Timestamp, account: &str, of: &'static str) -> Self {
        let (changes, fees) = (BTreeMap::new(), BTreeMap::new());
        Self { line, at, last: at, account: account.to_owned(), of, changes, fees, rows: Vec::new() }
    }

    fn is_complete(&self) -> bool {
        let side = |out| self.changes.values().any(|change| !change.is_zero() && change.is_sign_negative() == out);
        side(true) && side(false)
    }

    fn close(mut self, account: &Account, prints: &mut Prints) -> Item {
        self.rows.sort();
        let refused =
            |reason: &str| Item::Refused(TableError { line: self.line, trouble: Trouble::Refused(reason.to_owned()) });
        let moved = || self.changes.iter().filter(|(_, change)| !change.is_zero());
        let into: Vec<_> = moved().filter(|(_, change)| change.is_sign_positive()).collect();
        let out: Vec<_> = moved().filter(|(_, change)| change.is_sign_negative()).collect();
        let kind = match (into.len(), out.len()) {
            (1, 1) => Kind::Trade,
            (0, 0) => Kind::Fee,
            (0, _) | (_, 0) => {
                return refused("one side of a trade; the other is not in the rows of that second or the next");
            }
            _ => {
                return refused(
                    "several assets were given or got in one second, and nothing says which for which; \
                     the trade history (binance-trades) does",
                );
            }
        };
        let mut legs: Vec<Leg> = into.iter().chain(&out).map(|(asset, change)| own(asset, **change)).collect();
        legs.extend(self.fees.iter().filter(|(_, fee)| !fee.is_zero()).map(|(asset, fee)| charged(asset, *fee)));
        match EntryId::new(&prints.id(&self.rows)) {
            Ok(id) => {
                let entry = Entry { id, account: account.clone(), at: self.at, kind, legs, note: None };
                Item::entry(self.line, entry)
            }
            Err(error) => refused(&error.to_string()),
        }
    }
}
