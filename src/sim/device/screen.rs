//! What a device shows, and what its user does.

/// What can be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Buttons {
    /// Nothing: the device waits for its host.
    None,
    /// Yes turns the page, no refuses all of it.
    Next,
    /// Yes approves, no refuses.
    Decide,
    /// Yes approves; no only turns the page, and the host has to give up (a Trezor One's addresses).
    Turn,
    /// Yes enters the PIN on the device, no gives up.
    Pin,
    /// Yes opens the other app, no stays with this one (a Ledger whose host wanted another).
    Open,
}

/// One press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Press {
    /// Yes.
    Yes,
    /// No.
    No,
}

/// A page of a device's screen, without the line ends of a small one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Its first line.
    pub title: String,
    /// What stands below.
    pub text: String,
    /// What can be pressed.
    pub buttons: Buttons,
}

impl Screen {
    /// A page that asks for nothing.
    pub fn said(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), buttons: Buttons::None }
    }

    /// A page to be turned.
    pub fn next(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { buttons: Buttons::Next, ..Self::said(title, text) }
    }

    /// A device at rest whose host wanted another app.
    pub fn open(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { buttons: Buttons::Open, ..Self::said(title, text) }
    }

    /// A page to be approved or refused.
    pub fn decide(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { buttons: Buttons::Decide, ..Self::said(title, text) }
    }
}
