//! Holds what the tests stand on.

pub mod app;
pub mod dom;
pub mod files;
pub mod html;
pub mod log;
pub mod mongo;
pub mod real;
pub mod worker;
