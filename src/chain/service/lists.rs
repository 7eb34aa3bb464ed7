//! What the service lists: the queue of a Safe, its history, and one transaction.
//!
//! - Pages come as they are, to be read where nothing in them is believed.
//! - Where a page ends is counted from what it holds. A service that always says there is more comes to an end too.
//! - What somebody vouches for comes first: a flood of transactions that nobody has signed cannot push it out.

use super::{Service, ServiceError};
use crate::chain::error::ChainError;
use crate::chain::watch::{Progress, Watch};
use alloy_primitives::{Address, B256, U256};
use reqwest::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::time::{Duration, Instant};

/// Rows of one page.
const PAGE: usize = 100;

/// The most rows, bytes and time for one list.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;
const MOST_TIME: Duration = Duration::from_secs(180);

/// A list as the service gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Its pages, as they came.
    pub pages: Vec<Vec<u8>>,
    /// How many rows they say to hold.
    pub rows: usize,
    /// Whether there was more than is read.
    pub cut: bool,
}

impl Pages {
    /// The pages, to be read.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.pages.iter().map(Vec::as_slice)
    }
}

/// All that is read of a page here.
#[derive(Deserialize)]
struct Outline {
    next: Option<IgnoredAny>,
    results: Vec<IgnoredAny>,
}

impl Service {
    /// What waits for a Safe, from this nonce on: first what the service holds for vouched for, then all the rest.
    pub fn queue(&self, safe: Address, nonce: U256, watch: &dyn Watch) -> Result<Pages, ServiceError> {
        let mut pages = Pages::default();
        let started = Instant::now();
        for rest in ["", "&trusted=false"] {
            let filter = format!("executed=false&nonce__gte={nonce}&ordering=nonce{rest}");
            self.list(safe, &filter, MOST, started, &mut pages, watch)?;
        }
        Ok(pages)
    }

    /// What was executed, the newest first, `most` rows at most.
    pub fn history(&self, safe: Address, most: usize, watch: &dyn Watch) -> Result<Pages, ServiceError> {
        let mut pages = Pages::default();
        self.list(safe, "executed=true&ordering=-nonce", most.min(MOST), Instant::now(), &mut pages, watch)?;
        Ok(pages)
    }

    /// One transaction, as it comes; none where the service does not know it.
    pub fn transaction(&self, hash: B256) -> Result<Option<Vec<u8>>, ServiceError> {
        let reply = self.versioned(&Method::GET, &format!("/multisig-transactions/{hash}/"), None, &())?;
        match self.expect(reply, 200) {
            Ok(reply) => Ok(Some(reply.body)),
            Err(ServiceError::Unknown { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(
        &self,
        safe: Address,
        filter: &str,
        most: usize,
        started: Instant,
        pages: &mut Pages,
        watch: &dyn Watch,
    ) -> Result<(), ServiceError> {
        let mut offset = 0_usize;
        let mut bytes = pages.pages.iter().map(Vec::len).sum::<usize>();
        loop {
            if watch.cancelled() {
                return Err(ChainError::Cancelled.into());
            }
            let left = most.saturating_sub(offset);
            if left == 0 || bytes > MOST_BYTES || started.elapsed() > MOST_TIME {
                pages.cut = true;
                return Ok(());
            }
            let limit = PAGE.min(left);
            let safe = safe.to_checksum(None);
            let path = format!("/safes/{safe}/multisig-transactions/?{filter}&limit={limit}&offset={offset}");
            let reply = self.expect(self.versioned(&Method::GET, &path, None, watch)?, 200)?;
            let outline: Outline =
                serde_json::from_slice(&reply.body).map_err(|error| self.malformed(&format!("a page: {error}")))?;
            let rows = outline.results.len();
            // More than was asked for is read all the same; it counts.
            offset = offset.saturating_add(rows);
            bytes = bytes.saturating_add(reply.body.len());
            pages.rows = pages.rows.saturating_add(rows);
            if rows > 0 {
                pages.pages.push(reply.body);
            }
            let done = u64::try_from(pages.rows).unwrap_or(u64::MAX);
            watch.progress(Progress { done, of: None, found: done });
            if rows == 0 || outline.next.is_none() {
                return Ok(());
            }
        }
    }
}
