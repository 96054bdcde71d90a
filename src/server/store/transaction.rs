//! Says how a try of a transaction ends: done, to be tried again, or failed.
//!
//! The driver's own convenience cannot borrow what a body needs over its retries, so whoever
//! writes in a transaction loops over [`TRIES`] and ends each try with [`end`].

use super::{Error, Result};
use mongodb::ClientSession;
use mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::results::UpdateResult;

/// How often a transaction is tried. Each failed try means that somebody else's went through, or is open.
pub(super) const TRIES: u32 = 20;

/// Whether a transaction that failed so is worth another try.
pub(super) fn is_transient(error: &mongodb::error::Error) -> bool {
    error.contains_label(TRANSIENT_TRANSACTION_ERROR)
        || error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT)
}

/// Commits what succeeded and gives its outcome; none when it is to be tried again from the
/// start, which must do no harm when the commit went through and only its answer was lost.
pub(super) async fn end<T>(session: &mut ClientSession, outcome: Result<T>) -> Result<Option<T>> {
    let ended = match outcome {
        Ok(outcome) => match session.commit_transaction().await {
            Ok(()) => return Ok(Some(outcome)),
            Err(error) => Error::from(error),
        },
        Err(error) => {
            session.abort_transaction().await.ok();
            error
        }
    };
    match &ended {
        Error::Database(cause) | Error::Unavailable(cause) if is_transient(cause) => Ok(None),
        _ => Err(ended),
    }
}

/// How many documents a transaction's first write found; none when somebody else was writing
/// the same one at that instant, for then they were faster.
pub(super) fn found(written: mongodb::error::Result<UpdateResult>) -> mongodb::error::Result<u64> {
    match written {
        Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => Ok(0),
        written => Ok(written?.matched_count),
    }
}
