//! Fills an empty feedgate with a believable business, for trying and for browser tests.
//!
//! | file | does |
//! |---|---|
//! | [`cast`] | names the partners, what they sell, and how they behave |
//! | [`history`] | invents the log of their past deliveries |
//! | [`outgoing`] | invents the log of what went out |
//! | [`products`] | invents what they sell, faults included, and writes it as feed files |
//! | [`long`] | writes years of such a log, of any size |
//! | [`goods`] | lists what the trades sell, in words and prices |
//! | [`seed`] | puts all of it into the store, and the files through the real pipeline |
//! | [`stream`] | keeps small new deliveries coming |
//!
//! Everything invented follows from the partner's name and the time, so that a second start
//! finds what the first one made and adds what has happened since. Names, products and domains
//! (`.example`) belong to nobody.

pub mod cast;
pub mod goods;
pub mod history;
pub mod long;
pub mod outgoing;
pub mod products;
pub mod seed;
pub mod stream;
