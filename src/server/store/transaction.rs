//! Says how a try of a transaction ends: done, to be tried again, or failed.
//!
//! The driver's own convenience cannot borrow what a body needs over its retries, so whoever
//! writes in a transaction tries [another](Tries::another) time as long as there is one, and ends
//! each try with [`end`].

use super::{Error, Result};
use mongodb::ClientSession;
use mongodb::error::{TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT};
use mongodb::results::UpdateResult;
use std::time::Duration;

/// How often a transaction is tried. Each failed try means that somebody else's went through, or is open.
const TRIES: u32 = 20;
/// The longest pause before a try.
const LONGEST: Duration = Duration::from_millis(64);

/// The tries of one transaction.
#[derive(Debug, Default)]
pub(super) struct Tries {
    begun: u32,
}

impl Tries {
    /// Whether there is another try. It is waited for, up to [`LONGEST`] and about twice as long each
    /// time: whoever was faster is given the time to end, and those who wait for the same do not come
    /// back all at once.
    pub async fn another(&mut self) -> bool {
        if let Some(longest) = pause_before(self.begun) {
            tokio::time::sleep(longest.mul_f64(rand::random_range(0.5..1.0))).await;
        }
        self.begun += 1;
        self.begun <= TRIES
    }
}

/// The longest pause before a try, counted from 0; none before the first, and none behind the last,
/// for there is nothing to wait for.
fn pause_before(number: u32) -> Option<Duration> {
    let doubled = 1_u64 << number.checked_sub(1)?.min(16);
    (number < TRIES).then(|| Duration::from_millis(doubled).min(LONGEST))
}

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

/// The same of first writes that are several.
pub(super) fn first<T: Default>(written: Result<T>) -> Result<T> {
    match written {
        Err(Error::Database(cause)) if cause.contains_label(TRANSIENT_TRANSACTION_ERROR) => Ok(T::default()),
        written => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_is_waited_for_longer_and_all_of_them_not_for_long() {
        let pauses: Vec<_> = (0..=TRIES).map(pause_before).collect();
        assert_eq!(pauses[0], None, "the first is made at once");
        assert_eq!(pauses[20], None, "nothing is waited for behind the last");
        let between: Vec<Duration> = pauses.into_iter().flatten().collect();
        assert_eq!(between.len(), 19);
        assert!(between.is_sorted());
        let all: Duration = between.iter().sum();
        assert!(all < Duration::from_secs(1), "{all:?}");
    }

    #[tokio::test]
    async fn a_transaction_is_tried_twenty_times_and_no_more() {
        let (mut tries, mut count) = (Tries::default(), 0);
        while tries.another().await {
            count += 1;
        }
        assert_eq!(count, 20);
    }
}
