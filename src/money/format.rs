//! Numbers as text: plain for scripts, grouped for people.

use rust_decimal::Decimal;

/// A plain decimal without exponent and without trailing zeros: `0.001`, `29430.3`, `0`.
pub fn plain(value: Decimal) -> String {
    value.normalize().to_string()
}

/// A decimal with `separator` between thousands, and the decimals that it carries: `97,412.10`.
pub fn grouped(value: Decimal, separator: char) -> String {
    let text = value.to_string();
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.as_str()),
    };
    let (whole, fraction) = unsigned.split_once('.').map_or((unsigned, None), |(w, f)| (w, Some(f)));
    let mut out = String::with_capacity(text.len() + text.len() / 3);
    out.push_str(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped_and_decimals_kept() {
        let shown = |text: &str| grouped(text.parse().unwrap(), ',');
        assert_eq!(shown("97412.10"), "97,412.10");
        assert_eq!(shown("-1204118"), "-1,204,118");
        assert_eq!(shown("999"), "999");
        assert_eq!(shown("1000"), "1,000");
        assert_eq!(shown("0.00000001"), "0.00000001");
    }

    #[test]
    fn plain_has_no_trailing_zeros() {
        assert_eq!(plain("4.00000000".parse().unwrap()), "4");
        assert_eq!(plain("0.00000".parse().unwrap()), "0");
        assert_eq!(plain("1200".parse().unwrap()), "1200");
    }
}
