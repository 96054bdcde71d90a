//! Asks whether the database answers, apart from everything else that is asked of it.
//!
//! It has a connection of its own: whoever wants to know need not wait behind a queue, and a
//! database that is busy is not said to be away. All who ask at the same time share one question.
//! It is never given up once it is asked: the driver (3.9) gives the turn of one who waits for a
//! connection to somebody who has stopped waiting.

use super::{Error, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use mongodb::Database;
use mongodb::bson::doc;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Whether it answered.
type Asked = Shared<BoxFuture<'static, bool>>;

/// Clones share the question.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    db: Database,
    patience: Duration,
    asked: Arc<Mutex<Option<Asked>>>,
}

impl Probe {
    /// `db` has a connection for this alone.
    pub(super) fn new(db: Database, patience: Duration) -> Self {
        let asked = Arc::default();
        Self { db, patience, asked }
    }

    /// Asks, and waits no longer than its patience lasts.
    pub(super) async fn ask(&self) -> Result<()> {
        let is_there = timeout(self.patience, self.question()).await;
        if is_there == Ok(true) {
            return Ok(());
        }
        Err(Error::Unavailable(
            io::Error::from(io::ErrorKind::TimedOut).into(),
        ))
    }

    /// The question that stands, or a new one.
    fn question(&self) -> Asked {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.as_ref().filter(|asked| asked.peek().is_none()) {
            Some(standing) => standing.clone(),
            None => asked.insert(self.ping()).clone(),
        }
    }

    fn ping(&self) -> Asked {
        let db = self.db.clone();
        let ping = async move { db.run_command(doc! {"ping": 1}).await.is_ok() };
        let asked = ping.boxed().shared();
        // It is driven to its end whoever waits for it, so that no answer of then is given later.
        tokio::spawn(asked.clone());
        asked
    }
}
