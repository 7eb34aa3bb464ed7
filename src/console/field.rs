//! One line of text that is being typed.

use super::chord::{Chord, Key};
use super::text::{columns, printable};
use unicode_segmentation::UnicodeSegmentation as _;

/// Nobody types more; what is pasted may be anything.
const LONGEST: usize = 200;

/// A text and the place in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    before: String,
    after: String,
}

impl Field {
    /// A field that holds `text`, ready to go on behind it.
    pub fn holding(text: &str) -> Self {
        let mut field = Self::default();
        field.insert(text);
        field
    }

    /// All of its text.
    pub fn text(&self) -> String {
        format!("{}{}", self.before, self.after)
    }

    /// The columns before the cursor.
    pub fn cursor(&self) -> usize {
        columns(&self.before)
    }

    /// Puts printable text where the cursor is.
    pub fn insert(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.before.len() + self.after.len());
        let text: String = printable(text).graphemes(true).take(room / 4).collect();
        self.before.push_str(&text);
    }

    /// Edits by a key; `false` when the key means nothing in a text.
    pub fn press(&mut self, chord: Chord) -> bool {
        if let Some(c) = chord.typed() {
            self.insert(c.encode_utf8(&mut [0; 4]));
            return true;
        }
        if chord.ctrl && chord.key == Key::Char('u') {
            self.before.clear();
            return true;
        }
        if chord.ctrl || chord.alt {
            return false;
        }
        match chord.key {
            Key::Backspace => self.before = self.split_last().0,
            Key::Delete => self.after = self.split_first().1,
            Key::Left => {
                let (rest, last) = self.split_last();
                self.before = rest;
                self.after.insert_str(0, &last);
            }
            Key::Right => {
                let (first, rest) = self.split_first();
                self.before.push_str(&first);
                self.after = rest;
            }
            Key::Home => {
                self.after.insert_str(0, &self.before);
                self.before.clear();
            }
            Key::End => self.before.push_str(&std::mem::take(&mut self.after)),
            _ => return false,
        }
        true
    }

    fn split_last(&self) -> (String, String) {
        let at = self.before.grapheme_indices(true).next_back().map_or(0, |(at, _)| at);
        let (rest, last) = self.before.split_at(at);
        (rest.to_owned(), last.to_owned())
    }

    fn split_first(&self) -> (String, String) {
        let at = self.after.graphemes(true).next().map_or(0, str::len);
        let (first, rest) = self.after.split_at(at);
        (first.to_owned(), rest.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> Field {
        let mut field = Field::default();
        for key in keys.split(' ') {
            field.press(key.parse().unwrap());
        }
        field
    }

    #[test]
    fn text_is_edited_at_the_cursor() {
        assert_eq!(typed("b t c").text(), "btc");
        assert_eq!(typed("b t c left left x").text(), "bxtc");
        assert_eq!(typed("b t c backspace").text(), "bt");
        assert_eq!(typed("b t c home delete end d").text(), "tcd");
        assert_eq!(typed("a b ctrl+u c").text(), "c");
        assert_eq!(typed("a b left").cursor(), 1);
    }

    #[test]
    fn what_is_pasted_is_printable_and_bounded() {
        let mut field = Field::holding("BTC\u{1b}[2J\u{202e}/USD\n");
        assert_eq!(field.text(), "BTC[2J/USD ");
        field.insert(&"x".repeat(10_000));
        assert!(field.text().len() <= LONGEST);
        let mut marks = Field::holding("e\u{301}");
        marks.press("backspace".parse().unwrap());
        assert_eq!(marks.text(), "", "a character goes with its marks");
    }
}
