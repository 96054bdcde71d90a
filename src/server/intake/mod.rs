//! Brings files in, whichever way they come, up to where a worker takes them.
//!
//! | file | does |
//! |---|---|
//! | [`mod@receive`] | streams one file into the store, and queues its delivery |
//! | [`mod@pull`] | fetches a file from its address, and hands it on |
//! | [`guard`] | keeps that away from addresses that lie inside |
//! | [`mod@picture`] | looks at a picture of a partner |
//! | [`mod@keep`] | keeps a file that was read from a disk |
//! | [`mod@log`] | takes entries of the audit log that other systems write |
//! | [`mod@verdict`] | says what became of a file that came in |
//!
//! Nothing here reads a feed: a file is bytes with a name and a size. It is used by `http`, for
//! what is sent to us, by the worker, for what we fetch or find, and by the command line.

mod guard;
mod keep;
mod log;
mod picture;
mod pull;
mod receive;
mod verdict;

pub use keep::keep;
pub use log::{Remark, Taken, Writer, take_log};
pub use picture::{Looker, Unseen};
pub use pull::{Puller, check, vet};
pub use receive::{Incoming, Refused, Way, pieces, receive};
pub use verdict::{Verdict, verdict};
