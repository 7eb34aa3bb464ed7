//! Everything a key can ask for: the one table of actions behind dispatch, footer, help, palette and the keys page.
//!
//! Which key asks for it is not said here but in `keymaps/default.toml`, so each fact stands in one place.

/// What a person asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the help column of the table says what each one does")]
pub enum Action {
    Quit,
    Help,
    Palette,
    Search,
    Back,
    Accept,
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    HalfUp,
    HalfDown,
    Top,
    Bottom,
    NextPane,
    PreviousPane,
    /// The Markets workspace.
    Markets,
    /// The Portfolio workspace.
    Portfolio,
    /// The Treasury workspace.
    Treasury,
    Zoom,
    NextInstrument,
    PreviousInstrument,
    /// All venues' books as one.
    Across,
    /// The table of venues.
    Venues,
    /// Prices net of fees.
    Net,
    /// The order of the venues.
    Rank,
    /// A size across venues.
    Split,
    /// The currency that a portfolio is told in.
    Base,
    /// Which purchases a sale uses up.
    Method,
    /// Amounts behind dots.
    Hide,
    /// The holdings that match a text.
    Filter,
    /// By what the holdings are sorted.
    SortBy,
    /// Which way round.
    SortWay,
    /// What is told of a holding.
    Columns,
    NextPortfolio,
    PreviousPortfolio,
    /// The entries of the ledger.
    Ledger,
    /// All of a proposal, on the whole screen.
    Review,
    /// A signature with a key that lies here.
    Approve,
    /// A signature by a hardware wallet.
    SignOnDevice,
    Reject,
    /// A PSBT to a file.
    Export,
    /// A PSBT as QR codes.
    ShowQr,
    /// A PSBT from a file, or pasted.
    Import,
    Finalise,
    /// A transaction of bitcoin to its chain, or a Safe's carried out.
    Broadcast,
    /// Signatures to a Safe's transaction service.
    Post,
    /// A transaction of a Safe, made here.
    Propose,
    /// The nonce of a Safe's proposal, used up by a transaction that does nothing.
    Supplant,
    /// The coins of a wallet.
    Coins,
    Label,
    Freeze,
    /// The chain, asked anew.
    Sync,
    /// The next address to be paid at.
    Receive,
    /// The first address, as a cosigner's device shows it.
    ConfirmAddress,
    Remove,
    Alerts,
    Snooze,
    Copy,
    GroupWider,
    GroupFiner,
    Center,
    NextInterval,
    PreviousInterval,
    Pause,
    Step,
    SeekBack,
    SeekForward,
    Faster,
    Slower,
    CycleTheme,
    SaveLayout,
    ToggleMouse,
    Meter,
    Redraw,
    Suspend,
}

/// Where an action makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere.
    Global,
    /// The Markets workspace is on the screen.
    Markets,
    /// The Portfolio workspace is on the screen.
    Portfolio,
    /// The Treasury workspace is on the screen.
    Treasury,
    /// The watchlist has the focus.
    Watch,
    /// The order book has the focus.
    Book,
    /// What compares venues has the focus: the consolidated book or the table of venues.
    Across,
    /// The candle chart has the focus.
    Candles,
    /// The alerts are listed.
    Alerts,
    /// A capture is being replayed.
    Replay,
    /// A text field has the focus: plain characters are text, not keys.
    Text,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The action.
    pub action: Action,
    /// Its name in keymap files and in the palette.
    pub name: &'static str,
    /// Where it makes sense.
    pub context: Context,
    /// One or two words for a footer.
    pub hint: &'static str,
    /// One sentence for help and palette.
    pub help: &'static str,
}

const fn row(action: Action, name: &'static str, context: Context, hint: &'static str, help: &'static str) -> Row {
    Row { action, name, context, hint, help }
}

use Action as A;
use Context::{Across, Alerts, Book, Candles, Global, Markets, Portfolio, Replay, Treasury, Watch};

/// Every action, in the order in which help lists them.
pub const TABLE: &[Row] = &[
    row(A::Help, "help", Global, "help", "Show the keys that work here."),
    row(A::Palette, "palette", Global, "command", "Find a command by name and run it."),
    row(A::Search, "search", Global, "symbol", "Find an instrument by symbol and show it."),
    row(A::Back, "back", Global, "back", "Close what is on top, or leave the text field."),
    row(A::Accept, "accept", Global, "select", "Open or choose what the cursor is on."),
    row(A::Quit, "quit", Global, "quit", "Leave, with the terminal as it was before."),
    row(A::Up, "up", Global, "up", "Move the cursor up."),
    row(A::Down, "down", Global, "down", "Move the cursor down."),
    row(A::Left, "left", Global, "left", "Move the cursor left."),
    row(A::Right, "right", Global, "right", "Move the cursor right."),
    row(A::PageUp, "page-up", Global, "page up", "Move one page up."),
    row(A::PageDown, "page-down", Global, "page down", "Move one page down."),
    row(A::HalfUp, "half-up", Global, "half up", "Move half a page up."),
    row(A::HalfDown, "half-down", Global, "half down", "Move half a page down."),
    row(A::Top, "top", Global, "top", "Go to the first line."),
    row(A::Bottom, "bottom", Global, "bottom", "Go to the last line."),
    row(A::NextPane, "next-pane", Global, "next pane", "Focus the next pane."),
    row(A::PreviousPane, "previous-pane", Global, "pane before", "Focus the pane before."),
    row(A::Markets, "markets", Global, "Markets", "Go to the Markets workspace, with all its panes."),
    row(A::Portfolio, "portfolio", Global, "Portfolio", "Go to the Portfolio workspace, with all its panes."),
    row(A::Treasury, "treasury", Global, "Treasury", "Go to the Treasury workspace, with all its panes."),
    row(A::Zoom, "zoom", Global, "zoom", "Give the focused pane the whole screen, and back."),
    row(A::NextInstrument, "next-instrument", Markets, "next", "Show the next instrument of the watchlist."),
    row(A::PreviousInstrument, "previous-instrument", Markets, "previous", "Show the instrument before."),
    row(A::Across, "consolidated", Markets, "all venues", "Show all venues' books as one, or one venue's again."),
    row(A::Venues, "venues", Markets, "venues", "Show the venues side by side, or the candles again."),
    row(A::Copy, "copy", Global, "copy", "Copy what the cursor is on, also over SSH."),
    row(A::Alerts, "alerts", Global, "alerts", "List the alerts and what fired."),
    row(A::Hide, "hide-amounts", Global, "hide", "Hide what is owned and what it is worth, or show it again."),
    row(A::Base, "base", Portfolio, "base", "Tell values in the next currency."),
    row(A::Method, "method", Portfolio, "method", "Count gains by the next method: FIFO, LIFO, HIFO, average."),
    row(A::Filter, "filter", Portfolio, "filter", "Show only the holdings whose asset or account matches."),
    row(A::SortBy, "sort-by", Portfolio, "sort", "Sort the holdings by the next column."),
    row(A::SortWay, "sort-way", Portfolio, "turn round", "Sort the holdings the other way round."),
    row(A::Columns, "columns", Portfolio, "columns", "Tell worth, gains or sources of the holdings."),
    row(A::NextPortfolio, "next-portfolio", Portfolio, "next portfolio", "Show the next portfolio."),
    row(A::PreviousPortfolio, "previous-portfolio", Portfolio, "portfolio before", "Show the portfolio before."),
    row(A::Ledger, "ledger", Portfolio, "ledger", "List the entries of the ledger, or go back to the holdings."),
    row(A::Review, "review", Treasury, "review", "Read all of the proposal on the whole screen, and back."),
    row(A::Approve, "approve", Treasury, "approve", "Review the proposal again, and sign it with a key here."),
    row(A::SignOnDevice, "device", Treasury, "device", "Review the proposal again, and sign it on a device."),
    row(A::Reject, "reject", Treasury, "reject", "Refuse the proposal, with a reason."),
    row(A::Export, "export", Treasury, "export", "Write the proposal with its signatures to a file."),
    row(A::ShowQr, "show-qr", Treasury, "QR", "Show the proposal with its signatures as QR codes."),
    row(A::Import, "import", Treasury, "import", "Take a proposal from a file, or from what is pasted."),
    row(A::Finalise, "finalize", Treasury, "finalize", "Make a transaction of a proposal that is ready."),
    row(A::Broadcast, "broadcast", Treasury, "broadcast", "Look at it all once more, and hand it to the chain."),
    row(A::Post, "post", Treasury, "post", "Tell the Safe's service the proposal and its signatures."),
    row(A::Propose, "propose", Treasury, "propose", "Propose a payment out of the Safe."),
    row(A::Supplant, "supplant", Treasury, "supplant", "Propose to use up the nonce of a Safe's proposal."),
    row(A::Coins, "coins", Treasury, "coins", "List the wallet's coins, or the Safe's owners, and back."),
    row(A::Label, "label", Treasury, "label", "Name the coin that the cursor is on."),
    row(A::Freeze, "freeze", Treasury, "freeze", "Keep the coin from being spent, or let it go again."),
    row(A::Sync, "sync", Treasury, "sync", "Ask the chain about the wallet or the Safe."),
    row(A::Receive, "receive", Treasury, "receive", "Show the wallet's next address to be paid at."),
    row(
        A::ConfirmAddress,
        "confirm-address",
        Treasury,
        "confirm",
        "Compare the first address with a cosigner's device.",
    ),
    row(A::Remove, "remove", Watch, "remove", "Take the instrument, or the alert, off its list."),
    row(A::GroupWider, "group-wider", Book, "wider", "Group prices in wider steps."),
    row(A::GroupFiner, "group-finer", Book, "finer", "Group prices in finer steps."),
    row(A::Center, "center", Book, "mid", "Put the cursor back to the middle of the book."),
    row(A::Split, "split", Across, "split", "Ask how to fill a size best across venues."),
    row(A::Net, "net", Across, "net", "Show prices net of fees, or as the venues print them."),
    row(A::Rank, "rank", Across, "sort", "Sort the venues by bid, ask, spread or lag."),
    row(A::NextInterval, "next-interval", Candles, "longer", "Show longer candles."),
    row(A::PreviousInterval, "previous-interval", Candles, "shorter", "Show shorter candles."),
    row(A::Snooze, "snooze", Alerts, "snooze", "Keep the alert silent for an hour."),
    row(A::Pause, "pause", Replay, "pause", "Pause the replay, or go on."),
    row(A::Step, "step", Replay, "step", "Play one more frame of the replay, paused."),
    row(A::SeekBack, "seek-back", Replay, "back", "Go back in the replay."),
    row(A::SeekForward, "seek-forward", Replay, "ahead", "Go ahead in the replay."),
    row(A::Faster, "faster", Replay, "faster", "Play the replay faster."),
    row(A::Slower, "slower", Replay, "slower", "Play the replay slower."),
    row(A::CycleTheme, "cycle-theme", Global, "theme", "Use the next theme."),
    row(A::SaveLayout, "save-layout", Global, "save layout", "Keep the panes as they are for the next start."),
    row(A::ToggleMouse, "toggle-mouse", Global, "mouse", "Turn the mouse on or off."),
    row(A::Meter, "meter", Global, "meter", "Show frames and bytes per second."),
    row(A::Redraw, "redraw", Global, "redraw", "Paint the whole screen anew."),
    row(A::Suspend, "suspend", Global, "suspend", "Go to the background; the shell's fg comes back."),
];

impl Action {
    /// The action of this name.
    pub fn named(name: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.name == name).map(|row| row.action)
    }

    /// This action's row.
    pub fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.action == self)
    }
}

impl Context {
    /// All contexts, in the order in which help lists them.
    pub const ALL: [Self; 11] = [
        Self::Global,
        Self::Watch,
        Self::Book,
        Self::Across,
        Self::Candles,
        Self::Markets,
        Self::Portfolio,
        Self::Treasury,
        Self::Alerts,
        Self::Replay,
        Self::Text,
    ];

    /// The heading of this context in help and on the keys page.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Global => "Everywhere",
            Self::Markets => "Markets",
            Self::Portfolio => "Portfolio",
            Self::Treasury => "Treasury",
            Self::Watch => "Watchlist",
            Self::Book => "Order book",
            Self::Across => "Across venues",
            Self::Candles => "Candles",
            Self::Alerts => "Alerts",
            Self::Replay => "Replay",
            Self::Text => "Text fields",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_actions_are_unique() {
        for (i, a) in TABLE.iter().enumerate() {
            for b in &TABLE[i + 1..] {
                assert_ne!(a.name, b.name);
                assert_ne!(a.action, b.action);
            }
            assert_eq!(Action::named(a.name), Some(a.action));
            assert!(a.help.ends_with('.') && a.help.len() < 60, "{}", a.help);
        }
    }
}
