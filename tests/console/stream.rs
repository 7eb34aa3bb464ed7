//! What the program sends, byte by byte: whole frames and nothing between them, and no colour where none is wanted.

use crate::program::{FULL, Home};
use crate::pty::Pty;

/// What may stand outside a frame, because it draws nothing: the modes, the question to the terminal, a plain pen.
const MODES: [&[u8]; 18] = [
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[?25h",
    b"\x1b[?25l",
    b"\x1b[?7h",
    b"\x1b[?7l",
    b"\x1b[?1004h",
    b"\x1b[?1004l",
    b"\x1b[?2004h",
    b"\x1b[?2004l",
    b"\x1b[?1000h",
    b"\x1b[?1000l",
    b"\x1b[?1006h",
    b"\x1b[?1006l",
    b"\x1b[?2026$p",
    b"\x1b[c",
    b"\x1b[m",
    b"\x1b[?2026l",
];
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// How many frames the bytes hold; panics where something stands outside of them.
fn frames(mut bytes: &[u8]) -> usize {
    let mut count = 0;
    while !bytes.is_empty() {
        if let Some(frame) = bytes.strip_prefix(BEGIN) {
            let length = frame.windows(END.len()).position(|window| window == END).expect("a frame without its end");
            let (frame, rest) = frame.split_at(length);
            assert!(!frame.is_empty(), "an empty frame");
            assert!(!frame.windows(BEGIN.len()).any(|window| window == BEGIN), "a frame in a frame");
            (bytes, count) = (&rest[END.len()..], count + 1);
        } else {
            let rest = MODES.iter().find_map(|mode| bytes.strip_prefix(*mode));
            bytes = rest.unwrap_or_else(|| {
                panic!("outside of any frame: {:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(60)]))
            });
        }
    }
    count
}

/// What was sent until the person left.
fn until_quit(mut pty: Pty) -> Vec<u8> {
    pty.press("q");
    pty.over();
    pty.wait("the screen from before", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    pty.bytes()
}

#[test]
fn all_that_is_drawn_is_drawn_in_synchronized_updates() {
    let mut pty = Home::new().demo();
    pty.press("?");
    pty.wait_for("Show the keys that work here.");
    pty.press("?:");
    pty.wait_for("enter runs");
    pty.press("\x1b");
    pty.wait("the panes", |screen| screen.contents().contains("spread") && screen.hide_cursor());
    pty.resize(100, 30);
    pty.wait_for("spread");
    assert!(frames(&until_quit(pty)) >= 5);
}

/// The parameters of all sequences that set colours or attributes.
fn attributes(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let (parameters, _) = rest.split_once('m')?;
        parameters.chars().all(|c| c.is_ascii_digit() || ";:".contains(c)).then(|| parameters.to_owned())
    });
    sequences.flat_map(|sequence| sequence.split([';', ':']).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn without_colours_there_is_none_and_the_cursor_shows_all_the_same() {
    for (home, arguments) in
        [(Home::new().with("NO_COLOR", "1"), &["--theme", "dark"][..]), (Home::new(), &["--color", "never"][..])]
    {
        let mut pty = home.start(arguments, FULL);
        pty.wait_for("spread");
        pty.press("t:");
        pty.wait_for("enter runs");
        pty.press("theme");
        pty.wait_for("theme mono");
        assert!(!pty.shows("theme dark"), "only a theme that needs no colours");
        let inverse =
            |screen: &vt100::Screen| (0..24).any(|row| screen.cell(row, 12).is_some_and(vt100::Cell::inverse));
        pty.wait("the chosen line", inverse);
        pty.press("\x1b");
        pty.wait("the panes", |screen| screen.hide_cursor());
        let attributes = attributes(&until_quit(pty));
        assert!(attributes.iter().any(|attribute| attribute == "7"));
        let colour = attributes.iter().find(|attribute| {
            attribute.parse::<u16>().is_ok_and(|number| (30..=49).contains(&number) || (90..=107).contains(&number))
        });
        assert_eq!(colour, None);
    }
}
