//! A transaction: its postings, that they come to nothing, and what it is for one who has some of the accounts.

use super::amount::Amount;
use crate::money::{Asset, Decimal, exact_sum};
use crate::portfolio::import::{charged, own};
use crate::portfolio::ledger::{Kind, Leg};
use crate::portfolio::table::TableError;
use std::collections::BTreeMap;

/// All postings, with an amount each.
#[derive(Debug, PartialEq, Eq)]
pub struct Transaction(Vec<Posting>);

#[derive(Debug, PartialEq, Eq)]
struct Posting {
    account: String,
    amount: Amount,
    /// What it counts as: itself, or what it cost.
    weight: Amount,
}

/// Sums by commodity.
type Sums = BTreeMap<Asset, Decimal>;

/// What another side is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Fee,
    Income,
    Dividend,
    Assets,
    Equity,
    Other,
}

impl Transaction {
    /// Reads the lines below a date.
    pub fn parse(lines: &[(u64, String)]) -> Result<Self, TableError> {
        let (mut postings, mut elided) = (Vec::new(), None);
        let mut sums = Sums::new();
        let first = lines.first().map_or(1, |(line, _)| *line);
        for (line, text) in lines {
            let refused = |reason: String| TableError::refused(*line, reason);
            let text = text.split(';').next().unwrap_or_default().trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let text = text.strip_prefix(['*', '!']).unwrap_or(text).trim_start();
            if text.starts_with(['(', '[', '<']) {
                return Err(refused("a virtual posting is not understood".to_owned()));
            }
            let end = [text.find("  "), text.find('\t')].into_iter().flatten().min().unwrap_or(text.len());
            let (account, rest) = text.split_at_checked(end).unwrap_or((text, ""));
            let account = account.to_owned();
            match rest.trim() {
                "" if elided.is_some() => return Err(refused("a second posting without an amount".to_owned())),
                "" => elided = Some((*line, account)),
                rest => {
                    let (amount, weight) = weighed(rest).map_err(refused)?;
                    sum(&mut sums, &weight, *line)?;
                    postings.push(Posting { account, amount, weight });
                }
            }
        }
        sums.retain(|_, sum| !sum.is_zero());
        match elided {
            Some((_, account)) => postings.extend(sums.into_iter().map(|(asset, sum)| {
                let amount = Amount { number: -sum, asset };
                Posting { account: account.clone(), weight: amount.clone(), amount }
            })),
            None => {
                let signs: Vec<bool> = sums.values().map(|sum| sum.is_sign_negative()).collect();
                // Two commodities without a price are given for one another.
                if !matches!(signs.as_slice(), [] | [true, false] | [false, true]) {
                    return Err(TableError::refused(first, "the postings do not come to nothing".to_owned()));
                }
            }
        }
        Ok(Self(postings))
    }

    /// What it is for one who has the accounts that begin with `prefix`; `None` when it is about others.
    pub fn seen_from(&self, prefix: &str, line: u64) -> Result<Option<(Kind, Vec<Leg>)>, TableError> {
        let refused = |reason: &str| Err(TableError::refused(line, reason.to_owned()));
        let ours = |posting: &&Posting| below(&posting.account, prefix);
        if !self.0.iter().any(|posting| ours(&posting)) {
            return Ok(None);
        }
        let (mut moved, mut fees) = (Sums::new(), Sums::new());
        for posting in self.0.iter().filter(ours) {
            sum(&mut moved, &posting.amount, line)?;
        }
        moved.retain(|_, sum| !sum.is_zero());
        let others = || self.0.iter().filter(|posting| !ours(posting));
        for posting in others().filter(|posting| side(&posting.account) == Side::Fee) {
            // A fee that somebody else paid is none of ours.
            if moved.contains_key(&posting.weight.asset) {
                sum(&mut fees, &posting.weight, line)?;
            }
        }
        for (asset, fee) in &fees {
            sum(&mut moved, &Amount { number: *fee, asset: asset.clone() }, line)?;
        }
        moved.retain(|_, sum| !sum.is_zero());
        let mut sides: Vec<&Posting> = others().filter(|posting| side(&posting.account) != Side::Fee).collect();
        sides.retain(|posting| !posting.weight.number.is_zero());
        let (into, out): (Vec<_>, Vec<_>) = moved.iter().partition(|(_, sum)| sum.is_sign_positive());
        let kind = match (into.as_slice(), out.as_slice()) {
            ([], []) if fees.is_empty() => return refused("it moves nothing between these accounts and others"),
            ([], []) => Kind::Fee,
            ([_], [_]) if sides.iter().all(|posting| side(&posting.account) == Side::Equity) => Kind::Trade,
            ([(asset, _)], []) => single(&sides, asset, true).map_err(|reason| TableError::refused(line, reason))?,
            ([], [(asset, _)]) => single(&sides, asset, false).map_err(|reason| TableError::refused(line, reason))?,
            ([_], [_]) => {
                return refused("a trade with a side of its own; write what else happened as a transaction by itself");
            }
            _ => return refused("more than one asset came in or went out; write a transaction for each"),
        };
        let legs = into.iter().chain(&out).map(|(asset, sum)| own(asset, **sum));
        let fees = fees.iter().filter(|(_, fee)| !fee.is_zero()).map(|(asset, fee)| charged(asset, -*fee));
        Ok(Some((kind, legs.chain(fees).collect())))
    }
}

/// What one asset that came in or went out is.
fn single(sides: &[&Posting], asset: &Asset, into: bool) -> Result<Kind, String> {
    let mut kinds: Vec<Side> = sides.iter().map(|posting| side(&posting.account)).collect();
    kinds.dedup();
    match (kinds.as_slice(), into) {
        ([Side::Assets], _) if sides.iter().any(|posting| posting.weight.asset != *asset) => Err(
            "what is given for another asset in other accounts; read both accounts, or write the two as transactions"
                .to_owned(),
        ),
        ([Side::Assets], _) => Ok(Kind::Transfer),
        ([Side::Income], true) => Ok(Kind::Reward),
        ([Side::Dividend], true) => Ok(Kind::Dividend),
        ([], _) => Err("one asset, and nothing on the other side".to_owned()),
        ([_], true) => Ok(Kind::Deposit),
        ([_], false) => Ok(Kind::Withdrawal),
        _ => Err("several kinds of other sides; write a transaction for each".to_owned()),
    }
}

fn side(account: &str) -> Side {
    let lower = account.to_lowercase();
    match lower.split(':').next().unwrap_or_default() {
        "expenses" if lower.contains("fee") || lower.contains("commission") => Side::Fee,
        "income" | "revenues" | "revenue" if lower.contains("dividend") => Side::Dividend,
        "income" | "revenues" | "revenue" => Side::Income,
        "assets" => Side::Assets,
        "equity" => Side::Equity,
        _ => Side::Other,
    }
}

/// Whether it is that account or one below it.
fn below(account: &str, prefix: &str) -> bool {
    account.strip_prefix(prefix.trim_end_matches(':')).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

/// An amount, and what it counts as.
fn weighed(text: &str) -> Result<(Amount, Amount), String> {
    if text.contains(['{', '[', '(', '=']) {
        return Err("lots, dates, expressions and balance assertions are not understood".to_owned());
    }
    let Some((amount, price)) = text.split_once('@') else {
        let amount = Amount::parse(text)?;
        return Ok((amount.clone(), amount));
    };
    let amount = Amount::parse(amount)?;
    let (total, price) = price.strip_prefix('@').map_or((false, price), |price| (true, price));
    let price = Amount::parse(price)?;
    if price.number.is_sign_negative() {
        return Err("a price below zero".to_owned());
    }
    let number = match total {
        true if amount.number.is_sign_negative() => -price.number,
        true => price.number,
        false => {
            let (one, other) = (amount.number.normalize(), price.number.normalize());
            let product = one.mantissa().checked_mul(other.mantissa());
            product
                .and_then(|product| Decimal::try_from_i128_with_scale(product, one.scale() + other.scale()).ok())
                .ok_or("a price with too many digits to be kept exactly; write the total with @@")?
        }
    };
    Ok((amount, Amount { number: number.normalize(), asset: price.asset }))
}

fn sum(sums: &mut Sums, amount: &Amount, line: u64) -> Result<(), TableError> {
    let sum = sums.entry(amount.asset.clone()).or_default();
    *sum = exact_sum(*sum, amount.number)
        .ok_or_else(|| TableError::refused(line, "a sum of too many digits".to_owned()))?;
    Ok(())
}
