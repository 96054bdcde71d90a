//! Holds what the tests stand on.

pub mod mongo;
