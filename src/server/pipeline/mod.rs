//! Does what happens to a delivery.
//!
//! | file | does |
//! |---|---|
//! | [`survey`] | reads and checks a whole file, touching nothing |
//! | [`ingest`] | takes a file in |
//! | `gate` | puts a file before the gates |
//! | [`hold`] | rules on what a gate held: releases or refuses it |
//! | [`knowing`] | gathers what the engine is told beside a contract |
//! | [`judge`] | puts single records before a feed's contract |
//! | [`bulk`] | works on a part of a set of held records |
//! | [`expiry`] | gives up held records that nobody acts on |
//! | [`replay`] | sends held records through the contract again |
//! | [`reconcile`] | proves that what was received is what became of it |
//! | [`rollup`] | follows the audit log and adds it up per time bucket |
//! | [`patience`] | tries again while the database is away |
//!
//! A bad record is an outcome, in a report; an error is what stopped the work. Whatever writes
//! may be run again after a kill at any instant.

pub mod bulk;
pub mod expiry;
mod gate;
pub mod hold;
pub mod ingest;
pub mod judge;
pub mod knowing;
pub mod patience;
pub mod reconcile;
pub mod replay;
pub mod rollup;
pub mod survey;
