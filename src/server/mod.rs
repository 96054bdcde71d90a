//! Holds everything that does I/O: it exists in the server's build alone.
//!
//! | room | owns |
//! |---|---|
//! | [`config`] | what an operator can set; the only reader of the environment |
//! | [`clock`] | the time |
//! | [`fresh`] | ids that nothing else has |
//! | [`store`] | MongoDB: the only room that names it, and never without a scope |
//! | [`feed`] | bytes to [`crate::domain::record::RawRecord`]: unpack, decode, parse |
//! | [`profile`] | feed profiles as people write them |
//! | [`contract`] | contracts as people write them |
//! | [`generate`] | feeds that look like a partner's, to try things on |
//! | [`intake`] | brings files in and queues them, without reading them |
//! | [`trial`] | checks a file before it is sent, and keeps nothing of it |
//! | [`mod@taxonomy`] | the taxonomy that an operator names |
//! | [`tokens`] | what partners' programs are let in by |
//! | [`pipeline`] | what happens to a delivery: survey, ingest, replay |
//! | [`worker`] | takes jobs and runs the pipeline on them, apart from the web |
//! | [`auth`] | passwords, and who a session belongs to |
//! | [`calendar`] | the clocks of the world: ranges with fixed ends, cut into buckets |
//! | [`context`] | what a server function may reach: the state, the caller, the reply |
//! | [`csv`] | tables as CSV that a spreadsheet opens without harm |
//! | [`desk`] | one function per server function: asks the store, puts the page's figures together |
//! | [`figures`] | holds the rollups and what failed in memory, and adds them up for pages on any clock |
//! | [`reasons`] | remembers what failed in stretches of time until the figures change |
//! | [`answers`] | keeps whole answers ready for a moment |
//! | [`mail`] | sends mail, where an operator names a server for it |
//! | [`live`] | tells open pages that something of theirs has come |
//! | [`charts`] | rollups to pictures |
//! | [`http`] | the router, its layers, and the routes that are not pages |
//! | [`site`] | the built files, and which build they are |
//! | [`embedded`] | the private `mongod` |
//! | [`child`] | programs that run for us and must not outlive us |
//! | [`demo`] | an invented business, for trying and for browser tests |
//! | [`cli`] | the commands |
//! | [`mod@bench`] | measures what the README claims |
//!
//! Direction: `store ← pipeline ← worker`, `store ← intake ← worker`; `feed` knows `domain` alone;
//! `desk` asks `store`, `figures`, `charts`, and `feed` for what a profile makes of a few records; `http` and `cli` are on top. The web process never
//! runs the pipeline, but for [`trial`], which surveys on cores that pages can spare.

pub mod answers;
pub mod auth;
pub mod bench;
pub mod calendar;
pub mod charts;
pub mod child;
pub mod cli;
pub mod clock;
pub mod config;
pub mod context;
pub mod contract;
pub mod csv;
pub mod demo;
pub mod desk;
pub mod embedded;
pub mod feed;
pub mod figures;
pub mod fresh;
pub mod generate;
pub mod http;
pub mod intake;
pub mod live;
pub mod mail;
pub mod pipeline;
pub mod profile;
pub mod reasons;
pub mod site;
pub mod store;
pub mod taxonomy;
pub mod tokens;
pub mod trial;
pub mod worker;
