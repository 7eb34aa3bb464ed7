//! The desk's hold on its treasury: a thread of its own does what is wished, one thing after another, and looks at chains.

use super::clerk::Clerk;
use super::device::{Hatch, Reply};
use super::follow::Found;
use super::place::TreasurySettings;
use super::safe::{SafeFound, ServiceFound, ServiceQuestion};
use super::view::Chosen;
use super::wish::Wish;
use crate::desk::chronicle::Chronicle;
use crate::desk::shared::Shared;
use crate::desk::{Operator, Scope};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Wishes that may wait.
const QUEUE: usize = 16;

/// How often what is shown is made anew, so that prices and ages in it are of now.
const SHOW_EVERY: Duration = Duration::from_secs(2);

/// How often the thread looks whether a chain has answered.
const LISTEN_EVERY: Duration = Duration::from_millis(100);

/// What somebody wishes.
type Job = (Scope<Operator>, Box<Wish>);

/// The way to the treasury's thread. It ends when this is dropped.
#[derive(Debug)]
pub(in crate::desk) struct Keeper {
    jobs: SyncSender<Job>,
    shared: Arc<Shared>,
    hatch: Arc<Hatch>,
}

impl Keeper {
    /// Starts the thread. `dir` is the desk's journal, which `chronicle` writes.
    pub fn begin(
        settings: TreasurySettings,
        dir: Option<PathBuf>,
        chronicle: Option<Arc<Mutex<Chronicle>>>,
        shared: Arc<Shared>,
    ) -> Self {
        let (jobs, queue) = sync_channel(QUEUE);
        let hatch = Arc::<Hatch>::default();
        let (desk, at) = (Arc::clone(&shared), Arc::clone(&hatch));
        let started = thread::Builder::new().name("treasury".to_owned()).spawn(move || {
            let Some(clerk) = open(settings, dir, chronicle, desk, at) else { return };
            work(clerk, &queue);
        });
        if let Err(error) = started {
            shared.notice(true, format!("the treasury is not shown: {error}"));
        }
        Self { jobs, shared, hatch }
    }

    /// Asks for something. What came of it is a notice, and shows in the views.
    pub fn carry_out(&self, scope: Scope<Operator>, wish: Wish) {
        // What is said to a device is not to wait behind anything else.
        let wish = match wish {
            Wish::Device(reply) => return self.hatch.say(reply),
            wish => wish,
        };
        if self.jobs.try_send((scope, Box::new(wish))).is_err() {
            self.shared.notice(true, "the treasury is busy: that was not taken, try again");
        }
    }
}

fn open(
    settings: TreasurySettings,
    dir: Option<PathBuf>,
    chronicle: Option<Arc<Mutex<Chronicle>>>,
    shared: Arc<Shared>,
    hatch: Arc<Hatch>,
) -> Option<Clerk> {
    if let Some(prepare) = &settings.prepare
        && let Err(reason) = prepare.0(&settings.place)
    {
        shared.notice(true, format!("the treasury is not shown: {reason}"));
        return None;
    }
    let own = settings.place.journal.clone();
    let (dir, chronicle) = match own {
        Some(own) => {
            let chronicle = Chronicle::beside(&own, &shared);
            (Some(own), Some(Arc::new(Mutex::new(chronicle))))
        }
        None => (dir, chronicle),
    };
    Some(Clerk::open(settings, shared, chronicle, dir.as_deref(), hatch))
}

/// What a chain answered.
enum Answered {
    Wallet(Found),
    Safe(Box<SafeFound>),
    Service(Box<ServiceFound>),
}

/// Looks at chains: one at a time, each wallet and each Safe in its turn.
struct Looks {
    answers: (SyncSender<Answered>, Receiver<Answered>),
    waiting: VecDeque<Chosen>,
    since: Option<Instant>,
    /// The wallet or the Safe whose chain is asked now, and whether somebody waits for the answer.
    busy: Option<(Chosen, bool)>,
    /// Whether a service is asked now, and what is to be asked of services then: it holds up no look at a chain.
    listing: bool,
    lists: VecDeque<Box<ServiceQuestion>>,
}

fn work(mut clerk: Clerk, queue: &Receiver<Job>) {
    let local = Scope::local();
    let (answers, waiting) = (sync_channel(2), VecDeque::new());
    let mut looks = Looks { answers, waiting, since: None, busy: None, listing: false, lists: VecDeque::new() };
    loop {
        clerk.catch_up();
        clerk.show(None);
        let shown = Instant::now();
        // Until there is something new, or what is shown is old.
        while shown.elapsed() < SHOW_EVERY {
            looks.go_on(&mut clerk);
            if let Ok(found) = looks.answers.1.try_recv() {
                looks.answered(&mut clerk, &local, found);
                break;
            }
            clerk.look_at_bench();
            if clerk.attend() {
                break;
            }
            match queue.recv_timeout(LISTEN_EVERY) {
                // Only the device's screen changes by that.
                Ok((scope, wish)) if matches!(*wish, Wish::Press { .. }) => drop(clerk.carry_out(&scope, *wish)),
                Ok((scope, wish)) => {
                    clerk.show(Some(doing(&wish)));
                    let done = clerk.carry_out(&scope, *wish);
                    // Seen before it is told, so that whoever reads it acts on what there is now.
                    clerk.show(None);
                    match done {
                        Ok(text) if text.is_empty() => {}
                        Ok(text) => clerk.shared.notice(false, text),
                        Err(text) => clerk.shared.notice(true, text),
                    }
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return clerk.hatch.say(Reply::Leave),
            }
        }
    }
}

impl Looks {
    /// Begins the next look, when it is time and none is under way.
    fn go_on(&mut self, clerk: &mut Clerk) {
        if self.waiting.is_empty() && self.since.is_none_or(|since| since.elapsed() >= clerk.settings.sync_every) {
            let sourced = clerk.followed.iter().filter(|(_, followed)| followed.source.is_some());
            let ways = clerk.safes.iter().filter(|(_, followed)| followed.ways.is_some());
            let wallets = sourced.map(|(id, _)| Chosen::Wallet(*id));
            self.waiting = wallets.chain(ways.map(|(id, _)| Chosen::Safe(*id))).collect();
            self.since = Some(Instant::now());
            clerk.read_watched();
        }
        if self.busy.is_some() {
            return;
        }
        let wanted = clerk.wanted.pop_front().map(|chosen| (chosen, true));
        let due = wanted.or_else(|| Some((self.waiting.pop_front()?, false)));
        // Whoever reads a new proposal is not to find that the review says something else a minute later.
        let due = due.or_else(|| Some((Chosen::Safe(clerk.unasked.pop_first()?), false)));
        let Some((chosen, wanted)) = due else { return };
        let ask: Box<dyn FnOnce() -> Answered + Send> = match chosen {
            Chosen::Wallet(wallet) => match clerk.question(wallet) {
                Ok(question) => Box::new(move || Answered::Wallet(question.ask())),
                Err(_) => return,
            },
            Chosen::Safe(safe) => match clerk.safe_question(safe) {
                Ok(question) => Box::new(move || Answered::Safe(Box::new(question.ask()))),
                Err(_) => return,
            },
        };
        clerk.show(None);
        let back = self.answers.0.clone();
        let asking = thread::Builder::new().name("chain".to_owned());
        // A thread that cannot be had now can be had at the next look; a desk that has ended needs no answer.
        let asked = asking.spawn(move || drop(back.send(ask()))).is_ok();
        self.busy = asked.then_some((chosen, wanted));
    }

    /// Asks the next service, when none is being asked.
    fn list(&mut self) {
        if self.listing {
            return;
        }
        let Some(question) = self.lists.pop_front() else { return };
        let back = self.answers.0.clone();
        let asking = thread::Builder::new().name("service".to_owned());
        let ask = move || drop(back.send(Answered::Service(Box::new(question.ask()))));
        self.listing = asking.spawn(ask).is_ok();
    }

    /// Takes in an answer, and tells whoever waits for it.
    fn answered(&mut self, clerk: &mut Clerk, scope: &Scope<Operator>, found: Answered) {
        let taken = match found {
            Answered::Service(found) => {
                self.listing = false;
                self.list();
                if let Err(error) = clerk.take_service(scope, *found) {
                    tracing::warn!("looking at a service: {error}");
                }
                return;
            }
            Answered::Wallet(found) => clerk.take(scope, found),
            Answered::Safe(mut found) => {
                let then = found.then.take();
                let taken = clerk.take_safe(scope, *found);
                // What waits already is asked with what is newer.
                self.lists.retain(|waiting| then.as_ref().is_none_or(|new| new.safe != waiting.safe));
                self.lists.extend(then);
                self.list();
                taken
            }
        };
        let wanted = self.busy.take().filter(|(_, wanted)| *wanted).map(|(chosen, _)| clerk.name(chosen));
        match (taken, wanted) {
            (Ok(()), Some(name)) => clerk.shared.notice(false, format!("{name} is up to date")),
            (Err(error), Some(name)) => clerk.shared.notice(true, format!("{name}: {error}")),
            (Err(error), None) => tracing::warn!("looking at a chain: {error}"),
            (Ok(()), None) => {}
        }
    }
}

/// What is being done, in a word or two.
fn doing(wish: &Wish) -> &'static str {
    match wish {
        Wish::Approve { .. } => "signing",
        Wish::SignOnDevice { .. } | Wish::Device(_) | Wish::Press { .. } => "asking a device",
        Wish::Reject { .. } => "refusing",
        Wish::Export { .. } => "writing",
        Wish::Import(_) => "reading",
        Wish::Finalise(_) => "checking",
        Wish::Broadcast { .. } => "broadcasting",
        Wish::Propose { .. } => "proposing",
        Wish::Confirm(_) => "telling the service",
        Wish::Estimate { .. } => "looking what it costs",
        Wish::Execute { .. } => "executing",
        Wish::Sync(_) => "asking the chain",
        Wish::Label { .. } | Wish::Freeze { .. } | Wish::Receive { .. } | Wish::ConfirmAddress { .. } => "recording",
    }
}
