//! What the terminal is sent when an alert fires: its bell, or a notification that it shows itself.
//!
//! - OSC 9 (iTerm2, kitty, WezTerm, Windows Terminal, foot) carries a text: <https://iterm2.com/documentation-escape-codes.html>.
//!   OSC 777 (urxvt, foot, Ghostty, VTE) carries a title and a text.
//! - A text is printable, short, and cannot be taken for another command of the same sequence.
//! - What the desk held back, because there was too much, does not ring either.

use super::capabilities::Capabilities;
use super::clipboard::around_tmux;
use super::text::printable;
use crate::desk::AlertsView;

/// More of a text is not shown by any terminal.
const LONGEST: usize = 200;

/// Notifications at once; what fired besides them is counted.
const AT_ONCE: usize = 3;

/// A way to tell something by the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ring {
    /// The bell.
    Bell,
    /// A notification by OSC 9.
    Osc9,
    /// A notification by OSC 777.
    Osc777,
}

impl Ring {
    /// What is sent for `text`.
    pub fn sequence(self, text: &str, terminal: Capabilities) -> Vec<u8> {
        let shown = |c: char| if c == ';' || (!terminal.utf8 && !c.is_ascii()) { ',' } else { c };
        let text: String = printable(text).chars().take(LONGEST).map(shown).collect();
        // The words before the text keep it from being read as a number: OSC 9;4 is a bar of progress to some.
        let sequence = match self {
            Self::Bell => return b"\x07".to_vec(),
            Self::Osc9 => format!("\x1b]9;Exchequer: {text}\x1b\\"),
            Self::Osc777 => format!("\x1b]777;notify;Exchequer;{text}\x1b\\"),
        };
        if terminal.tmux { around_tmux(sequence.as_bytes()) } else { sequence.into_bytes() }
    }
}

/// Rings for every firing once.
#[derive(Clone, Debug)]
pub struct Ringer {
    rings: Vec<Ring>,
    terminal: Capabilities,
    rung: u64,
}

impl Ringer {
    /// Has rung for nothing yet; what fired in an earlier run has no number and does not ring.
    pub fn new(rings: Vec<Ring>, terminal: Capabilities) -> Self {
        Self { rings, terminal, rung: 0 }
    }

    /// What is to be sent for the firings that are new; empty when nothing is.
    pub fn ring(&mut self, alerts: &AlertsView) -> Vec<u8> {
        let new: Vec<_> = alerts.firings.iter().filter(|fired| fired.serial > self.rung && fired.sent).collect();
        self.rung = alerts.firings.last().map_or(self.rung, |fired| fired.serial.max(self.rung));
        let mut bytes = Vec::new();
        for ring in &self.rings {
            let texts = new.iter().take(if *ring == Ring::Bell { 1 } else { AT_ONCE });
            let more = new.len().saturating_sub(AT_ONCE);
            texts.for_each(|fired| bytes.extend(ring.sequence(&fired.text, self.terminal)));
            if more > 0 && *ring != Ring::Bell {
                bytes.extend(ring.sequence(&format!("and {more} more alerts"), self.terminal));
            }
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::colour::ColourDepth;
    use crate::desk::FiredView;
    use crate::market::Timestamp;

    const PLAIN: Capabilities = Capabilities { depth: ColourDepth::Mono, ssh: false, tmux: false, utf8: true };

    fn fired(serial: u64, sent: bool) -> FiredView {
        FiredView { serial, at: Timestamp::from_secs(1), text: format!("fired {serial}"), seen: false, sent }
    }

    fn shown(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn sequences_are_whole_and_hold_nothing_that_steers() {
        let text = "a\x1b]52;c;AAAA\x07\u{9c}\u{202e}b é";
        assert_eq!(Ring::Bell.sequence(text, PLAIN), b"\x07");
        assert_eq!(shown(&Ring::Osc9.sequence(text, PLAIN)), "\x1b]9;Exchequer: a]52,c,AAAAb é\x1b\\");
        assert_eq!(shown(&Ring::Osc777.sequence("4;1", PLAIN)), "\x1b]777;notify;Exchequer;4,1\x1b\\");
        let ascii = Capabilities { utf8: false, tmux: true, ..PLAIN };
        let wrapped = "\x1bPtmux;\x1b\x1b]9;Exchequer: ,\x1b\x1b\\\x1b\\";
        assert_eq!(shown(&Ring::Osc9.sequence("é", ascii)), wrapped);
        assert!(Ring::Osc9.sequence(&"x".repeat(9_999), PLAIN).len() < 250);
    }

    #[test]
    fn every_firing_rings_once_and_none_of_an_earlier_run() {
        let mut ringer = Ringer::new(vec![Ring::Bell, Ring::Osc9], PLAIN);
        let mut alerts = AlertsView { firings: vec![fired(0, true)], ..AlertsView::default() };
        assert!(ringer.ring(&alerts).is_empty());
        alerts.firings.push(fired(1, true));
        assert_eq!(shown(&ringer.ring(&alerts)), "\x07\x1b]9;Exchequer: fired 1\x1b\\");
        assert!(ringer.ring(&alerts).is_empty());
        alerts.firings.push(fired(2, false));
        assert!(ringer.ring(&alerts).is_empty(), "held back");
        alerts.firings.extend((3..9).map(|serial| fired(serial, true)));
        let many = shown(&ringer.ring(&alerts));
        assert_eq!((many.matches('\x07').count(), many.matches("]9;").count()), (1, AT_ONCE + 1));
        assert!(many.contains("and 3 more alerts"));
    }
}
