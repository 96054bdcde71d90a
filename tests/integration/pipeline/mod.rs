//! What happens to a delivery: taken in once, twice, half and again; replayed; held; set aside.

pub mod bulk;
mod bulk_killed;
mod bulk_mended;
mod bulk_shared;
mod expiry;
mod holds;
mod ingest;
mod jumps;
mod killed;
mod replay;
mod twice;
