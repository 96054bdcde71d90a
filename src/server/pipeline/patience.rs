//! Tries again while the database is away, up to a limit.

use crate::server::store::{Error, Result};
use std::future::Future;
use std::time::{Duration, Instant};

/// How long to go on trying one operation. Only [`Error::Unavailable`] is tried again: every
/// operation the pipeline runs may be run twice.
#[derive(Debug, Clone, Copy)]
pub struct Patience(Duration);

impl Patience {
    /// Gives up on an operation after `limit`.
    pub fn new(limit: Duration) -> Self {
        Self(limit)
    }

    /// Runs `operation` until it gives anything but `Unavailable`, or the limit has passed.
    pub async fn with<T, F, Fut>(&self, mut operation: F) -> Result<T>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T>>,
    {
        let begun = Instant::now();
        let mut pause = Duration::from_millis(100);
        loop {
            match operation().await {
                Err(Error::Unavailable(cause)) if begun.elapsed() < self.0 => {
                    tracing::warn!("waiting for the database: {cause}");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(2));
                }
                result => return result,
            }
        }
    }
}
