//! A series of daily values, read from a table with the columns `date`, `value` and perhaps `flow`.

use super::performance::{Point, SeriesError};
use super::table::{Table, TableError, Trouble};
use crate::money::Decimal;
use jiff::civil::Date;
use std::io::Read;

/// The most days that are read: more than five thousand years.
const MOST: usize = 2_000_000;

/// Reads all days; they go up, one row a day, and each but the last has a value above zero.
pub fn read(source: impl Read) -> Result<Vec<Point>, TableError> {
    let mut table = Table::open(source, &["date", "value"], &["flow"])?;
    let mut series: Vec<Point> = Vec::new();
    while let Some(row) = table.next_row()? {
        let shown = row.text("date")?;
        let date: Date = shown.parse().map_err(|_| row.not_a_date("date"))?;
        let value = row.decimal("value")?;
        let refused = |error: SeriesError| row.fault(Trouble::Refused(error.to_string()));
        if let Some(before) = series.last() {
            if date <= before.date {
                return Err(refused(SeriesError::Order { before: before.date, after: date }));
            }
            if before.value <= Decimal::ZERO {
                return Err(refused(SeriesError::NoReturn(date)));
            }
        }
        if series.len() == MOST {
            return Err(row.fault(Trouble::Refused(format!("more than {MOST} days"))));
        }
        series.push(Point { date, value, flow: row.decimal_or_zero("flow")? });
    }
    Ok(series)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_any_order_and_flows_may_be_missing() {
        let text = "\u{feff}Value,note,Date,flow\n100,x,2026-01-01,\n\"110.50\", ,2026-01-02,10\n";
        let series = read(text.as_bytes()).unwrap();
        assert_eq!(series[0].flow, Decimal::ZERO);
        assert_eq!((series[1].value, series[1].flow), ("110.50".parse().unwrap(), Decimal::TEN));
        assert_eq!(read("date,value\n".as_bytes()).unwrap(), []);
    }

    #[test]
    fn what_is_wrong_has_a_line() {
        for (text, words) in [
            ("", "line 1: the file is empty"),
            ("day,value\n", "line 1: no column \"date\"; there are day, value"),
            ("date,value\n2026-01-01,1.234,56\n", "line 2: 3 fields where the header has 2"),
            ("date,value\n2026-01-01,\"1,5\"\n", "line 2: value: \"1,5\" is not a decimal number"),
            ("date,value\n2026-01-01,1\n2026-01-01,2\n", "line 3: 2026-01-01 comes behind 2026-01-01"),
            ("date,value\n2026-01-01,0\n2026-01-02,2\n", "line 3: the value before 2026-01-02 is not above zero"),
            ("date,value\n2026-13-01,1\n", "line 2: date: \"2026-13-01\" is not a date"),
            ("date,value\n2026-01-01,\n", "line 2: value is empty"),
            ("date,value\n2026-01-01,NaN\n", "line 2: value: \"NaN\" is not a decimal number"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.starts_with(words), "{error}");
        }
        let open = format!("date,value\n2026-01-01,\"{}", "1\n".repeat(100_000));
        assert!(read(open.as_bytes()).unwrap_err().to_string().contains("a quote left open"));
        assert!(read(&b"date,value\n2026-01-01,\xff\n"[..]).unwrap_err().to_string().contains("UTF-8"));
    }
}
