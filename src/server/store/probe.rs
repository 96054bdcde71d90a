//! Asks whether the database answers, apart from everything else that is asked of it.
//!
//! It has a connection of its own: whoever wants to know need not wait behind a queue, and a
//! database that is busy is not said to be away. All who ask at the same time share one question.
//! It is never given up once it is asked: the driver (3.9) gives the turn of one who waits for a
//! connection to somebody who has stopped waiting.

use super::{Error, Result};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use mongodb::bson::doc;
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};
use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::time::timeout;

/// Whether it answered.
type Asked = Shared<BoxFuture<'static, bool>>;

/// Clones share the question.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    options: ClientOptions,
    patience: Duration,
    asks: Arc<Asks>,
}

/// What clones share.
#[derive(Debug, Default)]
struct Asks {
    /// Made when somebody first asks, for most processes never do; none where it cannot be made.
    admin: OnceLock<Option<Database>>,
    asked: Mutex<Option<Asked>>,
}

impl Probe {
    /// Prepares to ask whoever `options` lead to.
    pub(super) fn new(mut options: ClientOptions, patience: Duration) -> Self {
        options.max_pool_size = Some(1);
        options.min_pool_size = None;
        let asks = Arc::default();
        Self {
            options,
            patience,
            asks,
        }
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
        let mut asked = self.asks.asked.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.as_ref().filter(|asked| asked.peek().is_none()) {
            Some(standing) => standing.clone(),
            None => asked.insert(self.ping()).clone(),
        }
    }

    fn ping(&self) -> Asked {
        let make = || Some(Client::with_options(self.options.clone()).ok()?.database("admin"));
        let admin = self.asks.admin.get_or_init(make).clone();
        let ping = async move {
            match admin {
                Some(admin) => admin.run_command(doc! {"ping": 1}).await.is_ok(),
                None => false,
            }
        };
        let asked = ping.boxed().shared();
        // It is driven to its end whoever waits for it, so that no answer of then is given later.
        tokio::spawn(asked.clone());
        asked
    }
}
