//! The flag of a setting, and what its value is in the file.
//!
//! - A flag only carries text: what the text means is the setting's affair, wherever it comes from.

/// The flag of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name of the field in a command's arguments.
    pub id: &'static str,
    /// As it is written on the command line.
    pub shown: &'static str,
    /// What it takes.
    pub takes: Takes,
}

/// What a flag takes, and so what it means for the setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One value or several: the setting's text.
    Values,
    /// Nothing: this is the setting's text.
    Nothing(&'static str),
    /// Nothing, but it counts: the text for once, and for more often.
    Count(&'static str, &'static str),
}

impl Flag {
    /// The setting's text, from matches in which the flag was given.
    pub fn text(&self, matches: &clap::ArgMatches) -> String {
        match self.takes {
            Takes::Values => {
                let values = matches.get_raw(self.id).into_iter().flatten();
                values.map(|value| value.to_string_lossy()).collect::<Vec<_>>().join(" ")
            }
            Takes::Nothing(text) => text.to_owned(),
            Takes::Count(once, more) => if matches.get_count(self.id) > 1 { more } else { once }.to_owned(),
        }
    }
}

/// The type of a setting in TOML and JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A string.
    Text,
    /// An integer.
    Number,
    /// `true` or `false`.
    Switch,
    /// A decimal number, or a string that holds one.
    Decimal,
    /// An array of strings; as one text, separated by spaces or commas.
    List,
}
