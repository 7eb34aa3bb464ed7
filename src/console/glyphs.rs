//! The signs that say by shape what colour says too, in Unicode and for terminals that have only ASCII.

use ratatui::symbols::border;
use std::borrow::Cow;

/// The signs of one character set; each is one column wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "a field is named for what its sign says")]
pub struct Glyphs {
    pub up: &'static str,
    pub down: &'static str,
    pub flat: &'static str,
    pub plus: &'static str,
    pub minus: &'static str,
    /// What was cut off.
    pub ellipsis: &'static str,
    /// The line that the cursor is on.
    pub cursor: &'static str,
    /// A stream that lives.
    pub live: &'static str,
    /// A value or stream that is not current.
    pub stale: &'static str,
    /// What is laid over data that must not be trusted.
    pub hatch: &'static str,
    /// Where a value is missing.
    pub missing: &'static str,
    /// Between one part of a line and the next.
    pub separator: &'static str,
    /// What stands for an amount that is hidden.
    pub veil: &'static str,
    /// Whether a line can be drawn with the eight dots of a cell.
    pub dots: bool,
    pub horizontal: &'static str,
    /// Where a tree goes on below.
    pub trunk: &'static str,
    /// Something that hangs on a tree, with more below it.
    pub branch: &'static str,
    /// The last that hangs there.
    pub last_branch: &'static str,
    /// The tail of a candle.
    pub wick: &'static str,
    /// The body of a candle that closed higher.
    pub rising: &'static str,
    /// The body of a candle that closed lower.
    pub falling: &'static str,
    /// A bar from one eighth to eight eighths of a column, from the left.
    pub bar: [&'static str; 8],
    /// A bar from one eighth to eight eighths of a line, from below.
    pub spark: [&'static str; 8],
    pub border: border::Set<'static>,
}

/// For terminals that show Unicode.
pub const UNICODE: Glyphs = Glyphs {
    up: "▲",
    down: "▼",
    flat: "=",
    plus: "+",
    minus: "−",
    ellipsis: "…",
    cursor: "▸",
    live: "●",
    stale: "◌",
    hatch: "▒",
    missing: "–",
    separator: "│",
    veil: "•",
    dots: true,
    horizontal: "─",
    trunk: "│",
    branch: "├",
    last_branch: "└",
    wick: "│",
    rising: "█",
    falling: "▒",
    bar: ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"],
    spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    border: border::PLAIN,
};

/// For terminals that show ASCII only.
pub const ASCII: Glyphs = Glyphs {
    up: "^",
    down: "v",
    flat: "=",
    plus: "+",
    minus: "-",
    ellipsis: "~",
    cursor: ">",
    live: "*",
    stale: "o",
    hatch: "#",
    missing: "-",
    separator: "|",
    veil: "*",
    dots: false,
    horizontal: "-",
    trunk: "|",
    branch: "+",
    last_branch: "`",
    wick: "|",
    rising: "O",
    falling: "#",
    bar: [" ", " ", " ", "-", "-", "=", "=", "#"],
    spark: ["_", "_", ".", ".", "-", "-", "=", "#"],
    border: border::Set {
        top_left: "+",
        top_right: "+",
        bottom_left: "+",
        bottom_right: "+",
        vertical_left: "|",
        vertical_right: "|",
        horizontal_top: "-",
        horizontal_bottom: "-",
    },
};

impl Glyphs {
    /// A text with the signs that reviews write, on a terminal that has only ASCII each in a sign of that.
    pub fn plain<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.dots || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let sign = |c| match c {
            '→' => '>',
            '«' | '»' => '"',
            '·' => '.',
            '×' => 'x',
            '…' => '~',
            '–' => '-',
            c => c,
        };
        Cow::Owned(text.chars().map(sign).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    fn all(g: &Glyphs) -> Vec<&'static str> {
        let b = g.border;
        let mut all = vec![g.up, g.down, g.flat, g.plus, g.minus, g.ellipsis, g.cursor, g.live, g.stale, g.hatch];
        all.extend([
            g.missing,
            g.separator,
            g.veil,
            g.horizontal,
            g.trunk,
            g.branch,
            g.last_branch,
            g.wick,
            g.rising,
            g.falling,
            b.top_left,
            b.top_right,
        ]);
        all.extend([b.bottom_left, b.bottom_right, b.vertical_left, b.horizontal_top]);
        all.extend(g.bar);
        all.extend(g.spark);
        all
    }

    #[test]
    fn every_sign_has_one_column() {
        for sign in all(&UNICODE).into_iter().chain(all(&ASCII)) {
            assert_eq!(sign.width(), 1, "{sign}");
        }
        assert!(all(&ASCII).iter().all(|sign| sign.is_ascii()));
        let written = "· 0x12…34 → «USDC» × 2";
        assert_eq!(ASCII.plain(written), ". 0x12~34 > \"USDC\" x 2");
        assert_eq!(UNICODE.plain(written), written);
    }
}
