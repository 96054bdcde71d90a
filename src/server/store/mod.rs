//! Keeps everything in MongoDB, and is the only room that names it.
//!
//! Documents are private structs here and become domain types at the border. A lookup that
//! finds nothing is `Ok(None)`. Whatever belongs to a partner is asked for with a
//! [`crate::domain::account::Scope`]; there is no way to ask without one. Times come from the
//! caller, so that a test can move them.
//!
//! | file | collections |
//! |---|---|
//! | `partners` | `partners`, `feeds` (with the lease that lets one ingest at a time write a feed) |
//! | `contracts` | `contracts`: the versions of feeds' contracts |
//! | `profiles` | `profiles`: the versions of feeds' profiles |
//! | `gates` | `feeds`: where the gates of one stand |
//! | `drafts` | `drafts`: profiles that somebody is writing |
//! | `users` | `users` |
//! | `sessions` | `sessions` |
//! | `deliveries` | `deliveries`, the audit log |
//! | `outgoing` | `deliveries`: what went out, added up |
//! | `logging` | `deliveries`: entries that other systems send |
//! | `rollups` | `rollups`, `rolled`, `followers`: counts per bucket, kept in step with `deliveries` |
//! | `items` | `items`, the catalogue we stand behind |
//! | `outlines` | `outlines`, `outline_parts`: what items are compared by, in a few documents |
//! | `withdrawing` | `items` that a whole catalogue no longer names |
//! | `happenings` | `deliveries`, `contracts`, `profiles`: what charts mark |
//! | `holds` | `deliveries` that a gate keeps from taking effect |
//! | `quarantine`, `superseding`, `listed` | `quarantine` |
//! | `places` | the lists of `quarantine` that a record stands in, and their index |
//! | `held_way`, `held_counts` | the index that answers a question about `quarantine`; `held_counts` |
//! | `issues` | `issues`, `issue_turns`: what one rule found on one attribute of one feed |
//! | `files` | `received.files`, `received.chunks`: what partners sent, byte for byte |
//! | `jobs` | `jobs` |
//! | `bulks` | `bulks`, `bulk_parts`, `bulk_sets`, `bulk_workers`: jobs on frozen sets of held records |
//! | `exported` | `exported`: what became of single products in exports |
//! | `pulls` | `pulls`: feeds that are fetched by schedule |
//! | `pictures` | `pictures`, `looking`: what was seen of products' pictures, and whose turn it is to look |
//! | `queueing` | the one transaction that queues a received file |
//! | `tokens` | `api_tokens` |
//! | `activity` | `activity` |
//! | `bare` | inserts and sums alone, for the benchmark |
//! | `transaction`, `paging`, `elements`, `probe` | none: how a transaction's try ends, how lists and documents are walked, whether anybody answers |
//! | `reconciling` | `deliveries`, `rollups`, `quarantine`: what has to be equal |
//!
//! Changes to documents are expand/contract: [`Store::migrate`] runs at every start, makes
//! indexes, and is safe to run again.

mod activity;
mod bare;
mod bulks;
mod contracts;
mod deliveries;
mod drafts;
mod elements;
mod exported;
mod files;
mod gates;
mod happenings;
mod held_counts;
mod held_way;
mod holds;
mod issues;
mod items;
mod jobs;
mod links;
mod listed;
mod literal;
mod logging;
mod outgoing;
mod outlines;
mod paging;
mod partners;
mod pictures;
mod places;
mod probe;
mod profiles;
mod pulls;
mod quarantine;
mod queueing;
mod reconciling;
mod rollups;
mod scope;
mod searching;
mod sessions;
mod superseding;
mod tokens;
mod transaction;
mod tries;
mod users;
mod when;
mod withdrawing;

pub use activity::{Deed, Sought};
pub use bare::Encoded;
pub use bulks::{Asked, Bulk, Decision, Rehearsed, Slice, Standing, Taken};
pub use contracts::Amendment;
pub use deliveries::Opening;
pub use drafts::Draft;
pub use exported::NotNamed;
pub use files::{Ended, Receiving, StoredFile};
pub use issues::{Ending, IssueChange, IssueFault, IssuesOf};
pub use items::{Item, Known, Passed, Stored};
pub use jobs::{Job, JobState, Work};
pub use listed::{Failure, HeldLine, HeldLines};
pub use logging::Logged;
pub use outgoing::Sent;
pub use outlines::Outline;
pub use partners::{FeedState, Partner};
pub use pictures::{Fault, Looked, PictureTally, Turn};
pub use profiles::Revision;
pub use quarantine::{Holding, Side};
pub use rollups::{Changed, Difference, Entries, FeedDay, Kept, Leave, Mark, Progress, Turns};
pub use searching::{Bound, Found};
pub use sessions::{IDLE, LONGEST, Presence, SessionSeen, Sessions, handle};
pub use tokens::Token;
pub use users::{Account, Changed as AccountChanged};

use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{ClientOptions, IndexOptions};
use mongodb::{Client, Collection, Database, IndexModel};
use probe::Probe;
use serde::Serialize;
use std::time::Duration;

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or has no primary now. Worth trying again.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] mongodb::error::Error),
    /// The database answered with an error.
    #[error("the database refused: {0}")]
    Database(#[source] mongodb::error::Error),
    /// A document with this key is there already, or has changed meanwhile.
    #[error("{what} is there already or has changed meanwhile")]
    Conflict {
        /// The thing.
        what: String,
    },
    /// A document that cannot be understood.
    #[error("a document cannot be read: {0}")]
    Corrupt(String),
}

impl From<mongodb::error::Error> for Error {
    fn from(error: mongodb::error::Error) -> Self {
        use mongodb::error::ErrorKind;
        match error.kind.as_ref() {
            ErrorKind::ServerSelection { .. }
            | ErrorKind::Io(_)
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::DnsResolve { .. } => Self::Unavailable(error),
            // 11600, 11602, 91, 189, 10107, 13435: shutting down, stepped down, not primary.
            ErrorKind::Command(c) if [11600, 11602, 91, 189, 10107, 13435].contains(&c.code) => {
                Self::Unavailable(error)
            }
            ErrorKind::BsonDeserialization(e) => Self::Corrupt(e.to_string()),
            _ => Self::Database(error),
        }
    }
}

/// What storing gives.
pub type Result<T> = std::result::Result<T, Error>;

/// A value as it is stored.
fn to_bson(value: &impl Serialize) -> Result<Bson> {
    mongodb::bson::serialize_to_bson(value).map_err(|error| Error::Corrupt(error.to_string()))
}

/// Whether the error is a duplicate key (code 11000).
fn is_duplicate_key(error: &mongodb::error::Error) -> bool {
    use mongodb::error::{ErrorKind, WriteFailure};
    match error.kind.as_ref() {
        ErrorKind::Write(WriteFailure::WriteError(e)) => e.code == 11000,
        ErrorKind::Command(c) => c.code == 11000,
        _ => false,
    }
}

/// Every collection that a transaction may be the first to write to.
const COLLECTIONS: [&str; 33] = [
    "deliveries",
    "items",
    "quarantine",
    "held_counts",
    "jobs",
    "activity",
    "sessions",
    "users",
    "feeds",
    "partners",
    "api_tokens",
    "links",
    "tries",
    "pulls",
    "pictures",
    "looking",
    "contracts",
    "profiles",
    "drafts",
    "outlines",
    "outline_parts",
    files::FILES,
    files::CHUNKS,
    "rollups",
    "rolled",
    "followers",
    "issues",
    "issue_turns",
    "bulks",
    "bulk_parts",
    "bulk_sets",
    "bulk_workers",
    "exported",
];

/// A handle on the database. Clones share one connection pool.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
    db: Database,
    probe: Probe,
}

impl Store {
    /// Prepares to talk to the database at `uri`; nothing is sent yet. An operation that finds
    /// no primary within `patience` fails as [`Error::Unavailable`].
    pub async fn connect(uri: &str, database: &str, patience: Duration) -> Result<Self> {
        let mut options = ClientOptions::parse(uri).await?;
        options.server_selection_timeout = Some(patience);
        options.connect_timeout = Some(patience);
        options.app_name = Some("feedgate".to_owned());
        let client = Client::with_options(options.clone())?;
        Ok(Self {
            db: client.database(database),
            probe: Probe::new(options, patience),
            client,
        })
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that opens collections")]
    fn collection<T: Send + Sync>(&self, name: &str) -> Collection<T> {
        self.db.collection(name)
    }

    /// Asks whether the database answers, and waits for that no longer than its patience lasts.
    pub async fn ping(&self) -> Result<()> {
        self.probe.ask().await
    }

    /// Drops the whole database; for tests.
    pub async fn drop_everything(&self) -> Result<()> {
        self.db.drop().await?;
        Ok(())
    }

    /// Makes collections and indexes. Safe to run at every start and from several processes.
    pub async fn migrate(&self) -> Result<()> {
        // A transaction cannot create a collection that several want at once.
        for name in COLLECTIONS {
            if let Err(error) = self.db.create_collection(name).await {
                // 48: it is there already.
                if !matches!(error.kind.as_ref(), mongodb::error::ErrorKind::Command(c) if c.code == 48) {
                    return Err(error.into());
                }
            }
        }
        self.index("feeds", &[doc! {"partner": 1}]).await?;
        for versions in ["contracts", "profiles"] {
            self.index(versions, &[doc! {"feed": 1, "version": -1}]).await?;
        }
        self.index(
            "deliveries",
            &[
                doc! {"feed": 1, "received_at": -1, "_id": -1},
                doc! {"partner": 1, "received_at": -1, "_id": -1},
                doc! {"status": 1, "received_at": -1, "_id": -1},
                doc! {"received_at": -1, "_id": -1},
                doc! {"feed": 1, "file.sha256": 1, "status": 1},
                doc! {"feed": 1, "status": 1, "received_at": -1},
            ],
        )
        .await?;
        self.index_places().await?;
        self.begin_held_counts().await?;
        self.index_bulks().await?;
        self.index(
            "issues",
            &[doc! {"feed": 1}, doc! {"partner": 1, "triage.state": 1}],
        )
        .await?;
        self.index_jobs().await?;
        tokio::try_join!(
            self.index_withdrawn(),
            self.index_happenings(),
            self.index_exports(),
            self.index_pictures()
        )?;
        self.index(
            "rollups",
            &[
                doc! {"turn": 1},
                doc! {"size": 1, "start": 1},
                doc! {"partner": 1, "size": 1, "start": 1},
                doc! {"feed": 1, "start": 1},
            ],
        )
        .await?;
        self.index("rolled", &[doc! {"feed": 1, "minute": 1}]).await?;
        self.index(
            "activity",
            &[
                doc! {"object": 1, "at": 1},
                doc! {"actor.id": 1, "at": -1},
                doc! {"at": -1, "_id": -1},
            ],
        )
        .await?;
        self.index(
            files::FILES,
            &[
                doc! {"state": 1, "uploadDate": 1},
                doc! {"feed": 1, "state": 1, "uploadDate": -1},
            ],
        )
        .await?;
        self.unique(files::CHUNKS, doc! {"files_id": 1, "n": 1}).await?;
        self.index("pulls", &[doc! {"paused": 1, "due_at": 1}]).await?;
        self.unique("api_tokens", doc! {"prefix": 1}).await?;
        self.unique("users", doc! {"email": 1}).await?;
        self.expire("sessions", "expires_at", Duration::ZERO).await?;
        self.index("sessions", &[doc! {"user": 1, "seen": -1}]).await?;
        self.expire("tries", "at", tries::KEPT).await?;
        self.expire("links", "expires_at", links::KEPT).await?;
        self.index("links", &[doc! {"user": 1}]).await?;
        self.expire("drafts", "at", drafts::KEPT).await?;
        self.expire("exported", "touched_at", exported::KEPT).await?;
        Ok(())
    }

    async fn unique(&self, collection: &str, keys: Document) -> Result<()> {
        let unique = IndexModel::builder()
            .keys(keys)
            .options(IndexOptions::builder().unique(true).build())
            .build();
        self.collection::<Document>(collection)
            .create_index(unique)
            .await?;
        Ok(())
    }

    async fn expire(&self, collection: &str, field: &str, after: Duration) -> Result<()> {
        let expiring = IndexModel::builder()
            .keys(doc! {field: 1})
            .options(IndexOptions::builder().expire_after(after).build())
            .build();
        self.collection::<Document>(collection)
            .create_index(expiring)
            .await?;
        Ok(())
    }

    /// Drops an index that an earlier version made, if it is there.
    async fn drop_index(&self, collection: &str, name: &str) -> Result<()> {
        match self.collection::<Document>(collection).drop_index(name).await {
            Err(error) => match error.kind.as_ref() {
                // 27: there is no such index.
                mongodb::error::ErrorKind::Command(command) if command.code == 27 => Ok(()),
                _ => Err(error.into()),
            },
            Ok(()) => Ok(()),
        }
    }

    async fn index(&self, collection: &str, keys: &[Document]) -> Result<()> {
        let models = keys.iter().map(|k| IndexModel::builder().keys(k.clone()).build());
        self.collection::<Document>(collection)
            .create_indexes(models)
            .await?;
        Ok(())
    }
}
