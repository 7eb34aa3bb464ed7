//! A settings file that is a list of `"key" = "text"`, with sections where its owner knows any: what themes and keymaps
//! are made of.
//!
//! Every entry knows its line, so that whatever is wrong with it is reported as `file:line: key: why`. A file has a
//! size limit, because it may be any file.

use std::borrow::Cow;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Larger files are refused; the largest of ours has 3 KiB.
const LIMIT: usize = 64 * 1024;

/// What is wrong with a theme or keymap file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {}{reason}", key.as_ref().map(|k| format!("{k:?}: ")).unwrap_or_default())]
pub struct EntryError {
    /// The file as its owner named it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The key, where one is at fault.
    pub key: Option<String>,
    /// Why, and what would be right.
    pub reason: String,
}

/// One `"key" = "text"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The section that it stands in, by its place in those that there may be.
    pub section: Option<usize>,
    /// The line of the key, from 1.
    pub line: usize,
    /// The key.
    pub key: String,
    /// The text.
    pub value: String,
}

impl Entry {
    /// This entry of `file` is wrong because of `reason`.
    pub fn error(&self, file: &str, reason: impl Into<String>) -> EntryError {
        EntryError { file: file.into(), line: self.line, key: Some(self.key.clone()), reason: reason.into() }
    }
}

/// The entries of `text`, in its order; `file` is only named in errors, `sections` are those that it may have.
pub fn entries(file: &str, text: &str, sections: &[&str]) -> Result<Vec<Entry>, EntryError> {
    let error = |line, key, reason| EntryError { file: file.into(), line, key, reason };
    if text.len() > LIMIT {
        return Err(error(
            1,
            None,
            format!("has {} bytes, more than the {LIMIT} that such a file may have", text.len()),
        ));
    }
    let table = DeTable::parse(text)
        .map_err(|e| error(e.span().map_or(1, |span| line_of(text, span.start)), None, e.message().to_owned()))?;
    let entry = |section, (key, value): (Spanned<Cow<'_, str>>, Spanned<DeValue<'_>>)| {
        let line = line_of(text, key.span().start);
        let key = key.into_inner().into_owned();
        match value.get_ref().as_str() {
            Some(value) => Ok(Entry { section, line, key, value: value.to_owned() }),
            None => Err(error(line, Some(key), "needs a text in quotes".into())),
        }
    };
    let mut entries = Vec::new();
    for (key, value) in table.into_inner() {
        let section = sections.iter().position(|section| *section == key.get_ref().as_ref());
        match (section, value.get_ref().as_table()) {
            (Some(_), Some(_)) => {
                let DeValue::Table(own) = value.into_inner() else { continue };
                for own in own {
                    entries.push(entry(section, own)?);
                }
            }
            _ => entries.push(entry(None, (key, value))?),
        }
    }
    entries.sort_by_key(|entry| entry.line);
    Ok(entries)
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|b| *b == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_order_and_lines() {
        let all = entries("f", "# note\nz = \"1\"\n\n\"g g\" = \"2\"\n", &[]).unwrap();
        let seen: Vec<_> = all.iter().map(|e| (e.line, e.key.as_str(), e.value.as_str())).collect();
        assert_eq!(seen, [(2, "z", "1"), (4, "g g", "2")]);
    }

    #[test]
    fn errors_name_file_line_and_key() {
        let number = entries("my.toml", "a = \"x\"\nb = 5\n", &[]).unwrap_err();
        assert_eq!(number.to_string(), "my.toml:2: \"b\": needs a text in quotes");
        let broken = entries("my.toml", "a = \"x\"\nb =\n", &[]).unwrap_err();
        assert!(broken.to_string().starts_with("my.toml:2: "), "{broken}");
        let twice = entries("my.toml", "a = \"x\"\na = \"y\"\n", &[]).unwrap_err();
        assert_eq!(twice.line, 2, "{twice}");
        assert!(entries("big", &" ".repeat(LIMIT + 1), &[]).is_err());
    }
}
