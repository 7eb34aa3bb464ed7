//! Text from outside, made safe to show.
//!
//! Whatever a venue, a file or a person elsewhere wrote may hold escape sequences, bidirectional overrides or characters
//! that cannot be seen. [`printable`] is the one gate: what has passed it cannot move a cursor, reorder a line or hide
//! in a name. What is written into a table for spreadsheets goes by [`is_formula`] too.

use std::borrow::Cow;
use unicode_width::UnicodeWidthChar;

/// How many marks of no width may stand on one character: enough for any script, too few to bury a line.
const MARKS: usize = 2;

/// `text` without control, bidirectional, invisible and piled-up combining characters.
///
/// Tabs and line ends become one space each, so that words stay apart. Text that is already printable is not copied.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut marks = MARKS;
    let kept: String = text.chars().filter_map(|c| seen(c, &mut marks)).collect();
    if kept == text { Cow::Borrowed(text) } else { Cow::Owned(kept) }
}

/// What is left of one character; `marks` counts those already on the last base character.
fn seen(c: char, marks: &mut usize) -> Option<char> {
    if matches!(c, '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') {
        *marks = 0;
        return Some(' ');
    }
    if c.is_control() || invisible(c) {
        return None;
    }
    if c.width() == Some(0) {
        *marks += 1;
        return (*marks <= MARKS).then_some(c);
    }
    *marks = 0;
    Some(c)
}

/// Characters of Unicode's category Cf, variation selectors and the fillers that draw nothing.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}'..='\u{891}'
        | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
        | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a spreadsheet could take a text for a formula: whoever writes one into a table puts an apostrophe before it.
pub fn is_formula(text: &str) -> bool {
    let begins = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    text.starts_with(['\t', '\r']) || text.trim_start().starts_with(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(printable("BTC/USD 97,412.1"), Cow::Borrowed(_)));
        assert!(matches!(printable("Zürich ▲ 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(printable("a\u{1b}[31mb\u{9b}2Jc\u{7}\u{7f}"), "a[31mb2Jc");
        assert_eq!(printable("\u{1b}]52;c;AAAA\u{7}"), "]52;c;AAAA");
        assert_eq!(printable("one\ttwo\r\nthree\u{2028}four"), "one two  three four");
    }

    #[test]
    fn nothing_that_deceives_the_eye_survives() {
        assert_eq!(printable("pay\u{202e}kcab\u{2066}x\u{200f}"), "paykcabx");
        assert_eq!(printable("US\u{200b}DT\u{feff}\u{2060}\u{ad}"), "USDT");
        assert_eq!(printable("x\u{e0041}\u{fe0f}\u{3164}"), "x");
    }

    #[test]
    fn combining_marks_are_kept_but_not_piled_up() {
        assert_eq!(printable("e\u{301}"), "e\u{301}");
        assert_eq!(printable(&format!("e{}", "\u{301}".repeat(500))), "e\u{301}\u{301}");
        assert_eq!(printable("\u{301}a"), "a", "a mark needs something to stand on");
    }

    proptest! {
        #[test]
        fn printing_twice_changes_nothing(text in any::<String>()) {
            let once = printable(&text).into_owned();
            prop_assert!(!once.chars().any(|c| c.is_control() || invisible(c)));
            prop_assert_eq!(printable(&once), once.as_str());
        }
    }

    #[test]
    fn what_a_spreadsheet_would_calculate_is_known() {
        for text in ["=1", "+1", "-1", "@a", " =1", "\t1", "\r1", "\u{ff1d}1"] {
            assert!(is_formula(text), "{text:?}");
        }
        for text in ["", "1+1", " 1", "a=b"] {
            assert!(!is_formula(text), "{text:?}");
        }
    }
}
