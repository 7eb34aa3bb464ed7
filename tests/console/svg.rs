//! A terminal's screen as a picture.
//!
//! Every word stands at the place of its own cell, so that a font of another width moves no column.

use std::fmt::Write as _;

/// A cell in pixels: as wide and high as the lines and bars of a font of 14 px, so that they join.
const CELL: (f32, f32) = (8.43, 16.3);
const MARGIN: f32 = 10.0;
const GROUND: &str = "#0d1117";
const TEXT: &str = "#c9d1d9";

/// The sixteen colours that a terminal is asked for by number.
const SIXTEEN: [&str; 16] = [
    "#1b1f24", "#e5534b", "#57ab5a", "#c69026", "#539bf5", "#b083f0", "#39c5cf", "#adbac7", "#636e7b", "#ff938a",
    "#8ddb8c", "#daaa3f", "#6cb6ff", "#dcbdfb", "#56d4dd", "#ffffff",
];

/// How a run of cells looks.
#[derive(Clone, PartialEq)]
struct Look {
    ink: String,
    ground: String,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    fn of(cell: &vt100::Cell) -> Self {
        let (ink, ground) = (colour(cell.fgcolor(), TEXT), colour(cell.bgcolor(), GROUND));
        let (ink, ground) = if cell.inverse() { (ground, ink) } else { (ink, ground) };
        let (bold, dim, italic, underline) = (cell.bold(), cell.dim(), cell.italic(), cell.underline());
        Self { ink, ground, bold, dim, italic, underline }
    }

    fn attributes(&self) -> String {
        let mut attributes = format!(r#" fill="{}""#, self.ink);
        for (set, attribute) in [
            (self.bold, r#" font-weight="bold""#),
            (self.dim, r#" opacity="0.6""#),
            (self.italic, r#" font-style="italic""#),
            (self.underline, r#" text-decoration="underline""#),
        ] {
            attributes.push_str(if set { attribute } else { "" });
        }
        attributes
    }
}

fn colour(colour: vt100::Color, otherwise: &str) -> String {
    match colour {
        vt100::Color::Default => otherwise.to_owned(),
        vt100::Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        vt100::Color::Idx(n @ 0..16) => SIXTEEN[usize::from(n)].to_owned(),
        vt100::Color::Idx(n @ 16..232) => {
            let level = |of: u8| if of == 0 { 0 } else { 55 + 40 * of };
            let n = n - 16;
            format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        vt100::Color::Idx(n) => format!("#{0:02x}{0:02x}{0:02x}", 8 + 10 * (n - 232)),
    }
}

/// Draws the screen.
pub fn picture(screen: &vt100::Screen, title: &str) -> String {
    let (rows, cols) = screen.size();
    let (width, height) = (f32::from(cols) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.1} {height:.1}" width="{width:.0}" height="{height:.0}"
 font-family="'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="14" role="img"><title>{title}</title>
<rect width="100%" height="100%" rx="6" fill="{GROUND}"/>
"#
    );
    for row in 0..rows {
        grounds(&mut svg, screen, row, cols);
        words(&mut svg, screen, row, cols);
    }
    svg.push_str("</svg>\n");
    svg
}

fn left(col: u16) -> f32 {
    MARGIN + f32::from(col) * CELL.0
}

fn top(row: u16) -> f32 {
    MARGIN + f32::from(row) * CELL.1
}

/// What lies under the letters of a row.
fn grounds(svg: &mut String, screen: &vt100::Screen, row: u16, cols: u16) {
    let ground = |col| screen.cell(row, col).map_or(GROUND.to_owned(), |cell| Look::of(cell).ground);
    let mut col = 0;
    while col < cols {
        let (start, fill) = (col, ground(col));
        while col < cols && ground(col) == fill {
            col += 1;
        }
        if fill != GROUND {
            let (x, y, width, height) = (left(start), top(row), left(col) - left(start), CELL.1);
            writeln!(svg, r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}"/>"#)
                .unwrap();
        }
    }
}

/// The letters of a row, word by word.
fn words(svg: &mut String, screen: &vt100::Screen, row: u16, cols: u16) {
    let letters = |col| screen.cell(row, col).filter(|cell| !matches!(cell.contents(), "" | " "));
    let mut col = 0;
    while col < cols {
        let start = col;
        let Some(first) = letters(start) else {
            col += 1;
            continue;
        };
        let (look, mut word) = (Look::of(first), String::new());
        // Lines and bars are kept apart from letters, which may be stretched to their width.
        let line = drawn(first.contents());
        while let Some(cell) = letters(col).filter(|cell| Look::of(cell) == look && drawn(cell.contents()) == line) {
            word.push_str(cell.contents());
            col += 1;
        }
        let (x, y) = (left(start), top(row) + CELL.1 * 0.76);
        let length = f32::from(col - start) * CELL.0;
        let word = word.replace('&', "&amp;").replace('<', "&lt;");
        let look = look.attributes();
        writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" textLength="{length:.1}" lengthAdjust="spacingAndGlyphs"{look}>{word}</text>"#)
            .unwrap();
    }
}

/// Whether this is a piece of a line or of a bar rather than a letter.
fn drawn(text: &str) -> bool {
    text.chars().all(|c| ('\u{2500}'..='\u{259f}').contains(&c))
}
