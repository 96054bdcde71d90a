//! What happens to a delivery: taken in once, twice, half and again; replayed; set aside.

mod ingest;
mod killed;
mod replay;
