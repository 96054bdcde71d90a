//! Streams one file into the store, and queues its delivery when the last byte is here.
//!
//! A file that breaks off, or is too large, leaves nothing behind: no bytes, no delivery, no job.

use crate::domain::delivery::{Delivery, Direction, Origin, Status};
use crate::domain::feed::Feed;
use crate::domain::ids::{DeliveryId, FeedId, JobId};
use crate::domain::report::{Counts, FileReport, Verdict};
use crate::server::clock::Clock;
use crate::server::store::{Deed, Error as StoreError, Job, Receiving, Store, Work};
use futures::{Stream, StreamExt, TryStreamExt, stream};
use std::fmt::Display;
use std::pin::pin;
use std::time::Duration;

/// How long the sender may be silent in the middle of a file.
const SILENCE: Duration = Duration::from_mins(1);
/// Longest name that is kept, in characters.
const NAME_MAX: usize = 200;

/// How a file comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// A program sent it with a token.
    Api,
    /// A person sent it from the feed's page.
    Browser,
    /// We fetched it.
    Pull,
    /// Somebody laid it into a watched folder.
    Folder,
}

impl Way {
    /// The words for it in the history.
    fn words(self) -> &'static str {
        match self {
            Self::Api => "over the API",
            Self::Browser => "from the feed's page",
            Self::Pull => "from its address",
            Self::Folder => "through the watched folder",
        }
    }
}

/// A file that is about to come.
#[derive(Debug, Clone)]
pub struct Incoming<'a> {
    /// The id its delivery is going to have; a second file with it is a `Conflict`.
    pub id: DeliveryId,
    /// The feed it is for.
    pub feed: &'a Feed,
    /// The name it was given; what a path or a terminal would trip over is left out.
    pub name: &'a str,
    /// How it comes.
    pub way: Way,
    /// Who sends it: a person's name, or a token's.
    pub sender: &'a str,
    /// The sender's account, if it is a person's.
    pub account: Option<&'a str>,
    /// Its size in bytes, where the sender said so beforehand.
    pub declared: Option<u64>,
    /// The SHA-256 of its bytes in hex, where the sender said so beforehand.
    pub digest: Option<String>,
    /// Largest size taken, in bytes.
    pub limit: u64,
}

impl Incoming<'_> {
    /// The name without its folders and without what cannot be shown.
    pub fn plain_name(&self) -> String {
        plain(self.name)
    }
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is larger than the limit, in bytes.
    #[error(
        "The file is larger than {} MB, the most that is taken here. Pack it with gzip, or ask for a higher limit.",
        .0 / 1_000_000
    )]
    TooLarge(u64),
    /// It broke off.
    #[error("{0}")]
    Broken(String),
    /// Its bytes are not those that were announced.
    #[error(
        "The file that came has the SHA-256 {came}, and {announced} was announced. Something was changed on the way or \
         the wrong file was sent; send it again."
    )]
    Changed {
        /// In hex.
        announced: String,
        /// In hex.
        came: String,
    },
    /// The feed's files go out.
    #[error(
        "{0} goes out: whoever makes its files writes them into the log. Send a file to a feed that comes in."
    )]
    GoesOut(FeedId),
    /// It could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn plain(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    match kept.trim() {
        "" | "." | ".." => "file".to_owned(),
        kept => kept.to_owned(),
    }
}

/// Takes a file and queues its delivery; gives the log entry.
pub async fn receive<B, E>(
    store: &Store,
    clock: &Clock,
    incoming: &Incoming<'_>,
    body: impl Stream<Item = Result<B, E>>,
) -> Result<Delivery, Refused>
where
    B: AsRef<[u8]>,
    E: Display,
{
    if incoming.feed.direction == Direction::Export {
        return Err(Refused::GoesOut(incoming.feed.id.clone()));
    }
    if incoming.declared.is_some_and(|bytes| bytes > incoming.limit) {
        return Err(Refused::TooLarge(incoming.limit));
    }
    let id = incoming.id.clone();
    let name = incoming.plain_name();
    let mut file = store
        .begin_file(&id, &incoming.feed.id, &name, clock.now())
        .await?;
    if let Err(refused) = take(&mut file, clock, incoming, body).await {
        if let Err(error) = file.abandon().await {
            tracing::warn!("an upload that was refused is left to the sweep: {error}");
        }
        return Err(refused);
    }
    let ended = file.end(clock.now()).await?;
    let came = &ended.file().sha256;
    if let Some(announced) = incoming.digest.as_ref().filter(|announced| *announced != came) {
        let refused = Refused::Changed {
            announced: announced.clone(),
            came: came.clone(),
        };
        if let Err(error) = ended.abandon().await {
            tracing::warn!("an upload that was refused is left to the sweep: {error}");
        }
        return Err(refused);
    }
    let delivery = entry(incoming, ended.file().delivery.clone(), name, ended.file());
    let job = Job {
        id: JobId::new(delivery.id.as_str()),
        partner: delivery.partner.clone(),
        feed: delivery.feed.clone(),
        work: Work::Ingest {
            delivery: delivery.id.clone(),
        },
        asked_by: incoming.sender.to_owned(),
        asked_at: delivery.received_at,
    };
    let deed = Deed {
        at: delivery.received_at,
        actor_id: incoming.account.map(str::to_owned),
        actor_name: incoming.sender.to_owned(),
        action: "delivery.receive".to_owned(),
        object: format!("delivery:{}", delivery.id),
        partner: Some(delivery.partner.clone()),
        what: format!("sent {} {}", delivery.file.name, incoming.way.words()),
    };
    store.queue_delivery(ended, &delivery, &job, &deed).await?;
    Ok(delivery)
}

async fn take<B: AsRef<[u8]>, E: Display>(
    file: &mut Receiving,
    clock: &Clock,
    incoming: &Incoming<'_>,
    body: impl Stream<Item = Result<B, E>>,
) -> Result<(), Refused> {
    let mut pieces = pin!(pieces(incoming, body));
    while let Some(bytes) = pieces.try_next().await? {
        file.write(bytes.as_ref(), clock.now()).await?;
    }
    Ok(())
}

/// The pieces of a body to its proper end, within the limits of [`receive`].
pub fn pieces<B: AsRef<[u8]>, E: Display>(
    incoming: &Incoming<'_>,
    body: impl Stream<Item = Result<B, E>>,
) -> impl Stream<Item = Result<B, Refused>> {
    let begun = (Box::pin(body), 0);
    stream::try_unfold(begun, move |(mut body, came)| async move {
        let piece = next_piece(incoming, &mut body, came).await?;
        Ok(piece.map(|piece| {
            let came = came + piece.as_ref().len() as u64;
            (piece, (body, came))
        }))
    })
}

/// The next piece of a body of which `came` bytes were read; none at its proper end.
async fn next_piece<B: AsRef<[u8]>, E: Display>(
    incoming: &Incoming<'_>,
    body: &mut (impl Stream<Item = Result<B, E>> + Unpin),
    came: u64,
) -> Result<Option<B>, Refused> {
    if incoming.declared.is_some_and(|bytes| bytes > incoming.limit) {
        return Err(Refused::TooLarge(incoming.limit));
    }
    match tokio::time::timeout(SILENCE, body.next()).await {
        Err(_) => Err(Refused::Broken(format!(
            "Nothing came for {} s after byte {came}. Send the file again.",
            SILENCE.as_secs(),
        ))),
        Ok(Some(Err(error))) => Err(Refused::Broken(format!(
            "The file broke off after byte {came}: {error}. Send it again."
        ))),
        Ok(Some(Ok(bytes))) => {
            if came + bytes.as_ref().len() as u64 > incoming.limit {
                return Err(Refused::TooLarge(incoming.limit));
            }
            Ok(Some(bytes))
        }
        Ok(None) => match incoming.declared {
            Some(declared) if declared != came => Err(Refused::Broken(format!(
                "{declared} bytes were announced and {came} came. Send the whole file again."
            ))),
            _ => Ok(None),
        },
    }
}

/// The log entry of a file that nobody has read yet.
fn entry(
    incoming: &Incoming<'_>,
    id: DeliveryId,
    name: String,
    file: &crate::server::store::StoredFile,
) -> Delivery {
    let feed = incoming.feed;
    Delivery {
        id,
        partner: feed.id.partner(),
        feed: feed.id.clone(),
        direction: Direction::Ingest,
        origin: Origin::File,
        status: Status::Queued,
        file: FileReport {
            name,
            // Nothing speaks against it yet.
            verdict: Verdict::Accepted,
            code: None,
            message: None,
            offset: None,
            format: None,
            encoding: None,
            bytes: file.bytes,
            sha256: file.sha256.clone(),
        },
        counts: Counts::default(),
        codes: Vec::new(),
        received_at: file.received_at,
        decided_at: None,
        repeat_of: None,
        contract_version: feed.contract.version,
        profile_version: feed.profile_version,
        gate: None,
        hold: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_folders_and_what_cannot_be_shown() {
        for (given, kept) in [
            ("products.csv", "products.csv"),
            ("C:\\feeds\\mine.xml.gz", "mine.xml.gz"),
            ("../../etc/passwd", "passwd"),
            ("a\u{7}b\n.csv", "ab.csv"),
            ("..", "file"),
            ("  ", "file"),
            ("", "file"),
        ] {
            assert_eq!(plain(given), kept, "{given:?}");
        }
        assert_eq!(plain(&"ä".repeat(500)).chars().count(), NAME_MAX);
    }
}
