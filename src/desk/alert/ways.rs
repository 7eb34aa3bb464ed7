//! The ways out of the desk: the desktop and a webhook, each with a task and a short queue of its own.
//!
//! A way that is slow loses messages and says so, it never holds the desk up. What fails is a notice. The terminal's own
//! ways, bell and escape sequences, are the console's.

use super::desktop::{Desktop, DesktopError};
use super::message::{Form, Message};
use crate::desk::shared::Shared;
use crate::feed::webhook::{Patience, Secret, Webhook};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};

/// Messages that may wait for a way.
const QUEUE: usize = 32;

/// How long the end of the desk waits for messages that are on their way.
const LAST_CHANCE: Duration = Duration::from_secs(2);

/// A webhook and what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookSettings {
    /// Its form.
    pub form: Form,
    /// Its address.
    pub address: Secret,
}

/// The ways that are configured.
#[derive(Debug)]
pub(super) struct Ways {
    queues: Vec<mpsc::Sender<Message>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Ways {
    /// Opens the ways on the runtime that this is called on. One that cannot be opened is a notice.
    pub fn open(
        desktop: bool,
        webhook: Option<WebhookSettings>,
        authorities: Option<&Path>,
        shared: &Arc<Shared>,
    ) -> Self {
        let (mut queues, mut tasks) = (Vec::new(), Vec::new());
        if desktop {
            let (sender, queue) = mpsc::channel(QUEUE);
            tasks.push(tokio::spawn(notify(Desktop::SYSTEM, queue, Arc::clone(shared))));
            queues.push(sender);
        }
        let hook = webhook.map(|WebhookSettings { form, address }| {
            Webhook::new(address, authorities, Patience::default()).map(|hook| (hook, form))
        });
        match hook {
            Some(Ok((hook, form))) => {
                let (sender, queue) = mpsc::channel(QUEUE);
                tasks.push(tokio::spawn(post(hook, form, queue, Arc::clone(shared))));
                queues.push(sender);
            }
            Some(Err(error)) => shared.notice(true, format!("alerts go to no webhook: {error}")),
            None => {}
        }
        Self { queues, tasks }
    }

    /// Takes no more messages, and lets those that wait go out if that does not take long.
    pub async fn close(&mut self) {
        self.queues.clear();
        let all = async {
            for task in self.tasks.drain(..) {
                // A task that panicked has sent what it could.
                let _ = task.await;
            }
        };
        if tokio::time::timeout(LAST_CHANCE, all).await.is_err() {
            tracing::warn!("the desk ends before all alerts were sent");
        }
    }

    /// Sends a message all ways; whether none of them was full.
    pub fn tell(&self, message: &Message) -> bool {
        // Not `all`: one way that is full must not keep the message from the others.
        self.queues.iter().filter(|queue| queue.try_send(message.clone()).is_err()).count() == 0
    }
}

async fn post(hook: Webhook, form: Form, mut queue: mpsc::Receiver<Message>, shared: Arc<Shared>) {
    while let Some(message) = queue.recv().await {
        if let Err(error) = hook.post(&message.json(&form)).await {
            shared.notice(true, format!("an alert was not delivered: {error}"));
        }
    }
}

async fn notify(desktop: Desktop, mut queue: mpsc::Receiver<Message>, shared: Arc<Shared>) {
    let mut absent = false;
    while let Some(message) = queue.recv().await {
        let desktop = desktop.clone();
        let told = spawn_blocking(move || desktop.notify("Exchequer alert", &message.text)).await;
        match told {
            // Told once: it will not be there next time either.
            Ok(Err(DesktopError::Absent(_))) if absent => {}
            Ok(Err(error)) => {
                absent = matches!(error, DesktopError::Absent(_));
                shared.notice(false, error.to_string());
            }
            Ok(Ok(())) | Err(_) => {}
        }
    }
}
