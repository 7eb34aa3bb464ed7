//! Untrusted text, made harmless for a terminal, a log and JSON.

use std::borrow::Cow;

/// `text` with every control, bidirectional and invisible character replaced by `�`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.chars().any(is_hostile) {
        Cow::Owned(text.chars().map(|c| if is_hostile(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    }
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_replaced_and_the_rest_is_kept() {
        assert_eq!(printable("Zürich ▲ 1.2 %"), "Zürich ▲ 1.2 %");
        assert_eq!(printable("a\x1b[2J\u{9b}b\u{202e}c\u{200b}"), "a�[2J�b�c�");
    }
}
