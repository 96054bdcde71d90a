//! Holds the server functions: what pages may ask of the server, and in which shape it answers.
//!
//! Each function is three steps: authorize (`context::viewer` with a right), call one function of
//! `server::desk`, and reply (`context::reply`, which sets the HTTP status). They are a public API,
//! so each checks right and scope itself; hiding a button protects nothing. Arguments are plain
//! strings and numbers, as forms send them.
//!
//! To add one: write it in the file of the thing it is about, give it `endpoint = "…"`, and add
//! it to the table in `tests/integration/rights.rs`, which fails until you do.

#![expect(
    missing_docs,
    reason = "#[server] makes a struct of each function's arguments, without documents"
)]

pub mod access;
pub mod activity;
pub mod bulk;
pub mod contract;
pub mod delivery;
pub mod feed;
pub mod gates;
pub mod heat;
pub mod issue;
pub mod job;
pub mod outgoing;
pub mod overview;
pub mod partner;
pub mod picture;
pub mod preview;
pub mod profile;
pub mod pull;
pub mod quarantine;
pub mod reasons;
pub mod reconciliation;
pub mod report;
pub mod rule;
pub mod session;
pub mod token;
pub mod trial;
