//! Text measured in columns, the way a terminal lays it out.
//!
//! What comes from outside passes [`printable`] first; these functions measure, they do not clean.

use ratatui::buffer::CellWidth as _;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation as _;

pub use crate::market::printable;

/// How many columns `text` takes.
pub fn columns(text: &str) -> usize {
    text.graphemes(true).map(|cluster| usize::from(cluster.cell_width())).sum()
}

/// `text` in at most `width` columns; what does not fit is cut off, and `ellipsis` says so.
pub fn fit<'a>(text: &'a str, width: usize, ellipsis: &str) -> Cow<'a, str> {
    if columns(text) <= width {
        return Cow::Borrowed(text);
    }
    let Some(room) = width.checked_sub(columns(ellipsis)) else { return Cow::Borrowed("") };
    let mut taken = 0;
    let head: String = text
        .graphemes(true)
        .take_while(|cluster| {
            taken += usize::from(cluster.cell_width());
            taken <= room
        })
        .collect();
    Cow::Owned(head + ellipsis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_fits_is_left_alone() {
        assert!(matches!(fit("BTC/USD", 7, "…"), Cow::Borrowed("BTC/USD")));
        assert_eq!(fit("BTC/USDT", 7, "…"), "BTC/US…");
        assert_eq!(fit("BTC/USDT", 1, "…"), "…");
        assert_eq!(fit("BTC/USDT", 0, "…"), "");
    }

    #[test]
    fn wide_characters_and_marks_stay_whole() {
        assert_eq!(fit("東京都庁", 6, "…"), "東京…");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2, "~"), "e\u{301}~");
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "\\PC{0,20}", width in 0usize..12) {
            let text = printable(&text);
            prop_assert!(columns(&fit(&text, width, "…")) <= width);
        }
    }
}
