//! The rule file: one rule a line; empty lines and lines that begin with `#` are left out.

use super::{Rule, RuleError};

/// More lines than this are not a rule file.
const MOST_LINES: usize = 2_000;

/// What is wrong with a rule file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// A line is not a rule.
    #[error("line {line}: {error}")]
    Rule {
        /// The line, from 1.
        line: usize,
        /// Why.
        error: RuleError,
    },
    /// A rule stands there twice.
    #[error("line {line}: the same rule stands in line {first}")]
    Twice {
        /// The second of the two lines.
        line: usize,
        /// The first.
        first: usize,
    },
    /// Not a file of rules.
    #[error("line {MOST_LINES}: more lines than a rule file may have")]
    TooLong,
}

/// The rules of a file with their lines.
pub fn read_file(text: &str) -> Result<Vec<(usize, Rule)>, FileError> {
    let mut rules: Vec<(usize, Rule)> = Vec::new();
    for (index, text) in text.lines().enumerate() {
        let (line, text) = (index + 1, text.trim());
        if line > MOST_LINES {
            return Err(FileError::TooLong);
        }
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let rule: Rule = text.parse().map_err(|error| FileError::Rule { line, error })?;
        if let Some((first, _)) = rules.iter().find(|(_, known)| *known == rule) {
            return Err(FileError::Twice { line, first: *first });
        }
        rules.push((line, rule));
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_lines_and_errors_name_theirs() {
        let rules = read_file("# mine\n\n BTC/USD > 100000 \r\nETH/USD@kraken spread > 5bps once\n").unwrap();
        let shown: Vec<_> = rules.iter().map(|(line, rule)| (*line, rule.to_string())).collect();
        assert_eq!(shown, [(3, "BTC/USD > 100000".into()), (4, "ETH/USD@kraken spread > 5bps once".into())]);
        let wrong = read_file("BTC/USD > 1\nBTC/USD ! 5\n").unwrap_err().to_string();
        assert!(wrong.starts_with("line 2: expected > or <"), "{wrong}");
        let twice = read_file("BTC/USD > 1\n\nbtc/usd mid >1.0\n").unwrap_err();
        assert_eq!(twice, FileError::Twice { line: 3, first: 1 });
        assert_eq!(read_file(&"\n".repeat(MOST_LINES + 1)), Err(FileError::TooLong));
    }
}
