//! Holds everything that does I/O: it exists in the server's build alone.

pub mod embedded;
