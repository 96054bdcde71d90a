//! Tells why reading ends before the end of a file.

use crate::domain::contract::Rule;
use crate::domain::report::Refusal;
use std::borrow::Cow;
use std::io;

/// Why reading ends early.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The file is damaged: an outcome, reported to the partner.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The source failed (disk, network): no word about the file, try again.
    #[error("the source of the file failed: {0}")]
    Failed(#[source] io::Error),
}

/// Refuses the file by a rule.
pub fn refuse(rule: &'static Rule, offset: Option<u64>, message: impl Into<String>) -> Stop {
    Stop::Refused(Refusal {
        code: Cow::Borrowed(rule.code),
        message: message.into(),
        offset,
    })
}

/// Layers are stacked as [`io::Read`], so a refusal travels inside an [`io::Error`].
impl From<Stop> for io::Error {
    fn from(stop: Stop) -> Self {
        io::Error::other(stop)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.downcast::<Stop>() {
            Ok(stop) => stop,
            Err(error) => Stop::Failed(error),
        }
    }
}
