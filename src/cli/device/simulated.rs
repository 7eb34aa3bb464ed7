//! Simulated devices in this process: the demo's, and those that a command is pointed at.
//!
//! - Their keys are no secret: the mark that says so stands beside everything that they show.
//! - A command prints the device's screen and asks for each press at the terminal, or presses yes by itself where it is told.

use crate::cli::output::write_stderr;
use crate::cli::{Exit, Failure};
use crate::desk::treasury::{Simulated as AtDesk, SimulatedView};
use crate::device::Place;
use crate::market::printable;
use crate::sim::device::{
    Buttons, DeviceServer, Ledger, LedgerApp, LedgerSettings, Press, Simulated, Trezor, TrezorModel, TrezorSettings,
    Wire,
};
use std::io::{BufRead, IsTerminal, Write};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

/// How often somebody looks at the screen.
const LOOK: Duration = Duration::from_millis(20);

/// What can be plugged in: its name in a way, and what people call it.
const MODELS: [(&str, &str); 3] = [("ledger", "Ledger"), ("trezor", "Trezor Model T"), ("trezor-one", "Trezor One")];

/// A simulated device that is plugged in until this is dropped.
pub struct Plugged {
    name: &'static str,
    server: Arc<DeviceServer>,
    /// The way to it.
    pub way: Place,
}

/// Plugs in the device of this name.
pub fn plug(name: &str) -> Result<Plugged, Failure> {
    plug_in(name, LedgerSettings::default())
}

/// A Ledger that has both apps, as the demo's has: which one is open is chosen on the device.
fn both_apps() -> LedgerSettings {
    let other = Some((LedgerApp::Ethereum, "1.22.0".to_owned()));
    LedgerSettings { other, raw_messages: true, ..LedgerSettings::default() }
}

fn plug_in(name: &str, ledger: LedgerSettings) -> Result<Plugged, Failure> {
    let Some((kind, called)) = MODELS.into_iter().find(|(known, _)| *known == name) else {
        let names = MODELS.map(|(known, _)| known).join(", ");
        let message = format!("there is no simulated device {:?}", printable(name));
        return Err(Failure::new(Exit::Usage, "device-simulated", message).hint(format!("there are {names}")));
    };
    let trezor = |model| Trezor::new(TrezorSettings { model, ..TrezorSettings::default() });
    let device: Option<(Box<dyn Simulated>, Wire)> = match kind {
        "ledger" => Ledger::new(ledger).map(|it| (Box::new(it) as Box<dyn Simulated>, Wire::Tcp)),
        "trezor" => trezor(TrezorModel::T).map(|it| (Box::new(it) as Box<dyn Simulated>, Wire::Udp)),
        _ => trezor(TrezorModel::One).map(|it| (Box::new(it) as Box<dyn Simulated>, Wire::Udp)),
    };
    let failed = |why: String| Failure::new(Exit::Error, "device-simulated", format!("{called} did not start: {why}"));
    let (device, wire) = device.ok_or_else(|| failed("its words make no key".to_owned()))?;
    let server = DeviceServer::open(device, wire, 0).map_err(|error| failed(error.to_string()))?;
    let at = server.addr().to_string();
    let way = match wire {
        Wire::Tcp => Place::LedgerTcp(at),
        Wire::Udp => Place::TrezorUdp(at),
    };
    Ok(Plugged { name: called, server: Arc::new(server), way })
}

impl Plugged {
    /// Lets the person at the terminal use it, or presses yes for them.
    pub fn attend(&self, yes: bool) {
        let (name, server) = (self.name, Arc::downgrade(&self.server));
        // It ends with the device; it is not waited for, since it may wait for a line.
        drop(thread::spawn(move || watch(name, &server, yes)));
    }
}

/// Prints each page, and presses what is answered.
fn watch(name: &str, server: &Weak<DeviceServer>, yes: bool) {
    let mut seen = None;
    while let Some(server) = server.upgrade() {
        let screen = server.screen();
        if seen.as_ref() == Some(&screen) {
            drop(server);
            thread::sleep(LOOK);
            continue;
        }
        let (title, text) = (printable(&screen.title), printable(&screen.text));
        write_stderr(&format!("[{}] {name}: {title:<24} {text}\n", server.mark()));
        if screen.buttons == Buttons::None {
            seen = Some(screen);
            continue;
        }
        let pressed = yes || answered(&format!("  {}: ", words(screen.buttons)));
        server.press(if pressed { Press::Yes } else { Press::No });
        // The same page may come again.
        seen = None;
    }
}

/// Whether the next line is a yes. The end of what is typed is a no.
fn answered(question: &str) -> bool {
    write_stderr(question);
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    let read = std::io::Read::take(std::io::stdin().lock(), 64).read_line(&mut line);
    if !std::io::stdin().is_terminal() {
        // Nobody's keyboard has ended the line.
        write_stderr("\n");
    }
    read.is_ok() && matches!(line.trim(), "y" | "Y" | "yes")
}

/// What yes and no do.
fn words(buttons: Buttons) -> &'static str {
    match buttons {
        Buttons::None => "",
        Buttons::Next => "y turns the page, n refuses",
        Buttons::Decide => "y approves, n refuses",
        Buttons::Turn => "y approves, n turns the page",
        Buttons::Pin => "y enters the PIN, n gives up",
        Buttons::Open => "y opens that app, n stays with this one",
    }
}

/// The demo's devices, as its desk shows them and presses their buttons.
pub struct Table(Vec<Plugged>);

impl Table {
    /// Plugs in devices of these names.
    pub fn set(names: &[&str]) -> Result<Self, Failure> {
        names.iter().map(|name| plug_in(name, both_apps())).collect::<Result<_, _>>().map(Self)
    }

    /// The ways to them.
    pub fn ways(&self) -> Vec<Place> {
        self.0.iter().map(|plugged| plugged.way.clone()).collect()
    }
}

impl AtDesk for Table {
    fn screens(&self) -> Vec<SimulatedView> {
        let text = |text: &str| -> Arc<str> { printable(text).into() };
        let view = |plugged: &Plugged| {
            let screen = plugged.server.screen();
            SimulatedView {
                name: plugged.name.into(),
                mark: plugged.server.mark().into(),
                title: text(&screen.title),
                text: text(&screen.text),
                buttons: words(screen.buttons).into(),
            }
        };
        self.0.iter().map(view).collect()
    }

    fn press(&self, device: usize, yes: bool) {
        let press = if yes { Press::Yes } else { Press::No };
        self.0.get(device).into_iter().for_each(|plugged| plugged.server.press(press));
    }
}
