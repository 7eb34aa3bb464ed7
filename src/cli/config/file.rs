//! The configuration file: TOML, read with the line of every key.
//!
//! A file that cannot be understood is refused whole, by line and key; it is never partly used.

use super::{KEYS, Key, Shape};
use crate::cli::paths::Paths;
use crate::cli::{Exit, Failure};
use crate::market::printable;
use std::collections::BTreeMap;
use std::io::Read;
use toml::de::{DeTable, DeValue};

/// More is not a configuration.
const LIMIT: u64 = 1 << 20;

/// The settings of a file as text, each with its line.
#[derive(Debug)]
pub struct File(BTreeMap<&'static str, (String, usize)>);

impl File {
    /// Reads the file; none when there is none and nobody asked for it by name.
    pub fn read(paths: &Paths) -> Result<Option<Self>, Failure> {
        let refused = |reason: String| {
            let place = paths.config.display();
            Failure::new(Exit::Usage, "config_invalid", format!("{place}{reason}"))
        };
        let mut text = String::new();
        let opened = std::fs::File::open(&paths.config).and_then(|file| file.take(LIMIT + 1).read_to_string(&mut text));
        match opened {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !paths.config_named => return Ok(None),
            Err(error) => return Err(refused(format!(" cannot be read: {error}"))),
            Ok(read) if u64::try_from(read).unwrap_or(u64::MAX) > LIMIT => {
                return Err(refused(format!(" is larger than {LIMIT} bytes")));
            }
            Ok(_) => {}
        }
        Self::parse(&text).map(Some).map_err(|flaw| {
            let mut failure = refused(format!(", line {}: {}", flaw.line, flaw.what));
            failure.hint = flaw.hint;
            failure
        })
    }

    /// The text that the file gives a key, and its line.
    pub fn get(&self, key: &Key) -> Option<(&str, usize)> {
        self.0.get(key.name).map(|(text, line)| (text.as_str(), *line))
    }

    fn parse(text: &str) -> Result<Self, Flaw> {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        let table = DeTable::parse(text).map_err(|error| Flaw {
            line: line(error.span().map_or(0, |span| span.start)),
            what: format!("not TOML: {}", printable(error.message())),
            hint: None,
        })?;
        let mut file = Self(BTreeMap::new());
        let mut flaws = Vec::new();
        file.take("", table.get_ref(), &line, &mut flaws);
        flaws.sort_by_key(|flaw| flaw.line);
        flaws.into_iter().next().map_or(Ok(file), Err)
    }

    fn take(&mut self, above: &str, table: &DeTable<'_>, line: &dyn Fn(usize) -> usize, flaws: &mut Vec<Flaw>) {
        for (word, value) in table {
            let name = format!("{above}{}", word.get_ref());
            let at = line(word.span().start);
            let inside = format!("{name}.");
            let section = KEYS.iter().any(|key| key.name.starts_with(&inside));
            match (value.get_ref(), KEYS.iter().find(|key| key.name == name)) {
                (DeValue::Table(table), None) if section => self.take(&inside, table, line, flaws),
                (_, None) if section => flaws.push(Flaw::new(at, format!("{name} is a section, not a value"))),
                (_, None) => flaws.push(Flaw::unknown(at, &name)),
                (value, Some(key)) => match text_of(value, key.shape) {
                    Some(text) => _ = self.0.insert(key.name, (text, at)),
                    None => {
                        let what = format!("{name} is wrong: expected {}, not {}", noun(key.shape), value.type_str());
                        flaws.push(Flaw::new(at, what));
                    }
                },
            }
        }
    }
}

/// What is wrong with a file, and where.
#[derive(Debug)]
struct Flaw {
    line: usize,
    what: String,
    hint: Option<String>,
}

impl Flaw {
    fn new(line: usize, what: String) -> Self {
        Self { line, what, hint: None }
    }

    fn unknown(line: usize, name: &str) -> Self {
        let short: String = printable(name).chars().take(80).collect();
        let nearest = KEYS.iter().map(|key| (distance(&short, key.name), key.name)).min();
        let hint = match nearest {
            Some((distance, name)) if distance <= 3 => format!("did you mean {name}?"),
            _ => "exchequer config show lists every setting".to_owned(),
        };
        Self { line, what: format!("there is no setting {short}"), hint: Some(hint) }
    }
}

/// The text of a value of the right type; a list of words joined by spaces.
fn text_of(value: &DeValue<'_>, shape: Shape) -> Option<String> {
    match (shape, value) {
        (Shape::Text, DeValue::String(text)) => Some(text.to_string()),
        (Shape::Number, DeValue::Integer(number)) if number.radix() == 10 => Some(number.as_str().to_owned()),
        (Shape::Decimal, DeValue::String(text)) => Some(text.to_string()),
        (Shape::Decimal, DeValue::Float(number)) => Some(number.as_str().to_owned()),
        (Shape::Decimal, DeValue::Integer(number)) if number.radix() == 10 => Some(number.as_str().to_owned()),
        (Shape::Switch, DeValue::Boolean(switch)) => Some(switch.to_string()),
        (Shape::List, DeValue::Array(items)) => {
            let words = items.iter().map(|item| item.get_ref().as_str().filter(|word| !word.contains([' ', ','])));
            Some(words.collect::<Option<Vec<_>>>()?.join(" "))
        }
        _ => None,
    }
}

fn noun(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "a string",
        Shape::Number => "a plain integer",
        Shape::Decimal => "a decimal number",
        Shape::Switch => "true or false",
        Shape::List => "an array of words",
    }
}

/// How many letters have to be added, dropped or changed to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, a) in from.chars().enumerate() {
        let mut diagonal = above;
        let mut left = above + 1;
        let mut next = vec![left];
        for (b, up) in to.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(a != b)).min(left + 1).min(up + 1);
            diagonal = *up;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(text: &str) -> (usize, String, Option<String>) {
        let flaw = File::parse(text).unwrap_err();
        (flaw.line, flaw.what, flaw.hint)
    }

    #[test]
    fn a_letter_costs_one() {
        assert_eq!(distance("console.fsp", "console.fps"), 2);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let (line, what, hint) = flaw("venue = \"kraken\"\n\n[console]\ntheem = \"dark\"\n");
        assert_eq!((line, what.as_str()), (4, "there is no setting console.theem"));
        assert_eq!(hint.unwrap(), "did you mean console.theme?");
        let (line, what, _) = flaw("[venues.nowhere]\nurl = \"ws://x\"\n");
        assert_eq!((line, what.as_str()), (1, "there is no setting venues.nowhere"));
    }

    #[test]
    fn a_wrong_type_is_named_with_both_types() {
        assert_eq!(flaw("[console]\nfps = \"10\"\n").1, "console.fps is wrong: expected a plain integer, not string");
        assert_eq!(
            flaw("symbols = [\"BTC/USD ETH/USD\"]\n").1,
            "symbols is wrong: expected an array of words, not array"
        );
        assert_eq!(flaw("console = 3\n").1, "console is a section, not a value");
    }

    #[test]
    fn a_decimal_keeps_its_digits() {
        let file = File::parse("[fees]\nkraken = 0.2600\nokx = \"0.1\"\nbybit = 1\n").unwrap();
        let text = |name: &str| file.get(KEYS.iter().find(|key| key.name == name).unwrap()).map(|(text, _)| text);
        let texts = ["fees.kraken", "fees.okx", "fees.bybit"].map(text);
        assert_eq!(texts, [Some("0.2600"), Some("0.1"), Some("1")]);
        assert_eq!(flaw("fees.kraken = true\n").1, "fees.kraken is wrong: expected a decimal number, not boolean");
    }

    #[test]
    fn the_first_flaw_in_the_file_is_the_one_named() {
        assert_eq!(flaw("[log]\nlevl = 1\n[cache]\nx = 2\n").0, 2);
        assert_eq!(flaw("a = 1\nb =\n").0, 2);
    }

    #[test]
    fn hostile_names_are_made_harmless() {
        let (_, what, _) = flaw("\"a\\u001b[31m\" = 1\n");
        assert!(!what.contains('\x1b'), "{what:?}");
    }
}
