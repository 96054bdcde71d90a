//! Defines the one error that crosses the network, and says which type to use where.
//!
//! - `domain`: small enums that say what is wrong in the user's words.
//! - `server::store`: `store::Error`; a lookup that finds nothing is `Ok(None)`, not an error.
//! - `server::pipeline`: a bad record or a damaged file is an outcome in a report; an error is
//!   what stopped the work.
//! - `server::cli`, `server::worker`: `anyhow` with context.
//! - whatever leaves the server: [`AppError`]. It carries no cause; the cause is logged once,
//!   where it is turned into an `AppError`, under the reference the reader is shown.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a request was not answered as asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "error")]
pub enum AppError {
    /// 401: nobody is signed in.
    #[error("You are signed out. Sign in and try again.")]
    Unauthenticated,
    /// 403: signed in, but the role may not.
    #[error("Your account may not do this.")]
    Forbidden,
    /// 404: it does not exist, or it is not the caller's; the two must look the same.
    #[error("There is no such {what}.")]
    NotFound {
        /// The kind of thing, such as “record”.
        what: String,
    },
    /// 400: what was sent is no such request: an argument is missing, or cannot be read.
    #[error("The request cannot be read: {message}. Load the page again and repeat what you did.")]
    Unreadable {
        /// What is wrong with it, such as “missing field `feed`”.
        message: String,
    },
    /// 422: a field's value will not do.
    #[error("{message}")]
    Invalid {
        /// The form field it belongs to.
        field: String,
        /// What is wrong and what would do.
        message: String,
    },
    /// 413: a file is larger than what is taken.
    #[error("{message}")]
    TooLarge {
        /// How large it may be, and what to do.
        message: String,
    },
    /// 409: somebody else was faster, or the thing has moved on.
    #[error("{message}")]
    Conflict {
        /// What has changed and what to do.
        message: String,
    },
    /// 429: too many tries; the next one counts after a while.
    #[error("{message}")]
    Throttled {
        /// What there were too many of, and how long to wait.
        message: String,
        /// How long that is.
        seconds: u32,
    },
    /// 503: what was asked for is being done for others.
    #[error("{message}")]
    Busy {
        /// What to do.
        message: String,
        /// When trying again makes sense.
        seconds: u32,
    },
    /// 503: the database does not answer.
    #[error("The database does not answer. Nothing was lost; this page works again as soon as it does.")]
    Unavailable,
    /// 500: our own fault.
    #[error("Something went wrong on our side (reference {reference}).")]
    Internal {
        /// Finds the cause in the log.
        reference: String,
    },
    /// The browser could not reach the server or not read its answer.
    #[error("The server could not be reached: {message}")]
    Transport {
        /// What the browser said.
        message: String,
    },
}

impl AppError {
    /// 404 for a kind of thing.
    pub fn not_found(what: &str) -> Self {
        Self::NotFound {
            what: what.to_owned(),
        }
    }

    /// 422 for a field.
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.to_owned(),
            message: message.into(),
        }
    }

    /// 409 with a sentence.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::Conflict {
            message: message.into(),
        }
    }

    /// After how many seconds trying again makes sense, where that is known.
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Throttled { seconds, .. } | Self::Busy { seconds, .. } => Some(*seconds),
            _ => None,
        }
    }

    /// The HTTP status that goes with it; the only such table. A transport error never leaves
    /// a server.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unreadable { .. } => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound { .. } => 404,
            Self::Conflict { .. } => 409,
            Self::TooLarge { .. } => 413,
            Self::Invalid { .. } => 422,
            Self::Throttled { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Transport { .. } => 502,
            Self::Unavailable | Self::Busy { .. } => 503,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(message) => Self::Unreadable { message },
            ServerFnErrorErr::MissingArg(name) => Self::Unreadable {
                message: format!("it does not say {name}"),
            },
            other => Self::Transport {
                message: other.to_string(),
            },
        }
    }
}
