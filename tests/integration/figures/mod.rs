//! Every number on the overview, on a partner's page and on a delivery's page is what MongoDB
//! counts, and there is no number on them that these tests do not know.
//!
//! `page` walks a page and remembers what was accounted for; `log` counts in MongoDB, without any
//! code of ours; the other files say which number is which.

mod charts;
mod delivery;
mod log;
mod page;
mod partners;
