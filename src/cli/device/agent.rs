//! `exchequer device agent`: serves this machine's device to a console on another one, through a socket that SSH forwards.
//!
//! - Whatever is asked is printed here first; a transaction with its whole review. Only a `yes` typed here lets the device
//!   sign, and what the review blocks is not even asked about.
//! - The socket is for this user alone, and is taken away when the agent ends.

use super::{At, ask};
use crate::cli::output::write_stderr;
use crate::cli::treasury::files;
use crate::cli::{Context, Exit, Failure};
use crate::device::agent::{self, Guard, SOCKET};
use crate::treasury::bitcoin::review::Review;
use crate::treasury::bitcoin::wallet::{Chain, Spot, Wallet};
use rustix::fs::Mode;
use rustix::termios::{QueueSelector, tcflush};
use std::io::{BufRead, IsTerminal, Write};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Arguments of `exchequer device agent`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where the socket is made; without it, in the data folder
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Ends when the first connection has ended
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    at: At,
}

/// Serves.
pub fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let socket = match &args.socket {
        Some(path) => path.clone(),
        None => files::folder(context, "devices")?.join("agent.sock"),
    };
    let failed = |what: &str, error: std::io::Error| {
        Failure::new(Exit::Error, "agent-socket", format!("cannot {what} {}: {error}", files::shown(&socket)))
    };
    let mut asked = ask::open_here(&args.at, context)?;
    // Made for this user alone from its first moment on, not only once it is there.
    let usual = rustix::process::umask(Mode::RWXG | Mode::RWXO);
    let bound = UnixListener::bind(&socket);
    rustix::process::umask(usual);
    let listener = bound.map_err(|error| {
        failed("listen at", error).hint("another agent may be running; if none is, remove the file")
    })?;
    let socket_file = Gone(socket.clone());
    let shown = files::shown(&socket);
    context.output.note(&format!("serving {} at {shown}", asked.place));
    context.output.note(&format!("on your laptop:  ssh -R /tmp/exchequer.sock:{shown} SERVER"));
    context.output.note(&format!("on the server:   {SOCKET}=/tmp/exchequer.sock exchequer device sign …"));
    for stream in listener.incoming() {
        let stream = stream.map_err(|error| failed("answer at", error))?;
        context.output.note("a console has connected");
        let reader = stream.try_clone().map_err(|error| failed("answer at", error))?;
        let ended = agent::serve(reader, stream, asked.device.as_mut(), &mut Terminal { context });
        match ended {
            Ok(()) => context.output.note("the console has gone"),
            Err(error) => {
                tracing::warn!(%error, "a connection to the agent was ended");
                let why = crate::market::printable(&error.to_string()).into_owned();
                context.output.note(&format!("the connection was ended: {why}"));
            }
        }
        if args.once {
            break;
        }
    }
    drop(socket_file);
    Ok(())
}

/// A socket's file that goes with the agent.
struct Gone(PathBuf);

impl Drop for Gone {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The person at this terminal.
struct Terminal<'a> {
    context: &'a Context,
}

impl Terminal<'_> {
    fn yes(&self, question: &str) -> bool {
        write_stderr(&format!("{question} Type yes: "));
        let _ = std::io::stderr().flush();
        // What was typed before the question is no answer to it: whoever asks could ask twice.
        if std::io::stdin().is_terminal() {
            let _ = tcflush(std::io::stdin(), QueueSelector::IFlush);
        }
        let mut line = String::new();
        let read = std::io::Read::take(std::io::stdin().lock(), 64).read_line(&mut line);
        let yes = read.is_ok() && line.trim() == "yes";
        tracing::info!(yes, "a question of the agent was answered");
        yes
    }
}

impl Guard for Terminal<'_> {
    fn told(&mut self, what: &str) {
        tracing::info!("the agent was asked for something public");
        self.context.output.note(&format!("asked for {what}"));
    }

    fn blocked(&mut self, wallet: &Wallet, review: &Review) {
        tracing::warn!("the agent's review has blocked a transaction");
        write_stderr(&crate::cli::review::printed(review, false));
        self.context.output.note(&format!("refused: this must not be signed for {}", wallet.name()));
    }

    fn may_register(&mut self, wallet: &Wallet) -> bool {
        let quorum = wallet.policy().quorum();
        write_stderr(&format!("{}: {quorum} of these keys\n", wallet.name()));
        for seat in wallet.policy().cosigners() {
            write_stderr(&format!("  {} m/{} {}\n", seat.fingerprint, seat.path, seat.xpub));
        }
        if let Some(first) = wallet.address(Spot { chain: Chain::Receive, index: 0 }) {
            write_stderr(&format!("first address {first}\n"));
        }
        self.yes("Shall the device take this wallet?")
    }

    fn may_sign(&mut self, wallet: &Wallet, review: &Review) -> bool {
        write_stderr(&crate::cli::review::printed(review, false));
        self.yes(&format!("Shall the device sign this for {}?", wallet.name()))
    }
}
