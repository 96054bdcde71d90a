//! Holds what pages are put together from. A component is given plain values, asks the server
//! for nothing and keeps no state but that of the document.

pub mod badge;
pub mod chart;
pub mod days;
pub mod filter;
pub mod frame;
pub mod happenings;
pub mod head;
pub mod lamp;
pub mod meter;
pub mod pager;
pub mod range_bar;
pub mod reasons;
pub mod rule;
pub mod select;
pub mod spark;
pub mod states;
pub mod table;
pub mod textarea;
pub mod tile;
pub mod time;
pub mod violations;
