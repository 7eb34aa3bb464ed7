//! Listening to a venue until something has been heard.
//!
//! What was heard is a market, changed in place; whoever waits sees its latest state and may miss those between.

use super::link::{Target, unreachable, unsettled};
use super::{Exit, Failure};
use crate::feed::{Connection, Handle, LinkEvent, Listener, Statistics};
use crate::market::{Applied, Desync, Event, Market, Subscription, Symbol, Timestamp, VenueId};
use crate::venue::dialect;
use std::time::Duration;
use tokio::sync::watch;

/// What a venue has told so far.
#[derive(Debug, Default)]
pub struct Heard {
    /// How the connection stands.
    pub link: Option<LinkEvent>,
    /// All that was told of markets.
    pub market: Market,
    /// Whether the venue has told which instruments there are.
    pub described: bool,
    /// What the venue refused last, in its own words.
    pub refusal: Option<String>,
}

/// The listener of one connection.
struct Ear(watch::Sender<Heard>);

impl Listener for Ear {
    fn link(&mut self, venue: VenueId, event: LinkEvent, at: Timestamp) {
        self.0.send_modify(|heard| {
            if event != LinkEvent::Up {
                heard.market.lose(venue, &Desync::Disconnected, at);
            }
            heard.link = Some(event);
        });
    }

    fn receive(&mut self, venue: VenueId, events: &mut Vec<Event>, received: Timestamp) -> Vec<Symbol> {
        let mut broken = Vec::new();
        self.0.send_modify(|heard| {
            for event in events.drain(..) {
                let symbol = match &event {
                    Event::Book { symbol, .. } => Some(symbol.clone()),
                    Event::Instruments(_) => {
                        heard.described = true;
                        None
                    }
                    Event::Rejected { reason, .. } => {
                        heard.refusal = Some(reason.clone());
                        None
                    }
                    _ => None,
                };
                let applied = heard.market.apply(venue, event, received);
                broken.extend(symbol.filter(|_| matches!(applied, Some(Applied::NeedsResync(_)))));
            }
        });
        broken
    }

    fn silent(&mut self, venue: VenueId, symbol: &Symbol, silence: Duration, at: Timestamp) {
        self.0.send_modify(|heard| heard.market.listing_mut(venue, symbol).book.lose(Desync::Silent(silence), at));
    }

    fn statistics(&mut self, _: VenueId, _: &Statistics) {}
}

/// A connection that is listened to.
pub struct Hearing {
    /// What has been heard.
    pub heard: watch::Receiver<Heard>,
    url: String,
    handle: Handle,
}

impl Hearing {
    /// Connects and asks for the streams.
    pub fn begin(target: Target, streams: Vec<Subscription>) -> Result<Self, Failure> {
        let (sender, heard) = watch::channel(Heard::default());
        let address = target.settings.address.clone();
        let dialect = dialect(target.venue, &address);
        let handle =
            Connection::spawn(target.settings, dialect, streams, Ear(sender)).map_err(|error| unsettled(&error))?;
        Ok(Self { heard, url: address.stream, handle })
    }

    /// Waits for what `find` looks for, called `what`, unless the connection fails before or the patience ends.
    pub async fn until<T>(
        &mut self,
        what: &str,
        patience: Duration,
        mut find: impl FnMut(&Heard) -> Option<Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let wait = async {
            loop {
                let found = {
                    let heard = self.heard.borrow_and_update();
                    find(&heard).or_else(|| failed(heard.link.as_ref()).map(Err))
                };
                if let Some(found) = found {
                    return found;
                }
                // The task tells of its end before it ends.
                if self.heard.changed().await.is_err() {
                    return Err(Failure::new(Exit::Error, "connection", "the connection's task has ended"));
                }
            }
        };
        let found = tokio::time::timeout(patience, wait).await;
        found.unwrap_or_else(|_| {
            let seconds = patience.as_secs_f32();
            Err(Failure::new(Exit::Network, "no_answer", format!("{} sent no {what} within {seconds} s", self.url))
                .hint("wait longer with --timeout; exchequer doctor looks into the network")
                .retryable())
        })
    }

    /// Says good-bye.
    pub async fn end(self) {
        self.handle.close().await;
    }
}

fn failed(link: Option<&LinkEvent>) -> Option<Failure> {
    match link? {
        LinkEvent::Waiting { reason, .. } | LinkEvent::Ended { reason } => Some(unreachable(reason)),
        LinkEvent::Connecting | LinkEvent::Up => None,
    }
}
