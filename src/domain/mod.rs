//! Says what the business means: the words, rules and figures both sides of the wire share.
//!
//! Everything here is pure: no I/O, no clock, no Leptos, no BSON. It compiles for the server
//! and for the browser, so a rule runs in the intake, in a replay and in the record editor
//! from one source. What needs time or chance takes it as an argument.
//!
//! | room | owns |
//! |---|---|
//! | [`chart`] | a drawn chart with its table twin |
//! | [`ids`] | the names of things: partner, feed, delivery, record, user, job |
//! | [`account`] | people, roles, the one table of rights, and the scope a person may see |
//! | [`record`] | one product: as sent ([`record::RawRecord`]) and as kept ([`record::Attributes`]) |
//! | [`violation`] | one failed rule on one record, and its severity |
//! | [`contract`] | the rules a record must meet, one place per rule |
//! | [`profile`] | how a partner writes its feed, in the contract's words |
//! | [`feed`] | one stream of a partner as it is set up, and the terms its files are held to |
//! | [`portrait`] | a file in a few figures, for the gates to hold against the file before |
//! | [`report`] | what one file's check found: the JSON that scripts rely on |
//! | [`delivery`] | the audit log entry, and the law of conservation its counts obey |
//! | [`entry`] | an entry of the audit log as another system writes it, field by field |
//! | [`export`] | what became of one product in exports |
//! | [`job`] | the worker's jobs: their kinds, and what becomes of one that fails |
//! | [`gate`] | whether a whole file may take effect: facts beside the last good ones |
//! | [`issue`] | what one rule found on one attribute of one feed, and what people make of it |
//! | [`hold`] | a file kept from taking effect: its states, their legal moves, who ruled and why |
//! | [`pull`] | a feed's file fetched by schedule, and what becomes of a fetch that fails |
//! | [`jump`] | whether a product's price jumped since it was last accepted |
//! | [`item`] | the accepted version of a product, as a record is compared with it |
//! | [`quarantine`] | a held record, its revisions, its states and their legal moves |
//! | [`reconciliation`] | what was received beside what became of it, and what differs |
//! | [`rollup`] | counts per time bucket, and the percentiles of latency |
//! | [`happening`] | what was done to feeds and their files that charts mark |
//! | [`score`] | how good what a partner sent was, from 0 to 100 |
//! | [`arrivals`] | the files of a feed in a calendar: on time, late, missing |
//! | [`health`] | the lamp of a feed or partner, with its reason |
//! | [`query`] | time ranges, filters and pages, to and from the URL |
//! | [`mod@format`] | figures, durations and times as people read them |

pub mod account;
pub mod arrivals;
pub mod bulk;
pub mod chart;
pub mod contract;
pub mod delivery;
pub mod entry;
pub mod export;
pub mod feed;
pub mod format;
pub mod gate;
pub mod happening;
pub mod health;
pub mod hold;
pub mod ids;
pub mod issue;
pub mod item;
pub mod job;
pub mod jump;
pub mod portrait;
pub mod profile;
pub mod pull;
pub mod quarantine;
pub mod query;
pub mod reconciliation;
pub mod record;
pub mod report;
pub mod rollup;
pub mod score;
pub mod violation;
