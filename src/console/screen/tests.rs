//! What a terminal shows after the bytes is what the frame says, checked with a terminal emulator.

use super::*;
use crate::console::colour::ansi;
use crate::console::difference::spots;
use proptest::prelude::*;
use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier, Style};

/// Counts writes, and is a terminal.
struct Tty {
    terminal: vt100::Parser,
    writes: Vec<Vec<u8>>,
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.terminal.process(bytes);
        self.writes.push(bytes.to_vec());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A terminal on which something was written before, which must not shine through.
fn used(width: u16, height: u16) -> vt100::Parser {
    let mut terminal = vt100::Parser::new(height, width, 0);
    terminal.process(b"\x1b[7;35;44m");
    for y in 1..=height {
        terminal.process(format!("\x1b[{y}H{}", "#".repeat(width.into())).as_bytes());
    }
    terminal
}

fn screen(width: u16, height: u16, depth: ColourDepth) -> Screen<Tty> {
    Screen::new(Tty { terminal: used(width, height), writes: Vec::new() }, Size { width, height }, depth)
}

fn seen(colour: Color) -> vt100::Color {
    match colour {
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(i) => vt100::Color::Idx(i),
        named => ansi(named).map_or(vt100::Color::Default, vt100::Color::Idx),
    }
}

fn assert_shows(screen: &Screen<Tty>) {
    let terminal = screen.tty.terminal.screen();
    let area = screen.shown.area;
    for y in 0..area.height {
        let line: Vec<Cell> = (0..area.width).map(|x| screen.shown[(x, y)].clone()).collect();
        for (x, spot) in (0u16..).zip(spots(&line, screen.reach)) {
            let cell = terminal.cell(y, x).unwrap();
            assert_eq!(cell.is_wide_continuation(), spot.columns == 0, "{x},{y}");
            if spot.columns == 0 {
                continue;
            }
            let contents = if cell.has_contents() { cell.contents() } else { " " };
            assert_eq!(contents, spot.symbol, "{x},{y}");
            assert_eq!(cell.bgcolor(), seen(spot.face.bg), "ground at {x},{y}");
            let has = |attribute| spot.face.attributes.contains(attribute);
            assert_eq!(cell.inverse(), has(Modifier::REVERSED), "{x},{y}");
            assert_eq!(cell.underline(), has(Modifier::UNDERLINED), "{x},{y}");
            if spot.symbol != " " || !spot.face.shows_ground_only() {
                assert_eq!(cell.fgcolor(), seen(spot.face.fg), "colour at {x},{y}");
                // The emulator knows bold or dim, not both at once.
                let both = has(Modifier::BOLD) && has(Modifier::DIM);
                assert!(both || cell.bold() == has(Modifier::BOLD), "bold at {x},{y}");
                assert!(both || cell.dim() == has(Modifier::DIM), "dim at {x},{y}");
                assert_eq!(cell.italic(), has(Modifier::ITALIC), "{x},{y}");
            }
        }
    }
}

/// What happens to a screen between two looks at it.
#[derive(Clone, Debug)]
enum Happening {
    Frame(Vec<(u16, u16, String, Style)>, Option<(u16, u16)>),
    Resize(u16, u16),
    Repaint,
}

fn colour() -> impl Strategy<Value = Color> {
    prop_oneof![
        3 => Just(Color::Reset),
        1 => Just(Color::Red),
        1 => Just(Color::LightCyan),
        1 => Just(Color::White),
        1 => (0u8..=255).prop_map(Color::Indexed),
        1 => any::<[u8; 3]>().prop_map(|[r, g, b]| Color::Rgb(r, g, b)),
    ]
}

fn style() -> impl Strategy<Value = Style> {
    let modifiers = [Modifier::BOLD, Modifier::DIM, Modifier::ITALIC, Modifier::UNDERLINED, Modifier::REVERSED];
    (colour(), colour(), proptest::sample::subsequence(modifiers.to_vec(), 0..=3))
        .prop_map(|(fg, bg, on)| Style::new().fg(fg).bg(bg).add_modifier(on.into_iter().collect::<Modifier>()))
}

fn happening() -> impl Strategy<Value = Happening> {
    let text = prop_oneof!["[ -~]{0,12}", "[a-c 東京█▲é\u{301}ｶ]{0,8}", Just(" ".repeat(20))];
    let write = (0u16..40, 0u16..12, text, style());
    let cursor = proptest::option::of((0u16..50, 0u16..14));
    prop_oneof![
        8 => (proptest::collection::vec(write, 0..6), cursor).prop_map(|(w, c)| Happening::Frame(w, c)),
        1 => (1u16..40, 1u16..12).prop_map(|(w, h)| Happening::Resize(w, h)),
        1 => Just(Happening::Repaint),
    ]
}

fn depth() -> impl Strategy<Value = ColourDepth> {
    proptest::sample::select(vec![ColourDepth::Mono, ColourDepth::Ansi16, ColourDepth::Ansi256, ColourDepth::True])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn the_terminal_shows_the_frame(
        (width, height, depth) in (1u16..40, 1u16..12, depth()),
        happenings in proptest::collection::vec(happening(), 1..12),
    ) {
        let mut screen = screen(width, height, depth);
        let mut last = Buffer::empty(Rect::new(0, 0, width, height));
        for happening in happenings {
            match happening {
                Happening::Resize(width, height) => {
                    // Terminals differ on what is left of a screen that was resized.
                    screen.tty.terminal = used(width, height);
                    screen.resize(Size { width, height });
                    last = Buffer::empty(Rect::new(0, 0, width, height));
                }
                Happening::Repaint => {
                    screen.tty.terminal.process(b"\x1b[H\x1b[31m!");
                    screen.repaint();
                }
                Happening::Frame(writes, cursor) => {
                    for (x, y, text, style) in writes {
                        if last.area.contains((x, y).into()) {
                            last.set_string(x, y, text, style);
                        }
                    }
                    screen.tty.writes.clear();
                    let cursor = cursor.map(Position::from);
                    let bytes = screen.draw(|buffer| { buffer.clone_from(&last); cursor }).unwrap();
                    assert_shows(&screen);
                    let terminal = screen.tty.terminal.screen();
                    let cursor = cursor.filter(|at| last.area.contains(*at));
                    prop_assert_eq!(terminal.hide_cursor(), cursor.is_none());
                    if let Some(at) = cursor {
                        prop_assert_eq!(terminal.cursor_position(), (at.y, at.x));
                    }
                    prop_assert_eq!(screen.tty.writes.len(), usize::from(bytes > 0));
                }
            }
        }
        screen.tty.writes.clear();
        let unchanged = screen.unknown;
        let cursor = screen.cursor;
        let bytes = screen.draw(|buffer| { buffer.clone_from(&last); cursor }).unwrap();
        prop_assert_eq!(bytes == 0, !unchanged && screen.tty.writes.is_empty());
    }
}

fn one_line(screen: &mut Screen<Tty>, text: &str, style: Style) -> String {
    screen.tty.writes.clear();
    screen
        .draw(|buffer| {
            buffer.set_string(0, 0, text, style);
            None
        })
        .unwrap();
    String::from_utf8(screen.tty.writes.concat()).unwrap()
}

#[test]
fn a_frame_is_one_synchronized_write_of_what_changed() {
    let mut screen = screen(20, 2, ColourDepth::True);
    let red = Style::new().fg(Color::Red);
    assert_eq!(
        one_line(&mut screen, "97,412.1", red),
        "\x1b[?2026h\x1b[?25l\x1b[H\x1b[;31m97,412.1\x1b[K\r\n\x1b[K\x1b[?2026l"
    );
    assert_eq!(one_line(&mut screen, "97,412.1", red), "");
    assert_eq!(one_line(&mut screen, "97,418.1", red), "\x1b[?2026h\x1b[;6H8\x1b[?2026l");
    assert_eq!(one_line(&mut screen, "97,418.3", red), "\x1b[?2026h.3\x1b[?2026l");
    screen.set_synchronized(false);
    assert_eq!(one_line(&mut screen, "97,418.4", red), "\x084");
    let traffic = screen.traffic();
    assert_eq!((traffic.frames, traffic.last_frame_bytes), (4, 2));
    assert_eq!(traffic.bytes, 47 + 22 + 18 + 2);
}

#[test]
fn what_colours_cannot_tell_apart_is_not_sent() {
    let mut screen = screen(20, 1, ColourDepth::Mono);
    one_line(&mut screen, "x", Style::new().fg(Color::Red));
    assert_eq!(one_line(&mut screen, "x", Style::new().fg(Color::Green)), "");
    assert!(one_line(&mut screen, "x", Style::new().add_modifier(Modifier::REVERSED)).contains("\x1b[7m"));
}

#[test]
fn no_cell_steers_the_terminal() {
    let mut screen = screen(8, 1, ColourDepth::True);
    screen
        .draw(|buffer| {
            buffer[(1, 0)].set_symbol("\u{1b}]0;x\u{7}");
            buffer[(2, 0)].set_symbol("\u{9b}2J");
            None
        })
        .unwrap();
    assert_eq!(screen.tty.terminal.screen().contents().trim_end(), "");
    assert_shows(&screen);
}

#[test]
fn a_terminal_without_utf8_gets_ascii_only() {
    let mut screen = screen(8, 1, ColourDepth::True);
    screen.set_ascii(true);
    let bytes = one_line(&mut screen, "a▛é東b", Style::new());
    assert!(bytes.is_ascii());
    assert_eq!(screen.tty.terminal.screen().contents().trim_end(), "a??? b");
}

#[test]
fn a_terminal_that_is_gone_is_named() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut screen = Screen::new(Gone, Size { width: 4, height: 4 }, ColourDepth::True);
    let error = screen.draw(|_| None).unwrap_err();
    assert!(error.to_string().starts_with("the terminal is gone"), "{error}");
}
