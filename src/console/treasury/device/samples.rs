//! A device that is asked, for tests, at every stage of that.

use crate::console::state::State;
use crate::console::treasury::samples::{OTC, ago, finger, id, with};
use crate::desk::View;
use crate::desk::treasury::{PageView, SeatStanding, SigningView, SimulatedView, Stage};
use std::sync::Arc;

/// What the device will show.
const PAGES: [(&str, &str); 6] = [
    ("Review transaction", "to send bitcoin"),
    ("From", "BTC cold"),
    ("Amount", "1.5 BTC"),
    ("To", OTC),
    ("Fees", "0.000015 BTC"),
    ("Sign transaction", ""),
];

/// A treasury of whose chosen proposal two keys lie on devices: one has not signed, the other was asked in vain.
pub fn lacking(state: &State) -> View {
    with(state, |proposal| {
        proposal.row.signed = 0;
        let standings = [SeatStanding::Pending, SeatStanding::Awaiting(ago(90))];
        for (seat, standing) in proposal.seats.iter_mut().zip(standings) {
            (seat.standing, seat.hot) = (standing, None);
        }
    })
}

/// The same while the first device is asked; in the demo with the screens of two simulated ones.
pub fn asked(state: &State, stage: Stage, demo: bool) -> View {
    let mut view = lacking(state);
    let page =
        |(title, text): &(&str, &str)| PageView { title: (*title).into(), text: (*text).into(), on_demand: false };
    let screen = |name: &str, title: &str, text: &str, buttons: &str| SimulatedView {
        name: name.into(),
        mark: "DEMO keys: no real money".into(),
        title: title.into(),
        text: text.into(),
        buttons: buttons.into(),
    };
    if let Some(treasury) = &mut view.treasury {
        let known = !matches!(stage, Stage::Looking(_) | Stage::Over { .. });
        treasury.signing = Some(Arc::new(SigningView {
            proposal: id(14),
            seat: finger("73c5da0a").into(),
            device: if known { "Ledger Nano S Plus at ledger:hid:/dev/hidraw3" } else { "" }.into(),
            stage,
            since: ago(12),
            pages: PAGES.iter().map(page).collect(),
        }));
        if demo {
            treasury.simulated = Arc::from([
                screen("Trezor Model T", "DEMO keys, no real money", "", ""),
                screen("Ledger", "To", OTC, "y turns the page, n refuses"),
            ]);
        }
    }
    view
}
