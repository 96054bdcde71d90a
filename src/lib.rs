//! feedgate stands at both gates of a business that trades product feeds with partners: it
//! checks every record that comes in or goes out, keeps an audit log of every delivery, holds
//! what is damaged or incomplete in quarantine, and shows people the quality of it all.
//!
//! This file is the map of the crate and holds its only feature gates.
//!
//! ```text
//! domain/      what the business means; pure, both sides            (knows nothing of ours)
//! error        the one error that crosses the network               (domain)
//! api/         server functions: authorize, call, reply             (domain, error)
//! app/         pages, components, islands; never names the server   (domain, error, api)
//! hydrate      the browser's entry: wakes the islands               (app)
//! server/      everything with I/O                                  (see its own map)
//! ```
//!
//! `server` does not exist in the browser's build, so a page or a domain rule that reaches for
//! it does not compile there: that build is the test of the border. The words used everywhere
//! (partner, feed, delivery, record, violation, item, quarantined record, issue, replay, hold,
//! rollup, lamp) are defined where their types are, in [`domain`].

pub mod api;
pub mod app;
pub mod domain;
pub mod error;

#[cfg(feature = "hydrate")]
mod hydrate;
#[cfg(feature = "ssr")]
pub mod server;

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!("enable exactly one of `ssr` (the server's binary) and `hydrate` (the browser's library)");
