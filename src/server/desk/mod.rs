//! Puts together what a page shows: one function per server function.
//!
//! A desk function is given the caller, asks the store within the caller's scope, and returns
//! the view type of its server function. It checks values, writes the history of what people
//! do, and knows nothing of HTTP but where a form leads next.

pub mod access;
pub mod activity;
pub mod assigning;
pub mod bulk;
pub mod contract;
pub mod delivery;
pub mod editing;
pub mod feed;
pub mod gates;
pub mod heat;
mod history;
pub mod hold;
pub mod issue;
pub mod job;
pub mod mend;
pub mod outgoing;
pub mod overview;
pub mod partner;
pub mod picture;
mod preview;
pub mod profile;
pub mod pull;
pub mod quarantine;
pub mod reasons;
pub mod reconciliation;
pub mod report;
pub mod rule;
mod says;
pub mod session;
mod sight;
mod story;
mod summary;
pub mod talk;
pub mod token;
pub mod triage;
pub mod trial;
