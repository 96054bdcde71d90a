//! Holds what pages are put together from. A component is given plain values, asks the server
//! for nothing and keeps no state but that of the document.

pub mod frame;
pub mod states;
