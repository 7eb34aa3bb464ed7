//! The console at a real terminal: what happens is taken in, and what is to be seen is sent, until someone leaves.
//!
//! One loop, one task. It draws when something has changed and the pace allows it; it never waits for a disk, a network
//! or another program.

use super::capabilities::{Capabilities, Environment};
use super::clipboard::{self, Way};
use super::effect::{Effect, Event, Rates};
use super::input::{self, Input};
use super::pace::{Line, Pace};
use super::probe::{self, SyncChoice};
use super::ring::{Ring, Ringer};
use super::screen::{Screen, TerminalGone, Traffic};
use super::signals::{Cause, Notice, Signals, can_suspend};
use super::state::{self, State, query};
use super::terminal::{Terminal, TerminalError, Tty};
use super::theme::{Theme, Themes};
use super::{update, view};
use crate::desk::{Handle, Operator, View};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

/// How long a code of several is shown: a camera has to find it, focus and read it.
const CODE_EVERY: Duration = Duration::from_millis(400);

/// How the console is started.
#[derive(Debug)]
pub struct Setup {
    /// The person's wishes.
    pub settings: state::Settings,
    /// All themes; the one in use is named in the settings.
    pub themes: Themes,
    /// What the terminal can do.
    pub capabilities: Capabilities,
    /// The process's environment, for the clipboard.
    pub environment: Environment,
    /// Whether frames are synchronized updates.
    pub sync: SyncChoice,
    /// Whether a slow line is spared.
    pub low_bandwidth: bool,
    /// The most frames a second, if fewer or more than the line suggests.
    pub fps: Option<u16>,
    /// What the terminal is sent when an alert fires.
    pub rings: Vec<Ring>,
    /// Whether a panic on the thread that asks is contained, and so no reason to end.
    pub contained: fn() -> bool,
}

/// Why the console could not run to an orderly end.
#[derive(Debug, thiserror::Error)]
pub enum ConsoleError {
    /// The terminal, or the system's signals, could not be set up.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// The terminal went away.
    #[error(transparent)]
    Gone(#[from] TerminalGone),
    /// There is no such theme.
    #[error("there is no theme {0:?}; see themes/ in the documentation of the configuration")]
    NoTheme(String),
}

/// Why the console ended in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person left.
    Quit,
    /// The system, or the terminal, wanted it.
    Told(Cause),
}

/// Runs the console on the process's terminal. The terminal is restored when this returns, and if it panics.
pub async fn run(desk: Handle<Operator>, setup: Setup) -> Result<Ended, ConsoleError> {
    let signals = Signals::listen().map_err(TerminalError::from)?;
    let terminal = Terminal::enter(setup.settings.mouse, setup.contained)?;
    let patience = (setup.sync == SyncChoice::Auto).then(|| probe::patience(setup.capabilities.ssh));
    let (_listener, inputs) = input::listen(patience).map_err(TerminalError::from)?;
    let mut console = Console::new(desk, setup, terminal, signals)?;
    if patience.is_some() {
        console.screen.send(probe::QUESTION)?;
    }
    console.run(inputs).await
}

struct Console {
    desk: Handle<Operator>,
    state: State,
    shown: View,
    themes: Themes,
    theme: Theme,
    capabilities: Capabilities,
    ways: Vec<Way>,
    ringer: Ringer,
    sync: SyncChoice,
    terminal: Terminal,
    signals: Signals,
    screen: Screen<Tty>,
    pace: Pace,
    traffic: Traffic,
    copied: (mpsc::Sender<Done>, mpsc::Receiver<Done>),
}

/// What came of a copy.
struct Done {
    /// What is to be sent to the terminal for it.
    send: Vec<u8>,
    /// What to say about it.
    said: Event,
}

impl Console {
    fn new(
        mut desk: Handle<Operator>,
        setup: Setup,
        terminal: Terminal,
        signals: Signals,
    ) -> Result<Self, ConsoleError> {
        let Setup { settings, themes, capabilities, environment, sync, low_bandwidth, fps, rings, contained: _ } =
            setup;
        let missing = || ConsoleError::NoTheme(settings.theme.clone());
        let theme = themes.get(&settings.theme).ok_or_else(missing)?.clone();
        let line = if low_bandwidth { Line::LowBandwidth } else { capabilities.line() };
        let mut screen = Screen::new(Tty, terminal.size(), capabilities.depth);
        screen.set_ascii(!capabilities.utf8);
        screen.set_synchronized(sync != SyncChoice::Off);
        let state = State::new(settings, terminal.size());
        Ok(Self {
            shown: desk.view(&query(&state)),
            desk,
            state,
            themes,
            theme,
            capabilities,
            ways: Way::choose(&environment),
            ringer: Ringer::new(rings, capabilities),
            sync,
            terminal,
            signals,
            screen,
            pace: Pace::new(line, fps),
            traffic: Traffic::default(),
            copied: mpsc::channel(4),
        })
    }

    async fn run(mut self, mut inputs: mpsc::Receiver<Input>) -> Result<Ended, ConsoleError> {
        // Ages and the clock move even when nothing else does.
        let mut second = tokio::time::interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // Codes that one after another tell a whole.
        let mut codes = tokio::time::interval(CODE_EVERY);
        codes.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let now = Instant::now();
            if self.pace.wants_draw(now) {
                let bytes = self.draw()?;
                self.pace.drawn(now, bytes);
            }
            let due = self.pace.next_deadline(now);
            let effects = tokio::select! {
                biased;
                notice = self.signals.next() => match notice {
                    Notice::Exit(cause) => return Ok(Ended::Told(cause)),
                    Notice::Suspend => vec![Effect::Suspend],
                    Notice::Resumed => {
                        self.terminal.take()?;
                        self.resized();
                        vec![Effect::Redraw]
                    }
                    Notice::Resize => self.resized(),
                },
                input = inputs.recv() => match input {
                    None | Some(Input::Gone) => return Ok(Ended::Told(Cause::TerminalGone)),
                    Some(input) => {
                        self.pace.asked();
                        self.take_in(input)
                    }
                },
                Some(done) = self.copied.1.recv() => {
                    self.screen.send(&done.send)?;
                    self.update(done.said)
                }
                () = sleep_until(due) => continue,
                _ = second.tick() => self.beat(),
                _ = codes.tick(), if self.state.animates() => self.update(Event::Tick),
                () = self.desk.changed(), if due.is_none() => vec![],
            };
            self.pace.changed();
            for effect in effects {
                if !self.carry_out(effect).await? {
                    return Ok(Ended::Quit);
                }
            }
        }
    }

    /// Draws a frame; gives its bytes.
    fn draw(&mut self) -> Result<usize, TerminalGone> {
        self.shown = self.desk.view(&query(&self.state));
        // What the desk shows changes what is remembered, never what is asked for.
        let _ = update(&mut self.state, &self.shown, Event::Desk);
        let ring = self.ringer.ring(&self.shown.alerts);
        if !ring.is_empty() {
            self.screen.send(&ring)?;
        }
        let Self { state, shown, theme, capabilities, screen, .. } = self;
        let area = screen.area();
        screen.draw(|buf| view(state, shown, theme, capabilities.glyphs(), area, buf))
    }

    fn update(&mut self, event: Event) -> Vec<Effect> {
        update(&mut self.state, &self.shown, event)
    }

    fn take_in(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Key(chord) => self.update(Event::Key(chord)),
            Input::Mouse(mouse) => self.update(Event::Mouse(mouse)),
            Input::Paste(text) => self.update(Event::Paste(text)),
            Input::Focus(focused) => {
                self.pace.focus(focused);
                vec![]
            }
            Input::Synchronized(answer) => {
                self.screen.set_synchronized(self.sync.decide(answer));
                vec![]
            }
            Input::Gone => vec![],
        }
    }

    fn resized(&mut self) -> Vec<Effect> {
        let size = self.terminal.size();
        self.screen.resize(size);
        self.pace.asked();
        self.update(Event::Resize(size))
    }

    fn beat(&mut self) -> Vec<Effect> {
        let (before, now) = (self.traffic, self.screen.traffic());
        self.traffic = now;
        self.update(Event::Traffic(Rates {
            bytes: now.bytes - before.bytes,
            frames: now.frames - before.frames,
            last_frame: now.last_frame_bytes,
        }))
    }

    /// Does what was asked for; `false` when that is to leave.
    async fn carry_out(&mut self, effect: Effect) -> Result<bool, ConsoleError> {
        match effect {
            Effect::Command(command) => self.desk.command(command),
            Effect::Copy(text) => self.copy(text),
            Effect::Theme(name) => {
                if let Some(theme) = self.themes.get(&name) {
                    self.theme = theme.clone();
                }
            }
            Effect::Mouse(on) => {
                let modes = self.terminal.set_mouse(on);
                self.screen.send(modes)?;
            }
            Effect::Redraw => self.screen.repaint(),
            Effect::Suspend if can_suspend() => {
                self.signals.suspend(&self.terminal).await?;
                self.resized();
            }
            Effect::Suspend => {
                let text = "no shell waits in the background: not suspended".to_owned();
                self.update(Event::Said { warning: true, text });
            }
            Effect::Instruments => {
                let instruments = self.desk.instruments();
                self.update(Event::Instruments(instruments));
            }
            Effect::Quit => return Ok(false),
        }
        Ok(true)
    }

    /// Copies without holding up the screen: the programs that copy may take their time.
    fn copy(&self, text: String) {
        let (ways, done) = (self.ways.clone(), self.copied.0.clone());
        tokio::task::spawn_blocking(move || {
            let (send, warning, text) = match clipboard::copy(&text, &ways) {
                Ok(copied) => (copied.send, false, format!("copied {text} by {}", copied.way.name())),
                Err(error) => (vec![], true, error.to_string()),
            };
            // A console that has ended has no use for it.
            let _ = done.blocking_send(Done { send, said: Event::Said { warning, text } });
        });
    }
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}
